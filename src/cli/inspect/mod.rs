//! `moe-arena inspect`: a checkpoint of anybody as a table, or as JSON: its mixtures and how healthy their experts are.

mod help;
mod own;
mod progress;
mod table;
mod text;

pub(super) use help::help;

use super::Refusal;
use super::arguments::InspectArguments;
use super::output::Output;
use crate::domain::quote;
use crate::inspect::{InspectError, InspectReport, InspectScope, Model, StoredFormat};
use crate::words::{command, inspection};

/// Inspects and prints.
///
/// # Errors
/// Exit code 2 if it is no checkpoint with experts, 1 if reading it fails on the way.
pub(super) fn inspect(arguments: &InspectArguments) -> Result<(), Refusal> {
    let name = quote::path(&arguments.path);
    let model = Model::open(&arguments.path).map_err(|error| Refusal::usage(says(&name, &error)))?;
    let routed = match model.files().format() {
        StoredFormat::OwnCheckpoint => own::route(&name, &arguments.path, &arguments.routing)?,
        StoredFormat::Safetensors | StoredFormat::Gguf => text::route(&name, &model, &arguments.routing)?,
    };
    let scope = InspectScope { layers: arguments.layers.clone(), quick: arguments.quick || routed.is_some() };
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
        let no_json = |error| Refusal::failure(command::no_json(error));
        let mut value = serde_json::to_value(&report).map_err(no_json)?;
        if let Some(routed) = &routed {
            value["routing"] = routed.json().map_err(no_json)?;
        }
        output.json(&value.to_string());
    } else if let Some(routed) = &routed {
        output.line(&name);
        routed.lines().iter().for_each(|line| output.line(line));
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
