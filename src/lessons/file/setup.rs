//! Reads a set-up, `*.setup.toml`: the run, what is done to it at which step, the controls that are hidden.

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

use super::super::fault::{FaultKind, LessonFault, LessonFileError, Wanted};
use super::super::setup::{Setup, VERSION};
use super::goals::{Course, command, settings};
use super::reader::{At, Reader};
use super::{checked, config, tables, text_at};
use crate::domain::config::{Config, Knobs, in_plain_words};
use crate::run::{Command, Planned, PlannedChange, RunSetup};

/// What may be done at a step.
const DONE: [&str; 3] = ["set", "command", "experts"];

impl Setup {
    /// Reads the set-up in the file at `path`.
    ///
    /// # Errors
    /// See [`LessonFileError`].
    pub fn read(path: &std::path::Path) -> Result<Self, LessonFileError> {
        checked(&text_at(path)?, Self::from_toml, "setup")
    }

    /// Reads a set-up from TOML text.
    ///
    /// # Errors
    /// Every fault, from top to bottom.
    pub fn from_toml(text: &str) -> Result<Self, Vec<LessonFault>> {
        super::whole(text, setup)
    }
}

fn setup(reader: &mut Reader<'_>, table: &Spanned<DeTable<'_>>) -> Option<Setup> {
    let mut top = At::top(table);
    let version = reader.whole(&mut top, "setup", VERSION, VERSION);
    let hidden = reader.controls(&mut top, "hidden", 0);
    let text = reader.optional(&mut top, "text").map(|value| read(reader, value, "text"));
    let config = config(reader, &mut top);
    let changes = changes(reader, &mut top, config.as_ref());
    reader.finish(&top);
    version?;
    let run = RunSetup { config: config?, text: text.map_or(Some(None), |text| text.map(Some))?, changes: changes? };
    Some(Setup { run, hidden: hidden.unwrap_or_default() })
}

/// What is done on the way: a list of tables, each with its step.
pub(super) fn changes(
    reader: &mut Reader<'_>,
    at: &mut At<'_, '_>,
    config: Option<&Config>,
) -> Option<Vec<PlannedChange>> {
    if at.has(&["changes"]).is_empty() {
        let _ = reader.optional(at, "changes");
        return Some(Vec::new());
    }
    let config = config.cloned().unwrap_or_default();
    let mut knobs = config.knobs.clone();
    let mut course = Course::new(config, Vec::new(), Vec::new());
    let (mut changes, mut last) = (Some(Vec::new()), 0);
    for mut table in tables(reader, at, "changes", 1)? {
        let place = table.place_of("at");
        let step = reader.whole(&mut table, "at", 0, u64::from(u32::MAX));
        if let Some(step) = step.filter(|step| *step < last) {
            let fault = FaultKind::Step { step, range: [last, u64::from(u32::MAX)] };
            reader.fault(place, &table.key_of("at"), fault);
        }
        last = step.unwrap_or(last);
        let found = change(reader, &mut table, &mut course, &mut knobs);
        reader.finish(&table);
        changes = changes.zip(step.zip(found)).map(|(mut changes, (at, what))| {
            changes.push(PlannedChange { at, what });
            changes
        });
    }
    changes
}

/// One of them. `knobs` are those that were planned before it, and are afterwards those after it.
fn change(reader: &mut Reader<'_>, at: &mut At<'_, '_>, course: &mut Course, knobs: &mut Knobs) -> Option<Planned> {
    course.go_on_with(knobs.clone());
    let found = match reader.one_of(at, &DONE)? {
        "set" => {
            let table = reader.table(at, "set")?;
            settings(reader, &table, course, false)?;
            Planned::Ask(Command::SetKnobs(course.knobs().clone()))
        }
        "command" => Planned::Ask(command(reader, at, Planned::may)?),
        _ => {
            let value = reader.value(at, "experts", Wanted::Table)?;
            let (key, place) = (at.key_of("experts"), value.span().start);
            let experts: Experts = read(reader, value, &key)?;
            if !(1..=256).contains(&experts.target) {
                let found = experts.target.to_string();
                reader.fault(place, &key, FaultKind::Wrong { found, wanted: Wanted::Whole(1, 256) });
                return None;
            }
            Planned::Experts { target: experts.target, surgery: experts.surgery, changes: experts.changes }
        }
    };
    found.turns(knobs);
    Some(found)
}

/// A change of the number of experts as it was done once.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Experts {
    target: usize,
    surgery: crate::domain::roster::Surgery,
    changes: Vec<crate::store::history::PackedChange>,
}

/// A value in the form that its type has in files.
pub(super) fn read<T: DeserializeOwned>(reader: &mut Reader<'_>, value: &Spanned<DeValue<'_>>, key: &str) -> Option<T> {
    let read = T::deserialize(ValueDeserializer::from(value.clone()));
    read.map_err(|error| {
        let place = error.span().map_or(value.span().start, |span| span.start);
        reader.fault(place, key, FaultKind::Unread(in_plain_words(error.message())));
    })
    .ok()
}
