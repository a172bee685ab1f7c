//! `moe-arena inspect`: a checkpoint of anybody as a table, or as JSON: its mixtures and how healthy their experts are.

mod against;
mod document;
mod help;
mod own;
mod progress;
mod table;
mod text;

use against::Against;
use document::JsonDocument;
pub(super) use help::help;
use progress::Progress;
use serde_json::Map;
use table::LayerInTable;
use text::Routed;

use super::Refusal;
use super::arguments::{InspectArguments, RoutingArguments};
use super::output::Output;
use crate::domain::quote;
use crate::inspect::{
    InspectError, InspectReport, InspectScope, LayerReport, MixturePlan, MixtureRole, Model, StoredFormat,
};
use crate::report::InspectionPage;
use crate::store::atomic_file::AtomicFile;
use crate::words::{command, inspection};

/// Inspects and prints.
///
/// # Errors
/// Exit code 2 if it is no checkpoint with experts, 1 if reading it fails on the way.
pub(super) fn inspect(arguments: &InspectArguments) -> Result<(), Refusal> {
    let name = quote::path(&arguments.path);
    let model = Model::open(&arguments.path).map_err(|error| Refusal::usage(says(&name, &error)))?;
    let standing = arguments.report.as_ref().filter(|path| path.symlink_metadata().is_ok());
    if let Some(path) = standing.filter(|_| !arguments.routing.overwrite) {
        return Err(Refusal::usage(inspection::exists(quote::path(path))));
    }
    let mut against = against::compare(&name, &model, arguments)?;
    let routed = route(&name, &model, &arguments.routing)?;
    if let (Some(found), Some(routed)) = (against.take_if(|_| routed.is_some()), &routed) {
        against = Some(found.with_text(&name, arguments, routed)?);
    }
    let scope = InspectScope {
        layers: arguments.layers.clone(),
        quick: arguments.quick || (routed.is_some() && arguments.report.is_none()),
    };
    let of_then = against.as_ref().map_or(0, |against| against.work(&scope));
    let progress = Progress::new(InspectReport::work(&model, &scope).saturating_add(of_then));
    let manifest = InspectReport::manifest(&model);
    let mut page = arguments.report.as_ref().map(|_| InspectionPage::new(&name, &manifest, scope.quick));
    let mut output = Output::standard();
    let advance = |numbers| progress.advance(numbers);
    let measured = |take: &mut dyn FnMut(MixtureRole, LayerReport) -> Result<(), InspectError>| {
        let begin = |mixture: &MixturePlan| progress.begin(mixture.key());
        let found = InspectReport::measure(&model, &scope, begin, &advance, take);
        progress.close();
        found.map_err(|error| match &error {
            InspectError::NoLayer { .. } => Refusal::usage(says(&name, &error)),
            _ => Refusal::failure(says(&name, &error)),
        })
    };
    if arguments.json {
        let mut document = JsonDocument::new(&mut output, &manifest)?;
        let is_whole = measured(&mut |role, layer| {
            against.iter_mut().try_for_each(|against| against.measure(&layer, &scope, &advance))?;
            page.iter_mut().for_each(|page| page.layer(&layer));
            document.layer(role, &layer);
            Ok(())
        })?;
        if !is_whole {
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
        write_page(arguments, page, routed.as_ref(), against.as_ref())?;
        return output.finish();
    }
    let mut layers = Vec::new();
    let is_whole = measured(&mut |_, layer| {
        against.iter_mut().try_for_each(|against| against.measure(&layer, &scope, &advance))?;
        page.iter_mut().for_each(|page| page.layer(&layer));
        layers.push(LayerInTable::of(&layer));
        Ok(())
    })?;
    if !is_whole {
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
    write_page(arguments, page, routed.as_ref(), against.as_ref())?;
    output.finish()
}

/// Writes the report, if one is wanted.
fn write_page(
    arguments: &InspectArguments,
    page: Option<InspectionPage>,
    routed: Option<&Routed>,
    against: Option<&Against>,
) -> Result<(), Refusal> {
    let (Some(path), Some(mut page)) = (&arguments.report, page) else { return Ok(()) };
    if let Some(routed) = routed {
        page.text(routed.text(), &routed.shown());
    }
    if let Some(against) = against {
        page.changed(against.name(), &against.said());
    }
    let written = AtomicFile::write(path, page.document().as_bytes());
    written.map_err(|error| Refusal::failure(inspection::unwritten(quote::path(path), error)))
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
