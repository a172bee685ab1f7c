//! Causal attention with rotary positions on slices: a sequence is one task, a block of queries stays in the cache.

use multiversion::multiversion;
use rayon::prelude::*;

use super::pool::Buffer;
use super::simd_math::{dot, exp};
use crate::domain::product::{Into, MatrixView, product};

/// Queries of one block. What lies beyond a block's diagonal is never computed.
const BLOCK: usize = 64;

/// Sizes of an attention.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    /// S: positions of a sequence.
    pub positions: usize,
    /// Heads.
    pub heads: usize,
    /// Width of one head, even.
    pub head: usize,
}

/// Scratch memory of one task.
struct Scratch {
    query: Vec<f32>,
    key: Vec<f32>,
    scores: Vec<f32>,
    dscores: Vec<f32>,
    dquery: Vec<f32>,
    dkey: Vec<f32>,
}

impl Scratch {
    fn new(sizes: Sizes, back: bool) -> Self {
        let Sizes { positions, head, .. } = sizes;
        let block = BLOCK * positions;
        let only_back = |len: usize| vec![0.0; if back { len } else { 0 }];
        Self {
            query: vec![0.0; positions * head],
            key: vec![0.0; positions * head],
            scores: vec![0.0; block],
            dscores: only_back(block),
            dquery: only_back(positions * head),
            dkey: only_back(positions * head),
        }
    }
}

impl Sizes {
    fn width(self) -> usize {
        self.heads * self.head
    }

    /// Queries (scaled by 1/√head) and keys of one head of a sequence `qkv` `[S, 3D]`, turned by their positions.
    ///
    /// `rotary` is `[2, S, head/2]`: cosines, then sines.
    #[inline(always)]
    fn turned(self, qkv: &[f32], rotary: &[f32], head: usize, scratch: &mut Scratch) {
        let (d, w, half) = (self.width(), self.head, self.head / 2);
        let (cos, sin) = rotary.split_at(rotary.len() / 2);
        let scale = 1.0 / (w as f32).sqrt();
        for t in 0..self.positions {
            let (cos, sin) = (&cos[t * half..(t + 1) * half], &sin[t * half..(t + 1) * half]);
            let rows = [(head * w, scale, &mut scratch.query), (d + head * w, 1.0, &mut scratch.key)];
            for (column, scale, into) in rows {
                let (first, second) = qkv[t * 3 * d + column..t * 3 * d + column + w].split_at(half);
                let (to_first, to_second) = into[t * w..(t + 1) * w].split_at_mut(half);
                for i in 0..half {
                    to_first[i] = (first[i] * cos[i] - second[i] * sin[i]) * scale;
                    to_second[i] = (second[i] * cos[i] + first[i] * sin[i]) * scale;
                }
            }
        }
    }

    /// Scores of the queries `rows` with all keys up to the last of them: `[rows, end]`.
    fn scores(self, rows: &std::ops::Range<usize>, scratch: &mut Scratch) {
        let w = self.head;
        let query = MatrixView::new(&scratch.query[rows.start * w..rows.end * w], rows.len(), w);
        let key = MatrixView::new(&scratch.key[..rows.end * w], rows.end, w).transposed();
        product(query, key, 1.0, Into::Fresh, &mut scratch.scores, rows.end);
    }
}

/// Keys a query looks at, made a whole number of vectors; those beyond the query itself weigh nothing.
fn seen_by(row: usize, keys: usize) -> usize {
    (row + 1).next_multiple_of(16).min(keys)
}

/// Blocks of queries.
fn blocks(positions: usize) -> impl Iterator<Item = std::ops::Range<usize>> {
    (0..positions).step_by(BLOCK).map(move |start| start..(start + BLOCK).min(positions))
}

/// Mixed values `[T, D]` of `qkv` `[T, 3D]`, and ln Σ eˢ of each row and head for the backward pass: `[B, heads, S]`.
#[multiversion(targets = "simd")]
pub fn forward(qkv: &[f32], rotary: &[f32], sizes: Sizes) -> (Buffer, Buffer) {
    let Sizes { positions, heads, head } = sizes;
    let d = sizes.width();
    let mut out = Buffer::dirty(qkv.len() / 3);
    let mut lse = Buffer::dirty(qkv.len() / (3 * d) * heads);
    let sequences = qkv.par_chunks(positions * 3 * d).zip(lse.par_chunks_mut(heads * positions));
    out.par_chunks_mut(positions * d).zip(sequences).for_each_init(
        || Scratch::new(sizes, false),
        |scratch, (out, (qkv, lse))| {
            for (h, lse) in lse.chunks_exact_mut(positions).enumerate() {
                sizes.turned(qkv, rotary, h, scratch);
                for rows in blocks(positions) {
                    let end = rows.end;
                    sizes.scores(&rows, scratch);
                    for (row, scores) in rows.clone().zip(scratch.scores.chunks_exact_mut(end)) {
                        let (seen, hidden) = scores.split_at_mut(seen_by(row, end));
                        seen[row + 1..].fill(f32::NEG_INFINITY);
                        lse[row] = super::softmax::normalise(seen);
                        hidden.fill(0.0);
                    }
                    let weights = MatrixView::new(&scratch.scores[..rows.len() * end], rows.len(), end);
                    let value = MatrixView::strided(&qkv[2 * d + h * head..], end, head, 3 * d);
                    product(weights, value, 1.0, Into::Fresh, &mut out[rows.start * d + h * head..], d);
                }
            }
        },
    );
    (out, lse)
}

