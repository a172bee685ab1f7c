//! The journal: what was done to the run and when, enough to do it again; also as `events.jsonl`.

use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::config::{Knobs, Text, path};
use crate::data::TextIdentity;
use crate::lab::Tamper;
use crate::roster::{Change, Surgery};

/// Something that was done to a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Steps done when it was done; in force from the next step.
    pub step: u64,
    /// What was done.
    pub what: What,
}

/// Kinds of entries.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum What {
    /// The run began, or went on from a file.
    Started {
        /// The device it ran on.
        device: String,
    },
    /// Knobs changed.
    Knobs {
        /// In force from now on.
        now: Knobs,
        /// What differs, in words.
        changes: Vec<String>,
    },
    /// The number of experts changed.
    Experts {
        /// How.
        surgery: Surgery,
        /// Experts per layer before and after.
        from: usize,
        /// After.
        to: usize,
        /// What happened, per layer.
        changes: Vec<Change>,
        /// The same in words, per layer.
        words: Vec<String>,
    },
    /// The run was saved, by hand or by itself.
    Saved {
        /// Where.
        #[serde(with = "path")]
        path: PathBuf,
        /// Whether nobody asked for it.
        auto: bool,
        /// Where the last good save was kept, if this one is worse and took its place.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        last_good: Option<PathBuf>,
    },
    /// Something was done to a layer on purpose.
    Tampered {
        /// Layer with experts, from 0.
        layer: usize,
        /// What.
        tamper: Tamper,
    },
    /// Steps ahead were painted by hand.
    Painted {
        /// Layer with experts, from 0.
        layer: usize,
        /// First step, counted from 0.
        from: u64,
        /// Last step.
        to: u64,
        /// Whether the layer competes at them; `None` gives them back to the schedule.
        compete: Option<bool>,
    },
    /// The run went on with another text than before.
    Text {
        /// Where it was.
        text: Text,
        /// What it is known by.
        identity: TextIdentity,
    },
    /// A step was not finite; nothing was changed by it.
    NotFinite {
        /// Where it was seen first.
        place: String,
    },
}

impl What {
    /// The text of a flag on a curve; `None` for what is not drawn as a flag.
    pub fn flag(&self) -> Option<String> {
        match self {
            Self::Started { .. } | Self::Saved { .. } => None,
            Self::Knobs { changes, .. } => Some(changes.join(", ")),
            Self::Experts { from, to, .. } => Some(format!("experts {from} → {to}")),
            Self::Tampered { layer, tamper } => Some(format!("L{} {}", layer + 1, tamper.words())),
            Self::Painted { layer, from, to, compete } => {
                let steps = to.saturating_sub(*from).saturating_add(1);
                let steps = if steps == 1 { "1 step".to_owned() } else { format!("{steps} steps") };
                let how = match compete {
                    Some(true) => "painted to compete",
                    Some(false) => "painted not to compete",
                    None => "given back to the schedule",
                };
                Some(format!("L{}: {steps} {how}", layer + 1))
            }
            Self::Text { text, .. } => Some(match text {
                Text::MobyDick => "the built-in text".to_owned(),
                Text::File(path) => format!("text {}", path.file_name().unwrap_or_default().to_string_lossy()),
            }),
            Self::NotFinite { place } => Some(format!("not finite: {place}")),
        }
    }
}

/// Entries in order, capped: beyond [`Journal::ENTRIES`] the oldest saves go first, then the oldest of all.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Journal {
    entries: Vec<Entry>,
    /// Entries that no longer fit.
    pub dropped: u64,
}

impl Journal {
    /// Most entries held.
    pub const ENTRIES: usize = 4096;

    /// Adds an entry.
    pub fn push(&mut self, step: u64, what: What) {
        if self.entries.len() == Self::ENTRIES {
            let oldest = self.entries.iter().position(|e| matches!(e.what, What::Saved { .. })).unwrap_or(0);
            self.entries.remove(oldest);
            self.dropped += 1;
        }
        self.entries.push(Entry { step, what });
    }

    /// All entries, oldest first.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }
}

/// `events.jsonl`: one entry per line, written as it happens.
#[derive(Debug)]
pub struct EventsFile {
    file: File,
}

impl EventsFile {
    /// Opens `path` to append to it.
    ///
    /// # Errors
    /// What the file system says.
    pub fn open(path: &Path) -> io::Result<Self> {
        Ok(Self { file: OpenOptions::new().create(true).append(true).open(path)? })
    }

    /// Writes one entry.
    ///
    /// # Errors
    /// What the file system says.
    pub fn write(&mut self, entry: &Entry) -> io::Result<()> {
        let mut line = serde_json::to_vec(entry)?;
        line.push(b'\n');
        self.file.write_all(&line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn saved() -> What {
        What::Saved { path: "run.safetensors".into(), auto: true, last_good: None }
    }

    #[test]
    fn full_journals_forget_saves_before_changes() {
        let mut journal = Journal::default();
        let flag = What::NotFinite { place: "layer 1".into() };
        journal.push(0, flag.clone());
        (1..=Journal::ENTRIES as u64).for_each(|step| journal.push(step, saved()));
        assert_eq!(journal.entries().len(), Journal::ENTRIES);
        assert_eq!((journal.entries()[0].what.clone(), journal.dropped), (flag, 1));
    }

    #[test]
    fn events_are_one_readable_line_each() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.jsonl");
        for step in [3, 4] {
            EventsFile::open(&path).unwrap().write(&Entry { step, what: saved() }).unwrap();
        }
        let text = std::fs::read_to_string(&path).unwrap();
        let entries: Vec<Entry> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(entries.iter().map(|e| e.step).collect::<Vec<_>>(), [3, 4]);
    }
}
