//! The files that a session writes as it goes: `metrics.csv`, `events.jsonl` and the config, in a folder of its own.

use std::path::{Path, PathBuf};

use super::Session;
use crate::run::files::RunFiles;
use crate::run::folder::{EVENTS, METRICS, RunFolder};
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

/// The files of a branch that was left: where they were, and where they are kept.
#[derive(Debug)]
pub(super) struct KeptFiles {
    folder: PathBuf,
    files: Vec<(PathBuf, PathBuf)>,
}

impl KeptFiles {
    /// What there is to say of it.
    pub fn fact(&self) -> FolderFact {
        let names = self.files.iter().filter_map(|(_, kept)| Some(kept.file_name()?.display().to_string()));
        FolderFact::BranchKept { folder: self.folder.clone(), names: names.collect() }
    }
}

/// The first of `NAME-WORDS.EXT`, `NAME-WORDS-2.EXT`, … beside `path` that is not there.
fn free_beside(path: &Path, words: &str) -> PathBuf {
    let part = |part: Option<&std::ffi::OsStr>| part.unwrap_or_default().to_string_lossy().into_owned();
    let (stem, ending) = (part(path.file_stem()), part(path.extension()));
    let name = |count: u64| if count == 1 { String::new() } else { format!("-{count}") };
    let mut names = (1..).map(|count| path.with_file_name(format!("{stem}-{words}{}.{ending}", name(count))));
    names.find(|path| !path.exists()).unwrap_or_else(|| path.with_extension("left"))
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
            From::Setup(setup) => folder.admits_new(&setup.config)?,
            From::File(file) | From::FileOn { file, .. } => folder.admits_resumed(file)?,
            // It writes nothing.
            From::Watched(_) => {}
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
        let mut waiting = before.map_or_else(Vec::new, |files| files.waiting(newcomer.run));
        // A run that went back has not done what it did after.
        let journal = newcomer.history.journal.entries();
        waiting.retain(|entry| journal.iter().any(|done| **done == *entry));
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

    /// Keeps the rows and events of a branch that is left at `step` under other names; `None` if there are none.
    pub fn keep(&self, step: u64) -> Option<KeptFiles> {
        let folder = self.folder.as_ref().filter(|_| self.files.is_some())?;
        let kept = |name: &str| {
            let path = folder.path.join(name);
            let aside = free_beside(&path, &format!("left-at-step-{step}"));
            // What cannot be copied is told by what is missing.
            std::fs::copy(&path, &aside).ok().map(|_| (path, aside))
        };
        let files: Vec<(PathBuf, PathBuf)> = [METRICS, EVENTS].into_iter().filter_map(kept).collect();
        (!files.is_empty()).then(|| KeptFiles { folder: folder.shown.clone(), files })
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

    /// Puts the files of a branch that is gone on with back into their places.
    pub(super) fn put_files_back(&mut self, files: &KeptFiles) {
        for (path, kept) in &files.files {
            if let Err(error) = std::fs::rename(kept, path) {
                return self.files_failed(Reason::File { path: path.clone(), error: error.into() });
            }
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
