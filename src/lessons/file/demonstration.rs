//! Reads a demonstration: a run, what is done to it at which step, which alert that raises, and what takes the cause away.

use serde::de::DeserializeOwned;
use toml::Spanned;
use toml::de::DeTable;

use super::super::demonstration::Demonstration;
use super::super::fault::LessonFault;
use super::config;
use super::goals::{Course, settings};
use super::reader::{At, Reader};
use super::setup::{changes, read};
use crate::run::RunSetup;
use crate::store::alerts::Rule;

impl Demonstration {
    /// Reads a demonstration from TOML text.
    ///
    /// # Errors
    /// Every fault, from top to bottom.
    pub(in crate::lessons) fn from_toml(text: &str) -> Result<Self, Vec<LessonFault>> {
        super::whole(text, demonstration)
    }
}

fn demonstration(reader: &mut Reader<'_>, table: &Spanned<DeTable<'_>>) -> Option<Demonstration> {
    let mut top = At::top(table);
    let id = reader.name(&mut top, "id");
    let alert: Option<Option<Rule>> = optional(reader, &mut top, "alert");
    let with: Option<Option<Vec<Rule>>> = optional(reader, &mut top, "with");
    let lights = reader.anchors(&mut top, "lights");
    let config = config(reader, &mut top);
    let within = reader.whole(&mut top, "within", 1, config.as_ref().map_or(u64::MAX, |config| config.steps));
    let changes = changes(reader, &mut top, config.as_ref());
    let mut course = Course::new(config.clone().unwrap_or_default(), Vec::new(), Vec::new());
    let without = match reader.optional_table(&mut top, "without") {
        Some(table) => settings(reader, &table, &mut course, true)?,
        None => Vec::new(),
    };
    reader.finish(&top);
    let run = RunSetup { config: config?, text: None, changes: changes? };
    Some(Demonstration {
        id: id?,
        run,
        alert: alert?,
        with: with?.unwrap_or_default(),
        lights,
        within: within?,
        without,
    })
}

/// A key that may be left out, in the form that its type has in files.
fn optional<T: DeserializeOwned>(
    reader: &mut Reader<'_>,
    top: &mut At<'_, '_>,
    key: &'static str,
) -> Option<Option<T>> {
    match reader.optional(top, key) {
        None => Some(None),
        Some(value) => read(reader, value, key).map(Some),
    }
}
