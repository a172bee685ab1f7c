//! Branching: a session beside another, from a saved state of its run, or from step 0 of another config.

use std::path::{Path, PathBuf};

use super::Session;
use super::saving::opened_from;
use crate::domain::config::{Config, Knobs};
use crate::domain::roster::Roster;
use crate::engine::device::TrainingDevice;
use crate::run::Reason;
use crate::run::build::NotOpened;
use crate::run::channel::SessionWriter;
use crate::run::memory::fits_beside;
use crate::run::open_run::OpenRun;
use crate::run::snapshot::PausedBy;
use crate::run::text::TextWish;
use crate::run::{Command, From, RewindTo, Start};
use crate::store::checkpoint;

/// What a branch goes on from.
pub(in crate::run) struct BranchOf {
    /// A checkpoint.
    pub save: Option<PathBuf>,
    /// A moment of the run; without both, the run as it stands.
    pub at: Option<RewindTo>,
    /// Knobs that it goes on with.
    pub knobs: Option<Box<Knobs>>,
}

impl Session {
    /// Bytes that the run needs.
    pub fn footprint(&self) -> f64 {
        self.run.footprint() + self.held.bytes() as f64
    }

    /// A session that begins with another run at step 0, on the device of this one. `held`: bytes that all sessions need.
    ///
    /// # Errors
    /// Why the run cannot be built; there is no session then.
    pub fn beside(&self, out: SessionWriter, held: f64, config: Config) -> Result<Self, Reason> {
        let place = self.device.place().cloned().ok_or(Reason::NoDevice)?;
        fits_beside(held, &config, config.model.experts)?;
        let run = OpenRun::fresh(config, &place)?;
        let mut session = self.sibling(out, &run);
        session.stand(run, &place, PausedBy::Start);
        Ok(session)
    }

    /// A session that goes on from a state of this run: from a checkpoint, from a moment that can be gone back to, or from the
    /// run as it stands.
    /// It has the curves and the journal up to there, and trains on as this run did from there, bit for bit, until a command
    /// makes it differ. It is another run, with an id and a file of its own; no file of this one is written by it. `held`:
    /// bytes that all sessions need.
    ///
    /// # Errors
    /// Why the state cannot be read or the run cannot be built; there is no session then.
    pub fn branch(&mut self, out: SessionWriter, held: f64, of: BranchOf) -> Result<Self, Reason> {
        let save = of.save.as_deref();
        let place = self.device.place().cloned().ok_or(Reason::NoDevice)?;
        match save.map(checkpoint::peek) {
            Some(Ok(head)) => {
                let experts = head.progress.rosters.first().map_or(head.config.model.experts, Roster::len);
                fits_beside(held, &head.config, experts)?;
            }
            // What is wrong with the file is said when it is opened.
            Some(Err(_)) => {}
            None => fits_beside(held, self.run.config(), self.run.open().map_or(0, |run| run.trainer().experts()))?,
        }
        let run = match (save, of.at) {
            (Some(path), _) => self.saved_at(path, &place)?,
            (None, Some(at)) => self.as_it_was(&place, at)?,
            (None, None) => self.as_it_stands(&place)?,
        };
        let run = run.into_another_run();
        if let Some(knobs) = &of.knobs {
            // Tried on a copy first: there is no session if they are refused.
            let mut tried = run.fork().ok_or(Reason::NoRun)?;
            tried.trainer_mut().set_knobs(Knobs::clone(knobs))?;
        }
        let mut session = self.sibling(out, &run);
        if let Some(path) = save {
            session.keep.begin(Some(opened_from(path, &run)));
        }
        session.stand(run, &place, PausedBy::Opened);
        if let Some(knobs) = of.knobs {
            session.obey(Command::SetKnobs(*knobs));
        }
        Ok(session)
    }

    /// The run as it was at an earlier moment: a fork of the nearest state that is held, and everything done again from
    /// there, by a session that is gone afterwards.
    fn as_it_was(&mut self, place: &TrainingDevice, at: RewindTo) -> Result<OpenRun, Reason> {
        self.flush_readings();
        let to = self.moment_of(at)?;
        let run = self.run.open().ok_or(Reason::NoRun)?;
        let past = run.history().clone();
        let held = self.held.nearest(to)?;
        let mut then = self.sibling(self.out.clone(), &held.run);
        then.device.stand_on(place.clone());
        then.stand_at(held);
        let done = then.done_again(&past, to);
        self.publish(true);
        done?;
        then.run.open().and_then(OpenRun::fork).ok_or(Reason::NoRun)
    }

    /// The run of the checkpoint at `path`, with its text, or what lies in its place.
    fn saved_at(&self, path: &Path, place: &TrainingDevice) -> Result<OpenRun, Reason> {
        let corpus = self.run.open().and_then(|run| run.trainer().task().corpus());
        let any = TextWish { at: None, any: true };
        match OpenRun::opened(path, place, &any, corpus) {
            Ok((run, _)) => Ok(run),
            Err(NotOpened::File(why)) => Err(why),
            Err(NotOpened::Text(no_text)) => Err(no_text.why),
        }
    }

    /// Another trainer on a copy of everything this run is now.
    fn as_it_stands(&mut self, place: &TrainingDevice) -> Result<OpenRun, Reason> {
        self.flush_readings();
        let whole = self.whole().map_err(Reason::Device)?;
        let task = self.run.open().map(|run| run.trainer().task().clone()).ok_or(Reason::NoRun)?;
        OpenRun::on(whole, task, place)
    }

    /// A session for `run` that writes into no folder, and saves itself into a file of its own where this one saves
    /// itself.
    fn sibling(&self, out: SessionWriter, run: &OpenRun) -> Self {
        let start = Start {
            from: From::Config(Box::new(Config::clone(run.trainer().config()))),
            device: self.device.wish().into(),
            out: None,
            overwrite: false,
            autosave: self.keep.autosave_place().beside(run.id()),
        };
        Self::new(out, start)
    }

    fn stand(&mut self, run: OpenRun, place: &TrainingDevice, by: PausedBy) {
        self.adopt(run, place, by);
        self.keep.list_left();
        self.publish(true);
    }
}
