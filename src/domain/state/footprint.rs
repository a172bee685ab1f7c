//! How much memory a run needs, roughly: enough to refuse what can never fit before anything is allocated.

use super::Layout;
use crate::domain::config::{Config, InputShape, TaskShape};

/// Vectors as long as the weights that a step holds at its widest: weights, two moments, gradient with its parts, and
/// what the optimizer makes on the way.
const VECTORS: f64 = 8.0;

/// Vectors as long as the weights that stay between two steps: weights, two moments, the weights at the last probe, and what
/// the network was cut into.
const LASTING: f64 = 5.0;

/// Tables `[tokens, experts]` of a layer's probe.
const TABLES: f64 = 7.0;

/// Most routes of a token that are tried at once, each of them as long as the context.
pub(crate) const ROUTES: usize = 70;

/// Bytes a run of `config` with `experts` experts a layer needs at its widest: at a competition step, while the run is probed,
/// or while other routes of a token are tried. Within a factor of two of what is measured for the presets.
pub(crate) fn footprint_bytes(config: &Config, experts: usize) -> f64 {
    let (model, task) = (&config.model, config.task_shape());
    let real = |n: usize| n as f64;
    let parameters = real(Layout::of(config, experts).len);
    let tokens = real(config.tokens_per_step());
    let attention = 12.0 * real(model.width) + 6.0 * real(model.heads * task.positions);
    let routed = 3.0 * real(experts * model.expert_width) + 6.0 * real(model.width);
    let competing = 10.0 * real(experts * model.width) + 3.0 * real(experts * model.expert_width);
    let mixtures = real(model.moe_count());
    let dense = (real(model.layers) - mixtures) * 3.0 * real(model.dense_width);
    let most = real(config.knobs.max_competing_layers).min(mixtures);
    let per_token = real(model.layers) * attention + mixtures * routed + most * competing + dense;
    let step = VECTORS * parameters + tokens * (per_token + 4.0 * real(widest_end(&task)));
    let looked = real(config.cadence.probe_sequences).max(real(ROUTES)) * real(task.positions);
    let looking = LASTING * parameters + probe(config, experts).max(looked * passing(config));
    4.0 * step.max(looking)
}

/// Bytes of the largest single tensor of a run: what a graphics device must be able to bind at once.
pub(crate) fn largest_tensor_bytes(config: &Config, experts: usize) -> f64 {
    let (model, task) = (&config.model, config.task_shape());
    let (real, ends) = (|n: usize| n as f64, widest_end(&task));
    let (tokens, probed) = (real(config.tokens_per_step()), probe_tokens(config));
    let answers = real(experts) * real(model.width.max(model.expert_width));
    let of_step = tokens * answers.max(real(ends)).max(real(model.heads * task.positions));
    let of_probe = probed * answers.max(real(ends));
    4.0 * real(Layout::of(config, experts).len).max(of_step).max(of_probe)
}

/// Numbers of a position where it enters or leaves the network, whichever are more.
fn widest_end(task: &TaskShape) -> usize {
    let entering = match task.input {
        InputShape::Ids { vocabulary } => vocabulary,
        InputShape::Values { width } => width,
    };
    entering.max(task.outputs())
}

/// Tokens of the probe batch.
fn probe_tokens(config: &Config) -> f64 {
    config.cadence.probe_sequences as f64 * config.task_shape().positions as f64
}

/// Numbers a token takes on its way through the network when nothing is kept for a gradient: a block's own, and the logits.
fn passing(config: &Config) -> f64 {
    let model = &config.model;
    12.0 * model.width as f64
        + 3.0 * (model.expert_width.max(model.dense_width) + widest_end(&config.task_shape())) as f64
}

/// Numbers a probe takes: every expert's answer of every layer until all are compared, the tables of a row per token on the
/// device, as they are read and in double precision on the host, and the hidden layer of all experts of one layer.
fn probe(config: &Config, experts: usize) -> f64 {
    let model = &config.model;
    let (experts, mixtures) = (experts as f64, model.moe_count() as f64);
    let answers = experts * (model.width as f64 * if config.cadence.measures.similarity { 2.0 } else { 1.0 });
    let order = if config.faults.responses_in_logit_order { experts * experts } else { 0.0 };
    let of_layer = answers + TABLES * 6.0 * experts + order + 2.0 * model.width as f64;
    let hidden = experts * (model.expert_width + model.width) as f64;
    probe_tokens(config) * (mixtures * of_layer + hidden + passing(config))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::config::Preset;

    #[test]
    fn a_large_probe_counts_and_so_do_its_switches() {
        let of = |config: &Config| footprint_bytes(config, config.model.experts);
        let mut config = Preset::Medium.config();
        let before = of(&config);
        config.cadence.probe_sequences = 1024;
        let probed = of(&config);
        // 131,072 tokens, 4 layers of 8 answers of 128 numbers of 4 bytes: 2 GiB for the answers alone.
        assert!(probed > 2.0 * f64::from(1 << 30) && probed > 5.0 * before, "{probed} {before}");
        config.cadence.measures.similarity = false;
        let without = of(&config);
        config.faults.responses_in_logit_order = true;
        assert!(without < probed && of(&config) > without);
    }

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
