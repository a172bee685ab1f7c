//! Attention of one head of a sequence, in tiles, on what its thread keeps for it.

use std::cell::RefCell;

use super::attention::Sizes;
use super::columns::Columns;
use super::simd_math::{dot, exp};
use super::tile::{ROWS, by_columns, by_rows, put, read, some, write};

/// Queries whose scores the backward pass holds at once: a whole number of tiles.
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

/// `[rows, wide]` of which `[S, head]` will be written: zeros around it.
fn framed<const R: usize, const L: usize>(sizes: Sizes, numbers: &mut Vec<f32>) {
    let (w, wide) = (sizes.head, sizes.wide::<L>());
    numbers.resize(sizes.rows::<R, L>() * wide, 0.0);
    if w < wide {
        numbers.fill(0.0);
    }
    numbers[sizes.positions * wide..].fill(0.0);
}

/// Rows of `width` numbers as panels: L rows side by side, transposed. `panels` is `[rows ÷ L, width, L]`.
#[inline(always)]
fn into_panels<const L: usize>(rows: &[f32], wide: usize, width: usize, panels: &mut Vec<f32>) {
    panels.resize(rows.len() / wide * width, 0.0);
    for (rows, panel) in rows.chunks_exact(L * wide).zip(panels.chunks_exact_mut(L * width)) {
        for (i, column) in panel.chunks_exact_mut(L).enumerate() {
            for (lane, to) in column.iter_mut().enumerate() {
                *to = rows[lane * wide + i];
            }
        }
    }
}

/// Copies the head's strip of `from`, rows `step` apart, into `into`, filled up.
#[inline(always)]
fn strip<const R: usize, const L: usize>(sizes: Sizes, from: &[f32], step: usize, into: &mut Vec<f32>) {
    let (w, wide) = (sizes.head, sizes.wide::<L>());
    framed::<R, L>(sizes, into);
    for (t, row) in into.chunks_exact_mut(wide).take(sizes.positions).enumerate() {
        copy::<L>(&from[t * step..][..w], &mut row[..w]);
    }
}

/// Numbers of a row that are turned at once.
const TURNED: usize = 16;
const FEW: usize = 4;

/// Turns the pairs of a row `from` `[head]`, the first half with the second, by the angles with these cosines and sines, or `BACK`, and
/// scales them.
#[inline(always)]
fn turn<const BACK: bool>(from: &[f32], cos: &[f32], sin: &[f32], scale: f32, to: &mut [f32]) {
    let (half, mut at) = (cos.len(), 0);
    while at + TURNED <= half {
        turn_some::<TURNED, BACK>(from, cos, sin, scale, to, at);
        at += TURNED;
    }
    while at + FEW <= half {
        turn_some::<FEW, BACK>(from, cos, sin, scale, to, at);
        at += FEW;
    }
    while at < half {
        turn_some::<1, BACK>(from, cos, sin, scale, to, at);
        at += 1;
    }
}

/// M of the pairs, from `at`. By arrays, whose length is known, since loops over slices and iterators stayed scalar here.
#[inline(always)]
fn turn_some<const M: usize, const BACK: bool>(
    from: &[f32],
    cos: &[f32],
    sin: &[f32],
    scale: f32,
    to: &mut [f32],
    at: usize,
) {
    let half = cos.len();
    let (first, second): ([f32; M], [f32; M]) = (some(from, at), some(from, half + at));
    let (cos, sin): ([f32; M], [f32; M]) = (some(cos, at), some(sin, at));
    let (mut to_first, mut to_second) = ([0.0; M], [0.0; M]);
    for j in 0..M {
        let sin = if BACK { -sin[j] } else { sin[j] };
        to_first[j] = (first[j] * cos[j] - second[j] * sin) * scale;
        to_second[j] = (second[j] * cos[j] + first[j] * sin) * scale;
    }
    put(to_first, to, at);
    put(to_second, to, half + at);
}

