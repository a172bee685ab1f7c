//! Cosine routing in a few dimensions: X-MoE and perturbed cosine (`docs/algorithm.md` 4).
//!
//! | form | h = A·x | logits | choice | weights |
//! |---|---|---|---|---|
//! | X-MoE | h ÷ max(‖h‖, 1e-4) | h·e | softmax(z ÷ 0.3) | softmax of the k probabilities |
//! | perturbed | h ÷ (‖h‖ + 0.1) | h·e | the same | the same |
//! | X-MoE, version 1 | h | h·e ÷ ‖e‖ | z | softmax of the k logits |

use burn::tensor::Tensor;

use super::{Router, Routing, later_masked, later_softmax, nudged, there};
use crate::domain::config::{Form, Policy};
use crate::engine::kernels::{linear_by_rows, softmax, top_k_mask, unit_length};
use crate::engine::model::{ForwardSettings, LayerInputs};

/// Divides the logits before the softmax.
const TEMPERATURE: f64 = 0.3;
/// What the perturbed form adds to lengths.
const PERTURBATION: f64 = 0.1;
/// Length to which X-MoE rescales its expert directions, and the perturbed form before its perturbation.
const LENGTH: f64 = 1.5;

/// ‖row‖ of `[R, C]` as `[R, 1]`, at least `least`, with slope 0 there.
fn lengths(rows: Tensor<2>, least: f64) -> Tensor<2> {
    rows.square().sum_dim(1).clamp_min(least * least).sqrt()
}

pub(super) fn route(router: &Router, x: Tensor<2>, orders: &ForwardSettings, given: &LayerInputs) -> Routing {
    let (reduction, directions) = (there(&router.reduction), there(&router.embeddings));
    let h = linear_by_rows(x, reduction);
    let version1 = orders.policy == Policy::XMoe && orders.form == Form::Version1;
    let logits = if version1 {
        h.matmul(unit_length(directions).transpose())
    } else {
        let length = match orders.policy {
            Policy::PerturbedCosine => lengths(h.clone(), 1e-12) + PERTURBATION,
            _ => lengths(h.clone(), 1e-4),
        };
        (h / length).matmul(directions.transpose())
    };
    let logits = nudged(logits, given);
    let (picks, shares, choice, softened);
    if version1 {
        choice = logits.clone();
        picks = top_k_mask(&choice, orders.k);
        shares = later_masked(&logits, &picks);
        softened = later_softmax(&logits);
    } else {
        choice = softmax(logits.clone() / TEMPERATURE);
        softened = choice.clone().into();
        picks = top_k_mask(&choice, orders.k);
        shares = later_masked(&choice, &picks);
    }
    Routing { logits, softened, choice, picks, shares, balance: None, distillation: None }
}

/// The tensor of a mixture that a policy rescales before every forward pass, outside the graph.
pub(crate) fn rescaled_part(policy: Policy) -> Option<&'static str> {
    match policy {
        Policy::XMoe | Policy::PerturbedCosine => Some("router.embeddings"),
        _ => None,
    }
}

/// That tensor, `[N, ·]`, after it: rows of length 1.5 (X-MoE), of 1.5·‖e‖ ÷ (‖e‖ + 0.1) (perturbed: 1.4 is its fixed
/// point). A row of zeros stays one.
pub fn rescaled(policy: Policy, directions: Tensor<2>) -> Tensor<2> {
    let length = lengths(directions.clone(), 1e-12);
    match policy {
        Policy::XMoe => directions / length * LENGTH,
        Policy::PerturbedCosine => directions * LENGTH / (length + PERTURBATION),
        _ => directions,
    }
}
