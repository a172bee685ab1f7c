//! The timeline: lanes of competitions, flags of changes, saves, alerts, and the step looked at.

use crate::ui::kit::numbers;

/// The head.
pub const RUN: &str = "Run";
/// Beside it.
pub const TICK: &str = "a tick: the layer competed";
/// Explains the whole.
pub const ABOUT: &str = "About the timeline";
/// Steps without competition.
pub const WARM_UP: &str = "warm-up";
/// What lies ahead.
pub const PLANNED: &str = "planned";
/// Lanes while Shift is held.
pub const PAINT: &str = "Paint competitions ahead";
/// Looks at the newest step again.
pub const BACK_TO_LIVE: &str = "Back to live";

/// Of what lies ahead, what is not worked out yet.
pub const NOT_PLANNED: &str = "not planned yet";
/// The same, explained.
pub const ABOUT_NOT_PLANNED: &str = "Which layers compete here is worked out when the run comes nearer.";

/// How often a layer competed, in the whole run.
pub fn steps(count: u64) -> String {
    format!("{} in all", numbers::count(count))
}

/// The share of the newest steps at which it did.
pub fn rate(share: &str, window: usize) -> String {
    format!("{share} of last {}", numbers::count(window as u64))
}

/// Several changes that lie together.
pub fn changes(count: usize) -> String {
    numbers::counted(count, "change")
}

/// Changes that are not told one by one.
pub fn earlier_changes(count: usize) -> String {
    numbers::counted(count, "earlier one")
}

/// A lane: at how many steps it competed, the share of which window, and what was asked.
pub fn layer_competed(layer: usize, steps: u64, rate: &str, window: usize, asked: f64) -> String {
    format!(
        "Layer {} competed at {} in the whole run; {rate} of the last {}, {} asked",
        layer + 1,
        numbers::counted(steps, "step"),
        numbers::counted(window, "step"),
        numbers::percent(asked)
    )
}

/// Lanes that have no room, and the keys that reach them.
pub fn hidden_layers(count: usize) -> String {
    format!("{}, press [ or ]", numbers::counted(count, "more layer"))
}

/// One save: its step and its file.
pub fn saved_at(step: u64, path: &str) -> String {
    format!("Saved at step {}: {path}", numbers::count(step))
}

/// Saves.
pub fn saves(count: usize, last: u64) -> String {
    format!("{}, the last at step {}", numbers::counted(count, "save"), numbers::count(last))
}

/// What was changed at a step, or between two.
pub fn flag(first: u64, last: u64, what: &str) -> String {
    let [from, to] = [first, last].map(numbers::count);
    if first == last { format!("Step {from}: {what}") } else { format!("Steps {from} to {to}: {what}") }
}

/// What became of the loss: means of 100 steps before a change, and of 100 after it.
pub fn effect(flag: &str, before: f64, after: f64) -> String {
    let [b, a] = [before, after].map(|loss| numbers::fixed(loss, 3));
    format!("{flag}\nLoss over 100 steps before: {b} nats; after: {a} ({})", numbers::signed(after - before, 3))
}

/// The lanes, which can be dragged: where they stand.
pub fn looked_at_of(step: u64, newest: u64) -> String {
    format!("Step viewed: {} of {}", numbers::count(step), numbers::count(newest))
}

/// On the cursor: the newest step of a run that trains.
pub fn live(step: u64) -> String {
    format!("{} live", numbers::count(step))
}

/// On the cursor: a step of the past.
pub fn looked_at(step: u64) -> String {
    format!("Viewing step {}", numbers::count(step))
}

/// The cursor at the newest step.
pub fn now(step: u64, running: bool) -> String {
    format!("Now: step {}, {}", numbers::count(step), if running { "live" } else { "not training" })
}

/// The cursor at a step of the past.
pub fn looking_at(step: u64, newest: u64) -> String {
    format!("Viewing step {} of {}", numbers::count(step), numbers::count(newest))
}

/// What was wrong from a step to another or until now, why it matters, what to try.
pub fn alert(since: u64, until: Option<u64>, words: &str, why: &str, tries: &str) -> String {
    let until = until.map_or("now".into(), numbers::count);
    format!("Steps {} to {until}: {words}\n{why}\nTry: {tries}", numbers::count(since))
}
