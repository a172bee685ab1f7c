//! Difference of two checkpoints of one model: how far each expert's weights went, which tokens changed their expert, and what is
//! better or worse for it.
//!
//! - `comparable`: whether two checkpoints have the same mixtures, and why not.
//! - `matching`: which expert then is which now.
//! - `likeness`: how alike the experts then are to those now, by which they are matched.
//! - `neurons`: the same whatever the order of an expert's neurons.
//! - `weights`: lengths of what changed, expert by expert.
//! - `layer`: what became of one mixture.
//! - `moved`: tokens whose expert changed.
//! - `measures`: measures then and now.

mod comparable;
mod layer;
mod likeness;
mod matching;
mod measures;
mod moved;
mod neurons;
mod weights;

pub use comparable::Incomparable;
pub use layer::{ExpertDifference, LayerDifference};
pub use matching::{ExpertMatching, MatchedBy};
pub use measures::{ChangeVerdict, ComparedMeasure, MeasureChange};
pub use moved::{MovedTokens, moved_tokens};

use serde::Serialize;

use super::fault::InspectError;
use super::health::Watch;
use super::layout::MixturePlan;
use super::model::Model;
use super::report::{InspectScope, LayerReport};
use super::text::RoutedText;
use crate::store::history::History;

/// What changed between two checkpoints.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct CheckpointDifference {
    layers: Vec<LayerDifference>,
    measures: Vec<MeasureChange>,
    /// Keys of all mixtures, those that were not compared as well.
    #[serde(skip)]
    keys: Vec<String>,
}

impl CheckpointDifference {
    /// The mixtures that were compared, in the order of the checkpoint now.
    pub fn layers(&self) -> &[LayerDifference] {
        &self.layers
    }

    /// Measures then and now.
    pub fn measures(&self) -> &[MeasureChange] {
        &self.measures
    }

    /// Whether every weight that was compared is the same.
    pub fn is_nothing(&self) -> bool {
        self.layers.iter().all(LayerDifference::is_nothing)
    }

    /// Adds which tokens of a text changed their experts, layer by layer, and what the text says of both. Where the weights of
    /// then and now are strangers, experts are matched by the tokens that they answer.
    ///
    /// # Errors
    /// [`Incomparable::Tokens`] if the two are not the same tokens.
    pub fn with_texts(mut self, now: &RoutedText, then: &RoutedText) -> Result<Self, Incomparable> {
        Incomparable::of_texts(now, then)?;
        for layer in &mut self.layers {
            let of = |text: &RoutedText| text.layers.iter().find(|routed| routed.key == layer.key()).cloned();
            if let (Some(now), Some(then)) = (of(now), of(then)) {
                let by_picks = layer.matching().are_strangers().then(|| moved::matching_by_picks(&then, &now));
                layer.take_moved(moved_tokens(&then, &now, by_picks.as_ref().unwrap_or(layer.matching())));
            }
        }
        self.measures.extend(measures::of_texts(now, then));
        Ok(self)
    }

    /// Adds what the weights of both say of their experts, layer by layer.
    pub fn with_health<'a>(
        mut self,
        now: impl IntoIterator<Item = &'a LayerReport>,
        then: impl IntoIterator<Item = &'a LayerReport>,
    ) -> Self {
        let then: Vec<&LayerReport> = then.into_iter().collect();
        for layer in now {
            if let Some(was) = then.iter().find(|was| was.key() == layer.key()) {
                self.measures.extend(measures::of_health(layer, was));
            }
        }
        self
    }

    /// Adds what the curves of two saves of this program say of both.
    pub fn with_histories(mut self, now: &History, then: &History) -> Self {
        let keys: Vec<&str> = self.keys.iter().map(String::as_str).collect();
        let is_compared = |key: &str| self.layers.iter().any(|layer| layer.key() == key);
        let found = measures::of_histories(now, then, &keys);
        self.measures.extend(found.into_iter().filter(|change| change.layer().is_none_or(is_compared)));
        self
    }
}

/// Numbers that [`weights_difference`] reads of the experts if they are matched as they are stored.
pub fn difference_work(now: &Model, then: &Model, scope: &InspectScope) -> u64 {
    let pairs = comparable::pairs(now, then, scope).unwrap_or_default();
    pairs.iter().map(|(now, then)| weights::work(now, then, scope.quick)).fold(0, u64::saturating_add)
}

/// Compares the weights of two checkpoints, one expert at a time. `begun` is told of each mixture before it is read. `None` if
/// `watch` did not want to go on.
///
/// - `scope`: which mixtures; `quick` compares the routers alone
///
/// # Errors
/// [`InspectError::Incomparable`] if they are not of one family and size, a layer that is not there, or a file that cannot be read.
pub fn weights_difference(
    now: &Model,
    then: &Model,
    scope: &InspectScope,
    mut begun: impl FnMut(&MixturePlan),
    watch: Watch<'_>,
) -> Result<Option<CheckpointDifference>, InspectError> {
    let rosters = comparable::rosters(now, then);
    let mut layers = Vec::new();
    for pair in comparable::pairs(now, then, scope)? {
        begun(pair.0);
        let identities = rosters.as_ref().and_then(|rosters| rosters.get(pair.0.key()));
        let Some(layer) = layer::compare([now, then], pair, identities, scope.quick, watch)? else { return Ok(None) };
        layers.push(layer);
    }
    let keys = now.mixtures().iter().map(|mixture| mixture.key().to_owned()).collect();
    Ok(Some(CheckpointDifference { layers, measures: Vec::new(), keys }))
}

#[cfg(test)]
mod tests;
