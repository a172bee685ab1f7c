//! Metric of a task: accuracy, mean squared error or bits per byte, each beside its chance level.

use crate::domain::config::{PlaneTarget, TaskConfig};

/// The metric by which a task is scored.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Metric {
    /// What is measured.
    pub kind: MetricKind,
    /// The value of a network that has learnt nothing of the input, in the metric's unit: for accuracy the share of the
    /// largest class, for the mean squared error the variance of the targets, for bits per byte 8.
    pub chance: f64,
}

/// What a metric measures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricKind {
    /// Cross-entropy of the next byte, in bits.
    BitsPerByte,
    /// Share of positions whose class has the largest logit, 0 to 1.
    Accuracy,
    /// Mean of the squared difference from the target.
    MeanSquaredError,
}

/// Nats in bits: ÷ ln 2.
pub fn bits(nats: f64) -> f64 {
    nats / std::f64::consts::LN_2
}

/// Bits in nats: × ln 2.
pub(crate) fn nats(bits: f64) -> f64 {
    bits * std::f64::consts::LN_2
}

/// Sums over scored positions, from which a metric is computed. Sums of several batches add up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ScoreSums {
    /// Sum of weight × loss: cross-entropy in nats, or the squared error averaged over the predicted values.
    pub loss: f64,
    /// Sum of the weights of positions whose class has the largest logit; `None` where they were not counted.
    pub hits: Option<f64>,
    /// Sum of the weights; the number of scored positions where there are none.
    pub weight: f64,
}

impl ScoreSums {
    /// What one position of a mean loss and accuracy would sum to: for means that were read already.
    pub(crate) fn of_means(loss: f64, accuracy: Option<f64>) -> Self {
        Self { loss, hits: accuracy, weight: 1.0 }
    }
}

impl std::ops::AddAssign for ScoreSums {
    fn add_assign(&mut self, other: Self) {
        self.loss += other.loss;
        self.hits = self.hits.zip(other.hits).map(|(a, b)| a + b);
        self.weight += other.weight;
    }
}

impl MetricKind {
    /// The metric of a task.
    pub fn of(task: &TaskConfig) -> Self {
        match task {
            TaskConfig::Text(_) => Self::BitsPerByte,
            TaskConfig::Plane(plane) => match plane.target {
                PlaneTarget::Class => Self::Accuracy,
                PlaneTarget::Value => Self::MeanSquaredError,
            },
        }
    }

    /// The metric's name in tables and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::BitsPerByte => "bits per byte",
            Self::Accuracy => "accuracy",
            Self::MeanSquaredError => "mean squared error",
        }
    }

    /// The metric's column in CSV files.
    pub fn column(self) -> &'static str {
        match self {
            Self::BitsPerByte => "bits_per_byte",
            Self::Accuracy => "accuracy",
            Self::MeanSquaredError => "mean_squared_error",
        }
    }

    /// Its value over what was summed; `None` if nothing was scored, or not what it needs.
    pub fn value(self, sums: &ScoreSums) -> Option<f64> {
        let sum = match self {
            Self::BitsPerByte => bits(sums.loss),
            Self::Accuracy => sums.hits?,
            Self::MeanSquaredError => sums.loss,
        };
        (sums.weight > 0.0).then(|| sum / sums.weight)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_is_a_mean_over_what_was_scored() {
        // Four positions of an even guess over 256 bytes: ln 256 nats each.
        let mut sums = ScoreSums { loss: 3.0 * 256f64.ln(), hits: Some(1.0), weight: 3.0 };
        sums += ScoreSums { loss: 256f64.ln(), hits: Some(0.0), weight: 1.0 };
        let value = |kind: MetricKind| kind.value(&sums).unwrap();
        assert!((value(MetricKind::BitsPerByte) - 8.0).abs() < 1e-12);
        assert_eq!(value(MetricKind::Accuracy), 0.25);
        assert_eq!(value(MetricKind::MeanSquaredError), sums.loss / 4.0);
        sums.hits = None;
        assert_eq!(MetricKind::Accuracy.value(&sums), None);
        sums.weight = 0.0;
        assert_eq!(MetricKind::MeanSquaredError.value(&sums), None);
    }
}
