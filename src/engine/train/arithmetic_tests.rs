//! The count of floating-point operations against the matrix products that a training step really makes.

use std::sync::Arc;

use burn::tensor::Device;

use super::trainer::Trainer;
use crate::domain::arithmetic::step_flop;
use crate::domain::config::{Config, Policy, Preset};
use crate::domain::product::counted as products_made;
use crate::domain::state::State;
use crate::tasks;

/// Two for each multiply-add of the next step's products, and what is said of that step.
fn made_and_said(config: &Config) -> (u64, u64) {
    let config = Arc::new(config.clone());
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    pool.install(|| {
        let task = tasks::open(&config).unwrap();
        let trainer = Trainer::new(config.clone(), task, &Device::flex(), &State::initial(&config)).unwrap();
        let made = products_made(|| drop(trainer.gradients().unwrap()));
        let competing = trainer.competing(0);
        (2 * made, step_flop(&config, &config.knobs, trainer.experts(), 1, &competing))
    })
}

fn of(preset: Preset, policy: Policy, competes: bool) -> Config {
    let mut config = preset.config();
    config.knobs.policy = policy;
    (config.knobs.competition_warmup, config.knobs.competition_rate) = (0, if competes { 1.0 } else { 0.0 });
    config.knobs.max_competing_layers = config.model.layers;
    config
}

fn same(config: &Config) -> u64 {
    let (made, said) = made_and_said(config);
    assert_eq!(made, said, "{:?} {:?}", config.knobs.policy, config.model);
    said
}

#[test]
fn router_and_competition_steps_make_the_products_that_are_counted() {
    for preset in [Preset::Tiny, Preset::Learn] {
        let [routes, competes] = [false, true].map(|competes| same(&of(preset, Policy::CompeteSmoe, competes)));
        assert!(competes > routes);
        let mut odd = of(preset, Policy::CompeteSmoe, true);
        (odd.model.experts, odd.model.expert_width, odd.knobs.top_k) = (5, 12, 3);
        odd.model.expert_bias = true;
        same(&odd);
    }
}

#[test]
fn attention_over_more_than_one_block_and_dense_layers_are_counted() {
    let mut config = of(Preset::Tiny, Policy::CompeteSmoe, true);
    (config.model.context, config.sequences) = (150, 2);
    (config.model.layers, config.model.moe_every, config.model.dense_width) = (4, 2, 24);
    config.knobs.max_competing_layers = 1;
    same(&config);
    let plane = Preset::Small.config_for(Preset::Learn.config().task);
    same(&plane);
}

#[test]
fn policies_whose_products_are_all_kernels_make_what_is_counted() {
    use Policy::{BiasBalanced, NoisyTopK, SharedV2, SharedV3, SigmaMoe, Smoe, SmoeDropout, SmoeRaw};
    for policy in [Smoe, SmoeRaw, SigmaMoe, SmoeDropout, BiasBalanced, SharedV2, SharedV3, NoisyTopK] {
        same(&of(Preset::Tiny, policy, true));
    }
}
