//! Errors of a text that cannot be learnt from: what was expected, what was found, what to do.

use std::io;
use std::path::PathBuf;

use super::{SMALLEST, TextDifference};
use crate::domain::quote;
use crate::tasks::DataSplit;

/// Why a text cannot be learnt from.
#[derive(Debug, thiserror::Error)]
pub enum TextError {
    /// There is nothing at the path.
    #[error("there is no file {}; expected a text of at least {SMALLEST} bytes. Check the path", quote::path(.path))]
    Missing {
        /// The path asked for.
        path: PathBuf,
    },
    /// The path is a folder.
    #[error("{} is a folder; expected one file. Choose a file in it", quote::path(.path))]
    Folder {
        /// The path asked for.
        path: PathBuf,
    },
    /// The path is a pipe, a socket or a device.
    #[error("{} is not a regular file; expected one that can be read in any order. Copy what it holds into a file first", quote::path(.path))]
    NotAFile {
        /// The path asked for.
        path: PathBuf,
    },
    /// The file system refuses.
    #[error("{} cannot be read: {source}. Check its permissions, or choose another file", quote::path(.path))]
    Unreadable {
        /// The path asked for.
        path: PathBuf,
        /// What the file system said.
        source: io::Error,
    },
    /// Too little to learn from.
    #[error("{name} has {found} bytes; expected at least {SMALLEST}. Choose a longer text")]
    TooSmall {
        /// The file.
        name: String,
        /// Its bytes.
        found: u64,
    },
    /// The text is long enough, but not for windows of this length.
    #[error(
        "the {part} part of {name} has {found} bytes; expected at least {expected} (context + 1). \
         Choose a text of {text} bytes or more, or a context of at most {context}"
    )]
    PartTooShort {
        /// The part that is too short.
        part: DataSplit,
        /// The text.
        name: String,
        /// Bytes of the part.
        found: usize,
        /// Bytes a window needs.
        expected: usize,
        /// Bytes the whole text would need.
        text: usize,
        /// Largest context this text allows.
        context: usize,
    },
    /// The file lost bytes while it was open.
    #[error(
        "{name} had {expected} bytes when it was opened and has {found} now. Put it back as it was, or locate the text"
    )]
    Shrunk {
        /// The file.
        name: String,
        /// Bytes when it was opened.
        expected: u64,
        /// Bytes now.
        found: u64,
    },
    /// The file was changed while it was open.
    #[error("{name} is no longer the text that was opened. Put it back as it was, or locate the text")]
    Changed {
        /// The file.
        name: String,
        /// What differs.
        how: TextDifference,
    },
}
