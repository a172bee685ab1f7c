//! Causal attention with rotary positions on slices: a head of a sequence is one task. Its queries go in tiles whose scores stay in the
//! cache, and what lies beyond the diagonal is left out but for what fills a tile.

use std::cell::RefCell;

use multiversion::multiversion;
use multiversion::target::target_cfg_f;
use rayon::prelude::*;

use super::pool::Buffer;
use super::simd_math::{dot, exp};
use super::tasks::Tasks;
use super::tile::{LANES, ROWS, ZERO, by_columns, by_rows, read, write};

/// Queries whose scores the backward pass holds at once: a whole number of tiles.
const BLOCK: usize = 48;

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

impl Sizes {
    fn width(self) -> usize {
        self.heads * self.head
    }

    /// Positions, filled up to whole tiles of queries.
    fn queries(self) -> usize {
        self.positions.next_multiple_of(ROWS)
    }

    /// The same, filled up to whole tiles of keys.
    fn rows(self) -> usize {
        self.queries().next_multiple_of(LANES)
    }

    /// Width of a head, filled up to whole tiles.
    fn wide(self) -> usize {
        self.head.next_multiple_of(LANES)
    }
}

/// What a task knows of its head, filled up with zeros to whole tiles. Every thread keeps one.
#[derive(Default)]
struct Head {
    /// Turned queries, scaled by 1/√head, and turned keys; values; gradient of the result: `[rows, wide]` each.
    query: Vec<f32>,
    key: Vec<f32>,
    value: Vec<f32>,
    gradient: Vec<f32>,
    /// Keys and values as a product with their transpose reads them: `[rows ÷ 16, head, 16]`.
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
    static HEAD: RefCell<Head> = RefCell::new(Head::default());
}

/// `[rows, wide]` of which `[S, head]` will be written: zeros around it.
fn framed(sizes: Sizes, numbers: &mut Vec<f32>) {
    let (w, wide) = (sizes.head, sizes.wide());
    numbers.resize(sizes.rows() * wide, 0.0);
    if w < wide {
        numbers.fill(0.0);
    }
    numbers[sizes.positions * wide..].fill(0.0);
}

/// Rows of `width` numbers as panels: 16 rows side by side, transposed. `panels` is `[rows ÷ 16, width, 16]`.
#[inline(always)]
fn into_panels(rows: &[f32], wide: usize, width: usize, panels: &mut Vec<f32>) {
    panels.resize(rows.len() / wide * width, 0.0);
    for (rows, panel) in rows.chunks_exact(LANES * wide).zip(panels.chunks_exact_mut(LANES * width)) {
        for (i, column) in panel.chunks_exact_mut(LANES).enumerate() {
            for (lane, to) in column.iter_mut().enumerate() {
                *to = rows[lane * wide + i];
            }
        }
    }
}

/// Copies the head's strip of `from`, rows `step` apart, into `into`, filled up.
#[inline(always)]
fn strip(sizes: Sizes, from: &[f32], step: usize, into: &mut Vec<f32>) {
    let (w, wide) = (sizes.head, sizes.wide());
    framed(sizes, into);
    for (t, row) in into.chunks_exact_mut(wide).take(sizes.positions).enumerate() {
        row[..w].copy_from_slice(&from[t * step..][..w]);
    }
}

impl Head {
    /// Takes head `h` of a sequence `qkv` `[S, 3D]`; queries and keys are turned by their positions.
    ///
    /// `rotary` is `[2, S, head/2]`: cosines, then sines.
    #[inline(always)]
    fn take(&mut self, sizes: Sizes, qkv: &[f32], rotary: &[f32], h: usize) {
        let (d, w, half, wide) = (sizes.width(), sizes.head, sizes.head / 2, sizes.wide());
        let (cos, sin) = rotary.split_at(rotary.len() / 2);
        framed(sizes, &mut self.query);
        framed(sizes, &mut self.key);
        for t in 0..sizes.positions {
            let (cos, sin) = (&cos[t * half..(t + 1) * half], &sin[t * half..(t + 1) * half]);
            let rows = [(h * w, 1.0 / (w as f32).sqrt(), &mut self.query), (d + h * w, 1.0, &mut self.key)];
            for (column, scale, into) in rows {
                let (first, second) = qkv[t * 3 * d + column..][..w].split_at(half);
                let (to_first, to_second) = into[t * wide..][..w].split_at_mut(half);
                for i in 0..half {
                    to_first[i] = (first[i] * cos[i] - second[i] * sin[i]) * scale;
                    to_second[i] = (second[i] * cos[i] + first[i] * sin[i]) * scale;
                }
            }
        }
        strip(sizes, &qkv[2 * d + h * w..], 3 * d, &mut self.value);
        into_panels(&self.key, wide, w, &mut self.key_panels);
    }

