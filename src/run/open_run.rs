//! An open run: its trainer on a device, with the curves, journal and alerts that grow as it trains.

use std::collections::VecDeque;
use std::sync::Arc;

use super::memory::fits_into_memory;
use super::{Reason, RunMoment};
use crate::domain::arithmetic::step_flop;
use crate::domain::config::Config;
use crate::domain::measures::load;
use crate::domain::readings::{KnockOut, ProbeReading, StepReading, ValidationReading};
use crate::engine::device::{DeviceFailure, TrainingDevice};
use crate::engine::train::Trainer;
use crate::store::alerts::{Alert, Alerts, StepContext};
use crate::store::checkpoint::{Checkpoint, RunId};
use crate::store::history::{History, JournalEntry, LoadNumbers, ProbeRecord, RunMeasure, Series, SeriesKey, What};
use crate::tasks::{self, Task, TaskFingerprint};

/// A trainer and what is remembered of its run. Every reading is put down once, in curves and alerts alike.
pub(super) struct OpenRun {
    trainer: Trainer,
    history: History,
    alerts: Arc<Alerts>,
    seconds: f64,
    /// Steps that were taken and not put down yet, with the seconds spent until then.
    spent: VecDeque<(u64, f64)>,
    /// Floating-point operations of the steps that were put down, where they are known from the first on.
    flop: Option<u64>,
    id: RunId,
    other_data: Option<TaskFingerprint>,
    loss: Option<f64>,
}

impl OpenRun {
    /// A whole run, wherever it comes from.
    ///
    /// # Errors
    /// Why its text cannot be read, or that the arrays do not fit.
    pub fn of(whole: Checkpoint, place: &TrainingDevice) -> Result<Self, Reason> {
        let task = tasks::open(&whole.config)?;
        Self::on(whole, task, place)
    }

    /// A whole run on a task that is open.
    ///
    /// # Errors
    /// That the task is another than the config's, or that the arrays do not fit.
    pub fn on(whole: Checkpoint, task: Arc<dyn Task>, place: &TrainingDevice) -> Result<Self, Reason> {
        let experts = whole.state.progress.rosters.first().map_or(whole.config.model.experts, |r| r.len());
        fits_into_memory(&whole.config, experts, place)?;
        let differs = |then: &TaskFingerprint| task.corpus().is_none() && !then.matches(&task.fingerprint());
        let other_data = whole.data.as_ref().filter(|then| differs(then)).map(|_| task.fingerprint());
        let trainer = Trainer::new(Arc::new(whole.config), task, &place.device, &whole.state)?;
        Ok(Self {
            trainer,
            history: whole.history,
            alerts: Arc::new(whole.alerts),
            seconds: whole.seconds,
            spent: VecDeque::new(),
            flop: whole.flop,
            id: whole.run,
            other_data,
            loss: whole.loss,
        })
    }

    /// The same state as another run, with an id of its own.
    pub fn into_another_run(self) -> Self {
        Self { id: RunId::new(), ..self }
    }

    /// A second run that stands where this one does; see [`Trainer::fork`].
    pub fn fork(&self) -> Option<Self> {
        Some(Self {
            trainer: self.trainer.fork()?,
            history: self.history.clone(),
            alerts: self.alerts.clone(),
            seconds: self.seconds,
            spent: self.spent.clone(),
            flop: self.flop,
            id: self.id.clone(),
            other_data: self.other_data.clone(),
            loss: self.loss,
        })
    }

    /// Bytes that a fork takes at most once this one has gone on.
    pub fn fork_bytes(&self) -> usize {
        self.trainer.fork_bytes() + self.history.bytes()
    }

    /// Where it stands.
    pub fn moment(&self) -> RunMoment {
        RunMoment { step: self.step(), entries: self.history.journal.made() }
    }

    /// Everything, on the host. Waits for the device.
    ///
    /// # Errors
    /// If the device cannot be read.
    pub fn whole(&self) -> Result<Checkpoint, DeviceFailure> {
        Ok(Checkpoint {
            config: Config::clone(self.trainer.config()),
            state: self.trainer.state()?,
            history: self.history.clone(),
            alerts: self.alerts.as_ref().clone(),
            seconds: self.seconds,
            flop: self.flop,
            run: self.id.clone(),
            text: self.trainer.task().corpus().map(|corpus| corpus.identity().clone()).unwrap_or_default(),
            data: Some(self.trainer.task().fingerprint()),
            loss: None,
            text_beside: Vec::new(),
        })
    }

    pub fn trainer(&self) -> &Trainer {
        &self.trainer
    }

    /// The trainer, to train and to queue readings.
    pub fn trainer_mut(&mut self) -> &mut Trainer {
        &mut self.trainer
    }

    /// Steps done.
    pub fn step(&self) -> u64 {
        self.trainer.progress().step
    }

    /// Curves and journal.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// What is or was wrong for long enough to be said.
    pub fn alerts(&self) -> &Arc<Alerts> {
        &self.alerts
    }

    /// Seconds spent training so far.
    pub fn seconds(&self) -> f64 {
        self.seconds
    }

    /// Which run it is.
    pub fn id(&self) -> &RunId {
        &self.id
    }

