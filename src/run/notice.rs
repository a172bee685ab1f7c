//! What must not be missed: results of open, save and surgery, refusals, failures.

use std::path::PathBuf;

use super::Standing;
use super::text::WantedText;
use super::{AppCommand, Saved};
use crate::domain::quote;
use crate::store::alerts::Alert;

/// One thing a person should be told. Kept in a bounded queue; what no longer fits is counted.
#[derive(Clone, Debug, PartialEq)]
pub enum Notice {
    /// A plain fact: the run began, moved, reached its plan.
    Info(String),
    /// A command could not be followed; nothing changed.
    Refused {
        /// What was asked.
        what: String,
        /// Why not, and what would do.
        why: String,
    },
    /// A save is done.
    Saved {
        /// Steps done when it was written.
        step: u64,
        /// The file.
        path: PathBuf,
        /// Whether the run saved itself.
        auto: bool,
    },
    /// Nothing was saved: something stands at the path that may not go unasked, or nothing can stand there.
    Occupied {
        /// The path.
        path: PathBuf,
        /// What stands there.
        standing: Standing,
    },
    /// There is no room to save the run: it waits, tries again by itself and then goes on.
    NoRoom {
        /// The file that was to be written; an older one there is as it was.
        path: PathBuf,
        /// Where room is needed.
        folder: PathBuf,
        /// Bytes to be written.
        bytes: u64,
    },
    /// A run was saved in a worse state than its last good save, which is kept.
    Worse {
        /// The save just made.
        saved: Saved,
        /// The one to go back to.
        last_good: Saved,
    },
    /// The run that another took the place of is saved.
    Left {
        /// Its seed.
        seed: u64,
        /// Steps done.
        step: u64,
        /// The file.
        path: PathBuf,
    },
    /// A command was not followed, since the run could not be saved before it; see [`Command`](super::Command).
    NotLeft {
        /// The command; [`AppCommand::Discarding`] follows it all the same.
        command: Box<AppCommand>,
        /// Expected, found, what to do.
        why: String,
    },
    /// A checkpoint is open.
    Opened {
        /// Steps done in it.
        step: u64,
        /// The file.
        path: PathBuf,
    },
    /// A file could not be written or read; the run is untouched.
    FileFailed {
        /// What was tried.
        what: String,
        /// Expected, found, what to do.
        why: String,
    },
    /// A checkpoint or the run needs a text that is not there as it was; nothing changed.
    TextWanted(WantedText),
    /// The number of experts changed, per layer in words.
    Reshaped(String),
    /// A step was not finite; the run paused before it.
    NotFinite {
        /// Steps done before it.
        step: u64,
        /// Where it was seen first.
        place: String,
    },
    /// Something has been wrong for long enough to be said; training goes on.
    Alert(Box<Alert>),
    /// The run cannot go on as it is; the snapshot's status has the ways on.
    Failed(String),
    /// The plan is done.
    Finished {
        /// Steps done.
        step: u64,
    },
}

impl Notice {
    /// Whether it tells of something gone wrong.
    pub fn is_bad(&self) -> bool {
        matches!(
            self,
            Self::Refused { .. }
                | Self::FileFailed { .. }
                | Self::TextWanted(_)
                | Self::NotFinite { .. }
                | Self::Failed(_)
                | Self::NoRoom { .. }
                | Self::Worse { .. }
                | Self::NotLeft { .. }
        )
    }
}

impl std::fmt::Display for Notice {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Info(text) | Self::Reshaped(text) | Self::Failed(text) => f.write_str(text),
            Self::Refused { what, why } => write!(f, "Not done: {what}. {why}"),
            Self::Saved { step, path, auto } => {
                let verb = if *auto { "Autosaved" } else { "Saved" };
                write!(f, "{verb} step {step} to {}", quote::path(path))
            }
            Self::Occupied { path, standing } => write!(f, "Not saved: {}", standing.words(path)),
            Self::NoRoom { path, folder, bytes } => write!(
                f,
                "No room to save the run to {}: {bytes} bytes are needed in {}, whose disk is full. Free that much there, \
                 or save elsewhere. The run keeps everything in memory, tries again by itself and then goes on; an older \
                 save there is whole",
                quote::path(path),
                quote::path(folder)
            ),
            Self::Worse { saved, last_good } => {
                let loss = |saved: &Saved| saved.loss.map_or("not known".into(), short);
                write!(
                    f,
                    "The run got worse: validation loss {} at step {}, saved to {}. The last good save, step {} with loss \
                     {}, is kept in {}",
                    loss(saved),
                    saved.step,
                    quote::path(&saved.path),
                    last_good.step,
                    loss(last_good),
                    quote::path(&last_good.path)
                )
            }
            Self::Left { seed, step, path } => {
                write!(f, "Saved the run you left: seed {seed}, step {step}, {}", quote::path(path))
            }
            Self::NotLeft { why, .. } => {
                write!(
                    f,
                    "Not done: the run could not be saved first. {why}. Save it elsewhere, or go on without that save"
                )
            }
            Self::Opened { step, path } => write!(f, "Opened {} at step {step}", quote::path(path)),
            Self::FileFailed { what, why } => write!(f, "{what} failed: {why}"),
            Self::TextWanted(WantedText { file: Some(file), why, .. }) => {
                write!(f, "Opening {} failed: {why}", quote::path(file))
            }
            Self::TextWanted(WantedText { file: None, why, .. }) => write!(f, "Reading the text failed: {why}"),
            Self::NotFinite { step, place } => {
                write!(f, "Stopped before step {}: not finite, first in {place}. Nothing was changed", step + 1)
            }
            Self::Alert(alert) => write!(f, "{}. {}", alert.sentence(), alert.why()),
            Self::Finished { step } => {
                write!(f, "The planned {step} steps are done. Press Run to continue beyond them")
            }
        }
    }
}

/// A loss in few characters, whatever its size.
fn short(loss: f64) -> String {
    if loss.abs() < 1e4 { format!("{loss:.3}") } else { format!("{loss:.1e}") }
}
