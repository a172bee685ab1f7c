//! A text file that is read by position, and only while it is what it was when it was opened.
//!
//! A file of the user's own may be edited, cut or unplugged while a run learns from it. Before and after each read its
//! length and times are looked at; if they changed, the file is hashed again, and other bytes are an error in words.

use std::fs::{self, File, Metadata};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use super::corpus::name_of;
use super::{SMALLEST, TextDifference, TextError, TextIdentity};
use crate::domain::position::{read_at, read_exact_at};

/// Coarsest clock of a file system: two changes within this time may leave the same times behind.
const COARSEST: Duration = Duration::from_secs(2);
/// Times a read is tried again because the file was written to meanwhile.
const TRIES: usize = 3;

/// A text file and how it is open at present.
#[derive(Debug)]
pub(super) struct TextFile {
    path: PathBuf,
    open: Mutex<Open>,
}

/// A file as it was when its bytes were last known to be the right ones.
#[derive(Debug)]
struct Open {
    file: File,
    stamp: Stamp,
    /// Until when equal stamps do not mean equal bytes, because the last change is younger than the clock is fine.
    doubtful_until: Option<Instant>,
}

/// What changes when a file is written to.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Stamp {
    bytes: u64,
    modified: Option<SystemTime>,
    /// Seconds and nanoseconds; unlike the time of modification nobody can set it. 0 where there is none.
    changed: (i64, i64),
}

impl Stamp {
    fn of(metadata: &Metadata) -> Self {
        #[cfg(unix)]
        let changed = {
            use std::os::unix::fs::MetadataExt;
            (metadata.ctime(), metadata.ctime_nsec())
        };
        #[cfg(not(unix))]
        let changed = (0, 0);
        Self { bytes: metadata.len(), modified: metadata.modified().ok(), changed }
    }

    /// Until when another change could leave this very stamp.
    fn doubtful_until(&self) -> Option<Instant> {
        let changed = u64::try_from(self.changed.0).ok().map(|s| SystemTime::UNIX_EPOCH + Duration::from_secs(s + 1));
        let newest = self.modified.max(changed)?;
        // A time in the future is one of another clock.
        let old = SystemTime::now().duration_since(newest).is_ok_and(|age| age > COARSEST);
        (!old).then(|| Instant::now() + COARSEST)
    }
}

impl Open {
    /// Opens the file at `path`; its bytes are not looked at.
    fn handle(path: &Path) -> Result<(File, Stamp), TextError> {
        let unreadable = |source| TextError::Unreadable { path: path.into(), source };
        // Asked before opening: opening a pipe would wait for its other end.
        let metadata = fs::metadata(path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => TextError::Missing { path: path.into() },
            _ => unreadable(error),
        })?;
        if metadata.is_dir() {
            return Err(TextError::Folder { path: path.into() });
        }
        if !metadata.is_file() {
            return Err(TextError::NotAFile { path: path.into() });
        }
        let file = File::open(path).map_err(unreadable)?;
        let stamp = Stamp::of(&file.metadata().map_err(unreadable)?);
        Ok((file, stamp))
    }

    /// Reads the file whole and finds out what it holds. The stamp is from before the first byte was read.
    fn hashed(file: File) -> io::Result<(Self, TextIdentity)> {
        let stamp = Stamp::of(&file.metadata()?);
        let doubtful_until = stamp.doubtful_until();
        let identity = TextIdentity::of_reader(&mut FromStart { file: &file, at: 0 })?;
        Ok((Self { file, stamp, doubtful_until }, identity))
    }

    /// Whether length and times are those of the bytes that were last known to be right, and tell enough.
    fn stands(&self) -> bool {
        self.doubtful_until.is_none() && self.file.metadata().is_ok_and(|now| Stamp::of(&now) == self.stamp)
    }
}

impl TextFile {
    /// Opens the file at `path`; also what it is known by.
    pub(super) fn open(path: &Path) -> Result<(Self, TextIdentity), TextError> {
        let (file, stamp) = Open::handle(path)?;
        if stamp.bytes < SMALLEST {
            return Err(TextError::TooSmall { name: name_of(path), found: stamp.bytes });
        }
        let hashed = Open::hashed(file);
        let (open, identity) = hashed.map_err(|source| TextError::Unreadable { path: path.into(), source })?;
        if identity.bytes != stamp.bytes {
            let how = TextDifference::Length { was: stamp.bytes, is: identity.bytes };
            return Err(TextError::Changed { name: name_of(path), how });
        }
        Ok((Self { path: path.into(), open: Mutex::new(open) }, identity))
    }

    /// Where it lies.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether it is still the text of `identity`.
    pub(super) fn check(&self, identity: &TextIdentity) -> Result<(), TextError> {
        self.verify(&mut self.lock(), identity)
    }

    /// `length` bytes from each of `starts` on, all of them of the text of `identity`.
    pub(super) fn read_each(
        &self,
        starts: &[usize],
        length: usize,
        identity: &TextIdentity,
    ) -> Result<Vec<u8>, TextError> {
        let mut open = self.lock();
        let mut bytes = vec![0; starts.len() * length];
        let mut fault = None;
        for _ in 0..TRIES {
            self.verify(&mut open, identity)?;
            let each = starts.iter().zip(bytes.chunks_exact_mut(length.max(1)));
            let read = each.map(|(&start, window)| read_exact_at(&open.file, window, start as u64));
            match read.collect::<io::Result<()>>().and_then(|()| Ok(Stamp::of(&open.file.metadata()?) == open.stamp)) {
                Ok(true) => return Ok(bytes),
                // Written to while it was read: the bytes may be of both.
                Ok(false) => {}
                Err(source) => {
                    // A drive that was plugged in again has the file under a new handle.
                    fault = Some(source);
                    *open = self.reopened(identity)?;
                }
            }
        }
        let source = fault.unwrap_or_else(|| io::Error::other("it is being written to"));
        Err(TextError::Unreadable { path: self.path.clone(), source })
    }

