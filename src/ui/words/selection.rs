//! The selection: one byte, one expert, the fault lab, and what is wrong.

use crate::domain::roster::ExpertId;
use crate::ui::kit::numbers;
use crate::ui::words::UNKNOWN;
use crate::ui::words::units;
use crate::words::constants::texts;
use crate::words::table::sentences;

texts! { "selection":
    /// The head of a byte.
    pub(crate) BYTE;
    /// Column of the router's probabilities.
    pub(crate) ROUTER_P;
    /// Column of responses.
    pub(crate) RESPONSE_S;
    /// Before the router's picks.
    pub(crate) ROUTER_WANTED;
    /// Before the winners.
    pub(crate) WON;
    /// How much of the winners' response the picks have.
    pub(crate) RESPONSE_KEPT;
    /// What the byte after this one cost.
    pub(crate) BYTE_LOSS;
    /// Asks for other routes.
    pub(crate) TRY_ROUTES;
    /// What the route cost more than the best one.
    pub(crate) REGRET;
    /// The route that the router takes.
    pub(crate) TAKEN;
    /// Classes of bytes it prefers.
    pub(crate) ANSWERS_TO;
    /// It prefers none.
    pub(crate) NO_CLASS;
    /// What the network would lose without it.
    pub(crate) KNOCKED_OUT;
    /// In the place of that number: press to have it.
    pub(crate) MEASURE;
    /// Its share of the gradient.
    pub(crate) GRADIENT;
    /// How far it moved.
    pub(crate) MOVED;
    /// Whose answers are most like its own.
    pub(crate) NEAREST;
    /// Silences it.
    pub(crate) MUTE;
    /// Unmutes it.
    pub(crate) UNMUTE;
    /// Stops its learning.
    pub(crate) FREEZE;
    /// Lets it learn again.
    pub(crate) UNFREEZE;
    /// Copies it.
    pub(crate) CLONE;
    /// Begins it anew.
    pub(crate) RESET;
    /// The lab.
    pub(crate) FAULT_LAB;
    /// Turns the router's rows around.
    pub(crate) POISON;
    /// The same by name.
    pub(crate) POISON_NAMED;
    /// Deals tokens out evenly.
    pub(crate) FORCE_EVEN;
    /// The same by name.
    pub(crate) FORCE_EVEN_NAMED;
    /// Sends all tokens to one expert.
    pub(crate) COLLAPSE;
    /// The measures showed what was done.
    pub(crate) NOTICED;
    /// They did not.
    pub(crate) NOT_NOTICED;
    /// It is not known yet.
    pub(crate) WAITS;
    /// Its head, where it can be put away.
    pub(crate) SELECTION;
    /// The button that puts it away.
    pub(crate) PUT_AWAY;
    /// What that button does.
    pub(crate) PUT_AWAY_ABOUT;
    MUTED_FROZEN;
    PICKED;
    HAS_WON;
    MUTED;
    FROZEN;
    FORCE_COLLAPSE;
    SHOULD_RISE;
    SHOULD_FALL;
    DID;
    DID_NOT;
    NEED_NOT;
    NOT_KNOWN_YET;
}

sentences! { "selection":
    /// How near its tokens lie to its row of the router.
    pub(crate) fn pull();
    /// Where it stands; sequence and place are counted from 0 and told from 1.
    pub(crate) fn byte_place(byte: u8, sequence: usize, place: usize) {
        byte = format!("0x{byte:02x}"), sequence = sequence + 1, place = place + 1
    };
    /// A loss.
    pub(crate) fn nats(value: &str) { value = value };
    /// The head of an expert.
    pub(crate) fn expert(id: ExpertId) { id = id };
    /// The head as a whole.
    pub(crate) fn expert_head(id: ExpertId, caption: &str) { id = id, caption = caption };
    /// Its curve.
    pub(crate) fn expert_curve(load: &str, wins: &str, even: f64) { load = load, wins = wins, even = numbers::percent(even) };
    /// How much more of a class it gets.
    fn lift(lift: f64) { lift = numbers::signed(lift, 1) };
    /// A button of an expert, by name.
    pub(crate) fn of_expert(button: &str, id: ExpertId) { button = button, id = id };
    /// Whose place shall the copy take?
    pub(crate) fn copy_over_which(of: ExpertId) { of = of };
    /// The button of one of them, by name.
    pub(crate) fn copy_over(over: ExpertId) { over = over };
    /// Whose router its buttons are about.
    pub(crate) fn router_of(layer: usize) { layer = layer + 1 };
    /// What was done, when and where.
    pub(crate) fn trial(step: u64, layer: usize, what: &str) { step = numbers::count(step), layer = layer + 1, what = what };
    /// What is wrong, why it matters, what to try.
    pub(crate) fn alert(words: &str, why: &str, tries: &str) { words = words, why = why, tries = tries };
    fn some_routes(tried, all);
    fn all_routes(tried);
    fn in_layer(layer);
    fn probability_and_response(id, p, s);
    fn force_collapse_onto(id);
    fn alerts_at_step(count, step);
}

