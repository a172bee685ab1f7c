//! Puts a trainer together: from a config, a checkpoint, or the state of another trainer.

use std::path::Path;
use std::sync::Arc;

use super::Reason;
use super::text::{self, Found, NoText, TextWish};
use crate::domain::config::{Config, Knobs, ProbeFamilies, TaskConfig};
use crate::domain::schedule::Painted;
use crate::domain::state::State;
use crate::domain::state::{Layout, footprint_bytes, largest_tensor_bytes};
use crate::engine::device::{self, DeviceFailure, DeviceKind, TrainingDevice};
use crate::engine::train::Trainer;
use crate::store::alerts::Alerts;
use crate::store::checkpoint::{self, Checkpoint, RunId};
use crate::store::history::History;
use crate::tasks::text::{Corpus, TextTask};
use crate::tasks::{self, Task, TaskFingerprint};

/// Why a checkpoint did not open.
pub(super) enum NotOpened {
    /// The file, its config or its size.
    File(Reason),
    /// Its text.
    Text(NoText),
}

impl From<Reason> for NotOpened {
    fn from(why: Reason) -> Self {
        Self::File(why)
    }
}

/// A trainer and what belongs to it.
pub(super) struct Engine {
    pub trainer: Trainer,
    pub history: History,
    /// What is or was wrong for long enough to be said.
    pub alerts: Arc<Alerts>,
    /// Seconds spent training so far.
    pub seconds: f64,
    /// Which run it is.
    pub run: RunId,
    /// The fingerprint of its points, if they are others than those it was saved with: this program makes others of the same
    /// config. A text has its own way of saying so.
    pub other_data: Option<TaskFingerprint>,
    /// Validation loss that the file it was opened from tells.
    pub loss: Option<f64>,
}

impl Engine {
    /// Step 0 of `config`.
    ///
    /// # Errors
    /// Every complaint about the config, or why its text cannot be read.
    pub fn fresh(mut config: Config, place: &TrainingDevice) -> Result<Self, Reason> {
        sound(&config)?;
        // What is typed into a form is relative to the working folder; what is saved must not be.
        config.task = config.task.absolute(&std::env::current_dir().unwrap_or_default());
        fits_into_memory(&config, config.model.experts, place)?;
        let state = State::initial(&config);
        Self::of(Checkpoint::beginning(config, state), place)
    }

    /// A checkpoint, and the text it goes on with.
    ///
    /// - `open`: a text that is open already; not read again if it is the one of the checkpoint
    ///
    /// # Errors
    /// What is wrong with the file, its config or its text.
    pub fn opened(
        path: &Path,
        place: &TrainingDevice,
        wish: &TextWish,
        open: Option<&Arc<Corpus>>,
    ) -> Result<(Self, Option<Found>), NotOpened> {
        Self::opened_with(path, place, wish, open, |_| ())
    }

    /// The same with its config changed first, in what the arrays do not depend on.
    ///
    /// # Errors
    /// As [`Engine::opened`].
    pub fn opened_with(
        path: &Path,
        place: &TrainingDevice,
        wish: &TextWish,
        open: Option<&Arc<Corpus>>,
        change: impl FnOnce(&mut Config),
    ) -> Result<(Self, Option<Found>), NotOpened> {
        let shapes = |manifest: &checkpoint::Manifest| {
            let rosters = &manifest.progress.rosters;
            let experts = rosters.first().map_or(manifest.config.model.experts, |r| r.len());
            Layout::of(&manifest.config, experts).shapes()
        };
        let mut opened = checkpoint::open_expecting(path, shapes).map_err(|error| Reason::Error(error.to_string()))?;
        change(&mut opened.config);
        sound(&opened.config)?;
        Self::found(opened, path, place, wish, open)
    }

    /// A run that was read from the file `path`, and the text it goes on with.
    ///
    /// # Errors
    /// As [`Engine::opened`].
    pub fn found(
        mut opened: Checkpoint,
        path: &Path,
        place: &TrainingDevice,
        wish: &TextWish,
        open: Option<&Arc<Corpus>>,
    ) -> Result<(Self, Option<Found>), NotOpened> {
        if opened.config.task.text().is_none() {
            if wish.at.is_some() {
                return Err(Reason::LearnsNoText.into());
            }
            return Ok((Self::of(opened, place)?, None));
        }
        let found = text::find(&opened, path, wish, open).map_err(NotOpened::Text)?;
        opened.config.task = TaskConfig::Text(found.text());
        let task = text_task(found.corpus.clone(), &opened.config)?;
        Ok((Self::on(opened, task, place)?, Some(found)))
    }

