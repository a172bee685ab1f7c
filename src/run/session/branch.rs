//! Branching: a session beside another, from a saved state of its run, or from step 0 of another config.

use std::path::Path;

use super::Session;
use super::saving::opened_from;
use crate::domain::config::Config;
use crate::domain::roster::Roster;
use crate::domain::state::footprint_bytes;
use crate::engine::device::TrainingDevice;
use crate::run::Reason;
use crate::run::build::{Engine, NotOpened, fits_beside};
use crate::run::channel::SessionWriter;
use crate::run::snapshot::PausedBy;
use crate::run::text::TextWish;
use crate::run::{From, Start};
use crate::store::checkpoint::{self, RunId};

impl Session {
    /// Bytes that the run needs.
    pub fn footprint(&self) -> f64 {
        self.engine.as_ref().map_or(0.0, |engine| footprint_bytes(&self.config, engine.trainer.experts()))
    }

    /// A session that begins with another run at step 0, on the device of this one. `held`: bytes that all sessions need.
    ///
    /// # Errors
    /// Why the run cannot be built; there is no session then.
    pub fn beside(&self, out: SessionWriter, held: f64, config: Config) -> Result<Self, Reason> {
        let place = self.device.place().cloned().ok_or(Reason::NoDevice)?;
        fits_beside(held, &config, config.model.experts)?;
        let engine = Engine::fresh(config, &place)?;
        let mut session = self.sibling(out, &engine);
        session.stand(engine, &place, PausedBy::Start);
        Ok(session)
    }

    /// A session that goes on from a saved state of this run: from the checkpoint at `save`, or from the run as it stands.
    /// It has the curves and the journal up to there, and trains on as this run did from there, bit for bit, until a command
    /// makes it differ. It is another run, with an id and a file of its own; no file of this one is written by it. `held`:
    /// bytes that all sessions need.
    ///
    /// # Errors
    /// Why the state cannot be read or the run cannot be built; there is no session then.
    pub fn branch(&mut self, out: SessionWriter, held: f64, save: Option<&Path>) -> Result<Self, Reason> {
        let place = self.device.place().cloned().ok_or(Reason::NoDevice)?;
        match save.map(checkpoint::peek) {
            Some(Ok(head)) => {
                let experts = head.progress.rosters.first().map_or(head.config.model.experts, Roster::len);
                fits_beside(held, &head.config, experts)?;
            }
            // What is wrong with the file is said when it is opened.
            Some(Err(_)) => {}
            None => fits_beside(held, &self.config, self.engine.as_ref().map_or(0, |engine| engine.trainer.experts()))?,
        }
        let mut engine = match save {
            Some(path) => self.saved_at(path, &place)?,
            None => self.as_it_stands(&place)?,
        };
        engine.run = RunId::new();
        let mut session = self.sibling(out, &engine);
        if let Some(path) = save {
            session.keep.begin(Some(opened_from(path, &engine)));
        }
        session.stand(engine, &place, PausedBy::Opened);
        Ok(session)
    }

    /// The run of the checkpoint at `path`, with its text, or what lies in its place.
    fn saved_at(&self, path: &Path, place: &TrainingDevice) -> Result<Engine, Reason> {
        let corpus = self.engine.as_ref().and_then(|engine| engine.trainer.task().corpus());
        let any = TextWish { at: None, any: true };
        match Engine::opened(path, place, &any, corpus) {
            Ok((engine, _)) => Ok(engine),
            Err(NotOpened::File(why)) => Err(why),
            Err(NotOpened::Text(no_text)) => Err(no_text.why),
        }
    }

    /// Another trainer on a copy of everything this run is now.
    fn as_it_stands(&mut self, place: &TrainingDevice) -> Result<Engine, Reason> {
        self.settle();
        let whole = self.whole().map_err(Reason::Device)?;
        let task = self.engine.as_ref().map(|engine| engine.trainer.task().clone()).ok_or(Reason::NoRun)?;
        Engine::on(whole, task, place)
    }

    /// A session for `engine` that writes into no folder, and saves itself into a file of its own where this one saves
    /// itself.
    fn sibling(&self, out: SessionWriter, engine: &Engine) -> Self {
        let start = Start {
            from: From::Config(Box::new(Config::clone(engine.trainer.config()))),
            device: self.device.wish().into(),
            out: None,
            overwrite: false,
            autosave: self.keep.home().beside(&engine.run),
        };
        Self::new(out, start)
    }

    fn stand(&mut self, engine: Engine, place: &TrainingDevice, by: PausedBy) {
        self.adopt(engine, place, by);
        self.keep.list_left();
        self.publish(true);
    }
}
