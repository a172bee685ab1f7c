//! What a run with a folder writes into it as it goes: `config.toml`, `metrics.csv`, `events.jsonl`.
//!
//! Nothing is changed before the first row: a start that does not come to a step leaves the folder as it was.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::config_file;
use super::folder::{EVENTS, METRICS, RunFolder};
use super::found::Newcomer;
use super::plan::{Begin, Plan};
use super::{FolderFact, Reason};
use crate::domain::config::Config;
use crate::domain::readings::MetricKind;
use crate::store::checkpoint::RunId;
use crate::store::history::{EventsFile, JournalEntry, MetricsFile, Row};

/// The files of a run.
#[derive(Debug)]
pub(super) struct RunFiles {
    run: RunId,
    stage: Stage,
}

#[derive(Debug)]
enum Stage {
    /// Before the first row.
    Planned(Box<Planned>),
    Open {
        metrics: Box<MetricsFile>,
        events: EventsFile,
    },
}

#[derive(Debug)]
struct Planned {
    folder: PathBuf,
    plan: Plan,
    config: Config,
    /// What the run remembers of its past.
    past: Vec<Arc<JournalEntry>>,
    /// What was done since.
    waiting: Vec<JournalEntry>,
}

impl RunFiles {
    /// Looks through the folder for the run; what there is to say comes with it.
    ///
    /// # Errors
    /// What hinders the run from writing there, and what to do.
    pub fn plan(folder: &mut RunFolder, newcomer: &Newcomer<'_>) -> Result<(Self, Vec<FolderFact>), Reason> {
        let (plan, says) = folder.plan(newcomer)?;
        folder.belongs_to(newcomer.run);
        let past = match plan.events {
            Begin::Journal => newcomer.history.journal.entries().to_vec(),
            _ => Vec::new(),
        };
        let planned =
            Planned { folder: folder.path.clone(), plan, config: newcomer.config.clone(), past, waiting: Vec::new() };
        Ok((Self { run: newcomer.run.clone(), stage: Stage::Planned(Box::new(planned)) }, says))
    }

    /// The entries that were not written yet, for the files that take the place of these.
    pub fn waiting(self, run: &RunId) -> Vec<JournalEntry> {
        match self.stage {
            Stage::Planned(planned) if self.run == *run => planned.waiting,
            _ => Vec::new(),
        }
    }

    /// Carries out the plan, if that was not done yet.
    ///
    /// # Errors
    /// What the file system says, with the path.
    pub fn begin(&mut self) -> Result<(), Reason> {
        self.open().map(|_| ())
    }

    /// Writes rows and hands them to the file system.
    ///
    /// # Errors
    /// What the file system says, with the path.
    pub fn rows<'a>(&mut self, rows: impl Iterator<Item = Row<'a>>) -> Result<(), Reason> {
        let mut rows = rows.peekable();
        if rows.peek().is_none() {
            return Ok(());
        }
        let (metrics, _) = self.open()?;
        rows.try_for_each(|row| metrics.write(&row)).and_then(|()| metrics.flush()).map_err(at(Path::new(METRICS)))
    }

    /// Writes one event; before the first row, keeps it for then.
    ///
    /// # Errors
    /// What the file system says, with the path.
    pub fn event(&mut self, entry: &JournalEntry) -> Result<(), Reason> {
        if let Stage::Planned(planned) = &mut self.stage {
            planned.waiting.push(entry.clone());
            return Ok(());
        }
        let (_, events) = self.open()?;
        events.write(entry).map_err(at(Path::new(EVENTS)))
    }

    /// The open files; carries out the plan at first.
    fn open(&mut self) -> Result<(&mut MetricsFile, &mut EventsFile), Reason> {
        if let Stage::Planned(planned) = &self.stage {
            let (metrics, events) = planned.begin(&self.run)?;
            self.stage = Stage::Open { metrics: Box::new(metrics), events };
        }
        match &mut self.stage {
            Stage::Open { metrics, events } => Ok((metrics, events)),
            Stage::Planned(_) => unreachable!("just opened"),
        }
    }
}

impl Planned {
    fn begin(&self, run: &RunId) -> Result<(MetricsFile, EventsFile), Reason> {
        let Self { folder, plan, config, past, waiting } = self;
        plan.clear().map_err(at(folder))?;
        let path = folder.join(METRICS);
        let keep = plan.metrics.prepare(&path).map_err(at(&path))?;
        let metrics = MetricsFile::open(&path, config.model.moe_count(), MetricKind::of(&config.task), keep)
            .map_err(at(&path))?;
        let path = folder.join(EVENTS);
        let keep = plan.events.prepare(&path).map_err(at(&path))?;
        let mut events = EventsFile::open(&path, run.as_str(), keep).map_err(at(&path))?;
        past.iter().map(Arc::as_ref).chain(waiting).try_for_each(|entry| events.write(entry)).map_err(at(&path))?;
        if let Some(path) = &plan.config {
            config_file::write(path, config, run).map_err(at(path))?;
        }
        Ok((metrics, events))
    }
}

fn at(path: &Path) -> impl Fn(io::Error) -> Reason {
    move |error| Reason::File { path: path.into(), error: error.into() }
}
