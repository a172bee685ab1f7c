//! Words of the phases of a step: their names, what happens in each, and its formulas with numbers put in.

use crate::domain::config::{Policy, Response};
use crate::domain::readings::{LossTermKind, NotCompeting, Phase};
use crate::domain::roster::ExpertId;
use crate::run::Snapshot;
use crate::ui::kit::numbers::{count, fixed, knob, percent, small};
use crate::ui::words::units;
use crate::words::constants::texts;
use crate::words::language::FixedText;
use crate::words::table::sentences;

texts! { "phases":
    ROUTE;
    COMPETE;
    COMBINE;
    LEARN;
    ROUTED;
    COMPETED;
    NOBODY_COMPETED;
    COMBINED;
    LEARNED;
    /// Goes on to the next phase.
    pub(crate) NEXT;
    /// What that does.
    pub(crate) ABOUT_NEXT;
    /// Shows the tiles again.
    pub(crate) PUT_AWAY;
    /// p as it is computed.
    pub(crate) OF_SHARES;
    /// Who wins.
    pub(crate) OF_WINNERS;
    /// A response that is half the router's logit.
    pub(crate) OF_GATED;
    /// The output.
    pub(crate) OF_OUTPUT;
    /// The update.
    pub(crate) OF_UPDATE;
    MEAN_SOFTPLUS;
    NORM;
    MEAN_RELU;
    MEAN_SILU;
    MEAN_SIGMOID;
    /// Column: logits.
    pub(crate) LOGIT;
    /// Column: shares of the router.
    pub(crate) SHARE;
    /// Column: responses.
    pub(crate) RESPONSE;
    /// Column: weights.
    pub(crate) WEIGHT;
    /// Column: answers.
    pub(crate) ANSWER;
    /// Column: lengths of the gradient.
    pub(crate) GRADIENT;
    /// Column: lengths of the update.
    pub(crate) UPDATE;
    /// Row: the router.
    pub(crate) ROUTER;
    /// Row: the rest of the block.
    pub(crate) REST;
    /// Row: the shared expert.
    pub(crate) SHARED;
    PICKED;
    WON;
    DISTILLATION;
    BALANCE;
    AFFINITY_BALANCE;
    DIVERSITY;
    Z_LOSS;
    WHY_PAINTED;
    P;
    S;
    W;
}

