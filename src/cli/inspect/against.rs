//! `moe-arena inspect PATH --against PATH`: what changed between two checkpoints of one model, as a table or as JSON.

use std::path::Path;

use serde_json::Value;

use super::text::Routed;
use super::{Progress, route, says};
use crate::cli::Refusal;
use crate::cli::arguments::InspectArguments;
use crate::cli::output::aside;
use crate::domain::quote;
use crate::inspect::{
    CheckpointDifference, ExpertDifference, InspectError, InspectReport, InspectScope, LayerDifference, LayerReport,
    MatchedBy, MeasureChange, MixturePlan, Model, MovedTokens, StoredFormat, Vocabulary, difference_work,
    weights_difference,
};
use crate::store::checkpoint;
use crate::words::{DifferenceNames, change_verdict, compared_measure, difference as words, what_changed};

/// Most experts that are listed; of more, those that went farthest.
const EXPERTS: usize = 48;
/// Most flows that are named for a layer.
const FLOWS: usize = 4;

/// What changed since another checkpoint.
pub(super) struct Against {
    name: String,
    then: Model,
    difference: CheckpointDifference,
}

/// Compares the weights of `now`, called `name`, with those of what the arguments name, if they name one.
pub(super) fn compare(name: &str, now: &Model, arguments: &InspectArguments) -> Result<Option<Against>, Refusal> {
    let Some(path) = &arguments.against else { return Ok(None) };
    let of_then = quote::path(path);
    let then = Model::open(path).map_err(|error| Refusal::usage(says(&of_then, &error)))?;
    let scope = InspectScope { layers: arguments.layers.clone(), quick: arguments.quick };
    let progress = Progress::new(difference_work(now, &then, &scope));
    let begun = |mixture: &MixturePlan| progress.begin(mixture.key());
    let found = weights_difference(now, &then, &scope, begun, &|numbers| progress.advance(numbers));
    progress.close();
    let found = found.map_err(|error| match &error {
        InspectError::NoLayer { .. } => Refusal::usage(says(name, &error)),
        InspectError::Incomparable(_) => Refusal::usage(words::not_against(name, &of_then, &error)),
        error => Refusal::failure(says(&of_then, error)),
    })?;
    let Some(mut difference) = found else { return Ok(None) };
    if let (Some(now), Some(then)) = (curves(now), curves(&then)) {
        difference = difference.with_histories(&now, &then);
    }
    Ok(Some(Against { name: of_then, then, difference }))
}

/// The curves of a save of this program; `None` for a checkpoint of anybody else, and where they do not read.
fn curves(model: &Model) -> Option<crate::store::history::History> {
    let file = model.files().files().first().filter(|_| model.files().format() == StoredFormat::OwnCheckpoint)?;
    checkpoint::peek_history(file.path()).ok().map(|(_, history)| history)
}

impl Against {
    /// Numbers that [`Self::measure`] reads.
    pub fn work(&self, scope: &InspectScope) -> u64 {
        InspectReport::work(&self.then, scope)
    }

    /// Measures a layer of the other checkpoint as this one was measured, and holds them against each other; nothing with `quick`.
    pub fn measure(
        &mut self,
        layer: &LayerReport,
        scope: &InspectScope,
        watch: &(dyn Fn(u64) -> bool + Sync),
    ) -> Result<(), InspectError> {
        let other = self.then.mixtures().iter().find(|mixture| !scope.quick && mixture.key() == layer.key());
        if let Some(was) =
            other.map(|other| LayerReport::measure(&self.then, other, false, watch)).transpose()?.flatten()
        {
            let difference = std::mem::take(&mut self.difference);
            self.difference = difference.with_health([layer], [&was]);
        }
        Ok(())
    }