/// Copies a row into one of its length: as vectors, if it is as long as one or two.
#[inline(always)]
fn copy<const L: usize>(from: &[f32], to: &mut [f32]) {
    if from.len() == L {
        put(some::<L>(from, 0), to, 0);
    } else {
        to.copy_from_slice(from);
    }
}

impl Head {
    /// Takes a head of a sequence; queries and keys are turned by their positions.
    #[inline(always)]
    fn take<const R: usize, const L: usize>(&mut self, sizes: Sizes, Given { qkv, rotary, h }: Given<'_>) {
        let (d, w, half, wide) = (sizes.width(), sizes.head, sizes.head / 2, sizes.wide::<L>());
        let (cos, sin) = rotary.split_at(rotary.len() / 2);
        framed::<R, L>(sizes, &mut self.query);
        framed::<R, L>(sizes, &mut self.key);
        for t in 0..sizes.positions {
            let (cos, sin) = (&cos[t * half..(t + 1) * half], &sin[t * half..(t + 1) * half]);
            let rows = [(h * w, 1.0 / (w as f32).sqrt(), &mut self.query), (d + h * w, 1.0, &mut self.key)];
            for (column, scale, into) in rows {
                turn::<false>(&qkv[t * 3 * d + column..][..w], cos, sin, scale, &mut into[t * wide..][..w]);
            }
        }
        strip::<R, L>(sizes, &qkv[2 * d + h * w..], 3 * d, &mut self.value);
        into_panels::<L>(&self.key, wide, w, &mut self.key_panels);
    }

    /// Writes the scores of the tile of queries that begins at `first` with the keys before `end`, `[4, rows]`.
    #[inline(always)]
    fn score<const R: usize, const L: usize, const FMA: bool>(
        sizes: Sizes,
        of: &[f32],
        panels: &[f32],
        first: usize,
        end: usize,
        into: &mut [f32],
    ) {
        let (w, wide) = (sizes.head, sizes.wide::<L>());
        for keys in (0..end).step_by(L) {
            let tile = by_rows::<R, L, FMA>(&of[first * wide..], wide, &panels[keys * w..], L, w, [[0.0; L]; R]);
            write(&tile, &mut into[keys..], sizes.rows::<R, L>());
        }
    }

    /// Result of the head, `[S, head]`, and ln Σ eˢ of each row, `[S]`.
    #[inline(always)]
    pub(super) fn forward<const R: usize, const L: usize, const FMA: bool>(
        &mut self,
        sizes: Sizes,
        given: Given<'_>,
        out: &mut Columns<'_>,
        lse: &mut [f32],
    ) {
        self.take::<R, L>(sizes, given);
        let (rows, w, wide) = (sizes.rows::<R, L>(), sizes.head, sizes.wide::<L>());
        self.scores.resize(R * rows, 0.0);
        for first in (0..sizes.positions).step_by(R) {
            let seen = (first + R).min(sizes.positions);
            let end = seen.next_multiple_of(L);
            Self::score::<R, L, FMA>(sizes, &self.query, &self.key_panels, first, end, &mut self.scores);
            let real = (sizes.positions - first).min(R);
            for (r, scores) in self.scores.chunks_exact_mut(rows).take(real).enumerate() {
                let scores = &mut scores[..end];
                scores[first + r + 1..].fill(f32::NEG_INFINITY);
                lse[first + r] = super::softmax::normalise(scores);
            }
            for column in (0..wide).step_by(L) {
                let tile = by_rows::<R, L, FMA>(&self.scores, rows, &self.value[column..], wide, seen, [[0.0; L]; R]);
                for (r, row) in tile.iter().take(real).enumerate() {
                    let count = L.min(w - column);
                    copy::<L>(&row[..count], &mut out.row(first + r)[column..column + count]);
                }
            }
        }
    }

