//! Config of the model: sizes, activation, router form.

use serde::{Deserialize, Serialize};

/// Number of different bytes; the network reads and predicts bytes.
pub(crate) const VOCABULARY: usize = 256;

/// The shape of a decoder-only transformer whose feed-forward layers are mixtures of experts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ModelConfig {
    /// Bytes the network sees at once, 2 to 4096.
    pub context: usize,
    /// Model width D, with attention a multiple of twice the number of heads (rotary positions turn pairs).
    pub width: usize,
    /// Attention heads.
    pub heads: usize,
    /// Transformer blocks, 1 to 64.
    pub layers: usize,
    /// Every how many blocks the feed-forward is a mixture: 1 all (Switch), 2 every second (GLaM).
    pub moe_every: usize,
    /// Experts N in each mixture at step 0, 1 to 256.
    pub experts: usize,
    /// Hidden width H of one expert.
    pub expert_width: usize,
    /// Hidden width of the feed-forward in blocks without experts (used when `moe_every` is 2).
    pub dense_width: usize,
    /// Activation inside the experts.
    pub activation: Activation,
    /// How the router of CompeteSMoE, version 2, turns a token into logits.
    pub router: RouterForm,
    /// Whether experts have biases, as in the vision program and in version 1.
    pub expert_bias: bool,
    /// Whether the network is one mixture alone, without norms and without a residual sum: embedding, mixture, head. Only for
    /// tasks without attention, and for one layer.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub bare: bool,
}

/// Activation inside experts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Activation {
    /// max(x, 0), as published.
    #[default]
    Relu,
    /// x·Φ(x), with the exact error function.
    Gelu,
}

/// How the router turns a token into logits and weights. The published runs use `Linear`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RouterForm {
    /// logits = x·Wᵀ.
    #[default]
    Linear,
    /// Token and router rows both scaled to unit length (`is_cosine`).
    Cosine,
    /// Router rows scaled to unit length (`is_norm_weight`).
    UnitRows,
    /// Top-k on the logits, weights = sigmoid(logit / scale), renormalised (`norm_sigmoid`).
    Sigmoid {
        /// Divides the logits before the sigmoid, positive.
        scale: f64,
    },
}

/// Neural response: how strongly an expert answers, one number from the D numbers of its answer (`docs/algorithm.md` 1.3).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Response {
    /// Mean of softplus, as published in version 2; always positive, ln 2 for an answer of zeros.
    #[default]
    MeanSoftplus,
    /// L2 norm, as published in version 1.
    Norm,
    /// Mean of the positive part.
    MeanRelu,
    /// Mean of x·σ(x).
    MeanSilu,
    /// Mean of σ(x).
    MeanSigmoid,
}

impl Response {
    /// All responses, in the order of menus.
    pub const ALL: [Self; 5] = [Self::MeanSoftplus, Self::Norm, Self::MeanRelu, Self::MeanSilu, Self::MeanSigmoid];

    /// The name in menus and journals.
    pub fn label(self) -> &'static str {
        match self {
            Self::MeanSoftplus => "mean softplus",
            Self::Norm => "L2 norm",
            Self::MeanRelu => "mean relu",
            Self::MeanSilu => "mean silu",
            Self::MeanSigmoid => "mean sigmoid",
        }
    }
}

/// How the winners of a competition share a token.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sharing {
    /// Response ÷ sum of the winners' responses (version 2).
    #[default]
    Ratio,
    /// Softmax over the winners' responses (version 1).
    Softmax,
}

impl Default for ModelConfig {
    fn default() -> Self {
        super::Preset::Small.config().model
    }
}

impl ModelConfig {
    /// Whether block `layer` (0-based) holds experts: the last of every `moe_every` blocks does.
    pub fn is_moe(&self, layer: usize) -> bool {
        (layer + 1).is_multiple_of(self.moe_every.max(1))
    }

    /// Blocks that hold experts, in order.
    pub(crate) fn moe_layers(&self) -> impl Iterator<Item = usize> + '_ {
        (0..self.layers).filter(|&layer| self.is_moe(layer))
    }

    /// Number of blocks that hold experts.
    pub fn moe_count(&self) -> usize {
        self.moe_layers().count()
    }

    /// Width of one attention head.
    pub(crate) fn head_width(&self) -> usize {
        self.width / self.heads
    }
}
