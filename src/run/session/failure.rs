//! Failures of a run that cannot go on as it is: what is told, and the ways on that are offered.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use super::Session;
use super::saving::Unsaved;
use crate::domain::config::{Config, Preset};
use crate::engine::device::{Adapter, DeviceFailure, TrainingDevice};
use crate::run::build::NotOpened;
use crate::run::open_run::OpenRun;
use crate::run::saves::Saved;
use crate::run::snapshot::{Failure, FailureCause, Way, WayOn};
use crate::run::text::{NoText, TextWish};
use crate::run::{Command, FileWork, Notice, Reason, Rescue};

fn way(on: WayOn, command: Command) -> Way {
    Way { on, command }
}

/// The way on that always leads somewhere.
fn example() -> Way {
    way(WayOn::Example, Command::New(Box::new(Preset::Small.config())))
}

impl Session {
    fn fail(&mut self, cause: FailureCause, ways: Vec<Way>) {
        self.out.notice(Notice::Failed(cause.clone()));
        self.stands_failed(cause, ways);
    }

    /// The same for what a notice has told already.
    fn stands_failed(&mut self, cause: FailureCause, ways: Vec<Way>) {
        self.phases.forget();
        self.control.fail(Failure { cause, ways });
        self.publish(true);
    }

    fn is_on_cpu(&self) -> bool {
        self.device.is_cpu().unwrap_or(true)
    }

    fn cpu_way(&self) -> Option<Way> {
        (!self.is_on_cpu()).then(|| way(WayOn::Cpu, Command::MoveTo("cpu".into())))
    }

    /// Back to the last good save, if there is one.
    fn back_way(&self) -> Option<Way> {
        let best = self.keep.saves().best()?;
        Some(way(WayOn::GoBack(best.step), Command::GoBack))
    }

    /// Saves what a failure left whole, before anything else is tried. Whether the run can be read at all.
    fn keep_after_failure(&mut self, cause: &FailureCause) -> bool {
        // From here on nothing that fails again leads back here.
        self.control.fail(Failure { cause: cause.clone(), ways: Vec::new() });
        let kept = catch_unwind(AssertUnwindSafe(|| {
            let Some(run) = self.run.open_mut() else { return false };
            match run.trainer_mut().read() {
                Ok(batch) => self.take_in(batch.readings),
                Err(_) => return false,
            }
            self.pace.forget_queued();
            if self.is_unsaved() {
                self.save_after_failure();
            }
            self.whole().is_ok()
        }));
        kept.unwrap_or(false)
    }

    fn save_after_failure(&mut self) {
        let written = match self.keep.claim(self.run.config().seed) {
            Ok(Some(path)) => self.write(&path, true),
            Ok(None) => return,
            Err(why) => Err(Unsaved::Other(why)),
        };
        self.out.notice(match written {
            Ok(Saved { step, path, auto, .. }) => Notice::Saved { step, path, auto },
            Err(why) => Notice::FileFailed { work: FileWork::SavingTheRun, why: why.reason() },
        });
    }

    /// The device failed in the middle of a run.
    pub(super) fn device_failed(&mut self, failure: &DeviceFailure) {
        tracing::error!("the device failed: {failure}");
        let device = self.device.place().map(|place| place.name.clone());
        let step = self.step_done();
        let cause = FailureCause::Device { failure: failure.clone(), device: device.clone(), step };
        if matches!(failure, DeviceFailure::OutOfMemory(_)) && !self.control.has_failed() {
            self.keep_after_failure(&cause);
        }
        let mut ways = Vec::new();
        match failure {
            DeviceFailure::OutOfMemory(_) => {
                if self.run.config().sequences > 1 {
                    let half = self.run.config().sequences / 2;
                    ways.push(way(WayOn::SmallerBatch(half), Command::HalveBatch));
                }
                ways.extend(self.cpu_way());
            }
            DeviceFailure::Lost(_) => {
                device.iter().for_each(|name| Adapter::forget(name));
                ways.extend(self.cpu_way());
                let again = device.map_or(WayOn::TryAgain, WayOn::DeviceAgain);
                ways.push(way(again, Command::MoveTo(self.device.wish().into())));
            }
            DeviceFailure::Wrong(_) => ways.extend(self.cpu_way()),
            DeviceFailure::Interrupted if self.keep.saves().best().is_some() => {}
            DeviceFailure::Interrupted => {
                ways.push(way(WayOn::BeginAgain, Command::MoveTo(self.device.wish().into())));
            }
        }
        ways.extend(self.back_way());
        self.fail(cause, ways);
    }

