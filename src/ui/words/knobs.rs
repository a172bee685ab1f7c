//! The knobs: names of what a run is set by, in the rail and in the form of a new run; what each does; turning them.

use crate::words::constants::texts;
use crate::words::table::sentences;

texts! { "knobs":
    /// What the run learns to continue.
    pub TEXT;
    /// Seed of all draws.
    pub SEED;
    /// Steps of the run.
    pub STEPS;
    /// Sequences of one step.
    pub SEQUENCES;
    /// Bytes of a sequence.
    pub CONTEXT;
    /// Width of the stream.
    pub WIDTH;
    /// Heads of attention.
    pub HEADS;
    /// Blocks.
    pub LAYERS;
    /// Which blocks have experts.
    pub EXPERTS_IN;
    /// All blocks.
    pub EVERY_BLOCK;
    /// Half of the blocks.
    pub EVERY_SECOND;
    /// Experts of a layer.
    pub EXPERTS;
    /// Hidden width of an expert.
    pub EXPERT_WIDTH;
    /// Who decides.
    pub POLICY;
    /// Whose program.
    pub FORM;
    /// Experts that answer a token.
    pub TOP_K;
    /// Steps between two saves.
    pub AUTOSAVE_EVERY;
    /// Minutes between two saves; 0 is never by the clock.
    pub AUTOSAVE_MINUTES;
    /// Peak learning rate.
    pub LEARNING_RATE;
    /// Steps until the learning rate is at its peak.
    pub RATE_WARM_UP;
    /// Steps between two probes.
    pub PROBE_EVERY;
    /// Steps between two validations.
    pub VALIDATE_EVERY;
    /// What is between an expert's two matrices.
    pub ACTIVATION;
    /// Nothing below zero.
    pub RELU;
    /// The smooth one.
    pub GELU;
    /// How the learning rate falls.
    pub DECAY;
    /// Along a cosine.
    pub COSINE;
    /// Not at all.
    pub CONSTANT;
    /// Whether experts have biases.
    pub EXPERT_BIASES;
    /// Experts without biases.
    pub NO_BIASES;
    /// Experts with biases.
    pub LEARNED_BIASES;
    /// Chance of a competition.
    pub RATE;
    /// What it does.
    pub ABOUT_RATE;
    /// Most layers that compete at one step.
    pub LAYERS_AT_ONCE;
    /// What it does.
    pub ABOUT_LAYERS_AT_ONCE;
    /// Steps without competition.
    pub WARM_UP;
    /// What it does.
    pub ABOUT_WARM_UP;
    /// What the learning rate does.
    pub ABOUT_LEARNING_RATE;
    /// Weight of the distillation loss.
    pub ROUTER;
    /// What it does.
    pub ABOUT_ROUTER;
    /// Extra weight of winners.
    pub WINNERS;
    /// What it does.
    pub ABOUT_WINNERS;
    /// Weight of the balance loss.
    pub BALANCE;
    /// What it does.
    pub ABOUT_BALANCE;
    /// Weight of the balance of responses.
    pub AFFINITY_BALANCE;
    /// What it does.
    pub ABOUT_AFFINITY_BALANCE;
    /// Weight of the diversity loss.
    pub DIVERSITY;
    /// What it does.
    pub ABOUT_DIVERSITY;
    /// Weight of the z-loss.
    pub LOGITS;
    /// What it does.
    pub ABOUT_LOGITS;
    /// When StableMoE's light router takes over.
    pub FREEZE;
    /// What it does.
    pub ABOUT_FREEZE;
    /// Which loss the router learns by.
    pub DISTILLATION;
    /// What the neural response of an expert is.
    pub RESPONSE;
    /// As the papers' program has it.
    pub AS_THE_FORM;
    /// What decides a competition.
    pub WON_BY;
    /// The response.
    pub BY_RESPONSE;
    /// Response and logit.
    pub BY_HALF_THE_GATE;
}

sentences! { "knobs":
    /// Takes back the last change of a knob.
    pub fn undo(name: &str) { name = name.to_lowercase() };
    /// What taking it back would lead to.
    pub fn back_to(old: &str) { old = old };
    /// What still runs while something else is asked for.
    pub fn running(value: &str) { value = value };
    /// The field of a knob.
    pub fn value(name: &str) { name = name };
    /// The menu of a knob.
    pub fn menu(name: &str) { name = name };
    /// The upper arrow of a number.
    pub fn one_more(name: &str) { name = name };
    /// The lower one.
    pub fn one_fewer(name: &str) { name = name };
}
