//! One training step: queued on the device, it does not wait for it.

use burn::tensor::{Bool, Tensor};

use super::commit::StepError;
use super::optimizer::{Moments, learning_rate, settings};
use super::readback::{Pending, StepShape};
use super::trainer::Trainer;
use crate::domain::config::Policy;
use crate::engine::kernels::{OptimizerState, adamw, cross_entropy, join, row_lengths, tallies};
use crate::engine::model::{AuxiliaryTerms, ForwardSettings, LayerOutput, Mode, Network, Output, advanced_bias};
use crate::tasks::text::TextError;

/// A forward pass whose gradients can be taken.
pub(super) struct Tracked {
    /// One per slot of the layout.
    pub leaves: Vec<Tensor<1>>,
    pub output: Output,
    /// Cross-entropy: `[1]`.
    pub task: Tensor<1>,
    /// Task plus weighted auxiliary losses: `[1]`.
    pub total: Tensor<1>,
    /// Per layer with experts.
    pub competing: Vec<bool>,
}

impl Trainer {
    /// Queues the next training step.
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
        self.commit.whole()?;
        let (step, knobs) = (self.progress.step, self.progress.knobs.clone());
        let config = self.config.clone();
        let (orders, ready) = (self.orders(), self.ready());
        let Tracked { leaves, output, task, total, competing } = self.tracked(&ready)?;
        let stale = self.collect_stale_losses(&ready, &competing)?;
        let parts = gradients(leaves, &total);
        let looked_at = (step + 1).is_multiple_of(config.cadence.probe_every.max(1));
        let lengths = if looked_at { self.expert_gradients(&parts) } else { Vec::new() };
        let (task, total) = (task.inner(), total.inner());
        let rate = learning_rate(&config.optimizer, knobs.learning_rate, step, config.steps);
        let norm = self.move_weights(ready, &orders, parts, &total, rate);
        if orders.policy == Policy::BiasBalanced {
            self.advance_bias(&output.layers);
        }

