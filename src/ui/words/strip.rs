//! The strip at the top and the status line at the bottom: buttons of the run, where it stands, device, saves.

use std::fmt::Display;

use crate::ui::kit::numbers;
use crate::ui::words::units;
use crate::words::constants::texts;
use crate::words::retold;
use crate::words::table::sentences;

texts! { "strip":
    /// Begins again.
    pub(crate) RESET;
    /// Begins to train.
    pub(crate) RUN;
    /// Stops.
    pub(crate) PAUSE;
    /// In the place of both while the run is not ready.
    pub(crate) PREPARING;
    /// In the place of both while the run is done again.
    pub(crate) CANCEL;
    /// What that does.
    pub(crate) ABOUT_CANCEL;
    /// What both do.
    pub(crate) ABOUT_RUN;
    /// Trains one step; also the caption of the step's number.
    pub(crate) STEP;
    /// What the button does.
    pub(crate) ABOUT_STEP;
    /// The button of its menu.
    pub(crate) MORE_STEPS;
    /// What that does.
    pub(crate) ABOUT_MORE_STEPS;
    /// What is in it.
    pub(crate) MORE_STEPS_ENTRIES;
    /// Entry: one step.
    pub(crate) ONE_STEP;
    /// Entry: the next phase.
    pub(crate) NEXT_PHASE;
    /// Before the number of a stop.
    pub(crate) STOP_AT;
    /// What that number is called.
    pub(crate) STOP_STEP;
    /// Goes there.
    pub(crate) RUN_TO_IT;
    /// The badge where there is little room.
    pub(crate) PAUSED;
    /// Paused before the first step.
    pub(crate) PAUSED_AT_START;
    /// By hand.
    pub(crate) PAUSED_BY_YOU;
    /// At the end of the run.
    pub(crate) PAUSED_PLAN_DONE;
    /// After a checkpoint was opened.
    pub(crate) PAUSED_OPENED;
    /// Because the text is not there as it was.
    pub(crate) PAUSED_TEXT;
    /// Because a number was not finite.
    pub(crate) PAUSED_NOT_FINITE;
    /// After it was brought up on a device.
    pub(crate) PAUSED_MOVED;
    /// After it went back.
    pub(crate) PAUSED_REWOUND;
    /// Because there is no room for its save.
    pub(crate) PAUSED_DISK_FULL;
    /// The slider of steps a second.
    pub(crate) SPEED;
    /// At its end.
    pub(crate) FASTEST;
    /// Time left.
    pub(crate) LEFT;
    /// The seed.
    pub(crate) SEED;
    /// Switches to the light theme.
    pub(crate) LIGHT_THEME;
    /// Switches to the dark one.
    pub(crate) DARK_THEME;
    /// Shows the rail where it is folded away.
    pub(crate) KNOBS;
    /// What that button does.
    pub(crate) ABOUT_KNOBS;
    /// Shows the selection where it is folded away.
    pub(crate) SELECTION;
    /// What that button does.
    pub(crate) ABOUT_SELECTION;
    /// What the number of alerts does.
    pub(crate) ABOUT_ALERTS;
    /// The mode that is learnt with.
    pub(crate) LEARN;
    /// What it shows.
    pub(crate) ABOUT_LEARN;
    /// The mode that trains.
    pub(crate) TRAIN;
    /// What it shows.
    pub(crate) ABOUT_TRAIN;
    /// The mode that inspects.
    pub(crate) INSPECT;
    /// What it shows.
    pub(crate) ABOUT_INSPECT;
    /// The mode that compares.
    pub(crate) COMPARE;
    /// What it shows.
    pub(crate) ABOUT_COMPARE;
    /// The switch of modes, or the menu it is folded into.
    pub(crate) MODES;
    /// What is in that menu.
    pub(crate) MODE_ENTRIES;
    /// Saves.
    pub(crate) SAVE;
    /// Opens.
    pub(crate) OPEN;
    /// The menu of runs, where there is no text to name it by.
    pub(crate) FILE;
    /// The menu of runs.
    pub(crate) RUN_MENU;
    /// What is in it.
    pub(crate) RUN_MENU_ENTRIES;
    /// Its entry that opens.
    pub(crate) OPEN_CHECKPOINT;
    /// Its entry that saves.
    pub(crate) SAVE_CHECKPOINT;
    /// The menu of languages.
    pub(crate) LANGUAGE;
    /// Its entry for whatever the system speaks.
    pub(crate) LANGUAGE_OF_SYSTEM;
    /// Saves the run as a page.
    pub(crate) REPORT;
    /// The menu of devices.
    pub(crate) DEVICE_MENU;
    /// What is in it.
    pub(crate) DEVICES;
    /// In the place of the device's name.
    pub(crate) NO_DEVICE;
    /// Status: training.
    pub(crate) RUNNING;
    /// Status: writing a checkpoint.
    pub(crate) SAVING;
    /// Status: cannot go on; the red line over the tiles says why.
    pub(crate) FAILED;
    /// What these are.
    pub(crate) ABOUT_TIMING;
    /// Shows the keys.
    pub(crate) KEYS;
    /// The same by name.
    pub(crate) KEYS_NAMED;
    /// What it shows.
    pub(crate) ABOUT_KEYS;
    /// Shows the log, by name.
    pub(crate) LOG;
    /// There was none.
    pub(crate) NOT_SAVED;
}

sentences! { "strip":
    /// In the log, if the settings of the window cannot be kept for the next one.
    pub(crate) fn mode_not_kept(error);
    /// The caption of tokens per second where there is little room.
    pub(crate) fn tokens_per_second_short();
    /// How fast it trains.
    pub(crate) fn tokens_per_second();
    /// The device, what kind it is, and why it was chosen.
    pub(crate) fn device(name: &str, kind: &str, why: &str) { name = name, kind = retold(kind), why = why };
    /// Entry: so many steps.
    pub(crate) fn some_steps[steps](steps: u64) { steps = numbers::count(steps) };
    /// What Reset does, with this seed or the next.
    pub(crate) fn about_reset(seed: u64, next: u64) { seed = seed, next = next };
    /// The way on after a failure.
    pub(crate) fn resume(step: u64) { step = numbers::count(step) };
    /// After so many steps that were asked for.
    pub(crate) fn paused_steps_done(steps: u64) { paused = PAUSED, steps = units::step(steps) };
    /// Steps a second.
    pub(crate) fn per_second(steps: f64) { steps = numbers::short(steps) };
    /// Beside the step: how many there are.
    pub(crate) fn of_steps(steps: u64) { steps = numbers::count(steps) };
    /// Memory of the device.
    pub(crate) fn in_use(bytes: u64) { bytes = numbers::bytes(bytes) };
    /// Status: not ready yet.
    pub(crate) fn preparing(stage: impl Display) { stage = stage };
    /// Where the time of a step goes.
    pub(crate) fn timing(step_millis: f64, wait_millis: f64) { step_millis = numbers::fixed(step_millis, 1), wait_millis = numbers::fixed(wait_millis, 1) };
    /// The last save.
    pub(crate) fn saved_at(step: u64) { step = numbers::count(step) };
    /// The window's own work.
    pub(crate) fn window_work(millis: f64, worst: f64, frames: u64, waiting: usize) { millis = numbers::fixed(millis, 2), worst = numbers::fixed(worst, 2), frames = frames, waiting = waiting };
}

/// The seed, in the menu of runs.
pub(crate) fn seed(seed: u64) -> String {
    format!("{SEED} {seed}")
}

/// The same, and how much is in it.
pub(crate) fn log(notices: usize) -> String {
    format!("{LOG} ({notices})")
}
