//! Files found in the folder of a run, one by one: none, its own, one of another run, or one of the user's.

use std::fs;
use std::path::{Path, PathBuf};

use super::folder::RunFolder;
use super::folder_refusal::{FolderFault, FolderRefusal, Occupant};
use super::{FolderFact, LibraryError};
use crate::domain::config::Config;
use crate::domain::readings::MetricKind;
use crate::store::checkpoint::{self, OpenError, RunId};
use crate::store::history::{History, Kept, NotKept, RunMeasure, SeriesKey, survey_events, survey_metrics};

/// The run that is about to write.
pub(super) struct Newcomer<'a> {
    pub run: &'a RunId,
    pub config: &'a Config,
    pub history: &'a History,
    /// Steps done.
    pub step: u64,
    /// The checkpoint it goes on from.
    pub resumed: Option<&'a Path>,
}

/// What a file in the folder is to the run that is about to write.
pub(super) enum Found {
    /// Nothing is there.
    Free,
    /// Its own, as far as it is kept.
    Own(Kept),
    /// The program wrote it for another run, or it cannot be gone on with; why.
    Other(Occupant),
}

impl RunFolder {
    /// What a checkpoint in the folder is. Of one's own, the step stands where rows have their first step.
    pub(super) fn checkpoint(&self, path: &Path, run: &RunId, resumed: Option<&Path>) -> Result<Found, FolderRefusal> {
        let refused = |fault: fn(PathBuf, LibraryError) -> FolderFault, error: OpenError| {
            let name = path.file_name().unwrap_or_default().into();
            Err(FolderRefusal { folder: self.shown.clone(), why: fault(name, error.into()) })
        };
        let own = |step: u64| Found::Own(Kept { steps: Some((step, step)), ..Kept::default() });
        match checkpoint::peek(path) {
            Ok(manifest) if resumed.is_some_and(|file| is_same(file, path)) || manifest.run == *run => {
                Ok(own(manifest.progress.step))
            }
            Ok(manifest) => Ok(Found::Other(Occupant::Checkpoint { step: manifest.progress.step, run: manifest.run })),
            Err(OpenError::Missing) => Ok(Found::Free),
            Err(OpenError::NotSafetensors { .. }) if fs::metadata(path).is_ok_and(|there| there.len() == 0) => {
                Ok(Found::Free)
            }
            Err(error @ OpenError::Unreadable(_)) => {
                refused(|name, error| FolderFault::Unreadable { name, error }, error)
            }
            Err(error) if checkpoint::begins_as_checkpoint(path) => Ok(Found::Other(Occupant::Error(error.into()))),
            Err(error) => refused(|name, error| FolderFault::NotCheckpoint { name, error }, error),
        }
    }

    /// What a metrics or events file is, from what was found in it.
    pub(super) fn found(
        &self,
        name: &'static str,
        kept: Result<Kept, NotKept>,
        newcomer: &Newcomer<'_>,
    ) -> Result<Found, FolderRefusal> {
        let goes_on = newcomer.resumed.is_some() || self.run() == Some(newcomer.run);
        match kept {
            Ok(kept) if goes_on => Ok(Found::Own(kept)),
            Ok(_) => Ok(Found::Other(Occupant::AnotherRun)),
            Err(NotKept::Missing) => Ok(Found::Free),
            Err(error @ (NotKept::AnotherRun(_) | NotKept::Damaged { .. })) => {
                Ok(Found::Other(Occupant::Error(error.into())))
            }
            Err(error) => {
                let why = FolderFault::Foreign { name, error: error.into() };
                Err(FolderRefusal { folder: self.shown.clone(), why })
            }
        }
    }
}

/// Whether two paths lead to one file.
pub(super) fn is_same(a: &Path, b: &Path) -> bool {
    matches!((fs::canonicalize(a), fs::canonicalize(b)), (Ok(a), Ok(b)) if a == b)
}

pub(super) fn metrics(path: &Path, layers: usize, newcomer: &Newcomer<'_>) -> Result<Kept, NotKept> {
    let losses = newcomer.history.get(SeriesKey::Run(RunMeasure::LossTask));
    let metric = MetricKind::of(&newcomer.config.task);
    survey_metrics(path, layers, metric, newcomer.step, |step| losses.and_then(|losses| losses.bounds(step)))
}

pub(super) fn events(path: &Path, newcomer: &Newcomer<'_>) -> Result<Kept, NotKept> {
    let entries = newcomer.history.journal.entries();
    let at_step = entries.iter().filter(|entry| entry.step == newcomer.step).count();
    survey_events(path, newcomer.run.as_str(), newcomer.step, at_step)
}

/// What there is to say of rows that are taken out or missing.
pub(super) fn said_of_rows(kept: &Kept, step: u64) -> Vec<FolderFact> {
    let cut = kept.cut.map(|steps| FolderFact::RowsTakenOut { steps, from: step });
    said_of_missing(kept, step).into_iter().chain(cut).collect()
}

pub(super) fn said_of_missing(kept: &Kept, step: u64) -> Option<FolderFact> {
    let last = kept.steps.map_or(0, |(_, last)| last);
    (last < step).then_some(FolderFact::RowsMissing(last + 1, step))
}
