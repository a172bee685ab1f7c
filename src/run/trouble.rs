//! What is said and offered when a run cannot go on as it is.

use super::build::{Engine, NotOpened};
use super::snapshot::{Failure, Way};
use super::text::{NoText, TextWish};
use super::worker::Worker;
use super::{Command, Notice};
use crate::checkpoint::Checkpoint;
use crate::config::{Config, Preset};
use crate::device::{Adapter, DeviceFailure, Kind, Place};
use crate::train::State;

fn way(label: impl Into<String>, command: Command) -> Way {
    Way { label: label.into(), command }
}

impl Worker {
    fn fail(&mut self, what: String, ways: Vec<Way>) {
        self.control.fail(Failure { what: what.clone(), ways });
        self.writer.notice(Notice::Failed(what));
        self.publish(true);
    }

    fn is_on_cpu(&self) -> bool {
        self.place.as_ref().is_none_or(|p| p.kind == Kind::Cpu)
    }

    fn cpu_way(&self) -> Option<Way> {
        (!self.is_on_cpu()).then(|| way("Use the CPU", Command::MoveTo("cpu".into())))
    }

    /// The device failed in the middle of a run.
    pub fn device_failed(&mut self, failure: &DeviceFailure) {
        tracing::error!("{failure} {}", failure.detail());
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
            DeviceFailure::Interrupted if self.saved.is_some() => {
                ways.push(way("Go back to the last save", Command::GoBack));
            }
            DeviceFailure::Interrupted => {
                ways.push(way("Begin again from step 0", Command::MoveTo(self.wish.clone())));
            }
        }
        self.fail(format!("{failure} It was {name}, at step {}.", self.step_done()), ways);
    }

    /// Something in the training thread panicked.
    pub fn panicked(&mut self, text: &str) {
        tracing::error!("training panicked: {text}");
        let first = text.lines().next().unwrap_or_default();
        let mut ways = vec![way(format!("Go on from step {}", self.step_done()), Command::MoveTo(self.wish.clone()))];
        if self.saved.is_some() {
            ways.push(way("Go back to the last save", Command::GoBack));
        }
        ways.extend(self.cpu_way());
        self.fail(format!("Training stopped unexpectedly at step {}: {first}.", self.step_done()), ways);
    }

    /// No device could be had at the start.
    pub fn no_device(&mut self, why: &str) {
        let ways = vec![way("Use the CPU", Command::MoveTo("cpu".into()))];
        self.fail(format!("No device to train on: {why}."), ways);
    }

    /// The first run could not be built.
    pub fn could_not_begin(&mut self, why: &str) {
        let config = Box::new(Preset::Small.config());
        self.fail(why.to_owned(), vec![way("Start the built-in example", Command::New(config))]);
    }

    /// The present run on `place`: as it is if its device can still be read, else from the last save, else from step
    /// 0. Says which.
    pub fn rescued(&self, place: &Place, sequences: Option<usize>) -> Result<(Engine, String), String> {
        let resized = |config: &mut Config| config.sequences = sequences.unwrap_or(config.sequences);
        let corpus = self.engine.as_ref().map(|engine| engine.trainer.corpus().clone());
        let present = self.engine.as_ref().map(Engine::whole);
        if let (Some(Ok(mut whole)), Some(corpus)) = (present, corpus.clone()) {
            resized(&mut whole.config);
            return Engine::on(whole, corpus, place).map(|engine| (engine, String::new()));
        }
        if let Some(saved) = &self.saved {
            let mut whole = crate::checkpoint::open(&saved.path).map_err(|e| e.to_string())?;
            resized(&mut whole.config);
            let told = ", the last save: the steps after it were lost with the device".to_owned();
            let any = TextWish { at: None, any: true };
            return match Engine::found(whole, &saved.path, place, &any, corpus.as_ref()) {
                Ok((engine, found)) => Ok((
                    engine,
                    told + &found.difference.map_or_else(String::new, |how| format!("; its text has changed: {how}")),
                )),
                Err(NotOpened::File(why) | NotOpened::Text(NoText { why, .. })) => Err(why),
            };
        }
        let mut config = Config::clone(&self.config);
        resized(&mut config);
        let state = State::initial(&config);
        let whole = Checkpoint::beginning(config, state);
        let told = if self.engine.is_some() { ": nothing was saved, and the old device cannot be read" } else { "" };
        Engine::of(whole, place).map(|engine| (engine, told.to_owned()))
    }
}
