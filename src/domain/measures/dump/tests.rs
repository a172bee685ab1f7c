//! Tests of the diagnosis of a routing dump.

use super::super::rows::Table;
use super::*;

const TOKENS: usize = 90;
const EXPERTS: usize = 5;

/// Numbers without a pattern and without ties, in [−1, 1].
fn noise(seed: usize, count: usize) -> Vec<f64> {
    (0..count).map(|i| ((i * 7919 + seed * 104_729) as f64 * 0.618_033).sin()).collect()
}

/// All inputs, with the experts in this order and the tokens in either.
fn of(order: [usize; EXPERTS], backwards: bool) -> (Diagnosis, Matrices) {
    let tokens = |width: usize, seed: usize| -> Vec<Vec<f64>> {
        let mut rows: Vec<Vec<f64>> = noise(seed, TOKENS * width).chunks(width).map(<[f64]>::to_vec).collect();
        if backwards {
            rows.reverse();
        }
        rows
    };
    let in_order = |rows: Vec<Vec<f64>>, each: usize| -> Vec<f64> {
        rows.iter().flat_map(|row| order.iter().flat_map(|&e| row[e * each..][..each].to_vec())).collect()
    };
    let (logits, scores) = (in_order(tokens(EXPERTS, 1), 1), in_order(tokens(EXPERTS, 2), 1));
    let scores: Vec<f64> = scores.iter().map(|s| s + 2.0).collect();
    let (hidden, outputs) = (tokens(4, 3).concat(), in_order(tokens(EXPERTS * 3, 4), 3));
    let mut labels: Vec<u32> = (0..TOKENS as u32).map(|token| token % 7).collect();
    if backwards {
        labels.reverse();
    }
    let found = diagnose(&Dump {
        logits: &Table::new(&logits, EXPERTS),
        scores: Some(&Table::new(&scores, EXPERTS)),
        picks: Picks::Largest(2),
        hidden: Some(&Table::new(&hidden, 4)),
        outputs: Some(&Table::new(&outputs, EXPERTS * 3)),
        labels: Some(&labels),
    });
    found.unwrap()
}

fn numbers(diagnosis: &Diagnosis) -> Vec<(String, f64)> {
    let value = serde_json::to_value(diagnosis).unwrap();
    let families = value.as_object().unwrap().iter();
    let keys = families.filter_map(|(head, family)| Some((head, family.as_object()?)));
    keys.flat_map(|(head, keys)| keys.iter().map(move |(key, value)| (format!("{head}.{key}"), value)))
        .filter_map(|(key, value)| Some((key, value.as_f64()?)))
        .collect()
}

#[test]
fn who_is_who_and_which_token_comes_first_changes_no_number() {
    let before = of([0, 1, 2, 3, 4], false);
    let after = of([3, 0, 4, 2, 1], true);
    let ((before, of_before), (after, of_after)) = (before, after);
    let (a, b) = (numbers(&before), numbers(&after));
    assert!(a.len() >= 32, "{a:?}");
    for ((key, a), (_, b)) in a.iter().zip(&b) {
        assert!((a - b).abs() < 1e-9, "{key}: {a} {b}");
    }
    // Tables follow their experts.
    let (m, n) = (of_before.confusion.unwrap(), of_after.confusion.unwrap());
    assert_eq!((m[3][1], m[4][2]), (n[0][4], n[2][3]));
    let (m, n) = (of_before.cka.unwrap(), of_after.cka.unwrap());
    assert!((m[3][1].unwrap() - n[0][4].unwrap()).abs() < 1e-12);
    let (m, n) = (of_before.lift.unwrap(), of_after.lift.unwrap());
    assert_eq!((m[2][3], m[6][1]), (n[2][0], n[6][4]));
}

#[test]
fn a_perfect_router_and_one_that_knows_nothing() {
    let scores: Vec<f64> = noise(2, TOKENS * EXPERTS).iter().map(|s| s + 2.0).collect();
    let with = |logits: &[f64]| {
        let (logits, scores) = (Table::new(logits, EXPERTS), Table::new(&scores, EXPERTS));
        let picks = Picks::Largest(2);
        let dump = Dump { logits: &logits, scores: Some(&scores), picks, hidden: None, outputs: None, labels: None };
        diagnose(&dump).unwrap().0.agreement
    };
    let perfect = with(&scores);
    assert_eq!((perfect.top1, perfect.kappa, perfect.recall_at_k), (Some(1.0), Some(1.0), Some(1.0)));
    assert_eq!((perfect.response_captured, perfect.skill, perfect.jaccard), (Some(1.0), Some(1.0), Some(1.0)));
    assert!(perfect.kl.unwrap() < 1e-12 && (perfect.spearman.unwrap() - 1.0).abs() < 1e-12);
    // All logits equal: always slot 0, whose match is chance, and a flat p.
    let flat = with(&[0.5; TOKENS * EXPERTS]);
    assert_eq!((flat.kappa, flat.skill, flat.spearman), (Some(0.0), Some(0.0), None));
    assert_eq!(flat.top1, flat.chance);
}

#[test]
fn the_first_choice_is_the_largest_logit_unless_picks_are_ranked() {
    // The logits say 0, the ranks 2; the competition is won by 2.
    let (logits, scores) = ([3.0, 1.0, 0.0, 3.0, 1.0, 0.0], [1.0, 1.5, 2.0, 1.0, 1.5, 2.0]);
    let index = [2, 0, 2, 0];
    let with = |picks| {
        let (logits, scores) = (Table::new(&logits, 3), Table::new(&scores, 3));
        let dump = Dump { logits: &logits, scores: Some(&scores), picks, hidden: None, outputs: None, labels: None };
        diagnose(&dump).unwrap().0
    };
    let (given, ranked) = (with(Picks::Given { index: &index, k: 2 }), with(Picks::Ranked { index: &index, k: 2 }));
    assert_eq!((given.agreement.top1, ranked.agreement.top1), (Some(0.0), Some(1.0)));
    assert_eq!(given.load, ranked.load);
}

#[test]
fn a_fault_is_placed_in_its_input_even_in_a_later_block() {
    let tokens = 9000;
    let (logits, mut scores) = (vec![0.0; tokens * 2], vec![1.0; tokens * 2]);
    scores[8500 * 2 + 1] = f64::NAN;
    let found = diagnose(&Dump {
        logits: &Table::new(&logits, 2),
        scores: Some(&Table::new(&scores, 2)),
        picks: Picks::Unknown,
        hidden: None,
        outputs: None,
        labels: None,
    });
    let Err(NonFiniteInput { input, at }) = found else { panic!("a NaN went by") };
    assert_eq!((input, at.row, at.column), (Input::Scores, 8500, 1));
}
