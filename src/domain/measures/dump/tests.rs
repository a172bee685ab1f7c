//! Tests of the diagnosis of a routing dump.

use super::super::rows::{Table, all_finite_or_masked};
use super::*;
use crate::domain::readings::LeftOut;

const TOKENS: usize = 90;
const EXPERTS: usize = 5;

/// Numbers without a pattern and without ties, in [−1, 1].
fn noise(seed: usize, count: usize) -> Vec<f64> {
    (0..count).map(|i| ((i * 7919 + seed * 104_729) as f64 * 0.618_033).sin()).collect()
}

/// A dump of logits alone.
fn nothing(logits: &dyn Rows) -> Dump<'_> {
    Dump { logits, scores: None, picks: Picks::Unknown, weights: None, hidden: None, outputs: None, labels: None }
}

/// Logits, in which −∞ is a mask.
struct Masked<'a>(&'a [f64], usize);

impl Rows for Masked<'_> {
    fn count(&self) -> usize {
        self.0.len() / self.1
    }

    fn width(&self) -> usize {
        self.1
    }

    fn read(&self, first: usize, out: &mut [f64]) -> Result<(), NotFinite> {
        out.copy_from_slice(&self.0[first * self.1..][..out.len()]);
        all_finite_or_masked(out, first, self.1)
    }
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
        weights: None,
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
        let dump = Dump { scores: Some(&scores), picks, ..nothing(&logits) };
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
        let dump = Dump { scores: Some(&scores), picks, ..nothing(&logits) };
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
    let found = diagnose(&Dump { scores: Some(&Table::new(&scores, 2)), ..nothing(&Table::new(&logits, 2)) });
    let Err(NonFiniteInput { input, at }) = found else { panic!("a NaN went by") };
    assert_eq!((input, at.row, at.column), (Input::Scores, 8500, 1));
}

#[test]
fn what_stands_for_nothing_is_left_out_and_counted() {
    let out = f64::NEG_INFINITY;
    // The second token is padding, the third has one expert masked, the last had a pick dropped and has no label.
    let logits = [2.0, 1.0, 0.0, out, out, out, 1.0, out, 2.0, 0.0, 3.0, 1.0];
    let scores = [3.0, 2.0, 1.0, 9.0, 9.0, 9.0, 1.0, 2.0, 3.0, 1.0, 2.0, 3.0];
    let index = [0, 1, 0, 1, 2, 0, 1, NO_PICK];
    let weights = [0.75, 0.25, 9.0, 9.0, 0.5, 0.5, 1.0, 7.0];
    let labels = [0, 5, 1, NO_LABEL];
    let hidden = [1.0, 0.0, 1e9, 1e9, 0.0, 2.0, 3.0, 0.0];
    let whole = diagnose(&Dump {
        logits: &Masked(&logits, 3),
        scores: Some(&Table::new(&scores, 3)),
        picks: Picks::Given { index: &index, k: 2 },
        weights: Some(&Table::new(&weights, 2)),
        hidden: Some(&Table::new(&hidden, 2)),
        outputs: None,
        labels: Some(&labels),
    });
    let (found, matrices) = whole.unwrap();
    let counted = LeftOut { masked_tokens: 1, masked_logits: 1, dropped_picks: 1, ignored_labels: 1 };
    assert_eq!((found.left_out, found.beside.tokens, found.beside.classes), (counted, 3, Some(2)));
    assert_eq!(found.load.counts.as_deref(), Some(&[2, 2, 1][..]));
    // Weights of 1.25, 1.25 and 0.5; the one beside the dropped pick counts as little as those of the padding.
    assert_eq!(found.load.gate_mass.as_deref(), Some(&[1.25 / 3.0, 1.25 / 3.0, 0.5 / 3.0][..]));
    assert_eq!((found.input.rms, found.input.largest), (Some((14.0f64 / 6.0).sqrt()), Some(3.0)));
    // Winners 0, 2, 2; first choices 0, 2, 1.
    assert_eq!(matrices.confusion, Some(vec![vec![1, 0, 0], vec![0, 0, 0], vec![0, 1, 1]]));
    // Picks {0 1}, {2 0}, {1} against {0 1}, {2 1}, {2}: 1, 1/2 and 0; five picks in three tokens of three experts.
    assert_eq!((found.agreement.recall_at_k, found.agreement.recall_chance), (Some(0.5), Some(5.0 / 9.0)));
    assert!((found.agreement.response_captured.unwrap() - (1.0 + 4.0 / 5.0 + 2.0 / 3.0) / 3.0).abs() < 1e-12);
    // Two tokens have all their ranks: 1, and those of 0 3 1 and 1 2 3, which is 1/2.
    assert!((found.agreement.spearman.unwrap() - 0.75).abs() < 1e-12);
    assert!(found.agreement.kl.unwrap().is_finite() && found.router.z_loss.unwrap().is_finite());
    // A row for each class up to the last label, the padding's 5, which has no token.
    let lift = matrices.lift.unwrap();
    assert!(lift.len() == 6 && lift[1][0].is_some() && lift[5] == [None; 3]);
    // The same without the padding, which never was there.
    let rows = |values: &[f64], width: usize| [&values[..width], &values[2 * width..]].concat();
    let (logits, scores, weights) = (rows(&logits, 3), rows(&scores, 3), rows(&weights, 2));
    let again = diagnose(&Dump {
        logits: &Masked(&logits, 3),
        scores: Some(&Table::new(&scores, 3)),
        picks: Picks::Given { index: &[0, 1, 2, 0, 1, NO_PICK], k: 2 },
        weights: Some(&Table::new(&weights, 2)),
        hidden: Some(&Table::new(&rows(&hidden, 2), 2)),
        outputs: None,
        labels: Some(&[0, 1, NO_LABEL]),
    });
    let again = again.unwrap().0;
    assert_eq!(Diagnosis { left_out: LeftOut { masked_tokens: 1, ..again.left_out }, ..again }, found);
}

