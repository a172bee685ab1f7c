//! What must not be missed: notices and their log, trouble and the ways out, what became of a copy or a file.

use std::io::{self, ErrorKind};
use std::path::Path;

use crate::domain::quote;
use crate::ui::kit::numbers;
use crate::ui::words::units;
use crate::words::constants::texts;
use crate::words::table::sentences;
use crate::words::{knob_changes, not_finite_place};

texts! { "notices":
    /// The run has stopped for good.
    pub(crate) RUN_ENDED;
    /// The window was closed, and its run is not saved yet.
    pub(crate) SAVING_TO_CLOSE;
    /// While a file hovers over the window.
    pub(crate) DROP;
    /// A way out of trouble: read the text again.
    pub(crate) TRY_AGAIN;
    /// A way out of trouble.
    pub(crate) HALVE_RATE;
    /// What failed: writing, and it is not known which file.
    pub(crate) SAVING_A_FILE;
    /// Pixels.
    pub(crate) THE_PICTURE;
    /// A report in a file.
    pub(crate) THE_REPORT;
    /// What failed, should it.
    pub(crate) MAKING_REPORT;
    /// Why: the thread that wrote ended early.
    pub(crate) NO_ANSWER;
    /// Why: the window is not drawn.
    pub(crate) NO_PIXELS;
    NO_HISTORY;
    NO_VALUES;
    NAME_TAKEN;
}

sentences! { "notices":
    /// The button of a notice; places are counted from 0 and told from 1.
    pub(crate) fn put_away(place: usize) { place = place + 1 };
    /// The head of the log.
    pub(crate) fn log(kept: usize) { kept = kept };
    /// A line of the log.
    pub(crate) fn logged(step: u64, words: &str) { step = numbers::count(step), words = words };
    /// Another: the knobs at fault back to what is usual.
    pub(crate) fn set(changes: &[String]) { changes = knob_changes(changes) };
    /// The step that would go wrong, and where.
    pub(crate) fn not_finite(step: u64, place: &str) { step = numbers::count(step), place = not_finite_place(place) };
    /// What failed: copying.
    pub(crate) fn copying(title: &str) { title = title };
    /// Why: the system's clipboard does not take it.
    pub(crate) fn no_clipboard(error: &str) { error = quote::escaped(error.trim_end_matches('.')) };
    /// What failed: writing a file.
    pub(crate) fn saving(path: &Path) { path = quote::path(path) };
    /// What failed: reading the window's pixels.
    pub(crate) fn taking_picture(stem: &str) { stem = stem };
    /// A file is written: what is in it, and where.
    pub(crate) fn saved(what: &str, path: &Path) { what = what, path = quote::path(path) };
    /// Why: the system gives no thread.
    pub(crate) fn no_thread(error: &str) { error = error };
    /// Why: the tile lies outside the picture.
    pub(crate) fn nothing_there(width: usize, height: usize) { width = width, height = height };
    /// What is in it: a table.
    pub(crate) fn rows[count](count: usize) { count = count };
    /// A drawing.
    pub(crate) fn shapes[count](count: usize) { count = count };
    fn with_loss(loss);
    fn back_to_step(step, clock, loss);
    fn disk_is_full(folder, bytes);
    fn history_copied(title, rows);
    fn seen_copied(title, rows);
    fn not_copied(title, what);
    fn no_folder(folder);
    fn is_a_folder(path);
    fn no_permission(folder);
    fn no_space(folder);
    fn other_error(error);
}

/// A notice of the window itself: what it did, or tried and could not do.
#[derive(Clone, Debug, PartialEq)]
pub struct WindowNotice {
    /// The sentence.
    pub words: String,
    /// Whether something went wrong.
    pub bad: bool,
}

/// A plain fact that the window tells of itself.
pub(crate) fn fact(words: String) -> WindowNotice {
    WindowNotice { words, bad: false }
}

/// Something that the window tried and that failed.
pub(crate) fn failed(what: &str, why: &str) -> WindowNotice {
    WindowNotice { words: crate::words::failed_because(what, why), bad: true }
}

/// Another way out: back to a save, with the time of day it was written at (of RFC 3339) and its loss.
pub(crate) fn go_back(step: u64, loss: Option<f64>, at: &str) -> String {
    let clock = at.split_once('T').map_or("", |(_, clock)| clock).get(..5).unwrap_or_default();
    let loss = loss.map_or(String::new(), |loss| with_loss(numbers::short(loss)));
    back_to_step(numbers::count(step), clock, loss)
}

/// The run waits for room to save itself.
pub(crate) fn disk_full(folder: &Path, bytes: u64) -> String {
    let folder = quote::path(folder);
    disk_is_full(folder, numbers::bytes(bytes))
}

/// The values are in the clipboard: those of the moment, or how they went over the run.
pub(crate) fn copied(rows: usize, title: &str, history: bool) -> String {
    let rows = units::row(rows);
    if history { history_copied(title, rows) } else { seen_copied(title, rows) }
}

/// There is nothing of that kind.
pub(crate) fn nothing_to_copy(title: &str, history: bool) -> String {
    let what = if history { NO_HISTORY } else { NO_VALUES };
    not_copied(title, what)
}

/// Why: the file cannot be written, and what to do.
pub(crate) fn not_written(path: &Path, error: &io::Error) -> String {
    let folder = path.parent().unwrap_or(path);
    let folder = quote::path(folder);
    match error.kind() {
        ErrorKind::NotFound => no_folder(folder),
        ErrorKind::AlreadyExists => NAME_TAKEN.into(),
        ErrorKind::IsADirectory => is_a_folder(quote::path(path)),
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => no_permission(folder),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => no_space(folder),
        _ => other_error(error),
    }
}
