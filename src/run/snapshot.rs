//! Snapshot: what the window and the command line see of a run, one plain value; the newest wins.

use std::path::PathBuf;
use std::sync::Arc;

use super::ahead::Ahead;
use super::asked::Preparation;
use super::left::LeftRuns;
use super::reason::Reason;
use super::saves::Saved;
use super::text::WantedText;
use super::trial::InterventionTrial;
use super::{Maps, PlannedChange, SessionId, SnapshotRewind, SnapshotWatched};
use crate::domain::config::{Cause, Config, Knobs};
use crate::domain::interventions::LayerInterventions;
use crate::domain::measures::window::LOAD_WINDOW;
use crate::domain::readings::{
    Counterfactual, Metric, Phase, PhaseReading, ProbeReading, StepReading, ValidationReading, WeightLikeness,
};
use crate::domain::roster::Roster;
use crate::engine::device::{DeviceFailure, DeviceWhy};
use crate::store::alerts::Alerts;
use crate::store::history::{Explanation, History};

/// Dumps over which a load is averaged at least, however far apart they are.
const LEAST_DUMPS: u64 = 5;

/// A run at one moment: which, at which step, doing what, under which knobs; the rest in groups. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// The session whose run it is.
    pub session: SessionId,
    /// What the run is doing.
    pub status: Status,
    /// Steps done.
    pub step: u64,
    /// What the run is.
    pub config: Arc<Config>,
    /// The knobs in force; `config.knobs` are those of step 0.
    pub knobs: Knobs,
    /// How fast it goes.
    pub pace: SnapshotPace,
    /// What it learns.
    pub data: SnapshotData,
    /// The network as it is now.
    pub model: SnapshotModel,
    /// What was measured last.
    pub newest: SnapshotNewest,
    /// What was measured and done so far.
    pub memory: SnapshotMemory,
    /// Where it is saved, and what else is there.
    pub saves: SnapshotSaves,
    /// What is and was done to it on purpose.
    pub interventions: SnapshotInterventions,
    /// What it can go back to.
    pub rewind: SnapshotRewind,
    /// Where it trains.
    pub device: DeviceBadge,
    /// The watch over a training of another process; `None` for a run that trains here.
    pub watched: Option<Arc<SnapshotWatched>>,
}

/// How fast a run goes, and where its time goes.
#[derive(Clone, Debug, Default)]
pub struct SnapshotPace {
    /// Seconds spent training, pauses left out.
    pub seconds: f64,
    /// Tokens per second over the last second or so of training; 0 before the first step.
    pub tokens_per_sec: f64,
    /// Where a step's time goes.
    pub timing: Timing,
    /// At most so many steps a second; `None` as fast as it goes.
    pub speed: Option<f64>,
    /// What looking at the run costs.
    pub looks: Looks,
}

/// The data of a run.
#[derive(Clone, Debug, Default)]
pub struct SnapshotData {
    /// What it is.
    pub badge: DataBadge,
    /// The text that a checkpoint or the run needs and that is not there as it was.
    pub wants_text: Option<WantedText>,
}

/// The network of a run as it is now.
#[derive(Clone, Debug, Default)]
pub struct SnapshotModel {
    /// Who the experts are, per layer with experts.
    pub rosters: Arc<Vec<Roster>>,
    /// Size of the network.
    pub parameters: Parameters,
    /// Which layers compete at the next steps, from the snapshot's step on: `[steps][layers]`, painted steps included; to the
    /// end of the plan, at most 4096 steps. Changes when the knobs do.
    pub ahead: Arc<Ahead>,
}

/// The newest readings of a run.
#[derive(Clone, Debug, Default)]
pub struct SnapshotNewest {
    /// The newest training step.
    pub step: Option<Arc<StepReading>>,
    /// The newest probe.
    pub probe: Option<Arc<ProbeReading>>,
    /// The newest validation.
    pub validation: Option<ValidationReading>,
    /// Other routes of the token asked about last.
    pub counterfactual: Option<Arc<Counterfactual>>,
    /// How alike the weights of a layer's experts are: the comparison asked for last, as far as it has come.
    pub weights: Option<Arc<WeightLikeness>>,
    /// Maps of points in the plane, as far as somebody looks at them ([`Command::Maps`](super::Command::Maps)).
    pub maps: Option<Arc<Maps>>,
    /// The phases of a step that are being gone through ([`Command::Phase`](super::Command::Phase)).
    pub phases: Option<ShownPhases>,
}

