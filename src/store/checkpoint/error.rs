//! Why a checkpoint could not be written or read: expected, found, what to do. The caller names the file.

use std::io;
use std::path::PathBuf;

use crate::domain::config::Complaint;
use crate::domain::quote;

/// Why a checkpoint was not written. An older file at the same path is as it was.
#[derive(Debug, thiserror::Error)]
pub enum SaveError {
    /// The folder is not there.
    #[error("the folder {} does not exist; create it, or save elsewhere", quote::path(.folder))]
    NoFolder {
        /// The folder asked for.
        folder: PathBuf,
    },
    /// The path is a folder.
    #[error("{} is a folder; expected a file name", quote::path(.path))]
    Folder {
        /// The path asked for.
        path: PathBuf,
    },
    /// A file stands there, and nobody said that it may go.
    #[error("{} exists already and was left as it is; choose another name, or say that it may be overwritten", quote::path(.path))]
    Exists {
        /// The path asked for.
        path: PathBuf,
    },
    /// A file stands there that is no checkpoint.
    #[error("{} exists and is not a checkpoint of MoE Arena; it was left as it is. Choose another name", quote::path(.path))]
    NoCheckpoint {
        /// The path asked for.
        path: PathBuf,
    },
    /// The file system does not allow it.
    #[error("no permission to write in {}: {source}. Save elsewhere", quote::path(.folder))]
    NoPermission {
        /// The folder asked for.
        folder: PathBuf,
        /// What the file system said.
        source: io::Error,
    },
    /// No room.
    #[error("the disk of {} is full ({bytes} bytes were to be written): {source}. Make room, or save elsewhere", quote::path(.folder))]
    DiskFull {
        /// The folder asked for.
        folder: PathBuf,
        /// Bytes the file has.
        bytes: u64,
        /// What the file system said.
        source: io::Error,
    },
    /// Anything else the file system said.
    #[error("{} could not be written: {source}", quote::path(.path))]
    Write {
        /// The path asked for.
        path: PathBuf,
        /// What the file system said.
        source: io::Error,
    },
    /// The run itself cannot be put into a file that reads back.
    #[error("this run does not fit the file format: {0}")]
    Unwritable(String),
}

/// Why a checkpoint could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// There is nothing at the path.
    #[error("there is no such file; check the path")]
    Missing,
    /// A folder, a pipe, a device.
    #[error("it is {found}; expected a file. Choose the .safetensors file itself")]
    NotAFile {
        /// What it is.
        found: &'static str,
    },
    /// The file system refuses.
    #[error("it cannot be read: {0}")]
    Unreadable(#[from] io::Error),
    /// Not a safetensors file at all.
    #[error("it is {found}; expected a .safetensors file written by MoE Arena")]
    NotSafetensors {
        /// What it looks like.
        found: String,
    },
    /// A header larger than any we write.
    #[error("its header says it has {found} bytes; expected at most {limit}. The file is damaged, or not a checkpoint")]
    HeaderTooLarge {
        /// Bytes the file claims.
        found: u64,
        /// Most that is read.
        limit: u64,
    },
    /// The file ends too early.
    #[error("it is cut short: {found} bytes; expected {expected}. Copy it again, or open an older save")]
    Truncated {
        /// Bytes the header asks for.
        expected: u64,
        /// Bytes there are.
        found: u64,
    },
    /// The file goes on after its end.
    #[error("it goes on after its end: {found} bytes; expected {expected}. Copy it again, or open an older save")]
    TooLong {
        /// Bytes the header asks for.
        expected: u64,
        /// Bytes there are.
        found: u64,
    },
    /// The header cannot be understood as a safetensors header.
    #[error("its header is damaged: {}. Copy the file again, or open an older save", quote::escaped(.0))]
    BadHeader(String),
    /// A safetensors file of somebody else.
    #[error("it is no MoE Arena checkpoint but {found}")]
    Foreign {
        /// What it is instead.
        found: String,
    },
    /// Written by a later version.
    #[error(
        "it has format {found}, written by MoE Arena {}; this program reads up to format {known}. Update MoE Arena",
        quote::name(.program)
    )]
    Newer {
        /// Format version of the file.
        found: u64,
        /// Newest we know.
        known: u64,
        /// Program version that wrote it.
        program: String,
    },
    /// The manifest cannot be understood, or contradicts itself.
    #[error("its manifest is damaged: {}. Copy the file again, or open an older save", quote::escaped(.0))]
    BadManifest(String),
    /// The config in it cannot run.
    #[error("its config cannot run: {}", join(.0))]
    BadConfig(Vec<Complaint>),
    /// A tensor is not there.
    #[error("the tensor “{}” {expected} is missing", quote::name(.name))]
    MissingTensor {
        /// Its name.
        name: String,
        /// The type and shape expected.
        expected: String,
    },
    /// A tensor that does not belong.
    #[error("the tensor “{}” {found} does not belong to this run", quote::name(.name))]
    ExtraTensor {
        /// Its name.
        name: String,
        /// Its type and shape.
        found: String,
    },
    /// A tensor of another shape.
    #[error("the tensor “{}” has shape {found}; expected {expected}", quote::name(.name))]
    WrongShape {
        /// Its name.
        name: String,
        /// The shape the config demands.
        expected: String,
        /// The shape found.
        found: String,
    },
    /// A tensor of another type.
    #[error("the tensor “{}” has type {found}; expected {expected}", quote::name(.name))]
    WrongType {
        /// Its name.
        name: String,
        /// The type the format demands.
        expected: String,
        /// The type found.
        found: String,
    },
    /// The numbers of a curve could not have come from a run.
    #[error("the curve “{}” is damaged: {reason}", quote::name(.series))]
    BadHistory {
        /// Its name.
        series: String,
        /// What does not fit.
        reason: String,
    },
    /// The contents are not what was written.
    #[error("its contents were changed: checksum {found}; expected {expected}. Copy it again, or open an older save")]
    Checksum {
        /// The checksum the file carries.
        expected: String,
        /// The checksum of what was read.
        found: String,
    },
    /// More than this machine's memory.
    #[error("the tensor “{}” needs {bytes} bytes, more memory than there is", quote::name(.name))]
    NoMemory {
        /// Its name.
        name: String,
        /// Bytes it needs.
        bytes: usize,
    },
}

fn join(complaints: &[Complaint]) -> String {
    complaints.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}
