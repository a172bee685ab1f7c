//! The fault lab of a run: does what was asked, and watches whether the measures notice.

use std::sync::Arc;

use super::Session;
use super::commands::SurgeryFailure;
use crate::domain::interventions::{Intervention, LayerInterventions};
use crate::domain::readings::ProbeReading;
use crate::domain::roster::{Change, Origin, Roster};
use crate::run::trial::InterventionTrial;
use crate::run::{Asked, Reason};
use crate::store::history::What;

/// Trials that are remembered.
const TRIALS: usize = 16;

/// What was done to a run on purpose, oldest first, and whether the measures noticed.
#[derive(Clone, Debug, Default)]
pub(super) struct Trials(Arc<Vec<InterventionTrial>>);

impl Trials {
    /// As snapshots show them.
    pub fn shared(&self) -> Arc<Vec<InterventionTrial>> {
        self.0.clone()
    }

    /// Another run is open.
    pub fn forget(&mut self) {
        *self = Self::default();
    }

    /// Adds one; beyond [`TRIALS`] the oldest goes.
    fn push(&mut self, trial: InterventionTrial) {
        let trials = Arc::make_mut(&mut self.0);
        if trials.len() == TRIALS {
            trials.remove(0);
        }
        trials.push(trial);
    }

    /// Reads the signs of what was done last in a probe; what was done before something else was done is no longer what is
    /// seen. `roster` gives the experts of a layer.
    fn read(&mut self, probe: &ProbeReading, roster: impl Fn(usize) -> Roster) {
        let Some(newest) = self.0.last().map(|trial| trial.step) else { return };
        for trial in Arc::make_mut(&mut self.0).iter_mut().filter(|trial| trial.step == newest) {
            if trial.layer < probe.layers.len() {
                trial.read(probe, &roster(trial.layer));
            }
        }
    }
}

impl Session {
    /// Does something to a layer on purpose, or says why not.
    pub(super) fn intervention(&mut self, layer: usize, intervention: Intervention) {
        self.flush_readings();
        let before = self.seen_before(intervention);
        let Some(run) = self.run.open() else { return };
        if run.trainer().progress().rosters.get(layer).is_none() {
            return self.refuse(Asked::Intervention(intervention), Reason::NoLayer);
        }
        if !intervention.can_be_taken_back() && !self.save_first() {
            return self.publish(true);
        }
        match self.intervene(layer, intervention, before.as_deref()) {
            Ok(trial) => {
                self.journal(What::Intervened { layer, intervention });
                self.watch_from_now(trial, intervention);
            }
            Err(SurgeryFailure::Refused(why)) => return self.refuse(Asked::Intervention(intervention), why),
            Err(SurgeryFailure::Device(failure)) => return self.device_failed(&failure),
        }
        self.publish(true);
    }

    /// The probe that shows the network before something is done to it.
    pub(super) fn seen_before(&mut self, intervention: Intervention) -> Option<Arc<ProbeReading>> {
        match intervention {
            Intervention::Freeze { .. } => self.newest.probe().cloned(),
            _ => self.fresh_probe(self.run.config().cadence.measures),
        }
    }

    /// Does something to a layer on purpose, with the surgery behind it if there is one; the trial that has seen `before`.
    pub(super) fn intervene(
        &mut self,
        layer: usize,
        intervention: Intervention,
        before: Option<&ProbeReading>,
    ) -> Result<InterventionTrial, SurgeryFailure> {
        let roster = self.roster(layer);
        let Some(run) = self.run.open_mut() else { return Err(SurgeryFailure::Refused(Reason::NoRun)) };
        let trial = InterventionTrial::new(run.step(), layer, intervention, before, &roster);
        let done = run.trainer_mut().intervention(layer, intervention);
        done.map_err(|why| SurgeryFailure::Refused(why.into()))?;
        if let Some(change) = change_of(intervention, &roster) {
            self.change_one(layer, change)?;
        }
        Ok(trial)
    }

    /// Watches whether the measures notice what was done just now.
    pub(super) fn watch_from_now(&mut self, mut trial: InterventionTrial, intervention: Intervention) {
        // Weights move only with steps: what the last regular probe saw stays what the next one is compared with.
        let waits = matches!(intervention, Intervention::Freeze { .. });
        let measures = self.run.config().cadence.measures;
        if let Some(after) = (!waits).then(|| self.fresh_probe(measures)).flatten() {
            let roster = self.roster(trial.layer);
            trial.read(&after, &roster);
            self.newest.take_probe(after);
        }
        self.trials.push(trial);
    }

    /// Reads the signs of all trials in the newest probe.
    pub(super) fn watch_trials(&mut self) {
        let Some(probe) = self.newest.probe().cloned() else { return };
        let rosters = self.run.open().map(|run| run.trainer().progress().rosters.clone()).unwrap_or_default();
        self.trials.read(&probe, |layer| rosters.get(layer).cloned().unwrap_or_else(|| Roster::new(0)));
    }

    fn roster(&self, layer: usize) -> Roster {
        let rosters = self.run.open().map(|run| &run.trainer().progress().rosters);
        rosters.and_then(|rosters| rosters.get(layer)).cloned().unwrap_or_else(|| Roster::new(0))
    }

    /// What is being done to each layer, as snapshots show it.
    pub(super) fn lab(&self) -> Vec<LayerInterventions> {
        let Some(run) = self.run.open() else { return Vec::new() };
        let progress = run.trainer().progress();
        (0..progress.rosters.len()).map(|layer| progress.interventions(layer)).collect()
    }
}

/// The surgery behind it, if there is one.
pub(in crate::run) fn change_of(intervention: Intervention, roster: &Roster) -> Option<Change> {
    let slot = |id| roster.slots.iter().position(|&other| other == id);
    let mut change = Change::identity(roster.len());
    let (place, origin) = match intervention {
        Intervention::Clone { of, over } => (slot(over)?, Origin::Split { parent: slot(of)? }),
        Intervention::Reset { expert } => (slot(expert)?, Origin::Fresh),
        _ => return None,
    };
    change.origins[place] = origin;
    Some(change)
}
