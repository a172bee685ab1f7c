//! The plane as a task: its batches, what they hold, its metric's chance level and its fingerprint.

use std::collections::HashSet;

use proptest::prelude::*;

use super::*;
use crate::domain::config::{Mixing, PlaneData};

fn task(config: PlaneConfig) -> PlaneTask {
    PlaneTask::new(&config).unwrap()
}

fn moons() -> PlaneTask {
    task(PlaneConfig::default())
}

/// The coordinates of a batch, as bits.
fn places(batch: &TaskBatch) -> Vec<[u32; 2]> {
    let BatchInput::Values(values) = &batch.input else { panic!("{batch:?}") };
    values.chunks(3).inspect(|row| assert_eq!(row[2], 1.0)).map(|row| [row[0].to_bits(), row[1].to_bits()]).collect()
}

fn places_of(task: &PlaneTask, split: DataSplit) -> HashSet<[u32; 2]> {
    task.points(split).iter().map(|point| point.at.map(f32::to_bits)).collect()
}

proptest! {
    #[test]
    fn a_row_of_a_training_batch_does_not_depend_on_the_others(
        seed: u64, step in 0u64..1 << 40, start in 0usize..40, count in 1usize..40,
    ) {
        let task = moons();
        let whole = task.training_batch(seed, step, 0..start + count).unwrap();
        let rows = task.training_batch(seed, step, start..start + count).unwrap();
        prop_assert_eq!(rows.examples, count);
        prop_assert_eq!(places(&rows), &places(&whole)[start..]);
        prop_assert_eq!(&rows.labels[0], &whole.labels[0][start..]);
    }
}

#[test]
fn batches_hold_points_of_their_split_with_their_class() {
    let task = task(PlaneConfig { data: PlaneData::Rings, classes: 5, ..PlaneConfig::default() });
    let (training, held_out) = (places_of(&task, DataSplit::Training), places_of(&task, DataSplit::Validation));
    assert_eq!((training.len(), held_out.len()), (1000, 200));
    assert!(training.is_disjoint(&held_out));
    for (batch, split) in [
        (task.training_batch(1, 2, 0..5000).unwrap(), DataSplit::Training),
        (task.validation_batch(1, 0, 200).unwrap(), DataSplit::Validation),
        (task.probe_batch(1, 200).unwrap(), DataSplit::Validation),
    ] {
        let BatchTarget::Classes(classes) = &batch.target else { panic!("{batch:?}") };
        for (n, place) in places(&batch).iter().enumerate() {
            let point = task.points(split).iter().find(|point| point.at.map(f32::to_bits) == *place).unwrap();
            assert_eq!((classes[n], batch.labels[0][n]), (point.class.into(), point.class));
            assert_eq!(task.item(&batch, n), Item::Point(point.at));
        }
    }
    // Validation and the probe see each held-out point once; 5000 draws miss 1 of 1000 points with chance e⁻⁵ each.
    let seen = |batch: TaskBatch| places(&batch).into_iter().collect::<HashSet<_>>();
    assert_eq!(seen(task.validation_batch(1, 0, 200).unwrap()), held_out);
    assert_eq!(seen(task.probe_batch(1, 200).unwrap()), held_out);
    assert!(seen(task.training_batch(1, 2, 0..5000).unwrap()).len() > 970);
}

#[test]
fn validation_batches_follow_one_another_through_the_held_out_points() {
    let task = moons();
    let batches: Vec<_> = (0..5).flat_map(|n| places(&task.validation_batch(7, n, 70).unwrap())).collect();
    let order: Vec<_> = task.points(DataSplit::Validation).iter().map(|point| point.at.map(f32::to_bits)).collect();
    let expected: Vec<_> = order.iter().cycle().take(350).copied().collect();
    assert_eq!(batches, expected);
    assert_eq!(task.validation_batch(7, u64::MAX, 3).unwrap().examples, 3);
}

#[test]
fn seeds_and_steps_give_other_batches_and_more_probes_begin_with_the_same() {
    let task = moons();
    let base = places(&task.training_batch(1, 0, 0..32).unwrap());
    assert_ne!(base, places(&task.training_batch(2, 0, 0..32).unwrap()));
    assert_ne!(base, places(&task.training_batch(1, 1, 0..32).unwrap()));
    let probe = places(&task.probe_batch(1, 150).unwrap());
    assert_ne!(probe, places(&task.probe_batch(2, 150).unwrap()));
    assert_eq!(probe[..20], places(&task.probe_batch(1, 20).unwrap()));
    assert_eq!(probe.iter().collect::<HashSet<_>>().len(), 150);
    // More than there are start over.
    let many = places(&task.probe_batch(1, 450).unwrap());
    assert_eq!((&many[..150], &many[..50]), (&probe[..], &many[400..]));
}

#[test]
fn shape_and_chance_follow_what_is_predicted() {
    // 202 held-out points of three classes: 68, 67 and 67.
    let rings = PlaneConfig { data: PlaneData::Rings, classes: 3, points: 1010, ..PlaneConfig::default() };
    let class = task(rings.clone());
    assert_eq!(class.metric(), Metric { kind: MetricKind::Accuracy, chance: 68.0 / 202.0 });
    assert_eq!(class.shape().outputs(), 3);
    assert_eq!((class.shape().positions, class.shape().mixing), (1, Mixing::None));
    assert_eq!(class.label_sets()[0].names, ["0", "1", "2"]);

    let value = task(PlaneConfig { target: PlaneTarget::Value, ..rings });
    let found: Vec<f64> = value.points(DataSplit::Validation).iter().map(|point| point.value.into()).collect();
    let (sum, squares) = (found.iter().sum::<f64>(), found.iter().map(|x| x * x).sum::<f64>());
    let variance = squares / 202.0 - (sum / 202.0).powi(2);
    assert_eq!(value.metric().kind, MetricKind::MeanSquaredError);
    assert!((value.metric().chance - variance).abs() < 1e-12 && variance > 0.01, "{variance}");
    assert_eq!(value.shape().outputs(), 1);
    let BatchTarget::Values(targets) = value.validation_batch(1, 0, 10).unwrap().target else { panic!() };
    assert_eq!(targets.iter().map(|&x| f64::from(x)).collect::<Vec<_>>(), found[..10]);
}

#[test]
fn the_fingerprint_is_that_of_the_points() {
    let known = moons().fingerprint();
    assert_eq!(known, moons().fingerprint());
    assert_eq!(known.sizes, SplitSizes { training: 1000, validation: 200, test: 0 });
    for config in [
        PlaneConfig { seed: 1, ..PlaneConfig::default() },
        PlaneConfig { noise: 0.06, ..PlaneConfig::default() },
        PlaneConfig { points: 1001, ..PlaneConfig::default() },
        PlaneConfig { data: PlaneData::Xor, ..PlaneConfig::default() },
    ] {
        assert!(!known.matches(&task(config.clone()).fingerprint()), "{config:?}");
    }
}

#[test]
fn points_that_cannot_be_made_are_refused_with_all_reasons() {
    let error = PlaneTask::new(&PlaneConfig { classes: 3, points: 1, ..PlaneConfig::default() }).unwrap_err();
    let words = error.to_string();
    assert!(words.contains("task.plane.classes is 3") && words.contains("task.plane.points is 1"), "{words}");
}
