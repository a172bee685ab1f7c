//! Competitions: every response, both ways to share, gated or not.

use burn::tensor::{Device, Tensor};
use moe_arena::domain::config::Activation::{Gelu, Relu};
use moe_arena::domain::config::{Response, Sharing};
use moe_arena::engine::kernels::{Rules, affinity, affinity_and_mix, contest, mix, softmax, top_k_mask};

use super::experts::Layer;
use super::{Input, against_twin, everywhere, normals};

fn neural_response(response: Response, answer: &[f64]) -> f64 {
    let mean = |f: &dyn Fn(f64) -> f64| answer.iter().map(|&a| f(a)).sum::<f64>() / answer.len() as f64;
    let sigmoid = |a: f64| 1.0 / (1.0 + (-a).exp());
    match response {
        Response::MeanSoftplus => mean(&|a| a.max(0.0) + (-a.abs()).exp().ln_1p()),
        Response::Norm => answer.iter().map(|a| a * a).sum::<f64>().sqrt(),
        Response::MeanRelu => mean(&|a| a.max(0.0)),
        Response::MeanSilu => mean(&|a| a * sigmoid(a)),
        Response::MeanSigmoid => mean(&sigmoid),
    }
}

/// Affinity, output and diversity of every token, packed.
fn twin(layer: &Layer, rules: Rules, inputs: &[Vec<f64>], z: &[f64]) -> Vec<f64> {
    let (n, d) = (layer.experts, layer.width);
    let mut affinity = Vec::new();
    let (mut output, mut diversity) = (Vec::new(), Vec::new());
    for t in 0..layer.tokens {
        let answers: Vec<Vec<f64>> = (0..n).map(|e| layer.answer(inputs, t, e)).collect();
        let scores: Vec<f64> = (0..n)
            .map(|e| {
                let response = neural_response(rules.response, &answers[e]);
                if rules.gated { 0.5 * (response + z[t * n + e]) } else { response }
            })
            .collect();
        let mut order: Vec<usize> = (0..n).collect();
        order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]));
        let winners = &order[..rules.k];
        let shares: Vec<f64> = match rules.sharing {
            Sharing::Ratio => winners.iter().map(|&e| scores[e]).collect(),
            Sharing::Softmax => winners.iter().map(|&e| scores[e].exp()).collect(),
        };
        let sum: f64 = shares.iter().sum();
        let length = |a: &[f64]| a.iter().map(|v| v * v).sum::<f64>().sqrt();
        let cosine = |a: &[f64], b: &[f64]| {
            a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>() / (length(a) * length(b)).max(1e-12)
        };
        output.extend((0..d).map(|i| winners.iter().zip(&shares).map(|(&e, s)| s / sum * answers[e][i]).sum::<f64>()));
        let pairs = winners.iter().flat_map(|&a| winners.iter().map(move |&b| (a, b))).filter(|(a, b)| a != b);
        diversity.push(pairs.map(|(a, b)| cosine(&answers[a], &answers[b])).sum::<f64>() / (rules.k * rules.k) as f64);
        affinity.extend(scores);
    }
    affinity.into_iter().chain(output).chain(diversity).collect()
}

