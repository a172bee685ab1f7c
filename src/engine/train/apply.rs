//! Applies the gradients of a training step: clipping, AdamW, the advance of the selection bias, and the count.

use burn::tensor::{Device, Tensor};

use super::commit::StepError;
use super::gradients::{Gradients, LayerStepTensors};
use super::optimizer::{learning_rate, settings};
use super::readback::Pending;
use super::step_numbers::{StepShape, StepTotals, step_numbers};
use super::trainer::Trainer;
use super::vectors::Before;
use crate::domain::config::Policy;
use crate::domain::state::Slot;
use crate::engine::kernels::on_computing_thread;
use crate::engine::model::{ForwardSettings, rescaled, rescaled_part};

impl Trainer {
    /// Queues the next training step: its gradients, applied.
    ///
    /// A step whose loss, gradient or update is not finite changes nothing, and neither does any step queued after it;
    /// [`Trainer::read`] tells and takes the count of steps back to before it.
    ///
    /// # Errors
    /// If the text can no longer be read, or an earlier update was cut off part-way; nothing is queued then.
    ///
    /// # Panics
    /// If the device does. When that happens inside the update, the trainer can no longer be read.
    pub fn step(&mut self) -> Result<(), StepError> {
        self.where_it_computes(|trainer| {
            let gradients = trainer.gradients()?;
            trainer.apply(gradients)
        })
    }

    /// Does `work` on a thread that computes, if this trainer does so on the CPU; a graphics device is driven from this one.
    pub(super) fn where_it_computes<T: Send>(&mut self, work: impl FnOnce(&mut Self) -> T + Send) -> T {
        if *self.device() == Device::flex() { on_computing_thread(|| work(self)) } else { work(self) }
    }

    /// Queues one update of the weights by the gradients of the next step, which counts as done then. What the step measured
    /// is read with everything else that is queued.
    ///
    /// # Errors
    /// If they are the gradients of another step than the next, or an earlier update was cut off part-way; nothing changes
    /// then.
    ///
    /// # Panics
    /// As [`Trainer::step`].
    pub fn apply(&mut self, gradients: Gradients) -> Result<(), StepError> {
        self.vectors().whole()?;
        if gradients.at != (self.progress().step, self.progress().updates) {
            return Err(StepError::OtherStep { of: gradients.step(), next: self.progress().step + 1 });
        }
        let Gradients { at: (step, _), settings, parts, task, hits, total, layers, carried } = gradients;
        let config = self.config().clone();
        let looked_at = (step + 1).is_multiple_of(config.cadence.probe_every.max(1));
        let lengths = if looked_at { self.expert_gradients(&parts) } else { Vec::new() };
        let rate = learning_rate(&config.optimizer, self.progress().knobs.learning_rate, step, config.steps);
        let norm = self.move_weights(&settings, parts, &total, rate);
        if settings.policy == Policy::BiasBalanced {
            self.advance_bias(&layers);
        }

        let trained = config.tokens_per_step() as u64;
        let tokens = self.progress().tokens + trained;
        let count = layers.len();
        let totals = StepTotals { total, task, norm, alive: self.vectors().alive().clone(), hits };
        let (layout, numbers) = step_numbers(totals, layers, lengths);
        let shape = StepShape { step: step + 1, tokens, learning_rate: rate, layers: count, layout };
        self.queue(Pending::Step { shape, numbers });
        self.carry(carried);
        self.count_step(trained);
        Ok(())
    }

    /// Moves the weights by one update of the optimizer, but for what is frozen; gives back the norm of the gradient, `[1]`.
    /// From here until [`Trainer::count_step`] the trainer cannot be read.
    ///
    /// A tensor that the policy rescales outside the graph moves from where the forward pass read it, unless the step is
    /// halted.
    pub(super) fn move_weights(
        &mut self,
        orders: &ForwardSettings,
        parts: Vec<Tensor<1>>,
        total: &Tensor<1>,
        rate: f64,
    ) -> Tensor<1> {
        self.vectors_mut().begin();
        let rescaled = self.rescale(orders.policy);
        let frozen = self.frozen(orders);
        let settings = settings(&self.config().optimizer, rate, self.progress().updates + 1);
        let norm = self.vectors_mut().update(&settings, parts, frozen.as_ref(), total);
        self.vectors_mut().put_back_if_halted(rescaled);
        norm
    }

    /// Rescales the tensors that `policy` rescales outside the graph; gives back their places and what they were.
    fn rescale(&mut self, policy: Policy) -> Vec<Before> {
        let Some(part) = rescaled_part(policy) else { return Vec::new() };
        let slots: Vec<Slot> = self.layout().slots.iter().filter(|slot| slot.part() == part).cloned().collect();
        slots
            .into_iter()
            .map(|slot| {
                let before = self.vectors().weights().clone().slice_dim(0, slot.range());
                let after = rescaled(policy, before.reshape([slot.shape[0], slot.shape[1]]));
                self.vectors_mut().replace(slot.range(), after.reshape([slot.count()]))
            })
            .collect()
    }

    /// Moves the biases of the bias-balanced policy by the counts of the step just taken, unless it was halted.
    fn advance_bias(&mut self, layers: &[LayerStepTensors]) {
        let counts = layers.iter().map(|layer| layer.picks.clone().sum_dim(0)).collect();
        self.vectors_mut().advance_bias(Tensor::cat(counts, 0));
    }
}
