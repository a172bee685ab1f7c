//! Benchmark of probes, what measuring a run costs: training with and without probes at their cadence, in turn, and the parts of one probe.

use std::time::Instant;

use serde::Serialize;

use super::Spread;
use super::bench::{BenchError, BenchSettings, READ_EVERY, trainer_of};
use crate::domain::config::{Config, ProbeFamilies};
use crate::engine::device::TrainingDevice;
use crate::engine::train::{ProfileError, Trainer};

/// Probes timed part by part.
const TAKEN_APART: usize = 5;
/// Most rounds of training with and without.
const ROUNDS: usize = 5;

/// Cost of probes at the preset's own cadence. Seconds are medians.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct DiagnosticsLine {
    /// Of a step of training that is never looked at.
    pub seconds_per_step_without: f64,
    /// Of a step of the same training with its probes.
    pub seconds_per_step_with: f64,
    /// Share of the time with probes that they take, each measured against the steps around it: on a machine that does other
    /// things too, it wavers less than 1 − without ÷ with.
    pub share: f64,
    /// Of one probe with its knock-outs and their reading.
    pub probe_seconds: f64,
    /// Steps between two probes.
    pub probe_every: u64,
    /// Where a probe's time goes.
    pub probe_parts: ProbeParts,
}

/// Parts of a probe. Seconds are medians, and parts are told by leaving measures out.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ProbeParts {
    /// The network's pass over the probe's tokens, all experts answering.
    pub answers_seconds: f64,
    /// How alike the experts' answers are.
    pub similarity_seconds: f64,
    /// Measures on the host, from the numbers read: spectrum of the hidden states, agreement, specialization.
    pub host_seconds: f64,
    /// The passes without one expert each.
    pub knock_out_seconds: f64,
}

/// Trains the same steps twice from the same start, block by block: once without probes, once with.
pub(super) fn diagnostics(place: &TrainingDevice, measure: BenchSettings) -> Result<DiagnosticsLine, BenchError> {
    let config = measure.preset.config();
    let (mut plain, mut watched) = (trainer_of(place, &config)?, trainer_of(place, &config)?);
    let (mut turn, mut looks, mut shares) = (0, Vec::new(), Vec::new());
    for trainer in [&mut plain, &mut watched] {
        steps(trainer, READ_EVERY as u64)?;
        look(trainer, config.cadence.measures, &mut 0)?;
    }
    let every = config.cadence.probe_every;
    let (mut without, mut with) = (Vec::new(), Vec::new());
    for round in 0..measure.repeats.clamp(1, ROUNDS) {
        // Whoever comes second finds a warmer machine; so they take turns.
        for watches in [round % 2 == 1, round % 2 == 0] {
            let start = Instant::now();
            let trainer = if watches { &mut watched } else { &mut plain };
            steps(trainer, every)?;
            if watches {
                looks.push(look(trainer, config.cadence.measures, &mut turn)?);
            }
            let seconds = start.elapsed().as_secs_f64();
            if watches {
                shares.extend(looks.last().map(|look| look / seconds));
                with.push(seconds / every as f64);
            } else {
                without.push(seconds / every as f64);
            }
        }
    }
    Ok(DiagnosticsLine {
        seconds_per_step_without: median(without),
        seconds_per_step_with: median(with),
        share: median(shares),
        probe_seconds: median(looks),
        probe_every: every,
        probe_parts: parts(&mut watched, &config)?,
    })
}

fn median(seconds: Vec<f64>) -> f64 {
    Spread::of(seconds).median
}

/// So many steps, read as training does.
fn steps(trainer: &mut Trainer, count: u64) -> Result<(), BenchError> {
    for step in 1..=count {
        trainer.step().map_err(ProfileError::from)?;
        if step.is_multiple_of(READ_EVERY as u64) || step == count {
            trainer.read().map_err(|failure| BenchError::Failed { failure })?;
        }
    }
    Ok(())
}

/// One probe as a run takes it; seconds.
fn look(trainer: &mut Trainer, measures: ProbeFamilies, turn: &mut usize) -> Result<f64, BenchError> {
    let start = Instant::now();
    trainer.look(measures, turn).map_err(ProfileError::from)?;
    trainer.read().map_err(|failure| BenchError::Failed { failure })?;
    Ok(start.elapsed().as_secs_f64())
}

fn parts(trainer: &mut Trainer, config: &Config) -> Result<ProbeParts, BenchError> {
    let all = ProbeFamilies { knock_out: false, ..config.cadence.measures };
    let apart = ProbeFamilies { similarity: false, ..all };
    let mut turn = 0;
    let (mut answers, mut similarity, mut host, mut knock_out) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for _ in 0..TAKEN_APART {
        // On the device: until it has done what was queued; then the host's share.
        let mut taken = |measures: ProbeFamilies| -> Result<(f64, f64), BenchError> {
            let start = Instant::now();
            trainer.look(measures, &mut turn).map_err(ProfileError::from)?;
            trainer.wait()?;
            let queued = start.elapsed().as_secs_f64();
            trainer.read().map_err(|failure| BenchError::Failed { failure })?;
            Ok((queued, start.elapsed().as_secs_f64() - queued))
        };
        let (bare, _) = taken(apart)?;
        let (compared, read) = taken(all)?;
        let (knocked, _) = taken(config.cadence.measures)?;
        answers.push(bare);
        similarity.push((compared - bare).max(0.0));
        host.push(read);
        knock_out.push((knocked - compared).max(0.0));
    }
    Ok(ProbeParts {
        answers_seconds: median(answers),
        similarity_seconds: median(similarity),
        host_seconds: median(host),
        knock_out_seconds: median(knock_out),
    })
}
