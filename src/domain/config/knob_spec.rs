//! What is known of a knob: its id, names, range and slider, and how it is read and set.

use super::validate::{LARGEST, SMALLEST};
use super::{KNOBS, Knobs};

/// A knob by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum KnobId {
    /// [`Knobs::policy`]
    Policy,
    /// [`Knobs::form`]
    Form,
    /// [`Knobs::learning_rate`]
    LearningRate,
    /// [`Knobs::top_k`]
    TopK,
    /// [`Knobs::competition_rate`]
    CompetitionRate,
    /// [`Knobs::max_competing_layers`]
    MaxCompetingLayers,
    /// [`Knobs::competition_warmup`]
    CompetitionWarmup,
    /// [`Knobs::response`]
    Response,
    /// [`Knobs::combine_gate`]
    CombineGate,
    /// [`Knobs::freeze_step`]
    FreezeStep,
    /// [`Knobs::router_weight`], α
    RouterWeight,
    /// [`Knobs::theta`], θ
    Theta,
    /// [`Knobs::distillation`]
    Distillation,
    /// [`Knobs::balance_weight`], β
    BalanceWeight,
    /// [`Knobs::z_weight`]
    ZWeight,
    /// [`Knobs::affinity_balance_weight`], β_c of the affinity balance
    AffinityBalanceWeight,
    /// [`Knobs::diversity_weight`], β_c of the diversity loss
    DiversityWeight,
}

impl KnobId {
    /// Its row in [`KNOBS`].
    pub(crate) fn spec(self) -> &'static KnobSpec {
        &KNOBS[self as usize]
    }
}

/// What is known of a knob.
#[derive(Clone, Copy, Debug)]
pub struct KnobSpec {
    /// Which it is.
    pub id: KnobId,
    /// The field as spelled in TOML, e.g. `knobs.theta`.
    pub field: &'static str,
    /// The name in journals and changes.
    pub name: &'static str,
    /// The option of `moe-arena train` that sets it, if one does.
    pub option: Option<&'static str>,
    /// What it multiplies in the loss, if it is a weight there.
    pub term: Option<&'static str>,
    /// How it is read and set, and what it may be.
    pub kind: KnobKind,
}

/// How a knob is read and set, and what it may be.
#[derive(Clone, Copy, Debug)]
pub enum KnobKind {
    /// A real number.
    Real {
        /// Reads it.
        get: fn(&Knobs) -> f64,
        /// Sets it.
        set: fn(&mut Knobs, f64),
        /// What it may be.
        range: RealRange,
        /// What a slider offers of that.
        slider: Slider,
    },
    /// A whole number.
    Whole {
        /// Reads it.
        get: fn(&Knobs) -> u64,
        /// Sets it; a number too large for its type becomes the largest.
        set: fn(&mut Knobs, u64),
        /// What it may be.
        range: WholeRange,
    },
    /// One of a few, by its label.
    Choice {
        /// Reads the label.
        get: fn(&Knobs) -> &'static str,
    },
}

/// What a real number may be. Numbers are used in single precision, so that each is at least
/// [`SMALLEST_REAL`](super::SMALLEST_REAL) or 0, and at most [`LARGEST_REAL`](super::LARGEST_REAL).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RealRange {
    /// Above 0.
    Positive,
    /// 0 or above.
    AtLeastZero,
    /// 0 to 1.
    Share,
}

impl RealRange {
    /// Whether a number is in it.
    pub fn holds(self, value: f64) -> bool {
        let large = (SMALLEST..=LARGEST).contains(&value);
        match self {
            Self::Positive => large,
            Self::AtLeastZero => value == 0.0 || large,
            Self::Share => (0.0..=1.0).contains(&value),
        }
    }

    /// What would be in it, in words.
    pub fn expected(self) -> String {
        match self {
            Self::Positive => format!("a number from {SMALLEST:.1e} to {LARGEST:e}"),
            Self::AtLeastZero => format!("0, or a number from {SMALLEST:.1e} to {LARGEST:e}"),
            Self::Share => "0 to 1".into(),
        }
    }
}

/// What a whole number may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WholeRange {
    /// 1 to the number of experts.
    Experts,
    /// How many layers; 1 to the number of layers does something, a config may hold any.
    Layers,
    /// A step of the run, 0 and up.
    Step,
}

/// The scale of a slider.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Slider {
    /// Least.
    pub low: f64,
    /// Most.
    pub high: f64,
    /// If the scale is logarithmic: the least value above `low` that it tells apart.
    pub finest: Option<f64>,
}

impl KnobSpec {
    /// Its value in `knobs`, as journals write it: `0.07`, `3e-5`, `CompeteSMoE`.
    pub fn words(&self, knobs: &Knobs) -> String {
        match self.kind {
            KnobKind::Real { get, .. } => number(get(knobs)),
            KnobKind::Whole { get, .. } => get(knobs).to_string(),
            KnobKind::Choice { get } => get(knobs).to_owned(),
        }
    }

    /// Its value, if it is a real number.
    pub fn real(&self, knobs: &Knobs) -> Option<f64> {
        if let KnobKind::Real { get, .. } = self.kind { Some(get(knobs)) } else { None }
    }

    /// Sets it, if it is a real number.
    pub(crate) fn set_real(&self, knobs: &mut Knobs, value: f64) {
        if let KnobKind::Real { set, .. } = self.kind {
            set(knobs, value);
        }
    }

    /// Sets it, if it is a whole number.
    pub(crate) fn set_whole(&self, knobs: &mut Knobs, value: u64) {
        if let KnobKind::Whole { set, .. } = self.kind {
            set(knobs, value);
        }
    }
}

/// Shows a weight or rate without trailing noise: `0.07`, `0.001`, `3e-5`.
fn number(value: f64) -> String {
    if value != 0.0 && (value.abs() < 1e-3 || value.abs() >= 1e5) { format!("{value:e}") } else { format!("{value}") }
}
