//! Run folder of this program under watch, on another machine perhaps: rows of its `metrics.csv`, what was done to it and its
//! saves, as they appear. Takes no lock, writes nothing.

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use super::folder::stamp;
use super::lines::GrowingFile;
use super::scan::FileStamp;
use crate::store::alerts::Alert;
use crate::store::checkpoint;
use crate::store::history::JournalEntry;

/// The file whose rows are told.
const METRICS: &str = "metrics.csv";
/// The column with the layers that competed.
const COMPETED: &str = "competed_layers";
/// The file of what was done to the run.
const EVENTS: &str = "events.jsonl";

/// What happened in a run folder.
#[derive(Debug)]
pub enum OwnRow {
    /// A row of `metrics.csv`.
    Step {
        /// Its step.
        step: u64,
        /// The step of the row before it, if that is this one or a later one: the run has gone back.
        before: Option<u64>,
        /// Every cell that holds a number, by its column.
        numbers: BTreeMap<String, f64>,
        /// Layers with experts that competed at it, from 0.
        competed: Vec<usize>,
    },
    /// Something was done to the run.
    Event {
        /// What, and when.
        entry: Box<JournalEntry>,
        /// Whether it is the first line of its file: those told before are of another run.
        first: bool,
    },
    /// A checkpoint was saved.
    Saved {
        /// The file's name.
        file: String,
        /// The step it was saved at.
        step: u64,
        /// What is wrong with the run, as the checkpoint holds it.
        alerts: Vec<Alert>,
    },
}

/// A run folder.
#[derive(Debug)]
pub struct RunWatch {
    folder: PathBuf,
    metrics: GrowingFile,
    events: GrowingFile,
    columns: Vec<String>,
    newest: Option<u64>,
    /// Whether the next event is the first of its file.
    events_begin: bool,
    saves: BTreeMap<String, FileStamp>,
}

impl RunWatch {
    /// Whether a folder holds a run of this program: rows of its steps.
    pub fn is_run(folder: &Path) -> bool {
        folder.join(METRICS).is_file()
    }

    /// Watches a run folder from the beginning of its rows.
    pub fn new(folder: &Path) -> Self {
        let [metrics, events] = [METRICS, EVENTS].map(|name| GrowingFile::new(folder.join(name)));
        let (columns, saves) = (Vec::new(), BTreeMap::new());
        Self { folder: folder.into(), metrics, events, columns, newest: None, events_begin: true, saves }
    }

    /// What has come since the last look, and whether there is more to look at at once.
    ///
    /// # Errors
    /// What the file system says.
    pub fn look(&mut self) -> io::Result<(Vec<OwnRow>, bool)> {
        let rows = self.metrics.look()?;
        if rows.anew {
            self.columns.clear();
        }
        let mut found = self.rows(&rows.bytes);
        let again = found.iter().any(|row| matches!(row, OwnRow::Step { before: Some(_), .. }));
        if again {
            // What was done to the run before is told again as far as it is still said.
            self.events.rewind();
            self.events_begin = true;
        }
        let (events, more_events) = self.events()?;
        found.extend(events);
        let more = rows.more || more_events;
        if !more {
            found.extend(self.saves()?);
        }
        Ok((found, more))
    }

    /// When the rows were written last, if that is known.
    pub(crate) fn written(&self) -> Option<SystemTime> {
        fs::metadata(self.folder.join(METRICS)).ok()?.modified().ok()
    }

    /// What was done to the run since the last look, and whether there is more. A run may have no such file.
    fn events(&mut self) -> io::Result<(Vec<OwnRow>, bool)> {
        let lines = match self.events.look() {
            Ok(lines) => lines,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok((Vec::new(), false)),
            Err(error) => return Err(error),
        };
        self.events_begin |= lines.anew;
        let entries = lines.bytes.split(|&byte| byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok());
        let told = entries.map(|entry| OwnRow::Event { entry, first: std::mem::take(&mut self.events_begin) });
        Ok((told.collect(), lines.more))
    }

    /// The newest step.
    pub fn newest(&self) -> Option<u64> {
        self.newest
    }