        let mut numbers = vec![total, task, norm, self.alive.clone()];
        numbers.extend(output.layers.iter().flat_map(|layer| terms_of(&layer.terms)));
        let masks: Vec<Tensor<2>> = output.layers.iter().flat_map(masks_of).collect();
        numbers.extend((!masks.is_empty()).then(|| tallies(masks)));
        numbers.extend(lengths);
        let tokens = self.progress.tokens + config.tokens_per_step() as u64;
        self.pending.push(Pending::Step {
            shape: StepShape {
                step: step + 1,
                tokens,
                learning_rate: rate,
                had: output.layers.iter().map(|layer| had(&layer.terms)).collect(),
                competed: competing,
                experts: self.experts(),
                gradients: looked_at,
            },
            numbers: join(numbers),
        });
        self.stale = stale;
        self.progress.tokens = tokens;
        self.committed();
        Ok(())
    }

    /// Length of the gradient of each expert's weights: `[N]` for each layer, from the parts of the gradient in the layout's
    /// order.
    fn expert_gradients(&self, parts: &[Tensor<1>]) -> Vec<Tensor<1>> {
        let of_layer = |layer| self.expert_slots(layer).map(|place| parts[place].clone()).collect();
        (0..self.progress.rosters.len()).map(|layer| row_lengths(of_layer(layer), self.experts())).collect()
    }

    /// Moves `ready`, the weights as the forward pass read them, by one update, but for what the policy holds still. From
    /// here until [`Trainer::committed`] the trainer cannot be read.
    pub(super) fn move_weights(
        &mut self,
        ready: Tensor<1>,
        orders: &ForwardSettings,
        parts: Vec<Tensor<1>>,
        total: &Tensor<1>,
        rate: f64,
    ) -> Tensor<1> {
        self.commit.begin();
        let kept = self.before_update(ready, orders);
        let norm = self.update(parts, total, rate);
        self.restore_frozen(kept);
        norm
    }

    /// Moves the weights by one update of the optimizer; gives back the norm of the gradient, `[1]`.
    fn update(&mut self, parts: Vec<Tensor<1>>, total: &Tensor<1>, rate: f64) -> Tensor<1> {
        let settings = settings(&self.config.optimizer, rate, self.progress.updates + 1);
        // Taken, not lent: who holds a vector alone may write into it. What stands there meanwhile is nobody's weights;
        // the open commit keeps it from being read.
        let take = |vector: &mut Tensor<1>| std::mem::replace(vector, total.clone());
        let vectors = OptimizerState {
            weights: take(&mut self.weights),
            first: take(&mut self.moments.first),
            second: take(&mut self.moments.second),
            largest_first: self.moments.largest_first,
        };
        self.commit.panic_if_asked();
        let (vectors, norm, alive) = adamw(&settings, vectors, parts, &self.decaying, total, self.alive.clone());
        self.weights = vectors.weights;
        let OptimizerState { first, second, largest_first, .. } = vectors;
        self.moments = Moments { first, second, largest_first };
        self.alive = alive;
        norm
    }

    /// The next step's forward pass over `weights` `[P]` and its loss, tracked. Changes nothing, waits for nothing.
    pub(super) fn tracked(&self, weights: &Tensor<1>) -> Result<Tracked, TextError> {
        self.tracked_by(weights, &self.orders())
    }

    /// The same by other orders than the run's, of the same policy.
    pub(super) fn tracked_by(&self, weights: &Tensor<1>, orders: &ForwardSettings) -> Result<Tracked, TextError> {
        let (config, step) = (&self.config, self.progress.step);
        let competing = self.competing(step);
        let modes: Vec<Mode> = competing.iter().map(|&c| if c { Mode::Compete } else { Mode::Route }).collect();
        let windows = self.corpus.batch(config.seed, step, config.sequences, config.model.context)?;
        let (inputs, targets) = self.tensors(&windows);
        let leaves: Vec<Tensor<1>> =
            self.leaves(weights).into_iter().map(|leaf| leaf.autodiff().require_grad()).collect();
        let network = Network::assemble(config, &self.layout, &leaves);
        let extras = self.extras(true, config.sequences);
        let output = network.forward(inputs.autodiff(), &self.rotary, &modes, orders, &extras);
        let scored = self.all_scored(config.tokens_per_step());
        let task = cross_entropy(output.logits.clone(), targets.autodiff(), scored);
        let stale = self.stale_term(&leaves, &competing);
        let auxiliary = output.layers.iter().filter_map(|l| l.auxiliary.clone()).chain(stale);
        let total = auxiliary.fold(task.clone(), |sum, term| sum + term);
        Ok(Tracked { leaves, output, task, total, competing })
    }

    /// Moves the biases of the bias-balanced policy by the counts of the step just taken, unless it was halted.
    fn advance_bias(&mut self, layers: &[LayerOutput]) {
        let counts = layers.iter().map(|layer| layer.trace.routing.picks.clone().sum_dim(0)).collect();
        let moved = advanced_bias(self.bias.clone(), Tensor::cat(counts, 0));
        let halted: Tensor<2, Bool> = self.alive.clone().equal_elem(0.0).reshape([1, 1]).expand(self.bias.dims());
        self.bias = moved.mask_where(halted, self.bias.clone());
    }
}

/// Which terms a layer had, in the order of its numbers.
fn had(terms: &AuxiliaryTerms) -> [bool; 4] {
    let AuxiliaryTerms { router, balance, affinity_balance, diversity } = terms;
    [router.is_some(), balance.is_some(), affinity_balance.is_some(), diversity.is_some()]
}

/// The gradient of `total` in the parts of the layout; zeros for what it does not depend on.
pub(super) fn gradients(leaves: Vec<Tensor<1>>, total: &Tensor<1>) -> Vec<Tensor<1>> {
    let mut gradients = total.backward();
    let part = |leaf: Tensor<1>| leaf.grad_remove(&mut gradients).unwrap_or_else(|| leaf.inner().zeros_like());
    leaves.into_iter().map(part).collect()
}