    /// Routes the same text by the other checkpoint, and sees which tokens moved. One without a tokenizer takes the ids of this one.
    pub fn with_text(self, name: &str, arguments: &InspectArguments, routed: &Routed) -> Result<Self, Refusal> {
        let mut wanted = arguments.routing.clone();
        (wanted.dump, wanted.csv) = (None, None);
        // A save of this program reads bytes and needs none.
        let is_own = self.then.files().format() == StoredFormat::OwnCheckpoint;
        if wanted.ids.is_empty() && !is_own && Vocabulary::of(&self.then).is_err() {
            aside(&words::same_ids(&self.name));
            (wanted.text, wanted.text_file) = (None, None);
            wanted.ids.clone_from(&routed.text().ids);
        }
        let Some(then) = route(&self.name, &self.then, &wanted)? else { return Ok(self) };
        let difference = self.difference.with_texts(routed.text(), then.text());
        let difference = difference.map_err(|error| Refusal::usage(words::not_against(name, &self.name, error)))?;
        Ok(Self { difference, ..self })
    }

    /// What stands under `against` in the JSON.
    pub fn json(&self, path: &Path) -> Result<Value, serde_json::Error> {
        let mut value = serde_json::to_value(&self.difference)?;
        value["file"] = path.to_string_lossy().into_owned().into();
        value["said"] = self.said().into();
        Ok(value)
    }

    /// The other checkpoint as it is called.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What changed, in sentences.
    pub fn said(&self) -> Vec<String> {
        let names = DifferenceNames { layer: &|key| key.to_owned(), expert: &|expert| expert.to_string() };
        what_changed(&self.difference, names)
    }

    /// As lines.
    pub fn lines(&self) -> Vec<String> {
        let layers = self.difference.layers();
        let mut lines = vec![words::compared_with(&self.name), String::new(), words::what_changed_head().to_owned()];
        lines.extend(self.said().iter().map(|sentence| format!("  {sentence}")));
        lines.push(String::new());
        lines.push(words::how_far().to_owned());
        lines.push(format!("{:<20} {:<12} {:>8} {:>8}  experts", "layer", "matched", "router", "shared"));
        lines.extend(layers.iter().map(layer));
        lines.extend(experts(layers));
        let moved: Vec<(&str, &MovedTokens)> =
            layers.iter().filter_map(|layer| Some((layer.key(), layer.moved()?))).collect();
        if !moved.is_empty() {
            lines.push(String::new());
            lines.push(words::tokens_moved().to_owned());
            lines.push(format!(
                "{:<20} {:>7} {:>7} {:>8} {:>8} {:>10} {:>8}  who gave to whom, then → now",
                "layer", "tokens", "moved", "share", "chance", "saturation", "chance"
            ));
            lines.extend(moved.iter().map(|(key, moved)| moved_row(key, moved)));
        }
        if !self.difference.measures().is_empty() {
            lines.push(String::new());
            lines.push(words::then_and_now().to_owned());
            let head = ["measure", "on", "layer", "then", "now", "change"];
            let [measured, on, layer, then, now, change] = head;
            lines.push(format!("{measured:<26} {on:<8} {layer:<14} {then:>9} {now:>9} {change:>9}"));
            lines.extend(self.difference.measures().iter().map(measure));
        }
        lines
    }
}

fn ratio(value: Option<f64>) -> String {
    value.map_or_else(|| "n/a".into(), |value| if value == 0.0 { "0".into() } else { super::table::number(value) })
}

/// A layer in one row.
fn layer(layer: &LayerDifference) -> String {
    let by = match layer.matching().by() {
        MatchedBy::AsStored => "as stored",
        MatchedBy::Identity => "identity",
        MatchedBy::Weights if layer.matching().is_estimated() => "weights, est.",
        MatchedBy::Weights => "weights",
        MatchedBy::Neurons => "neurons",
        MatchedBy::RouterRows => "router rows",
        MatchedBy::Picks => "picks",
    };
    let told: Vec<f64> = layer.experts().iter().filter_map(ExpertDifference::whole).collect();
    let least = told.iter().copied().min_by(f64::total_cmp);
    let most = told.iter().copied().max_by(f64::total_cmp);
    let experts = match least.zip(most) {
        Some((least, most)) => format!("{} … {}", ratio(Some(least)), ratio(Some(most))),
        None => "n/a".to_owned(),
    };
    let (router, shared) =
        (ratio(layer.router()), layer.shared().map_or_else(|| "–".into(), |value| ratio(Some(value))));
    format!("{:<20} {by:<12} {router:>8} {shared:>8}  {experts}", layer.key())
}

