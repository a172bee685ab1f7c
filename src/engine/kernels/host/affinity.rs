//! Affinities of a competition that is only looked at, on slices: with every answer, with the mixture of a router step, or alone.

use multiversion::multiversion;
use rayon::prelude::*;

use super::contest::{BLOCK, gated, judge};
use super::expert::{ExpertViews, PackedExperts};
use super::pool::Buffer;
use super::rows::Rows;
use crate::engine::kernels::Rules;

/// Every expert's answer `[N, T, D]`, and the affinity `[T, N]` as [`affinity`] gives it.
#[multiversion(targets = "simd")]
pub(crate) fn answers_and_affinity(e: &ExpertViews<'_>, x: &[f32], z: &[f32], rules: Rules) -> (Buffer, Buffer) {
    let (n, d, h) = (e.experts, e.width, e.hidden);
    let tokens = x.len() / d;
    let mut answers = Buffer::dirty(n * tokens * d);
    let mut response = vec![0.0; n * tokens];
    let packed = PackedExperts::of_all(e, tokens);
    let experts = answers.par_chunks_exact_mut(tokens * d).zip(response.par_chunks_exact_mut(tokens));
    experts.enumerate().for_each(|(expert, (answers, response))| {
        let blocks = answers.par_chunks_mut(BLOCK * d).zip(response.par_chunks_mut(BLOCK)).zip(x.par_chunks(BLOCK * d));
        blocks.for_each(|((answers, response), x)| {
            let mut hidden = Buffer::dirty(x.len() / d * h);
            packed.answer(e, expert, Rows::all(x, d), &mut hidden, None, answers);
            judge(rules, answers, d, response);
        });
    });
    let mut scores = Buffer::dirty(tokens * n);
    for (token, (scores, gates)) in scores.chunks_exact_mut(n).zip(z.chunks_exact(n)).enumerate() {
        for (expert, (score, &gate)) in scores.iter_mut().zip(gates).enumerate() {
            *score = gated(rules, response[expert * tokens + token], gate);
        }
    }
    (answers, scores)
}

/// The affinity `[T, N]`, and of `routed`, weights and picks `[T, N]` each, the sum over the picked experts of
/// weight · g_i(x), `[T, D]`. No answer lives longer than its block and expert.
#[multiversion(targets = "simd")]
pub fn affinity(
    e: &ExpertViews<'_>,
    x: &[f32],
    z: &[f32],
    rules: Rules,
    routed: Option<(&[f32], &[f32])>,
) -> (Buffer, Option<Buffer>) {
    let (n, d, h) = (e.experts, e.width, e.hidden);
    let tokens = x.len() / d;
    let mut scores = Buffer::dirty(tokens * n);
    let packed = PackedExperts::of_all(e, tokens);
    let mut mixed = routed.map(|_| Buffer::zeros(tokens * d));
    let parts: Vec<Option<&mut [f32]>> = match &mut mixed {
        Some(mixed) => mixed.chunks_mut(BLOCK * d).map(Some).collect(),
        None => (0..tokens.div_ceil(BLOCK)).map(|_| None).collect(),
    };
    let blocks = x.par_chunks(BLOCK * d).zip(z.par_chunks(BLOCK * n)).zip(parts);
    scores.par_chunks_mut(BLOCK * n).zip(blocks).enumerate().for_each(|(block, (scores, ((x, z), mut mixed)))| {
        let len = x.len() / d;
        let (mut hidden, mut answers) = (Buffer::dirty(len * h), Buffer::dirty(len * d));
        let mut response = vec![0.0; len];
        for expert in 0..n {
            packed.answer(e, expert, Rows::all(x, d), &mut hidden, None, &mut answers);
            judge(rules, &answers, d, &mut response);
            for (token, &response) in response.iter().enumerate() {
                scores[token * n + expert] = gated(rules, response, z[token * n + expert]);
            }
            let Some((mixed, (weights, picks))) = mixed.as_deref_mut().zip(routed) else { continue };
            for (token, (y, answer)) in mixed.chunks_exact_mut(d).zip(answers.chunks_exact(d)).enumerate() {
                let place = (block * BLOCK + token) * n + expert;
                if picks[place] > 0.0 {
                    y.iter_mut().zip(answer).for_each(|(y, &a)| *y += weights[place] * a);
                }
            }
        }
    });
    (scores, mixed)
}
