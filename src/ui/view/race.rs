//! What is compared in a race: the curves of its runs over steps, arithmetic or time, and how each differs from the first.

use std::sync::Arc;

use crate::domain::config::{Config, Knobs, Policy};
use crate::domain::measures::blocks::{Estimate, block_mean};
use crate::domain::measures::interpolation::{interpolated, interpolated_estimate};
use crate::run::{AppCommand, Racer, RewindTo, Snapshot};
use crate::store::history::{Bucket, LayerMeasure, RunMeasure, Series, SeriesKey};
use crate::words::knob_changes;

/// Steps whose differences, or losses, are one estimate.
const STRETCH: usize = 40;

/// What the curves of a race are drawn over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum RaceAxis {
    /// Steps.
    #[default]
    Steps,
    /// Floating-point operations spent.
    Flop,
    /// Seconds of training.
    Seconds,
}

impl RaceAxis {
    /// All, in the order of the switch.
    pub const ALL: [Self; 3] = [Self::Steps, Self::Flop, Self::Seconds];

    /// Its name in tables.
    pub fn column(self) -> &'static str {
        match self {
            Self::Steps => "step",
            Self::Flop => "flop",
            Self::Seconds => "seconds",
        }
    }

    /// Where the steps of a run stand on it.
    fn scale(self, shot: &Snapshot) -> AxisScale {
        let measure = match self {
            Self::Steps => return AxisScale(None),
            Self::Flop => RunMeasure::Flop,
            Self::Seconds => RunMeasure::Seconds,
        };
        let spent = shot.memory.history.get(SeriesKey::Run(measure));
        AxisScale(Some(spent.map(Series::points_from_0).unwrap_or_default()))
    }
}

/// What a run had spent at each step; nothing where the axis is steps themselves.
struct AxisScale(Option<Vec<(f64, f64)>>);

impl AxisScale {
    /// Where a step stands, if that is known.
    fn at(&self, step: f64) -> Option<f64> {
        self.0.as_ref().map_or(Some(step), |spent| interpolated(spent, step))
    }
}

/// A bucket of a curve, and where its middle stands on the axis.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct RacePoint {
    /// In steps, FLOP or seconds.
    pub at: f64,
    /// What was measured. Of a difference, the ends of its interval as least and most.
    pub bucket: Bucket,
}

/// A curve that is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RaceCurve {
    /// Training loss.
    Loss,
    /// Kappa of the layer shown.
    Kappa,
    /// Spread of the load of the layer shown.
    LoadCv,
    /// Loss less that of the first run: on the same batches, or where both had spent as much.
    Difference,
}

impl RaceCurve {
    /// All, in the order of the tiles.
    pub const ALL: [Self; 4] = [Self::Loss, Self::Kappa, Self::LoadCv, Self::Difference];

    fn key(self, layer: usize) -> SeriesKey {
        match self {
            Self::Loss | Self::Difference => SeriesKey::Run(RunMeasure::LossTask),
            Self::Kappa => SeriesKey::Layer(layer, LayerMeasure::Kappa),
            Self::LoadCv => SeriesKey::Layer(layer, LayerMeasure::LoadCv),
        }
    }

    /// The curve of each run in about `most` points; of the difference, none of the first. What a run had spent at its first
    /// steps may not be known; they are left out then.
    pub fn of(self, race: &[Arc<Snapshot>], layer: usize, axis: RaceAxis, most: usize) -> Vec<Vec<RacePoint>> {
        let runs: Vec<(Option<&Series>, AxisScale)> =
            race.iter().map(|shot| (shot.memory.history.get(self.key(layer)), axis.scale(shot))).collect();
        let Some((first, first_scale)) = runs.first() else { return Vec::new() };
        let curve = |(place, (series, scale)): (usize, &(Option<&Series>, AxisScale))| match (self, *series, *first) {
            (Self::Difference, Some(series), Some(first)) if place > 0 && axis == RaceAxis::Steps => {
                placed(differences(first, series), scale)
            }
            (Self::Difference, Some(series), Some(first)) if place > 0 => {
                differences_at_cost(&stretches(first, first_scale), &stretches(series, scale))
            }
            (Self::Difference, ..) | (_, None, _) => Vec::new(),
            (_, Some(series), _) => placed(series.merged(most), scale),
        };
        runs.iter().enumerate().map(curve).collect()
    }
}

