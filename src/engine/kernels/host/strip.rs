//! Gradients of matrices of weights, some rows at a time: a strip is as much as one task makes.

use pulp::{Arch, Simd, WithSimd};

use super::rows::Rows;
use super::tile::{Scattered, by_scattered_columns, columns, many_registers, read, write, zeros};
use crate::domain::product::{Into, MatrixView, product};

/// Some rows of the gradient `[I, O]` of a matrix of weights: what of `entering` stands in those columns, times all of `leaving`, added up over
/// rows.
pub(super) struct Strip<'a> {
    /// `[some of I, O]`
    pub gradient: &'a mut [f32],
    /// The first of these rows.
    pub first: usize,
    /// What went in, `[rows, I]`.
    pub entering: Rows<'a>,
    /// The gradient of what came out, `[rows, O]`.
    pub leaving: &'a [f32],
    /// O
    pub wide: usize,
}

impl Strip<'_> {
    /// Makes the strip, or adds to it; on this thread alone. Neither factor is copied into panels first: tiles read both where they lie.
    pub fn make(self, how: Into) {
        let Self { gradient, first, entering, leaving, wide } = self;
        let strip = Strip { gradient: &mut *gradient, first, entering, leaving, wide };
        let tiled = Arch::new().dispatch(InTiles { strip, how });
        if tiled == wide {
            return;
        }
        // The columns that fill no tile.
        let (rows, count, left, all) = (entering.len(), gradient.len() / wide, wide - tiled, entering.in_order());
        let (entering, leaving) = match rows {
            0 => (MatrixView::new(&[], 0, count), MatrixView::new(&[], 0, left)),
            _ => (
                MatrixView::strided(&all[first..], rows, count, entering.width()),
                MatrixView::strided(&leaving[tiled..], rows, left, wide),
            ),
        };
        product(entering.transposed(), leaving, 1.0, how, &mut gradient[tiled..], wide);
    }
}

/// Rows that are added up before the next are looked at: what is read of them stays in a core's second cache.
const NEAR: usize = 128;

/// The columns of a strip that fill tiles.
struct InTiles<'a> {
    strip: Strip<'a>,
    how: Into,
}

impl WithSimd for InTiles<'_> {
    /// How many columns were made.
    type Output = usize;

    #[inline(always)]
    fn with_simd<S: Simd>(mut self, simd: S) -> usize {
        let (rows, count) = (self.strip.entering.len(), self.strip.gradient.len() / self.strip.wide);
        assert_eq!(self.strip.leaving.len(), rows * self.strip.wide);
        let tiled = self.strip.wide - self.strip.wide % columns::<S, 2>();
        #[cfg(test)]
        crate::domain::product::count(rows * tiled * count);
        let mut starts = [0; NEAR];
        for near in (0..rows.max(1)).step_by(NEAR) {
            let starts = &mut starts[..NEAR.min(rows - near)];
            for (i, start) in starts.iter_mut().enumerate() {
                *start = self.strip.entering.start(near + i) + self.strip.first;
            }
            let entering = Scattered::new(self.strip.entering.values(), starts, count);
            for column in (0..tiled).step_by(columns::<S, 2>()) {
                if many_registers::<S>() {
                    self.panel::<S, 12>(simd, entering, near, column);
                } else {
                    self.panel::<S, 6>(simd, entering, near, column);
                }
            }
            self.how = Into::Added;
        }
        tiled
    }
}

impl InTiles<'_> {
    /// Tiles of R rows below each other, those left over of eight, four, two and one.
    #[inline(always)]
    fn panel<S: Simd, const R: usize>(&mut self, simd: S, entering: Scattered<'_>, near: usize, column: usize) {
        let (count, mut row) = (self.strip.gradient.len() / self.strip.wide, 0);
        while row < count {
            row += match count - row {
                left if left >= R => self.tile::<S, R>(simd, entering, near, row, column),
                8.. if R > 8 => self.tile::<S, 8>(simd, entering, near, row, column),
                4.. => self.tile::<S, 4>(simd, entering, near, row, column),
                2.. => self.tile::<S, 2>(simd, entering, near, row, column),
                _ => self.tile::<S, 1>(simd, entering, near, row, column),
            };
        }
    }

    /// Makes the tile of the gradient that begins there, or adds to it, over the rows from `near` on. Returns its height.
    #[inline(always)]
    fn tile<S: Simd, const R: usize>(
        &mut self,
        simd: S,
        entering: Scattered<'_>,
        near: usize,
        row: usize,
        column: usize,
    ) -> usize {
        let wide = self.strip.wide;
        let into = &mut self.strip.gradient[row * wide + column..];
        let sums = if self.how == Into::Added { read(simd, into, wide) } else { zeros(simd) };
        let leaving = self.strip.leaving.get(near * wide + column..).unwrap_or_default();
        let tile = by_scattered_columns::<S, R, 2>(simd, (entering, row), (leaving, wide), sums);
        write(simd, &tile, into, wide);
        R
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strip_is_some_rows_of_the_product() {
        let numbers = |len: usize, by: f32| -> Vec<f32> { (0..len).map(|at| (at as f32 * by).sin()).collect() };
        for (rows, i, o, most) in [(7, 10, 6, 4), (1, 3, 64, 3), (300, 43, 128, 31), (65, 30, 70, 15), (9, 24, 64, 24)]
        {
            let (x, g) = (numbers(rows * i, 0.7), numbers(rows * o, 0.3));
            // The same rows from the last to the first.
            let back: Vec<f32> = x.chunks_exact(i).rev().flatten().copied().collect();
            let tokens: Vec<u32> = (0..rows as u32).rev().collect();
            let mut made = vec![9.0; i * o];
            for (strip, gradient) in made.chunks_mut(most * o).enumerate() {
                let (first, wide, entering) = (strip * most, o, Rows::all(&x, i));
                Strip { gradient: &mut *gradient, first, entering, leaving: &g, wide }.make(Into::Fresh);
                let entering = Rows::of_tokens(&back, i, &tokens);
                Strip { gradient, first, entering, leaving: &g, wide }.make(Into::Added);
            }
            for (at, &made) in made.iter().enumerate() {
                let of_row = |row: usize| f64::from(x[row * i + at / o]) * f64::from(g[row * o + at % o]);
                let sum: f64 = (0..rows).map(of_row).sum();
                assert!((f64::from(made) - 2.0 * sum).abs() < 1e-4, "{rows} {i} {o} {at}: {made}, not {}", 2.0 * sum);
            }
            // An expert without tokens.
            let gradient = &mut made[..o];
            Strip { gradient, first: i - 1, entering: Rows::all(&[], i), leaving: &[], wide: o }.make(Into::Fresh);
            assert!(made[..o].iter().all(|&made| made == 0.0));
        }
    }
}
