//! The journal: what was done to the run and when, enough to do it again from step 0; also as `events.jsonl`.

use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize, Serializer};

use super::packed::PackedChange;
use crate::domain::config::{Knobs, ProbeFamilies, Text, path};
use crate::domain::interventions::Intervention;
use crate::domain::roster::Surgery;
use crate::tasks::TaskFingerprint;
use crate::tasks::text::TextIdentity;

/// Something that was done to a run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct JournalEntry {
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
        /// Sequences in a batch from the next step on; fewer than before where memory had run out. Not in older files.
        #[serde(default)]
        sequences: Option<usize>,
        /// What the text is known by from the next step on. Not in older files.
        #[serde(default)]
        text: Option<TextIdentity>,
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
        changes: Vec<PackedChange>,
        /// The same in words, per layer; long ones are cut.
        words: Vec<String>,
    },
    /// The run is looked at in another way; training is not touched by it.
    Watch {
        /// Before.
        from: ProbeSettings,
        /// From the next step on.
        to: ProbeSettings,
    },
    /// From now on saturation is measured against the newest probe.
    Reference {
        /// Steps done when that was taken.
        probe: u64,
    },
    /// The run was saved, by hand or by itself.
    Saved {
        /// Where.
        #[serde(with = "path")]
        path: PathBuf,
        /// Whether nobody asked for it.
        auto: bool,
        /// Where the last good save was kept, if this one is worse and took its place.
        #[serde(default, with = "path::optional", skip_serializing_if = "Option::is_none")]
        last_good: Option<PathBuf>,
    },
    /// Something was done to a layer on purpose.
    #[serde(rename = "tampered")]
    Intervened {
        /// Layer with experts, from 0.
        layer: usize,
        /// What.
        #[serde(rename = "tamper")]
        intervention: Intervention,
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
    /// The run went on with other examples than before, as this program makes them of the same config.
    Data {
        /// What they are known by.
        fingerprint: TaskFingerprint,
    },
    /// A step was not finite; nothing was changed by it.
    NotFinite {
        /// Where it was seen first.
        place: String,
    },
}

/// How often probes are taken, and what they measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProbeSettings {
    /// Steps between probes.
    pub every: u64,
    /// What a probe measures besides load, router and agreement.
    pub measures: ProbeFamilies,
}

impl What {
    /// Whether what training does depends on it, so that the run cannot be done again without it.
    pub(crate) fn is_needed(&self) -> bool {
        !matches!(self, Self::Saved { .. } | Self::Watch { .. } | Self::Reference { .. } | Self::NotFinite { .. })
    }

    /// Whether a person turned, cut or broke something by it: what can be undone.
    pub fn is_tweak(&self) -> bool {
        matches!(
            self,
            Self::Knobs { .. }
                | Self::Experts { .. }
                | Self::Intervened { .. }
                | Self::Painted { .. }
                | Self::Watch { .. }
        )
    }

    /// Whether the run stands on something else from here on (a device, a text, other examples), so that states from before
    /// are no longer its own.
    pub(crate) fn is_new_ground(&self) -> bool {
        matches!(self, Self::Started { .. } | Self::Text { .. } | Self::Data { .. })
    }

    /// Whether the next step, `step` (from 0), is another by it.
    pub(crate) fn changes_step(&self, step: u64) -> bool {
        match self {
            Self::Painted { from, to, .. } => (*from..=*to).contains(&step),
            Self::Started { .. } => false,
            what => what.is_needed(),
        }
    }
}

/// Everything that was done to a run, in order, in bounded memory.
///
/// Beyond [`Journal::ENTRIES`] entries, or `Journal::BYTES` of them, the oldest saves go first, then the oldest of what a
/// repetition does not need, then the oldest of all; the journal is then no longer complete, and says so.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "Stored")]
pub struct Journal {
    #[serde(serialize_with = "plain")]
    entries: Vec<Arc<JournalEntry>>,
    /// Entries that no longer fit.
    pub dropped: u64,
    /// Whether something is missing that is needed to do the run again.
    incomplete: bool,
    /// Bytes of all entries as a file holds them.
    #[serde(skip)]
    bytes: usize,
}

/// What files hold.
#[derive(Deserialize)]
struct Stored {
    entries: Vec<JournalEntry>,
    dropped: u64,
    /// Older programs left out some kinds of entries.
    #[serde(default = "yes")]
    incomplete: bool,
}

