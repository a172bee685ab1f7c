//! Timing statistics: repeated times, their median and quartiles.

use serde::Serialize;

use crate::domain::measures::samples::quantile;

/// Median and quartiles of repeated measurements.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Spread {
    /// Half were faster.
    pub median: f64,
    /// A quarter were faster.
    pub low: f64,
    /// A quarter were slower.
    pub high: f64,
    /// How many were measured.
    pub repeats: usize,
}

impl Spread {
    /// Of measurements in any order; all 0 if there are none.
    pub fn of(mut values: Vec<f64>) -> Self {
        values.sort_by(f64::total_cmp);
        let at = |share: f64| quantile(&values, share).unwrap_or(0.0);
        Self { median: at(0.5), low: at(0.25), high: at(0.75), repeats: values.len() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quartiles_by_hand() {
        let spread = Spread::of(vec![4.0, 1.0, 3.0, 2.0, 5.0]);
        assert_eq!((spread.median, spread.low, spread.high, spread.repeats), (3.0, 2.0, 4.0, 5));
        let spread = Spread::of(vec![1.0, 2.0]);
        assert_eq!((spread.median, spread.low, spread.high), (1.5, 1.25, 1.75));
        assert_eq!(Spread::of(Vec::new()).median, 0.0);
    }
}
