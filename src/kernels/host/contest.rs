//! A competition on slices: all experts answer a block of tokens while it is in the cache, then the block is settled.

use multiversion::multiversion;
use rayon::prelude::*;

use super::expert::{Weights, act, add_to_rows, add_up_rows, times_slope};
use super::pool::Buffer;
use super::product::{Into, Matrix, product};
use super::response::{loudness, slope};
use super::settle::{Settler, Share};
use crate::kernels::Rules;

/// Tokens of one block. Part of the numbers: sums over tokens are made block by block, whatever the number of threads.
const BLOCK: usize = 256;

/// Rows of a weight's gradient that one task makes.
const WEIGHT_ROWS: usize = 256;

/// Gradients of everything that went in.
#[derive(Debug)]
pub struct Gradients {
    /// `[T, D]`
    pub x: Vec<f32>,
    /// `[N, D, H]`
    pub keys: Vec<f32>,
    /// `[N, H, D]`
    pub values: Vec<f32>,
    /// `[T, N]`, if the rules say gated.
    pub z: Option<Vec<f32>>,
    /// `[N, H]` and `[N, D]`
    pub biases: Option<(Vec<f32>, Vec<f32>)>,
}

/// What a competition comes to.
#[derive(Debug)]
pub struct Outcome {
    /// `[T, D]`
    pub output: Vec<f32>,
    /// `[T, N]`
    pub affinity: Vec<f32>,
    /// `[T]`
    pub diversity: Vec<f32>,
    /// The winners as ones, `[T, N]`.
    pub winners: Vec<f32>,
}

/// The outcome, and what the backward pass wants: hidden neurons and answers of all experts, block by block
/// (`[block][N][tokens of the block][H or D]`), for GELU also x·K.
#[multiversion(targets = "simd")]
pub fn forward(e: &Weights<'_>, x: &[f32], z: &[f32], rules: Rules) -> (Outcome, Vec<Buffer>) {
    let (n, d, h) = (e.experts, e.width, e.hidden);
    let tokens = x.len() / d;
    let relu = e.slope_from_value();
    let mut hidden = Buffer::dirty(tokens * n * h);
    let mut answers = Buffer::dirty(tokens * n * d);
    let mut before = Buffer::dirty(if relu { 0 } else { tokens * n * h });
    let zeros = |each: usize| vec![0.0; tokens * each];
    let mut made = Outcome { output: zeros(d), affinity: zeros(n), diversity: zeros(1), winners: zeros(n) };
    let befores: Vec<Option<&mut [f32]>> = if relu {
        (0..tokens.div_ceil(BLOCK)).map(|_| None).collect()
    } else {
        before.chunks_mut(BLOCK * n * h).map(Some).collect()
    };
    hidden
        .par_chunks_mut(BLOCK * n * h)
        .zip(answers.par_chunks_mut(BLOCK * n * d))
        .zip(made.output.par_chunks_mut(BLOCK * d).zip(made.diversity.par_chunks_mut(BLOCK)))
        .zip(made.affinity.par_chunks_mut(BLOCK * n).zip(made.winners.par_chunks_mut(BLOCK * n)))
        .zip(x.par_chunks(BLOCK * d).zip(z.par_chunks(BLOCK * n)))
        .zip(befores)
        .for_each(|(((((hidden, answers), (output, diversity)), (affinity, winners)), (x, z)), mut before)| {
            let len = x.len() / d;
            let part = len * h * usize::from(before.is_some());
            let mut befores: Vec<Option<&mut [f32]>> = match &mut before {
                Some(before) => before.chunks_exact_mut(part).map(Some).collect(),
                None => (0..n).map(|_| None).collect(),
            };
            let mut loud = vec![0.0; n * len];
            hidden
                .par_chunks_exact_mut(len * h)
                .zip(answers.par_chunks_exact_mut(len * d))
                .zip(befores.par_iter_mut().zip(loud.par_chunks_exact_mut(len)))
                .enumerate()
                .for_each(|(expert, ((hidden, answers), (before, loud)))| {
                    answer(e, expert, x, hidden, before.as_deref_mut(), answers);
                    judge(rules, answers, d, loud);
                });
            let mut settler = Settler::new(rules, n, d);
            let rows = output.chunks_exact_mut(d).zip(diversity).zip(affinity.chunks_exact_mut(n));
            for (token, (((y, diversity), scores), marks)) in rows.zip(winners.chunks_exact_mut(n)).enumerate() {
                let gates = &z[token * n..(token + 1) * n];
                for (expert, (score, &gate)) in scores.iter_mut().zip(gates).enumerate() {
                    *score = gated(rules, loud[expert * len + token], gate);
                }
                let answer = |expert: usize| &answers[(expert * len + token) * d..(expert * len + token + 1) * d];
                settler.settle(scores, answer);
                for share in settler.winners() {
                    marks[share.expert] = 1.0;
                    y.iter_mut().zip(answer(share.expert)).for_each(|(y, &a)| *y += share.weight * a);
                }
                *diversity = settler.diversity();
            }
        });
    (made, vec![hidden, answers, before])
}