/// The buckets whose place is known.
fn placed(buckets: Vec<Bucket>, scale: &AxisScale) -> Vec<RacePoint> {
    buckets.into_iter().filter_map(|bucket| Some(RacePoint { at: scale.at(bucket.middle())?, bucket })).collect()
}

/// An estimate over some steps as it is drawn: its value, and the interval that holds the true one 19 times of 20 as least and
/// most.
fn drawn((first_step, last_step): (u64, u64), found: Estimate) -> Bucket {
    let [min, max] = [found.value - found.margin(), found.value + found.margin()];
    Bucket { first_step, last_step, n: 1, min, max, sum: found.value, bad: 0 }
}

/// The loss of `other` less that of `first` at the same steps, in stretches of forty. Of the steps that both hold one by one.
fn differences(first: &Series, other: &Series) -> Vec<Bucket> {
    let mut of_first = first.recent().peekable();
    let mut paired: Vec<(u64, f64)> = Vec::new();
    for (step, value) in other.recent() {
        while of_first.next_if(|(at, _)| *at < step).is_some() {}
        if let Some((_, before)) = of_first.next_if(|(at, _)| *at == step) {
            paired.push((step, value - before));
        }
    }
    let stretch = |paired: &[(u64, f64)]| {
        let values: Vec<f64> = paired.iter().map(|at| at.1).collect();
        Some(drawn((paired.first()?.0, paired.last()?.0), block_mean(&values)?))
    };
    paired.chunks_exact(STRETCH).filter_map(stretch).collect()
}

/// The mean of a curve over forty buckets at a time.
struct Stretch {
    steps: (u64, u64),
    at: f64,
    mean: Estimate,
}

/// The whole run in stretches of forty buckets whose place is known.
fn stretches(series: &Series, scale: &AxisScale) -> Vec<Stretch> {
    let stretch = |buckets: &[Bucket]| {
        let values: Vec<f64> = buckets.iter().map(Bucket::mean).collect::<Option<_>>()?;
        let steps = (buckets.first()?.first_step, buckets.last()?.last_step);
        let at = scale.at((steps.0 + steps.1) as f64 / 2.0)?;
        Some(Stretch { steps, at, mean: block_mean(&values)? })
    };
    series.buckets().chunks_exact(STRETCH).filter_map(stretch).collect()
}

/// How far each stretch of one run lies above the first run where that had spent as much, as far as both had.
fn differences_at_cost(first: &[Stretch], other: &[Stretch]) -> Vec<RacePoint> {
    let curve: Vec<(f64, Estimate)> = first.iter().map(|stretch| (stretch.at, stretch.mean)).collect();
    let point = |stretch: &Stretch| {
        let less = stretch.mean.less(interpolated_estimate(&curve, stretch.at)?);
        Some(RacePoint { at: stretch.at, bucket: drawn(stretch.steps, less) })
    };
    other.iter().filter_map(point).collect()
}

/// What a run of a race is called: its place, its policy, and what else differs from the first.
pub(crate) fn racer_name(place: usize, race: &[Arc<Snapshot>]) -> String {
    let (Some(shot), Some(first)) = (race.get(place), race.first()) else { return String::new() };
    let policy = crate::words::policy_of((shot.knobs.policy, shot.knobs.form));
    let same = Knobs { policy: shot.knobs.policy, ..first.knobs.clone() };
    let mut parts = vec![format!("{} {policy}", place + 1)];
    parts.extend(Some(knob_changes(&same.changes(&shot.knobs))).filter(|changes| !changes.is_empty()));
    parts.join(", ")
}

/// Two runs from step 0 that differ in one thing: whether experts compete.
pub(crate) fn race_of_policies(shot: &Snapshot) -> AppCommand {
    let of = |policy| {
        let knobs = Knobs { policy, ..shot.knobs.clone() };
        Racer::Begin(Box::new(Config { knobs, ..Config::clone(&shot.config) }))
    };
    AppCommand::Race(vec![of(Policy::CompeteSmoe), of(Policy::Smoe)])
}

