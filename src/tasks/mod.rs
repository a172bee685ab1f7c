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

use crate::domain::config::TaskShape;
use crate::domain::readings::{Item, LabelSet, Metric};

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
    fn label_sets(&self) -> &[LabelSet];

    /// What position `position` of a batch shows, counted over all examples of the batch.
    ///
    /// # Panics
    /// If the batch has no such position, or is one of another task.
    fn item(&self, batch: &TaskBatch, position: usize) -> Item;

    /// The metric by which the task is scored, with its chance level.
    fn metric(&self) -> Metric;
}
