//! The competition: every expert answers, the k with the highest neural response win.

use burn::tensor::Tensor;

use super::Experts;
use crate::kernels::{Rules, affinity, contest, softmax, top_k_mask};

/// What a competition says about each token.
#[derive(Clone, Debug)]
pub struct Competition {
    /// s: affinity, `[T, N]`.
    pub affinity: Tensor<2>,
    /// q = softmax(s): `[T, N]`
    pub probabilities: Tensor<2>,
    /// C: the k winners as ones, `[T, N]`, not tracked.
    pub winners: Tensor<2>,
    /// Every expert's answer, unweighted: `[N, T, D]`; only where the competition is looked at.
    pub answers: Option<Tensor<3>>,
}

/// A competition in training, and what the layer and its losses take from it.
#[derive(Clone, Debug)]
pub struct Held {
    /// Who won, and how clearly.
    pub competition: Competition,
    /// Σ over winners of weight · answer: `[T, D]`
    pub output: Tensor<2>,
    /// Diversity loss: `[1]`. Section 1.7.
    pub diversity: Tensor<1>,
}

impl Competition {
    /// The competition in which the `k` largest of `affinity` `[T, N]` win.
    pub fn of(affinity: Tensor<2>, k: usize) -> Self {
        let (probabilities, winners) = (softmax(affinity.clone()), top_k_mask(&affinity, k));
        Self { affinity, probabilities, winners, answers: None }
    }

    /// Holds the competition of `experts` over `x` `[T, D]`; `z` `[T, N]` are the router's logits.
    pub fn hold(experts: &Experts, x: Tensor<2>, z: &Tensor<2>, rules: Rules) -> Held {
        let held = contest(experts, x, z, rules);
        let competition = Self::of(held.affinity, rules.k);
        Held { competition, output: held.output, diversity: held.diversity.mean() }
    }

    /// The same competition to be looked at: its scores alone, and every expert's answer.
    pub fn watch(experts: &Experts, x: Tensor<2>, z: &Tensor<2>, rules: Rules) -> Self {
        let answers = Some(experts.answers(x.clone()));
        Self { answers, ..Self::of(affinity(experts, x, z, rules), rules.k) }
    }
}
