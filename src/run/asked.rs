//! What a command asked for, as a refusal names it; what is being prepared; which file was worked on.

use std::path::PathBuf;

use super::SessionId;
use crate::domain::interventions::Intervention;
use crate::domain::roster::Surgery;
use crate::engine::train::CheckProgress;

/// What was asked for and could not be done.
#[derive(Clone, Debug, PartialEq)]
pub enum Asked {
    /// To go back to a save.
    GoBack,
    /// To go back to when so many steps were done, or to before what was done at it.
    Rewind(u64),
    /// To undo.
    Undo,
    /// To do again what was undone.
    Redo,
    /// To go to a branch that was left.
    Rejoin,
    /// To save.
    Save,
    /// To begin another run.
    AnotherRun,
    /// To move to the device of this name.
    MoveTo(String),
    /// To go on with another text.
    OtherText,
    /// Knobs; each as it was and as it should be.
    Knobs(Vec<String>),
    /// Another number of experts.
    Experts {
        /// How.
        surgery: Surgery,
        /// How many.
        target: usize,
    },
    /// Something on purpose, to one layer.
    Intervention(Intervention),
    /// Steps `from` to `to` of a layer painted by hand.
    Paint {
        /// Layer with experts, from 0.
        layer: usize,
        /// First step, from 0.
        from: u64,
        /// Last step.
        to: u64,
        /// Whether the layer should compete at them; `None` gives them back to the schedule.
        compete: Option<bool>,
    },
    /// To train until so many steps are done.
    StopAt(u64),
    /// A run beside the present one.
    RunBeside,
    /// A run that branches off from this one.
    Branch,
    /// A race.
    Race,
    /// The end of the only run.
    EndTheOnlyRun,
    /// Something of a run that is not there.
    OfSession(SessionId),
    /// A comparison of weights.
    CompareWeights,
    /// Other routes of a token.
    OtherRoutes,
    /// The newest probe as reference.
    Reference,
    /// Something that drives or changes a training which is only watched.
    OfWatched,
    /// To watch the training in a folder.
    Watch(PathBuf),
}

/// What a run is getting ready.
#[derive(Clone, Debug, PartialEq)]
pub enum Preparation {
    /// It has just begun.
    Starting,
    /// A device is chosen and checked.
    Device,
    /// The data is read and weights are drawn.
    Weights,
    /// A graphics device is compared with the CPU.
    Check(CheckProgress),
    /// Kernels of the first step are built.
    Kernels {
        /// Built so far; of the native ones of the CPU none is.
        begun: usize,
        /// How many there are; a run may need fewer.
        of: usize,
    },
    /// The text is read.
    Text,
    /// A checkpoint is opened and its text read.
    Opening(PathBuf),
    /// The number of experts changes.
    Experts {
        /// How.
        surgery: Surgery,
        /// How many there will be.
        target: usize,
    },
    /// Another device is brought up.
    MovingTo(String),
    /// The run is done again up to so many steps.
    Rewinding(u64),
}

/// Work on a file that can fail.
#[derive(Clone, Debug, PartialEq)]
pub enum FileWork {
    /// A checkpoint is opened.
    Opening(PathBuf),
    /// The run is saved to this file.
    Saving(PathBuf),
    /// The run is saved to its own file, which cannot be had.
    SavingToOwnFile,
    /// The run is saved after it failed.
    SavingTheRun,
    /// `metrics.csv` and the other files of a run with a folder.
    RunFiles,
}
