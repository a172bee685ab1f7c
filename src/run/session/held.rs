//! Held states of a session and the branches that were left: what is kept to go back to, and what is shown of it.
//!
//! A state is a fork of the trainer: it shares every tensor with the trainer until that moves on, so that taking one reads
//! nothing back and copies nothing. What it costs is memory, weights and two moments beside the curves, and the one copy that
//! the next step makes instead of writing in place; the time between two in passing grows with that.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::Session;
use super::explained::Explained;
use super::files::KeptFiles;
use super::interventions::Trials;
use super::newest::SessionNewest;
use super::undo::Edits;
use crate::engine::device;
use crate::run::held::{HeldFor, HeldStates};
use crate::run::open_run::OpenRun;
use crate::run::{Command, Ghost, GhostId, Reason, RunMoment, SnapshotRewind};
use crate::store::history::Journal;

/// Most bytes of held states: 256 MiB, or a sixteenth of the memory there is.
const BUDGET: usize = 256 << 20;
const SHARE: u64 = 16;
/// Least time between two states that are held in passing. The steps between two of them are what has to be done again on the way
/// back: with the steps' own time below the tenth of a second that a person takes for at once.
const EVERY: Duration = Duration::from_millis(40);
/// Bytes of a state for which there is a second between two of them: what is copied once takes some tenth of that.
const BYTES_A_SECOND: f64 = 32e6;
/// Most branches that were left and are shown.
const GHOSTS: usize = 4;

/// A run with what is shown of it, as it was at one moment.
pub(super) struct HeldRun {
    pub run: OpenRun,
    pub newest: SessionNewest,
    pub trials: Trials,
    pub explained: Explained,
}

impl HeldRun {
    /// The same once more.
    pub fn fork(&self) -> Option<Self> {
        let (newest, trials, explained) = (self.newest.clone(), self.trials.clone(), self.explained.clone());
        Some(Self { run: self.run.fork()?, newest, trials, explained })
    }
}

/// A branch that was left.
pub(super) struct LeftBranch {
    ghost: Ghost,
    /// All that was done in it.
    journal: Arc<Journal>,
    /// Its end, as long as that is held.
    end: Option<HeldRun>,
    /// The states on the way there, of the newest branch.
    states: HeldStates<HeldRun>,
    /// What could be undone there.
    edits: Edits,
    /// Its files, if it had any.
    files: Option<KeptFiles>,
}

/// What comes back of a branch that is gone on with.
pub(super) struct Rejoined {
    pub end: HeldRun,
    pub states: HeldStates<HeldRun>,
    pub edits: Edits,
    pub files: Option<KeptFiles>,
}

/// What a session can go back to.
pub(super) struct SessionHeld {
    states: HeldStates<HeldRun>,
    taken: Option<(Instant, Duration)>,
    left: Vec<LeftBranch>,
    next: u32,
    /// As snapshots show them.
    ghosts: Arc<Vec<Ghost>>,
    edits: Edits,
}

impl SessionHeld {
    /// Nothing yet.
    pub fn new() -> Self {
        let there = device::usable_bytes().map_or(usize::MAX, |there| (there / SHARE) as usize);
        Self {
            states: HeldStates::new(BUDGET.min(there)),
            taken: None,
            left: Vec::new(),
            next: 0,
            ghosts: Arc::default(),
            edits: Edits::default(),
        }
    }

    /// The run stands on something else: nothing that is held is its own any more.
    pub fn forget(&mut self) {
        self.states.clear();
        self.left.clear();
        self.ghosts = Arc::default();
        (self.taken, self.edits) = (None, Edits::default());
    }

    /// What can be undone.
    pub fn edits(&mut self) -> &mut Edits {
        &mut self.edits
    }

    /// Bytes of the states that are held, at most.
    pub fn bytes(&self) -> usize {
        let left = |left: &LeftBranch| left.end.as_ref().map_or(0, |end| end.run.fork_bytes()) + left.states.bytes();
        self.states.bytes() + self.left.iter().map(left).sum::<usize>()
    }

    /// Whether it is time to hold a state in passing.
    fn is_due(&self) -> bool {
        self.taken.is_none_or(|(at, pause)| at.elapsed() >= pause)
    }

    fn hold(&mut self, why: HeldFor, here: HeldRun) {
        let bytes = here.run.fork_bytes();
        self.taken = Some((Instant::now(), EVERY.max(Duration::from_secs_f64(bytes as f64 / BYTES_A_SECOND))));
        self.states.push(here.run.moment(), why, bytes, here);
    }

