//! Watched folder: a training of somebody else, followed by the files that it leaves. It has curves, alerts and readings as a run of
//! this program has, and no trainer.
//!
//! - `memory` is what is remembered; `dumps` puts routing dumps into it, `own_run` the files of a run of this program.
//! - [`SnapshotWatched`] is what snapshots show of the watch itself.
//!
//! Nothing here waits or asks a clock: who holds a [`WatchedRun`] says what time it is and calls when something is due.

mod dumps;
mod memory;
mod own_run;
mod shown;

#[cfg(test)]
mod tests;

pub use self::shown::{BeganAgain, NewestWatched, SnapshotWatched};

use std::io;
use std::path::PathBuf;
use std::time::Duration;

use self::dumps::DumpsFollowed;
use self::memory::WatchedMemory;
use self::own_run::OwnRunFollowed;
use super::{LibraryError, Snapshot};
use crate::dumps::{NotFiniteDump, RunWatch, StepGap};
use crate::store::alerts::Alert;

/// What is to be watched.
#[derive(Clone, Debug, PartialEq)]
pub struct WatchedFolder {
    /// The folder.
    pub folder: PathBuf,
    /// Time between two looks.
    pub every: Duration,
    /// Picks of a token where a dump does not hold them: the largest logits then are the picks.
    pub top_k: Option<usize>,
}

impl WatchedFolder {
    /// Time between two looks where nobody says another.
    pub(crate) const EVERY: Duration = Duration::from_secs(1);

    /// A folder, looked at every second.
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { folder, every: Self::EVERY, top_k: None }
    }
}

/// Something that a watch found and that is worth telling once.
#[derive(Clone, Debug, PartialEq)]
pub enum WatchedFact {
    /// A folder is watched from now on.
    Began(PathBuf),
    /// What was there at the beginning is taken: so many dumps or rows, the newest of a step.
    CaughtUp {
        /// How many.
        taken: u64,
        /// The newest step.
        step: u64,
    },
    /// Dumps are missing.
    Gap(StepGap),
    /// The dump of this step came after those of later steps: it is counted, and in no curve.
    Late(u64),
    /// The training began again with `step` after it had come to `newest`.
    Again {
        /// The step it begins again with.
        step: u64,
        /// The newest it had come to.
        newest: u64,
    },
    /// A run of this program was saved.
    Saved {
        /// The file's name.
        file: String,
        /// Steps done when it was.
        step: u64,
    },
    /// Tensors of a dump hold numbers that are not finite, and did not in the one before.
    NotFinite(NotFiniteDump),
    /// A file has not been whole for long.
    NotWhole {
        /// Its name.
        file: String,
        /// What it lacks.
        why: String,
    },
    /// A file is no dump that can be taken.
    Aside {
        /// Its name.
        file: String,
        /// Why.
        why: LibraryError,
    },
    /// The folder cannot be looked at for now.
    Unreachable(LibraryError),
    /// It can be again.
    Reached,
}

/// What came of a piece of work.
#[derive(Debug, Default)]
pub(super) struct WatchedNews {
    /// To be told.
    pub facts: Vec<WatchedFact>,
    /// Alerts that went up.
    pub raised: Vec<Alert>,
}

/// Where what is watched comes from.
#[derive(Debug)]
enum Source {
    Dumps(Box<DumpsFollowed>),
    OwnRun(Box<OwnRunFollowed>),
}

/// A training of somebody else.
#[derive(Debug)]
pub(super) struct WatchedRun {
    folder: WatchedFolder,
    source: Source,
    memory: WatchedMemory,
    /// When the next piece of work is due, after the beginning.
    due: Duration,
    /// Whether a look is under way.
    looking: bool,
    /// Whether all that was there at the beginning is taken.
    caught_up: bool,
    unreachable: Option<LibraryError>,
}

impl WatchedRun {
    /// Follows a folder from its beginning on; nothing is read before the first piece of work.
    pub fn new(folder: WatchedFolder) -> Self {
        let source = Self::source(&folder);
        let memory = WatchedMemory::new(&folder.folder);
        Self { folder, source, memory, due: Duration::ZERO, looking: false, caught_up: false, unreachable: None }
    }

    fn source(folder: &WatchedFolder) -> Source {
        match RunWatch::is_run(&folder.folder) {
            true => Source::OwnRun(Box::new(OwnRunFollowed::new(&folder.folder))),
            false => Source::Dumps(Box::new(DumpsFollowed::new(&folder.folder, folder.top_k))),
        }
    }

    /// Time until the next piece of work, `now` after the beginning.
    pub fn due_in(&self, now: Duration) -> Duration {
        self.due.saturating_sub(now)
    }

    /// The next look is due at once.
    pub fn look_now(&mut self) {
        self.due = Duration::ZERO;
    }

    /// Does the next piece of work: lists the folder, takes one dump, or reads what has come of a run of this program.
    pub fn work(&mut self, now: Duration) -> WatchedNews {
        let mut news = WatchedNews::default();
        if !self.looking && self.memory.taken() == 0 && RunWatch::is_run(&self.folder.folder) {
            // An empty folder may become either.
            if let Source::Dumps(_) = self.source {
                self.source = Self::source(&self.folder);
            }
        }
        let worked = match &mut self.source {
            Source::Dumps(dumps) => dumps.work(self.looking, now, &mut self.memory, &mut news),
            Source::OwnRun(run) => run.work(&mut self.memory, &mut news),
        };
        match worked {
            Ok(more) => {
                if self.unreachable.take().is_some() {
                    news.facts.push(WatchedFact::Reached);
                }
                self.looking = more;
            }
            Err(error) => {
                self.looking = false;
                if self.unreachable.is_none() {
                    news.facts.push(WatchedFact::Unreachable(copy_of(&error).into()));
                }
                self.unreachable = Some(error.into());
            }
        }
        self.due = if self.looking { now } else { now + self.folder.every };
        if !self.caught_up {
            self.catch_up(&mut news);
        }
        news
    }

    /// Of what was there at the beginning only how much is told, and what cannot be taken.
    fn catch_up(&mut self, news: &mut WatchedNews) {
        news.raised.clear();
        let told = |fact: &WatchedFact| {
            use WatchedFact::{Gap, Late, NotFinite, Saved};
            !matches!(fact, Gap(_) | Late(_) | NotFinite(_) | Saved { .. })
        };
        news.facts.retain(told);
        if !self.looking && self.unreachable.is_none() {
            self.caught_up = true;
            let (taken, step) = (self.memory.taken(), self.memory.step());
            news.facts.extend((taken > 0).then_some(WatchedFact::CaughtUp { taken, step }));
        }
    }

    /// Puts into a snapshot what is known of the training.
    pub fn show(&self, shot: &mut Snapshot) {
        let mut shown = self.memory.show(shot);
        shown.folder.clone_from(&self.folder.folder);
        shown.every = self.folder.every;
        shown.caught_up = self.caught_up;
        shown.unreachable.clone_from(&self.unreachable);
        match &self.source {
            Source::Dumps(dumps) => dumps.show(&mut shown),
            Source::OwnRun(_) => shown.own_run = true,
        }
        shot.watched = Some(shown.into());
    }
}

/// The same error once more, as far as it says what happened.
fn copy_of(error: &io::Error) -> io::Error {
    error.raw_os_error().map_or_else(|| io::Error::new(error.kind(), error.to_string()), io::Error::from_raw_os_error)
}
