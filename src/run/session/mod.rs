//! A session: one run with its trainer, history, alerts, journal, files, saves, interventions and probes.
//!
//! A worker has several of them; none knows another. What one is asked for, refuses or fails at touches no other.

mod advice;
mod branch;
mod commands;
mod compare;
mod device;
mod failure;
mod files;
mod interventions;
mod leaving;
mod maps;
mod opening;
mod probes;
mod publish;
mod readings;
mod saves;
mod saving;
mod steps;
mod surgery;
mod text;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;

use serde::{Deserialize, Serialize};

use self::compare::Comparing;
use self::device::SessionDevice;
use self::files::SessionFiles;
use self::interventions::Trials;
pub(super) use self::interventions::change_of;
use self::maps::SessionMaps;
pub use self::maps::{MapRequest, Maps};
use self::publish::Shared;
pub(crate) use self::publish::before_anything;
use self::saves::SessionSaves;
pub(super) use self::steps::Due;
use super::asked::Preparation;
use super::build::Engine;
use super::channel::SessionWriter;
use super::control::Control;
use super::pace::Pace;
use super::snapshot::{PausedBy, SnapshotNewest};
use super::text::WantedText;
use super::{AppCommand, From, InjectedFault, Start};
use crate::domain::config::Config;
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

/// One run whole.
pub(super) struct Session {
    out: SessionWriter,
    start: Start,
    device: SessionDevice,
    engine: Option<Engine>,
    /// The config of the run, or of the one that could not be built.
    config: Arc<Config>,
    control: Control,
    pace: Pace,
    files: SessionFiles,
    /// The newest readings; comparisons of weights and maps are apart.
    seen: SnapshotNewest,
    trials: Trials,
    /// Its saves, and where it saves itself.
    keep: SessionSaves,
    /// The command that is being followed.
    asked: Option<AppCommand>,
    /// Whether the run being left may be lost.
    discard: bool,
    /// A text that is needed and not there as it was.
    wants_text: Option<WantedText>,
    fault: Option<InjectedFault>,
    /// Steps queued since the last read.
    queued: u64,
    published: Instant,
    /// Whether all that was done has been read and published.
    rested: bool,
    /// What snapshots share as long as it does not change.
    shared: Shared,
    /// Experts knocked out so far, in turn.
    knocked: usize,
    /// Weights being compared on a thread of their own.
    comparing: Comparing,
    /// Maps of points in the plane, while somebody looks at them.
    maps: SessionMaps,
}

impl Session {
    /// A session that has not begun yet.
    pub fn new(out: SessionWriter, start: Start) -> Self {
        let config = match &start.from {
            From::Config(config) => Arc::new(Config::clone(config)),
            From::File(_) | From::FileOn { .. } => Arc::new(Config::default()),
        };
        Self {
            out,
            keep: SessionSaves::new(start.autosave.clone()),
            device: SessionDevice::new(start.device.clone()),
            start,
            engine: None,
            config,
            control: Control::paused(PausedBy::Start),
            pace: Pace::new(),
            files: SessionFiles::default(),
            seen: SnapshotNewest::default(),
            trials: Trials::default(),
            asked: None,
            discard: false,
            wants_text: None,
            fault: None,
            queued: 0,
            published: Instant::now(),
            rested: false,
            shared: Shared::default(),
            knocked: 0,
            comparing: Comparing::default(),
            maps: SessionMaps::default(),
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
        if let Err(why) = self.files.claim(&self.start) {
            return self.could_not_begin(why);
        }
        self.keep.list_left();
        // Before any driver is asked: what can never begin needs no device.
        if let From::File(path) | From::FileOn { file: path, .. } = &self.start.from
            && let Err(error) = checkpoint::peek(path)
        {
            let path = path.clone();
            self.not_opened(&path, error.into());
            return self.publish(true);
        }
        self.preparing(Preparation::Device);
        match super::device_check::choose(self.device.wish()) {
            Ok(place) => self.device.stand_on(place),
            Err(error) => return self.no_device(error.into()),
        }
        match self.start.from.clone() {
            From::Config(config) => self.replace(PausedBy::Start, |place| Engine::fresh(*config, place)),
            From::File(path) => self.open(path),
            From::FileOn { file, text } => self.open_on(file, &text),
        }
    }

    /// Lets go of the files that it writes, before a reader can see that it has ended, and the program ends.
    pub fn close_files(&mut self) {
        self.files.release();
    }
}