/// What expert `expert` says to the tokens `x` of a block, by way of its hidden neurons.
#[inline(always)]
fn answer(
    e: &Weights<'_>,
    expert: usize,
    x: &[f32],
    hidden: &mut [f32],
    before: Option<&mut [f32]>,
    answers: &mut [f32],
) {
    let (d, h, one) = (e.width, e.hidden, e.one(expert));
    let len = x.len() / d;
    product(Matrix::new(x, len, d), Matrix::new(one.keys, d, h), 1.0, Into::Fresh, hidden, h);
    if let Some((bias, _)) = one.biases {
        add_to_rows(hidden, bias);
    }
    if let Some(before) = before {
        before.copy_from_slice(hidden);
    }
    act(e.activation, hidden);
    product(Matrix::new(hidden, len, h), Matrix::new(one.values, h, d), 1.0, Into::Fresh, answers, d);
    if let Some((_, bias)) = one.biases {
        add_to_rows(answers, bias);
    }
}

/// How loud each of the answers is.
#[inline(always)]
fn judge(rules: Rules, answers: &[f32], width: usize, loud: &mut [f32]) {
    let each = loud.iter_mut().zip(answers.chunks_exact(width));
    each.for_each(|(loud, answer)| *loud = loudness(rules.response, answer));
}

/// The score of an expert from its loudness and the router's logit.
#[inline(always)]
fn gated(rules: Rules, loud: f32, gate: f32) -> f32 {
    if rules.gated { 0.5 * loud + 0.5 * gate } else { loud }
}

/// The affinity alone, `[T, N]`: hidden neurons and answers live no longer than their block and expert.
#[multiversion(targets = "simd")]
pub fn affinity(e: &Weights<'_>, x: &[f32], z: &[f32], rules: Rules) -> Vec<f32> {
    let (n, d, h) = (e.experts, e.width, e.hidden);
    let mut scores = vec![0.0; x.len() / d * n];
    let blocks = x.par_chunks(BLOCK * d).zip(z.par_chunks(BLOCK * n));
    scores.par_chunks_mut(BLOCK * n).zip(blocks).for_each(|(scores, (x, z))| {
        let len = x.len() / d;
        let (mut hidden, mut answers) = (Buffer::dirty(len * h), Buffer::dirty(len * d));
        let mut loud = vec![0.0; len];
        for expert in 0..n {
            answer(e, expert, x, &mut hidden, None, &mut answers);
            judge(rules, &answers, d, &mut loud);
            for (token, &loud) in loud.iter().enumerate() {
                scores[token * n + expert] = gated(rules, loud, z[token * n + expert]);
            }
        }
    });
    scores
}

