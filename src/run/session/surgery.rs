//! Surgery on the running model: plans it from what was measured, operates on the host, goes on with the result.

use std::sync::Arc;

use super::Session;
use super::commands::SurgeryFailure;
use crate::domain::measures::window::LOAD_WINDOW;
use crate::domain::readings::square;
use crate::domain::roster::{Change, Roster, Surgery};
use crate::domain::state::{SurgeryInputs, reshape};
use crate::engine::device::TrainingDevice;
use crate::run::memory::fits_into_memory;
use crate::run::open_run::OpenRun;
use crate::run::{Notice, Reason};
use crate::store::checkpoint::Checkpoint;
use crate::store::history::{ExpertMeasure, History, PackedChange, SeriesKey, What};

/// Letters of what the journal says of the change of one layer.
const WORDS: usize = 80;

impl Session {
    /// Changes the number of experts in every layer; all or nothing.
    pub(super) fn operate(&mut self, target: usize, surgery: Surgery) -> Result<(), SurgeryFailure> {
        let (Some(run), Some(place)) = (self.run.open(), self.device.place().cloned()) else { return Ok(()) };
        fits_into_memory(self.run.config(), target, &place).map_err(SurgeryFailure::Refused)?;
        let whole = run.whole().map_err(SurgeryFailure::Device)?;
        let before = whole.state.progress.clone();
        let probe = self.newest.probe().map(Arc::as_ref);
        let (mut changes, mut loads) = (Vec::new(), Vec::new());
        for (layer, roster) in before.rosters.iter().enumerate() {
            let load = recent_load(run.history(), layer, roster);
            let cosine = probe.and_then(|probe| square(&probe.layers[layer].matrices.output_cosine, roster.len()));
            let cells = cosine.into_iter().flatten().flatten();
            let alike: Vec<f64> = cells.map(|cell| cell.unwrap_or(f64::NAN)).collect();
            let measured = self.run.config().cadence.measures.similarity;
            let change = Change::plan(surgery, target, &load, &alike, measured);
            changes.push(change.map_err(|why| SurgeryFailure::Refused(why.into()))?);
            loads.push(load);
        }
        let words: Vec<String> = before.rosters.iter().zip(&changes).map(|(r, c)| r.describe(c)).collect();
        let top_k = (target < before.knobs.top_k).then_some(target);
        self.apply(whole, &place, &changes, &loads)?;
        let packed = changes.iter().zip(&loads).map(|(change, load)| PackedChange::new(change, load)).collect();
        let from = before.rosters.first().map_or(0, Roster::len);
        self.journal_experts((surgery, from, target), packed, &words);
        self.out.notice(Notice::Reshaped { from, to: target, layers: words, top_k });
        Ok(())
    }

    /// Enters into the journal that the number of experts changed from one to another; `words`: per layer.
    pub(super) fn journal_experts(
        &mut self,
        (surgery, from, to): (Surgery, usize, usize),
        changes: Vec<PackedChange>,
        words: &[String],
    ) {
        let words = words.iter().map(|words| cut(words)).collect();
        self.journal(What::Experts { surgery, from, to, changes, words });
    }

    /// Changes the experts as they were changed once; how, per layer.
    pub(super) fn reshape_again(&mut self, changes: &[PackedChange]) -> Result<Vec<Change>, SurgeryFailure> {
        let Some(run) = self.run.open() else { return Err(SurgeryFailure::Refused(Reason::NoRun)) };
        let rosters = &run.trainer().progress().rosters;
        let each = changes.iter().zip(rosters.iter().map(Roster::len));
        let unpacked: Result<(Vec<Change>, Vec<Vec<f64>>), _> =
            each.map(|(packed, experts)| packed.unpack(experts)).collect();
        let (changes, loads) = unpacked.map_err(|why| SurgeryFailure::Refused(why.into()))?;
        let whole = run.whole().map_err(SurgeryFailure::Device)?;
        let place = self.device.place().cloned().ok_or(SurgeryFailure::Refused(Reason::NoDevice))?;
        self.apply(whole, &place, &changes, &loads)?;
        Ok(changes)
    }

    /// Changes who the experts of one layer are; their number stays.
    pub(super) fn change_one(&mut self, layer: usize, change: Change) -> Result<(), SurgeryFailure> {
        let (Some(run), Some(place)) = (self.run.open(), self.device.place().cloned()) else { return Ok(()) };
        let whole = run.whole().map_err(SurgeryFailure::Device)?;
        let rosters = &whole.state.progress.rosters;
        let loads: Vec<Vec<f64>> =
            rosters.iter().enumerate().map(|(layer, roster)| recent_load(run.history(), layer, roster)).collect();
        let mut changes: Vec<Change> = rosters.iter().map(|roster| Change::identity(roster.len())).collect();
        changes[layer] = change;
        self.apply(whole, &place, &changes, &loads)
    }

    /// Goes on with the run as the changes leave it.
    pub(super) fn apply(
        &mut self,
        mut whole: Checkpoint,
        place: &TrainingDevice,
        changes: &[Change],
        loads: &[Vec<f64>],
    ) -> Result<(), SurgeryFailure> {
        let operation = SurgeryInputs { config: &whole.config, seed: whole.config.seed, changes, loads };
        whole.state = reshape(&whole.state, &operation).map_err(|why| SurgeryFailure::Refused(why.into()))?;
        let Some(task) = self.run.open().map(|run| run.trainer().task().clone()) else { return Ok(()) };
        let mut after = OpenRun::on(whole, task, place).map_err(SurgeryFailure::Refused)?;
        after.took_rosters();
        after.warm(place, &mut self.preparation_shown()).map_err(SurgeryFailure::Device)?;
        self.run.go_on_as(after);
        self.newest.forget_experts();
        self.discard_phases();
        self.comparing.forget();
        self.look_around();
        Ok(())
    }
}

/// Words for the journal, which keeps many of them: up to [`WORDS`] letters.
fn cut(words: &str) -> String {
    let kept: String = words.chars().take(WORDS).collect();
    if kept.len() < words.len() { kept + "…" } else { kept }
}

/// Mean share of each expert of a layer over the last steps; equal shares before the first.
fn recent_load(history: &History, layer: usize, roster: &Roster) -> Vec<f64> {
    let share = |&id| {
        let series = history.get(SeriesKey::Expert(layer, id, ExpertMeasure::Routed))?;
        series.recent_mean(LOAD_WINDOW)
    };
    roster.slots.iter().map(|id| share(id).unwrap_or(1.0 / roster.len() as f64)).collect()
}