    /// A whole run, wherever it comes from.
    ///
    /// # Errors
    /// Why its text cannot be read, or that the arrays do not fit.
    pub fn of(whole: Checkpoint, place: &TrainingDevice) -> Result<Self, Reason> {
        let task = tasks::open(&whole.config).map_err(|e| e.to_string())?;
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
        let trainer =
            Trainer::new(Arc::new(whole.config), task, &place.device, &whole.state).map_err(|e| e.to_string())?;
        Ok(Self {
            trainer,
            history: whole.history,
            alerts: Arc::new(whole.alerts),
            seconds: whole.seconds,
            run: whole.run,
            other_data,
            loss: whole.loss,
        })
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
            run: self.run.clone(),
            text: self.trainer.task().corpus().map(|corpus| corpus.identity().clone()).unwrap_or_default(),
            data: Some(self.trainer.task().fingerprint()),
            loss: None,
            text_beside: Vec::new(),
        })
    }

    /// Has a graphics device build every kernel a run needs, by one throw-away step of each kind on a copy, so that the
    /// first real steps are as fast as the others.
    ///
    /// # Errors
    /// If the device cannot be read; an out-of-memory shows here first.
    pub fn warm(&self, place: &TrainingDevice) -> Result<(), DeviceFailure> {
        if place.kind == DeviceKind::Cpu {
            return Ok(());
        }
        let (config, task) = (self.trainer.config().clone(), self.trainer.task().clone());
        let mut state = self.trainer.state()?;
        // Painted steps would keep a layer from what is to be tried.
        state.progress.painted = Painted::default();
        let copy = Trainer::new(config, task, &place.device, &state);
        let Ok(mut copy) = copy else { return Ok(()) };
        let layers = copy.config().model.moe_count();
        for rate in [0.0, 1.0] {
            let knobs = Knobs {
                competition_rate: rate,
                max_competing_layers: layers,
                competition_warmup: 0,
                ..copy.progress().knobs.clone()
            };
            // The published table refuses; its first competition step then compiles when it comes.
            let _ = copy.set_knobs(knobs);
            let queued = copy.step().and_then(|()| copy.probe(ProbeFamilies::default()));
            if queued.is_err() {
                return Ok(());
            }
        }
        copy.read().map(|_| ())
    }
}

/// A text that is open as the task of a run of `config`.
///
/// # Errors
/// That the text is too short for the config.
pub(super) fn text_task(corpus: Arc<Corpus>, config: &Config) -> Result<Arc<dyn Task>, Reason> {
    let task = TextTask::new(corpus, config.model.context).map_err(|error| error.to_string())?;
    Ok(Arc::new(task))
}

/// All complaints about a config.
fn sound(config: &Config) -> Result<(), Reason> {
    let complaints = config.validate();
    if complaints.is_empty() { Ok(()) } else { Err(Reason::Complaints(complaints)) }
}

/// Refuses a run that this machine or the container around it cannot hold beside others that need `held` bytes.
pub(super) fn fits_beside(held: f64, config: &Config, experts: usize) -> Result<(), Reason> {
    let needed = footprint_bytes(config, experts);
    match device::usable_bytes().map(|there| there as f64) {
        Some(there) if held + needed > there => Err(Reason::MemoryBeside { needed, held, there }),
        _ => Ok(()),
    }
}

/// Refuses what this machine, the container around it or the device can never hold. What no check foresees ends the program
/// when an allocation fails, so it is said before anything is allocated; a graphics device tells of its own memory by itself.
pub(super) fn fits_into_memory(config: &Config, experts: usize, place: &TrainingDevice) -> Result<(), Reason> {
    let needed = footprint_bytes(config, experts);
    if let Some(there) = device::usable_bytes().filter(|&there| needed > there as f64) {
        return Err(Reason::Memory { needed, there: there as f64 });
    }
    let largest = largest_tensor_bytes(config, experts);
    match place.largest_binding {
        Some(limit) if largest > limit as f64 => {
            Err(Reason::Binding { largest, device: place.name.clone(), limit: limit as f64 })
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::config::Preset;

    #[test]
    fn what_a_device_cannot_bind_or_a_machine_not_hold_is_refused_beforehand() {
        let mut place = device::cpu("a test".into());
        let mut config = Preset::Tiny.config();
        assert_eq!(fits_into_memory(&config, 4, &place), Ok(()));
        place.largest_binding = Some(128 << 20);
        assert_eq!(fits_into_memory(&config, 4, &place), Ok(()));
        place.largest_binding = Some(1 << 10);
        let why = fits_into_memory(&config, 4, &place).unwrap_err();
        assert!(matches!(&why, Reason::Binding { device, limit: 1024.0, .. } if device == "CPU"), "{why:?}");
        place.largest_binding = None;
        // A probe that alone would fill any machine.
        (config.cadence.probe_sequences, config.model.context) = (1024, 4096);
        config.model.experts = 256;
        let why = fits_into_memory(&config, 256, &place).unwrap_err();
        assert!(matches!(why, Reason::Memory { needed, there } if needed > there), "{why:?}");
        // What fits alone need not fit beside others.
        let small = Preset::Tiny.config();
        assert_eq!(fits_beside(0.0, &small, 4), Ok(()));
        let why = fits_beside(1e15, &small, 4).unwrap_err();
        assert!(matches!(why, Reason::MemoryBeside { held: 1e15, .. }), "{why:?}");
    }
}
