//! Alerts raised by probes and validations; surgery, bounds and texts of all.

use super::*;
use proptest::prelude::*;

fn probe_of(step: u64, change: impl FnOnce(&mut LayerProbe)) -> ProbeReading {
    let mut layer = LayerProbe {
        choices: Choices { experts: 4, k: 1, p: vec![0.6, 0.2, 0.1, 0.1], picks: vec![0], ..Choices::default() },
        ..LayerProbe::default()
    };
    (layer.diagnosis.agreement.top1, layer.diagnosis.agreement.kappa) = (Some(0.6), Some(0.5));
    (layer.diagnosis.collapse.effective_rank, layer.diagnosis.collapse.rank_limit) = (Some(30.0), Some(64));
    layer.diagnosis.similarity.worst_pair = Some((1, 3, 0.2));
    layer.diagnosis.router.token_entropy = Some(0.8);
    layer.diagnosis.agreement.ece = Some(0.1);
    change(&mut layer);
    ProbeReading { step, layers: vec![layer], ..ProbeReading::default() }
}

/// Feeds values one probe after another: which of them (from 1) raised `rule`, and which brought it down.
fn probes(
    alerts: &mut Alerts,
    rule: Rule,
    values: &[f64],
    put: impl Fn(&mut LayerProbe, f64),
) -> (Vec<usize>, Vec<usize>) {
    let rosters = [Roster::new(4)];
    let (mut up, mut down) = (Vec::new(), Vec::new());
    for (place, &value) in values.iter().enumerate() {
        let before = active(alerts).contains(&rule);
        let probe = probe_of(50 * (place as u64 + 1), |layer| put(layer, value));
        let raised: Vec<Rule> = alerts.take_probe(&probe, &rosters).iter().map(|alert| alert.rule).collect();
        assert!(raised.iter().all(|&r| r == rule), "{raised:?}");
        up.extend((!raised.is_empty()).then_some(place + 1));
        down.extend((before && !active(alerts).contains(&rule)).then_some(place + 1));
    }
    (up, down)
}

/// A layer after ten competitions.
fn judged() -> Alerts {
    let mut alerts = Alerts::default();
    let layer = LayerStep { competed: true, routed: EVEN.to_vec(), won: None, gradients: None };
    steps(&mut alerts, 1, 10, |s| StepReading { layers: vec![layer.clone()], ..step_of(s, &EVEN) });
    alerts
}

#[test]
fn probes_raise_each_rule_at_the_last_of_its_row() {
    let cosine = |layer: &mut LayerProbe, value: f64| layer.diagnosis.similarity.worst_pair = Some((1, 3, value));
    let mut alerts = Alerts::default();
    let values = [0.95, 0.95, 0.9, 0.91, 0.92, 0.93, 0.88, 0.84, 0.86, 0.84, 0.84];
    assert_eq!(probes(&mut alerts, Rule::Redundancy, &values, cosine), (vec![6], vec![11]));
    let (pair, numbers) = ((alerts.all()[0].expert, alerts.all()[0].other), &alerts.all()[0].numbers);
    assert_eq!((pair, &numbers[..]), ((Some(ExpertId(1)), Some(ExpertId(3))), &[0.93][..]));
    assert_eq!((alerts.all()[0].since, alerts.all()[0].raised, alerts.all()[0].until), (200, 300, Some(550)));

    let rank = |layer: &mut LayerProbe, value: f64| layer.diagnosis.collapse.effective_rank = Some(value);
    // Half of the best, 40, is 20; a tenth of the limit is 6.4.
    let values = [40.0, 19.0, 19.0, 21.0, 19.9, 19.9, 19.9, 22.0, 24.5, 24.5];
    assert_eq!(probes(&mut Alerts::default(), Rule::RepresentationCollapse, &values, rank), (vec![7], vec![10]));
    let low = [6.0, 6.0, 6.0, 7.0, 8.0, 8.0];
    assert_eq!(probes(&mut Alerts::default(), Rule::RepresentationCollapse, &low, rank), (vec![3], vec![6]));

    let entropy = |layer: &mut LayerProbe, value: f64| layer.diagnosis.router.token_entropy = Some(value);
    let values = [0.99, 0.99, 0.99, 0.99, 0.99, 0.97, 0.95, 0.95];
    assert_eq!(probes(&mut Alerts::default(), Rule::RouterUndecided, &values, entropy), (vec![5], vec![8]));

    let ece = |layer: &mut LayerProbe, value: f64| {
        layer.diagnosis.agreement.ece = Some(value);
        layer.diagnosis.agreement.top1 = Some(0.2);
    };
    let mut alerts = Alerts::default();
    assert_eq!(probes(&mut alerts, Rule::RouterOverconfident, &[0.4; 6], ece), (vec![], vec![]));
    let mut alerts = judged();
    let values = [0.31, 0.31, 0.31, 0.25, 0.19, 0.19];
    assert_eq!(probes(&mut alerts, Rule::RouterOverconfident, &values, ece), (vec![3], vec![6]));
    let &[error, sure, right] = &alerts.all()[0].numbers[..] else { panic!("three numbers") };
    assert!(error == 0.31 && (sure - 0.6).abs() < 1e-6 && right == 0.2, "{error} {sure} {right}");
    let modest = |layer: &mut LayerProbe, value: f64| {
        layer.diagnosis.agreement.ece = Some(value);
        layer.diagnosis.agreement.top1 = Some(0.7);
    };
    assert_eq!(probes(&mut judged(), Rule::RouterOverconfident, &[0.4; 6], modest), (vec![], vec![]));
}