    /// Writes the scores of the tile of queries that begins at `first` with the keys before `end`, `[4, rows]`.
    #[inline(always)]
    fn score<const FMA: bool>(sizes: Sizes, of: &[f32], panels: &[f32], first: usize, end: usize, into: &mut [f32]) {
        let (w, wide) = (sizes.head, sizes.wide());
        for keys in (0..end).step_by(LANES) {
            let tile = by_rows::<FMA>(&of[first * wide..], wide, &panels[keys * w..], LANES, w, ZERO);
            write(&tile, &mut into[keys..], sizes.rows());
        }
    }

    /// Result of the head, `[S, head]`, and ln Σ eˢ of each row, `[S]`.
    #[inline(always)]
    fn forward<const FMA: bool>(&mut self, sizes: Sizes, out: &mut [f32], lse: &mut [f32]) {
        let (rows, w, wide) = (sizes.rows(), sizes.head, sizes.wide());
        self.scores.resize(ROWS * rows, 0.0);
        for first in (0..sizes.positions).step_by(ROWS) {
            let seen = first + ROWS;
            let end = seen.next_multiple_of(LANES);
            Self::score::<FMA>(sizes, &self.query, &self.key_panels, first, end, &mut self.scores);
            let real = (sizes.positions - first).min(ROWS);
            for (r, scores) in self.scores.chunks_exact_mut(rows).take(real).enumerate() {
                let scores = &mut scores[..end];
                scores[first + r + 1..].fill(f32::NEG_INFINITY);
                lse[first + r] = super::softmax::normalise(scores);
            }
            for column in (0..wide).step_by(LANES) {
                let tile = by_rows::<FMA>(&self.scores, rows, &self.value[column..], wide, seen, ZERO);
                for (r, row) in tile.iter().take(real).enumerate() {
                    let count = LANES.min(w - column);
                    out[(first + r) * w + column..][..count].copy_from_slice(&row[..count]);
                }
            }
        }
    }

    /// Gradients of queries, keys and values, `[S, 3·head]`, from what the strip of the result `out` and its gradient `g` say, rows
    /// `D` apart.
    #[inline(always)]
    fn backward<const FMA: bool>(&mut self, sizes: Sizes, out: &[f32], g: &[f32], lse: &[f32]) {
        let (d, rows, w, wide) = (sizes.width(), sizes.rows(), sizes.head, sizes.wide());
        strip(sizes, g, d, &mut self.gradient);
        into_panels(&self.value, wide, w, &mut self.value_panels);
        self.dquery.resize(rows * wide, 0.0);
        for made in [&mut self.dkey, &mut self.dvalue] {
            made.resize(rows * wide, 0.0);
            made.fill(0.0);
        }
        self.scores.resize(BLOCK * rows, 0.0);
        self.dscores.resize(BLOCK * rows, 0.0);
        for block in (0..sizes.queries()).step_by(BLOCK) {
            let past = (block + BLOCK).min(sizes.queries());
            for first in (block..past).step_by(ROWS) {
                let (seen, place) = (first + ROWS, (first - block) * rows);
                let end = seen.next_multiple_of(LANES);
                let (scores, dscores) = (&mut self.scores[place..], &mut self.dscores[place..]);
                Self::score::<FMA>(sizes, &self.query, &self.key_panels, first, end, scores);
                Self::score::<FMA>(sizes, &self.gradient, &self.value_panels, first, end, dscores);
                let both = scores.chunks_exact_mut(rows).zip(dscores.chunks_exact_mut(rows)).take(ROWS);
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
                for column in (0..wide).step_by(LANES) {
                    let tile = by_rows::<FMA>(dscores, rows, &self.key[column..], wide, seen, ZERO);
                    write(&tile, &mut self.dquery[first * wide + column..], wide);
                }
            }
            for key in (0..past).step_by(ROWS) {
                // Queries before the key do not see it.
                let first = block.max(key);
                let (place, depth) = ((first - block) * rows + key, past - first);
                for column in (0..wide).step_by(LANES) {
                    let (from, at) = (first * wide + column, key * wide + column);
                    // No closures: they would not be compiled for the processor of their caller.
                    let (of, by, sums) = (&self.dscores[place..], &self.query[from..], read(&self.dkey[at..], wide));
                    write(&by_columns::<FMA>(of, rows, by, wide, depth, sums), &mut self.dkey[at..], wide);
                    let (of, by, sums) =
                        (&self.scores[place..], &self.gradient[from..], read(&self.dvalue[at..], wide));
                    write(&by_columns::<FMA>(of, rows, by, wide, depth, sums), &mut self.dvalue[at..], wide);
                }
            }
        }
    }

