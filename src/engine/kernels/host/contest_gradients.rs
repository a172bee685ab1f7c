//! Gradients of a competition on slices: what each token wants of each answer, and what that asks of each expert's weights.

use multiversion::multiversion;
use rayon::prelude::*;

use super::contest::{BLOCK, Block};
use super::decide_winners::{Share, WinnerDecider};
use super::expert::{ExpertViews, PackedExperts, add_up_rows, times_slope};
use super::packed::{TASK_ROWS, times};
use super::pool::Buffer;
use super::response::slope;
use super::rows::Rows;
use super::strip::Strip;
use super::tasks::Tasks;
use crate::domain::product::Into;
use crate::engine::kernels::Rules;

/// Tokens whose gradients are made at once, a whole number of blocks: what is made of them is wanted again while it is in the cache.
const WAVE: usize = 2 * BLOCK;

/// Rows of one expert's answers that one task makes.
const ANSWERS: usize = 64;

/// Rows of a weight's gradient that one task makes.
const STRIP: usize = 128;

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

/// All gradients from those of output `[T, D]`, `affinity` `[T, N]` and diversity `[T]`, in this order.
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
    let back = PackedExperts::transposed_of_all(e, tokens);
    let [mut dx, mut dz, mut keys, mut values] = [tokens * d, tokens * n, n * d * h, n * h * d].map(Buffer::dirty);
    let with = usize::from(e.biases.is_some());
    let (mut of_hidden, mut of_answers) = (Buffer::zeros(n * h * with), Buffer::zeros(n * d * with));
    let most = WAVE.min(tokens);
    let mut verdicts = vec![Verdict::default(); most * n];
    let [mut sums, mut dhidden, mut danswers] = [most * d, most * n * h, most * n * d].map(Buffer::dirty);
    for start in (0..tokens).step_by(WAVE) {
        let len = WAVE.min(tokens - start);
        let rows = |width: usize| start * width..(start + len) * width;
        let wave = Wave {
            e,
            rules,
            x: &x[rows(d)],
            hidden: &hidden[rows(n * h)],
            seen: &seen[rows(n * h)],
            answers: &answers[rows(n * d)],
            g_output: &g_output[rows(d)],
            g_diversity: &g_diversity[rows(1)],
        };
        let (verdicts, sums) = (&mut verdicts[..len * n], &mut sums[..len * d]);
        let (dhidden, danswers) = (&mut dhidden[..len * n * h], &mut danswers[..len * n * d]);
        let dz = &mut dz[rows(n)];
        dz.copy_from_slice(&g_affinity[rows(n)]);
        judge(&wave, &affinity[rows(n)], dz, verdicts, sums);
        into_experts(&wave, &back, verdicts, sums, dhidden, danswers);
        let how = if start == 0 { Into::Fresh } else { Into::Added };
        into_weights(&wave, how, dhidden, danswers, &mut keys, &mut values);
        if e.biases.is_some() {
            into_biases(&wave, dhidden, danswers, &mut of_hidden, &mut of_answers);
        }
        into_x(&wave, &back, dhidden, &mut dx[rows(d)]);
    }
    let biases = e.biases.map(|_| (of_hidden, of_answers));
    HostContestGradients { x: dx, keys, values, z: rules.gated.then_some(dz), biases }
}

/// Some blocks of tokens. Hidden neurons, answers and their gradients lie block by block, in each expert by expert.
struct Wave<'a> {
    e: &'a ExpertViews<'a>,
    rules: Rules,
    x: &'a [f32],
    hidden: &'a [f32],
    /// What the slope of the activation is told from.
    seen: &'a [f32],
    answers: &'a [f32],
    g_output: &'a [f32],
    g_diversity: &'a [f32],
}

impl Wave<'_> {
    fn tokens(&self) -> usize {
        self.g_diversity.len()
    }

    /// The blocks.
    fn blocks(&self) -> impl Iterator<Item = Block> {
        let tokens = self.tokens();
        (0..tokens).step_by(BLOCK).map(move |token| Block::of(token, tokens))
    }
}

