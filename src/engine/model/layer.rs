//! One mixture-of-experts layer: a router step or a competition step, with its losses and what it leaves to see.

use burn::tensor::Tensor;

use super::competing::{compete, watch, watch_and_route};
use super::losses::router_losses;
use super::{Competition, ForwardSettings, LayerInputs, Router, Routing};
use crate::engine::kernels::ExpertWeights;
use crate::engine::kernels::mix;

/// What a layer does with a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The router alone chooses; no auxiliary loss.
    Infer,
    /// The router alone chooses, and a competition is held beside it, to be looked at; no auxiliary loss.
    Probe,
    /// As [`Mode::Probe`], but of the competition only affinities are kept: for maps of many positions.
    Map,
    /// The router alone chooses; balance loss.
    Route,
    /// All experts answer and those with the highest neural response win; distillation, diversity and affinity balance losses.
    Compete,
}

/// The unweighted auxiliary losses a layer had, each `[1]`.
#[derive(Clone, Debug, Default)]
pub struct AuxiliaryTerms {
    /// Distillation loss.
    pub router: Option<Tensor<1>>,
    /// Router balance.
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
    pub terms: AuxiliaryTerms,
    /// What it leaves to see.
    pub trace: LayerTrace,
}

/// The weights of one mixture.
#[derive(Clone, Debug)]
pub struct Mixture {
    /// Who decides.
    pub router: Router,
    /// Who is chosen from.
    pub experts: ExpertWeights,
    /// The expert that answers every token (first axes 1); SharedE.
    pub shared: Option<ExpertWeights>,
}

/// Sends `x` `[T, D]`, T = `sequences` · positions, through a mixture of experts.
///
/// Only CompeteSMoE competes; another policy routes in [`Mode::Compete`] as well. In [`Mode::Probe`] and [`Mode::Map`] every
/// policy's experts compete, to be looked at. Where one expert is to answer alone, the router's choice is set aside and no
/// competition is held.
pub fn moe_layer(
    mixture: &Mixture,
    x: Tensor<2>,
    sequences: usize,
    mode: Mode,
    orders: &ForwardSettings,
    given: &LayerInputs,
) -> LayerOutput {
    let routing = mixture.router.route(x.clone(), orders, given);
    if mode == Mode::Compete && orders.policy.competes() {
        return compete(routing, &mixture.experts, x, sequences, orders, given);
    }
    let experts = &mixture.experts;
    let (competition, routed) = match (mode, &given.alone) {
        (Mode::Map, None) => {
            let (competition, routed) = watch_and_route(experts, x.clone(), &routing, orders, given);
            (Some(competition), routed)
        }
        (_, Some(alone)) => {
            let alone = alone.clone().expand(routing.picks.dims());
            (None, mix(experts, x.clone(), alone.clone(), &alone, 1))
        }
        _ => {
            let competition = (mode == Mode::Probe).then(|| watch(experts, x.clone(), &routing, orders, given));
            (competition, mix(experts, x.clone(), routing.weights(), &routing.picks, orders.k))
        }
    };
    let y = match &mixture.shared {
        Some(shared) if orders.share_of_shared().is_some() => {
            let all = Tensor::ones([x.dims()[0], 1], &x.device().inner());
            let weights = if x.is_autodiff() { all.clone().autodiff() } else { all.clone() };
            let sum = mix(shared, x, weights, &all, 1) + routed;
            if orders.share_of_shared() == Some(0.5) { sum * 0.5 } else { sum }
        }
        _ => routed,
    };
    let mut terms = AuxiliaryTerms::default();
    let mut auxiliary: Option<Tensor<1>> = None;
    if matches!(mode, Mode::Route | Mode::Compete) {
        let (weighed, balance) = router_losses(&routing, orders, sequences);
        let light = routing.distillation.clone();
        let weighed_light = light.clone().map(|light| light * orders.weights.router);
        auxiliary = weighed.into_iter().chain(weighed_light).reduce(|sum, term| sum + term);
        terms = AuxiliaryTerms { router: light, balance, ..terms };
    }
    LayerOutput { y, auxiliary, terms, trace: LayerTrace { routing, competition } }
}
