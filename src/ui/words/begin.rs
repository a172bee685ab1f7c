//! Beginning a demonstration or a set-up: its menu, the question before it, and the line while it is shown.

use crate::domain::config::{TaskConfig, Text};
use crate::domain::quote;
use crate::lessons::Setup;
use crate::ui::kit::numbers;
use crate::ui::words::questions::MOBY_DICK;
use crate::words::constants::texts;
use crate::words::policy_of;
use crate::words::table::sentences;

texts! { "begin":
    /// The menu.
    pub(crate) DEMONSTRATIONS;
    /// Begins it.
    pub(crate) BEGIN;
    /// The same by name.
    pub(crate) BEGIN_NAMED;
    /// Does not, by name.
    pub(crate) CANCEL_NAMED;
    /// Puts the line of a demonstration away.
    pub(crate) CLOSE;
    /// Begins the same run without the cause.
    pub(crate) WITHOUT;
    /// What that does.
    pub(crate) ABOUT_WITHOUT;
    /// Of a demonstration of what is well.
    pub(crate) NO_ALERT;
    /// Title of the question before a set-up begins.
    pub(crate) SETUP_TITLE;
    /// Copies the set-up.
    pub(crate) COPY;
    /// What was copied, in notices.
    pub(crate) THE_SETUP;
    /// That it was.
    pub(crate) COPIED;
    /// Asks for a line.
    pub(crate) PASTE;
    /// What the field takes.
    pub(crate) PASTE_HINT;
    /// What a line is.
    pub(crate) ABOUT_PASTE;
    /// Chooses a file.
    pub(crate) OPEN_FILE;
    /// The field by name.
    pub(crate) LINE;
    /// Puts the field away, by name.
    pub(crate) CANCEL_PASTE_NAMED;
    /// Saves it.
    pub(crate) SAVE;
    /// Title of the panel that saves.
    pub(crate) SAVE_TITLE;
    /// What its field takes.
    pub(crate) SAVE_PATH;
    /// What is in the file.
    pub(crate) ABOUT_SAVE;
    /// Hides a control.
    pub(crate) HIDE;
    /// Shows all again.
    pub(crate) SHOW_ALL;
    /// The list of controls.
    pub(crate) CHOOSE;
    /// What that does.
    pub(crate) ABOUT_CHOOSE;
    NOTHING_DONE;
}

sentences! { "begin":
    /// Trains as far as the phenomenon needs.
    pub(crate) fn run_to(step: u64) { step = numbers::count(step) };
    /// When it is seen.
    pub(crate) fn seen_by(step: u64) { step = numbers::count(step) };
    /// Its alert is raised.
    pub(crate) fn raised(step: u64) { step = numbers::count(step) };
    /// What to watch.
    pub(crate) fn watch(what: &str) { what = what };
    /// Title of the question before the same run begins without its cause.
    pub(crate) fn without(name: &str) { name = name };
    /// Copying it, in notices.
    pub(crate) fn no_setup(why: &str) { why = why };
    /// The dropped file is a set-up with faults, or none.
    pub(crate) fn drop_setup(path: String, why: String) { path = path, why = why };
    /// In the log, if the hidden controls cannot be kept.
    pub(crate) fn hidden_not_kept(error);
    /// The menu of a control.
    pub(crate) fn control_menu(name: &str) { name = name };
    /// How many are hidden, on the button of their list.
    pub(crate) fn hidden_now[count as u64](count: usize) { count = count };
    fn run(policy, experts, top_k, seed, steps);
    fn points(data, noise);
    fn text(name);
    fn changes[count as u64](count: usize, last: u64) { count = count, last = numbers::count(last) };
    fn hidden[count as u64](count: usize) { count = count };
}

/// What a set-up is, a line each.
pub(crate) fn setup(setup: &Setup) -> Vec<String> {
    let config = &setup.run.config;
    let (knobs, steps) = (&config.knobs, numbers::count(config.steps));
    let task = match &config.task {
        TaskConfig::Plane(plane) => points(crate::words::named(plane.data.label()), numbers::knob(plane.noise)),
        TaskConfig::Text(Text::MobyDick) => text(MOBY_DICK),
        TaskConfig::Text(Text::File(path)) => text(quote::path(path)),
    };
    let policy = policy_of((knobs.policy, knobs.form));
    let mut lines = vec![task, run(policy, config.model.experts, knobs.top_k, config.seed, steps)];
    lines.push(match setup.run.changes.last() {
        Some(last) => changes(setup.run.changes.len(), last.at),
        None => NOTHING_DONE.said().to_owned(),
    });
    if !setup.hidden.is_empty() {
        lines.push(hidden(setup.hidden.len()));
    }
    lines
}
