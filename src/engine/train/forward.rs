//! The forward pass of a training step: the next batch through the network, and its loss, tracked for the backward pass.

use burn::tensor::Tensor;

use super::trainer::Trainer;
use crate::engine::model::{ForwardSettings, Mode, Network, Output};
use crate::tasks::TaskError;

/// A forward pass whose gradients can be taken.
pub(super) struct Tracked {
    /// One per slot of the layout.
    pub leaves: Vec<Tensor<1>>,
    pub output: Output,
    /// Loss of the task: `[1]`.
    pub task: Tensor<1>,
    /// Share of the positions whose class has the largest logit, `[1]`, where the task is scored by it.
    pub hits: Option<Tensor<1>>,
    /// Task plus weighted auxiliary losses: `[1]`.
    pub total: Tensor<1>,
    /// Per layer with experts.
    pub competing: Vec<bool>,
}

impl Tracked {
    /// The gradient of the total loss by a backward pass, one part per slot of the layout; zeros for what the loss does not
    /// depend on.
    pub fn backward(self) -> Vec<Tensor<1>> {
        gradient_of(&self.total, self.leaves)
    }
}

/// The gradient of `loss` `[1]` in `leaves`; zeros for those it does not depend on.
pub(super) fn gradient_of(loss: &Tensor<1>, leaves: Vec<Tensor<1>>) -> Vec<Tensor<1>> {
    let mut gradients = loss.backward();
    let part = |leaf: Tensor<1>| leaf.grad_remove(&mut gradients).unwrap_or_else(|| leaf.inner().zeros_like());
    leaves.into_iter().map(part).collect()
}

impl Trainer {
    /// The next step's forward pass over `weights` `[P]` and its loss, tracked. Changes nothing, waits for nothing.
    pub(super) fn tracked(&self, weights: &Tensor<1>) -> Result<Tracked, TaskError> {
        self.tracked_by(weights, &self.orders())
    }

    /// The same by other settings than the run's, of the same policy.
    pub(super) fn tracked_by(&self, weights: &Tensor<1>, orders: &ForwardSettings) -> Result<Tracked, TaskError> {
        let (config, step) = (&self.config, self.progress.step);
        let competing = self.competing(step);
        let modes: Vec<Mode> = competing.iter().map(|&c| if c { Mode::Compete } else { Mode::Route }).collect();
        let batch = self.device_batch(&self.task.training_batch(config.seed, step, 0..config.sequences)?);
        let leaves: Vec<Tensor<1>> =
            self.leaves(weights).into_iter().map(|leaf| leaf.autodiff().require_grad()).collect();
        let network = Network::assemble(&self.spec, &self.layout, &leaves);
        let extras = self.extras(true, config.tokens_per_step());
        let output = network.forward(batch.input.autodiff(), &self.rotary, &modes, orders, &extras);
        let hits = self.counts_hits.then(|| batch.target.hits(&output.logits, &batch.weights)).flatten();
        let task = batch.target.loss(output.logits.clone(), batch.weights);
        let carried = self.carried.extra_loss(orders, &leaves, &competing);
        let auxiliary = output.layers.iter().filter_map(|l| l.auxiliary.clone()).chain(carried);
        let total = auxiliary.fold(task.clone(), |sum, term| sum + term);
        Ok(Tracked { leaves, output, task, hits, total, competing })
    }
}