fn compare(layer: Layer, rules: Rules, device: &Device) {
    let Layer { tokens, experts: n, width: d, .. } = layer;
    let mut inputs = layer.inputs();
    let gate = inputs.len();
    inputs.push(Input { name: "z", values: normals(tokens * n, 1.0, 7) });
    let kernel = |inputs: &[Tensor<1>]| {
        let x = inputs[0].clone().reshape([tokens, d]);
        let z = inputs[gate].clone().reshape([tokens, n]);
        let held = contest(&layer.weights(inputs), x, &z, rules);
        let flat = |t: Tensor<2>, len: usize| t.reshape([len]);
        Tensor::cat(vec![flat(held.affinity, tokens * n), flat(held.output, tokens * d), held.diversity], 0)
    };
    let what = format!("contest {layer:?} {rules:?}");
    let plain: Vec<Vec<f64>> = inputs.iter().map(|i| i.values.clone()).collect();
    let raised: Vec<Tensor<1>> = plain
        .iter()
        .map(|values| {
            let values: Vec<f32> = values.iter().map(|&v| v as f32).collect();
            Tensor::from_floats(values.as_slice(), device)
        })
        .collect();
    let (x, z) = (raised[0].clone().reshape([tokens, d]), raised[gate].clone().reshape([tokens, n]));
    let alone: Vec<f32> = affinity(&layer.weights(&raised), x.clone(), &z, rules).into_data().try_to_vec().unwrap();
    // A mixture beside it changes no affinity and is the mixture of a router step.
    let numbers = |tensor: Tensor<2>| -> Vec<f32> { tensor.into_data().try_to_vec().unwrap() };
    let (weights, picks) = (softmax(z.clone()), top_k_mask(&z, rules.k));
    let experts = layer.weights(&raised);
    let (beside, mixed) = affinity_and_mix(&experts, x.clone(), &z, rules, (weights.clone(), &picks), rules.k);
    assert_eq!(numbers(beside), alone, "{what}");
    for (ours, expected) in numbers(mixed).into_iter().zip(numbers(mix(&experts, x, weights, &picks, rules.k))) {
        assert!((ours - expected).abs() < 1e-5 * (1.0 + expected.abs()), "{what}: mixed {ours}, {expected}");
    }
    for (ours, expected) in alone.iter().zip(twin(&layer, rules, &plain, &plain[gate])) {
        assert!((f64::from(*ours) - expected).abs() < 1e-4 * (1.0 + expected.abs()), "{what}: {ours}, {expected}");
    }
    against_twin(&what, device, &inputs, kernel, |inputs| twin(&layer, rules, inputs, &inputs[gate]));
}

#[test]
fn contest_is_its_loops() {
    everywhere("contest_is_its_loops", |device| {
        let rules = |k, response, sharing, gated| Rules { k, response, sharing, gated };
        for (sizes, activation, biases, rules) in [
            ([1, 1, 3, 2, 1], Relu, false, rules(1, Response::MeanSoftplus, Sharing::Ratio, false)),
            ([5, 4, 8, 6, 2], Relu, false, rules(2, Response::MeanSoftplus, Sharing::Ratio, false)),
            ([131, 5, 9, 11, 5], Gelu, true, rules(5, Response::MeanSoftplus, Sharing::Ratio, false)),
            ([37, 65, 7, 5, 3], Relu, true, rules(3, Response::MeanSoftplus, Sharing::Softmax, false)),
            ([19, 6, 12, 8, 2], Relu, true, rules(2, Response::Norm, Sharing::Softmax, false)),
            ([23, 6, 10, 8, 3], Relu, true, rules(3, Response::Norm, Sharing::Softmax, true)),
            ([17, 4, 6, 8, 2], Gelu, false, rules(2, Response::MeanSigmoid, Sharing::Ratio, false)),
            ([17, 4, 16, 8, 2], Gelu, true, rules(2, Response::MeanSilu, Sharing::Softmax, false)),
            ([17, 4, 16, 8, 2], Relu, true, rules(2, Response::MeanRelu, Sharing::Ratio, false)),
        ] {
            compare(Layer::new(sizes, activation, biases), rules, device);
        }
    });
}

