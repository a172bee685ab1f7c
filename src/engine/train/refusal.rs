//! Refusals of a trainer: why knobs, painted steps or an intervention cannot come into force. Nothing changes then.

use crate::domain::config::{Complaint, LackingParts, Policy};
use crate::domain::interventions::InterventionRefusal;
use crate::domain::schedule::PaintRefusal;

/// Why something cannot come into force.
#[derive(Clone, Debug, PartialEq)]
pub enum TrainerRefusal {
    /// There is no such layer with experts.
    NoLayer {
        /// Asked, from 0.
        layer: usize,
        /// Layers with experts.
        layers: usize,
    },
    /// The step to be painted is done already.
    StepDone {
        /// The first step asked.
        step: u64,
        /// The first one that can be painted.
        next: u64,
    },
    /// The policy holds no competitions.
    NoCompetitions(Policy),
    /// Too many experts of a layer are muted for the knobs.
    TooManyMuted {
        /// The layer, from 0.
        layer: usize,
        /// Muted experts.
        muted: usize,
        /// Active ones.
        left: usize,
    },
    /// The published table of competitions fixes rate, layers at once and warm-up.
    TableFixed,
    /// Everything that is wrong with the knobs.
    Complaints(Vec<Complaint>),
    /// Tensors that the policy reads and the run lacks.
    Lacks(LackingParts),
    /// An update of the weights was cut off part-way.
    CutOff,
    /// The steps cannot be painted.
    Paint(PaintRefusal),
    /// The intervention cannot be done.
    Intervention(InterventionRefusal),
}

impl From<PaintRefusal> for TrainerRefusal {
    fn from(refusal: PaintRefusal) -> Self {
        Self::Paint(refusal)
    }
}

impl From<InterventionRefusal> for TrainerRefusal {
    fn from(refusal: InterventionRefusal) -> Self {
        Self::Intervention(refusal)
    }
}
