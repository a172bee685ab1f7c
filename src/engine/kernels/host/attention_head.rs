//! Attention of one head of a sequence, in tiles, on what its thread keeps for it.

use std::cell::RefCell;

use pulp::Simd;

use super::attention::Sizes;
use super::columns::Columns;
use super::fetch::fetch;
use super::simd_math::{dot, exp};
use super::tile::{by_columns, by_rows, count, read, row_into, write, zeros};
use super::tiled_head::{AHEAD, FEW, Tiled, copy, turn};

/// Queries whose scores the backward pass holds at once: a whole number of tiles of four or twelve rows.
const BLOCK: usize = 48;

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
            fetch(row, AHEAD * 3 * d, w);
            fetch(row, AHEAD * 3 * d + d, w);
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
        let of = Tiled::of::<S, V>(sizes);
        self.take(simd, of, given);
        self.scores.resize(R * of.rows, 0.0);
        let mut first = 0;
        while first < of.positions {
            if first + R <= of.queries {
                self.answer::<S, R, V>(simd, of, first, out, lse);
                first += R;
            } else {
                self.answer::<S, FEW, V>(simd, of, first, out, lse);
                first += FEW;
            }
        }
    }

    /// The rows of the result, and of ln Σ eˢ, of a tile of queries.
    #[inline(always)]
    fn answer<S: Simd, const R: usize, const V: usize>(
        &mut self,
        simd: S,
        of: Tiled,
        first: usize,
        out: &mut Columns<'_>,
        lse: &mut [f32],
    ) {
        let Tiled { rows, head, wide, columns, .. } = of;
        let (seen, end) = of.seen_by::<R>(first);
        score::<S, R, V>(simd, of, &self.query, &self.key_panels, first, &mut self.scores);
        let real = seen - first;
        for (r, scores) in self.scores.chunks_exact_mut(rows).take(real).enumerate() {
            let scores = &mut scores[..end];
            scores[first + r + 1..].fill(f32::NEG_INFINITY);
            lse[first + r] = super::softmax::normalise(scores);
        }
        for column in (0..wide).step_by(columns) {
            let values = (&self.value[column..], wide);
            count::<S, V>(R * seen);
            let tile = by_rows::<S, R, V>(simd, (&self.scores, rows), values, seen, zeros(simd));
            for (r, row) in tile.iter().take(real).enumerate() {
                row_into(simd, row, &mut out.row(first + r)[column..head.min(column + columns)]);
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
        after: Past<'_>,
        part: &mut Columns<'_>,
    ) {
        let of = Tiled::of::<S, V>(sizes);
        self.take(simd, of, given);
        let Tiled { rows, wide, columns, .. } = of;
        of.strip(simd, after.g, of.width, &mut self.gradient);
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
            let mut first = block;
            while first < past {
                if first + R <= past {
                    self.judge::<S, R, V>(simd, of, (block, first), after);
                    first += R;
                } else {
                    self.judge::<S, FEW, V>(simd, of, (block, first), after);
                    first += FEW;
                }
            }
            for key in (0..past.min(of.positions)).step_by(FEW) {
                // Queries before the key do not see it.
                let first = block.max(key);
                let (place, depth) = ((first - block) * rows + key, past - first);
                for column in (0..wide).step_by(columns) {
                    let (from, at) = (first * wide + column, key * wide + column);
                    for (shares, by, made) in
                        [(&self.dscores, &self.query, &mut self.dkey), (&self.scores, &self.gradient, &mut self.dvalue)]
                    {
                        let sums = read::<S, FEW, V>(simd, &made[at..], wide);
                        count::<S, V>(FEW * depth);
                        let made_now = by_columns(simd, (&shares[place..], rows), (&by[from..], wide), depth, sums);
                        write(simd, &made_now, &mut made[at..], wide);
                    }
                }
            }
        }
        self.give(simd, of, given, part);
    }

    /// Shares and their gradients of a tile of queries of a block, from its first query on, and the gradients of the queries themselves.
    #[inline(always)]
    fn judge<S: Simd, const R: usize, const V: usize>(
        &mut self,
        simd: S,
        of: Tiled,
        (block, first): (usize, usize),
        Past { out, g, lse }: Past<'_>,
    ) {
        let Tiled { width: d, rows, head: w, wide, columns, .. } = of;
        let ((seen, end), place) = (of.seen_by::<R>(first), (first - block) * rows);
        let (scores, dscores) = (&mut self.scores[place..], &mut self.dscores[place..]);
        score::<S, R, V>(simd, of, &self.query, &self.key_panels, first, scores);
        score::<S, R, V>(simd, of, &self.gradient, &self.value_panels, first, dscores);
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
            count::<S, V>(R * seen);
            let tile = by_rows::<S, R, V>(simd, (dscores, rows), keys, seen, zeros(simd));
            write(simd, &tile, &mut self.dquery[first * wide + column..], wide);
        }
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

/// Writes the scores of the tile of queries that begins at `first` with the keys it sees, `[R, rows]`.
#[inline(always)]
fn score<S: Simd, const R: usize, const V: usize>(
    simd: S,
    of: Tiled,
    queries: &[f32],
    panels: &[f32],
    first: usize,
    into: &mut [f32],
) {
    let Tiled { head, wide, rows, columns, .. } = of;
    for keys in (0..of.seen_by::<R>(first).1).step_by(columns) {
        let (queries, panel) = ((&queries[first * wide..], wide), (&panels[keys * head..], columns));
        count::<S, V>(R * head);
        let tile = by_rows::<S, R, V>(simd, queries, panel, head, zeros(simd));
        write(simd, &tile, &mut into[keys..], rows);
    }
}
