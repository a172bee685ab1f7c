//! The router: which experts a token should go to, and with what weights.

use burn::tensor::{Tensor, activation::sigmoid};

use crate::config::RouterForm;
use crate::kernels::{linear_by_rows, masked_softmax, softmax, top_k_mask, unit_length};

/// The router of one layer: a linear map without bias.
#[derive(Clone, Debug)]
pub struct Router {
    /// `[N, D]`, one row per expert.
    pub weight: Tensor<2>,
    /// How logits and weights are made.
    pub form: RouterForm,
}

/// What the router says about each token.
#[derive(Clone, Debug)]
pub struct Routing {
    /// z: `[T, N]`
    pub logits: Tensor<2>,
    /// p = softmax(z): `[T, N]`
    pub probabilities: Tensor<2>,
    /// R: the k picks as ones, `[T, N]`, not tracked.
    pub picks: Tensor<2>,
    /// Combining weights: `[T, N]`, zero off the picks, rows sum to 1.
    pub weights: Tensor<2>,
}

impl Router {
    /// Routes `x` `[T, D]` to `k` experts a token (section 1.2: top-k of p, renormalised to sum 1).
    pub fn route(&self, x: Tensor<2>, k: usize) -> Routing {
        let logits = match self.form {
            RouterForm::Linear | RouterForm::Sigmoid { .. } => linear_by_rows(x, self.weight.clone()),
            RouterForm::Cosine => unit_length(x).matmul(unit_length(self.weight.clone()).transpose()),
            RouterForm::UnitRows => x.matmul(unit_length(self.weight.clone()).transpose()),
        };
        let probabilities = softmax(logits.clone());
        let picks = top_k_mask(&logits, k);
        let weights = match self.form {
            RouterForm::Sigmoid { scale } => share_among(sigmoid(logits.clone().div_scalar(scale)), &picks),
            // The picked probabilities over their sum are the softmax over the picked logits.
            _ => masked_softmax(logits.clone(), &picks),
        };
        Routing { logits, probabilities, picks, weights }
    }
}

/// `scores` on the marked entries, scaled so that each row sums to 1: `[T, N]` positive and `[T, N]` of 0 and 1.
pub fn share_among(scores: Tensor<2>, marked: &Tensor<2>) -> Tensor<2> {
    let marked = if scores.is_autodiff() { marked.clone().autodiff() } else { marked.clone() };
    let kept = scores * marked;
    let sum = kept.clone().sum_dim(1);
    kept / sum
}
