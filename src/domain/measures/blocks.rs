//! Standard error of a mean whose values hang together, and the difference of two such means: from the means of blocks.

/// Blocks that a window is cut into.
const BLOCKS: usize = 10;
/// Least values of a window.
pub(crate) const LEAST: usize = 2 * BLOCKS;

/// A number and its standard error, both in the unit of what was measured.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The number.
    pub value: f64,
    /// Its standard error, at least 0.
    pub error: f64,
}

impl Estimate {
    /// Half of the interval that holds the true number 19 times of 20: twice the standard error.
    pub fn margin(self) -> f64 {
        2.0 * self.error
    }

    /// Whether that interval leaves out 0.
    pub fn is_clear(self) -> bool {
        self.value.abs() > self.margin()
    }

    /// This less another that is independent of it: the errors add in squares.
    pub fn less(self, other: Self) -> Self {
        Self { value: self.value - other.value, error: self.error.hypot(other.error) }
    }
}

/// Mean of `values` in the order in which they were measured, with the standard error that follows from the means of ten
/// blocks: s ÷ √10, s their sample standard deviation. Values that follow each other (the losses of neighbouring steps) hang
/// together, so that s ÷ √n of single values would be too small; means of blocks longer than that do not.
///
/// `None` with fewer than twenty values, or with one that is not finite. What does not fill a block is left out at the
/// beginning.
pub fn block_mean(values: &[f64]) -> Option<Estimate> {
    let size = values.len() / BLOCKS;
    if size < LEAST / BLOCKS || values.iter().any(|value| !value.is_finite()) {
        return None;
    }
    let used = &values[values.len() - size * BLOCKS..];
    let means: Vec<f64> = used.chunks_exact(size).map(|block| block.iter().sum::<f64>() / size as f64).collect();
    let mean = means.iter().sum::<f64>() / BLOCKS as f64;
    let squares: f64 = means.iter().map(|block| (block - mean).powi(2)).sum();
    Some(Estimate { value: mean, error: (squares / (BLOCKS * (BLOCKS - 1)) as f64).sqrt() })
}

/// Mean and standard error of few values that do not hang together, such as those of probes. `None` with fewer than two.
pub fn plain_mean(values: &[f64]) -> Option<Estimate> {
    let n = values.len() as f64;
    if values.len() < 2 || values.iter().any(|value| !value.is_finite()) {
        return None;
    }
    let mean = values.iter().sum::<f64>() / n;
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    Some(Estimate { value: mean, error: (squares / (n * (n - 1.0))).sqrt() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::draw::{Draws, Purpose};

    #[test]
    fn means_and_errors_by_hand() {
        // Ten blocks of two with the means 0 and 1 by turns: s² = 10 · 0.25 ÷ 9.
        let values: Vec<f64> = (0..20).map(|i| f64::from((i / 2) % 2)).collect();
        let found = block_mean(&values).unwrap();
        assert_eq!(found.value, 0.5);
        assert!((found.error - (2.5f64 / 90.0).sqrt()).abs() < 1e-15);
        assert_eq!(block_mean(&values[1..]), None);
        assert_eq!(block_mean(&[f64::NAN; 20]), None);
        let probes = plain_mean(&[1.0, 2.0, 3.0]).unwrap();
        assert!((probes.error - (1.0f64 / 3.0).sqrt()).abs() < 1e-15 && probes.value == 2.0);
        let less = Estimate { value: 3.0, error: 3.0 }.less(Estimate { value: 1.0, error: 4.0 });
        assert_eq!((less, less.is_clear()), (Estimate { value: 2.0, error: 5.0 }, false));
    }

    /// Of windows whose values hang together (each six tenths of the one before and new noise), the interval holds the true mean
    /// nearly as often as it says; that from single values does not.
    #[test]
    fn the_interval_holds_the_truth_where_values_hang_together() {
        let (mut held, mut held_by_singles) = (0, 0);
        let trials = 400;
        for trial in 0..trials {
            let mut last = 0.0;
            let mut noise = Draws::new(7, Purpose::Noise, trial, 0);
            let values: Vec<f64> = (0..260)
                .map(|_| {
                    last = 0.6 * last + noise.normal();
                    last
                })
                .skip(60)
                .collect();
            let found = block_mean(&values).unwrap();
            held += i32::from(!found.is_clear());
            let singles = plain_mean(&values).unwrap();
            held_by_singles += i32::from(!singles.is_clear());
        }
        let share = |count: i32| f64::from(count) / trials as f64;
        assert!(share(held) > 0.85, "{}", share(held));
        assert!(share(held_by_singles) < 0.75, "{}", share(held_by_singles));
    }
}
