//! The open text: built in, or a file of the user's own, mapped into memory so that any size will do.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use memmap2::Mmap;

use super::{Part, Split, TextIdentity};
use crate::config::Text;

/// What the built-in text is called.
pub const MOBY_DICK: &str = "Moby-Dick";

/// Fewest bytes a text may have: 4 KiB.
pub const SMALLEST: u64 = 4096;

/// The built-in text; source and licence in `assets/moby-dick.LICENCE.md`.
static BUILT_IN: &[u8] = include_bytes!("../../assets/moby-dick.txt");

/// Why a text cannot be learnt from.
#[derive(Debug, thiserror::Error)]
pub enum TextError {
    /// There is nothing at the path.
    #[error("there is no file {}; expected a text of at least {SMALLEST} bytes. Check the path", .path.display())]
    Missing {
        /// The path asked for.
        path: PathBuf,
    },
    /// The path is a folder.
    #[error("{} is a folder; expected one file. Choose a file in it", .path.display())]
    Folder {
        /// The path asked for.
        path: PathBuf,
    },
    /// The path is a pipe, a socket or a device.
    #[error("{} is not a regular file; expected one that can be mapped. Copy what it holds into a file first", .path.display())]
    NotAFile {
        /// The path asked for.
        path: PathBuf,
    },
    /// The file system refuses.
    #[error("{} cannot be read: {source}. Check its permissions, or choose another file", .path.display())]
    Unreadable {
        /// The path asked for.
        path: PathBuf,
        /// What the file system said.
        source: io::Error,
    },
    /// Too little to learn from.
    #[error("{name} has {found} bytes; expected at least {SMALLEST}. Choose a longer text")]
    TooSmall {
        /// The file.
        name: String,
        /// Its bytes.
        found: u64,
    },
    /// The text is long enough, but not for windows of this length.
    #[error(
        "the {part} part of {name} has {found} bytes; expected at least {expected} (context + 1). \
         Choose a text of {text} bytes or more, or a context of at most {context}"
    )]
    PartTooShort {
        /// The part that is too short.
        part: Part,
        /// The text.
        name: String,
        /// Bytes of the part.
        found: usize,
        /// Bytes a window needs.
        expected: usize,
        /// Bytes the whole text would need.
        text: usize,
        /// Largest context this text allows.
        context: usize,
    },
    /// The mapped file lost bytes while it was open.
    #[error(
        "{name} had {expected} bytes when it was opened and has {found} now. Put it back, or start again with another text"
    )]
    Shrunk {
        /// The file.
        name: String,
        /// Bytes when it was opened.
        expected: u64,
        /// Bytes now.
        found: u64,
    },
}

/// Where the bytes are.
#[derive(Debug)]
enum Bytes {
    BuiltIn,
    Mapped { file: File, map: Mmap },
}

/// An open text and its split.
#[derive(Debug)]
pub struct Corpus {
    bytes: Bytes,
    name: String,
    split: Split,
    identity: TextIdentity,
}

impl Corpus {
    /// Opens a text. A file is mapped, not read: what it holds is taken from the disk as windows are drawn, so it
    /// should be left alone while a run reads it.
    ///
    /// # Errors
    /// See [`TextError`]: missing, a folder, not a file, unreadable, under 4 KiB.
    pub fn open(text: &Text) -> Result<Self, TextError> {
        match text {
            Text::MobyDick => {
                let (split, identity) = (Split::of(BUILT_IN.len()), TextIdentity::of(BUILT_IN));
                Ok(Self { bytes: Bytes::BuiltIn, name: MOBY_DICK.into(), split, identity })
            }
            Text::File(path) => Self::map(path),
        }
    }

    fn map(path: &Path) -> Result<Self, TextError> {
        let unreadable = |source| TextError::Unreadable { path: path.into(), source };
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
        let found = file.metadata().map_err(unreadable)?.len();
        let name = path.file_name().unwrap_or(path.as_os_str()).to_string_lossy().into_owned();
        if found < SMALLEST {
            return Err(TextError::TooSmall { name, found });
        }
        // SAFETY: the map is read-only and bytes have no invalid values. Other programs may still change the file:
        // changed bytes are only other bytes, and a file that lost bytes is found out before each batch, because
        // reading past its end would end the program. What remains is a file cut in the instant between.
        #[allow(unsafe_code)]
        let map = unsafe { Mmap::map(&file) }.map_err(unreadable)?;
        let (split, identity) = (Split::of(map.len()), TextIdentity::of(&map));
        Ok(Self { bytes: Bytes::Mapped { file, map }, name, split, identity })
    }

    /// Title of the built-in text, or the file's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Length and hash of the text when it was opened.
    pub fn identity(&self) -> &TextIdentity {
        &self.identity
    }

    /// Number of bytes.
    pub fn len(&self) -> usize {
        self.split.test.end
    }

    /// Whether there is no byte; an open text always has some.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The three parts.
    pub fn split(&self) -> &Split {
        &self.split
    }

    /// Whether windows of `context + 1` bytes fit into every part that is drawn from.
    ///
    /// # Errors
    /// [`TextError::PartTooShort`] for the part that does not hold one window.
    pub fn fits(&self, context: usize) -> Result<(), TextError> {
        [Part::Training, Part::Validation].into_iter().try_for_each(|part| self.places(part, context).map(|_| ()))
    }

    /// In how many places of a part a window of `context + 1` bytes can start; at least 1.
    pub(super) fn places(&self, part: Part, context: usize) -> Result<usize, TextError> {
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

    /// All bytes, once it is sure that they are still there.
    ///
    /// # Errors
    /// [`TextError::Shrunk`], or that the file cannot be asked any more.
    pub fn bytes(&self) -> Result<&[u8], TextError> {
        let Bytes::Mapped { file, map } = &self.bytes else {
            return Ok(BUILT_IN);
        };
        let unreadable = |source| TextError::Unreadable { path: PathBuf::from(&self.name), source };
        let (expected, found) = (map.len() as u64, file.metadata().map_err(unreadable)?.len());
        if found < expected {
            return Err(TextError::Shrunk { name: self.name.clone(), expected, found });
        }
        Ok(map)
    }
}

#[cfg(test)]
mod tests {
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
        let bytes = corpus.bytes().unwrap();
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
    fn own_file_is_mapped_whole() {
        let (_folder, path) = file(4096);
        let corpus = Corpus::open(&Text::File(path.clone())).unwrap();
        assert_eq!(corpus.bytes().unwrap(), fs::read(path).unwrap());
        assert_eq!((corpus.name(), corpus.len(), corpus.split().sizes()), ("own.txt", 4096, [3688, 204, 204]));
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
        assert!(matches!(corpus.bytes(), Err(TextError::Shrunk { expected: 8192, found: 10, .. })));
        assert!(matches!(corpus.batch(1, 0, 2, 16), Err(TextError::Shrunk { .. })));
    }
}
