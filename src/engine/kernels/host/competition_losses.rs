//! The losses of a competition on slices, and their gradients; sequence by sequence, over all threads.

use multiversion::multiversion;
use rayon::prelude::*;

use super::balance::{by_choice_of, by_entropy};
use super::pool::Buffer;
use super::simd_math::dot;
use super::softmax::normalise;
use super::tasks::Tasks;
use crate::engine::kernels::{AffinityBalanceSource, CompetitionLossWeights};

/// Rows one task of the backward pass takes.
const ROWS: usize = 32;

/// What is known of each token.
#[derive(Clone, Copy, Debug)]
pub struct Tokens<'a> {
    /// Router logits, `[T, N]`.
    pub z: &'a [f32],
    /// s, `[T, N]`
    pub affinity: &'a [f32],
    /// `[T]`
    pub diversity: &'a [f32],
    /// The competition's winners as ones, `[T, N]`.
    pub winners: &'a [f32],
    /// The router's picks as ones, `[T, N]`.
    pub picks: &'a [f32],
}

/// What a sequence adds to the losses: distillation, balance, diversity.
type Sums = [f64; 3];

/// The losses by their weights, and each by itself: distillation, affinity balance, diversity.
///
/// Keeps q and the distillation's gradient in z, `[T, N]` each, softmax(q) where the balance is taken of it, and the
/// balance's slopes, `[B, N]`.
#[multiversion(targets = "simd")]
pub fn forward(tokens: Tokens<'_>, experts: usize, loss_weights: &CompetitionLossWeights) -> ([f32; 4], Vec<Buffer>) {
    let len = tokens.z.len();
    let (count, rows) = (len / experts, len / experts / loss_weights.sequences);
    let part = rows * experts;
    let weights = loss_weights.of_distillation(count, experts).map(|weight| weight as f32);
    let twice = loss_weights.balance_source == AffinityBalanceSource::OfProbabilities;
    let (mut q, mut pull) = (Buffer::dirty(len), Buffer::dirty(len));
    let mut again = Buffer::dirty(if twice { len } else { 0 });
    let mut slopes = Buffer::dirty(loss_weights.sequences * experts);
    let agains: Vec<Option<&mut [f32]>> = match twice {
        true => again.chunks_mut(part).map(Some).collect(),
        false => (0..loss_weights.sequences).map(|_| None).collect(),
    };
    let sums: Vec<Sums> = q
        .par_chunks_mut(part)
        .zip(pull.par_chunks_mut(part))
        .zip(slopes.par_chunks_mut(experts))
        .zip(agains)
        .enumerate()
        .results(|(sequence, (((q, pull), slopes), again))| {
            let own = sequence * part..(sequence + 1) * part;
            let affinity = &tokens.affinity[own.clone()];
            q.copy_from_slice(affinity);
            q.chunks_exact_mut(experts).for_each(|row| {
                normalise(row);
            });
            pull.copy_from_slice(&tokens.z[own.clone()]);
            let marks = tokens.winners[own.clone()].chunks_exact(experts).zip(tokens.picks[own].chunks_exact(experts));
            let each = pull.chunks_exact_mut(experts).zip(q.chunks_exact(experts)).zip(marks);
            let distillation = each.map(|((z, q), (winners, picks))| f64::from(distil(z, q, winners, picks, weights)));
            let distillation = distillation.sum();
            let of = match again {
                Some(again) => {
                    again.copy_from_slice(q);
                    again.chunks_exact_mut(experts).for_each(|row| {
                        normalise(row);
                    });
                    &*again
                }
                None => &*q,
            };
            let diversity = &tokens.diversity[sequence * rows..(sequence + 1) * rows];
            let diversity = diversity.iter().map(|&d| f64::from(d)).sum();
            let balance = match loss_weights.balance_source {
                AffinityBalanceSource::OfFirstChoices => by_choice_of(affinity, of, slopes),
                AffinityBalanceSource::OfProbabilities | AffinityBalanceSource::OfScores => by_entropy(of, slopes),
            };
            [distillation, balance, diversity]
        });
    let [distillation, balance, diversity] = sums.iter().fold([0.0; 3], |a, b| std::array::from_fn(|i| a[i] + b[i]));
    let even =
        if loss_weights.balance_source == AffinityBalanceSource::OfFirstChoices { 0.0 } else { (experts as f64).ln() };
    let balance = balance / loss_weights.sequences as f64 - even;
    let diversity = diversity * loss_weights.of_diversity(count);
    let sum = loss_weights.router * distillation
        + loss_weights.affinity_balance * balance
        + loss_weights.diversity * diversity;
    ([sum, distillation, balance, diversity].map(|loss| loss as f32), vec![q, pull, again, slopes])
}

