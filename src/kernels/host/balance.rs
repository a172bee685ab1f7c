//! The entropy balance of routing scores on slices.

use multiversion::multiversion;
use rayon::prelude::*;

use super::lanes::dot;
use super::pool::Buffer;
use super::softmax;

/// E(u) for `u` `[T, N]` of `sequences` sequences, and what its backward pass wants: softmax of u, mean of each sequence.
///
/// Computed as mean Σ_i (m ln(N m) − m + 1/N) − ln N: near an even m the terms are small numbers rather than the
/// difference of two large ones.
#[multiversion(targets = "simd")]
pub fn forward(u: &[f32], experts: usize, sequences: usize) -> (f32, Vec<Buffer>) {
    let positions = u.len() / experts / sequences;
    let mut p = Buffer::dirty(u.len());
    let mut means = Buffer::dirty(sequences * experts);
    let n = experts as f64;
    let rows =
        p.par_chunks_mut(positions * experts).zip(means.par_chunks_mut(experts)).zip(u.par_chunks(positions * experts));
    let losses: Vec<f64> = rows
        .map(|((p, mean), u)| {
            p.copy_from_slice(u);
            mean.fill(0.0);
            for row in p.chunks_exact_mut(experts) {
                softmax::normalise(row);
                mean.iter_mut().zip(&*row).for_each(|(m, &v)| *m += v);
            }
            mean.iter_mut().for_each(|m| *m /= positions as f32);
            mean.iter()
                .map(|&m| f64::from(m))
                .map(|m| m * (n * m).max(f64::from(f32::MIN_POSITIVE)).ln() - m + 1.0 / n)
                .sum()
        })
        .collect();
    let loss = losses.iter().sum::<f64>() / sequences as f64 - n.ln();
    (loss as f32, vec![p, means])
}

/// Gradient of u, `g` being that of the loss.
#[multiversion(targets = "simd")]
pub fn backward(kept: &[Buffer], experts: usize, sequences: usize, g: f32) -> Vec<f32> {
    let [p, means] = kept else { unreachable!("softmax and means") };
    let positions = p.len() / experts / sequences;
    let mut out = vec![0.0; p.len()];
    let scale = g / (sequences * positions) as f32;
    let rows = p.par_chunks(positions * experts).zip(means.par_chunks(experts));
    out.par_chunks_mut(positions * experts).zip(rows).for_each(|(out, (p, mean))| {
        // d/dm of m ln(N m) − m is ln(N m).
        let slope: Vec<f32> = mean.iter().map(|&m| scale * (experts as f32 * m).max(f32::MIN_POSITIVE).ln()).collect();
        for (out, p) in out.chunks_exact_mut(experts).zip(p.chunks_exact(experts)) {
            let along = dot(p, &slope);
            out.iter_mut().zip(p).zip(&slope).for_each(|((out, &p), &slope)| *out = p * (slope - along));
        }
    });
    out
}
