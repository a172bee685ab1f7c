//! Conditions over measures, by the predicates of the alerts: above or below a level for so many readings in a row.

use std::collections::BTreeMap;

use super::measure::Quantity;
use crate::run::Snapshot;
use crate::store::alerts::{Hold, Side, WatchedNumber};

/// A number that a page has kept, by name.
pub type KeptNumbers = BTreeMap<String, f64>;

/// Something that may hold of a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    /// Of what.
    pub subject: Subject,
    /// On which side of the level it must be.
    pub side: Side,
    /// The level.
    pub level: Level,
    /// For so many readings in a row, at least 1.
    pub readings: u32,
    /// Whether the mean of those readings counts, or each of them.
    pub mean: bool,
}

/// What a condition is about.
#[derive(Clone, Debug, PartialEq)]
pub enum Subject {
    /// A measure.
    Measure(Quantity),
    /// A number that an earlier page has kept.
    Kept(String),
}

/// A level.
#[derive(Clone, Debug, PartialEq)]
pub enum Level {
    /// A number.
    Number(f64),
    /// One that an earlier page has kept, times a factor.
    Kept {
        /// Its name.
        name: String,
        /// The factor.
        times: f64,
    },
}

impl Condition {
    /// The level as a number; `None` if what was to be kept was never measured.
    pub fn level(&self, kept: &KeptNumbers) -> Option<f64> {
        match &self.level {
            Level::Number(level) => Some(*level),
            Level::Kept { name, times } => kept.get(name).map(|value| value * times),
        }
    }

    /// The number that it is about, as of now.
    pub fn now(&self, shot: &Snapshot, kept: &KeptNumbers) -> Option<f64> {
        match &self.subject {
            Subject::Measure(quantity) => quantity.now(shot),
            Subject::Kept(name) => kept.get(name).copied(),
        }
    }

    /// Its readings after a step; none of a number that was kept.
    pub(super) fn readings(&self, shot: &Snapshot, after: u64) -> Vec<(u64, f64)> {
        match &self.subject {
            Subject::Measure(quantity) => quantity.readings(shot, after),
            Subject::Kept(_) => Vec::new(),
        }
    }

    /// Whether the newest reading is where it should be.
    pub fn holds_now(&self, shot: &Snapshot, kept: &KeptNumbers) -> bool {
        let value = self.now(shot, kept);
        value.zip(self.level(kept)).is_some_and(|(value, level)| match self.side {
            Side::Above => value > level,
            Side::Below => value < level,
        })
    }
}

/// A condition under watch.
#[derive(Clone, Debug)]
pub(super) struct Watch {
    raise: Hold,
    clear: Hold,
    number: WatchedNumber,
}

impl Watch {
    /// Begins to watch; `None` if the level is not known.
    pub fn new(condition: &Condition, kept: &KeptNumbers) -> Option<Self> {
        let Condition { side, readings, mean, .. } = *condition;
        let level = condition.level(kept)?;
        let other = match side {
            Side::Above => Side::Below,
            Side::Below => Side::Above,
        };
        let raise = Hold { side, level, count: readings.max(1), mean };
        Some(Self { raise, clear: Hold::each(other, level, 1), number: WatchedNumber::default() })
    }

    /// Takes in the reading of a step.
    pub fn take(&mut self, step: u64, value: f64) {
        self.number.take(step, value, self.raise, self.clear);
    }

    /// Whether it holds.
    pub fn is_met(&self) -> bool {
        self.number.up
    }

    /// Readings in a row that were on the right side so far, at most as many as are needed.
    pub fn in_a_row(&self) -> u32 {
        if self.number.up { self.raise.count } else { self.number.n }
    }
}

#[cfg(test)]
mod tests {
    use super::super::measure::MeasureId;
    use super::*;

    fn above(level: Level, readings: u32) -> Condition {
        let subject = Subject::Measure(Quantity::of(MeasureId::Score));
        Condition { subject, side: Side::Above, level, readings, mean: false }
    }

    #[test]
    fn it_is_met_by_readings_in_a_row_and_lost_again() {
        let mut watch = Watch::new(&above(Level::Number(0.8), 2), &KeptNumbers::new()).unwrap();
        let met: Vec<(bool, u32)> = [0.9, 0.7, 0.9, f64::NAN, 0.85, 0.9, 0.5]
            .into_iter()
            .enumerate()
            .map(|(step, value)| {
                watch.take(step as u64, value);
                (watch.is_met(), watch.in_a_row())
            })
            .collect();
        let wanted = [(false, 1), (false, 0), (false, 1), (false, 1), (true, 2), (true, 2), (false, 0)];
        assert_eq!(met, wanted);
    }

    #[test]
    fn a_kept_level_is_a_multiple_of_what_was_kept() {
        let condition = above(Level::Kept { name: "before".into(), times: 0.5 }, 1);
        assert_eq!(condition.level(&KeptNumbers::new()), None);
        assert!(Watch::new(&condition, &KeptNumbers::new()).is_none());
        assert_eq!(condition.level(&KeptNumbers::from([("before".into(), 3.0)])), Some(1.5));
    }
}
