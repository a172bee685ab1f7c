//! Replay: does a run again from step 0, from its config and its journal; without history, files or a window.

use std::sync::Arc;

use super::build::{Engine, text_task};
use super::device_check::choose;
use super::session::change_of;
use super::{Command, Reason};
use crate::domain::config::{Config, Intervals, TaskConfig};
use crate::domain::interventions::Intervention;
use crate::domain::roster::{Change, Roster};
use crate::domain::state::{State, SurgeryInputs, reshape};
use crate::engine::device::TrainingDevice;
use crate::store::history::{Journal, What};
use crate::tasks::text::Corpus;

/// Steps between two reads.
const READ_STEPS: u64 = 8;

/// Does a run again from step 0 and returns weights, moments and progress after `until` steps, with everything done that the
/// journal has up to then. On the CPU, and on the text it was trained on, these are the bits of the run itself.
///
/// - `config`: of the run, as its newest checkpoint has it or as it began
/// - `device`: as [`super::Start::device`]
///
/// # Errors
/// If the journal is no longer complete, the device or the text cannot be had, or an entry does not fit the run.
pub fn replay(config: &Config, journal: &Journal, until: u64, device: &str) -> Result<State, Reason> {
    if !journal.is_complete() {
        return Err(Reason::JournalIncomplete);
    }
    let place = choose(device)?;
    let mut engine = Engine::fresh(at_step_0(config, journal), &place)?;
    let begun = journal.entries().iter().find_map(|entry| match &entry.what {
        What::Started { text, .. } => text.as_ref(),
        _ => None,
    });
    let corpus = engine.trainer.task().corpus();
    if begun.zip(corpus).is_some_and(|(text, corpus)| !text.matches(corpus.identity())) {
        return Err(Reason::NotItsText);
    }
    for entry in journal.entries().iter().filter(|entry| entry.step <= until) {
        train(&mut engine, entry.step)?;
        let fault = |why: Reason| Reason::Entry { step: entry.step, why: Box::new(why) };
        engine = repeat(engine, &entry.what, &place).map_err(fault)?;
    }
    train(&mut engine, until)?;
    engine.trainer.state().map_err(Reason::Device)
}

/// The config as it was before anything was done: some entries change it.
fn at_step_0(config: &Config, journal: &Journal) -> Config {
    let mut config = config.clone();
    for entry in journal.entries().iter().rev() {
        match entry.what {
            What::Started { sequences: Some(sequences), .. } => config.sequences = sequences,
            What::Watch { from, .. } => {
                let cadence = Intervals { probe_every: from.every, measures: from.measures, ..config.cadence };
                config.cadence = cadence;
            }
            _ => {}
        }
    }
    config
}

/// Trains until `step` steps are done.
fn train(engine: &mut Engine, step: u64) -> Result<(), Reason> {
    let trainer = &mut engine.trainer;
    while trainer.progress().step < step {
        trainer.step()?;
        let done = trainer.progress().step;
        if done == step || done.is_multiple_of(READ_STEPS) {
            let read = trainer.read().map_err(Reason::Device)?;
            if let Some(bad) = read.not_finite {
                return Err(Reason::StepNotFinite(bad));
            }
        }
    }
    Ok(())
}

/// Does once more what an entry says.
fn repeat(mut engine: Engine, what: &What, place: &TrainingDevice) -> Result<Engine, Reason> {
    match what {
        What::Started { sequences, .. } => rebuilt(engine, place, *sequences),
        What::Text { text, identity } => {
            let corpus = Corpus::open(text)?;
            if !corpus.identity().matches(identity) {
                return Err(Reason::LaterTextGone);
            }
            let mut whole = engine.whole().map_err(Reason::Device)?;
            whole.config.task = TaskConfig::Text(text.clone());
            let task = text_task(Arc::new(corpus), &whole.config)?;
            Engine::on(whole, task, place)
        }
        What::Data { .. } => Err(Reason::OtherPoints),
        What::Experts { changes, .. } => {
            let rosters = &engine.trainer.progress().rosters;
            let each = changes.iter().zip(rosters.iter().map(Roster::len));
            let (changes, loads): (Vec<Change>, Vec<Vec<f64>>) =
                each.map(|(packed, experts)| packed.unpack(experts)).collect::<Result<_, _>>()?;
            operated(engine, place, &changes, &loads)
        }
        // Everything else is what a command did, and is done again as that command does it.
        what => match Command::of_entry(what) {
            Some(Command::SetKnobs(knobs)) => {
                engine.trainer.set_knobs(knobs)?;
                Ok(engine)
            }
            Some(Command::Paint { layer, from, to, compete }) => {
                engine.trainer.paint(layer, from, to, compete)?;
                Ok(engine)
            }
            Some(Command::Intervene { layer, intervention }) => intervened(engine, place, layer, intervention),
            _ => Ok(engine),
        },
    }
}

/// Does something to a layer on purpose once more, with the surgery behind it if there is one.
fn intervened(
    mut engine: Engine,
    place: &TrainingDevice,
    layer: usize,
    intervention: Intervention,
) -> Result<Engine, Reason> {
    engine.trainer.intervention(layer, intervention)?;
    let rosters = engine.trainer.progress().rosters.clone();
    let Some(change) = rosters.get(layer).and_then(|roster| change_of(intervention, roster)) else {
        return Ok(engine);
    };
    let mut changes: Vec<Change> = rosters.iter().map(|roster| Change::identity(roster.len())).collect();
    changes[layer] = change;
    let loads: Vec<Vec<f64>> = rosters.iter().map(|roster| vec![0.0; roster.len()]).collect();
    operated(engine, place, &changes, &loads)
}

/// The run as a new trainer takes it up from its state, as after opening a file or a change of device.
fn rebuilt(engine: Engine, place: &TrainingDevice, sequences: Option<usize>) -> Result<Engine, Reason> {
    let mut whole = engine.whole().map_err(Reason::Device)?;
    whole.config.sequences = sequences.unwrap_or(whole.config.sequences);
    Engine::on(whole, engine.trainer.task().clone(), place)
}

fn operated(engine: Engine, place: &TrainingDevice, changes: &[Change], loads: &[Vec<f64>]) -> Result<Engine, Reason> {
    let mut whole = engine.whole().map_err(Reason::Device)?;
    let operation = SurgeryInputs { config: &whole.config, seed: whole.config.seed, changes, loads };
    whole.state = reshape(&whole.state, &operation)?;
    Engine::on(whole, engine.trainer.task().clone(), place)
}
