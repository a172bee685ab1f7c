//! Borders of territories on a grid: the lines between cells whose largest scores belong to different experts or classes.
//!
//! Between the centres of two neighbouring cells, led by a and by b, the border lies where s_a = s_b if both run straight
//! from centre to centre. The lines join these places within each square of four centres, through the middle of them where
//! more than two meet. That is marching squares for a largest of many; it is exact where all scores are linear.

use crate::domain::readings::leader;

/// A piece of a border: its two ends, (x, y) each, 0 to 1 from the left and the top of the map.
pub(crate) type BorderLine = [[f32; 2]; 2];

/// All pieces of the borders of a square map.
///
/// - `scores`: `[side × side × n]`, cell by cell, row by row from the top
pub(crate) fn borders(scores: &[f32], n: usize, side: usize) -> Vec<BorderLine> {
    let leaders: Vec<u16> = scores.chunks_exact(n).map(|cell| leader(cell).0).collect();
    let mut lines = Vec::new();
    for row in 0..side.saturating_sub(1) {
        for column in 0..side - 1 {
            let corners = [(row, column), (row, column + 1), (row + 1, column + 1), (row + 1, column)];
            let cells = corners.map(|(row, column)| row * side + column);
            if cells.iter().all(|&cell| leaders[cell] == leaders[cells[0]]) {
                continue;
            }
            let places: Vec<[f32; 2]> = (0..4)
                .filter_map(|edge| {
                    let next = (edge + 1) % 4;
                    let (from, to) = (cells[edge], cells[next]);
                    let (a, b) = (usize::from(leaders[from]), usize::from(leaders[to]));
                    let lead = |cell: usize| scores[cell * n + a] - scores[cell * n + b];
                    (a != b).then(|| between(corners[edge], corners[next], crossing(lead(from), lead(to)), side))
                })
                .collect();
            join(&places, &mut lines);
        }
    }
    lines
}

/// Where a straight line from `from` ≥ 0 to `to` ≤ 0 crosses 0: 0 to 1; the middle where that is not defined.
fn crossing(from: f32, to: f32) -> f32 {
    let share = from / (from - to);
    if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.5 }
}

/// The place at a share of the way between the centres of two cells.
fn between(from: (usize, usize), to: (usize, usize), share: f32, side: usize) -> [f32; 2] {
    let along = |from: usize, to: usize| (from as f32 + 0.5 + share * (to as f32 - from as f32)) / side as f32;
    [along(from.1, to.1), along(from.0, to.0)]
}

/// Joins the places on the edges of one square.
fn join(places: &[[f32; 2]], lines: &mut Vec<BorderLine>) {
    if let [from, to] = places {
        lines.push([*from, *to]);
        return;
    }
    let mean = |axis: usize| places.iter().map(|place| place[axis]).sum::<f32>() / places.len() as f32;
    let middle = [mean(0), mean(1)];
    lines.extend(places.iter().map(|place| [*place, middle]));
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_borders_of_four_cells_by_hand() {
        // Left of the middle expert 0 leads by 1, right of it expert 1 by 3: a quarter of the way.
        let scores = [1.0, 0.0, 0.0, 3.0, 1.0, 0.0, 0.0, 3.0];
        assert_eq!(borders(&scores, 2, 2), [[[0.375, 0.25], [0.375, 0.75]]]);
        // Three experts meet: three lines through the mean of the places on the edges.
        let scores = [1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 1.0];
        let middle = [(0.5 + 0.75 + 0.5) / 3.0, (0.25 + 0.5 + 0.75) / 3.0];
        let found = borders(&scores, 3, 2);
        assert_eq!(found, [[[0.5, 0.25], middle], [[0.75, 0.5], middle], [[0.5, 0.75], middle]]);
        for (scores, n, side) in [(&[0.5; 12][..], 3, 2), (&[1.0, 2.0], 2, 1), (&[], 2, 0)] {
            assert!(borders(scores, n, side).is_empty(), "{scores:?}");
        }
        // A score that is no number leads nowhere, and the border beside it is in the middle.
        let nan = [f32::NAN, 1.0, 1.0, 0.0, f32::NAN, 1.0, 1.0, 0.0];
        assert_eq!(borders(&nan, 2, 2), [[[0.5, 0.25], [0.5, 0.75]]]);
    }

    proptest! {
        /// The border of two linear scores is a straight line, whatever the grid.
        #[test]
        fn linear_scores_have_straight_borders(
            (a, b, c) in (-3.0f32..3.0, -3.0f32..3.0, -1.0f32..1.0), side in 2usize..24,
        ) {
            prop_assume!(a.abs() + b.abs() > 0.5);
            let at = |cell: usize| (cell as f32 + 0.5) / side as f32;
            let difference = |x: f32, y: f32| a * (x - 0.5) + b * (y - 0.5) + c;
            let cells = (0..side * side).flat_map(|cell| [difference(at(cell % side), at(cell / side)), 0.0]);
            let scores: Vec<f32> = cells.collect();
            let found = borders(&scores, 2, side);
            for [x, y] in found.iter().flatten().copied() {
                prop_assert!(difference(x, y).abs() < 1e-4, "({}, {}) is off by {}", x, y, difference(x, y));
            }
            // There is one exactly where both lead somewhere.
            let leads = |sign: bool| scores.chunks_exact(2).any(|cell| (cell[0] >= 0.0) == sign);
            prop_assert_eq!(found.is_empty(), !(leads(true) && leads(false)));
        }
    }
}
