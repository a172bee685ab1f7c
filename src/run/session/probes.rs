//! Probes on request or after a change: a probe, the ablation of an expert, other routes of a token.

use std::sync::Arc;

use super::Session;
use crate::domain::config::ProbeFamilies;
use crate::domain::readings::{ProbeReading, ValidationReading};
use crate::engine::train::Reading;
use crate::run::{Asked, Reason};
use crate::store::history::What;

impl Session {
    /// The probe of the network as it is; neither history nor files hold it, or two equal runs would differ by having been
    /// looked at. `None` if it could not be taken.
    pub(super) fn fresh_probe(&mut self, measures: ProbeFamilies) -> Option<Arc<ProbeReading>> {
        self.flush_readings();
        let trainer = self.run.open_mut()?.trainer_mut();
        trainer.probe(measures).ok()?;
        self.read_apart().into_iter().find_map(|reading| match reading {
            Reading::Probe(probe) => Some(Arc::new(probe)),
            _ => None,
        })
    }

    /// Probes a run that has learned something already, so that its panels are full before its next step: a checkpoint
    /// just opened, or experts just changed.
    pub(super) fn look_around(&mut self) {
        let Some(run) = self.run.open() else { return };
        if let Some((step, loss)) = run.last_validation() {
            self.newest.take_validation(ValidationReading { step, loss, accuracy: None });
        }
        if run.step() == 0 {
            return;
        }
        let Some(probe) = self.fresh_probe(self.run.config().cadence.measures) else { return };
        if let Some(run) = self.run.open_mut() {
            run.begin_probes(&probe);
        }
        self.newest.take_probe(probe);
    }

    /// Measures what every expert of a layer is worth, now.
    pub(super) fn knock_out_all(&mut self, layer: usize) {
        let Some(probe) =
            self.fresh_probe(ProbeFamilies { representation: false, similarity: false, knock_out: false })
        else {
            return;
        };
        let Some(run) = self.run.open_mut() else { return };
        for slot in 0..run.trainer().experts() {
            if run.trainer_mut().knock_out(layer, slot).is_err() {
                return;
            }
        }
        for reading in self.read_apart() {
            if let (Reading::KnockOut(knocked), Some(run)) = (reading, self.run.open_mut()) {
                run.record_knock_out(&knocked, &probe);
            }
        }
        self.publish(true);
    }

    /// Tries other routes of a token of the probe, from the route that the network takes now: the probe is taken again.
    pub(super) fn explain(&mut self, layer: usize, token: usize) {
        if self.newest.probe().is_none() {
            return self.refuse(Asked::OtherRoutes, Reason::NoProbe);
        }
        let Some(probe) = self.fresh_probe(self.run.config().cadence.measures) else { return };
        self.newest.take_probe(probe.clone());
        let Some(choices) = probe.layers.get(layer).map(|layer| &layer.choices).filter(|c| token < c.tokens()) else {
            return self.refuse(Asked::OtherRoutes, Reason::NoToken);
        };
        let Some(run) = self.run.open_mut() else { return };
        if run.trainer_mut().counterfactual(layer, token, choices.picks(token)).is_err() {
            return;
        }
        for reading in self.read_apart() {
            if let Reading::Counterfactual(found) = reading {
                self.newest.take_counterfactual(found);
            }
        }
        self.publish(true);
    }

    /// From now on saturation is measured against the newest probe.
    pub(super) fn take_reference(&mut self) {
        self.flush_readings();
        let Some(probe) = self.newest.probe().cloned() else {
            return self.refuse(Asked::Reference, Reason::NoProbe);
        };
        let Some(run) = self.run.open_mut() else { return };
        let step = probe.step;
        run.set_reference(probe);
        self.journal(What::Reference { probe: step });
        self.publish(true);
    }

    /// The loss of a validation that was queued, and nothing else is queued.
    pub(super) fn read_validation(&mut self) -> Option<f64> {
        self.read_apart().into_iter().find_map(|reading| match reading {
            Reading::Validation(validation) => Some(validation.loss),
            _ => None,
        })
    }

    /// Reads what was queued to be looked at, and nothing else is queued.
    pub(super) fn read_apart(&mut self) -> Vec<Reading> {
        let Some(run) = self.run.open_mut() else { return Vec::new() };
        match run.trainer_mut().read() {
            Ok(batch) => batch.readings,
            Err(failure) => {
                self.device_failed(&failure);
                Vec::new()
            }
        }
    }
}
