//! The strip at the top and the status line at the bottom: buttons of the run, where it stands, device, saves.

use std::fmt::Display;

use crate::ui::kit::numbers;

/// Begins again.
pub const RESET: &str = "Reset";
/// Begins to train.
pub const RUN: &str = "Run";
/// Stops.
pub const PAUSE: &str = "Pause";
/// In the place of both while the run is not ready.
pub const PREPARING: &str = "Preparing…";
/// What both do.
pub const ABOUT_RUN: &str = "Run, pause (Space)";
/// Trains one step; also the caption of the step's number.
pub const STEP: &str = "Step";
/// What the button does.
pub const ABOUT_STEP: &str = "Train one step, then pause (S)";

/// What Reset does, with this seed or the next.
pub fn about_reset(seed: u64, next: u64) -> String {
    format!("Begin again at step 0, seed {seed} (R)\nShift: with seed {next}")
}

/// The way on after a failure.
pub fn resume(step: u64) -> String {
    format!("Resume from step {}", numbers::count(step))
}

/// The badge where there is little room.
pub const PAUSED: &str = "Paused";
/// Paused before the first step.
pub const PAUSED_AT_START: &str = "Paused at the start";
/// By hand.
pub const PAUSED_BY_YOU: &str = "Paused by you";
/// At the end of the run.
pub const PAUSED_PLAN_DONE: &str = "Paused, plan done";
/// After a checkpoint was opened.
pub const PAUSED_OPENED: &str = "Paused, just opened";
/// Because the text is not there as it was.
pub const PAUSED_TEXT: &str = "Paused, text missing";
/// Because a number was not finite.
pub const PAUSED_NOT_FINITE: &str = "Paused, not finite";
/// After it was brought up on a device.
pub const PAUSED_MOVED: &str = "Paused, device changed";
/// Because there is no room for its save.
pub const PAUSED_DISK_FULL: &str = "Paused, disk full";

/// After so many steps that were asked for.
pub fn paused_steps_done(steps: u64) -> String {
    format!("{PAUSED}: {} done", numbers::counted(steps, "step"))
}

/// The slider of steps a second.
pub const SPEED: &str = "Speed";
/// At its end.
pub const FASTEST: &str = "max";

/// Steps a second.
pub fn per_second(steps: f64) -> String {
    format!("{}/s", numbers::short(steps))
}

/// Beside the step: how many there are.
pub fn of_steps(steps: u64) -> String {
    format!("of {}", numbers::count(steps))
}

/// How fast it trains.
pub const TOKENS_PER_SECOND: &str = "Tokens per second";
/// Time left.
pub const LEFT: &str = "Left";
/// The seed.
pub const SEED: &str = "Seed";

/// The seed, in the menu of runs.
pub fn seed(seed: u64) -> String {
    format!("{SEED} {seed}")
}

/// Switches to the light theme.
pub const LIGHT_THEME: &str = "Light theme";
/// Switches to the dark one.
pub const DARK_THEME: &str = "Dark theme";
/// Shows the rail where it is folded away.
pub const KNOBS: &str = "Knobs";
/// What that button does.
pub const ABOUT_KNOBS: &str = "Show or hide the knobs";
/// Shows the selection where it is folded away.
pub const SELECTION: &str = "Selection";
/// What that button does.
pub const ABOUT_SELECTION: &str = "Show or hide the selection, the fault lab and the alerts (I)";
/// What the number of alerts does.
pub const ABOUT_ALERTS: &str = "Show what is wrong (A)";
/// The caption of tokens per second where there is little room.
pub const TOKENS_PER_SECOND_SHORT: &str = "Tokens/s";
/// Saves.
pub const SAVE: &str = "Save…";
/// Opens.
pub const OPEN: &str = "Open…";
/// The menu of runs, where there is no text to name it by.
pub const FILE: &str = "File";
/// The menu of runs.
pub const RUN_MENU: &str = "Run menu";
/// What is in it.
pub const RUN_MENU_ENTRIES: &str = "Run menu entries";
/// Its entry that opens.
pub const OPEN_CHECKPOINT: &str = "Open checkpoint…";
/// Its entry that saves.
pub const SAVE_CHECKPOINT: &str = "Save checkpoint…";
/// The menu of devices.
pub const DEVICE_MENU: &str = "Device menu";
/// What is in it.
pub const DEVICES: &str = "Devices";
/// In the place of the device's name.
pub const NO_DEVICE: &str = "No device yet";

/// Memory of the device.
pub fn in_use(bytes: u64) -> String {
    format!("{} in use", numbers::bytes(bytes))
}

/// The device, what kind it is, and why it was chosen.
pub fn device(name: &str, kind: &str, why: &str) -> String {
    format!("{name} ({kind})\n{why}")
}

/// Status: training.
pub const RUNNING: &str = "Running";
/// Status: writing a checkpoint.
pub const SAVING: &str = "Saving…";

/// Status: not ready yet.
pub fn preparing(stage: impl Display) -> String {
    format!("Preparing: {stage}")
}

/// Status: cannot go on; the red line over the tiles says why.
pub const FAILED: &str = "Failed, see above";

/// Where the time of a step goes.
pub fn timing(step_millis: f64, wait_millis: f64) -> String {
    format!("step {} ms — waiting for the device {}", numbers::fixed(step_millis, 1), numbers::fixed(wait_millis, 1))
}

/// What these are.
pub const ABOUT_TIMING: &str = "Mean times of the steps read back last, in milliseconds.";
/// Shows the keys.
pub const KEYS: &str = "keys";
/// The same by name.
pub const KEYS_NAMED: &str = "Keys";
/// Shows the log, by name.
pub const LOG: &str = "Log";

/// The same, and how much is in it.
pub fn log(notices: usize) -> String {
    format!("{LOG} ({notices})")
}

/// The last save.
pub fn saved_at(step: u64) -> String {
    format!("saved at step {}", numbers::count(step))
}

/// There was none.
pub const NOT_SAVED: &str = "not saved yet";

/// The window's own work.
pub fn window_work(millis: f64, worst: f64, frames: u64, waiting: usize) -> String {
    format!(
        "window {} ms, worst {} ms, frame {frames}, {waiting} waiting",
        numbers::fixed(millis, 2),
        numbers::fixed(worst, 2)
    )
}
