//! Softmax over rows of scores, all of a row or its marked entries, on slices.

use multiversion::multiversion;
use rayon::prelude::*;

use super::pool::Buffer;
use super::simd_math::{dot, exp, largest, sum_of};
use super::tasks::Tasks;

/// Rows one task takes.
const ROWS: usize = 32;

/// Softmax of each row of `width` scores; with a `mask` of 0 and 1 over the marked entries only, 0 elsewhere.
#[multiversion(targets = "simd")]
pub fn forward(scores: &[f32], mask: Option<&[f32]>, width: usize) -> Vec<f32> {
    let mut out = scores.to_vec();
    out.par_chunks_mut(ROWS * width).enumerate().tasks(|(chunk, out)| {
        let mask = mask.map(|mask| &mask[chunk * ROWS * width..chunk * ROWS * width + out.len()]);
        for (i, row) in out.chunks_exact_mut(width).enumerate() {
            match mask {
                Some(mask) => masked(row, &mask[i * width..(i + 1) * width]),
                None => {
                    normalise(row);
                }
            }
        }
    });
    out
}

/// Turns a row of scores into its softmax; gives back ln Σ eˢ.
#[inline(always)]
pub(crate) fn normalise(row: &mut [f32]) -> f32 {
    let most = largest(row);
    // All −∞ (or NaN): nothing to subtract.
    let most = if most == f32::NEG_INFINITY { 0.0 } else { most };
    for v in row.iter_mut() {
        *v = exp(*v - most);
    }
    let sum = sum_of(row, |v| v);
    let scale = 1.0 / sum;
    for v in row {
        *v *= scale;
    }
    most + sum.ln()
}

#[inline(always)]
fn masked(row: &mut [f32], mask: &[f32]) {
    let mut most = f32::NEG_INFINITY;
    for (&v, &m) in row.iter().zip(mask) {
        most = if m != 0.0 && v > most { v } else { most };
    }
    let most = if most == f32::NEG_INFINITY { 0.0 } else { most };
    let mut sum = 0.0;
    for (v, &m) in row.iter_mut().zip(mask) {
        // Chosen, not multiplied: an unmarked infinity must not become NaN.
        *v = if m != 0.0 { exp(*v - most) } else { 0.0 };
        sum += *v;
    }
    let scale = if sum == 0.0 { 0.0 } else { 1.0 / sum };
    for v in row {
        *v *= scale;
    }
}

/// Gradient of the scores from the softmax `p` and its gradient `g`: p·(g − Σ p·g). The same with and without a mask.
#[multiversion(targets = "simd")]
pub fn backward(p: &[f32], g: &[f32], width: usize) -> Buffer {
    let mut out = Buffer::dirty(p.len());
    let rows = p.par_chunks(ROWS * width).zip(g.par_chunks(ROWS * width));
    out.par_chunks_mut(ROWS * width).zip(rows).tasks(|(out, (p, g))| {
        let rows = p.chunks_exact(width).zip(g.chunks_exact(width));
        for (out, (p, g)) in out.chunks_exact_mut(width).zip(rows) {
            let mean = dot(p, g);
            for ((out, &p), &g) in out.iter_mut().zip(p).zip(g) {
                *out = p * (g - mean);
            }
        }
    });
    out
}
