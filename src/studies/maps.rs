//! Benchmark of maps: how long the pictures of a run on points in the plane take, at the size that the window shows.

use std::time::Instant;

use serde::Serialize;

use super::Spread;
use super::bench::{BenchError, BenchSettings, trainer_of};
use crate::domain::config::{PlaneConfig, TaskConfig};
use crate::domain::measures::territory::{AnswerMap, PlaneMap};
use crate::domain::readings::Evaluation;
use crate::engine::device::TrainingDevice;
use crate::engine::train::{ProfileError, Reading, Trainer};
use crate::run::MAP_SIDE;
use crate::tasks::BatchInput;
use crate::tasks::plane::grid;

/// Steps before the first map, so that territories have borders.
const STEPS: usize = 50;

/// Maps of 128 × 128 cells of the preset's network on points in the plane, one forward pass of all cells each.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct MapsLine {
    /// Cells of a side.
    pub side: usize,
    /// Seconds until the maps of the first layer with experts and of the network's answers are ready.
    pub seconds: Spread,
    /// Seconds for the answers of one expert alone, which come on top while it is looked at.
    pub alone_seconds: Spread,
}

/// Draws maps between steps, as a window that looks at a run has them drawn.
pub(super) fn maps(place: &TrainingDevice, measure: BenchSettings) -> Result<MapsLine, BenchError> {
    let config = measure.preset.config_for(TaskConfig::Plane(PlaneConfig::default()));
    let shape = config.task_shape();
    let (outputs, classes) = (shape.outputs(), shape.classes().is_some());
    let mut trainer = trainer_of(place, &config)?;
    for _ in 0..STEPS {
        trainer.step().map_err(ProfileError::from)?;
    }
    read(&mut trainer)?;
    let cells: BatchInput = grid(MAP_SIDE);
    let (mut seconds, mut alone) = (Vec::new(), Vec::new());
    for _ in 0..=measure.repeats {
        let start = Instant::now();
        trainer.evaluate(&cells, 0).map_err(ProfileError::from)?;
        let map = read(&mut trainer)?.and_then(|found| PlaneMap::of(found, MAP_SIDE, outputs, classes));
        seconds.push(start.elapsed().as_secs_f64());
        let start = Instant::now();
        trainer.evaluate_alone(&cells, 0, 0).map_err(ProfileError::from)?;
        let of_one = read(&mut trainer)?.map(|found| AnswerMap::of(found.outputs, MAP_SIDE, outputs, classes));
        alone.push(start.elapsed().as_secs_f64());
        assert!(map.is_some() && of_one.is_some(), "an evaluation is read with what was queued");
        trainer.step().map_err(ProfileError::from)?;
        read(&mut trainer)?;
    }
    // The first of each finds no memory to use again.
    let of = |seconds: &[f64]| Spread::of(seconds[1..].to_vec());
    Ok(MapsLine { side: MAP_SIDE, seconds: of(&seconds), alone_seconds: of(&alone) })
}

/// Reads everything that is queued; the evaluation among it.
fn read(trainer: &mut Trainer) -> Result<Option<Evaluation>, BenchError> {
    let read = trainer.read().map_err(|failure| BenchError::Failed { failure })?;
    Ok(read.readings.into_iter().find_map(|reading| match reading {
        Reading::Evaluation(found) => Some(found),
        _ => None,
    }))
}
