//! Phases of a training step (route, compete, combine, learn) in plain numbers: what the next step computes, before any of it
//! is applied to the weights.

use std::sync::Arc;

use super::{Choices, ProbeItems};

/// A phase of a training step. They come in this order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// The router says how much it wants each expert.
    Route,
    /// On a competition step every expert answers and the strongest responses win; on a router step nobody competes.
    Compete,
    /// The answers of the chosen experts are mixed.
    Combine,
    /// Losses, gradients, and the update of the weights.
    Learn,
}

impl Phase {
    /// In order.
    pub const ALL: [Self; 4] = [Self::Route, Self::Compete, Self::Combine, Self::Learn];

    /// The one after it; `None` after the last, when the step is done.
    pub fn next(self) -> Option<Self> {
        Self::ALL.get(self as usize + 1).copied()
    }
}

/// What one training step computes, phase by phase. T positions of its batch; numbers are kept of the first S of them, N experts,
/// k of them answer a position.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PhaseReading {
    /// The step, counted from 1.
    pub step: u64,
    /// Positions T of the batch.
    pub positions: usize,
    /// Positions of a sequence.
    pub context: usize,
    /// `[S]` what the positions show.
    pub items: Arc<ProbeItems>,
    /// `[S]` loss of each position: cross-entropy in nats, or squared error.
    pub losses: Vec<f32>,
    /// The loss of the task: mean over all T positions.
    pub task: f64,
    /// What is minimised: the task's loss and what the layers add.
    pub total: f64,
    /// One entry per layer with experts.
    pub layers: Vec<LayerPhases>,
    /// Length of the gradient, before clipping.
    pub gradients: PartLengths,
    /// What the gradient is multiplied with so that it is not too long: above 0, at most 1.
    pub clipping: f64,
    /// How far the step moved the weights; `None` until it is applied.
    pub update: Option<PartLengths>,
    /// Learning rate of the step.
    pub learning_rate: f64,
}

/// What one step computes in one layer with experts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LayerPhases {
    /// Whether the layer competes at this step.
    pub competes: bool,
    /// Why not, on a router step.
    pub not_competing: Option<NotCompeting>,
    /// `[S, N]` the router's logits z.
    pub logits: Vec<f32>,
    /// p, picks and the router's weights of the picks; s and winners only if the layer competes.
    pub choices: Choices,
    /// `[S, k]` weights w of the experts that answer: the winners if the layer competes, else the picks, in that order.
    pub weights: Vec<f32>,
    /// Numbers C that are kept of each answer and of the output: the first of the model's width.
    pub components: usize,
    /// `[S, k, C]` answers e(x) of the experts that answer, in the same order.
    pub answers: Vec<f32>,
    /// What the expert that all positions share answers, and its weight; `None` if there is none.
    pub shared: Option<SharedAnswer>,
    /// `[S, C]` output y of the layer.
    pub output: Vec<f32>,
    /// The terms of the layer's auxiliary loss that it had.
    pub terms: Vec<LossTerm>,
    /// What the layer adds to the loss: the weighted terms, and the z-loss if it has one.
    pub added: f64,
}

/// Why nobody competes in a layer at a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotCompeting {
    /// The policy holds no competitions.
    Policy,
    /// The step was painted by hand not to compete.
    Painted,
    /// The warm-up is not over.
    WarmUp,
    /// It was not drawn by the schedule, or as many layers as may compete at once do.
    Schedule,
}

/// What the shared expert adds to the output.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SharedAnswer {
    /// The same for every position.
    pub weight: f32,
    /// `[S, C]`
    pub answers: Vec<f32>,
}

/// A term of the auxiliary loss of one layer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LossTerm {
    /// Which.
    pub kind: LossTermKind,
    /// Before its weight.
    pub value: f64,
    /// What it is multiplied with.
    pub weight: f64,
}

