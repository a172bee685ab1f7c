//! Errors of inspecting a checkpoint: what was expected, what was found, what to do; the file or tensor is named.

mod entry;
mod stored;

pub use entry::EntryFault;
pub use stored::StoredFault;

use std::io;
use std::path::PathBuf;

use super::difference::Incomparable;
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
    /// A folder with more than one GGUF.
    #[error("the folder {} holds {count} files of GGUF, for example {} and {}; name one of them", quote::path(.folder), quote::name(.first), quote::name(.second))]
    SeveralGgufs {
        /// The folder.
        folder: PathBuf,
        /// How many files there are.
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
    /// Two checkpoints that cannot be compared.
    #[error(transparent)]
    Incomparable(#[from] Incomparable),
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