    fn rows(&mut self, bytes: &[u8]) -> Vec<OwnRow> {
        let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes);
        let mut events = Vec::new();
        for record in reader.records().flatten() {
            if self.columns.is_empty() {
                self.columns = record.iter().map(str::to_owned).collect();
                continue;
            }
            let cells = self.columns.iter().zip(&record);
            let numbers: BTreeMap<String, f64> =
                cells.filter_map(|(column, cell)| Some((column.clone(), cell.parse().ok()?))).collect();
            let step =
                self.columns.iter().position(|column| column == "step").and_then(|at| record.get(at)?.parse().ok());
            let Some(step) = step.filter(|_| record.len() == self.columns.len()) else { continue };
            let at = self.columns.iter().position(|column| column == COMPETED);
            let competed = at.and_then(|at| record.get(at)).unwrap_or_default();
            let competed = competed.split_whitespace().filter_map(|layer| layer.parse().ok()).collect();
            let before = self.newest.filter(|&newest| step <= newest);
            self.newest = Some(step);
            events.push(OwnRow::Step { step, before, numbers, competed });
        }
        events
    }

    fn saves(&mut self) -> io::Result<Vec<OwnRow>> {
        let mut events = Vec::new();
        for entry in fs::read_dir(&self.folder)? {
            let Ok(name) = entry?.file_name().into_string() else { continue };
            let path = self.folder.join(&name);
            let Some(file) = fs::metadata(&path).ok().filter(|file| file.is_file() && super::name::may_be_dump(&name))
            else {
                continue;
            };
            let stamp = stamp(&file);
            if self.saves.get(&name) == Some(&stamp) {
                continue;
            }
            // What does not open is being copied here, or is another kind of file; when it changes it is tried again.
            self.saves.insert(name.clone(), stamp);
            if let Ok(manifest) = checkpoint::peek(&path) {
                let alerts = manifest.alerts.active().cloned().collect();
                events.push(OwnRow::Saved { file: name, step: manifest.progress.step, alerts });
            }
        }
        Ok(events)
    }
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::Write;

    use super::*;
    use crate::store::history::What;

    #[test]
    fn rows_are_told_once_they_are_whole_and_going_back_is_seen() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(METRICS);
        assert!(!RunWatch::is_run(folder.path()));
        fs::write(&path, "step,loss_total,top_k\n1,2.5,2\n2,2.2").unwrap();
        assert!(RunWatch::is_run(folder.path()));
        let mut watch = RunWatch::new(folder.path());
        let steps = |watch: &mut RunWatch| {
            let (events, more) = watch.look().unwrap();
            assert!(!more);
            let told = events.into_iter().map(|event| match event {
                OwnRow::Step { step, before, numbers, .. } => {
                    (step, before.is_some(), numbers.get("loss_total").copied())
                }
                OwnRow::Saved { .. } | OwnRow::Event { .. } => panic!("there are rows alone"),
            });
            told.collect::<Vec<_>>()
        };
        assert_eq!(steps(&mut watch), [(1, false, Some(2.5))]);
        assert_eq!(steps(&mut watch), []);
        File::options().append(true).open(&path).unwrap().write_all(b"5,2\n3,,2\nbroken\n2,1,2\n").unwrap();
        assert_eq!(steps(&mut watch), [(2, false, Some(2.25)), (3, false, None), (2, true, Some(1.0))]);
        assert_eq!(watch.newest(), Some(2));
        // Another file in its place, shorter.
        fs::write(&path, "step,loss_total\n1,9\n").unwrap();
        assert_eq!(steps(&mut watch), [(1, true, Some(9.0))]);
        fs::write(folder.path().join("x.safetensors"), "no checkpoint").unwrap();
        assert_eq!(steps(&mut watch), []);
    }

    #[test]
    fn what_was_done_is_told_line_by_line_and_again_after_the_run_went_back() {
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str, text: &str| fs::write(folder.path().join(name), text).unwrap();
        let line = |step: u64| {
            let entry = JournalEntry { step, what: What::Reference { probe: step } };
            serde_json::to_string(&entry).unwrap() + "\n"
        };
        put(METRICS, "step,loss_total\n1,2\n2,2\n");
        put(EVENTS, &(line(1) + &line(2)[..9]));
        let mut watch = RunWatch::new(folder.path());
        let mut told = || {
            let (found, _) = watch.look().unwrap();
            let events = found.iter().filter_map(|row| match row {
                OwnRow::Event { entry, first } => Some((entry.step, *first)),
                _ => None,
            });
            events.collect::<Vec<_>>()
        };
        assert_eq!(told(), [(1, true)]);
        put(EVENTS, &(line(1) + &line(2)));
        assert_eq!((told(), told()), (vec![(2, false)], vec![]));
        put(METRICS, "step,loss_total\n1,2\n");
        put(EVENTS, &line(1));
        assert_eq!(told(), [(1, true)]);
    }
}
