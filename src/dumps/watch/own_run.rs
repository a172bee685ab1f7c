//! Run folder of this program under watch, on another machine perhaps: rows of its `metrics.csv` and its saves, as they
//! appear. Takes no lock, writes nothing.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use super::folder::stamp;
use super::scan::FileStamp;
use crate::store::alerts::Alert;
use crate::store::checkpoint;

/// The file whose rows are told.
const METRICS: &str = "metrics.csv";
/// Most bytes read at once.
const AT_ONCE: u64 = 1 << 20;

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
    columns: Vec<String>,
    /// Bytes of whole rows that were read.
    read: u64,
    newest: Option<u64>,
    saves: BTreeMap<String, FileStamp>,
}

impl RunWatch {
    /// Whether a folder holds a run of this program: rows of its steps.
    pub fn is_run(folder: &Path) -> bool {
        folder.join(METRICS).is_file()
    }

    /// Watches a run folder from the beginning of its rows.
    pub fn new(folder: &Path) -> Self {
        Self { folder: folder.into(), columns: Vec::new(), read: 0, newest: None, saves: BTreeMap::new() }
    }

    /// What has come since the last look, and whether there is more to look at at once.
    ///
    /// # Errors
    /// What the file system says.
    pub fn look(&mut self) -> io::Result<(Vec<OwnRow>, bool)> {
        let mut file = File::open(self.folder.join(METRICS))?;
        let length = file.metadata()?.len();
        if length < self.read {
            // Another file: the run has begun anew.
            (self.read, self.columns) = (0, Vec::new());
        }
        file.seek(SeekFrom::Start(self.read))?;
        let mut bytes = Vec::new();
        file.take(AT_ONCE).read_to_end(&mut bytes)?;
        // The last row may not be whole yet.
        let whole = bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |at| at + 1);
        let more = whole > 0 && self.read + (bytes.len() as u64) < length;
        self.read += whole as u64;
        let mut events = self.rows(&bytes[..whole]);
        if !more {
            events.extend(self.saves()?);
        }
        Ok((events, more))
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
            let before = self.newest.filter(|&newest| step <= newest);
            self.newest = Some(step);
            events.push(OwnRow::Step { step, before, numbers });
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
    use std::io::Write;

    use super::*;

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
                OwnRow::Step { step, before, numbers } => (step, before.is_some(), numbers.get("loss_total").copied()),
                OwnRow::Saved { .. } => panic!("nothing was saved"),
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
}
