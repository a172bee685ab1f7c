//! A competition on slices: all experts answer a block of tokens while it is in the cache, then the winners of the block are decided.

use multiversion::multiversion;
use rayon::prelude::*;

use super::decide_winners::{Share, WinnerDecider};
use super::expert::{ExpertViews, act, add_to_rows, add_up_rows, times_slope};
use super::pool::Buffer;
use super::response::{neural_response, slope};
use crate::domain::product::{Into, MatrixView, product};
use crate::engine::kernels::Rules;

/// Tokens of one block. Part of the numbers: sums over tokens are made block by block, whatever the number of threads.
pub(super) const BLOCK: usize = 256;

/// Tokens that one task of a block takes.
const ROWS: usize = 64;

/// Gradients of everything that went in.
#[derive(Debug)]
pub(crate) struct HostContestGradients {
    /// `[T, D]`
    pub x: Buffer,
    /// `[N, D, H]`
    pub keys: Buffer,
    /// `[N, H, D]`
    pub values: Buffer,
    /// `[T, N]`, if the rules say gated.
    pub z: Option<Buffer>,
    /// `[N, H]` and `[N, D]`
    pub biases: Option<(Buffer, Buffer)>,
}

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
            let mut response = vec![0.0; n * len];
            hidden
                .par_chunks_exact_mut(len * h)
                .zip(answers.par_chunks_exact_mut(len * d))
                .zip(befores.par_iter_mut().zip(response.par_chunks_exact_mut(len)))
                .enumerate()
                .for_each(|(expert, ((hidden, answers), (before, response)))| {
                    answer(e, expert, x, hidden, before.as_deref_mut(), answers);
                    judge(rules, answers, d, response);
                });
            let mut decider = WinnerDecider::new(rules, n, d);
            let rows = output.chunks_exact_mut(d).zip(diversity).zip(affinity.chunks_exact_mut(n));
            for (token, (((y, diversity), scores), marks)) in rows.zip(winners.chunks_exact_mut(n)).enumerate() {
                let gates = &z[token * n..(token + 1) * n];
                for (expert, (score, &gate)) in scores.iter_mut().zip(gates).enumerate() {
                    *score = gated(rules, response[expert * len + token], gate);
                }
                let answer = |expert: usize| &answers[(expert * len + token) * d..(expert * len + token + 1) * d];
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

/// What expert `expert` says to the tokens `x` of a block, by way of its hidden neurons.
#[inline(always)]
pub(super) fn answer(
    e: &ExpertViews<'_>,
    expert: usize,
    x: &[f32],
    hidden: &mut [f32],
    before: Option<&mut [f32]>,
    answers: &mut [f32],
) {
    let (d, h, one) = (e.width, e.hidden, e.one(expert));
    let len = x.len() / d;
    product(MatrixView::new(x, len, d), MatrixView::new(one.keys, d, h), 1.0, Into::Fresh, hidden, h);
    if let Some((bias, _)) = one.biases {
        add_to_rows(hidden, bias);
    }
    if let Some(before) = before {
        before.copy_from_slice(hidden);
    }
    act(e.activation, hidden);
    product(MatrixView::new(hidden, len, h), MatrixView::new(one.values, h, d), 1.0, Into::Fresh, answers, d);
    if let Some((_, bias)) = one.biases {
        add_to_rows(answers, bias);
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

/// All gradients from those of output `[T, D]`, `affinity` `[T, N]` and diversity `[T]`, in this order.
#[multiversion(targets = "simd")]
pub fn backward(
    e: &ExpertViews<'_>,
    x: &[f32],
    affinity: &[f32],
    rules: Rules,
    kept: &[Buffer],
    [g_output, g_affinity, g_diversity]: [&[f32]; 3],
) -> HostContestGradients {
    let (n, d, h) = (e.experts, e.width, e.hidden);
    let tokens = x.len() / d;
    let [hidden, answers, before] = kept else { unreachable!("hidden, answers, before") };
    let seen = if e.slope_from_value() { hidden } else { before };
    let (back_keys, back_values) = rayon::join(|| transposed(e.keys, n, d, h), || transposed(e.values, n, h, d));
    let [mut dx, mut dz, mut keys, mut values] = [tokens * d, tokens * n, n * d * h, n * h * d].map(Buffer::dirty);
    let with = usize::from(e.biases.is_some());
    let (mut of_hidden, mut of_answers) = (Buffer::zeros(n * h * with), Buffer::zeros(n * d * with));
    let most = BLOCK.min(tokens);
    let mut verdicts = vec![Verdict::default(); most * n];
    let [mut sums, mut dhidden, mut danswers] = [most * d, most * n * h, most * n * d].map(Buffer::dirty);
    for start in (0..tokens).step_by(BLOCK) {
        let len = BLOCK.min(tokens - start);
        let (rows, first) = (|width: usize| start * width..(start + len) * width, start == 0);
        let (answers, hidden, seen) = (&answers[rows(n * d)], &hidden[rows(n * h)], &seen[rows(n * h)]);
        let (x, dx, dz) = (&x[rows(d)], &mut dx[rows(d)], &mut dz[rows(n)]);
        // What each token wants of each answer.
        dz.par_chunks_mut(ROWS * n)
            .zip(verdicts[..len * n].par_chunks_mut(ROWS * n).zip(sums[..len * d].par_chunks_mut(ROWS * d)))
            .enumerate()
            .for_each(|(piece, (dz, (verdicts, sums)))| {
                let mut decider = WinnerDecider::new(rules, n, d);
                for i in 0..dz.len() / n {
                    let (local, token) = (piece * ROWS + i, start + piece * ROWS + i);
                    let of = |expert: usize| &answers[(expert * len + local) * d..(expert * len + local + 1) * d];
                    decider.decide(&affinity[token * n..(token + 1) * n], of);
                    let dz = &mut dz[i * n..(i + 1) * n];
                    dz.copy_from_slice(&g_affinity[token * n..(token + 1) * n]);
                    decider.back(&g_output[token * d..(token + 1) * d], of, dz);
                    if rules.gated {
                        dz.iter_mut().for_each(|g| *g *= 0.5);
                    }
                    let verdicts = &mut verdicts[i * n..(i + 1) * n];
                    for (verdict, &response) in verdicts.iter_mut().zip(dz.iter()) {
                        *verdict = Verdict { response, ..Verdict::default() };
                    }
                    let scale = g_diversity[token] * 2.0 / (rules.k * rules.k) as f32;
                    for &Share { expert, weight, inverse, along, .. } in decider.winners() {
                        let (of_sum, of_self) = (scale * inverse, scale * inverse * inverse * along);
                        verdicts[expert] = Verdict { won: true, weight, of_sum, of_self, ..verdicts[expert] };
                    }
                    sums[i * d..(i + 1) * d].copy_from_slice(decider.sum());
                }
            });
        // What that asks of each expert's weights, while its part of the block is in the cache.
        let (verdicts, sums, g_output) = (&verdicts[..len * n], &sums[..len * d], &g_output[rows(d)]);
        let parts = dhidden[..len * n * h].par_chunks_exact_mut(len * h);
        let parts = parts.zip(danswers[..len * n * d].par_chunks_exact_mut(len * d)).enumerate();
        parts.zip(keys.par_chunks_exact_mut(d * h).zip(values.par_chunks_exact_mut(h * d))).for_each(
            |((expert, (dhidden, danswers)), (keys, values))| {
                let answers = &answers[expert * len * d..(expert + 1) * len * d];
                let place = expert * len * h..(expert + 1) * len * h;
                for token in 0..len {
                    let row = token * d..(token + 1) * d;
                    let (verdict, answer) = (verdicts[token * n + expert], &answers[row.clone()]);
                    let into = &mut danswers[row.clone()];
                    slope(rules.response, answer, verdict.response, into);
                    if verdict.won {
                        verdict.add(&g_output[row.clone()], &sums[row], answer, into);
                    }
                }
                let how = if first { Into::Fresh } else { Into::Added };
                let leaving = MatrixView::new(danswers, len, d);
                let entering = MatrixView::new(&hidden[place.clone()], len, h).transposed();
                rayon::join(
                    || product(entering, leaving, 1.0, how, values, d),
                    || {
                        let back = MatrixView::new(&back_values[expert * d * h..(expert + 1) * d * h], d, h);
                        product(leaving, back, 1.0, Into::Fresh, dhidden, h);
                        times_slope(e.activation, &seen[place], dhidden);
                        let entering = MatrixView::new(x, len, d).transposed();
                        product(entering, MatrixView::new(dhidden, len, h), 1.0, how, keys, h);
                    },
                );
            },
        );
        if e.biases.is_some() {
            let parts = of_hidden.par_chunks_exact_mut(h).zip(dhidden.par_chunks_exact(len * h));
            parts.for_each(|(sum, rows)| add_up_rows(rows, sum));
            let parts = of_answers.par_chunks_exact_mut(d).zip(danswers.par_chunks_exact(len * d));
            parts.for_each(|(sum, rows)| add_up_rows(rows, sum));
        }
        dx.par_chunks_mut(ROWS * d).enumerate().for_each(|(piece, dx)| {
            let count = dx.len() / d;
            for (expert, dhidden) in dhidden[..len * n * h].chunks_exact(len * h).enumerate() {
                let rows = &dhidden[piece * ROWS * h..(piece * ROWS + count) * h];
                let back = MatrixView::new(&back_keys[expert * d * h..(expert + 1) * d * h], h, d);
                let how = if expert == 0 { Into::Fresh } else { Into::Added };
                product(MatrixView::new(rows, count, h), back, 1.0, how, dx, d);
            }
        });
    }
    let biases = e.biases.map(|_| (of_hidden, of_answers));
    HostContestGradients { x: dx, keys, values, z: rules.gated.then_some(dz), biases }
}

/// What a token wants of an expert's answer.
#[derive(Clone, Copy, Debug, Default)]
struct Verdict {
    /// Gradient of its neural_response.
    response: f32,
    /// Whether it won, and then: its weight; the parts of diversity along the winners' sum and along itself.
    won: bool,
    weight: f32,
    of_sum: f32,
    of_self: f32,
}

impl Verdict {
    /// Adds to the gradient of a winner's answer what comes through output and diversity.
    #[inline(always)]
    fn add(self, g_output: &[f32], sum: &[f32], answer: &[f32], into: &mut [f32]) {
        for (((into, &g), &sum), &a) in into.iter_mut().zip(g_output).zip(sum).zip(answer) {
            *into += self.weight * g + self.of_sum * sum - self.of_self * a;
        }
    }
}

/// Each expert's matrix with rows and columns exchanged: `[N, I, O]` to `[N, O, I]`. A product reads it then as it lies.
fn transposed(values: &[f32], n: usize, i: usize, o: usize) -> Buffer {
    /// Side of the squares that are exchanged at a time.
    const SIDE: usize = 16;
    let mut out = Buffer::dirty(n * i * o);
    out.par_chunks_exact_mut(i * o).zip(values.par_chunks_exact(i * o)).for_each(|(out, values)| {
        for top in (0..i).step_by(SIDE) {
            for left in (0..o).step_by(SIDE) {
                for column in left..(left + SIDE).min(o) {
                    for row in top..(top + SIDE).min(i) {
                        out[column * i + row] = values[row * o + column];
                    }
                }
            }
        }
    });
    out
}
