//! Every rule by a hand-made course of readings: up exactly when it should be, down with hysteresis, never by noise.

mod probes;

use super::*;
use crate::domain::draw::{Draws, Purpose};
use crate::domain::measures::window::WindowLoad;
use crate::domain::readings::{Choices, LayerStep, LossTerms};

fn step_of(step: u64, routed: &[u32]) -> StepReading {
    StepReading {
        step,
        tokens: step * 50,
        loss: LossTerms { task: 2.0, total: 2.0, ..LossTerms::default() },
        learning_rate: 1e-3,
        gradient_norm: 1.0,
        layers: vec![LayerStep { competed: false, routed: routed.to_vec(), won: None, gradients: None }],
    }
}

/// Feeds `count` steps more and returns when which rule went up.
fn steps(alerts: &mut Alerts, from: u64, count: u64, make: impl Fn(u64) -> StepReading) -> Vec<(u64, Rule)> {
    let rosters = [Roster::new(4)];
    let taken = |step| alerts.take_step(&make(step), of(&rosters, 2)).into_iter().map(move |alert| (step, alert.rule));
    (from..from + count).flat_map(taken).collect()
}

/// Without what only a history knows.
fn of(rosters: &[Roster], top_k: usize) -> StepContext<'_> {
    StepContext { rosters, top_k, loads: &[], loss: None, classes: Some(256), clip_norm: 0.0 }
}

const EVEN: [u32; 4] = [25; 4];

fn active(alerts: &Alerts) -> Vec<Rule> {
    alerts.active().map(|alert| alert.rule).collect()
}

#[test]
fn a_starving_expert_is_told_after_300_steps_and_until_it_eats_again() {
    let mut alerts = Alerts::default();
    assert_eq!(steps(&mut alerts, 1, 50, |s| step_of(s, &EVEN)), []);
    // 6 of 100 picks, even is 25.
    let raised = steps(&mut alerts, 51, 400, |s| step_of(s, &[6, 32, 31, 31]));
    assert_eq!(raised, [(350, Rule::StarvingExpert)]);
    let alert = alerts.all()[0].clone();
    assert_eq!((alert.since, alert.raised, alert.layer, alert.expert), (51, 350, Some(0), Some(ExpertId(0))));
    assert!((alert.numbers[0] - 0.24).abs() < 1e-9, "the mean share of 300 steps: {:?}", alert.numbers);
    // A third of even is not enough to be over it; a good half for 50 steps is.
    steps(&mut alerts, 451, 100, |s| step_of(s, &[9, 31, 30, 30]));
    assert_eq!(active(&alerts), [Rule::StarvingExpert]);
    steps(&mut alerts, 551, 49, |s| step_of(s, &[14, 30, 28, 28]));
    assert_eq!(active(&alerts), [Rule::StarvingExpert]);
    steps(&mut alerts, 600, 1, |s| step_of(s, &[14, 30, 28, 28]));
    assert_eq!((active(&alerts), alerts.all()[0].until), (vec![], Some(600)));
}

#[test]
fn a_dead_expert_is_told_once_and_not_as_starving_too() {
    let mut alerts = Alerts::default();
    let raised = steps(&mut alerts, 1, 600, |s| step_of(s, &[0, 34, 33, 33]));
    assert_eq!(raised, [(100, Rule::DeadExpert)]);
    let dead = &alerts.all()[0];
    assert_eq!((dead.layer, dead.expert, dead.since, dead.raised), (Some(0), Some(ExpertId(0)), 1, 100));
    steps(&mut alerts, 601, 19, |s| step_of(s, &EVEN));
    assert_eq!(active(&alerts), [Rule::DeadExpert]);
    steps(&mut alerts, 620, 1, |s| step_of(s, &EVEN));
    assert_eq!(active(&alerts), []);
}

