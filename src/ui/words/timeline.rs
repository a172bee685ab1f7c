//! The timeline: lanes of competitions, flags of changes, saves, alerts, and the step looked at.

use crate::ui::kit::numbers;
use crate::ui::words::units;
use crate::words::constants::texts;
use crate::words::table::sentences;

texts! { "timeline":
    /// What the lanes show of dumps.
    pub(crate) GAPS;
    /// The same at length: ticks too.
    pub(crate) DUMPS_AND_GAPS;
    /// The head.
    pub(crate) RUN;
    /// Beside it.
    pub(crate) TICK;
    /// The same where one layer has a lane.
    pub(crate) TICK_OF_ALL;
    /// The lane of competitions.
    pub(crate) COMPETITION_STEPS;
    /// The lane of kappa.
    pub(crate) AGREEMENT_KAPPA;
    /// Explains the whole.
    pub(crate) ABOUT;
    /// Steps without competition.
    pub(crate) WARM_UP;
    /// What lies ahead.
    pub(crate) PLANNED;
    /// Lanes while Shift is held.
    pub(crate) PAINT;
    /// Looks at the newest step again.
    pub(crate) BACK_TO_LIVE;
    /// Of what lies ahead, what is not worked out yet.
    pub(crate) NOT_PLANNED;
    /// The same, explained.
    pub(crate) ABOUT_NOT_PLANNED;
    NOW;
}

sentences! { "timeline":
    /// How often a layer competed, in the whole run.
    pub(crate) fn steps(count: u64) { count = numbers::count(count) };
    /// At how many of the steps on which it could, a layer competed.
    pub(crate) fn of_steps(steps: u64, open: u64) { steps = numbers::count(steps), open = numbers::count(open) };
    /// The same, said.
    pub(crate) fn competed_said(steps: u64, open: u64) { steps = numbers::count(steps), open = units::step(open) };
    /// Kappa beside its curve.
    pub(crate) fn kappa_at(kappa: &str) { kappa = kappa };
    /// The curve of kappa, said.
    pub(crate) fn kappa_said(kappa: &str, step: u64) { kappa = kappa, step = numbers::count(step) };
    /// The share of the newest steps at which it did.
    pub(crate) fn rate(share: &str, window: usize) { share = share, window = numbers::count(window as u64) };
    /// A lane: at how many steps it competed, the share of which window, and what was asked.
    pub(crate) fn layer_competed(layer: usize, steps: u64, rate: &str, window: usize, asked: f64) { layer = layer + 1, steps = units::step(steps), rate = rate, window = units::step(window), asked = numbers::percent(asked) };
    /// Lanes that have no room, and the keys that reach them.
    pub(crate) fn hidden_layers(count: usize) { count = units::more_layer(count) };
    /// One save: its step and its file.
    pub(crate) fn saved_at(step: u64, path: &str) { step = numbers::count(step), path = path };
    /// Saves.
    pub(crate) fn saves(count: usize, last: u64) { count = units::save(count), last = numbers::count(last) };
    /// The lanes, which can be dragged: where they stand.
    pub(crate) fn looked_at_of(step: u64, newest: u64) { step = numbers::count(step), newest = numbers::count(newest) };
    /// On the cursor: the newest step of a run that trains.
    pub(crate) fn live(step: u64) { step = numbers::count(step) };
    /// On the cursor: a step of the past.
    pub(crate) fn looked_at(step: u64) { step = numbers::count(step) };
    fn now_live(step);
    fn now_still(step);
    /// The cursor at a step of the past.
    pub(crate) fn looking_at(step: u64, newest: u64) { step = numbers::count(step), newest = numbers::count(newest) };
    fn flag_at_step(from, what);
    fn flag_at_steps(from, to, what);
    fn effect_on_loss(flag, b, a, after);
    /// A flag, and what became of the run after it.
    pub(crate) fn explained(flag: &str, what: &str) { flag = flag, what = what };
    fn alert_line(since, until, words, why, tries);
}

/// Several changes that lie together.
pub(crate) fn changes(count: usize) -> String {
    units::change(count)
}

/// Changes that are not told one by one.
pub(crate) fn earlier_changes(count: usize) -> String {
    units::earlier_one(count)
}

/// The cursor at the newest step.
pub(crate) fn now(step: u64, running: bool) -> String {
    let step = numbers::count(step);
    if running { now_live(step) } else { now_still(step) }
}

/// What was changed at a step, or between two.
pub(crate) fn flag(first: u64, last: u64, what: &str) -> String {
    let [from, to] = [first, last].map(numbers::count);
    if first == last { flag_at_step(from, what) } else { flag_at_steps(from, to, what) }
}

/// What became of the loss: means of 100 steps before a change, and of 100 after it.
pub(crate) fn effect(flag: &str, before: f64, after: f64) -> String {
    let [b, a] = [before, after].map(|loss| numbers::fixed(loss, 3));
    effect_on_loss(flag, b, a, numbers::signed(after - before, 3))
}

/// What was wrong from a step to another or until now, why it matters, what to try.
pub(crate) fn alert(since: u64, until: Option<u64>, words: &str, why: &str, tries: &str) -> String {
    let until = until.map_or(NOW.into(), numbers::count);
    alert_line(numbers::count(since), until, words, why, tries)
}
