//! Softmax and sigmoid routers: an expert is scored by one product with its row, weights renormalised or raw.

use burn::tensor::Tensor;
use burn::tensor::activation::log_sigmoid;

use super::{Router, Routing, later_softmax, nudged, there};
use crate::domain::config::{Form, Policy, RouterForm};
use crate::engine::kernels::{ChosenExperts, choose, masked_softmax, top_k_mask, unit_length};
use crate::engine::model::{ForwardSettings, LayerInputs, LazyTensor};

/// How the picks share a token.
enum Share {
    /// p over its sum on the picks.
    Softmax,
    /// p as it is.
    Raw,
    /// σ(z ÷ scale) over its sum on the picks.
    Sigmoid(f64),
}

fn share(orders: &ForwardSettings) -> Share {
    match (orders.policy, orders.form) {
        (Policy::SmoeRaw, _) => Share::Raw,
        (Policy::SigmaMoe, _) => Share::Sigmoid(1.0),
        (Policy::SharedV3, form) if form != Form::Vision => Share::Sigmoid(1.0),
        (Policy::CompeteSmoe, Form::Language | Form::Vision) => match orders.router {
            RouterForm::Sigmoid { scale } => Share::Sigmoid(scale),
            RouterForm::Linear | RouterForm::Cosine | RouterForm::UnitRows => Share::Softmax,
        },
        _ => Share::Softmax,
    }
}

/// The routers of `docs/algorithm.md` 1.2 and 4 that score an expert by one product.
pub(super) fn route(router: &Router, x: Tensor<2>, orders: &ForwardSettings, given: &LayerInputs) -> Routing {
    let version1 = orders.form == Form::Version1;
    let logits = match orders.router {
        RouterForm::Cosine if orders.policy == Policy::CompeteSmoe && !version1 => {
            unit_length(x).matmul(unit_length(there(&router.weight)).transpose())
        }
        RouterForm::UnitRows if orders.policy == Policy::CompeteSmoe && !version1 => {
            x.matmul(unit_length(there(&router.weight)).transpose())
        }
        _ => router.plain_logits(x, version1),
    };
    let logits = nudged(logits, given);
    let softened = later_softmax(&logits);
    // By the logits: softmax and sigmoid have the same order until they saturate and tie.
    let marked = || top_k_mask(&logits, orders.k);
    let (picks, shares) = match share(orders) {
        Share::Softmax => {
            // The picked probabilities over their sum are the softmax over the picked logits.
            let ChosenExperts { shares, picks } = choose(logits.clone(), orders.k);
            (picks, shares.into())
        }
        Share::Raw => {
            let (picks, softened) = (marked(), softened.clone());
            let shares = {
                let picks = picks.clone();
                LazyTensor::new(move || {
                    let p = softened.get();
                    super::beside(picks.clone(), &p) * p
                })
            };
            (picks, shares)
        }
        Share::Sigmoid(scale) => {
            let (picks, z) = (marked(), logits.clone());
            let shares = {
                let picks = picks.clone();
                LazyTensor::new(move || share_sigmoids(z.clone() / scale, &picks))
            };
            (picks, shares)
        }
    };
    let choice = logits.clone();
    Routing { logits, softened, choice, picks, shares, balance: None, distillation: None }
}

/// σ(z) on the marked entries over its sum there, finite also where every σ(z) is too small for a number: a softmax of
/// ln σ(z).
pub(super) fn share_sigmoids(z: Tensor<2>, marked: &Tensor<2>) -> Tensor<2> {
    masked_softmax(log_sigmoid(z), marked)
}

/// `scores` on the marked entries, scaled so that each row sums to 1: `[T, N]` positive and `[T, N]` of 0 and 1.
pub fn share_among(scores: Tensor<2>, marked: &Tensor<2>) -> Tensor<2> {
    let kept = scores.clone() * super::beside(marked.clone(), &scores);
    let sum = kept.clone().sum_dim(1);
    kept / sum
}