/// The run that is shown against itself without competition, from where it stands.
pub(crate) fn race_from_here(shot: &Snapshot) -> AppCommand {
    race_from(shot, None, Some(without_competition(shot)))
}

/// The run that is shown against a branch of it: from a moment of it, else from where it stands; by other knobs, if there are
/// any.
pub(crate) fn race_from(shot: &Snapshot, at: Option<RewindTo>, knobs: Option<Knobs>) -> AppCommand {
    let (session, knobs) = (Some(shot.session), knobs.map(Box::new));
    AppCommand::Race(vec![Racer::Session(shot.session), Racer::Branch { session, at, knobs }])
}

/// The race under way with one run more: a branch of the run that is shown from where it stands, by other knobs if there are
/// any.
pub(crate) fn race_and_one_more(shot: &Snapshot, race: &[Arc<Snapshot>], knobs: Option<Knobs>) -> AppCommand {
    let branch = Racer::Branch { session: Some(shot.session), at: None, knobs: knobs.map(Box::new) };
    AppCommand::Race(race.iter().map(|racer| Racer::Session(racer.session)).chain([branch]).collect())
}

/// The knobs of a run without competition.
pub(crate) fn without_competition(shot: &Snapshot) -> Knobs {
    Knobs { policy: Policy::Smoe, ..shot.knobs.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_of_the_same_steps_with_an_interval() {
        let (mut first, mut other) = (Series::default(), Series::default());
        for step in 1..=100 {
            let noise = f64::from(u8::from(step % 3 == 0)) * 0.2;
            first.push(step, 2.0 + noise);
            if step != 7 {
                other.push(step, 1.5 + noise);
            }
        }
        let found = differences(&first, &other);
        assert_eq!(found.len(), 2);
        // Batches are the same, so that what they have in common is no doubt.
        assert!(found.iter().all(|bucket| (bucket.sum + 0.5).abs() < 1e-9 && bucket.max - bucket.min < 1e-9));
        assert_eq!((found[0].first_step, found[0].last_step), (1, 41));
    }

    /// A series of `value` at steps 1 to `last`, and the scale of a run whose step costs `cost`.
    fn run(last: u64, value: impl Fn(u64) -> f64, cost: f64) -> (Series, AxisScale) {
        let (mut series, mut spent) = (Series::default(), Series::default());
        for step in 1..=last {
            series.push(step, value(step));
            spent.push(step, step as f64 * cost);
        }
        (series, AxisScale(Some(spent.points_from_0())))
    }

    #[test]
    fn runs_whose_steps_cost_differently_are_compared_where_they_had_spent_as_much() {
        // At cost c the first is at 10 − c, the other at 11 − c: it takes half as many steps to get there.
        let first = run(400, |step| 10.0 - step as f64 * 0.01, 0.01);
        let other = run(400, |step| 11.0 - step as f64 * 0.02, 0.02);
        let found = differences_at_cost(&stretches(&first.0, &first.1), &stretches(&other.0, &other.1));
        assert!(found.len() > 3, "{found:?}");
        assert!(found.iter().all(|point| (point.bucket.sum - 1.0).abs() < 1e-9), "{found:?}");
        let last = found.last().unwrap().at;
        assert!((3.0..4.0).contains(&last), "no further than the first has spent: {last}");
        // Over steps the same two differ by less and less.
        let steps = differences(&first.0, &other.0);
        assert!(steps[0].sum > 0.5 && steps.last().unwrap().sum < -1.0, "{steps:?}");
    }

    #[test]
    fn a_run_whose_first_steps_have_no_cost_is_drawn_from_where_it_has() {
        let (series, _) = run(300, |_| 1.0, 1.0);
        let mut late = Series::default();
        (201..=300).for_each(|step| late.push(step, step as f64));
        let points = placed(series.merged(1000), &AxisScale(Some(late.points_from_0())));
        assert_eq!((points.len(), points[0].at), (100, 201.0));
        let whole = placed(series.merged(1000), &AxisScale(None));
        assert_eq!((whole.len(), whole[0].at), (300, 1.0));
    }
}