/// The terms a layer had, in the order of [`had`].
fn terms_of(terms: &AuxiliaryTerms) -> Vec<Tensor<1>> {
    let AuxiliaryTerms { router, balance, affinity_balance, diversity } = terms;
    [router, balance, affinity_balance, diversity].into_iter().flatten().cloned().collect()
}

/// The masks of a layer that are counted: the router's picks, and the winners if it competed.
fn masks_of(layer: &LayerOutput) -> Vec<Tensor<2>> {
    let winners = layer.trace.competition.as_ref().map(|competition| competition.winners.clone());
    std::iter::once(layer.trace.routing.picks.clone()).chain(winners).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use burn::tensor::Device;

    use super::*;
    use crate::domain::config::{Config, Preset};
    use crate::domain::readings::StepReading;
    use crate::domain::state::State;
    use crate::engine::train::Reading;
    use crate::tasks::text::Corpus;

    /// Two layers with biased experts; a probe is due after every `every` steps.
    fn trainer(every: u64) -> Trainer {
        let mut config: Config = Preset::Tiny.config();
        (config.model.expert_bias, config.cadence.probe_every) = (true, every);
        config.knobs.competition_rate = 0.5;
        let corpus = Corpus::open(config.task.text().unwrap()).unwrap();
        let state = State::initial(&config);
        Trainer::new(Arc::new(config), Arc::new(corpus), &Device::flex(), &state).unwrap()
    }

    fn train(trainer: &mut Trainer, steps: usize) -> Vec<StepReading> {
        (0..steps).for_each(|_| trainer.step().unwrap());
        let readings = trainer.read().unwrap().readings;
        readings.into_iter().filter_map(|r| if let Reading::Step(step) = r { Some(step) } else { None }).collect()
    }

    #[test]
    fn the_lengths_of_gradients_are_those_of_the_parts_by_hand() {
        let mut trainer = trainer(3);
        train(&mut trainer, 2);
        let tracked = trainer.tracked(&trainer.ready()).unwrap();
        let parts: Vec<Vec<f32>> = gradients(tracked.leaves, &tracked.total)
            .into_iter()
            .map(|part| part.into_data().try_to_vec().unwrap())
            .collect();
        let experts = trainer.experts();
        let slots = trainer.layout.slots.clone();
        let reading = train(&mut trainer, 1).remove(0);
        for (layer, measured) in reading.layers.iter().enumerate() {
            let found = measured.gradients.as_ref().unwrap();
            assert_eq!(found.len(), experts);
            for (expert, &found) in found.iter().enumerate() {
                let mut sum = 0.0;
                for (slot, part) in slots.iter().zip(&parts) {
                    if slot.name.contains(&format!("blocks.{layer}.experts.")) {
                        let each = part.len() / experts;
                        let own = &part[expert * each..(expert + 1) * each];
                        sum += own.iter().map(|&g| f64::from(g) * f64::from(g)).sum::<f64>();
                    }
                }
                assert!(
                    sum > 0.0 && (f64::from(found) - sum.sqrt()).abs() < 1e-5 * sum.sqrt(),
                    "{found} {}",
                    sum.sqrt()
                );
            }
        }
    }

    #[test]
    fn measuring_gradients_changes_no_number_of_training_and_takes_no_read() {
        let (mut seldom, mut often) = (trainer(1000), trainer(2));
        let plain = train(&mut seldom, 9);
        let mut watched = train(&mut often, 9);
        let measured: Vec<bool> = watched.iter().map(|r| r.layers.iter().all(|l| l.gradients.is_some())).collect();
        assert_eq!(measured, (1..=9).map(|step| step % 2 == 0).collect::<Vec<_>>());
        watched.iter_mut().flat_map(|r| &mut r.layers).for_each(|layer| layer.gradients = None);
        assert_eq!(watched, plain);
        assert!(often.state().unwrap() == seldom.state().unwrap());
        assert_eq!((often.traffic().reads, seldom.traffic().reads), (1, 1));
    }
}
