//! The competition step of each form: the winners, and the losses of router and experts.

use burn::tensor::Tensor;

use super::losses::{divergence, diversity, slot_balance};
use super::order::in_logit_order;
use super::settings::NEVER;
use super::{
    AuxiliaryTerms, Competition, ForwardSettings, LayerInputs, LayerOutput, LayerTrace, Routing, TrackedCompetition,
};
use crate::domain::config::{AffinityBalance, Distillation, DiversityDivisor, Form, Sharing};
use crate::engine::kernels::ExpertWeights;
use crate::engine::kernels::{
    AffinityBalanceSource, CompetitionLossWeights, competition_losses, masked_softmax, mix, softmax, top_k_mask,
};

/// Whether the responses are misread, and the misread ones decide: other winners, other weights.
fn misread(orders: &ForwardSettings) -> bool {
    orders.form == Form::Version1 && orders.faults.responses_in_logit_order
}

/// Holds the competition as the orders say.
///
/// One operation does all of it; where an expert is muted, its winners are not those who win, and output and diversity
/// are made anew of those who do.
fn hold(
    experts: &ExpertWeights,
    x: Tensor<2>,
    routing: &Routing,
    orders: &ForwardSettings,
    given: &LayerInputs,
) -> TrackedCompetition {
    let held = Competition::hold(experts, x.clone(), &routing.logits, orders.rules);
    if !misread(orders) && given.logit_override.muted.is_none() {
        return held;
    }
    let competition = reread(held.competition, routing, orders, given);
    let weights = target(&competition, orders);
    let output = mix(experts, x.clone(), weights, &competition.winners, orders.k);
    // Version 1 asks for no diversity, and one winner is like nobody.
    let asked = orders.form != Form::Version1 && orders.k > 1;
    let diversity = if asked { diversity(experts, x, &competition.winners, orders.k) } else { held.diversity };
    TrackedCompetition { competition, output, diversity }
}

/// The competition with responses in the wrong order if they are misread, and without the muted experts:
/// their response is 0, and they win nothing.
fn reread(held: Competition, routing: &Routing, orders: &ForwardSettings, given: &LayerInputs) -> Competition {
    let mut affinity = held.affinity;
    if misread(orders) {
        affinity = in_logit_order(affinity, &routing.logits);
    }
    let Some(muted) = &given.logit_override.muted else { return Competition::of(affinity, orders.k) };
    let muted = muted.clone().expand(affinity.dims());
    let unmuted = muted.clone().neg() + 1.0;
    let unmuted = if affinity.is_autodiff() { unmuted.autodiff() } else { unmuted };
    let affinity = affinity * unmuted;
    let winners = top_k_mask(&(affinity.clone().inner() + muted * NEVER), orders.k);
    Competition { affinity, winners, answers: None }
}

/// The same competition, to be looked at, with every expert's answer.
pub(super) fn watch(
    experts: &ExpertWeights,
    x: Tensor<2>,
    routing: &Routing,
    orders: &ForwardSettings,
    given: &LayerInputs,
) -> Competition {
    let seen = Competition::watch(experts, x, &routing.logits, orders.rules);
    as_decided(seen, routing, orders, given)
}

/// The same by its affinities alone, and the output `[T, D]` of the router's choice.
pub(super) fn watch_and_route(
    experts: &ExpertWeights,
    x: Tensor<2>,
    routing: &Routing,
    orders: &ForwardSettings,
    given: &LayerInputs,
) -> (Competition, Tensor<2>) {
    let (seen, routed) = Competition::watch_and_route(experts, x, routing, orders.rules, orders.k);
    (as_decided(seen, routing, orders, given), routed)
}

/// A competition that was looked at, reread where misread responses or muted experts ask for it.
fn as_decided(seen: Competition, routing: &Routing, orders: &ForwardSettings, given: &LayerInputs) -> Competition {
    if !misread(orders) && given.logit_override.muted.is_none() {
        return seen;
    }
    Competition { answers: seen.answers.clone(), ..reread(seen, routing, orders, given) }
}

