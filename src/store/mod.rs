//! What is kept of a run, in memory and in files: history, alerts, checkpoints. No tensors.

pub mod alerts;
pub mod atomic_file;
pub mod checkpoint;
pub(crate) mod device_checks;
pub mod history;
