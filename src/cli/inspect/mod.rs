//! `moe-arena inspect`: a checkpoint of anybody as a table, or as JSON: its mixtures and how healthy their experts are.

mod against;
mod help;
mod own;
mod progress;
mod table;
mod text;

pub(super) use help::help;
use progress::Progress;
use text::Routed;

use super::Refusal;
use super::arguments::{InspectArguments, RoutingArguments};
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
    let mut against = against::compare(&name, &model, arguments)?;
    let routed = route(&name, &model, &arguments.routing)?;
    if let (Some(found), Some(routed)) = (against.take_if(|_| routed.is_some()), &routed) {
        against = Some(found.with_text(&name, arguments, routed)?);
    }
    let scope = InspectScope { layers: arguments.layers.clone(), quick: arguments.quick || routed.is_some() };
    let progress = Progress::new(InspectReport::work(&model, &scope));
    let found = InspectReport::of(&model, &scope, |mixture| progress.begin(mixture.key()), &|numbers| {
        progress.advance(numbers)
    });
    progress.close();
    let found = found.map_err(|error| match &error {
        InspectError::NoLayer { .. } => Refusal::usage(says(&name, &error)),
        _ => Refusal::failure(says(&name, &error)),
    })?;
    let Some(report) = found else { return Ok(()) };
    if let Some(found) = against.take_if(|_| !scope.quick) {
        against = Some(found.with_health(&report, &scope)?);
    }
    let mut output = Output::standard();
    if arguments.json {
        let no_json = |error| Refusal::failure(command::no_json(error));
        let mut value = serde_json::to_value(&report).map_err(no_json)?;
        if let Some(routed) = &routed {
            value["routing"] = routed.json().map_err(no_json)?;
        }
        if let (Some(against), Some(path)) = (&against, &arguments.against) {
            value["against"] = against.json(path).map_err(no_json)?;
        }
        output.json(&value.to_string());
        return output.finish();
    }
    if let Some(routed) = &routed {
        output.line(&name);
        routed.lines().iter().for_each(|line| output.line(line));
    } else {
        table::lines(&name, &report, &scope).iter().for_each(|line| output.line(line));
    }
    if let Some(against) = &against {
        output.line("");
        against.lines().iter().for_each(|line| output.line(line));
    }
    output.finish()
}

/// Routes what the arguments give, if they give a text: by the engine where the checkpoint is one of ours.
fn route(name: &str, model: &Model, wanted: &RoutingArguments) -> Result<Option<Routed>, Refusal> {
    match (model.files().format(), model.files().files().first()) {
        (StoredFormat::OwnCheckpoint, Some(file)) => own::route(name, file.path(), wanted),
        _ => text::route(name, model, wanted),
    }
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