#[test]
fn nothing_is_said_of_nothing() {
    let out = f64::NEG_INFINITY;
    let fault = diagnose(&nothing(&Masked(&[out; 4], 2))).unwrap_err();
    assert_eq!((fault.input, fault.at.value), (Input::Logits, out));
    // Every pick dropped; and one expert to choose from where two are to be picked.
    let logits = [0.0, out, out, 1.0];
    let logits = Masked(&logits, 2);
    let dropped = Picks::Given { index: &[NO_PICK; 4], k: 2 };
    let scores = [1.0, 2.0, 3.0, 4.0];
    let dump = Dump { picks: dropped, scores: Some(&Table::new(&scores, 2)), ..nothing(&logits) };
    let found = diagnose(&dump).unwrap().0;
    assert_eq!((found.load.cv, found.load.dead, found.agreement.recall_at_k), (None, None, None));
    assert_eq!((found.agreement.kl, found.agreement.spearman, found.agreement.top1), (None, None, Some(0.5)));
    let found = diagnose(&Dump { picks: Picks::Largest(2), ..nothing(&logits) }).unwrap().0;
    assert_eq!(found.load.counts.as_deref(), Some(&[1, 1][..]));
    // Weights below zero have no shares.
    let index = [0, 1];
    let with = |weights: &[f64]| {
        let weights = Table::new(weights, 1);
        let picks = Picks::Given { index: &index, k: 1 };
        diagnose(&Dump { picks, weights: Some(&weights), ..nothing(&logits) }).map(|found| found.0.load.gate_mass)
    };
    assert_eq!((with(&[3.0, 1.0]), with(&[3.0, -1.0])), (Ok(Some(vec![0.75, 0.25])), Ok(None)));
    assert!(with(&[3.0, f64::NAN]).is_err_and(|fault| fault.input == Input::Weights && fault.at.row == 1));
}
