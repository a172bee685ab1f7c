//! Singular values of a tall table that is read in blocks: orthogonal reductions only, no products of the table with itself,
//! so that a value a million million times smaller than the largest is still right.

use nalgebra::{Bidiagonal, DMatrix};
use rayon::prelude::*;

use super::rows::{NotFinite, Rows, dot, in_parts};

/// Columns that are reduced together; the rest of a block then follows in two matrix products.
const PANEL: usize = 32;
/// Most numbers in the triangles of all parts together: 256 MiB.
const TRIANGLES: usize = 1 << 25;

/// The singular values of the rows minus `mean`, descending: min(T, D) of them. What rounding alone explains is 0.
///
/// # Errors
/// A number that is not finite.
pub fn singular_values(rows: &dyn Rows, mean: &[f64]) -> Result<Vec<f64>, NotFinite> {
    let (count, width) = (rows.count(), rows.width());
    if count < width {
        let mut block = vec![0.0; count * width];
        rows.read(0, &mut block)?;
        let mut whole = Triangle::new(count);
        let columns = centred(&block, mean).transpose();
        for from in (0..width).step_by(count.max(256)) {
            whole.absorb(columns.rows(from, count.max(256).min(width - from)).into_owned());
        }
        return Ok(without_rounding(of_square(whole.0), width));
    }
    // A part below some rows for each column would only add triangles to merge.
    let parts = (count / (4 * width)).min(TRIANGLES / (width * width));
    let triangles = in_parts(
        rows,
        parts,
        || Triangle::new(width),
        |triangle, _, block| {
            for piece in block.chunks(width.max(256) * width) {
                triangle.absorb(centred(piece, mean));
            }
        },
    )?;
    let whole = triangles.into_iter().reduce(|mut whole, part| {
        whole.absorb(part.0);
        whole
    });
    Ok(without_rounding(whole.map_or_else(Vec::new, |whole| of_square(whole.0)), width))
}

/// What rounding alone explains is 0: a value below the largest times the machine's precision times the width.
fn without_rounding(mut values: Vec<f64>, width: usize) -> Vec<f64> {
    let rounding = values.first().map_or(0.0, |largest| largest * f64::EPSILON * width as f64);
    values.iter_mut().filter(|value| **value <= rounding).for_each(|value| *value = 0.0);
    values
}

/// Rows minus `mean` as a matrix.
fn centred(rows: &[f64], mean: &[f64]) -> DMatrix<f64> {
    let width = mean.len();
    DMatrix::from_fn(rows.len() / width, width, |row, column| rows[row * width + column] - mean[column])
}

/// R of a QR decomposition of all rows absorbed so far: square, zero below the diagonal. It has their singular values.
struct Triangle(DMatrix<f64>);

impl Triangle {
    fn new(width: usize) -> Self {
        Self(DMatrix::zeros(width, width))
    }

    /// Turns rows into the triangle by Householder reflections. A reflection touches only one row of the triangle, so
    /// its vector is a 1 there and a column over `rows`, which takes the place of the column it clears.
    fn absorb(&mut self, mut rows: DMatrix<f64>) {
        let (count, width) = rows.shape();
        for from in (0..width).step_by(PANEL) {
            let to = width.min(from + PANEL);
            let product = self.reduce_panel(&mut rows, from, to);
            if to == width {
                continue;
            }
            // The panel's reflections together are I − V S Vᵀ: applied to what stands right of the panel.
            let (panel, mut rest) = rows.columns_range_pair_mut(from..to, to..width);
            let mut along = self.0.view((from, to), (to - from, width - to)).into_owned();
            along.gemm(1.0, &panel.transpose(), &rest, 1.0);
            let along = product.transpose() * along;
            let mut top = self.0.view_mut((from, to), (to - from, width - to));
            top -= &along;
            if count > 0 {
                rest.gemm(-1.0, &panel, &along, 1.0);
            }
        }
    }

