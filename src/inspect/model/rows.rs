//! Rows of a matrix of weights that are read when they are used, so that a large matrix need never be in memory as a whole.

use std::ops::Range;

use super::{Model, WeightMatrix};
use crate::inspect::fault::InspectError;
use crate::inspect::layout::{ExpertPlaces, MatrixPlace, Slice};
use crate::inspect::weight::Weight;

/// A matrix `[out, in]` whose rows can be read.
#[derive(Debug)]
pub(in crate::inspect) struct MatrixRows<'a> {
    rows: usize,
    columns: usize,
    of: Of<'a>,
}

#[derive(Debug)]
enum Of<'a> {
    /// Rows one after another, from a number of a tensor on.
    Lying(Weight<'a>, usize),
    /// Every other row from a number of a tensor on.
    EveryOther(Weight<'a>, usize),
    /// In memory already: its rows do not lie together in the file.
    Held(WeightMatrix),
}

impl<'a> MatrixRows<'a> {
    /// A tensor that is a matrix itself.
    pub fn whole(weight: Weight<'a>, rows: usize, columns: usize) -> Self {
        Self { rows, columns, of: Of::Lying(weight, 0) }
    }

    /// A matrix in memory.
    pub fn held(matrix: WeightMatrix) -> Self {
        Self { rows: matrix.rows(), columns: matrix.columns(), of: Of::Held(matrix) }
    }

    fn of(model: &'a Model, place: &MatrixPlace, expert: usize) -> Result<Self, InspectError> {
        let [rows, columns] = place.shape();
        if place.is_transposed {
            return Ok(Self::held(model.matrix(place, expert)?));
        }
        let (name, at) = place.of(expert);
        let weight = model.there(&name)?;
        let first = at + place.slice.at(0, rows) * columns;
        let of = match place.slice {
            Slice::Whole | Slice::First | Slice::Second => Of::Lying(weight, first),
            Slice::Even | Slice::Odd => Of::EveryOther(weight, first),
        };
        Ok(Self { rows, columns, of })
    }

    /// Outputs.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Inputs.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Reads some rows.
    ///
    /// - `into`: as many places as the rows have numbers
    ///
    /// # Errors
    /// Rows that are not there, or a file that cannot be read.
    pub fn read(&self, rows: Range<usize>, into: &mut [f32]) -> Result<(), InspectError> {
        let columns = self.columns;
        match &self.of {
            Of::Lying(weight, first) => weight.read(first + rows.start * columns..first + rows.end * columns, into),
            Of::EveryOther(weight, first) => {
                for (row, into) in rows.zip(into.chunks_exact_mut(columns.max(1))) {
                    let from = first + 2 * row * columns;
                    weight.read(from..from + columns, into)?;
                }
                Ok(())
            }
            Of::Held(matrix) => {
                let held = matrix.values.get(rows.start * columns..rows.end * columns).unwrap_or(&[]);
                into.iter_mut().zip(held).for_each(|(into, held)| *into = *held);
                Ok(())
            }
        }
    }

    /// The rows where they are in memory.
    pub fn in_memory(&self, rows: Range<usize>) -> Option<&[f32]> {
        match &self.of {
            Of::Held(matrix) => matrix.values.get(rows.start * self.columns..rows.end * self.columns),
            Of::Lying(..) | Of::EveryOther(..) => None,
        }
    }
}

/// The matrices of one expert, whose rows are read when they are used.
#[derive(Debug)]
pub(in crate::inspect) struct ExpertRows<'a> {
    /// `[I, H]`; absent in experts without a gate.
    pub gate: Option<MatrixRows<'a>>,
    /// `[I, H]`.
    pub up: MatrixRows<'a>,
    /// `[H, I]`.
    pub down: MatrixRows<'a>,
    /// Of gate and up `[I]`, of down `[H]`.
    pub biases: [Option<Vec<f32>>; 3],
}

impl<'a> ExpertRows<'a> {
    /// Of an expert; reads its biases alone, but for matrices whose rows do not lie together.
    ///
    /// # Errors
    /// A tensor that is missing, or numbers that cannot be read.
    pub fn of(model: &'a Model, places: &ExpertPlaces, expert: usize) -> Result<Self, InspectError> {
        let rows = |place| MatrixRows::of(model, place, expert);
        Ok(Self {
            gate: places.gate.as_ref().map(rows).transpose()?,
            up: rows(&places.up)?,
            down: rows(&places.down)?,
            biases: model.biases(places, expert)?,
        })
    }
}
