//! Run, pause and step: a pure machine that says whether to train on, fed with commands and finished steps. No clock, no thread.

use super::snapshot::{Failure, PausedBy, Status};

/// What the run does next.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Control {
    mode: Mode,
    speed: Option<f64>,
}

#[derive(Clone, Debug, PartialEq)]
enum Mode {
    /// Train until the step, without end if `None`.
    Running {
        until: Option<u64>,
        then: PausedBy,
    },
    Paused(PausedBy),
    /// Waits for something outside, then does again what it did before.
    Held {
        by: PausedBy,
        before: Box<Mode>,
    },
    Failed(Failure),
}

impl Control {
    /// A run that waits.
    pub fn paused(by: PausedBy) -> Self {
        Self { mode: Mode::Paused(by), speed: None }
    }

    /// At most so many steps a second; `None` as fast as it goes.
    pub fn speed(&self) -> Option<f64> {
        self.speed
    }

    /// At most so many steps a second from now on; no number above 0 is as fast as it goes.
    pub fn set_speed(&mut self, speed: Option<f64>) {
        self.speed = speed.filter(|speed| *speed > 0.0);
    }

    /// Run: until the plan, or without end if the plan is done. A failed run stays failed.
    pub fn run(&mut self, step: u64, plan: u64) {
        let until = (step < plan).then_some(plan);
        self.set(Mode::Running { until, then: PausedBy::Plan });
    }

    /// Train `count` more steps. Asked again while stepping, the steps add up.
    pub fn step(&mut self, step: u64, count: u64) {
        let (from, before) = match self.mode {
            Mode::Running { until: Some(until), then: PausedBy::Steps(before) } => (until, before),
            _ => (step, 0),
        };
        let until = Some(from.saturating_add(count));
        if count > 0 {
            self.set(Mode::Running { until, then: PausedBy::Steps(before.saturating_add(count)) });
        }
    }

    /// Train until `target` steps are done, then pause.
    pub fn stop_at(&mut self, step: u64, target: u64) {
        self.set(Mode::Running { until: Some(target), then: PausedBy::Steps(target.saturating_sub(step)) });
    }

    /// Pause, for whatever reason. A failed run stays failed.
    pub fn pause(&mut self, by: PausedBy) {
        self.set(Mode::Paused(by));
    }

    /// Wait for something outside; [`Control::release`] leads back to what was going on. A failed run stays failed, and
    /// one that stands before a step that is not finite stays there.
    pub fn hold(&mut self, by: PausedBy) {
        let before = match &self.mode {
            Mode::Failed(_) | Mode::Paused(PausedBy::NotFinite { .. }) => return,
            Mode::Held { before, .. } => before.clone(),
            other => Box::new(other.clone()),
        };
        self.mode = Mode::Held { by, before };
    }

    /// What was waited for is there.
    pub fn release(&mut self) {
        if let Mode::Held { before, .. } = &self.mode {
            self.mode = Mode::clone(before);
        }
    }

    fn set(&mut self, mode: Mode) {
        if !matches!(self.mode, Mode::Failed(_)) {
            self.mode = mode;
        }
    }

    /// The run cannot go on; only [`Control::renew`] leads out.
    pub fn fail(&mut self, failure: Failure) {
        self.mode = Mode::Failed(failure);
    }

    /// A new or reopened run stands.
    pub fn renew(&mut self, by: PausedBy) {
        self.mode = Mode::Paused(by);
    }

    /// Whether another step should be taken now that `step` are done.
    pub fn wants_step(&self, step: u64) -> bool {
        matches!(self.mode, Mode::Running { until, .. } if until.is_none_or(|until| step < until))
    }

    /// Call after each step: pauses when the steps asked for are done, and says so.
    pub fn arrived(&mut self, step: u64) -> bool {
        match &self.mode {
            Mode::Running { until: Some(until), then } if step >= *until => {
                self.mode = Mode::Paused(then.clone());
                true
            }
            _ => false,
        }
    }