/// What each token wants of each answer, and the sums of its winners' directions. `dz` is the gradient of the affinity, and becomes
/// that of the logits.
#[multiversion(targets = "simd")]
fn judge(wave: &Wave<'_>, affinity: &[f32], dz: &mut [f32], verdicts: &mut [Verdict], sums: &mut [f32]) {
    let (n, d, rules) = (wave.e.experts, wave.e.width, wave.rules);
    let rows = verdicts.par_chunks_mut(TASK_ROWS * n).zip(sums.par_chunks_mut(TASK_ROWS * d));
    dz.par_chunks_mut(TASK_ROWS * n).zip(rows).enumerate().tasks(|(task, (dz, (verdicts, sums)))| {
        let mut decider = WinnerDecider::new(rules, n, d);
        let rows = dz.chunks_exact_mut(n).zip(verdicts.chunks_exact_mut(n)).zip(sums.chunks_exact_mut(d));
        for (token, ((dz, verdicts), sum)) in (task * TASK_ROWS..).zip(rows) {
            let block = Block::of(token, wave.tokens());
            let answers = &wave.answers[block.start * n * d..];
            let of = |expert: usize| &answers[(expert * block.len + token - block.start) * d..][..d];
            decider.decide(&affinity[token * n..][..n], of);
            decider.back(&wave.g_output[token * d..][..d], of, dz);
            if rules.gated {
                dz.iter_mut().for_each(|g| *g *= 0.5);
            }
            for (verdict, &response) in verdicts.iter_mut().zip(dz.iter()) {
                *verdict = Verdict { response, ..Verdict::default() };
            }
            let scale = wave.g_diversity[token] * 2.0 / (rules.k * rules.k) as f32;
            for &Share { expert, weight, inverse, along, .. } in decider.winners() {
                let (of_sum, of_self) = (scale * inverse, scale * inverse * inverse * along);
                verdicts[expert] = Verdict { won: true, weight, of_sum, of_self, ..verdicts[expert] };
            }
            sum.copy_from_slice(decider.sum());
        }
    });
}

/// Gradients of all answers and of what made them, some rows of an expert at a time.
#[multiversion(targets = "simd")]
fn into_experts(
    wave: &Wave<'_>,
    back: &PackedExperts<'_>,
    verdicts: &[Verdict],
    sums: &[f32],
    dhidden: &mut [f32],
    danswers: &mut [f32],
) {
    let (n, d, h, e) = (wave.e.experts, wave.e.width, wave.e.hidden, wave.e);
    let mut tasks = Vec::with_capacity(wave.tokens() * n / ANSWERS + n);
    let parts = dhidden.chunks_mut(BLOCK * n * h).zip(danswers.chunks_mut(BLOCK * n * d));
    for (block, (dhidden, danswers)) in wave.blocks().zip(parts) {
        let each = dhidden.chunks_exact_mut(block.len * h).zip(danswers.chunks_exact_mut(block.len * d));
        for (expert, (dhidden, danswers)) in each.enumerate() {
            let rows = ANSWERS.max(back.values.task_rows(expert));
            let strips = dhidden.chunks_mut(rows * h).zip(danswers.chunks_mut(rows * d));
            tasks.extend(strips.enumerate().map(|(strip, parts)| (block, expert, strip * rows, parts)));
        }
    }
    // All blocks of an expert after each other, while its weights are near.
    tasks.sort_by_key(|task| task.1);
    tasks.into_par_iter().tasks(|(block, expert, first, (dhidden, danswers))| {
        let place = block.start * n + expert * block.len + first;
        let most = back.values.task_rows(expert);
        let pieces = dhidden.chunks_mut(most * h).zip(danswers.chunks_mut(most * d));
        for (piece, (dhidden, danswers)) in pieces.enumerate() {
            let (place, token) = (place + piece * most, block.start + first + piece * most);
            let answers = wave.answers[place * d..].chunks_exact(d);
            for (token, (into, answer)) in (token..).zip(danswers.chunks_exact_mut(d).zip(answers)) {
                let verdict = verdicts[token * n + expert];
                slope(wave.rules.response, answer, verdict.response, into);
                if verdict.won {
                    verdict.add(&wave.g_output[token * d..][..d], &sums[token * d..][..d], answer, into);
                }
            }
            times(Rows::all(danswers, d), back.values.matrix(expert), Into::Fresh, dhidden);
            times_slope(e.activation, &wave.seen[place * h..][..dhidden.len()], dhidden);
        }
    });
}

