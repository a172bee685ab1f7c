//! The routing of a text in the report of an inspection: loads, the router held against all experts, tokens with their first experts.

use maud::{Markup, html};

use super::layers::written;
use super::pictures;
use crate::domain::quote;
use crate::inspect::{Agreement, RoutedLayer, RoutedText};
use crate::words::{inspected_page as words, notation};

/// Most tokens, and most layers of each, that are shown.
const TOKENS: usize = 128;
const LAYERS: usize = 24;
/// Experts that are named for a layer: those with most tokens.
const BUSIEST: usize = 6;

/// Where a text went.
///
/// - `pieces`: what its first tokens show
pub(super) fn section(routed: &RoutedText, pieces: &[String]) -> Markup {
    let loss = routed.loss.map_or_else(|| notation::UNKNOWN.said().to_owned(), |loss| notation::decimals(loss, 3));
    html! {
        h2 { (words::routing()) }
        p { (words::text_facts(routed.ids.len(), loss)) }
        table class="numbers" {
            tr {
                @for name in [words::layer(), words::experts(), "k", words::load_cv(), words::unused(), words::weight_sum(),
                    words::busiest()] { th { (name) } }
            }
            @for layer in &routed.layers {
                tr {
                    th { (layer.key) } td { (layer.experts) } td { (layer.top_k) } td { (notation::decimals(layer.load_cv, 3)) }
                    td { (layer.unused) } td { (notation::decimals(layer.weight_sum, 3)) } td { (busiest(layer)) }
                }
            }
        }
        figure { (pictures::loads(&routed.layers)) figcaption { small { (words::load_picture()) } } }
        @for (name, of) in [
            (words::by_softplus(), (|competition| &competition.softplus) as fn(&crate::inspect::RoutingCompetition) -> &Agreement),
            (words::by_norm(), |competition| &competition.norm),
        ] { (agreement(routed, name, of)) }
        (tokens(routed, pieces))
    }
}

fn agreement(routed: &RoutedText, name: &str, of: fn(&crate::inspect::RoutingCompetition) -> &Agreement) -> Markup {
    let rows: Vec<_> =
        routed.layers.iter().filter_map(|layer| Some((layer, of(layer.competition.as_ref()?)))).collect();
    let columns = [
        words::top1(),
        words::chance(),
        words::kappa(),
        words::recall(),
        words::chance(),
        words::captured(),
        words::chance(),
        words::spearman(),
    ];
    html! {
        @if !rows.is_empty() {
            h3 { (words::agreement(name)) }
            table class="numbers" {
                tr { th { (words::layer()) } @for column in columns { th { (column) } } }
                @for (layer, agreement) in rows {
                    tr { th { (layer.key) } @for value in agreement.columns() { td { (written(value)) } } }
                }
            }
        }
    }
}

fn busiest(layer: &RoutedLayer) -> String {
    let mut order: Vec<(usize, u32)> = layer.load.iter().copied().enumerate().filter(|(_, load)| *load > 0).collect();
    order.sort_by_key(|(expert, load)| (std::cmp::Reverse(*load), *expert));
    order.iter().take(BUSIEST).map(|(expert, load)| format!("{expert} ({load})")).collect::<Vec<_>>().join(", ")
}

fn tokens(routed: &RoutedText, pieces: &[String]) -> Markup {
    let layers = routed.layers.get(..LAYERS).unwrap_or(&routed.layers);
    html! {
        h3 { (words::tokens()) }
        table class="numbers" {
            tr { th { (words::token()) } @for layer in layers { th { (layer.key) } } }
            @for (token, id) in routed.ids.iter().enumerate().take(TOKENS) {
                tr {
                    th { @match pieces.get(token) { Some(piece) => { (quote::name(piece)) } None => { (id) } } }
                    @for layer in layers {
                        td { @if let Some(expert) = layer.picks.get(token).and_then(|picks| picks.first()) { (expert) } }
                    }
                }
            }
        }
    }
}
