//! State of a run (weights, moments, progress) as plain named arrays: what a checkpoint writes and surgery works on.

mod footprint;
mod initial;
mod layout;
mod neurons;
mod surgery;

pub(crate) use footprint::{ROUTES, footprint_bytes, largest_tensor_bytes};
pub(crate) use layout::ParameterCount;
pub use layout::{Init, Layout, Slot};
pub use neurons::Neurons;
pub use surgery::{SurgeryInputs, reshape};

use serde::{Deserialize, Serialize};

use crate::domain::config::Knobs;
use crate::domain::interventions::LayerInterventions;
use crate::domain::roster::Roster;
use crate::domain::schedule::Painted;

/// A tensor on the host: row-major, with its name.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    /// Path of the tensor in the network, e.g. `blocks.0.experts.keys`.
    pub name: String,
    /// Sizes, outermost first.
    pub shape: Vec<usize>,
    /// The numbers; as many as the shape says.
    pub values: Vec<f32>,
}

/// A whole trainer between two steps.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// What is not an array.
    pub progress: Progress,
    /// Weights, in the network's order.
    pub weights: Vec<Array>,
    /// First moments of AdamW, same names and shapes.
    pub moment1: Vec<Array>,
    /// Second moments of AdamW, same names and shapes.
    pub moment2: Vec<Array>,
    /// `[layers with experts][experts]` b of the bias-balanced policy; stays as it is under any other.
    pub selection_bias: Vec<Vec<f32>>,
}

/// Where a trainer stands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Progress {
    /// Steps done.
    pub step: u64,
    /// Tokens seen.
    pub tokens: u64,
    /// Updates AdamW has made; its bias correction depends on it.
    pub updates: u64,
    /// Knobs in force.
    pub knobs: Knobs,
    /// Who the experts are, per layer with experts.
    pub rosters: Vec<Roster>,
    /// What is being done to each layer on purpose; empty if nothing ever was.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lab: Vec<LayerInterventions>,
    /// Steps ahead painted to compete, or not to, by hand; those done are forgotten.
    #[serde(default, skip_serializing_if = "Painted::is_empty")]
    pub painted: Painted,
}
