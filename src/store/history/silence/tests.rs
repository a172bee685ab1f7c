//! Tests of dead experts.

use super::*;
use crate::domain::draw::{Draws, Purpose};
use crate::domain::readings::{LayerStep, LossTerms};

fn reading(step: u64, routed: Vec<u32>) -> StepReading {
    StepReading {
        step,
        tokens: step,
        loss: LossTerms::default(),
        learning_rate: 0.1,
        gradient_norm: 1.0,
        layers: vec![LayerStep { competed: false, routed, won: None, gradients: None }],
    }
}

fn unknown(_: usize, _: ExpertId) -> Option<u64> {
    None
}

/// 256 experts, k = 1, 8 tokens a step: 398 steps of silence are needed, far more than a series keeps unmerged.
#[test]
fn luck_is_not_counted_as_death_with_many_experts_and_few_tokens() {
    let (rosters, steps) = ([Roster::new(256)], 20_000u64);
    assert_eq!(load::silence_window(256, 1).div_ceil(8), 398);
    let mut draws = Draws::new(3, Purpose::Noise, 0, 0);
    let (mut last, mut alarms) = (LastTokens::default(), 0);
    for step in 1..=steps {
        let mut routed = vec![0; 256];
        (0..8).for_each(|_| routed[draws.below(256) as usize] += 1);
        alarms += u64::from(last.take_step(&reading(step, routed), &rosters, 1, unknown)[0] > 0);
    }
    // Once in a thousand steps at most, and those come in rows: four times that is out of reach of luck.
    assert!(alarms < 4 * steps / 1000, "{alarms} of {steps} steps count an expert as dead");
    // Who really gets nothing is found at the step the arithmetic says.
    let mut last = LastTokens::default();
    let first = (1..=500).find(|&step| {
        let routed = (0..256).map(|slot| u32::from(slot < 8)).collect();
        last.take_step(&reading(step, routed), &rosters, 1, unknown)[0] == 248
    });
    assert_eq!(first, Some(398));
}

#[test]
fn the_last_token_is_exact_however_long_ago_and_a_newcomer_is_not_dead() {
    let (mut last, old) = (LastTokens::default(), Roster::new(2));
    last.take_step(&reading(1, vec![1, 1]), std::slice::from_ref(&old), 1, unknown);
    for step in 2..=5000 {
        last.take_step(&reading(step, vec![2, 0]), std::slice::from_ref(&old), 1, unknown);
    }
    assert_eq!(last.of(0, ExpertId(1)).unwrap().last, 1);
    // A third joins: 20 tokens rule luck out among three, so nine steps of two are too few and ten are enough.
    assert_eq!(load::silence_window(3, 1), 20);
    let grown = [Roster { slots: [0, 1, 2].map(ExpertId).to_vec(), next: 3 }];
    let dead: Vec<usize> =
        (5001..=5010).map(|step| last.take_step(&reading(step, vec![2, 0, 0]), &grown, 1, unknown)[0]).collect();
    assert_eq!(dead, [1, 1, 1, 1, 1, 1, 1, 1, 1, 2]);
    assert_eq!(last.of(0, ExpertId(2)).unwrap().last, 5000);
    last.take_rosters(std::slice::from_ref(&old));
    assert_eq!((last.of(0, ExpertId(2)), last.fault(&[old])), (None, None));
}

/// Silence among many experts is weak evidence; it does not become strong when most of the others are dropped.
#[test]
fn silence_from_before_a_change_counts_as_what_it_was_then() {
    let mut last = LastTokens::default();
    for step in 1..=60 {
        let routed = (0..256).map(|slot| u32::from(slot / 8 == step as usize % 31)).collect();
        assert_eq!(last.take_step(&reading(step, routed), &[Roster::new(256)], 1, unknown), [0]);
    }
    let few = [Roster { slots: [0, 250].map(ExpertId).to_vec(), next: 256 }];
    last.take_rosters(&few);
    assert_eq!(last.take_step(&reading(61, vec![1, 0]), &few, 1, unknown), [0]);
}

#[test]
fn what_fits_no_roster_is_refused() {
    let rosters = [Roster::new(2)];
    let text = |text: &str| serde_json::from_str::<LastTokens>(text).unwrap().fault(&rosters);
    assert_eq!(text(r#"[[[0,{"last":3,"surprise":0.5}]]]"#), None);
    assert!(text(r#"[[[7,{"last":3,"surprise":0.5}]]]"#).is_some());
    assert!(text(r#"[[[0,{"last":3,"surprise":-1.0}]]]"#).is_some());
    assert!(text("[[],[]]").is_some());
}
