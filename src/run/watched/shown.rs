//! What snapshots show of a watch: the folder, what came last and when, what is missing.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use crate::dumps::{SpoiledTensor, StepGap};
use crate::run::LibraryError;

/// A folder that is watched, in the place of a run that trains here. Whoever sees one sees a training of another process: it
/// can be looked at, and nothing of it can be changed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SnapshotWatched {
    /// The folder.
    pub folder: PathBuf,
    /// Whether it holds a run of this program; else routing dumps, or nothing yet.
    pub own_run: bool,
    /// Time between two looks.
    pub every: Duration,
    /// The newest dump or row.
    pub newest: Option<NewestWatched>,
    /// Dumps or rows taken.
    pub taken: u64,
    /// Dumps that came after those of later steps; no curve holds them.
    pub late: u64,
    /// How often the training began again.
    pub restarts: u64,
    /// Where it began again last.
    pub again: Option<BeganAgain>,
    /// Whether all that was there at the beginning is taken.
    pub caught_up: bool,
    /// The usual distance between the steps of two dumps, once it is known.
    pub usual: Option<u64>,
    /// The keys of the layers with experts; the only layer of a dump of one has an empty one. Empty for a run of this program.
    pub keys: Arc<Vec<String>>,
    /// Per layer the tensors of the newest dump that hold numbers that are not finite.
    pub spoiled: Arc<Vec<Vec<SpoiledTensor>>>,
    /// Tokens of the newest dump.
    pub tokens: usize,
    /// The newest gaps between steps, oldest first.
    pub gaps: Arc<Vec<StepGap>>,
    /// The newest save of a run of this program, and steps done when it was made.
    pub saved: Option<(PathBuf, u64)>,
    /// Why the folder cannot be looked at, as long as it cannot.
    pub unreachable: Option<LibraryError>,
}

/// Where a watched training began again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BeganAgain {
    /// With which step.
    pub step: u64,
    /// The newest it had come to.
    pub newest: u64,
}

/// The newest dump or row of a watched training.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewestWatched {
    /// Its step.
    pub step: u64,
    /// When its file was written, by the clock of whoever keeps it; `None` if that is not known.
    pub written: Option<SystemTime>,
}
