//! Saving the run: by command, by steps and clock, before what may harm it, at its end. Every save goes through
//! [`Session::write`]: no broken weights are ever written, and no worse save takes the place of the last good one.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use super::Session;
use super::saves::Waiting;
use crate::domain::quote;
use crate::engine::device::DeviceFailure;
use crate::run::open_run::OpenRun;
use crate::run::saves::{self, Saved, is_good};
use crate::run::snapshot::{PausedBy, Status};
use crate::run::{FileWork, Notice, Reason};
use crate::store::atomic_file;
use crate::store::checkpoint::{self, SaveError};
use crate::store::history::{History, RunMeasure, SeriesKey, What};

/// Validation batches that are looked at when a run is saved and no validation was due: enough to see a ruined run.
const CHECK_BATCHES: usize = 1;

/// Why a run was not saved. What stood at the path stands there still.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Unsaved {
    /// Weights or moments are not finite; which tensor.
    NotFinite(String),
    /// The device cannot be read.
    Device(DeviceFailure),
    /// The disk is full.
    NoRoom { folder: PathBuf, bytes: u64, why: Reason },
    /// Anything else.
    Other(Reason),
}

impl Unsaved {
    /// The reason that is told.
    pub fn reason(&self) -> Reason {
        match self {
            Self::NotFinite(tensor) => Reason::NotFinite(tensor.clone()),
            Self::NoRoom { why, .. } | Self::Other(why) => why.clone(),
            Self::Device(failure) => Reason::Device(failure.clone()),
        }
    }
}

impl Session {
    /// Whether there is work that no save holds: steps taken, or changes made, since the last one.
    pub(super) fn is_unsaved(&self) -> bool {
        let step = self.step_done();
        step > 0 && !self.keep.holds(step)
    }

    /// Saves the run to its own file, if it has one and work that no save holds. Says what became of it.
    pub(super) fn autosave(&mut self) -> Result<(), Unsaved> {
        match self.own_file() {
            Ok(Some(path)) => self.save(path, true),
            Ok(None) => Ok(()),
            Err(why) => {
                self.tell_unsaved(FileWork::SavingToOwnFile, &why);
                Err(why)
            }
        }
    }

    /// Where the run saves itself; `None` if it has no file of its own, or no work that no save holds.
    pub(super) fn own_file(&mut self) -> Result<Option<PathBuf>, Unsaved> {
        if self.keep.autosave_place().is_never() || self.control.has_failed() || !self.is_unsaved() {
            return Ok(None);
        }
        // Without a step since the last save, what is new is what led to the step that is not finite.
        if self.is_before_bad_step() && self.keep.saves().newest().is_some_and(|saved| saved.step == self.step_done()) {
            return Ok(None);
        }
        let own = self.keep.claim(self.run.config().seed).map_err(Unsaved::Other)?;
        Ok(own.map(|own| self.own_path(own)))
    }

    /// The run's own file; while it stands before a step that is not finite, never the one that may be gone back to.
    fn own_path(&self, own: PathBuf) -> PathBuf {
        if !self.is_before_bad_step() || self.keep.saves().at(&own).is_none() {
            return own;
        }
        let beside = saves::beside(&own, &format!("step-{}", self.step_done()));
        if self.keep.saves().at(&beside).is_some() { beside } else { saves::free(beside) }
    }

    fn is_before_bad_step(&self) -> bool {
        matches!(self.control.status(), Status::Paused(PausedBy::NotFinite { .. }))
    }

    /// Saves the run and says what became of it. On a full disk the run waits, and tries again by the clock.
    pub(super) fn save(&mut self, path: PathBuf, auto: bool) -> Result<(), Unsaved> {
        let written = self.write(&path, auto);
        match &written {
            Ok(saved) => self.stands(saved),
            Err(Unsaved::NoRoom { folder, bytes, .. }) => {
                let (folder, bytes) = (folder.clone(), *bytes);
                self.keep.wait_for_room(path.clone(), auto);
                self.control.hold(PausedBy::DiskFull { folder, bytes });
            }
            Err(_) => {}
        }
        let outcome = written.map(|_| ());
        if let Err(why) = &outcome {
            self.tell_unsaved(FileWork::Saving(path), why);
        }
        self.publish(true);
        outcome
    }

