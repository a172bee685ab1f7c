//! A grid of scales beside a matrix: each block of rows and columns is multiplied by its own.

use std::io;

use super::Stretch;

/// How a grid of scales lies over matrices of one shape, one after another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::inspect) struct Grid {
    /// Rows of a matrix, and numbers of a row.
    pub(in crate::inspect) matrix: (usize, usize),
    /// Rows and columns that share a scale; the last ones of a matrix may be fewer.
    pub(in crate::inspect) block: (usize, usize),
}

impl Grid {
    /// Rows and columns of the scales of a matrix.
    pub(in crate::inspect) fn cells(&self) -> (usize, usize) {
        (self.matrix.0.div_ceil(self.block.0), self.matrix.1.div_ceil(self.block.1))
    }
}

/// The scales of a tensor.
#[derive(Debug)]
pub(in crate::inspect) struct BlockScales<'a> {
    pub(in crate::inspect) grid: Grid,
    pub(in crate::inspect) scales: Stretch<'a>,
}

impl BlockScales<'_> {
    /// Multiplies the numbers from number `first` on by their scales.
    pub(super) fn apply(&self, first: usize, into: &mut [f32]) -> io::Result<()> {
        let Grid { matrix: (rows, columns), block } = self.grid;
        let (cell_rows, cell_columns) = self.grid.cells();
        let mut cells = Vec::new();
        let mut held = (usize::MAX, 0);
        let (mut at, mut rest) = (first, into);
        while !rest.is_empty() {
            let (row, column) = (at / columns, at % columns);
            let (these, later) = rest.split_at_mut(rest.len().min(columns - column));
            let begin = column / block.1;
            let count = (column + these.len()).div_ceil(block.1) - begin;
            let wanted = ((row / rows * cell_rows + row % rows / block.0) * cell_columns + begin, count);
            // All rows of a block share their scales.
            if wanted != held {
                cells.resize(count, 0.0);
                self.scales.read(wanted.0, &mut cells)?;
                held = wanted;
            }
            at += these.len();
            rest = later;
            let (head, whole) = these.split_at_mut(these.len().min(block.1 - column % block.1));
            let blocks = std::iter::once(head).chain(whole.chunks_mut(block.1));
            for (numbers, &scale) in blocks.zip(&cells) {
                numbers.iter_mut().for_each(|number| *number *= scale);
            }
        }
        Ok(())
    }
}
