//! The count of floating-point operations against the matrix products that a training step really makes.

use std::sync::Arc;

use burn::tensor::Device;

use super::trainer::Trainer;
use crate::domain::arithmetic::step_flop;
use crate::domain::config::{Config, Policy, Preset};
use crate::domain::product::counted as products_made;
use crate::domain::state::State;
use crate::engine::kernels::tiles_made;
use crate::tasks;

/// Floating-point operations of the next step: those of its products, those of attention's tiles, and what is said of that step.
fn made_and_said(config: &Config) -> [u64; 3] {
    let config = Arc::new(config.clone());
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    pool.install(|| {
        let task = tasks::open(&config).unwrap();
        let trainer = Trainer::new(config.clone(), task, &Device::flex(), &State::initial(&config)).unwrap();
        let mut tiles = 0;
        let made = products_made(|| tiles = tiles_made(|| drop(trainer.gradients().unwrap())));
        let competing = trainer.competing(0);
        let said = step_flop(&config, &config.knobs, trainer.experts(), 1, &competing);
        [2 * made, 2 * tiles, said]
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
    let [made, tiles, said] = made_and_said(config);
    let (spec, model) = (config.model_spec(), &config.model);
    let positions = spec.task.positions;
    let pairs = config.sequences * model.layers * positions * (positions + 1) / 2;
    let attention = if spec.attends() { 2 * (2 + 5) * (pairs * model.width) as u64 } else { 0 };
    assert_eq!(made, said - attention, "{:?} {:?}", config.knobs.policy, config.model);
    // Tiles are filled up.
    assert!(tiles >= attention && (attention > 0 || tiles == 0), "{tiles} {attention} {:?}", config.model);
    said
}

#[test]
fn little_of_what_attention_makes_is_masked_or_fills_tiles() {
    let mut config = of(Preset::Tiny, Policy::CompeteSmoe, false);
    (config.model.context, config.model.width, config.sequences) = (128, 64, 1);
    let [_, tiles, _] = made_and_said(&config);
    let seen = 2 * 7 * (config.model.layers * 128 * 129 / 2 * 64) as u64;
    assert!(tiles >= seen && tiles as f64 <= 1.2 * seen as f64, "{tiles} of {seen}");
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
