//! Calibration of the router: reliability bins and expected calibration error (ECE) of its probabilities as forecasts of
//! winners.

use crate::domain::readings::{BINS, Bin};

/// Confidences and what came of them, in [`BINS`] bins: bin b holds b ÷ 10 up to, not including, (b + 1) ÷ 10; the last
/// also holds 1.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Reliability {
    tokens: [u64; BINS],
    confidence: [f64; BINS],
    happened: [u64; BINS],
}

impl Reliability {
    /// Something foretold with `confidence`, 0 to 1.
    pub fn add(&mut self, confidence: f64, happened: bool) {
        let bin = ((confidence * BINS as f64) as usize).min(BINS - 1);
        self.tokens[bin] += 1;
        self.confidence[bin] += confidence;
        self.happened[bin] += u64::from(happened);
    }

    /// The reliability diagram; the diagonal is ideal.
    pub(crate) fn bins(&self) -> [Bin; BINS] {
        std::array::from_fn(|bin| {
            let tokens = self.tokens[bin];
            let share = |sum: f64| if tokens > 0 { sum / tokens as f64 } else { 0.0 };
            Bin { tokens, confidence: share(self.confidence[bin]), accuracy: share(self.happened[bin] as f64) }
        })
    }

    /// Expected calibration error Σ_b n_b ÷ n · |accuracy_b − confidence_b|: 0 (ideal) to 1. `None` without any token.
    pub fn ece(&self) -> Option<f64> {
        let total: u64 = self.tokens.iter().sum();
        let gaps = (0..BINS).map(|bin| (self.happened[bin] as f64 - self.confidence[bin]).abs());
        (total > 0).then(|| gaps.sum::<f64>() / total as f64)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn by_hand() {
        let mut seen = Reliability::default();
        assert_eq!(seen.ece(), None);
        for (confidence, happened) in [(0.75, true), (0.75, false), (0.25, false), (1.0, true)] {
            seen.add(confidence, happened);
        }
        // Bins 7, 2 and 9: gaps |1 − 1.5|, |0 − 0.25|, |1 − 1| over four tokens.
        assert_eq!(seen.ece(), Some(0.75 / 4.0));
        let bins = seen.bins();
        assert_eq!(bins[7], Bin { tokens: 2, confidence: 0.75, accuracy: 0.5 });
        assert_eq!((bins[9].tokens, bins[2].accuracy, bins[0]), (1, 0.0, Bin::default()));
    }

    #[test]
    fn a_bin_holds_its_lower_edge_and_the_last_one_both() {
        let mut seen = Reliability::default();
        [0.0, 0.1, 0.5, 0.99, 1.0].iter().for_each(|&confidence| seen.add(confidence, true));
        assert_eq!(seen.bins().map(|bin| bin.tokens), [1, 1, 0, 0, 0, 1, 0, 0, 0, 2]);
    }

    proptest! {
        #[test]
        fn bounds(seen in prop::collection::vec((0.0f64..=1.0, any::<bool>()), 1..50)) {
            let mut table = Reliability::default();
            seen.iter().for_each(|&(confidence, happened)| table.add(confidence, happened));
            let ece = table.ece().unwrap();
            prop_assert!((0.0..=1.0).contains(&ece));
            // Binning can only hide a difference, never make one: the overall gap is a lower bound.
            let n = seen.len() as f64;
            let gap = seen.iter().map(|s| f64::from(u8::from(s.1)) - s.0).sum::<f64>().abs() / n;
            prop_assert!(ece >= gap - 1e-12);
        }
    }
}
