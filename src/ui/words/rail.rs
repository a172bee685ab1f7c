//! The rail: its groups and facts, what a structural change would do, what looking costs.

use crate::domain::config::{Form, Policy};
use crate::ui::kit::numbers;

/// The group of text and batch.
pub const TASK: &str = "Task";
/// The group of sizes.
pub const MODEL: &str = "Model";
/// The group of policy and top-k.
pub const ROUTING: &str = "Routing";
/// The group of competitions.
pub const COMPETITION: &str = "Competition";
/// The group of losses.
pub const LOSSES: &str = "Losses and rate";
/// The group of probes.
pub const DIAGNOSTICS: &str = "Diagnostics";

/// The head of a group.
pub fn group(title: &str) -> String {
    format!("{title} group")
}

/// Beside the task: its length, and how often it was read.
pub fn passes(bytes: u64, passes: f64) -> String {
    format!("{} · {} passes", numbers::bytes(bytes), numbers::fixed(passes, 1))
}

/// The text.
pub const ABOUT_TEXT: &str = "The text the model is trained on, byte by byte. Split 90/5/5 by position.";
/// How the text is cut.
pub const SPLIT: &str = "Split";
/// In which parts.
pub const SPLIT_PARTS: &str = "90 / 5 / 5 %";

/// What each part is for.
pub fn split(parts: [u64; 3]) -> String {
    let [training, validation, test] = parts.map(numbers::bytes);
    format!(
        "By position: the first {training} are trained on, the next {validation} validate and probe, the last {test} \
         are kept aside."
    )
}

/// What one step reads.
pub const BATCH: &str = "Batch";
/// What that is.
pub const ABOUT_BATCH: &str = "Sequences of one step × bytes the network sees at once.";

/// How much it is.
pub fn batch(sequences: usize, context: usize) -> String {
    format!("{sequences} × {context} bytes")
}

/// Beside the model: its weights, and those that answer a token.
pub fn parameters(total: f64, active: f64) -> String {
    format!("{} · {} active", numbers::short(total), numbers::short(active))
}

/// Layers where not all have experts.
pub fn layers(all: usize, with_experts: usize) -> String {
    format!("{all}, {with_experts} with experts")
}

/// Layers.
pub const ABOUT_LAYERS: &str = "Transformer blocks.";
/// Width.
pub const ABOUT_WIDTH: &str = "Width of the residual stream between the layers.";
/// Width of an expert.
pub const ABOUT_EXPERT_WIDTH: &str = "Hidden width of one expert.";
/// A policy without competitions.
pub const HOLDS_NONE: &str = "no competition";
/// Beside the dot.
pub const LIVE: &str = "live";
/// Beside the wrench.
pub const STRUCTURAL: &str = "changes the model; asks first";
/// The same where there is little room.
pub const STRUCTURAL_SHORT: &str = "changes the model";

/// A policy in words.
pub fn policy(policy: Policy) -> String {
    format!("{}: {}.\n{}", policy.label(), policy.about(), policy.source())
}

/// A form in words.
pub fn form(form: Form) -> String {
    format!("{}.", form.about())
}

/// Top-k.
pub const ABOUT_TOP_K: &str =
    "Experts that answer each token. Weights are kept; the next steps compile once for the new shape.";
/// The number of experts.
pub const ABOUT_EXPERTS: &str =
    "Experts in every layer, 1 to 256. Growing splits or adds, shrinking drops or merges; the run goes on.";
/// A draft of top-k.
pub const DRAFT_TOP_K: &str = "top-k";
/// A draft of experts.
pub const DRAFT_EXPERTS: &str = "experts";
/// A draft of a policy.
pub const DRAFT_POLICY: &str = "policy";
/// What top-k does to weights.
pub const ALL_KEPT: &str = "All weights kept, flagged on the curves";
/// What other experts do to weights.
pub const OTHERS_KEPT: &str = "Other weights kept, flagged on the curves";
/// What a policy needs that reads another network.
pub const BEGINS_AGAIN: &str = "Apply begins again at step 0 with the knobs as they are";
/// Does what is drafted.
pub const APPLY: &str = "Apply";

/// Weights that answer a token, now and then.
pub fn active_weights(now: f64, then: f64) -> String {
    format!("Active weights {} → {}", numbers::short(now), numbers::short(then))
}

/// Weights, now and then.
pub fn weights(now: f64, then: f64) -> String {
    format!("Weights {} → {}", numbers::short(now), numbers::short(then))
}

/// What becomes of whom in a layer.
pub fn layer_change(layer: usize, change: &str) -> String {
    format!("Layer {} by its load now: {change}", layer + 1)
}

/// There are fewer experts than picks.
pub fn fewer_picks(now: usize, then: usize) -> String {
    format!("Top-k {now} → {then}, there are no more")
}

/// The button that applies a draft, by name.
pub fn apply(draft: &str) -> String {
    format!("Apply {draft}")
}

/// The button that puts it away.
pub fn keep(running: &str) -> String {
    format!("Keep {running}")
}

/// The same by name.
pub fn keep_named(running: &str, draft: &str) -> String {
    format!("Keep {running} {draft}")
}

/// Steps between two probes.
pub const EVERY_10: &str = "10 steps";
/// More of them.
pub const EVERY_25: &str = "25 steps";
/// More of them.
pub const EVERY_50: &str = "50 steps";
/// More of them.
pub const EVERY_100: &str = "100 steps";
/// More of them.
pub const EVERY_200: &str = "200 steps";
/// More of them.
pub const EVERY_500: &str = "500 steps";
/// Most of them.
pub const EVERY_1000: &str = "1,000 steps";
/// A number of steps that is none of them.
pub const EVERY_AS_SET: &str = "as set";
/// Measures of the states entering a layer.
pub const HIDDEN_STATES: &str = "Representation";
/// Measures of every two experts.
pub const ALIKE: &str = "Expert similarity";
/// What the loss is without an expert.
pub const KNOCK_OUT: &str = "Ablation";
/// A family that is switched on.
pub const MEASURED: &str = "on";
/// One that is not.
pub const OFF: &str = "off";
/// The button of the reference, by name.
pub const TAKE_REFERENCE: &str = "Take the newest probe as reference";
/// What looking cost.
pub const LAST_PROBE: &str = "Last probe took";

/// How many steps it is then.
pub fn every(steps: u64) -> String {
    if steps == 1 { "Every step.".into() } else { format!("Every {} steps.", numbers::count(steps)) }
}

/// The button of the reference: what it is now.
pub fn reference(step: Option<u64>) -> String {
    step.map_or("Reference: first probe".into(), |step| format!("Reference: step {}", numbers::count(step)))
}

/// How long a probe took, and which share of the time that is.
pub fn probe_cost(millis: f64, share: f64) -> String {
    format!("{} ms · {}", numbers::fixed(millis, 0), numbers::percent(share))
}
