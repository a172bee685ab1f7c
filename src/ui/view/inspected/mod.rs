//! A checkpoint that is looked at: what is chosen of it, and what is computed once of each inspection that is published.
//!
//! - Here: [`InspectedView`], which layer, expert, order and page are chosen, and what was computed last.
//! - `layers`: the layers with their loads, and how far they are from even.
//! - `experts`: the experts of one layer; `columns`: what the table shows of each, and its order.
//! - `map`: the rows of the picture of all layers: folded where they are alike, or worst first.
//! - `pairs`: how alike every two experts are.
//! - `tokens`: the tokens of the text with their experts.
//! - `changes`: what changed since the checkpoint that it is compared with.
//! - `export`: what the tiles show, as tables.

pub(crate) mod changes;
pub(crate) mod columns;
pub(crate) mod experts;
pub(crate) mod export;
pub(crate) mod layers;
pub(crate) mod map;
pub(crate) mod pairs;
pub(crate) mod tokens;

use std::collections::BTreeSet;
use std::sync::Arc;

use self::changes::{LayerFlows, SeenChanges};
use self::columns::{ExpertMatrix, TableOrder};
use self::experts::InspectedExpert;
use self::layers::InspectedLayer;
use self::map::{MapOf, MapRow};
use self::pairs::LikePairs;
use self::tokens::SeenToken;
use crate::domain::language::Language;
use crate::domain::roster::ExpertId;
use crate::inspect::{Finding, LikenessOf};
use crate::run::Inspection;
use crate::words::language::spoken;

/// What is told beside the table and the pictures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum InspectedPage {
    /// What is out of the ordinary.
    #[default]
    Findings,
    /// What changed since the other checkpoint.
    Changes,
    /// Whether the router agrees with a competition.
    Competition,
}

/// What decides what is computed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct InspectedChoice {
    /// The layer, by its place among those with experts.
    pub layer: usize,
    /// The order of the table.
    pub order: TableOrder,
    /// Of which matrix of an expert norm and ranks are shown.
    pub matrix: ExpertMatrix,
    /// What the picture of all layers shows.
    pub map: MapOf,
    /// Whether its layers begin with the worst.
    pub worst_first: bool,
    /// First layers of those groups of like layers that are shown one by one.
    pub unfolded: BTreeSet<usize>,
}

/// How a checkpoint is looked at.
#[derive(Debug, Default)]
pub(crate) struct InspectedView {
    /// What is computed by.
    pub choice: InspectedChoice,
    /// Of what the likeness of experts is shown.
    pub likeness: LikenessOf,
    /// What is told at the right.
    pub page: InspectedPage,
    /// The text as it is being typed; `None` until somebody types.
    pub typed: Option<String>,
    /// The page that was drawn last.
    drawn: InspectedPage,
    hovered: Option<usize>,
    next_hovered: Option<usize>,
    kept: Option<usize>,
    seen: Option<SeenOf>,
    /// How often something was computed, so that pictures know when they are old.
    counted: u64,
}

/// What was computed, and of what: the inspection, the choice, the language of its sentences.
#[derive(Debug)]
struct SeenOf {
    inspection: Arc<Inspection>,
    choice: InspectedChoice,
    language: Language,
    seen: Arc<SeenCheckpoint>,
}

/// What is computed of an inspection.
#[derive(Debug, Default)]
pub(crate) struct SeenCheckpoint {
    /// Another number whenever anything is another.
    pub count: u64,
    /// All layers with experts, in order.
    pub layers: Vec<InspectedLayer>,
    /// The experts of the layer that is chosen, by number.
    pub experts: Vec<InspectedExpert>,
    /// Places of `experts` in the order of the table.
    pub order: Vec<usize>,
    /// Rows of the picture of all layers.
    pub rows: Vec<MapRow>,
    /// The pairs of its experts, in each way of comparing them.
    pub pairs: [Option<LikePairs>; 3],
    /// The tokens of the text, in the layer that is chosen.
    pub tokens: Vec<SeenToken>,
    /// What changed since the other checkpoint; `None` where nothing is compared.
    pub changes: Option<SeenChanges>,
    /// Who gave tokens to whom in the layer that is chosen.
    pub flows: Option<LayerFlows>,
    /// Everything that is out of the ordinary, worst rules first: the place of the layer, and what.
    pub findings: Vec<(usize, Finding)>,
}

