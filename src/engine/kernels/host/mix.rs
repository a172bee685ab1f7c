//! Routed experts on slices: only the k experts of a token are computed, in pieces of rows that belong to one expert.

use multiversion::multiversion;
use rayon::prelude::*;

use super::expert::{ExpertViews, PackedExperts, add_up_rows, times_slope};
use super::group::Groups;
use super::packed::{MANY_ROWS, TASK_ROWS, times};
use super::pool::Buffer;
use super::rows::Rows;
use super::simd_math::dot;
use super::strip;
use super::tasks::Tasks;
use crate::domain::product::Into;

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
fn cut<'a>(mut values: &'a mut [f32], width: usize, pieces: &[(usize, std::ops::Range<usize>)]) -> Vec<&'a mut [f32]> {
    let mut parts = Vec::with_capacity(pieces.len());
    for (_, rows) in pieces {
        let (part, rest) = values.split_at_mut(rows.len() * width);
        parts.push(part);
        values = rest;
    }
    parts
}

/// Copies the rows of `from` named by `tokens` into `into`.
fn gather(from: &[f32], width: usize, tokens: &[u32], into: &mut [f32]) {
    for (row, &token) in into.chunks_exact_mut(width).zip(tokens) {
        row.copy_from_slice(&from[token as usize * width..(token as usize + 1) * width]);
    }
}

