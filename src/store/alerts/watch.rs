//! Thresholds with persistence: when a number has been on one side of a level for long enough, and when it has come back.

use serde::{Deserialize, Serialize};

/// A side of a level.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Side {
    /// Strictly above it.
    Above,
    /// Strictly below it.
    Below,
}

/// How long a number must be where.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Hold {
    /// On which side of the level.
    pub side: Side,
    /// The level.
    pub level: f64,
    /// For so many readings in a row, at least 1.
    pub count: u32,
    /// What must be there: the mean of all readings since the first, or each of them.
    pub mean: bool,
}

impl Hold {
    /// Each of `count` readings in a row.
    pub const fn each(side: Side, level: f64, count: u32) -> Self {
        Self { side, level, count, mean: false }
    }

    /// The mean from the first reading there on, over `count` readings.
    pub const fn mean(side: Side, level: f64, count: u32) -> Self {
        Self { side, level, count, mean: true }
    }

    fn holds(&self, value: f64) -> bool {
        match self.side {
            Side::Above => value > self.level,
            Side::Below => value < self.level,
        }
    }
}

/// One number under watch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct WatchedNumber {
    /// Whether the alert is up; then it is watched for coming back.
    pub up: bool,
    /// Step of the first reading of the present row; tells nothing without one.
    pub since: u64,
    /// Readings in the present row.
    pub n: u32,
    /// Their sum.
    sum: f64,
}

impl WatchedNumber {
    /// Takes in the reading of `step`; `true` if the alert goes up or comes down by it. What is not finite says nothing.
    pub fn take(&mut self, step: u64, value: f64, raise: Hold, clear: Hold) -> bool {
        if !value.is_finite() {
            return false;
        }
        let hold = if self.up { clear } else { raise };
        let (n, sum) = (self.n + 1, self.sum + value);
        let said = if hold.mean { sum / f64::from(n) } else { value };
        if !hold.holds(said) {
            (self.n, self.sum) = (0, 0.0);
            return false;
        }
        if self.n == 0 {
            self.since = step;
        }
        (self.n, self.sum) = (n, sum);
        let turns = n >= hold.count;
        if turns {
            self.up = !self.up;
            (self.n, self.sum) = (0, 0.0);
        }
        turns
    }

    /// Whether there is nothing to remember.
    pub(crate) fn is_idle(&self) -> bool {
        !self.up && self.n == 0
    }

    /// Mean of the present row with one more reading.
    pub(crate) fn mean_with(&self, value: f64) -> f64 {
        (self.sum + value) / f64::from(self.n + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_goes_up_and_comes_down_at_the_last_reading_of_a_row() {
        let (raise, clear) = (Hold::each(Side::Above, 0.9, 3), Hold::each(Side::Below, 0.8, 2));
        let mut watch = WatchedNumber::default();
        let values = [0.95, 0.95, 0.9, 0.95, f64::NAN, 0.95, 0.95, 0.7, 0.85, 0.7, 0.7];
        let turns: Vec<u64> =
            (0..).zip(values).filter(|&(step, value)| watch.take(step, value, raise, clear)).map(|(s, _)| s).collect();
        assert_eq!((turns, watch.is_idle()), (vec![6, 10], true));
    }

    #[test]
    fn a_mean_forgives_a_reading_on_the_other_side() {
        let (raise, clear) = (Hold::mean(Side::Below, 0.5, 4), Hold::mean(Side::Above, 0.7, 1));
        let mut watch = WatchedNumber::default();
        assert_eq!([0.1, 0.2, 0.9, 0.1].map(|v| watch.take(1, v, raise, clear)), [false, false, false, true]);
        let mut watch = WatchedNumber::default();
        assert_eq!([0.4, 0.9, 0.1, 0.1].map(|v| watch.take(1, v, raise, clear)), [false; 4]);
    }
}
