//! Columns of a matrix that several tasks write at once, each its own, for instance the heads of an attention.

use std::marker::PhantomData;

/// Some neighbouring columns of all rows of a matrix, which nobody else has.
#[derive(Debug)]
pub(super) struct Columns<'a> {
    /// The first number of the first row.
    first: *mut f32,
    /// Rows of the matrix, numbers of one, and how many of those these columns are.
    rows: usize,
    step: usize,
    width: usize,
    matrix: PhantomData<&'a mut [f32]>,
}

// SAFETY: as `&mut [f32]`, which it stands for: no two of them have a number in common.
#[allow(unsafe_code)]
unsafe impl Send for Columns<'_> {}

impl<'a> Columns<'a> {
    /// Cuts a matrix whose rows are `step` numbers long into columns, `width` at a time, from left to right.
    ///
    /// # Panics
    /// If rows are no whole number of those.
    pub fn cut(matrix: &'a mut [f32], step: usize, width: usize) -> impl Iterator<Item = Self> {
        assert!(step.is_multiple_of(width) && matrix.len().is_multiple_of(step), "{width} of {step} columns");
        let (rows, first) = (matrix.len() / step, matrix.as_mut_ptr());
        let part =
            move |i: usize| Self { first: first.wrapping_add(i * width), rows, step, width, matrix: PhantomData };
        (0..step / width).map(part)
    }

    /// Its part of a row, `[width]`.
    ///
    /// # Panics
    /// If the matrix has no such row.
    #[inline(always)]
    #[allow(unsafe_code)]
    pub fn row(&mut self, row: usize) -> &mut [f32] {
        assert!(row < self.rows, "row {row} of {}", self.rows);
        // SAFETY: the row lies within the matrix, which is borrowed for as long as this lives; no other columns have these numbers, and
        // this one is borrowed while they are in use.
        unsafe { std::slice::from_raw_parts_mut(self.first.add(row * self.step), self.width) }
    }
}

/// Columns of several matrices of so many rows each, which follow one another: matrix after matrix, from left to right.
pub(super) fn of_each(matrices: &mut [f32], rows: usize, step: usize, width: usize) -> Vec<Columns<'_>> {
    matrices.chunks_exact_mut(rows * step).flat_map(|matrix| Columns::cut(matrix, step, width)).collect()
}

#[cfg(test)]
mod tests {
    use rayon::prelude::*;

    use super::*;

    #[test]
    fn every_number_belongs_to_one_task() {
        // Two matrices of three rows of six numbers, in columns of two.
        let mut numbers = vec![0.0; 2 * 3 * 6];
        of_each(&mut numbers, 3, 6, 2).into_par_iter().enumerate().for_each(|(task, mut columns)| {
            for row in 0..3 {
                columns
                    .row(row)
                    .iter_mut()
                    .zip(0..)
                    .for_each(|(number, j)| *number += (task * 100 + row * 10 + j) as f32);
            }
        });
        assert_eq!(numbers[..12], [0., 1., 100., 101., 200., 201., 10., 11., 110., 111., 210., 211.]);
        assert_eq!(numbers[18..24], [300., 301., 400., 401., 500., 501.]);
    }

    #[test]
    #[should_panic(expected = "row 3 of 3")]
    fn a_row_below_the_last_is_refused() {
        of_each(&mut [0.0; 6], 3, 2, 1)[1].row(3);
    }

    #[test]
    #[should_panic(expected = "4 of 6 columns")]
    fn columns_that_fill_no_row_are_refused() {
        of_each(&mut [0.0; 12], 2, 6, 4);
    }
}
