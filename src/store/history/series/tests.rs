//! Tests of series.

use super::*;
use proptest::prelude::*;

#[test]
fn a_mean_up_to_a_step_is_that_of_its_window() {
    let mut series = Series::new(SeriesLimits::NARROW);
    (1..=100u64).for_each(|step| series.push(step, step as f64));
    assert_eq!(series.mean_up_to(100, 10), Some((95.5, 10)));
    assert_eq!((series.mean_up_to(50, 3), series.mean_up_to(2, 10)), (Some((49.0, 3)), Some((1.5, 2))));
    assert_eq!(series.mean_up_to(0, 10), None);
    (101..=5000u64).for_each(|step| series.push(step, step as f64));
    let (mean, n) = series.mean_up_to(1000, 100).unwrap();
    assert!((mean - 950.0).abs() < series.stride() as f64 && n == 100, "{mean} of {n}");
    assert_eq!(series.buckets_up_to(0).len(), 0);
    assert!(series.buckets_up_to(1000).last().unwrap().first_step <= 1000);
}

#[test]
fn a_spike_survives_any_amount_of_merging() {
    let mut series = Series::default();
    (1..=100_000u64).for_each(|step| series.push(step, if step == 777 { 50.0 } else { 1.0 }));
    assert!(series.buckets().iter().any(|b| b.max == 50.0 && b.min == 1.0));
    assert_eq!(series.last(), Some((100_000, 1.0)));
    assert_eq!(series.recent().len(), SeriesLimits::WIDE.recent);
}

#[test]
fn merged_for_a_small_picture_keeps_counts_and_spikes() {
    let mut series = Series::default();
    (1..=1000u64).for_each(|step| series.push(step, if step == 77 { 9.0 } else { 1.0 }));
    let merged = series.merged(100);
    assert!(merged.len() <= 100 && merged.len() > 40, "{}", merged.len());
    assert_eq!(merged.iter().map(|b| b.n).sum::<u64>(), 1000);
    assert!(merged.iter().any(|b| b.max == 9.0 && b.min == 1.0));
    assert_eq!(series.merged(5000), series.buckets());
}

#[test]
fn at_reads_the_value_in_force() {
    let mut series = Series::default();
    [(10, 1.0), (20, 2.0), (30, 3.0)].into_iter().for_each(|(s, v)| series.push(s, v));
    assert_eq!([5, 10, 19, 20, 99].map(|s| series.at(s)), [None, Some(1.0), Some(1.0), Some(2.0), Some(3.0)]);
}

#[test]
fn steps_that_do_not_ascend_are_ignored() {
    let mut series = Series::default();
    series.push(5, 1.0);
    series.push(5, 9.0);
    series.push(4, 9.0);
    assert_eq!(series.recent().collect::<Vec<_>>(), [(5, 1.0)]);
}

proptest! {
    #[test]
    fn laws(gaps in prop::collection::vec((1u64..50, prop_oneof![8 => -1e3..1e3f64, 1 => Just(f64::NAN)]), 1..3000)) {
        let mut series = Series::default();
        let mut step = 0;
        for &(gap, value) in &gaps {
            step += gap;
            series.push(step, value);
        }
        let buckets = series.buckets();
        prop_assert!(buckets.len() <= SeriesLimits::WIDE.buckets);
        prop_assert_eq!(buckets.iter().map(|b| b.n + b.bad).sum::<u64>(), gaps.len() as u64);
        prop_assert!(buckets.windows(2).all(|w| w[0].last_step < w[1].first_step));
        let finite: Vec<f64> = gaps.iter().map(|g| g.1).filter(|v| v.is_finite()).collect();
        let low = finite.iter().copied().fold(f64::INFINITY, f64::min);
        let high = finite.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        prop_assert_eq!(buckets.iter().map(|b| b.min).fold(f64::INFINITY, f64::min), low);
        prop_assert_eq!(buckets.iter().map(|b| b.max).fold(f64::NEG_INFINITY, f64::max), high);
        let sum: f64 = buckets.iter().map(|b| b.sum).sum();
        prop_assert!((sum - finite.iter().sum::<f64>()).abs() < 1e-6 * (1.0 + sum.abs()) * 1e3);
        let (b, stride, recent) = series.parts();
        let again = Series::from_parts(SeriesLimits::WIDE, b.to_vec(), stride, recent).unwrap();
        prop_assert_eq!(format!("{again:?}"), format!("{series:?}"));
    }
}

