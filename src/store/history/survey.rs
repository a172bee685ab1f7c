//! What of a metrics or events file belongs to a run that goes on from a step: read line by line, nothing is changed.
//!
//! Both files only grow, so that what belongs to the run is their beginning: a number of bytes to keep.

use std::fs::File;
use std::io::{self, BufRead, BufReader};
use std::path::Path;

use serde::Deserialize;

use super::columns;
use crate::domain::readings::MetricKind;

/// Longest line that is read, bytes. A metrics row has some ten letters a column, an event at most some thousand experts.
const LINE: u64 = 16 << 20;
/// A mark that some editors and spreadsheets put in front of a text.
const BYTE_ORDER_MARK: &str = "\u{feff}";
/// Spreadsheets keep fifteen digits of a number.
const ROUNDING: f64 = 1e-9;

/// The part of a file that belongs to a run up to a step.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// Bytes from the beginning of the file to the end of the last line that is kept.
    pub bytes: u64,
    /// First and last step of the lines that are kept.
    pub steps: Option<(u64, u64)>,
    /// First and last step of the lines after them, which the run has not come to.
    pub cut: Option<(u64, u64)>,
}

/// Why nothing of a file can be kept.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotKept {
    /// There is no such file, or it holds nothing but the beginning of a first line that was cut off.
    #[error("there is none")]
    Missing,
    /// The program did not write it.
    #[error("it is {0}, which moe-arena did not write")]
    Foreign(String),
    /// It belongs to another run.
    #[error("it belongs to another run: {0}")]
    AnotherRun(String),
    /// It was changed or damaged.
    #[error("line {line} {what}")]
    Damaged {
        /// Counted from 1.
        line: u64,
        /// What is wrong with it.
        what: String,
    },
    /// The file system refuses.
    #[error("it cannot be read: {0}")]
    Unreadable(#[from] io::Error),
}

/// The lines of a file with the bytes up to the end of each.
struct Lines {
    reader: BufReader<File>,
    line: Vec<u8>,
    number: u64,
    end: u64,
}

impl Lines {
    fn open(path: &Path) -> Result<Self, NotKept> {
        match std::fs::metadata(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(NotKept::Missing),
            Err(error) => return Err(error.into()),
            Ok(metadata) if metadata.is_dir() => return Err(NotKept::Foreign("a folder".into())),
            Ok(metadata) if !metadata.is_file() => return Err(NotKept::Foreign("a pipe or a device".into())),
            Ok(metadata) if metadata.len() == 0 => return Err(NotKept::Missing),
            Ok(_) => {}
        }
        Ok(Self { reader: BufReader::new(File::open(path)?), line: Vec::new(), number: 0, end: 0 })
    }

    /// The next line without its end and any byte-order mark; `Err` with the text of a last line that has no end.
    fn next(&mut self) -> Result<Option<Result<&str, &str>>, NotKept> {
        use std::io::Read;
        self.line.clear();
        let read = Read::by_ref(&mut self.reader).take(LINE).read_until(b'\n', &mut self.line)?;
        if read == 0 {
            return Ok(None);
        }
        self.number += 1;
        self.end += read as u64;
        let utf16 = self.number == 1 && (self.line.starts_with(&[0xff, 0xfe]) || self.line.starts_with(&[0xfe, 0xff]));
        let Ok(text) = std::str::from_utf8(&self.line) else {
            let kind = if utf16 { "text in UTF-16, as spreadsheets save it" } else { "no text in UTF-8" };
            return Err(match self.number {
                1 => NotKept::Foreign(kind.into()),
                line => NotKept::Damaged { line, what: "is no text in UTF-8".into() },
            });
        };
        let text = if self.number == 1 { text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text) } else { text };
        Ok(Some(text.strip_suffix('\n').map(|text| text.strip_suffix('\r').unwrap_or(text)).ok_or(text)))
    }

    fn damaged(&self, what: impl Into<String>) -> NotKept {
        NotKept::Damaged { line: self.number, what: what.into() }
    }
}

impl Kept {
    fn keep(&mut self, step: u64, end: u64) {
        self.bytes = end;
        self.steps = Some((self.steps.map_or(step, |(first, _)| first), step));
    }

    fn pass(&mut self, step: u64) {
        let (first, last) = self.cut.unwrap_or((step, step));
        self.cut = Some((first.min(step), last.max(step)));
    }
}