/// The distillation loss of a token; turns its logits `z` `[N]` into the gradient of it.
///
/// With h the slope in p: p ⊙ (h − Σ p h).
#[inline(always)]
fn distil(z: &mut [f32], q: &[f32], winners: &[f32], picks: &[f32], weights: [f32; 4]) -> f32 {
    let [everywhere, at_winners, at_picks, divergence] = weights;
    normalise(z);
    let p = z;
    let (mut loss, mut along) = (0.0, 0.0);
    let weight =
        |c: f32, r: f32| everywhere + if c != 0.0 { at_winners } else { 0.0 } + if r != 0.0 { at_picks } else { 0.0 };
    // p times the slope in p.
    let pull = |p: f32, q: f32, weight: f32| {
        let log = if divergence != 0.0 && p >= LEAST { divergence * q } else { 0.0 };
        2.0 * weight * p * (p - q) - log
    };
    for (((&p, &q), &c), &r) in p.iter().zip(q).zip(winners).zip(picks) {
        let weight = weight(c, r);
        loss += weight * (p - q) * (p - q);
        if divergence != 0.0 {
            loss += divergence * q * (q.max(LEAST).ln() - p.max(LEAST).ln());
        }
        along += pull(p, q, weight);
    }
    for (((p, &q), &c), &r) in p.iter_mut().zip(q).zip(winners).zip(picks) {
        *p = pull(*p, q, weight(c, r)) - *p * along;
    }
    loss
}

/// Probabilities count as no smaller in a logarithm.
const LEAST: f32 = 1e-30;

/// Gradients of z, affinity and diversity from that of the weighed sum.
#[multiversion(targets = "simd")]
pub fn backward(kept: &[Buffer], experts: usize, loss_weights: &CompetitionLossWeights, g: f32) -> [Vec<f32>; 3] {
    let [q, pull, again, slopes] = kept else { unreachable!("four buffers were kept") };
    let twice = loss_weights.balance_source == AffinityBalanceSource::OfProbabilities;
    let tokens = q.len() / experts;
    let positions = tokens / loss_weights.sequences;
    let g = f64::from(g);
    let of_router = (g * loss_weights.router) as f32;
    let of_balance = (g * loss_weights.affinity_balance / tokens as f64) as f32;
    let of_diversity = (g * loss_weights.diversity * loss_weights.of_diversity(tokens)) as f32;
    let mut affinity = vec![0.0; q.len()];
    let mut z = vec![0.0; q.len()];
    let chunk = ROWS * experts;
    let chunks = z.par_chunks_mut(chunk).zip(affinity.par_chunks_mut(chunk)).enumerate();
    chunks.tasks(|(number, (z, affinity))| {
        let own = number * chunk..number * chunk + z.len();
        z.iter_mut().zip(&pull[own.clone()]).for_each(|(z, &pull)| *z = of_router * pull);
        let rows = affinity.chunks_exact_mut(experts).zip(q[own.clone()].chunks_exact(experts));
        for (i, (out, q)) in rows.enumerate() {
            let row = number * ROWS + i;
            let slopes = &slopes[row / positions * experts..][..experts];
            if !twice {
                let mean = dot(q, slopes);
                let each = out.iter_mut().zip(q).zip(slopes);
                each.for_each(|((out, &q), &slope)| *out = of_balance * q * (slope - mean));
                continue;
            }
            let again = &again[row * experts..(row + 1) * experts];
            let mean = dot(again, slopes);
            out.iter_mut().zip(again).zip(slopes).for_each(|((out, &r), &slope)| *out = r * (slope - mean));
            let along = dot(q, out);
            out.iter_mut().zip(q).for_each(|(out, &q)| *out = of_balance * q * (*out - along));
        }
    });
    [z, affinity, vec![of_diversity; tokens]]
}