    /// The state as the snapshot shows it.
    pub fn status(&self) -> Status {
        match &self.mode {
            Mode::Running { .. } => Status::Running,
            Mode::Paused(by) | Mode::Held { by, .. } => Status::Paused(by.clone()),
            Mode::Failed(failure) => Status::Failed(failure.clone()),
        }
    }

    /// Whether the run has failed.
    pub fn has_failed(&self) -> bool {
        matches!(self.mode, Mode::Failed(_))
    }
}

#[cfg(test)]
mod tests {
    use super::super::snapshot::FailureCause;
    use super::*;

    #[test]
    fn run_stops_at_the_plan_once_and_then_goes_on_without_end() {
        let mut control = Control::paused(PausedBy::Start);
        assert!(!control.wants_step(0));
        control.run(0, 3);
        assert!(control.wants_step(2) && !control.arrived(2) && control.arrived(3));
        assert_eq!(control.status(), Status::Paused(PausedBy::Plan));
        control.run(3, 3);
        assert!(control.wants_step(3) && !control.arrived(1_000_000));
    }

    #[test]
    fn steps_add_up_and_zero_steps_are_none() {
        let mut control = Control::paused(PausedBy::Start);
        control.step(10, 0);
        assert_eq!(control.status(), Status::Paused(PausedBy::Start));
        control.step(10, 1);
        control.step(10, 2);
        assert!(control.wants_step(12) && !control.arrived(12) && control.arrived(13));
        assert_eq!(control.status(), Status::Paused(PausedBy::Steps(3)), "as many as were asked for");
        control.step(13, 1);
        assert!(control.arrived(14));
        assert_eq!(control.status(), Status::Paused(PausedBy::Steps(1)), "those before it paused do not count");
    }

    #[test]
    fn stepping_while_running_stops_after_the_steps() {
        let mut control = Control::paused(PausedBy::Start);
        control.run(0, 100);
        control.step(5, 1);
        assert!(control.wants_step(5) && control.arrived(6));
        assert_eq!(control.status(), Status::Paused(PausedBy::Steps(1)));
    }

    #[test]
    fn a_run_stops_at_the_step_named() {
        let mut control = Control::paused(PausedBy::Start);
        control.run(0, 100);
        control.stop_at(7, 9);
        assert!(control.wants_step(8) && !control.arrived(8) && control.arrived(9));
        assert_eq!(control.status(), Status::Paused(PausedBy::Steps(2)));
    }

    #[test]
    fn a_held_run_goes_on_with_what_it_did() {
        let full = || PausedBy::DiskFull { folder: "there".into(), bytes: 9 };
        let mut control = Control::paused(PausedBy::Start);
        control.run(0, 100);
        control.hold(full());
        control.hold(full());
        assert!(!control.wants_step(5) && control.status() == Status::Paused(full()));
        control.release();
        assert!(control.wants_step(99) && !control.wants_step(100));
        control.pause(PausedBy::Steps(1));
        control.hold(full());
        control.release();
        assert_eq!(control.status(), Status::Paused(PausedBy::Steps(1)));
        control.hold(full());
        control.run(5, 100);
        assert_eq!(control.status(), Status::Running, "asked to go on, it does");
        let bad = PausedBy::NotFinite { step: 5, place: "here".into(), causes: vec![] };
        control.pause(bad.clone());
        control.hold(full());
        assert_eq!(control.status(), Status::Paused(bad));
    }

    #[test]
    fn a_failed_run_stays_failed_until_it_is_renewed() {
        let mut control = Control::paused(PausedBy::Start);
        control.fail(Failure { cause: FailureCause::NoText(std::io::Error::other("gone").into()), ways: vec![] });
        control.run(0, 10);
        control.step(0, 1);
        control.pause(PausedBy::Person);
        assert!(control.has_failed() && !control.wants_step(0));
        control.renew(PausedBy::Opened);
        control.run(0, 10);
        assert_eq!(control.status(), Status::Running);
    }
}