/// Finds what of the metrics file at `path` belongs to a run with `layers` layers with experts, scored by `metric`, that
/// stands at step `done`:
/// whole rows whose steps ascend up to it. A last row that was cut off does not.
///
/// - `known`: least and most that the task loss at a step can have been, where the run remembers it
///
/// # Errors
/// See [`NotKept`]: other columns, rows that no run writes, losses that the run did not have.
pub(crate) fn survey_metrics(
    path: &Path,
    layers: usize,
    metric: MetricKind,
    done: u64,
    known: impl Fn(u64) -> Option<(f64, f64)>,
) -> Result<Kept, NotKept> {
    let header = columns(layers, metric);
    let loss = header.iter().position(|name| name == "loss_task").unwrap_or_default();
    let mut lines = Lines::open(path)?;
    let whole = header.join(",");
    match lines.next()? {
        Some(Ok(found)) if found == whole => {}
        // The program was killed while it wrote the header.
        Some(Err(torn)) if torn.starts_with("step,seconds,tokens") && whole.starts_with(torn) => {
            return Err(NotKept::Missing);
        }
        Some(Ok(found) | Err(found)) => return Err(other_header(found, &header)),
        None => return Err(NotKept::Missing),
    }
    let mut kept = Kept { bytes: lines.end, ..Kept::default() };
    while let Some(line) = lines.next()? {
        let Ok(line) = line else { break };
        let cells = line.split(',').count();
        let step = line.split(',').next().and_then(|cell| cell.parse::<u64>().ok());
        if kept.cut.is_some() || step.is_some_and(|step| step > done) {
            // What comes after the step goes, however it looks.
            step.into_iter().for_each(|step| kept.pass(step));
            continue;
        }
        let (last, found) = (kept.steps.map_or(0, |(_, last)| last), line.split(',').nth(loss));
        let found = found.and_then(|cell| cell.parse::<f64>().ok());
        let Some((step, found)) = step.zip(found).filter(|_| cells == header.len()) else {
            return Err(lines.damaged(format!(
                "is no row of {} columns that begins with a step; two programs may have written to the file at once",
                header.len()
            )));
        };
        if step <= last {
            return Err(lines.damaged(format!("has step {step} after step {last}")));
        }
        if let Some((least, most)) = known(step) {
            let near = ROUNDING * least.abs().max(most.abs());
            if !(least - near..=most + near).contains(&found) {
                let was = if least == most { format!("{least}") } else { format!("{least} to {most}") };
                return Err(NotKept::AnotherRun(format!(
                    "at step {step} its loss_task is {found}, this run's was {was}"
                )));
            }
        }
        kept.keep(step, lines.end);
    }
    Ok(kept)
}

/// What a file is that begins with another line than the header.
fn other_header(found: &str, header: &[String]) -> NotKept {
    let names: Vec<&str> = found.split(',').collect();
    let ours = |names: &[&str]| names.iter().zip(header).take(4).filter(|(a, b)| a == b).count() == 4;
    let apart = |by: char| ours(&found.split(by).collect::<Vec<_>>());
    if ours(&names) {
        let (there, here) = (names.len(), header.len());
        return NotKept::AnotherRun(format!("it has other columns than this run writes ({there}; expected {here})"));
    }
    NotKept::Foreign(if apart(';') || apart('\t') {
        "a table with other separators, as spreadsheets save it (expected commas)".into()
    } else {
        "a file with other columns".into()
    })
}

/// The parts of an event that are looked at.
#[derive(Deserialize)]
struct Event {
    step: u64,
    what: serde_json::Value,
    #[serde(default)]
    run: Option<String>,
}

/// Finds what of the events file at `path` belongs to the run with the id `run` that stands at step `done`. Entries of
/// that very step belong to it as far as its checkpoint knows them, and the saves right after them.
///
/// - `at_done`: entries of step `done` in the journal of the checkpoint
///
/// # Errors
/// See [`NotKept`]: lines that are no events, or events of another run.
pub(crate) fn survey_events(path: &Path, run: &str, done: u64, at_done: usize) -> Result<Kept, NotKept> {
    let mut lines = Lines::open(path)?;
    let (mut kept, mut left) = (Kept::default(), at_done);
    loop {
        let lines_before = lines.number;
        let Some(line) = lines.next()? else { break };
        let line = match line {
            Ok(line) => line,
            Err(torn) if lines_before > 0 || torn.starts_with("{\"step\":") => break,
            Err(_) => return Err(NotKept::Foreign("a file of other lines".into())),
        };
        let Ok(event) = serde_json::from_str::<Event>(line) else {
            return Err(match lines.number {
                1 => NotKept::Foreign("a file of other lines".into()),
                _ => lines.damaged("is no event"),
            });
        };
        if let Some(other) = event.run.filter(|other| other != run) {
            return Err(NotKept::AnotherRun(format!("its events are of run {other:?}, this is run {run}")));
        }
        let last = kept.steps.map_or(0, |(_, last)| last);
        let known = event.step < done || event.step == done && (left > 0 || is_save(&event.what));
        if kept.cut.is_none() && known && event.step >= last {
            left = left.saturating_sub(usize::from(event.step == done));
            kept.keep(event.step, lines.end);
        } else {
            kept.pass(event.step);
        }
    }
    if kept.bytes == 0 && kept.cut.is_none() {
        // The only line was cut off while it was written.
        return Err(NotKept::Missing);
    }
    Ok(kept)
}

fn is_save(what: &serde_json::Value) -> bool {
    what.get("saved").is_some()
}

#[cfg(test)]
mod tests;
