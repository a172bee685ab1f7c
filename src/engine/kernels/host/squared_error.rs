//! Squared error with a weight for each position, on slices.

use multiversion::multiversion;
use rayon::prelude::*;

use super::pool::Buffer;
use super::tasks::Tasks;

/// Rows one task takes.
const ROWS: usize = 64;

/// Σ (output − target)² ÷ W of a row of W numbers.
#[inline(always)]
fn error(outputs: &[f32], targets: &[f32]) -> f64 {
    let square = |(&output, &target): (&f32, &f32)| f64::from((output - target) * (output - target));
    outputs.iter().zip(targets).map(square).sum::<f64>() / outputs.len() as f64
}

/// Mean by `weights` of the squared errors of rows of `width` numbers, each averaged over its numbers. A row of weight 0 is
/// not looked at; if all are, the mean is 0.
#[multiversion(targets = "simd")]
pub fn forward(outputs: &[f32], targets: &[f32], weights: &[f32], width: usize) -> f32 {
    let rows = outputs.par_chunks(ROWS * width).zip(targets.par_chunks(ROWS * width)).zip(weights.par_chunks(ROWS));
    let sums: Vec<[f64; 2]> = rows.results(|((outputs, targets), weights)| {
        let rows = outputs.chunks_exact(width).zip(targets.chunks_exact(width)).zip(weights);
        rows.filter(|(_, weight)| **weight != 0.0).fold([0.0, 0.0], |[loss, whole], ((outputs, targets), &weight)| {
            let weight = f64::from(weight);
            [loss + weight * error(outputs, targets), whole + weight]
        })
    });
    let [loss, whole] = sums.iter().fold([0.0, 0.0], |[loss, whole], sum| [loss + sum[0], whole + sum[1]]);
    if whole == 0.0 { 0.0 } else { (loss / whole) as f32 }
}

/// Gradient of the outputs, `g` being that of the mean: 2 (output − target) ÷ W · g · weight ÷ Σ weights; zeros in a row of
/// weight 0.
#[multiversion(targets = "simd")]
pub fn backward(outputs: &[f32], targets: &[f32], weights: &[f32], width: usize, g: f32) -> Buffer {
    let mut out = Buffer::dirty(outputs.len());
    let whole = weights.iter().map(|&weight| f64::from(weight)).sum::<f64>() as f32;
    let rows = outputs.par_chunks(ROWS * width).zip(targets.par_chunks(ROWS * width)).zip(weights.par_chunks(ROWS));
    out.par_chunks_mut(ROWS * width).zip(rows).tasks(|(out, ((outputs, targets), weights))| {
        let rows = outputs.chunks_exact(width).zip(targets.chunks_exact(width)).zip(weights);
        for (out, ((outputs, targets), &weight)) in out.chunks_exact_mut(width).zip(rows) {
            if weight == 0.0 {
                out.fill(0.0);
                continue;
            }
            let scale = 2.0 / width as f32 * g * weight / whole;
            out.iter_mut().zip(outputs.iter().zip(targets)).for_each(|(out, (o, t))| *out = (o - t) * scale);
        }
    });
    out
}
