//! A step taken apart by the clock: forward, backward, optimizer. For the benchmark; training never waits like this.

use std::time::{Duration, Instant};

use super::commit::StepError;
use super::trainer::Trainer;
use crate::engine::device::DeviceFailure;
use crate::tasks::TaskError;

/// How long the parts of one step took; after each the device was waited for.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct StepProfile {
    /// From the batch to the loss.
    pub forward: Duration,
    /// From the loss to the gradients.
    pub backward: Duration,
    /// From the gradients to the new weights.
    pub optimizer: Duration,
}

/// Why a timed step could not be made.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// The data can no longer be read.
    #[error("{0}")]
    Data(#[from] TaskError),
    /// The device failed.
    #[error("the device failed: {failure}")]
    Device {
        /// How.
        failure: DeviceFailure,
    },
}

impl From<StepError> for ProfileError {
    fn from(error: StepError) -> Self {
        match error {
            StepError::Data(error) => Self::Data(error),
            StepError::Interrupted | StepError::Input | StepError::OtherStep { .. } => {
                Self::Device { failure: DeviceFailure::Interrupted }
            }
        }
    }
}

impl Trainer {
    /// Waits until the device has done everything queued.
    ///
    /// # Errors
    /// If the device failed.
    pub fn wait(&self) -> Result<(), ProfileError> {
        self.device().sync().map_err(|error| ProfileError::Device { failure: DeviceFailure::of(error.to_string()) })
    }

    /// Makes one step in three parts, waiting for the device after each. Nothing is read and nothing reported.
    ///
    /// # Errors
    /// See [`ProfileError`].
    pub(crate) fn step_by_parts(&mut self) -> Result<StepProfile, ProfileError> {
        self.where_it_computes(Self::timed_parts)
    }

    fn timed_parts(&mut self) -> Result<StepProfile, ProfileError> {
        self.vectors().whole().map_err(StepError::from)?;
        self.wait()?;
        let start = Instant::now();
        let (orders, ready) = (self.orders(), self.ready());
        let tracked = self.tracked(&ready)?;
        self.wait()?;
        let forward = start.elapsed();
        let total = tracked.total.clone().inner();
        let parts = tracked.backward();
        // As in a step: held by somebody else, the weights would be copied before they move.
        drop(ready);
        self.wait()?;
        let backward = start.elapsed() - forward;
        let rate = self.progress().knobs.learning_rate;
        self.move_weights(&orders, parts, &total, rate);
        self.wait()?;
        let optimizer = start.elapsed() - forward - backward;
        self.count_step(0);
        Ok(StepProfile { forward, backward, optimizer })
    }
}
