//! Atomic files: written beside their place and moved there in one step, so that whoever reads finds the old file or the
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
pub struct AtomicFile {
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
    pub fn commit(self) -> io::Result<()> {
        self.place(true)
    }

    /// [`AtomicFile::commit`], unless something stands at the place by now.
    ///
    /// # Errors
    /// What the file system says; `AlreadyExists` if something stands there.
    pub fn commit_new(self) -> io::Result<()> {
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
pub fn keep(path: &Path, beside: &Path) -> io::Result<()> {
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
pub fn clear_leftovers(folder: &Path) -> usize {
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
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<_> =
            fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_is_the_old_one_or_the_new_one() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.csv");
        AtomicFile::write(&path, b"old").unwrap();
        let mut file = AtomicFile::create(&path).unwrap();
        file.write_all(b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"old");
        drop(file);
        assert_eq!((fs::read(&path).unwrap(), names(folder.path())), (b"old".to_vec(), vec!["a.csv".to_owned()]));
        AtomicFile::write(&path, b"new").unwrap();
        assert_eq!((fs::read(&path).unwrap(), names(folder.path())), (b"new".to_vec(), vec!["a.csv".to_owned()]));
    }

    #[test]
    fn leftovers_go_with_the_next_write_and_nothing_else_does() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for left in [".moe-arena-Ab3dE6.part", ".saving-x9Yz01.safetensors"] {
            fs::write(at(left), "").unwrap();
        }
        fs::write(at(".saving-a1b2c3.safetensors"), b"\x40\0\0\0\0\0\0\0{\"__metadata__\":{\"moe-arena\":").unwrap();
        let others = [".saving-mywork.safetensors", ".saving-notes.safetensors", "moe-arena-1.part", "x.part"];
        others.iter().for_each(|name| fs::write(at(name), "mine").unwrap());
        let mut living = AtomicFile::create(&at("slow")).unwrap();
        living.write_all(b"slow").unwrap();
        AtomicFile::write(&at("quick"), b"quick").unwrap();
        let (written, rest): (Vec<_>, Vec<_>) =
            names(folder.path()).into_iter().partition(|name| name.starts_with(PREFIX));
        let mut expected = [&others[..], &["quick"]].concat();
        expected.sort_unstable();
        assert_eq!((written.len(), rest), (1, expected.iter().map(ToString::to_string).collect()));
        living.commit().unwrap();
        assert_eq!(fs::read(at("slow")).unwrap(), b"slow", "what a living process writes is no leftover");
    }

    #[test]
    fn a_file_is_kept_beside_itself_and_leaves_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let (path, beside) = (folder.path().join("a"), folder.path().join("a-good"));
        fs::write(&path, "good").unwrap();
        fs::write(&beside, "older").unwrap();
        // The second time both are one file.
        for _ in 0..2 {
            keep(&path, &beside).unwrap();
            assert_eq!(names(folder.path()), ["a", "a-good"]);
        }
        AtomicFile::write(&path, b"bad").unwrap();
        assert_eq!((fs::read(&path).unwrap(), fs::read(&beside).unwrap()), (b"bad".to_vec(), b"good".to_vec()));
        assert!(keep(&folder.path().join("none"), &beside).is_err());
        assert_eq!(fs::read(&beside).unwrap(), b"good");
    }

    #[test]
    fn an_empty_folder_of_an_earlier_version_goes_and_a_full_one_stays() {
        let folder = tempfile::tempdir().unwrap();
        for name in [".saving-a1B2c3.safetensors", ".saving-d1E2f3.safetensors", ".saving-other", "mine"] {
            fs::create_dir(folder.path().join(name)).unwrap();
        }
        fs::write(folder.path().join(".saving-d1E2f3.safetensors/good"), "mine").unwrap();
        assert_eq!(clear_leftovers(folder.path()), 1);
        assert_eq!(names(folder.path()), [".saving-d1E2f3.safetensors", ".saving-other", "mine"]);
    }

    #[test]
    #[cfg(unix)]
    fn a_replaced_file_keeps_its_permissions_and_a_link_its_target() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (folder.path().join("a"), folder.path().join("link"));
        fs::write(&path, "old").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        symlink(&path, &link).unwrap();
        AtomicFile::write(&link, b"new").unwrap();
        assert!(link.is_symlink() && fs::read(&path).unwrap() == b"new");
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o640);
    }
}