/// All gradients from those of output `[T, D]`, `affinity` `[T, N]` and diversity `[T]`, in this order.
#[multiversion(targets = "simd")]
pub fn backward(
    e: &Weights<'_>,
    x: &[f32],
    affinity: &[f32],
    rules: Rules,
    kept: &[Buffer],
    [g_output, g_affinity, g_diversity]: [&[f32]; 3],
) -> Gradients {
    let (n, d, h) = (e.experts, e.width, e.hidden);
    let tokens = x.len() / d;
    let [hidden, answers, before] = kept else { unreachable!("hidden, answers, before") };
    let seen = if e.slope_from_value() { hidden } else { before };
    let mut dhidden = Buffer::dirty(tokens * n * h);
    let mut danswers = Buffer::dirty(tokens * n * d);
    let mut dx = vec![0.0; x.len()];
    let mut dz = vec![0.0; tokens * n];
    dhidden
        .par_chunks_mut(BLOCK * n * h)
        .zip(danswers.par_chunks_mut(BLOCK * n * d))
        .zip(dx.par_chunks_mut(BLOCK * d).zip(dz.par_chunks_mut(BLOCK * n)))
        .zip(answers.par_chunks(BLOCK * n * d).zip(seen.par_chunks(BLOCK * n * h)))
        .zip(affinity.par_chunks(BLOCK * n).zip(g_affinity.par_chunks(BLOCK * n)))
        .zip(g_output.par_chunks(BLOCK * d).zip(g_diversity.par_chunks(BLOCK)))
        .for_each(|(((((dhidden, danswers), (dx, dz)), (answers, seen)), (affinity, g_affinity)), (g_y, g_div))| {
            let len = dx.len() / d;
            let mut settler = Settler::new(rules, n, d);
            let rows = affinity.chunks_exact(n).zip(g_affinity.chunks_exact(n));
            for (token, ((scores, g_scores), (g_y, g_div))) in rows.zip(g_y.chunks_exact(d).zip(g_div)).enumerate() {
                let place = |expert: usize| (expert * len + token) * d..(expert * len + token + 1) * d;
                settler.settle(scores, |expert| &answers[place(expert)]);
                let dz = &mut dz[token * n..(token + 1) * n];
                dz.copy_from_slice(g_scores);
                settler.back(g_y, |expert| &answers[place(expert)], dz);
                if rules.gated {
                    dz.iter_mut().for_each(|g| *g *= 0.5);
                }
                for expert in 0..n {
                    slope(rules.response, &answers[place(expert)], dz[expert], &mut danswers[place(expert)]);
                }
                let scale = g_div * 2.0 / (rules.k * rules.k) as f32;
                for &Share { expert, weight, inverse, along, .. } in settler.winners() {
                    let sum = settler.sum();
                    let answer = &answers[place(expert)];
                    let (of_sum, of_self) = (scale * inverse, scale * inverse * inverse * along);
                    let each = danswers[place(expert)].iter_mut().zip(g_y).zip(sum.iter().zip(answer));
                    each.for_each(|((da, &g), (&sum, &a))| *da += weight * g + of_sum * sum - of_self * a);
                }
            }
            dhidden
                .par_chunks_exact_mut(len * h)
                .zip(danswers.par_chunks_exact(len * d).zip(seen.par_chunks_exact(len * h)))
                .enumerate()
                .for_each(|(expert, (dhidden, (danswers, seen)))| {
                    let values = Matrix::new(e.one(expert).values, h, d).transposed();
                    product(Matrix::new(danswers, len, d), values, 1.0, Into::Fresh, dhidden, h);
                    times_slope(e.activation, seen, dhidden);
                });
            for (expert, dhidden) in dhidden.chunks_exact(len * h).enumerate() {
                let how = if expert == 0 { Into::Fresh } else { Into::Added };
                let keys = Matrix::new(e.one(expert).keys, d, h).transposed();
                product(Matrix::new(dhidden, len, h), keys, 1.0, how, dx, d);
            }
        });

    let whole = |values| Side { values, shared: false };
    let (keys, values) = rayon::join(
        || of_weights(Side { values: x, shared: true }, whole(&dhidden), tokens, [n, d, h]),
        || of_weights(whole(hidden), whole(&danswers), tokens, [n, h, d]),
    );
    let biases = e.biases.map(|_| (of_biases(&dhidden, tokens, n, h), of_biases(&danswers, tokens, n, d)));
    Gradients { x: dx, keys, values, z: rules.gated.then_some(dz), biases }
}

/// One side of a product over tokens.
#[derive(Clone, Copy)]
struct Side<'a> {
    values: &'a [f32],
    /// The same for all experts (`[T, W]`), not one part per expert and block.
    shared: bool,
}

impl<'a> Side<'a> {
    /// The rows of `expert` in the block that begins at token `start`.
    fn of(&self, expert: usize, start: usize, len: usize, experts: usize, width: usize) -> &'a [f32] {
        let first = if self.shared { start * width } else { (start * experts + expert * len) * width };
        &self.values[first..first + len * width]
    }
}

/// enteringᵀ · leaving over all tokens, for each expert: `[N, I, O]`.
fn of_weights(entering: Side<'_>, leaving: Side<'_>, tokens: usize, [n, i, o]: [usize; 3]) -> Vec<f32> {
    let mut gradient = vec![0.0; n * i * o];
    gradient.par_chunks_mut(i * o).enumerate().for_each(|(expert, gradient)| {
        gradient.par_chunks_mut(WEIGHT_ROWS * o).enumerate().for_each(|(chunk, gradient)| {
            let (first, count) = (chunk * WEIGHT_ROWS, gradient.len() / o);
            for start in (0..tokens).step_by(BLOCK) {
                let len = BLOCK.min(tokens - start);
                let entering = &entering.of(expert, start, len, n, i)[first..];
                let entering = Matrix::strided(entering, len, count, i).transposed();
                let leaving = Matrix::new(leaving.of(expert, start, len, n, o), len, o);
                let how = if start == 0 { Into::Fresh } else { Into::Added };
                product(entering, leaving, 1.0, how, gradient, o);
            }
        });
    });
    gradient
}

/// Sum over all tokens of each expert's rows: `[N, O]`.
#[multiversion(targets = "simd")]
fn of_biases(leaving: &[f32], tokens: usize, n: usize, o: usize) -> Vec<f32> {
    let mut gradient = vec![0.0; n * o];
    gradient.par_chunks_mut(o).enumerate().for_each(|(expert, sum)| {
        for start in (0..tokens).step_by(BLOCK) {
            let len = BLOCK.min(tokens - start);
            let rows = Side { values: leaving, shared: false }.of(expert, start, len, n, o);
            add_up_rows(rows, sum);
        }
    });
    gradient
}
