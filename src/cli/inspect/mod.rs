//! `moe-arena inspect`: a checkpoint of anybody as a table, or as JSON: its mixtures and how healthy their experts are.

mod against;
mod document;
mod help;
mod progress;
mod table;
mod text;

use document::JsonDocument;
pub(super) use help::help;
use progress::Progress;
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
    let mut against = against::compare(&name, &model, arguments)?;
    let routed = text::route(&name, &model, &arguments.routing)?;
    if let (Some(found), Some(routed)) = (against.take_if(|_| routed.is_some()), &routed) {
        against = Some(found.with_text(&name, arguments, routed)?);
    }
    let scope = InspectScope { layers: arguments.layers.clone(), quick: arguments.quick || routed.is_some() };
    let progress = Progress::new(InspectReport::work(&model, &scope));
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
        let no_json = |error| Refusal::failure(command::no_json(error));
        let mut beside = Map::new();
        if let Some(routed) = &routed {
            beside.insert("routing".into(), routed.json().map_err(no_json)?);
        }
        if let (Some(against), Some(path)) = (&against, &arguments.against) {
            beside.insert("against".into(), against.json(path).map_err(no_json)?);
        }
        document.end(&beside)?;
        return output.finish();
    }
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
    if let Some(against) = &against {
        output.line("");
        against.lines().iter().for_each(|line| output.line(line));
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
