//! Attention of one head of a sequence, in tiles, on what its thread keeps for it.

use std::cell::RefCell;

use pulp::Simd;

use super::attention::Sizes;
use super::columns::Columns;
use super::simd_math::{dot, exp};
use super::tile::{self, by_columns, by_rows, load, read, row_into, store, write, zeros};

/// Queries whose scores the backward pass holds at once: a whole number of tiles of four, six or twelve rows.
const BLOCK: usize = 48;

/// Keys of a tile of the backward pass: more of them are no faster.
const KEYS: usize = 4;

/// The head that a task is about.
#[derive(Clone, Copy)]
pub(super) struct Given<'a> {
    /// Of the sequence: `[S, 3D]`.
    pub qkv: &'a [f32],
    /// `[2, S, head/2]`: cosines, then sines.
    pub rotary: &'a [f32],
    pub h: usize,
}

impl<'a> Given<'a> {
    /// Cosines and sines of position `t`, `[head/2]` each.
    #[inline(always)]
    fn angles(self, t: usize, half: usize) -> (&'a [f32], &'a [f32]) {
        let (cos, sin) = self.rotary.split_at(self.rotary.len() / 2);
        (&cos[t * half..(t + 1) * half], &sin[t * half..(t + 1) * half])
    }
}

/// What its backward pass starts from: the head's strips of the result and of its gradient, rows D apart, and ln Σ eˢ of each row, `[S]`.
#[derive(Clone, Copy)]
pub(super) struct Past<'a> {
    pub out: &'a [f32],
    pub g: &'a [f32],
    pub lse: &'a [f32],
}

/// What a task knows of its head, filled up with zeros to whole tiles. Every thread keeps one.
#[derive(Default)]
pub(super) struct Head {
    /// Turned queries, scaled by 1/√head, and turned keys; values; gradient of the result: `[rows, wide]` each.
    query: Vec<f32>,
    key: Vec<f32>,
    value: Vec<f32>,
    gradient: Vec<f32>,
    /// Keys and values as a product with their transpose reads them: `[rows ÷ L, head, L]`, with L columns a tile.
    key_panels: Vec<f32>,
    value_panels: Vec<f32>,
    /// Scores, then shares, of some queries and all keys, and their gradients: `[queries, rows]`.
    scores: Vec<f32>,
    dscores: Vec<f32>,
    /// Gradients, as what they are of.
    dquery: Vec<f32>,
    dkey: Vec<f32>,
    dvalue: Vec<f32>,
}

thread_local! {
    pub(super) static HEAD: RefCell<Head> = RefCell::new(Head::default());
}

/// A head cut into tiles.
#[derive(Clone, Copy)]
struct Tiled {
    /// Positions, and the width of the head.
    positions: usize,
    head: usize,
    /// Width of the whole attention.
    width: usize,
    /// L: columns of a tile.
    columns: usize,
    /// Positions filled up to whole tiles of queries, and these to whole tiles of keys.
    queries: usize,
    rows: usize,
    /// Width of the head filled up to whole tiles.
    wide: usize,
}

impl Tiled {
    #[inline(always)]
    fn of<S: Simd, const R: usize, const V: usize>(sizes: Sizes) -> Self {
        let (Sizes { positions, head, .. }, columns) = (sizes, tile::columns::<S, V>());
        let queries = positions.next_multiple_of(R);
        let (rows, wide) = (queries.next_multiple_of(columns), head.next_multiple_of(columns));
        Self { positions, head, width: sizes.width(), columns, queries, rows, wide }
    }

    /// 1/√head, by which queries are scaled.
    fn scale(self) -> f32 {
        1.0 / (self.head as f32).sqrt()
    }

    /// `[rows, wide]` of which `[S, head]` will be written: zeros around it.
    fn frame(self, numbers: &mut Vec<f32>) {
        numbers.resize(self.rows * self.wide, 0.0);
        if self.head < self.wide {
            numbers.fill(0.0);
        }
        numbers[self.positions * self.wide..].fill(0.0);
    }

    /// Rows of the head as panels: L rows side by side, transposed. `panels` becomes `[rows ÷ L, head, L]`.
    #[inline(always)]
    fn into_panels(self, rows: &[f32], panels: &mut Vec<f32>) {
        let Self { wide, head, columns, .. } = self;
        panels.resize(rows.len() / wide * head, 0.0);
        for (rows, panel) in rows.chunks_exact(columns * wide).zip(panels.chunks_exact_mut(columns * head)) {
            for (i, column) in panel.chunks_exact_mut(columns).enumerate() {
                for (lane, to) in column.iter_mut().enumerate() {
                    *to = rows[lane * wide + i];
                }
            }
        }
    }

