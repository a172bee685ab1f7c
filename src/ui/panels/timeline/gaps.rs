//! Gaps of a training that is watched: the steps of which no dump has come, as bands over the lanes.

use eframe::egui::{Rect, Ui, pos2};

use super::Scale;
use crate::run::Snapshot;
use crate::ui::kit::{paint, theme};
use crate::ui::words::watched as words;

/// Draws them.
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
