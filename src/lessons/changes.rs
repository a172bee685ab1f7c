//! What somebody has changed since a goal was set, so that it can be said that it was one control or two.

use std::collections::BTreeSet;

use super::ids::ControlId;
use crate::domain::config::{Config, KNOBS, Knobs, TaskConfig};
use crate::run::Snapshot;
use crate::store::history::What;

/// Something that was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum LessonChange {
    /// A control.
    Control(ControlId),
    /// Something was done to experts on purpose, in the fault lab.
    Intervention,
    /// Competitions were painted by hand.
    Painting,
    /// Anything else that a run begins with.
    Other,
}

/// How a run was when the goal was set, and what has changed since.
#[derive(Clone, Debug)]
pub(super) struct Changes {
    knobs: Knobs,
    config: Config,
    experts: usize,
    /// Entries of the journal by then.
    entries: usize,
    /// Steps of the newest snapshot.
    step: u64,
    found: BTreeSet<LessonChange>,
}

impl Changes {
    /// Nothing has changed yet.
    pub fn since(shot: &Snapshot) -> Self {
        Self {
            knobs: shot.knobs.clone(),
            config: Config::clone(&shot.config),
            experts: shot.experts(),
            entries: shot.memory.history.journal.entries().len(),
            step: shot.step,
            found: BTreeSet::new(),
        }
    }

    /// Takes in a snapshot. What was put back before a step was taken is no change.
    pub fn take(&mut self, shot: &Snapshot) {
        let entries = shot.memory.history.journal.entries();
        if shot.step < self.step {
            // Another run has begun.
            (self.entries, self.step) = (0, 0);
        }
        if shot.step > self.step {
            self.found.extend(self.standing(shot));
            for entry in entries.iter().skip(self.entries).filter(|entry| entry.step < shot.step) {
                match entry.what {
                    What::Intervened { .. } => drop(self.found.insert(LessonChange::Intervention)),
                    What::Painted { .. } => drop(self.found.insert(LessonChange::Painting)),
                    _ => {}
                }
            }
        }
        self.step = shot.step;
    }

    /// What differs now.
    fn standing(&self, shot: &Snapshot) -> Vec<LessonChange> {
        let mut found = Vec::new();
        let mut differs = |control: ControlId, differs: bool| {
            if differs {
                found.push(LessonChange::Control(control));
            }
        };
        for spec in KNOBS {
            differs(ControlId::Knob(spec.id), spec.words(&self.knobs) != spec.words(&shot.knobs));
        }
        differs(ControlId::Experts, shot.experts() != self.experts);
        differs(ControlId::Seed, shot.config.seed != self.config.seed);
        let mut config = Config::clone(&shot.config);
        if let (TaskConfig::Plane(before), TaskConfig::Plane(now)) = (&self.config.task, &mut config.task) {
            differs(ControlId::Data, before.data != now.data);
            differs(ControlId::Noise, before.noise != now.noise);
            (now.data, now.noise) = (before.data, before.noise);
        }
        (config.seed, config.knobs) = (self.config.seed, self.config.knobs.clone());
        config.model.experts = self.config.model.experts;
        config.cadence = self.config.cadence.clone();
        if config != self.config {
            found.push(LessonChange::Other);
        }
        found
    }

    /// All that was changed.
    pub fn found(&self) -> &BTreeSet<LessonChange> {
        &self.found
    }
}