    /// Copies the head's strip of `from`, rows `step` apart, into `into`, filled up.
    #[inline(always)]
    fn strip<S: Simd>(self, simd: S, from: &[f32], step: usize, into: &mut Vec<f32>) {
        self.frame(into);
        for (t, row) in into.chunks_exact_mut(self.wide).take(self.positions).enumerate() {
            copy(simd, &from[t * step..][..self.head], &mut row[..self.head]);
        }
    }
}

/// Copies a row into one of its length.
#[inline(always)]
fn copy<S: Simd>(simd: S, from: &[f32], to: &mut [f32]) {
    assert_eq!(from.len(), to.len());
    let whole = from.len() / S::F32_LANES * S::F32_LANES;
    for at in (0..whole).step_by(S::F32_LANES) {
        store(simd, to, at, load(simd, from, at));
    }
    if whole < from.len() {
        to[whole..].copy_from_slice(&from[whole..]);
    }
}

/// Turns the pairs of a row `from` `[head]`, the first half with the second, by the angles with these cosines and sines, or `BACK`, and
/// scales them.
#[inline(always)]
fn turn<S: Simd, const BACK: bool>(simd: S, from: &[f32], (cos, sin): (&[f32], &[f32]), scale: f32, to: &mut [f32]) {
    let half = cos.len();
    let (first, second) = from.split_at(half);
    let (to_first, to_second) = to.split_at_mut(half);
    let (whole, scales) = (half / S::F32_LANES * S::F32_LANES, simd.splat_f32s(scale));
    for at in (0..whole).step_by(S::F32_LANES) {
        let (f, s) = (load(simd, first, at), load(simd, second, at));
        let (cos, sin) = (load(simd, cos, at), load(simd, sin, at));
        let sin = if BACK { simd.sub_f32s(simd.splat_f32s(-0.0), sin) } else { sin };
        let turned = simd.sub_f32s(simd.mul_f32s(f, cos), simd.mul_f32s(s, sin));
        store(simd, to_first, at, simd.mul_f32s(turned, scales));
        let turned = simd.add_f32s(simd.mul_f32s(s, cos), simd.mul_f32s(f, sin));
        store(simd, to_second, at, simd.mul_f32s(turned, scales));
    }
    for at in whole..half {
        let sin = if BACK { -sin[at] } else { sin[at] };
        to_first[at] = (first[at] * cos[at] - second[at] * sin) * scale;
        to_second[at] = (second[at] * cos[at] + first[at] * sin) * scale;
    }
}

impl Head {
    /// Takes a head of a sequence; queries and keys are turned by their positions.
    #[inline(always)]
    fn take<S: Simd>(&mut self, simd: S, of: Tiled, given: Given<'_>) {
        let (d, w, wide, qkv) = (of.width, of.head, of.wide, given.qkv);
        of.frame(&mut self.query);
        of.frame(&mut self.key);
        for t in 0..of.positions {
            let angles = given.angles(t, w / 2);
            let row = &qkv[t * 3 * d + given.h * w..];
            turn::<S, false>(simd, &row[..w], angles, of.scale(), &mut self.query[t * wide..][..w]);
            turn::<S, false>(simd, &row[d..d + w], angles, 1.0, &mut self.key[t * wide..][..w]);
        }
        of.strip(simd, &qkv[2 * d + given.h * w..], 3 * d, &mut self.value);
        of.into_panels(&self.key, &mut self.key_panels);
    }

    /// Result of the head, `[S, head]`, and ln Σ eˢ of each row, `[S]`.
    #[inline(always)]
    pub(super) fn forward<S: Simd, const R: usize, const V: usize>(
        &mut self,
        simd: S,
        sizes: Sizes,
        given: Given<'_>,
        out: &mut Columns<'_>,
        lse: &mut [f32],
    ) {
        let of = Tiled::of::<S, R, V>(sizes);
        self.take(simd, of, given);
        let Tiled { rows, head, wide, columns, .. } = of;
        self.scores.resize(R * rows, 0.0);
        for first in (0..of.positions).step_by(R) {
            let seen = (first + R).min(of.positions);
            let end = seen.next_multiple_of(columns);
            score::<S, R, V>(simd, of, &self.query, &self.key_panels, first, end, &mut self.scores);
            let real = seen - first;
            for (r, scores) in self.scores.chunks_exact_mut(rows).take(real).enumerate() {
                let scores = &mut scores[..end];
                scores[first + r + 1..].fill(f32::NEG_INFINITY);
                lse[first + r] = super::softmax::normalise(scores);
            }
            for column in (0..wide).step_by(columns) {
                let values = (&self.value[column..], wide);
                let tile = by_rows::<S, R, V>(simd, (&self.scores, rows), values, seen, zeros(simd));
                for (r, row) in tile.iter().take(real).enumerate() {
                    row_into(simd, row, &mut out.row(first + r)[column..head.min(column + columns)]);
                }
            }
        }
    }

