//! How much memory a run needs, roughly: enough to refuse what can never fit before anything is allocated.

use super::Layout;
use crate::config::{Config, VOCABULARY};

/// Vectors as long as the weights that a step holds at its widest: weights, two moments, gradient with its parts, and
/// what the optimizer makes on the way.
const VECTORS: f64 = 8.0;

/// Bytes a run of `config` with `experts` experts a layer needs at its widest, a competition step; within a factor of
/// two of what is measured for the presets.
pub fn footprint_bytes(config: &Config, experts: usize) -> f64 {
    let model = &config.model;
    let real = |n: usize| n as f64;
    let parameters = real(Layout::new(config, experts).len);
    let tokens = real(config.tokens_per_step());
    let attention = 12.0 * real(model.width) + 6.0 * real(model.heads * model.context);
    let routed = 3.0 * real(experts * model.expert_width) + 6.0 * real(model.width);
    let competing = 10.0 * real(experts * model.width) + 3.0 * real(experts * model.expert_width);
    let mixtures = real(model.moe_count());
    let dense = (real(model.layers) - mixtures) * 3.0 * real(model.dense_width);
    let most = real(config.knobs.max_competing_layers).min(mixtures);
    let per_token = real(model.layers) * attention + mixtures * routed + most * competing + dense;
    4.0 * (VECTORS * parameters + tokens * (per_token + 4.0 * real(VOCABULARY)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Preset;

    #[test]
    fn presets_fit_anywhere_and_giants_nowhere() {
        let mebibytes = |config: &Config| footprint_bytes(config, config.model.experts) / f64::from(1 << 20);
        assert!(mebibytes(&Preset::Small.config()) < 200.0);
        assert!((100.0..2000.0).contains(&mebibytes(&Preset::Medium.config())));
        let mut giant = Preset::Medium.config();
        giant.model.experts = 256;
        giant.model.width = 4096;
        giant.model.expert_width = 16384;
        assert!(mebibytes(&giant) > 1e6);
    }
}
