//! Recent files: the checkpoints that were opened, or saved by hand, newest first, in one small file that all windows
//! share. Each reads and writes it under a lock, so that none loses what another added.

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::recent_about::{self, RecentAbout};
use crate::domain::quote;
use crate::store::atomic_file::AtomicFile;

/// Most files that are remembered.
const MOST: usize = 32;
/// Most bytes of the list that are read.
const LIMIT: u64 = 1 << 20;

/// A file that was opened, or saved by hand.
#[derive(Clone, Debug, PartialEq)]
pub struct RecentFile {
    /// Where it was then.
    pub path: PathBuf,
    /// Whether nothing stands there any more.
    pub is_gone: bool,
    /// What it held then, if that is known.
    pub about: Option<RecentAbout>,
}

impl RecentFile {
    fn at(list: &Path, path: PathBuf) -> Self {
        let is_gone = fs::symlink_metadata(&path)
            .is_err_and(|error| matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory));
        let about = recent_about::read(list, &path);
        Self { path, is_gone, about }
    }
}

/// A path as the list holds it: text, or the system's own form if it is none.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
enum Written {
    Text(String),
    Other(OsString),
}

impl From<&Path> for Written {
    fn from(path: &Path) -> Self {
        path.to_str().map_or_else(|| Self::Other(path.into()), |text| Self::Text(text.into()))
    }
}

impl From<Written> for PathBuf {
    fn from(written: Written) -> Self {
        match written {
            Written::Text(text) => text.into(),
            Written::Other(other) => other.into(),
        }
    }
}

/// The recent files that `list` holds, newest first; none if there is no such list or it cannot be read.
pub fn recent_files(list: &Path) -> Vec<RecentFile> {
    read(list).unwrap_or_default().into_iter().map(|path| RecentFile::at(list, path)).collect()
}

/// Puts `added`, oldest first, on top of `list` and returns the whole of it, and remembers what they held: what `abouts` says, with
/// `true` in the place of what is known. Waits for other windows that write to it; a list that cannot be read is kept beside it.
/// Makes its folder.
///
/// # Errors
/// What the file system says; then the list is as it was.
pub(crate) fn remember_files(
    list: &Path,
    added: &[PathBuf],
    abouts: &[(PathBuf, RecentAbout, bool)],
) -> io::Result<Vec<RecentFile>> {
    change(list, |files| {
        for path in added {
            files.retain(|other| other != path);
            files.insert(0, path.clone());
        }
        // With the list held: another window takes away what belongs to no file of it.
        for (path, about, anew) in abouts {
            if let Err(error) = recent_about::write(list, path, about, *anew) {
                tracing::warn!("what {} holds is not remembered: {error}", quote::path(path));
            }
        }
    })
}

/// Takes files out of `list` and returns the rest of it, as [`remember_files`] does. The files themselves stay.
///
/// # Errors
/// What the file system says; then the list is as it was.
pub(crate) fn forget_files(list: &Path, gone: &[PathBuf]) -> io::Result<Vec<RecentFile>> {
    change(list, |files| files.retain(|path| !gone.contains(path)))
}

fn change(list: &Path, change: impl FnOnce(&mut Vec<PathBuf>)) -> io::Result<Vec<RecentFile>> {
    if let Some(folder) = list.parent() {
        fs::create_dir_all(folder)?;
    }
    let lock = File::options().create(true).truncate(false).write(true).open(list.with_extension("lock"))?;
    if let Err(error) = lock.lock() {
        tracing::debug!("the list of recent files cannot be locked: {error}");
    }
    let mut files = match read(list) {
        Ok(files) => files,
        Err(error) if error.kind() == ErrorKind::InvalidData => {
            let aside = list.with_extension("damaged");
            fs::rename(list, &aside)?;
            tracing::warn!("the list of recent files cannot be read ({error}); it is kept as {}", quote::path(&aside));
            Vec::new()
        }
        Err(error) => return Err(error),
    };
    change(&mut files);
    files.truncate(MOST);
    let written: Vec<Written> = files.iter().map(|path| path.as_path().into()).collect();
    AtomicFile::write(list, &serde_json::to_vec_pretty(&written)?)?;
    recent_about::clear(list, &files);
    Ok(files.into_iter().map(|path| RecentFile::at(list, path)).collect())
}

