//! Routed experts on slices: only the k experts of a token are computed, in pieces of rows that belong to one expert.

use std::ops::Range;

use multiversion::multiversion;
use rayon::prelude::*;

use super::expert::{ExpertViews, PackedExperts, add_up_rows, times_slope};
use super::group::Groups;
use super::packed::{MANY_ROWS, TASK_ROWS, times};
use super::pool::Buffer;
use super::rows::Rows;
use super::simd_math::dot;
use super::strip::Strip;
use super::tasks::{Tasks, cores};
use crate::domain::product::Into;

/// Rows of a wave of experts for each core: about as many as leave in its second cache what their weights need next.
const WAVE_ROWS: usize = 256;

/// Rows of a weight's gradient that one task makes, by the rows of its own that an expert has.
fn strip_rows(rows: usize) -> usize {
    match rows {
        ..MANY_ROWS => 256,
        MANY_ROWS..1024 => 128,
        _ => 32,
    }
}

/// Gradients of everything that went in.
#[derive(Debug)]
pub(crate) struct HostMixGradients {
    /// `[T, D]`
    pub x: Buffer,
    /// `[N, D, H]`
    pub keys: Buffer,
    /// `[N, H, D]`
    pub values: Buffer,
    /// `[T, N]`
    pub weights: Buffer,
    /// `[N, H]` and `[N, D]`
    pub biases: Option<(Buffer, Buffer)>,
}

/// Rows of a task, of an expert of so many: of few rows a task takes all, since its factors are not copied for several.
fn piece(rows: usize) -> usize {
    if rows < MANY_ROWS { MANY_ROWS } else { TASK_ROWS }
}

/// Cuts `values`, `width` numbers a row, into the given pieces of rows, which follow each other.
fn cut<'a>(mut values: &'a mut [f32], width: usize, pieces: &[(usize, Range<usize>)]) -> Vec<&'a mut [f32]> {
    let mut parts = Vec::with_capacity(pieces.len());
    for (_, rows) in pieces {
        let (part, rest) = values.split_at_mut(rows.len() * width);
        parts.push(part);
        values = rest;
    }
    parts
}

/// Σ over picks of weight · g_i(x): y `[T, D]`, and what the backward pass wants: the hidden neurons `[T·k, H]`, for
/// GELU also before it.
#[multiversion(targets = "simd")]
pub fn forward(e: &ExpertViews<'_>, x: &[f32], weights: &[f32], groups: &Groups) -> (Buffer, Vec<Buffer>) {
    let (d, h, rows) = (e.width, e.hidden, groups.rows());
    let pieces = groups.pieces(0..e.experts, piece);
    let mut hidden = Buffer::dirty(rows * h);
    let mut before = Buffer::dirty(if e.slope_from_value() { 0 } else { rows * h });
    let mut answers = Buffer::dirty(rows * d);
    let mut befores = if e.slope_from_value() { Vec::new() } else { cut(&mut before, h, &pieces) }.into_iter();
    let tasks: Vec<_> = pieces
        .iter()
        .zip(cut(&mut hidden, h, &pieces))
        .zip(cut(&mut answers, d, &pieces))
        .map(|(((expert, rows), hidden), answers)| (*expert, rows.clone(), hidden, answers, befores.next()))
        .collect();
    let packed = PackedExperts::of(e, |expert| groups.rows_of(expert));
    tasks.into_par_iter().tasks(|(expert, rows, hidden, answers, before)| {
        packed.answer(e, expert, Rows::of_tokens(x, d, &groups.token[rows]), hidden, before, answers);
    });
    let k = rows / (x.len() / d).max(1);
    let n = e.experts;
    let mut y = Buffer::dirty(x.len());
    y.par_chunks_mut(TASK_ROWS * d).enumerate().tasks(|(chunk, y)| {
        for (token, y) in y.chunks_exact_mut(d).enumerate().map(|(i, y)| (chunk * TASK_ROWS + i, y)) {
            y.fill(0.0);
            for place in token * k..(token + 1) * k {
                let (row, expert) = (groups.row[place] as usize, groups.expert[place] as usize);
                let weight = weights[token * n + expert];
                let answer = &answers[row * d..(row + 1) * d];
                for (y, &a) in y.iter_mut().zip(answer) {
                    *y += weight * a;
                }
            }
        }
    });
    (y, vec![hidden, before])
}

