//! Probe reading, what a probe measured: all experts answer the run's fixed probe batch, without gradients.

use std::sync::Arc;

use super::{Diagnosis, Item, Matrices};

/// What a probe measured.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProbeReading {
    /// Steps done when it was taken.
    pub step: u64,
    /// Tokens in the probe batch: T, sequence by sequence.
    pub tokens: usize,
    /// Positions of a sequence.
    pub context: usize,
    /// What the positions show; the same at every probe of a run.
    pub items: Arc<ProbeItems>,
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

/// What the positions of a probe batch show.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ProbeItems {
    items: Vec<Item>,
    bytes: Vec<u8>,
}

impl ProbeItems {
    /// `[T]` items.
    pub fn new(items: Vec<Item>) -> Self {
        let byte = |item: &Item| if let Item::Byte(byte) = item { Some(*byte) } else { None };
        let bytes = items.iter().filter_map(byte).collect();
        Self { items, bytes }
    }

    /// `[T]` all of them.
    pub fn all(&self) -> &[Item] {
        &self.items
    }

    /// `[T]` the bytes of a text; empty for any other task.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

/// What a probe measured in one layer, each result once.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LayerProbe {
    /// Every measure that is a number or a list, as `moe-arena diagnose` defines them.
    pub diagnosis: Diagnosis,
    /// What router and competition say of each token.
    pub choices: Choices,
    /// Every measure that is a matrix.
    pub matrices: Matrices,
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
    /// `[T, k]` winners, strongest response first.
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

    /// `[N]` s of a token; empty if no competition was held.
    pub fn s(&self, token: usize) -> &[f32] {
        if self.s.is_empty() { &[] } else { &self.s[token * self.experts..][..self.experts] }
    }

    /// `[k]` picks of a token.
    pub fn picks(&self, token: usize) -> &[u16] {
        &self.picks[token * self.k..][..self.k]
    }

    /// `[k]` their weights.
    pub fn weights(&self, token: usize) -> &[f32] {
        &self.weights[token * self.k..][..self.k]
    }

    /// `[k]` winners of a token; empty if no competition was held.
    pub fn winners(&self, token: usize) -> &[u16] {
        if self.winners.is_empty() { &[] } else { &self.winners[token * self.k..][..self.k] }
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
