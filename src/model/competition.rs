//! The competition: every expert answers, the k with the highest neural response win.

use burn::tensor::Tensor;

use super::Experts;
use crate::kernels::{Rules, contest, softmax, top_k_mask};

/// What a competition says about each token.
#[derive(Clone, Debug)]
pub struct Competition {
    /// s: affinity, `[T, N]`.
    pub affinity: Tensor<2>,
    /// q = softmax(s): `[T, N]`
    pub probabilities: Tensor<2>,
    /// C: the k winners as ones, `[T, N]`, not tracked.
    pub winners: Tensor<2>,
    /// Σ over winners of weight · answer: `[T, D]`
    pub output: Tensor<2>,
    /// Diversity loss: `[1]`. Section 1.7.
    pub diversity: Tensor<1>,
    /// Every expert's answer, unweighted: `[N, T, D]`; only where the competition is looked at.
    pub answers: Option<Tensor<3>>,
}

impl Competition {
    /// Holds the competition of `experts` over `x` `[T, D]`; `z` `[T, N]` are the router's logits.
    pub fn hold(experts: &Experts, x: Tensor<2>, z: &Tensor<2>, rules: Rules) -> Self {
        let held = contest(experts, x, z, rules);
        Self {
            probabilities: softmax(held.affinity.clone()),
            winners: top_k_mask(&held.affinity, rules.k),
            affinity: held.affinity,
            output: held.output,
            diversity: held.diversity.mean(),
            answers: None,
        }
    }
}
