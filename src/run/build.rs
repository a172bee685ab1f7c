//! Puts a trainer together: from a config, a checkpoint, or the state of another trainer.

use std::path::Path;
use std::sync::Arc;

use super::device_check::{self, Tell};
use super::memory::fits_into_memory;
use super::open_run::OpenRun;
use super::text::{self, Found, NoText, TextWish};
use super::{Preparation, Reason};
use crate::domain::config::{Config, Knobs, ProbeFamilies, TaskConfig};
use crate::domain::schedule::Painted;
use crate::domain::state::{Layout, State};
use crate::engine::device::{DeviceFailure, DeviceKind, TrainingDevice};
use crate::engine::kernels::shaders_begun;
use crate::engine::train::Trainer;
use crate::store::checkpoint::{self, Checkpoint};
use crate::tasks::Task;
use crate::tasks::text::{Corpus, TextTask};

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

/// Names and shapes of the weights of a run.
pub(super) fn shapes(manifest: &checkpoint::Manifest) -> Vec<(String, Vec<usize>)> {
    let rosters = &manifest.progress.rosters;
    let experts = rosters.first().map_or(manifest.config.model.experts, |r| r.len());
    Layout::of(&manifest.config, experts).shapes()
}

impl OpenRun {
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
    /// As [`OpenRun::opened`].
    pub fn opened_with(
        path: &Path,
        place: &TrainingDevice,
        wish: &TextWish,
        open: Option<&Arc<Corpus>>,
        change: impl FnOnce(&mut Config),
    ) -> Result<(Self, Option<Found>), NotOpened> {
        let mut opened = checkpoint::open_expecting(path, shapes).map_err(Reason::from)?;
        change(&mut opened.config);
        sound(&opened.config)?;
        Self::found(opened, path, place, wish, open)
    }

    /// A run that was read from the file `path`, and the text it goes on with.
    ///
    /// # Errors
    /// As [`OpenRun::opened`].
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

    /// Has a graphics device build every kernel a run needs, by one throw-away step of each kind on a copy, so that the
    /// first real steps are as fast as the others; before that, sees that it computes what the CPU computes at the
    /// run's sizes, and `tell` hears how far that has come.
    ///
    /// # Errors
    /// If the device cannot be read, or computes wrongly; an out-of-memory shows here first.
    pub fn warm(&self, place: &TrainingDevice, tell: Tell<'_>) -> Result<(), DeviceFailure> {
        if place.kind == DeviceKind::Cpu {
            return Ok(());
        }
        let (config, task) = (self.trainer().config().clone(), self.trainer().task().clone());
        let mut state = self.trainer().state()?;
        device_check::checked_run(place, &config, &task, &state, tell).map_err(DeviceFailure::Wrong)?;
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
            let mut built = || {
                let (begun, of) = shaders_begun();
                tell(Preparation::Kernels { begun, of });
            };
            built();
            let queued = copy.step().and_then(|()| {
                built();
                copy.probe(ProbeFamilies::default())
            });
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
    Ok(Arc::new(TextTask::new(corpus, config.model.context)?))
}

/// All complaints about a config.
pub(super) fn sound(config: &Config) -> Result<(), Reason> {
    let complaints = config.validate();
    if complaints.is_empty() { Ok(()) } else { Err(Reason::Complaints(complaints)) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::config::Preset;
    use crate::engine::device::fixture::graphics;

    #[test]
    fn while_kernels_are_built_it_is_told_how_many() {
        let Some(place) = graphics("while_kernels_are_built_it_is_told_how_many") else { return };
        let run = OpenRun::fresh(Preset::Tiny.config(), &place).unwrap();
        let mut built = Vec::new();
        let mut tell = |told| {
            if let Preparation::Kernels { begun, of } = told {
                built.push((begun, of));
            }
        };
        run.warm(&place, &mut tell).unwrap();
        assert_eq!(built.len(), 4, "a step and a probe of each kind: {built:?}");
        assert!(built.windows(2).all(|two| two[0].0 <= two[1].0 && two[1].0 <= two[1].1), "{built:?}");
        assert!(built[3].0 > 0, "{built:?}");
    }
}