    /// Gradients of queries, keys and values into `part` `[3S, head]`: three rows a position.
    #[inline(always)]
    pub(super) fn backward<const R: usize, const L: usize, const FMA: bool>(
        &mut self,
        sizes: Sizes,
        given: Given<'_>,
        Past { out, g, lse }: Past<'_>,
        part: &mut Columns<'_>,
    ) {
        self.take::<R, L>(sizes, given);
        let (d, rows, w, wide) = (sizes.width(), sizes.rows::<R, L>(), sizes.head, sizes.wide::<L>());
        strip::<R, L>(sizes, g, d, &mut self.gradient);
        into_panels::<L>(&self.value, wide, w, &mut self.value_panels);
        self.dquery.resize(rows * wide, 0.0);
        for made in [&mut self.dkey, &mut self.dvalue] {
            made.resize(rows * wide, 0.0);
            made.fill(0.0);
        }
        self.scores.resize(BLOCK * rows, 0.0);
        self.dscores.resize(BLOCK * rows, 0.0);
        for block in (0..sizes.queries::<R>()).step_by(BLOCK) {
            let past = (block + BLOCK).min(sizes.queries::<R>());
            for first in (block..past).step_by(R) {
                let (seen, place) = ((first + R).min(sizes.positions), (first - block) * rows);
                let end = seen.next_multiple_of(L);
                let (scores, dscores) = (&mut self.scores[place..], &mut self.dscores[place..]);
                Self::score::<R, L, FMA>(sizes, &self.query, &self.key_panels, first, end, scores);
                Self::score::<R, L, FMA>(sizes, &self.gradient, &self.value_panels, first, end, dscores);
                let both = scores.chunks_exact_mut(rows).zip(dscores.chunks_exact_mut(rows)).take(R);
                for (row, (p, dp)) in (first..).zip(both) {
                    let (p, dp) = (&mut p[..end], &mut dp[..end]);
                    if row >= sizes.positions {
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
                for column in (0..wide).step_by(L) {
                    let tile = by_rows::<R, L, FMA>(dscores, rows, &self.key[column..], wide, seen, [[0.0; L]; R]);
                    write(&tile, &mut self.dquery[first * wide + column..], wide);
                }
            }
            for key in (0..past.min(sizes.positions)).step_by(ROWS) {
                // Queries before the key do not see it.
                let first = block.max(key);
                let (place, depth) = ((first - block) * rows + key, past - first);
                for column in (0..wide).step_by(L) {
                    let (from, at) = (first * wide + column, key * wide + column);
                    // No closures: they would not be compiled for the processor of their caller.
                    let (of, by, sums) = (&self.dscores[place..], &self.query[from..], read(&self.dkey[at..], wide));
                    write(&by_columns::<ROWS, L, FMA>(of, rows, by, wide, depth, sums), &mut self.dkey[at..], wide);
                    let (of, by, sums) =
                        (&self.scores[place..], &self.gradient[from..], read(&self.dvalue[at..], wide));
                    write(&by_columns::<ROWS, L, FMA>(of, rows, by, wide, depth, sums), &mut self.dvalue[at..], wide);
                }
            }
        }
        self.give::<L>(sizes, given.rotary, part);
    }

    /// Writes the gradients of the head, turned back and queries scaled, into `part` `[3S, head]`.
    #[inline(always)]
    fn give<const L: usize>(&self, sizes: Sizes, rotary: &[f32], part: &mut Columns<'_>) {
        let (w, half, wide) = (sizes.head, sizes.head / 2, sizes.wide::<L>());
        let (cos, sin) = rotary.split_at(rotary.len() / 2);
        let scale = 1.0 / (w as f32).sqrt();
        for t in 0..sizes.positions {
            let (cos, sin) = (&cos[t * half..(t + 1) * half], &sin[t * half..(t + 1) * half]);
            turn::<true>(&self.dquery[t * wide..][..w], cos, sin, scale, part.row(3 * t));
            turn::<true>(&self.dkey[t * wide..][..w], cos, sin, 1.0, part.row(3 * t + 1));
            copy::<L>(&self.dvalue[t * wide..][..w], part.row(3 * t + 2));
        }
    }
}
