//! `events.jsonl`: the journal as a file, one entry a line as it happens, each with the id of its run.

use std::fs::{File, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::Path;

use serde::Serialize;

use super::JournalEntry;

/// A line of the file.
#[derive(Serialize)]
struct Line<'a> {
    #[serde(flatten)]
    entry: &'a JournalEntry,
    run: &'a str,
}

/// The open file.
#[derive(Debug)]
pub(crate) struct EventsFile {
    file: File,
    run: String,
}

impl EventsFile {
    /// Opens `path`, keeps its first `keep` bytes (see [`survey`](super::survey_events)) and writes after them, each line
    /// with `run`, the id of the run.
    ///
    /// # Errors
    /// What the file system says; `AlreadyExists` if the file is not empty and nothing of it is kept: it is left as it is.
    pub fn open(path: &Path, run: &str, keep: u64) -> io::Result<Self> {
        let mut file = OpenOptions::new().write(true).create(true).truncate(false).open(path)?;
        if keep == 0 && file.metadata()?.len() > 0 {
            return Err(io::ErrorKind::AlreadyExists.into());
        }
        file.set_len(keep)?;
        file.seek(SeekFrom::End(0))?;
        Ok(Self { file, run: run.into() })
    }

    /// Writes one entry.
    ///
    /// # Errors
    /// What the file system says.
    pub fn write(&mut self, entry: &JournalEntry) -> io::Result<()> {
        let mut line = serde_json::to_vec(&Line { entry, run: &self.run })?;
        line.push(b'\n');
        self.file.write_all(&line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::history::{What, survey_events};

    const RUN: &str = "0123456789abcdef";

    fn saved() -> What {
        What::Saved { path: "run.safetensors".into(), auto: true, last_good: None }
    }

    fn write(path: &Path, keep: u64, steps: &[u64]) {
        let mut file = EventsFile::open(path, RUN, keep).unwrap();
        for &step in steps {
            file.write(&JournalEntry { step, what: What::NotFinite { place: "layer 1".into() } }).unwrap();
            file.write(&JournalEntry { step, what: saved() }).unwrap();
        }
    }

    #[test]
    fn events_are_one_readable_line_each() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.jsonl");
        write(&path, 0, &[3, 4]);
        let text = std::fs::read_to_string(&path).unwrap();
        let entries: Vec<JournalEntry> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(entries.iter().map(|e| e.step).collect::<Vec<_>>(), [3, 3, 4, 4]);
        assert!(text.lines().all(|line| line.contains(RUN)));
        assert_eq!(EventsFile::open(&path, RUN, 0).unwrap_err().kind(), io::ErrorKind::AlreadyExists);
        assert_eq!(std::fs::read_to_string(&path).unwrap(), text, "nothing is begun again unasked");
    }

    #[test]
    fn events_end_where_the_checkpoint_does() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.jsonl");
        write(&path, 0, &[3, 5, 5, 8]);
        let text = std::fs::read_to_string(&path).unwrap();
        let lines = |count: usize| text.split_inclusive('\n').take(count).map(str::len).sum::<usize>() as u64;
        // At step 5 the checkpoint knew of one entry; it was saved itself after that.
        let kept = survey_events(&path, RUN, 5, 1).unwrap();
        assert_eq!((kept.bytes, kept.cut), (lines(4), Some((5, 8))));
        write(&path, kept.bytes, &[6]);
        let again = std::fs::read_to_string(&path).unwrap();
        assert!(again.starts_with(&text[..kept.bytes as usize]) && again.lines().count() == 6, "{again}");
        assert_eq!(survey_events(&path, RUN, 9, 0).unwrap().bytes, again.len() as u64);
    }
}