/// The competition step. The task reaches the experts through answers and weights, and the router not at all.
pub(super) fn compete(
    routing: Routing,
    experts: &ExpertWeights,
    x: Tensor<2>,
    sequences: usize,
    orders: &ForwardSettings,
    given: &LayerInputs,
) -> LayerOutput {
    let held = hold(experts, x, &routing, orders, given);
    let (auxiliary, terms) = match orders.form {
        Form::Language | Form::Vision => version2(&routing, &held, sequences, orders),
        Form::Version1 => version1(&routing, &held.competition, orders),
    };
    let trace = LayerTrace { routing, competition: Some(held.competition) };
    LayerOutput { y: held.output, auxiliary: Some(auxiliary), terms, trace }
}

/// The distillation loss reaches the router (and, through z, the layer below) but not the experts (`docs/algorithm.md` 1.8 and 2).
///
/// The vision form balances by Switch, with the winners' first as choice, and takes its two weights whole.
fn version2(
    routing: &Routing,
    held: &TrackedCompetition,
    sequences: usize,
    orders: &ForwardSettings,
) -> (Tensor<1>, AuxiliaryTerms) {
    let TrackedCompetition { competition, diversity, .. } = held;
    let (z, s) = (routing.logits.clone(), competition.affinity.clone());
    let loss_weights = loss_weights(sequences, orders);
    let losses = competition_losses(z, s, diversity.clone(), &competition.winners, &routing.picks, loss_weights);
    let terms = AuxiliaryTerms {
        router: Some(losses.router),
        affinity_balance: Some(losses.affinity_balance),
        diversity: Some(losses.diversity),
        balance: None,
    };
    (losses.auxiliary, terms)
}

/// What is at stake in a competition of version 2.
fn loss_weights(sequences: usize, orders: &ForwardSettings) -> CompetitionLossWeights {
    let weights = &orders.weights;
    let balance_source = match (orders.form, weights.affinity_form) {
        (Form::Vision, _) => AffinityBalanceSource::OfFirstChoices,
        (_, AffinityBalance::Published) => AffinityBalanceSource::OfProbabilities,
        (_, AffinityBalance::FromScores) => AffinityBalanceSource::OfScores,
    };
    let [router, _, affinity_balance, diversity] = orders.term_weights();
    CompetitionLossWeights {
        k: orders.k,
        sequences,
        distillation: weights.distillation,
        theta: weights.theta,
        balance_source,
        by_pairs: weights.divisor == DiversityDivisor::Pairs,
        router,
        affinity_balance,
        diversity,
    }
}

/// Nothing is detached: the router loss pulls at the experts too (`docs/algorithm.md` 3).
///
/// The target is the winners' softmax with zeros elsewhere; plain mean of squares whatever the knob says, or the
/// divergence.
fn version1(routing: &Routing, competition: &Competition, orders: &ForwardSettings) -> (Tensor<1>, AuxiliaryTerms) {
    let weights = &orders.weights;
    let target = target(competition, orders);
    let p = if orders.faults.router_in_logit_order {
        in_logit_order(routing.probabilities(), &routing.logits)
    } else {
        routing.probabilities()
    };
    let router = match weights.distillation {
        Distillation::Divergence => divergence(p, target),
        _ => (p - target).square().mean(),
    };
    let shares = softmax(competition.affinity.clone());
    let affinity_balance = slot_balance(shares, &competition.winners, orders.k);
    let auxiliary = router.clone() * weights.router + affinity_balance.clone() * weights.affinity_balance;
    let terms = AuxiliaryTerms {
        router: Some(router),
        affinity_balance: Some(affinity_balance),
        diversity: None,
        balance: None,
    };
    (auxiliary, terms)
}

/// The winners' weights as the router's target in version 1: `[T, N]`, zero off the winners.
pub fn target(competition: &Competition, orders: &ForwardSettings) -> Tensor<2> {
    match orders.rules.sharing {
        Sharing::Softmax => masked_softmax(competition.affinity.clone(), &competition.winners),
        Sharing::Ratio => super::share_among(competition.affinity.clone(), &competition.winners),
    }
}
