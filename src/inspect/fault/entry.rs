//! How a header contradicts itself or its file at one tensor.

use crate::domain::quote;

/// How a header contradicts itself or its file at one tensor.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum EntryFault {
    /// Two entries of one name.
    #[error("it is listed twice")]
    Twice,
    /// A name longer than any.
    #[error("its name has {found} bytes; expected at most {limit}")]
    LongName {
        /// Bytes of the name.
        found: usize,
        /// Most that are read.
        limit: usize,
    },
    /// More axes than any tensor has.
    #[error("it has more than {limit} axes")]
    Axes {
        /// Most that are read.
        limit: usize,
    },
    /// A shape whose numbers cannot be counted.
    #[error("its shape {shape:?} has more numbers than can be counted")]
    Uncountable {
        /// The shape.
        shape: Vec<u64>,
    },
    /// Offsets that go backwards.
    #[error("it ends at byte {end}, before it begins at {begin}")]
    Backwards {
        /// Where it begins.
        begin: u64,
        /// Where it ends.
        end: u64,
    },
    /// Bytes beyond the end of the file.
    #[error("it ends at byte {end} of the data, which has {data} bytes")]
    Beyond {
        /// Where it ends.
        end: u64,
        /// Bytes of data in the file.
        data: u64,
    },
    /// A shape that does not fit the bytes.
    #[error("its shape {shape:?} as {kind} needs {expected} bytes; its offsets have {found}")]
    Size {
        /// The shape.
        shape: Vec<u64>,
        /// The type.
        kind: String,
        /// Bytes of shape and type.
        expected: u64,
        /// Bytes between the offsets.
        found: u64,
    },
    /// A number of elements that does not fill whole blocks or bytes.
    #[error("its shape {shape:?} does not fill whole blocks of {kind}, {elements} numbers each")]
    Unfilled {
        /// The shape.
        shape: Vec<u64>,
        /// The type.
        kind: String,
        /// Numbers of a block.
        elements: u64,
    },
    /// A place where no tensor may begin.
    #[error("it begins at byte {begin} of the data; expected a multiple of {alignment}")]
    Unaligned {
        /// Where it begins.
        begin: u64,
        /// What it must be a multiple of.
        alignment: u64,
    },
    /// Two tensors in the same bytes.
    #[error("it begins at byte {begin} of the data, within “{}”, which ends at {end}", quote::name(.other))]
    Overlap {
        /// The tensor that stands there.
        other: String,
        /// Where this one begins.
        begin: u64,
        /// Where the other one ends.
        end: u64,
    },
    /// Bytes that belong to nobody.
    #[error("it begins at byte {begin} of the data; expected {expected}, with nothing left out")]
    Gap {
        /// Where it begins.
        begin: u64,
        /// Where the tensor before it ends.
        expected: u64,
    },
}
