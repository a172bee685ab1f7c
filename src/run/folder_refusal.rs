//! Refusals of a folder: why a run cannot write its files, or save itself, in the folder that was asked for.

use std::path::PathBuf;

use super::{Holder, LibraryError};
use crate::store::checkpoint::RunId;

/// Why a folder cannot be used.
#[derive(Clone, Debug, PartialEq)]
pub struct FolderRefusal {
    /// The folder, as it was asked for.
    pub folder: PathBuf,
    /// Why.
    pub why: FolderFault,
}

/// What is wrong with a folder, or with a file in it.
#[derive(Clone, Debug, PartialEq)]
pub enum FolderFault {
    /// It cannot be made.
    NotMade(LibraryError),
    /// A file stands there.
    IsFile,
    /// A link that leads nowhere stands there.
    DanglingLink,
    /// Another process writes there; which, where it is known.
    InUse(Option<Box<Holder>>),
    /// No file can be made there.
    NotWritable {
        /// The file that was tried.
        name: &'static str,
        /// What the file system says.
        error: LibraryError,
    },
    /// Its lock cannot be taken.
    Lock(LibraryError),
    /// It holds a run, and a new one was to begin.
    HoldsRun {
        /// The file that says so.
        name: &'static str,
        /// What that file is.
        occupant: Occupant,
        /// The checkpoint to go on from, if there is one.
        checkpoint: Option<PathBuf>,
    },
    /// It holds another run than the one that is resumed.
    OtherThanResumed {
        /// The file that says so.
        name: &'static str,
        /// What that file is.
        occupant: Occupant,
    },
    /// A file that is no checkpoint stands where the checkpoint goes.
    NotCheckpoint {
        /// The file.
        name: PathBuf,
        /// What is wrong with it.
        error: LibraryError,
    },
    /// A file that would be replaced cannot be read.
    Unreadable {
        /// The file.
        name: PathBuf,
        /// What the file system says.
        error: LibraryError,
    },
    /// A file that the program did not write stands where one of the run's goes.
    Foreign {
        /// The file.
        name: &'static str,
        /// What it is.
        error: LibraryError,
    },
    /// A file stands where the folder of autosaves should be.
    FileInPlace,
    /// The folder of autosaves may not be made.
    NoPermission,
    /// The folder of autosaves cannot be made.
    AutosavesNotMade(LibraryError),
    /// The folder of autosaves takes no files.
    TakesNoFiles(LibraryError),
}

/// What a file of the program is that another run left in the folder.
#[derive(Clone, Debug, PartialEq)]
pub enum Occupant {
    /// A checkpoint of another run.
    Checkpoint {
        /// Steps done in it.
        step: u64,
        /// Its run.
        run: RunId,
    },
    /// Rows or events of another run.
    AnotherRun,
    /// A file that cannot be gone on with.
    Error(LibraryError),
}
