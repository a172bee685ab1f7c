//! Why something was refused or failed: one type for every reason that a run gives.

use std::error::Error;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use super::Holder;
use super::folder_refusal::FolderRefusal;
use crate::domain::config::Complaint;
use crate::domain::roster::SurgeryRefusal;
use crate::engine::device::DeviceFailure;
use crate::engine::train::TrainerRefusal;
use crate::tasks::text::TextDifference;

/// Why something was not done.
#[derive(Clone, Debug, PartialEq)]
pub enum Reason {
    /// An error of a file, a driver, a task or a checkpoint.
    Error(LibraryError),
    /// A file of the run cannot be written.
    File {
        /// The file.
        path: PathBuf,
        /// What the file system says.
        error: LibraryError,
    },
    /// A folder cannot be used.
    Folder(Box<FolderRefusal>),
    /// Everything that is wrong with a config.
    Complaints(Vec<Complaint>),
    /// The trainer refuses.
    Trainer(TrainerRefusal),
    /// The number of experts cannot be changed so.
    Surgery(SurgeryRefusal),
    /// There is no run.
    NoRun,
    /// There is no such run.
    NoSuchRun,
    /// There are as many runs as can be.
    TooManyRuns(usize),
    /// A race needs two runs.
    RaceOfOne,
    /// The only run ends with the program.
    CloseInstead,
    /// There is no device.
    NoDevice,
    /// The training is watched, and belongs to another process.
    OnlyWatched,
    /// No training is watched.
    NotWatched,
    /// There is nothing to undo.
    NothingToUndo,
    /// There is nothing to do again.
    NothingToRedo,
    /// No state is held from which the run could go there; steps done at the first that is held, if there is one.
    NotHeld(Option<u64>),
    /// A person stopped it while it was being done.
    Cancelled,
    /// The run has not come to that moment.
    NotThereYet,
    /// The end of the branch is no longer held.
    BranchGone,
    /// The run has failed.
    RunFailed,
    /// The run has not been saved yet.
    NeverSaved,
    /// Every layer already has so many experts.
    SameExperts(usize),
    /// There is no such layer with experts.
    NoLayer,
    /// So many steps are done already.
    StepsDone {
        /// How many.
        done: u64,
    },
    /// There is no probe yet.
    NoProbe,
    /// The probe has no such layer or token.
    NoToken,
    /// Experts have more neurons than can be matched.
    TooManyNeurons {
        /// Neurons of an expert.
        count: usize,
        /// At most.
        most: usize,
    },
    /// A thread could not be started; what the system says.
    NoThread(LibraryError),
    /// A thread ended before it was through.
    ThreadEnded,
    /// The run would need more memory than this process may use.
    Memory {
        /// Bytes needed.
        needed: f64,
        /// Bytes there.
        there: f64,
    },
    /// The run would need more memory than the runs beside it leave.
    MemoryBeside {
        /// Bytes needed.
        needed: f64,
        /// Bytes that the other runs need.
        held: f64,
        /// Bytes that this process may use.
        there: f64,
    },
    /// The run would need more memory than its graphics card has.
    CardMemory {
        /// Bytes of the run.
        needed: f64,
        /// The card.
        device: String,
        /// Bytes of its memory.
        there: f64,
    },
    /// The largest tensor of the run is too large for its device.
    Binding {
        /// Bytes of it.
        largest: f64,
        /// The device.
        device: String,
        /// Bytes it can bind at most.
        limit: f64,
    },
    /// The run learns no text.
    LearnsNoText,
    /// There is no such file.
    NoFile(PathBuf),
    /// The text that was chosen is another than the one of the run.
    OtherText {
        /// The text.
        path: PathBuf,
        /// How it differs.
        how: TextDifference,
    },
    /// The text of a checkpoint is no longer the same.
    TextChanged {
        /// The text.
        path: PathBuf,
        /// How it differs.
        how: TextDifference,
    },
    /// The text of a checkpoint is no longer there.
    TextMissing {
        /// Its name.
        name: String,
        /// Where it was looked for.
        places: Vec<PathBuf>,
    },
    /// The journal no longer holds all that is needed to do the run again.
    JournalIncomplete,
    /// The text is not the one the run began with.
    NotItsText,
    /// The text a run went on with is no longer there, or was changed.
    LaterTextGone,
    /// The run went on with another text than it began with.
    AnotherTextLater,
    /// The run went on with other points than it began with, which this program cannot make.
    OtherPoints,
    /// A step is not finite, which it was not in the run.
    StepNotFinite(u64),
    /// An entry of the journal cannot be repeated.
    Entry {
        /// Steps done when it was made.
        step: u64,
        /// Why.
        why: Box<Reason>,
    },
    /// A tensor holds numbers that are not finite.
    NotFinite(String),
    /// The device failed.
    Device(DeviceFailure),
    /// A save of the run could not be opened.
    Save {
        /// The save.
        path: PathBuf,
        /// Why.
        why: Box<Reason>,
    },
    /// Another run writes there by itself; the process, where it is known.
    Written(Option<Box<Holder>>),
    /// The last good save could not be kept beside its own place.
    LastGoodNotKept {
        /// The save.
        path: PathBuf,
        /// What the file system says.
        error: LibraryError,
    },
}

/// An error of a lower layer. Its words are those of its type ([`Error`]), so no sentence made on the way can pass for one;
/// two are equal if they say the same.
#[derive(Clone, Debug)]
pub struct LibraryError(Arc<dyn Error + Send + Sync>);

impl fmt::Display for LibraryError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl PartialEq for LibraryError {
    fn eq(&self, other: &Self) -> bool {
        self.to_string() == other.to_string()
    }
}

impl<E: Error + Send + Sync + 'static> From<E> for LibraryError {
    fn from(error: E) -> Self {
        Self(Arc::new(error))
    }
}

impl<E: Error + Send + Sync + 'static> From<E> for Reason {
    fn from(error: E) -> Self {
        Self::Error(error.into())
    }
}

impl From<DeviceFailure> for Reason {
    fn from(failure: DeviceFailure) -> Self {
        Self::Device(failure)
    }
}

impl From<FolderRefusal> for Reason {
    fn from(refusal: FolderRefusal) -> Self {
        Self::Folder(Box::new(refusal))
    }
}

impl From<TrainerRefusal> for Reason {
    fn from(refusal: TrainerRefusal) -> Self {
        Self::Trainer(refusal)
    }
}

impl From<SurgeryRefusal> for Reason {
    fn from(refusal: SurgeryRefusal) -> Self {
        Self::Surgery(refusal)
    }
}
