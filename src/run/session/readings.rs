//! Reads what the device measured and puts it where it belongs: history, files, the newest readings.

use std::sync::Arc;
use std::time::Instant;

use super::Session;
use crate::domain::config::{Cause, KnobId};
use crate::domain::measures::load;
use crate::domain::readings::{KnockOut, ProbeReading, StepReading, ValidationReading};
use crate::engine::device::DeviceFailure;
use crate::engine::train::{NonFinite, Reading};
use crate::run::pace::Beside;
use crate::run::snapshot::PausedBy;
use crate::run::{Fact, InjectedFault, Notice};
use crate::store::alerts::{Alert, StepContext};
use crate::store::history::{JournalEntry, LoadNumbers, Row, What};

/// Alerts told one by one after a read.
const TOLD: usize = 4;

/// A step with what was measured right after it: one row of `metrics.csv`.
struct Measured {
    step: Arc<StepReading>,
    load: Vec<LoadNumbers>,
    probe: Option<Arc<ProbeReading>>,
    validation: Option<ValidationReading>,
}

impl Session {
    /// Waits for everything queued and takes it in. Call before anything that needs the numbers or the weights.
    pub(super) fn settle(&mut self) {
        let Some(engine) = self.engine.as_mut() else { return };
        if engine.trainer.pending() == 0 || self.control.has_failed() {
            return;
        }
        let began = Instant::now();
        let read = match self.fault.take_if(|f| matches!(f, InjectedFault::DeviceLost | InjectedFault::OutOfMemory)) {
            Some(InjectedFault::OutOfMemory) => Err(DeviceFailure::OutOfMemory("injected for a test".into())),
            Some(_) => Err(DeviceFailure::Lost("injected for a test".into())),
            None => engine.trainer.read(),
        };
        let batch = match read {
            Ok(batch) => batch,
            Err(failure) => return self.device_failed(&failure),
        };
        let brought = |kind: fn(&Reading) -> bool| batch.readings.iter().any(kind);
        let look = brought(|reading| matches!(reading, Reading::Probe(_)));
        let validation = brought(|reading| matches!(reading, Reading::Validation(_)));
        self.pace.read(began, self.queued, Beside { look, validation });
        self.queued = 0;
        self.take_in(batch.readings);
        if let Some(bad) = batch.not_finite {
            self.not_finite(bad);
        }
    }

    pub(super) fn take_in(&mut self, readings: Vec<Reading>) {
        let Some(engine) = self.engine.as_mut() else { return };
        let progress = engine.trainer.progress();
        let (rosters, top_k) = (progress.rosters.clone(), progress.knobs.top_k);
        let (seconds, tokens_per_sec) = (engine.seconds, self.pace.tokens_per_sec());
        let warmup = self.config.optimizer.warmup_steps;
        let mut rows: Vec<Measured> = Vec::new();
        let mut knocked: Vec<KnockOut> = Vec::new();
        let mut raised: Vec<Alert> = Vec::new();
        for reading in readings {
            match reading {
                Reading::Step(step) => {
                    let dead = engine.history.take_tokens(&step, &rosters, top_k);
                    let load = (step.layers.iter().zip(dead))
                        .map(|(layer, dead)| LoadNumbers {
                            cv: load::cv(&layer.routed),
                            entropy: load::normalised_entropy(&layer.routed),
                            dead,
                            max_vio: load::max_vio(&layer.routed),
                        })
                        .collect::<Vec<_>>();
                    let loads = engine.history.push_step(&step, &load, &rosters, tokens_per_sec);
                    let loss = engine.history.window_loss(warmup);
                    let classes = engine.trainer.config().task_shape().classes();
                    let context = StepContext { rosters: &rosters, top_k, loads: &loads, loss, classes };
                    raised.extend(Arc::make_mut(&mut engine.alerts).take_step(&step, context));
                    rows.push(Measured { step: Arc::new(step), load, probe: None, validation: None });
                }
                Reading::Probe(probe) => {
                    let probe = Arc::new(probe);
                    engine.history.push_probe(&probe, &rosters);
                    raised.extend(Arc::make_mut(&mut engine.alerts).take_probe(&probe, &rosters));
                    self.seen.probe = Some(probe.clone());
                    if let Some(row) = rows.last_mut() {
                        row.probe = Some(probe);
                    }
                }
                Reading::KnockOut(out) => knocked.push(out),
                Reading::Counterfactual(found) => self.seen.counterfactual = Some(Arc::new(found)),
                // Read apart by whoever asks for it, as a fresh probe is.
                Reading::Evaluation(_) => {}
                Reading::Validation(validation) => {
                    engine.history.push_validation(&validation);
                    raised.extend(Arc::make_mut(&mut engine.alerts).take_validation(&validation));
                    self.seen.validation = Some(validation);
                    if let Some(row) = rows.last_mut() {
                        row.validation = Some(validation);
                    }
                }
            }
        }
        if let Some(newest) = rows.last() {
            self.seen.step = Some(newest.step.clone());
        }
        self.tell(raised);
        let probed = rows.iter().any(|row| row.probe.is_some());
        if let Some(probe) = self.seen.probe.clone() {
            knocked.into_iter().for_each(|out| self.take_knock_out(out, &probe));
        }
        if probed {
            self.watch_trials();
        }
        let rows = rows.iter().map(|row| Row {
            step: &row.step,
            load: &row.load,
            probe: row.probe.as_deref(),
            validation: row.validation.as_ref(),
            seconds,
            tokens_per_sec,
            top_k,
        });
        if let Err(error) = self.files.rows(rows) {
            self.files_failed(error);
        }
    }

