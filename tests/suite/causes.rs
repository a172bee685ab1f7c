//! Which number of the config is named when a step is not finite: each as large, and as small, as a config may hold.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::sync::Arc;

use moe_arena::domain::config::{Cause, Config, Form, KnobId, LARGEST_REAL, Policy, Preset, RealField, SMALLEST_REAL};
use moe_arena::domain::state::State;
use moe_arena::engine::train::Trainer;

use crate::devices;

/// Runs half of whose layers compete, in each form, and one that never competes.
fn runs() -> Vec<Config> {
    let run = |policy, form| {
        let mut config = Preset::Tiny.config();
        (config.knobs.policy, config.knobs.form) = (policy, form);
        config.knobs.competition_rate = 0.5;
        config.optimizer.warmup_steps = 0;
        config
    };
    let mut runs: Vec<Config> = Form::ALL.into_iter().map(|form| run(Policy::CompeteSmoe, form)).collect();
    runs.push(run(Policy::StableMoe, Form::Version1));
    runs
}

/// What is blamed for the first of a few steps that is not finite; `None` if all are.
fn blamed(config: &Config) -> Option<Vec<Cause>> {
    assert_eq!(config.validate(), []);
    let task = moe_arena::tasks::open(config).unwrap();
    let state = State::initial(config);
    let mut trainer = Trainer::new(Arc::new(config.clone()), task, &devices::cpu().device, &state).unwrap();
    for _ in 0..6 {
        trainer.step().unwrap();
        if trainer.read().unwrap().not_finite.is_some() {
            let found = trainer.locate().unwrap();
            return Some(trainer.blame(&found).unwrap());
        }
    }
    None
}

#[test]
fn whatever_number_is_extreme_the_run_goes_on_or_that_number_is_named() {
    let mut stopped = Vec::new();
    for (run, usual) in runs().into_iter().enumerate() {
        for real in RealField::all() {
            let field = real.field;
            for value in [LARGEST_REAL, 1e22, SMALLEST_REAL] {
                let mut config = usual.clone();
                real.set(
                    &mut config,
                    if field.starts_with("optimizer.beta") { value.min(0.999_999_94) } else { value },
                );
                if let Some(causes) = blamed(&config) {
                    let fields: Vec<_> = causes.iter().map(|cause| cause.field()).collect();
                    assert_eq!(fields, [field], "{value:e} in run {run}: {causes:?}");
                    stopped.push(field);
                }
            }
        }
    }
    let fields: Vec<_> = RealField::all().iter().map(|real| real.field).collect();
    assert_eq!(fields.len(), 13);
    for field in fields.into_iter().filter(|field| field.starts_with("knobs.") || *field == "optimizer.weight_decay") {
        assert!(stopped.contains(&field), "{field} stopped no run: {stopped:?}");
    }
}

#[test]
fn of_two_numbers_that_are_too_large_together_one_is_named_and_of_two_that_are_too_large_each_both() {
    let mut config = runs().remove(0);
    config.knobs.competition_rate = 1.0;
    (config.knobs.router_weight, config.knobs.theta) = (1e15, 1e15);
    assert_eq!(blamed(&config), Some(vec![Cause::Knob(KnobId::Theta, 1e15)]));
    (config.knobs.router_weight, config.knobs.theta) = (0.001, 1e29);
    config.knobs.diversity_weight = 1e30;
    assert_eq!(
        blamed(&config),
        Some(vec![Cause::Knob(KnobId::Theta, 1e29), Cause::Knob(KnobId::DiversityWeight, 1e30)])
    );
}

#[test]
fn nothing_is_blamed_for_weights_that_somebody_has_spoilt() {
    let mut config = runs().remove(0);
    config.knobs.theta = 0.3;
    let task = moe_arena::tasks::open(&config).unwrap();
    let state = State::initial(&config);
    let mut trainer = Trainer::new(Arc::new(config), task, &devices::cpu().device, &state).unwrap();
    trainer.poison();
    let found = trainer.locate().unwrap();
    assert_eq!(trainer.blame(&found).unwrap(), []);
}
