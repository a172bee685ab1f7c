//! Routing rules by hand and as properties: weights, groups, ties, and the edges of each rule.

use proptest::prelude::*;

use super::*;

const RENORMALISED: Weighing = Weighing::Renormalised { at_least: 0.0, plus: 0.0 };

fn scored_by(score: Score, weighing: Weighing, groups: Option<ExpertGroups>, factor: f64) -> Scoring {
    Scoring::Scored { score, weighing, groups, factor }
}

fn one(scoring: Scoring, logits: &[f32], correction: Option<&[f32]>, k: usize) -> Vec<(usize, f32)> {
    let picks = route(&scoring, logits, logits.len(), correction, k);
    picks[0].iter().map(|pick| (pick.expert, pick.weight)).collect()
}

fn near(found: &[(usize, f32)], expected: &[(usize, f32)]) {
    assert_eq!(found.len(), expected.len(), "{found:?}");
    for (a, b) in found.iter().zip(expected) {
        assert!(a.0 == b.0 && (a.1 - b.1).abs() < 1e-6, "{found:?} {expected:?}");
    }
}

/// ln of a number: softmax of such logits gives shares that can be read off.
fn ln(values: &[f32]) -> Vec<f32> {
    values.iter().map(|value| value.ln()).collect()
}

#[test]
fn softmax_kept_renormalised_and_by_norm() {
    let z = ln(&[1.0, 4.0, 3.0, 2.0]);
    let with = |weighing| one(scored_by(Score::Softmax, weighing, None, 1.0), &z, None, 2);
    near(&with(Weighing::Kept), &[(1, 0.4), (2, 0.3)]);
    near(&with(RENORMALISED), &[(1, 4.0 / 7.0), (2, 3.0 / 7.0)]);
    near(&with(Weighing::Norm { p: 2.0 }), &[(1, 0.8), (2, 0.6)]);
    near(&with(Weighing::Renormalised { at_least: 0.8, plus: 0.0 }), &[(1, 0.5), (2, 0.375)]);
}

#[test]
fn a_correction_chooses_and_does_not_weigh() {
    // σ(0) = 0.5 everywhere; the correction alone chooses 3, then 1.
    let scoring = scored_by(Score::Sigmoid, RENORMALISED, None, 2.5);
    near(&one(scoring, &[0.0; 4], Some(&[0.0, 0.1, 0.0, 0.2]), 2), &[(3, 1.25), (1, 1.25)]);
}

#[test]
fn groups_by_their_best_and_by_their_two_best() {
    // p = .30 .01 | .20 .20 | .25 .04: by the best score group 0 and 2 lead, by the two best 1 and 0.
    let z = ln(&[0.30, 0.01, 0.20, 0.20, 0.25, 0.04]);
    let with = |kept, best, k| {
        one(scored_by(Score::Softmax, Weighing::Kept, Some(ExpertGroups { count: 3, kept, best }), 1.0), &z, None, k)
    };
    near(&with(1, 1, 2), &[(0, 0.30), (1, 0.01)]);
    near(&with(1, 2, 2), &[(2, 0.20), (3, 0.20)]);
    near(&with(2, 1, 3), &[(0, 0.30), (4, 0.25), (5, 0.04)]);
    near(&with(3, 1, 2), &[(0, 0.30), (4, 0.25)]);
}

#[test]
fn chosen_softmax_and_input_sigmoid() {
    near(&one(Scoring::ChosenSoftmax, &ln(&[1.0, 6.0, 2.0]), None, 2), &[(1, 0.75), (2, 0.25)]);
    near(&one(Scoring::InputSigmoid, &[-3.0, 0.0], None, 1), &[(1, 0.5)]);
}

#[test]
fn sqrt_of_softplus() {
    let scoring = scored_by(Score::SqrtSoftplus, Weighing::Kept, None, 1.0);
    near(&one(scoring, &[0.0, -50.0, 100.0], None, 3), &[(2, 10.0), (0, 2f32.ln().sqrt()), (1, 0.0)]);
}

#[test]
fn sparse_mixer_leaves_out_what_is_far_and_keeps_nothing_over_nothing() {
    let scoring = Scoring::SparseMixer { epsilon: 0.01 };
    // 1.0 and 0.99 are within 2 % of each other, 0.5 is not: a softmax over two, then 0.99 against itself and the rest.
    let first = 1.0 / (1.0 + (-0.01f32).exp());
    near(&one(scoring, &[0.5, 1.0, 0.99], None, 2), &[(2, 1.0), (1, first)]);
    // The largest is 0: (0 − 0) ÷ max(|0|, 0) is not a number, which stays; −1 is 1 away relative to itself, which is far.
    near(&one(scoring, &[0.0, 0.0, -1.0], None, 1), &[(0, 0.5)]);
    near(&one(scoring, &[-1.0, 0.0, -2.0], None, 2), &[(1, 1.0), (0, 1.0)]);
}

#[test]
fn a_full_expert_takes_no_more_tokens() {
    let scoring = Scoring::TopOne { capacity: Some(1) };
    let picks = route(&scoring, &[1.0, 0.0, 2.0, 0.0, 0.0, 1.0], 2, None, 1);
    assert_eq!(picks.iter().map(Vec::len).collect::<Vec<_>>(), [1, 0, 1]);
    assert_eq!((picks[0][0].expert, picks[2][0].expert), (0, 1));
    let free = route(&Scoring::TopOne { capacity: None }, &[1.0, 0.0, 2.0, 0.0], 2, None, 1);
    assert!((free[1][0].weight - sigmoid(2.0) as f32).abs() < 1e-6);
}

proptest! {
    #[test]
    fn laws(z in prop::collection::vec(-20f32..20.0, 2..12), k in 1usize..4) {
        let experts = z.len();
        for scoring in [
            scored_by(Score::Softmax, RENORMALISED, None, 1.0),
            scored_by(Score::Sigmoid, Weighing::Kept, Some(ExpertGroups { count: experts, kept: 1 + experts / 2, best: 2 }), 2.0),
            Scoring::ChosenSoftmax,
            Scoring::SparseMixer { epsilon: 0.01 },
        ] {
            let picks = &route(&scoring, &z, experts, None, k)[0];
            let mut seen: Vec<usize> = picks.iter().map(|pick| pick.expert).collect();
            seen.sort_unstable();
            seen.dedup();
            prop_assert_eq!(seen.len(), k.min(experts));
            prop_assert!(picks.windows(2).all(|pair| pair[0].weight >= pair[1].weight));
            prop_assert!(picks.iter().all(|pick| pick.weight.is_finite() && pick.weight >= 0.0));
            if matches!(scoring, Scoring::ChosenSoftmax) {
                prop_assert!((picks.iter().map(|pick| pick.weight).sum::<f32>() - 1.0).abs() < 1e-5);
            }
        }
    }
}
