//! Questions over the window: a file to open or save, a dropped text, a new run; and what a tile can be saved as.

use std::io::{self, ErrorKind};
use std::path::Path;
use std::time::SystemTime;

use crate::domain::quote;
use crate::run::{AppCommand, Command, LeftRun, RecentFile, Standing, utc};
use crate::ui::kit::numbers;

/// The panel that opens, and the system's dialog for it.
pub const OPEN_TITLE: &str = "Open a checkpoint";
/// The panel that saves.
pub const SAVE_TITLE: &str = "Save everything to a checkpoint";
/// What is in the file.
pub const ABOUT_SAVE: &str =
    "Weights, optimizer, history and journal in one file. An existing file is replaced only if you say so.";
/// The system's dialog that saves.
pub const SAVE_DIALOG: &str = "Save a checkpoint";
/// What the system's dialog shows of a folder.
pub const CHECKPOINT_FILTER: &str = "Checkpoint";
/// What the field takes.
pub const CHECKPOINT_PATH: &str = "path ending in .safetensors";
/// The panel that saves values.
pub const CSV_TITLE: &str = "Save the values as CSV";
/// What the field takes.
pub const CSV_PATH: &str = "path ending in .csv";
/// What is in the file.
pub const ABOUT_CSV: &str = "The values of the moment you chose, under named columns; “section” says which part of the \
tile a row is of.";
/// The panel that saves pixels.
pub const PNG_TITLE: &str = "Save the picture as PNG";
/// What the field takes.
pub const PNG_PATH: &str = "path ending in .png";
/// What is in the file.
pub const ABOUT_PNG: &str = "The tile of the moment you chose, pixel by pixel.";
/// The panel that saves shapes.
pub const SVG_TITLE: &str = "Save the drawing as SVG";
/// What the field takes.
pub const SVG_PATH: &str = "path ending in .svg";
/// What is in the file.
pub const ABOUT_SVG: &str = "The tile of the moment you chose, as shapes and text, sharp at any size.";

/// The system's dialog that saves what a tile shows.
pub fn save_as(format: &str) -> String {
    format!("Save as {format}")
}

/// The field, by name.
pub const PATH: &str = "Path";
/// The button that opens.
pub const OPEN: &str = "Open";
/// The same by name.
pub const OPEN_NAMED: &str = "Open file";
/// The button that saves.
pub const SAVE: &str = "Save";
/// The same by name.
pub const SAVE_NAMED: &str = "Save file";
/// Shows the system's dialog.
pub const BROWSE: &str = "Browse…";
/// What that is.
pub const ABOUT_BROWSE: &str = "The system's own dialog";
/// Puts the panel away, by name.
pub const CANCEL_FILE_NAMED: &str = "Cancel file";

/// The system's dialog cannot be shown.
pub fn no_dialog(error: &str) -> String {
    format!("No file dialog can be shown here ({error}). Type the path instead.")
}

/// The desktop has no dialogs.
pub const NO_DIALOG: &str = "No file dialog can be shown here (no desktop portal). Type the path instead.";
/// How a checkpoint's file name ends.
pub const CHECKPOINT_ENDING: &str = "safetensors";

/// The suggested name of a save.
pub fn file_of_step(step: u64) -> String {
    format!("step-{step}.{CHECKPOINT_ENDING}")
}

/// Below the path field: the whole path that is meant.
pub fn full_path(path: &Path) -> String {
    format!("Full path: {}", quote::path(path))
}

/// Why nothing can be saved at a path: what stands there, and what to do.
pub fn occupied(path: &Path, standing: &Standing) -> String {
    format!("{}. Choose another place.", crate::words::standing(standing, path))
}

/// A file would be replaced.
pub const OVERWRITES: &str = "This overwrites an existing file";
/// Replaces it.
pub const OVERWRITE: &str = "Overwrite";
/// Does not.
pub const ANOTHER_NAME: &str = "Choose another name";

/// What stands at a path that would be replaced.
pub fn standing(standing: &Standing) -> String {
    let written = |at: &Option<SystemTime>| at.map_or_else(String::new, |at| format!(", written {}", utc(at)));
    match standing {
        Standing::Checkpoint { step, seed, at } => {
            format!("A checkpoint of seed {seed} at step {}{}.", numbers::count(*step), written(at))
        }
        Standing::Other { at } => format!("A file{}.", written(at)),
        Standing::Nothing | Standing::NoFolder(_) | Standing::Folder | Standing::Unreadable(_) => String::new(),
    }
}

/// What becomes of the run now shown: how many of its steps no save holds, and where they will be.
pub fn closes_the_run(unsaved: Option<u64>, folder: Option<&Path>) -> String {
    match (unsaved, folder) {
        (None, _) => "This closes the run now shown; it is saved.".into(),
        (Some(steps), Some(folder)) => format!(
            "This closes the run now shown. Unsaved steps: {}; they are saved first, in {}.",
            numbers::count(steps),
            quote::path(folder)
        ),
        (Some(steps), None) => {
            format!("This closes the run now shown. Unsaved steps: {}; save them first.", numbers::count(steps))
        }
    }
}

/// The run could not be saved, and what was asked for would end it.
pub const NOT_LEFT: &str = "The run could not be saved";

/// What would be lost by following the command all the same.
pub fn would_be_lost(command: &AppCommand, steps: u64) -> String {
    let what = if changes_the_run(command) { " Without a save the change cannot be undone." } else { "" };
    format!("Nothing was changed.{what} Unsaved steps: {}.", numbers::count(steps))
}

