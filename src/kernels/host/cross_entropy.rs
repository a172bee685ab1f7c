//! Next-byte cross-entropy on slices.

use multiversion::multiversion;
use rayon::prelude::*;

use super::lanes::{exp, largest, sum_of};
use super::pool::Buffer;

/// Rows one task takes.
const ROWS: usize = 64;

/// Mean of −ln softmax(logits)\[target\] over rows of `classes`, and ln Σ eˡ of each row for the backward pass.
///
/// A target that is no class is taken as NaN, so that it is noticed.
#[multiversion(targets = "simd")]
pub fn forward(logits: &[f32], targets: &[f32], classes: usize) -> (f32, Buffer) {
    let mut lse = Buffer::dirty(targets.len());
    let rows = logits.par_chunks(ROWS * classes).zip(targets.par_chunks(ROWS));
    let losses: Vec<f64> = lse
        .par_chunks_mut(ROWS)
        .zip(rows)
        .map(|(lse, (logits, targets))| {
            let mut loss = 0.0f64;
            for ((lse, row), &target) in lse.iter_mut().zip(logits.chunks_exact(classes)).zip(targets) {
                let most = largest(row);
                *lse = most + sum_of(row, |v| exp(v - most)).ln();
                loss += f64::from(*lse - row.get(target as usize).copied().unwrap_or(f32::NAN));
            }
            loss
        })
        .collect();
    ((losses.iter().sum::<f64>() / targets.len() as f64) as f32, lse)
}

/// Gradient of the logits, `g` being that of the loss: (softmax − one-hot)·g ÷ T.
#[multiversion(targets = "simd")]
pub fn backward(logits: &[f32], targets: &[f32], classes: usize, lse: &[f32], g: f32) -> Buffer {
    let mut out = Buffer::dirty(logits.len());
    let scale = g / targets.len() as f32;
    let rows = logits.par_chunks(ROWS * classes).zip(targets.par_chunks(ROWS)).zip(lse.par_chunks(ROWS));
    out.par_chunks_mut(ROWS * classes).zip(rows).for_each(|(out, ((logits, targets), lse))| {
        let rows = logits.chunks_exact(classes).zip(targets).zip(lse);
        for (out, ((row, &target), &lse)) in out.chunks_exact_mut(classes).zip(rows) {
            for (out, &v) in out.iter_mut().zip(row) {
                *out = scale * exp(v - lse);
            }
            if let Some(entry) = out.get_mut(target as usize) {
                *entry -= scale;
            }
        }
    });
    out
}
