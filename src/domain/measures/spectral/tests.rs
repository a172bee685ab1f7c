//! Tests of singular values.

use proptest::prelude::*;

use super::super::rows::{Table, mean};
use super::*;

fn values(rows: &[f64], width: usize) -> Vec<f64> {
    singular_values(&Table::new(rows, width), &vec![0.0; width]).unwrap()
}

#[track_caller]
fn near(found: &[f64], expected: &[f64], relative: f64) {
    assert_eq!(found.len(), expected.len());
    let close = found.iter().zip(expected).all(|(a, b)| (a - b).abs() <= relative * b.abs());
    assert!(close, "{found:?} is not {expected:?}");
}

#[test]
fn by_hand() {
    near(&values(&[3.0, 0.0, 0.0, 4.0], 2), &[4.0, 3.0], 1e-14);
    // Columns (1 1), (1 −1) twice over: orthogonal, lengths 2.
    near(&values(&[1.0, 1.0, 1.0, -1.0, 1.0, 1.0, 1.0, -1.0], 2), &[2.0, 2.0], 1e-14);
    // Rank 1: |(1, 2)| · |(1, 1, 1)|.
    near(&values(&[1.0, 2.0, 1.0, 2.0, 1.0, 2.0], 2), &[15f64.sqrt(), 0.0], 1e-14);
    // Wider than tall: as many as there are rows.
    near(&values(&[3.0, 0.0, 4.0], 3), &[5.0], 1e-14);
    assert_eq!((values(&[0.0; 6], 2), values(&[0.0; 6], 3)), (vec![0.0; 2], vec![0.0; 2]));
}

#[test]
fn small_values_keep_their_digits() {
    // A diagonal of 1, 1e-4, 1e-8, 1e-12 turned by reflections on both sides; squares of 1e-12 would be lost.
    let mirror = |x: &[f64], v: &[f64]| -> Vec<f64> {
        let along = 2.0 * dot(x, v) / dot(v, v);
        x.iter().zip(v).map(|(x, v)| x - along * v).collect()
    };
    let turn: Vec<f64> = (0..700).map(|i| ((i * i) as f64 * 0.37).sin()).collect();
    let mut columns = Vec::new();
    for i in 0..4 {
        let mut unit = vec![0.0; 700];
        unit[i] = 10f64.powi(-4 * i as i32);
        columns.push(mirror(&unit, &turn));
    }
    let rows: Vec<f64> = (0..700)
        .flat_map(|row| mirror(&columns.iter().map(|c| c[row]).collect::<Vec<_>>(), &[1.0, -2.0, 0.5, 3.0]))
        .collect();
    near(&values(&rows, 4)[..3], &[1.0, 1e-4, 1e-8], 1e-7);
    near(&values(&rows, 4)[3..], &[1e-12], 1e-3);
}

#[test]
fn more_columns_than_a_panel_and_more_rows_than_a_part() {
    // Against eigenvalues of the product, good to half the digits.
    for (count, width) in [(2000, 67), (70, 67), (40, 67), (1, 67), (66, 33)] {
        let rows: Vec<f64> = (0..count * width).map(|i| ((i * i % 7919) as f64 * 0.11).sin()).collect();
        let table = Table::new(&rows, width);
        let mean = mean(&table).unwrap();
        let matrix = centred(&rows, &mean);
        let gram = if count < width { &matrix * matrix.transpose() } else { matrix.transpose() * &matrix };
        let mut expected: Vec<f64> = gram.symmetric_eigenvalues().iter().map(|l| l.max(0.0).sqrt()).collect();
        expected.sort_by(|a, b| b.total_cmp(a));
        let found = singular_values(&table, &mean).unwrap();
        assert_eq!(found.len(), count.min(width));
        let largest = expected[0].max(1e-300);
        assert!(found.iter().zip(&expected).all(|(a, b)| (a - b).abs() < 1e-6 * largest), "{found:?} {expected:?}");
    }
}

#[test]
fn a_number_that_is_none_is_told() {
    let rows = [1.0, f64::NAN, 2.0, 3.0];
    assert_eq!(singular_values(&Table::new(&rows, 2), &[0.0; 2]).unwrap_err().column, 1);
}

proptest! {
    #[test]
    fn their_squares_add_up_and_scale(rows in prop::collection::vec(-5.0f64..5.0, 12), factor in 0.01f64..100.0) {
        for width in [2, 3, 4, 6] {
            let found = values(&rows, width);
            let squares: f64 = found.iter().map(|s| s * s).sum();
            prop_assert!((squares - dot(&rows, &rows)).abs() < 1e-10 * squares.max(1e-9));
            prop_assert!(found.windows(2).all(|pair| pair[0] >= pair[1] * (1.0 - 1e-14)));
            let scaled: Vec<f64> = rows.iter().map(|x| x * factor).collect();
            let close = values(&scaled, width).iter().zip(&found).all(|(a, b)| (a - b * factor).abs() < 1e-9 * a.max(1e-3));
            prop_assert!(close);
        }
    }
}
