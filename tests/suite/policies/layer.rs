//! One layer under every policy: ties, extremes, and what has no golden file against what it must equal.

use burn::tensor::{Device, Tensor};
use moe_arena::domain::config::{Activation, Beginning, Config, Distillation, Form, Knobs, Policy, Response};
use moe_arena::domain::draw::{Draws, Purpose};
use moe_arena::engine::kernels::ExpertWeights;
use moe_arena::engine::model::{
    ForwardSettings, LayerInputs, LayerOutput, LogitOverride, Mixture, Mode, Router, advanced_bias, moe_layer,
    rescaled, target,
};

use super::tiny;
use crate::devices;

pub const TOKENS: usize = 6;
pub const WIDTH: usize = 16;
pub const EXPERTS: usize = 4;

pub fn tracked<const R: usize>(shape: [usize; R], lane: u64, deviation: f64, device: &Device) -> Tensor<R> {
    let values = Draws::new(5, Purpose::Weights, 9, lane).normals(shape.iter().product(), deviation);
    Tensor::<1>::from_floats(values.as_slice(), device).reshape(shape).autodiff().require_grad()
}

/// A mixture of the tiny preset's size with the tensors of a policy; `scale` on the router's.
pub fn mixture(policy: Policy, form: Form, scale: f64, device: &Device) -> Mixture {
    let parts = tiny(policy, form).parts(EXPERTS);
    fn part<const R: usize>(
        parts: &[moe_arena::domain::config::MixturePart],
        name: &str,
        scale: f64,
        device: &Device,
    ) -> Option<Tensor<R>> {
        let lane = parts.iter().position(|part| part.name == name)?;
        let deviation = if parts[lane].start == Beginning::Zeros { 0.1 } else { 0.3 };
        Some(tracked(parts[lane].shape.as_slice().try_into().unwrap(), lane as u64, deviation * scale, device))
    }
    macro_rules! router {
        ($name:literal) => {
            part(&parts, concat!("router.", $name), scale, device)
        };
    }
    let experts = |room: &str| {
        let name = |tail: &str| format!("{room}.{tail}");
        Some(ExpertWeights {
            keys: part(&parts, &name("keys"), 1.0, device)?,
            values: part(&parts, &name("values"), 1.0, device)?,
            biases: part(&parts, &name("hidden_bias"), 1.0, device).zip(part(
                &parts,
                &name("answer_bias"),
                1.0,
                device,
            )),
            activation: Activation::Relu,
        })
    };
    Mixture {
        router: Router {
            weight: router!("weight"),
            bias: router!("bias"),
            reduction: router!("reduction"),
            embeddings: router!("embeddings"),
            noise: router!("noise"),
            light_words: router!("light_words"),
            light_experts: router!("light_experts"),
        },
        experts: experts("experts").unwrap(),
        shared: experts("shared"),
    }
}

pub fn orders(config: &Config, change: impl FnOnce(&mut Knobs)) -> ForwardSettings {
    let mut knobs = config.knobs.clone();
    change(&mut knobs);
    ForwardSettings::of(config, &knobs, 0)
}

/// What a layer is given in training.
pub fn given(policy: Policy, device: &Device) -> LayerInputs {
    let mut words = vec![0.0; TOKENS * 256];
    (0..TOKENS).for_each(|t| words[t * 256 + 7 * t] = 1.0);
    let noise: Tensor<2> = tracked([TOKENS, EXPERTS], 77, 1.0, device);
    LayerInputs {
        words: Some(Tensor::<1>::from_floats(words.as_slice(), device).reshape([TOKENS, 256])),
        noise: (policy == Policy::NoisyTopK).then(|| noise.inner()),
        bias: None,
        logit_override: LogitOverride::default(),
        alone: None,
    }
}

pub fn plain<const R: usize>(tensor: &Tensor<R>) -> Vec<f32> {
    tensor.clone().inner().into_data().try_to_vec().unwrap()
}

fn every(mut check: impl FnMut(Policy, Form)) {
    for policy in Policy::ALL {
        Form::ALL.into_iter().for_each(|form| check(policy, form));
    }
}

