//! Plain facts that a run tells and nothing has gone wrong by: where it goes on, what was left out, what its folder held.

use std::path::PathBuf;

use super::{Holder, LibraryError, Undoable, WatchedFact};
use crate::engine::device::DeviceFailure;
use crate::store::history::Explanation;
use crate::tasks::text::TextDifference;

/// Something worth telling once.
#[derive(Clone, Debug, PartialEq)]
pub enum Fact {
    /// No loss reaches the router under the knobs in force.
    RouterStaysRandom {
        /// Experts that answer a token.
        top_k: usize,
    },
    /// The run goes on on another device, or with another batch.
    ContinuesOn {
        /// The device; `None` is the CPU.
        device: Option<String>,
        /// Steps done.
        step: u64,
        /// What it goes on from.
        from: Rescue,
    },
    /// The run went back: steps done before and after.
    WentBack {
        /// Before.
        from: u64,
        /// After.
        to: u64,
    },
    /// A change was undone.
    Undone(Undoable),
    /// A change that was undone was done again.
    Redone(Undoable),
    /// The run went to the end of a branch that was left; steps done there.
    Rejoined(u64),
    /// What became of the run after a change.
    Explained(Box<Explanation>),
    /// The run that was left held numbers that are not finite, and was not saved; which.
    LeftBroken(String),
    /// The device of the run that was left could not be read.
    LeftUnreadable(DeviceFailure),
    /// The run holds numbers that are not finite, and was not saved before what was asked; which.
    NotSavedFirst(String),
    /// The run goes on with other bytes than before.
    TextDiffers {
        /// How.
        how: TextDifference,
        /// The text it goes on with.
        name: String,
    },
    /// The run goes on with other points than before: this program makes others of the same config.
    PointsDiffer,
    /// The checkpoint has no hash of its text, so that only its length could be compared.
    TextUnproven {
        /// The text it goes on with.
        name: String,
    },
    /// The phases of a step were shown, and the run was changed before the last: nothing of the step was applied.
    PhasesDiscarded {
        /// The step, from 1.
        step: u64,
    },
    /// More alerts came at once than are told one by one.
    MoreAlerts(usize),
    /// Notices were dropped, for nobody read them in time.
    NoticesDropped(u64),
    /// Something about the folder of the run.
    Folder(FolderFact),
    /// Something about a training of another process that is watched.
    Watched(WatchedFact),
}

/// What a run on another device, or with another batch, goes on from.
#[derive(Clone, Debug, PartialEq)]
pub enum Rescue {
    /// From the step it stood at.
    AsItWas,
    /// From the last good save: the steps after it could not be read. Says how its text differs, if it does.
    LastSave(Option<TextDifference>),
    /// From step 0: nothing was saved, and the steps taken could not be read.
    Beginning,
}

/// What a run found in its folder, and does about it.
#[derive(Clone, Debug, PartialEq)]
pub enum FolderFact {
    /// A later save of the run is kept under another name.
    LaterSave {
        /// Its step.
        step: u64,
        /// The folder.
        folder: PathBuf,
        /// The name it is kept under.
        kept: String,
        /// The step the run goes on from.
        from: u64,
    },
    /// Files of another run are removed, as asked.
    Removing {
        /// The folder.
        folder: PathBuf,
        /// The files.
        names: Vec<String>,
    },
    /// A process of another machine left its lock.
    LockLeft {
        /// The lock file.
        name: &'static str,
        /// The folder.
        folder: PathBuf,
        /// Who.
        holder: Holder,
    },
    /// A config that is not of this run stays as it is.
    ConfigStays {
        /// That config.
        left: &'static str,
        /// The folder.
        folder: PathBuf,
        /// Where the config of this run is; `None` in its checkpoint alone.
        own: Option<String>,
    },
    /// Rows of later steps are taken out of the metrics.
    RowsTakenOut {
        /// The first and the last step.
        steps: (u64, u64),
        /// The step the run goes on from.
        from: u64,
    },
    /// The metrics lack these steps, the first and the last.
    RowsMissing(u64, u64),
    /// The metrics begin late: there is no file with the steps before.
    BeginsLate {
        /// The file.
        name: String,
        /// Its first step.
        step: u64,
    },
    /// The metrics begin late: the file with the steps before cannot be taken over.
    NotTakenOver {
        /// The file.
        name: String,
        /// Its first step.
        step: u64,
        /// The file with the steps before.
        from: PathBuf,
        /// Why not.
        why: LibraryError,
    },
    /// The files with the rows of a branch that was left are kept under other names.
    BranchKept {
        /// The folder.
        folder: PathBuf,
        /// The names.
        names: Vec<String>,
    },
    /// A file begins with the rows of another.
    TakenOver {
        /// The file.
        name: String,
        /// The other.
        from: PathBuf,
    },
}
