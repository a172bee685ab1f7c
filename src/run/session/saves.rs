//! Saves of a session: which there are, where it saves itself and when, and the runs that were left.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::run::autosaves::AutosavePlace;
use crate::run::left::{Headers, LeftRuns};
use crate::run::saves::{self, Saved, Saves};
use crate::run::snapshot::SnapshotSaves;
use crate::run::{Autosave, Reason};
use crate::store::checkpoint::Over;

/// Shortest and longest time between two tries to save a run that waits for room on its disk.
const RETRY: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));

/// The saves of the present run, and its own file.
pub(super) struct SessionSaves {
    saves: Saves,
    /// Whether something other than steps changed since the last save.
    changed: bool,
    /// Where the run saves itself.
    autosave_place: AutosavePlace,
    /// The last try to save, whatever became of it.
    tried: Instant,
    /// The save that waits for room on its disk.
    waiting: Option<Waiting>,
    /// While a person saves: what may stand at the path.
    over: Option<Over>,
    /// The runs that were left, and the headers they are known by.
    left: Arc<LeftRuns>,
    headers: Headers,
}

/// A save that waits for room on its disk.
#[derive(Clone, Debug)]
pub(super) struct Waiting {
    pub path: PathBuf,
    pub auto: bool,
    /// What may stand at the path.
    pub over: Option<Over>,
}

impl SessionSaves {
    /// Of a run that saves itself as `autosave` says, and has no save yet.
    pub fn new(autosave: Autosave) -> Self {
        Self {
            saves: Saves::default(),
            changed: false,
            autosave_place: AutosavePlace::new(autosave),
            tried: Instant::now(),
            waiting: None,
            over: None,
            left: Arc::default(),
            headers: Headers::default(),
        }
    }

    /// The saves of the present run.
    pub fn saves(&self) -> &Saves {
        &self.saves
    }

    /// Where the run saves itself.
    pub fn autosave_place(&self) -> &AutosavePlace {
        &self.autosave_place
    }

    /// The file of the present run, claimed for it if it has none yet; see [`AutosavePlace::claim`].
    ///
    /// # Errors
    /// What the file system says, and of which folder.
    pub fn claim(&mut self, seed: u64) -> Result<Option<PathBuf>, Reason> {
        self.autosave_place.claim(seed)
    }

    /// Where a run that is left is saved; see [`AutosavePlace::claim_to_leave`].
    ///
    /// # Errors
    /// As [`SessionSaves::claim`].
    pub fn claim_to_leave(&mut self, seed: u64, step: u64, opening: Option<&Path>) -> Result<Option<PathBuf>, Reason> {
        self.autosave_place.claim_to_leave(seed, step, opening)
    }

    /// Another run takes the place of the last, perhaps opened from a save.
    pub fn begin(&mut self, opened: Option<Saved>) {
        self.autosave_place.renew(opened.as_ref().map(|saved| saved.path.as_path()));
        self.saves = opened.map(Saves::opened).unwrap_or_default();
    }

    /// The present run went back to one of its saves; the others are of what it no longer is.
    pub fn went_back(&mut self, to: Saved) {
        self.saves = Saves::opened(to);
        self.changed = false;
    }

    /// The run stands at another of its moments, up to step `fork` as before: what was saved after that is not written over by
    /// what it becomes now.
    ///
    /// # Errors
    /// That the one file of the run could not be moved aside.
    pub fn leave_branch(&mut self, fork: u64) -> Result<(), Reason> {
        self.changed = true;
        let Some(own) = self.autosave_place.own().map(Path::to_owned) else { return Ok(()) };
        let Some(step) = self.saves.at(&own).map(|saved| saved.step).filter(|&step| step > fork) else {
            return Ok(());
        };
        if self.autosave_place.folder().is_some() {
            self.autosave_place.let_go();
            return Ok(());
        }
        let aside = saves::free(saves::beside(&own, &format!("step-{step}")));
        std::fs::rename(&own, &aside)
            .map_err(|error| Reason::LastGoodNotKept { path: own.clone(), error: error.into() })?;
        self.saves.moved(&own, &aside);
        Ok(())
    }

    /// The run stands on a new trainer: nothing changed since, and nothing waits.
    pub fn stands(&mut self) {
        (self.changed, self.tried, self.waiting) = (false, Instant::now(), None);
    }

    /// Something other than a step changed the run.
    pub fn change(&mut self) {
        self.changed = true;
    }

    /// Whether something other than steps changed since the last save.
    pub fn has_changed(&self) -> bool {
        self.changed
    }

    /// Whether the newest save holds all of a run that has done so many steps.
    pub fn holds(&self, step: u64) -> bool {
        self.saves.newest().is_some_and(|saved| saved.step == step) && !self.changed
    }

    /// A save is being tried.
    pub fn try_now(&mut self) {
        self.tried = Instant::now();
    }

    /// A save is written.
    pub fn saved(&mut self, saved: Saved) {
        self.saves.push(saved);
        self.changed = false;
    }

    /// The save at a path was moved to another.
    pub fn moved(&mut self, from: &Path, to: &Path) {
        self.saves.moved(from, to);
    }

    /// Nothing waits for room any more, and autosaves beyond the newest go.
    pub fn tidy(&mut self) {
        self.waiting = None;
        let keep: Vec<PathBuf> = self.saves.best_first().into_iter().map(|saved| saved.path).collect();
        self.autosave_place.prune(&keep);
    }

    /// A save waits for room on its disk.
    pub fn wait_for_room(&mut self, path: PathBuf, auto: bool) {
        self.waiting = Some(Waiting { path, auto, over: self.over });
    }

    /// The save that waits for room.
    pub fn waiting(&self) -> Option<Waiting> {
        self.waiting.clone()
    }

    /// Until the next call: what may stand at the path of a save.
    pub fn set_over(&mut self, over: Option<Over>) {
        self.over = over;
    }

    /// What may stand at the path of a save.
    pub fn over(&self) -> Option<Over> {
        self.over
    }

    /// Time until the run saves itself by the clock, `minutes` apart; `None` if it need not. `unsaved`: whether it stands and
    /// has work that no save holds.
    pub fn until_save(&self, minutes: f64, unsaved: bool) -> Option<Duration> {
        let every = Duration::try_from_secs_f64(minutes * 60.0).unwrap_or(Duration::MAX);
        let after = if self.waiting.is_some() {
            if minutes > 0.0 { every.clamp(RETRY.0, RETRY.1) } else { RETRY.1 }
        } else if minutes > 0.0 && !self.autosave_place.is_never() && unsaved {
            every
        } else {
            return None;
        };
        Some(after.saturating_sub(self.tried.elapsed()))
    }

    /// Looks into the folder of autosaves.
    pub fn list_left(&mut self) {
        self.left = Arc::new(self.headers.list(self.autosave_place.folder(), self.autosave_place.own()));
    }

    /// As snapshots show it.
    pub fn snapshot(&self, unsaved: bool) -> SnapshotSaves {
        SnapshotSaves {
            newest: self.saves.newest().cloned(),
            unsaved,
            ways_back: Arc::new(self.saves.best_first()),
            left: self.left.clone(),
        }
    }
}
