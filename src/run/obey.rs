//! What each command does to the run, at a step boundary.

use std::path::PathBuf;

use super::build::{Engine, NotOpened};
use super::pace::Pace;
use super::snapshot::{PausedBy, Saved, Status};
use super::text::TextWish;
use super::worker::{Seen, Worker};
use super::{Command, Fault, Notice};
use crate::checkpoint;
use crate::config::{Cadence, Config, Knobs, Measures};
use crate::device::{self, Place};
use crate::history::What;
use crate::quote;
use crate::roster::Surgery;

impl Worker {
    /// Follows a command, or says why not.
    pub fn obey(&mut self, command: Command) {
        let (step, plan) = (self.step_done(), self.config.steps);
        match command {
            Command::Run => {
                self.pace.resume();
                self.control.run(step, plan);
            }
            Command::Pause => {
                self.settle();
                self.control.pause(PausedBy::Person);
            }
            Command::Step(count) => {
                self.pace.resume();
                self.control.step(step, count);
            }
            Command::Speed(speed) => self.control.speed = speed.filter(|s| *s > 0.0),
            Command::SetKnobs(knobs) => self.set_knobs(knobs),
            Command::Watch { every, measures } => self.watch(every, measures),
            Command::Tamper { layer, tamper } => self.tamper(layer, tamper),
            Command::Paint { layer, from, to, compete } => self.paint(What::Painted { layer, from, to, compete }),
            Command::KnockOut { layer } => self.knock_out_all(layer),
            Command::Explain { layer, token } => self.explain(layer, token),
            Command::CompareWeights { layer } => self.compare_weights(layer),
            Command::Reference => self.take_reference(),
            Command::Experts { target, surgery } => self.reshape(target, surgery),
            Command::Reset { seed } => {
                let config = self.config_as_it_is(seed);
                self.replace(PausedBy::Start, |place| Engine::fresh(config, place));
            }
            Command::New(config) => self.replace(PausedBy::Start, |place| Engine::fresh(*config, place)),
            Command::MoveTo(name) => self.move_to(&name, None),
            Command::HalveBatch => {
                let sequences = (self.config.sequences / 2).max(1);
                self.move_to(&self.wish.clone(), Some(sequences));
            }
            Command::Save(path) => self.save(path, false),
            Command::Open(path) => self.open(path),
            Command::Locate { file, text, any } => self.locate(file, text, any),
            Command::GoBack => match self.saved.clone() {
                Some(saved) => self.open(saved.path),
                None => self.refuse("going back", "this run has not been saved yet; reset it to begin again"),
            },
            Command::Inject(Fault::NotFinite) => {
                if let Some(engine) = self.engine.as_mut() {
                    engine.trainer.poison();
                }
            }
            Command::Inject(fault) => self.fault = Some(fault),
            Command::Quit => {}
        }
    }

    pub fn step_done(&self) -> u64 {
        self.engine.as_ref().map_or(0, |e| e.trainer.progress().step)
    }

    pub fn refuse(&mut self, what: &str, why: &str) {
        self.writer.notice(Notice::Refused { what: what.into(), why: why.into() });
    }

    /// The config with the knobs and the number of experts in force: what a reset begins with, so that nothing on
    /// screen jumps back.
    fn config_as_it_is(&self, seed: Option<u64>) -> Config {
        let mut config = Config::clone(&self.config);
        if let Some(engine) = &self.engine {
            config.knobs = engine.trainer.progress().knobs.clone();
            config.model.experts = engine.trainer.experts();
        }
        config.seed = seed.unwrap_or(config.seed);
        config
    }

    fn set_knobs(&mut self, knobs: Knobs) {
        self.settle();
        let Some(engine) = self.engine.as_mut() else { return };
        let changes = engine.trainer.progress().knobs.changes(&knobs);
        if changes.is_empty() {
            return;
        }
        let before = engine.trainer.progress().knobs.policy;
        match engine.trainer.set_knobs(knobs.clone()) {
            Ok(()) => {
                if knobs.policy != before {
                    let step = engine.trainer.progress().step;
                    engine.history.alerts_mut().take_policy(step);
                }
                self.journal(What::Knobs { now: knobs, changes });
                self.advise();
            }
            Err(why) => self.refuse(&changes.join(", "), &why),
        }
        self.publish(true);
    }

    /// Paints steps ahead, or says why not.
    fn paint(&mut self, what: What) {
        self.settle();
        let (What::Painted { layer, from, to, compete }, Some(engine)) = (&what, self.engine.as_mut()) else { return };
        match engine.trainer.paint(*layer, *from, *to, *compete) {
            Ok(()) => self.journal(what),
            Err(why) => self.refuse(&what.flag().unwrap_or_default(), &why),
        }
        self.publish(true);
    }

    /// Looks at the run at another cadence.
    fn watch(&mut self, every: u64, measures: Measures) {
        self.settle();
        let Some(engine) = self.engine.as_mut() else { return };
        engine.trainer.set_cadence(Cadence { probe_every: every.max(1), measures, ..self.config.cadence.clone() });
        self.config = engine.trainer.config().clone();
        self.publish(true);
    }

