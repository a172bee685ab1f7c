//! The rail: its groups and facts, what a structural change would do, what looking costs.

use crate::domain::config::{Form, Policy};
use crate::ui::kit::numbers;
use crate::words::constants::texts;
use crate::words::table::sentences;
use crate::words::{about_form, about_policy, named, source_of_policy};

texts! { "rail":
    /// The group of text and batch.
    pub(crate) TASK;
    /// The group of sizes.
    pub(crate) MODEL;
    /// The group of policy and top-k.
    pub(crate) ROUTING;
    /// The group of competitions.
    pub(crate) COMPETITION;
    /// The group of losses.
    pub(crate) LOSSES;
    /// The group of probes.
    pub(crate) DIAGNOSTICS;
    /// The text.
    pub(crate) ABOUT_TEXT;
    /// How the text is cut.
    pub(crate) SPLIT;
    /// In which parts.
    pub(crate) SPLIT_PARTS;
    /// What one step reads.
    pub(crate) BATCH;
    /// What that is.
    pub(crate) ABOUT_BATCH;
    /// Layers.
    pub(crate) ABOUT_LAYERS;
    /// Width.
    pub(crate) ABOUT_WIDTH;
    /// Width of an expert.
    pub(crate) ABOUT_EXPERT_WIDTH;
    /// A policy without competitions.
    pub(crate) HOLDS_NONE;
    /// Beside the dot.
    pub(crate) LIVE;
    /// Beside the wrench.
    pub(crate) STRUCTURAL;
    /// The same where there is little room.
    pub(crate) STRUCTURAL_SHORT;
    /// The number of experts.
    pub(crate) ABOUT_EXPERTS;
    /// A draft of top-k.
    pub(crate) DRAFT_TOP_K;
    /// A draft of experts.
    pub(crate) DRAFT_EXPERTS;
    /// A draft of a policy.
    pub(crate) DRAFT_POLICY;
    /// What top-k does to weights.
    pub(crate) ALL_KEPT;
    /// What other experts do to weights.
    pub(crate) OTHERS_KEPT;
    /// What a policy needs that reads another network.
    pub(crate) BEGINS_AGAIN;
    /// Does what is drafted.
    pub(crate) APPLY;
    /// Steps between two probes.
    pub(crate) EVERY_10;
    /// More of them.
    pub(crate) EVERY_25;
    /// More of them.
    pub(crate) EVERY_50;
    /// More of them.
    pub(crate) EVERY_100;
    /// More of them.
    pub(crate) EVERY_200;
    /// More of them.
    pub(crate) EVERY_500;
    /// Most of them.
    pub(crate) EVERY_1000;
    /// A number of steps that is none of them.
    pub(crate) EVERY_AS_SET;
    /// Measures of the states entering a layer.
    pub(crate) HIDDEN_STATES;
    /// Measures of every two experts.
    pub(crate) ALIKE;
    /// What the loss is without an expert.
    pub(crate) KNOCK_OUT;
    /// A family that is switched on.
    pub(crate) MEASURED;
    /// One that is not.
    pub(crate) OFF;
    /// The button of the reference, by name.
    pub(crate) TAKE_REFERENCE;
    /// What looking cost.
    pub(crate) LAST_PROBE;
    EVERY_STEP;
    REFERENCE_FIRST_PROBE;
}

sentences! { "rail":
    /// Top-k.
    pub(crate) fn about_top_k();
    /// A policy in words.
    pub(crate) fn policy(policy: Policy) { label = named(policy.label()), about = about_policy(policy), source = source_of_policy(policy) };
    /// The head of a group.
    pub(crate) fn group(title: &str) { title = title };
    /// Beside the task: its length, and how often it was read.
    pub(crate) fn passes(bytes: u64, passes: f64) { bytes = numbers::bytes(bytes), passes = numbers::fixed(passes, 1) };
    /// How much it is.
    pub(crate) fn batch(sequences: usize, context: usize) { sequences = sequences, context = context };
    /// Beside the model: its weights, and those that answer a token.
    pub(crate) fn parameters(total: f64, active: f64) { total = numbers::short(total), active = numbers::short(active) };
    /// Layers where not all have experts.
    pub(crate) fn layers(all: usize, with_experts: usize) { all = all, with_experts = with_experts };
    /// Weights that answer a token, now and then.
    pub(crate) fn active_weights(now: f64, then: f64) { now = numbers::short(now), then = numbers::short(then) };
    /// Weights, now and then.
    pub(crate) fn weights(now: f64, then: f64) { now = numbers::short(now), then = numbers::short(then) };
    /// What happens to the experts of a layer.
    pub(crate) fn layer_change(layer: usize, change: &str) { layer = layer + 1, change = change };
    /// There are fewer experts than picks.
    pub(crate) fn fewer_picks(now: usize, then: usize) { now = now, then = then };
    /// The button that applies a draft, by name.
    pub(crate) fn apply(draft: &str) { draft = draft };
    /// The button that puts it away.
    pub(crate) fn keep(running: &str) { running = running };
    /// The same by name.
    pub(crate) fn keep_named(running: &str, draft: &str) { running = running, draft = draft };
    /// How long a probe took, and which share of the time that is.
    pub(crate) fn probe_cost(millis: f64, share: f64) { millis = numbers::fixed(millis, 0), share = numbers::percent(share) };
    fn split_by_position(training, validation, test);
    fn every_n_steps(steps);
    fn reference_step(step);
}

/// What each part is for.
pub(crate) fn split(parts: [u64; 3]) -> String {
    let [training, validation, test] = parts.map(numbers::bytes);
    split_by_position(training, validation, test)
}

/// A form in words.
pub(crate) fn form(form: Form) -> String {
    format!("{}.", about_form(form))
}

/// How many steps it is then.
pub(crate) fn every(steps: u64) -> String {
    if steps == 1 { EVERY_STEP.into() } else { every_n_steps(numbers::count(steps)) }
}

/// The button of the reference: what it is now.
pub(crate) fn reference(step: Option<u64>) -> String {
    step.map_or(REFERENCE_FIRST_PROBE.into(), |step| reference_step(numbers::count(step)))
}
