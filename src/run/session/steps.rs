//! Training steps of a session, one at a time, with the probe, validation and save that fall due after each.

use std::time::{Duration, Instant};

use super::Session;
use crate::engine::device::DeviceFailure;
use crate::engine::train::StepError;
use crate::run::snapshot::{PausedBy, Status};
use crate::run::{InjectedFault, Notice};

/// When a session has something to do by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::run) enum Due {
    /// A step, or a piece of work of a watch, now.
    Step,
    /// A step or a save, after so long.
    After(Duration),
    /// Nothing until a command comes.
    Never,
}

impl Session {
    /// Whether a step is wanted, however slowly.
    pub fn wants_step(&self) -> bool {
        self.run.is_open() && self.control.wants_step(self.step_done())
    }

    /// When it has something to do next.
    pub fn due(&self) -> Due {
        if let Some(wait) = self.watched.due_in() {
            let now = if wait.is_zero() { Due::Step } else { Due::After(wait) };
            return if self.control.has_failed() { Due::Never } else { now };
        }
        if !self.wants_step() {
            return self.until_save().map_or(Due::Never, Due::After);
        }
        self.pace.until_due(self.control.speed()).map_or(Due::Step, Due::After)
    }

    /// Another session was at work for so long.
    pub fn waited(&mut self, span: Duration) {
        self.pace.apart(span);
    }

    /// Reads and shows what was done before it waits. While other sessions train (`busy`), once.
    pub fn rest(&mut self, busy: bool) {
        if busy && self.shown.is_complete() {
            return;
        }
        self.flush_readings();
        let waits = !self.wants_step();
        let drawn = self.draw_maps(busy || !waits);
        self.publish(waits || drawn);
        self.shown.complete();
    }

    /// What is due without a command: a step, or a save by the clock.
    pub fn work(&mut self) {
        if self.watched.is_under_way() {
            self.follow_watched();
        } else if !self.wants_step() {
            self.save_by_clock();
        } else if self.pace.until_due(self.control.speed()).is_none() {
            self.shown.outdate();
            self.do_planned();
            // It may have failed, or wait for an answer.
            if self.wants_step() {
                self.advance();
            }
        }
    }

    /// Queues one step, with the probe and validation that fall due after it: which step, and whether there is a probe.
    ///
    /// # Errors
    /// As [`Trainer::step`](crate::engine::train::Trainer::step).
    pub(super) fn queue_step(&mut self) -> Result<(u64, bool), StepError> {
        let cadence = self.run.config().cadence.clone();
        let on_cpu = self.device.is_cpu() == Some(true);
        let Some(run) = self.run.open_mut() else { return Err(StepError::Interrupted) };
        let trainer = run.trainer_mut();
        self.phases.step(trainer)?;
        let step = trainer.progress().step;
        self.pace.queue_step();
        if step.is_multiple_of(cadence.validate_every) {
            trainer.validate()?;
        }
        let looks = step.is_multiple_of(cadence.probe_every);
        if looks {
            if on_cpu {
                self.pace.look();
            }
            self.newest.look(trainer, cadence.measures)?;
        }
        Ok((step, looks))
    }

    /// Takes one step, with the probe, validation and save that fall due after it.
    fn advance(&mut self) {
        if self.fault.take(InjectedFault::Panic) {
            panic!("injected for a test");
        }
        if self.fault.take(InjectedFault::PanicInUpdate)
            && let Some(run) = self.run.open_mut()
        {
            run.trainer_mut().panic_in_next_update();
        }
        let on_cpu = self.device.is_cpu() == Some(true);
        let config = self.run.config().clone();
        let began = Instant::now();
        let queued = self.queue_step();
        let spent = self.pace.stepped(began, config.tokens_per_step() as u64);
        let step = self.step_done();
        let Some(run) = self.run.open_mut() else { return };
        run.spend(step, spent);
        let due = |every: u64, step: u64| step.is_multiple_of(every);
        let (step, looked) = match queued {
            Ok(queued) => queued,
            Err(StepError::Data(error)) => return self.lost_text(error),
            Err(StepError::Interrupted | StepError::Input | StepError::OtherStep { .. }) => {
                return self.device_failed(&DeviceFailure::Interrupted);
            }
        };
        self.run.has_text();
        let arrived = self.control.arrived(step);
        let by_clock = self.until_save().is_some_and(|wait| wait.is_zero());
        let save = !self.keep.autosave_place().is_never() && (due(config.cadence.autosave_every, step) || by_clock);
        // A look is read at once where reading waits for nothing; else it comes with the next read that is due.
        if self.pace.read_is_due() || arrived || save || (looked && on_cpu) {
            self.flush_readings();
            self.hold_in_passing();
            let drawn = self.draw_maps(!arrived);
            self.publish(drawn);
        }
        // Reading may have found that the step was not finite and gone back before it.
        let stands = self.run.is_open() && self.step_done() == step;
        if stands && !self.control.has_failed() {
            if save {
                // What became of it was said; the run goes on, or waits for room.
                let _ = self.autosave();
            }
            // A step taken by hand is seen without words; the end of the plan is worth them.
            if self.control.status() == Status::Paused(PausedBy::Plan) && arrived {
                self.out.notice(Notice::Finished { step });
            }
        }
    }
}
