//! Maps of a run on points in the plane: computed by the worker while a window looks at them, in a share of its time.
//!
//! A window asks by [`Command::Maps`](crate::run::Command::Maps) and repeats it about every second; a window that stops asking gets no
//! more. Maps change nothing: neither weights, nor curves, nor files know of them.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use super::Session;
use crate::domain::measures::territory::{AnswerMap, PlaneMap};
use crate::domain::readings::{Evaluation, PlanePoint};
use crate::domain::roster::ExpertId;
use crate::engine::train::Reading;
use crate::tasks::plane::grid;

/// Cells of a side of a map, where memory allows.
pub(crate) const MAP_SIDE: usize = 128;
/// Fewest cells of a side.
const LEAST_SIDE: usize = 32;
/// Most numbers of a map, 4 bytes each.
const MOST_NUMBERS: usize = 1 << 22;
/// How long one request is followed.
const ASKED_FOR: Duration = Duration::from_secs(2);
/// Least time from the start of one map to that of the next.
const EVERY: Duration = Duration::from_millis(50);
/// Most time from the start of one map until the next is due, as long as maps leave half of the time to training: with the steps
/// that are under way then, ten a second.
const WANTED: Duration = Duration::from_millis(80);

/// What a window wants to see.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MapRequest {
    /// The layer with experts whose territories are drawn, from 0.
    pub layer: usize,
    /// An expert of it, whose answers alone are drawn as well.
    pub alone: Option<ExpertId>,
}

/// The newest maps of a run.
#[derive(Clone, Debug)]
pub struct Maps {
    /// The layer with experts whose territories are drawn, from 0.
    pub layer: usize,
    /// Its territories, and what the network answers.
    pub map: PlaneMap,
    /// What one expert of it answers alone.
    pub alone: Option<(ExpertId, AnswerMap)>,
    /// The training points.
    pub points: Arc<Vec<PlanePoint>>,
    /// Milliseconds they took.
    pub millis: f64,
}

/// What is asked for, and what is there.
#[derive(Default)]
pub(super) struct SessionMaps {
    asked: Option<(MapRequest, Instant)>,
    newest: Option<(MapRequest, Arc<Maps>)>,
    /// Begin and end of the newest.
    took: Option<(Instant, Instant)>,
    /// Whether the network may have changed at its step.
    outdated: bool,
}

impl SessionMaps {
    /// The newest maps.
    pub fn newest(&self) -> Option<Arc<Maps>> {
        self.newest.as_ref().map(|(_, maps)| maps.clone())
    }

    /// Forgets the maps of a run that is left.
    pub fn forget(&mut self) {
        self.newest = None;
    }

    /// The newest maps are shown until there are others, which are due.
    pub fn outdate(&mut self) {
        self.outdated = true;
    }

    /// Takes maps that were drawn from the first to the second of `took`.
    fn drawn(&mut self, request: MapRequest, maps: Maps, took: (Instant, Instant)) {
        (self.newest, self.took, self.outdated) = (Some((request, Arc::new(maps))), Some(took), false);
    }

    /// Takes a request.
    pub fn ask(&mut self, request: MapRequest) {
        self.asked = Some((request, Instant::now()));
    }

    /// What is to be drawn now that `step` steps are done; while `training`, only when it is time.
    fn due(&self, step: u64, training: bool, now: Instant) -> Option<MapRequest> {
        let (request, at) = self.asked?;
        let newest = self.newest.as_ref().filter(|_| !self.outdated);
        let shown = newest.is_some_and(|(of, maps)| *of == request && maps.map.step == step);
        let rested = self.took.is_none_or(|(began, ended)| now >= began + EVERY && now >= ended + rest(ended - began));
        (now < at + ASKED_FOR && !shown && (!training || rested)).then_some(request)
    }
}

impl Session {
    /// Draws maps if somebody looks at them and they are due; whether there are other ones now.
    pub(super) fn draw_maps(&mut self, training: bool) -> bool {
        let began = Instant::now();
        let Some(request) = self.maps.due(self.step_done(), training, began) else { return false };
        if self.control.has_failed() {
            return false;
        }
        self.flush_readings();
        let Some(maps) = self.maps_of(request, began) else { return false };
        let ended = Instant::now();
        self.pace.apart(ended - began);
        self.maps.drawn(request, maps, (began, ended));
        true
    }

