//! The gradients of a training step: forward pass, losses and backward pass. They change no weight.

use burn::tensor::Tensor;

use super::commit::StepError;
use super::forward::Tracked;
use super::trainer::Trainer;
use crate::engine::kernels::row_lengths;
use crate::engine::model::{AuxiliaryTerms, CompetitionPass, ForwardSettings, LayerOutput, StaleCompetitionLosses};

/// The gradients of one step, and what its forward pass leaves to be read later. Made by [`Trainer::gradients`]; applied by
/// [`Trainer::apply`], or dropped, which changes nothing.
#[derive(Debug)]
pub struct Gradients {
    /// Steps and updates the trainer had made when they were taken.
    pub(super) at: (u64, u64),
    /// What the layers went by.
    pub(super) settings: ForwardSettings,
    /// The gradient of the total loss, not clipped: one part per slot of the layout.
    pub(super) parts: Vec<Tensor<1>>,
    /// Loss of the task, `[1]`.
    pub(super) task: Tensor<1>,
    /// Share of the positions whose class has the largest logit, `[1]`, where the task is scored by it.
    pub(super) hits: Option<Tensor<1>>,
    /// Task plus weighted auxiliary losses, `[1]`.
    pub(super) total: Tensor<1>,
    /// Per layer with experts.
    pub(super) layers: Vec<LayerStepTensors>,
    /// What the policy carries on to the next step.
    pub(super) carried: StaleCompetitionLosses,
}

/// What a step leaves of one layer with experts; nothing in it is tracked.
#[derive(Debug)]
pub(super) struct LayerStepTensors {
    /// Router (distillation), balance, affinity balance and diversity loss before their weights, `[1]` each, as far as the
    /// layer had them.
    pub terms: [Option<Tensor<1>>; 4],
    /// R: the router's picks as ones, `[T, N]`.
    pub picks: Tensor<2>,
    /// C: the winners as ones, `[T, N]`, if a competition was held.
    pub winners: Option<Tensor<2>>,
}

impl LayerStepTensors {
    fn of(layer: &LayerOutput) -> Self {
        let AuxiliaryTerms { router, balance, affinity_balance, diversity } = layer.terms.clone();
        let winners = layer.trace.competition.as_ref().map(|competition| competition.winners.clone().inner());
        Self {
            terms: [router, balance, affinity_balance, diversity].map(|term| term.map(Tensor::inner)),
            picks: layer.trace.routing.picks.clone().inner(),
            winners,
        }
    }
}

impl Gradients {
    /// The step they are the gradients of, counted from 1.
    pub fn step(&self) -> u64 {
        self.at.0 + 1
    }
}

impl Trainer {
    /// Queues forward and backward pass of the next training step and gives back its gradients. Changes nothing: the next
    /// call makes the same ones, and dropping them is as if they had never been made.
    ///
    /// # Errors
    /// If the text can no longer be read, or an earlier update was cut off part-way.
    pub fn gradients(&self) -> Result<Gradients, StepError> {
        Ok(self.gradients_seen(|_, _| ())?.0)
    }

    /// The same, and what `look` takes from the forward pass before it is run backward and gone. It is given the weights `[P]` that
    /// the pass read.
    pub(super) fn gradients_seen<T>(
        &self,
        look: impl FnOnce(&Tracked, &Tensor<1>) -> T,
    ) -> Result<(Gradients, T), StepError> {
        self.vectors().whole()?;
        let (settings, ready) = (self.orders(), self.ready());
        let tracked = self.tracked(&ready)?;
        let carried = self.carried().after(&settings, &tracked.competing, || {
            let Tracked { leaves, output, .. } = self.tracked(&ready)?;
            let auxiliary = output.layers.into_iter().map(|layer| layer.auxiliary).collect();
            Ok::<_, StepError>(CompetitionPass { leaves, auxiliary })
        })?;
        let seen = look(&tracked, &ready);
        let layers = tracked.output.layers.iter().map(LayerStepTensors::of).collect();
        let (task, total) = (tracked.task.clone().inner(), tracked.total.clone().inner());
        let (at, hits) = ((self.progress().step, self.progress().updates), tracked.hits.clone());
        Ok((Gradients { at, settings, parts: tracked.backward(), task, hits, total, layers, carried }, seen))
    }

