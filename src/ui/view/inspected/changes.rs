//! What changed between the two checkpoints that are compared: tokens that moved, layer by layer; who gave to whom; in words. Pure.

use super::layers::InspectedLayer;
use super::name;
use crate::inspect::MovedTokens;
use crate::run::Inspection;
use crate::ui::words::inspected_changes as words;
use crate::words::{DifferenceNames, what_changed};

/// Most experts between whom the picture shows who gave to whom.
const EXPERTS: usize = 12;

/// What changed over all layers.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct SeenChanges {
    /// Mean over the layers of the share of tokens whose first expert is another; `None` without a text.
    pub share: Option<f64>,
    /// What it would be by chance.
    pub chance: Option<f64>,
    /// `[layers]` the share of each.
    pub shares: Vec<Option<f64>>,
    /// In words, sentence by sentence.
    pub said: Vec<String>,
}

/// Who gave tokens to whom in one layer.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct LayerFlows {
    /// Tokens that moved, and all.
    pub tokens: (usize, usize),
    /// The experts that gave or took most, by their numbers now, in order.
    pub experts: Vec<usize>,
    /// Tokens that each of them gave to another one, and took from another one.
    pub gave: Vec<u32>,
    /// The same, taken.
    pub took: Vec<u32>,
    /// Tokens that each has more than then.
    pub net: Vec<i64>,
    /// Places in `experts` of giver and taker, and how many tokens.
    pub ribbons: Vec<(usize, usize, u32)>,
}

/// What changed; `None` where nothing is compared yet.
pub(super) fn changes(inspection: &Inspection, layers: &[InspectedLayer]) -> Option<SeenChanges> {
    let difference = inspection.difference.as_ref()?;
    let moved = |layer: &InspectedLayer| difference.layers().get(layer.compared?)?.moved();
    let mean = |of: fn(&MovedTokens) -> Option<f64>| {
        let told: Vec<f64> = layers.iter().filter_map(|layer| of(moved(layer)?)).collect();
        (!told.is_empty()).then(|| told.iter().sum::<f64>() / told.len() as f64)
    };
    let place = |key: &str| layers.iter().position(|layer| layer.key == key);
    let layer_named = |key: &str| place(key).map_or_else(|| key.to_owned(), words::layer);
    let expert_named = |expert: usize| name(expert).to_string();
    let names = DifferenceNames { layer: &layer_named, expert: &expert_named };
    Some(SeenChanges {
        share: mean(MovedTokens::share),
        chance: mean(MovedTokens::share_by_chance),
        shares: layers.iter().map(|layer| moved(layer)?.share()).collect(),
        said: what_changed(difference, names),
    })
}

/// Who gave to whom in a layer; `None` where no text was routed by both.
pub(super) fn flows(inspection: &Inspection, layer: Option<&InspectedLayer>) -> Option<LayerFlows> {
    let difference = inspection.difference.as_ref()?;
    let moved = difference.layers().get(layer?.compared?)?.moved()?;
    let matching = moved.matching();
    let count = moved.net().len();
    let mut gave = vec![0u32; count];
    let mut took = vec![0u32; count];
    let mut all = Vec::new();
    for (then, row) in moved.flows().iter().enumerate() {
        let giver = matching.now_of(then);
        for (taker, &tokens) in row.iter().enumerate().filter(|(taker, tokens)| **tokens > 0 && giver != Some(*taker)) {
            if let Some(took) = took.get_mut(taker) {
                *took += tokens;
            }
            // An expert that is gone has no place in the picture.
            if let Some(giver) = giver.filter(|giver| *giver < count) {
                gave[giver] += tokens;
                all.push((giver, taker, tokens));
            }
        }
    }
    let mut experts: Vec<usize> = (0..count).filter(|&expert| gave[expert] + took[expert] > 0).collect();
    experts.sort_by_key(|&expert| (std::cmp::Reverse(gave[expert] + took[expert]), expert));
    experts.truncate(EXPERTS);
    experts.sort_unstable();
    let place = |expert: usize| experts.iter().position(|other| *other == expert);
    let ribbons: Vec<(usize, usize, u32)> =
        all.iter().filter_map(|(giver, taker, tokens)| Some((place(*giver)?, place(*taker)?, *tokens))).collect();
    let sum = |of: fn(&(usize, usize, u32)) -> usize, place: usize| {
        ribbons.iter().filter(|ribbon| of(ribbon) == place).map(|ribbon| ribbon.2).sum::<u32>()
    };
    Some(LayerFlows {
        tokens: (moved.moved(), moved.tokens()),
        gave: (0..experts.len()).map(|place| sum(|ribbon| ribbon.0, place)).collect(),
        took: (0..experts.len()).map(|place| sum(|ribbon| ribbon.1, place)).collect(),
        net: experts.iter().map(|expert| moved.net().get(*expert).copied().unwrap_or(0)).collect(),
        ribbons,
        experts,
    })
}