#[test]
fn silence_counts_only_after_tokens_enough_not_to_be_luck() {
    // One token a step to one of 200 experts: 2,436 tokens rule luck out for all of them together.
    let mut alerts = Alerts::default();
    let mut routed = vec![0; 200];
    routed[0] = 1;
    let rosters = [Roster::new(200)];
    let mut first = None;
    for step in 1..=3000 {
        let shares = routed.iter().map(|&count| f64::from(count)).collect();
        let loads = [WindowLoad::new(LOAD_WINDOW.min(step as usize), shares)];
        let raised = alerts.take_step(&step_of(step, &routed), StepContext { loads: &loads, ..of(&rosters, 1) });
        if raised.iter().any(|alert| alert.rule == Rule::DeadExpert) {
            first = first.or(Some(step));
        }
    }
    assert_eq!(first, Some(load::silence_window(200, 1)));
    assert!(first > Some(1000));
    assert_eq!((alerts.all().len(), alerts.dropped > 0), (200, false));
}

/// Feeds steps whose load over the last 100 steps is given; returns when which rule went up.
fn loads(alerts: &mut Alerts, steps: std::ops::RangeInclusive<u64>, shares: &[f64], k: usize) -> Vec<(u64, Rule)> {
    let rosters = [Roster::new(shares.len())];
    // The counts of a step say nothing of collapse: they are even.
    let routed = vec![25; shares.len()];
    let taken = |step: u64| {
        let loads = [WindowLoad::new(LOAD_WINDOW.min(step as usize), shares.to_vec())];
        let context = StepContext { loads: &loads, ..of(&rosters, k) };
        alerts.take_step(&step_of(step, &routed), context).into_iter().map(move |alert| (step, alert.rule))
    };
    steps.flat_map(taken).collect()
}

#[test]
fn load_collapse_is_told_by_name_50_steps_after_a_whole_window() {
    let mut alerts = Alerts::default();
    let two = [0.5, 0.5, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0];
    assert_eq!(loads(&mut alerts, 1..=300, &two, 2), [(149, Rule::LoadCollapse)]);
    let &[_, effective, experts, averaged, taking, k, reach] = &alerts.all()[0].numbers[..] else {
        panic!("7 numbers")
    };
    assert!((effective - 2.0).abs() < 1e-9 && [experts, averaged, taking, k, reach] == [8.0, 100.0, 2.0, 2.0, 1.0]);
    assert_eq!(alerts.all()[0].since, 100);
    loads(&mut alerts, 301..=319, &[0.125; 8], 2);
    assert_eq!(active(&alerts), [Rule::LoadCollapse]);
    loads(&mut alerts, 320..=320, &[0.125; 8], 2);
    assert_eq!(active(&alerts), []);
}

#[test]
fn one_expert_with_every_token_is_load_collapse_whatever_k_leaves_to_the_others() {
    for (n, k) in [(4usize, 2usize), (8, 2), (8, 1), (8, 4), (4, 3), (64, 2)] {
        let mut shares = vec![(1.0 - 1.0 / k as f64) / (n - 1) as f64; n];
        shares[2] = 1.0 / k as f64;
        let mut alerts = Alerts::default();
        assert_eq!(loads(&mut alerts, 1..=149, &shares, k), [(149, Rule::LoadCollapse)], "{k} of {n}");
        let (told, one) = (alerts.all()[0].numbers.clone(), alerts.all()[0].expert);
        assert_eq!(told[4..6], [1.0, k as f64], "one of {n} takes every token: {told:?}");
        assert_eq!(one, Some(ExpertId(2)));
        // Even load is none, nor is a busy expert, unless nobody else gets anything or half of 64 do not.
        assert_eq!(loads(&mut Alerts::default(), 1..=300, &vec![1.0; n], k), [], "{k} of {n}");
        shares[2] *= 0.8;
        assert_eq!(
            loads(&mut Alerts::default(), 1..=300, &shares, k).len(),
            usize::from(k == 1 || n == 64),
            "{k} of {n}"
        );
    }
    assert_eq!(loads(&mut Alerts::default(), 1..=300, &[0.5, 0.5], 2), [], "every expert gets every token");
}

