//! Errors of inspecting a checkpoint: what was expected, what was found, what to do; the file or tensor is named.

use std::io;
use std::path::PathBuf;

use super::layout::LayoutError;
use crate::domain::quote;

/// Why a checkpoint cannot be inspected.
#[derive(Debug, thiserror::Error)]
pub enum InspectError {
    /// One of its files cannot be read.
    #[error("{}: {fault}", quote::path(.path))]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        fault: StoredFault,
    },
    /// One of its tensors cannot be read as numbers.
    #[error("the tensor “{}” of {}: {fault}", quote::name(.name), quote::path(.path))]
    Tensor {
        /// Its name in the file.
        name: String,
        /// The file that holds it.
        path: PathBuf,
        /// What is wrong with it.
        fault: TensorFault,
    },
    /// A folder without anything that can be read.
    #[error(
        "the folder {} holds no checkpoint; expected model.safetensors, model.safetensors.index.json with its shards, or a .gguf",
        quote::path(.folder)
    )]
    NothingInFolder {
        /// The folder.
        folder: PathBuf,
    },
    /// A folder whose weights are pickles only.
    #[error(
        "the folder {} holds its weights as pickles only ({}); pickles can run any code while they are opened and are not read. \
         Save the model again as safetensors (in transformers: save_pretrained), or download its safetensors",
        quote::path(.folder),
        quote::name(.example)
    )]
    OnlyPickles {
        /// The folder.
        folder: PathBuf,
        /// The name of one of them.
        example: String,
    },
    /// A folder of an unfinished download.
    #[error("the folder {} holds an unfinished download only ({}); finish the download", quote::path(.folder), quote::name(.example))]
    OnlyUnfinished {
        /// The folder.
        folder: PathBuf,
        /// The name of one of its files.
        example: String,
    },
    /// A folder with files of more than one model and nothing that says which belong together.
    #[error(
        "the folder {} holds {count} files of weights and no model.safetensors.index.json that says which belong together, \
         for example {} and {}; download the index, or name one file",
        quote::path(.folder),
        quote::name(.first),
        quote::name(.second)
    )]
    SeveralModels {
        /// The folder.
        folder: PathBuf,
        /// How many there are.
        count: usize,
        /// The name of one.
        first: String,
        /// The name of another.
        second: String,
    },
    /// A shard or part that is not there.
    #[error("{} is missing, one of the {of} files of this checkpoint{}; download it", quote::path(.shard), left_of(.unfinished))]
    MissingShard {
        /// The file that should be there.
        shard: PathBuf,
        /// How many files the checkpoint has.
        of: usize,
        /// The name of what an unfinished download left of it.
        unfinished: Option<String>,
    },
    /// A tensor that the index names, in a shard that does not hold it.
    #[error(
        "{} says that the tensor “{}” is in {}, where it is not; download index and shards again, from one version of the model",
        quote::path(.index),
        quote::name(.name),
        quote::path(.shard)
    )]
    NotInShard {
        /// The index.
        index: PathBuf,
        /// The tensor.
        name: String,
        /// The shard.
        shard: PathBuf,
    },
    /// A tensor that two files hold.
    #[error(
        "the tensor “{}” is in {} and in {} as well; expected every tensor once. Download the files again, from one version of the model",
        quote::name(.name),
        quote::path(.first),
        quote::path(.second)
    )]
    InTwoShards {
        /// The tensor.
        name: String,
        /// One of the files.
        first: PathBuf,
        /// The other.
        second: PathBuf,
    },
    /// A tensor that names and shapes of the others ask for.
    #[error(
        "the tensor “{}” is missing; expected it beside the others of its layer. If this is one file of several, open their folder",
        quote::name(.name)
    )]
    MissingTensor {
        /// Its name.
        name: String,
    },
    /// A layer that is asked for and is not there.
    #[error("there is no layer “{}” with experts; there are: {}", quote::name(.layer), .layers.join(", "))]
    NoLayer {
        /// What was asked for.
        layer: String,
        /// Those there are.
        layers: Vec<String>,
    },
    /// Tensors that are no mixture of experts, or do not go together.
    #[error(transparent)]
    Layout(#[from] LayoutError),
    /// More tensors than are listed.
    #[error("it has more than {limit} tensors, more than any model; the files are damaged")]
    TooManyTensors {
        /// Most that are listed.
        limit: usize,
    },
}

fn left_of(name: &Option<String>) -> String {
    name.as_ref().map_or_else(String::new, |name| format!("; {} is an unfinished download of it", quote::name(name)))
}

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

/// Why a tensor cannot be read as numbers.
#[derive(Debug, thiserror::Error)]
pub enum TensorFault {
    /// The file system refuses, or the file has become shorter.
    #[error("it cannot be read: {0}")]
    Unreadable(#[from] io::Error),
    /// A type whose numbers are not known here.
    #[error("its numbers are stored as {kind}, which is not read")]
    UnknownKind {
        /// The type as the file names it.
        kind: String,
    },
    /// Numbers that mean something only with other tensors, in a format that is not known.
    #[error("its numbers are quantised as {format}, which is not read; take a copy in BF16, FP8 or MXFP4, or a GGUF")]
    UnknownQuantisation {
        /// What the names beside it look like.
        format: &'static str,
    },
    /// Scales that do not fit the numbers.
    #[error("its scales in “{}” do not fit: {reason}", quote::name(.scales))]
    Scales {
        /// The tensor that holds them.
        scales: String,
        /// What does not fit.
        reason: String,
    },
    /// More numbers than are held at once.
    #[error("it has {found} numbers; at most {limit} are read at once")]
    TooLarge {
        /// Numbers of the tensor.
        found: u64,
        /// Most that are read at once.
        limit: u64,
    },
    /// A stretch outside of the tensor, or a target of another length.
    #[error("the numbers {begin} to {end} were asked for, {room} places were given, and it has {len}")]
    Outside {
        /// First number asked for.
        begin: usize,
        /// One past the last.
        end: usize,
        /// Places given.
        room: usize,
        /// Numbers of the tensor.
        len: usize,
    },
}
