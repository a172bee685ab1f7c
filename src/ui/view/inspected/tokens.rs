//! The tokens of a text that a checkpoint routed: where each stands in the text, and its experts in one layer. Pure.

use std::ops::Range;

use super::layers::InspectedLayer;
use crate::run::Inspection;

/// A token and its experts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SeenToken {
    /// The bytes of the text that it stands for; `None` for one that the model adds.
    pub span: Option<Range<usize>>,
    /// What it shows.
    pub piece: String,
    /// Its first expert.
    pub first: Option<usize>,
    /// The expert with the strongest answer, if all answered.
    pub winner: Option<usize>,
    /// Its first expert in the checkpoint it is compared with, by its number now.
    pub then: Option<usize>,
}

impl SeenToken {
    /// Whether the competition would have chosen another expert.
    pub fn disagrees(&self) -> bool {
        self.winner.is_some() && self.winner != self.first
    }
}

/// The tokens of the text, in one layer.
pub(super) fn tokens(inspection: &Inspection, layer: Option<&InspectedLayer>) -> Vec<SeenToken> {
    let text = &inspection.text;
    let routed = layer.and_then(|layer| text.routed.as_ref()?.layers.get(layer.routed?));
    let then = layer.and_then(|layer| text.then.as_ref()?.layers.get(layer.routed_then?));
    let Some(routed) = routed else { return Vec::new() };
    let matching = layer
        .and_then(|layer| inspection.difference.as_ref()?.layers().get(layer.compared?))
        .map(|compared| compared.matching());
    let first = |picks: Option<&Vec<u32>>| picks.and_then(|picks| picks.first()).map(|expert| *expert as usize);
    let token = |(place, picks): (usize, &Vec<u32>)| {
        let before = then.and_then(|then| first(then.picks.get(place)));
        SeenToken {
            span: text.spans.get(place).cloned().flatten(),
            piece: text.pieces.get(place).cloned().unwrap_or_default(),
            first: first(Some(picks)),
            winner: routed.winners.as_ref().and_then(|winners| winners.get(place)).map(|expert| *expert as usize),
            then: before.and_then(|before| matching.map_or(Some(before), |matching| matching.now_of(before))),
        }
    };
    routed.picks.iter().enumerate().map(token).collect()
}

/// `[E]` how many tokens each expert is the first choice of.
pub(crate) fn counts(tokens: &[SeenToken], experts: usize) -> Vec<u64> {
    let mut counts = vec![0; experts];
    for first in tokens.iter().filter_map(|token| token.first) {
        if let Some(count) = counts.get_mut(first) {
            *count += 1;
        }
    }
    counts
}
