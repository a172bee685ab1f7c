//! Grid of points over the square from −1 to 1, for maps of what a network does where.

use crate::tasks::BatchInput;

/// The centres of `side` × `side` equal cells of the square, as what enters the network: (x, y, 1) each, row by row from the
/// top (y near 1) to the bottom, x rising in a row.
pub fn grid(side: usize) -> BatchInput {
    let at = |cell: usize| (2.0 * cell as f32 + 1.0) / side as f32 - 1.0;
    let point = |row: usize, column: usize| [at(column), -at(row), 1.0];
    BatchInput::Values((0..side).flat_map(|row| (0..side).flat_map(move |column| point(row, column))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grid_of_two_by_two_by_hand() {
        let expected = [-0.5, 0.5, 1.0, 0.5, 0.5, 1.0, -0.5, -0.5, 1.0, 0.5, -0.5, 1.0];
        assert_eq!(grid(2), BatchInput::Values(expected.to_vec()));
    }
}