sentences! { "phases":
    fn step_is(step, phase);
    fn about_route(k);
    fn about_compete(k);
    fn about_nobody(why);
    fn about_combine();
    fn about_learn();
    fn why_policy(policy);
    fn why_warm_up(step);
    fn why_schedule(rate, most);
    /// The position whose numbers are shown, where somebody chose it.
    pub(crate) fn position(what: &str, place: usize, of: usize) { what = what, place = count(place as u64 + 1), of = count(of as u64) };
    /// The same where nobody did.
    pub(crate) fn position_first(what: &str, of: usize) { what = what, of = count(of as u64) };
    /// A byte of the batch.
    pub(crate) fn of_byte(byte: &str) { byte = byte };
    /// A point of the batch.
    pub(crate) fn of_point(at: [f32; 2]) { x = fixed(f64::from(at[0]), 2), y = fixed(f64::from(at[1]), 2) };
    /// A share with its powers.
    pub(crate) fn share_of(id: ExpertId, z: &str, powers: &str, power: f64, sum: f64, p: f64) { id = id, z = z, powers = powers, power = small(power), sum = small(sum), p = fixed(p, 3) };
    /// One of the powers.
    pub(crate) fn power(z: &str) { z = z };
    /// A share that is no softmax of the logits.
    pub(crate) fn share_own(id: ExpertId, p: f64) { id = id, p = fixed(p, 3) };
    /// What shares or weights add up to.
    pub(crate) fn sum(of: Sum, sum: f64) { of = of.name(), sum = fixed(sum, 3) };
    /// The router's picks.
    pub(crate) fn picks(ids: &str) { ids = ids };
    /// The winners, and how many of them the router picked.
    pub(crate) fn winners(ids: &str, foreseen: usize, k: usize) { ids = ids, foreseen = foreseen, k = k };
    /// The weakest winner and the strongest loser.
    pub(crate) fn margin(id: ExpertId, s: f64, other: ExpertId, less: f64) { id = id, s = fixed(s, 4), other = other, less = fixed(less, 4) };
    /// A weight as a share of shares or of responses.
    pub(crate) fn weight_of(of: Sum, id: ExpertId, value: f64, values: &str, w: f64) { of = of.name(), id = id, value = fixed(value, 3), values = values, w = fixed(w, 3) };
    /// A weight of another making.
    pub(crate) fn weight_own(id: ExpertId, w: f64) { id = id, w = fixed(w, 3) };
    /// The first answer of the output.
    pub(crate) fn output_of(w: f64, answer: &str) { w = fixed(w, 3), answer = answer };
    /// The next one.
    pub(crate) fn output_and(w: f64, answer: &str) { w = fixed(w, 3), answer = answer };
    /// That of the shared expert.
    pub(crate) fn output_shared(w: f64, answer: &str) { w = fixed(w, 3), answer = answer };
    /// There are more.
    pub(crate) fn output_more(more: usize) { more = more };
    /// What they make.
    pub(crate) fn output(y: &str) { y = y };
    /// The loss of a position, of classes.
    pub(crate) fn class_loss(p: f64, nats: f64) { p = fixed(p, 4), nats = fixed(nats, 4) };
    /// The same, of values.
    pub(crate) fn value_loss(loss: f64) { loss = fixed(loss, 4) };
    /// The loss of the task.
    pub(crate) fn task(tokens: usize, loss: f64) { tokens = units::token(tokens), loss = fixed(loss, 4) };
    /// A term of a layer's auxiliary loss.
    pub(crate) fn term(kind: LossTermKind, weight: f64, value: f64) { kind = term_name(kind), weight = knob(weight), value = fixed(value, 4) };
    /// The z-loss, with its weight.
    pub(crate) fn z_term(value: f64) { z_loss = Z_LOSS, value = small(value) };
    /// What the layer adds.
    pub(crate) fn layer_adds(layer: usize, terms: &str, added: f64) { layer = layer + 1, terms = terms, added = small(added) };
    /// It adds nothing.
    pub(crate) fn layer_adds_nothing(layer: usize) { layer = layer + 1 };
    /// The total.
    pub(crate) fn total(parts: &str, total: f64) { parts = parts, total = fixed(total, 4) };
    /// The gradient.
    pub(crate) fn gradient(norm: f64, most: f64, clipping: f64) { norm = small(norm), most = knob(most), clipping = fixed(clipping, 3) };
    /// The update.
    pub(crate) fn update(rate: f64, norm: f64) { rate = knob(rate), norm = small(norm) };
    fn spoken(state, position, what);
    fn spoken_route(experts, shares);
    fn spoken_compete(experts, foreseen);
    fn spoken_combine(experts, weights);
    fn spoken_learn(loss, total, norm);
    fn row_route(id, z, p, picked);
    fn row_compete(id, s, won, picked);
    fn row_combine(name, w, answer);
    fn row_learn(name, gradient, update);
    fn expert(id);
}

/// What adds up, by its letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sum {
    /// Shares of the router.
    P,
    /// Responses.
    S,
    /// Weights.
    W,
}

impl Sum {
    fn name(self) -> &'static str {
        match self {
            Self::P => P.said(),
            Self::S => S.said(),
            Self::W => W.said(),
        }
    }
}

/// A phase by name.
pub(crate) fn name(phase: Phase) -> &'static str {
    [ROUTE, COMPETE, COMBINE, LEARN][phase as usize].said()
}

