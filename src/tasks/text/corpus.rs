//! Corpus: an open text, built in or a file of the user's own, read by position so that any size will do.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use super::file::TextFile;
use super::{Split, TextError, TextIdentity};
use crate::domain::config::Text;
use crate::tasks::DataSplit;

/// What the built-in text is called.
pub(crate) const MOBY_DICK: &str = "Moby-Dick";

/// Fewest bytes a text may have: 4 KiB.
pub const SMALLEST: u64 = 4096;

/// The built-in text; source and licence in `assets/moby-dick.LICENCE.md`.
static BUILT_IN: &[u8] = include_bytes!("../../../assets/moby-dick.txt");

/// Where the bytes are.
#[derive(Debug)]
enum Bytes {
    BuiltIn,
    File(TextFile),
}

/// An open text and its split.
#[derive(Debug)]
pub struct Corpus {
    bytes: Bytes,
    name: String,
    split: Split,
    identity: TextIdentity,
    probe: Mutex<Option<ProbeBatch>>,
}

/// A probe batch that was read: what it was asked for by (seed, sequences, context), and its bytes.
type ProbeBatch = ((u64, usize, usize), Vec<u8>);

impl Corpus {
    /// Opens a text. A file is read once, in pieces, for its hash; later only the windows of a batch are read, and only
    /// while the file is still what it was.
    ///
    /// # Errors
    /// See [`TextError`]: missing, a folder, not a file, unreadable, under 4 KiB, changed while it was read.
    pub fn open(text: &Text) -> Result<Self, TextError> {
        let (bytes, name, identity) = match text {
            Text::MobyDick => (Bytes::BuiltIn, MOBY_DICK.to_owned(), TextIdentity::of(BUILT_IN)),
            Text::File(path) => {
                let (file, identity) = TextFile::open(path)?;
                (Bytes::File(file), name_of(path), identity)
            }
        };
        // A text of more bytes than addresses cannot be split here; only machines of 32 bits know such texts.
        let split = Split::of(usize::try_from(identity.bytes).unwrap_or(usize::MAX));
        Ok(Self { bytes, name, split, identity, probe: Mutex::default() })
    }

    /// Title of the built-in text, or the file's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where the file lies; `None` for the built-in text.
    pub fn path(&self) -> Option<&Path> {
        match &self.bytes {
            Bytes::BuiltIn => None,
            Bytes::File(file) => Some(file.path()),
        }
    }

    /// Length and hash of the text when it was opened.
    pub fn identity(&self) -> &TextIdentity {
        &self.identity
    }

    /// Length in bytes.
    pub fn bytes(&self) -> usize {
        self.split.test.end
    }

    /// The three parts.
    pub fn split(&self) -> &Split {
        &self.split
    }

    /// Whether windows of `context + 1` bytes fit into every part that is drawn from.
    ///
    /// # Errors
    /// [`TextError::PartTooShort`] for the part that does not hold one window.
    pub(crate) fn fits(&self, context: usize) -> Result<(), TextError> {
        [DataSplit::Training, DataSplit::Validation]
            .into_iter()
            .try_for_each(|part| self.places(part, context).map(|_| ()))
    }

    /// Whether the text can still be read and is what it was when it was opened. Costs a look at length and times of the
    /// file; only if those changed is it read again.
    ///
    /// # Errors
    /// [`TextError::Shrunk`], [`TextError::Changed`], or why it cannot be read.
    pub fn check(&self) -> Result<(), TextError> {
        match &self.bytes {
            Bytes::BuiltIn => Ok(()),
            Bytes::File(file) => file.check(&self.identity),
        }
    }

    /// The bytes of `range`, which lies within the text.
    ///
    /// # Errors
    /// As [`Corpus::check`].
    #[cfg(test)]
    pub(crate) fn read(&self, range: std::ops::Range<usize>) -> Result<Vec<u8>, TextError> {
        self.read_each([range.start].into_iter(), range.len())
    }

    /// `length` bytes from each of `starts` on, one after the other; all of them lie within the text.
    pub(super) fn read_each(&self, starts: impl Iterator<Item = usize>, length: usize) -> Result<Vec<u8>, TextError> {
        match &self.bytes {
            Bytes::BuiltIn => Ok(starts.flat_map(|start| &BUILT_IN[start..start + length]).copied().collect()),
            Bytes::File(file) => file.read_each(&starts.collect::<Vec<_>>(), length, &self.identity),
        }
    }

