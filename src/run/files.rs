//! What a run with a folder writes into it as it goes: `config.toml`, `metrics.csv`, `events.jsonl`.

use std::io;
use std::path::{Path, PathBuf};

use crate::config::Config;
use crate::history::{Entry, EventsFile, MetricsFile, Row};
use crate::quote;

/// The open files of a run.
#[derive(Debug)]
pub(super) struct RunFiles {
    metrics: MetricsFile,
    events: EventsFile,
}

impl RunFiles {
    /// Opens the files in `folder`, which is made if missing. Rows after step `done` of an earlier run are taken out.
    ///
    /// # Errors
    /// What the file system says, with the path.
    pub fn open(folder: &Path, config: &Config, done: u64) -> Result<Self, String> {
        let at = |path: PathBuf| move |error: io::Error| format!("{}: {error}", quote::path(&path));
        std::fs::create_dir_all(folder).map_err(at(folder.into()))?;
        let file = |name: &str| folder.join(name);
        std::fs::write(file("config.toml"), config.to_toml()).map_err(at(file("config.toml")))?;
        let metrics = MetricsFile::open(&file("metrics.csv"), config.model.moe_count(), done);
        let events = EventsFile::open(&file("events.jsonl"));
        Ok(Self {
            metrics: metrics.map_err(at(file("metrics.csv")))?,
            events: events.map_err(at(file("events.jsonl")))?,
        })
    }

    /// Writes rows and hands them to the file system.
    pub fn rows<'a>(&mut self, rows: impl Iterator<Item = Row<'a>>) -> io::Result<()> {
        for row in rows {
            self.metrics.write(&row)?;
        }
        self.metrics.flush()
    }

    /// Writes one event.
    pub fn event(&mut self, entry: &Entry) -> io::Result<()> {
        self.events.write(entry)
    }
}
