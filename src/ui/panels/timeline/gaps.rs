//! Dumps of a training that is watched as ticks in the lanes of their layers, and the gaps between them as bands over the lanes.

use eframe::egui::{Align2, Rect, Stroke, Ui, pos2};

use super::{FLAGS, Scale};
use crate::run::Snapshot;
use crate::store::history::{LayerMeasure, SeriesKey};
use crate::ui::kit::icons::{self, Icon};
use crate::ui::kit::theme::{self, size};
use crate::ui::kit::{fonts, paint};
use crate::ui::words::watched as words;

/// Draws a tick for each dump of a layer; red where what it holds of the layer is not finite.
pub(super) fn dumps_ui(ui: &Ui, lane: Rect, scale: &Scale, shot: &Snapshot, layer: usize, chosen: bool) {
    let theme = theme::of(ui);
    // Of every router, whether its picks are known or not.
    let Some(series) = shot.memory.history.get(SeriesKey::Layer(layer, LayerMeasure::TokenEntropy)) else { return };
    let span = lane.y_range().shrink(lane.height() * 0.28);
    let strength = if chosen { 1.0 } else { 0.6 };
    let mut last = f32::NEG_INFINITY;
    for bucket in series.buckets().iter().filter(|bucket| !bucket.is_gap()) {
        let x = scale.x(bucket.middle());
        if bucket.bad > 0 {
            ui.painter().vline(x, span, Stroke::new(2.0, theme.red));
        } else if x - last >= 2.0 {
            ui.painter().vline(x, span, Stroke::new(1.0, theme.ink3.gamma_multiply(strength)));
        } else {
            continue;
        }
        last = x;
    }
}

/// The newest step of the trainings that were left where it began again, so that the axis stays as it was.
pub(super) fn newest_before(shot: &Snapshot) -> u64 {
    let ghosts = shot.rewind.ghosts.iter().filter(|_| shot.watched.is_some());
    ghosts.map(|ghost| ghost.to).max().unwrap_or(0)
}

/// Marks the step at which the training began again last.
pub(super) fn again_ui(ui: &Ui, rect: Rect, lanes: Rect, scale: &Scale, shot: &Snapshot) {
    let theme = theme::of(ui);
    let Some(again) = shot.watched.as_ref().and_then(|watched| watched.again) else { return };
    let (x, y) = (scale.x(again.step as f64), rect.top() + FLAGS);
    ui.painter().vline(x, y - 6.0..=lanes.bottom(), Stroke::new(1.0, theme.ink2.gamma_multiply(0.7)));
    icons::draw(ui.painter(), Icon::Flag, pos2(x + 4.0, y), 10.0, theme.ink2);
    let said = words::again(again.step, again.newest);
    let font = fonts::regular(size::CAPTION);
    let room = scale.x(shot.step as f64) - x - 24.0;
    let spot = Rect::from_min_max(pos2(x - 4.0, y - 8.0), pos2(x + 12.0, y + 8.0));
    paint::say(ui, spot, "began-again", &said).on_hover_text(&said);
    if paint::wide(ui, &said, font.clone()) <= room {
        paint::text_in(ui, pos2(x + 12.0, y), Align2::LEFT_CENTER, &said, font, theme.ink2, room + 1.0);
    }
}

/// Draws the gaps.
pub(super) fn gaps_ui(ui: &Ui, lanes: Rect, scale: &Scale, shot: &Snapshot) {
    let theme = theme::of(ui);
    let Some(watched) = &shot.watched else { return };
    for (place, gap) in watched.gaps.iter().enumerate() {
        let steps = gap.usual.saturating_mul(gap.missing.saturating_add(1));
        let [left, right] = [gap.after, gap.after.saturating_add(steps)].map(|step| scale.x(step as f64));
        let band = Rect::from_min_max(pos2(left, lanes.top()), pos2(right.max(left + 2.0), lanes.bottom()));
        ui.painter().rect_filled(band, 0, theme.amber.gamma_multiply(0.22));
        let said = words::gap(gap.missing, gap.after, gap.usual);
        paint::say(ui, band, ("gap", place), &said).on_hover_text(&said);
    }
}
