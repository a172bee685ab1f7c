//! Batch of a task: what enters the network, what it should predict, and the labels of every position.

/// Examples with their targets, all numbers row-major.
#[derive(Clone, Debug, PartialEq)]
pub struct TaskBatch {
    /// Examples B in the batch, at least 1.
    pub examples: usize,
    /// What enters the network.
    pub input: BatchInput,
    /// What it should predict.
    pub target: BatchTarget,
    /// `[B, positions]` weight of every position in the loss, at least 0; 0 leaves it out. `None` weights all alike.
    pub weight: Option<Vec<f32>>,
    /// `[label sets][B × positions]` label of every position, below the number of names of its label set.
    pub labels: Vec<Vec<u16>>,
}

/// What enters the network, as [`InputShape`](crate::domain::config::InputShape) says.
#[derive(Clone, Debug, PartialEq)]
pub enum BatchInput {
    /// `[B, positions]` whole numbers, each below the vocabulary.
    Ids(Vec<u32>),
    /// `[B, positions, width]` real numbers.
    Values(Vec<f32>),
}

/// What the network should predict, as [`TargetShape`](crate::domain::config::TargetShape) says.
#[derive(Clone, Debug, PartialEq)]
pub enum BatchTarget {
    /// `[B, positions]` classes, each below their number.
    Classes(Vec<u32>),
    /// `[B, positions, width]` real numbers.
    Values(Vec<f32>),
}
