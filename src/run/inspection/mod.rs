//! Inspection of checkpoints beside the runs: one thread that opens a file of anybody, measures its experts, routes a typed text and
//! compares it with another. Commands go in, one plain value comes out, the newest wins; no run is touched by it.

mod command;
mod inspector;
mod own;
mod values;

pub use command::InspectionCommand;
pub use inspector::Inspector;
pub use own::OwnCheckpoint;
pub use values::{InspectedFile, InspectedText, Inspection, InspectionWork, InspectionWorkKind};