    /// The newest state at a moment or before it.
    ///
    /// # Errors
    /// That none is held.
    pub fn nearest(&self, to: RunMoment) -> Result<HeldRun, Reason> {
        let first = self.states.moments().next().map(|first| first.step);
        self.states.nearest(to).and_then(HeldRun::fork).ok_or(Reason::NotHeld(first))
    }

    /// The run left where it stood (`end`) and stands as `now`; they part at `fork`. What was left stays as a ghost if there is
    /// anything in it; beyond [`GHOSTS`] the oldest go, and of the ends only the newest stays where more do not fit. The states on
    /// the way to the newest end stay as well, so that whoever goes there again can go back from there.
    pub fn leave(&mut self, end: HeldRun, now: &OpenRun, fork: RunMoment, files: Option<KeptFiles>) -> Option<GhostId> {
        let states = self.states.split_off(fork, BUDGET / 4);
        let here = (now.history().journal.as_ref(), now.step());
        for left in &mut self.left {
            left.ghost.from = RunMoment::common((&left.journal, left.ghost.to), here).step;
        }
        let at = end.run.moment();
        let id = (at > fork).then_some(GhostId(self.next));
        if let Some(id) = id {
            self.next += 1;
            let layers = end.run.trainer().config().model.moe_count();
            let ghost = Ghost::of(id, end.run.history(), fork, at.step, layers);
            let (journal, edits) = (end.run.history().journal.clone(), self.edits.clone());
            self.left.iter_mut().for_each(|left| left.states.clear());
            self.left.push(LeftBranch { ghost, journal, end: Some(end), states, edits, files });
        }
        if self.left.len() > GHOSTS {
            self.left.remove(0);
        }
        let newest = self.left.len().saturating_sub(1);
        let mut room = BUDGET / 4;
        for (place, left) in self.left.iter_mut().enumerate().rev() {
            let bytes = left.end.as_ref().map_or(0, |end| end.run.fork_bytes());
            if place != newest && bytes > room {
                left.end = None;
                left.ghost.held = false;
            }
            room = room.saturating_sub(bytes);
        }
        self.show();
        id
    }

    /// The branch that is to be gone on with; it is no ghost any more.
    ///
    /// # Errors
    /// That its end is not held; then it stays a ghost.
    pub fn take(&mut self, id: GhostId) -> Result<Rejoined, Reason> {
        let place = self.left.iter().position(|left| left.ghost.id == id && left.end.is_some());
        let left = place.map(|place| self.left.remove(place)).ok_or(Reason::BranchGone)?;
        self.show();
        let LeftBranch { end, states, edits, files, .. } = left;
        Ok(Rejoined { end: end.ok_or(Reason::BranchGone)?, states, edits, files })
    }

    /// Holds what was held on the way to the end of a branch that is gone on with.
    pub fn hold_again(&mut self, states: HeldStates<HeldRun>) {
        self.states.append(states);
    }

    fn show(&mut self) {
        self.ghosts = Arc::new(self.left.iter().map(|left| left.ghost.clone()).collect());
    }

    /// As snapshots show it.
    pub fn snapshot(&self) -> SnapshotRewind {
        SnapshotRewind {
            undo: self.edits.undo(),
            redo: self.edits.redo(),
            held: Arc::new(self.states.moments().collect()),
            bytes: self.bytes(),
            ghosts: self.ghosts.clone(),
        }
    }
}

impl Session {
    /// The run and what is shown of it, to be held; `None` while readings wait, or if it has failed.
    pub(super) fn held_run(&self) -> Option<HeldRun> {
        let run = self.run.open().filter(|_| !self.control.has_failed())?.fork()?;
        let (newest, trials, explained) = (self.newest.clone(), self.trials.clone(), self.explained.clone());
        Some(HeldRun { run, newest, trials, explained })
    }

    /// Holds the run as it stands.
    pub(super) fn hold(&mut self, why: HeldFor) {
        if let Some(here) = self.held_run() {
            self.held.hold(why, here);
        }
    }

    /// Holds the run as it stands after a read, if it is time to.
    pub(super) fn hold_in_passing(&mut self) {
        if self.held.is_due() {
            self.hold(HeldFor::Passing);
        }
    }

    /// Holds the run before a command that may change it.
    pub(super) fn hold_before(&mut self, command: &Command) {
        if command.is_tweak() {
            self.flush_readings();
            self.hold(HeldFor::Change);
        }
    }

    /// From here on the run stands where `held` did.
    pub(super) fn stand_at(&mut self, held: HeldRun) {
        self.discard_phases();
        self.run.go_on_as(held.run);
        (self.newest, self.trials, self.explained) = (held.newest, held.trials, held.explained);
        self.comparing.forget();
        self.maps.outdate();
        self.pace.forget_queued();
        self.pace.resume();
    }
}
