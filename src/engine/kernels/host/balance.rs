//! Balance and z-loss of routing scores on slices.

use multiversion::multiversion;
use rayon::prelude::*;

use super::pool::Buffer;
use super::simd_math::dot;
use super::softmax;
use super::tasks::Tasks;
use crate::engine::kernels::Balancing;
use crate::engine::kernels::top_k::select;

/// Balance and z-loss of `u` `[T, N]` by their weights, and the balance; keeps softmax of u `[T, N]`, the balance's slopes
/// `[B, N]` (but for 1 ÷ T) and ln Σ eᵘ of each token `[T]`.
///
/// E is computed as mean Σ_i (m ln(N m) − m + 1/N) − ln N: near an even m the terms are small numbers rather than the
/// difference of two large ones.
#[multiversion(targets = "simd")]
pub fn forward(u: &[f32], experts: usize, balancing: &Balancing) -> ([f32; 2], Vec<Buffer>) {
    let (tokens, sequences) = (u.len() / experts, balancing.sequences);
    let positions = tokens / sequences;
    let mut p = Buffer::dirty(u.len());
    let mut slopes = Buffer::dirty(sequences * experts);
    let mut logs = Buffer::dirty(tokens);
    let part = positions * experts;
    let rows = p.par_chunks_mut(part).zip(slopes.par_chunks_mut(experts)).zip(logs.par_chunks_mut(positions));
    let sums: Vec<[f64; 2]> = rows.zip(u.par_chunks(part)).results(|(((p, slopes), logs), u)| {
        p.copy_from_slice(u);
        for (row, log) in p.chunks_exact_mut(experts).zip(&mut *logs) {
            *log = softmax::normalise(row);
        }
        let squares = if balancing.z == 0.0 { 0.0 } else { logs.iter().map(|&log| f64::from(log).powi(2)).sum() };
        [if balancing.by_choice { by_choice_of(p, p, slopes) } else { by_entropy(p, slopes) }, squares]
    });
    let [balance, squares] = sums.iter().fold([0.0; 2], |a, b| [a[0] + b[0], a[1] + b[1]]);
    let even = if balancing.by_choice { 0.0 } else { (experts as f64).ln() };
    let balance = balance / sequences as f64 - even;
    let weighed = balancing.balance * balance + balancing.z * squares / tokens as f64;
    ([weighed as f32, balance as f32], vec![p, slopes, logs])
}

/// Mean of the rows of `p` `[S, N]`.
#[inline(always)]
fn mean_row(p: &[f32], experts: usize) -> Vec<f64> {
    let mut sums = vec![0.0f32; experts];
    for row in p.chunks_exact(experts) {
        for (sum, &v) in sums.iter_mut().zip(row) {
            *sum += v;
        }
    }
    let rows = (p.len() / experts) as f64;
    sums.into_iter().map(|sum| f64::from(sum) / rows).collect()
}

/// ln N less than the mean softmax's entropy, and the slopes in the means: Σ_i (m ln(N m) − m + 1/N), ln(N m).
///
/// `p`: `[S, N]`; `slopes`: `[N]`, written
#[inline(always)]
pub(crate) fn by_entropy(p: &[f32], slopes: &mut [f32]) -> f64 {
    let n = slopes.len() as f64;
    let of_expert = |(mean, slope): (f64, &mut f32)| {
        let log = (n * mean).max(f64::from(f32::MIN_POSITIVE)).ln();
        *slope = log as f32;
        mean * log - mean + 1.0 / n
    };
    mean_row(p, slopes.len()).into_iter().zip(slopes).map(of_expert).sum()
}

/// Switch's balance of a sequence, and its slopes in the means, N·f: first choices are the largest of `scores`.
///
/// `scores`, `p`: `[S, N]`; `slopes`: `[N]`, written
#[inline(always)]
pub(crate) fn by_choice_of(scores: &[f32], p: &[f32], slopes: &mut [f32]) -> f64 {
    let experts = slopes.len();
    let share = experts as f64 / (p.len() / experts) as f64;
    slopes.fill(0.0);
    let mut first = Vec::with_capacity(1);
    for row in scores.chunks_exact(experts) {
        select(row, 1, &mut first);
        first.iter().for_each(|&slot| slopes[slot] += 1.0);
    }
    slopes.iter_mut().for_each(|count| *count = (share * f64::from(*count)) as f32);
    mean_row(p, experts).into_iter().zip(slopes).map(|(mean, slope)| f64::from(*slope) * mean).sum()
}

/// Gradient of u, `g` being that of the weighed losses.
#[multiversion(targets = "simd")]
pub fn backward(kept: &[Buffer], experts: usize, balancing: &Balancing, g: f32) -> Buffer {
    let [p, slopes, logs] = kept else { unreachable!("softmax, slopes and logarithms") };
    let tokens = p.len() / experts;
    let positions = tokens / balancing.sequences;
    let mut out = Buffer::dirty(p.len());
    let of_balance = (f64::from(g) * balancing.balance / tokens as f64) as f32;
    let of_log = (f64::from(g) * balancing.z * 2.0 / tokens as f64) as f32;
    let rows = p.par_chunks(positions * experts).zip(slopes.par_chunks(experts)).zip(logs.par_chunks(positions));
    out.par_chunks_mut(positions * experts).zip(rows).tasks(|(out, ((p, slopes), logs))| {
        let slopes: Vec<f32> = slopes.iter().map(|slope| of_balance * slope).collect();
        for ((out, p), &log) in out.chunks_exact_mut(experts).zip(p.chunks_exact(experts)).zip(logs) {
            let along = dot(p, &slopes) - if of_log == 0.0 { 0.0 } else { of_log * log };
            for ((out, &p), &slope) in out.iter_mut().zip(p).zip(&slopes) {
                *out = p * (slope - along);
            }
        }
    });
    out
}
