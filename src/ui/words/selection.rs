//! The selection: one byte, one expert, the fault lab, and what is wrong.

use crate::domain::roster::ExpertId;
use crate::ui::kit::numbers;
use crate::ui::words::UNKNOWN;

/// The head of a byte.
pub const BYTE: &str = "Byte";

/// Where it stands; sequence and place are counted from 0 and told from 1.
pub fn byte_place(byte: u8, sequence: usize, place: usize) -> String {
    format!("0x{byte:02x} · sequence {}, place {}", sequence + 1, place + 1)
}

/// The head as a whole.
pub fn byte_head(name: &str, place: &str) -> String {
    format!("{BYTE} {name}, {place}")
}

/// Column of the router's probabilities.
pub const ROUTER_P: &str = "router p";
/// Column of responses.
pub const RESPONSE_S: &str = "response s";

/// What router and competition say of an expert for this byte.
pub fn byte_expert(id: ExpertId, p: f32, s: f32, picked: bool, won: bool) -> String {
    format!(
        "Expert {id}: router probability {}, response {}{}{}",
        numbers::fixed(f64::from(p), 3),
        numbers::fixed(f64::from(s), 4),
        if picked { ", picked" } else { "" },
        if won { ", won" } else { "" }
    )
}

/// Before the router's picks.
pub const ROUTER_WANTED: &str = "Router wanted";
/// Before the winners.
pub const WON: &str = "Won";
/// How much of the winners' response the picks have.
pub const RESPONSE_KEPT: &str = "Response kept by the router";

/// The same, said.
pub fn response_kept(value: &str) -> String {
    format!("{RESPONSE_KEPT}: {value}")
}

/// What the byte after this one cost.
pub const BYTE_LOSS: &str = "Loss of this byte";

/// A loss.
pub fn nats(value: &str) -> String {
    format!("{value} nats")
}

/// Asks for other routes.
pub const TRY_ROUTES: &str = "Try other routes";
/// What the route cost more than the best one.
pub const REGRET: &str = "Regret of its route";
/// The route that the router takes.
pub const TAKEN: &str = "taken";

/// How many routes were tried.
pub fn routes_tried(tried: usize, all: u64) -> String {
    if all > tried as u64 {
        format!("{tried} of {} routes", numbers::count(all))
    } else {
        format!("all {tried} routes")
    }
}

/// The regret in nats, said.
pub fn regret(value: &str, routes: &str) -> String {
    format!("{REGRET} {value}, {routes}")
}

/// The head of an expert.
pub fn expert(id: ExpertId) -> String {
    format!("Expert {id}")
}

/// Beside it: its layer, and what is being done to it.
pub fn expert_caption(layer: usize, muted: bool, frozen: bool) -> String {
    let state = match (muted, frozen) {
        (true, true) => " · muted, frozen",
        (true, false) => " · muted",
        (false, true) => " · frozen",
        (false, false) => "",
    };
    format!("layer {}{state}", layer + 1)
}

/// The head as a whole.
pub fn expert_head(id: ExpertId, caption: &str) -> String {
    format!("Expert {id}, {caption}")
}

/// Its curve.
pub fn expert_curve(load: &str, wins: &str, even: f64) -> String {
    format!("Load {load} and wins {wins} over time; even is {}", numbers::percent(even))
}

/// Classes of bytes it prefers.
pub const ANSWERS_TO: &str = "Specializes in";
/// It prefers none.
pub const NO_CLASS: &str = "no class in particular";

/// The classes, and how much more of the first it gets.
pub fn prefers(classes: &[&str], lift: f64) -> String {
    format!("{}  {} bits", classes.join(", "), numbers::signed(lift, 1))
}

/// What the network would lose without it.
pub const KNOCKED_OUT: &str = "Loss change when ablated";
/// In the place of that number: press to have it.
pub const MEASURE: &str = "measure";
/// Its share of the gradient.
pub const GRADIENT: &str = "Share of gradient";
/// How far it moved.
pub const MOVED: &str = "Weights moved since the last probe";
/// How near its tokens lie to its row of the router.
pub const PULL: &str = "Cosine of its tokens with its router row";
/// Whose answers are most like its own.
pub const NEAREST: &str = "Nearest expert";

