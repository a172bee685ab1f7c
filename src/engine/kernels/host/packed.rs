//! Products of rows with matrices that many rows share, such as the weights of an expert. Tiles read a matrix in panels: in place where its
//! columns fill panels, else from a copy, which many rows share (made once, for all tasks) and few rows make for themselves. What comes out
//! does not depend on how rows are cut into tasks.

use std::cell::RefCell;

use rayon::prelude::*;

use super::linear::WeightLayout;
use super::panels::{self, Panels, Part, lanes};
use super::pool::Buffer;
use super::rows::Rows;
use super::tasks::Tasks;
use crate::domain::product::{Into, MatrixView, product};

/// Rows of one task: its inputs and results stay in a core's smallest cache, and 2,048 tokens are 64 tasks.
pub(super) const TASK_ROWS: usize = 32;

/// Panels one task copies.
const PANELS: usize = 4;

/// Rows from which a matrix is worth copying for all tasks, and most rows of a task if it is not.
pub(super) const MANY_ROWS: usize = 256;

/// Rows below which a matrix that does not lie in panels is not worth copying at all.
const FEW_ROWS: usize = 16;

/// N matrices `[I, O]`, to be multiplied by from the right: those for many rows, unless they lie so, in panels of L columns ([`lanes`]),
/// `[ceil(O ÷ L), I, L]` each, with zeros where a panel is wider than the matrix.
#[derive(Debug)]
pub(super) struct Packed<'a> {
    /// `[N, I, O]`, or `[N, O, I]`, as `lie` says.
    values: &'a [f32],
    lie: WeightLayout,
    depth: usize,
    columns: usize,
    panels: Buffer,
    /// For each matrix whether it is for many rows, and which of the copies it is, if it was copied.
    places: Vec<(bool, Option<usize>)>,
}

/// One of the matrices.
#[derive(Clone, Copy, Debug)]
pub(super) struct PackedMatrix<'a> {
    /// As it lies, or copied.
    panels: Option<Panels<'a>>,
    values: &'a [f32],
    lie: WeightLayout,
    depth: usize,
    columns: usize,
}

impl<'a> Packed<'a> {
    /// From `[N, I, O]`, or from `[N, O, I]`, as `lie` says, with I = `depth` and O = `columns`; so many `rows` will be multiplied by each.
    pub fn of(
        values: &'a [f32],
        depth: usize,
        columns: usize,
        lie: WeightLayout,
        rows: impl Fn(usize) -> usize,
    ) -> Self {
        let lanes = lanes();
        let (len, panel) = (depth * columns, depth * lanes);
        let one = columns.div_ceil(lanes) * panel;
        let lies_so = lie == WeightLayout::InOut && columns.is_multiple_of(lanes);
        let mut copies = 0;
        let mut place = |i: usize| {
            let many = rows(i) >= MANY_ROWS;
            let copied = many && !lies_so;
            copies += usize::from(copied);
            (many, copied.then(|| copies - 1))
        };
        let places: Vec<(bool, Option<usize>)> = (0..values.len() / len.max(1)).map(&mut place).collect();
        let mut panels = Buffer::dirty(copies * one);
        let wanted = values.chunks_exact(len.max(1)).zip(&places).filter(|(_, place)| place.1.is_some());
        // Of one matrix after another, a few panels at a time.
        let tasks: Vec<(&[f32], usize, &mut [f32])> = panels
            .chunks_exact_mut(one.max(1))
            .zip(wanted)
            .flat_map(|(panels, (matrix, _))| {
                panels.chunks_mut(PANELS * panel).enumerate().map(move |(task, some)| (matrix, task * PANELS, some))
            })
            .collect();
        tasks.into_par_iter().tasks(|(matrix, first, panels)| {
            for (number, panel) in (first..).zip(panels.chunks_exact_mut(panel)) {
                panels::fill(panel, Part { matrix, lie, depth, columns, column: number * lanes });
            }
        });
        Self { values, lie, depth, columns, panels, places }
    }

    /// Rows of a task that multiplies by matrix `i`.
    pub fn task_rows(&self, i: usize) -> usize {
        if self.places[i].0 { TASK_ROWS } else { MANY_ROWS }
    }

    /// Matrix `i`.
    pub fn matrix(&self, i: usize) -> PackedMatrix<'_> {
        let Self { depth, columns, lie, .. } = *self;
        let len = columns.next_multiple_of(lanes()) * depth;
        let values = &self.values[i * depth * columns..(i + 1) * depth * columns];
        let (many, copy) = self.places[i];
        let panels = match (copy, lie) {
            (Some(place), _) => Some(Panels::copied(&self.panels[place * len..(place + 1) * len], depth, columns, 0)),
            (None, WeightLayout::InOut) => Panels::lying(values, columns, !many),
            (None, WeightLayout::OutIn) => None,
        };
        PackedMatrix { panels, values, lie, depth, columns }
    }
}

