//! Tests of linear CKA.

use proptest::prelude::*;

use super::super::rows::Table;
use super::*;

#[test]
fn what_unrelated_answers_come_to_by_hand() {
    assert_eq!((unrelated(64, 256), unrelated(64, 32), unrelated(8, 0)), (0.25, 1.0, 1.0));
}

fn cka(outputs: &[f64], experts: usize, tokens: usize) -> Vec<Option<f64>> {
    let found = linear_cka(&Table::new(outputs, outputs.len() / tokens), experts).unwrap();
    assert_eq!(found.tokens, tokens);
    found.matrix
}

#[track_caller]
fn near(a: Option<f64>, b: f64) {
    assert!(a.is_some_and(|a| (a - b).abs() < 1e-12), "{a:?} is not {b}");
}

#[test]
fn by_hand() {
    // One width each, four tokens: x = 1 −1 1 −1, y = 1 1 −1 −1 + 5, z = 3x + 2 (up to size the same), w = x + y.
    let outputs: Vec<f64> = [(1.0, 1.0), (-1.0, 1.0), (1.0, -1.0), (-1.0, -1.0)]
        .iter()
        .flat_map(|&(x, y)| [x, y + 5.0, 3.0 * x + 2.0, x + y, 7.0])
        .collect();
    let found = cka(&outputs, 5, 4);
    near(found[1], 0.0);
    near(found[2], 1.0);
    // cos² of 45 degrees.
    near(found[3], 0.5);
    near(found[0], 1.0);
    // The last answers the same to everything.
    assert!((0..5).all(|i| found[i * 5 + 4].is_none() && found[20 + i].is_none()));
}

#[test]
fn both_forms_and_a_rotation() {
    let (tokens, experts, width) = (300, 3, 4);
    let mut outputs: Vec<f64> =
        (0..tokens * experts * width).map(|i| ((i * i % 10_007) as f64 * 0.3).sin() + 9.0).collect();
    for token in outputs.chunks_exact_mut(experts * width) {
        // Expert 2 is expert 0, turned in two planes and twice as large.
        let (a, b, c, d) = (token[0], token[1], token[2], token[3]);
        token[8..].copy_from_slice(&[1.2 * a - 1.6 * b, 1.6 * a + 1.2 * b, -2.0 * d, 2.0 * c]);
    }
    let table = Table::new(&outputs, experts * width);
    let features = normalised(&products_of_features(&table, experts).unwrap(), experts);
    let by_tokens = normalised(&products_of_tokens(&table, experts).unwrap(), experts);
    for (a, b) in features.iter().zip(&by_tokens) {
        near(*a, b.unwrap());
    }
    near(features[2], 1.0);
    assert!(features[1].unwrap() < 0.2);
}

#[test]
fn too_dear_a_table_is_sampled_evenly_and_says_so() {
    let outputs: Vec<f64> = (0..1000 * 4).map(|i| ((i * i % 997) as f64).cos()).collect();
    let table = Table::new(&outputs, 4);
    let found = linear_cka_within(&table, 2, 5e3, 3e3).unwrap();
    assert_eq!(found.tokens, 31);
    let rows: Vec<f64> = (0..31).flat_map(|i| outputs[i * 1000 / 31 * 4..][..4].to_vec()).collect();
    let expected = linear_cka(&Table::new(&rows, 4), 2).unwrap();
    near(found.matrix[1], expected.matrix[1].unwrap());
}

#[test]
fn one_token_has_no_arrangement() {
    assert_eq!(cka(&[1.0, 2.0, 3.0, 4.0], 2, 1), [None; 4]);
}

proptest! {
    #[test]
    fn bounds_symmetry_and_size(outputs in prop::collection::vec(-2.0f64..2.0, 7 * 6), factor in 0.1f64..10.0) {
        let found = cka(&outputs, 3, 7);
        let mut scaled = outputs.clone();
        scaled.chunks_exact_mut(6).for_each(|token| token[..2].iter_mut().for_each(|x| *x = factor * *x - 1.0));
        let again = cka(&scaled, 3, 7);
        for i in 0..3 {
            near(found[i * 4], 1.0);
            for j in 0..3 {
                let value = found[i * 3 + j].unwrap();
                prop_assert!((0.0..=1.0 + 1e-12).contains(&value) && (value - found[j * 3 + i].unwrap()).abs() < 1e-12);
                prop_assert!((value - again[i * 3 + j].unwrap()).abs() < 1e-9);
            }
        }
    }
}
