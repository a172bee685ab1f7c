//! Reads what the device measured and puts it where it belongs: history, files, the newest readings.

use std::sync::Arc;
use std::time::Instant;

use super::Session;
use crate::domain::config::{Cause, KnobId, Knobs};
use crate::domain::readings::{KnockOut, ProbeReading, StepReading, ValidationReading};
use crate::engine::train::{NonFinite, Reading};
use crate::run::held::HeldFor;
use crate::run::pace::Beside;
use crate::run::snapshot::PausedBy;
use crate::run::{Fact, Notice};
use crate::store::alerts::Alert;
use crate::store::history::{LoadNumbers, Row, What};

/// Alerts told one by one after a read.
const TOLD: usize = 4;

/// A step with what was measured right after it: one row of `metrics.csv`.
pub(super) struct Measured {
    step: Arc<StepReading>,
    load: Vec<LoadNumbers>,
    probe: Option<Arc<ProbeReading>>,
    validation: Option<ValidationReading>,
}

impl Session {
    /// Waits for everything queued and takes it in. Call before anything that needs the numbers or the weights.
    pub(super) fn flush_readings(&mut self) {
        let Some(run) = self.run.open_mut() else { return };
        if run.trainer().pending() == 0 || self.control.has_failed() {
            return;
        }
        let began = Instant::now();
        let read = self.fault.take_device_failure().map_or_else(|| run.trainer_mut().read(), Err);
        let batch = match read {
            Ok(batch) => batch,
            Err(failure) => return self.device_failed(&failure),
        };
        let brought = |kind: fn(&Reading) -> bool| batch.readings.iter().any(kind);
        let look = brought(|reading| matches!(reading, Reading::Probe(_)));
        let validation = brought(|reading| matches!(reading, Reading::Validation(_)));
        self.pace.read(began, Beside { look, validation });
        self.take_in(batch.readings);
        self.explain_changes();
        if let Some(bad) = batch.not_finite {
            self.not_finite(bad);
        }
    }

    pub(super) fn take_in(&mut self, readings: Vec<Reading>) {
        let (rows, raised) = self.put_down(readings);
        self.tell(raised);
        let Some(run) = self.run.open() else { return };
        let top_k = run.trainer().progress().knobs.top_k;
        let (seconds, tokens_per_sec) = (run.seconds(), self.pace.tokens_per_sec());
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

    /// Puts what was read into history, alerts and the newest readings: the rows it makes, and the alerts it raised.
    pub(super) fn put_down(&mut self, readings: Vec<Reading>) -> (Vec<Measured>, Vec<Alert>) {
        let tokens_per_sec = self.pace.tokens_per_sec();
        let Some(run) = self.run.open_mut() else { return (Vec::new(), Vec::new()) };
        let mut rows: Vec<Measured> = Vec::new();
        let mut knocked: Vec<KnockOut> = Vec::new();
        let mut raised: Vec<Alert> = Vec::new();
        for reading in readings {
            match reading {
                Reading::Step(step) => {
                    let (load, alerts) = run.record_step(&step, tokens_per_sec);
                    raised.extend(alerts);
                    rows.push(Measured { step: Arc::new(step), load, probe: None, validation: None });
                }
                Reading::Probe(probe) => {
                    let probe = Arc::new(probe);
                    raised.extend(run.record_probe(&probe));
                    self.newest.take_probe(probe.clone());
                    if let Some(row) = rows.last_mut() {
                        row.probe = Some(probe);
                    }
                }
                Reading::KnockOut(out) => knocked.push(out),
                Reading::Counterfactual(found) => self.newest.take_counterfactual(found),
                // Read apart by whoever asks for it, as a fresh probe is.
                Reading::Evaluation(_) | Reading::Phases(_) => {}
                Reading::Update(update) => self.phases.take_update(update),
                Reading::Validation(validation) => {
                    raised.extend(run.record_validation(&validation));
                    self.newest.take_validation(validation);
                    if let Some(row) = rows.last_mut() {
                        row.validation = Some(validation);
                    }
                }
            }
        }
        if let Some(newest) = rows.last() {
            self.newest.take_step(newest.step.clone());
        }
        let probed = rows.iter().any(|row| row.probe.is_some());
        if let (Some(probe), Some(run)) = (self.newest.probe(), self.run.open_mut()) {
            knocked.iter().for_each(|out| run.record_knock_out(out, probe));
        }
        if probed {
            self.watch_trials();
        }
        (rows, raised)
    }

    /// Says what was raised; beyond the first few only how many, as all of them are in the snapshot.
    pub(super) fn tell(&mut self, mut raised: Vec<Alert>) {
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
        let Some(run) = self.run.open() else { return };
        let located = run.trainer().locate().and_then(|found| Ok((run.trainer().blame(&found)?, found)));
        let (causes, found) = match located {
            Ok(located) => located,
            Err(failure) => return self.device_failed(&failure),
        };
        let place = place_and_causes(&found, &causes);
        let step = bad - 1;
        self.phases.forget();
        self.control.pause(PausedBy::NotFinite { step, place: place.clone(), causes });
        self.journal(What::NotFinite { place: place.clone() });
        self.out.notice(Notice::NotFinite { step, place });
        // What is here now is kept, beside the save that is to be gone back to. What became of it was said.
        let _ = self.autosave();
    }

    /// Writes into the journal, and into `events.jsonl` if there is one.
    pub(super) fn journal(&mut self, what: What) {
        self.journal_turned(what, None);
    }

    /// The same of something that turned the knobs, which were these before.
    pub(super) fn journal_turned(&mut self, what: What, before: Option<Knobs>) {
        if what.changes_step(self.step_done()) {
            self.discard_phases();
        }
        let Some(run) = self.run.open_mut() else { return };
        let (at, new_ground) = (run.moment(), what.is_new_ground());
        if !matches!(what, What::Started { .. } | What::Saved { .. } | What::NotFinite { .. }) {
            self.keep.change();
        }
        let entry = run.journal(what);
        let written = self.files.event(&entry);
        if new_ground {
            self.explained.begin(run);
            self.held.forget();
            self.hold(HeldFor::Change);
        } else {
            self.held.edits().take(at, Arc::new(entry), before);
        }
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
        _ => format!("{found}: {}", known.join(Cause::BETWEEN)),
    }
}
