//! Norm, effective rank and stable rank of the same matrix of every expert, from its singular values; ranks of large ones estimated.

use rayon::prelude::*;

use super::Watch;
use crate::domain::measures::collapse::{effective_rank, stable_rank};
use crate::domain::measures::{gram, trace};
use crate::inspect::fault::InspectError;
use crate::inspect::layout::{MatrixPlace, MixturePlan};
use crate::inspect::model::Model;

/// Memory for matrices that are looked at together, bytes; a larger one is looked at alone.
const TOGETHER: usize = 480 << 20;

/// Longest shorter side of a matrix whose singular values are computed one by one, which takes its cube; ranks of larger ones are
/// estimated.
const MOST_EXACT: usize = 512;

/// The same matrix of every expert; `None` for an expert without it or with a number that is not finite.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct MatrixHealth {
    /// Frobenius norm, `[E]`.
    pub norm: Vec<Option<f64>>,
    /// exp(H(σ ÷ Σσ)), `[E]`: 1 to the smaller side; `None` of zeros. Above a side of 512 estimated, to some thousandths.
    pub effective_rank: Vec<Option<f64>>,
    /// ‖W‖² ÷ σ₁², `[E]`: 1 to the smaller side; `None` of zeros.
    pub stable_rank: Vec<Option<f64>>,
    /// Numbers that are not finite, `[E]`.
    pub not_finite: Vec<u64>,
    /// Whether ranks are estimated: the shorter side is longer than 512.
    pub is_estimated: bool,
}

/// One expert's matrix.
#[derive(Clone, Copy, Default)]
struct One {
    norm: Option<f64>,
    effective_rank: Option<f64>,
    stable_rank: Option<f64>,
    not_finite: u64,
}

impl One {
    fn of(values: &[f32], rows: usize, columns: usize) -> Self {
        let not_finite = values.iter().filter(|value| !value.is_finite()).count() as u64;
        let norm = values.iter().map(|value| f64::from(*value).powi(2)).sum::<f64>().sqrt();
        if rows.min(columns) > MOST_EXACT {
            let found = trace::estimate(values, rows, columns);
            return Self {
                norm: Some(norm).filter(|_| not_finite == 0),
                effective_rank: found.map(|found| found.effective_rank),
                stable_rank: found.map(|found| (norm / found.largest).powi(2)),
                not_finite,
            };
        }
        let Some(spectrum) = gram::singular_values(values, rows, columns) else {
            return Self { not_finite, ..Self::default() };
        };
        Self {
            norm: Some(norm),
            effective_rank: Some(effective_rank(&spectrum)).filter(|rank| *rank > 0.0),
            stable_rank: stable_rank(&spectrum),
            not_finite,
        }
    }
}

/// Reads the matrix of every expert, some at a time. `None` if `watch` did not want to go on.
pub(super) fn of(
    model: &Model,
    mixture: &MixturePlan,
    place: &MatrixPlace,
    watch: Watch<'_>,
) -> Result<Option<MatrixHealth>, InspectError> {
    let [rows, columns] = place.shape();
    let numbers = rows.saturating_mul(columns);
    let side = rows.min(columns);
    // Exact singular values need the Gram matrix and a copy of it; an estimate next to nothing.
    let beside = if side > MOST_EXACT { 0 } else { side.saturating_mul(side).saturating_mul(16) };
    let bytes = numbers.saturating_mul(4).saturating_add(beside);
    let together = (TOGETHER / bytes.max(1)).clamp(1, rayon::current_num_threads().max(1));
    let experts: Vec<usize> = (0..mixture.experts()).collect();
    let mut health = MatrixHealth { is_estimated: side > MOST_EXACT, ..MatrixHealth::default() };
    for some in experts.chunks(together) {
        let found: Result<Vec<Option<One>>, InspectError> = some
            .par_iter()
            .map(|&expert| {
                let is_missing = mixture.missing().binary_search(&expert).is_ok();
                let one = if is_missing {
                    One::default()
                } else {
                    let matrix = model.matrix(place, expert)?;
                    One::of(matrix.values(), rows, columns)
                };
                Ok(watch(numbers as u64).then_some(one))
            })
            .collect();
        for one in found? {
            let Some(one) = one else { return Ok(None) };
            health.norm.push(one.norm);
            health.effective_rank.push(one.effective_rank);
            health.stable_rank.push(one.stable_rank);
            health.not_finite.push(one.not_finite);
        }
    }
    Ok(Some(health))
}