/// The experts that moved, all of them or those that went farthest.
fn experts(layers: &[LayerDifference]) -> Vec<String> {
    let all = layers.iter().flat_map(|layer| layer.experts().iter().map(move |expert| (layer.key(), expert)));
    let has_moved = |expert: &ExpertDifference| {
        let parts = [expert.whole(), expert.gate(), expert.up(), expert.down(), expert.router_row()];
        expert.then() != Some(expert.now()) || parts.iter().flatten().any(|part| *part > 0.0)
    };
    let mut moved: Vec<(&str, &ExpertDifference)> = all.filter(|(_, expert)| has_moved(expert)).collect();
    if moved.is_empty() {
        return Vec::new();
    }
    let more = moved.len().saturating_sub(EXPERTS);
    if more > 0 {
        let far = |expert: &ExpertDifference| expert.whole().or_else(|| expert.router_row()).unwrap_or(f64::INFINITY);
        moved.sort_by(|a, b| far(b.1).total_cmp(&far(a.1)));
        moved.truncate(EXPERTS);
    }
    let columns = ["whole", "gate", "up", "down", "row"].map(|column| format!(" {column:>8}")).concat();
    let mut lines = vec![String::new(), format!("{:<20} {:>6} {:>6}{columns}", "layer", "expert", "then")];
    lines.extend(moved.iter().map(|(key, expert)| {
        let cells = [expert.whole(), expert.gate(), expert.up(), expert.down(), expert.router_row()];
        let cells = cells.map(|cell| format!(" {:>8}", ratio(cell))).concat();
        let then = expert.then().map_or_else(|| "new".to_owned(), |then| then.to_string());
        format!("{key:<20} {:>6} {then:>6}{cells}", expert.now())
    }));
    if more > 0 {
        lines.push(words::more_experts(more));
    }
    lines
}

fn moved_row(key: &str, moved: &MovedTokens) -> String {
    let percent = |share: Option<f64>| share.map_or_else(|| "n/a".into(), |share| format!("{:.1} %", 100.0 * share));
    let number = |value: Option<f64>| value.map_or_else(|| "n/a".into(), |value| format!("{value:.3}"));
    let rows = moved.flows().iter().enumerate();
    let cells = rows.flat_map(|(then, row)| row.iter().enumerate().map(move |(now, count)| (then, now, *count)));
    let leave = |cell: &(usize, usize, u32)| cell.2 > 0 && moved.matching().then_of(cell.1) != Some(cell.0);
    let mut flows: Vec<(usize, usize, u32)> = cells.filter(leave).collect();
    flows.sort_by_key(|(then, now, count)| (std::cmp::Reverse(*count), *then, *now));
    let flows: Vec<String> =
        flows.iter().take(FLOWS).map(|(then, now, count)| format!("{then} → {now} ({count})")).collect();
    format!(
        "{key:<20} {:>7} {:>7} {:>8} {:>8} {:>10} {:>8}  {}",
        moved.tokens(),
        moved.moved(),
        percent(moved.share()),
        percent(moved.share_by_chance()),
        number(moved.saturation()),
        number(moved.saturation_by_chance()),
        flows.join(", ")
    )
    .trim_end()
    .to_owned()
}

fn measure(change: &MeasureChange) -> String {
    let (then, now) = (change.then(), change.now());
    let digits = if change.measure().is_count() { 0 } else { 3 };
    let difference = now - then;
    let difference = if difference.abs() < 5e-4 { "0".to_owned() } else { format!("{difference:+.digits$}") };
    format!(
        "{:<26} {:<8} {:<14} {then:>9.digits$} {now:>9.digits$} {difference:>9}  {}",
        compared_measure(change.measure()),
        words::measured_on(change.on()),
        change.layer().unwrap_or(""),
        change_verdict(change.verdict())
    )
}
