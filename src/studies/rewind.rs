//! Benchmark of going back: how long it takes to stand at an earlier step of a run, whose states on the way are held in memory.

use std::time::{Duration, Instant};

use serde::Serialize;

use super::Spread;
use super::bench::{BenchError, BenchSettings};
use crate::domain::config::Preset;
use crate::run::{Autosave, Command, From, PausedBy, Reader, RewindTo, Snapshot, Start, Status, spawn};

/// Steps of the run that is gone back in.
const STEPS: u64 = 1000;
/// Longest wait for anything.
const PATIENCE: Duration = Duration::from_secs(600);

/// Going back by various ways in a run of the preset for learning, and to its end again.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct RewindLine {
    /// Name of the preset.
    pub preset: &'static str,
    /// Steps of the run.
    pub steps: u64,
    /// States that were held of it.
    pub held: usize,
    /// Seconds from the command until readers see the run where it went: the nearest state, and the steps after it done again.
    pub seconds: Spread,
    /// The longest of them.
    pub longest_seconds: f64,
}

/// Goes back in a run as a person does in the window, to places all over it.
pub(super) fn rewinds(wish: &str, measure: BenchSettings) -> Result<RewindLine, BenchError> {
    let preset = Preset::Learn;
    let from = From::Config(Box::new(preset.config()));
    let start = Start { from, device: wish.into(), out: None, overwrite: false, autosave: Autosave::Never };
    let reader = spawn(start, Box::new(|| ()));
    arrive(&reader, |shot| matches!(shot.status, Status::Paused(PausedBy::Start)))?;
    send(&reader, Command::Step(STEPS))?;
    let held = arrive(&reader, |shot| matches!(shot.status, Status::Paused(PausedBy::Steps(_))))?.rewind.held.len();
    let mut seconds = Vec::new();
    for turn in 1..=measure.repeats as u64 {
        // Places that follow no period of the states held.
        let to = turn * 617 % STEPS;
        let begun = Instant::now();
        send(&reader, Command::Rewind(RewindTo::Step(to)))?;
        arrive(&reader, |shot| shot.step == to && shot.status == Status::Paused(PausedBy::Rewound))?;
        seconds.push(begun.elapsed().as_secs_f64());
        send(&reader, Command::Undo)?;
        arrive(&reader, |shot| shot.step == STEPS && shot.status == Status::Paused(PausedBy::Rewound))?;
    }
    let longest_seconds = seconds.iter().copied().fold(0.0, f64::max);
    Ok(RewindLine { preset: preset.label(), steps: STEPS, held, seconds: Spread::of(seconds), longest_seconds })
}

fn send(reader: &Reader, command: Command) -> Result<(), BenchError> {
    reader.send(command).map_err(|_| stopped(reader))
}

/// Waits until the run is where it was sent.
fn arrive(reader: &Reader, there: impl Fn(&Snapshot) -> bool) -> Result<std::sync::Arc<Snapshot>, BenchError> {
    let shot = reader.wait(PATIENCE, |shot| there(shot) || matches!(shot.status, Status::Failed(_)));
    if there(&shot) { Ok(shot) } else { Err(stopped(reader)) }
}

/// The run is not where it was sent: how it stands.
fn stopped(reader: &Reader) -> BenchError {
    let shot = reader.latest();
    BenchError::Build(format!("the run that is gone back in stands at step {}: {:?}", shot.step, shot.status))
}
