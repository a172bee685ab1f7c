//! StableMoE in two stages: the full router decides while a light one learns its choices; then the light one decides.
//!
//! The full router is version 1's: rows scaled to unit length in the product, softmax over the k logits. The light router sees only which byte
//! a token is, by word and expert vectors of its own, so that what it decides no longer moves once it is frozen. From
//! `freeze_step` on it picks the experts; the full router's logits, still learning, say how those share the token.

use burn::tensor::Tensor;
use burn::tensor::activation::log_softmax;

use super::{Router, Routing, beside, later_masked, later_softmax, nudged, there};
use crate::engine::kernels::{linear_by_rows, top_k_mask, unit_length};
use crate::engine::model::{ForwardSettings, LayerInputs};

pub(super) fn route(router: &Router, x: Tensor<2>, orders: &ForwardSettings, given: &LayerInputs) -> Routing {
    let logits = nudged(linear_by_rows(x, unit_length(there(&router.weight))), given);
    let light = light_logits(router, &logits, given);
    let (choice, softened, distillation);
    let picks;
    match light {
        Some(light) if orders.frozen => {
            choice = light.clone();
            picks = top_k_mask(&choice, orders.k);
            softened = later_softmax(&light);
            distillation = None;
        }
        light => {
            choice = logits.clone();
            picks = top_k_mask(&choice, orders.k);
            softened = later_softmax(&logits);
            distillation = light.map(|light| agreement(light, &picks, orders.k));
        }
    }
    let shares = later_masked(&logits, &picks);
    Routing { logits, softened, choice, picks, shares, balance: None, distillation }
}

/// The light router's logits `[T, N]`, if there is a light router.
fn light_logits(router: &Router, logits: &Tensor<2>, given: &LayerInputs) -> Option<Tensor<2>> {
    let (words, vectors, experts) =
        (given.words.as_ref()?, router.light_words.as_ref()?, router.light_experts.as_ref()?);
    let words = beside(words.clone(), logits).matmul(vectors.clone());
    Some(nudged(words.matmul(experts.clone().transpose()), given))
}

/// Cross-entropy of the light router's softmax with the full router's picks, each 1/k: `[1]`. Reaches only the light
/// router.
fn agreement(light: Tensor<2>, picks: &Tensor<2>, k: usize) -> Tensor<1> {
    let [tokens, _] = light.dims();
    let picks = beside(picks.clone(), &light);
    (log_softmax(light, 1) * picks).sum().neg() / (tokens * k) as f64
}
