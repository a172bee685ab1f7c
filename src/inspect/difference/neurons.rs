//! Likeness of experts then and now whatever the order of their neurons: for experts whose weights, as they lie, are strangers.

use rayon::prelude::*;

use super::comparable::Pair;
use super::likeness::Likeness;
use super::matching::{ExpertMatching, MatchedBy};
use crate::domain::draw::{Draws, Purpose};
use crate::domain::measures::similarity::{unrelated, weight_cosine_while};
use crate::inspect::fault::InspectError;
use crate::inspect::health::Watch;
use crate::inspect::health::matched::{is_bearable, neurons};
use crate::inspect::model::Model;

/// Experts by which the likeness of unrelated ones is measured.
const DRAWN: usize = 4;
/// So much more alike than unrelated experts are those that are the same.
const ABOVE_CHANCE: f64 = 0.05;

/// Matches experts by the best order of their neurons. The inner `None` where that is too much work, or where they are no more alike
/// than unrelated ones.
pub(super) fn matching(
    models: [&Model; 2],
    pair: Pair<'_>,
    watch: Watch<'_>,
) -> Result<Option<Option<ExpertMatching>>, InspectError> {
    let (now, then) = (pair.0.experts(), pair.1.experts());
    let width = pair.0.expert_width();
    if !is_bearable(pair.0, now as f64 * then as f64) {
        return Ok(Some(None));
    }
    let (mut cells, mut by_chance) = (Vec::with_capacity(now * then), Vec::new());
    for was in 0..then {
        let of_then = neurons(models[1], pair.1, was)?;
        let row: Result<Vec<Option<f64>>, InspectError> = (0..now)
            .into_par_iter()
            .map(|is| {
                let (Some(of_then), Some(of_now)) = (&of_then, neurons(models[0], pair.0, is)?) else {
                    return Ok(None);
                };
                let found = weight_cosine_while(of_then, &of_now, width, || watch(0));
                Ok(found.map(|cosine| cosine.matched))
            })
            .collect();
        cells.extend(row?);
        if let Some(of_then) = of_then.filter(|_| was < DRAWN) {
            let stranger = unrelated(&of_then, &mut Draws::new(0, Purpose::Signs, 0, was as u64));
            by_chance.extend(weight_cosine_while(&of_then, &stranger, width, || watch(0)).map(|cosine| cosine.matched));
        }
        if !watch(0) {
            return Ok(None);
        }
    }
    let by_chance = (!by_chance.is_empty()).then(|| by_chance.iter().sum::<f64>() / by_chance.len() as f64);
    let numbers = usize::try_from(pair.0.expert_parameters()).unwrap_or(usize::MAX);
    let found = Likeness::new(cells, then, now, numbers).matching(MatchedBy::Neurons, false, by_chance);
    let is_told = found.likeness() > by_chance.map(|chance| chance + ABOVE_CHANCE);
    Ok(Some(Some(found).filter(|_| is_told)))
}
