//! One mixture of experts as its tensors lie: router, experts, shared expert, biases, and by which rule it routes.

use super::place::ExpertPlaces;
use crate::inspect::scoring::Scoring;

/// What a mixture is to the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MixtureRole {
    /// Feed-forward experts of a layer of the stack.
    Main,
    /// Experts of a layer that only predicts further tokens (multi-token prediction).
    Extra,
    /// Attention whose projections are experts (JetMoE).
    Attention,
    /// Experts of a layer that answer tokens of pictures, beside those that answer tokens of text (ERNIE-4.5-VL).
    Vision,
}

/// Where a correction bias lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CorrectionPlace {
    /// Name of the tensor.
    pub name: String,
    /// Its first number in it, and how many there are; all, if it is `None`.
    pub part: Option<(usize, usize)>,
}

/// Where a router lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct RouterPlace {
    /// Name of the matrix.
    pub name: String,
    /// Rows and columns as stored.
    pub stored: [usize; 2],
    /// Whether its columns are the experts.
    pub is_transposed: bool,
    /// Name of its bias.
    pub bias: Option<String>,
}

/// Where a shared expert lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SharedPlace {
    /// Its matrices.
    pub places: ExpertPlaces,
    /// Name of the row that its gate is a sigmoid of.
    pub gate: Option<String>,
}

/// A mixture of experts of a checkpoint: which tensors it has and what they are, without their numbers.
#[derive(Clone, Debug)]
pub struct MixturePlan {
    pub(super) key: String,
    pub(super) role: MixtureRole,
    pub(super) stack: String,
    pub(super) layer: usize,
    pub(super) block: String,
    pub(super) experts: usize,
    pub(super) hidden: usize,
    pub(super) missing: Vec<usize>,
    pub(super) is_packed: bool,
    pub(super) places: ExpertPlaces,
    pub(super) router: Option<RouterPlace>,
    pub(super) correction: Option<CorrectionPlace>,
    pub(super) shared: Option<SharedPlace>,
    pub(super) block_bias: Option<String>,
    pub(super) top_k: Option<usize>,
    pub(super) scoring: Option<Scoring>,
}

impl MixturePlan {
    /// Its name in reports: `layer.N`, `enc.layer.N` or `dec.layer.N`; before it `attention.`, `vision.` or `mtp.` for mixtures that
    /// are not feed-forward layers of the stack for text.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// What it is to the model.
    pub fn role(&self) -> MixtureRole {
        self.role
    }

    /// Its layer's number within the stack.
    pub fn layer(&self) -> usize {
        self.layer
    }

    /// What all names of its router and experts begin with, e.g. `model.layers.3.mlp.`.
    pub fn block(&self) -> &str {
        &self.block
    }

    /// Experts, E.
    pub fn experts(&self) -> usize {
        self.experts
    }

    /// Width of what the experts take and give, H.
    pub fn hidden(&self) -> usize {
        self.hidden
    }

    /// Width of an expert, I.
    pub fn expert_width(&self) -> usize {
        self.places.width()
    }

    /// Experts that answer a token, k; `None` if nothing says how many.
    pub fn top_k(&self) -> Option<usize> {
        self.top_k
    }

    /// The rule of its router; `None` if nothing says which.
    pub fn scoring(&self) -> Option<&Scoring> {
        self.scoring.as_ref()
    }

    /// Experts that lack a tensor.
    pub fn missing(&self) -> &[usize] {
        &self.missing
    }

    /// Whether the experts' numbers are packed in a way that is not read.
    pub fn is_packed(&self) -> bool {
        self.is_packed
    }

    /// Numbers of one expert.
    pub fn expert_parameters(&self) -> u64 {
        self.places.parameters()
    }

    pub(crate) fn places(&self) -> &ExpertPlaces {
        &self.places
    }

    pub(crate) fn router_place(&self) -> Option<&RouterPlace> {
        self.router.as_ref()
    }

    pub(crate) fn correction_place(&self) -> Option<&CorrectionPlace> {
        self.correction.as_ref()
    }

    pub(crate) fn shared_place(&self) -> Option<&SharedPlace> {
        self.shared.as_ref()
    }

    pub(crate) fn block_bias_name(&self) -> Option<&str> {
        self.block_bias.as_deref()
    }
}
