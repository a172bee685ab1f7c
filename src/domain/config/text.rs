//! The text of a run: the built-in one, or a file of the user's own.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::{InputShape, Mixing, ScoredPositions, TargetShape, TaskShape, VOCABULARY, path};

/// Where the text comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Text {
    /// The part of Moby-Dick that is built in.
    #[default]
    MobyDick,
    /// A file of the user's own, read as bytes. Absolute in every run; in a config file relative to that file.
    File(#[serde(with = "path")] PathBuf),
}

impl Text {
    /// What enters and leaves the network: windows of `context` bytes, of each of which the next is predicted.
    pub fn shape(context: usize) -> TaskShape {
        TaskShape {
            input: InputShape::Ids { vocabulary: VOCABULARY },
            positions: context,
            target: TargetShape::Classes { count: VOCABULARY, at: ScoredPositions::Every },
            mixing: Mixing::Causal,
        }
    }

    /// The same text with an absolute path: `~` is the home folder, what is relative is taken from the folder `base`.
    pub fn absolute(&self, base: &Path) -> Self {
        match self {
            Self::MobyDick => Self::MobyDick,
            Self::File(file) => Self::File(path::absolute(file, base)),
        }
    }
}