/// All gradients from that of y, `g` `[T, D]`.
#[multiversion(targets = "simd")]
pub fn backward(
    e: &ExpertViews<'_>,
    x: &[f32],
    weights: &[f32],
    groups: &Groups,
    kept: &[Buffer],
    g: &[f32],
) -> HostMixGradients {
    let (n, d, h, rows) = (e.experts, e.width, e.hidden, groups.rows());
    let (mut dx, mut dweights) = (Buffer::dirty(rows * d), Buffer::dirty(rows));
    let [mut keys, mut values] = [n * d * h, n * h * d].map(Buffer::dirty);
    let mut biases = e.biases.map(|_| (Buffer::zeros(n * h), Buffer::zeros(n * d)));
    let waves = groups.waves(WAVE_ROWS * cores());
    let most = waves.iter().map(|experts| groups.rows_of_all(experts).len()).max().unwrap_or(0);
    let (mut dhidden, mut weighted) = (Buffer::dirty(most * h), Buffer::dirty(most * d));
    for experts in waves {
        let rows = groups.rows_of_all(&experts);
        let wave = Wave { e, groups, experts: experts.clone(), first: rows.start };
        let (dhidden, weighted) = (&mut dhidden[..rows.len() * h], &mut weighted[..rows.len() * d]);
        let (dx, dweights) = (&mut dx[rows.start * d..rows.end * d], &mut dweights[rows.clone()]);
        into_rows(&wave, weights, kept, g, (dhidden, weighted, dx, dweights));
        let of_wave = experts.start * d * h..experts.end * d * h;
        let (x, hidden) = (Rows::of_tokens(x, d, &groups.token), Rows::all(&kept[0], h));
        let mut strips = wave.strips(x, dhidden, h, &mut keys[of_wave.clone()]);
        strips.extend(wave.strips(hidden, weighted, d, &mut values[of_wave]));
        strips.into_par_iter().tasks(|strip| strip.make(Into::Fresh));
        if let Some((of_hidden, of_out)) = &mut biases {
            into_biases(&wave, dhidden, h, of_hidden);
            into_biases(&wave, weighted, d, of_out);
        }
    }
    let k = rows / (x.len() / d).max(1);
    let (mut of_x, mut of_weights) = (Buffer::dirty(x.len()), Buffer::dirty(weights.len()));
    of_x.par_chunks_mut(TASK_ROWS * d).zip(of_weights.par_chunks_mut(TASK_ROWS * n)).enumerate().tasks(
        |(chunk, (of_x, of_weights))| {
            for (i, sum) in of_x.chunks_exact_mut(d).enumerate() {
                let token = chunk * TASK_ROWS + i;
                sum.fill(0.0);
                of_weights[i * n..(i + 1) * n].fill(0.0);
                for place in token * k..(token + 1) * k {
                    let (row, expert) = (groups.row[place] as usize, groups.expert[place] as usize);
                    of_weights[i * n + expert] = dweights[row];
                    let part = &dx[row * d..(row + 1) * d];
                    for (x, &p) in sum.iter_mut().zip(part) {
                        *x += p;
                    }
                }
            }
        },
    );
    HostMixGradients { x: of_x, keys, values, weights: of_weights, biases }
}

/// Experts whose backward pass is made at once, so that what their rows leave is near when their weights need it.
struct Wave<'a> {
    e: &'a ExpertViews<'a>,
    groups: &'a Groups,
    experts: Range<usize>,
    /// Their first row.
    first: usize,
}

/// One piece of the rows of an expert, and what is written for them.
struct Piece<'a> {
    expert: usize,
    rows: Range<usize>,
    /// Gradient of the hidden neurons.
    hidden: &'a mut [f32],
    /// Gradient of y, times the weight.
    weighted: &'a mut [f32],
    /// Gradient of x.
    dx: &'a mut [f32],
    /// Gradient of the weights of these rows.
    weights: &'a mut [f32],
}

