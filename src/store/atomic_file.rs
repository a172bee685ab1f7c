//! Atomic files: written beside their place and moved there in one step, so that a reader finds the old file or the
//! new one and never half of one.
//!
//! What a killed write leaves behind is removed by the next write in the same folder. While a file is being written it
//! is locked, so that the file of a living process is told from a leftover.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use tempfile::NamedTempFile;

/// Names of files that are being written begin and end so.
const PREFIX: &str = ".moe-arena-";
const SUFFIX: &str = ".part";
/// Names that earlier versions gave to checkpoints that were being written; in between stand six letters or digits.
const OLD: (&str, &str) = (".saving-", ".safetensors");
/// Age of a leftover where the file system knows no locks.
const OLD_AGE: Duration = Duration::from_secs(3600);

/// A file that is being written beside its place. Dropped without [`AtomicFile::commit`], it is removed and whatever
/// stands at its place is untouched.
#[derive(Debug)]
pub(crate) struct AtomicFile {
    beside: NamedTempFile,
    target: PathBuf,
}

impl AtomicFile {
    /// Begins to write what will stand at `path`. A link there is followed: the file behind it will be replaced. Removes
    /// the leftovers in its folder.
    ///
    /// # Errors
    /// What the file system says.
    pub fn create(path: &Path) -> io::Result<Self> {
        let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        clear_leftovers(folder);
        let beside = loop {
            let made = fresh(folder)?;
            match made.as_file().try_lock() {
                Ok(()) if is_removed(made.as_file()) => {}
                // Somebody looks whether it is a leftover, and will remove it.
                Err(TryLockError::WouldBlock) => {}
                Ok(()) | Err(TryLockError::Error(_)) => break made,
            }
        };
        if let Ok(there) = fs::metadata(&target) {
            beside.as_file().set_permissions(there.permissions())?;
        }
        Ok(Self { beside, target })
    }

    /// The open file.
    pub fn file(&self) -> &File {
        self.beside.as_file()
    }

    /// Moves the file to its place, safely on the disk.
    ///
    /// # Errors
    /// What the file system says; then the old file stands.
    pub(crate) fn commit(self) -> io::Result<()> {
        self.place(true)
    }

    /// [`AtomicFile::commit`], unless something stands at the place by now.
    ///
    /// # Errors
    /// What the file system says; `AlreadyExists` if something stands there.
    pub(crate) fn commit_new(self) -> io::Result<()> {
        self.place(false)
    }

    fn place(self, over: bool) -> io::Result<()> {
        self.beside.as_file().sync_all()?;
        let placed = match over {
            true => self.beside.persist(&self.target),
            false => self.beside.persist_noclobber(&self.target),
        };
        placed.map_err(|error| error.error)?;
        // The new name is on the disk only once the folder is; not every file system can say so.
        #[cfg(unix)]
        if let Some(folder) = self.target.parent()
            && let Err(error) = File::open(folder).and_then(|folder| folder.sync_all())
        {
            tracing::debug!("the folder of {} could not be synced: {error}", self.target.display());
        }
        Ok(())
    }

    /// Writes `contents` as the whole file at `path`.
    ///
    /// # Errors
    /// What the file system says; then the old file stands.
    pub fn write(path: &Path, contents: &[u8]) -> io::Result<()> {
        let mut file = Self::create(path)?;
        file.write_all(contents)?;
        file.commit()
    }
}

impl Write for AtomicFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.beside.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.beside.flush()
    }
}

/// Puts the file at `path` also at `beside`, whole or not at all; what stood there before is replaced.
///
/// # Errors
/// What the file system says; then what stood at `beside` stands there still.
pub(crate) fn keep(path: &Path, beside: &Path) -> io::Result<()> {
    // The file behind a link of the user's, not the link.
    let path = fs::canonicalize(path)?;
    let mut file = File::open(&path)?;
    // While it has a second name that begins as a leftover's, it is none. Where there are no locks, only its age tells.
    let _ = file.try_lock_shared();
    let folder = beside.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // A link cannot take the place of a file, but a renamed one can.
    match names().make_in(folder, |name| fs::hard_link(&path, name)) {
        Ok(linked) => {
            let name = linked.path().to_owned();
            linked.persist(beside).map_err(|error| error.error)?;
            // It is there still if `beside` was the same file before.
            match fs::remove_file(name) {
                Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
                _ => Ok(()),
            }
        }
        Err(_) => {
            let mut copy = AtomicFile::create(beside)?;
            io::copy(&mut file, &mut copy)?;
            copy.commit()
        }
    }
}

/// Removes what killed writes left in `folder`, and returns how many files that were. A file that a living process is
/// writing stays, and so does whatever cannot be looked at.
pub(crate) fn clear_leftovers(folder: &Path) -> usize {
    let Ok(entries) = fs::read_dir(folder) else { return 0 };
    let remove = |entry: &fs::DirEntry| match entry.file_type() {
        Ok(kind) if kind.is_file() => remove_leftover(&entry.path()),
        // Earlier versions made a folder on the way, which goes only if it is empty.
        Ok(kind) if kind.is_dir() => is_old_name(&entry.path()) && fs::remove_dir(entry.path()).is_ok(),
        _ => false,
    };
    entries.flatten().filter(remove).count()
}

/// What `path` has between the beginning and the end of such a name.
fn between(path: &Path, (prefix, suffix): (&str, &str)) -> Option<String> {
    path.file_name()?.to_str()?.strip_prefix(prefix)?.strip_suffix(suffix).map(str::to_owned)
}

/// Whether earlier versions gave such a name to what was being written.
fn is_old_name(path: &Path) -> bool {
    between(path, OLD).is_some_and(|letters| letters.len() == 6 && letters.chars().all(|c| c.is_alphanumeric()))
}

/// Removes a file if it is what a killed write left, and says whether it was.
fn remove_leftover(path: &Path) -> bool {
    let old = is_old_name(path);
    if !old && between(path, (PREFIX, SUFFIX)).is_none() {
        return false;
    }
    let Ok(mut file) = OpenOptions::new().read(true).append(true).open(path) else { return false };
    if old && !begins_as_a_checkpoint(&mut file) {
        return false;
    }
    let left = match file.try_lock() {
        Ok(()) => true,
        Err(TryLockError::WouldBlock) => false,
        Err(TryLockError::Error(_)) => {
            let written = file.metadata().and_then(|metadata| metadata.modified()).ok();
            written.and_then(|time| time.elapsed().ok()).is_some_and(|age| age >= OLD_AGE)
        }
    };
    // Still locked: whoever began to write it looks whether it was removed once the lock is free.
    left && fs::remove_file(path).is_ok()
}

/// Whether a file begins as checkpoints do, or is empty.
fn begins_as_a_checkpoint(file: &mut File) -> bool {
    let mut first = Vec::new();
    let read = Read::by_ref(file).take(256).read_to_end(&mut first);
    read.is_ok() && (first.is_empty() || first.windows(9).any(|word| word == b"moe-arena"))
}

/// Makes names that leftovers are known by.
fn names() -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(PREFIX).suffix(SUFFIX);
    builder
}

/// A new file to write to, with the permissions of any other file of the user's: what the umask allows, not the private
/// mode of temporary files.
fn fresh(folder: &Path) -> io::Result<NamedTempFile> {
    let mut builder = names();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    builder.tempfile_in(folder)
}

/// Whether an open file has no name any more.
fn is_removed(file: &File) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        file.metadata().is_ok_and(|metadata| metadata.nlink() == 0)
    }
    #[cfg(not(unix))]
    {
        let _ = file;
        false
    }
}

#[cfg(test)]
mod tests;
