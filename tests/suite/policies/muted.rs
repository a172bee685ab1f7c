//! A competition where somebody is not heard: it is the competition of the others, to its losses and gradients.

use burn::tensor::{Device, Gradients, Tensor};
use moe_arena::domain::config::{Config, Form, Policy, Response};
use moe_arena::engine::kernels::ExpertWeights;
use moe_arena::engine::model::{
    LayerInputs, LayerOutput, LogitOverride, Mixture, Mode, NEVER, Router, diversity, moe_layer,
};

use super::layer::{EXPERTS, TOKENS, WIDTH, mixture, orders, plain, tracked};
use super::tiny;
use crate::devices;

/// Who is muted: no slot's place may matter.
const MUTED: [usize; 2] = [0, 2];

/// The mixture without the expert in a slot; the leaves stay those of the whole.
fn without(whole: &Mixture, slot: usize) -> Mixture {
    fn rest<const R: usize>(tensor: &Tensor<R>, slot: usize) -> Tensor<R> {
        let parts = [(0, slot), (slot + 1, tensor.dims()[0])];
        let parts = parts.into_iter().filter(|(from, to)| from < to);
        Tensor::cat(parts.map(|(from, to)| tensor.clone().slice_dim(0, from..to)).collect(), 0)
    }
    let ExpertWeights { keys, values, biases, activation } = &whole.experts;
    let biases = biases.as_ref().map(|(a, c)| (rest(a, slot), rest(c, slot)));
    let experts = ExpertWeights { keys: rest(keys, slot), values: rest(values, slot), biases, activation: *activation };
    let weight = whole.router.weight.as_ref().map(|weight| rest(weight, slot));
    Mixture { router: Router { weight, ..whole.router.clone() }, experts, shared: None }
}

fn muted(slot: usize, device: &Device) -> LayerInputs {
    let row = |value: f32| {
        let row: Vec<f32> = (0..EXPERTS).map(|other| if other == slot { value } else { 0.0 }).collect();
        Some(Tensor::<1>::from_floats(row.as_slice(), device).reshape([1, EXPERTS]))
    };
    LayerInputs { logit_override: LogitOverride { logits: row(NEVER), muted: row(1.0) }, ..LayerInputs::default() }
}

/// Only diversity counts, and by its whole weight.
fn config(form: Form, k: usize, response: Response) -> Config {
    let mut config = tiny(Policy::CompeteSmoe, form);
    config.knobs.top_k = k;
    config.knobs.response = Some(response);
    (config.knobs.router_weight, config.knobs.affinity_balance_weight) = (0.0, 0.0);
    config.knobs.diversity_weight = 1.0;
    config
}

fn one(term: &Option<Tensor<1>>) -> f64 {
    f64::from(plain(term.as_ref().unwrap())[0])
}

fn near(what: &str, found: &[f32], expected: &[f32]) {
    assert_eq!(found.len(), expected.len(), "{what}");
    let size = expected.iter().fold(1e-3f32, |most, v| most.max(v.abs()));
    for (place, (a, b)) in found.iter().zip(expected).enumerate() {
        assert!((a - b).abs() <= 3e-5 * size, "{what}, {place}: {a}, expected {b}");
    }
}

fn gradients(out: &LayerOutput) -> Gradients {
    out.auxiliary.clone().unwrap().backward()
}

fn is_the_competition_of_the_others(device: &Device) {
    for (form, k, response) in [
        (Form::Language, 2, Response::MeanSoftplus),
        (Form::Language, 3, Response::Norm),
        (Form::Vision, 2, Response::Norm),
        (Form::Vision, 1, Response::MeanSoftplus),
    ] {
        for slot in MUTED {
            let what = format!("{form:?}, k {k}, {response:?}, slot {slot} muted");
            let config = config(form, k, response);
            let (whole, orders) = (mixture(Policy::CompeteSmoe, form, 1.0, device), orders(&config, |_| ()));
            let x: Tensor<2> = tracked([TOKENS, WIDTH], 100, 1.0, device);
            let hushed = moe_layer(&whole, x.clone(), 2, Mode::Compete, &orders, &muted(slot, device));
            let others = without(&whole, slot);
            let alone = moe_layer(&others, x.clone(), 2, Mode::Compete, &orders, &LayerInputs::default());
            near(&format!("{what}: output"), &plain(&hushed.y), &plain(&alone.y));
            let (found, expected) = (one(&hushed.terms.diversity), one(&alone.terms.diversity));
            assert!((found - expected).abs() < 1e-6, "{what}: {found}, expected {expected}");
            let everybody = moe_layer(&whole, x.clone(), 2, Mode::Compete, &orders, &LayerInputs::default());
            let differs = (one(&everybody.terms.diversity) - expected).abs() > 1e-4;
            assert_eq!(differs, k > 1, "{what}: with everybody it is another");

            let (mut found, mut expected) = (gradients(&hushed), gradients(&alone));
            let ExpertWeights { keys, values, .. } = &whole.experts;
            for (name, leaf) in [("keys", keys), ("values", values)] {
                let [found, expected] = [&mut found, &mut expected].map(|g| plain(&leaf.grad_remove(g).unwrap()));
                near(&format!("{what}: {name}"), &found, &expected);
                let each = found.len() / EXPERTS;
                assert!(
                    found[slot * each..(slot + 1) * each].iter().all(|&g| g == 0.0),
                    "{what}: the muted one learns"
                );
                assert_eq!(found.iter().any(|&g| g.abs() > 1e-4), k > 1, "{what}: {name}");
            }
            let [found, expected] = [&mut found, &mut expected].map(|g| plain(&x.grad_remove(g).unwrap()));
            near(&format!("{what}: x"), &found, &expected);
        }
    }
}

#[test]
fn a_competition_without_an_expert_is_the_competition_of_the_others() {
    is_the_competition_of_the_others(&devices::cpu().device);
    if let Some(place) = devices::graphics("a_competition_without_an_expert_is_the_competition_of_the_others") {
        is_the_competition_of_the_others(&place.device);
    }
}

#[test]
fn where_everybody_is_heard_the_contest_s_own_diversity_is_the_same() {
    let device = devices::cpu().device;
    let config = config(Form::Language, 3, Response::MeanSoftplus);
    let (whole, orders) = (mixture(Policy::CompeteSmoe, Form::Language, 1.0, &device), orders(&config, |_| ()));
    let x: Tensor<2> = tracked([TOKENS, WIDTH], 100, 1.0, &device);
    let out = moe_layer(&whole, x.clone(), 2, Mode::Compete, &orders, &LayerInputs::default());
    let winners = out.trace.competition.unwrap().winners;
    let by_stock = diversity(&whole.experts, x, &winners, 3).mean();
    assert!((one(&out.terms.diversity) - f64::from(plain(&by_stock)[0])).abs() < 1e-6);
}
