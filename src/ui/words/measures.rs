//! What is said of each measure: its name, formula, chance or ideal, and where it comes from. `ui::panels::cards` puts today's
//! numbers in.

use crate::words::constants;
use crate::words::language::FixedText;

/// What does not change from step to step.
#[derive(Debug, PartialEq, Eq)]
pub struct MeasureWords {
    /// What it is called.
    pub name: FixedText,
    /// Chance or ideal in a few words, for the line below a picture's title.
    pub short: FixedText,
    /// Its formula.
    pub formula: FixedText,
    /// Chance or ideal, and what misleads.
    pub reading: FixedText,
    /// Whose definition it is.
    pub source: FixedText,
}

/// Declares measures: each has its five texts in the section `measures` of the table.
macro_rules! measures {
    ($($(#[$doc:meta])* $id:ident;)+) => {
        /// The place of each measure in [`FOUND`].
        #[allow(non_camel_case_types, clippy::upper_case_acronyms)]
        enum Place { $($id),+ }

        const FOUND: [&str; 5 * [$(Place::$id as usize),+].len()] = constants::texts_of("measures", [$(
            concat!(stringify!($id), ".name"),
            concat!(stringify!($id), ".short"),
            concat!(stringify!($id), ".formula"),
            concat!(stringify!($id), ".reading"),
            concat!(stringify!($id), ".source"),
        )+]);

        $($(#[$doc])* pub const $id: MeasureWords = MeasureWords::at(Place::$id as usize, [
            concat!("measures.", stringify!($id), ".name"),
            concat!("measures.", stringify!($id), ".short"),
            concat!("measures.", stringify!($id), ".formula"),
            concat!("measures.", stringify!($id), ".reading"),
            concat!("measures.", stringify!($id), ".source"),
        ]);)+

        /// All of them.
        pub const ALL: &[&MeasureWords] = &[$(&$id,)+];

        /// All their texts, for the test that holds them against the table.
        #[cfg(test)]
        pub(super) const TEXTS: &[FixedText] = &[$($id.name, $id.short, $id.formula, $id.reading, $id.source),+];
    };
}

impl MeasureWords {
    /// The texts of the measure in this place of the declaration.
    const fn at(place: usize, [name, short, formula, reading, source]: [&'static str; 5]) -> Self {
        let first = 5 * place;
        Self {
            name: FixedText::of(name, FOUND[first]),
            short: FixedText::of(short, FOUND[first + 1]),
            formula: FixedText::of(formula, FOUND[first + 2]),
            reading: FixedText::of(reading, FOUND[first + 3]),
            source: FixedText::of(source, FOUND[first + 4]),
        }
    }
}

measures! {
    /// Spread of the load.
    CV;
    /// Effective experts.
    EFFECTIVE_EXPERTS;
    /// Of the window.
    OVER_IDEAL;
    /// Both.
    MAX_VIO;
    /// Of one batch.
    LOAD_ENTROPY;
    /// Silent.
    DEAD;
    /// What bytes say of experts.
    NMI;
    /// Unrest.
    FLUCTUATION;
    /// Against a reference.
    SATURATION;
    /// How unevenly.
    LORENZ;
    /// Agreement in one number.
    KAPPA;
    /// Winners among the picks.
    RECALL;
    /// Equal first choices.
    TOP1;
    /// Response captured.
    KEPT;
    /// Response captured, of one byte.
    KEPT_BYTE;
    /// Of the router loss.
    SKILL;
    /// Overlap.
    JACCARD;
    /// Ranks.
    SPEARMAN;
    /// Divergence.
    KL;
    /// What routing says.
    INFORMATION;
    /// Calibration.
    ECE;
    /// Staleness.
    STALENESS;
    /// Clumping.
    RC;
    /// Axes in use.
    EFFECTIVE_RANK;
    /// Axes again.
    STABLE_RANK;
    /// And again.
    PARTICIPATION;
    /// One way.
    ANISOTROPY;
    /// The most alike.
    WORST;
    /// All pairs.
    OUTPUT_COSINE;
    /// In any basis.
    CKA;
    /// Whose bytes.
    LIFT;
    /// Co-activation.
    COACTIVATION;
    /// When routing came to rest.
    LAST_CHANGE;
    /// What is learned.
    TASK;
    /// What is learned of classes.
    CLASS_TASK;
    /// What is learned of values.
    VALUE_TASK;
    /// What somebody's trainer says of itself.
    TOLD_TASK;
    /// On unseen text.
    VALIDATION;
    /// How it goes.
    CHANGE;
    /// What is minimised.
    TOTAL;
    /// Of the router.
    DISTILLATION;
    /// Of the router's load.
    BALANCE;
    /// Of the responses.
    AFFINITY_BALANCE;
    /// Of the winners.
    DIVERSITY;
    /// Of all weights.
    GRADIENT;
    /// What training has cost.
    ARITHMETIC;
    /// Of one byte.
    BYTE_LOSS;
    /// Of one byte's route.
    REGRET;
    /// Of one expert.
    ANSWERS;
    /// The causal check.
    KNOCK_OUT;
    /// How much it learns from a step.
    GRADIENT_SHARE;
    /// How much it has learned.
    MOVED;
    /// How near its tokens lie to its row of the router.
    PULL;
    /// The most similar one.
    NEAREST;
    /// How undecided the router is.
    TOKEN_ENTROPY;
    /// How clear its choice is.
    MARGIN;
    /// How the margins lie.
    MARGINS;
    /// How far logits run.
    Z_LOSS;
    /// From byte to byte.
    REPETITION;
    /// Whether experts with strong responses are chosen.
    RESPONSE_CHOICE;
    /// Whether the router can tell experts apart.
    ROW_COSINE;
}