fn read(list: &Path) -> io::Result<Vec<PathBuf>> {
    let file = match File::open(list) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut text = Vec::new();
    file.take(LIMIT).read_to_end(&mut text)?;
    let written: Vec<Written> =
        serde_json::from_slice(&text).map_err(|error| io::Error::new(ErrorKind::InvalidData, error))?;
    Ok(written.into_iter().map(PathBuf::from).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(files: &[RecentFile]) -> Vec<&Path> {
        files.iter().map(|file| file.path.as_path()).collect()
    }

    #[test]
    fn the_newest_comes_first_once_and_the_list_is_bounded() {
        let above = tempfile::tempdir().unwrap();
        let list = above.path().join("state/recent-files.json");
        assert_eq!(recent_files(&list), []);
        let all: Vec<PathBuf> = (0..40).map(|n| format!("/runs/{n}.safetensors").into()).collect();
        remember_files(&list, &all, &[]).unwrap();
        let files = remember_files(&list, &all[20..21], &[]).unwrap();
        assert_eq!(files.len(), MOST);
        assert_eq!(paths(&files)[..2], [all[20].as_path(), all[39].as_path()]);
        assert_eq!(recent_files(&list), files, "another window reads the same");
    }

    #[test]
    fn a_file_that_is_gone_stays_in_the_list_and_is_told_as_gone() {
        let folder = tempfile::tempdir().unwrap();
        let list = folder.path().join("recent-files.json");
        let [here, gone] = ["here", "gone"].map(|name| folder.path().join(name));
        fs::write(&here, "a run").unwrap();
        let files = remember_files(&list, &[here.clone(), gone.clone()], &[]).unwrap();
        assert_eq!(files[0], RecentFile { path: gone.clone(), is_gone: true, about: None });
        assert_eq!(files[1], RecentFile { path: here.clone(), is_gone: false, about: None });
        let files = forget_files(&list, &[gone]).unwrap();
        assert_eq!(paths(&files), [here.as_path()]);
        assert_eq!(recent_files(&list), files);
    }

    #[test]
    fn several_windows_at_once_lose_nothing_of_each_other() {
        let folder = tempfile::tempdir().unwrap();
        let list = folder.path().join("recent-files.json");
        std::thread::scope(|scope| {
            for window in 0..4 {
                let list = &list;
                scope.spawn(move || {
                    for file in 0..6 {
                        let path = PathBuf::from(format!("/{window}/{file}"));
                        let about =
                            RecentAbout { seed: window, step: file, loss: None, at: 0, model: None, picture: None };
                        remember_files(list, std::slice::from_ref(&path), &[(path.clone(), about, true)]).unwrap();
                    }
                });
            }
        });
        let files = recent_files(&list);
        assert_eq!((files.len(), files.iter().filter(|file| file.about.is_some()).count()), (24, 24));
    }

    #[test]
    fn a_list_that_cannot_be_read_is_kept_beside_the_new_one() {
        let folder = tempfile::tempdir().unwrap();
        let list = folder.path().join("recent-files.json");
        fs::write(&list, "[\"/runs/a").unwrap();
        assert_eq!(recent_files(&list), []);
        remember_files(&list, &["/runs/b".into()], &[]).unwrap();
        assert_eq!(paths(&recent_files(&list)), [Path::new("/runs/b")]);
        assert_eq!(fs::read_to_string(list.with_extension("damaged")).unwrap(), "[\"/runs/a");
    }

    #[test]
    #[cfg(unix)]
    fn a_name_that_is_no_text_comes_back_as_it_was() {
        use std::os::unix::ffi::OsStringExt;
        let folder = tempfile::tempdir().unwrap();
        let list = folder.path().join("recent-files.json");
        let odd = PathBuf::from(OsString::from_vec(b"/runs/\xff\n.safetensors".to_vec()));
        remember_files(&list, std::slice::from_ref(&odd), &[]).unwrap();
        assert_eq!(paths(&recent_files(&list)), [odd]);
    }
}