    /// Says what was raised; beyond the first few only how many, for whoever reads them all finds them in the snapshot.
    fn tell(&mut self, mut raised: Vec<Alert>) {
        let more = raised.split_off(raised.len().min(TOLD)).len();
        for alert in raised {
            self.out.notice(Notice::Alert(Box::new(alert)));
        }
        if more > 0 {
            self.out.notice(Notice::Fact(Fact::MoreAlerts(more)));
        }
    }

    /// A step was not finite: the trainer stands before it. Finds out where and pauses.
    fn not_finite(&mut self, bad: u64) {
        let Some(engine) = &self.engine else { return };
        let located = engine.trainer.locate().and_then(|found| Ok((engine.trainer.blame(&found)?, found)));
        let (causes, found) = match located {
            Ok(located) => located,
            Err(failure) => return self.device_failed(&failure),
        };
        let place = place_and_causes(&found, &causes);
        let step = bad - 1;
        self.control.pause(PausedBy::NotFinite { step, place: place.clone(), causes });
        self.journal(What::NotFinite { place: place.clone() });
        self.out.notice(Notice::NotFinite { step, place });
        // What is here now is kept, beside the save that is to be gone back to. What became of it was said.
        let _ = self.autosave();
    }

    /// Writes into the journal, and into `events.jsonl` if there is one.
    pub(super) fn journal(&mut self, what: What) {
        let Some(engine) = self.engine.as_mut() else { return };
        let step = engine.trainer.progress().step;
        if !matches!(what, What::Started { .. } | What::Saved { .. } | What::NotFinite { .. }) {
            self.keep.change();
        }
        let entry = JournalEntry { step, what };
        let written = self.files.event(&entry);
        engine.history.journal_mut().push(step, entry.what);
        if let Err(error) = written {
            self.files_failed(error);
        }
    }
}

/// Where it was seen first and what is known to be the cause. That the learning rate is, where nothing else stands out, is
/// a guess, and not said here.
fn place_and_causes(found: &NonFinite, causes: &[Cause]) -> String {
    let known = causes.iter().filter(|cause| !matches!(cause, Cause::Knob(KnobId::LearningRate, _)));
    let known: Vec<String> = known.map(ToString::to_string).collect();
    match found {
        // Says it itself.
        NonFinite::Update { .. } => found.to_string(),
        _ if known.is_empty() => found.to_string(),
        _ => format!("{found}: {}", known.join(", and ")),
    }
}
