//! `moe-arena inspect`: a checkpoint of anybody as a table, or as JSON: its mixtures and how healthy their experts are.

mod document;
mod help;
mod progress;
mod table;
mod text;

pub(super) use help::help;

use document::JsonDocument;
use serde_json::Map;
use table::LayerInTable;

use super::Refusal;
use super::arguments::InspectArguments;
use super::output::Output;
use crate::domain::quote;
use crate::inspect::{InspectError, InspectReport, InspectScope, LayerReport, MixturePlan, MixtureRole, Model};
use crate::words::{command, inspection};

/// Inspects and prints.
///
/// # Errors
/// Exit code 2 if it is no checkpoint with experts, 1 if reading it fails on the way.
pub(super) fn inspect(arguments: &InspectArguments) -> Result<(), Refusal> {
    let name = quote::path(&arguments.path);
    let model = Model::open(&arguments.path).map_err(|error| Refusal::usage(says(&name, &error)))?;
    let routed = text::route(&name, &model, &arguments.routing)?;
    let scope = InspectScope { layers: arguments.layers.clone(), quick: arguments.quick || routed.is_some() };
    let progress = progress::Progress::new(InspectReport::work(&model, &scope));
    let manifest = InspectReport::manifest(&model);
    let mut output = Output::standard();
    let measured = |take: &mut dyn FnMut(MixtureRole, LayerReport)| {
        let begin = |mixture: &MixturePlan| progress.begin(mixture.key());
        let found = InspectReport::measure(&model, &scope, begin, &|numbers| progress.advance(numbers), take);
        progress.close();
        found.map_err(|error| match &error {
            InspectError::NoLayer { .. } => Refusal::usage(says(&name, &error)),
            _ => Refusal::failure(says(&name, &error)),
        })
    };
    if arguments.json {
        let mut document = JsonDocument::new(&mut output, &manifest)?;
        if !measured(&mut |role, layer| document.layer(role, &layer))? {
            return Ok(());
        }
        let mut beside = Map::new();
        if let Some(routed) = &routed {
            beside.insert("routing".into(), routed.json().map_err(|error| Refusal::failure(command::no_json(error)))?);
        }
        document.end(beside)?;
    } else {
        let mut layers = Vec::new();
        if !measured(&mut |_, layer| layers.push(LayerInTable::of(&layer)))? {
            return Ok(());
        }
        if let Some(routed) = &routed {
            output.line(&name);
            routed.lines().iter().for_each(|line| output.line(line));
        } else {
            table::lines(&name, &manifest, &layers, &scope).iter().for_each(|line| output.line(line));
        }
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
