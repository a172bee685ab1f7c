//! Commands for the inspection of checkpoints.

use std::path::PathBuf;

/// What is wanted of an inspection. A newer one of a kind takes the place of an older one that is under way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum InspectionCommand {
    /// Look at a checkpoint: a file, or the folder of a public one. What it is compared with is put away.
    Open(PathBuf),
    /// Compare it with another; `None` with none.
    Against(Option<PathBuf>),
    /// Route this text; an empty one is no text.
    Text(String),
    /// Whether all experts answer each token of the text.
    Compete(bool),
    /// Give up what is under way; what has been measured stays.
    Cancel,
    /// Put the checkpoint away.
    Close,
}
