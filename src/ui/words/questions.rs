//! Questions over the window: a file to open or save, a dropped text, a new run; and what a tile can be saved as.

use std::io::{self, ErrorKind};
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::domain::config::ConfigFileError;
use crate::domain::quote;
use crate::lessons::LessonFileError;
use crate::run::{AppCommand, Command, LeftRun, RecentFile, Standing, utc};
use crate::ui::kit::numbers;
use crate::words::constants::texts;
use crate::words::in_a_sentence;
use crate::words::table::sentences;

texts! { "questions":
    /// The panel that opens, and the system's dialog for it.
    pub(crate) OPEN_TITLE;
    /// The panel that chooses a checkpoint to look at.
    pub(crate) INSPECT_TITLE;
    /// The panel that chooses one to compare it with.
    pub(crate) AGAINST_TITLE;
    /// What its field takes.
    pub(crate) INSPECT_PATH;
    /// What comes of it.
    pub(crate) ABOUT_INSPECT;
    /// What the system's dialog shows of a folder.
    pub(crate) INSPECT_FILTER;
    /// The button that chooses a folder by the system's dialog.
    pub(crate) BROWSE_FOLDER;
    /// The panel that saves.
    pub(crate) SAVE_TITLE;
    /// What is in the file.
    pub(crate) ABOUT_SAVE;
    /// The system's dialog that saves.
    pub(crate) SAVE_DIALOG;
    /// What the system's dialog shows of a folder.
    pub(crate) CHECKPOINT_FILTER;
    /// What the field takes.
    pub(crate) CHECKPOINT_PATH;
    /// The panel that saves values.
    pub(crate) CSV_TITLE;
    /// What the field takes.
    pub(crate) CSV_PATH;
    /// What is in the file.
    pub(crate) ABOUT_CSV;
    /// The panel that saves pixels.
    pub(crate) PNG_TITLE;
    /// What the field takes.
    pub(crate) PNG_PATH;
    /// What is in the file.
    pub(crate) ABOUT_PNG;
    /// The panel that saves shapes.
    pub(crate) SVG_TITLE;
    /// What the field takes.
    pub(crate) SVG_PATH;
    /// What is in the file.
    pub(crate) ABOUT_SVG;
    /// Title of the panel that saves a report.
    pub(crate) REPORT_TITLE;
    /// What its field takes.
    pub(crate) REPORT_PATH;
    /// What it holds.
    pub(crate) ABOUT_REPORT;
    /// The field, by name.
    pub(crate) PATH;
    /// The button that opens.
    pub(crate) OPEN;
    /// The same by name.
    pub(crate) OPEN_NAMED;
    /// The button that saves.
    pub(crate) SAVE;
    /// The same by name.
    pub(crate) SAVE_NAMED;
    /// Shows the system's dialog.
    pub(crate) BROWSE;
    /// What that is.
    pub(crate) ABOUT_BROWSE;
    /// Puts the panel away, by name.
    pub(crate) CANCEL_FILE_NAMED;
    /// The desktop has no dialogs.
    pub(crate) NO_DIALOG;
    /// How a checkpoint's file name ends.
    pub(crate) CHECKPOINT_ENDING;
    /// A file would be replaced.
    pub(crate) OVERWRITES;
    /// Replaces it.
    pub(crate) OVERWRITE;
    /// Does not.
    pub(crate) ANOTHER_NAME;
    /// The run could not be saved, and what was asked for would end it.
    pub(crate) NOT_LEFT;
    /// Saves the run where there is room, and goes on with what was asked for.
    pub(crate) SAVE_ELSEWHERE;
    /// Puts the question away, by name.
    pub(crate) CANCEL_LEAVING_NAMED;
    /// Over the files that were opened, or saved by hand.
    pub(crate) RECENT;
    /// Takes a file that is gone out of the list.
    pub(crate) FORGET;
    /// A drop that is no file of this machine.
    pub(crate) DROP_WITHOUT_PATH;
    /// A text was dropped on the window.
    pub(crate) TEXT_TITLE;
    /// What would become of it.
    pub(crate) ABOUT_TEXT;
    /// The same where the run now shown learns no text.
    pub(crate) ABOUT_FIRST_TEXT;
    /// Learns it.
    pub(crate) START_ON_TEXT;
    /// Does not, by name.
    pub(crate) CANCEL_TEXT_NAMED;
    /// The form of a new run; names of its numbers are the knobs'.
    pub(crate) NEW_RUN_TITLE;
    /// Before the presets.
    pub(crate) BEGIN_FROM;
    /// The run now shown as preset.
    pub(crate) THIS_RUN;
    /// The text that is built in.
    pub(crate) MOBY_DICK;
    /// Another one.
    pub(crate) A_FILE;
    /// What its field takes.
    pub(crate) TEXT_PATH;
    /// Begins it.
    pub(crate) START;
    /// The same by name.
    pub(crate) START_NAMED;
    /// Puts the form away, by name.
    pub(crate) CANCEL_NEW_RUN_NAMED;
    /// Menu of a tile: puts its values of the moment into the clipboard.
    pub(crate) COPY_SEEN;
    /// Puts its curves there.
    pub(crate) COPY_HISTORY;
    /// Saves them.
    pub(crate) SAVE_CSV;
    /// Saves its pixels.
    pub(crate) SAVE_PNG;
    /// Saves its shapes.
    pub(crate) SAVE_SVG;
    CLOSES_SAVED;
    CLOSE_ANYWAY;
    CHANGE_ANYWAY;
    DISCARD;
    OPEN_IN_ANOTHER_WINDOW;
}

