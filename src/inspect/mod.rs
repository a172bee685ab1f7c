//! Inspects checkpoints of anybody, without training: their tensors by name, read by position. No tensors of Burn, no threads.
//!
//! - [`fault`]: why a checkpoint cannot be read.
//! - [`files`]: which files a checkpoint is, and what their headers say: safetensors, folders, GGUF.
//! - [`numbers`]: stored numbers as `f32`: floats, FP8, MXFP4, the blocks of GGUF.
//! - [`stored`]: all tensors of a checkpoint.
//! - [`quantised`]: which tensors beside a weight say what its numbers mean.
//! - [`weight`]: any stretch of a tensor as numbers.

mod fault;
mod files;
mod numbers;
mod quantised;
mod stored;
mod weight;

pub use fault::{EntryFault, InspectError, StoredFault, TensorFault};
pub use files::GgufKeys;
pub use stored::{StoredFile, StoredFiles, StoredFormat, StoredTensor};
pub use weight::Weight;

#[cfg(test)]
mod tests;
