//! Singular values of a matrix of weights from its Gram matrix: the eigenvalues of the smaller of A·Aᵀ and Aᵀ·A, in double precision.
//!
//! A value below about 1e-8 of the largest is lost in rounding, which moves no rank or norm by more than that; `spectral.rs` keeps such
//! values and takes several times as long.

use nalgebra::DMatrix;
use rayon::prelude::*;

use super::router::SMALLEST_LENGTH;

/// Rows or columns of the Gram matrix that are computed together.
const TILE: usize = 256;
/// Numbers along the longer axis that are widened at once.
const STRIP: usize = 512;

/// The singular values of a matrix, descending: as many as its smaller axis has. `None` if a number is not finite.
///
/// - `values`: `[rows × columns]`, row-major
pub(crate) fn singular_values(values: &[f32], rows: usize, columns: usize) -> Option<Vec<f64>> {
    let side = rows.min(columns);
    if side == 0 {
        return Some(Vec::new());
    }
    // A power of two keeps the digits, and squares within range.
    let largest = values.iter().fold(0.0f32, |largest, value| largest.max(value.abs()));
    if !values.iter().all(|value| value.is_finite()) {
        return None;
    }
    if largest == 0.0 {
        return Some(vec![0.0; side]);
    }
    let scale = f64::from(largest).log2().floor().exp2();
    let gram = gram(values, rows, columns, 1.0 / scale);
    let mut found: Vec<f64> = gram.symmetric_eigenvalues().iter().copied().collect();
    found.sort_by(|a, b| b.total_cmp(a));
    let rounding = found.first().map_or(0.0, |first| first * f64::EPSILON * side as f64);
    Some(found.into_iter().map(|value| if value > rounding { scale * value.sqrt() } else { 0.0 }).collect())
}

/// A·Aᵀ: products of every row with every other, `[rows × rows]`.
///
/// - `values`: `[rows × columns]`, row-major
pub(crate) fn row_products(values: &[f32], rows: usize, columns: usize) -> DMatrix<f64> {
    // Few rows are one tile, so that parts of their length share the work.
    let parts = columns.div_ceil(STRIP).clamp(1, 2 * rayon::current_num_threads());
    let length = columns.div_ceil(parts).max(1);
    let sums: Vec<DMatrix<f64>> = (0..parts)
        .into_par_iter()
        .map(|part| {
            let along = (part * length).min(columns)..((part + 1) * length).min(columns);
            let mut sum = DMatrix::zeros(rows, rows);
            for from in along.clone().step_by(STRIP) {
                let to = along.end.min(from + STRIP);
                let strip = DMatrix::from_fn(rows, to - from, |row, at| {
                    values.get(row * columns + from + at).map_or(0.0, |value| f64::from(*value))
                });
                sum.gemm(1.0, &strip, &strip.transpose(), 1.0);
            }
            sum
        })
        .collect();
    sums.into_iter().fold(DMatrix::zeros(rows, rows), |whole, part| whole + part)
}

/// Cosines of all rows with each other, `[rows × rows]`: [`super::router::row_similarity`] of rows in single precision, by one
/// product of the matrix with itself.
pub(crate) fn row_cosines(values: &[f32], rows: usize, columns: usize) -> Vec<f64> {
    let products = row_products(values, rows, columns);
    let length = |row: usize| products[(row, row)].sqrt().max(SMALLEST_LENGTH);
    let lengths: Vec<f64> = (0..rows).map(length).collect();
    (0..rows * rows)
        .map(|cell| products[(cell / rows, cell % rows)] / (lengths[cell / rows] * lengths[cell % rows]))
        .collect()
}

