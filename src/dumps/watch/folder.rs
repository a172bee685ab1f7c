//! Folder of dumps under watch: lists it, opens what is new in it, and tells what that says. Reads only.

use std::collections::VecDeque;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::super::error::DumpError;
use super::super::file::DumpFile;
use super::name;
use super::scan::{FileStamp, Opened, Scanner};
use super::{DumpWatch, WatchEvent, WatchFault, WatchedDump, measured};
use crate::store::alerts::Alerts;

/// A folder of routing dumps, and what is known of the run that writes them.
///
/// `look` lists the folder, and `next` goes through what it found, file by file, so that whoever watches can stop between two.
/// Neither waits. A look asks about all files it has not seen, and of the others about a bounded number: in a folder of a network
/// that is what costs.
#[derive(Debug)]
pub struct FolderWatch {
    folder: PathBuf,
    top_k: Option<usize>,
    /// Numbers that the matrices of a dump may hold.
    matrices: usize,
    scanner: Scanner,
    watch: DumpWatch,
    /// Names to go through.
    queue: VecDeque<String>,
}

impl FolderWatch {
    /// Watches a folder; `top_k` as in [`DumpFile::diagnose`].
    pub fn new(folder: &Path, top_k: Option<usize>) -> Self {
        let (scanner, watch) = (Scanner::default(), DumpWatch::default());
        Self { folder: folder.into(), top_k, matrices: 0, scanner, watch, queue: VecDeque::new() }
    }

    /// The same, which keeps the matrices of a dump as far as they hold at most so many numbers.
    #[must_use]
    pub(crate) fn with_matrices(self, numbers: usize) -> Self {
        Self { matrices: numbers, ..self }
    }

    /// Lists the folder. Whether there is more to look at at once.
    ///
    /// # Errors
    /// What the file system says of the folder.
    pub fn look(&mut self) -> io::Result<bool> {
        let mut names = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            // A name that is no text is none that this program shows or tells a step from.
            names.extend(entry?.file_name().into_string());
        }
        let (asked, more) = self.scanner.round(names);
        self.queue = asked.into();
        Ok(more)
    }

    /// Goes through the next file that the look found, `now` after the beginning; `None` after the last.
    pub fn next(&mut self, now: Duration) -> Option<Vec<WatchEvent>> {
        let Some(name) = self.queue.pop_front() else {
            let overdue = self.overdue(now, false);
            return (!overdue.is_empty()).then_some(overdue);
        };
        let path = self.folder.join(&name);
        // What is no file, or is gone again, is none until it changes.
        let Some(stamp) = fs::metadata(&path).ok().filter(fs::Metadata::is_file).map(|file| stamp(&file)) else {
            let nothing = FileStamp { bytes: 0, modified: None };
            self.scanner.opened(&name, nothing, Opened::Aside, now);
            return Some(Vec::new());
        };
        if !self.scanner.is_to_be_opened(&name, stamp) {
            return Some(Vec::new());
        }
        let anew = self.scanner.was_taken(&name);
        let (opened, events) = match self.take(&path, &name, (anew, stamp.modified)) {
            Ok(events) => (Opened::Taken, events),
            Err(WatchFault::Dump(why @ (DumpError::NotSafetensors(_) | DumpError::Changed | DumpError::Missing))) => {
                (Opened::NotWhole(why.to_string()), Vec::new())
            }
            Err(why) => (Opened::Aside, vec![WatchEvent::Aside { file: name.clone(), why }]),
        };
        self.scanner.opened(&name, stamp, opened, now);
        Some(events)
    }

    /// The end of the watch: what was waited for until now.
    pub fn finish(&mut self) -> Vec<WatchEvent> {
        self.overdue(Duration::MAX, true)
    }

    /// The newest step.
    pub fn newest(&self) -> Option<u64> {
        self.watch.course.newest()
    }

    /// The usual distance between the steps of two dumps, once it is known.
    pub(crate) fn usual(&self) -> Option<u64> {
        self.watch.course.usual()
    }

    /// What is or was wrong with the run, as far as the rules can say it by dumps.
    pub(crate) fn alerts(&self) -> &Alerts {
        &self.watch.alerts
    }

    fn take(
        &mut self,
        path: &Path,
        name: &str,
        (anew, written): (bool, Option<SystemTime>),
    ) -> Result<Vec<WatchEvent>, WatchFault> {
        let file = DumpFile::open(path)?;
        let step = name::step_of(name).or_else(|| file.step()).ok_or(WatchFault::NoStep)?;
        let layers = measured(&file, self.top_k, self.matrices)?;
        self.watch.take(WatchedDump { step, run: 0, loss: file.loss(), layers, late: false, written }, anew)
    }

    fn overdue(&mut self, now: Duration, end: bool) -> Vec<WatchEvent> {
        let overdue = self.scanner.overdue(now, end);
        overdue.into_iter().map(|(file, why)| WatchEvent::NotWhole { file, why }).collect()
    }
}

/// Whether a folder is to be watched as one of dumps: it can be listed.
///
/// # Errors
/// What the file system says; `NotADirectory` for anything that is no folder.
pub(crate) fn can_be_watched(folder: &Path) -> io::Result<()> {
    match fs::metadata(folder)?.is_dir() {
        true => fs::read_dir(folder).map(drop),
        false => Err(ErrorKind::NotADirectory.into()),
    }
}

pub(super) fn stamp(file: &fs::Metadata) -> FileStamp {
    FileStamp { bytes: file.len(), modified: file.modified().ok() }
}
