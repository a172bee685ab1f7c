//! Likeness of every two experts of a mixture, kept in little memory: a checkpoint has as many matrices of it as layers.

use serde::ser::SerializeSeq;
use serde::{Serialize, Serializer};

/// How alike every two experts are, `[E × E]`, −1 to 1. Symmetric, so that one half is kept, in single precision.
#[derive(Clone, Debug)]
pub struct LikenessMatrix {
    experts: usize,
    /// Row by row up to the diagonal; not a number where nothing is known.
    cells: Vec<f32>,
}

impl LikenessMatrix {
    /// Of so many experts, of which nothing is known.
    pub(crate) fn unknown(experts: usize) -> Self {
        Self { experts, cells: vec![f32::NAN; experts * (experts + 1) / 2] }
    }

    /// - `cell`: the likeness of an expert and one of no larger number; `None` where it is not known
    pub(crate) fn of(experts: usize, mut cell: impl FnMut(usize, usize) -> Option<f64>) -> Self {
        let mut matrix = Self::unknown(experts);
        for one in 0..experts {
            (0..=one).for_each(|other| matrix.set(one, other, cell(one, other)));
        }
        matrix
    }

    /// Notes how alike two experts are.
    pub(super) fn set(&mut self, one: usize, other: usize, likeness: Option<f64>) {
        if let Some(cell) = self.cells.get_mut(place(one, other)) {
            *cell = likeness.map_or(f32::NAN, |likeness| likeness as f32);
        }
    }

    /// E.
    pub fn experts(&self) -> usize {
        self.experts
    }

    /// How alike two experts are; `None` where it is not known, or one of them does not exist.
    pub fn at(&self, one: usize, other: usize) -> Option<f64> {
        let is_there = one.max(other) < self.experts;
        let cell = self.cells.get(place(one, other)).filter(|_| is_there)?;
        cell.is_finite().then(|| f64::from(*cell))
    }

    /// `[E]` how alike an expert is to each.
    pub fn row(&self, expert: usize) -> impl Iterator<Item = Option<f64>> {
        (0..self.experts).map(move |other| self.at(expert, other))
    }

    /// All pairs of two experts, the smaller number first, that have a likeness.
    pub fn pairs(&self) -> impl Iterator<Item = (usize, usize, f64)> {
        let pairs = (0..self.experts).flat_map(|other| (0..other).map(move |one| (one, other)));
        pairs.filter_map(|(one, other)| Some((one, other, self.at(one, other)?)))
    }

    /// The two that are most alike; `None` if no pair has a likeness.
    pub fn most_alike(&self) -> Option<(usize, usize, f64)> {
        self.pairs().reduce(|most, pair| if pair.2 > most.2 { pair } else { most })
    }

    /// Memory that it takes.
    pub fn bytes(&self) -> usize {
        self.cells.len() * size_of::<f32>()
    }
}

/// Where the cell of two experts lies.
fn place(one: usize, other: usize) -> usize {
    let (row, column) = (one.max(other), one.min(other));
    row * (row + 1) / 2 + column
}

/// As `[E][E]`, `null` where nothing is known.
impl Serialize for LikenessMatrix {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        struct Row<'a>(&'a LikenessMatrix, usize);
        impl Serialize for Row<'_> {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                let mut row = serializer.serialize_seq(Some(self.0.experts))?;
                self.0.row(self.1).try_for_each(|cell| row.serialize_element(&cell.map(|cell| cell as f32)))?;
                row.end()
            }
        }
        let mut rows = serializer.serialize_seq(Some(self.experts))?;
        (0..self.experts).try_for_each(|row| rows.serialize_element(&Row(self, row)))?;
        rows.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_halves_are_read_from_one() {
        let known = |one: usize, other: usize| (one + other != 3).then_some(one as f64 - 0.25 * other as f64);
        let mut matrix = LikenessMatrix::of(3, known);
        assert_eq!(
            (matrix.at(2, 0), matrix.at(0, 2), matrix.at(1, 2), matrix.at(0, 3)),
            (Some(2.0), Some(2.0), None, None)
        );
        assert_eq!(serde_json::to_string(&matrix).unwrap(), "[[0.0,1.0,2.0],[1.0,0.75,null],[2.0,null,1.5]]");
        assert_eq!((matrix.most_alike(), matrix.pairs().count()), (Some((0, 2, 2.0)), 2));
        matrix.set(1, 2, Some(0.1));
        assert_eq!(
            matrix.row(2).map(|cell| cell.map(|cell| cell as f32)).collect::<Vec<_>>(),
            [Some(2.0), Some(0.1), Some(1.5)]
        );
        assert_eq!((LikenessMatrix::unknown(0).most_alike(), LikenessMatrix::unknown(256).bytes()), (None, 131_584));
    }
}
