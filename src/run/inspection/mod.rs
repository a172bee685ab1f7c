//! Inspection of checkpoints beside the runs: one thread that opens a file of anybody, measures its experts, routes a typed text and
//! compares it with another. Commands go in, one plain value comes out, the newest wins; no run is touched by it.

mod command;
mod compared;
mod inspector;
mod kept;
mod own;
mod own_text;
mod passage;
mod progress;
mod public_text;
mod shared;
mod side;
mod typed;
mod values;
mod worker;

pub use command::InspectionCommand;
pub use inspector::Inspector;
pub use own::OwnCheckpoint;
pub use own_text::{OwnModel, OwnTextError, bytes_of_ids};
pub use values::{InspectedFile, InspectedText, Inspection, InspectionWork, InspectionWorkKind, TextTaken};

#[cfg(test)]
mod tests;
