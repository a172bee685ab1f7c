//! Matrix products on slices: bounds checked here, arithmetic by the `gemm` crate.

use std::sync::Once;

use gemm::Parallelism;

/// A matrix within a slice.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MatrixView<'a> {
    values: &'a [f32],
    rows: usize,
    columns: usize,
    /// Numbers from one row to the next, and from one column to the next.
    strides: (usize, usize),
}

impl<'a> MatrixView<'a> {
    /// `values` as `rows` rows of `columns` numbers.
    pub fn new(values: &'a [f32], rows: usize, columns: usize) -> Self {
        Self::strided(values, rows, columns, columns)
    }

    /// Rows that lie `step` numbers apart.
    pub(crate) fn strided(values: &'a [f32], rows: usize, columns: usize, step: usize) -> Self {
        let end = if rows == 0 || columns == 0 { 0 } else { (rows - 1) * step + columns };
        assert!(end <= values.len(), "{rows} rows of {columns}, {step} apart, in {} numbers", values.len());
        Self { values, rows, columns, strides: (step, 1) }
    }

    /// The same numbers with rows and columns exchanged.
    pub fn transposed(self) -> Self {
        let (row, column) = self.strides;
        Self { rows: self.columns, columns: self.rows, strides: (column, row), ..self }
    }
}

/// What happens to what stands in the result already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Into {
    /// It is overwritten.
    Fresh,
    /// The product is added to it.
    Added,
}

/// Measured at the sizes of an expert: rows that lie as the product reads them are not worth copying first (+10 %).
fn without_needless_copies() {
    static SET: Once = Once::new();
    SET.call_once(|| gemm::set_rhs_packing_threshold(1 << 20));
}

/// `out` (rows of `a` times columns of `b`, rows `step` apart) becomes, or grows by, `scale` · a · b. On this thread alone.
#[allow(unsafe_code)]
pub(crate) fn product(a: MatrixView<'_>, b: MatrixView<'_>, scale: f32, how: Into, out: &mut [f32], step: usize) {
    assert_eq!(a.columns, b.rows, "{} columns against {} rows", a.columns, b.rows);
    let (rows, columns, depth) = (a.rows, b.columns, a.columns);
    if rows == 0 || columns == 0 {
        return;
    }
    assert!(columns <= step && (rows - 1) * step + columns <= out.len(), "{rows} rows of {columns} in {}", out.len());
    if depth == 0 {
        if how == Into::Fresh {
            out.chunks_mut(step).take(rows).for_each(|row| row[..columns].fill(0.0));
        }
        return;
    }
    #[cfg(test)]
    count(rows * columns * depth);
    without_needless_copies();
    // SAFETY: both matrices were checked against their slices when they were made, `out` just now; `out` is borrowed
    // mutably, so it overlaps neither.
    unsafe {
        gemm::gemm(
            rows,
            columns,
            depth,
            out.as_mut_ptr(),
            1,
            step as isize,
            how == Into::Added,
            a.values.as_ptr(),
            a.strides.1 as isize,
            a.strides.0 as isize,
            b.values.as_ptr(),
            b.strides.1 as isize,
            b.strides.0 as isize,
            1.0f32,
            scale,
            false,
            false,
            false,
            Parallelism::None,
        );
    }
}

#[cfg(test)]
thread_local! {
    /// Multiply-adds of the products made on this thread.
    static MADE: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

/// Counts a product of so many multiply-adds.
#[cfg(test)]
pub(crate) fn count(products: usize) {
    MADE.set(MADE.get() + products as u64);
}

/// Multiply-adds so far of products made on this thread.
#[cfg(test)]
pub(crate) fn made() -> u64 {
    MADE.get()
}

/// Multiply-adds of all products that `work` makes on this thread.
#[cfg(test)]
pub(crate) fn counted(work: impl FnOnce()) -> u64 {
    let before = made();
    work();
    made() - before
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(len: usize, seed: f32) -> Vec<f32> {
        (0..len).map(|i| (i as f32 * 0.37 + seed).sin()).collect()
    }

    #[test]
    fn every_layout_against_loops() {
        for (m, n, k) in [(1, 1, 1), (3, 5, 7), (17, 33, 65), (64, 8, 0), (2, 70, 3)] {
            let (a, b) = (numbers(m * k, 0.1), numbers(k * n, 0.2));
            let plain =
                |i: usize, j: usize| (0..k).map(|l| f64::from(a[i * k + l]) * f64::from(b[l * n + j])).sum::<f64>();
            let step = n + 3;
            let start = numbers(m * step, 0.3);
            for (how, scale) in [(Into::Fresh, 1.0), (Into::Added, -2.0)] {
                let mut out = start.clone();
                product(MatrixView::new(&a, m, k), MatrixView::new(&b, k, n), scale, how, &mut out, step);
                for i in 0..m {
                    for j in 0..n {
                        let old = if how == Into::Added { f64::from(start[i * step + j]) } else { 0.0 };
                        let expected = old + f64::from(scale) * plain(i, j);
                        assert!((f64::from(out[i * step + j]) - expected).abs() < 1e-4, "{m} {n} {k}");
                    }
                    assert_eq!(out[i * step + n..(i + 1) * step], start[i * step + n..(i + 1) * step]);
                }
            }
            let transposed: Vec<f32> = (0..m * k).map(|i| a[i % m * k + i / m]).collect();
            let mut out = vec![0.0; m * n];
            product(
                MatrixView::new(&transposed, k, m).transposed(),
                MatrixView::new(&b, k, n),
                1.0,
                Into::Fresh,
                &mut out,
                n,
            );
            assert!(out.iter().enumerate().all(|(i, &v)| (f64::from(v) - plain(i / n, i % n)).abs() < 1e-4));
        }
    }

    #[test]
    #[should_panic(expected = "rows of")]
    fn a_result_that_is_too_short_is_refused() {
        let a = [0.0; 4];
        product(MatrixView::new(&a, 2, 2), MatrixView::new(&a, 2, 2), 1.0, Into::Fresh, &mut [0.0; 3], 2);
    }
}
