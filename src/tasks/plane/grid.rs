//! Grid of points over the square from −1 to 1, for maps of what a network does where.

use crate::tasks::BatchInput;

/// The centres of `side` × `side` equal cells of the square, as what enters the network: (x, y, 1) each, row by row from the
/// top (y near 1) to the bottom, x rising in a row.
pub fn grid(side: usize) -> BatchInput {
    BatchInput::Values(
        (0..side * side)
            .flat_map(|cell| {
                let [x, y] = cell_centre(cell, side);
                [x, y, 1.0]
            })
            .collect(),
    )
}

/// The centre of a cell of that grid, (x, y).
pub fn cell_centre(cell: usize, side: usize) -> [f32; 2] {
    let at = |place: usize| (2.0 * place as f32 + 1.0) / side as f32 - 1.0;
    [at(cell % side), -at(cell / side)]
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
