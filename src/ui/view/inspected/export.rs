//! What the tiles of a checkpoint that is looked at show, as tables. Layers and experts count from 1, as in the window; keys are those
//! of the file.

use super::layers::InspectedLayer;
use super::{SeenCheckpoint, name};
use crate::inspect::{Agreement, LikenessOf};
use crate::run::Inspection;
use crate::ui::kit::export::table::{Cell, ExportTable, Section};
use crate::words::{compared_measure, measured_on};

/// Steps done when a checkpoint of ours was saved; 0 of any other.
fn step(inspection: &Inspection) -> u64 {
    inspection.now.own.as_ref().map_or(0, |own| own.manifest.progress.step)
}

fn number(expert: usize) -> Cell {
    name(expert).to_string().into()
}

fn key(layer: Option<&InspectedLayer>) -> Cell {
    layer.map_or("", |layer| layer.key.as_str()).into()
}

/// The experts of a layer.
pub(crate) fn experts(inspection: &Inspection, seen: &SeenCheckpoint, layer: usize) -> ExportTable {
    let mut table = ExportTable::new(Some(layer));
    let columns = [
        "key",
        "expert",
        "load",
        "won",
        "gate_mass",
        "router_row_norm",
        "gate_norm",
        "up_norm",
        "down_norm",
        "gate_effective_rank",
        "up_effective_rank",
        "down_effective_rank",
        "gate_stable_rank",
        "up_stable_rank",
        "down_stable_rank",
        "nearest",
        "nearest_cosine",
        "moved",
        "findings",
    ];
    let rows = seen.experts.iter().map(|expert| {
        let [gate, up, down] = expert.norms.map(Cell::from);
        let [gate_rank, up_rank, down_rank] = expert.effective.map(Cell::from);
        let [gate_stable, up_stable, down_stable] = expert.stable.map(Cell::from);
        [
            key(seen.layers.get(layer)),
            number(expert.expert),
            expert.load.into(),
            expert.won.into(),
            expert.gate_mass.into(),
            expert.row_norm.into(),
            gate,
            up,
            down,
            gate_rank,
            up_rank,
            down_rank,
            gate_stable,
            up_stable,
            down_stable,
            expert.nearest.map_or_else(Cell::default, |(other, ..)| number(other)),
            expert.nearest.map(|(_, cosine, _)| cosine).into(),
            expert.moved.into(),
            expert.findings.into(),
        ]
    });
    table.push(Section::new("experts", step(inspection), columns).with(rows));
    table
}

/// The load of every expert of every layer.
pub(crate) fn loads(inspection: &Inspection, seen: &SeenCheckpoint) -> ExportTable {
    let mut table = ExportTable::new(None);
    let mut cells = Section::new("load", step(inspection), ["key", "of_layer", "expert", "load", "load_cv"]);
    for (place, layer) in seen.layers.iter().enumerate() {
        for (expert, load) in layer.load.iter().flatten().enumerate() {
            let spread = layer.load_cv.into();
            cells.row([key(Some(layer)), (place + 1).into(), number(expert), (*load).into(), spread]);
        }
    }
    table.push(cells);
    table
}

/// How alike every two experts of a layer are, in all ways.
pub(crate) fn likeness(inspection: &Inspection, seen: &SeenCheckpoint, layer: usize) -> ExportTable {
    let mut table = ExportTable::new(Some(layer));
    let columns = ["key", "one", "other", "matched_cosine", "stored_cosine", "router_row_cosine"];
    let mut pairs = Section::new("likeness", step(inspection), columns);
    if let Some(report) = seen.layers.get(layer).and_then(|layer| layer.report.as_ref()) {
        let at =
            |of: LikenessOf, one: usize, other: usize| report.likeness(of).and_then(|matrix| matrix.at(one, other));
        for one in 0..report.experts() {
            for other in one + 1..report.experts() {
                let [matched, stored, rows] = [LikenessOf::Matched, LikenessOf::Stored, LikenessOf::RouterRows]
                    .map(|of| Cell::from(at(of, one, other)));
                pairs.row([key(seen.layers.get(layer)), number(one), number(other), matched, stored, rows]);
            }
        }
    }
    table.push(pairs);
    table
}

