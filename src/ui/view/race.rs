//! What is compared in a race: the curves of its runs side by side, and how each differs from the first.

use std::sync::Arc;

use crate::domain::config::{Config, Knobs, Policy};
use crate::domain::measures::blocks::block_mean;
use crate::run::{AppCommand, Racer, Snapshot};
use crate::store::history::{Bucket, LayerMeasure, RunMeasure, Series, SeriesKey};
use crate::words::knob_changes;

/// Steps whose paired differences are one estimate.
const STRETCH: usize = 40;

/// A curve that is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RaceCurve {
    /// Training loss.
    Loss,
    /// Kappa of the layer shown.
    Kappa,
    /// Spread of the load of the layer shown.
    LoadCv,
    /// Loss less that of the first run, on the same batches.
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

    /// The curve of each run in about `most` buckets; of the difference, none of the first.
    pub fn of(self, race: &[Arc<Snapshot>], layer: usize, most: usize) -> Vec<Vec<Bucket>> {
        let series = |shot: &'_ Arc<Snapshot>| shot.memory.history.shared(self.key(layer));
        let all: Vec<Option<Arc<Series>>> = race.iter().map(series).collect();
        let first = all.first().cloned().flatten();
        let curve = |(place, series): (usize, &Option<Arc<Series>>)| match (self, series, &first) {
            (Self::Difference, Some(series), Some(first)) if place > 0 => differences(first, series),
            (Self::Difference, ..) | (_, None, _) => Vec::new(),
            (_, Some(series), _) => series.merged(most),
        };
        all.iter().enumerate().map(curve).collect()
    }
}

/// The loss of `other` less that of `first` at the same steps, in stretches of forty: the mean of each, and the interval that
/// holds the true one 19 times of 20 as least and most. Of the steps that both hold one by one.
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
        let found = block_mean(&values)?;
        let [min, max] = [found.value - found.margin(), found.value + found.margin()];
        let (first_step, last_step) = (paired.first()?.0, paired.last()?.0);
        Some(Bucket { first_step, last_step, n: 1, min, max, sum: found.value, bad: 0 })
    };
    paired.chunks_exact(STRETCH).filter_map(stretch).collect()
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
    let knobs = Box::new(Knobs { policy: Policy::Smoe, ..shot.knobs.clone() });
    let session = Some(shot.session);
    AppCommand::Race(vec![Racer::Session(shot.session), Racer::Branch { session, at: None, knobs: Some(knobs) }])
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
}
