//! The forward pass of a training step: the next batch through the network, and its loss, tracked for the backward pass.

use burn::tensor::Tensor;

use super::trainer::Trainer;
use crate::domain::config::Policy;
use crate::domain::draw::{Draws, Purpose};
use crate::engine::model::{ForwardInputs, ForwardSettings, Mode, Network, Output, rescaled, rescaled_part};
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
    /// The network as it is, not tracked.
    pub(super) fn network(&self) -> Network {
        Network::assemble(self.spec(), self.layout(), &self.leaves(&self.ready()))
    }

    /// All weights as a forward pass reads them: where the policy rescales a tensor outside the graph, after that.
    pub(super) fn ready(&self) -> Tensor<1> {
        let policy = self.progress().knobs.policy;
        let weights = self.vectors().weights();
        let Some(part) = rescaled_part(policy) else { return weights.clone() };
        let leaves = self.layout().slots.iter().zip(self.leaves(weights)).map(|(slot, leaf)| {
            if slot.part() != part {
                return leaf;
            }
            rescaled(policy, leaf.reshape([slot.shape[0], slot.shape[1]])).reshape([slot.count()])
        });
        Tensor::cat(leaves.collect(), 0)
    }

    /// One flat tensor per slot of the layout.
    pub(super) fn leaves(&self, weights: &Tensor<1>) -> Vec<Tensor<1>> {
        self.layout().slots.iter().map(|slot| weights.clone().slice_dim(0, slot.range())).collect()
    }

    /// What the layers go by at the next step.
    pub(super) fn orders(&self) -> ForwardSettings {
        ForwardSettings::of(self.config(), &self.progress().knobs, self.progress().step)
    }

    /// What the layers are given at the next step, `training` or looking, on a batch of so many positions.
    pub(super) fn extras(&self, training: bool, positions: usize) -> ForwardInputs {
        let (policy, step) = (self.progress().knobs.policy, self.progress().step);
        let (tokens, experts) = (self.config().tokens_per_step(), self.experts());
        let noise = |layer: usize| {
            let mut draws = Draws::new(self.config().seed, Purpose::Noise, step, layer as u64);
            let noise = draws.normals(tokens * experts, 1.0);
            Tensor::<1>::from_floats(noise.as_slice(), self.device()).reshape([tokens, experts])
        };
        let noisy = training && policy == Policy::NoisyTopK;
        ForwardInputs {
            noise: if noisy { (0..self.config().model.moe_count()).map(noise).collect() } else { Vec::new() },
            bias: (policy == Policy::BiasBalanced).then(|| self.vectors().bias().clone()),
            overrides: self.overrides(positions),
            alone: None,
        }
    }

    /// The next step's forward pass over `weights` `[P]` and its loss, tracked. Changes nothing, waits for nothing.
    pub(super) fn tracked(&self, weights: &Tensor<1>) -> Result<Tracked, TaskError> {
        self.tracked_by(weights, &self.orders())
    }

    /// The same by other settings than the run's, of the same policy.
    pub(super) fn tracked_by(&self, weights: &Tensor<1>, orders: &ForwardSettings) -> Result<Tracked, TaskError> {
        let (config, step) = (self.config(), self.progress().step);
        let competing = self.competing(step);
        let modes: Vec<Mode> = competing.iter().map(|&c| if c { Mode::Compete } else { Mode::Route }).collect();
        let batch = self.device_batch(&self.task().training_batch(config.seed, step, 0..config.sequences)?);
        let leaves: Vec<Tensor<1>> =
            self.leaves(weights).into_iter().map(|leaf| leaf.autodiff().require_grad()).collect();
        let network = Network::assemble(self.spec(), self.layout(), &leaves);
        let extras = self.extras(true, config.tokens_per_step());
        let output = network.forward(batch.input.autodiff(), self.rotary(), &modes, orders, &extras);
        let hits = self.counts_hits().then(|| batch.target.hits(&output.logits, &batch.weights)).flatten();
        let task = batch.target.loss(output.logits.clone(), batch.weights);
        let carried = self.carried().extra_loss(orders, &leaves, &competing);
        let auxiliary = output.layers.iter().filter_map(|l| l.auxiliary.clone()).chain(carried);
        let total = auxiliary.fold(task.clone(), |sum, term| sum + term);
        Ok(Tracked { leaves, output, task, hits, total, competing })
    }
}