#[test]
fn ties_go_to_the_lower_slots() {
    let device = devices::cpu().device;
    every(|policy, form| {
        let mixture = mixture(policy, form, 0.0, &device);
        let x = tracked([TOKENS, WIDTH], 100, 1.0, &device);
        let orders = orders(&tiny(policy, form), |_| ());
        let given = LayerInputs { noise: None, ..given(policy, &device) };
        let out = moe_layer(&mixture, x, 2, Mode::Infer, &orders, &given);
        assert_eq!(plain(&out.trace.routing.picks), [1.0, 1.0, 0.0, 0.0].repeat(TOKENS), "{policy:?} {form:?}");
        let weights = plain(&out.trace.routing.weights());
        let even = if policy == Policy::SmoeRaw { 0.25 } else { 0.5 };
        assert!(
            weights.chunks(4).all(|row| row[..2].iter().all(|w| (w - even).abs() < 1e-6)),
            "{policy:?} {weights:?}"
        );
        assert!(weights.chunks(4).all(|row| row[2..] == [0.0, 0.0]));
    });
}

#[test]
fn finite_input_gives_finite_output_losses_and_gradients() {
    let mut devices = vec![devices::cpu().device];
    devices
        .extend(devices::graphics("finite_input_gives_finite_output_losses_and_gradients").map(|place| place.device));
    for device in devices {
        every(|policy, form| {
            for (scale, size) in [(1.0, 1.0), (0.0, 0.0), (1e3, 1e2), (1.0, 0.0), (1e-20, 1e-20)] {
                for mode in [Mode::Route, Mode::Compete] {
                    let mixture = mixture(policy, form, scale, &device);
                    let x: Tensor<2> = tracked([TOKENS, WIDTH], 100, size, &device);
                    let orders = orders(&tiny(policy, form), |_| ());
                    let out = moe_layer(&mixture, x.clone(), 2, mode, &orders, &given(policy, &device));
                    let what = format!("{policy:?} {form:?} {mode:?} {scale} {size}");
                    assert!(plain(&out.y).iter().all(|v| v.is_finite()), "{what}: output");
                    let total = out.auxiliary.into_iter().fold(out.y.sum(), |sum, term| sum + term);
                    assert!(plain(&total).iter().all(|v| v.is_finite()), "{what}: loss");
                    let mut gradients = total.backward();
                    let dx = plain(&x.grad_remove(&mut gradients).unwrap());
                    assert!(dx.iter().all(|v| v.is_finite()), "{what}: gradient of x");
                    let router = mixture.router;
                    let parts = [router.weight, router.reduction, router.embeddings, router.noise, router.light_words];
                    for part in parts.into_iter().flatten() {
                        let gradient = part.grad_remove(&mut gradients).map_or(Vec::new(), |g| plain(&g));
                        assert!(gradient.iter().all(|v| v.is_finite()), "{what}: gradient of the router");
                    }
                }
            }
        });
    }
}

#[test]
fn sigmoid_weights_stay_a_share_where_every_sigmoid_vanishes() {
    let device = devices::cpu().device;
    let mut mixture = mixture(Policy::SigmaMoe, Form::Language, 1.0, &device);
    // Logits of −120, −130, −140, −150: σ is no number of its own below −104.
    let column = [-120.0, -130.0, -140.0, -150.0].map(|z| [z; 1]);
    mixture.router.weight = Some(Tensor::<2>::from_data(column, &device).repeat_dim(1, WIDTH) / WIDTH as f64);
    let x = Tensor::<2>::ones([TOKENS, WIDTH], &device);
    let orders = orders(&tiny(Policy::SigmaMoe, Form::Language), |_| ());
    let routing = mixture.router.route(x, &orders, &LayerInputs::default());
    let first: Vec<f32> = plain(&routing.weights())[..4].to_vec();
    let share = 1.0 / (1.0 + (-10.0f32).exp());
    assert!((first[0] - share).abs() < 1e-6 && (first[0] + first[1] - 1.0).abs() < 1e-6, "{first:?}");
}

/// A response by its definition.
fn neural_response(response: Response, answer: &[f32]) -> f32 {
    let mean = |f: &dyn Fn(f64) -> f64| answer.iter().map(|&a| f(f64::from(a))).sum::<f64>() / answer.len() as f64;
    let sigmoid = |a: f64| 1.0 / (1.0 + (-a).exp());
    let response = match response {
        Response::MeanSoftplus => mean(&|a| a.exp().ln_1p()),
        Response::Norm => mean(&|a| a * a * answer.len() as f64).sqrt(),
        Response::MeanRelu => mean(&|a| a.max(0.0)),
        Response::MeanSilu => mean(&|a| a * sigmoid(a)),
        Response::MeanSigmoid => mean(&sigmoid),
    };
    response as f32
}

