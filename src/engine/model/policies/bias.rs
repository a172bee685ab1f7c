//! Bias-balanced routing (loss-free balancing): a bias per expert decides who is picked, never what a pick weighs
//! (`docs/algorithm.md` 4).

use burn::tensor::Tensor;
use burn::tensor::activation::sigmoid;

use super::linear::share_sigmoids;
use super::{Router, Routing, later_softmax, nudged};
use crate::engine::kernels::top_k_mask;
use crate::engine::model::{ForwardSettings, LayerInputs};

/// How far a bias moves in a step.
const BIAS_STEP: f64 = 0.001;

/// Picks the largest of σ(z) + b; weights are σ(z) over its sum on the picks.
pub(super) fn route(router: &Router, x: Tensor<2>, orders: &ForwardSettings, given: &LayerInputs) -> Routing {
    let logits = nudged(router.plain_logits(x, orders.form == crate::domain::config::Form::Version1), given);
    let scores = sigmoid(logits.clone().inner());
    let choice = match &given.bias {
        Some(bias) => scores + bias.clone().unsqueeze::<2>(),
        None => scores,
    };
    // A sigmoid of 0 is not low enough: a bias may lift it over the others.
    let choice = nudged(choice, given);
    let picks = top_k_mask(&choice, orders.k);
    let shares = share_sigmoids(logits.clone(), &picks).into();
    let softened = later_softmax(&logits);
    Routing { logits, softened, choice, picks, shares, balance: None, distillation: None }
}

/// The biases after a step: up by 0.001 for experts with fewer tokens than the mean, down for those with more.
///
/// - `bias`, `counts`: `[L, N]`, one row per layer
pub fn advanced_bias(bias: Tensor<2>, counts: Tensor<2>) -> Tensor<2> {
    let mean = counts.clone().mean_dim(1);
    bias + (mean - counts).sign() * BIAS_STEP
}