/// The steps of the values of each piece of a curve, as a picture draws it: gaps lie between.
fn pieces(buckets: &[Bucket]) -> Vec<Vec<(u64, u64)>> {
    let pieces = buckets.split(Bucket::is_gap).filter(|piece| !piece.is_empty());
    pieces.map(|piece| piece.iter().map(|b| (b.first_step, b.last_step)).collect()).collect()
}

#[test]
fn no_curve_goes_on_over_a_gap() {
    let mut series = Series::new(SeriesLimits { buckets: 8, recent: 2 });
    series.leave_gap_before(10);
    assert!(series.is_empty(), "nothing is missing before the first");
    [10, 20, 30].into_iter().for_each(|step| series.push(step, step as f64));
    series.leave_gap_before(31);
    series.leave_gap_before(60);
    series.leave_gap_before(60);
    [60, 70].into_iter().for_each(|step| series.push(step, step as f64));
    let single = |steps: &[u64]| steps.iter().map(|&step| (step, step)).collect::<Vec<_>>();
    assert_eq!(pieces(series.buckets()), [single(&[10, 20, 30]), single(&[60, 70])]);
    // Nothing was measured there; the value in force is the last one before.
    assert_eq!((series.at(45), series.bounds(45), series.last()), (Some(30.0), None, Some((70, 70.0))));
    // No mean goes over it, wherever one looks back from.
    assert_eq!(series.mean_up_to(60, 40), Some((60.0, 1)));
    assert_eq!((series.mean_up_to(70, 100), series.mean_up_to(30, 100)), (Some((65.0, 2)), Some((20.0, 3))));
    assert_eq!(series.mean_up_to(45, 100), Some((20.0, 3)), "within it the one before is in force");
    // Merged as far as a picture has room, the gap of 29 steps stands while buckets are no wider: here of 16, then of 32.
    assert_eq!(pieces(&series.merged(5)), [vec![(10, 10), (20, 30)], vec![(60, 60), (70, 70)]]);
    assert_eq!(pieces(&series.merged(3)), [[(10, 30), (60, 60), (70, 70)]]);
    // The same where the series itself runs out of room.
    [80, 90, 100, 110, 120].into_iter().for_each(|step| series.push(step, 1.0));
    let whole = [vec![(10, 10), (20, 30)], vec![(60, 60), (70, 70), (80, 90), (100, 110), (120, 120)]];
    assert_eq!((pieces(series.buckets()).as_slice(), series.stride()), (whole.as_slice(), 16));
    // One that is too narrow to be shown is still none that a mean goes over.
    series.leave_gap_before(130);
    series.push(130, 4.0);
    assert!(!series.buckets().iter().any(|bucket| bucket.is_gap() && bucket.last_step > 120));
    assert_eq!(series.mean_up_to(130, 100), Some((4.0, 1)));
}

#[test]
fn gaps_are_bounded_and_lose_no_value() {
    let mut series = Series::new(SeriesLimits { buckets: 16, recent: 4 });
    for step in (7..7_000).step_by(7) {
        if step % 35 == 0 {
            series.leave_gap_before(step);
        }
        series.push(step, 1.0);
    }
    assert!(series.buckets().len() <= 16);
    assert_eq!(series.buckets().iter().map(|bucket| bucket.n).sum::<u64>(), 999);
    assert!(series.buckets().windows(2).all(|pair| pair[0].last_step < pair[1].first_step));
}
