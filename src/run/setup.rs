//! Set-up of a run: its config and the changes made to it on the way, each at its step; enough to do the run again elsewhere.

use serde::{Deserialize, Serialize};

use super::replay::at_step_0;
use super::{Command, Reason, Snapshot};
use crate::domain::config::{Config, Knobs, TaskConfig, Text};
use crate::domain::roster::Surgery;
use crate::store::history::{JournalEntry, PackedChange, What};
use crate::tasks::text::TextIdentity;

/// What a run begins with and what is done to it on the way. Two runs of one set-up on the CPU are bit for bit the same run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct RunSetup {
    /// The config of step 0.
    pub config: Config,
    /// What its text is known by, if it learns one from a file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<TextIdentity>,
    /// What is done, in order; steps ascend.
    #[serde(default)]
    pub changes: Vec<PlannedChange>,
}

/// Something that is done to a run at a step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct PlannedChange {
    /// Steps done when it is done; in force from the next step.
    pub at: u64,
    /// What.
    pub what: Planned,
}

/// What is done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Planned {
    /// As a person asks for it. Of [`Command::SetKnobs`] only the knobs in which it differs from the planned one before it,
    /// or from the config, so that others which were turned meanwhile stay.
    Ask(Command),
    /// The number of experts changes as it did once, whatever the loads are now.
    Experts {
        /// Experts per layer afterwards.
        target: usize,
        /// How it was chosen.
        surgery: Surgery,
        /// What happens, per layer with experts.
        changes: Vec<PackedChange>,
    },
}

impl RunSetup {
    /// A run of `config` to which nothing is done.
    pub fn plain(config: Config) -> Self {
        Self { config, text: None, changes: Vec::new() }
    }

    /// The set-up of the run that is shown: its config at step 0, all that was done to it, and what is still to come.
    ///
    /// # Errors
    /// That the journal is not complete, or that the run went on with another text or other points.
    pub fn of(shot: &Snapshot) -> Result<Self, Reason> {
        let journal = &shot.memory.history.journal;
        if !journal.is_complete() {
            return Err(Reason::JournalIncomplete);
        }
        let config = at_step_0(&shot.config, journal);
        let mut setup = Self::plain(config);
        let mut sequences = setup.config.sequences;
        for entry in journal.entries() {
            setup.take(entry, &mut sequences)?;
        }
        setup.changes.extend(shot.interventions.planned.iter().cloned());
        Ok(setup)
    }

    /// Adds what an entry of the journal says. `sequences` are those in a batch before it.
    fn take(&mut self, entry: &JournalEntry, sequences: &mut usize) -> Result<(), Reason> {
        let what = match &entry.what {
            What::Started { sequences: now, text, .. } => {
                if let TaskConfig::Text(Text::File(_)) = self.config.task {
                    self.text = self.text.take().or_else(|| text.clone());
                }
                let before = std::mem::replace(sequences, now.unwrap_or(*sequences));
                // A run that goes on, on whatever device, goes on as it was; only a smaller batch is another.
                (*sequences < before).then_some(Planned::Ask(Command::HalveBatch))
            }
            What::Experts { surgery, to, changes, .. } => {
                Some(Planned::Experts { target: *to, surgery: *surgery, changes: changes.clone() })
            }
            What::Text { .. } => return Err(Reason::AnotherTextLater),
            What::Data { .. } => return Err(Reason::OtherPoints),
            What::Saved { .. } | What::NotFinite { .. } => None,
            what => Command::of_entry(what).map(Planned::Ask),
        };
        self.changes.extend(what.map(|what| PlannedChange { at: entry.step, what }));
        Ok(())
    }
}

impl Planned {
    /// The knobs that are asked for after it, where those before it were `knobs`.
    pub fn turns(&self, knobs: &mut Knobs) {
        match self {
            Self::Ask(Command::SetKnobs(now)) => *knobs = now.clone(),
            // Fewer experts than answer a token leave as many as there are.
            Self::Ask(Command::Experts { target, .. }) | Self::Experts { target, .. } => {
                knobs.top_k = knobs.top_k.min(*target);
            }
            Self::Ask(_) => {}
        }
    }

    /// Whether a command may be planned: it changes the run, and neither reads nor writes files, begins or ends another.
    pub fn may(command: &Command) -> bool {
        matches!(
            command,
            Command::SetKnobs(_)
                | Command::Watch { .. }
                | Command::Intervene { .. }
                | Command::Paint { .. }
                | Command::Experts { .. }
                | Command::HalveBatch
                | Command::Reference
                | Command::Speed(_)
        )
    }
}