#[test]
fn a_loss_above_a_blind_guess_is_told_and_over_once_it_is_below_again() {
    let mut alerts = Alerts::default();
    let rosters = [Roster::new(4)];
    let mut feed = |steps: std::ops::RangeInclusive<u64>, loss: Option<f64>| -> Vec<(u64, Rule)> {
        let take = |step| alerts.take_step(&step_of(step, &EVEN), StepContext { loss, ..of(&rosters, 2) });
        steps.flat_map(take).map(|alert| (alert.raised, alert.rule)).collect()
    };
    assert_eq!(feed(1..=200, None), [], "warm-up");
    assert_eq!(feed(201..=300, Some(5.5)), []);
    assert_eq!(feed(301..=400, Some(88_709.0)), [(310, Rule::LossAboveChance)]);
    feed(401..=410, Some(5.0));
    assert_eq!(active(&alerts), []);
    let &[_, median, classes, baseline, steps] = &alerts.all()[0].numbers[..] else { panic!("five numbers") };
    assert!([median, classes, steps] == [88_709.0, 256.0, 100.0] && (baseline - 5.545).abs() < 1e-3);
}

#[test]
fn the_blind_guess_is_that_of_the_task() {
    let raised = |classes: Option<usize>, loss: f64| -> Vec<Vec<f64>> {
        let (mut alerts, rosters) = (Alerts::default(), [Roster::new(4)]);
        let context = StepContext { loss: Some(loss), classes, ..of(&rosters, 2) };
        (1..=50)
            .flat_map(|step| alerts.take_step(&step_of(step, &EVEN), context))
            .map(|alert| alert.numbers[1..4].to_vec())
            .collect()
    };
    let none: Vec<Vec<f64>> = Vec::new();
    assert_eq!(raised(Some(256), 0.8), none);
    assert_eq!(raised(Some(2), 0.8), [[0.8, 2.0, std::f64::consts::LN_2]], "median, classes and their baseline");
    assert_eq!(raised(None, 1e9), none, "a squared error has no even guess");
}

#[test]
fn gradient_spikes_take_three_and_pass() {
    let mut alerts = Alerts::default();
    let spiky = |s: u64| StepReading {
        gradient_norm: if [80, 120, 279].contains(&s) { 9.0 } else { 1.0 },
        ..step_of(s, &EVEN)
    };
    assert_eq!(steps(&mut alerts, 1, 278, spiky), []);
    assert_eq!(steps(&mut alerts, 279, 1, spiky), [(279, Rule::GradientSpikes)]);
    steps(&mut alerts, 280, 199, spiky);
    assert_eq!(active(&alerts), [Rule::GradientSpikes]);
    steps(&mut alerts, 479, 1, spiky);
    assert_eq!(active(&alerts), []);
    // Two within 200 steps are not enough, and nothing is before the usual length is known.
    let mut alerts = Alerts::default();
    let early = |s: u64| StepReading {
        gradient_norm: if [5, 20, 40, 100, 150, 301].contains(&s) { 90.0 } else { 1.0 },
        ..step_of(s, &EVEN)
    };
    assert_eq!(steps(&mut alerts, 1, 400, early), []);
    // Long for this run, but not clipped.
    let rosters = [Roster::new(4)];
    for (clip_norm, expected) in [(10.0, vec![]), (8.5, vec![Rule::GradientSpikes])] {
        let (mut alerts, context) = (Alerts::default(), StepContext { clip_norm, ..of(&rosters, 2) });
        let taken = (1..300).flat_map(|step| alerts.take_step(&spiky(step), context));
        assert_eq!(taken.map(|alert| alert.rule).collect::<Vec<_>>(), expected, "{clip_norm}");
    }
}

#[test]
fn a_rising_loss_takes_two_blocks_of_proof() {
    let mut alerts = Alerts::default();
    let wobble = |s: u64| if s.is_multiple_of(2) { 0.1 } else { -0.1 };
    let course = |s: u64| {
        let rise = if s > 500 { 0.0005 * (s - 500) as f64 } else { 0.0 };
        let loss = LossTerms { task: 2.0 + rise + wobble(s), ..LossTerms::default() };
        StepReading { loss, ..step_of(s, &EVEN) }
    };
    // The newer half less the older: 0.028 at step 650, 0.050 at 700, 0.072 at 750; a standard error is 0.010.
    assert_eq!(steps(&mut alerts, 1, 749, course), []);
    assert_eq!(steps(&mut alerts, 750, 1, course), [(750, Rule::LossRising)]);
    let flat =
        |s: u64| StepReading { loss: LossTerms { task: 2.2 + wobble(s), ..LossTerms::default() }, ..step_of(s, &EVEN) };
    steps(&mut alerts, 751, 450, flat);
    assert_eq!(active(&alerts), []);
}
