//! Errors of a routing dump: why it has no diagnosis, one sentence for each fault.

use std::io;

use super::names::LOGITS;

/// Why a dump has no diagnosis.
#[derive(Debug, thiserror::Error)]
pub enum DumpError {
    /// There is nothing at the path.
    #[error("there is no such file; check the path")]
    Missing,
    /// A folder, a pipe, a device.
    #[error("it is {0}; expected a .safetensors file")]
    NotAFile(&'static str),
    /// The file system refuses.
    #[error("it cannot be read: {0}")]
    Unreadable(io::Error),
    /// The file was written to while it was read.
    #[error("it was changed while it was read; wait until whatever writes it is done, and ask again")]
    Changed,
    /// A checkpoint of this program.
    #[error(
        "it is the checkpoint of a run; expected a routing dump, with a tensor “{LOGITS}” [T, N]. A checkpoint opens with: \
         moe-arena FILE"
    )]
    Checkpoint,
    /// Another kind of file, or a damaged one.
    #[error("it is not a whole .safetensors file: {0}")]
    NotSafetensors(String),
    /// The one tensor that must be there is not.
    #[error(
        "it has no tensor “{LOGITS}” [T, N]; it has {0}. A dump of several layers has “KEY.router_logits” for each"
    )]
    NoLogits(String),
    /// A tensor of a shape that does not fit.
    #[error("the tensor “{name}” has shape {found:?}; expected {expected}")]
    Shape {
        /// Its name.
        name: String,
        /// The shape found.
        found: Vec<usize>,
        /// The shape expected, in words.
        expected: String,
    },
    /// A tensor of a number type that does not fit.
    #[error("the tensor “{name}” has type {found}; expected {expected}")]
    Type {
        /// Its name.
        name: String,
        /// The type found.
        found: String,
        /// The types that are read.
        expected: &'static str,
    },
    /// A number that is none.
    #[error("the tensor “{name}” holds {value} at {place:?}; expected finite numbers")]
    NotFinite {
        /// Its name.
        name: String,
        /// Where.
        place: Vec<usize>,
        /// What.
        value: f64,
    },
    /// A whole number out of range.
    #[error("the tensor “{name}” holds {value} at {place:?}; expected 0 to {largest}, or {nothing}")]
    Range {
        /// Its name.
        name: String,
        /// Where.
        place: Vec<usize>,
        /// What.
        value: i128,
        /// Largest that may stand there.
        largest: usize,
        /// The number that stands for nothing.
        nothing: i128,
    },
    /// An expert picked twice for one token.
    #[error(
        "the tensor “{name}” names expert {expert} twice in row {row}; expected {k} different experts for each token"
    )]
    Twice {
        /// The tensor's name.
        name: String,
        /// Which expert.
        expert: u32,
        /// Which token.
        row: usize,
        /// Picks of a token.
        k: usize,
    },
    /// Weights of picks that nobody knows.
    #[error("it has a tensor “{weights}” and no “{index}”, so that nobody knows whose weights they are; write both")]
    WeightsAlone {
        /// Name of the weights.
        weights: String,
        /// Name of the picks.
        index: String,
    },
    /// Every token is padding.
    #[error("every logit of “{name}” is -inf, so that all its tokens are padding; expected a token that can be routed")]
    AllMasked {
        /// Name of the logits.
        name: String,
    },
    /// A layer that the dump does not have.
    #[error("--layer is {asked}; expected {expected}")]
    NoLayer {
        /// What was asked for, as it is shown.
        asked: String,
        /// Which there are, in words.
        expected: String,
    },
    /// What was asked for does not fit the dump.
    #[error("--top-k is {asked}; expected {expected}")]
    TopK {
        /// What was asked for.
        asked: usize,
        /// What fits, in words.
        expected: String,
    },
}