#[test]
fn experts_that_say_nothing_share_evenly_and_have_a_finite_gradient() {
    everywhere("experts_that_say_nothing", |device| {
        for response in [Response::MeanRelu, Response::Norm, Response::MeanSilu, Response::MeanSoftplus] {
            let layer = Layer::new([3, 4, 5, 6, 2], Relu, true);
            let leaf = |len: usize, value: f32| Tensor::<1>::full([len], value, device).autodiff().require_grad();
            // The first expert speaks, by its bias alone; beside it one that is silent wins too.
            let spoken: Vec<f32> = (0..20).map(|i| if i < 5 { 1.0 } else { 0.0 }).collect();
            let spoken = Tensor::<1>::from_floats(spoken.as_slice(), device).autodiff().require_grad();
            let inputs = [leaf(15, 1.0), leaf(120, 0.0), leaf(120, 0.0), leaf(24, 0.0), spoken];
            let x = inputs[0].clone().reshape([3, 5]);
            let z = Tensor::<2>::zeros([3, 4], device).autodiff();
            let rules = Rules { k: 2, response, sharing: Sharing::Ratio, gated: false };
            let held = contest(&layer.weights(&inputs), x, &z, rules);
            let total = held.output.sum() + held.diversity.sum() + held.affinity.sum();
            let value: f32 = total.clone().inner().into_scalar();
            assert!(value.is_finite(), "{response:?}: {value}");
            let mut gradients = total.backward();
            for leaf in &inputs {
                let gradient = leaf.grad_remove(&mut gradients).unwrap();
                let gradient: Vec<f32> = gradient.into_data().try_to_vec().unwrap();
                assert!(gradient.iter().all(|g| g.abs() < 100.0), "{response:?}: {gradient:?}");
            }
        }
    });
}

/// One rule everywhere: below a length of 1e-12 an answer has no direction, no cosine, and no slope in either.
#[test]
fn an_answer_next_to_nothing_has_no_direction_on_any_device() {
    everywhere("an_answer_next_to_nothing_has_no_direction_on_any_device", |device| {
        for length in [0.0f32, 1e-30, 1e-20, 9.9e-13, 1.01e-12, 1e-9, 1.0] {
            for response in [Response::MeanSoftplus, Response::Norm] {
                // Two experts that answer by their bias alone: one of length 1, one at 60 degrees to it.
                let layer = Layer::new([1, 2, 5, 6, 2], Relu, true);
                let root = 3f32.sqrt() / 2.0;
                let said = [1.0, 0.0, 0.0, 0.0, 0.0, 0.5 * length, root * length, 0.0, 0.0, 0.0];
                // Diversity or affinity, and its slope in the second answer.
                let made = |of_diversity: bool| {
                    let leaf = |len: usize| Tensor::<1>::zeros([len], device).autodiff().require_grad();
                    let said = Tensor::<1>::from_floats(said, device).autodiff().require_grad();
                    let inputs = [leaf(5), leaf(60), leaf(60), leaf(12), said];
                    let x = inputs[0].clone().reshape([1, 5]);
                    let z = Tensor::<2>::zeros([1, 2], device).autodiff();
                    let rules = Rules { k: 2, response, sharing: Sharing::Softmax, gated: false };
                    let held = contest(&layer.weights(&inputs), x, &z, rules);
                    let total = if of_diversity { held.diversity.sum() } else { held.affinity.sum() };
                    let slopes = inputs[4].grad_remove(&mut total.backward()).unwrap();
                    let slopes: Vec<f32> = slopes.into_data().try_to_vec().unwrap();
                    (total.inner().into_scalar::<f32>(), slopes[5..].to_vec())
                };
                let long = |slopes: &[f32]| slopes.iter().map(|&g| f64::from(g).powi(2)).sum::<f64>().sqrt() as f32;
                let (found, pulled) = made(true);
                let there = f32::from(u8::from(length >= 1e-12));
                // Two ordered pairs of cosine 1/2, ÷ k².
                assert!((found - 0.25 * there).abs() < 1e-6, "{length}, {response:?}: diversity {found}");
                // (u − u′ cos) ÷ length, of length sin 60° ÷ length, times 2 ÷ k².
                let pull = long(&pulled) * length;
                assert!((pull - 0.5 * root * there).abs() < 1e-5, "{length}, {response:?}: pull {pulled:?}");
                assert!(there != 0.0 || pulled.iter().all(|&g| g == 0.0), "{length}: {pulled:?}");
                if response == Response::Norm {
                    let slope = long(&made(false).1);
                    assert!((slope - there).abs() < 1e-5, "{length}: slope of the norm {slope}");
                }
            }
        }
    });
}
