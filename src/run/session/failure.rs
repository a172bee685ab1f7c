//! What is said and offered when a run cannot go on as it is.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::Session;
use super::saving::Unsaved;
use crate::domain::config::{Config, Preset};
use crate::engine::device::{Adapter, DeviceFailure, DeviceKind, TrainingDevice};
use crate::run::build::{Engine, NotOpened};
use crate::run::saves::{Saved, Saves};
use crate::run::snapshot::{Failure, Way};
use crate::run::text::{NoText, TextWish};
use crate::run::{Command, Notice};

fn way(label: impl Into<String>, command: Command) -> Way {
    Way { label: label.into(), command }
}

/// The way on that always leads somewhere.
fn example() -> Way {
    way("Start the built-in example", Command::New(Box::new(Preset::Small.config())))
}

impl Session {
    fn fail(&mut self, what: String, ways: Vec<Way>) {
        self.out.notice(Notice::Failed(what.clone()));
        self.stands_failed(what, ways);
    }

    /// The same for what a notice has told already.
    fn stands_failed(&mut self, what: String, ways: Vec<Way>) {
        self.control.fail(Failure { what, ways });
        self.publish(true);
    }

    fn is_on_cpu(&self) -> bool {
        self.place.as_ref().is_none_or(|p| p.kind == DeviceKind::Cpu)
    }

    fn cpu_way(&self) -> Option<Way> {
        (!self.is_on_cpu()).then(|| way("Use the CPU", Command::MoveTo("cpu".into())))
    }

    /// Back to the last good save, if there is one.
    fn back_way(&self) -> Option<Way> {
        let best = self.saves.best()?;
        Some(way(format!("Go back to step {}, the last good save", best.step), Command::GoBack))
    }

    /// Saves what a failure left whole, before anything else is tried. Whether the run can be read at all.
    fn keep_after_failure(&mut self, what: &str) -> bool {
        // From here on nothing that fails again leads back here.
        self.control.fail(Failure { what: what.to_owned(), ways: Vec::new() });
        let kept = catch_unwind(AssertUnwindSafe(|| {
            let Some(engine) = self.engine.as_mut() else { return false };
            match engine.trainer.read() {
                Ok(batch) => self.take_in(batch.readings),
                Err(_) => return false,
            }
            self.queued = 0;
            if self.is_unsaved() {
                self.save_after_failure();
            }
            self.whole().is_ok()
        }));
        kept.unwrap_or(false)
    }

    fn save_after_failure(&mut self) {
        let written = match self.home.claim(self.config.seed) {
            Ok(Some(path)) => self.write(&path, true),
            Ok(None) => return,
            Err(why) => Err(Unsaved::Other(why)),
        };
        self.out.notice(match written {
            Ok(Saved { step, path, auto, .. }) => Notice::Saved { step, path, auto },
            Err(why) => Notice::FileFailed { what: "Saving the run".into(), why: why.words() },
        });
    }

    /// The device failed in the middle of a run.
    pub(super) fn device_failed(&mut self, failure: &DeviceFailure) {
        tracing::error!("{failure} {}", failure.detail());
        if matches!(failure, DeviceFailure::OutOfMemory(_)) && !self.control.has_failed() {
            self.keep_after_failure(&failure.to_string());
        }
        let name = self.place.as_ref().map_or_else(|| "the device".into(), |p| p.name.clone());
        let mut ways = Vec::new();
        match failure {
            DeviceFailure::OutOfMemory(_) => {
                if self.config.sequences > 1 {
                    let half = self.config.sequences / 2;
                    ways.push(way(format!("Smaller batch ({half} sequences)"), Command::HalveBatch));
                }
                ways.extend(self.cpu_way());
            }
            DeviceFailure::Lost(_) => {
                Adapter::forget(&name);
                ways.extend(self.cpu_way());
                ways.push(way(format!("Try {name} again"), Command::MoveTo(self.wish.clone())));
            }
            DeviceFailure::Interrupted if self.saves.best().is_some() => {}
            DeviceFailure::Interrupted => {
                ways.push(way("Begin again from step 0", Command::MoveTo(self.wish.clone())));
            }
        }
        ways.extend(self.back_way());
        self.fail(format!("{failure} It was {name}, at step {}.", self.step_done()), ways);
    }

    /// Something in the training thread panicked.
    pub(super) fn panicked(&mut self, text: &str) {
        tracing::error!("training panicked: {text}");
        let first = text.lines().next().unwrap_or_default();
        let what = format!("Training stopped unexpectedly at step {}: {first}.", self.step_done());
        let again = Command::MoveTo(self.wish.clone());
        let ways = if self.engine.is_none() {
            vec![way("Try again", again)]
        } else if self.keep_after_failure(&what) {
            let here = way(format!("Continue from step {}", self.step_done()), again);
            std::iter::once(here).chain(self.back_way()).chain(self.cpu_way()).collect()
        } else if let Some(back) = self.back_way() {
            std::iter::once(back).chain(self.cpu_way()).collect()
        } else {
            let begin = way("Begin again at step 0: nothing was saved", again);
            std::iter::once(begin).chain(self.cpu_way()).collect()
        };
        self.fail(what, ways);
    }

    /// No device could be had at the start.
    pub(super) fn no_device(&mut self, why: &str) {
        let ways = vec![way("Use the CPU", Command::MoveTo("cpu".into()))];
        self.fail(format!("No device to train on: {why}."), ways);
    }

    /// The first run could not be built.
    pub(super) fn could_not_begin(&mut self, why: &str) {
        self.fail(why.to_owned(), vec![example()]);
    }

    /// The first run could not be built for want of its text, as a notice has told.
    pub(super) fn waits_for_text(&mut self, why: &str) {
        self.stands_failed(why.to_owned(), vec![example()]);
    }

    /// The present run on `place`: as it is if its device can still be read, else from the last good save, else from step
    /// 0. Says which.
    pub(super) fn rescued(
        &mut self,
        place: &TrainingDevice,
        sequences: Option<usize>,
    ) -> Result<(Engine, String), String> {
        let resized = |config: &mut Config| config.sequences = sequences.unwrap_or(config.sequences);
        let task = self.engine.as_ref().map(|engine| engine.trainer.task().clone());
        let corpus = task.as_ref().and_then(|task| task.corpus().cloned());
        if let (Ok(mut whole), Some(task)) = (self.whole(), task) {
            resized(&mut whole.config);
            return Engine::on(whole, task, place).map(|engine| (engine, String::new()));
        }
        if let Some(saved) = self.saves.best().cloned() {
            let any = TextWish { at: None, any: true };
            let opened = Engine::opened_with(&saved.path, place, &any, corpus.as_ref(), resized);
            let (engine, found) = opened.map_err(|error| match error {
                NotOpened::File(why) | NotOpened::Text(NoText { why, .. }) => {
                    format!("{}: {why}", crate::domain::quote::path(&saved.path))
                }
            })?;
            self.saves = Saves::opened(saved);
            self.changed = false;
            let difference = found.and_then(|found| found.difference);
            let text = difference.map_or(String::new(), |how| format!("; its text has changed: {how}"));
            return Ok((engine, format!(", the last good save: the steps after it could not be read{text}")));
        }
        let mut config = Config::clone(&self.config);
        resized(&mut config);
        let told = ": nothing was saved, and the steps taken could not be read".to_owned();
        Engine::fresh(config, place).map(|engine| (engine, told))
    }
}
