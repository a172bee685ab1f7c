//! The text: where it comes from, how it is split, and batch n of seed s as a pure function.
//!
//! Plain bytes, no tensors. A byte is a token; what the network sees at once is `context` bytes, and each
//! window carries one byte more, the last target.

mod batch;
mod corpus;
mod error;
mod file;
mod identity;
mod split;
mod task;

pub use corpus::{Corpus, SMALLEST};

pub use error::TextError;
pub use identity::{TextDifference, TextIdentity};
pub use split::Split;
pub(crate) use task::TextTask;
