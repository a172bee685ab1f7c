//! Whether weights and moments are whole: an update takes them apart, and a panic inside it must not be read as a run.

use super::trainer::Trainer;
use crate::engine::device::DeviceFailure;
use crate::tasks::TaskError;

/// The commit of an update. It is open from the moment in which the weights are taken out of the trainer until
/// everything that belongs to the step stands in it again; a trainer left with an open commit is refused by every read.
#[derive(Clone, Debug, Default)]
pub(super) struct Commit {
    open: bool,
    /// Whether the next update panics, to see what happens then.
    panics: bool,
}

/// Why a step or a probe could not be queued.
#[derive(Debug, thiserror::Error)]
pub enum StepError {
    /// The data can no longer be read.
    #[error("{0}")]
    Data(#[from] TaskError),
    /// An earlier update of the weights was cut off part-way: the trainer cannot go on, only what was saved can.
    #[error("an update of the weights was cut off part-way, so that they cannot be used; go back to the last save")]
    Interrupted,
    /// What was to be evaluated is no input of the task.
    #[error("these are no inputs of this task; expected whole examples of what the task says of its shape")]
    Input,
    /// Gradients of another step than the next were to be applied.
    #[error("these are the gradients of step {of}, and the next step is step {next}; take them anew")]
    OtherStep {
        /// The step they are the gradients of, from 1.
        of: u64,
        /// The next step, from 1.
        next: u64,
    },
}

/// What [`Commit::whole`] says of an open commit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct CutOff;

impl From<CutOff> for DeviceFailure {
    fn from(_: CutOff) -> Self {
        Self::Interrupted
    }
}

impl From<CutOff> for StepError {
    fn from(_: CutOff) -> Self {
        Self::Interrupted
    }
}

impl Commit {
    /// Whether the last update came to its end.
    ///
    /// # Errors
    /// If it was cut off.
    pub fn whole(&self) -> Result<(), CutOff> {
        if self.open { Err(CutOff) } else { Ok(()) }
    }

    /// The weights are about to be taken apart.
    pub fn begin(&mut self) {
        self.open = true;
    }

    /// Everything that belongs to the step stands again.
    pub fn finish(&mut self) {
        self.open = false;
    }

    /// The next update panics.
    pub fn panic_next(&mut self) {
        self.panics = true;
    }

    /// Panics if [`Trainer::panic_in_next_update`] asked for it.
    pub(crate) fn panic_if_asked(&mut self) {
        assert!(!std::mem::take(&mut self.panics), "injected into an update for a test");
    }
}

impl Trainer {
    /// Lets the next update panic while the weights are taken apart, to see what happens then.
    #[doc(hidden)]
    pub(crate) fn panic_in_next_update(&mut self) {
        self.vectors_mut().panic_in_next_update();
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::Arc;

    use burn::tensor::Device;

    use super::*;
    use crate::domain::config::{Config, Policy, Preset, ProbeFamilies};
    use crate::domain::interventions::Intervention;
    use crate::domain::state::State;
    use crate::tasks;

    fn trainer(policy: Policy, state: Option<&State>) -> Trainer {
        let mut config: Config = Preset::Tiny.config();
        config.knobs.policy = policy;
        let task = tasks::open(&config).unwrap();
        let initial = State::initial(&config);
        Trainer::new(Arc::new(config), task, &Device::flex(), state.unwrap_or(&initial)).unwrap()
    }

    /// Whatever asks a trainer whose update panicked gets an answer, never another panic.
    #[test]
    fn a_trainer_whose_update_panicked_is_refused_by_whoever_reads_it() {
        // The second one rescales its weights before the update and puts them back after it.
        for policy in [Policy::CompeteSmoe, Policy::PerturbedCosine, Policy::BiasBalanced] {
            let mut trainer = trainer(policy, None);
            (0..3).for_each(|_| trainer.step().unwrap());
            let saved = trainer.state().unwrap();
            trainer.panic_in_next_update();
            assert!(catch_unwind(AssertUnwindSafe(|| trainer.step())).is_err(), "{policy:?}");

            assert_eq!(trainer.progress(), &saved.progress, "a step that was not made is not counted");
            assert_eq!(trainer.state().unwrap_err(), DeviceFailure::Interrupted);
            assert_eq!(trainer.read().unwrap_err(), DeviceFailure::Interrupted);
            assert_eq!(trainer.locate().unwrap_err(), DeviceFailure::Interrupted);
            assert_eq!(trainer.neurons(0).unwrap_err(), DeviceFailure::Interrupted);
            let queued = [
                trainer.step(),
                trainer.probe(ProbeFamilies::default()),
                trainer.validate(),
                trainer.knock_out(0, 0),
                trainer.counterfactual(0, 0, &[0, 1]),
                trainer.look(ProbeFamilies::default(), &mut 0),
            ];
            for queued in queued {
                assert!(matches!(queued, Err(StepError::Interrupted)), "{policy:?}: {queued:?}");
            }
            assert!(trainer.intervention(0, Intervention::PoisonRouter).is_err());
            assert!(matches!(trainer.step_by_parts(), Err(crate::engine::train::ProfileError::Device { .. })));
        }
    }

    /// What was saved before the panic goes on as if nothing had been.
    #[test]
    fn from_the_state_before_a_panic_the_run_goes_on_bit_for_bit() {
        let mut whole = trainer(Policy::CompeteSmoe, None);
        (0..3).for_each(|_| whole.step().unwrap());
        let saved = whole.state().unwrap();
        (0..3).for_each(|_| whole.step().unwrap());

        let mut cut = trainer(Policy::CompeteSmoe, Some(&saved));
        cut.panic_in_next_update();
        assert!(catch_unwind(AssertUnwindSafe(|| cut.step())).is_err());
        let mut rescued = trainer(Policy::CompeteSmoe, Some(&saved));
        (0..3).for_each(|_| rescued.step().unwrap());
        assert!(rescued.state().unwrap() == whole.state().unwrap());
    }
}
