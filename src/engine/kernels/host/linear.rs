//! A linear map of tokens on slices.

use rayon::prelude::*;

use super::pool::Buffer;
use crate::domain::product::{Into, MatrixView, product};

/// Rows of the result one task makes.
const ROWS: usize = 256;

/// Tokens over which one task adds up the gradient of the weights; part of the numbers, so the same for any threads.
const DEPTH: usize = 512;

/// How the weights lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WeightLayout {
    /// `[I, O]`
    InOut,
    /// `[O, I]`
    OutIn,
}

fn weights(w: &[f32], i: usize, o: usize, lie: WeightLayout) -> MatrixView<'_> {
    match lie {
        WeightLayout::InOut => MatrixView::new(w, i, o),
        WeightLayout::OutIn => MatrixView::new(w, o, i).transposed(),
    }
}

/// x·W: `[T, O]` from `x` `[T, I]`.
pub fn forward(x: &[f32], w: &[f32], i: usize, o: usize, lie: WeightLayout) -> Buffer {
    let mut y = Buffer::dirty(x.len() / i * o);
    y.par_chunks_mut(ROWS * o).zip(x.par_chunks(ROWS * i)).for_each(|(y, x)| {
        product(MatrixView::new(x, x.len() / i, i), weights(w, i, o, lie), 1.0, Into::Fresh, y, o);
    });
    y
}

/// Gradients of x and W from that of y, `g` `[T, O]`.
pub fn backward(x: &[f32], w: &[f32], g: &[f32], i: usize, o: usize, lie: WeightLayout) -> (Buffer, Vec<f32>) {
    let mut dx = Buffer::dirty(x.len());
    dx.par_chunks_mut(ROWS * i).zip(g.par_chunks(ROWS * o)).for_each(|(dx, g)| {
        product(MatrixView::new(g, g.len() / o, o), weights(w, i, o, lie).transposed(), 1.0, Into::Fresh, dx, i);
    });
    let parts = (x.len() / i).div_ceil(DEPTH).max(1);
    let mut partial = Buffer::dirty(parts * w.len());
    partial.par_chunks_mut(w.len()).zip(x.par_chunks(DEPTH * i).zip(g.par_chunks(DEPTH * o))).for_each(
        |(dw, (x, g))| {
            let (x, g) = (MatrixView::new(x, x.len() / i, i), MatrixView::new(g, g.len() / o, o));
            match lie {
                WeightLayout::InOut => product(x.transposed(), g, 1.0, Into::Fresh, dw, o),
                WeightLayout::OutIn => product(g.transposed(), x, 1.0, Into::Fresh, dw, i),
            }
        },
    );
    let mut dw = partial[..w.len()].to_vec();
    for part in partial[w.len()..].chunks_exact(w.len()) {
        for (sum, &p) in dw.iter_mut().zip(part) {
            *sum += p;
        }
    }
    (dx, dw)
}
