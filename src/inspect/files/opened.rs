//! Opens a file and says by its first bytes what it is: a checkpoint, or what people take for one.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::fault;
use crate::domain::file_kind::FileKind;
use crate::domain::position::read_at;
use crate::inspect::fault::{InspectError, StoredFault};
use crate::inspect::stored::StoredFile;

/// Bytes that are looked at.
const LOOKED_AT: usize = 512;
/// How Git LFS begins what it stores instead of a file.
const LFS: &[u8] = b"version https://git-lfs";
/// Ends of names that programs give to what they have not downloaded whole.
const UNFINISHED: [&str; 5] = ["part", "incomplete", "crdownload", "aria2", "download"];

/// What a file holds that can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Contents {
    OwnCheckpoint,
    Safetensors,
    Gguf,
}

impl Contents {
    /// In words.
    pub(super) fn words(self) -> &'static str {
        match self {
            Self::OwnCheckpoint => "a checkpoint of MoE Arena",
            Self::Safetensors => "a safetensors file",
            Self::Gguf => "a GGUF model",
        }
    }
}

/// A file that is open, and what it holds.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) path: PathBuf,
    pub(super) file: File,
    pub(super) bytes: u64,
    pub(super) contents: Contents,
}

impl Opened {
    /// The file without what it holds.
    pub(super) fn stored(self) -> StoredFile {
        StoredFile { path: self.path, file: self.file, bytes: self.bytes }
    }
}

/// Opens a file that is to hold tensors.
pub(super) fn open(path: &Path) -> Result<Opened, InspectError> {
    let (file, bytes, first) = regular(path)?;
    match contents(path, &first) {
        Ok(contents) => Ok(Opened { path: path.to_path_buf(), file, bytes, contents }),
        Err(found) => Err(fault(path, found)),
    }
}

/// Opens a file that is no folder, pipe or device; its length and first bytes.
pub(super) fn regular(path: &Path) -> Result<(File, u64, Vec<u8>), InspectError> {
    let unreadable = |error: std::io::Error| {
        let missing = error.kind() == ErrorKind::NotFound;
        fault(path, if missing { StoredFault::Missing } else { StoredFault::Unreadable(error) })
    };
    // Asked before opening: opening a pipe would wait for its other end.
    if let Some(kind) = FileKind::of_entry(&fs::metadata(path).map_err(unreadable)?) {
        return Err(fault(path, StoredFault::NotAFile { found: kind.words() }));
    }
    let file = File::open(path).map_err(unreadable)?;
    let bytes = file.metadata().map_err(unreadable)?.len();
    let mut first = vec![0; LOOKED_AT];
    let mut read = 0;
    while read < LOOKED_AT {
        match read_at(&file, &mut first[read..], read as u64).map_err(unreadable)? {
            0 => break,
            more => read += more,
        }
    }
    first.truncate(read);
    Ok((file, bytes, first))
}

/// Whether a name says that the file is not downloaded whole.
pub(super) fn is_unfinished(path: &Path) -> bool {
    path.extension().is_some_and(|end| UNFINISHED.iter().any(|known| end.eq_ignore_ascii_case(known)))
}

fn has_end(path: &Path, end: &str) -> bool {
    path.extension().is_some_and(|found| found.eq_ignore_ascii_case(end))
}

/// What a file that begins with these bytes holds, or why it is not read.
fn contents(path: &Path, first: &[u8]) -> Result<Contents, StoredFault> {
    if is_unfinished(path) {
        return Err(StoredFault::Unfinished);
    }
    if first.is_empty() {
        return Err(StoredFault::Empty);
    }
    if first.iter().all(|&byte| byte == 0) {
        return Err(StoredFault::Zeros);
    }
    not_the_file(first)?;
    if first.starts_with(b"GGUF") {
        return Ok(Contents::Gguf);
    }
    let kind = FileKind::of_bytes(first);
    // A header whose length is nonsense is told as that: eight bytes of length, then JSON.
    let framed = first.get(8) == Some(&b'{') || first.len() < 9;
    match kind {
        FileKind::Checkpoint => Ok(Contents::OwnCheckpoint),
        FileKind::Safetensors => Ok(Contents::Safetensors),
        _ if has_end(path, "safetensors") && framed => Ok(Contents::Safetensors),
        FileKind::Known(found) if found.contains("pickle") || found.contains("PyTorch") => {
            Err(StoredFault::Pickle { found })
        }
        FileKind::Text => Err(StoredFault::Foreign { found: text_that_begins(first) }),
        // Old files of PyTorch, and what is called so.
        _ if ["bin", "pt", "pth", "ckpt", "pkl"].iter().any(|end| has_end(path, end)) => {
            Err(StoredFault::Pickle { found: "by its name a file of PyTorch" })
        }
        _ => Err(StoredFault::Foreign { found: kind.words().into() }),
    }
}

/// Refuses what often stands under the name of a file that was not fetched.
pub(super) fn not_the_file(first: &[u8]) -> Result<(), StoredFault> {
    if first.starts_with(LFS) {
        let text = String::from_utf8_lossy(first);
        let bytes = text.lines().find_map(|line| line.strip_prefix("size ")?.trim().parse().ok());
        return Err(StoredFault::LfsPointer { bytes });
    }
    let text = first.strip_prefix(b"\xef\xbb\xbf").unwrap_or(first).trim_ascii_start();
    let begins = |word: &str| text.get(..word.len()).is_some_and(|head| head.eq_ignore_ascii_case(word.as_bytes()));
    if ["<!doctype", "<html", "<head", "<?xml"].into_iter().any(begins) {
        return Err(StoredFault::WebPage);
    }
    Ok(())
}

/// A text, quoted: it often is what a server said instead of sending the file.
fn text_that_begins(first: &[u8]) -> String {
    let text = String::from_utf8_lossy(first);
    let line = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    format!("a text file that begins “{}”", crate::domain::quote::name(line.trim()))
}
