//! Matrix products of activations with weights on slices: bounds checked here, arithmetic by the `gemm` crate.

use gemm::Parallelism;

/// Who computes a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hands {
    /// This thread: others compute products of their own.
    One,
    /// All processors.
    All,
}

/// A matrix within a slice: `rows` of `columns` numbers, `step` apart.
#[derive(Clone, Copy, Debug)]
pub(super) struct Grid<'a> {
    pub values: &'a [f32],
    pub rows: usize,
    pub columns: usize,
    pub step: usize,
}

impl<'a> Grid<'a> {
    /// `values` as rows of `columns` numbers, one after the other.
    pub fn new(values: &'a [f32], rows: usize, columns: usize) -> Self {
        Self { values, rows, columns, step: columns }
    }

    fn fits(&self) -> bool {
        let end = match self.rows {
            0 => Some(0),
            rows => (rows - 1).checked_mul(self.step).and_then(|start| start.checked_add(self.columns)),
        };
        end.is_some_and(|end| end <= self.values.len())
    }
}

/// `out` `[a.rows, b.rows]`, rows `step` apart, becomes `scale` · a · bᵀ; both have rows of one length.
///
/// # Panics
/// If a matrix does not fit into its slice, or the lengths of rows differ: callers give sizes they have made.
pub(super) fn times_transposed(a: Grid<'_>, b: Grid<'_>, scale: f32, out: &mut [f32], step: usize, hands: Hands) {
    let b = Side { grid: b, along: 1, aside: b.step, depth: b.columns, count: b.rows };
    multiply(a, b, scale, out, step, hands);
}

/// `out` `[a.rows, b.columns]`, rows `step` apart, becomes a · b.
///
/// # Panics
/// As [`times_transposed`].
pub(super) fn times(a: Grid<'_>, b: Grid<'_>, out: &mut [f32], step: usize) {
    let b = Side { grid: b, along: b.step, aside: 1, depth: b.rows, count: b.columns };
    multiply(a, b, 1.0, out, step, Hands::One);
}

/// The right side of a product: steps along the summed axis and from one column of the result to the next.
struct Side<'a> {
    grid: Grid<'a>,
    along: usize,
    aside: usize,
    depth: usize,
    count: usize,
}

#[allow(unsafe_code)]
fn multiply(a: Grid<'_>, b: Side<'_>, scale: f32, out: &mut [f32], step: usize, hands: Hands) {
    let (rows, columns, depth) = (a.rows, b.count, a.columns);
    assert_eq!(depth, b.depth, "{depth} columns against {}", b.depth);
    assert!(a.fits() && b.grid.fits(), "a matrix larger than its numbers");
    if rows == 0 || columns == 0 {
        return;
    }
    assert!(columns <= step && (rows - 1) * step + columns <= out.len(), "{rows} rows of {columns} in {}", out.len());
    if depth == 0 {
        out.chunks_mut(step).take(rows).for_each(|row| row[..columns].fill(0.0));
        return;
    }
    let parallelism = if hands == Hands::All { Parallelism::Rayon(0) } else { Parallelism::None };
    // SAFETY: both matrices were checked against their slices and `out` against its size just now; `out` is borrowed
    // mutably, so it overlaps neither.
    unsafe {
        gemm::gemm(
            rows,
            columns,
            depth,
            out.as_mut_ptr(),
            1,
            step as isize,
            false,
            a.values.as_ptr(),
            1,
            a.step as isize,
            b.grid.values.as_ptr(),
            b.aside as isize,
            b.along as isize,
            0.0f32,
            scale,
            false,
            false,
            false,
            parallelism,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(len: usize, seed: f32) -> Vec<f32> {
        (0..len).map(|i| (i as f32 * 0.37 + seed).sin()).collect()
    }

    #[test]
    fn both_products_against_loops() {
        for (m, n, k) in [(1, 1, 1), (3, 5, 7), (17, 33, 65), (4, 8, 0), (2, 70, 3), (5, 1, 9), (3, 4, 1)] {
            let (a, b) = (numbers(m * k, 0.1), numbers(k * n, 0.2));
            let step = n + 3;
            let near = |out: &[f32], at: &dyn Fn(usize, usize, usize) -> f64| {
                for i in 0..m {
                    for j in 0..n {
                        let sum: f64 = (0..k).map(|l| at(i, j, l)).sum();
                        assert!((f64::from(out[i * step + j]) - sum).abs() < 1e-4, "{m} {n} {k}");
                    }
                    assert!(out[i * step + n..(i + 1) * step].iter().all(|&v| v == 9.0));
                }
            };
            let f = |v: f32| f64::from(v);
            for hands in [Hands::One, Hands::All] {
                let mut out = vec![9.0; m * step];
                times_transposed(Grid::new(&a, m, k), Grid::new(&b, n, k), -2.0, &mut out, step, hands);
                near(&out, &|i, j, l| -2.0 * f(a[i * k + l]) * f(b[j * k + l]));
            }
            let mut out = vec![9.0; m * step];
            times(Grid::new(&a, m, k), Grid::new(&b, k, n), &mut out, step);
            near(&out, &|i, j, l| f(a[i * k + l]) * f(b[l * n + j]));
        }
    }

    #[test]
    #[should_panic(expected = "rows of")]
    fn a_result_that_is_too_short_is_refused() {
        let a = [0.0; 4];
        times(Grid::new(&a, 2, 2), Grid::new(&a, 2, 2), &mut [0.0; 3], 2);
    }

    #[test]
    #[should_panic(expected = "larger than its numbers")]
    fn a_matrix_that_is_too_short_is_refused() {
        let a = [0.0; 4];
        times(Grid::new(&a, 2, 2), Grid::new(&a[..3], 2, 2), &mut [0.0; 4], 2);
    }
}
