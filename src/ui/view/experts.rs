//! What is known of each expert of a layer where a sight looks: load, wins, worth, gradient, specialization. Pure.

use super::derived::{LayerLoad, label_names};
use super::state::{SeenLayer, ViewState};
use crate::domain::readings::square;
use crate::domain::roster::ExpertId;
use crate::run::Snapshot;
use crate::store::history::{ExpertMeasure, SeriesKey};

/// An expert as the table shows it. `None` is what was not measured.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct ExpertRow {
    /// Who.
    pub id: ExpertId,
    /// Share of the router's picks over the last steps, 0 to 1.
    pub load: f64,
    /// Share of the last probe's wins, 0 to 1.
    pub won: Option<f64>,
    /// What the loss rises by without it.
    pub worth: Option<f64>,
    /// Its share of the gradient, 0 to 1.
    pub gradient: Option<f64>,
    /// How far its weights moved since the probe before, as a share of their length.
    pub moved: Option<f64>,
    /// Whose answers are most like its own, and their cosine.
    pub nearest: Option<(ExpertId, f64)>,
    /// The class that it gets most above its share, and by how many bits; none where it prefers none.
    pub prefers: Option<(String, f64)>,
    /// Whether it was measured which classes it gets.
    pub by_class: bool,
}

/// Lift above which an expert prefers a class, bits.
pub(crate) const PREFERS: f64 = 0.05;

/// The slot whose answers are most like those of `slot`, and the cosine of the two.
pub(crate) fn nearest(seen: &SeenLayer<'_>, slot: usize) -> Option<(usize, f64)> {
    let n = seen.roster.len();
    let matrix = square(&seen.layer.matrices.output_cosine, n)?;
    let cosine = |other: usize| matrix[slot][other].filter(|cosine| cosine.is_finite());
    let others = (0..n).filter(|&other| other != slot).filter_map(|other| Some((other, cosine(other)?)));
    others.max_by(|a, b| a.1.total_cmp(&b.1))
}

/// The classes of items by how much more of them the expert in `slot` gets than others do, in bits, most first; `None` where
/// it was not measured.
pub(crate) fn classes(shot: &Snapshot, seen: &SeenLayer<'_>, slot: usize) -> Option<Vec<(String, f64)>> {
    let lift = seen.layer.matrices.lift.as_ref()?;
    let of = |class: usize| lift.get(class).and_then(|row| row.get(slot).copied().flatten());
    let names = label_names(shot).into_iter().enumerate();
    let mut classes: Vec<(String, f64)> = names.filter_map(|(i, class)| Some((class, of(i)?))).collect();
    classes.sort_by(|a, b| b.1.total_cmp(&a.1));
    Some(classes)
}

/// Every expert of the layer looked at, in the order of their slots; none before the first step.
pub(crate) fn rows(shot: &Snapshot, view: &ViewState) -> Vec<ExpertRow> {
    let Some(load) = LayerLoad::seen(shot, view) else { return Vec::new() };
    let seen = view.seen(shot);
    let at = |id: ExpertId, measure| {
        let series = shot.memory.history.get(SeriesKey::Expert(view.layer, id, measure))?;
        series.at_or_before(view.step(shot))
    };
    let row = |&(id, load, won): &(ExpertId, f64, Option<f64>)| {
        let slot = seen.and_then(|seen| Some((seen, seen.roster.slots.iter().position(|&other| other == id)?)));
        let moved = slot.and_then(|(seen, slot)| seen.layer.diagnosis.weights.moved.as_ref()?.get(slot).copied());
        ExpertRow {
            id,
            load,
            won,
            worth: at(id, ExpertMeasure::KnockOut),
            gradient: at(id, ExpertMeasure::GradientShare),
            moved: moved.map(f64::from),
            nearest: slot.and_then(|(seen, slot)| {
                let (other, cosine) = nearest(&seen, slot)?;
                Some((seen.roster.slots[other], cosine))
            }),
            prefers: slot
                .and_then(|(seen, slot)| classes(shot, &seen, slot)?.into_iter().next())
                .filter(|(_, lift)| *lift > PREFERS),
            by_class: shot.watched.is_none() || seen.is_some_and(|seen| seen.layer.matrices.lift.is_some()),
        }
    };
    load.experts.iter().map(row).collect()
}
