//! Root-mean-square normalisation on slices.

use multiversion::multiversion;
use rayon::prelude::*;

use super::lanes::{dot, dot3};
use super::pool::Buffer;

/// Rows one task takes.
const ROWS: usize = 128;

/// y = x ÷ √(mean x² + `epsilon`) · gain, row by row; also gives 1 ÷ √(…) of each row.
#[multiversion(targets = "simd")]
pub fn forward(x: &[f32], gain: &[f32], epsilon: f32) -> (Vec<f32>, Buffer) {
    let width = gain.len();
    let mut y = vec![0.0; x.len()];
    let mut inverse = Buffer::dirty(x.len() / width);
    let tasks = y.par_chunks_mut(ROWS * width).zip(inverse.par_chunks_mut(ROWS)).zip(x.par_chunks(ROWS * width));
    tasks.for_each(|((y, inverse), x)| {
        for ((y, inverse), x) in y.chunks_exact_mut(width).zip(inverse).zip(x.chunks_exact(width)) {
            *inverse = 1.0 / (dot(x, x) / width as f32 + epsilon).sqrt();
            for ((y, &x), &gain) in y.iter_mut().zip(x).zip(gain) {
                *y = x * *inverse * gain;
            }
        }
    });
    (y, inverse)
}

/// Gradients of x and gain from that of y.
///
/// With r the inverse root and h = gradient ⊙ gain: dx = r·h − x·r³·(h·x)/D; dgain = Σ rows gradient ⊙ x·r.
#[multiversion(targets = "simd")]
pub fn backward(x: &[f32], gain: &[f32], inverse: &[f32], gradient: &[f32]) -> (Vec<f32>, Vec<f32>) {
    let width = gain.len();
    let mut dx = vec![0.0; x.len()];
    let rows = x.par_chunks(ROWS * width).zip(gradient.par_chunks(ROWS * width)).zip(inverse.par_chunks(ROWS));
    let parts: Vec<Vec<f32>> = dx
        .par_chunks_mut(ROWS * width)
        .zip(rows)
        .map(|(dx, ((x, gradient), inverse))| {
            let mut dgain = vec![0.0; width];
            let rows = x.chunks_exact(width).zip(gradient.chunks_exact(width)).zip(inverse);
            for (dx, ((x, gradient), &r)) in dx.chunks_exact_mut(width).zip(rows) {
                let along = dot3(gradient, gain, x) * r * r * r / width as f32;
                let each = dx.iter_mut().zip(&mut dgain).zip(gradient.iter().zip(gain)).zip(x);
                each.for_each(|(((dx, dgain), (&g, &gain)), &x)| {
                    *dx = r * g * gain - x * along;
                    *dgain += g * x * r;
                });
            }
            dgain
        })
        .collect();
    let mut dgain = vec![0.0; width];
    for part in parts {
        dgain.iter_mut().zip(part).for_each(|(sum, p)| *sum += p);
    }
    (dx, dgain)
}