    /// The maps of the network as it is; `None` if this run has none, or they could not be read.
    fn maps_of(&mut self, request: MapRequest, began: Instant) -> Option<Maps> {
        let trainer = self.run.open_mut()?.trainer_mut();
        let points = trainer.task().plane_points()?.clone();
        let shape = trainer.config().task_shape();
        let (outputs, classes) = (shape.outputs(), shape.classes().is_some());
        let roster = trainer.progress().rosters.get(request.layer)?;
        let alone = request.alone.and_then(|id| Some((id, roster.slots.iter().position(|&other| other == id)?)));
        let side = side(2 * roster.len() + outputs);
        let cells = grid(side);
        trainer.evaluate(&cells, request.layer).ok()?;
        if let Some((_, slot)) = alone {
            trainer.evaluate_alone(&cells, request.layer, slot).ok()?;
        }
        let mut found = self.read_apart().into_iter().filter_map(|reading| match reading {
            Reading::Evaluation(found) => Some(found),
            _ => None,
        });
        let map = PlaneMap::of(found.next()?, side, outputs, classes)?;
        let answers = |found: Evaluation| AnswerMap::of(found.outputs, side, outputs, classes);
        let alone = alone.zip(found.next()).map(|((id, _), found)| (id, answers(found)));
        Some(Maps { layer: request.layer, map, alone, points, millis: began.elapsed().as_secs_f64() * 1e3 })
    }
}

/// While training: time given to steps after a map that took so long. Maps get a third of the time; up to half of it where ten
/// maps a second need that.
fn rest(took: Duration) -> Duration {
    (2 * took).min(WANTED.saturating_sub(took).max(took))
}

/// Cells of a side if there are so many numbers in a cell: a multiple of 16.
fn side(numbers: usize) -> usize {
    let fits = (MOST_NUMBERS / numbers.max(1)).isqrt() / 16 * 16;
    fits.clamp(LEAST_SIDE, MAP_SIDE)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::readings::LayerEvaluation;

    fn maps(step: u64) -> Maps {
        let layer = Some(LayerEvaluation::of(&[1.0], &[1.0], 1));
        let evaluation = Evaluation { step, positions: 1, outputs: vec![0.0], layer };
        let map = PlaneMap::of(evaluation, 1, 1, false).expect("a layer was looked at");
        Maps { layer: 0, map, alone: None, points: Arc::default(), millis: 0.0 }
    }

    #[test]
    fn maps_are_due_while_somebody_asks_and_in_a_share_of_the_time() {
        let start = Instant::now();
        let at = |millis: u64| start + Duration::from_millis(millis);
        let request = MapRequest { layer: 0, alone: Some(ExpertId(2)) };
        let mut state = SessionMaps::default();
        assert_eq!(state.due(0, false, start), None, "nobody asks");
        state.asked = Some((request, start));
        assert_eq!((state.due(0, true, at(1999)), state.due(0, false, at(2000))), (Some(request), None));
        // One of 30 ms: the next one 80 ms after its start, so that there are ten a second.
        state.newest = Some((request, Arc::new(maps(5))));
        state.took = Some((at(100), at(130)));
        assert_eq!(state.due(5, true, at(900)), None, "there it is");
        assert_eq!((state.due(6, true, at(179)), state.due(6, true, at(180))), (None, Some(request)));
        assert_eq!(state.due(6, false, at(131)), Some(request), "nothing else is to be done");
        // One of 1 ms: not more than twenty a second.
        state.took = Some((at(100), at(101)));
        assert_eq!((state.due(6, true, at(149)), state.due(6, true, at(150))), (None, Some(request)));
        let other = MapRequest::default();
        state.asked = Some((other, at(100)));
        assert_eq!(state.due(5, false, at(150)), Some(other), "another expert is looked at");
        assert_eq!(state.due(6, false, at(150)), Some(other));
        state.newest = Some((other, Arc::new(maps(6))));
        assert_eq!(state.due(6, false, at(150)), None);
        state.outdate();
        assert_eq!(state.due(6, false, at(150)), Some(other), "the network may be another at the same step");
        state.forget();
        assert!(state.newest().is_none() && state.due(5, false, at(150)).is_some());
    }

    #[test]
    fn training_keeps_half_of_the_time_and_two_thirds_where_ten_maps_a_second_allow_it() {
        let rests = [1, 20, 30, 40, 48, 72, 500].map(|took| rest(Duration::from_millis(took)).as_millis());
        assert_eq!(rests, [2, 40, 50, 40, 48, 72, 500]);
    }

    #[test]
    fn a_map_fits_into_its_memory() {
        // Eight experts and two classes; 128; 256 and eight; more than there can be.
        assert_eq!([side(18), side(258), side(520), side(100_000)], [128, 112, 80, 32]);
    }
}