/// The smaller of A·Aᵀ and Aᵀ·A, of A times `factor`.
fn gram(values: &[f32], rows: usize, columns: usize, factor: f64) -> DMatrix<f64> {
    let side = rows.min(columns);
    let tiles = side.div_ceil(TILE);
    let pairs: Vec<(usize, usize)> = (0..tiles).flat_map(|a| (0..=a).map(move |b| (a, b))).collect();
    let blocks: Vec<DMatrix<f64>> = pairs
        .par_iter()
        .map(|&(a, b)| {
            let range = |tile: usize| tile * TILE..side.min((tile + 1) * TILE);
            let (of_a, of_b) = (range(a), range(b));
            let mut sum = DMatrix::zeros(of_a.len(), of_b.len());
            let longer = rows.max(columns);
            for from in (0..longer).step_by(STRIP) {
                let along = from..longer.min(from + STRIP);
                let strip = |of: &std::ops::Range<usize>| {
                    DMatrix::from_fn(of.len(), along.len(), |i, j| {
                        let (side, long) = (of.start + i, along.start + j);
                        let at = if rows <= columns { side * columns + long } else { long * columns + side };
                        values.get(at).map_or(0.0, |value| factor * f64::from(*value))
                    })
                };
                let left = strip(&of_a);
                if a == b {
                    sum.gemm(1.0, &left, &left.transpose(), 1.0);
                } else {
                    sum.gemm(1.0, &left, &strip(&of_b).transpose(), 1.0);
                }
            }
            sum
        })
        .collect();
    let mut whole = DMatrix::zeros(side, side);
    for ((a, b), block) in pairs.into_iter().zip(blocks) {
        whole.view_mut((a * TILE, b * TILE), block.shape()).copy_from(&block);
        whole.view_mut((b * TILE, a * TILE), (block.ncols(), block.nrows())).copy_from(&block.transpose());
    }
    whole
}

#[cfg(test)]
mod tests {
    use super::super::rows::Table;
    use super::super::spectral;
    use super::*;
    use crate::domain::draw::{Draws, Purpose};

    fn drawn(rows: usize, columns: usize) -> Vec<f32> {
        let mut draws = Draws::new(7, Purpose::Probe, 0, 0);
        (0..rows * columns).map(|_| draws.normal() as f32).collect()
    }

    /// Against orthogonal reductions, which share no step with it.
    #[test]
    fn singular_values_are_those_of_orthogonal_reductions() {
        for (rows, columns) in [(1, 1), (1, 9), (24, 32), (32, 24), (5, 700), (300, 270)] {
            let values = drawn(rows, columns);
            let wide: Vec<f64> = values.iter().map(|value| f64::from(*value)).collect();
            let expected = spectral::singular_values(&Table::new(&wide, columns), &vec![0.0; columns]).unwrap();
            let found = singular_values(&values, rows, columns).unwrap();
            assert_eq!(found.len(), rows.min(columns));
            for (found, expected) in found.iter().zip(&expected) {
                assert!(
                    (found - expected).abs() < 1e-9 * expected.max(1.0),
                    "{rows} × {columns}: {found}, not {expected}"
                );
            }
        }
    }

    #[test]
    fn products_of_rows_by_hand() {
        let values = drawn(3, 1500);
        let found = row_products(&values, 3, 1500);
        for (a, b) in [(0, 0), (0, 2), (2, 1)] {
            let row = |row: usize| values[row * 1500..(row + 1) * 1500].iter().map(|value| f64::from(*value));
            let expected: f64 = row(a).zip(row(b)).map(|(x, y)| x * y).sum();
            assert!((found[(a, b)] - expected).abs() < 1e-9, "{a} {b}");
        }
    }

    #[test]
    fn cosines_are_those_of_rows_one_by_one() {
        let mut values = drawn(6, 700);
        values[1400..2100].fill(0.0);
        let wide: Vec<f64> = values.iter().map(|value| f64::from(*value)).collect();
        let expected = super::super::router::row_similarity(&wide, 700);
        for (found, expected) in row_cosines(&values, 6, 700).iter().zip(expected) {
            assert!((found - expected).abs() < 1e-12, "{found}, not {expected}");
        }
    }

    #[test]
    fn scale_rank_and_what_is_not_finite() {
        // Rank one, at the ends of what f32 holds.
        for size in [1e-30f32, 1.0, 1e30] {
            let values: Vec<f32> = (0..12).map(|at| size * (1 + at / 4) as f32 * (1 + at % 4) as f32).collect();
            let found = singular_values(&values, 3, 4).unwrap();
            let length = f64::from(size) * 14f64.sqrt() * 30f64.sqrt();
            assert!(
                (found[0] - length).abs() < 1e-6 * length && found[1..].iter().all(|value| *value < 1e-7 * length),
                "{found:?}"
            );
        }
        assert_eq!(singular_values(&[0.0; 6], 2, 3), Some(vec![0.0; 2]));
        assert_eq!(singular_values(&[], 0, 3), Some(Vec::new()));
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            assert_eq!(singular_values(&[1.0, bad], 1, 2), None);
        }
    }
}
