//! How a head of an attention is cut into tiles, and its rows on their way in and out: copied, turned by their positions, side by side.

use pulp::Simd;

use super::attention::Sizes;
use super::fetch::fetch;
use super::tile::{self, load, store};
use super::transpose::transpose;

/// Rows of the last tiles of queries, where fewer are left than a tile has, and of tiles of keys: more of them are no faster.
pub(super) const FEW: usize = 4;

/// A head cut into tiles.
#[derive(Clone, Copy)]
pub(super) struct Tiled {
    /// Positions, and the width of the head.
    pub positions: usize,
    pub head: usize,
    /// Width of the whole attention.
    pub width: usize,
    /// L: columns of a tile.
    pub columns: usize,
    /// Positions filled up to the smallest tiles of queries, and these to whole tiles of keys.
    pub queries: usize,
    pub rows: usize,
    /// Width of the head filled up to whole tiles.
    pub wide: usize,
}

impl Tiled {
    #[inline(always)]
    pub fn of<S: Simd, const V: usize>(sizes: Sizes) -> Self {
        let (Sizes { positions, head, .. }, columns) = (sizes, tile::columns::<S, V>());
        let queries = positions.next_multiple_of(FEW);
        let (rows, wide) = (queries.next_multiple_of(columns), head.next_multiple_of(columns));
        Self { positions, head, width: sizes.width(), columns, queries, rows, wide }
    }

    /// Keys that some of the R queries from `first` on see, and these filled up to whole tiles.
    #[inline(always)]
    pub fn seen_by<const R: usize>(self, first: usize) -> (usize, usize) {
        let seen = (first + R).min(self.positions);
        (seen, seen.next_multiple_of(self.columns))
    }

    /// 1/√head, by which queries are scaled.
    pub fn scale(self) -> f32 {
        1.0 / (self.head as f32).sqrt()
    }

    /// `[rows, wide]` of which `[S, head]` will be written: zeros around it.
    pub fn frame(self, numbers: &mut Vec<f32>) {
        numbers.resize(self.rows * self.wide, 0.0);
        if self.head < self.wide {
            numbers.fill(0.0);
        }
        numbers[self.positions * self.wide..].fill(0.0);
    }

    /// Rows of the head as panels: L rows side by side, transposed. `panels` becomes `[rows ÷ L, head, L]`.
    #[inline(always)]
    pub fn into_panels(self, rows: &[f32], panels: &mut Vec<f32>) {
        let Self { wide, head, columns, .. } = self;
        panels.resize(rows.len() / wide * head, 0.0);
        for (rows, panel) in rows.chunks_exact(columns * wide).zip(panels.chunks_exact_mut(columns * head)) {
            transpose((rows, wide), (columns, head), panel, columns);
        }
    }

    /// Copies the head's strip of `from`, rows `step` apart, into `into`, filled up.
    #[inline(always)]
    pub fn strip<S: Simd>(self, simd: S, from: &[f32], step: usize, into: &mut Vec<f32>) {
        self.frame(into);
        for (t, row) in into.chunks_exact_mut(self.wide).take(self.positions).enumerate() {
            fetch(from, (t + AHEAD) * step, self.head);
            copy(simd, &from[t * step..][..self.head], &mut row[..self.head]);
        }
    }
}

/// Rows ahead of the one that is read, whose numbers are fetched meanwhile: rows of a head lie too far apart for the processor to see them
/// coming.
pub(super) const AHEAD: usize = 12;

/// Copies a row into one of its length.
#[inline(always)]
pub(super) fn copy<S: Simd>(simd: S, from: &[f32], to: &mut [f32]) {
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
pub(super) fn turn<S: Simd, const BACK: bool>(
    simd: S,
    from: &[f32],
    (cos, sin): (&[f32], &[f32]),
    scale: f32,
    to: &mut [f32],
) {
    let half = cos.len();
    let (first, second) = from.split_at(half);
    let (to_first, to_second) = to.split_at_mut(half);
    let (whole, scales) = (half / S::F32_LANES * S::F32_LANES, simd.splat_f32s(scale));
    for at in (0..whole).step_by(S::F32_LANES) {
        let (f, s) = (load(simd, first, at), load(simd, second, at));
        let (cos, sin) = (load(simd, cos, at), load(simd, sin, at));
        // Not `neg_f32s`: that stayed a call.
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
