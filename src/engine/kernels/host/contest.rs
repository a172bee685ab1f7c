//! A competition on slices: all experts answer a block of tokens while it is in the cache, then the winners of the block are decided.

use multiversion::multiversion;
use rayon::prelude::*;

use super::decide_winners::WinnerDecider;
use super::expert::{ExpertViews, PackedExperts};
use super::linear::WeightLayout;
use super::packed::{Packed, TASK_ROWS, times};
use super::pool::Buffer;
use super::response::neural_response;
use super::rows::Rows;
use super::tasks::Tasks;
use crate::domain::product::Into;
use crate::engine::kernels::Rules;

/// Tokens of one block: an expert answers them in one task. Part of the numbers: sums over tokens are made block by block, whatever the
/// number of threads.
pub(super) const BLOCK: usize = 256;

/// What a competition comes to.
#[derive(Debug)]
pub(crate) struct ContestOutcome {
    /// `[T, D]`
    pub output: Buffer,
    /// `[T, N]`
    pub affinity: Buffer,
    /// `[T]`
    pub diversity: Buffer,
    /// The winners as ones, `[T, N]`.
    pub winners: Buffer,
}

/// The outcome, and what the backward pass wants: hidden neurons and answers of all experts, block by block
/// (`[block][N][tokens of the block][H or D]`), for GELU also x·K.
#[multiversion(targets = "simd")]
pub fn forward(e: &ExpertViews<'_>, x: &[f32], z: &[f32], rules: Rules) -> (ContestOutcome, Vec<Buffer>) {
    let (n, d, h) = (e.experts, e.width, e.hidden);
    let tokens = x.len() / d;
    let relu = e.slope_from_value();
    let mut hidden = Buffer::dirty(tokens * n * h);
    let mut answers = Buffer::dirty(tokens * n * d);
    let mut before = Buffer::dirty(if relu { 0 } else { tokens * n * h });
    let zeros = |each: usize| Buffer::zeros(tokens * each);
    let mut made = ContestOutcome { output: zeros(d), affinity: zeros(n), diversity: zeros(1), winners: zeros(n) };
    let mut response = Buffer::dirty(tokens * n);
    let packed = PackedExperts::of_all(e, tokens);
    let mut tasks = Vec::with_capacity(tokens.div_ceil(BLOCK) * n);
    let mut befores = before.chunks_mut(BLOCK * n * h);
    let blocks = hidden.chunks_mut(BLOCK * n * h).zip(answers.chunks_mut(BLOCK * n * d));
    for ((x, (hidden, answers)), response) in x.chunks(BLOCK * d).zip(blocks).zip(response.chunks_mut(BLOCK * n)) {
        let len = x.len() / d;
        let mut before = befores.next().map(|before| before.chunks_exact_mut(len * h));
        let each = hidden.chunks_exact_mut(len * h).zip(answers.chunks_exact_mut(len * d));
        for (expert, ((hidden, answers), response)) in each.zip(response.chunks_exact_mut(len)).enumerate() {
            tasks.push((expert, x, hidden, before.as_mut().and_then(Iterator::next), answers, response));
        }
    }
    // All blocks of an expert after each other, while its weights are near.
    tasks.sort_by_key(|task| task.0);
    tasks.into_par_iter().tasks(|(expert, x, hidden, before, answers, response)| {
        packed.answer(e, expert, Rows::all(x, d), hidden, before, answers);
        judge(rules, answers, d, response);
    });
    // Each task lies within a block.
    let rows = made.output.par_chunks_mut(TASK_ROWS * d).zip(made.diversity.par_chunks_mut(TASK_ROWS));
    let marks = made.affinity.par_chunks_mut(TASK_ROWS * n).zip(made.winners.par_chunks_mut(TASK_ROWS * n));
    rows.zip(marks).enumerate().tasks(|(task, ((output, diversity), (affinity, winners)))| {
        let block = Block::of(task * TASK_ROWS, tokens);
        let answers = &answers[block.start * n * d..];
        let mut decider = WinnerDecider::new(rules, n, d);
        let rows = output.chunks_exact_mut(d).zip(diversity).zip(affinity.chunks_exact_mut(n));
        let first = task * TASK_ROWS - block.start;
        for (token, (((y, diversity), scores), marks)) in (first..).zip(rows.zip(winners.chunks_exact_mut(n))) {
            let gates = &z[(block.start + token) * n..][..n];
            for (expert, (score, &gate)) in scores.iter_mut().zip(gates).enumerate() {
                *score = gated(rules, response[block.start * n + expert * block.len + token], gate);
            }
            let answer = |expert: usize| &answers[(expert * block.len + token) * d..][..d];
            decider.decide(scores, answer);
            for share in decider.winners() {
                marks[share.expert] = 1.0;
                y.iter_mut().zip(answer(share.expert)).for_each(|(y, &a)| *y += share.weight * a);
            }
            *diversity = decider.diversity();
        }
    });
    (made, vec![hidden, answers, before])
}

/// What every expert's first matrix `[N, D, H]` makes of every token, x `[T, D]`: `[N, T, H]`. `sizes` are N, D, H.
pub fn products(x: &[f32], keys: &[f32], sizes: [usize; 3]) -> Buffer {
    let [n, d, h] = sizes;
    let tokens = x.len() / d;
    let packed = Packed::of(keys, d, h, WeightLayout::InOut, |_| tokens);
    let mut made = Buffer::dirty(n * tokens * h);
    let tasks: Vec<_> = made
        .chunks_exact_mut((tokens * h).max(1))
        .enumerate()
        .flat_map(|(expert, made)| {
            made.chunks_mut(TASK_ROWS * h).zip(x.chunks(TASK_ROWS * d)).map(move |task| (expert, task))
        })
        .collect();
    tasks.into_par_iter().tasks(|(expert, (made, x))| times(Rows::all(x, d), packed.matrix(expert), Into::Fresh, made));
    made
}

/// The tokens of a block.
#[derive(Clone, Copy, Debug)]
pub(super) struct Block {
    /// The first.
    pub start: usize,
    /// How many.
    pub len: usize,
}

impl Block {
    /// The block of `token`, of so many.
    pub fn of(token: usize, tokens: usize) -> Self {
        let start = token / BLOCK * BLOCK;
        Self { start, len: BLOCK.min(tokens - start) }
    }
}

/// Neural response of each of the answers.
#[inline(always)]
pub(super) fn judge(rules: Rules, answers: &[f32], width: usize, response: &mut [f32]) {
    for (response, answer) in response.iter_mut().zip(answers.chunks_exact(width)) {
        *response = neural_response(rules.response, answer);
    }
}

/// The score of an expert from its neural response and the router's logit.
#[inline(always)]
pub(super) fn gated(rules: Rules, response: f32, gate: f32) -> f32 {
    if rules.gated { 0.5 * response + 0.5 * gate } else { response }
}