/// Σ over picks of weight · g_i(x): y `[T, D]`, and what the backward pass wants: the hidden neurons `[T·k, H]`, for
/// GELU also before it.
#[multiversion(targets = "simd")]
pub fn forward(e: &ExpertViews<'_>, x: &[f32], weights: &[f32], groups: &Groups) -> (Buffer, Vec<Buffer>) {
    let (d, h, rows) = (e.width, e.hidden, groups.rows());
    let pieces = groups.pieces(piece);
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

/// One piece of the backward pass: what it writes.
struct Piece<'a> {
    expert: usize,
    rows: std::ops::Range<usize>,
    /// Gradient of the hidden neurons.
    hidden: &'a mut [f32],
    /// Gathered gradient of y, times the weight.
    g: &'a mut [f32],
    /// Gradient of the gathered x.
    dx: &'a mut [f32],
    /// Gradient of the weights of these rows.
    weights: &'a mut [f32],
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
    let hidden = &kept[0];
    let seen = if e.slope_from_value() { &kept[0] } else { &kept[1] };
    let pieces = groups.pieces(piece);
    let [mut dhidden, mut weighted, mut dgathered, mut dweights] =
        [rows * h, rows * d, rows * d, rows].map(Buffer::dirty);
    let mut tasks = Vec::with_capacity(pieces.len());
    let mut columns = (
        cut(&mut dhidden, h, &pieces).into_iter(),
        cut(&mut weighted, d, &pieces).into_iter(),
        cut(&mut dgathered, d, &pieces).into_iter(),
        cut(&mut dweights, 1, &pieces).into_iter(),
    );
    for (expert, rows) in &pieces {
        let (Some(hidden), Some(g), Some(dx), Some(weights)) =
            (columns.0.next(), columns.1.next(), columns.2.next(), columns.3.next())
        else {
            break;
        };
        tasks.push(Piece { expert: *expert, rows: rows.clone(), hidden, g, dx, weights });
    }
    let back = PackedExperts::transposed(e, |expert| groups.rows_of(expert));
    tasks.into_par_iter().tasks(|piece| {
        let tokens = &groups.token[piece.rows.clone()];
        gather(g, d, tokens, piece.g);
        times(Rows::all(piece.g, d), back.values.matrix(piece.expert), Into::Fresh, piece.hidden);
        let place = piece.rows.start * h..piece.rows.end * h;
        let (hidden, seen) = (&hidden[place.clone()], &seen[place]);
        for (i, &token) in tokens.iter().enumerate() {
            let weight = weights[token as usize * n + piece.expert];
            let row = i * h..(i + 1) * h;
            let (hidden, seen, dhidden) = (&hidden[row.clone()], &seen[row.clone()], &mut piece.hidden[row]);
            let g = &mut piece.g[i * d..(i + 1) * d];
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

    let [mut keys, mut values] = [n * d * h, n * h * d].map(Buffer::dirty);
    let mut strips = strips_of(groups, Rows::of_tokens(x, d, &groups.token), &dhidden, h, &mut keys);
    strips.extend(strips_of(groups, Rows::all(hidden, h), &weighted, d, &mut values));
    strips.into_par_iter().tasks(|Strip { gradient, first, entering, leaving, wide }| {
        strip::make(gradient, first, entering, leaving, wide, Into::Fresh);
    });
    let biases = e.biases.map(|_| (of_biases(groups, &dhidden, n, h), of_biases(groups, &weighted, n, d)));
    let k = rows / (x.len() / d).max(1);
    let (mut dx, mut of_shares) = (Buffer::dirty(x.len()), Buffer::dirty(weights.len()));
    dx.par_chunks_mut(TASK_ROWS * d).zip(of_shares.par_chunks_mut(TASK_ROWS * n)).enumerate().tasks(
        |(chunk, (dx, shares))| {
            for (i, dx) in dx.chunks_exact_mut(d).enumerate() {
                let token = chunk * TASK_ROWS + i;
                dx.fill(0.0);
                shares[i * n..(i + 1) * n].fill(0.0);
                for place in token * k..(token + 1) * k {
                    let (row, expert) = (groups.row[place] as usize, groups.expert[place] as usize);
                    shares[i * n + expert] = dweights[row];
                    let part = &dgathered[row * d..(row + 1) * d];
                    for (x, &p) in dx.iter_mut().zip(part) {
                        *x += p;
                    }
                }
            }
        },
    );
    HostMixGradients { x: dx, keys, values, weights: of_shares, biases }
}

/// Some rows of the gradient of an expert's matrix.
struct Strip<'a> {
    gradient: &'a mut [f32],
    /// The first of them.
    first: usize,
    /// The expert's rows of what went in, and of the gradient of what came out, which are `wide`.
    entering: Rows<'a>,
    leaving: &'a [f32],
    wide: usize,
}

/// inᵀ · out over the rows of each expert, `[N, I, O]` from `[T·k, I]` and `[T·k, O]`, O = `wide`, in strips.
fn strips_of<'a>(
    groups: &Groups,
    entering: Rows<'a>,
    leaving: &'a [f32],
    wide: usize,
    gradient: &'a mut [f32],
) -> Vec<Strip<'a>> {
    let of_expert = |(gradient, ends): (&'a mut [f32], &[usize])| {
        let (start, end) = (ends[0], ends[1]);
        let (entering, leaving) = (entering.part(start, end), &leaving[start * wide..end * wide]);
        let most = strip_rows(end - start);
        let parts = gradient.chunks_mut(most * wide).enumerate();
        parts.map(move |(part, gradient)| Strip { gradient, first: part * most, entering, leaving, wide })
    };
    gradient.chunks_exact_mut(entering.width() * wide).zip(groups.starts.windows(2)).flat_map(of_expert).collect()
}

/// Multiplies all `values` by `by`.
#[inline(always)]
fn scale(values: &mut [f32], by: f32) {
    for v in values {
        *v *= by;
    }
}

/// Sum of the rows of each expert: `[N, O]`.
#[multiversion(targets = "simd")]
fn of_biases(groups: &Groups, leaving: &[f32], n: usize, o: usize) -> Buffer {
    let mut gradient = Buffer::zeros(n * o);
    gradient.par_chunks_mut(o).enumerate().tasks(|(expert, sum)| {
        let rows = &leaving[groups.starts[expert] * o..groups.starts[expert + 1] * o];
        add_up_rows(rows, sum);
    });
    gradient
}
