//! The competition: every expert answers, and the k with the highest neural response win.

use burn::tensor::Tensor;

use super::Routing;
use crate::engine::kernels::ExpertWeights;
use crate::engine::kernels::{Contest, Rules, affinity_and_mix, answers_and_affinity, contest, softmax, top_k_mask};

/// What a competition says about each token.
#[derive(Clone, Debug)]
pub struct Competition {
    /// s: affinity, `[T, N]`.
    pub affinity: Tensor<2>,
    /// C: the k winners as ones, `[T, N]`, not tracked.
    pub winners: Tensor<2>,
    /// Every expert's answer, unweighted: `[N, T, D]`; only where the competition is looked at.
    pub answers: Option<Tensor<3>>,
}

/// A competition in training, and what the layer and its losses take from it.
#[derive(Clone, Debug)]
pub struct TrackedCompetition {
    /// Who won, and how clearly.
    pub competition: Competition,
    /// Σ over winners of weight · answer: `[T, D]`
    pub output: Tensor<2>,
    /// Diversity of each token: `[T]`; its mean is the diversity loss (`docs/algorithm.md` 1.7).
    pub diversity: Tensor<1>,
}

impl Competition {
    /// The competition in which the `k` largest of `affinity` `[T, N]` win.
    pub fn of(affinity: Tensor<2>, k: usize) -> Self {
        let winners = top_k_mask(&affinity, k);
        Self { affinity, winners, answers: None }
    }

    /// q = softmax(s), computed when asked for: `[T, N]`
    #[allow(dead_code, reason = "q as the golden files hold it; a step computes it within the losses")]
    pub fn probabilities(&self) -> Tensor<2> {
        softmax(self.affinity.clone())
    }

    /// Holds the competition of `experts` over `x` `[T, D]`; `z` `[T, N]` are the router's logits.
    pub fn hold(experts: &ExpertWeights, x: Tensor<2>, z: &Tensor<2>, rules: Rules) -> TrackedCompetition {
        let Contest { output, affinity, diversity, winners } = contest(experts, x, z, rules);
        TrackedCompetition { competition: Self { affinity, winners, answers: None }, output, diversity }
    }

    /// The same competition to be looked at: its scores alone, and every expert's answer.
    pub fn watch(experts: &ExpertWeights, x: Tensor<2>, z: &Tensor<2>, rules: Rules) -> Self {
        let (answers, affinity) = answers_and_affinity(experts, x, z, rules);
        Self { answers: Some(answers), ..Self::of(affinity, rules.k) }
    }

    /// The same without the answers, and the output `[T, D]` of the router's choice: nothing of the size of all answers is kept,
    /// so that many tokens can be looked at.
    pub fn watch_and_route(
        experts: &ExpertWeights,
        x: Tensor<2>,
        routing: &Routing,
        rules: Rules,
        k: usize,
    ) -> (Self, Tensor<2>) {
        let choice = (routing.weights(), &routing.picks);
        let (affinity, routed) = affinity_and_mix(experts, x, &routing.logits, rules, choice, k);
        (Self::of(affinity, rules.k), routed)
    }
}
