//! Commands: what a person asks of a run and of the program, as data that can be written as JSON or TOML and read again.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{GhostId, MapRequest, RewindTo, RunSetup, SessionId};
use crate::domain::config::{Config, Knobs, ProbeFamilies, Text, path};
use crate::domain::interventions::Intervention;
use crate::domain::roster::Surgery;
use crate::store::history::What;

/// What a person asks of the program: something of one run, another run beside it, or the end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AppCommand {
    /// Something of one run.
    Session {
        /// Which; `None` for the one that is shown.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        session: Option<SessionId>,
        /// What.
        command: Command,
    },
    /// Begin another run beside the present ones, at step 0, on the device of the one that is shown. Each trains in its
    /// turn, and what happens to one touches no other.
    Begin(Box<Config>),
    /// Begin another run beside the present ones that goes on from a saved state of one of them. It has the curves and the
    /// journal up to there, and an id and a file of its own; the run it comes from stays as it is.
    Branch {
        /// Of which; `None` for the one that is shown.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        session: Option<SessionId>,
        /// The checkpoint that it goes on from; `None` for the run as it stands.
        #[serde(default, with = "path::optional", skip_serializing_if = "Option::is_none")]
        save: Option<PathBuf>,
        /// The moment that it goes on from, if that is still held; `None` for the newest. Not together with a checkpoint.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<RewindTo>,
        /// Knobs that it goes on with; `None` for those in force there.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        knobs: Option<Box<Knobs>>,
    },
    /// Let two to four runs race: each takes a step in its turn, and none that trains is more than a step ahead of another.
    /// One of them is shown. Takes the place of a race under way. With none the race ends: the runs that it began are saved
    /// and end, and the run that was shown before is shown again.
    Race(Vec<Racer>),
    /// Something of every run of the race.
    OfRace(Command),
    /// Stop doing a run again: it then stands as it stood before going back was asked for, and so does one that was to branch
    /// off. Heard at once, not in its turn; without effect while nothing is done again.
    CancelRewind,
    /// Show another run: commands without a name go to it, and readers see its snapshots.
    Show(SessionId),
    /// End a run, if it is not the only one. It is saved first; if that fails it stays, as for [`AppCommand::Close`].
    End(SessionId),
    /// Follow a command without saving the run first: what no save holds is lost, or cannot be undone.
    Discarding(Box<Self>),
    /// Save every run to its own file if it has one, and end the thread. If a save fails the runs stay, and
    /// [`Notice::NotLeft`](super::Notice::NotLeft) asks what is to become of it.
    Close,
    /// The same without a question, for where nobody can be asked: if the save fails, the folder for temporary files is
    /// tried, and the thread ends.
    Quit,
}

/// A run of a race.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Racer {
    /// One that is there.
    Session(SessionId),
    /// One that begins at step 0.
    Begin(Box<Config>),
    /// One that branches off from another, as [`AppCommand::Branch`] does.
    Branch {
        /// Of which; `None` for the one that is shown.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        session: Option<SessionId>,
        /// The moment that it goes on from; `None` for the newest.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        at: Option<RewindTo>,
        /// Knobs that it goes on with; `None` for those in force there.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        knobs: Option<Box<Knobs>>,
    },
}

impl Racer {
    /// Most runs of a race.
    pub const MOST: usize = 4;
}

