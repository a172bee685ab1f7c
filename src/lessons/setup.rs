//! Set-up: a run with the changes that are made to it and the controls that are hidden, as TOML (`*.setup.toml`) and as one line
//! of text.

use serde::Serialize;

use super::ids::ControlId;
use crate::domain::config::{Config, Knobs};
use crate::run::{Command, Planned, PlannedChange, Reason, RunSetup, Snapshot};
use crate::store::history::PackedChange;
use crate::tasks::text::TextIdentity;

/// A run and how it is shown, to be begun again elsewhere.
#[derive(Clone, Debug, PartialEq)]
pub struct Setup {
    /// The run.
    pub run: RunSetup,
    /// Controls of the window that are not shown.
    pub hidden: Vec<ControlId>,
}

/// The version of the file and of the line.
pub(super) const VERSION: u64 = 1;

/// The file. Keys are read one by one in `file/setup.rs`.
#[derive(Serialize)]
struct WrittenSetup<'a> {
    setup: u64,
    hidden: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a TextIdentity>,
    config: &'a Config,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    changes: Vec<WrittenChange<'a>>,
}

#[derive(Serialize)]
struct WrittenChange<'a> {
    at: u64,
    #[serde(flatten)]
    what: WrittenWhat<'a>,
}

#[derive(Serialize)]
#[serde(rename_all = "kebab-case")]
enum WrittenWhat<'a> {
    Set(toml::Table),
    Command(&'a Command),
    Experts { target: usize, surgery: crate::domain::roster::Surgery, changes: &'a [PackedChange] },
}

impl Setup {
    /// The set-up of the run that is shown, with these controls hidden.
    ///
    /// # Errors
    /// As [`RunSetup::of`].
    pub fn of(shot: &Snapshot, hidden: Vec<ControlId>) -> Result<Self, Reason> {
        Ok(Self { run: RunSetup::of(shot)?, hidden })
    }

    /// The set-up as a file, every field of the config spelled out.
    ///
    /// # Errors
    /// What the writer of TOML says; it has a form for whatever was read from a file or can be asked for in the window.
    pub fn to_toml(&self) -> Result<String, toml::ser::Error> {
        let mut knobs = self.run.config.knobs.clone();
        let mut changes = Vec::new();
        for PlannedChange { at, what: planned } in &self.run.changes {
            changes.push(WrittenChange { at: *at, what: what(planned, &knobs) });
            planned.turns(&mut knobs);
        }
        toml::to_string_pretty(&WrittenSetup {
            setup: VERSION,
            hidden: self.hidden.iter().map(ToString::to_string).collect(),
            text: self.run.text.as_ref(),
            config: &self.run.config,
            changes,
        })
    }
}

/// A change as the file has it, where the planned knobs before it were `before`.
fn what<'a>(planned: &'a Planned, before: &Knobs) -> WrittenWhat<'a> {
    match planned {
        Planned::Ask(command) => match command {
            Command::SetKnobs(now) => turned(before, now).map_or(WrittenWhat::Command(command), WrittenWhat::Set),
            command => WrittenWhat::Command(command),
        },
        Planned::Experts { target, surgery, changes } => {
            WrittenWhat::Experts { target: *target, surgery: *surgery, changes }
        }
    }
}

/// The knobs in which two differ, by the names of their controls; `None` where one has no value afterwards.
fn turned(before: &Knobs, now: &Knobs) -> Option<toml::Table> {
    let [before, now] = [before, now].map(|knobs| toml::Table::try_from(knobs).ok());
    let (before, now) = (before?, now?);
    let mut turned = toml::Table::new();
    for (field, value) in now.iter().filter(|(field, value)| before.get(*field) != Some(value)) {
        turned.insert(ControlId::of(&field.replace('_', "-"))?.to_string(), value.clone());
    }
    before.keys().all(|field| now.contains_key(field)).then_some(turned)
}
