//! A linear map of tokens on slices.

use rayon::prelude::*;

use super::packed::{Packed, TASK_ROWS, times};
use super::pool::Buffer;
use super::rows::Rows;
use super::strip::Strip;
use super::tasks::Tasks;
use crate::domain::product::Into;

/// Tokens over which one task adds up the gradient of the weights, and rows of the weights it does so for. The first is part of the
/// numbers.
const DEPTH: usize = 512;
const STRIP: usize = 64;

/// Numbers of that gradient that one task puts together.
const SUMS: usize = 4096;

/// How the weights lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WeightLayout {
    /// `[I, O]`
    InOut,
    /// `[O, I]`
    OutIn,
}

impl WeightLayout {
    /// The layout in which the same numbers are the transposed matrix.
    fn transposed(self) -> Self {
        match self {
            Self::InOut => Self::OutIn,
            Self::OutIn => Self::InOut,
        }
    }
}

/// x·W: `[T, O]` from `x` `[T, I]`.
pub fn forward(x: &[f32], w: &[f32], i: usize, o: usize, lie: WeightLayout) -> Buffer {
    let mut y = Buffer::dirty(x.len() / i * o);
    let packed = Packed::of(w, i, o, lie, |_| x.len() / i);
    let rows = y.par_chunks_mut(TASK_ROWS * o).zip(x.par_chunks(TASK_ROWS * i));
    rows.tasks(|(y, x)| times(Rows::all(x, i), packed.matrix(0), Into::Fresh, y));
    y
}

/// What one task of the backward pass makes.
enum Made<'a> {
    /// Some rows of the gradient of x, from those of y's.
    Entering { dx: &'a mut [f32], g: &'a [f32] },
    /// Some rows of the gradient of the weights, as far as some tokens go.
    Weights(Strip<'a>),
}

/// Gradients of x and W from that of y, `g` `[T, O]`.
pub fn backward(x: &[f32], w: &[f32], g: &[f32], i: usize, o: usize, lie: WeightLayout) -> (Buffer, Buffer) {
    let mut dx = Buffer::dirty(x.len());
    let parts = (x.len() / i).div_ceil(DEPTH).max(1);
    // The sum over the first tokens becomes that over all.
    let (mut dw, mut others) = (Buffer::dirty(w.len()), Buffer::dirty((parts - 1) * w.len()));
    // Rows and columns of the weights, as they lie.
    let (of, rows, by, columns) = match lie {
        WeightLayout::InOut => (x, i, g, o),
        WeightLayout::OutIn => (g, o, x, i),
    };
    let packed = Packed::of(w, o, i, lie.transposed(), |_| x.len() / i);
    let tokens = of.chunks(DEPTH * rows).zip(by.chunks(DEPTH * columns));
    let mut tasks: Vec<Made<'_>> = std::iter::once(&mut *dw)
        .chain(others.chunks_mut(w.len().max(1)))
        .zip(tokens)
        .flat_map(|(dw, (of, by))| {
            let of = Rows::all(of, rows);
            let strips = dw.chunks_mut(STRIP * columns).enumerate();
            strips.map(move |(strip, gradient)| {
                Made::Weights(Strip { gradient, first: strip * STRIP, entering: of, leaving: by, wide: columns })
            })
        })
        .collect();
    let entering = dx.chunks_mut(TASK_ROWS * i).zip(g.chunks(TASK_ROWS * o));
    tasks.extend(entering.map(|(dx, g)| Made::Entering { dx, g }));
    tasks.into_par_iter().tasks(|task| match task {
        Made::Entering { dx, g } => times(Rows::all(g, o), packed.matrix(0), Into::Fresh, dx),
        Made::Weights(strip) => strip.make(Into::Fresh),
    });
    dw.par_chunks_mut(SUMS).enumerate().tasks(|(chunk, dw)| {
        for part in others.chunks_exact(w.len()) {
            dw.iter_mut().zip(&part[chunk * SUMS..]).for_each(|(sum, &part)| *sum += part);
        }
    });
    (dx, dw)
}
