//! The peak rate of matrix products: what a step's arithmetic is measured against.

use std::time::Instant;

use rayon::prelude::*;

use super::linear::{WeightLayout, forward};
use super::tasks::Tasks;
use super::threads;
use crate::domain::product::{Into, MatrixView, product};

/// Side of the square factor, and the rows of the other for each thread: large enough that packing is a small part, and that each
/// thread has several tasks.
const SIDE: usize = 1024;
const ROWS_PER_THREAD: usize = 1024;

/// Rows of a task of the second way.
const TASK_ROWS: usize = 256;

/// Products that are made; the fastest counts, since whatever else the machine does only slows them.
const REPEATS: usize = 5;

/// Floating-point operations a second of large matrix products on all threads that compute, a multiply-add being two. The faster of the
/// two ways counts that a step goes: a factor in panels, and one that is read as it lies.
pub fn product_rate() -> f64 {
    let rows = ROWS_PER_THREAD * threads();
    let (x, w) = (vec![1.0_f32; rows * SIDE], vec![1.0_f32; SIDE * SIDE]);
    let made = 2.0 * rows as f64 * (SIDE * SIDE) as f64;
    let mut y = vec![0.0; rows * SIDE];
    let seconds = (0..REPEATS).map(|_| {
        let start = Instant::now();
        std::hint::black_box(forward(&x, &w, SIDE, SIDE, WeightLayout::InOut));
        let in_panels = start.elapsed();
        let start = Instant::now();
        y.par_chunks_mut(TASK_ROWS * SIDE).zip(x.par_chunks(TASK_ROWS * SIDE)).tasks(|(y, x)| {
            let (x, w) = (MatrixView::new(x, x.len() / SIDE, SIDE), MatrixView::new(&w, SIDE, SIDE));
            product(x, w, 1.0, Into::Fresh, y, SIDE);
        });
        std::hint::black_box(&y);
        in_panels.min(start.elapsed()).as_secs_f64()
    });
    made / seconds.fold(f64::INFINITY, f64::min)
}
