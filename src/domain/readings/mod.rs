//! What was measured, in plain numbers with units: they cross threads, enter files and are drawn.
//!
//! "Layer" counts the layers with experts, from 0. "Experts" are slots of that layer's roster at that step.
//! A measure that was not taken is `None`, never a made-up number.

mod bytes;
mod diagnosis;
mod evaluation;
mod item;
mod labels;
mod metric;
mod phases;
mod probe;
mod weights;

pub use bytes::ByteClass;
pub(crate) use diagnosis::BINS;
pub use diagnosis::{
    AgreementNumbers, Bin, CollapseNumbers, Diagnosis, DiagnosisContext, Fifths, InputNumbers, LeftOut, Load, Matrices,
    Matrix, RouterNumbers, Similarity, Specialization, WeightNumbers, square,
};
pub(crate) use evaluation::leader;
pub use evaluation::{Evaluation, LayerEvaluation};
pub use item::{Item, PlanePoint};
pub use labels::LabelSet;
pub(crate) use metric::nats;
pub use metric::{Metric, MetricKind, ScoreSums, bits};
pub use phases::{
    LayerLengths, LayerPhases, LossTerm, LossTermKind, NotCompeting, PartLengths, Phase, PhaseReading, SharedAnswer,
};
pub use probe::{Choices, Counterfactual, KnockOut, LayerProbe, ProbeItems, ProbeReading};
pub use weights::WeightLikeness;

use serde::{Deserialize, Serialize};

/// What one training step measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StepReading {
    /// The step just done, counted from 1.
    pub step: u64,
    /// Tokens seen so far.
    pub tokens: u64,
    /// Losses of this step's batch.
    pub loss: LossTerms,
    /// Learning rate of this step.
    pub learning_rate: f64,
    /// Global gradient norm before clipping.
    pub gradient_norm: f64,
    /// One entry per layer with experts.
    pub layers: Vec<LayerStep>,
}

/// The losses of one step, in nats where not said otherwise. Terms are means over the layers that had
/// them, *before* their weight; `total` is what was minimised, weights and sums over layers included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct LossTerms {
    /// Task plus all weighted terms.
    pub total: f64,
    /// The task's own: cross-entropy of the next byte or of the class, nats; or the mean squared error.
    pub task: f64,
    /// Share of positions whose class has the largest logit, 0 to 1; `None` where it was not counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accuracy: Option<f64>,
    /// Distillation loss: of the router from the competition, on competition steps; under StableMoE of the light router
    /// from the full one, until it is frozen.
    pub router: Option<f64>,
    /// Router balance on router steps: E(z), −ln N (best) to 0, in language form; else as the policy and its form have it.
    pub balance: Option<f64>,
    /// Affinity balance on competition steps: −ln N (best) to 0 in language form, 1 (even) to N in vision form, from 1 ÷ k
    /// (even) in version 1.
    pub affinity_balance: Option<f64>,
    /// Diversity: summed cosines of the winners' outputs ÷ k²; competition steps of version 2 only.
    pub diversity: Option<f64>,
}

impl LossTerms {
    /// The metric of the run's task; `None` where what it needs was not counted.
    pub fn metric(&self, kind: MetricKind) -> Option<f64> {
        kind.value(&ScoreSums::of_means(self.task, self.accuracy))
    }
}

/// What one step measured in one layer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LayerStep {
    /// Whether the layer competed at this step.
    pub competed: bool,
    /// `[experts]` tokens the router sends to each expert (its top-k picks), competition step or not.
    pub routed: Vec<u32>,
    /// `[experts]` tokens each expert won; competition steps only.
    pub won: Option<Vec<u32>>,
    /// `[experts]` ‖∇W_i‖: length of the gradient of all weights of each expert, before clipping. Only at the step right before
    /// a probe.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gradients: Option<Vec<f32>>,
}

/// What a validation measured: fixed batches, router only.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ValidationReading {
    /// Steps done when it was taken.
    pub step: u64,
    /// The task's loss: cross-entropy of the next byte or of the class, nats; or the mean squared error.
    pub loss: f64,
    /// Share of positions whose class has the largest logit, 0 to 1; `None` where it was not counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accuracy: Option<f64>,
}

impl ValidationReading {
    /// The metric of the run's task; `None` where what it needs was not counted.
    pub fn metric(&self, kind: MetricKind) -> Option<f64> {
        kind.value(&ScoreSums::of_means(self.loss, self.accuracy))
    }
}
