//! Tests of linear assignment.

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

/// Gains without a pattern, with ties, and with one order far better than all others.
#[test]
fn larger_tables_have_prices_that_prove_the_assignment() {
    for (side, kinds) in [(1, 1u64), (2, 3), (37, 5), (150, 2), (150, 1 << 40), (300, 1 << 40)] {
        let mut state = 0x9e37_79b9_7f4a_7c15u64;
        let mut draw = || {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            ((state >> 20) % kinds) as f64 / kinds as f64
        };
        let mut gains: Vec<f64> = (0..side * side).map(|_| draw()).collect();
        if side == 150 && kinds > 2 {
            (0..side).for_each(|row| gains[row * side + (7 * row + 3) % side] += 5.0);
        }
        let mut search = Search::priced(&gains, side);
        for row in 0..side {
            if search.column_of[row] == NOBODY {
                search.place(row);
            }
        }
        let mut columns = search.column_of.clone();
        columns.sort_unstable();
        assert_eq!(columns, (0..side).collect::<Vec<_>>(), "{side} of {kinds}: everybody has a column");
        // No cost is below 0 and every one taken is 0: no assignment is cheaper than the prices, and this one costs them.
        for row in 0..side {
            for column in 0..side {
                let price = search.row_price[row] + search.column_price[column];
                let cost = -gains[row * side + column] - price;
                assert!(cost > -1e-9, "{side} of {kinds}: {cost} at {row}, {column}");
                assert!(search.column_of[row] != column || cost < 1e-9, "{side} of {kinds}: {row} pays {cost}");
            }
        }
        assert_eq!(best_assignment(&gains, side), search.column_of);
    }
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
