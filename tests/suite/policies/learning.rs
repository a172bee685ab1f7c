//! A router without a gradient is known beforehand: held against the moments of a few real steps.

use moe_arena::domain::config::{Config, Form, Policy};
use moe_arena::run::{Fact, Notice};

use super::{RUNS, tiny};
use crate::devices;
use crate::run::Session;
use crate::train::{train, trainer};

/// Whether any first moment of the full router differs from 0 after a few steps.
fn moved(config: &Config) -> bool {
    let mut trainer = trainer(config, &devices::cpu().device);
    train(&mut trainer, 3);
    let moments = trainer.state().unwrap().moment1;
    let full = ["router.weight", "router.embeddings", "router.reduction"];
    moments
        .iter()
        .filter(|a| full.iter().any(|part| a.name.ends_with(part)))
        .any(|a| a.values.iter().any(|&m| m != 0.0))
}

#[test]
fn a_router_without_gradient_is_known_from_the_knobs() {
    let (mut silent, mut learning) = (0, 0);
    for (policy, form) in RUNS {
        for (k, balance, z, rate, alpha) in [
            (1, 0.0, 0.0, 0.0, 0.001),
            (2, 0.0, 0.0, 0.0, 0.001),
            (1, 0.01, 0.0, 0.0, 0.001),
            (1, 0.0, 0.001, 0.0, 0.001),
            (1, 0.0, 0.0, 1.0, 0.001),
            (1, 0.0, 0.0, 1.0, 0.0),
        ] {
            let mut config = tiny(policy, form);
            let knobs = &mut config.knobs;
            (knobs.top_k, knobs.balance_weight, knobs.z_weight) = (k, balance, z);
            (knobs.competition_rate, knobs.router_weight) = (rate, alpha);
            (knobs.affinity_balance_weight, knobs.diversity_weight) = (0.0, 0.0);
            let expected = config.router_learns(&config.knobs);
            *(if expected { &mut learning } else { &mut silent }) += 1;
            assert_eq!(moved(&config), expected, "{policy:?} {form:?} k {k} β {balance} z {z} rate {rate} α {alpha}");
        }
    }
    assert!(silent > 20 && learning > 40, "{silent} {learning}");
}

#[test]
fn a_run_whose_router_stays_at_its_start_says_so() {
    let mut config = tiny(Policy::Smoe, Form::Language);
    (config.knobs.top_k, config.knobs.balance_weight) = (1, 0.0);
    let told = |config: &Config| {
        let session = Session::new(config);
        let notices = session.reader.notices();
        notices.iter().any(|n| matches!(n, Notice::Fact(Fact::RouterStaysRandom { .. })))
    };
    assert!(told(&config));
    config.knobs.balance_weight = 0.01;
    assert!(!told(&config));
}
