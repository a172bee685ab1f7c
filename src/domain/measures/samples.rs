//! Statistics of samples: quantiles and the median, means with their standard errors.

use serde::{Deserialize, Serialize};

/// The value below which a share of the samples lies, 0 (least) to 1 (most), between two of them in proportion. `None` of
/// none.
///
/// - `sorted`: in ascending order
pub(crate) fn quantile(sorted: &[f64], share: f64) -> Option<f64> {
    let place = share * sorted.len().checked_sub(1)? as f64;
    let (below, above) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
    Some(below + (above - below) * place.fract())
}

/// The median of samples in any order; `None` of none.
pub fn median(mut samples: Vec<f64>) -> Option<f64> {
    samples.sort_by(f64::total_cmp);
    quantile(&samples, 0.5)
}

/// Samples added up: enough for their mean and its standard error, whatever their number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SampleSums {
    /// How many.
    pub n: u32,
    sum: f64,
    squares: f64,
}

impl SampleSums {
    /// Takes in one more.
    pub fn push(&mut self, sample: f64) {
        (self.n, self.sum, self.squares) = (self.n + 1, self.sum + sample, self.squares + sample * sample);
    }

    /// All of several.
    pub fn of(parts: &[Self]) -> Self {
        parts.iter().fold(Self::default(), |all, part| Self {
            n: all.n + part.n,
            sum: all.sum + part.sum,
            squares: all.squares + part.squares,
        })
    }

    /// Their mean; not a number without any.
    pub fn mean(&self) -> f64 {
        self.sum / f64::from(self.n)
    }

    /// Square of the standard error of the mean: the population variance ÷ (n − 1).
    pub(crate) fn error_squared(&self) -> f64 {
        let n = f64::from(self.n);
        (self.squares / n - self.mean().powi(2)).max(0.0) / (n - 1.0)
    }

    /// By how many standard errors of the difference the mean is above another (Welch's t). Samples that do not vary at all
    /// rise by no luck: ±1000.
    pub(crate) fn rise_over(&self, older: &Self) -> f64 {
        let error = (older.error_squared() + self.error_squared()).sqrt();
        let rise = self.mean() - older.mean();
        if error > 0.0 { rise / error } else { rise.signum() * f64::from(u8::from(rise != 0.0)) * 1e3 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sums(samples: &[f64]) -> SampleSums {
        let mut sums = SampleSums::default();
        samples.iter().for_each(|&sample| sums.push(sample));
        sums
    }

    #[test]
    fn quantiles_by_hand() {
        let sorted = [1.0, 2.0, 3.0, 4.0, 5.0];
        assert_eq!(
            [0.0, 0.25, 0.5, 0.6, 1.0].map(|share| quantile(&sorted, share).unwrap()),
            [1.0, 2.0, 3.0, 3.4, 5.0]
        );
        assert_eq!(
            (median(vec![4.0, 1.0, 2.0, 9.0]), median(vec![7.0]), median(Vec::new())),
            (Some(3.0), Some(7.0), None)
        );
    }

    #[test]
    fn means_and_errors_by_hand() {
        // 1, 2, 3: mean 2, population variance 2/3, ÷ 2 is 1/3; 4, 6, 8: mean 6, 8/3 ÷ 2 is 4/3.
        let (low, high) = (sums(&[1.0, 2.0, 3.0]), sums(&[4.0, 6.0, 8.0]));
        assert_eq!((low.n, low.mean(), high.mean()), (3, 2.0, 6.0));
        assert!((low.error_squared() - 1.0 / 3.0).abs() < 1e-12 && (high.error_squared() - 4.0 / 3.0).abs() < 1e-12);
        assert!((high.rise_over(&low) - 4.0 / (5f64 / 3.0).sqrt()).abs() < 1e-12);
        let flat = |value| sums(&[value; 4]);
        assert_eq!([flat(2.0).rise_over(&flat(1.0)), flat(1.0).rise_over(&flat(2.0))], [1e3, -1e3]);
        assert_eq!(flat(1.0).rise_over(&flat(1.0)), 0.0);
        assert_eq!(SampleSums::of(&[low, high]), sums(&[1.0, 2.0, 3.0, 4.0, 6.0, 8.0]));
    }
}
