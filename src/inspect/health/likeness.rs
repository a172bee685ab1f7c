//! Likeness of experts: the cosine of all weights of two, as they lie. One pass over the file: the same stretch of every expert at a
//! time, so that memory does not grow with the experts.

use rayon::prelude::*;

use super::{LikenessMatrix, Watch};
use crate::domain::measures::gram;
use crate::inspect::fault::InspectError;
use crate::inspect::layout::{MatrixPlace, MixturePlan};
use crate::inspect::model::Model;

/// Numbers of all experts together that are in memory at a time: 64 MiB.
const AT_ONCE: usize = 1 << 24;

/// Cosines of gate, up and down in one vector, `[E × E]`. `None` if `watch` did not want to go on.
pub(super) fn of(
    model: &Model,
    mixture: &MixturePlan,
    watch: Watch<'_>,
) -> Result<Option<LikenessMatrix>, InspectError> {
    let experts = mixture.experts();
    let missing = mixture.missing();
    let mut products = vec![0.0; experts * experts];
    for place in stored(mixture) {
        let length = place.stored_len();
        let piece = (AT_ONCE / experts.max(1)).clamp(1, length.max(1));
        let mut block = vec![0.0f32; experts * piece];
        for from in (0..length).step_by(piece) {
            let width = piece.min(length - from);
            let Some(block) = block.get_mut(..experts * width) else { continue };
            block.par_chunks_mut(width).enumerate().try_for_each(|(expert, into)| {
                if missing.binary_search(&expert).is_ok() {
                    into.fill(0.0);
                    return Ok(());
                }
                model.stretch(place, expert, from, into)
            })?;
            let sum = gram::row_products(block, experts, width);
            products.iter_mut().zip(sum.as_slice()).for_each(|(product, sum)| *product += sum);
            if !watch((experts * width) as u64) {
                return Ok(None);
            }
        }
    }
    let at = |a: usize, b: usize| products.get(a * experts + b).copied().unwrap_or(f64::NAN);
    let cosine = |a: usize, b: usize| {
        let lengths = (at(a, a) * at(b, b)).sqrt();
        let cosine = at(a, b) / lengths;
        (lengths > 0.0 && cosine.is_finite()).then_some(cosine)
    };
    Ok(Some(LikenessMatrix::of(experts, cosine)))
}

/// The tensors of an expert as they are stored, each once.
fn stored(mixture: &MixturePlan) -> Vec<&MatrixPlace> {
    let places = mixture.places();
    let mut all: Vec<&MatrixPlace> = Vec::new();
    for place in places.gate.iter().chain([&places.up, &places.down]) {
        if all.iter().all(|other| other.name != place.name) {
            all.push(place);
        }
    }
    all
}
