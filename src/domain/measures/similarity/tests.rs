//! Tests of the similarity of experts.

use proptest::prelude::*;

use super::super::router::cosine;
use super::super::rows::Table;
use super::*;

#[test]
fn the_most_alike_pair_is_no_diagonal() {
    let matrix = [[1.0, 0.5, -0.5], [0.5, 1.0, 0.75], [-0.5, 0.75, 1.0]].map(|row| row.map(Some).to_vec()).to_vec();
    assert_eq!(most_alike(&matrix), Some((1, 2, 0.75)));
    assert_eq!((most_alike(&vec![]), most_alike(&vec![vec![Some(1.0)]])), (None, None));
    assert_eq!(most_alike(&vec![vec![Some(1.0), None], vec![None, Some(1.0)]]), None);
}
use crate::domain::draw::Purpose;

fn cosines(outputs: &[f64], experts: usize, width: usize) -> Vec<f64> {
    output_cosine(&Table::new(outputs, experts * width), experts).unwrap()
}

#[test]
fn output_cosine_by_hand() {
    // Token 1: (3 4), (4 3), (0 0); token 2: (1 0), (−1 0), (0 2).
    let outputs = [3.0, 4.0, 4.0, 3.0, 0.0, 0.0, 1.0, 0.0, -1.0, 0.0, 0.0, 2.0];
    let found = cosines(&outputs, 3, 2);
    let expected = [1.0, -0.02, 0.0, -0.02, 1.0, 0.0, 0.0, 0.0, 0.5];
    assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-15), "{found:?}");
    let known: Vec<_> = found.into_iter().map(Some).collect();
    let known: Matrix = known.chunks_exact(3).map(<[Option<f64>]>::to_vec).collect();
    assert!((mean_of_pairs(&known).unwrap() + 0.02 / 3.0).abs() < 1e-15);
    assert!((mean_of_pairs_above(&known).unwrap() + 0.02 / 3.0).abs() < 1e-15);
    assert_eq!((mean_of_pairs(&vec![vec![Some(1.0)]]), mean_of_pairs(&vec![vec![None; 2]; 2])), (None, None));
    let one = vec![vec![None; 3], vec![Some(0.5), None, None], vec![None; 3]];
    assert_eq!((mean_of_pairs(&one), mean_of_pairs_above(&one)), (Some(0.5), None));
}

#[test]
fn tiles_and_plain_pairs_agree() {
    let (experts, width, tokens) = (37, 9, 5);
    let outputs: Vec<f64> = (0..experts * width * tokens).map(|i| ((i * i % 1009) as f64 * 0.7).sin()).collect();
    let found = cosines(&outputs, experts, width);
    for i in 0..experts {
        for j in 0..experts {
            let answer = |t: usize, e: usize| &outputs[(t * experts + e) * width..][..width];
            let mean = (0..tokens).map(|t| cosine(answer(t, i), answer(t, j))).sum::<f64>() / tokens as f64;
            assert!((found[i * experts + j] - mean).abs() < 1e-14);
        }
    }
}

#[test]
fn the_same_expert_in_another_order_is_found_out() {
    let a = [1.0, 0.0, 0.0, 0.0, 2.0, 0.0, 0.0, 0.0, 3.0];
    let b = [0.0, 0.0, 3.0, 1.0, 0.0, 0.0, 0.0, 2.0, 0.0];
    assert_eq!(weight_cosine(&a, &b, 3), WeightCosine { as_they_lie: 0.0, matched: 1.0 });
    let opposite = b.map(|x| -x);
    assert_eq!(weight_cosine(&a, &opposite, 3).matched, 0.0);
    assert_eq!(weight_cosine(&[0.0; 4], &[1.0; 4], 2), WeightCosine { as_they_lie: 0.0, matched: 0.0 });
}

/// The largest cosine of `a` and `b` over all orders of `b`'s neurons, by trying them all (Heap 1963).
fn by_trying(a: &[f64], b: &mut [Vec<f64>], open: usize) -> f64 {
    if open <= 1 {
        return cosine(a, &b.concat());
    }
    let mut best = f64::NEG_INFINITY;
    for i in 0..open {
        best = best.max(by_trying(a, b, open - 1));
        b.swap(if open.is_multiple_of(2) { i } else { 0 }, open - 1);
    }
    best
}

#[test]
fn matching_finds_the_best_of_all_orders() {
    for (lane, neurons, width) in [(0, 1, 3), (1, 2, 1), (2, 3, 4), (3, 5, 6), (4, 6, 3)] {
        let normals = |lane| Draws::new(4, Purpose::Weights, 0, lane).normals(neurons * width, 1.0);
        let [a, b] = [lane, lane + 10].map(|l| normals(l).into_iter().map(f64::from).collect::<Vec<f64>>());
        let found = weight_cosine(&a, &b, neurons);
        let mut others: Vec<Vec<f64>> = b.chunks(width).map(<[f64]>::to_vec).collect();
        assert!((found.as_they_lie - cosine(&a, &b)).abs() < 1e-12);
        assert!((found.matched - by_trying(&a, &mut others, neurons)).abs() < 1e-12, "{neurons} neurons: {found:?}");
    }
}

#[test]
fn an_unrelated_expert_is_as_long_and_unlike() {
    let (neurons, width) = (24, 200);
    let mut draws = Draws::new(4, Purpose::Weights, 1, 0);
    let a: Vec<f64> = draws.normals(neurons * width, 1.0).into_iter().map(f64::from).collect();
    let other = unrelated(&a, &mut draws);
    assert!(a.iter().zip(&other).all(|(a, b)| a.abs() == b.abs()));
    let found = weight_cosine(&a, &other, neurons);
    // √(2 ln 24 ÷ 200) = 0.18 is what the best of so many neurons comes to by luck.
    assert!(found.as_they_lie.abs() < 0.06 && found.matched > 0.08 && found.matched < 0.18, "{found:?}");
    assert_eq!(weight_cosine_while(&a, &other, neurons, || false), None);
}

#[test]
fn links_and_shares() {
    let (strengths, p) = ([1.0, 2.0, 3.0, 5.0, 5.0, 5.0], [0.1, 0.2, 0.3, 0.9, 0.0, 0.1]);
    assert!((response_choice(&strengths, &p, 3).unwrap() - 1.0).abs() < 1e-12);
    assert_eq!(response_choice(&strengths[3..], &p[3..], 3), None);
    assert_eq!((gradient_share(&[1.0, 3.0, 0.0]), gradient_share(&[0.0; 2])), (Some(vec![0.25, 0.75, 0.0]), None));
}

proptest! {
    #[test]
    fn any_order_of_neurons_matches_the_same(a in prop::collection::vec(-2.0f64..2.0, 12), b in prop::collection::vec(-2.0f64..2.0, 12)) {
        let before = weight_cosine(&a, &b, 4);
        prop_assert!(before.matched >= before.as_they_lie - 1e-12 && before.matched <= 1.0 + 1e-12);
        let turned: Vec<f64> = b.chunks(3).rev().flatten().copied().collect();
        prop_assert!((weight_cosine(&a, &turned, 4).matched - before.matched).abs() < 1e-12);
        prop_assert!((weight_cosine(&b, &a, 4).matched - before.matched).abs() < 1e-12);
    }
}