    /// A save stands: nothing waits for room any more, and autosaves beyond the newest go.
    pub(super) fn stands(&mut self, saved: &Saved) {
        self.control.release();
        let (step, path, auto) = (saved.step, saved.path.clone(), saved.auto);
        self.out.notice(Notice::Saved { step, path, auto });
        self.keep.tidy();
    }

    fn tell_unsaved(&mut self, work: FileWork, why: &Unsaved) {
        match (work, why) {
            (_, Unsaved::Device(failure)) => self.device_failed(failure),
            (FileWork::Saving(path), Unsaved::NoRoom { folder, bytes, .. }) => {
                let (folder, bytes) = (folder.clone(), *bytes);
                self.out.notice(Notice::NoRoom { path, folder, bytes });
            }
            (work, why) => self.out.notice(Notice::FileFailed { work, why: why.reason() }),
        }
    }

    /// Writes the run into a file: the one place where that is done.
    ///
    /// Weights and moments that are not finite are refused before anything is written. If the run is in a worse state than
    /// the good save that stands at the path ([`Saved::good`]), that one is kept beside it first.
    pub(super) fn write(&mut self, path: &Path, auto: bool) -> Result<Saved, Unsaved> {
        self.flush_readings();
        self.keep.try_now();
        let loss = self.loss_now();
        let Some(run) = self.run.open() else { return Err(Unsaved::Other(Reason::NoRun)) };
        let step = run.step();
        let good = !self.is_before_bad_step() && is_good(loss, best_loss(run.history()));
        let mut whole = self.whole().map_err(Unsaved::Device)?;
        whole.loss = loss;
        if let Some(name) = whole.not_finite() {
            return Err(Unsaved::NotFinite(name));
        }
        if !self.control.has_failed() {
            let mut snapshot = self.snapshot();
            snapshot.status = Status::Saving;
            self.out.publish(snapshot);
        }
        if self.fault.take_disk_full() {
            let source = std::io::ErrorKind::StorageFull.into();
            let folder = path.parent().map_or_else(PathBuf::new, Path::to_owned);
            return Err(unsaved(SaveError::DiskFull { folder, bytes: 4096, source }));
        }
        self.begin_files();
        let kept = if good { None } else { self.keep_last_good(path)? };
        let written = match self.keep.over() {
            Some(over) => checkpoint::save_over(&whole, path, over),
            None => checkpoint::save(&whole, path),
        };
        written.map_err(unsaved)?;
        let saved = Saved { step, path: path.into(), auto, at: SystemTime::now(), loss, good };
        self.keep.saved(saved.clone());
        self.journal(What::Saved { path: path.into(), auto, last_good: kept.clone() });
        if let Some(last_good) = kept.and_then(|path| self.keep.saves().at(&path).cloned()) {
            self.out.notice(Notice::Worse { saved: saved.clone(), last_good });
        }
        Ok(saved)
    }

    /// Everything of the run, on the host. A trainer that a panic left in pieces is told as a failed device is.
    pub(super) fn whole(&self) -> Result<checkpoint::Checkpoint, DeviceFailure> {
        let Some(run) = self.run.open() else { return Err(DeviceFailure::Lost("there is no run".into())) };
        let read = catch_unwind(AssertUnwindSafe(|| run.whole()));
        read.unwrap_or_else(|_| Err(DeviceFailure::Lost("reading the weights panicked".into())))
    }

    /// Validation loss as the run stands: that of the validation due at this step, or a quick one; `None` if neither can be
    /// had. Neither history nor files hold the quick one.
    fn loss_now(&mut self) -> Option<f64> {
        let step = self.step_done();
        if let Some(validation) = self.newest.validation().filter(|validation| validation.step == step) {
            return Some(validation.loss);
        }
        if step == 0 || self.control.has_failed() {
            return None;
        }
        let batches = CHECK_BATCHES.min(self.run.config().cadence.validation_batches);
        self.run.open_mut()?.trainer_mut().validate_on(batches).ok()?;
        self.read_validation()
    }

