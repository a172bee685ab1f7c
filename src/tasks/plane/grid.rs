//! Grid of points over the square from −1 to 1, for maps of what a network does where.

use crate::domain::measures::territory::cell_centre;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grid_of_two_by_two_by_hand() {
        let expected = [-0.5, 0.5, 1.0, 0.5, 0.5, 1.0, -0.5, -0.5, 1.0, 0.5, -0.5, 1.0];
        assert_eq!(grid(2), BatchInput::Values(expected.to_vec()));
    }
}
