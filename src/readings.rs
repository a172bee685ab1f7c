//! What was measured, in plain numbers with units: they cross threads, enter files and are drawn.
//!
//! "Layer" counts the layers with experts, from 0. "Experts" are slots of that layer's roster at that step.
//! A measure that was not taken is `None`, never a made-up number.

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
    /// Next-byte cross-entropy, nats per byte.
    pub task: f64,
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
    /// The task loss in bits per byte.
    pub fn bits_per_byte(&self) -> f64 {
        self.task / std::f64::consts::LN_2
    }

    /// Whether every number is finite.
    pub fn is_finite(&self) -> bool {
        let optional = [self.router, self.balance, self.affinity_balance, self.diversity];
        self.total.is_finite() && self.task.is_finite() && optional.iter().flatten().all(|x| x.is_finite())
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
}

/// What a probe measured: all experts answer the run's fixed probe batch, without gradients.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProbeReading {
    /// Steps done when it was taken.
    pub step: u64,
    /// Tokens in the probe batch.
    pub tokens: usize,
    /// One entry per layer with experts.
    pub layers: Vec<LayerProbe>,
}

/// What a probe measured in one layer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LayerProbe {
    /// `[experts]` tokens the router sends to each expert.
    pub routed: Vec<u32>,
    /// `[experts]` tokens each expert would win.
    pub won: Vec<u32>,
    /// Router against competition.
    pub agreement: Agreement,
    /// `[experts × experts]` row-major: tokens whose first winner is the row and first router pick the column.
    pub confusion: Vec<u32>,
    /// The three collapses.
    pub collapse: Collapse,
    /// `[experts × experts]` row-major: mean over tokens of the cosine of two experts' outputs.
    pub output_cosine: Vec<f32>,
    /// Singular values of the centred hidden states entering the layer, ÷ the largest, descending.
    pub spectrum: Vec<f32>,
}

/// How well the router foresees the competition. Shares are 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Agreement {
    /// Share of tokens whose first choice is the same.
    pub top1: f64,
    /// What `top1` would be if both chose at their own rates, independently: Σ f_i^R f_i^C.
    pub chance: f64,
    /// Cohen's kappa, (top1 − chance) ÷ (1 − chance): 0 is chance, 1 is perfect. `None` if chance is 1.
    pub kappa: Option<f64>,
    /// Share of winners that are also among the router's picks.
    pub recall_at_k: f64,
    /// What `recall_at_k` would be for picks at random: k ÷ N.
    pub recall_chance: f64,
    /// Mean over tokens of Σ responses of the router's picks ÷ Σ responses of the winners.
    pub response_captured: f64,
    /// The same for k experts at random.
    pub response_chance: f64,
    /// 1 − MSE(p, q) ÷ MSE(uniform, q): 0 is a router that knows nothing. `None` if q is uniform.
    pub skill: Option<f64>,
}

/// The three collapses, kept apart: load, representation, redundancy.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Collapse {
    /// exp of the entropy of the router's load: experts in use, 1 to N.
    pub effective_experts: f64,
    /// Load entropy ÷ ln N, 0 to 1; 1 if there is one expert.
    pub load_entropy: f64,
    /// exp of the entropy of the normalised singular values of the hidden states, 1 to width.
    pub effective_rank: f64,
    /// Largest effective rank this probe could show: min(width, tokens − 1).
    pub rank_limit: usize,
    /// Mean cosine of the outputs of two different experts on the same token. `None` with one expert.
    pub mean_output_cosine: Option<f64>,
    /// The most alike pair of slots and its cosine. `None` with one expert.
    pub worst_pair: Option<(usize, usize, f64)>,
}

/// What a validation measured: fixed batches, router only.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ValidationReading {
    /// Steps done when it was taken.
    pub step: u64,
    /// Next-byte cross-entropy, nats per byte.
    pub loss: f64,
}

impl ValidationReading {
    /// The loss in bits per byte.
    pub fn bits_per_byte(&self) -> f64 {
        self.loss / std::f64::consts::LN_2
    }
}
