//! Noisy top-k gate (noisy gating): learned noise on the logits in training, and a loss that evens out importance and load
//! (`docs/algorithm.md` 4).

use burn::tensor::Tensor;

use super::{Router, Routing, beside, later_masked, later_softmax, nudged, there};
use crate::engine::kernels::{linear_by_rows, masked_softmax, softplus, top_k_mask};
use crate::engine::model::{ForwardSettings, LayerInputs};

/// Least deviation of the noise.
const LEAST_NOISE: f64 = 0.01;

pub(super) fn route(router: &Router, x: Tensor<2>, orders: &ForwardSettings, given: &LayerInputs) -> Routing {
    let k = orders.k;
    let clean = nudged(router.plain_logits(x.clone(), false), given);
    let Some(draws) = &given.noise else {
        let picks = top_k_mask(&clean, k);
        let (shares, softened) = (later_masked(&clean, &picks), later_softmax(&clean));
        let choice = clean.clone();
        return Routing { logits: clean, softened, choice, picks, shares, balance: None, distillation: None };
    };
    let deviation = softplus(linear_by_rows(x, there(&router.noise))) + LEAST_NOISE;
    let noisy = clean.clone() + deviation.clone() * beside(draws.clone(), &clean);
    let picks = top_k_mask(&noisy, k);
    let weights = masked_softmax(noisy.clone(), &picks);
    let importance = weights.clone().sum_dim(0);
    let load = load(&clean, &noisy, deviation, &picks, k);
    let balance = variation(importance) + variation(load);
    let softened = later_softmax(&noisy);
    let shares = weights.into();
    Routing { logits: clean, softened, choice: noisy, picks, shares, balance: Some(balance), distillation: None }
}

/// How many tokens each expert would have if the noise were drawn again for it alone: Σ_t P(among the k), `[1, N]`.
///
/// An expert is among them if it beats the k-th largest of the others: the (k+1)-th of all for a pick, the k-th for the
/// rest. With k = N every expert always is.
fn load(clean: &Tensor<2>, noisy: &Tensor<2>, deviation: Tensor<2>, picks: &Tensor<2>, k: usize) -> Tensor<2> {
    let [_, experts] = clean.dims();
    if k >= experts {
        return beside(picks.clone(), clean).sum_dim(0);
    }
    let place = |rank: usize| {
        // One one a row: the score of this rank.
        let at_least = top_k_mask(noisy, rank);
        if rank > 1 { at_least - top_k_mask(noisy, rank - 1) } else { at_least }
    };
    let score = |rank| (noisy.clone() * beside(place(rank), noisy)).sum_dim(1);
    let picks = beside(picks.clone(), clean);
    let threshold = picks.clone() * score(k + 1) + (picks.neg() + 1.0) * score(k);
    let normal = (clean.clone() - threshold) / deviation;
    ((normal / std::f64::consts::SQRT_2).erf() + 1.0).sum_dim(0) * 0.5
}

/// Squared coefficient of variation of `[1, N]`: unbiased variance ÷ (mean² + 1e-10); 0 for one expert.
fn variation(amounts: Tensor<2>) -> Tensor<1> {
    let [_, experts] = amounts.dims();
    if experts == 1 {
        return amounts.sum() * 0.0;
    }
    let mean = amounts.clone().mean_dim(1);
    let variance = (amounts - mean.clone()).square().sum() / (experts - 1) as f64;
    variance / (mean.square().sum() + 1e-10)
}
