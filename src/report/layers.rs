//! A layer in the report of an inspection: how it is built, its experts one by one, and how alike they are.

use maud::{Markup, html};

use super::pictures;
use crate::inspect::{InspectMeasure, LayerReport, LikenessOf};
use crate::words::{inspected_page as words, inspection, notation};

/// What is told of each expert, in the order of the columns.
const COLUMNS: [InspectMeasure; 10] = [
    InspectMeasure::RouterNorm,
    InspectMeasure::GateNorm,
    InspectMeasure::UpNorm,
    InspectMeasure::DownNorm,
    InspectMeasure::GateEffectiveRank,
    InspectMeasure::UpEffectiveRank,
    InspectMeasure::DownEffectiveRank,
    InspectMeasure::GateStableRank,
    InspectMeasure::UpStableRank,
    InspectMeasure::DownStableRank,
];

/// A layer, folded; one with findings stands open.
pub(super) fn section(layer: &LayerReport) -> Markup {
    let (experts, k, rule, width, shared) = layer.built();
    let unknown = || notation::UNKNOWN.said().to_owned();
    let k = k.map_or_else(unknown, |k| k.to_string());
    let rule = rule.map_or_else(unknown, str::to_owned);
    let columns: Vec<_> =
        COLUMNS.iter().filter_map(|column| Some((words::column(*column), layer.measured(*column)?))).collect();
    let maps = [
        (LikenessOf::Matched, words::alike_matched()),
        (LikenessOf::Stored, words::alike_stored()),
        (LikenessOf::RouterRows, words::alike_routers()),
    ];
    let maps: Vec<_> = maps.into_iter().filter_map(|(of, caption)| Some((layer.likeness(of)?, caption))).collect();
    html! {
        details open[!layer.findings().is_empty()] {
            summary {
                b { (layer.key()) } " " (words::built(experts, k, rule, width))
                @if let Some(width) = shared { ", " (words::shared(width)) }
            }
            @if let Some(why) = layer.unread() { p { (inspection::unread(why)) } }
            @if !columns.is_empty() {
                table class="numbers" {
                    tr { th { (words::expert()) } @for (name, _) in &columns { th { (name) } } }
                    @for expert in 0..experts {
                        tr {
                            th { (expert) }
                            @for (_, values) in &columns { td { (written(values.get(expert).copied().flatten())) } }
                        }
                    }
                }
            }
            @if layer.are_ranks_estimated() { p { small { (inspection::ranks_estimated()) } } }
            div class="maps" {
                @for (matrix, caption) in maps { figure { (pictures::likeness(matrix)) figcaption { small { (caption)
                    @if let Some(count) = pictures::experts_in_a_cell(matrix.experts()) { ". " (words::alike_in_groups(count)) }
                } } } }
            }
        }
    }
}

/// A number, or that there is none.
pub(super) fn written(value: Option<f64>) -> String {
    value.map_or_else(|| notation::UNKNOWN.said().to_owned(), |value| notation::sized(value, 3))
}