    fn reshape(&mut self, target: usize, surgery: Surgery) {
        self.settle();
        self.autosave();
        let what = format!("{} to {target} experts", surgery.label());
        let Some(from) = self.engine.as_ref().map(|e| e.trainer.experts()) else { return };
        if target == from {
            return self.refuse(&what, &format!("every layer already has {from}"));
        }
        self.preparing(&format!("changing the experts: {what}"));
        match self.operate(target, surgery) {
            Ok(()) => {}
            Err(Trouble::Refused(why)) => self.refuse(&what, &why),
            Err(Trouble::Device(failure)) => self.device_failed(&failure),
        }
        self.publish(true);
    }

    /// Puts another trainer in the place of the present one, or leaves everything as it is and says why.
    pub fn replace(&mut self, by: PausedBy, build: impl FnOnce(&Place) -> Result<Engine, String>) {
        self.settle();
        self.preparing("reading the text and drawing weights");
        let Some(place) = self.place.clone() else { return self.no_device("no device is chosen") };
        match build(&place) {
            Ok(engine) => {
                self.saved = None;
                self.adopt(engine, &place, by);
            }
            Err(why) if self.engine.is_some() => self.refuse("starting another run", &why),
            Err(why) => self.could_not_begin(&why),
        }
        self.publish(true);
    }

    /// The new trainer stands: kernels, files, journal.
    pub fn adopt(&mut self, engine: Engine, place: &Place, by: PausedBy) {
        let config = engine.trainer.config().clone();
        let step = engine.trainer.progress().step;
        self.seen = Seen::default();
        self.comparing = None;
        self.pace = Pace::new();
        self.wants_text = None;
        self.config = config;
        self.engine = Some(engine);
        self.place = Some(place.clone());
        self.queued = 0;
        self.control.renew(by);
        self.preparing("building kernels for the first step");
        let warmed = self.engine.as_ref().map_or(Ok(()), |e| e.warm(place));
        if let Err(failure) = warmed {
            return self.device_failed(&failure);
        }
        self.look_around();
        self.open_files(step);
        self.journal(What::Started { device: place.name.clone() });
        self.advise();
    }

    pub fn open(&mut self, path: PathBuf) {
        self.open_on(path, &TextWish { at: None, any: true });
    }

    /// Opens a checkpoint that is to go on with the text that `wish` says.
    pub fn open_on(&mut self, path: PathBuf, wish: &TextWish) {
        self.settle();
        self.preparing(&format!("opening {} and reading its text", quote::path(&path)));
        let Some(place) = self.place.clone() else { return self.no_device("no device is chosen") };
        let corpus = self.engine.as_ref().map(|engine| engine.trainer.corpus().clone());
        match Engine::opened(&path, &place, wish, corpus.as_ref()) {
            Ok((engine, found)) => {
                let step = engine.trainer.progress().step;
                self.saved = Some(Saved { step, path: path.clone(), auto: false });
                self.adopt(engine, &place, PausedBy::Opened);
                self.writer.notice(Notice::Opened { step, path });
                self.tell_text(&found);
            }
            Err(NotOpened::Text(no_text)) => {
                let why = no_text.why.clone();
                self.want_text(Some(path), no_text);
                if self.engine.is_none() {
                    self.could_not_begin(&why);
                }
            }
            Err(NotOpened::File(why)) => {
                let what = format!("Opening {}", quote::path(&path));
                self.writer.notice(Notice::FileFailed { what, why: why.clone() });
                if self.engine.is_none() {
                    self.could_not_begin(&why);
                }
            }
        }
        self.publish(true);
    }

    pub fn save(&mut self, path: PathBuf, auto: bool) {
        self.settle();
        let Some(engine) = &self.engine else {
            return self.refuse("saving", "there is no run yet");
        };
        let (step, whole) = (engine.trainer.progress().step, engine.whole());
        let mut snapshot = self.snapshot();
        snapshot.status = Status::Saving;
        self.writer.publish(snapshot);
        let whole = match whole {
            Ok(whole) => whole,
            Err(failure) => return self.device_failed(&failure),
        };
        match checkpoint::save(&whole, &path) {
            Ok(()) => {
                self.saved = Some(Saved { step, path: path.clone(), auto });
                self.journal(What::Saved { path: path.clone(), auto });
                self.writer.notice(Notice::Saved { step, path, auto });
            }
            Err(error) => {
                let what = format!("Saving to {}", quote::path(&path));
                self.writer.notice(Notice::FileFailed { what, why: error.to_string() });
            }
        }
        self.publish(true);
    }

    /// Goes on on another device (or with another batch): from the present step if the old device can still be read,
    /// else from the last save, else from step 0.
    fn move_to(&mut self, name: &str, sequences: Option<usize>) {
        if !self.control.has_failed() {
            self.settle();
        }
        self.preparing(&format!("bringing up {name}"));
        let place = match super::choose::choose(name) {
            Ok(place) => place,
            Err(error) => {
                self.refuse(&format!("moving to {name}"), &error.to_string());
                return self.publish(true);
            }
        };
        let rebuilt = self.rescued(&place, sequences);
        match rebuilt {
            Ok((engine, told)) => {
                self.wish = name.into();
                let step = engine.trainer.progress().step;
                self.adopt(engine, &place, PausedBy::Person);
                self.writer.notice(Notice::Info(format!("Going on on {} from step {step}{told}", place.name)));
            }
            Err(why) => self.refuse(&format!("moving to {name}"), &why),
        }
        self.publish(true);
    }
}

/// Why surgery did not happen.
pub(super) enum Trouble {
    Refused(String),
    Device(device::DeviceFailure),
}
