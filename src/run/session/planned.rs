//! Planned changes of a session: what its set-up does to the run, each right before the step it is to act on.

use std::collections::VecDeque;
use std::sync::Arc;

use super::Session;
use super::commands::SurgeryFailure;
use super::undo::turned;
use crate::domain::config::Knobs;
use crate::domain::roster::Surgery;
use crate::run::open_run::OpenRun;
use crate::run::{Asked, Command, Notice, Planned, PlannedChange, Reason, RunSetup};
use crate::store::history::PackedChange;

/// What is still to be done to a run.
#[derive(Debug, Default)]
pub(super) struct SessionPlan {
    changes: VecDeque<PlannedChange>,
    /// The knobs that were planned last.
    knobs: Knobs,
    /// As snapshots show it.
    shown: Arc<Vec<PlannedChange>>,
}

impl SessionPlan {
    /// Nothing is planned any more.
    pub fn forget(&mut self) {
        *self = Self::default();
    }

    /// The changes of a run that begins with these knobs.
    fn of(knobs: Knobs, changes: Vec<PlannedChange>) -> Self {
        let mut plan = Self { changes: changes.into(), knobs, shown: Arc::default() };
        plan.show();
        plan
    }

    /// The next change, if it is to be done now that `step` steps are done; with the knobs planned before and after it.
    fn due(&mut self, step: u64) -> Option<(Planned, [Knobs; 2])> {
        self.changes.front().filter(|change| change.at <= step)?;
        let PlannedChange { what, .. } = self.changes.pop_front()?;
        let before = self.knobs.clone();
        what.turns(&mut self.knobs);
        self.show();
        Some((what, [before, self.knobs.clone()]))
    }

    fn show(&mut self) {
        self.shown = Arc::new(self.changes.iter().cloned().collect());
    }

    /// What is still to come.
    pub fn shared(&self) -> Arc<Vec<PlannedChange>> {
        self.shown.clone()
    }
}

impl Session {
    /// Begins another run by a set-up.
    pub(super) fn new_setup(&mut self, setup: RunSetup) {
        self.run.wish(crate::run::From::Setup(Box::new(setup.clone())));
        self.begin_setup(setup);
    }

    /// Begins a run by a set-up; what is to be done before its first step is done at once.
    pub(super) fn begin_setup(&mut self, setup: RunSetup) {
        let RunSetup { config, text, changes } = setup;
        let plan = SessionPlan::of(config.knobs.clone(), changes);
        let stands = self.replace(plan, |place| {
            let run = OpenRun::fresh(config, place)?;
            let corpus = run.trainer().task().corpus();
            if text.zip(corpus).is_some_and(|(text, corpus)| !text.matches(corpus.identity())) {
                return Err(Reason::NotItsText);
            }
            Ok(run)
        });
        if stands {
            self.do_planned();
            self.publish(true);
        }
    }

    /// Does what is to be done before the next step.
    pub(super) fn do_planned(&mut self) {
        while let Some((what, [before, after])) = self.plan.due(self.step_done()) {
            match what {
                Planned::Ask(Command::SetKnobs(_)) => {
                    let now = self.run.open().map(|run| run.trainer().progress().knobs.clone());
                    if let Some(knobs) = now.and_then(|now| turned(&now, &before, &after)) {
                        self.do_as_asked(Command::SetKnobs(knobs));
                    }
                }
                Planned::Ask(command) => self.do_as_asked(command),
                Planned::Experts { target, surgery, changes } => self.reshape_as_it_was(target, surgery, changes),
            }
        }
    }

    fn do_as_asked(&mut self, command: Command) {
        let asked = command.clone().to(self.id());
        self.follow(command, asked, false);
    }

    /// Changes the number of experts as it was changed once.
    fn reshape_as_it_was(&mut self, target: usize, surgery: Surgery, changes: Vec<PackedChange>) {
        self.hold_before(&Command::Experts { target, surgery });
        let Some(before) = self.run.open().map(|run| run.trainer().progress().clone()) else { return };
        let layers: Vec<String> = match self.reshape_again(&changes) {
            Ok(done) => before.rosters.iter().zip(&done).map(|(roster, change)| roster.describe(change)).collect(),
            Err(SurgeryFailure::Refused(why)) => return self.refuse(Asked::Experts { surgery, target }, why),
            Err(SurgeryFailure::Device(failure)) => return self.device_failed(&failure),
        };
        let from = before.rosters.first().map_or(0, |roster| roster.len());
        self.journal_experts((surgery, from, target), changes, &layers);
        let top_k = (target < before.knobs.top_k).then_some(target);
        self.out.notice(Notice::Reshaped { from, to: target, layers, top_k });
    }
}