    /// The bytes kept for `key`, or else what `read` gives, which is kept from then on.
    pub(super) fn probe_once(
        &self,
        key: (u64, usize, usize),
        read: impl FnOnce() -> Result<Vec<u8>, TextError>,
    ) -> Result<Vec<u8>, TextError> {
        let mut kept = self.probe.lock().unwrap_or_else(PoisonError::into_inner);
        match &*kept {
            Some((known, bytes)) if *known == key => Ok(bytes.clone()),
            _ => {
                let bytes = read()?;
                *kept = Some((key, bytes.clone()));
                Ok(bytes)
            }
        }
    }

    /// In how many places of a part a window of `context + 1` bytes can start; at least 1.
    pub(super) fn places(&self, part: DataSplit, context: usize) -> Result<usize, TextError> {
        let (found, expected) = (self.split.range(part).len(), context + 1);
        if found >= expected {
            return Ok(found - context);
        }
        let smallest = self.split.validation.len().min(self.split.training.len());
        Err(TextError::PartTooShort {
            part,
            name: self.name.clone(),
            found,
            expected,
            text: expected * 20,
            context: smallest.saturating_sub(1),
        })
    }
}

/// The last part of a path, for people.
pub(super) fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use std::fs::{self, File};
    use std::path::PathBuf;

    use super::*;

    fn file(bytes: usize) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("own.txt");
        fs::write(&path, (0..bytes).map(|i| (i % 251) as u8).collect::<Vec<_>>()).unwrap();
        (folder, path)
    }

    #[test]
    fn built_in_text_is_what_its_note_says() {
        let corpus = Corpus::open(&Text::MobyDick).unwrap();
        let bytes = &corpus.read(0..corpus.bytes()).unwrap()[..];
        assert!((390_000..420_000).contains(&bytes.len()), "{}", bytes.len());
        assert!(bytes.starts_with(b"CHAPTER 1. Loomings.\n\nCall me Ishmael."));
        assert!(bytes.iter().all(|&b| b == b'\n' || (b' '..=b'~').contains(&b)), "plain ASCII, \\n alone");
        let text = std::str::from_utf8(bytes).unwrap();
        let chapters: Vec<_> = text.lines().filter(|line| line.starts_with("CHAPTER ")).collect();
        assert_eq!(chapters.len(), 42);
        for (number, line) in (1..).zip(chapters) {
            assert!(line.starts_with(&format!("CHAPTER {number}. ")), "{line}");
        }
    }

    #[test]
    fn own_file_is_read_whole() {
        let (_folder, path) = file(4096);
        let corpus = Corpus::open(&Text::File(path.clone())).unwrap();
        assert_eq!(corpus.read(0..4096).unwrap(), fs::read(path).unwrap());
        assert_eq!((corpus.name(), corpus.bytes(), corpus.split().sizes()), ("own.txt", 4096, [3688, 204, 204]));
    }

    #[test]
    fn what_cannot_be_a_text_says_why() {
        let (folder, path) = file(4095);
        let why = |path: PathBuf| Corpus::open(&Text::File(path)).unwrap_err();
        assert!(matches!(why(folder.path().join("none.txt")), TextError::Missing { .. }));
        assert!(matches!(why(folder.path().into()), TextError::Folder { .. }));
        let small = why(path).to_string();
        assert_eq!(small, "own.txt has 4095 bytes; expected at least 4096. Choose a longer text");
        #[cfg(unix)]
        assert!(matches!(why("/dev/null".into()), TextError::NotAFile { .. }));
    }

    #[test]
    fn short_parts_are_named_with_a_way_on() {
        let (_folder, path) = file(4096);
        let corpus = Corpus::open(&Text::File(path)).unwrap();
        assert!(corpus.fits(203).is_ok());
        let error = corpus.fits(204).unwrap_err().to_string();
        assert!(error.contains("validation part of own.txt has 204 bytes; expected at least 205"), "{error}");
        assert!(error.contains("4100 bytes or more") && error.contains("at most 203"), "{error}");
    }

    #[test]
    fn a_file_that_loses_bytes_is_an_error_and_not_a_crash() {
        let (_folder, path) = file(8192);
        let corpus = Corpus::open(&Text::File(path.clone())).unwrap();
        File::options().write(true).open(&path).unwrap().set_len(10).unwrap();
        assert!(matches!(corpus.check(), Err(TextError::Shrunk { expected: 8192, found: 10, .. })));
        assert!(matches!(corpus.batch(1, 0, 2, 16), Err(TextError::Shrunk { .. })));
    }
}
