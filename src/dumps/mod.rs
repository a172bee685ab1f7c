//! Routing dumps: safetensors files of what one or several layers of experts saw and did, written by any trainer.

mod error;
mod file;
mod keys;
mod layers;
mod names;
mod tensors;
mod watch;

pub use error::DumpError;
pub use file::{DumpFile, DumpReport, SpoiledTensor};
pub(crate) use keys::{KEYS, ReportKey};
pub use layers::{DumpLayer, LayersReport};
pub(crate) use names::{DumpPart, DumpTensor, TENSORS};
#[cfg(test)]
pub(crate) use watch::made;
pub(crate) use watch::{DumpTable, WatchedKind, can_be_watched};
pub use watch::{FolderWatch, NotFiniteDump, OwnRow, RunWatch, StepGap, WatchEvent, WatchFault, WatchedDump};
