//! Memory of a watched training: the curves, readings and alerts that panels draw, as a run of this program has them.

use std::path::Path;
use std::sync::Arc;

use super::shown::{BeganAgain, NewestWatched, SnapshotWatched};
use crate::domain::config::{Config, Knobs};
use crate::domain::roster::Roster;
use crate::dumps::StepGap;
use crate::run::Snapshot;
use crate::run::rewound::{Ghost, GhostId};
use crate::run::snapshot::{Parameters, SnapshotMemory, SnapshotNewest, Status};
use crate::store::alerts::Alerts;
use crate::store::history::{History, LayerMeasure, RunMeasure, SeriesKey};

/// Most trainings that were left and are shown beside the present one.
const GHOSTS: usize = 4;
/// Most gaps that are remembered.
const GAPS: usize = 256;

/// Everything that is remembered of a watched training. Bounded, however long that is.
#[derive(Debug)]
pub(super) struct WatchedMemory {
    pub history: History,
    pub alerts: Arc<Alerts>,
    pub newest: SnapshotNewest,
    pub rosters: Arc<Vec<Roster>>,
    pub config: Arc<Config>,
    pub knobs: Knobs,
    pub parameters: Parameters,
    pub seconds: f64,
    pub tokens_per_sec: f64,
    /// The name of the data, or of the folder.
    pub name: String,
    /// What is said of the watch itself, as far as it is known here.
    shown: SnapshotWatched,
    step: u64,
    /// Whether dumps are missing before the one that comes next.
    parted: bool,
    ghosts: Arc<Vec<Ghost>>,
    ghosts_made: u32,
}

impl WatchedMemory {
    pub fn new(folder: &Path) -> Self {
        // Nobody knows how long it will be.
        let config = Config { steps: 1, ..Config::default() };
        let name = folder.file_name().unwrap_or(folder.as_os_str()).to_string_lossy().into_owned();
        Self {
            history: History::default(),
            alerts: Arc::default(),
            newest: SnapshotNewest::default(),
            rosters: Arc::default(),
            knobs: config.knobs.clone(),
            config: Arc::new(config),
            parameters: Parameters::default(),
            seconds: 0.0,
            tokens_per_sec: 0.0,
            name,
            shown: SnapshotWatched::default(),
            step: 0,
            parted: false,
            ghosts: Arc::default(),
            ghosts_made: 0,
        }
    }

    /// Steps done, as far as is known.
    pub fn step(&self) -> u64 {
        self.step
    }

    /// Dumps or rows taken.
    pub fn taken(&self) -> u64 {
        self.shown.taken
    }

    /// What is said of the watch itself.
    pub fn shown(&mut self) -> &mut SnapshotWatched {
        &mut self.shown
    }

    /// A dump or row was taken; `late` if one of a later step was taken before.
    pub fn took(&mut self, newest: NewestWatched, late: bool) {
        self.shown.taken += 1;
        if late {
            self.shown.late += 1;
            // What was missing is there: of one that lacks no other any more nothing is said.
            let gaps = Arc::make_mut(&mut self.shown.gaps);
            let before = gaps.partition_point(|gap| gap.after < newest.step);
            if let Some(gap) = before.checked_sub(1).and_then(|at| gaps.get_mut(at)) {
                gap.missing = gap.missing.saturating_sub(1);
            }
            gaps.retain(|gap| gap.missing > 0);
            return;
        }
        if std::mem::take(&mut self.parted) {
            self.history.leave_gap_before(newest.step);
        }
        self.step = newest.step;
        self.shown.newest = Some(newest);
    }

    /// Dumps are missing before the one that comes next.
    pub fn gap(&mut self, gap: StepGap) {
        self.parted = true;
        let gaps = Arc::make_mut(&mut self.shown.gaps);
        if gaps.len() == GAPS {
            gaps.remove(0);
        }
        gaps.push(gap);
    }

    /// The training began again with `step`: what was remembered becomes a ghost, and everything begins anew.
    pub fn begin_again(&mut self, step: u64) {
        self.shown.again = Some(BeganAgain { step, newest: self.step });
        let history = std::mem::take(&mut self.history);
        let kappa = |layer| history.shared(SeriesKey::Layer(layer, LayerMeasure::Kappa));
        let ghost = Ghost {
            id: GhostId(self.ghosts_made),
            // Whole: the new one holds nothing of what both have in common.
            from: 0,
            to: self.step,
            first: None,
            loss: history.shared(SeriesKey::Run(RunMeasure::LossTask)),
            kappa: (0..self.rosters.len()).map(kappa).collect(),
            held: false,
        };
        self.ghosts_made = self.ghosts_made.wrapping_add(1);
        let ghosts = Arc::make_mut(&mut self.ghosts);
        if ghosts.len() == GHOSTS {
            ghosts.remove(0);
        }
        ghosts.push(ghost);
        (self.alerts, self.newest) = Default::default();
        self.shown.gaps = Arc::default();
        self.shown.restarts += 1;
        self.parted = false;
    }

    /// Puts it into a snapshot; what is said of the watch itself.
    pub fn show(&self, shot: &mut Snapshot) -> SnapshotWatched {
        shot.status = Status::Watching;
        shot.step = self.step;
        shot.config = self.config.clone();
        shot.knobs = self.knobs.clone();
        shot.pace.seconds = self.seconds;
        shot.pace.tokens_per_sec = self.tokens_per_sec;
        shot.data.badge.name.clone_from(&self.name);
        shot.model.rosters = self.rosters.clone();
        shot.model.parameters = self.parameters;
        shot.newest = self.newest.clone();
        let (history, alerts) = (Arc::new(self.history.clone()), self.alerts.clone());
        shot.memory = SnapshotMemory { history, alerts, ..SnapshotMemory::default() };
        shot.rewind.ghosts = self.ghosts.clone();
        self.shown.clone()
    }
}
