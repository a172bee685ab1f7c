//! The published programs' faults: each switch changes what its name says, by as much as a count by hand gives.

use burn::tensor::Tensor;
use moe_arena::domain::config::{AffinityBalance, Config, DiversityDivisor, Form, Knobs, Policy};
use moe_arena::engine::model::{LayerInputs, LayerOutput, Mode, moe_layer, z_loss};

use super::layer::{EXPERTS, TOKENS, WIDTH, given, mixture, orders, plain, tracked};
use super::tiny;
use crate::devices;
use crate::train::{train, trainer};

fn one(tensor: &Option<Tensor<1>>) -> f64 {
    f64::from(plain(tensor.as_ref().unwrap())[0])
}

fn run(config: &Config, mode: Mode) -> LayerOutput {
    let device = devices::cpu().device;
    let (policy, form) = (config.knobs.policy, config.knobs.form);
    let x = tracked([TOKENS, WIDTH], 100, 1.0, &device);
    let given = if policy == Policy::NoisyTopK { given(policy, &device) } else { LayerInputs::default() };
    moe_layer(&mixture(policy, form, 1.0, &device), x, 2, mode, &orders(config, |_| ()), &given)
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-6 * (1.0 + b.abs())
}

/// Row-wise: column j is the value of the expert with the j-th largest logit.
fn in_order(values: &[f32], logits: &[f32]) -> Vec<f32> {
    let rows = values.chunks(EXPERTS).zip(logits.chunks(EXPERTS));
    rows.flat_map(|(values, z)| {
        let mut order: Vec<usize> = (0..EXPERTS).collect();
        order.sort_by(|&a, &b| z[b].total_cmp(&z[a]));
        order.into_iter().map(|i| values[i]).collect::<Vec<f32>>()
    })
    .collect()
}

#[test]
fn router_in_logit_order_compares_the_wrong_experts() {
    let mut config = tiny(Policy::CompeteSmoe, Form::Version1);
    let right = run(&config, Mode::Compete);
    config.faults.router_in_logit_order = true;
    let wrong = run(&config, Mode::Compete);
    assert_eq!(plain(&right.y), plain(&wrong.y), "the output is the same");
    let competition = right.trace.competition.as_ref().unwrap();
    let (s, winners) = (plain(&competition.affinity), plain(&competition.winners));
    let p = in_order(&plain(&right.trace.routing.probabilities()), &plain(&right.trace.routing.logits));
    let mut expected = 0.0;
    for ((s, c), p) in s.chunks(EXPERTS).zip(winners.chunks(EXPERTS)).zip(p.chunks(EXPERTS)) {
        let sum: f32 = s.iter().zip(c).map(|(s, c)| s.exp() * c).sum();
        expected += (0..EXPERTS).map(|i| f64::from(p[i] - s[i].exp() * c[i] / sum).powi(2)).sum::<f64>();
    }
    expected /= (TOKENS * EXPERTS) as f64;
    assert!(close(one(&wrong.terms.router), expected), "{} {expected}", one(&wrong.terms.router));
    assert!((one(&right.terms.router) - expected).abs() > 1e-4, "the fault shows");
}

#[test]
fn responses_in_logit_order_crown_the_wrong_experts() {
    let mut config = tiny(Policy::CompeteSmoe, Form::Version1);
    let right = run(&config, Mode::Compete);
    config.faults.responses_in_logit_order = true;
    let wrong = run(&config, Mode::Compete);
    let (right_says, wrong_says) = (right.trace.competition.unwrap(), wrong.trace.competition.unwrap());
    let moved = in_order(&plain(&right_says.affinity), &plain(&right.trace.routing.logits));
    assert_eq!(plain(&wrong_says.affinity), moved);
    assert_ne!(plain(&wrong_says.winners), plain(&right_says.winners));
    assert_ne!(plain(&wrong.y), plain(&right.y));
}

