//! Trains a run without a window, through the library: 150 steps of the tiny preset on the CPU, with the router's agreement
//! and the validation loss on the way, and a checkpoint at the end.
//!
//! ```sh
//! cargo run --release --example train_headless
//! ```

#![allow(clippy::print_stdout, reason = "it tells what it measured")]

use std::time::Duration;

use moe_arena::domain::config::Preset;
use moe_arena::run::{self, Autosave, Command, From, Start};
use moe_arena::store::history::{LayerMeasure, RunMeasure, SeriesKey};

const PATIENCE: Duration = Duration::from_secs(600);

pub(crate) fn main() -> Result<(), String> {
    let mut config = Preset::Tiny.config();
    config.knobs.competition_rate = 0.2;
    (config.cadence.probe_every, config.cadence.validate_every) = (50, 50);
    let from = From::Config(Box::new(config));
    let start = Start { from, device: "cpu".into(), out: None, overwrite: false, autosave: Autosave::Never };

    // The run has a thread of its own. It takes commands, publishes snapshots, and calls this whenever there is something new.
    let reader = run::spawn(start, Box::new(|| ()));
    for step in [50, 100, 150] {
        reader.send(Command::Step(50)).map_err(|_| "the run has ended")?;
        let shot = reader.wait(PATIENCE, |shot| shot.step == step && !shot.is_running());
        let last = |key| shot.memory.history.get(key).and_then(|series| series.last()).map(|(_, value)| value);
        let kappa = last(SeriesKey::Layer(0, LayerMeasure::Kappa));
        let (Some(loss), Some(kappa)) = (last(SeriesKey::Run(RunMeasure::Validation)), kappa) else {
            return Err(format!("step {step} was not reached: {:?}", shot.status));
        };
        println!(
            "step {step}: validation {loss:.3} nats a byte; kappa of router and competition in layer 1: {kappa:.2}"
        );
    }

    let path = std::env::temp_dir().join(format!("train_headless-{}.safetensors", std::process::id()));
    reader.send(Command::SaveAs { path: path.clone(), replace: true }).map_err(|_| "the run has ended")?;
    let shot = reader.wait(PATIENCE, |shot| shot.saves.newest.is_some());
    let saved = shot.saves.newest.as_ref().ok_or("the run was not saved")?;
    println!("saved at step {} to {}", saved.step, path.display());
    Ok(())
}