sentences! { "questions":
    /// The system's dialog that saves what a tile shows.
    pub(crate) fn save_as(format: &str) { format = format };
    /// The system's dialog cannot be shown.
    pub(crate) fn no_dialog(error: &str) { error = error };
    /// The suggested name of a save.
    pub(crate) fn file_of_step(step: u64) { step = step, checkpoint_ending = CHECKPOINT_ENDING };
    /// Below the path field: the whole path that is meant.
    pub(crate) fn full_path(path: &Path) { path = quote::path(path) };
    /// Why nothing can be saved at a path: what stands there, and what to do.
    pub(crate) fn occupied(path: &Path, standing: &Standing) { standing = crate::words::standing(standing, path) };
    /// For the log: they are those of this window alone.
    pub(crate) fn recent_not_kept(error: &io::Error) { error = error };
    /// Over the runs that were left.
    pub(crate) fn left_runs(folder: &Path) { folder = quote::path(folder) };
    /// Files among them that cannot be read.
    pub(crate) fn damaged(files: usize) { files = files };
    /// A folder was dropped.
    pub(crate) fn drop_folder(path: &Path) { path = quote::path(path) };
    /// A drop that is neither a file nor a folder.
    pub(crate) fn drop_no_file(path: &Path) { path = quote::path(path) };
    /// The dropped file is a config with a fault.
    pub(crate) fn drop_config(path: &Path, error: &ConfigFileError) { path = quote::path(path), error = error };
    /// The dropped file is a lesson with faults, or none.
    pub(crate) fn drop_lesson(path: &Path, error: &LessonFileError) { path = quote::path(path), error = crate::words::lesson_file_error(error) };
    /// More was dropped than can be taken.
    pub(crate) fn one_drop(files: usize) { files = files };
    /// How large the run is: weights, tokens of a step and of all steps.
    pub(crate) fn run_size(weights: usize, active: usize, tokens: usize, steps: u64) { weights = numbers::short(weights as f64), active = numbers::short(active as f64), tokens = numbers::count(tokens as u64), steps = numbers::short(tokens as f64 * steps as f64) };
    /// Complaints that are not shown.
    pub(crate) fn more_complaints(count: usize) { count = count };
    /// The button of that menu, by name.
    pub(crate) fn tile_menu(title: &str) { title = title };
    /// What is in it.
    pub(crate) fn tile_menu_entries(title: &str) { title = in_a_sentence(title) };
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
    fn loss_then(loss);
    fn drop_gone(path);
    fn drop_denied(path);
    fn drop_failed(path, error);
}

