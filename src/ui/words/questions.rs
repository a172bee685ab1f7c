//! Questions over the window: a file to open or save, a dropped text, a new run; and what a tile can be saved as.

use std::io::{self, ErrorKind};
use std::path::Path;
use std::time::SystemTime;

use crate::domain::config::ConfigFileError;
use crate::domain::quote;
use crate::run::{AppCommand, Command, LeftRun, RecentFile, Standing, utc};
use crate::ui::kit::numbers;
use crate::words::constants::texts;
use crate::words::table::sentences;

texts! { "questions":
    /// The panel that opens, and the system's dialog for it.
    pub OPEN_TITLE;
    /// The panel that saves.
    pub SAVE_TITLE;
    /// What is in the file.
    pub ABOUT_SAVE;
    /// The system's dialog that saves.
    pub SAVE_DIALOG;
    /// What the system's dialog shows of a folder.
    pub CHECKPOINT_FILTER;
    /// What the field takes.
    pub CHECKPOINT_PATH;
    /// The panel that saves values.
    pub CSV_TITLE;
    /// What the field takes.
    pub CSV_PATH;
    /// What is in the file.
    pub ABOUT_CSV;
    /// The panel that saves pixels.
    pub PNG_TITLE;
    /// What the field takes.
    pub PNG_PATH;
    /// What is in the file.
    pub ABOUT_PNG;
    /// The panel that saves shapes.
    pub SVG_TITLE;
    /// What the field takes.
    pub SVG_PATH;
    /// What is in the file.
    pub ABOUT_SVG;
    /// The field, by name.
    pub PATH;
    /// The button that opens.
    pub OPEN;
    /// The same by name.
    pub OPEN_NAMED;
    /// The button that saves.
    pub SAVE;
    /// The same by name.
    pub SAVE_NAMED;
    /// Shows the system's dialog.
    pub BROWSE;
    /// What that is.
    pub ABOUT_BROWSE;
    /// Puts the panel away, by name.
    pub CANCEL_FILE_NAMED;
    /// The desktop has no dialogs.
    pub NO_DIALOG;
    /// How a checkpoint's file name ends.
    pub CHECKPOINT_ENDING;
    /// A file would be replaced.
    pub OVERWRITES;
    /// Replaces it.
    pub OVERWRITE;
    /// Does not.
    pub ANOTHER_NAME;
    /// The run could not be saved, and what was asked for would end it.
    pub NOT_LEFT;
    /// Saves the run where there is room, and goes on with what was asked for.
    pub SAVE_ELSEWHERE;
    /// Puts the question away, by name.
    pub CANCEL_LEAVING_NAMED;
    /// Over the files that were opened, or saved by hand.
    pub RECENT;
    /// A drop that is no file of this machine.
    pub DROP_WITHOUT_PATH;
    /// A text was dropped on the window.
    pub TEXT_TITLE;
    /// What would become of it.
    pub ABOUT_TEXT;
    /// The same where the run now shown learns no text.
    pub ABOUT_FIRST_TEXT;
    /// Learns it.
    pub START_ON_TEXT;
    /// Does not, by name.
    pub CANCEL_TEXT_NAMED;
    /// The form of a new run; names of its numbers are the knobs'.
    pub NEW_RUN_TITLE;
    /// Before the presets.
    pub BEGIN_FROM;
    /// The run now shown as preset.
    pub THIS_RUN;
    /// The text that is built in.
    pub MOBY_DICK;
    /// Another one.
    pub A_FILE;
    /// What its field takes.
    pub TEXT_PATH;
    /// Begins it.
    pub START;
    /// The same by name.
    pub START_NAMED;
    /// Puts the form away, by name.
    pub CANCEL_NEW_RUN_NAMED;
    /// Menu of a tile: puts its values of the moment into the clipboard.
    pub COPY_SEEN;
    /// Puts its curves there.
    pub COPY_HISTORY;
    /// Saves them.
    pub SAVE_CSV;
    /// Saves its pixels.
    pub SAVE_PNG;
    /// Saves its shapes.
    pub SAVE_SVG;
    CLOSES_SAVED;
    CLOSE_ANYWAY;
    CHANGE_ANYWAY;
    DISCARD;
    OPEN_IN_ANOTHER_WINDOW;
}

