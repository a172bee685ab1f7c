//! What changed between the two checkpoints of an inspection: weights once, the text whenever both have routed it.

use std::sync::Arc;

use super::progress::WorkProgress;
use super::shared::Shared;
use super::side::Side;
use super::typed::Typed;
use super::{InspectedFile, InspectionWorkKind};
use crate::inspect::{CheckpointDifference, InspectScope, difference_work, weights_difference};
use crate::run::Reason;

/// How far two checkpoints have been compared.
#[derive(Debug)]
pub(super) struct Compared {
    /// Weights, and the curves of runs of ours.
    weights: CheckpointDifference,
    /// The same with the health of both and the text, as far as they are known.
    pub shown: Arc<CheckpointDifference>,
}

impl Compared {
    /// Compares the weights of two checkpoints. `None` if something newer is wanted.
    ///
    /// # Errors
    /// Why they cannot be compared, or read.
    pub fn of(now: &Side, then: &Side, shared: &Shared) -> Result<Option<Self>, Reason> {
        let (Some(model), Some(before)) = (now.model(), then.model()) else { return Ok(None) };
        let scope = InspectScope::default();
        let progress =
            WorkProgress::new(shared, InspectionWorkKind::Against, 0, difference_work(model, before, &scope));
        let found = weights_difference(model, before, &scope, |_| (), &|numbers| progress.advance(numbers))?;
        let Some(mut weights) = found else { return Ok(None) };
        let curves = |side: &Side| side.file.own.as_ref().and_then(|own| own.history.clone());
        if let (Some(now), Some(then)) = (curves(now), curves(then)) {
            weights = weights.with_histories(&now, &then);
        }
        Ok(Some(Self { shown: Arc::new(weights.clone()), weights }))
    }

    /// Takes in the health of both, once all of it is measured, and how both route the text; what was said of a text before is put
    /// away.
    pub fn tell(&mut self, typed: &Typed, now: &InspectedFile, then: &InspectedFile) {
        let mut shown = self.weights.clone();
        if [now, then].iter().all(|file| file.measured == file.planned.len()) {
            let (now, then) = (&now.layers, &then.layers);
            shown = shown.with_health(now.iter().map(Arc::as_ref), then.iter().map(Arc::as_ref));
        }
        let both = typed.shown.routed.as_ref().zip(typed.shown.then.as_ref());
        // Other tokens are not compared.
        let moved = both.and_then(|(now, then)| shown.clone().with_texts(now, then).ok());
        self.shown = Arc::new(moved.unwrap_or(shown));
    }
}