/// The tokens of the text with their experts in a layer.
pub(crate) fn tokens(inspection: &Inspection, seen: &SeenCheckpoint, layer: usize) -> ExportTable {
    let mut table = ExportTable::new(Some(layer));
    let told = |expert: Option<usize>| expert.map_or_else(Cell::default, number);
    let rows = seen.tokens.iter().enumerate().map(|(place, token)| {
        let piece = token.piece.as_str().into();
        [key(seen.layers.get(layer)), place.into(), piece, told(token.first), told(token.winner), told(token.then)]
    });
    let columns = ["key", "token", "piece", "first", "winner", "then"];
    table.push(Section::new("tokens", step(inspection), columns).with(rows));
    table
}

/// Everything that is out of the ordinary.
pub(crate) fn findings(inspection: &Inspection, seen: &SeenCheckpoint) -> ExportTable {
    let mut table = ExportTable::new(None);
    let mut rows =
        Section::new("findings", step(inspection), ["key", "of_layer", "rule", "experts", "of", "value", "limit"]);
    for (place, finding) in &seen.findings {
        let experts = finding.expert.into_iter().chain(finding.experts.iter().flatten().copied());
        let experts: Vec<String> = experts.map(|expert| name(expert).to_string()).collect();
        let of: Cell = finding.of.map_or_else(Cell::default, Cell::from);
        let layer = key(seen.layers.get(*place));
        let rule = finding.rule.name().into();
        rows.row([
            layer,
            (place + 1).into(),
            rule,
            experts.join("+").into(),
            of,
            finding.value.into(),
            finding.limit.into(),
        ]);
    }
    table.push(rows);
    table
}

/// How the router agrees with a competition, layer by layer.
pub(crate) fn competition(inspection: &Inspection) -> ExportTable {
    let mut table = ExportTable::new(None);
    let [top1, chance, kappa, recall, by_chance, captured, at_random, spearman] = Agreement::COLUMNS;
    let columns = ["key", "response", top1, chance, kappa, recall, by_chance, captured, at_random, spearman];
    let mut rows = Section::new("agreement", step(inspection), columns);
    for layer in inspection.text.routed.iter().flat_map(|text| &text.layers) {
        let Some(competition) = &layer.competition else { continue };
        for (response, agreement) in [("softplus", &competition.softplus), ("norm", &competition.norm)] {
            let [top1, chance, kappa, recall, by_chance, captured, at_random, spearman] =
                agreement.columns().map(Cell::from);
            let layer = layer.key.as_str().into();
            rows.row([layer, response.into(), top1, chance, kappa, recall, by_chance, captured, at_random, spearman]);
        }
    }
    table.push(rows);
    table
}

/// What changed: how far experts went, and measures then and now.
pub(crate) fn changes(inspection: &Inspection, seen: &SeenCheckpoint) -> ExportTable {
    let mut table = ExportTable::new(None);
    let Some(difference) = &inspection.difference else { return table };
    let columns = ["key", "of_layer", "expert", "then", "whole", "gate", "up", "down", "router_row", "net_tokens"];
    let mut experts = Section::new("experts", step(inspection), columns);
    for (place, layer) in seen.layers.iter().enumerate() {
        let Some(compared) = layer.compared.and_then(|place| difference.layers().get(place)) else { continue };
        for expert in compared.experts() {
            let net = compared.moved().and_then(|moved| moved.net().get(expert.now()).copied());
            experts.row([
                key(Some(layer)),
                (place + 1).into(),
                number(expert.now()),
                expert.then().map_or_else(Cell::default, number),
                expert.whole().into(),
                expert.gate().into(),
                expert.up().into(),
                expert.down().into(),
                expert.router_row().into(),
                net.map_or_else(Cell::default, |net| net.to_string().into()),
            ]);
        }
    }
    let mut measures = Section::new("measures", step(inspection), ["key", "measure", "on", "then", "now"]);
    for change in difference.measures() {
        let of: Cell = change.layer().unwrap_or("").into();
        measures.row([
            of,
            compared_measure(change.measure()).into(),
            measured_on(change.on()).into(),
            change.then().into(),
            change.now().into(),
        ]);
    }
    table.push(experts);
    table.push(measures);
    table
}
