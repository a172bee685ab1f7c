//! The plane task: points of two coordinates, in blobs, moons, spirals, rings, a checkerboard or xor, or
//! drawn by hand.
//!
//! The input of a point is (x, y, 1); there is no attention, as every point is an example of its own. The network predicts
//! the point's class, or the value of the shape's function there. All points are made when the task is opened and stay in
//! memory.

mod grid;
mod points;
mod shapes;

pub use grid::grid;
pub use points::point;

use std::ops::Range;
use std::sync::Arc;

use super::{BatchInput, BatchTarget, DataSplit, SplitSizes, Task, TaskBatch, TaskError, TaskFingerprint};
use crate::domain::config::{PlaneConfig, PlaneTarget, TaskShape};
use crate::domain::draw::{Draws, Purpose};
use crate::domain::readings::{Item, LabelSet, Metric, MetricKind, PlanePoint};

/// The points of a config, made and split.
#[derive(Debug)]
pub(crate) struct PlaneTask {
    config: PlaneConfig,
    training: Arc<Vec<PlanePoint>>,
    held_out: Vec<PlanePoint>,
    label_sets: [LabelSet; 1],
}

impl PlaneTask {
    /// Makes the points of a config.
    ///
    /// # Errors
    /// [`TaskError::Unsound`] with all that [`PlaneConfig::validate`] complains of.
    pub fn new(config: &PlaneConfig) -> Result<Self, TaskError> {
        let complaints = config.validate();
        if !complaints.is_empty() {
            return Err(TaskError::Unsound(complaints));
        }
        let names = (0..config.classes).map(|class| class.to_string()).collect();
        Ok(Self {
            config: config.clone(),
            training: Arc::new(points::points(config, DataSplit::Training)),
            held_out: points::points(config, DataSplit::Validation),
            label_sets: [LabelSet { id: "class", names }],
        })
    }

    /// All points of a split, in their order.
    #[allow(dead_code, reason = "for maps of the plane, which the window does not draw yet")]
    pub fn points(&self, split: DataSplit) -> &[PlanePoint] {
        match split {
            DataSplit::Training => &self.training,
            DataSplit::Validation => &self.held_out,
        }
    }

    fn batch<'a>(&self, points: impl Iterator<Item = &'a PlanePoint> + Clone) -> TaskBatch {
        TaskBatch {
            examples: points.clone().count(),
            input: BatchInput::Values(points.clone().flat_map(|p| [p.at[0], p.at[1], 1.0]).collect()),
            target: match self.config.target {
                PlaneTarget::Class => BatchTarget::Classes(points.clone().map(|p| p.class.into()).collect()),
                PlaneTarget::Value => BatchTarget::Values(points.clone().map(|p| p.value).collect()),
            },
            weight: None,
            labels: vec![points.map(|p| p.class).collect()],
        }
    }

    /// Share of the largest class among the held-out points.
    fn largest_share(&self) -> f64 {
        let mut counts = vec![0usize; self.config.classes];
        self.held_out.iter().for_each(|point| counts[usize::from(point.class)] += 1);
        counts.into_iter().max().unwrap_or_default() as f64 / self.held_out.len() as f64
    }

    /// Population variance of the held-out points' values: the squared error of always answering their mean.
    fn variance(&self) -> f64 {
        let mean = |numbers: &dyn Fn(f64) -> f64| {
            self.held_out.iter().map(|point| numbers(point.value.into())).sum::<f64>() / self.held_out.len() as f64
        };
        let middle = mean(&|value| value);
        mean(&|value| (value - middle).powi(2))
    }
}

impl Task for PlaneTask {
    fn shape(&self) -> TaskShape {
        self.config.shape()
    }

    fn name(&self) -> String {
        self.config.data.label().to_owned()
    }

    fn sizes(&self) -> SplitSizes {
        SplitSizes { training: self.training.len() as u64, validation: self.held_out.len() as u64, test: 0 }
    }

    /// Hashes coordinates, class and value of every point, little-endian, training points first.
    fn fingerprint(&self) -> TaskFingerprint {
        let bytes = |p: &PlanePoint| {
            let mut bytes = [0; 14];
            bytes[..4].copy_from_slice(&p.at[0].to_le_bytes());
            bytes[4..8].copy_from_slice(&p.at[1].to_le_bytes());
            bytes[8..10].copy_from_slice(&p.class.to_le_bytes());
            bytes[10..].copy_from_slice(&p.value.to_le_bytes());
            bytes
        };
        TaskFingerprint::of(self.training.iter().chain(&self.held_out).map(bytes), self.sizes())
    }

    /// Points drawn uniformly from the training points, each draw for itself.
    fn training_batch(&self, seed: u64, step: u64, rows: Range<usize>) -> Result<TaskBatch, TaskError> {
        let mut draws = Draws::new(seed, Purpose::Batch, step, 0);
        let count = self.training.len() as u64;
        let drawn: Vec<_> = (0..rows.end).map(|_| draws.below(count) as usize).skip(rows.start).collect();
        Ok(self.batch(drawn.into_iter().map(|index| &self.training[index]).collect::<Vec<_>>().into_iter()))
    }

    /// The held-out points in their order, whatever the seed; after the last of them the first again.
    fn validation_batch(&self, _seed: u64, number: u64, examples: usize) -> Result<TaskBatch, TaskError> {
        let count = self.held_out.len();
        let first = (number % count as u64) as usize * (examples % count) % count;
        Ok(self.batch(self.held_out.iter().cycle().skip(first).take(examples)))
    }

    /// The first held-out points of an order that the seed shuffles; after the last of them the first again.
    fn probe_batch(&self, seed: u64, examples: usize) -> Result<TaskBatch, TaskError> {
        let mut draws = Draws::new(seed, Purpose::Probe, 0, 0);
        let mut order: Vec<_> = self.held_out.iter().collect();
        // Fisher and Yates 1938, from the front, so that more examples begin with the same ones.
        for place in 0..order.len() {
            let other = place + draws.below((order.len() - place) as u64) as usize;
            order.swap(place, other);
        }
        Ok(self.batch(order.iter().copied().cycle().take(examples)))
    }

    fn label_sets(&self) -> &[LabelSet] {
        &self.label_sets
    }

    fn item(&self, batch: &TaskBatch, position: usize) -> Item {
        match &batch.input {
            BatchInput::Values(values) => {
                let from = position * PlaneConfig::INPUT_WIDTH;
                Item::Point([values[from], values[from + 1]])
            }
            BatchInput::Ids(_) => panic!("a batch of points holds values"),
        }
    }

    fn plane_points(&self) -> Option<&Arc<Vec<PlanePoint>>> {
        Some(&self.training)
    }

    fn metric(&self) -> Metric {
        match self.config.target {
            PlaneTarget::Class => Metric { kind: MetricKind::Accuracy, chance: self.largest_share() },
            PlaneTarget::Value => Metric { kind: MetricKind::MeanSquaredError, chance: self.variance() },
        }
    }
}

#[cfg(test)]
#[path = "task_tests.rs"]
mod tests;
