//! Inspecting checkpoints: which experts they have, how healthy those are, how they route.

mod config;
mod layout;
mod scoring;

pub use config::CheckpointConfig;
pub use layout::{CheckpointLayout, Disagreement, Family, LayoutError, MixturePlan, MixtureRole};
