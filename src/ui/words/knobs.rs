//! The knobs: names of what a run is set by, in the rail and in the form of a new run; what each does; turning them.

use crate::words::constants::texts;
use crate::words::in_a_sentence;
use crate::words::table::sentences;

texts! { "knobs":
    /// What the run learns to continue.
    pub(crate) TEXT;
    /// Seed of all draws.
    pub(crate) SEED;
    /// Steps of the run.
    pub(crate) STEPS;
    /// Sequences of one step.
    pub(crate) SEQUENCES;
    /// Bytes of a sequence.
    pub(crate) CONTEXT;
    /// Width of the stream.
    pub(crate) WIDTH;
    /// Heads of attention.
    pub(crate) HEADS;
    /// Blocks.
    pub(crate) LAYERS;
    /// Which blocks have experts.
    pub(crate) EXPERTS_IN;
    /// All blocks.
    pub(crate) EVERY_BLOCK;
    /// Half of the blocks.
    pub(crate) EVERY_SECOND;
    /// Experts of a layer.
    pub(crate) EXPERTS;
    /// Hidden width of an expert.
    pub(crate) EXPERT_WIDTH;
    /// Who decides.
    pub(crate) POLICY;
    /// Whose program.
    pub(crate) FORM;
    /// Experts that answer a token.
    pub(crate) TOP_K;
    /// Steps between two saves.
    pub(crate) AUTOSAVE_EVERY;
    /// Minutes between two saves; 0 is never by the clock.
    pub(crate) AUTOSAVE_MINUTES;
    /// Peak learning rate.
    pub(crate) LEARNING_RATE;
    /// Steps until the learning rate is at its peak.
    pub(crate) RATE_WARM_UP;
    /// Steps between two probes.
    pub(crate) PROBE_EVERY;
    /// Steps between two validations.
    pub(crate) VALIDATE_EVERY;
    /// What is between an expert's two matrices.
    pub(crate) ACTIVATION;
    /// Nothing below zero.
    pub(crate) RELU;
    /// The smooth one.
    pub(crate) GELU;
    /// How the learning rate falls.
    pub(crate) DECAY;
    /// Along a cosine.
    pub(crate) COSINE;
    /// Not at all.
    pub(crate) CONSTANT;
    /// Whether experts have biases.
    pub(crate) EXPERT_BIASES;
    /// Experts without biases.
    pub(crate) NO_BIASES;
    /// Experts with biases.
    pub(crate) LEARNED_BIASES;
    /// Chance of a competition.
    pub(crate) RATE;
    /// What it does.
    pub(crate) ABOUT_RATE;
    /// Most layers that compete at one step.
    pub(crate) LAYERS_AT_ONCE;
    /// What it does.
    pub(crate) ABOUT_LAYERS_AT_ONCE;
    /// Steps without competition.
    pub(crate) WARM_UP;
    /// What it does.
    pub(crate) ABOUT_WARM_UP;
    /// What the learning rate does.
    pub(crate) ABOUT_LEARNING_RATE;
    /// Weight of the distillation loss.
    pub(crate) ROUTER;
    /// What it does.
    pub(crate) ABOUT_ROUTER;
    /// Extra weight of winners.
    pub(crate) WINNERS;
    /// What it does.
    pub(crate) ABOUT_WINNERS;
    /// Weight of the balance loss.
    pub(crate) BALANCE;
    /// What it does.
    pub(crate) ABOUT_BALANCE;
    /// Weight of the balance of responses.
    pub(crate) AFFINITY_BALANCE;
    /// What it does.
    pub(crate) ABOUT_AFFINITY_BALANCE;
    /// Weight of the diversity loss.
    pub(crate) DIVERSITY;
    /// What it does.
    pub(crate) ABOUT_DIVERSITY;
    /// Weight of the z-loss.
    pub(crate) LOGITS;
    /// What it does.
    pub(crate) ABOUT_LOGITS;
    /// When StableMoE's light router takes over.
    pub(crate) FREEZE;
    /// What it does.
    pub(crate) ABOUT_FREEZE;
    /// Which loss the router learns by.
    pub(crate) DISTILLATION;
    /// What the neural response of an expert is.
    pub(crate) RESPONSE;
    /// As the papers' program has it.
    pub(crate) AS_THE_FORM;
    /// What decides a competition.
    pub(crate) WON_BY;
    /// The response.
    pub(crate) BY_RESPONSE;
    /// Response and logit.
    pub(crate) BY_HALF_THE_GATE;
}

sentences! { "knobs":
    /// Takes back the last change of a knob.
    pub(crate) fn undo(name: &str) { name = in_a_sentence(name) };
    /// What taking it back would lead to.
    pub(crate) fn back_to(old: &str) { old = old };
    /// What still runs while something else is asked for.
    pub(crate) fn running(value: &str) { value = value };
    /// The field of a knob.
    pub(crate) fn value(name: &str) { name = name };
    /// The menu of a knob.
    pub(crate) fn menu(name: &str) { name = name };
    /// The upper arrow of a number.
    pub(crate) fn one_more(name: &str) { name = name };
    /// The lower one.
    pub(crate) fn one_fewer(name: &str) { name = name };
}