#[test]
fn every_response_holds_its_own_competition() {
    let device = devices::cpu().device;
    let mut seen = Vec::new();
    for response in Response::ALL {
        for form in Form::ALL {
            let mixture = mixture(Policy::CompeteSmoe, form, 1.0, &device);
            let x = tracked([TOKENS, WIDTH], 100, 1.0, &device);
            let orders = orders(&tiny(Policy::CompeteSmoe, form), |k| k.response = Some(response));
            let answers = mixture.experts.answers(x.clone()).swap_dims(0, 1); // [T, N, D]
            let [_, _, width] = answers.dims();
            let expected: Vec<f32> =
                plain(&answers).chunks_exact(width).map(|a| neural_response(response, a)).collect();
            let out = moe_layer(&mixture, x, 2, Mode::Compete, &orders, &LayerInputs::default());
            let competition = out.trace.competition.unwrap();
            let affinity = plain(&competition.affinity);
            assert!(affinity.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-5), "{response:?} {form:?}");
            if form == Form::Language {
                seen.push(affinity);
            }
        }
    }
    assert!((1..seen.len()).all(|i| seen[i] != seen[i - 1]), "responses differ");
}

fn step(policy: Policy, orders: &ForwardSettings, given: &LayerInputs, device: &Device) -> LayerOutput {
    let mixture = mixture(policy, orders.form, 1.0, device);
    moe_layer(&mixture, tracked([TOKENS, WIDTH], 100, 1.0, device), 2, Mode::Route, orders, given)
}

#[test]
fn the_bias_decides_who_is_picked_and_not_what_a_pick_weighs() {
    let device = devices::cpu().device;
    let language = |policy| orders(&tiny(policy, Form::Language), |_| ());
    let bias =
        |values: [f32; 4]| LayerInputs { bias: Some(Tensor::from_floats(values, &device)), ..LayerInputs::default() };
    let sigma = step(Policy::SigmaMoe, &language(Policy::SigmaMoe), &LayerInputs::default(), &device);
    let level = step(Policy::BiasBalanced, &language(Policy::BiasBalanced), &bias([0.5; 4]), &device);
    assert_eq!(plain(&level.y), plain(&sigma.y), "a bias that is the same for all is none");
    assert!(level.auxiliary.is_none() && sigma.auxiliary.is_some());
    let pushed = step(Policy::BiasBalanced, &language(Policy::BiasBalanced), &bias([0.0, 2.0, 0.0, 2.0]), &device);
    let routing = &pushed.trace.routing;
    assert_eq!(plain(&routing.picks), [0.0, 1.0, 0.0, 1.0].repeat(TOKENS));
    let z = plain(&routing.logits);
    for (z, w) in z.chunks(4).zip(plain(&routing.weights()).chunks(4)) {
        let s = |i: usize| 1.0 / (1.0 + (-z[i]).exp());
        assert!((w[1] - s(1) / (s(1) + s(3))).abs() < 1e-6, "{w:?}");
    }
}

#[test]
fn a_bias_moves_towards_the_mean() {
    let device = devices::cpu().device;
    let bias = Tensor::<2>::from_data([[0.5, 0.0, -0.25]], &device);
    let counts = Tensor::<2>::from_data([[9.0, 3.0, 6.0]], &device);
    let moved = plain(&advanced_bias(bias, counts));
    assert!((moved[0] - 0.499).abs() < 1e-6 && (moved[1] - 0.001).abs() < 1e-9 && moved[2] == -0.25, "{moved:?}");
}