/// The head as a whole.
pub(crate) fn byte_head(name: &str, place: &str) -> String {
    format!("{BYTE} {name}, {place}")
}

/// The same, said.
pub(crate) fn response_kept(value: &str) -> String {
    format!("{RESPONSE_KEPT}: {value}")
}

/// How many routes were tried.
pub(crate) fn routes_tried(tried: usize, all: u64) -> String {
    if all > tried as u64 { some_routes(tried, numbers::count(all)) } else { all_routes(tried) }
}

/// The regret in nats, said.
pub(crate) fn regret(value: &str, routes: &str) -> String {
    format!("{REGRET} {value}, {routes}")
}

/// What router and competition say of an expert for this byte.
pub(crate) fn byte_expert(id: ExpertId, p: f32, s: f32, picked: bool, won: bool) -> String {
    let [p, s] = [numbers::fixed(f64::from(p), 3), numbers::fixed(f64::from(s), 4)];
    let said = [Some(probability_and_response(id, p, s)), picked.then(|| PICKED.into()), won.then(|| HAS_WON.into())];
    said.into_iter().flatten().collect::<Vec<String>>().join(", ")
}

/// Beside it: its layer, and what is being done to it.
pub(crate) fn expert_caption(layer: usize, muted: bool, frozen: bool) -> String {
    let state = match (muted, frozen) {
        (true, true) => MUTED_FROZEN,
        (true, false) => MUTED,
        (false, true) => FROZEN,
        (false, false) => return in_layer(layer + 1),
    };
    format!("{} · {state}", in_layer(layer + 1))
}

/// The classes, and how much more of the first it gets.
pub(crate) fn prefers(classes: &[&str], lift: f64) -> String {
    format!("{}  {}", classes.join(", "), self::lift(lift))
}

/// The same by name.
pub(crate) fn collapse_named(onto: Option<ExpertId>) -> String {
    onto.map_or(FORCE_COLLAPSE.into(), force_collapse_onto)
}

/// The same with its signs, one a line.
pub(crate) fn trial_with_signs(trial: &str, signs: &[String]) -> String {
    format!("{trial}:\n{}", signs.join("\n"))
}

/// A sign: what it was, what it is, and whether that is what should happen. `reacted` is not known before the next
/// probe; `certain` tells whether it must react.
pub(crate) fn sign(
    name: &str,
    [before, after]: [Option<f64>; 2],
    rises: bool,
    reacted: Option<bool>,
    certain: bool,
) -> String {
    let value = |value: Option<f64>| value.map_or(UNKNOWN.into(), |value| numbers::fixed(value, 3));
    let should = if rises { SHOULD_RISE } else { SHOULD_FALL };
    let did = match (reacted, certain) {
        (Some(true), _) => DID,
        (Some(false), true) => DID_NOT,
        (Some(false), false) => NEED_NOT,
        (None, _) => NOT_KNOWN_YET,
    };
    format!("{name}: {} → {}, {should}: {did}", value(before), value(after))
}

/// How much is wrong: now, or at the step that is looked at.
pub(crate) fn alerts(count: usize, step: Option<u64>) -> String {
    let count = units::alert(count);
    step.map_or(count.clone(), |step| alerts_at_step(count, numbers::count(step)))
}