/// What a person asks of a run. A run that ends, moves to another device, or is changed in a way that only a save can undo
/// (the number of experts, a copied or reset expert, a poisoned router) is saved first where runs are saved by themselves
/// ([`Autosave`](super::Autosave)); if that fails the command is not followed ([`Notice::NotLeft`](super::Notice::NotLeft)).
///
/// Applied at a step boundary, in order, and answered by a snapshot or a notice.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Command {
    /// Train until paused or until the planned last step; past it, without end.
    Run,
    /// Stop after the step under way.
    Pause,
    /// Train this many steps, then pause.
    Step(u64),
    /// Train until so many steps are done, then pause. Refused if they are done already.
    StopAt(u64),
    /// Show the next phase of the next step: route, compete, combine, learn. The first computes the step once and pauses a run
    /// that trains; the last applies exactly the gradients that were shown, as does a step or a run in between. A change of the
    /// run in between discards them ([`Fact::PhasesDiscarded`](super::Fact::PhasesDiscarded)).
    Phase,
    /// At most so many steps a second; `None` as fast as it goes.
    Speed(Option<f64>),
    /// Put these knobs in force.
    SetKnobs(Knobs),
    /// From now on probe every so many steps, and measure this.
    Watch {
        /// Steps between probes, at least 1.
        every: u64,
        /// What a probe measures besides load, router and agreement.
        measures: ProbeFamilies,
    },
    /// Do something to a layer with experts on purpose.
    Intervene {
        /// Which, from 0.
        layer: usize,
        /// What.
        intervention: Intervention,
    },
    /// Decide by hand at which steps ahead a layer with experts competes; such steps are exempt from rate, warm-up and the
    /// cap on layers at once.
    Paint {
        /// Which, from 0.
        layer: usize,
        /// First step, counted as in [`SnapshotModel::ahead`](super::SnapshotModel::ahead): step `snapshot.step` is the next one.
        from: u64,
        /// Last step.
        to: u64,
        /// Whether it competes; `None` gives the steps back to the schedule.
        compete: Option<bool>,
    },
    /// Go back to an earlier moment: from the nearest state held in memory at or before it, done again up to there. What is
    /// left stays as a [`Ghost`](super::Ghost).
    Rewind(RewindTo),
    /// Undo the newest change or the newest going back ([`SnapshotRewind::undo`](super::SnapshotRewind::undo)). A knob is
    /// turned back now and the steps since stay; from surgery, faults and painted steps the run goes back to right before
    /// them, and what is left stays as a ghost.
    Undo,
    /// Do again what was undone last.
    Redo,
    /// Go to the end of a branch that was left; the present one becomes a ghost.
    Rejoin(GhostId),
    /// Measure what every expert of a layer is worth.
    KnockOut {
        /// Which, from 0.
        layer: usize,
    },
    /// Try other routes of a token of the probe.
    Explain {
        /// Layer with experts, from 0.
        layer: usize,
        /// The token, by its place in the probe.
        token: usize,
    },
    /// Compare the weights of every two experts of a layer as they are now, beside the training. Takes the place of a
    /// comparison under way.
    CompareWeights {
        /// Layer with experts, from 0.
        layer: usize,
    },
    /// Draw maps of a run on points in the plane for the next two seconds, whenever the network has changed; other runs
    /// have none. The snapshot's [`maps`](super::SnapshotNewest::maps) are the newest.
    Maps(MapRequest),
    /// From now on measure saturation against the newest probe.
    Reference,
    /// Change the number of experts in every layer.
    Experts {
        /// Experts per layer afterwards, 1 to 256.
        target: usize,
        /// How.
        surgery: Surgery,
    },
    /// Look into the folder of autosaves for runs that were left; the snapshot's [`left`](super::SnapshotSaves::left) tells.
    ListRuns,
    /// Begin again at step 0 with the knobs and the number of experts in force; another seed if one is given.
    Reset {
        /// The seed, or `None` for the same.
        seed: Option<u64>,
    },
    /// Begin another run; the present one is saved and left once the new one stands.
    New(Box<Config>),
    /// Begin another run by a set-up, as [`Command::New`] does; its changes are made as the run comes to their steps.
    NewSetup(Box<RunSetup>),
    /// Go on on another device, from the present step if it can be read, else from the last good save; begin there if no
    /// run stands yet.
    MoveTo(String),
    /// Go on from the present step with half the sequences in a batch; a way on when memory ran out.
    HalveBatch,
    /// Save everything into the run's own file, whatever stands there.
    Save(#[serde(with = "path")] PathBuf),
    /// Save everything into a file that a person named.
    SaveAs {
        /// The file.
        #[serde(with = "path")]
        path: PathBuf,
        /// Whether a checkpoint that stands there may go. Anything else there is never replaced.
        replace: bool,
    },
    /// Open a checkpoint; the present run is saved and left once the file has been read whole.
    Open(#[serde(with = "path")] PathBuf),
    /// Watch the training of another process by what it leaves in a folder: routing dumps, or a run of this program. The present
    /// run is saved and left. Nothing is written there.
    WatchFolder(#[serde(with = "path")] PathBuf),
    /// Look into the watched folder now. Refused where nothing is watched.
    LookNow,
    /// Go on with the text in another file: the same text elsewhere, or knowingly another one.
    Locate {
        /// The checkpoint to open with it; `None` for the run that is shown.
        #[serde(default, with = "path::optional", skip_serializing_if = "Option::is_none")]
        file: Option<PathBuf>,
        /// The file that holds the text.
        #[serde(with = "path")]
        text: PathBuf,
        /// Whether it may hold other bytes than the run was trained on.
        any: bool,
    },
    /// Back to the last good save of this run; see [`ways_back`](super::SnapshotSaves::ways_back).
    GoBack,
    /// Make something go wrong, to see that the run survives it. Used by tests.
    #[doc(hidden)]
    Inject(InjectedFault),
}

/// Something that goes wrong on purpose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[doc(hidden)]
pub enum InjectedFault {
    /// A weight becomes NaN.
    NotFinite,
    /// The training thread panics before a step.
    Panic,
    /// The training thread panics in the middle of an update of the weights.
    PanicInUpdate,
    /// The next so many saves find no room.
    DiskFull(u32),
    /// Reading from the device fails as a lost device's does.
    DeviceLost,
    /// Reading from the device fails as one out of memory does.
    OutOfMemory,
}

impl From<Command> for AppCommand {
    fn from(command: Command) -> Self {
        Self::Session { session: None, command }
    }
}

impl AppCommand {
    /// What it asks of a run, if it asks nothing else.
    pub fn of_run(&self) -> Option<&Command> {
        if let Self::Session { command, .. } = self { Some(command) } else { None }
    }

    /// Whether it ends the program.
    pub(crate) fn ends(&self) -> bool {
        match self {
            Self::Close | Self::Quit => true,
            Self::Discarding(command) => command.ends(),
            Self::Session { .. }
            | Self::Begin(_)
            | Self::Branch { .. }
            | Self::Race(_)
            | Self::OfRace(_)
            | Self::CancelRewind
            | Self::Show(_)
            | Self::End(_) => false,
        }
    }
}

impl Command {
    /// The command to one session, shown or not.
    pub fn to(self, session: SessionId) -> AppCommand {
        AppCommand::Session { session: Some(session), command: self }
    }

    /// Whether it may turn, cut or break something that can be undone.
    pub(crate) fn is_tweak(&self) -> bool {
        matches!(
            self,
            Self::SetKnobs(_) | Self::Watch { .. } | Self::Intervene { .. } | Self::Paint { .. } | Self::Experts { .. }
        )
    }

    /// The command that an entry of the journal came of; `None` for what no command asked for. A save by hand counts as one
    /// to its path, whether that was the run's own or named.
    pub(crate) fn of_entry(what: &What) -> Option<Self> {
        match what.clone() {
            What::Knobs { now, .. } => Some(Self::SetKnobs(now)),
            What::Experts { surgery, to, .. } => Some(Self::Experts { target: to, surgery }),
            What::Watch { to, .. } => Some(Self::Watch { every: to.every, measures: to.measures }),
            What::Reference { .. } => Some(Self::Reference),
            What::Saved { path, auto: false, .. } => Some(Self::Save(path)),
            What::Intervened { layer, intervention } => Some(Self::Intervene { layer, intervention }),
            What::Painted { layer, from, to, compete } => Some(Self::Paint { layer, from, to, compete }),
            What::Text { text: Text::File(text), .. } => Some(Self::Locate { file: None, text, any: true }),
            What::Text { text: Text::MobyDick, .. }
            | What::Saved { auto: true, .. }
            | What::Started { .. }
            | What::Data { .. }
            | What::NotFinite { .. } => None,
        }
    }
}

#[cfg(test)]
#[path = "command_tests.rs"]
mod tests;