    /// Reduces columns `from` to `to`; returns S of I − V S Vᵀ, upper triangular.
    fn reduce_panel(&mut self, rows: &mut DMatrix<f64>, from: usize, to: usize) -> DMatrix<f64> {
        let mut product = DMatrix::<f64>::zeros(to - from, to - from);
        let count = rows.nrows();
        for column in from..to {
            let (left, right) = rows.as_mut_slice().split_at_mut((column + 1) * count);
            let (before, own) = left.split_at_mut(column * count);
            let (head, below) = (self.0[(column, column)], dot(own, own));
            if below == 0.0 {
                continue;
            }
            let length = head.hypot(below.sqrt());
            let cleared = if head > 0.0 { -length } else { length };
            let scale = (cleared - head) / cleared;
            own.iter_mut().for_each(|value| *value /= head - cleared);
            self.0[(column, column)] = cleared;
            for (ahead, other) in (column + 1..to).zip(right.chunks_exact_mut(count)) {
                let along = scale * (self.0[(column, ahead)] + dot(own, other));
                self.0[(column, ahead)] -= along;
                other.iter_mut().zip(own.iter()).for_each(|(other, own)| *other -= along * own);
            }
            let at = column - from;
            let inner: Vec<f64> = before[from * count..].chunks_exact(count).map(|earlier| dot(earlier, own)).collect();
            for row in 0..at {
                let sum: f64 = (row..at).map(|k| product[(row, k)] * inner[k]).sum();
                product[(row, at)] = -scale * sum;
            }
            product[(at, at)] = scale;
        }
        product
    }
}

/// Singular values of a square matrix, descending. Of finite numbers; it cannot fail to end.
fn of_square(matrix: DMatrix<f64>) -> Vec<f64> {
    let largest = matrix.amax();
    let width = matrix.ncols();
    if width == 0 || largest == 0.0 {
        return vec![0.0; width];
    }
    let two_diagonals = Bidiagonal::new(matrix / largest);
    let (diagonal, above) = (two_diagonals.diagonal(), two_diagonals.off_diagonal());
    // Interlaced, they are the border of a symmetric tridiagonal matrix with zero diagonal, whose eigenvalues are the
    // singular values and their negatives: exact to the last digits, however small (Demmel and Kahan 1990).
    let border: Vec<f64> =
        (0..2 * width - 1).map(|i| if i % 2 == 0 { diagonal[i / 2] } else { above[i / 2] }).collect();
    let squares: Vec<f64> = border.iter().map(|b| b * b).collect();
    let bound = border.windows(2).map(|pair| pair[0].abs() + pair[1].abs()).fold(border[0].abs(), f64::max) * 1.000_001;
    let places: Vec<usize> = (width..2 * width).rev().collect();
    places.into_par_iter().map(|place| largest * eigenvalue(&squares, place, bound)).collect()
}

/// The eigenvalue with `place` others below it, which must be one of the upper half: 0 to `bound`.
fn eigenvalue(squares: &[f64], place: usize, bound: f64) -> f64 {
    let (mut low, mut high) = (0.0, bound);
    while high - low > 1e-15 * high && high > 1e-20 * bound {
        let middle = 0.5 * (low + high);
        if smaller_than(squares, middle) > place {
            high = middle;
        } else {
            low = middle;
        }
    }
    0.5 * (low + high)
}

