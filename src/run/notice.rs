//! What must not be missed: results of open, save and surgery, refusals, failures.

use std::path::PathBuf;

use super::text::WantedText;
use crate::alerts::Alert;
use crate::quote;

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
            Self::Opened { step, path } => write!(f, "Opened {} at step {step}", quote::path(path)),
            Self::FileFailed { what, why } => write!(f, "{what} failed: {why}"),
            Self::TextWanted(WantedText { file: Some(file), why, .. }) => {
                write!(f, "Opening {} failed: {why}", quote::path(file))
            }
            Self::TextWanted(WantedText { file: None, why, .. }) => write!(f, "Reading the text failed: {why}"),
            Self::NotFinite { step, place } => {
                write!(f, "Step {} is not finite (first in {place}); paused before it, nothing was changed", step + 1)
            }
            Self::Alert(alert) => write!(f, "{}. {}", alert.words, alert.why),
            Self::Finished { step } => write!(f, "The planned {step} steps are done. Run goes on beyond them"),
        }
    }
}
