//! Inspecting checkpoints: which experts they have, how healthy those are, how they route.

mod config;
mod fault;
mod files;
mod forward;
mod layout;
mod numbers;
mod scoring;
mod stored;

pub use config::CheckpointConfig;
pub use layout::{CheckpointLayout, Disagreement, Family, LayoutError, MixturePlan, MixtureRole};
