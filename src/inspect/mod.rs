//! Inspects checkpoints of anybody, without training: their tensors by name, read by position. No tensors of Burn, no threads.
//!
//! - [`fault`]: why a checkpoint cannot be read.
//! - [`files`]: which files a checkpoint is, and what their headers say: safetensors, folders, GGUF.
//! - [`numbers`]: stored numbers as `f32`: floats, FP8, MXFP4, the blocks of GGUF.
//! - [`stored`]: all tensors of a checkpoint, and any stretch of one as numbers.

mod fault;
mod files;
mod numbers;
mod stored;

pub use fault::{InspectError, StoredFault, TensorFault};
pub use stored::{StoredFile, StoredFiles, StoredFormat, StoredTensor, Weight};
