//! What must not be missed: notices and their log, trouble and the ways out, what became of a copy or a file.

use std::fmt::Display;
use std::io::{self, ErrorKind};
use std::path::Path;

use crate::domain::quote;
use crate::run::Notice;
use crate::ui::kit::numbers;

/// A plain fact that the window tells of itself.
pub fn fact(words: String) -> Notice {
    Notice::Said { words, bad: false }
}

/// Something that the window tried and that failed.
pub fn failed(what: &str, why: &str) -> Notice {
    Notice::Said { words: crate::words::failed_because(what, why), bad: true }
}

/// The button of a notice; places are counted from 0 and told from 1.
pub fn put_away(place: usize) -> String {
    format!("Dismiss notice {}", place + 1)
}

/// The head of the log.
pub fn log(kept: usize) -> String {
    format!("Log ({kept})")
}

/// A line of the log.
pub fn logged(step: u64, words: &str) -> String {
    format!("step {} · {words}", numbers::count(step))
}

/// The run has stopped for good.
pub const RUN_ENDED: &str = "The run has ended; nothing more will change. Close the window and start again.";
/// The window was closed, and its run is not saved yet.
pub const SAVING_TO_CLOSE: &str = "Saving the run; the window closes once it is saved.";
/// While a file hovers over the window.
pub const DROP: &str = "Drop a checkpoint to open it, any other file to train on it";
/// A way out of trouble: read the text again.
pub const TRY_AGAIN: &str = "Try again";
/// A way out of trouble.
pub const HALVE_RATE: &str = "Halve the learning rate";

/// Another: the knobs at fault back to what is usual.
pub fn set(changes: &[String]) -> String {
    format!("Set {}", changes.join(", "))
}

/// The step that would go wrong, and where.
pub fn not_finite(step: u64, place: impl Display) -> String {
    format!("Stopped before step {}: not finite, first in {place}. Nothing was changed.", numbers::count(step))
}

/// Another way out: back to a save, with the time of day it was written at (of RFC 3339) and its loss.
pub fn go_back(step: u64, loss: Option<f64>, at: &str) -> String {
    let clock = at.split_once('T').map_or("", |(_, clock)| clock).get(..5).unwrap_or_default();
    let loss = loss.map_or(String::new(), |loss| format!(", loss {}", numbers::short(loss)));
    format!("Go back to step {} ({clock} UTC{loss})", numbers::count(step))
}

/// The run waits for room to save itself.
pub fn disk_full(folder: &Path, bytes: u64) -> String {
    let folder = quote::path(folder);
    format!(
        "The disk of {folder} is full: free {} there. The run is kept in memory; once there is room it saves itself and goes on by itself.",
        numbers::bytes(bytes)
    )
}

/// The values are in the clipboard: those of the moment, or how they went over the run.
pub fn copied(rows: usize, title: &str, history: bool) -> String {
    let rows = numbers::counted(rows, "row");
    if history {
        format!("Copied the history of {title}: {rows}, tab-separated")
    } else {
        format!("Copied what is seen of {title}: {rows}, tab-separated. “Copy history” copies its curves")
    }
}

/// There is nothing of that kind.
pub fn nothing_to_copy(title: &str, history: bool) -> String {
    let what = if history { "no history here; grow the tile to copy its curves" } else { "no values yet" };
    format!("Nothing was copied: {title} has {what}")
}

/// What failed: copying.
pub fn copying(title: &str) -> String {
    format!("Copying {title}")
}

/// Why: the system's clipboard does not take it.
pub fn no_clipboard(error: &str) -> String {
    format!(
        "the clipboard cannot be reached ({}). Choose “Save CSV…” instead",
        quote::escaped(error.trim_end_matches('.'))
    )
}

/// What failed: writing a file.
pub fn saving(path: &Path) -> String {
    format!("Saving {}", quote::path(path))
}

/// What failed: writing, and it is not known which file.
pub const SAVING_A_FILE: &str = "Saving a file";

/// What failed: reading the window's pixels.
pub fn taking_picture(stem: &str) -> String {
    format!("Taking a picture for {stem}.png")
}

/// A file is written: what is in it, and where.
pub fn saved(what: &str, path: &Path) -> String {
    format!("Saved {what} to {}", quote::path(path))
}

/// What is in it: a table.
pub fn rows(count: usize) -> String {
    if count == 1 { "1 row".into() } else { format!("{count} rows") }
}

/// Pixels.
pub const THE_PICTURE: &str = "the picture";

/// A drawing.
pub fn shapes(count: usize) -> String {
    if count == 1 { "1 shape".into() } else { format!("{count} shapes") }
}

/// Why: the file cannot be written, and what to do.
pub fn not_written(path: &Path, error: &io::Error) -> String {
    let folder = path.parent().unwrap_or(path);
    let folder = quote::path(folder);
    match error.kind() {
        ErrorKind::NotFound => format!("the folder {folder} does not exist. Create it, or choose another place"),
        ErrorKind::AlreadyExists => "a file of that name has come meanwhile; it was left as it is. Save again".into(),
        ErrorKind::IsADirectory => format!("{} is a folder. Add a file name", quote::path(path)),
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => {
            format!("no permission to write in {folder}. Choose another place")
        }
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
            format!("the disk of {folder} is full. Make room, or choose another place")
        }
        _ => format!("{error}. Choose another place"),
    }
}

/// Why: the system gives no thread.
pub fn no_thread(error: &str) -> String {
    format!("expected a thread to write on, found: {error}. Try again")
}

/// Why: the thread that wrote ended early.
pub const NO_ANSWER: &str = "expected an answer of its thread, found none. Try again";
/// Why: the window is not drawn.
pub const NO_PIXELS: &str = "expected the window's pixels, found none after 5 s. Show the window, or save SVG";

/// Why: the tile lies outside the picture.
pub fn nothing_there(width: usize, height: usize) -> String {
    format!("expected a part of a picture of {width} × {height} pixels, found nothing of it there")
}