    /// Validation loss that the file it was opened from tells.
    pub fn saved_loss(&self) -> Option<f64> {
        self.loss
    }

    /// The newest validation: step and loss.
    pub fn last_validation(&self) -> Option<(u64, f64)> {
        self.history.get(SeriesKey::Run(RunMeasure::Validation)).and_then(Series::last)
    }

    /// The fingerprint of its points, if they are others than those it was saved with: this program makes others of the same
    /// config. A text has its own way of saying so. `None` the second time.
    pub fn take_other_data(&mut self) -> Option<TaskFingerprint> {
        self.other_data.take()
    }

    /// So many seconds more were spent training, up to a step that is not put down yet.
    pub fn spend(&mut self, step: u64, seconds: f64) {
        self.seconds += seconds;
        self.spent.push_back((step, self.seconds));
    }

    /// Puts down what was spent until `step` was done.
    fn record_spent(&mut self, step: &StepReading) {
        let mut seconds = self.seconds;
        while let Some((_, at)) = self.spent.pop_front_if(|(taken, _)| *taken <= step.step) {
            seconds = at;
        }
        let competed: Vec<bool> = step.layers.iter().map(|layer| layer.competed).collect();
        let (config, knobs) = (self.trainer.config(), &self.trainer.progress().knobs);
        let made = step_flop(config, knobs, self.trainer.experts(), step.step, &competed);
        self.flop = self.flop.map(|flop| flop.saturating_add(made));
        self.history.push_spent(step.step, seconds, self.flop);
    }

    /// Puts down a training step: what its loads say per layer, and the alerts it raised.
    pub fn record_step(&mut self, step: &StepReading, tokens_per_sec: f64) -> (Vec<LoadNumbers>, Vec<Alert>) {
        self.record_spent(step);
        let (progress, config) = (self.trainer.progress(), self.trainer.config());
        let (rosters, top_k) = (&progress.rosters, progress.knobs.top_k);
        let dead = self.history.take_tokens(step, rosters, top_k);
        let load = (step.layers.iter().zip(dead))
            .map(|(layer, dead)| LoadNumbers {
                cv: load::cv(&layer.routed),
                entropy: load::normalised_entropy(&layer.routed),
                dead,
                max_vio: load::max_vio(&layer.routed),
            })
            .collect::<Vec<_>>();
        let loads = self.history.push_step(step, &load, rosters, tokens_per_sec);
        let loss = self.history.window_loss(config.optimizer.warmup_steps);
        let classes = config.task_shape().classes();
        let clip_norm = config.optimizer.clip_norm;
        let context = StepContext { rosters, top_k, loads: &loads, loss, classes, clip_norm };
        let raised = Arc::make_mut(&mut self.alerts).take_step(step, context);
        (load, raised)
    }

    /// Puts down a probe that the run took at its cadence; the alerts it raised.
    pub fn record_probe(&mut self, probe: &Arc<ProbeReading>) -> Vec<Alert> {
        let rosters = &self.trainer.progress().rosters;
        self.history.push_probe(probe, rosters);
        Arc::make_mut(&mut self.alerts).take_probe(probe, rosters)
    }

    /// Puts down a validation; the alert it raised.
    pub fn record_validation(&mut self, validation: &ValidationReading) -> Option<Alert> {
        self.history.push_validation(validation);
        Arc::make_mut(&mut self.alerts).take_validation(validation)
    }

    /// Puts down what an expert is worth: how much the loss of `probe` rises without it.
    pub fn record_knock_out(&mut self, knocked: &KnockOut, probe: &ProbeReading) {
        let roster = &self.trainer.progress().rosters[knocked.layer];
        let (Some(with), Some(&expert)) = (probe.mean_loss(), roster.slots.get(knocked.slot)) else { return };
        self.history.push_knock_out(knocked.step, knocked.layer, expert, knocked.loss - with);
    }

    /// The run's next probe is measured against this one, as if it had been taken at its cadence.
    pub fn begin_probes(&mut self, probe: &Arc<ProbeReading>) {
        self.trainer.anchor();
        self.history.begin_probes(probe, &self.trainer.progress().rosters);
    }

    /// From now on saturation is measured against this probe.
    pub fn set_reference(&mut self, probe: Arc<ProbeReading>) {
        let rosters = Arc::new(self.trainer.progress().rosters.clone());
        self.history.reference = Some(ProbeRecord { probe, rosters });
    }

    /// Writes into the journal, and gives the entry for the files.
    pub fn journal(&mut self, what: What) -> JournalEntry {
        let entry = JournalEntry { step: self.step(), what };
        self.history.journal_mut().push(entry.step, entry.what.clone());
        entry
    }

    /// The policy is another from this step on.
    pub fn took_policy(&mut self) {
        let step = self.step();
        Arc::make_mut(&mut self.alerts).take_policy(step);
    }

    /// The experts are others from this step on.
    pub fn took_rosters(&mut self) {
        let progress = self.trainer.progress();
        self.history.take_rosters(&progress.rosters);
        Arc::make_mut(&mut self.alerts).take_rosters(progress.step, &progress.rosters);
    }
}
