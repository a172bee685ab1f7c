//! Root-mean-square normalisation on slices.

use multiversion::multiversion;
use rayon::prelude::*;

use super::pool::Buffer;
use super::simd_math::{dot, dot3};
use super::tasks::Tasks;

/// Rows one task takes.
const ROWS: usize = 32;

/// What a forward pass makes.
#[derive(Debug)]
pub(crate) struct HostNormed {
    /// x and what was added, if something was: `[T, D]`
    pub sum: Option<Buffer>,
    /// `[T, D]`
    pub y: Buffer,
    /// 1 ÷ √(mean x² + ε) of each row, `[T]`.
    pub inverse: Buffer,
}

/// y = x ÷ √(mean x² + `epsilon`) · gain, row by row, of x or of the sum of x and `added`.
#[multiversion(targets = "simd")]
pub fn forward(x: &[f32], added: Option<&[f32]>, gain: &[f32], epsilon: f32) -> HostNormed {
    let width = gain.len();
    let mut y = Buffer::dirty(x.len());
    let mut inverse = Buffer::dirty(x.len() / width);
    let mut sum = added.map(|_| Buffer::dirty(x.len()));
    let chunk = ROWS * width;
    let tasks = y.par_chunks_mut(chunk).zip(inverse.par_chunks_mut(ROWS)).zip(x.par_chunks(chunk));
    let normalise = |x: &[f32], y: &mut [f32], inverse: &mut f32| {
        let r = 1.0 / (dot(x, x) / width as f32 + epsilon).sqrt();
        *inverse = r;
        let (x, gain) = (&x[..y.len()], &gain[..y.len()]);
        for i in 0..y.len() {
            y[i] = x[i] * r * gain[i];
        }
    };
    match (&mut sum, added) {
        (Some(sum), Some(added)) => {
            let sums = sum.par_chunks_mut(chunk).zip(added.par_chunks(chunk));
            tasks.zip(sums).tasks(|(((y, inverse), x), (sum, added))| {
                let rows = x.chunks_exact(width).zip(added.chunks_exact(width)).zip(sum.chunks_exact_mut(width));
                for ((y, inverse), ((x, added), sum)) in y.chunks_exact_mut(width).zip(inverse).zip(rows) {
                    let (x, added) = (&x[..sum.len()], &added[..sum.len()]);
                    for i in 0..sum.len() {
                        sum[i] = x[i] + added[i];
                    }
                    normalise(sum, y, inverse);
                }
            });
        }
        _ => tasks.tasks(|((y, inverse), x)| {
            for ((y, inverse), x) in y.chunks_exact_mut(width).zip(inverse).zip(x.chunks_exact(width)) {
                normalise(x, y, inverse);
            }
        }),
    }
    HostNormed { sum, y, inverse }
}

/// Gradients of what was normalised, `x`, and of the gain from that of y and, if x was a result as well, from its own,
/// `direct`.
///
/// With r the inverse root and h = gradient ⊙ gain: dx = r·h − x·r³·(h·x)/D; dgain = Σ rows gradient ⊙ x·r.
#[multiversion(targets = "simd")]
pub fn backward(
    x: &[f32],
    gain: &[f32],
    inverse: &[f32],
    gradient: &[f32],
    direct: Option<&[f32]>,
) -> (Buffer, Vec<f32>) {
    let width = gain.len();
    let mut dx = Buffer::dirty(x.len());
    let rows = x.par_chunks(ROWS * width).zip(gradient.par_chunks(ROWS * width)).zip(inverse.par_chunks(ROWS));
    let parts: Vec<Vec<f32>> =
        dx.par_chunks_mut(ROWS * width).zip(rows).enumerate().results(|(chunk, (dx, ((x, gradient), inverse)))| {
            let mut dgain = vec![0.0; width];
            let rows = x.chunks_exact(width).zip(gradient.chunks_exact(width)).zip(inverse);
            for (row, (dx, ((x, gradient), &r))) in dx.chunks_exact_mut(width).zip(rows).enumerate() {
                let along = dot3(gradient, gain, x) * r * r * r / width as f32;
                let (x, gradient, gain) = (&x[..width], &gradient[..width], &gain[..width]);
                let (dx, dgain) = (&mut dx[..width], &mut dgain[..width]);
                for i in 0..width {
                    dx[i] = r * gradient[i] * gain[i] - x[i] * along;
                    dgain[i] += gradient[i] * x[i] * r;
                }
                if let Some(direct) = direct {
                    // The row is still in the cache.
                    let direct = &direct[(chunk * ROWS + row) * width..][..width];
                    for i in 0..width {
                        dx[i] += direct[i];
                    }
                }
            }
            dgain
        });
    let mut dgain = vec![0.0; width];
    for part in parts {
        dgain.iter_mut().zip(part).for_each(|(sum, p)| *sum += p);
    }
    (dx, dgain)
}
