//! Notices, which must not be missed: results of opening, saving and surgery, refusals, failures.

use std::path::PathBuf;

use super::asked::{Asked, FileWork};
use super::fact::Fact;
use super::reason::Reason;
use super::snapshot::FailureCause;
use super::text::WantedText;
use super::{AppCommand, Saved, Standing, WatchedFact};
use crate::store::alerts::Alert;

/// One thing a person should be told. Kept in a bounded queue; what no longer fits is counted.
#[derive(Clone, Debug, PartialEq)]
pub enum Notice {
    /// A plain fact.
    Fact(Fact),
    /// A command could not be followed; nothing changed.
    Refused {
        /// What was asked.
        asked: Asked,
        /// Why not.
        why: Reason,
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
        /// Why.
        why: Reason,
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
        work: FileWork,
        /// Why it failed.
        why: Reason,
    },
    /// A checkpoint or the run needs a text that is not there as it was; nothing changed.
    TextWanted(WantedText),
    /// The number of experts changed.
    Reshaped {
        /// Experts per layer before.
        from: usize,
        /// After.
        to: usize,
        /// Who came, went and merged, per layer, as [`Roster::describe`](crate::domain::roster::Roster::describe) writes it.
        layers: Vec<String>,
        /// Top-k, if it had to be lowered.
        top_k: Option<usize>,
    },
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
    Failed(FailureCause),
    /// The plan is done.
    Finished {
        /// Steps done.
        step: u64,
    },
}

impl Notice {
    /// Whether it tells of something gone wrong.
    pub fn is_bad(&self) -> bool {
        let harmless = [Reason::Cancelled, Reason::NothingToUndo, Reason::NothingToRedo];
        if matches!(self, Self::Refused { why, .. } if harmless.contains(why)) {
            return false;
        }
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
                | Self::Fact(Fact::Watched(WatchedFact::NotFinite(_) | WatchedFact::Unreachable(_)))
        )
    }
}
