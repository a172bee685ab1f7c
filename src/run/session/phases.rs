//! Phases of the next step, one by one (route, compete, combine, learn): the gradients that are shown are those that are applied.

use std::sync::Arc;
use std::time::Instant;

use super::Session;
use crate::domain::readings::{PartLengths, Phase, PhaseReading};
use crate::engine::device::DeviceFailure;
use crate::engine::train::{Gradients, Reading, StepError, Trainer};
use crate::run::snapshot::{PausedBy, ShownPhases, Status};
use crate::run::{Fact, Notice};

/// The phases of a step that are shown, if any are.
#[derive(Default)]
pub(super) struct SessionPhases {
    held: Option<HeldPhases>,
}

struct HeldPhases {
    phase: Phase,
    reading: Arc<PhaseReading>,
    /// Of the step; `None` once they are applied.
    gradients: Option<Gradients>,
}

impl SessionPhases {
    /// As snapshots show them, where `step` steps are done.
    pub fn shown(&self, step: u64) -> Option<ShownPhases> {
        let held = self.held.as_ref()?;
        let stands = held.reading.step == step + u64::from(held.gradients.is_some());
        stands.then(|| ShownPhases { phase: held.phase, reading: held.reading.clone() })
    }

    /// Takes the next step, by the gradients that were shown if there are such.
    ///
    /// # Errors
    /// As [`Trainer::step`].
    pub fn step(&mut self, trainer: &mut Trainer) -> Result<(), StepError> {
        let mut held = self.held.take();
        let Some(gradients) = held.as_mut().and_then(|held| held.gradients.take()) else { return trainer.step() };
        trainer.apply_measured(gradients)?;
        self.held = held.map(|held| HeldPhases { phase: Phase::Learn, ..held });
        Ok(())
    }

    /// How far the step that was shown moved the weights.
    pub fn take_update(&mut self, update: PartLengths) {
        if let Some(held) = &mut self.held {
            Arc::make_mut(&mut held.reading).update = Some(update);
        }
    }

    /// Nothing is shown any more; the step whose phases it was, if that is not done.
    pub fn forget(&mut self) -> Option<u64> {
        self.held.take().filter(|held| held.gradients.is_some()).map(|held| held.reading.step)
    }

    /// The phase shown of a step that is not done.
    fn under_way(&mut self) -> Option<&mut Phase> {
        self.held.as_mut().filter(|held| held.gradients.is_some()).map(|held| &mut held.phase)
    }
}

impl Session {
    /// Shows the next phase of the next step. The last one applies what the others have shown. A run that trains is paused.
    pub(super) fn next_phase(&mut self) {
        if !self.run.is_open() || self.control.has_failed() {
            return;
        }
        if self.control.status() == Status::Running {
            self.control.pause(PausedBy::Person);
        }
        self.flush_readings();
        match self.phases.under_way() {
            Some(Phase::Combine) => {
                self.pace.resume();
                self.control.step(self.run.step(), 1);
            }
            Some(phase) => *phase = phase.next().unwrap_or(Phase::Learn),
            None => self.begin_phases(),
        }
        self.publish(true);
    }

    /// Computes the next step without applying it.
    fn begin_phases(&mut self) {
        self.phases.forget();
        let began = Instant::now();
        let Some(run) = self.run.open_mut().filter(|run| run.trainer().pending() == 0) else { return };
        let gradients = match run.trainer_mut().phases() {
            Ok(gradients) => Some(gradients),
            Err(StepError::Data(error)) => return self.lost_text(error),
            Err(StepError::Interrupted | StepError::Input | StepError::OtherStep { .. }) => {
                return self.device_failed(&DeviceFailure::Interrupted);
            }
        };
        let reading = self.read_apart().into_iter().find_map(|reading| match reading {
            Reading::Phases(reading) => Some(Arc::new(*reading)),
            _ => None,
        });
        self.pace.apart(began.elapsed());
        self.phases.held = reading.map(|reading| HeldPhases { phase: Phase::Route, reading, gradients });
    }

    /// The next step is another than the one whose phases are shown: says that nothing of it was applied.
    pub(super) fn discard_phases(&mut self) {
        if let Some(step) = self.phases.forget() {
            self.out.notice(Notice::Fact(Fact::PhasesDiscarded { step }));
        }
    }
}