impl Wave<'_> {
    /// inᵀ · out over the rows of each expert of the wave, `[experts, I, O]` from `[T·k, I]` and the wave's `[rows, O]`, O = `wide`, in
    /// strips.
    fn strips<'a>(
        &self,
        entering: Rows<'a>,
        leaving: &'a [f32],
        wide: usize,
        gradient: &'a mut [f32],
    ) -> Vec<Strip<'a>> {
        let matrices = gradient.chunks_exact_mut(entering.width() * wide).zip(self.experts.clone());
        let of_expert = |(gradient, expert): (&'a mut [f32], usize)| {
            let rows = self.groups.rows_of_all(&(expert..expert + 1));
            let leaving = &leaving[(rows.start - self.first) * wide..(rows.end - self.first) * wide];
            let (most, entering) = (strip_rows(rows.len()), entering.part(rows.start, rows.end));
            let parts = gradient.chunks_mut(most * wide).enumerate();
            parts.map(move |(part, gradient)| Strip { gradient, first: part * most, entering, leaving, wide })
        };
        matrices.flat_map(of_expert).collect()
    }
}

/// Of each row of the wave the gradients of the hidden neurons `[rows, H]`, of y times the weight `[rows, D]`, of x `[rows, D]`, and
/// of the weight `[rows]`.
#[multiversion(targets = "simd")]
fn into_rows(
    wave: &Wave<'_>,
    weights: &[f32],
    kept: &[Buffer],
    g: &[f32],
    (dhidden, weighted, dx, dweights): (&mut [f32], &mut [f32], &mut [f32], &mut [f32]),
) {
    let Wave { e, groups, .. } = *wave;
    let (n, d, h) = (e.experts, e.width, e.hidden);
    let hidden = &kept[0];
    let seen = if e.slope_from_value() { &kept[0] } else { &kept[1] };
    let pieces = groups.pieces(wave.experts.clone(), piece);
    let parts = cut(dhidden, h, &pieces).into_iter().zip(cut(weighted, d, &pieces));
    let parts = parts.zip(cut(dx, d, &pieces).into_iter().zip(cut(dweights, 1, &pieces)));
    let tasks: Vec<Piece<'_>> = pieces
        .iter()
        .zip(parts)
        .map(|((expert, rows), ((hidden, weighted), (dx, weights)))| Piece {
            expert: *expert,
            rows: rows.clone(),
            hidden,
            weighted,
            dx,
            weights,
        })
        .collect();
    let of_wave = |expert: usize| if wave.experts.contains(&expert) { groups.rows_of(expert) } else { 0 };
    let back = PackedExperts::transposed(e, of_wave);
    tasks.into_par_iter().tasks(|piece| {
        let tokens = &groups.token[piece.rows.clone()];
        Rows::of_tokens(g, d, tokens).copy_into(piece.weighted);
        times(Rows::all(piece.weighted, d), back.values.matrix(piece.expert), Into::Fresh, piece.hidden);
        let place = piece.rows.start * h..piece.rows.end * h;
        let (hidden, seen) = (&hidden[place.clone()], &seen[place]);
        for (i, &token) in tokens.iter().enumerate() {
            let weight = weights[token as usize * n + piece.expert];
            let row = i * h..(i + 1) * h;
            let (hidden, seen, dhidden) = (&hidden[row.clone()], &seen[row.clone()], &mut piece.hidden[row]);
            let g = &mut piece.weighted[i * d..(i + 1) * d];
            piece.weights[i] = dot(hidden, dhidden);
            if let Some((_, bias)) = e.biases_of(piece.expert) {
                piece.weights[i] += dot(bias, g);
            }
            scale(dhidden, weight);
            scale(g, weight);
            times_slope(e.activation, seen, dhidden);
        }
        times(Rows::all(piece.hidden, h), back.keys.matrix(piece.expert), Into::Fresh, piece.dx);
    });
}

/// Adds to each expert's bias of `sums` `[N, O]` its rows of `leaving`, the wave's `[rows, O]`, O = `wide`.
#[multiversion(targets = "simd")]
fn into_biases(wave: &Wave<'_>, leaving: &[f32], wide: usize, sums: &mut [f32]) {
    let sums = &mut sums[wave.experts.start * wide..wave.experts.end * wide];
    sums.par_chunks_mut(wide).enumerate().tasks(|(i, sum)| {
        let rows = wave.groups.rows_of_all(&(wave.experts.start + i..wave.experts.start + i + 1));
        add_up_rows(&leaving[(rows.start - wave.first) * wide..(rows.end - wave.first) * wide], sum);
    });
}

/// Multiplies all `values` by `by`.
#[inline(always)]
fn scale(values: &mut [f32], by: f32) {
    for v in values {
        *v *= by;
    }
}