fn changes_the_run(command: &AppCommand) -> bool {
    let Some(command) = command.of_run() else { return false };
    matches!(command, Command::Experts { .. } | Command::Intervene { .. } | Command::MoveTo(_) | Command::HalveBatch)
}

/// Saves the run where there is room, and goes on with what was asked for.
pub const SAVE_ELSEWHERE: &str = "Save elsewhere…";
/// Follows the command without saving the run.
pub fn go_on_unsaved(command: &AppCommand) -> &'static str {
    match command {
        command if command.ends() => "Close anyway",
        command if changes_the_run(command) => "Change anyway",
        _ => "Discard",
    }
}

/// Puts the question away, by name.
pub const CANCEL_LEAVING_NAMED: &str = "Cancel leaving";
/// Over the files that were opened, or saved by hand.
pub const RECENT: &str = "Recent files";

/// One of them.
pub fn recent(file: &RecentFile) -> String {
    let gone = if file.is_gone { "gone · " } else { "" };
    format!("{gone}{}", quote::path(&file.path))
}

/// For the log: they are those of this window alone.
pub fn recent_not_kept(error: &io::Error) -> String {
    format!("the recent files cannot be kept: {error}")
}

/// Over the runs that were left.
pub fn left_runs(folder: &Path) -> String {
    format!("Runs that were left, in {}", quote::path(folder))
}

/// A run that was left.
pub fn left_run(run: &LeftRun) -> String {
    let loss = run.loss.map_or_else(String::new, |loss| format!(" · validation loss {}", numbers::small(loss)));
    let busy = if run.in_use { " · open in another window" } else { "" };
    format!("seed {} · step {}{loss} · {}{busy}", run.seed, numbers::count(run.step), utc(run.at))
}

/// Files among them that cannot be read.
pub fn damaged(files: usize) -> String {
    format!("{files} more cannot be read")
}

/// A drop that is no file of this machine.
pub const DROP_WITHOUT_PATH: &str =
    "What was dropped has no path on this machine. Save it as a file first, then drop that.";

/// A drop that cannot be read.
pub fn drop_unreadable(path: &Path, error: &io::Error) -> String {
    let path = quote::path(path);
    match error.kind() {
        ErrorKind::NotFound => {
            format!("There is no file {path}. It may have been moved; drop it from where it is now.")
        }
        ErrorKind::PermissionDenied => {
            format!("{path} cannot be read: permission denied. Change its permissions, or drop a copy.")
        }
        _ => format!("{path} cannot be read: {error}. Drop another file."),
    }
}

/// A folder was dropped.
pub fn drop_folder(path: &Path) -> String {
    format!("{} is a folder. Drop one file out of it: a checkpoint (.safetensors) or a text.", quote::path(path))
}

/// A drop that is neither a file nor a folder.
pub fn drop_no_file(path: &Path) -> String {
    format!("{} is no file that can be read to its end. Drop a checkpoint (.safetensors) or a text.", quote::path(path))
}

/// More was dropped than can be taken.
pub fn one_drop(files: usize) -> String {
    format!("{files} files were dropped and none was taken. Drop one at a time.")
}

/// A text was dropped on the window.
pub const TEXT_TITLE: &str = "Train on this file?";
/// What would become of it.
pub const ABOUT_TEXT: &str = "A new run with the settings of this one begins on it.";
/// The same where the run now shown learns no text.
pub const ABOUT_FIRST_TEXT: &str = "A new run of the size “small” begins on it.";
/// Learns it.
pub const START_ON_TEXT: &str = "Start on this text";
/// Does not, by name.
pub const CANCEL_TEXT_NAMED: &str = "Cancel text";

/// The form of a new run; names of its numbers are the knobs'.
pub const NEW_RUN_TITLE: &str = "New run";
/// Before the presets.
pub const BEGIN_FROM: &str = "Begin from";
/// The run now shown as preset.
pub const THIS_RUN: &str = "this run";
/// The text that is built in.
pub const MOBY_DICK: &str = "Moby-Dick, built in";
/// Another one.
pub const A_FILE: &str = "a file";
/// What its field takes.
pub const TEXT_PATH: &str = "path of a text file";
/// Begins it.
pub const START: &str = "Start";
/// The same by name.
pub const START_NAMED: &str = "Start new run";
/// Puts the form away, by name.
pub const CANCEL_NEW_RUN_NAMED: &str = "Cancel new run";

/// How large the run is: weights, tokens of a step and of all steps.
pub fn run_size(weights: usize, active: usize, tokens: usize, steps: u64) -> String {
    format!(
        "{} weights, {} active; {} tokens a step, {} in all",
        numbers::short(weights as f64),
        numbers::short(active as f64),
        numbers::count(tokens as u64),
        numbers::short(tokens as f64 * steps as f64)
    )
}

/// Complaints that are not shown.
pub fn more_complaints(count: usize) -> String {
    format!("and {count} more")
}

/// Menu of a tile: puts its values of the moment into the clipboard.
pub const COPY_SEEN: &str = "Copy what is seen";
/// Puts its curves there.
pub const COPY_HISTORY: &str = "Copy history";
/// Saves them.
pub const SAVE_CSV: &str = "Save CSV…";
/// Saves its pixels.
pub const SAVE_PNG: &str = "Save PNG…";
/// Saves its shapes.
pub const SAVE_SVG: &str = "Save SVG…";

/// The button of that menu, by name.
pub fn tile_menu(title: &str) -> String {
    format!("{title} menu")
}

/// What is in it.
pub fn tile_menu_entries(title: &str) -> String {
    format!("Copy or save {}", title.to_lowercase())
}

/// The title of a drawing.
pub fn drawing(tile: &str, caption: &str) -> String {
    format!("{tile}, {caption}")
}
