//! Modes of the window: learning on points, training a run, inspecting its experts, comparing runs, and the languages it can
//! speak. What is open and looked at is the same in all of them.

use crate::run::{WindowLanguage, WindowMode};
use crate::ui::words::strip;

impl WindowMode {
    /// All modes, in the order of the switch.
    pub const ALL: [Self; 4] = [Self::Learn, Self::Train, Self::Inspect, Self::Compare];

    /// Its name on the switch.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Learn => strip::LEARN.said(),
            Self::Train => strip::TRAIN.said(),
            Self::Inspect => strip::INSPECT.said(),
            Self::Compare => strip::COMPARE.said(),
        }
    }

    /// What it shows, and its key.
    pub(crate) fn about(self) -> &'static str {
        match self {
            Self::Learn => strip::ABOUT_LEARN.said(),
            Self::Train => strip::ABOUT_TRAIN.said(),
            Self::Inspect => strip::ABOUT_INSPECT.said(),
            Self::Compare => strip::ABOUT_COMPARE.said(),
        }
    }
}

impl WindowLanguage {
    /// Its name in the menu: each language calls itself by its own.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::System => strip::LANGUAGE_OF_SYSTEM.said(),
            Self::Chosen(language) => language.name(),
        }
    }
}