    /// Gradients of queries, keys and values into `part` `[3S, head]`: three rows a position.
    #[inline(always)]
    pub(super) fn backward<S: Simd, const R: usize, const V: usize>(
        &mut self,
        simd: S,
        sizes: Sizes,
        given: Given<'_>,
        Past { out, g, lse }: Past<'_>,
        part: &mut Columns<'_>,
    ) {
        let of = Tiled::of::<S, R, V>(sizes);
        self.take(simd, of, given);
        let Tiled { width: d, rows, head: w, wide, columns, .. } = of;
        of.strip(simd, g, d, &mut self.gradient);
        of.into_panels(&self.value, &mut self.value_panels);
        self.dquery.resize(rows * wide, 0.0);
        for made in [&mut self.dkey, &mut self.dvalue] {
            made.resize(rows * wide, 0.0);
            made.fill(0.0);
        }
        self.scores.resize(BLOCK * rows, 0.0);
        self.dscores.resize(BLOCK * rows, 0.0);
        for block in (0..of.queries).step_by(BLOCK) {
            let past = (block + BLOCK).min(of.queries);
            for first in (block..past).step_by(R) {
                let (seen, place) = ((first + R).min(of.positions), (first - block) * rows);
                let end = seen.next_multiple_of(columns);
                let (scores, dscores) = (&mut self.scores[place..], &mut self.dscores[place..]);
                score::<S, R, V>(simd, of, &self.query, &self.key_panels, first, end, scores);
                score::<S, R, V>(simd, of, &self.gradient, &self.value_panels, first, end, dscores);
                let both = scores.chunks_exact_mut(rows).zip(dscores.chunks_exact_mut(rows)).take(R);
                for (row, (p, dp)) in (first..).zip(both) {
                    let (p, dp) = (&mut p[..end], &mut dp[..end]);
                    if row >= of.positions {
                        p.fill(0.0);
                        dp.fill(0.0);
                        continue;
                    }
                    let along = dot(&out[row * d..][..w], &g[row * d..][..w]);
                    p[row + 1..].fill(f32::NEG_INFINITY);
                    let lse = lse[row];
                    for (p, dp) in p.iter_mut().zip(dp) {
                        *p = exp(*p - lse);
                        *dp = *p * (*dp - along);
                    }
                }
                for column in (0..wide).step_by(columns) {
                    let keys = (&self.key[column..], wide);
                    let tile = by_rows::<S, R, V>(simd, (dscores, rows), keys, seen, zeros(simd));
                    write(simd, &tile, &mut self.dquery[first * wide + column..], wide);
                }
            }
            for key in (0..past.min(of.positions)).step_by(KEYS) {
                // Queries before the key do not see it.
                let first = block.max(key);
                let (place, depth) = ((first - block) * rows + key, past - first);
                for column in (0..wide).step_by(columns) {
                    let (from, at) = (first * wide + column, key * wide + column);
                    for (shares, by, made) in
                        [(&self.dscores, &self.query, &mut self.dkey), (&self.scores, &self.gradient, &mut self.dvalue)]
                    {
                        let sums = read::<S, KEYS, V>(simd, &made[at..], wide);
                        let made_now = by_columns(simd, (&shares[place..], rows), (&by[from..], wide), depth, sums);
                        write(simd, &made_now, &mut made[at..], wide);
                    }
                }
            }
        }
        self.give(simd, of, given, part);
    }

    /// Writes the gradients of the head, turned back and queries scaled, into `part` `[3S, head]`.
    #[inline(always)]
    fn give<S: Simd>(&self, simd: S, of: Tiled, given: Given<'_>, part: &mut Columns<'_>) {
        let w = of.head;
        for t in 0..of.positions {
            let (angles, row) = (given.angles(t, w / 2), t * of.wide..t * of.wide + w);
            turn::<S, true>(simd, &self.dquery[row.clone()], angles, of.scale(), part.row(3 * t));
            turn::<S, true>(simd, &self.dkey[row.clone()], angles, 1.0, part.row(3 * t + 1));
            copy(simd, &self.dvalue[row], part.row(3 * t + 2));
        }
    }
}

/// Writes the scores of the tile of queries that begins at `first` with the keys before `end`, `[R, rows]`.
#[inline(always)]
fn score<S: Simd, const R: usize, const V: usize>(
    simd: S,
    of: Tiled,
    queries: &[f32],
    panels: &[f32],
    first: usize,
    end: usize,
    into: &mut [f32],
) {
    let Tiled { head, wide, rows, columns, .. } = of;
    for keys in (0..end).step_by(columns) {
        let (queries, panel) = ((&queries[first * wide..], wide), (&panels[keys * head..], columns));
        let tile = by_rows::<S, R, V>(simd, queries, panel, head, zeros(simd));
        write(simd, &tile, &mut into[keys..], rows);
    }
}