#[test]
fn the_light_router_learns_alone_and_then_decides_alone() {
    let device = devices::cpu().device;
    let config = tiny(Policy::StableMoe, Form::Version1);
    let mixture = mixture(Policy::StableMoe, Form::Version1, 1.0, &device);
    let x = tracked([TOKENS, WIDTH], 100, 1.0, &device);
    let given = given(Policy::StableMoe, &device);
    let learning = moe_layer(&mixture, x.clone(), 2, Mode::Route, &orders(&config, |_| ()), &given);
    let light = learning.trace.routing.distillation.clone().expect("the first stage distils");
    let mut gradients = light.backward();
    assert!(
        mixture.router.weight.as_ref().unwrap().grad_remove(&mut gradients).is_none(),
        "the full router is left alone"
    );
    assert!(x.grad_remove(&mut gradients).is_none());
    let words = mixture.router.light_words.clone().unwrap();
    assert!(plain(&words.grad_remove(&mut gradients).unwrap()).iter().any(|g| *g != 0.0));

    let frozen = orders(&config, |knobs| knobs.freeze_step = 0);
    assert!(frozen.frozen && !frozen.learns("router.light_words") && frozen.learns("router.weight"));
    let out = moe_layer(&mixture, x, 2, Mode::Route, &frozen, &given);
    assert!(out.auxiliary.is_none(), "the second stage has no loss of its own");
    let experts = mixture.router.light_experts.clone().unwrap();
    let logits = plain(&given.words.unwrap().autodiff().matmul(words).matmul(experts.transpose()));
    let picks = plain(&out.trace.routing.picks);
    for (row, picks) in logits.chunks(4).zip(picks.chunks(4)) {
        let least = row.iter().zip(picks).filter(|(_, p)| **p == 1.0).map(|(z, _)| *z).fold(f32::MAX, f32::min);
        assert!(row.iter().zip(picks).all(|(z, p)| (*z >= least) == (*p == 1.0)), "{row:?} {picks:?}");
    }
    let first: f32 = plain(&out.trace.routing.weights())[..4].iter().sum();
    assert!((first - 1.0).abs() < 1e-6);
}

#[test]
fn directions_are_rescaled_to_the_papers_lengths() {
    let device = devices::cpu().device;
    let e = Tensor::<2>::from_data([[3.0, 4.0], [0.0, 0.0], [0.84, 1.12]], &device);
    let lengths = |policy| {
        let rows: Vec<f32> = plain(&rescaled(policy, e.clone()));
        rows.chunks(2).map(|r| r[0].hypot(r[1])).collect::<Vec<f32>>()
    };
    let close = |a: Vec<f32>, b: [f32; 3]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-5);
    assert!(close(lengths(Policy::XMoe), [1.5, 0.0, 1.5]));
    assert!(close(lengths(Policy::PerturbedCosine), [7.5 / 5.1, 0.0, 1.4]), "1.4 stays 1.4");
}

#[test]
fn shared_experts_are_added_whole_or_by_halves() {
    let device = devices::cpu().device;
    for (policy, form, half) in [
        (Policy::SharedV2, Form::Language, 1.0),
        (Policy::SharedV2, Form::Vision, 0.5),
        (Policy::SharedV3, Form::Vision, 1.0),
    ] {
        let mixture = mixture(policy, form, 1.0, &device);
        let x: Tensor<2> = tracked([TOKENS, WIDTH], 100, 1.0, &device);
        let orders = orders(&tiny(policy, form), |_| ());
        let whole = plain(&moe_layer(&mixture, x.clone(), 2, Mode::Infer, &orders, &LayerInputs::default()).y);
        let without = Mixture { shared: None, ..mixture.clone() };
        let routed = plain(&moe_layer(&without, x.clone(), 2, Mode::Infer, &orders, &LayerInputs::default()).y);
        let shared = plain(&mixture.shared.unwrap().answers(x));
        for ((whole, routed), shared) in whole.iter().zip(&routed).zip(&shared) {
            assert!((whole - half * (routed + shared)).abs() < 1e-5, "{policy:?} {form:?}");
        }
    }
}

#[test]
fn the_divergence_is_that_of_the_router_from_the_winners() {
    let device = devices::cpu().device;
    for form in [Form::Language, Form::Version1] {
        let mixture = mixture(Policy::CompeteSmoe, form, 1.0, &device);
        let orders = orders(&tiny(Policy::CompeteSmoe, form), |k| k.distillation = Distillation::Divergence);
        let x = tracked([TOKENS, WIDTH], 100, 1.0, &device);
        let out = moe_layer(&mixture, x, 2, Mode::Compete, &orders, &LayerInputs::default());
        let competition = out.trace.competition.unwrap();
        let q = match form {
            Form::Version1 => plain(&target(&competition, &orders)),
            _ => plain(&competition.probabilities()),
        };
        let p = plain(&out.trace.routing.probabilities());
        let pairs = q.iter().zip(&p).filter(|(q, _)| **q > 0.0);
        let expected = pairs.map(|(q, p)| f64::from(*q) * f64::from(q / p).ln()).sum::<f64>() / TOKENS as f64;
        let ours = f64::from(plain(&out.terms.router.unwrap())[0]);
        assert!((ours - expected).abs() < 1e-5 && expected > 1e-3, "{form:?}: {ours} {expected}");
    }
}
