//! The newest readings of a run: step, probe, validation and other routes, as snapshots show them.

use std::sync::Arc;

use crate::domain::config::ProbeFamilies;
use crate::domain::readings::{Counterfactual, ProbeReading, StepReading, ValidationReading};
use crate::engine::train::{StepError, Trainer};
use crate::run::snapshot::SnapshotNewest;

/// What was measured last, and whose turn it is to be knocked out. Comparisons of weights and maps are apart.
#[derive(Clone, Default)]
pub(super) struct SessionNewest {
    newest: SnapshotNewest,
    /// Experts knocked out so far, in turn; goes on from run to run.
    knocked: usize,
}

impl SessionNewest {
    /// As snapshots show them, without weights and maps.
    pub fn snapshot(&self) -> SnapshotNewest {
        self.newest.clone()
    }

    /// The newest probe.
    pub fn probe(&self) -> Option<&Arc<ProbeReading>> {
        self.newest.probe.as_ref()
    }

    /// The newest validation.
    pub fn validation(&self) -> Option<ValidationReading> {
        self.newest.validation
    }

    /// Queues the probe that a run takes at its cadence, and knocks out the experts whose turn it is.
    ///
    /// # Errors
    /// As [`Trainer::look`].
    pub fn look(&mut self, trainer: &mut Trainer, measures: ProbeFamilies) -> Result<(), StepError> {
        trainer.look(measures, &mut self.knocked)
    }

    pub fn take_step(&mut self, step: Arc<StepReading>) {
        self.newest.step = Some(step);
    }

    pub fn take_probe(&mut self, probe: Arc<ProbeReading>) {
        self.newest.probe = Some(probe);
    }

    pub fn take_validation(&mut self, validation: ValidationReading) {
        self.newest.validation = Some(validation);
    }

    pub fn take_counterfactual(&mut self, found: Counterfactual) {
        self.newest.counterfactual = Some(Arc::new(found));
    }

    /// Another run is open.
    pub fn forget(&mut self) {
        self.newest = SnapshotNewest::default();
    }

    /// The experts are others: what was seen was seen of those before. What the whole network was scored stays.
    pub fn forget_experts(&mut self) {
        self.newest = SnapshotNewest { validation: self.newest.validation, ..SnapshotNewest::default() };
    }
}
