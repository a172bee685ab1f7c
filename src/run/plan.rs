//! What is done in the folder of a run before its first row is written: one file after the other, so that at any moment
//! what stands there tells one run.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use crate::store::atomic_file::AtomicFile;

/// How a metrics or events file begins.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Begin {
    /// Empty.
    #[default]
    Anew,
    /// With so many bytes of what is there.
    Keep(u64),
    /// With so many bytes of a file in another folder.
    Copy { from: PathBuf, bytes: u64 },
    /// With what the run itself remembers; for metrics, empty.
    Journal,
}

/// What is done in a folder before the first row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Plan {
    /// Files of another run, in the order in which they go.
    pub remove: Vec<PathBuf>,
    /// A later save of this run, and the name it is kept under.
    pub aside: Option<(PathBuf, PathBuf)>,
    pub metrics: Begin,
    pub events: Begin,
    /// Where the config is written, if anywhere.
    pub config: Option<PathBuf>,
}

impl Plan {
    /// Makes room: what is to be removed or set aside.
    ///
    /// # Errors
    /// What the file system says.
    pub fn clear(&self) -> io::Result<()> {
        for path in &self.remove {
            match fs::remove_file(path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
        match &self.aside {
            Some((from, to)) => fs::rename(from, to),
            None => Ok(()),
        }
    }
}

impl Begin {
    /// Brings the beginning of the file at `path` about; says how many bytes of it stand.
    ///
    /// # Errors
    /// What the file system says.
    pub fn prepare(&self, path: &Path) -> io::Result<u64> {
        match self {
            Self::Keep(bytes) => Ok(*bytes),
            Self::Copy { from, bytes } => {
                let mut file = AtomicFile::create(path)?;
                let copied = io::copy(&mut File::open(from)?.take(*bytes), &mut file)?;
                if copied < *bytes {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                file.commit()?;
                Ok(copied)
            }
            Self::Anew | Self::Journal => {
                // What is there, if anything, is a first line that was cut off.
                File::create(path)?;
                Ok(0)
            }
        }
    }
}