/// A step that is gone through phase by phase. It is the next one, and applied only with the last phase; from then on it is
/// the one just done.
#[derive(Clone, Debug, PartialEq)]
pub struct ShownPhases {
    /// How far it has come: this phase and those before it are shown.
    pub phase: Phase,
    /// What the step computes.
    pub reading: Arc<PhaseReading>,
}

/// What is remembered of a run.
#[derive(Clone, Debug, Default)]
pub struct SnapshotMemory {
    /// Curves and journal.
    pub history: Arc<History>,
    /// What is or was wrong for long enough to be said.
    pub alerts: Arc<Alerts>,
    /// What became of the run after changes, oldest first.
    pub explained: Arc<Vec<Explanation>>,
}

/// The saves of a run, and the runs that were left.
#[derive(Clone, Debug, Default)]
pub struct SnapshotSaves {
    /// The newest save.
    pub newest: Option<Saved>,
    /// Whether there is work that no save holds: steps taken, or changes made, since the last one.
    pub unsaved: bool,
    /// The saves of this run that can be gone back to, the last good one first. [`Command::GoBack`](super::Command::GoBack)
    /// takes the first.
    pub ways_back: Arc<Vec<Saved>>,
    /// The runs that were left, as of the last look into their folder.
    pub left: Arc<LeftRuns>,
}

/// What is done to a run on purpose.
#[derive(Clone, Debug, Default)]
pub struct SnapshotInterventions {
    /// What is being done to each layer with experts.
    pub layers: Arc<Vec<LayerInterventions>>,
    /// What was done, oldest first, and whether the measures noticed.
    pub trials: Arc<Vec<InterventionTrial>>,
    /// What its set-up will do to it, in order.
    pub planned: Arc<Vec<PlannedChange>>,
}

/// What a run is doing.
#[derive(Clone, Debug, PartialEq)]
pub enum Status {
    /// Getting ready: reading the data, drawing weights, building kernels.
    Preparing(Preparation),
    /// Training.
    Running,
    /// Waiting for a command.
    Paused(PausedBy),
    /// Writing a checkpoint.
    Saving,
    /// Following a training of another process; see [`Snapshot::watched`].
    Watching,
    /// Cannot go on as it is.
    Failed(Failure),
}

/// Why a run is paused.
#[derive(Clone, Debug, PartialEq)]
pub enum PausedBy {
    /// It has not been started yet.
    Start,
    /// A person asked.
    Person,
    /// The steps asked for, so many, are done.
    Steps(u64),
    /// The planned last step is done.
    Plan,
    /// A checkpoint was opened.
    Opened,
    /// It went back to an earlier moment, or to a branch that was left.
    Rewound,
    /// It was brought up on a device, the same or another, and goes on there when asked.
    Moved,
    /// There is no room to save it. It tries again by itself and then goes on.
    DiskFull {
        /// Where room is needed.
        folder: PathBuf,
        /// Bytes to be written.
        bytes: u64,
    },
    /// The text can no longer be read, or is another than before.
    Text {
        /// Why.
        why: Reason,
    },
    /// The next step would not be finite; the weights are as before it.
    NotFinite {
        /// Steps done before the step that is not finite.
        step: u64,
        /// Where it was seen first, layer and tensor, and what is known to be the cause.
        place: String,
        /// The numbers of the config that are the cause; empty if it is none of them.
        causes: Vec<Cause>,
    },
}

/// What went wrong and what can be done.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// What failed.
    pub cause: FailureCause,
    /// The ways on, in order of preference.
    pub ways: Vec<Way>,
}

/// What stopped a run.
#[derive(Clone, Debug, PartialEq)]
pub enum FailureCause {
    /// The device failed in the middle of the run.
    Device {
        /// How.
        failure: DeviceFailure,
        /// Its name, if one was chosen.
        device: Option<String>,
        /// Steps done.
        step: u64,
    },
    /// Something in the training thread panicked.
    Panic {
        /// Steps done.
        step: u64,
        /// The first line of what the panic said.
        first: String,
    },
    /// There is no device to train on.
    NoDevice(Reason),
    /// The first run could not be built.
    CannotBegin(Reason),
    /// The file that the first run was to come from could not be opened.
    NotOpened {
        /// The file.
        file: PathBuf,
        /// Why.
        why: Reason,
    },
    /// The first run has no text, as a notice has told; why.
    NoText(Reason),
}

