//! Gradients of matrices of weights, some rows at a time: a strip is as much as one task makes.

use crate::domain::product::{Into, MatrixView, product};

/// Numbers that belong together row by row, `[rows, width]`: what went into a linear map, or the gradient of what left it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rows<'a> {
    pub values: &'a [f32],
    pub width: usize,
}

impl<'a> Rows<'a> {
    /// The rows `start..end`.
    pub fn part(self, start: usize, end: usize) -> Self {
        Self { values: &self.values[start * self.width..end * self.width], ..self }
    }
}

/// Rows `first` and on of the gradient `[I, O]` of a matrix of weights: what of `entering` `[rows, I]` stands in those columns, times all
/// of `leaving` `[rows, O]`, added up over rows. `gradient` `[some of I, O]` becomes that, or grows by it. On this thread alone.
pub(super) fn make(gradient: &mut [f32], first: usize, entering: Rows<'_>, leaving: Rows<'_>, how: Into) {
    let (rows, count) = (leaving.values.len() / leaving.width, gradient.len() / leaving.width);
    let entering = match rows {
        0 => MatrixView::new(&[], 0, count),
        _ => MatrixView::strided(&entering.values[first..], rows, count, entering.width),
    };
    let by = MatrixView::new(leaving.values, rows, leaving.width);
    product(entering.transposed(), by, 1.0, how, gradient, leaving.width);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_strip_is_some_rows_of_the_product() {
        let (rows, i, o) = (7, 10, 6);
        let numbers = |len: usize, by: f32| -> Vec<f32> { (0..len).map(|at| (at as f32 * by).sin()).collect() };
        let (x, g) = (numbers(rows * i, 0.7), numbers(rows * o, 0.3));
        let (entering, leaving) = (Rows { values: &x, width: i }, Rows { values: &g, width: o });
        let mut made = vec![9.0; i * o];
        for (strip, gradient) in made.chunks_mut(4 * o).enumerate() {
            make(gradient, strip * 4, entering, leaving, Into::Fresh);
            make(gradient, strip * 4, entering, leaving, Into::Added);
        }
        for (at, made) in made.iter().enumerate() {
            let sum: f32 = (0..rows).map(|row| x[row * i + at / o] * g[row * o + at % o]).sum();
            assert!((made - 2.0 * sum).abs() < 1e-5, "{at}: {made}, not {}", 2.0 * sum);
        }
        // An expert without tokens.
        let nothing = |width| Rows { values: &[], width };
        make(&mut made[..o], 9, nothing(i), nothing(o), Into::Fresh);
        assert_eq!(made[..o], [0.0; 6]);
    }
}
