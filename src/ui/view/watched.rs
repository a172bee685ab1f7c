//! What is said of a training that is watched: where it stands, and what its files do not hold. Pure, but for the clock.

use std::borrow::Cow;
use std::time::SystemTime;

use super::ViewState;
use crate::domain::quote;
use crate::dumps::{DumpPart, SpoiledTensor};
use crate::run::{NewestWatched, Snapshot, SnapshotWatched};
use crate::ui::words::watched as words;

/// Whether the run that is shown trains here, so that it can be driven and changed.
pub(crate) fn trains(shot: &Snapshot) -> bool {
    shot.watched.is_none()
}

/// Whether what is averaged are dumps, each of which stands for the steps since the one before it.
pub(crate) fn counts_dumps(shot: &Snapshot) -> bool {
    shot.watched.as_ref().is_some_and(|watched| !watched.own_run)
}

/// The loss that a trainer tells, for those who cannot see its curve.
pub(super) fn loss_said(loss: f64, step: u64) -> String {
    words::loss_at(loss, step)
}

/// The steps of dumps, for those who cannot see the timeline.
pub(super) fn timeline_said(watched: &SnapshotWatched, step: u64) -> String {
    words::timeline_said(step, watched.gaps.len() as u64)
}

/// How long ago something was written, in words; `None` if nobody knows. Clocks of two machines may differ: what comes from the future
/// came just now.
pub(crate) fn age(newest: &NewestWatched) -> Option<String> {
    let age = SystemTime::now().duration_since(newest.written?).unwrap_or_default();
    Some(words::ago(age.as_secs_f64().floor()))
}

/// Where a training that is watched stands, and what is waited for.
pub(crate) fn standing(watched: &SnapshotWatched) -> String {
    if let Some(error) = &watched.unreachable {
        return words::out_of_reach(error);
    }
    let Some(newest) = &watched.newest else { return words::waits_for_the_first(quote::path(&watched.folder)) };
    match age(newest) {
        _ if !watched.caught_up => words::catching_up(newest.step),
        Some(age) => words::waits_for_the_next(newest.step, &age),
        None => words::stands_at(newest.step),
    }
}

/// The step of the dump so many before or after what is looked at, as far as those that are kept reach.
pub(crate) fn dump_beside(shot: &Snapshot, step: u64, by: i64) -> u64 {
    let steps = shot.memory.history.probes.frames().iter().map(|record| record.probe.step);
    let count = usize::try_from(by.unsigned_abs()).unwrap_or(usize::MAX);
    let beside = match by < 0 {
        true => steps.rev().filter(|&other| other < step).take(count).last(),
        false => steps.filter(|&other| other > step).take(count).last(),
    };
    beside.unwrap_or(step)
}

/// What a picture that needs something of a training is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WantedOfRun {
    /// Its loss.
    Loss,
    /// How many tokens each expert gets.
    Loads,
    /// How well the router agrees with a competition.
    Agreement,
    /// A probe of any kind.
    Probe,
    /// States, answers or picks of a probe.
    States,
    /// The tokens of a probe, one by one.
    Tokens,
}

/// Why a picture of a layer of a training that is watched is empty; `None` where the run trains here.
pub(crate) fn lacks(shot: &Snapshot, layer: usize, wanted: WantedOfRun) -> Option<Cow<'static, str>> {
    let watched = shot.watched.as_ref()?;
    if let Some(tensor) = spoiled(watched, layer, wanted) {
        return Some(words::not_finite(&tensor.name, tensor.value, &format!("{:?}", tensor.place)).into());
    }
    let why = match (watched.newest, watched.own_run, wanted) {
        (None, ..) => words::WAITING,
        (_, false, WantedOfRun::Loss) => words::NO_LOSS,
        (_, false, WantedOfRun::Loads) => words::NO_PICKS,
        (_, true, WantedOfRun::Loads) => words::NO_LOADS_IN_ROWS,
        (_, false, WantedOfRun::Agreement) => words::NO_RESPONSES,
        (_, false, WantedOfRun::Tokens) => words::NO_TOKENS,
        (_, true, WantedOfRun::Tokens) => words::NO_BYTES_IN_ROWS,
        (_, false, WantedOfRun::Probe) => words::WAITING,
        (_, false, WantedOfRun::States) => words::NO_STATES,
        (_, true, WantedOfRun::Loss | WantedOfRun::Agreement | WantedOfRun::Probe | WantedOfRun::States) => {
            words::NO_PROBE_IN_ROWS
        }
    };
    Some(why.said().into())
}

/// The tensor of the newest dump that a picture of a layer needs and that holds a number that is not finite.
fn spoiled(watched: &SnapshotWatched, layer: usize, wanted: WantedOfRun) -> Option<&SpoiledTensor> {
    let needed: &[DumpPart] = match wanted {
        WantedOfRun::Loss | WantedOfRun::Tokens | WantedOfRun::Probe => &[],
        WantedOfRun::Loads => &[DumpPart::Logits],
        WantedOfRun::Agreement => &[DumpPart::Logits, DumpPart::Scores],
        WantedOfRun::States => &[DumpPart::Logits, DumpPart::Hidden, DumpPart::Outputs],
    };
    watched.spoiled.get(layer)?.iter().find(|tensor| needed.contains(&tensor.part))
}

/// The caption of a tile that shows a probe, where it is a dump of somebody else.
pub(crate) fn caption(shot: &Snapshot, step: Option<u64>) -> Option<String> {
    let watched = shot.watched.as_ref().filter(|watched| !watched.own_run)?;
    watched.newest.and(step).map(words::dump_of)
}

/// The key of the layer that is shown, as it stands in a dump; `None` where it has none.
pub(crate) fn key(shot: &Snapshot, view: &ViewState) -> Option<String> {
    let key = shot.watched.as_ref()?.keys.get(view.layer)?;
    (!key.is_empty()).then(|| quote::name(key))
}