sentences! { "questions":
    /// The system's dialog that saves what a tile shows.
    pub fn save_as(format: &str) { format = format };
    /// The system's dialog cannot be shown.
    pub fn no_dialog(error: &str) { error = error };
    /// The suggested name of a save.
    pub fn file_of_step(step: u64) { step = step, checkpoint_ending = CHECKPOINT_ENDING };
    /// Below the path field: the whole path that is meant.
    pub fn full_path(path: &Path) { path = quote::path(path) };
    /// Why nothing can be saved at a path: what stands there, and what to do.
    pub fn occupied(path: &Path, standing: &Standing) { standing = crate::words::standing(standing, path) };
    /// For the log: they are those of this window alone.
    pub fn recent_not_kept(error: &io::Error) { error = error };
    /// Over the runs that were left.
    pub fn left_runs(folder: &Path) { folder = quote::path(folder) };
    /// Files among them that cannot be read.
    pub fn damaged(files: usize) { files = files };
    /// A folder was dropped.
    pub fn drop_folder(path: &Path) { path = quote::path(path) };
    /// A drop that is neither a file nor a folder.
    pub fn drop_no_file(path: &Path) { path = quote::path(path) };
    /// The dropped file is a config with a fault.
    pub fn drop_config(path: &Path, error: &ConfigFileError) { path = quote::path(path), error = error };
    /// More was dropped than can be taken.
    pub fn one_drop(files: usize) { files = files };
    /// How large the run is: weights, tokens of a step and of all steps.
    pub fn run_size(weights: usize, active: usize, tokens: usize, steps: u64) { weights = numbers::short(weights as f64), active = numbers::short(active as f64), tokens = numbers::count(tokens as u64), steps = numbers::short(tokens as f64 * steps as f64) };
    /// Complaints that are not shown.
    pub fn more_complaints(count: usize) { count = count };
    /// The button of that menu, by name.
    pub fn tile_menu(title: &str) { title = title };
    /// What is in it.
    pub fn tile_menu_entries(title: &str) { title = title.to_lowercase() };
    fn written_at(at);
    fn checkpoint_there(seed, step, written);
    fn file_there(written);
    fn closes_and_saves(numbers, folder);
    fn closes_unsaved(numbers);
    fn nothing_changed(steps: &str) { steps = steps };
    fn change_not_undone(steps: &str) { steps = steps };
    fn gone(path);
    fn run_and_step(seed, step);
    fn validation_loss(loss);
    fn drop_gone(path);
    fn drop_denied(path);
    fn drop_failed(path, error);
}

/// What stands at a path that would be replaced.
pub fn standing(standing: &Standing) -> String {
    let written = |at: &Option<SystemTime>| at.map_or_else(String::new, |at| written_at(utc(at)));
    match standing {
        Standing::Checkpoint { step, seed, at } => checkpoint_there(seed, numbers::count(*step), written(at)),
        Standing::Other { at } => file_there(written(at)),
        Standing::Nothing | Standing::NoFolder(_) | Standing::Folder | Standing::Unreadable(_) => String::new(),
    }
}

/// What becomes of the run now shown: how many of its steps no save holds, and where they will be.
pub fn closes_the_run(unsaved: Option<u64>, folder: Option<&Path>) -> String {
    match (unsaved, folder) {
        (None, _) => CLOSES_SAVED.into(),
        (Some(steps), Some(folder)) => closes_and_saves(numbers::count(steps), quote::path(folder)),
        (Some(steps), None) => closes_unsaved(numbers::count(steps)),
    }
}

/// What would be lost by following the command all the same.
pub fn would_be_lost(command: &AppCommand, steps: u64) -> String {
    let lost = if changes_the_run(command) { change_not_undone } else { nothing_changed };
    lost(&numbers::count(steps))
}

fn changes_the_run(command: &AppCommand) -> bool {
    let Some(command) = command.of_run() else { return false };
    matches!(command, Command::Experts { .. } | Command::Intervene { .. } | Command::MoveTo(_) | Command::HalveBatch)
}

/// Follows the command without saving the run.
pub fn go_on_unsaved(command: &AppCommand) -> &'static str {
    match command {
        command if command.ends() => CLOSE_ANYWAY,
        command if changes_the_run(command) => CHANGE_ANYWAY,
        _ => DISCARD,
    }
}

/// One of them.
pub fn recent(file: &RecentFile) -> String {
    let path = quote::path(&file.path);
    if file.is_gone { gone(path) } else { path }
}

/// A run that was left.
pub fn left_run(run: &LeftRun) -> String {
    let loss = run.loss.map(|loss| validation_loss(numbers::small(loss)));
    let busy = run.in_use.then(|| OPEN_IN_ANOTHER_WINDOW.to_owned());
    let parts = [Some(run_and_step(run.seed, numbers::count(run.step))), loss, Some(utc(run.at)), busy];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// A drop that cannot be read.
pub fn drop_unreadable(path: &Path, error: &io::Error) -> String {
    let path = quote::path(path);
    match error.kind() {
        ErrorKind::NotFound => drop_gone(path),
        ErrorKind::PermissionDenied => drop_denied(path),
        _ => drop_failed(path, error),
    }
}

/// The title of a drawing.
pub fn drawing(tile: &str, caption: &str) -> String {
    format!("{tile}, {caption}")
}