/// Gradients of keys and values, block after block, some rows of an expert's matrix at a time.
fn into_weights(wave: &Wave<'_>, how: Into, dhidden: &[f32], danswers: &[f32], keys: &mut [f32], values: &mut [f32]) {
    let (n, d, h) = (wave.e.experts, wave.e.width, wave.e.hidden);
    let cut = |gradient, rows: usize, columns: usize, of_keys| {
        let experts = <[f32]>::chunks_exact_mut(gradient, rows * columns).enumerate();
        experts.flat_map(move |(expert, gradient)| {
            let strips = gradient.chunks_mut(STRIP * columns).enumerate();
            strips.map(move |(strip, gradient)| (expert, strip * STRIP, gradient, of_keys))
        })
    };
    let mut tasks: Vec<(usize, usize, &mut [f32], bool)> = cut(keys, d, h, true).collect();
    tasks.extend(cut(values, h, d, false));
    let (x, hidden) = (Rows::all(wave.x, d), Rows::all(wave.hidden, h));
    tasks.into_par_iter().tasks(|(expert, first, gradient, of_keys)| {
        for block in wave.blocks() {
            let (start, place) = (block.start, block.start * n + expert * block.len);
            let (end, last) = (start + block.len, place + block.len);
            let how = if start == 0 { how } else { Into::Added };
            let (entering, leaving, wide) = match of_keys {
                true => (x.part(start, end), &dhidden[place * h..last * h], h),
                false => (hidden.part(place, last), &danswers[place * d..last * d], d),
            };
            Strip { gradient: &mut *gradient, first, entering, leaving, wide }.make(how);
        }
    });
}

/// Gradients of the biases, `[N, H]` and `[N, D]`, which grow.
#[multiversion(targets = "simd")]
fn into_biases(wave: &Wave<'_>, dhidden: &[f32], danswers: &[f32], of_hidden: &mut [f32], of_answers: &mut [f32]) {
    let (n, d, h) = (wave.e.experts, wave.e.width, wave.e.hidden);
    let sums = of_hidden.par_chunks_exact_mut(h).zip(of_answers.par_chunks_exact_mut(d));
    sums.enumerate().tasks(|(expert, (of_hidden, of_answers))| {
        for block in wave.blocks() {
            let place = block.start * n + expert * block.len;
            add_up_rows(&dhidden[place * h..(place + block.len) * h], of_hidden);
            add_up_rows(&danswers[place * d..(place + block.len) * d], of_answers);
        }
    });
}

/// Gradient of x, from all experts, some tokens at a time. A task lies within a block.
fn into_x(wave: &Wave<'_>, back: &PackedExperts<'_>, dhidden: &[f32], dx: &mut [f32]) {
    let (n, d, h) = (wave.e.experts, wave.e.width, wave.e.hidden);
    // Of more experts than the cache holds more tokens at once.
    let most = if back.keys.task_rows(0) == TASK_ROWS { TASK_ROWS } else { ANSWERS };
    dx.par_chunks_mut(most * d).enumerate().tasks(|(task, dx)| {
        let (token, count) = (task * most, dx.len() / d);
        let block = Block::of(token, wave.tokens());
        for expert in 0..n {
            let place = block.start * n + expert * block.len + token - block.start;
            let how = if expert == 0 { Into::Fresh } else { Into::Added };
            times(Rows::all(&dhidden[place * h..(place + count) * h], h), back.keys.matrix(expert), how, dx);
        }
    });
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