    /// Length of the gradient of each expert's weights: `[N]` for each layer, from the parts of the gradient in the layout's
    /// order.
    pub(super) fn expert_gradients(&self, parts: &[Tensor<1>]) -> Vec<Tensor<1>> {
        let of_layer = |layer| self.expert_slots(layer).map(|place| parts[place].clone()).collect();
        (0..self.progress().rosters.len()).map(|layer| row_lengths(of_layer(layer), self.experts())).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use burn::tensor::Device;

    use super::*;
    use crate::domain::config::{Config, Form, Policy, Preset};
    use crate::domain::readings::StepReading;
    use crate::domain::state::State;
    use crate::engine::train::Reading;
    use crate::engine::train::locate::read;
    use crate::tasks;

    /// Two layers with biased experts; a probe is due after every `every` steps.
    fn trainer(every: u64) -> Trainer {
        let mut config: Config = Preset::Tiny.config();
        (config.model.expert_bias, config.cadence.probe_every) = (true, every);
        config.knobs.competition_rate = 0.5;
        let task = tasks::open(&config).unwrap();
        let state = State::initial(&config);
        Trainer::new(Arc::new(config), task, &Device::flex(), &state).unwrap()
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
        let parts: Vec<Vec<f32>> =
            trainer.gradients().unwrap().parts.into_iter().map(|part| part.into_data().try_to_vec().unwrap()).collect();
        let experts = trainer.experts();
        let slots = trainer.layout().slots.clone();
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

    /// A run of each oddity of a step: rescaled weights, a bias that moves, losses that are carried on, frozen tensors.
    fn oddities() -> Vec<(Policy, Form)> {
        use Policy::{BiasBalanced, CompeteSmoe, PerturbedCosine, SmoeDropout, StableMoe};
        let policies = [CompeteSmoe, PerturbedCosine, BiasBalanced, SmoeDropout, StableMoe];
        policies.map(|policy| (policy, Form::Language)).into_iter().chain([(CompeteSmoe, Form::Version1)]).collect()
    }

    fn odd(policy: Policy, form: Form) -> Trainer {
        let mut config: Config = Preset::Tiny.config();
        (config.knobs.policy, config.knobs.form, config.knobs.competition_rate) = (policy, form, 0.5);
        (config.knobs.freeze_step, config.cadence.probe_every) = (2, 2);
        config.faults.stale_competition_loss = true;
        let (task, state) = (tasks::open(&config).unwrap(), State::initial(&config));
        Trainer::new(Arc::new(config), task, &Device::flex(), &state).unwrap()
    }

    /// Length of the gradient of each tensor, before clipping.
    fn gradient_lengths(gradients: &Gradients) -> Vec<f32> {
        let lengths = gradients.parts.iter().map(|part| row_lengths(vec![part.clone()], 1));
        read(lengths).unwrap().concat()
    }

    /// A step in two calls, with looks at the gradients in between and gradients that are dropped, is a step.
    #[test]
    fn gradients_looked_at_dropped_and_applied_make_the_bits_of_a_step() {
        for (policy, form) in oddities() {
            let (mut whole, mut halves) = (odd(policy, form), odd(policy, form));
            let stepped = train(&mut whole, 5);
            for step in 1..=5 {
                drop(halves.gradients().unwrap());
                let gradients = halves.gradients().unwrap();
                assert_eq!(gradients.step(), step);
                let (before, lengths) = (halves.state().unwrap(), gradient_lengths(&gradients));
                assert!(before == halves.state().unwrap() && halves.progress().step + 1 == step, "{policy:?}");
                let square: f64 = lengths.iter().map(|&length| f64::from(length).powi(2)).sum();
                halves.validate_on(1).unwrap();
                halves.apply(gradients).unwrap();
                let readings = halves.read().unwrap().readings;
                let found =
                    readings.into_iter().find_map(|r| if let Reading::Step(step) = r { Some(step) } else { None });
                let (found, stepped) = (found.unwrap(), &stepped[step as usize - 1]);
                assert_eq!(&found, stepped, "{policy:?} {form:?}");
                let norm = stepped.gradient_norm;
                assert!((square.sqrt() - norm).abs() < 1e-4 * norm, "{policy:?}: {} {norm}", square.sqrt());
                assert_eq!(lengths.len(), halves.layout().slots.len());
            }
            assert!(whole.state().unwrap() == halves.state().unwrap(), "{policy:?} {form:?}");
        }
    }

    #[test]
    fn gradients_of_another_step_are_refused_and_change_nothing() {
        let mut trainer = trainer(3);
        let (late, fresh) = (trainer.gradients().unwrap(), trainer.gradients().unwrap());
        trainer.apply(fresh).unwrap();
        let before = trainer.state().unwrap();
        let why = trainer.apply(late).unwrap_err();
        assert_eq!(why.to_string(), "these are the gradients of step 1, and the next step is step 2; take them anew");
        assert!(trainer.state().unwrap() == before);
        assert_eq!(trainer.pending(), 1);
    }
}