/// How far a step has come in a layer that competes at it, or does not.
pub(crate) fn state(step: u64, phase: Phase, competes: bool) -> String {
    let competed = if competes { COMPETED } else { NOBODY_COMPETED };
    step_is(count(step), [ROUTED, competed, COMBINED, LEARNED][phase as usize].said())
}

/// What happens in a phase; `not_competing` says why nobody competes.
pub(crate) fn about(phase: Phase, not_competing: Option<NotCompeting>, shot: &Snapshot) -> String {
    let k = shot.knobs.top_k;
    match (phase, not_competing) {
        (Phase::Route, _) => about_route(k),
        (Phase::Compete, None) => about_compete(k),
        (Phase::Compete, Some(why)) => nobody(why, shot),
        (Phase::Combine, _) => about_combine().to_owned(),
        (Phase::Learn, _) => about_learn().to_owned(),
    }
}

/// Why nobody competes.
fn nobody(why: NotCompeting, shot: &Snapshot) -> String {
    let knobs = &shot.knobs;
    about_nobody(match why {
        NotCompeting::Policy => why_policy(policy(knobs.policy)),
        NotCompeting::Painted => WHY_PAINTED.said().to_owned(),
        NotCompeting::WarmUp => why_warm_up(count(knobs.competition_warmup)),
        NotCompeting::Schedule => why_schedule(percent(knobs.competition_rate), knobs.max_competing_layers),
    })
}

fn policy(policy: Policy) -> &'static str {
    crate::words::named(policy.label())
}

/// How the response of an expert is computed.
pub(crate) fn response(response: Response) -> FixedText {
    match response {
        Response::MeanSoftplus => MEAN_SOFTPLUS,
        Response::Norm => NORM,
        Response::MeanRelu => MEAN_RELU,
        Response::MeanSilu => MEAN_SILU,
        Response::MeanSigmoid => MEAN_SIGMOID,
    }
}

fn term_name(kind: LossTermKind) -> &'static str {
    [DISTILLATION, BALANCE, AFFINITY_BALANCE, DIVERSITY][kind as usize].said()
}

/// A phase in one sentence: how far the step is, of which position, and what came of it.
pub(crate) fn said(state: &str, position: &str, what: &str) -> String {
    spoken(state, position, what)
}

/// What came of routing.
pub(crate) fn routed(experts: &str, shares: &str) -> String {
    spoken_route(experts, shares)
}

/// What came of a competition.
pub(crate) fn competed(experts: &str, foreseen: usize) -> String {
    spoken_compete(experts, foreseen)
}

/// What came of combining.
pub(crate) fn combined(experts: &str, weights: &str) -> String {
    spoken_combine(experts, weights)
}

/// What came of learning.
pub(crate) fn learned(loss: f64, total: f64, norm: f64) -> String {
    spoken_learn(fixed(loss, 4), fixed(total, 4), small(norm))
}

/// An expert in the phase Route.
pub(crate) fn routed_expert(id: ExpertId, z: f32, p: f32, picked: bool) -> String {
    row_route(id, fixed(f64::from(z), 3), fixed(f64::from(p), 3), mark(picked, PICKED))
}

/// An expert in the phase Compete.
pub(crate) fn competing_expert(id: ExpertId, s: f32, won: bool, picked: bool) -> String {
    row_compete(id, fixed(f64::from(s), 4), mark(won, WON), mark(picked, PICKED))
}

/// One who answers.
pub(crate) fn answering(name: &str, w: f32, answer: &str) -> String {
    row_combine(name, fixed(f64::from(w), 3), answer)
}

/// A part of the network in the phase Learn.
pub(crate) fn learning(name: &str, gradient: f64, update: Option<f64>) -> String {
    row_learn(name, small(gradient), update.map_or(super::UNKNOWN.into(), small))
}

/// An expert by name.
pub(crate) fn expert_name(id: ExpertId) -> String {
    expert(id)
}

fn mark(is: bool, text: FixedText) -> String {
    if is { format!(", {}", text.said()) } else { String::new() }
}