/// Gradient of `qkv` from that of the result, `g` `[T, D]`; `out` is the result itself.
#[multiversion(targets = "simd")]
pub fn backward(qkv: &[f32], rotary: &[f32], sizes: Sizes, out: &[f32], lse: &[f32], g: &[f32]) -> Buffer {
    let Sizes { positions, heads, head } = sizes;
    let d = sizes.width();
    let mut dqkv = Buffer::zeros(qkv.len());
    let seen = qkv.par_chunks(positions * 3 * d).zip(lse.par_chunks(heads * positions));
    let sequences = out.par_chunks(positions * d).zip(g.par_chunks(positions * d)).zip(seen);
    dqkv.par_chunks_mut(positions * 3 * d).zip(sequences).for_each_init(
        || Scratch::new(sizes, true),
        |scratch, (dqkv, ((out, g), (qkv, lse)))| {
            for (h, lse) in lse.chunks_exact(positions).enumerate() {
                sizes.turned(qkv, rotary, h, scratch);
                for rows in blocks(positions) {
                    let (start, end, len) = (rows.start, rows.end, rows.len());
                    sizes.scores(&rows, scratch);
                    let value = MatrixView::strided(&qkv[2 * d + h * head..], end, head, 3 * d).transposed();
                    let gradient = MatrixView::strided(&g[start * d + h * head..], len, head, d);
                    product(gradient, value, 1.0, Into::Fresh, &mut scratch.dscores, end);
                    let both = scratch.scores.chunks_exact_mut(end).zip(scratch.dscores.chunks_exact_mut(end));
                    for (row, (p, dp)) in rows.clone().zip(both) {
                        let place = row * d + h * head..row * d + (h + 1) * head;
                        let along = dot(&out[place.clone()], &g[place]);
                        let (p, p_hidden) = p.split_at_mut(seen_by(row, end));
                        let (dp, dp_hidden) = dp.split_at_mut(seen_by(row, end));
                        p[row + 1..].fill(f32::NEG_INFINITY);
                        let lse = lse[row];
                        p.iter_mut().zip(dp).for_each(|(p, dp)| {
                            *p = exp(*p - lse);
                            *dp = *p * (*dp - along);
                        });
                        p_hidden.fill(0.0);
                        dp_hidden.fill(0.0);
                    }
                    let weights = MatrixView::new(&scratch.scores[..len * end], len, end);
                    let to_value = &mut dqkv[2 * d + h * head..];
                    product(weights.transposed(), gradient, 1.0, Into::Added, to_value, 3 * d);
                    let dscores = MatrixView::new(&scratch.dscores[..len * end], len, end);
                    let key = MatrixView::new(&scratch.key[..end * head], end, head);
                    product(dscores, key, 1.0, Into::Fresh, &mut scratch.dquery[start * head..], head);
                    let query = MatrixView::new(&scratch.query[start * head..end * head], len, head);
                    if start == 0 {
                        scratch.dkey.fill(0.0);
                    }
                    product(dscores.transposed(), query, 1.0, Into::Added, &mut scratch.dkey, head);
                }
                turned_back(dqkv, rotary, sizes, h, scratch);
            }
        },
    );
    dqkv
}

/// Writes the gradients of turned queries and keys into `dqkv`, turned back; queries scaled.
#[inline(always)]
fn turned_back(dqkv: &mut [f32], rotary: &[f32], sizes: Sizes, head: usize, scratch: &Scratch) {
    let (d, w, half) = (sizes.width(), sizes.head, sizes.head / 2);
    let (cos, sin) = rotary.split_at(rotary.len() / 2);
    let scale = 1.0 / (w as f32).sqrt();
    for t in 0..sizes.positions {
        let (cos, sin) = (&cos[t * half..(t + 1) * half], &sin[t * half..(t + 1) * half]);
        for (column, scale, from) in [(head * w, scale, &scratch.dquery), (d + head * w, 1.0, &scratch.dkey)] {
            let (first, second) = from[t * w..(t + 1) * w].split_at(half);
            let place = t * 3 * d + column;
            let (to_first, to_second) = dqkv[place..place + w].split_at_mut(half);
            for i in 0..half {
                to_first[i] = (first[i] * cos[i] + second[i] * sin[i]) * scale;
                to_second[i] = (second[i] * cos[i] - first[i] * sin[i]) * scale;
            }
        }
    }
}
