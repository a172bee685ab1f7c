//! The competition: every expert answers, the k with the highest neural response win.

use burn::tensor::{Tensor, activation::softmax};

use super::router::share_among;
use crate::kernels::{softplus, top_k_mask};

/// What a competition says about each token.
#[derive(Clone, Debug)]
pub struct Competition {
    /// Every expert's answer, unweighted: `[N, T, D]`
    pub answers: Tensor<3>,
    /// s: neural response, `[T, N]`, positive.
    pub affinity: Tensor<2>,
    /// q = softmax(s): `[T, N]`
    pub probabilities: Tensor<2>,
    /// C: the k winners as ones, `[T, N]`, not tracked.
    pub winners: Tensor<2>,
    /// Combining weights: response ÷ sum of the winners' responses, `[T, N]`; a plain ratio, not a softmax.
    pub weights: Tensor<2>,
}

/// Neural response s_i = mean over the width of softplus(g_i(x)): `[N, T, D]` to `[T, N]`.
///
/// Signed, not a norm: ln 2 ≈ 0.693 when an expert says nothing. Section 1.3.
pub fn response(answers: Tensor<3>) -> Tensor<2> {
    softplus(answers).mean_dim(2).squeeze_dim::<2>(2).transpose()
}

impl Competition {
    /// Holds the competition over `answers` `[N, T, D]` for `k` winners a token.
    pub fn of(answers: Tensor<3>, k: usize) -> Self {
        let affinity = response(answers.clone());
        let probabilities = softmax(affinity.clone(), 1);
        let winners = top_k_mask(&affinity, k);
        let weights = share_among(affinity.clone(), &winners);
        Self { answers, affinity, probabilities, winners, weights }
    }

    /// Σ over winners of weight · answer: `[T, D]`. The weights carry gradient: an expert gains weight by answering
    /// louder (section 1.8).
    pub fn output(&self) -> Tensor<2> {
        self.mixed_by(&self.weights)
    }

    /// Σ_i w_i g_i(x) for weights `[T, N]`: `[T, D]`.
    pub fn mixed_by(&self, weights: &Tensor<2>) -> Tensor<2> {
        let weights = weights.clone().transpose().unsqueeze_dim::<3>(2); // [N, T, 1]
        (self.answers.clone() * weights).sum_dim(0).squeeze_dim(0)
    }
}
