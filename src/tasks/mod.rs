//! Tasks: what a run learns, and how its answers are scored. Plain numbers; no tensors, no threads, no window.
//!
//! A [`Task`] gives the network its shape once and batches afterwards. Neither the model nor the trainer asks which task
//! it is. One folder for each kind of task:
//!
//! - [`text`]: the bytes of a text, each to be predicted from those before it;
//! - [`plane`]: points in the plane, to be classified or to be given a value.

pub mod plane;
pub mod text;

mod batch;
mod error;
mod fingerprint;

pub use batch::{BatchInput, BatchTarget, TaskBatch};
pub use error::TaskError;
pub use fingerprint::{SplitSizes, TaskFingerprint};

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use self::plane::PlaneTask;
use self::text::{Corpus, TextTask};
use crate::domain::config::{Config, TaskConfig, TaskShape};
use crate::domain::readings::{Item, LabelSet, Metric, PlanePoint};

/// A part of the examples that is drawn from. No example is in both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataSplit {
    /// What the network learns from.
    Training,
    /// What is held out: validation and probes are drawn from it.
    Validation,
}

impl fmt::Display for DataSplit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Training => "training",
            Self::Validation => "validation",
        })
    }
}

/// What a run learns: examples, where their targets lie, and how answers are scored.
///
/// All batches are pure functions of their arguments, so that a resumed run sees what the first one saw. The seed is that
/// of the run; which examples there are does not depend on it. An example has [`TaskShape::positions`] positions, each of
/// which the network routes on its own: a byte of a text, a point of the plane.
pub trait Task: Send + Sync + fmt::Debug {
    /// What enters and leaves the network; the same for the whole run.
    fn shape(&self) -> TaskShape;

    /// What the data is called: a text's title or file, the shape of points.
    fn name(&self) -> String;

    /// How many examples each split holds.
    fn sizes(&self) -> SplitSizes;

    /// What the examples are known by: enters the checkpoint, so that a run can tell whether it goes on with the same data.
    fn fingerprint(&self) -> TaskFingerprint;

    /// Rows `rows` of the training batch of step `step`, 0 for the first.
    ///
    /// A row does not depend on which others are asked for: row r of `0..R` is the only row of `r..r + 1`, so that each of
    /// several devices can take its own.
    ///
    /// # Errors
    /// [`TaskError`] if the data cannot be read, or is not what it was when the task was opened.
    fn training_batch(&self, seed: u64, step: u64, rows: Range<usize>) -> Result<TaskBatch, TaskError>;

    /// Validation batch `number` of a run, 0 for the first, of `examples` held-out examples; always the same for a seed.
    ///
    /// # Errors
    /// As [`Task::training_batch`].
    fn validation_batch(&self, seed: u64, number: u64, examples: usize) -> Result<TaskBatch, TaskError>;

    /// The one probe batch of a run, of `examples` held-out examples; always the same for a seed.
    ///
    /// # Errors
    /// As [`Task::training_batch`].
    fn probe_batch(&self, seed: u64, examples: usize) -> Result<TaskBatch, TaskError>;

    /// The sets of labels against which the specialization of experts is measured; [`TaskBatch::labels`] has a list for each.
    #[allow(dead_code, reason = "the window names the classes of bytes alone so far")]
    fn label_sets(&self) -> &[LabelSet];

    /// What position `position` of a batch shows, counted over all examples of the batch.
    ///
    /// # Panics
    /// If the batch has no such position, or is one of another task.
    fn item(&self, batch: &TaskBatch, position: usize) -> Item;

    /// The metric by which the task is scored, with its chance level.
    fn metric(&self) -> Metric;

    /// The text behind the task, if it learns one: what a window shows of it, and what may be found elsewhere again.
    fn corpus(&self) -> Option<&Arc<Corpus>> {
        None
    }

    /// The training points of the plane, if the task learns such: what a map is drawn beneath.
    fn plane_points(&self) -> Option<&Arc<Vec<PlanePoint>>> {
        None
    }
}

/// Opens the task of a run.
///
/// # Errors
/// [`TaskError`] if its data cannot be made or read, or is too little for the config.
pub fn open(config: &Config) -> Result<Arc<dyn Task>, TaskError> {
    Ok(match &config.task {
        TaskConfig::Text(text) => Arc::new(TextTask::new(Arc::new(Corpus::open(text)?), config.model.context)?),
        TaskConfig::Plane(plane) => Arc::new(PlaneTask::new(plane)?),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::config::{PlaneConfig, PlaneTarget, Preset};
    use crate::domain::readings::MetricKind;

    #[test]
    fn every_task_opens_as_its_config_says_it_is() {
        let regression = PlaneConfig { target: PlaneTarget::Value, ..PlaneConfig::default() };
        for task in [TaskConfig::default(), TaskConfig::Plane(PlaneConfig::default()), TaskConfig::Plane(regression)] {
            let config = Preset::Tiny.config_for(task);
            let open = open(&config).unwrap();
            assert_eq!(open.shape(), config.task_shape());
            assert_eq!(open.metric().kind, MetricKind::of(&config.task));
            assert_eq!(open.fingerprint().sizes, open.sizes());
            assert!(["Moby-Dick", "moons"].contains(&open.name().as_str()), "{}", open.name());
            assert_eq!(open.corpus().is_some(), config.task.text().is_some());
            let batch = open.training_batch(config.seed, 0, 0..config.sequences).unwrap();
            assert_eq!(batch.examples, config.sequences);
            assert_eq!(batch.labels.len(), open.label_sets().len());
            for (labels, set) in batch.labels.iter().zip(open.label_sets()) {
                assert_eq!(labels.len(), config.tokens_per_step());
                assert!(labels.iter().all(|&label| usize::from(label) < set.names.len()));
            }
        }
        let mut config = Preset::Tiny.config();
        config.model.context = 1 << 30;
        assert!(matches!(open(&config), Err(TaskError::Text(_))));
    }
}
