//! Replay: does a run again from step 0, from its config and its journal; without history, files or a window.

use std::sync::Arc;

use super::build::text_task;
use super::device_check::choose;
use super::open_run::OpenRun;
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
    let place = choose(device, &mut |_| ())?;
    let mut run = OpenRun::fresh(at_step_0(config, journal), &place)?;
    let begun = journal.entries().iter().find_map(|entry| match &entry.what {
        What::Started { text, .. } => text.as_ref(),
        _ => None,
    });
    let corpus = run.trainer().task().corpus();
    if begun.zip(corpus).is_some_and(|(text, corpus)| !text.matches(corpus.identity())) {
        return Err(Reason::NotItsText);
    }
    for entry in journal.entries().iter().filter(|entry| entry.step <= until) {
        train(&mut run, entry.step)?;
        let fault = |why: Reason| Reason::Entry { step: entry.step, why: Box::new(why) };
        run = repeat(run, &entry.what, &place).map_err(fault)?;
    }
    train(&mut run, until)?;
    run.trainer().state().map_err(Reason::Device)
}

/// The config as it was before anything was done: some entries change it.
pub(super) fn at_step_0(config: &Config, journal: &Journal) -> Config {
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
fn train(run: &mut OpenRun, step: u64) -> Result<(), Reason> {
    let trainer = run.trainer_mut();
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
fn repeat(mut run: OpenRun, what: &What, place: &TrainingDevice) -> Result<OpenRun, Reason> {
    match what {
        What::Started { sequences, .. } => rebuilt(run, place, *sequences),
        What::Text { text, identity } => {
            let corpus = Corpus::open(text)?;
            if !corpus.identity().matches(identity) {
                return Err(Reason::LaterTextGone);
            }
            let mut whole = run.whole().map_err(Reason::Device)?;
            whole.config.task = TaskConfig::Text(text.clone());
            let task = text_task(Arc::new(corpus), &whole.config)?;
            OpenRun::on(whole, task, place)
        }
        What::Data { .. } => Err(Reason::OtherPoints),
        What::Experts { changes, .. } => {
            let rosters = &run.trainer().progress().rosters;
            let each = changes.iter().zip(rosters.iter().map(Roster::len));
            let (changes, loads): (Vec<Change>, Vec<Vec<f64>>) =
                each.map(|(packed, experts)| packed.unpack(experts)).collect::<Result<_, _>>()?;
            operated(run, place, &changes, &loads)
        }
        // Everything else is what a command did, and is done again as that command does it.
        what => match Command::of_entry(what) {
            Some(Command::SetKnobs(knobs)) => {
                run.trainer_mut().set_knobs(knobs)?;
                Ok(run)
            }
            Some(Command::Paint { layer, from, to, compete }) => {
                run.trainer_mut().paint(layer, from, to, compete)?;
                Ok(run)
            }
            Some(Command::Intervene { layer, intervention }) => intervened(run, place, layer, intervention),
            _ => Ok(run),
        },
    }
}

/// Does something to a layer on purpose once more, with the surgery behind it if there is one.
fn intervened(
    mut run: OpenRun,
    place: &TrainingDevice,
    layer: usize,
    intervention: Intervention,
) -> Result<OpenRun, Reason> {
    run.trainer_mut().intervention(layer, intervention)?;
    let rosters = run.trainer().progress().rosters.clone();
    let Some(change) = rosters.get(layer).and_then(|roster| change_of(intervention, roster)) else {
        return Ok(run);
    };
    let mut changes: Vec<Change> = rosters.iter().map(|roster| Change::identity(roster.len())).collect();
    changes[layer] = change;
    let loads: Vec<Vec<f64>> = rosters.iter().map(|roster| vec![0.0; roster.len()]).collect();
    operated(run, place, &changes, &loads)
}

/// The run as a new trainer takes it up from its state, as after opening a file or a change of device.
fn rebuilt(run: OpenRun, place: &TrainingDevice, sequences: Option<usize>) -> Result<OpenRun, Reason> {
    let mut whole = run.whole().map_err(Reason::Device)?;
    whole.config.sequences = sequences.unwrap_or(whole.config.sequences);
    OpenRun::on(whole, run.trainer().task().clone(), place)
}

fn operated(run: OpenRun, place: &TrainingDevice, changes: &[Change], loads: &[Vec<f64>]) -> Result<OpenRun, Reason> {
    let mut whole = run.whole().map_err(Reason::Device)?;
    let operation = SurgeryInputs { config: &whole.config, seed: whole.config.seed, changes, loads };
    whole.state = reshape(&whole.state, &operation)?;
    OpenRun::on(whole, run.trainer().task().clone(), place)
}