    /// Writes the gradients of the head, turned back and queries scaled, into `part` `[S, 3·head]`.
    #[inline(always)]
    fn give(&self, sizes: Sizes, rotary: &[f32], part: &mut [f32]) {
        let (w, half, wide) = (sizes.head, sizes.head / 2, sizes.wide());
        let (cos, sin) = rotary.split_at(rotary.len() / 2);
        for (t, row) in part.chunks_exact_mut(3 * w).enumerate() {
            let (cos, sin) = (&cos[t * half..(t + 1) * half], &sin[t * half..(t + 1) * half]);
            let (queries, others) = row.split_at_mut(w);
            let (keys, values) = others.split_at_mut(w);
            for (to, scale, from) in [(queries, 1.0 / (w as f32).sqrt(), &self.dquery), (keys, 1.0, &self.dkey)] {
                let (first, second) = from[t * wide..][..w].split_at(half);
                let (to_first, to_second) = to.split_at_mut(half);
                for i in 0..half {
                    to_first[i] = (first[i] * cos[i] + second[i] * sin[i]) * scale;
                    to_second[i] = (second[i] * cos[i] - first[i] * sin[i]) * scale;
                }
            }
            values.copy_from_slice(&self.dvalue[t * wide..][..w]);
        }
    }
}

/// Tokens whose heads one task puts side by side.
const TOKENS: usize = 32;

/// Puts the heads of `parts` `[B, heads, S, kinds·head]` side by side: `[T, kinds·D]`, kind after kind.
fn side_by_side(parts: &[f32], sizes: Sizes, kinds: usize, into: &mut [f32]) {
    let Sizes { positions, heads, head } = sizes;
    let (d, wide) = (sizes.width(), kinds * head);
    into.par_chunks_mut(TOKENS * kinds * d).enumerate().tasks(|(task, rows)| {
        for (token, row) in (task * TOKENS..).zip(rows.chunks_exact_mut(kinds * d)) {
            let (sequence, t) = (token / positions, token % positions);
            for (place, to) in row.chunks_exact_mut(head).enumerate() {
                let (kind, h) = (place / heads, place % heads);
                let at = ((sequence * heads + h) * positions + t) * wide + kind * head;
                to.copy_from_slice(&parts[at..at + head]);
            }
        }
    });
}

/// Mixed values `[T, D]` of `qkv` `[T, 3D]`, and ln Σ eˢ of each row and head for the backward pass: `[B, heads, S]`.
#[multiversion(targets = "simd")]
pub fn forward(qkv: &[f32], rotary: &[f32], sizes: Sizes) -> (Buffer, Buffer) {
    let Sizes { positions, heads, head } = sizes;
    let d = sizes.width();
    let mut out = Buffer::dirty(qkv.len() / 3);
    let mut parts = Buffer::dirty(out.len());
    let mut lse = Buffer::dirty(qkv.len() / (3 * d) * heads);
    let tasks = parts.par_chunks_mut(positions * head).zip(lse.par_chunks_mut(positions)).enumerate();
    tasks.tasks(|(task, (part, lse))| {
        let (sequence, h) = (task / heads, task % heads);
        let qkv = &qkv[sequence * positions * 3 * d..][..positions * 3 * d];
        HEAD.with_borrow_mut(|of| {
            of.take(sizes, qkv, rotary, h);
            match target_cfg_f!(any(target_feature = "fma", target_arch = "aarch64")) {
                true => of.forward::<true>(sizes, part, lse),
                false => of.forward::<false>(sizes, part, lse),
            }
        });
    });
    side_by_side(&parts, sizes, 1, &mut out);
    (out, lse)
}

/// Gradient of `qkv` from that of the result, `g` `[T, D]`; `out` is the result itself.
#[multiversion(targets = "simd")]
pub fn backward(qkv: &[f32], rotary: &[f32], sizes: Sizes, out: &[f32], lse: &[f32], g: &[f32]) -> Buffer {
    let Sizes { positions, heads, head } = sizes;
    let d = sizes.width();
    let mut parts = Buffer::dirty(qkv.len());
    let tasks = parts.par_chunks_mut(positions * 3 * head).zip(lse.par_chunks(positions)).enumerate();
    tasks.tasks(|(task, (part, lse))| {
        let (sequence, h) = (task / heads, task % heads);
        let (qkv, place) =
            (&qkv[sequence * positions * 3 * d..][..positions * 3 * d], sequence * positions * d + h * head);
        let (out, g) = (&out[place..], &g[place..]);
        HEAD.with_borrow_mut(|of| {
            of.take(sizes, qkv, rotary, h);
            match target_cfg_f!(any(target_feature = "fma", target_arch = "aarch64")) {
                true => of.backward::<true>(sizes, out, g, lse),
                false => of.backward::<false>(sizes, out, g, lse),
            }
            of.give(sizes, rotary, part);
        });
    });
    let mut dqkv = Buffer::dirty(qkv.len());
    side_by_side(&parts, sizes, 3, &mut dqkv);
    dqkv
}
