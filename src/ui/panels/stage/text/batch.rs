//! The byte flow of the batch of one step, phase by phase: what a phase touches is lit, and what has not come yet is not there.

use std::sync::Arc;

use eframe::egui::{Rect, Ui};

use super::byte_flow_ui;
use crate::domain::readings::{Choices, LayerProbe, Phase, ProbeReading};
use crate::run::Snapshot;
use crate::ui::panels::stage::lights::Lights;
use crate::ui::view::ViewState;
use crate::ui::view::phases::SeenPhases;
use crate::ui::view::state::SeenLayer;

/// Draws the bytes of the batch in `body`.
pub(crate) fn batch_flow_ui(ui: &mut Ui, body: Rect, shot: &Snapshot, seen: &SeenPhases<'_>, view: &mut ViewState) {
    let reading = seen.reading;
    let choices = so_far(seen);
    let mut layer = LayerProbe::default();
    layer.diagnosis.load.counts = Some(counts(&choices.picks, choices.experts));
    let by_winners = !choices.winners.is_empty();
    layer.diagnosis.agreement.won = by_winners.then(|| counts(&choices.winners, choices.experts));
    layer.choices = choices;
    let probe = ProbeReading {
        step: reading.step,
        tokens: reading.shown(),
        context: reading.context,
        items: Arc::clone(&reading.items),
        losses: reading.losses.clone(),
        layers: Vec::new(),
    };
    let batch = SeenLayer { probe: &probe, layer: &layer, roster: seen.roster };
    let lights = Lights::of(seen.phase, seen.layer.competes);
    view.in_batch(seen.position, by_winners, |view| byte_flow_ui(ui, body, shot, &batch, lights, view));
}

/// What is known by the phase that is looked at: before the competition nobody has won.
fn so_far(seen: &SeenPhases<'_>) -> Choices {
    let choices = seen.layer.choices.clone();
    if seen.phase == Phase::Route { Choices { s: Vec::new(), winners: Vec::new(), ..choices } } else { choices }
}

/// `[N]` how often each slot is among `slots`.
fn counts(slots: &[u16], experts: usize) -> Vec<u32> {
    let mut counts = vec![0; experts];
    slots.iter().for_each(|&slot| counts[usize::from(slot)] += 1);
    counts
}