    fn lock(&self) -> MutexGuard<'_, Open> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sees that the open file, or else the one that now lies at its path, is the text of `identity`.
    fn verify(&self, open: &mut Open, identity: &TextIdentity) -> Result<(), TextError> {
        if open.stands() {
            return Ok(());
        }
        let over = open.doubtful_until.is_some_and(|until| Instant::now() >= until);
        let same_length = open.file.metadata().is_ok_and(|now| now.len() == identity.bytes);
        let again = if same_length { open.file.try_clone().and_then(Open::hashed).ok() } else { None };
        *open = match again {
            Some((mut same, found)) if found == *identity => {
                if same.stamp == open.stamp {
                    same.doubtful_until = open.doubtful_until.filter(|_| !over);
                }
                same
            }
            // What is open stays as it is if the file at the path is no better: it may be put back.
            _ => self.reopened(identity)?,
        };
        Ok(())
    }

    /// The file that lies at the path now, if it is the text of `identity`.
    fn reopened(&self, identity: &TextIdentity) -> Result<Open, TextError> {
        let name = || name_of(&self.path);
        let (file, stamp) = Open::handle(&self.path)?;
        if stamp.bytes < identity.bytes {
            return Err(TextError::Shrunk { name: name(), expected: identity.bytes, found: stamp.bytes });
        }
        if stamp.bytes > identity.bytes {
            let how = TextDifference::Length { was: identity.bytes, is: stamp.bytes };
            return Err(TextError::Changed { name: name(), how });
        }
        let hashed = Open::hashed(file);
        let (open, found) = hashed.map_err(|source| TextError::Unreadable { path: self.path.clone(), source })?;
        match identity.difference(&found) {
            None => Ok(open),
            Some(how) => Err(TextError::Changed { name: name(), how }),
        }
    }
}

/// Reads a file from its start on, wherever its cursor stands.
struct FromStart<'a> {
    file: &'a File,
    at: u64,
}

impl io::Read for FromStart<'_> {
    fn read(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let read = read_at(self.file, bytes, self.at)?;
        self.at += read as u64;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::config::Text;
    use crate::tasks::text::Corpus;

    fn text() -> (tempfile::TempDir, PathBuf, Corpus) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("own.txt");
        fs::write(&path, "All is well. ".repeat(600)).unwrap();
        let corpus = Corpus::open(&Text::File(path.clone())).unwrap();
        (folder, path, corpus)
    }

    #[test]
    fn an_edit_of_equal_length_is_an_error_and_not_other_bytes() {
        let (_folder, path, corpus) = text();
        let before = corpus.batch(1, 0, 4, 16).unwrap();
        // At once, so that a coarse clock may give the same times; and with the old time put back.
        let modified = fs::metadata(&path).unwrap().modified().unwrap();
        fs::write(&path, "All is lost. ".repeat(600)).unwrap();
        File::options().write(true).open(&path).unwrap().set_modified(modified).unwrap();
        for _ in 0..2 {
            let error = corpus.batch(1, 0, 4, 16).unwrap_err();
            assert!(matches!(&error, TextError::Changed { name, .. } if name == "own.txt"), "{error}");
            assert!(error.to_string().contains("Put it back"), "{error}");
        }
        fs::write(&path, "All is well. ".repeat(600)).unwrap();
        assert_eq!(corpus.batch(1, 0, 4, 16).unwrap(), before, "put back, it goes on");
    }

    #[test]
    fn a_text_that_grows_or_shrinks_is_an_error_until_it_is_put_back() {
        let (_folder, path, corpus) = text();
        let whole = corpus.read(0..7800).unwrap();
        fs::write(&path, "All is well. ".repeat(601)).unwrap();
        assert!(matches!(corpus.batch(1, 0, 4, 16), Err(TextError::Changed { .. })));
        fs::write(&path, "").unwrap();
        assert!(matches!(corpus.batch(1, 0, 4, 16), Err(TextError::Shrunk { expected: 7800, found: 0, .. })));
        fs::write(&path, &whole).unwrap();
        assert_eq!(corpus.read(0..7800).unwrap(), whole);
    }

    #[test]
    #[cfg(unix)]
    fn a_text_that_is_replaced_or_removed_is_read_on_from_the_open_file() {
        let (folder, path, corpus) = text();
        let batch = corpus.batch(1, 0, 4, 16).unwrap();
        let other = folder.path().join("other.txt");
        fs::write(&other, "All is lost. ".repeat(600)).unwrap();
        fs::rename(&other, &path).unwrap();
        assert_eq!(corpus.batch(1, 0, 4, 16).unwrap(), batch);
        fs::remove_file(&path).unwrap();
        assert_eq!(corpus.batch(1, 0, 4, 16).unwrap(), batch);
    }

    #[test]
    fn a_text_that_was_only_touched_goes_on() {
        let (_folder, path, corpus) = text();
        let batch = corpus.batch(1, 0, 4, 16).unwrap();
        let later = SystemTime::now() + Duration::from_secs(100);
        File::options().write(true).open(&path).unwrap().set_modified(later).unwrap();
        assert_eq!(corpus.batch(1, 0, 4, 16).unwrap(), batch);
    }
}