/// Silences it.
pub const MUTE: &str = "Mute";
/// Unmutes it.
pub const UNMUTE: &str = "Unmute";
/// Stops its learning.
pub const FREEZE: &str = "Freeze";
/// Lets it learn again.
pub const THAW: &str = "Thaw";
/// Copies it.
pub const CLONE: &str = "Clone…";
/// Begins it anew.
pub const RESET: &str = "Reset";

/// A button of an expert, by name.
pub fn of_expert(button: &str, id: ExpertId) -> String {
    format!("{button} expert {id}")
}

/// Whose place shall the copy take?
pub fn copy_over_which(of: ExpertId) -> String {
    format!("Copy expert {of} over which one? Esc: none")
}

/// The button of one of them, by name.
pub fn copy_over(over: ExpertId) -> String {
    format!("Copy over expert {over}")
}

/// The lab.
pub const FAULT_LAB: &str = "Fault lab";

/// Whose router its buttons are about.
pub fn router_of(layer: usize) -> String {
    format!("router of layer {}", layer + 1)
}

/// Turns the router's rows around.
pub const POISON: &str = "Poison";
/// The same by name.
pub const POISON_NAMED: &str = "Poison the router";
/// Deals tokens out evenly.
pub const FORCE_EVEN: &str = "Force even";
/// The same by name.
pub const FORCE_EVEN_NAMED: &str = "Force balance";
/// Sends all tokens to one expert.
pub const COLLAPSE: &str = "Collapse";

/// The same by name.
pub fn collapse_named(onto: Option<ExpertId>) -> String {
    onto.map_or("Force collapse".into(), |id| format!("Force collapse onto expert {id}"))
}

/// The measures showed what was done.
pub const NOTICED: &str = "detected";
/// They did not.
pub const NOT_NOTICED: &str = "missed";
/// It is not known yet.
pub const WAITS: &str = "waits for the next probe";

/// What was done, when and where.
pub fn trial(step: u64, layer: usize, what: &str) -> String {
    format!("{} · L{} {what}", numbers::count(step), layer + 1)
}

/// The same with its signs, one a line.
pub fn trial_with_signs(trial: &str, signs: &[String]) -> String {
    format!("{trial}:\n{}", signs.join("\n"))
}

/// A sign: what it was, what it is, and whether that is what should happen. `reacted` is not known before the next
/// probe; `certain` tells whether it must react.
pub fn sign(
    name: &str,
    [before, after]: [Option<f64>; 2],
    rises: bool,
    reacted: Option<bool>,
    certain: bool,
) -> String {
    let value = |value: Option<f64>| value.map_or(UNKNOWN.into(), |value| numbers::fixed(value, 3));
    let should = if rises { "should rise" } else { "should fall" };
    let did = match (reacted, certain) {
        (Some(true), _) => "did",
        (Some(false), true) => "did not",
        (Some(false), false) => "need not",
        (None, _) => "not known yet",
    };
    format!("{name}: {} → {}, {should}: {did}", value(before), value(after))
}

/// Its head, where it can be put away.
pub const SELECTION: &str = "Selection";
/// The button that puts it away.
pub const PUT_AWAY: &str = "Put the selection away";
/// What that button does.
pub const PUT_AWAY_ABOUT: &str = "Put it away (I)";

/// How much is wrong: now, or at the step that is looked at.
pub fn alerts(count: usize, step: Option<u64>) -> String {
    let count = numbers::counted(count, "alert");
    step.map_or(count.clone(), |step| format!("{count} at step {}", numbers::count(step)))
}

/// What is wrong, why it matters, what to try.
pub fn alert(words: &str, why: &str, tries: &str) -> String {
    format!("{words}\n{why}\nTry: {tries}")
}