/// How many eigenvalues of a symmetric tridiagonal matrix with zero diagonal and these squares beside it are below `x`.
fn smaller_than(squares: &[f64], x: f64) -> usize {
    let mut pivot = -x;
    let mut count = usize::from(pivot < 0.0);
    for square in squares {
        if pivot == 0.0 {
            pivot = -f64::MIN_POSITIVE;
        }
        pivot = -x - square / pivot;
        count += usize::from(pivot < 0.0);
    }
    count
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::rows::{Table, mean};
    use super::*;

    fn values(rows: &[f64], width: usize) -> Vec<f64> {
        singular_values(&Table::new(rows, width), &vec![0.0; width]).unwrap()
    }

    #[track_caller]
    fn near(found: &[f64], expected: &[f64], relative: f64) {
        assert_eq!(found.len(), expected.len());
        let close = found.iter().zip(expected).all(|(a, b)| (a - b).abs() <= relative * b.abs());
        assert!(close, "{found:?} is not {expected:?}");
    }

    #[test]
    fn by_hand() {
        near(&values(&[3.0, 0.0, 0.0, 4.0], 2), &[4.0, 3.0], 1e-14);
        // Columns (1 1), (1 −1) twice over: orthogonal, lengths 2.
        near(&values(&[1.0, 1.0, 1.0, -1.0, 1.0, 1.0, 1.0, -1.0], 2), &[2.0, 2.0], 1e-14);
        // Rank 1: |(1, 2)| · |(1, 1, 1)|.
        near(&values(&[1.0, 2.0, 1.0, 2.0, 1.0, 2.0], 2), &[15f64.sqrt(), 0.0], 1e-14);
        // Wider than tall: as many as there are rows.
        near(&values(&[3.0, 0.0, 4.0], 3), &[5.0], 1e-14);
        assert_eq!((values(&[0.0; 6], 2), values(&[0.0; 6], 3)), (vec![0.0; 2], vec![0.0; 2]));
    }

    #[test]
    fn small_values_keep_their_digits() {
        // A diagonal of 1, 1e-4, 1e-8, 1e-12 turned by reflections on both sides; squares of 1e-12 would be lost.
        let mirror = |x: &[f64], v: &[f64]| -> Vec<f64> {
            let along = 2.0 * dot(x, v) / dot(v, v);
            x.iter().zip(v).map(|(x, v)| x - along * v).collect()
        };
        let turn: Vec<f64> = (0..700).map(|i| ((i * i) as f64 * 0.37).sin()).collect();
        let mut columns = Vec::new();
        for i in 0..4 {
            let mut unit = vec![0.0; 700];
            unit[i] = 10f64.powi(-4 * i as i32);
            columns.push(mirror(&unit, &turn));
        }
        let rows: Vec<f64> = (0..700)
            .flat_map(|row| mirror(&columns.iter().map(|c| c[row]).collect::<Vec<_>>(), &[1.0, -2.0, 0.5, 3.0]))
            .collect();
        near(&values(&rows, 4)[..3], &[1.0, 1e-4, 1e-8], 1e-7);
        near(&values(&rows, 4)[3..], &[1e-12], 1e-3);
    }

    #[test]
    fn more_columns_than_a_panel_and_more_rows_than_a_part() {
        // Against eigenvalues of the product, good to half the digits.
        for (count, width) in [(2000, 67), (70, 67), (40, 67), (1, 67), (66, 33)] {
            let rows: Vec<f64> = (0..count * width).map(|i| ((i * i % 7919) as f64 * 0.11).sin()).collect();
            let table = Table::new(&rows, width);
            let mean = mean(&table).unwrap();
            let matrix = centred(&rows, &mean);
            let gram = if count < width { &matrix * matrix.transpose() } else { matrix.transpose() * &matrix };
            let mut expected: Vec<f64> = gram.symmetric_eigenvalues().iter().map(|l| l.max(0.0).sqrt()).collect();
            expected.sort_by(|a, b| b.total_cmp(a));
            let found = singular_values(&table, &mean).unwrap();
            assert_eq!(found.len(), count.min(width));
            let largest = expected[0].max(1e-300);
            assert!(found.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-6 * largest), "{found:?} {expected:?}");
        }
    }

    #[test]
    fn a_number_that_is_none_is_told() {
        let rows = [1.0, f64::NAN, 2.0, 3.0];
        assert_eq!(singular_values(&Table::new(&rows, 2), &[0.0; 2]).unwrap_err().column, 1);
    }

    proptest! {
        #[test]
        fn their_squares_add_up_and_scale(rows in prop::collection::vec(-5.0f64..5.0, 12), factor in 0.01f64..100.0) {
            for width in [2, 3, 4, 6] {
                let found = values(&rows, width);
                let squares: f64 = found.iter().map(|s| s * s).sum();
                prop_assert!((squares - dot(&rows, &rows)).abs() < 1e-10 * squares.max(1e-9));
                prop_assert!(found.windows(2).all(|pair| pair[0] >= pair[1] * (1.0 - 1e-14)));
                let scaled: Vec<f64> = rows.iter().map(|x| x * factor).collect();
                let close = values(&scaled, width).iter().zip(&found).all(|(a, b)| (a - b * factor).abs() < 1e-9 * a.max(1e-3));
                prop_assert!(close);
            }
        }
    }
}
