//! The strip at the top and the status line at the bottom: buttons of the run, where it stands, device, saves.

use std::fmt::Display;

use crate::ui::kit::numbers;
use crate::ui::words::units;
use crate::words::constants::texts;
use crate::words::table::sentences;

texts! { "strip":
    /// Begins again.
    pub RESET;
    /// Begins to train.
    pub RUN;
    /// Stops.
    pub PAUSE;
    /// In the place of both while the run is not ready.
    pub PREPARING;
    /// What both do.
    pub ABOUT_RUN;
    /// Trains one step; also the caption of the step's number.
    pub STEP;
    /// What the button does.
    pub ABOUT_STEP;
    /// The badge where there is little room.
    pub PAUSED;
    /// Paused before the first step.
    pub PAUSED_AT_START;
    /// By hand.
    pub PAUSED_BY_YOU;
    /// At the end of the run.
    pub PAUSED_PLAN_DONE;
    /// After a checkpoint was opened.
    pub PAUSED_OPENED;
    /// Because the text is not there as it was.
    pub PAUSED_TEXT;
    /// Because a number was not finite.
    pub PAUSED_NOT_FINITE;
    /// After it was brought up on a device.
    pub PAUSED_MOVED;
    /// Because there is no room for its save.
    pub PAUSED_DISK_FULL;
    /// The slider of steps a second.
    pub SPEED;
    /// At its end.
    pub FASTEST;
    /// Time left.
    pub LEFT;
    /// The seed.
    pub SEED;
    /// Switches to the light theme.
    pub LIGHT_THEME;
    /// Switches to the dark one.
    pub DARK_THEME;
    /// Shows the rail where it is folded away.
    pub KNOBS;
    /// What that button does.
    pub ABOUT_KNOBS;
    /// Shows the selection where it is folded away.
    pub SELECTION;
    /// What that button does.
    pub ABOUT_SELECTION;
    /// What the number of alerts does.
    pub ABOUT_ALERTS;
    /// Saves.
    pub SAVE;
    /// Opens.
    pub OPEN;
    /// The menu of runs, where there is no text to name it by.
    pub FILE;
    /// The menu of runs.
    pub RUN_MENU;
    /// What is in it.
    pub RUN_MENU_ENTRIES;
    /// Its entry that opens.
    pub OPEN_CHECKPOINT;
    /// Its entry that saves.
    pub SAVE_CHECKPOINT;
    /// The menu of devices.
    pub DEVICE_MENU;
    /// What is in it.
    pub DEVICES;
    /// In the place of the device's name.
    pub NO_DEVICE;
    /// Status: training.
    pub RUNNING;
    /// Status: writing a checkpoint.
    pub SAVING;
    /// Status: cannot go on; the red line over the tiles says why.
    pub FAILED;
    /// What these are.
    pub ABOUT_TIMING;
    /// Shows the keys.
    pub KEYS;
    /// The same by name.
    pub KEYS_NAMED;
    /// Shows the log, by name.
    pub LOG;
    /// There was none.
    pub NOT_SAVED;
}

sentences! { "strip":
    /// The caption of tokens per second where there is little room.
    pub fn tokens_per_second_short();
    /// How fast it trains.
    pub fn tokens_per_second();
    /// The device, what kind it is, and why it was chosen.
    pub fn device(name: &str, kind: &str, why: &str) { name = name, kind = kind, why = why };
    /// What Reset does, with this seed or the next.
    pub fn about_reset(seed: u64, next: u64) { seed = seed, next = next };
    /// The way on after a failure.
    pub fn resume(step: u64) { step = numbers::count(step) };
    /// After so many steps that were asked for.
    pub fn paused_steps_done(steps: u64) { paused = PAUSED, steps = units::step(steps) };
    /// Steps a second.
    pub fn per_second(steps: f64) { steps = numbers::short(steps) };
    /// Beside the step: how many there are.
    pub fn of_steps(steps: u64) { steps = numbers::count(steps) };
    /// Memory of the device.
    pub fn in_use(bytes: u64) { bytes = numbers::bytes(bytes) };
    /// Status: not ready yet.
    pub fn preparing(stage: impl Display) { stage = stage };
    /// Where the time of a step goes.
    pub fn timing(step_millis: f64, wait_millis: f64) { step_millis = numbers::fixed(step_millis, 1), wait_millis = numbers::fixed(wait_millis, 1) };
    /// The last save.
    pub fn saved_at(step: u64) { step = numbers::count(step) };
    /// The window's own work.
    pub fn window_work(millis: f64, worst: f64, frames: u64, waiting: usize) { millis = numbers::fixed(millis, 2), worst = numbers::fixed(worst, 2), frames = frames, waiting = waiting };
}

/// The seed, in the menu of runs.
pub fn seed(seed: u64) -> String {
    format!("{SEED} {seed}")
}

/// The same, and how much is in it.
pub fn log(notices: usize) -> String {
    format!("{LOG} ({notices})")
}