#[test]
fn version_one_can_leave_its_baselines_without_balance() {
    for policy in [Policy::Smoe, Policy::XMoe, Policy::StableMoe, Policy::NoisyTopK] {
        let mut config = tiny(policy, Form::Version1);
        assert!(run(&config, Mode::Route).terms.balance.is_some(), "{policy:?}");
        config.faults.no_baseline_balance = true;
        assert!(run(&config, Mode::Route).terms.balance.is_none(), "{policy:?}");
    }
    let mut config = tiny(Policy::Smoe, Form::Language);
    config.faults.no_baseline_balance = true;
    assert!(run(&config, Mode::Route).terms.balance.is_some(), "a fault of version 1 alone");
}

#[test]
fn diversity_by_pairs_is_larger_by_k_over_k_less_one() {
    let mut config = tiny(Policy::CompeteSmoe, Form::Language);
    config.knobs.top_k = 3;
    let published = run(&config, Mode::Compete);
    config.competition.diversity_divisor = DiversityDivisor::Pairs;
    let pairs = run(&config, Mode::Compete);
    assert!(close(one(&pairs.terms.diversity), one(&published.terms.diversity) * 1.5));
    let weight = config.knobs.diversity_weight / 2.0;
    let more = one(&pairs.auxiliary) - one(&published.auxiliary);
    assert!((more - weight * 0.5 * one(&published.terms.diversity)).abs() < 1e-7, "{more}");
    config.knobs.top_k = 1;
    assert_eq!(one(&run(&config, Mode::Compete).terms.diversity), 0.0);
}

#[test]
fn the_z_loss_of_the_yaml_is_added_where_it_has_a_weight() {
    for form in Form::ALL {
        let mut config = tiny(Policy::Smoe, form);
        let without = run(&config, Mode::Route);
        config.knobs.z_weight = 0.5;
        let with = run(&config, Mode::Route);
        let expected = 0.5 * one(&Some(z_loss(with.trace.routing.logits.clone())));
        let more = one(&with.auxiliary) - one(&without.auxiliary);
        assert!(close(more, expected) && expected > 0.1, "{form:?}: {more} {expected}");
    }
}

#[test]
fn the_affinity_balance_of_scores_has_one_softmax_less() {
    let mut config = tiny(Policy::CompeteSmoe, Form::Language);
    let published = one(&run(&config, Mode::Compete).terms.affinity_balance);
    config.competition.affinity_balance = AffinityBalance::FromScores;
    let scores = one(&run(&config, Mode::Compete).terms.affinity_balance);
    let even = -(EXPERTS as f64).ln();
    // Both near even from above; the softmax of a softmax is nearer.
    assert!(published - even < scores - even && scores > even, "{published} {scores} {even}");
}

/// Task and total loss of step 2, a router step after a competition, and the weights after it.
fn after_a_competition(stale: bool) -> ([f64; 2], [f64; 2], Vec<f32>) {
    let mut config = tiny(Policy::CompeteSmoe, Form::Version1);
    config.faults.stale_competition_loss = stale;
    config.knobs.competition_rate = 1.0;
    let mut trainer = trainer(&config, &devices::cpu().device);
    let first = train(&mut trainer, 1).remove(0).loss;
    trainer.set_knobs(Knobs { competition_rate: 0.0, ..config.knobs }).unwrap();
    let second = train(&mut trainer, 1).remove(0).loss;
    let weights = trainer.state().unwrap().weights.into_iter().flat_map(|a| a.values).collect();
    ([first.task, first.total], [second.task, second.total], weights)
}

#[test]
fn a_stale_competition_loss_is_added_again_with_its_gradient() {
    let (first, clean, clean_weights) = after_a_competition(false);
    assert!(close(clean[0], clean[1]), "a router step of version 1 has no loss of its own: {clean:?}");
    let (same, stale, stale_weights) = after_a_competition(true);
    assert_eq!((first, stale[0]), (same, clean[0]), "until then nothing differs");
    let left = first[1] - first[0];
    assert!(left > 1e-5 && ((stale[1] - stale[0]) - left).abs() < 1e-6, "{stale:?} {left}");
    assert_ne!(clean_weights, stale_weights, "its gradient moves the weights");
}
