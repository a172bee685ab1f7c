//! Batches of a task as tensors on the device.

use burn::tensor::{Int, Tensor};

use super::trainer::Trainer;
use crate::domain::config::Mixing;
use crate::engine::model::{NetworkInput, NetworkTarget};
use crate::tasks::{BatchInput, BatchTarget, TaskBatch};

/// A batch on the device; T positions in all.
#[derive(Clone, Debug)]
pub(super) struct DeviceBatch {
    pub input: NetworkInput,
    pub target: NetworkTarget,
    /// `[T]` weight of each position in the loss.
    pub weights: Tensor<1>,
}

impl Trainer {
    /// A batch as tensors. Examples whose positions do not look at each other are one group: balance is taken over the
    /// whole batch then.
    pub(super) fn device_batch(&self, batch: &TaskBatch) -> DeviceBatch {
        let positions = batch.examples * self.spec().task.positions;
        let weights = match &batch.weight {
            Some(weights) => Tensor::from_floats(weights.as_slice(), self.device()),
            None => Tensor::ones([positions], self.device()),
        };
        let groups = if self.spec().task.mixing == Mixing::None { 1 } else { batch.examples };
        DeviceBatch {
            input: self.device_input(&batch.input, groups),
            target: self.device_target(&batch.target),
            weights,
        }
    }

    /// What enters the network, in so many examples of equal length.
    pub(super) fn device_input(&self, input: &BatchInput, examples: usize) -> NetworkInput {
        match input {
            BatchInput::Ids(ids) => {
                let ids: Vec<i32> = ids.iter().map(|&id| id as i32).collect();
                let positions = ids.len() / examples;
                let ids = Tensor::<1, Int>::from_data(ids.as_slice(), self.device());
                NetworkInput::Ids(ids.reshape([examples, positions]))
            }
            BatchInput::Values(values) => {
                let width = self.spec().input_rows();
                let positions = values.len() / width / examples;
                let values = Tensor::<1>::from_floats(values.as_slice(), self.device());
                NetworkInput::Values(values.reshape([examples, positions, width]))
            }
        }
    }

    /// What should leave it.
    pub(super) fn device_target(&self, target: &BatchTarget) -> NetworkTarget {
        match target {
            BatchTarget::Classes(classes) => {
                let classes: Vec<i32> = classes.iter().map(|&class| class as i32).collect();
                NetworkTarget::Classes(Tensor::from_data(classes.as_slice(), self.device()))
            }
            BatchTarget::Values(values) => {
                let width = self.spec().task.outputs();
                let rows = values.len() / width;
                NetworkTarget::Values(Tensor::<1>::from_floats(values.as_slice(), self.device()).reshape([rows, width]))
            }
        }
    }
}

/// Positions `range` of a batch, `width` numbers each where they are real, `times` over.
pub(super) fn repeated(input: &BatchInput, range: std::ops::Range<usize>, width: usize, times: usize) -> BatchInput {
    match input {
        BatchInput::Ids(ids) => BatchInput::Ids(ids[range].repeat(times)),
        BatchInput::Values(values) => BatchInput::Values(values[range.start * width..range.end * width].repeat(times)),
    }
}

/// The target of one position, `times` over.
pub(super) fn repeated_target(target: &BatchTarget, position: usize, width: usize, times: usize) -> BatchTarget {
    match target {
        BatchTarget::Classes(classes) => BatchTarget::Classes(vec![classes[position]; times]),
        BatchTarget::Values(values) => {
            BatchTarget::Values(values[position * width..(position + 1) * width].repeat(times))
        }
    }
}
