//! The optimizer's settings for one update: learning rate with warm-up and decay, corrections of the moments.

use burn::tensor::Tensor;

use crate::domain::config::{Decay, OptimizerConfig};
use crate::engine::kernels::AdamW;

/// First and second moments, `[P]` each, in the layout's order.
#[derive(Clone, Debug)]
pub(crate) struct Moments {
    /// Running mean of the gradient.
    pub first: Tensor<1>,
    /// Running mean of its square.
    pub second: Tensor<1>,
    /// No number of `first` is larger, in size; infinite if not all is finite.
    pub largest_first: f64,
}

/// Settings of update number `updates` (from 1) at `learning_rate`.
pub(crate) fn settings(config: &OptimizerConfig, learning_rate: f64, updates: u64) -> AdamW {
    let correction = |beta: f64| 1.0 - beta.powi(updates.min(i32::MAX as u64) as i32);
    AdamW {
        beta1: config.beta1,
        beta2: config.beta2,
        epsilon: config.epsilon,
        clip_norm: config.clip_norm,
        learning_rate,
        decay: learning_rate * config.weight_decay,
        correction1: correction(config.beta1),
        correction2: correction(config.beta2),
    }
}

/// The learning rate at `step` (0-based) of a run planned for `steps`: linear warm-up to `peak`, then as `decay` says.
///
/// The cosine ends at a tenth of the peak at the planned last step and stays there.
pub fn learning_rate(config: &OptimizerConfig, peak: f64, step: u64, steps: u64) -> f64 {
    let warm = if step < config.warmup_steps { (step + 1) as f64 / config.warmup_steps as f64 } else { 1.0 };
    let decay = match config.decay {
        Decay::Constant => 1.0,
        Decay::Cosine => {
            let length = steps.saturating_sub(config.warmup_steps).max(1) as f64;
            let done = (step.saturating_sub(config.warmup_steps) as f64 / length).min(1.0);
            0.1 + 0.9 * 0.5 * (1.0 + (std::f64::consts::PI * done).cos())
        }
    };
    peak * warm * decay
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_warms_up_peaks_and_ends_at_a_tenth() {
        let config = OptimizerConfig { warmup_steps: 10, decay: Decay::Cosine, ..OptimizerConfig::default() };
        let at = |step| learning_rate(&config, 1.0, step, 110);
        assert!((at(0) - 0.1).abs() < 1e-12 && (at(9) - 1.0).abs() < 1e-12 && (at(10) - 1.0).abs() < 1e-12);
        assert!((at(60) - 0.55).abs() < 1e-12 && (at(110) - 0.1).abs() < 1e-12 && (at(9999) - 0.1).abs() < 1e-12);
        let constant = OptimizerConfig { decay: Decay::Constant, ..config };
        assert_eq!(learning_rate(&constant, 2.0, 5000, 110), 2.0);
    }

    #[test]
    fn what_presets_train_with_is_finite_without_a_trial() {
        for preset in crate::domain::config::Preset::ALL {
            let config = preset.config();
            for updates in [1, 1000, 1_000_000_000] {
                let set = settings(&config.optimizer, config.knobs.learning_rate, updates);
                assert!(set.surely_finite(config.optimizer.clip_norm), "{preset:?} after {updates}");
            }
        }
    }
}
