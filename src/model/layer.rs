//! One mixture-of-experts layer: a router step or a competition step, with its losses and what it leaves to see.

use burn::tensor::Tensor;

use super::{Competition, Experts, LossWeights, Router, Routing, distillation, entropy_balance};
use crate::config::{AffinityBalance, Response, Sharing};
use crate::kernels::{Rules, mix};

/// What a layer does with a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The router alone chooses; no auxiliary loss.
    Infer,
    /// The router alone chooses, and a competition is held beside it, to be looked at; no auxiliary loss.
    Probe,
    /// The router alone chooses; balance loss.
    Route,
    /// All experts answer and the loudest win; distillation, diversity and affinity balance losses.
    Compete,
}

/// The unweighted auxiliary losses a layer had, each `[1]`.
#[derive(Clone, Debug, Default)]
pub struct Terms {
    /// Distillation loss.
    pub router: Option<Tensor<1>>,
    /// Router balance E(z).
    pub balance: Option<Tensor<1>>,
    /// Affinity balance.
    pub affinity_balance: Option<Tensor<1>>,
    /// Diversity.
    pub diversity: Option<Tensor<1>>,
}

/// What a layer leaves to see.
#[derive(Clone, Debug)]
pub struct LayerTrace {
    /// What the router said.
    pub routing: Routing,
    /// What the competition said, if one was held.
    pub competition: Option<Competition>,
}

/// What a layer gives back.
#[derive(Clone, Debug)]
pub struct LayerOutput {
    /// `[T, D]`
    pub y: Tensor<2>,
    /// What it adds to the task loss, weights applied; `[1]`, `None` if nothing.
    pub auxiliary: Option<Tensor<1>>,
    /// The same term by term, before weights.
    pub terms: Terms,
    /// What it leaves to see.
    pub trace: LayerTrace,
}

/// Sends `x` `[T, D]`, T = `sequences` · positions, through a mixture of experts with `k` answers a token.
pub fn moe_layer(
    router: &Router,
    experts: &Experts,
    x: Tensor<2>,
    sequences: usize,
    k: usize,
    mode: Mode,
    weights: &LossWeights,
) -> LayerOutput {
    let routing = router.route(x.clone(), k);
    if mode == Mode::Compete {
        return compete(routing, experts, x, sequences, k, weights);
    }
    let competition =
        (mode == Mode::Probe).then(|| Competition::shown(experts, x.clone(), &routing.logits, published(k)));
    let y = mix(experts, x, routing.weights.clone(), &routing.picks, k);
    let mut terms = Terms::default();
    let mut auxiliary = None;
    if mode == Mode::Route {
        let balance = entropy_balance(routing.logits.clone(), sequences);
        auxiliary = Some(balance.clone() * weights.balance);
        terms.balance = Some(balance);
    }
    LayerOutput { y, auxiliary, terms, trace: LayerTrace { routing, competition } }
}

/// The rules of version 2.
fn published(k: usize) -> Rules {
    Rules { k, response: Response::MeanSoftplus, sharing: Sharing::Ratio, gated: false }
}

/// The competition step. The task reaches the experts through answers and weights, and the router not at all; the
/// distillation loss reaches the router (and, through z, the layer below) but not the experts. Section 1.8.
fn compete(
    routing: Routing,
    experts: &Experts,
    x: Tensor<2>,
    sequences: usize,
    k: usize,
    weights: &LossWeights,
) -> LayerOutput {
    let competition = Competition::hold(experts, x, &routing.logits, published(k));
    let router = distillation(
        routing.probabilities.clone(),
        &competition.probabilities,
        &competition.winners,
        &routing.picks,
        weights.distillation,
        weights.theta,
    );
    let balanced = match weights.affinity_form {
        AffinityBalance::Published => competition.probabilities.clone(),
        AffinityBalance::FromScores => competition.affinity.clone(),
    };
    let affinity_balance = entropy_balance(balanced, sequences);
    let diversity = competition.diversity.clone();
    let auxiliary = router.clone() * weights.router
        + affinity_balance.clone() * (weights.affinity_balance / 2.0)
        + diversity.clone() * (weights.diversity / 2.0);
    let terms = Terms {
        router: Some(router),
        affinity_balance: Some(affinity_balance),
        diversity: Some(diversity),
        balance: None,
    };
    let y = competition.output.clone();
    LayerOutput { y, auxiliary: Some(auxiliary), terms, trace: LayerTrace { routing, competition: Some(competition) } }
}