thread_local! {
    /// The panel of a matrix for few rows.
    static PANEL: RefCell<Vec<f32>> = const { RefCell::new(Vec::new()) };
}

/// `out` `[rows, O]` becomes, or grows by, the product of `a` `[rows, I]` and the matrix `by` `[I, O]`; on this thread alone.
///
/// But for a few rows of a matrix that does not lie in panels each number is added up from the first to the last of I, whatever the rows are.
pub(super) fn times(a: Rows<'_>, by: PackedMatrix<'_>, how: Into, out: &mut [f32]) {
    let PackedMatrix { values: matrix, lie, depth, columns, .. } = by;
    let rows = a.len();
    assert!(a.width() == depth && rows * columns == out.len(), "{rows} rows of {columns} in {}", out.len());
    let a = &*a.in_order();
    if let Some(panels) = by.panels {
        panels::times(a, depth, panels, how, out);
    } else if rows < FEW_ROWS {
        let by = match lie {
            WeightLayout::InOut => MatrixView::new(matrix, depth, columns),
            WeightLayout::OutIn => MatrixView::new(matrix, columns, depth).transposed(),
        };
        product(MatrixView::new(a, rows, depth), by, 1.0, how, out, columns);
    } else {
        PANEL.with_borrow_mut(|panel| {
            panel.resize(depth * lanes(), 0.0);
            for column in (0..columns).step_by(lanes()) {
                panels::fill(panel, Part { matrix, lie, depth, columns, column });
                panels::times(a, depth, Panels::copied(panel, depth, columns, column), how, out);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers(len: usize, seed: f32) -> Vec<f32> {
        (0..len).map(|i| (i as f32 * 0.37 + seed).sin()).collect()
    }

    #[test]
    fn every_size_and_layout_against_a_general_product() {
        for (n, rows, depth, columns) in [
            (1, 1, 1, 1),
            (2, 3, 7, 5),
            (3, 33, 20, 65),
            (1, 64, 48, 16),
            (2, 6, 3, 31),
            (1, 32, 9, 40),
            (2, 25, 12, 64),
            (2, 16, 5, 33),
        ] {
            let (a, values) = (numbers(rows * depth, 0.1), numbers(n * depth * columns, 0.2));
            let across: Vec<f32> = values
                .chunks_exact(depth * columns)
                .flat_map(|matrix| (0..depth * columns).map(|i| matrix[i % depth * columns + i / depth]))
                .collect();
            // The last one stays as it lies.
            let many = |i: usize| if i + 1 < n || n == 1 { MANY_ROWS } else { 1 };
            let straight = Packed::of(&values, depth, columns, WeightLayout::InOut, many);
            let turned = Packed::of(&across, depth, columns, WeightLayout::OutIn, many);
            assert_eq!(straight.matrix(n - 1).panels.is_some(), n == 1 || columns.is_multiple_of(lanes()));
            assert_eq!(turned.matrix(n - 1).panels.is_some(), n == 1);
            for i in 0..n {
                for how in [Into::Fresh, Into::Added] {
                    let start = numbers(rows * columns, 0.3);
                    let (mut made, mut expected) = (start.clone(), start.clone());
                    times(Rows::all(&a, depth), straight.matrix(i), how, &mut made);
                    let matrix = MatrixView::new(&values[i * depth * columns..], depth, columns);
                    product(MatrixView::new(&a, rows, depth), matrix, 1.0, how, &mut expected, columns);
                    let near = |(a, b): (&f32, &f32)| (a - b).abs() < 1e-5;
                    assert!(made.iter().zip(&expected).all(near), "{rows} {depth} {columns} {how:?}");
                    let mut other = start;
                    times(Rows::all(&a, depth), turned.matrix(i), how, &mut other);
                    assert!(made.iter().zip(&other).all(near), "{rows} {depth} {columns}");
                }
            }
        }
    }

    #[test]
    fn how_rows_are_cut_changes_no_bit() {
        let (rows, depth, columns) = (37, 130, 40);
        let (a, values) = (numbers(rows * depth, 0.1), numbers(depth * columns, 0.2));
        let packed = Packed::of(&values, depth, columns, WeightLayout::InOut, |_| MANY_ROWS);
        let mut whole = vec![0.0; rows * columns];
        times(Rows::all(&a, depth), packed.matrix(0), Into::Fresh, &mut whole);
        for piece in [1, 2, 5, 32] {
            let mut made = vec![0.0; rows * columns];
            for (out, a) in made.chunks_mut(piece * columns).zip(a.chunks(piece * depth)) {
                times(Rows::all(a, depth), packed.matrix(0), Into::Fresh, out);
            }
            assert_eq!(made, whole, "{piece}");
        }
    }
}
