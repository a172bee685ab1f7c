//! Panels of a matrix: some of its columns side by side, row after row, as tiles read them.

use pulp::{Arch, Simd, WithSimd};

use super::linear::WeightLayout;
use super::tile::{VECTORS, by_panel, columns, load, many_registers, read, row_into, store, write, zeros};
use crate::domain::product::Into;

/// Tells how wide a panel is: as a tile.
struct Lanes;

impl WithSimd for Lanes {
    type Output = usize;

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) -> usize {
        columns::<S, VECTORS>()
    }
}

/// L: columns of a panel on this processor.
pub(super) fn lanes() -> usize {
    Arch::new().dispatch(Lanes)
}

/// The part of a matrix `[I, O]` that a panel holds.
#[derive(Clone, Copy)]
pub(super) struct Part<'a> {
    /// `[I, O]` or `[O, I]`, as `lie` says.
    pub matrix: &'a [f32],
    pub lie: WeightLayout,
    /// I
    pub depth: usize,
    /// O
    pub columns: usize,
    /// The first of its columns.
    pub column: usize,
}

/// Copies a part of a matrix into its panel `[I, L]`, with zeros where that is wider than the matrix.
pub(super) fn fill(panel: &mut [f32], part: Part<'_>) {
    Arch::new().dispatch(Fill { panel, part });
}

struct Fill<'a> {
    panel: &'a mut [f32],
    part: Part<'a>,
}

/// Rows of a panel that are written from column to column, so that they stay in the smallest cache.
const NEAR: usize = 16;

impl WithSimd for Fill<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let Self { panel, part: Part { matrix, lie, depth, columns: width, column } } = self;
        let lanes = columns::<S, VECTORS>();
        let count = lanes.min(width - column);
        if count < lanes {
            panel.fill(0.0);
        }
        match lie {
            WeightLayout::InOut if count == lanes => {
                for (row, from) in panel.chunks_exact_mut(lanes).zip(matrix.chunks_exact(width)) {
                    for v in 0..VECTORS {
                        let at = v * S::F32_LANES;
                        store(simd, row, at, load(simd, from, column + at));
                    }
                }
            }
            WeightLayout::InOut => {
                for (row, from) in panel.chunks_exact_mut(lanes).zip(matrix.chunks_exact(width)) {
                    row[..count].copy_from_slice(&from[column..column + count]);
                }
            }
            WeightLayout::OutIn => {
                for (block, rows) in panel.chunks_mut(NEAR * lanes).enumerate() {
                    let some = rows.len() / lanes;
                    for j in 0..count {
                        let from = &matrix[(column + j) * depth + block * NEAR..][..some];
                        for (k, &number) in from.iter().enumerate() {
                            rows[k * lanes + j] = number;
                        }
                    }
                }
            }
        }
    }
}

/// `out` becomes, or grows by, the product of `a` `[rows, I]` and the matrix in `panels`; on this thread alone.
pub(super) fn times(a: &[f32], panels: &[f32], how: Into, at: Place, out: &mut [f32]) {
    Arch::new().dispatch(ByPanels { a, panels, how, at, out });
}

/// A product by panels.
struct ByPanels<'a> {
    a: &'a [f32],
    panels: &'a [f32],
    how: Into,
    at: Place,
    out: &'a mut [f32],
}

impl WithSimd for ByPanels<'_> {
    type Output = ();

    /// With 128 and more numbers to add up, six rows keep a processor with 16 registers busier than four, and twelve one with 32.
    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        match (many_registers::<S>(), self.how) {
            (true, Into::Fresh) => self.in_tiles::<S, 12, false>(simd),
            (true, Into::Added) => self.in_tiles::<S, 12, true>(simd),
            (false, Into::Fresh) => self.in_tiles::<S, 6, false>(simd),
            (false, Into::Added) => self.in_tiles::<S, 6, true>(simd),
        }
    }
}

/// Rows of the last tile.
const FEW: usize = 4;

/// Rows of the last tiles where twelve would leave eight over, as of 32: two tiles of four are slower than two of ten.
const MANY: usize = 10;

impl ByPanels<'_> {
    #[inline(always)]
    fn in_tiles<S: Simd, const R: usize, const ADDED: bool>(self, simd: S) {
        let Self { a, panels, mut at, out, .. } = self;
        #[cfg(test)]
        crate::domain::product::count(at.rows * at.columns * at.depth);
        let lanes = columns::<S, VECTORS>();
        for panel in panels.chunks_exact(at.depth * lanes) {
            let mut first = 0;
            while first < at.rows {
                let left = at.rows - first;
                if left <= FEW || left == 2 * FEW {
                    in_tile::<S, FEW, ADDED>(simd, a, panel, at, first, out);
                    first += FEW;
                } else if R > MANY && left.is_multiple_of(MANY) && left <= 2 * MANY {
                    in_tile::<S, MANY, ADDED>(simd, a, panel, at, first, out);
                    first += MANY;
                } else {
                    in_tile::<S, R, ADDED>(simd, a, panel, at, first, out);
                    first += R;
                }
            }
            at.column += lanes;
        }
    }
}

/// Where the tiles of a panel lie in the result, whose rows are `columns` wide.
#[derive(Clone, Copy)]
pub(super) struct Place {
    pub depth: usize,
    pub columns: usize,
    pub column: usize,
    pub rows: usize,
}

/// Makes the tile whose first row is `first`.
#[inline(always)]
fn in_tile<S: Simd, const R: usize, const ADDED: bool>(
    simd: S,
    a: &[f32],
    panel: &[f32],
    at: Place,
    first: usize,
    out: &mut [f32],
) {
    let (real, count) = (R.min(at.rows - first), columns::<S, VECTORS>().min(at.columns - at.column));
    let whole = real == R && count == columns::<S, VECTORS>();
    let out = &mut out[first * at.columns + at.column..];
    let mut of: [&[f32]; R] = [&[]; R];
    for (r, row) in of.iter_mut().enumerate() {
        // A tile below the last row repeats it.
        *row = &a[(first + r.min(real - 1)) * at.depth..][..at.depth];
    }
    let mut sums = zeros::<S, R, VECTORS>(simd);
    if ADDED && whole {
        sums = read(simd, out, at.columns);
    } else if ADDED {
        for (r, sums) in sums.iter_mut().enumerate().take(real) {
            for (v, sum) in sums.iter_mut().enumerate() {
                let from = count.min(v * S::F32_LANES)..count.min((v + 1) * S::F32_LANES);
                *sum = simd.partial_load_f32s(&out[r * at.columns..][from]);
            }
        }
    }
    let made = by_panel(simd, of, panel, sums);
    if whole {
        write(simd, &made, out, at.columns);
    } else {
        for (r, row) in made.iter().enumerate().take(real) {
            row_into(simd, row, &mut out[r * at.columns..][..count]);
        }
    }
}
