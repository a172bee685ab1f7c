//! The front of a checkpoint: read within limits, checked against the length of the file before anything is built.

use std::fs::{self, File};
use std::io::{ErrorKind, Read, Seek, SeekFrom};
use std::path::Path;

use safetensors::tensor::Metadata;

use super::{Manifest, OpenError, foreign, seal};
use crate::domain::file_kind::FileKind;

/// Largest header that is written or read, bytes: 64 MiB.
pub(super) const LIMIT: u64 = 64 << 20;

/// A checkpoint whose header has been read.
pub(super) struct Header {
    /// The file, standing at the first byte of the data.
    pub(super) file: File,
    /// The file up to its data.
    pub(super) head: Vec<u8>,
    /// Names, types, shapes and places of the tensors; together they end where the file ends.
    pub(super) tensors: Metadata,
    /// What the file says about itself.
    pub(super) manifest: Manifest,
}

impl Header {
    /// Reads the header of the file at `path`.
    pub(super) fn read(path: &Path) -> Result<Self, OpenError> {
        let (mut file, length) = open(path)?;
        let head = head(&mut file, length).map_err(|error| match error {
            OpenError::NotSafetensors { .. } if foreign::is_config(path) => OpenError::NotSafetensors {
                found: format!(
                    "a text file, the config of a run that begins by: moe-arena train {}",
                    crate::domain::quote::shell_path(path)
                ),
            },
            other => other,
        })?;
        let damaged = |error: serde_json::Error| OpenError::BadHeader(error.to_string());
        let tensors: Metadata = serde_json::from_slice(&head[8..]).map_err(damaged)?;
        let Some(json) = tensors.metadata().as_ref().and_then(|entries| entries.get(seal::ENTRY)) else {
            return Err(OpenError::Foreign { found: foreign::contents_of(&tensors) });
        };
        let expected = (tensors.data_len() as u64).saturating_add(head.len() as u64);
        if length < expected {
            return Err(OpenError::Truncated { expected, found: length });
        }
        if length > expected {
            return Err(OpenError::TooLong { expected, found: length });
        }
        let manifest = Manifest::read(json)?;
        Ok(Self { file, head, tensors, manifest })
    }
}

fn open(path: &Path) -> Result<(File, u64), OpenError> {
    // Asked before opening: opening a pipe would wait for its other end.
    let metadata = fs::metadata(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => OpenError::Missing,
        _ => OpenError::Unreadable(error),
    })?;
    if let Some(kind) = FileKind::of_entry(&metadata) {
        return Err(OpenError::NotAFile { found: kind.words() });
    }
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    Ok((file, length))
}

/// The length and the header text; leaves the file at the first byte of the data.
fn head(file: &mut File, length: u64) -> Result<Vec<u8>, OpenError> {
    let mut first = Vec::new();
    file.by_ref().take(64).read_to_end(&mut first)?;
    let kind = FileKind::of_bytes(&first);
    let framed = matches!(kind, FileKind::Checkpoint | FileKind::Safetensors)
        || kind == FileKind::Unknown && first.get(8).is_none_or(|&byte| byte == b'{');
    let Some((size, text)) = first.split_first_chunk::<8>().filter(|_| framed) else {
        return Err(OpenError::NotSafetensors { found: kind.words().into() });
    };
    let size = u64::from_le_bytes(*size);
    if size > LIMIT {
        return Err(OpenError::HeaderTooLarge { found: size, limit: LIMIT });
    }
    if length < 8 + size || text.is_empty() {
        return Err(OpenError::Truncated { expected: 8 + size, found: length });
    }
    // Not larger than the file, and not larger than the limit.
    let mut head = vec![0; 8 + size as usize];
    file.seek(SeekFrom::Start(0))?;
    file.read_exact(&mut head)?;
    Ok(head)
}
