//! Modes of the window: training a run, inspecting its experts. What is open and looked at is the same in all of them.

use crate::ui::words::strip;

/// What the window shows of the run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WindowMode {
    /// All controls, the layer, four tiles and the selection.
    #[default]
    Train,
    /// The run as it stands: every expert in a table, loads of all layers, similarity of weights.
    Inspect,
    /// Runs of a race side by side.
    Compare,
}

impl WindowMode {
    /// All modes, in the order of the switch.
    pub const ALL: [Self; 3] = [Self::Train, Self::Inspect, Self::Compare];

    /// Its name on the switch.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Train => strip::TRAIN.said(),
            Self::Inspect => strip::INSPECT.said(),
            Self::Compare => strip::COMPARE.said(),
        }
    }

    /// What it shows, and its key.
    pub(crate) fn about(self) -> &'static str {
        match self {
            Self::Train => strip::ABOUT_TRAIN.said(),
            Self::Inspect => strip::ABOUT_INSPECT.said(),
            Self::Compare => strip::ABOUT_COMPARE.said(),
        }
    }
}
