//! Linear assignment: who goes with whom, so that the sum of gains is largest. Neurons are matched with it before two
//! experts' weights are compared.

/// The assignment of rows to columns with the largest sum of gains, exactly: the column of each row.
///
/// The Hungarian method with shortest augmenting paths: each row is added in turn and the prices of rows and columns are
/// changed as little as frees a column for it. N³ steps.
///
/// - `gains`: `[side × side]` row-major. If one is not finite, no order is better than that of the slots.
pub fn best_assignment(gains: &[f64], side: usize) -> Vec<usize> {
    best_assignment_while(gains, side, || true).unwrap_or_else(|| (0..side).collect())
}

/// The same as long as `go_on` holds, which is asked before each row: large tables take minutes. `None` if it did not.
pub fn best_assignment_while(gains: &[f64], side: usize, mut go_on: impl FnMut() -> bool) -> Option<Vec<usize>> {
    if !gains.iter().all(|gain| gain.is_finite()) {
        return Some((0..side).collect());
    }
    // Column 0 is the row's own start; real columns and rows count from 1, row 0 is none.
    let mut row_of = vec![0; side + 1];
    let (mut row_price, mut column_price) = (vec![0.0; side + 1], vec![0.0; side + 1]);
    for row in 1..=side {
        if !go_on() {
            return None;
        }
        row_of[0] = row;
        let mut came_from = vec![0; side + 1];
        let mut slack = vec![f64::INFINITY; side + 1];
        let mut seen = vec![false; side + 1];
        let mut column = 0;
        while row_of[column] != 0 {
            seen[column] = true;
            let here = row_of[column];
            let (mut least, mut next) = (f64::INFINITY, 0);
            for other in (1..=side).filter(|&other| !seen[other]) {
                let cost = -gains[(here - 1) * side + other - 1] - row_price[here] - column_price[other];
                if cost < slack[other] {
                    (slack[other], came_from[other]) = (cost, column);
                }
                if slack[other] < least {
                    (least, next) = (slack[other], other);
                }
            }
            for other in 0..=side {
                if seen[other] {
                    row_price[row_of[other]] += least;
                    column_price[other] -= least;
                } else {
                    slack[other] -= least;
                }
            }
            column = next;
        }
        // Back along the path: everyone moves to the column the next one leaves.
        while column != 0 {
            let previous = came_from[column];
            row_of[column] = row_of[previous];
            column = previous;
        }
    }
    let mut column_of = vec![0; side];
    (1..=side).for_each(|column| column_of[row_of[column] - 1] = column - 1);
    Some(column_of)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The largest sum over all orders.
    fn best_by_trying(gains: &[f64], side: usize, row: usize, free: &mut Vec<usize>) -> f64 {
        if row == side {
            return 0.0;
        }
        let mut best = f64::NEG_INFINITY;
        for place in 0..free.len() {
            let column = free.remove(place);
            best = best.max(gains[row * side + column] + best_by_trying(gains, side, row + 1, free));
            free.insert(place, column);
        }
        best
    }

    #[test]
    fn by_hand() {
        // Greed would take 9 and be left with 0.
        assert_eq!(best_assignment(&[9.0, 8.0, 8.0, 0.0], 2), [1, 0]);
        assert_eq!((best_assignment(&[], 0), best_assignment(&[-3.0], 1)), (vec![], vec![0]));
        assert_eq!(best_assignment(&[0.0, f64::NAN, 9.0, f64::INFINITY], 2), [0, 1]);
    }

    #[test]
    fn it_ends_when_nobody_wants_it_any_more() {
        let mut rows = 0;
        let asked = |most: usize, rows: &mut usize| {
            best_assignment_while(&[1.0; 9], 3, || {
                *rows += 1;
                *rows <= most
            })
        };
        assert_eq!((asked(2, &mut rows), rows), (None, 3));
        rows = 0;
        assert_eq!((asked(3, &mut rows), rows), (Some(vec![0, 1, 2]), 3));
    }

    proptest! {
        #[test]
        fn no_other_order_is_better(side in 1usize..6, gains in prop::collection::vec(-5i8..5, 25)) {
            let gains: Vec<f64> = gains[..side * side].iter().map(|&gain| f64::from(gain) * 0.5).collect();
            let found = best_assignment(&gains, side);
            let mut columns = found.clone();
            columns.sort_unstable();
            prop_assert_eq!(&columns, &(0..side).collect::<Vec<_>>());
            let sum: f64 = found.iter().enumerate().map(|(row, column)| gains[row * side + column]).sum();
            prop_assert!((sum - best_by_trying(&gains, side, 0, &mut (0..side).collect())).abs() < 1e-9);
        }
    }
}