/// What stands at a path that would be replaced.
pub(crate) fn standing(standing: &Standing) -> String {
    let written = |at: &Option<SystemTime>| at.map_or_else(String::new, |at| written_at(utc(at)));
    match standing {
        Standing::Checkpoint { step, seed, at } => checkpoint_there(seed, numbers::count(*step), written(at)),
        Standing::Other { at } => file_there(written(at)),
        Standing::Nothing | Standing::NoFolder(_) | Standing::Folder | Standing::Unreadable(_) => String::new(),
    }
}

/// What becomes of the run now shown: how many of its steps no save holds, and where they will be.
pub(crate) fn closes_the_run(unsaved: Option<u64>, folder: Option<&Path>) -> String {
    match (unsaved, folder) {
        (None, _) => CLOSES_SAVED.into(),
        (Some(steps), Some(folder)) => closes_and_saves(numbers::count(steps), quote::path(folder)),
        (Some(steps), None) => closes_unsaved(numbers::count(steps)),
    }
}

/// What would be lost by following the command all the same.
pub(crate) fn would_be_lost(command: &AppCommand, steps: u64) -> String {
    let lost = if changes_the_run(command) { change_not_undone } else { nothing_changed };
    lost(&numbers::count(steps))
}

fn changes_the_run(command: &AppCommand) -> bool {
    let Some(command) = command.of_run() else { return false };
    matches!(command, Command::Experts { .. } | Command::Intervene { .. } | Command::MoveTo(_) | Command::HalveBatch)
}

/// Follows the command without saving the run.
pub(crate) fn go_on_unsaved(command: &AppCommand) -> &'static str {
    match command {
        command if command.ends() => CLOSE_ANYWAY.said(),
        command if changes_the_run(command) => CHANGE_ANYWAY.said(),
        _ => DISCARD.said(),
    }
}

/// The name of a recent file.
pub(crate) fn recent(file: &RecentFile) -> String {
    let name = file.path.file_name().map_or_else(String::new, |name| quote::name(&name.to_string_lossy()));
    if file.is_gone { gone(name) } else { name }
}

/// What a recent file held when it was saved or opened, and where it is.
pub(crate) fn about_recent(file: &RecentFile) -> String {
    let folder = file.path.parent().map(quote::path);
    let held = file.about.as_ref().map(|about| {
        let at = UNIX_EPOCH + Duration::from_secs(about.at);
        let loss = about.loss.map(|loss| loss_then(numbers::small(loss)));
        let run = match &about.model {
            Some(model) => quote::name(model),
            None => run_and_step(about.seed, numbers::count(about.step)),
        };
        [Some(run), loss, Some(utc(at).replace('T', " ").trim_end_matches('Z').to_owned())]
    });
    let parts = held.into_iter().flatten().chain([folder]);
    parts.flatten().collect::<Vec<_>>().join(" · ")
}

/// A run that was left.
pub(crate) fn left_run(run: &LeftRun) -> String {
    let loss = run.loss.map(|loss| validation_loss(numbers::small(loss)));
    let busy = run.in_use.then(|| OPEN_IN_ANOTHER_WINDOW.said().to_owned());
    let parts = [Some(run_and_step(run.seed, numbers::count(run.step))), loss, Some(utc(run.at)), busy];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

/// A drop that cannot be read.
pub(crate) fn drop_unreadable(path: &Path, error: &io::Error) -> String {
    let path = quote::path(path);
    match error.kind() {
        ErrorKind::NotFound => drop_gone(path),
        ErrorKind::PermissionDenied => drop_denied(path),
        _ => drop_failed(path, error),
    }
}

/// The title of a drawing.
pub(crate) fn drawing(tile: &str, caption: &str) -> String {
    format!("{tile}, {caption}")
}
