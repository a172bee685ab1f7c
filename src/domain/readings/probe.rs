//! What a probe measured: all experts answer the run's fixed probe batch, without gradients.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Diagnosis;

/// What a probe measured.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProbeReading {
    /// Steps done when it was taken.
    pub step: u64,
    /// Tokens in the probe batch: T, sequence by sequence.
    pub tokens: usize,
    /// Positions of a sequence.
    pub context: usize,
    /// `[T]` the bytes themselves; the same at every probe of a run.
    pub bytes: Arc<Vec<u8>>,
    /// `[T]` next-byte cross-entropy of each token by the router's choice, nats; empty if it was not measured.
    pub losses: Vec<f32>,
    /// One entry per layer with experts.
    pub layers: Vec<LayerProbe>,
}

impl ProbeReading {
    /// Mean next-byte cross-entropy by the router's choice, nats; `None` if it was not measured.
    pub fn mean_loss(&self) -> Option<f64> {
        let sum: f64 = self.losses.iter().map(|&loss| f64::from(loss)).sum();
        (!self.losses.is_empty()).then(|| sum / self.losses.len() as f64)
    }
}

/// What a probe measured in one layer.
#[derive(Clone, Debug, Default, PartialEq)]
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
    /// `[experts × experts]` row-major: mean over tokens of the cosine of two experts' outputs; empty if it was not
    /// measured.
    pub output_cosine: Vec<f32>,
    /// `[experts × experts]` row-major: linear CKA of two experts' outputs, NaN where it cannot be said; empty if it was
    /// not measured.
    pub cka: Vec<f32>,
    /// Tokens `cka` was computed on; unrelated experts have about width ÷ this.
    pub cka_tokens: usize,
    /// Singular values of the centred hidden states entering the layer, ÷ the largest, descending.
    pub spectrum: Vec<f32>,
    /// Every measure, as `moe-arena diagnose` defines them.
    pub diagnosis: Diagnosis,
    /// What router and competition say of each token.
    pub choices: Choices,
    /// `[experts]` how far each expert's weights have moved since the last probe, as a share of their length; empty at a
    /// run's first probe. 0 is an expert that does not learn.
    pub moved: Vec<f32>,
    /// Share of neighbouring positions of a sequence that have an expert in common.
    pub repetition: Option<f64>,
    /// Mean over tokens of the correlation of ‖E_i(x)‖ and p_i.
    pub response_choice: Option<f64>,
    /// `[experts × experts]` row-major: cosine of two rows of the router; empty if the policy's router has none.
    pub row_cosine: Vec<f32>,
    /// `[experts]` mean cosine of a token's state and the router's row of its first pick, NaN without tokens; empty if it
    /// was not measured.
    pub pull: Vec<f32>,
}

/// The loss of the probe batch without one expert.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct KnockOut {
    /// Steps done when it was measured.
    pub step: u64,
    /// Layer with experts, from 0.
    pub layer: usize,
    /// Slot of the expert.
    pub slot: usize,
    /// Mean next-byte cross-entropy with the expert's logit at −∞, nats.
    pub loss: f64,
}

/// What other routes one token of the probe might have taken through one layer, and what they would have cost.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Counterfactual {
    /// Steps done when it was measured.
    pub step: u64,
    /// Layer with experts, from 0.
    pub layer: usize,
    /// The token, by its place in the probe.
    pub token: usize,
    /// Experts of a route and the token's next-byte cross-entropy by it, nats; lowest loss first.
    pub routes: Vec<(Vec<u16>, f32)>,
    /// Which of them the router takes.
    pub taken: usize,
    /// How many routes there are; more than `routes` if these are a sample.
    pub all: u64,
}

impl Counterfactual {
    /// Loss of the route taken less that of the best one looked at: 0 (the router could not do better) and more, nats.
    pub fn regret(&self) -> Option<f64> {
        let (taken, best) = (self.routes.get(self.taken)?, self.routes.first()?);
        Some(f64::from(taken.1) - f64::from(best.1))
    }
}

/// What router and competition say of each token of a layer. "Slots" are places in the layer's roster.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Choices {
    /// Experts N.
    pub experts: usize,
    /// Picks of a token, and winners: k.
    pub k: usize,
    /// `[T, N]` the router's probabilities p.
    pub p: Vec<f32>,
    /// `[T, N]` responses s.
    pub s: Vec<f32>,
    /// `[T, k]` the router's picks, its first choice first.
    pub picks: Vec<u16>,
    /// `[T, k]` weights of the picks in the layer's output.
    pub weights: Vec<f32>,
    /// `[T, k]` winners, loudest first.
    pub winners: Vec<u16>,
}

impl Choices {
    /// Tokens T.
    pub fn tokens(&self) -> usize {
        self.picks.len().checked_div(self.k).unwrap_or(0)
    }

    /// `[N]` p of a token.
    pub fn p(&self, token: usize) -> &[f32] {
        &self.p[token * self.experts..][..self.experts]
    }

    /// `[N]` s of a token.
    pub fn s(&self, token: usize) -> &[f32] {
        &self.s[token * self.experts..][..self.experts]
    }

    /// `[k]` picks of a token.
    pub fn picks(&self, token: usize) -> &[u16] {
        &self.picks[token * self.k..][..self.k]
    }

    /// `[k]` their weights.
    pub fn weights(&self, token: usize) -> &[f32] {
        &self.weights[token * self.k..][..self.k]
    }

    /// `[k]` winners of a token.
    pub fn winners(&self, token: usize) -> &[u16] {
        &self.winners[token * self.k..][..self.k]
    }

    /// `[N]` tokens whose first pick each expert is.
    pub fn first_picks(&self) -> Vec<u32> {
        let mut counts = vec![0u32; self.experts];
        let firsts = (0..self.tokens()).filter_map(|token| self.picks(token).first());
        firsts.for_each(|&slot| counts[usize::from(slot)] += 1);
        counts
    }

    /// Numbers it holds, to bound what is kept.
    pub fn len(&self) -> usize {
        self.p.len() + self.s.len() + 2 * self.picks.len()
    }

    /// Whether it holds none.
    pub fn is_empty(&self) -> bool {
        self.p.is_empty()
    }
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
    /// Effective experts: exp of the entropy of the router's load in the probe, 1 to N.
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
