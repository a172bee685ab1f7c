//! The files that a session writes as it goes: `metrics.csv`, `events.jsonl` and the config, in a folder of its own.

use std::path::PathBuf;

use super::Session;
use crate::run::files::RunFiles;
use crate::run::folder::RunFolder;
use crate::run::found::Newcomer;
use crate::run::{Fact, FileWork, FolderFact, From, Notice, Reason};
use crate::store::history::{JournalEntry, Row};

/// The folder and the files in it; nothing without a folder.
pub(super) struct SessionFiles {
    /// The folder that was asked for, and whether the files of another run in it may be removed.
    out: Option<PathBuf>,
    overwrite: bool,
    /// The folder, which nobody else writes to meanwhile.
    folder: Option<RunFolder>,
    files: Option<RunFiles>,
}

impl SessionFiles {
    /// In the folder `out`, as [`Start::out`](crate::run::Start::out) and its `overwrite` say.
    pub fn new(out: Option<PathBuf>, overwrite: bool) -> Self {
        Self { out, overwrite, folder: None, files: None }
    }

    /// Whether a folder was asked for.
    pub fn are_asked_for(&self) -> bool {
        self.out.is_some()
    }

    /// Takes the folder, if one was asked for, and sees whether a run from `from` may begin there.
    ///
    /// # Errors
    /// What hinders it, and what to do.
    pub fn claim(&mut self, from: &From) -> Result<(), Reason> {
        let Some(out) = self.out.as_ref().filter(|_| self.folder.is_none()) else { return Ok(()) };
        let folder = RunFolder::claim(out, self.overwrite)?;
        match from {
            From::Config(config) => folder.admits_new(config)?,
            From::File(file) | From::FileOn { file, .. } => folder.admits_resumed(file)?,
        }
        self.folder = Some(folder);
        Ok(())
    }

    /// Whether there is a folder in which no run has begun yet.
    fn begins(&self) -> bool {
        self.folder.as_ref().is_some_and(|folder| folder.run().is_none())
    }

    /// Looks for a place for the files of a run; says what there is to say of it.
    ///
    /// # Errors
    /// What hinders the run from writing there.
    fn open(&mut self, newcomer: &Newcomer<'_>) -> Result<Vec<FolderFact>, Reason> {
        let before = self.files.take();
        let Some(folder) = self.folder.as_mut() else { return Ok(Vec::new()) };
        let waiting = before.map_or_else(Vec::new, |files| files.waiting(newcomer.run));
        let (files, says) = RunFiles::plan(folder, newcomer)?;
        let files = self.files.insert(files);
        waiting.iter().try_for_each(|entry| files.event(entry))?;
        Ok(says)
    }

    /// Writes rows, if there are files.
    ///
    /// # Errors
    /// What the file system says, with the path.
    pub fn rows<'a>(&mut self, rows: impl Iterator<Item = Row<'a>>) -> Result<(), Reason> {
        self.files.as_mut().map_or(Ok(()), |files| files.rows(rows))
    }

    /// Writes an event, if there are files.
    ///
    /// # Errors
    /// What the file system says, with the path.
    pub fn event(&mut self, entry: &JournalEntry) -> Result<(), Reason> {
        self.files.as_mut().map_or(Ok(()), |files| files.event(entry))
    }

    /// Brings the folder into order, if there are files.
    fn begin(&mut self) -> Result<(), Reason> {
        self.files.as_mut().map_or(Ok(()), RunFiles::begin)
    }

    /// Writes no more.
    fn close(&mut self) {
        self.files = None;
    }

    /// Lets go of files and folder.
    pub fn release(&mut self) {
        (self.folder, self.files) = (None, None);
    }
}

impl Session {
    /// Looks for a place for the files of the run that stands at `step`. Without one, a run that goes on trains without
    /// files; one that was to begin there does not begin.
    pub(super) fn open_files(&mut self, step: u64) {
        let Some(run) = self.run.open() else { return };
        let begins = self.files.begins();
        let resumed = match self.run.from() {
            From::File(path) | From::FileOn { file: path, .. } if begins => Some(path.as_path()),
            _ => None,
        };
        let (id, history) = (run.id(), run.history());
        match self.files.open(&Newcomer { run: id, config: self.run.config(), history, step, resumed }) {
            Ok(says) => says.into_iter().for_each(|fact| self.out.notice(Notice::Fact(Fact::Folder(fact)))),
            Err(why) if begins => self.could_not_begin(why),
            Err(why) => self.files_failed(why),
        }
    }

    /// Brings the folder of the run into order before anything is saved there.
    pub(super) fn begin_files(&mut self) {
        if let Err(why) = self.files.begin() {
            self.files_failed(why);
        }
    }

    /// A file of the run cannot be written: says so once and trains on without.
    pub(super) fn files_failed(&mut self, why: Reason) {
        self.files.close();
        self.out.notice(Notice::FileFailed { work: FileWork::RunFiles, why });
    }
}