#[test]
fn the_router_is_judged_after_ten_competitions_under_one_policy() {
    let kappa = |layer: &mut LayerProbe, value: f64| layer.diagnosis.agreement.kappa = Some(value);
    let competing = |s: u64| StepReading {
        layers: vec![LayerStep { competed: true, routed: EVEN.to_vec(), won: None, gradients: None }],
        ..step_of(s, &EVEN)
    };
    let mut alerts = Alerts::default();
    steps(&mut alerts, 1, 9, competing);
    assert_eq!(probes(&mut alerts, Rule::RouterAtChance, &[0.0; 9], kappa), (vec![], vec![]));
    steps(&mut alerts, 10, 1, competing);
    let values = [0.04, 0.04, 0.04, 0.04, 0.04, 0.09, 0.11, 0.11];
    assert_eq!(probes(&mut alerts, Rule::RouterAtChance, &values, kappa), (vec![5], vec![8]));
    assert_eq!(alerts.all()[0].numbers, [0.04, 10.0], "kappa, and competitions held");
    probes(&mut alerts, Rule::RouterAtChance, &[0.0; 5], kappa);
    alerts.take_policy(77);
    assert_eq!((active(&alerts), alerts.all()[1].until), (vec![], Some(77)));
    assert_eq!(probes(&mut alerts, Rule::RouterAtChance, &[0.0; 9], kappa), (vec![], vec![]));
}

#[test]
fn validation_above_its_best_counts_only_while_training_goes_on_falling() {
    let course = |falls: bool, losses: &[f64]| {
        let mut alerts = Alerts::default();
        let mut up = Vec::new();
        for (place, &loss) in losses.iter().enumerate() {
            let from = 100 * place as u64 + 1;
            let train = if falls { 2.0 - 0.1 * place as f64 } else { 2.0 };
            let make =
                |s: u64| StepReading { loss: LossTerms { task: train, ..LossTerms::default() }, ..step_of(s, &EVEN) };
            steps(&mut alerts, from, 100, make);
            let reading = ValidationReading { step: from + 99, loss, accuracy: None };
            up.extend(alerts.take_validation(&reading).map(|alert| (place + 1, alert.rule)));
        }
        (up, active(&alerts))
    };
    let gap = Rule::ValidationGap;
    assert_eq!(course(true, &[2.1, 2.0, 2.05, 2.01, 2.05, 2.06, 2.07]), (vec![(7, gap)], vec![gap]));
    assert_eq!(course(true, &[2.0, 2.05, 2.05, 2.05, 2.03, 2.01, 1.99]), (vec![(4, gap)], vec![]));
    assert_eq!(course(false, &[2.0, 2.05, 2.06, 2.07, 2.1]), (vec![], vec![]));
}