impl SeenCheckpoint {
    fn of(inspection: &Inspection, choice: &InspectedChoice, count: u64) -> Self {
        let layers = layers::layers(inspection);
        let experts = experts::experts(inspection, &layers, choice.layer);
        let mut findings: Vec<(usize, Finding)> = layers
            .iter()
            .enumerate()
            .flat_map(|(place, layer)| layer.findings().iter().map(move |finding| (place, finding.clone())))
            .collect();
        findings.sort_by_key(|(place, finding)| (finding.rule, *place));
        Self {
            count,
            order: columns::order(&experts, choice.order, choice.matrix),
            rows: map::rows(&layers, choice),
            pairs: pairs::pairs(layers.get(choice.layer)),
            tokens: tokens::tokens(inspection, layers.get(choice.layer)),
            changes: changes::changes(inspection, &layers),
            flows: changes::flows(inspection, layers.get(choice.layer)),
            findings,
            experts,
            layers,
        }
    }

    /// The layer that is chosen.
    pub fn layer(&self, choice: &InspectedChoice) -> Option<&InspectedLayer> {
        self.layers.get(choice.layer)
    }
}

impl InspectedView {
    /// What an unlit expert's colours are multiplied with while another one is lit.
    const DIM: f32 = 0.35;

    /// What is to be shown of an inspection: computed when it or a choice is another than the last time.
    pub fn seen(&mut self, inspection: &Arc<Inspection>) -> Arc<SeenCheckpoint> {
        let last = inspection.now.planned.len().saturating_sub(1);
        self.choice.layer = self.choice.layer.min(last);
        let language = spoken();
        if let Some(last) = &self.seen
            && Arc::ptr_eq(&last.inspection, inspection)
            && last.choice == self.choice
            && last.language == language
        {
            return last.seen.clone();
        }
        if self.seen.as_ref().is_some_and(|last| last.inspection.now.path != inspection.now.path) {
            (self.kept, self.typed) = (None, None);
            self.choice = InspectedChoice { map: self.choice.map, ..InspectedChoice::default() };
        }
        // Whoever begins to compare wants to see what changed.
        let compared = |inspection: &Inspection| inspection.then.as_ref().map(|then| then.path.clone());
        if inspection.then.is_some()
            && self.seen.as_ref().is_none_or(|last| compared(&last.inspection) != compared(inspection))
        {
            self.page = InspectedPage::Changes;
        }
        self.counted += 1;
        let seen = Arc::new(SeenCheckpoint::of(inspection, &self.choice, self.counted));
        let choice = self.choice.clone();
        self.seen = Some(SeenOf { inspection: inspection.clone(), choice, language, seen: seen.clone() });
        seen
    }

    /// Chooses another layer, so many further.
    pub fn step_layer(&mut self, by: isize) {
        self.choice.layer = self.choice.layer.saturating_add_signed(by);
    }

    /// Says that the pointer is on an expert; it is lit everywhere from the next frame.
    pub fn hover(&mut self, expert: usize) {
        self.next_hovered = Some(expert);
    }

    /// Keeps an expert lit, or lets it go; nothing where the layer has no such expert.
    pub fn keep(&mut self, expert: usize) {
        if self.seen.as_ref().is_none_or(|last| expert >= last.seen.experts.len()) {
            return;
        }
        self.kept = if self.kept == Some(expert) { None } else { Some(expert) };
    }

    /// Looks at an expert of a layer.
    pub fn look_at(&mut self, layer: usize, expert: Option<usize>) {
        (self.choice.layer, self.kept) = (layer, expert.or(self.kept));
    }

    /// Lets go of what is kept; whether there was any.
    pub fn let_go(&mut self) -> bool {
        self.kept.take().is_some()
    }

    /// The expert that is lit: under the pointer, else the one that is kept.
    pub fn lit(&self) -> Option<usize> {
        self.hovered.or(self.kept)
    }

    /// What an expert's colours are multiplied with.
    pub fn strength(&self, expert: usize) -> f32 {
        if self.lit().is_none_or(|lit| lit == expert) { 1.0 } else { Self::DIM }
    }

    /// Ends a frame; whether what is lit or chosen has changed, so that it must be drawn again.
    pub fn end_frame(&mut self) -> bool {
        let lit = self.hovered != self.next_hovered;
        self.hovered = self.next_hovered.take();
        let page = std::mem::replace(&mut self.drawn, self.page) != self.page;
        lit || page || self.seen.as_ref().is_some_and(|last| last.choice != self.choice)
    }
}

/// The name of the expert with this number in its layer.
pub(crate) fn name(expert: usize) -> ExpertId {
    ExpertId(u32::try_from(expert).unwrap_or(u32::MAX - 1))
}

#[cfg(test)]
#[path = "inspected_tests.rs"]
mod tests;
