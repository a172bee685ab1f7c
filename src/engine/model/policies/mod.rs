//! The router: which experts a token should go to, and with what weights; one file per family of policies.
//!
//! | family | policies |
//! |---|---|
//! | `linear` | CompeteSMoE, SMoE, raw weights, σ-MoE, SMoE-Dropout, SharedE-V2, SharedE-V3 |
//! | `bias` | bias-balanced |
//! | `cosine` | X-MoE, perturbed cosine |
//! | `stable` | StableMoE |
//! | `noisy` | noisy top-k |
//!
//! `version1` adds the loss that the published program of version 1 of CompeteSMoE forgets to clear.
//!
//! For all of them: equal scores go to the lower slot; finite logits of any size give finite weights. A NaN logit is
//! picked last and one of +∞ first; either makes the loss or a gradient NaN, so a training step is refused as not finite.

mod bias;
mod cosine;
mod linear;
mod noisy;
mod stable;
mod version1;

use burn::tensor::Tensor;

pub use bias::advanced_bias;
pub use cosine::rescaled;
pub(crate) use cosine::rescaled_part;
pub use linear::share_among;
pub(crate) use version1::{CompetitionPass, StaleCompetitionLosses};

use super::{ForwardSettings, LayerInputs, LazyTensor};
use crate::domain::config::Policy;
use crate::engine::kernels::{linear_by_rows, masked_softmax, softmax};

/// The router's tensors; a network has those of the policy it started with.
#[derive(Clone, Debug, Default)]
pub struct Router {
    /// One row per expert: `[N, D]`
    pub weight: Option<Tensor<2>>,
    /// Version 1: `[N]`
    pub bias: Option<Tensor<1>>,
    /// Token to the few dimensions of cosine routing: `[r, D]`
    pub reduction: Option<Tensor<2>>,
    /// Directions of the experts there: `[N, r]`
    pub embeddings: Option<Tensor<2>>,
    /// Noisy top-k, how much noise each logit gets: `[N, D]`
    pub noise: Option<Tensor<2>>,
    /// The light router's vectors of ids, or its map of a position's numbers: `[rows of the embedding, 16]`
    pub light_words: Option<Tensor<2>>,
    /// And those of the experts: `[N, 16]`
    pub light_experts: Option<Tensor<2>>,
}

/// What the router says about each token.
#[derive(Clone, Debug)]
pub struct Routing {
    /// z, before any temperature: `[T, N]`
    pub logits: Tensor<2>,
    /// See [`Routing::probabilities`].
    pub softened: LazyTensor,
    /// What the picks are the largest of: `[T, N]`
    pub choice: Tensor<2>,
    /// R: the k picks as ones, `[T, N]`, not tracked.
    pub picks: Tensor<2>,
    /// See [`Routing::weights`].
    pub shares: LazyTensor,
    /// The balance loss the policy brings itself, `[1]`.
    pub balance: Option<Tensor<1>>,
    /// The loss by which a light router learns from the full one, `[1]`.
    pub distillation: Option<Tensor<1>>,
}

impl Routing {
    /// p: the softmax by which it judges all experts, `[T, N]`; tempered where the policy is. Computed when asked for.
    pub fn probabilities(&self) -> Tensor<2> {
        self.softened.get()
    }

    /// Combining weights: `[T, N]`, zero off the picks. Computed when asked for: a competition has no use for them.
    pub fn weights(&self) -> Tensor<2> {
        self.shares.get()
    }
}

impl Router {
    /// Routes `x` `[T, D]`.
    ///
    /// # Panics
    /// If a tensor the policy needs is not there; `Config::lacks` tells beforehand.
    pub fn route(&self, x: Tensor<2>, orders: &ForwardSettings, given: &LayerInputs) -> Routing {
        match orders.policy {
            Policy::XMoe | Policy::PerturbedCosine => cosine::route(self, x, orders, given),
            Policy::StableMoe => stable::route(self, x, orders, given),
            Policy::NoisyTopK => noisy::route(self, x, orders, given),
            Policy::BiasBalanced => bias::route(self, x, orders, given),
            Policy::CompeteSmoe
            | Policy::Smoe
            | Policy::SmoeRaw
            | Policy::SigmaMoe
            | Policy::SmoeDropout
            | Policy::SharedV2
            | Policy::SharedV3 => linear::route(self, x, orders, given),
        }
    }

    /// x·Wᵀ, with the bias if the form has one.
    fn plain_logits(&self, x: Tensor<2>, with_bias: bool) -> Tensor<2> {
        let logits = linear_by_rows(x, there(&self.weight));
        match &self.bias {
            Some(bias) if with_bias => logits + bias.clone().unsqueeze::<2>(),
            _ => logits,
        }
    }
}

/// Logits `[T, N]` with what is done to them on purpose.
fn nudged(logits: Tensor<2>, given: &LayerInputs) -> Tensor<2> {
    let Some(logit_override) = &given.logit_override.logits else { return logits };
    let logit_override = beside(logit_override.clone().expand(logits.dims()), &logits);
    logits + logit_override
}

/// softmax of `scores` `[T, N]`, once somebody asks for it.
fn later_softmax(scores: &Tensor<2>) -> LazyTensor {
    let scores = scores.clone();
    LazyTensor::new(move || softmax(scores.clone()))
}

/// softmax of `scores` `[T, N]` over the marked ones, once somebody asks for it.
fn later_masked(scores: &Tensor<2>, marked: &Tensor<2>) -> LazyTensor {
    let (scores, marked) = (scores.clone(), marked.clone());
    LazyTensor::new(move || masked_softmax(scores.clone(), &marked))
}

/// A tensor the policy in force reads.
fn there<const R: usize>(part: &Option<Tensor<R>>) -> Tensor<R> {
    part.clone().expect("a network has the tensors of the policy in force")
}

/// A constant made fit to be mixed with `other`.
fn beside<const R: usize, const S: usize>(constant: Tensor<R>, other: &Tensor<S>) -> Tensor<R> {
    if other.is_autodiff() { constant.autodiff() } else { constant }
}
