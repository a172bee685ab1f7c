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
pub(crate) fn singular_values(rows: &dyn Rows, mean: &[f64]) -> Result<Vec<f64>, NotFinite> {
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
mod tests;