/// The kinds of auxiliary loss that a layer has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LossTermKind {
    /// Distillation: the router learns to foresee the winners, or a light router the full one.
    Distillation,
    /// Balance of the router.
    Balance,
    /// Balance of the affinities.
    AffinityBalance,
    /// Diversity of the winners' answers.
    Diversity,
}

impl LossTermKind {
    /// In the order of the terms of [`LossTerms`](super::LossTerms).
    pub const ALL: [Self; 4] = [Self::Distillation, Self::Balance, Self::AffinityBalance, Self::Diversity];
}

/// Lengths of a vector as long as the weights (gradient, update), by the part of the network that its numbers belong to.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PartLengths {
    /// One entry per layer with experts.
    pub layers: Vec<LayerLengths>,
    /// All that belongs to no layer with experts: embedding, head, dense blocks.
    pub elsewhere: f64,
}

/// The same of one layer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LayerLengths {
    /// `[N]` of each expert.
    pub experts: Vec<f64>,
    /// Of the router.
    pub router: f64,
    /// Of the rest of its block: attention, norms, a shared expert.
    pub rest: f64,
}

impl PartLengths {
    /// Length of the whole vector.
    pub fn norm(&self) -> f64 {
        let square = |length: f64| length * length;
        let of_layer = |layer: &LayerLengths| {
            let experts: f64 = layer.experts.iter().copied().map(square).sum();
            experts + square(layer.router) + square(layer.rest)
        };
        (self.layers.iter().map(of_layer).sum::<f64>() + square(self.elsewhere)).sqrt()
    }
}

impl PhaseReading {
    /// Positions S of which numbers are kept.
    pub fn shown(&self) -> usize {
        self.items.all().len()
    }
}

impl LayerPhases {
    /// Slots of the experts that answer a position: the winners if the layer competes, else the picks; `[k]`, the strongest
    /// first.
    pub fn answering(&self, position: usize) -> &[u16] {
        if self.competes { self.choices.winners(position) } else { self.choices.picks(position) }
    }

    /// `[k]` their weights.
    pub fn weights(&self, position: usize) -> &[f32] {
        &self.weights[position * self.choices.k..][..self.choices.k]
    }

    /// `[C]` what the expert at `place` among those that answer a position answers.
    pub fn answer(&self, position: usize, place: usize) -> &[f32] {
        &self.answers[(position * self.choices.k + place) * self.components..][..self.components]
    }

    /// `[C]` what the shared expert answers.
    pub fn shared_answer(&self, position: usize) -> Option<(f32, &[f32])> {
        let shared = self.shared.as_ref()?;
        Some((shared.weight, &shared.answers[position * self.components..][..self.components]))
    }

    /// `[C]` output of the layer.
    pub fn output(&self, position: usize) -> &[f32] {
        &self.output[position * self.components..][..self.components]
    }

    /// `[N]` the router's logits.
    pub fn logits(&self, position: usize) -> &[f32] {
        &self.logits[position * self.choices.experts..][..self.choices.experts]
    }

    /// What it adds to the loss besides its terms: the z-loss.
    pub fn beside_terms(&self) -> f64 {
        self.added - self.terms.iter().map(|term| term.value * term.weight).sum::<f64>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phases_come_in_order_and_end() {
        let mut seen = vec![Phase::Route];
        while let Some(next) = seen[seen.len() - 1].next() {
            seen.push(next);
        }
        assert_eq!(seen, Phase::ALL);
        assert!(seen.is_sorted());
    }

    #[test]
    fn the_parts_of_a_vector_make_its_length() {
        let layer = LayerLengths { experts: vec![2.0, 4.0], router: 5.0, rest: 6.0 };
        let lengths = PartLengths { layers: vec![layer.clone(), layer], elsewhere: 7.0 };
        // 2·(4 + 16 + 25 + 36) + 49 = 211
        assert!((lengths.norm() - 211f64.sqrt()).abs() < 1e-12);
    }
}
