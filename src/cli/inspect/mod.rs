//! `moe-arena inspect`: a checkpoint of anybody as a table, or as JSON: its mixtures and how healthy their experts are.

mod help;
mod progress;
mod table;

pub(super) use help::help;

use super::Refusal;
use super::arguments::InspectArguments;
use super::output::Output;
use crate::domain::quote;
use crate::inspect::{InspectError, InspectReport, InspectScope, Model};
use crate::words::{command, inspection};

/// Inspects and prints.
///
/// # Errors
/// Exit code 2 if it is no checkpoint with experts, 1 if reading it fails on the way.
pub(super) fn inspect(arguments: &InspectArguments) -> Result<(), Refusal> {
    let name = quote::path(&arguments.path);
    let model = Model::open(&arguments.path).map_err(|error| Refusal::usage(says(&name, &error)))?;
    let scope = InspectScope { layers: arguments.layers.clone(), quick: arguments.quick };
    let progress = progress::Progress::new(InspectReport::work(&model, &scope));
    let found = InspectReport::of(&model, &scope, |mixture| progress.begin(mixture.key()), &|numbers| {
        progress.advance(numbers)
    });
    progress.close();
    let found = found.map_err(|error| match &error {
        InspectError::NoLayer { .. } => Refusal::usage(says(&name, &error)),
        _ => Refusal::failure(says(&name, &error)),
    })?;
    let Some(report) = found else { return Ok(()) };
    let mut output = Output::standard();
    if arguments.json {
        let text = serde_json::to_string(&report).map_err(|error| Refusal::failure(command::no_json(error)))?;
        output.json(&text);
    } else {
        table::lines(&name, &report, &scope).iter().for_each(|line| output.line(line));
    }
    output.finish()
}

/// What is wrong with the checkpoint, named once: most errors name their file themselves.
fn says(name: &str, error: &InspectError) -> String {
    match error {
        InspectError::Layout(_) | InspectError::NoLayer { .. } | InspectError::MissingTensor { .. } => {
            inspection::refused(name, error)
        }
        _ => error.to_string(),
    }
}
