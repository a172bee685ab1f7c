//! Writes a checkpoint beside its place and moves it there in one step: the file at the path is the old one or the new one.

use std::fs::{self, File};
use std::io::{self, BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::encode::Encoded;
use super::{Checkpoint, SaveError};
use crate::store::atomic_file::AtomicFile;

/// Saves a run at `path`, whole and safely on the disk, or not at all.
///
/// # Errors
/// See [`SaveError`]. Whatever stood at `path` before is untouched then.
pub fn save(checkpoint: &Checkpoint, path: &Path) -> Result<(), SaveError> {
    save_through(checkpoint, path, BufWriter::new)
}

/// What may stand at the path of a save.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Over {
    /// Nothing: a file that stands there, or comes there meanwhile, is left as it is.
    Nothing,
    /// A checkpoint, which goes. Any other file is left as it is.
    Checkpoint,
}

/// Saves a run as [`save`] does, unless a file stands at `path` that `over` does not allow to go.
///
/// # Errors
/// See [`SaveError`]. Whatever stood at `path` before is untouched then.
pub(crate) fn save_over(checkpoint: &Checkpoint, path: &Path, over: Over) -> Result<(), SaveError> {
    if over == Over::Checkpoint && path.symlink_metadata().is_ok() && !path.is_dir() && super::peek(path).is_err() {
        return Err(SaveError::NoCheckpoint { path: path.to_owned() });
    }
    save_as(checkpoint, path, over == Over::Nothing, BufWriter::new)
}

/// [`save`] with the file behind another writer; tests put one there that fails.
pub(super) fn save_through<W: Write>(
    checkpoint: &Checkpoint,
    path: &Path,
    through: impl FnOnce(File) -> W,
) -> Result<(), SaveError> {
    save_as(checkpoint, path, false, through)
}

fn save_as<W: Write>(
    checkpoint: &Checkpoint,
    path: &Path,
    anew: bool,
    through: impl FnOnce(File) -> W,
) -> Result<(), SaveError> {
    // A link is followed, so that the file behind it is replaced and not the link.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    if path.is_dir() {
        return Err(SaveError::Folder { path });
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !folder.is_dir() {
        return Err(SaveError::NoFolder { folder: folder.into() });
    }
    let encoded = Encoded::of(checkpoint, &path)?;
    if anew && path.symlink_metadata().is_ok() {
        return Err(SaveError::Exists { path });
    }
    write(&encoded, &path, anew, through).map_err(|source| fault(source, folder.into(), path.clone(), encoded.bytes()))
}

fn write<W: Write>(encoded: &Encoded<'_>, path: &Path, anew: bool, through: impl FnOnce(File) -> W) -> io::Result<()> {
    let beside = AtomicFile::create(path)?;
    let mut out = through(beside.file().try_clone()?);
    encoded.write_to(&mut out)?;
    out.flush()?;
    drop(out);
    if anew { beside.commit_new() } else { beside.commit() }
}

fn fault(source: io::Error, folder: PathBuf, path: PathBuf, bytes: u64) -> SaveError {
    match source.kind() {
        ErrorKind::AlreadyExists => SaveError::Exists { path },
        ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => SaveError::NoPermission { folder, source },
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded | ErrorKind::FileTooLarge => {
            SaveError::DiskFull { folder, bytes, source }
        }
        _ => SaveError::Write { path, source },
    }
}
