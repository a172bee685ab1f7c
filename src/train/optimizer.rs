//! AdamW over the whole network as one flat vector, with moments we own so that they can follow their expert.

use burn::tensor::Tensor;

use crate::config::{Decay, OptimizerConfig};

/// First and second moments, `[P]` each, in the layout's order.
#[derive(Clone, Debug)]
pub struct Moments {
    /// Running mean of the gradient.
    pub first: Tensor<1>,
    /// Running mean of its square.
    pub second: Tensor<1>,
}

/// One AdamW update (arXiv 1711.05101, algorithm 2): weight decay beside the gradient, scaled by the learning rate.
///
/// - `weights`, `gradient`: `[P]`
/// - `decaying`: `[P]`, 1 where weight decay applies, else 0
/// - `updates`: updates made, this one included, at least 1
/// - returns weights and moments after
pub fn adamw(
    config: &OptimizerConfig,
    weights: Tensor<1>,
    gradient: Tensor<1>,
    moments: &Moments,
    decaying: &Tensor<1>,
    learning_rate: f64,
    updates: u64,
) -> (Tensor<1>, Moments) {
    let (b1, b2) = (config.beta1, config.beta2);
    let first = moments.first.clone() * b1 + gradient.clone() * (1.0 - b1);
    let second = moments.second.clone() * b2 + gradient.square() * (1.0 - b2);
    let correct = |beta: f64| 1.0 - beta.powi(updates.min(i32::MAX as u64) as i32);
    let root = (second.clone() / correct(b2)).sqrt() + config.epsilon;
    let move_by = first.clone() / root * (learning_rate / correct(b1));
    let kept = if config.weight_decay > 0.0 {
        weights.clone() - weights * decaying.clone() * (learning_rate * config.weight_decay)
    } else {
        weights
    };
    (kept - move_by, Moments { first, second })
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
    use burn::optim::{AdamWConfig, Optimizer};
    use burn::tensor::Device;

    #[test]
    fn agrees_with_burns_own_adamw_over_five_updates() {
        let device = Device::flex();
        let config = OptimizerConfig { weight_decay: 0.1, epsilon: 1e-6, ..OptimizerConfig::default() };
        let theirs = AdamWConfig::new()
            .with_beta_1(config.beta1 as f32)
            .with_beta_2(config.beta2 as f32)
            .with_epsilon(config.epsilon as f32)
            .with_weight_decay(config.weight_decay as f32)
            .build();
        let start = Tensor::<1>::from_floats([1.0, -2.0, 0.5, 3.0], &device);
        let zeros = start.zeros_like();
        let (mut ours, mut moments) = (start.clone(), Moments { first: zeros.clone(), second: zeros });
        let (mut other, mut state) = (start.clone(), None);
        for update in 1..=5u64 {
            let gradient = Tensor::<1>::from_floats([0.1, -0.3, 2.0, 0.0], &device) * (update as f64).sin();
            let decaying = start.ones_like();
            (ours, moments) = adamw(&config, ours, gradient.clone(), &moments, &decaying, 0.01, update);
            let (next, kept) = theirs.step(0.01, other, gradient, state);
            (other, state) = (next, kept);
        }
        let difference: f32 = (ours - other).abs().max().into_scalar();
        assert!(difference < 2e-6, "{difference}");
    }

    #[test]
    fn first_update_moves_by_the_rate_whatever_the_gradient() {
        let device = Device::flex();
        let config = OptimizerConfig { weight_decay: 0.0, ..OptimizerConfig::default() };
        let zeros = Tensor::<1>::zeros([2], &device);
        let moments = Moments { first: zeros.clone(), second: zeros.clone() };
        let gradient = Tensor::<1>::from_floats([1e-3, -50.0], &device);
        let (weights, _) = adamw(&config, zeros.clone(), gradient, &moments, &zeros, 0.5, 1);
        let weights: Vec<f32> = weights.into_data().try_to_vec().unwrap();
        assert!((weights[0] + 0.5).abs() < 1e-4 && (weights[1] - 0.5).abs() < 1e-4, "{weights:?}");
    }

    #[test]
    fn the_rate_warms_up_peaks_and_ends_at_a_tenth() {
        let config = OptimizerConfig { warmup_steps: 10, decay: Decay::Cosine, ..OptimizerConfig::default() };
        let at = |step| learning_rate(&config, 1.0, step, 110);
        assert!((at(0) - 0.1).abs() < 1e-12 && (at(9) - 1.0).abs() < 1e-12 && (at(10) - 1.0).abs() < 1e-12);
        assert!((at(60) - 0.55).abs() < 1e-12 && (at(110) - 0.1).abs() < 1e-12 && (at(9999) - 0.1).abs() < 1e-12);
        let constant = OptimizerConfig { decay: Decay::Constant, ..config };
        assert_eq!(learning_rate(&constant, 2.0, 5000, 110), 2.0);
    }
}
