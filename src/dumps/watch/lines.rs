//! A file that somebody else writes to: the lines that have come since the last look, whole ones only.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::PathBuf;

/// Most bytes read at once.
const AT_ONCE: u64 = 1 << 20;

/// A file of lines that grows.
#[derive(Debug)]
pub(super) struct GrowingFile {
    path: PathBuf,
    /// Bytes of whole lines that were read.
    read: u64,
}

/// What has come.
#[derive(Debug)]
pub(super) struct NewLines {
    /// Whole lines with their ends.
    pub bytes: Vec<u8>,
    /// Whether there is more to be read at once.
    pub more: bool,
    /// Whether it is another file than before, so that these are its first lines.
    pub anew: bool,
}

impl GrowingFile {
    /// Reads from the beginning.
    pub fn new(path: PathBuf) -> Self {
        Self { path, read: 0 }
    }

    /// Reads from the beginning again.
    pub fn rewind(&mut self) {
        self.read = 0;
    }

    /// The lines since the last look. The last one may not be whole yet: it comes once it is.
    ///
    /// # Errors
    /// What the file system says.
    pub fn look(&mut self) -> io::Result<NewLines> {
        let mut file = File::open(&self.path)?;
        let length = file.metadata()?.len();
        // A shorter one is another: the run has begun anew.
        let anew = length < self.read;
        if anew {
            self.read = 0;
        }
        file.seek(SeekFrom::Start(self.read))?;
        let mut bytes = Vec::new();
        file.take(AT_ONCE).read_to_end(&mut bytes)?;
        let whole = bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
        let more = whole > 0 && self.read + (bytes.len() as u64) < length;
        self.read += whole as u64;
        bytes.truncate(whole);
        Ok(NewLines { bytes, more, anew })
    }
}