/// A way on after a failure: what it is, and the command behind it.
#[derive(Clone, Debug, PartialEq)]
pub struct Way {
    /// What it is.
    pub on: WayOn,
    /// What it sends.
    pub command: super::Command,
}

/// What can be done after a failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WayOn {
    /// Start the built-in example.
    Example,
    /// Use the CPU.
    Cpu,
    /// Go back to the last good save, of this step.
    GoBack(u64),
    /// A batch of so many sequences, half of before.
    SmallerBatch(usize),
    /// Try the device of this name again.
    DeviceAgain(String),
    /// Begin again from step 0.
    BeginAgain,
    /// Begin again at step 0: nothing was saved.
    NothingSaved,
    /// Try again what could not begin.
    TryAgain,
    /// Continue from this step.
    Continue(u64),
}

/// The device as the window shows it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeviceBadge {
    /// Short name.
    pub name: String,
    /// What kind: `GPU`, `CPU` or `software`.
    pub kind: String,
    /// Why this device; `None` as long as there is none.
    pub why: Option<DeviceWhy>,
    /// Names that `Command::MoveTo` takes, with a label each; this device included.
    pub choices: Vec<(String, String)>,
    /// Bytes the device holds for tensors, if it tells.
    pub memory_bytes: Option<u64>,
}

/// The data of a run as it is shown.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DataBadge {
    /// A text's title or file name, the shape of points.
    pub name: String,
    /// Bytes of a text in all; 0 for other data.
    pub bytes: u64,
    /// Bytes of a text, or points, of the training, validation and test parts, in this order.
    pub split: [u64; 3],
    /// What the run is scored by, with its chance level; `None` until the data is open.
    pub metric: Option<Metric>,
}

/// Size of the network as it is now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Parameters {
    /// All weights.
    pub total: usize,
    /// Weights one token touches on a router step.
    pub active: usize,
}

/// Where the time of a step goes, milliseconds, means over the last readback window.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Timing {
    /// A whole step, everything included.
    pub step_millis: f64,
    /// Of it, waiting for the device (the one readback, shared by its steps).
    pub wait_millis: f64,
}

/// What looking at the run costs.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Looks {
    /// Milliseconds of the last probe; `None` before the first.
    pub probe_millis: Option<f64>,
    /// Share of training time that goes into probes at the present cadence.
    pub share: Option<f64>,
}

impl Snapshot {
    /// Whether training is under way.
    pub fn is_running(&self) -> bool {
        matches!(self.status, Status::Running)
    }

    /// Steps over which the load of an expert is averaged: where dumps are watched, as many as hold five of them at least.
    pub fn load_window(&self) -> usize {
        let usual = self.watched.as_ref().and_then(|watched| watched.usual).unwrap_or(0);
        usize::try_from(usual.saturating_mul(LEAST_DUMPS)).unwrap_or(usize::MAX).max(LOAD_WINDOW)
    }

    /// Steps taken since the newest save.
    pub fn unsaved_steps(&self) -> u64 {
        self.saves.newest.as_ref().map_or(self.step, |saved| self.step.abs_diff(saved.step))
    }

    /// Experts per layer now.
    pub fn experts(&self) -> usize {
        self.model.rosters.first().map_or(self.config.model.experts, Roster::len)
    }

    /// Steps a second, from tokens a second; 0 before the first step.
    pub(crate) fn steps_per_sec(&self) -> f64 {
        self.pace.tokens_per_sec / self.config.tokens_per_step() as f64
    }

    /// Seconds until the planned last step at the present speed, if it can be said.
    pub(crate) fn seconds_left(&self) -> Option<f64> {
        let left = self.config.steps.checked_sub(self.step)? as f64;
        let per_sec = self.steps_per_sec();
        (per_sec > 0.0).then(|| left / per_sec)
    }
}
