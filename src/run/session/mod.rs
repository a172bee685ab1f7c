//! A session: one run with its trainer, history, alerts, journal, files, saves, interventions and probes.
//!
//! A worker has several of them; none knows another. What one is asked for, refuses or fails at touches no other.

mod advice;
mod branch;
mod commands;
mod compare;
mod device;
mod explained;
mod failure;
mod faults;
mod files;
mod followed;
mod held;
mod interventions;
mod leaving;
mod maps;
mod newest;
mod opening;
mod phases;
mod planned;
mod probes;
mod publish;
mod readings;
mod rewind;
mod run;
mod saves;
mod saving;
mod shown;
mod steps;
mod surgery;
mod text;
mod undo;
mod watched;

use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::{Deserialize, Serialize};

pub(super) use self::branch::BranchOf;
use self::compare::Comparing;
use self::device::SessionDevice;
use self::explained::Explained;
use self::faults::PlannedFault;
use self::files::SessionFiles;
use self::followed::FollowedCommand;
use self::held::SessionHeld;
use self::interventions::Trials;
pub(super) use self::interventions::change_of;
pub(crate) use self::maps::MAP_SIDE;
use self::maps::SessionMaps;
pub use self::maps::{MapRequest, Maps};
use self::newest::SessionNewest;
use self::phases::SessionPhases;
use self::planned::SessionPlan;
pub(crate) use self::publish::before_anything;
use self::run::SessionRun;
use self::saves::SessionSaves;
use self::shown::Shown;
pub(super) use self::steps::Due;
use self::watched::SessionWatched;
use super::asked::Preparation;
use super::channel::SessionWriter;
use super::control::Control;
use super::open_run::OpenRun;
use super::pace::Pace;
use super::snapshot::PausedBy;
use super::{From, Start};
use crate::store::checkpoint;

/// Which session of a worker; never used for another after its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SessionId(pub u32);

impl SessionId {
    /// The session that a worker begins with.
    pub const FIRST: Self = Self(0);
}

impl std::fmt::Display for SessionId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "run {}", self.0.saturating_add(1))
    }
}

/// One run whole. Each part has a file of its own, which alone changes what is in it.
pub(super) struct Session {
    out: SessionWriter,
    run: SessionRun,
    device: SessionDevice,
    control: Control,
    pace: Pace,
    files: SessionFiles,
    newest: SessionNewest,
    trials: Trials,
    /// Its saves, and where it saves itself.
    keep: SessionSaves,
    followed: FollowedCommand,
    fault: PlannedFault,
    shown: Shown,
    /// Moments to go back to.
    held: SessionHeld,
    /// What became of the run after changes.
    explained: Explained,
    /// Weights being compared on a thread of their own.
    comparing: Comparing,
    /// Maps of points in the plane, while somebody looks at them.
    maps: SessionMaps,
    /// What its set-up will do to the run.
    plan: SessionPlan,
    /// The phases of the next step, while they are gone through one by one.
    phases: SessionPhases,
    /// The training of another process that it follows in the place of a run.
    watched: SessionWatched,
}

impl Session {
    /// A session that has not begun yet.
    pub fn new(out: SessionWriter, start: Start) -> Self {
        Self {
            out,
            run: SessionRun::new(start.from),
            device: SessionDevice::new(start.device),
            control: Control::paused(PausedBy::Start),
            pace: Pace::new(),
            files: SessionFiles::new(start.out, start.overwrite),
            newest: SessionNewest::default(),
            trials: Trials::default(),
            keep: SessionSaves::new(start.autosave),
            followed: FollowedCommand::default(),
            fault: PlannedFault::default(),
            shown: Shown::new(),
            held: SessionHeld::new(),
            explained: Explained::default(),
            comparing: Comparing::default(),
            maps: SessionMaps::default(),
            plan: SessionPlan::default(),
            phases: SessionPhases::default(),
            watched: SessionWatched::default(),
        }
    }

    /// Which one it is.
    pub fn id(&self) -> SessionId {
        self.out.session()
    }

    /// Runs a part of what the session does; a panic in it ends the run, not the program, and gives `None`.
    pub fn guarded<T>(&mut self, part: impl FnOnce(&mut Self) -> T) -> Option<T> {
        match catch_unwind(AssertUnwindSafe(|| part(self))) {
            Ok(done) => Some(done),
            Err(payload) => {
                let text = payload.downcast_ref::<String>().cloned();
                let text = text.or_else(|| payload.downcast_ref::<&str>().map(ToString::to_string));
                self.panicked(&text.unwrap_or_else(|| "no reason given".into()));
                None
            }
        }
    }

    /// Chooses the device and builds the first trainer.
    pub fn begin(&mut self) {
        if let Err(why) = self.files.claim(self.run.from()) {
            return self.could_not_begin(why);
        }
        self.keep.list_left();
        if let From::Watched(folder) = self.run.from().clone() {
            return self.begin_watch(folder);
        }
        // Before any driver is asked: what can never begin needs no device.
        if let From::File(path) | From::FileOn { file: path, .. } = self.run.from()
            && let Err(error) = checkpoint::peek(path)
        {
            let path = path.clone();
            self.not_opened(&path, error.into());
            return self.publish(true);
        }
        self.preparing(Preparation::Device);
        let mut tell = self.preparation_shown();
        match super::device_check::choose(self.device.wish(), &mut tell) {
            Ok(place) => self.device.stand_on(place),
            Err(error) => return self.no_device(error.into()),
        }
        match self.run.from().clone() {
            From::Config(config) => {
                let _ = self.replace(SessionPlan::default(), |place| OpenRun::fresh(*config, place));
            }
            From::Setup(setup) => self.begin_setup(*setup),
            From::File(path) => self.open(path),
            From::FileOn { file, text } => self.open_on(file, &text),
            // It needs no device.
            From::Watched(_) => {}
        }
    }

    /// Lets go of the files that it writes, before a reader can see that it has ended, and the program ends.
    pub fn close_files(&mut self) {
        self.files.release();
    }
}