fn yes() -> bool {
    true
}

fn plain<S: Serializer>(entries: &[Arc<JournalEntry>], out: S) -> Result<S::Ok, S::Error> {
    out.collect_seq(entries.iter().map(Arc::as_ref))
}

impl From<Stored> for Journal {
    fn from(stored: Stored) -> Self {
        let Stored { entries, dropped, incomplete } = stored;
        let bytes = entries.iter().map(JournalEntry::bytes).sum();
        Self { entries: entries.into_iter().map(Arc::new).collect(), dropped, incomplete, bytes }
    }
}

impl JournalEntry {
    /// Its bytes in a file.
    fn bytes(&self) -> usize {
        serde_json::to_vec(self).map_or(0, |text| text.len())
    }
}

impl Journal {
    /// Most entries held.
    pub const ENTRIES: usize = 1 << 16;
    /// Most bytes of them in a file: 16 MiB, a quarter of what the head of a checkpoint may have.
    pub(crate) const BYTES: usize = 16 << 20;

    /// Adds an entry.
    pub fn push(&mut self, step: u64, what: What) {
        let entry = JournalEntry { step, what };
        self.bytes += entry.bytes();
        self.entries.push(Arc::new(entry));
        while self.entries.len() > 1 && (self.entries.len() > Self::ENTRIES || self.bytes > Self::BYTES) {
            let first = |gone: fn(&What) -> bool| self.entries.iter().position(|entry| gone(&entry.what));
            let saves = || first(|what| matches!(what, What::Saved { .. }));
            let oldest = saves().or_else(|| first(|what| !what.is_needed())).unwrap_or(0);
            let gone = self.entries.remove(oldest);
            self.bytes -= gone.bytes().min(self.bytes);
            self.incomplete |= gone.what.is_needed();
            self.dropped += 1;
        }
    }

    /// All entries, oldest first.
    pub fn entries(&self) -> &[Arc<JournalEntry>] {
        &self.entries
    }

    /// Entries made so far, those that no longer fit included.
    pub fn made(&self) -> u64 {
        self.dropped + self.entries.len() as u64
    }

    /// The entries after the first `made`, as far as they are held.
    pub fn since(&self, made: u64) -> &[Arc<JournalEntry>] {
        let gone = usize::try_from(made.saturating_sub(self.dropped)).unwrap_or(usize::MAX);
        &self.entries[gone.min(self.entries.len())..]
    }

    /// Whether it holds all that is needed to do the run again from step 0.
    pub fn is_complete(&self) -> bool {
        !self.incomplete
    }

    /// What is wrong with what a file holds, if something is.
    pub fn fault(&self) -> Option<String> {
        let (entries, bytes) = (self.entries.len(), self.bytes);
        if entries > Self::ENTRIES || (entries > 1 && bytes > Self::BYTES) {
            let (most, room) = (Self::ENTRIES, Self::BYTES);
            return Some(format!("{entries} journal entries of {bytes} bytes; expected at most {most} of {room}"));
        }
        let ascending = self.entries.windows(2).all(|pair| pair[0].step <= pair[1].step);
        (!ascending).then(|| "journal entries whose steps do not ascend".into())
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
    fn a_full_journal_says_that_it_is_no_longer_complete() {
        let mut journal = Journal::default();
        let started = || What::Started { device: "x".repeat(1 << 20), sequences: None, text: None };
        journal.push(0, saved());
        (1..=15).for_each(|step| journal.push(step, started()));
        assert!(journal.is_complete() && journal.dropped == 0);
        journal.push(16, started());
        // The save went first, and then something that is needed.
        assert!(!journal.is_complete() && journal.dropped == 2 && journal.entries().len() == 15);
        let text = serde_json::to_string(&journal).unwrap();
        assert_eq!(serde_json::from_str::<Journal>(&text).unwrap(), journal);
        assert_eq!(journal.fault(), None);
    }

    #[test]
    fn a_journal_from_before_everything_was_in_it_is_not_complete() {
        let old = r#"{"entries":[{"step":4,"what":{"not-finite":{"place":"layer 1"}}}],"dropped":0}"#;
        let journal: Journal = serde_json::from_str(old).unwrap();
        assert!(!journal.is_complete() && Journal::default().is_complete());
        assert_eq!(journal.entries().len(), 1);
    }
}
