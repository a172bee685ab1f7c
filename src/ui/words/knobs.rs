//! The knobs: names of what a run is set by, in the rail and in the form of a new run; what each does; turning them.

/// What the run learns to continue.
pub const TEXT: &str = "Text";
/// Seed of all draws.
pub const SEED: &str = "Seed";
/// Steps of the run.
pub const STEPS: &str = "Steps";
/// Sequences of one step.
pub const SEQUENCES: &str = "Sequences";
/// Bytes of a sequence.
pub const CONTEXT: &str = "Context";
/// Width of the stream.
pub const WIDTH: &str = "Width";
/// Heads of attention.
pub const HEADS: &str = "Heads";
/// Blocks.
pub const LAYERS: &str = "Layers";
/// Which blocks have experts.
pub const EXPERTS_IN: &str = "Experts in";
/// All blocks.
pub const EVERY_BLOCK: &str = "every block";
/// Half of the blocks.
pub const EVERY_SECOND: &str = "every second";
/// Experts of a layer.
pub const EXPERTS: &str = "Experts";
/// Hidden width of an expert.
pub const EXPERT_WIDTH: &str = "Expert width";
/// Who decides.
pub const POLICY: &str = "Policy";
/// Whose program.
pub const FORM: &str = "Form";
/// Experts that answer a token.
pub const TOP_K: &str = "Top-k";
/// Steps between two saves.
pub const AUTOSAVE_EVERY: &str = "Autosave every";
/// Minutes between two saves; 0 is never by the clock.
pub const AUTOSAVE_MINUTES: &str = "Autosave minutes";
/// Peak learning rate.
pub const LEARNING_RATE: &str = "Learning rate";
/// Steps until the learning rate is at its peak.
pub const RATE_WARM_UP: &str = "Learning-rate warm-up";
/// Steps between two probes.
pub const PROBE_EVERY: &str = "Probe every";
/// Steps between two validations.
pub const VALIDATE_EVERY: &str = "Validate every";
/// What is between an expert's two matrices.
pub const ACTIVATION: &str = "Activation";
/// Nothing below zero.
pub const RELU: &str = "relu";
/// The smooth one.
pub const GELU: &str = "gelu";
/// How the learning rate falls.
pub const DECAY: &str = "Decay";
/// Along a cosine.
pub const COSINE: &str = "cosine";
/// Not at all.
pub const CONSTANT: &str = "constant";
/// Whether experts have biases.
pub const EXPERT_BIASES: &str = "Expert biases";
/// Experts without biases.
pub const NO_BIASES: &str = "none";
/// Experts with biases.
pub const LEARNED_BIASES: &str = "learned";

/// Chance of a competition.
pub const RATE: &str = "Competition rate";
/// What it does.
pub const ABOUT_RATE: &str =
    "Chance that a layer competes at a step, 0 to 1. At 0 the router alone decides. Published: 0.05 to 0.07.";
/// Most layers that compete at one step.
pub const LAYERS_AT_ONCE: &str = "Layers at once";
/// What it does.
pub const ABOUT_LAYERS_AT_ONCE: &str =
    "At most this many layers compete at one step: a competition costs all experts' work.";
/// Steps without competition.
pub const WARM_UP: &str = "Competition warm-up";
/// What it does.
pub const ABOUT_WARM_UP: &str = "No competition before this step.";
/// What the learning rate does.
pub const ABOUT_LEARNING_RATE: &str = "Peak learning rate of AdamW; warm-up and decay scale it.";
/// Weight of the distillation loss.
pub const ROUTER: &str = "Router α";
/// What it does.
pub const ABOUT_ROUTER: &str = "Weight of the distillation loss: the router learns from the winners.";
/// Extra weight of winners.
pub const WINNERS: &str = "Winners θ";
/// What it does.
pub const ABOUT_WINNERS: &str = "Extra weight of the winners in the distillation loss. Published: 0.1 to 0.2.";
/// Weight of the balance loss.
pub const BALANCE: &str = "Balance β";
/// What it does.
pub const ABOUT_BALANCE: &str = "Weight of the balance loss on router steps: more evens out the load.";
/// Weight of the balance of responses.
pub const AFFINITY_BALANCE: &str = "Affinity βc";
/// What it does.
pub const ABOUT_AFFINITY_BALANCE: &str =
    "Weight of the balance of the responses on competition steps, half of it taken as published.";
/// Weight of the diversity loss.
pub const DIVERSITY: &str = "Diversity βc";
/// What it does.
pub const ABOUT_DIVERSITY: &str =
    "Weight of the loss that pushes the winners' outputs apart, half of it taken as published.";
/// Weight of the z-loss.
pub const LOGITS: &str = "z-loss";
/// What it does.
pub const ABOUT_LOGITS: &str = "Weight of the loss that keeps the router's logits small on router steps. Published: \
0.001 in the configs, though the language program never adds it.";
/// When StableMoE's light router takes over.
pub const FREEZE: &str = "Freeze at";
/// What it does.
pub const ABOUT_FREEZE: &str = "From this step on StableMoE's light router decides and no longer learns.";

/// Which loss the router learns by.
pub const DISTILLATION: &str = "Distillation";
/// What the neural response of an expert is.
pub const RESPONSE: &str = "Response";
/// As the papers' program has it.
pub const AS_THE_FORM: &str = "default";
/// What decides a competition.
pub const WON_BY: &str = "Won by";
/// The response.
pub const BY_RESPONSE: &str = "response";
/// Response and logit.
pub const BY_HALF_THE_GATE: &str = "half the gate";

/// Takes back the last change of a knob.
pub fn undo(name: &str) -> String {
    format!("Undo {}", name.to_lowercase())
}

/// What taking it back would lead to.
pub fn back_to(old: &str) -> String {
    format!("Back to {old}")
}

/// What still runs while something else is asked for.
pub fn running(value: &str) -> String {
    format!("running {value}")
}

/// The field of a knob.
pub fn value(name: &str) -> String {
    format!("{name} value")
}

/// The menu of a knob.
pub fn menu(name: &str) -> String {
    format!("{name} menu")
}

/// The upper arrow of a number.
pub fn one_more(name: &str) -> String {
    format!("{name}: one more")
}

/// The lower one.
pub fn one_fewer(name: &str) -> String {
    format!("{name}: one fewer")
}
