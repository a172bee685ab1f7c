//! Mode of a window: what it shows of its run.

use serde::{Deserialize, Serialize};

/// What a window shows of its run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WindowMode {
    /// Points in the plane: few controls, large maps of who wins where.
    Learn,
    /// All controls, the layer, four tiles and the selection.
    #[default]
    Train,
    /// The run as it stands: every expert in a table, loads of all layers, similarity of weights.
    Inspect,
    /// Runs of a race side by side.
    Compare,
}
