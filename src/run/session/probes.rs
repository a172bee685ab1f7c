//! Looking at the run when somebody asks or something was done: a probe, what an expert is worth, other routes of a token.

use std::sync::Arc;

use super::Session;
use crate::domain::config::ProbeFamilies;
use crate::domain::readings::{KnockOut, ProbeReading, ValidationReading};
use crate::engine::train::Reading;
use crate::run::{Asked, Reason};
use crate::store::history::{ProbeRecord, RunMeasure, Series, SeriesKey, What};

impl Session {
    /// The probe of the network as it is; neither history nor files hold it, or two equal runs would differ by having been
    /// looked at. `None` if it could not be taken.
    pub(super) fn fresh_probe(&mut self, measures: ProbeFamilies) -> Option<Arc<ProbeReading>> {
        self.settle();
        let trainer = &mut self.engine.as_mut()?.trainer;
        trainer.probe(measures).ok()?;
        self.read_apart().into_iter().find_map(|reading| match reading {
            Reading::Probe(probe) => Some(Arc::new(probe)),
            _ => None,
        })
    }

    /// Probes a run that has learned something already, so that its panels are full before its next step: a checkpoint
    /// just opened, or experts just changed.
    pub(super) fn look_around(&mut self) {
        let Some(engine) = self.engine.as_mut() else { return };
        if let Some((step, loss)) = engine.history.get(SeriesKey::Run(RunMeasure::Validation)).and_then(Series::last) {
            self.seen.validation = Some(ValidationReading { step, loss, accuracy: None });
        }
        if engine.trainer.progress().step == 0 {
            return;
        }
        let Some(probe) = self.fresh_probe(self.config.cadence.measures) else { return };
        if let Some(engine) = self.engine.as_mut() {
            // What the run's next probe measures against, as if it had taken this one at its cadence.
            engine.trainer.anchor();
            engine.history.begin_probes(&probe, &engine.trainer.progress().rosters);
        }
        self.seen.probe = Some(probe);
    }

    /// Measures what every expert of a layer is worth, now.
    pub(super) fn knock_out_all(&mut self, layer: usize) {
        let Some(probe) =
            self.fresh_probe(ProbeFamilies { representation: false, similarity: false, knock_out: false })
        else {
            return;
        };
        let Some(engine) = self.engine.as_mut() else { return };
        for slot in 0..engine.trainer.experts() {
            if engine.trainer.knock_out(layer, slot).is_err() {
                return;
            }
        }
        for reading in self.read_apart() {
            if let Reading::KnockOut(knocked) = reading {
                self.take_knock_out(knocked, &probe);
            }
        }
        self.publish(true);
    }

    /// Tries other routes of a token of the probe, from the route that the network takes now: the probe is taken again.
    pub(super) fn explain(&mut self, layer: usize, token: usize) {
        if self.seen.probe.is_none() {
            return self.refuse(Asked::OtherRoutes, Reason::NoProbe);
        }
        let Some(probe) = self.fresh_probe(self.config.cadence.measures) else { return };
        self.seen.probe = Some(probe.clone());
        let Some(choices) = probe.layers.get(layer).map(|layer| &layer.choices).filter(|c| token < c.tokens()) else {
            return self.refuse(Asked::OtherRoutes, Reason::NoToken);
        };
        let Some(engine) = self.engine.as_mut() else { return };
        if engine.trainer.counterfactual(layer, token, choices.picks(token)).is_err() {
            return;
        }
        for reading in self.read_apart() {
            if let Reading::Counterfactual(found) = reading {
                self.seen.counterfactual = Some(Arc::new(found));
            }
        }
        self.publish(true);
    }

    /// From now on saturation is measured against the newest probe.
    pub(super) fn take_reference(&mut self) {
        self.settle();
        let Some(probe) = self.seen.probe.clone() else {
            return self.refuse(Asked::Reference, Reason::NoProbe);
        };
        let Some(engine) = self.engine.as_mut() else { return };
        let rosters = Arc::new(engine.trainer.progress().rosters.clone());
        let step = probe.step;
        engine.history.reference = Some(ProbeRecord { probe, rosters });
        self.journal(What::Reference { probe: step });
        self.publish(true);
    }

    /// Puts down what an expert is worth: how much the probe's loss rises without it.
    pub(super) fn take_knock_out(&mut self, knocked: KnockOut, probe: &ProbeReading) {
        let Some(engine) = self.engine.as_mut() else { return };
        let roster = &engine.trainer.progress().rosters[knocked.layer];
        let (Some(with), Some(&expert)) = (probe.mean_loss(), roster.slots.get(knocked.slot)) else { return };
        engine.history.push_knock_out(knocked.step, knocked.layer, expert, knocked.loss - with);
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
        let Some(engine) = self.engine.as_mut() else { return Vec::new() };
        match engine.trainer.read() {
            Ok(batch) => batch.readings,
            Err(failure) => {
                self.device_failed(&failure);
                Vec::new()
            }
        }
    }
}