    /// Keeps the good save that stands at `path` beside it, if there is one. Says where.
    fn keep_last_good(&mut self, path: &Path) -> Result<Option<PathBuf>, Unsaved> {
        if !path.exists() || self.keep.saves().at(path).is_none_or(|standing| !standing.good) {
            return Ok(None);
        }
        let usual = saves::last_good(path);
        let run = self.run.open().map(|run| run.id().clone());
        let ours = checkpoint::peek(&usual).is_ok_and(|manifest| Some(manifest.run) == run);
        let beside = if ours { usual } else { saves::free(usual) };
        atomic_file::keep(path, &beside)
            .map_err(|error| Unsaved::Other(Reason::LastGoodNotKept { path: path.into(), error: error.into() }))?;
        self.keep.moved(path, &beside);
        Ok(Some(beside))
    }

    /// Time until the run saves itself by the clock; `None` if it need not.
    pub(super) fn until_save(&self) -> Option<Duration> {
        let unsaved = !self.control.has_failed() && self.is_unsaved();
        self.keep.until_save(self.run.config().cadence.autosave_minutes, unsaved)
    }

    /// Saves if the clock says so.
    pub(super) fn save_by_clock(&mut self) {
        if self.until_save().is_none_or(|wait| !wait.is_zero()) {
            return;
        }
        // What became of it was said.
        let _ = match self.keep.waiting() {
            Some(Waiting { path, auto, over }) => {
                self.keep.set_over(over);
                let saved = self.save(path, auto);
                self.keep.set_over(None);
                saved
            }
            None => self.autosave(),
        };
    }

    /// The last save of a run that ends. Where its own place refuses, the folder for temporary files is better than none.
    pub fn save_at_the_end(&mut self) {
        let why = match self.last_file() {
            Ok(None) => return,
            Ok(Some(path)) => match self.save(path, true) {
                Ok(()) => return,
                Err(why) => why,
            },
            Err(why) => {
                self.tell_unsaved(FileWork::SavingToOwnFile, &why);
                why
            }
        };
        if !matches!(why, Unsaved::NoRoom { .. } | Unsaved::Other(_)) {
            return;
        }
        let name = format!("moe-arena-seed-{}-step-{}.safetensors", self.run.config().seed, self.step_done());
        let path = saves::free(std::env::temp_dir().join(name));
        match self.save(path.clone(), true) {
            Ok(()) => tracing::error!("the run was saved to {} instead: {why:?}", quote::path(&path)),
            Err(again) => tracing::error!("the run could not be saved: {why:?}; {again:?}"),
        }
    }
}

/// The lowest validation loss of a run so far.
fn best_loss(history: &History) -> Option<f64> {
    let validations = history.get(SeriesKey::Run(RunMeasure::Validation))?;
    validations.buckets().iter().map(|bucket| bucket.min).reduce(f64::min).filter(|loss| loss.is_finite())
}

/// The file that a run was just opened from, as the first of its saves.
pub(super) fn opened_from(path: &Path, run: &OpenRun) -> Saved {
    let step = run.step();
    let loss = run.saved_loss().or(run.last_validation().filter(|(at, _)| *at == step).map(|(_, loss)| loss));
    let mut latest = run.history().journal.entries().iter().rev().take_while(|entry| entry.step == step);
    let good =
        is_good(loss, best_loss(run.history())) && !latest.any(|entry| matches!(entry.what, What::NotFinite { .. }));
    let at = std::fs::metadata(path).and_then(|about| about.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
    Saved { step, path: path.into(), auto: false, at, loss, good }
}

fn unsaved(error: SaveError) -> Unsaved {
    match &error {
        SaveError::DiskFull { folder, bytes, .. } => {
            let (folder, bytes) = (folder.clone(), *bytes);
            Unsaved::NoRoom { folder, bytes, why: error.into() }
        }
        _ => Unsaved::Other(error.into()),
    }
}