#[test]
fn surgery_ends_what_was_said_of_the_gone() {
    let mut alerts = Alerts::default();
    steps(&mut alerts, 1, 99, |s| step_of(s, &[0, 0, 50, 50]));
    steps(&mut alerts, 100, 1, |s| step_of(s, &[0, 1, 50, 49]));
    for place in 0..3 {
        alerts.take_probe(
            &probe_of(place, |l| l.diagnosis.similarity.worst_pair = Some((0, 2, 0.99))),
            &[Roster::new(4)],
        );
    }
    assert_eq!(active(&alerts), [Rule::DeadExpert, Rule::Redundancy]);
    // Expert 1 is reset: a new one sits in its place.
    let roster = Roster { slots: [4, 1, 2, 3].map(ExpertId).to_vec(), next: 5 };
    alerts.take_rosters(120, std::slice::from_ref(&roster));
    assert_eq!((active(&alerts), alerts.all()[0].until, alerts.all()[1].until), (vec![], Some(120), Some(120)));
    let raised = alerts.take_step(&step_of(121, &[0, 1, 50, 49]), of(std::slice::from_ref(&roster), 2));
    assert_eq!(raised, []);
}

#[test]
fn bounded_and_kept_word_for_word() {
    let mut alerts = Alerts::default();
    let routed: Vec<u32> = (0..300).map(|i| u32::from(i < 2) * 5000).collect();
    for step in 1..=100 {
        alerts.take_step(&step_of(step, &routed), of(&[Roster::new(300)], 2));
    }
    assert_eq!((alerts.all().len(), alerts.dropped), (Alerts::MOST, 298 - Alerts::MOST as u64));
    alerts.take_probe(&probe_of(3, |_| ()), &[Roster::new(4)]);
    let text = serde_json::to_string(&alerts).unwrap();
    assert_eq!(serde_json::from_str::<Alerts>(&text).unwrap(), alerts);
    assert_eq!(serde_json::from_str::<Alerts>("{}").unwrap(), Alerts::default());
    assert_eq!((alerts.fault(1), alerts.fault(0).is_some()), (None, true));
}

#[test]
fn every_rule_ends_on_the_other_side() {
    for rule in Rule::ALL {
        let terms = rule.terms();
        assert_ne!(terms.raise.side, terms.clear.side, "{rule:?}");
        assert!(!terms.numbers.is_empty(), "{rule:?} watches a number");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// A run as it should be: loads lean a little, losses fall with noise, probes get better; nobody cries.
    #[test]
    fn noise_in_a_healthy_run_raises_nothing(seed: u64, noise in 0.0..0.3f64, floor in 0.5..2.5f64) {
        let mut draws = Draws::new(seed, Purpose::Noise, 0, 0);
        let mut alerts = Alerts::default();
        let rosters = [Roster::new(8)];
        for step in 1..=3000u64 {
            let n = draws.normals(12, 1.0).iter().map(|&x| f64::from(x)).collect::<Vec<f64>>();
            let fall = (-(step as f64) / 900.0).exp();
            let lean = [0.45, 0.6, 0.8, 1.0, 1.0, 1.2, 1.4, 1.55];
            let routed: Vec<u32> = lean.iter().zip(&n).map(|(l, n)| (l * 64.0 * (1.0 + 0.4 * n)).max(0.0) as u32).collect();
            let loss = LossTerms { task: floor + 3.0 * fall + noise * n[8], ..LossTerms::default() };
            let gradient_norm = (0.4 * n[9]).exp();
            let layers = vec![LayerStep { competed: step.is_multiple_of(14), routed, won: None, gradients: None }];
            let reading = StepReading { loss, gradient_norm, layers, ..step_of(step, &EVEN) };
            prop_assert_eq!(alerts.take_step(&reading, of(&rosters, 2)), vec![]);
            if step.is_multiple_of(50) {
                let probe = probe_of(step, |layer| {
                    layer.diagnosis.agreement.kappa = Some(0.5 * (1.0 - fall) + 0.15 + 0.02 * n[10]);
                    layer.diagnosis.collapse.effective_rank = Some(20.0 + 10.0 * fall + n[11]);
                    layer.diagnosis.similarity.worst_pair = Some((0, 1, 0.5 + 0.1 * n[10]));
                    layer.diagnosis.router.token_entropy = Some(0.7 + 0.25 * fall);
                    layer.diagnosis.agreement.ece = Some(0.15 + 0.03 * n[11].abs());
                });
                prop_assert_eq!(alerts.take_probe(&probe, &rosters), vec![]);
            }
            if step.is_multiple_of(100) {
                let reading = ValidationReading { step, loss: floor + 0.05 + 3.0 * fall + 0.002 * n[10], accuracy: None };
                prop_assert_eq!(alerts.take_validation(&reading), None);
            }
        }
    }
}
