//! What a save would overwrite: looked up before saving, so that no file is overwritten without asking.

use std::fs;
use std::io::{self, ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::store::atomic_file::AtomicFile;
use crate::store::checkpoint;

/// What stands at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nothing, in a folder that is there.
    Nothing,
    /// Nothing, and the folder is not there either.
    NoFolder(PathBuf),
    /// A folder.
    Folder,
    /// A checkpoint of this program.
    Checkpoint {
        /// Steps done in it.
        step: u64,
        /// Its seed.
        seed: u64,
        /// When it was written, if the file system says so.
        at: Option<SystemTime>,
    },
    /// Any other file; a checkpoint that is damaged counts as one.
    Other {
        /// When it was written, if the file system says so.
        at: Option<SystemTime>,
    },
    /// It cannot be looked at; why.
    Unreadable(String),
}

impl Standing {
    /// Looks at `path`. Reads at most a header; call it off the window's thread all the same, for a disk may be far away.
    pub(crate) fn at(path: &Path) -> Self {
        let about = match fs::metadata(path) {
            Ok(about) => about,
            Err(error) if error.kind() == ErrorKind::NotFound => return Self::missing(path),
            Err(error) if error.kind() == ErrorKind::NotADirectory => {
                return Self::NoFolder(path.parent().map_or_else(PathBuf::new, Path::to_owned));
            }
            Err(error) => return Self::Unreadable(error.to_string()),
        };
        if about.is_dir() {
            return Self::Folder;
        }
        let at = about.modified().ok();
        // Only a plain file is read: a pipe would never answer.
        match about.is_file().then(|| checkpoint::peek(path)) {
            Some(Ok(found)) => Self::Checkpoint { step: found.progress.step, seed: found.config.seed, at },
            _ => Self::Other { at },
        }
    }

    fn missing(path: &Path) -> Self {
        // A link that leads nowhere is somebody's as well.
        if path.symlink_metadata().is_ok() {
            return Self::Other { at: None };
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        if folder.is_dir() { Self::Nothing } else { Self::NoFolder(folder.into()) }
    }
}

/// Writes the whole file at `path`, or nothing. What stands there is replaced only if `replace` says so, even if it came
/// after it was looked for.
///
/// # Errors
/// What the file system says; then what stood there stands.
pub(crate) fn write_file(path: &Path, bytes: &[u8], replace: bool) -> io::Result<()> {
    let mut file = AtomicFile::create(path)?;
    file.write_all(bytes)?;
    if replace { file.commit() } else { file.commit_new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_told_by_what_stands_there() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        assert_eq!(Standing::at(&at("new.safetensors")), Standing::Nothing);
        assert_eq!(Standing::at(folder.path()), Standing::Folder);
        assert_eq!(Standing::at(&at("no/new.safetensors")), Standing::NoFolder(at("no")));
        fs::write(at("notes.safetensors"), "my notes").unwrap();
        assert!(matches!(Standing::at(&at("notes.safetensors")), Standing::Other { at: Some(_) }));
        assert_eq!(Standing::at(&at("notes.safetensors/x")), Standing::NoFolder(at("notes.safetensors")));
        #[cfg(unix)]
        {
            std::os::unix::fs::symlink(at("gone"), at("link.safetensors")).unwrap();
            assert_eq!(Standing::at(&at("link.safetensors")), Standing::Other { at: None });
        }
    }
}