    /// Something in the training thread panicked.
    pub(super) fn panicked(&mut self, text: &str) {
        tracing::error!("training panicked: {text}");
        let first = text.lines().next().unwrap_or_default();
        let cause = FailureCause::Panic { step: self.step_done(), first: first.to_owned() };
        let again = Command::MoveTo(self.device.wish().into());
        let ways = if !self.run.is_open() {
            vec![way(WayOn::TryAgain, again)]
        } else if self.keep_after_failure(&cause) {
            let here = way(WayOn::Continue(self.step_done()), again);
            std::iter::once(here).chain(self.back_way()).chain(self.cpu_way()).collect()
        } else if let Some(back) = self.back_way() {
            std::iter::once(back).chain(self.cpu_way()).collect()
        } else {
            let begin = way(WayOn::NothingSaved, again);
            std::iter::once(begin).chain(self.cpu_way()).collect()
        };
        self.fail(cause, ways);
    }

    /// No device could be had at the start.
    pub(super) fn no_device(&mut self, why: Reason) {
        let ways = vec![way(WayOn::Cpu, Command::MoveTo("cpu".into()))];
        self.fail(FailureCause::NoDevice(why), ways);
    }

    /// The first run could not be built.
    pub(super) fn could_not_begin(&mut self, why: Reason) {
        self.fail(FailureCause::CannotBegin(why), vec![example()]);
    }

    /// The file that the first run was to come from could not be opened.
    pub(super) fn could_not_open(&mut self, file: &Path, why: Reason) {
        self.fail(FailureCause::NotOpened { file: file.into(), why }, vec![example()]);
    }

    /// The first run could not be built because its text is missing, as a notice has told.
    pub(super) fn waits_for_text(&mut self, why: Reason) {
        self.stands_failed(FailureCause::NoText(why), vec![example()]);
    }

    /// The present run on `place`: as it is if its device can still be read, else from the last good save, else from step
    /// 0. Says which.
    pub(super) fn rescued(
        &mut self,
        place: &TrainingDevice,
        sequences: Option<usize>,
    ) -> Result<(OpenRun, Rescue), Reason> {
        let resized = |config: &mut Config| config.sequences = sequences.unwrap_or(config.sequences);
        let task = self.run.open().map(|run| run.trainer().task().clone());
        let corpus = task.as_ref().and_then(|task| task.corpus().cloned());
        if let (Ok(mut whole), Some(task)) = (self.whole(), task) {
            resized(&mut whole.config);
            return OpenRun::on(whole, task, place).map(|run| (run, Rescue::AsItWas));
        }
        if let Some(saved) = self.keep.saves().best().cloned() {
            let any = TextWish { at: None, any: true };
            let opened = OpenRun::opened_with(&saved.path, place, &any, corpus.as_ref(), resized);
            let (run, found) = opened.map_err(|error| match error {
                NotOpened::File(why) => Reason::Save { path: saved.path.clone(), why: Box::new(why) },
                NotOpened::Text(NoText { why, .. }) => Reason::Save { path: saved.path.clone(), why: Box::new(why) },
            })?;
            self.keep.went_back(saved);
            let difference = found.and_then(|found| found.difference);
            return Ok((run, Rescue::LastSave(difference)));
        }
        let mut config = Config::clone(self.run.config());
        resized(&mut config);
        OpenRun::fresh(config, place).map(|run| (run, Rescue::Beginning))
    }
}
