//! The state of a run before its first step.

use super::{Array, Init, Layout, Progress, Slot, State};
use crate::domain::config::Config;
use crate::domain::draw::{Draws, Purpose};
use crate::domain::roster::Roster;
use crate::domain::schedule::Painted;

impl State {
    /// Step 0 of `config`: weights drawn from its seed, moments zero, experts 1 to N in every layer.
    pub fn initial(config: &Config) -> Self {
        let layout = Layout::of(config, config.model.experts);
        let array = |slot: &Slot, values| Array { name: slot.name.clone(), shape: slot.shape.clone(), values };
        let zeros: Vec<Array> = layout.slots.iter().map(|slot| array(slot, vec![0.0; slot.count()])).collect();
        let weights = layout
            .slots
            .iter()
            .enumerate()
            .map(|(lane, slot)| {
                let mut draws = Draws::new(config.seed, Purpose::Weights, 0, lane as u64);
                array(slot, drawn(slot.init, slot.count(), &mut draws))
            })
            .collect();
        let roster = Roster::new(config.model.experts);
        Self {
            progress: Progress {
                step: 0,
                tokens: 0,
                updates: 0,
                knobs: config.knobs.clone(),
                rosters: vec![roster; config.model.moe_count()],
                lab: Vec::new(),
                painted: Painted::default(),
            },
            weights,
            moment1: zeros.clone(),
            moment2: zeros,
            selection_bias: vec![vec![0.0; config.model.experts]; config.model.moe_count()],
        }
    }
}

/// `len` start values.
pub(super) fn drawn(init: Init, len: usize, draws: &mut Draws) -> Vec<f32> {
    match init {
        Init::Ones => vec![1.0; len],
        Init::Zeros => vec![0.0; len],
        Init::Normal(deviation) => draws.normals(len, deviation),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::config::Preset;

    #[test]
    fn start_values_follow_the_papers_deviations() {
        let config = Preset::Medium.config();
        let state = State::initial(&config);
        let c = (2.0f64 / 4.0).sqrt();
        for (name, expected) in [
            ("blocks.0.experts.keys", 128f64.powf(-0.5) * c),
            ("blocks.3.experts.values", (8.0 * 256f64).powf(-0.5) * c),
            ("blocks.1.router.weight", 128f64.powf(-0.5) * c),
        ] {
            let values = &state.weights.iter().find(|a| a.name == name).unwrap().values;
            let square: f64 = values.iter().map(|&v| f64::from(v).powi(2)).sum::<f64>() / values.len() as f64;
            assert!((square.sqrt() / expected - 1.0).abs() < 0.05, "{name}: {} {expected}", square.sqrt());
        }
    }

    #[test]
    fn another_seed_draws_other_weights_and_the_same_seed_the_same() {
        let config = Preset::Tiny.config();
        let other = Config { seed: config.seed + 1, ..config.clone() };
        assert_eq!(State::initial(&config), State::initial(&config));
        assert_ne!(State::initial(&config).weights, State::initial(&other).weights);
    }
}
