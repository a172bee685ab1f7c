//! What each command does to the run, at a step boundary.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::build::{Engine, NotOpened};
use super::pace::Pace;
use super::saves::Saves;
use super::saving::{Clock, opened_from};
use super::snapshot::PausedBy;
use super::text::{TextWish, sentence};
use super::worker::{NewestReadings, Worker};
use super::{AppCommand, Command, From, InjectedFault, Notice, Standing};
use crate::domain::config::{Config, Intervals, Knobs, ProbeFamilies};
use crate::domain::quote;
use crate::domain::roster::Surgery;
use crate::engine::device::{self, DeviceKind, TrainingDevice};
use crate::store::checkpoint::Over;
use crate::store::history::{ProbeSettings, What};

impl Worker {
    /// Follows a command of the run; one that does anything else leaves it as it is.
    pub fn follow(&mut self, command: AppCommand) {
        self.asked = Some(command.clone());
        if let AppCommand::Session(command) = command {
            self.obey(command);
        }
    }

    /// Follows a command, or says why not.
    fn obey(&mut self, command: Command) {
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
            Command::Intervene { layer, intervention } => self.intervention(layer, intervention),
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
            Command::New(config) => self.new_run(config),
            Command::MoveTo(name) => self.move_to(&name, None),
            Command::HalveBatch => {
                let sequences = (self.config.sequences / 2).max(1);
                self.move_to(&self.wish.clone(), Some(sequences));
            }
            Command::Save(path) => self.save_here(path),
            Command::SaveAs { path, replace } => self.save_as(path, replace),
            Command::Open(path) => self.open(path),
            Command::Locate { file, text, any } => self.locate(file, text, any),
            Command::ListRuns => {
                self.list_left();
                self.publish(true);
            }
            Command::GoBack => match self.saves.best().cloned() {
                Some(saved) => self.open(saved.path),
                None => self.refuse("going back", "this run has not been saved yet; reset it to begin again"),
            },
            Command::Inject(InjectedFault::NotFinite) => {
                if let Some(engine) = self.engine.as_mut() {
                    engine.trainer.poison();
                }
            }
            Command::Inject(fault) => self.fault = Some(fault),
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
                    Arc::make_mut(&mut engine.alerts).take_policy(step);
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
    fn watch(&mut self, every: u64, measures: ProbeFamilies) {
        self.settle();
        let Some(engine) = self.engine.as_mut() else { return };
        let before = self.config.cadence.clone();
        let from = ProbeSettings { every: before.probe_every, measures: before.measures };
        let to = ProbeSettings { every: every.max(1), measures };
        engine.trainer.set_cadence(Intervals { probe_every: to.every, measures, ..before });
        self.config = engine.trainer.config().clone();
        if from != to {
            self.journal(What::Watch { from, to });
        }
        self.publish(true);
    }

    fn reshape(&mut self, target: usize, surgery: Surgery) {
        self.settle();
        let what = format!("{} to {target} experts", surgery.label());
        let Some(from) = self.engine.as_ref().map(|e| e.trainer.experts()) else { return };
        if target == from {
            return self.refuse(&what, &format!("every layer already has {from}"));
        }
        if !self.save_first() {
            return self.publish(true);
        }
        self.preparing(&format!("changing the experts: {what}"));
        match self.operate(target, surgery) {
            Ok(()) => {}
            Err(Trouble::Refused(why)) => self.refuse(&what, &why),
            Err(Trouble::Device(failure)) => self.device_failed(&failure),
        }
        self.publish(true);
    }

    /// Another run. Where none stands yet it is the one that was asked for, should the device be the trouble.
    fn new_run(&mut self, config: Box<Config>) {
        if self.engine.is_none() {
            self.start.from = From::Config(config.clone());
        }
        self.replace(PausedBy::Start, |place| Engine::fresh(*config, place));
    }

    fn save_here(&mut self, path: PathBuf) {
        if self.engine.is_none() {
            return self.refuse("saving", "there is no run yet");
        }
        // What became of it was said.
        let _ = self.save(path, false);
    }

    /// Puts another trainer in the place of the present one, or leaves everything as it is and says why.
    pub fn replace(&mut self, by: PausedBy, build: impl FnOnce(&TrainingDevice) -> Result<Engine, String>) {
        self.settle();
        self.preparing("reading the text and drawing weights");
        let Some(place) = self.place.clone() else { return self.no_device("no device is chosen") };
        match build(&place) {
            Ok(engine) => {
                if self.leave(None) {
                    self.saves = Saves::default();
                    self.home.renew(None);
                    self.adopt(engine, &place, by);
                    self.list_left();
                }
            }
            Err(why) if self.engine.is_some() => self.refuse("starting another run", &why),
            Err(why) => self.could_not_begin(&why),
        }
        self.publish(true);
    }

    /// The new trainer stands: kernels, files, journal.
    pub fn adopt(&mut self, engine: Engine, place: &TrainingDevice, by: PausedBy) {
        let config = engine.trainer.config().clone();
        let step = engine.trainer.progress().step;
        self.seen = NewestReadings::default();
        self.comparing = None;
        self.pace = Pace::new();
        self.wants_text = None;
        self.config = config;
        self.engine = Some(engine);
        self.place = Some(place.clone());
        self.queued = 0;
        self.changed = false;
        self.clock = Clock::new();
        self.control.renew(by);
        self.preparing("building kernels for the first step");
        let warmed = self.engine.as_ref().map_or(Ok(()), |e| e.warm(place));
        if let Err(failure) = warmed {
            return self.device_failed(&failure);
        }
        self.look_around();
        self.open_files(step);
        let sequences = Some(self.config.sequences);
        let text = self.engine.as_ref().and_then(|engine| engine.trainer.task().corpus());
        let text = text.map(|corpus| corpus.identity().clone());
        self.journal(What::Started { device: place.name.clone(), sequences, text });
        if let Some(fingerprint) = self.engine.as_mut().and_then(|engine| engine.other_data.take()) {
            self.journal(What::Data { fingerprint });
            let says = "The points are not those of before: this program makes others of the same config. The run goes on \
                        with them, and no longer bit for bit";
            self.writer.notice(Notice::Info(says.into()));
        }
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
        let corpus = self.engine.as_ref().and_then(|engine| engine.trainer.task().corpus().cloned());
        match Engine::opened(&path, &place, wish, corpus.as_ref()) {
            Ok((engine, found)) => {
                if !self.leave(Some(&path)) {
                    return self.publish(true);
                }
                let step = engine.trainer.progress().step;
                self.saves = Saves::opened(opened_from(&path, &engine));
                self.home.renew(Some(&path));
                self.adopt(engine, &place, PausedBy::Opened);
                self.list_left();
                self.writer.notice(Notice::Opened { step, path });
                if let Some(found) = found {
                    self.tell_text(&found);
                }
            }
            Err(NotOpened::Text(no_text)) => {
                let why = sentence(&no_text.why);
                self.want_text(Some(path), no_text);
                if self.engine.is_none() {
                    self.waits_for_text(&why);
                }
            }
            Err(NotOpened::File(why)) => self.not_opened(&path, &why),
        }
        self.publish(true);
    }

    /// Says why a file was not opened; a run that shows nothing yet has failed by it.
    pub fn not_opened(&mut self, path: &Path, why: &str) {
        let what = format!("Opening {}", quote::path(path));
        if self.engine.is_none() {
            self.could_not_begin(&format!("{what} failed: {why}"));
        } else {
            self.writer.notice(Notice::FileFailed { what, why: why.into() });
        }
    }

    /// Saves where a person said. What stands there goes only if it is a checkpoint and was said to go: looked at before, so
    /// that it can be asked for, and held to when the file is put there, should another come meanwhile.
    fn save_as(&mut self, path: PathBuf, replace: bool) {
        let path = std::path::absolute(&path).unwrap_or(path);
        let standing = Standing::at(&path);
        let may = matches!(standing, Standing::Nothing) || replace && matches!(standing, Standing::Checkpoint { .. });
        if !may {
            return self.writer.notice(Notice::Occupied { path, standing });
        }
        if let Some(writer) = self.home.writer_of(&path) {
            let what = format!("Saving to {}", quote::path(&path));
            let why = format!("{writer}, and what is saved there would be written over. Choose another place");
            return self.writer.notice(Notice::FileFailed { what, why });
        }
        self.over = Some(if replace { Over::Checkpoint } else { Over::Nothing });
        self.save_here(path);
        self.over = None;
    }

    /// Goes on on another device (or with another batch): from the present step if the old device can still be read,
    /// else from the last good save, else from step 0. Where no run stands yet, the one asked for begins there.
    fn move_to(&mut self, name: &str, sequences: Option<usize>) {
        if self.engine.is_none() {
            self.wish = name.into();
            self.begin();
            return;
        }
        if !self.control.has_failed() {
            self.settle();
            // A device that fails while it is read is a reason to move.
            if !self.save_first() && !self.control.has_failed() {
                return self.publish(true);
            }
        }
        self.preparing(&format!("bringing up {name}"));
        let place = match super::device_check::choose(name) {
            Ok(place) => place,
            Err(error) => {
                self.refuse(&format!("moving to {name}"), &error.to_string());
                return self.publish(true);
            }
        };
        match self.rescued(&place, sequences) {
            Ok((engine, told)) => {
                self.wish = name.into();
                let step = engine.trainer.progress().step;
                let changed = self.changed;
                self.adopt(engine, &place, PausedBy::Moved);
                self.changed |= changed;
                let on = if place.kind == DeviceKind::Cpu { "the CPU" } else { place.name.as_str() };
                self.writer.notice(Notice::Info(format!("Continuing on {on} from step {step}{told}")));
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
