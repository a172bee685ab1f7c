//! Likeness of experts whose neurons are matched first: two experts may be the same up to the order of their neurons.

use rayon::prelude::*;

use super::{LikenessMatrix, Watch};
use crate::domain::measures::matching::MOST_NEURONS;
use crate::domain::measures::similarity::weight_cosine_while;
use crate::inspect::fault::InspectError;
use crate::inspect::layout::MixturePlan;
use crate::inspect::model::Model;

/// Most steps that all assignments of a layer may take: a minute or two on two cores.
const MOST_STEPS: f64 = 1e11;
/// Most numbers of one expert, of which two are in memory in double precision.
const MOST_NUMBERS: u64 = 1 << 23;

/// Whether matching is bearable: pairs times the cube of an expert's width, and memory for two experts.
pub(super) fn is_feasible(mixture: &MixturePlan) -> bool {
    let experts = mixture.experts() as f64;
    is_bearable(mixture, experts * (experts - 1.0) / 2.0)
}

/// Whether matching the neurons of so many pairs of experts of this size is bearable.
pub(in crate::inspect) fn is_bearable(mixture: &MixturePlan, pairs: f64) -> bool {
    let (width, hidden) = (mixture.expert_width() as f64, mixture.hidden() as f64);
    mixture.expert_width() <= MOST_NEURONS
        && mixture.expert_parameters() <= MOST_NUMBERS
        && pairs * width.powi(2) * (width + 6.0 * hidden) <= MOST_STEPS
}

/// Cosines after the best order of one expert's neurons, `[E × E]`. `None` if `watch` did not want to go on.
pub(super) fn of(
    model: &Model,
    mixture: &MixturePlan,
    watch: Watch<'_>,
) -> Result<Option<LikenessMatrix>, InspectError> {
    let experts = mixture.experts();
    let mut cosines = LikenessMatrix::unknown(experts);
    for a in 0..experts {
        let Some(of_a) = neurons(model, mixture, a)? else { continue };
        let row: Result<Vec<Option<f64>>, InspectError> = (a..experts)
            .into_par_iter()
            .map(|b| {
                let Some(of_b) = neurons(model, mixture, b)? else { return Ok(None) };
                let found = weight_cosine_while(&of_a, &of_b, mixture.expert_width(), || watch(0));
                Ok(found.map(|cosine| cosine.matched))
            })
            .collect();
        if !watch(0) {
            return Ok(None);
        }
        for (b, cosine) in (a..experts).zip(row?) {
            cosines.set(a, b, cosine);
        }
    }
    Ok(Some(cosines))
}

/// All weights of an expert, those of a neuron beside each other; `None` if it has none, a number is not finite or all are zero.
pub(in crate::inspect) fn neurons(
    model: &Model,
    mixture: &MixturePlan,
    expert: usize,
) -> Result<Option<Vec<f64>>, InspectError> {
    if mixture.missing().binary_search(&expert).is_ok() {
        return Ok(None);
    }
    let matrices = model.expert(mixture, expert)?;
    let mut all = Vec::with_capacity(usize::try_from(mixture.expert_parameters()).unwrap_or(0));
    for neuron in 0..mixture.expert_width() {
        let into = matrices.gate.iter().chain([&matrices.up]).flat_map(|matrix| matrix.row(neuron));
        all.extend(into.map(|value| f64::from(*value)));
        let down = matrices.down.values().iter().skip(neuron).step_by(mixture.expert_width().max(1));
        all.extend(down.map(|value| f64::from(*value)));
    }
    let is_told = all.iter().all(|value| value.is_finite()) && all.iter().any(|value| *value != 0.0);
    Ok(is_told.then_some(all))
}
