//! Another run in the place of the present one: a new one, one from a file, or the same on another device.

use std::path::{Path, PathBuf};

use super::Session;
use super::planned::SessionPlan;
use super::saving::opened_from;
use crate::engine::device::{DeviceKind, TrainingDevice};
use crate::run::build::NotOpened;
use crate::run::open_run::OpenRun;
use crate::run::snapshot::PausedBy;
use crate::run::text::TextWish;
use crate::run::{Asked, Fact, FileWork, Notice, Preparation, Reason};
use crate::store::history::What;

impl Session {
    /// Puts another trainer in the place of the present one, or leaves everything as it is and says why; which of the two.
    pub(super) fn replace(
        &mut self,
        plan: SessionPlan,
        build: impl FnOnce(&TrainingDevice) -> Result<OpenRun, Reason>,
    ) -> bool {
        self.flush_readings();
        self.preparing(Preparation::Weights);
        let Some(place) = self.device.place().cloned() else {
            self.no_device(Reason::NoDevice);
            return false;
        };
        let mut stands = false;
        match build(&place) {
            Ok(run) => {
                if self.leave(None) {
                    // Whoever sees the new run sees what is still to be done to it.
                    self.plan = plan;
                    self.keep.begin(None);
                    self.adopt(run, &place, PausedBy::Start);
                    self.keep.list_left();
                    stands = true;
                }
            }
            Err(why) if self.has_run() => self.refuse(Asked::AnotherRun, why),
            Err(why) => self.could_not_begin(why),
        }
        self.publish(true);
        stands
    }

    /// The new trainer stands: kernels, files, journal.
    pub(super) fn adopt(&mut self, run: OpenRun, place: &TrainingDevice, by: PausedBy) {
        let step = run.step();
        self.watched.end();
        self.newest.forget();
        self.trials.forget();
        self.comparing.forget();
        self.maps.forget();
        self.phases.forget();
        self.pace.restart();
        self.run.begin(run);
        self.device.stand_on(place.clone());
        self.keep.stands();
        self.control.renew(by);
        self.preparing(Preparation::Kernels { begun: 0, of: 0 });
        let mut tell = self.preparation_shown();
        let warmed = self.run.open().map_or(Ok(()), |e| e.warm(place, &mut tell));
        if let Err(failure) = warmed {
            return self.device_failed(&failure);
        }
        self.look_around();
        self.open_files(step);
        let sequences = Some(self.run.config().sequences);
        let text = self.run.open().and_then(|run| run.trainer().task().corpus());
        let text = text.map(|corpus| corpus.identity().clone());
        self.journal(What::Started { device: place.name.clone(), sequences, text });
        if let Some(fingerprint) = self.run.open_mut().and_then(OpenRun::take_other_data) {
            self.journal(What::Data { fingerprint });
            self.out.notice(Notice::Fact(Fact::PointsDiffer));
        }
        self.advise();
    }

    pub(super) fn open(&mut self, path: PathBuf) {
        self.open_on(path, &TextWish { at: None, any: true });
    }

    /// Opens a checkpoint that is to go on with the text that `wish` says.
    pub(super) fn open_on(&mut self, path: PathBuf, wish: &TextWish) {
        self.flush_readings();
        self.preparing(Preparation::Opening(path.clone()));
        let Some(place) = self.device.place().cloned() else { return self.no_device(Reason::NoDevice) };
        let corpus = self.run.open().and_then(|run| run.trainer().task().corpus().cloned());
        match OpenRun::opened(&path, &place, wish, corpus.as_ref()) {
            Ok((run, found)) => {
                if !self.leave(Some(&path)) {
                    return self.publish(true);
                }
                let step = run.step();
                self.plan.forget();
                self.keep.begin(Some(opened_from(&path, &run)));
                self.adopt(run, &place, PausedBy::Opened);
                self.keep.list_left();
                self.out.notice(Notice::Opened { step, path });
                if let Some(found) = found {
                    self.tell_text(&found);
                }
            }
            Err(NotOpened::Text(no_text)) => {
                let why = no_text.why.clone();
                self.want_text(Some(path), no_text);
                if !self.has_run() {
                    self.waits_for_text(why);
                }
            }
            Err(NotOpened::File(why)) => self.not_opened(&path, why),
        }
        self.publish(true);
    }

    /// Whether a run is shown: one that trains here, or one that is watched.
    fn has_run(&self) -> bool {
        self.run.is_open() || self.watched.is_under_way()
    }

    /// Says why a file was not opened; a run that shows nothing yet has failed by it.
    pub(super) fn not_opened(&mut self, path: &Path, why: Reason) {
        if !self.has_run() {
            self.could_not_open(path, why);
        } else {
            self.out.notice(Notice::FileFailed { work: FileWork::Opening(path.into()), why });
        }
    }

    /// Goes on on another device (or with another batch): from the present step if the old device can still be read,
    /// else from the last good save, else from step 0. Where no run stands yet, the one asked for begins there.
    pub(super) fn move_to(&mut self, name: &str, sequences: Option<usize>) {
        if !self.run.is_open() {
            self.device.set_wish(name);
            self.begin();
            return;
        }
        if !self.control.has_failed() {
            self.flush_readings();
            // A device that fails while it is read is a reason to move.
            if !self.save_first() && !self.control.has_failed() {
                return self.publish(true);
            }
        }
        self.preparing(Preparation::MovingTo(name.into()));
        let place = match crate::run::device_check::choose(name, &mut self.preparation_shown()) {
            Ok(place) => place,
            Err(error) => {
                self.refuse(Asked::MoveTo(name.into()), error.into());
                return self.publish(true);
            }
        };
        match self.rescued(&place, sequences) {
            Ok((run, from)) => {
                self.device.set_wish(name);
                let step = run.step();
                let changed = self.keep.has_changed();
                self.adopt(run, &place, PausedBy::Moved);
                if changed {
                    self.keep.change();
                }
                let device = (place.kind != DeviceKind::Cpu).then(|| place.name.clone());
                self.out.notice(Notice::Fact(Fact::ContinuesOn { device, step, from }));
            }
            Err(why) => self.refuse(Asked::MoveTo(name.into()), why),
        }
        self.publish(true);
    }
}
