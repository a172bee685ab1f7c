//! The task of a run: a text whose bytes are to be predicted, or points in the plane.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::{Complaint, PlaneConfig, TaskShape, Text};

/// What a run learns.
///
/// In a config file a text stands at the top, `text = "moby-dick"`; any other task is a table, `[task.plane]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TaskConfig {
    /// The next byte of a text.
    Text(Text),
    /// The class of points in the plane, or a value at each.
    Plane(PlaneConfig),
}

impl TaskConfig {
    /// What enters and leaves the network; `context` is the length of a text's windows.
    pub fn shape(&self, context: usize) -> TaskShape {
        match self {
            Self::Text(_) => Text::shape(context),
            Self::Plane(plane) => plane.shape(),
        }
    }

    /// The same task with an absolute path, as [`Text::absolute`] makes it.
    pub fn absolute(&self, base: &Path) -> Self {
        match self {
            Self::Text(text) => Self::Text(text.absolute(base)),
            Self::Plane(plane) => Self::Plane(plane.clone()),
        }
    }

    /// All that is wrong with the data it asks for; empty if it can be opened. Whether a text can be read is not known here.
    pub(super) fn validate(&self) -> Vec<Complaint> {
        match self {
            Self::Text(_) => Vec::new(),
            Self::Plane(plane) => plane.validate(),
        }
    }

    /// The text, if one is learnt.
    pub fn text(&self) -> Option<&Text> {
        match self {
            Self::Text(text) => Some(text),
            Self::Plane(_) => None,
        }
    }
}

impl Default for TaskConfig {
    fn default() -> Self {
        Self::Text(Text::default())
    }
}
