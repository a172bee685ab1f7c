//! What is wrong with a file of a checkpoint: it is none, it is not whole, or it lies.

use std::io;

use super::EntryFault;
use crate::domain::quote;

/// What is wrong with a file of a checkpoint.
#[derive(Debug, thiserror::Error)]
pub enum StoredFault {
    /// There is nothing at the path.
    #[error("there is no such file or folder; check the path")]
    Missing,
    /// A pipe, a device, or a folder where a file is expected.
    #[error("it is {found}; expected a .safetensors or .gguf file, or the folder of a model")]
    NotAFile {
        /// What it is.
        found: &'static str,
    },
    /// The file system refuses.
    #[error("it cannot be read: {0}")]
    Unreadable(#[from] io::Error),
    /// A file without a byte.
    #[error("it is an empty file; download it again")]
    Empty,
    /// A file whose beginning has not been written.
    #[error("its first bytes are all zero, as in a download that made room and got no further; download it again")]
    Zeros,
    /// What Git stores instead of a large file.
    #[error("it is a Git LFS pointer, not the file itself{}; run `git lfs pull` in its folder", of_size(.bytes))]
    LfsPointer {
        /// Bytes of the file it stands for, if it says.
        bytes: Option<u64>,
    },
    /// A page of a web site under the name of a file.
    #[error(
        "it is a web page that was saved instead of the file; download the file itself (models behind a licence want you to log in first)"
    )]
    WebPage,
    /// A pickle.
    #[error(
        "it is {found}; pickles can run any code while they are opened and are not read. Save the model again as safetensors \
         (in transformers: save_pretrained), or download its safetensors"
    )]
    Pickle {
        /// What it is, in words.
        found: &'static str,
    },
    /// What a download has not finished.
    #[error("it is an unfinished download; finish the download")]
    Unfinished,
    /// Another kind of file.
    #[error(
        "it is {found}; expected a .safetensors or .gguf file, model.safetensors.index.json, or the folder of a model"
    )]
    Foreign {
        /// What it is, in words.
        found: String,
    },
    /// A shard of another kind than the first one.
    #[error("it is {found}; expected a file of the same kind as the first one of the set")]
    OtherShard {
        /// What it is.
        found: &'static str,
    },
    /// A header larger than any model has.
    #[error("its header says it has {found} bytes; expected at most {limit}. The file is damaged: download it again")]
    HeaderTooLarge {
        /// Bytes the file claims.
        found: u64,
        /// Most that is read.
        limit: u64,
    },
    /// A file that ends too early.
    #[error("it is cut short: {found} bytes; expected {expected}. Download it again")]
    CutShort {
        /// Bytes its header asks for.
        expected: u64,
        /// Bytes there are.
        found: u64,
    },
    /// A file that goes on after its end.
    #[error("it goes on after its end: {found} bytes; expected {expected}. Download it again")]
    TooLong {
        /// Bytes its header asks for.
        expected: u64,
        /// Bytes there are.
        found: u64,
    },
    /// JSON that is none.
    #[error("it is damaged: {}. Download it again", quote::escaped(.0))]
    Damaged(String),
    /// A JSON file larger than any model has.
    #[error("it has {found} bytes; expected at most {limit}. It is not the file of a model")]
    TooLarge {
        /// Bytes of the file.
        found: u64,
        /// Most that is read.
        limit: u64,
    },
    /// A shard outside of the folder.
    #[error("it names “{}” as a shard; expected the name of a file beside it", quote::name(.0))]
    ShardElsewhere(String),
    /// More shards than any model has.
    #[error("it names more than {limit} files, more than any model has; it is damaged")]
    TooManyShards {
        /// Most that are opened.
        limit: usize,
    },
    /// A version of GGUF that is not read.
    #[error("it is GGUF of version {found}; expected version 2 or 3. Convert the model again, or update MoE Arena")]
    GgufVersion {
        /// The version.
        found: u32,
    },
    /// A GGUF for other machines.
    #[error(
        "it is a big-endian GGUF; expected a little-endian one. Turn it around with gguf-convert-endian of the gguf package"
    )]
    BigEndian,
    /// More of something than any model has.
    #[error("its header says it has {found} {what}; expected at most {limit}. The file is damaged: download it again")]
    TooMany {
        /// What is counted.
        what: &'static str,
        /// How many the file claims.
        found: u64,
        /// Most that are read.
        limit: u64,
    },
    /// A length that the file does not have.
    #[error(
        "its header is damaged at byte {at}: {what} is said to have {bytes} bytes, where at most {left} can be. Download it again"
    )]
    Length {
        /// What is so long.
        what: &'static str,
        /// Bytes the file claims.
        bytes: u64,
        /// Where it begins.
        at: u64,
        /// Bytes there may be.
        left: u64,
    },
    /// A key of a GGUF that cannot be right.
    #[error("its header is damaged at the key “{}”: {reason}. Download it again", quote::name(.key))]
    Key {
        /// The key.
        key: String,
        /// What is wrong.
        reason: String,
    },
    /// A part of a split GGUF under another name.
    #[error(
        "it is one of {count} parts; expected a name that ends in -00001-of-{count:05}.gguf and the other parts beside it. Give it its name back"
    )]
    PartUnnamed {
        /// How many parts there are.
        count: u64,
    },
    /// A part of another set.
    #[error(
        "it says it is part {number} of {count}; by its name it is part {expected} of {of}. Download the parts again, from one version of the model"
    )]
    OtherPart {
        /// Which part it says it is, from 1.
        number: u64,
        /// How many parts it says there are.
        count: u64,
        /// Which part it is by its name, from 1.
        expected: usize,
        /// How many parts there are by its name.
        of: usize,
    },
    /// A header that lies about one of its tensors.
    #[error("its header is damaged at the tensor “{}”: {fault}. Download it again", quote::name(.name))]
    Entry {
        /// The tensor.
        name: String,
        /// What is wrong.
        fault: EntryFault,
    },
}

fn of_size(bytes: &Option<u64>) -> String {
    bytes.map_or_else(String::new, |bytes| format!(" ({bytes} bytes)"))
}
