//! Competitions ahead, painted by hand.

use eframe::egui::{Pos2, Rect, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use super::Scale;
use crate::run::{Command, Snapshot};
use crate::ui::kit::theme::{self, size};
use crate::ui::kit::{fonts, paint};
use crate::ui::view::watched::trains;
use crate::ui::view::{Outbox, ViewState};
use crate::ui::words;

/// What lies ahead and is not worked out yet is no plan without competitions: it is drawn as not known.
pub(super) fn unknown_ui(ui: &Ui, lanes: Rect, scale: &Scale, shot: &Snapshot) {
    let theme = theme::of(ui);
    let known = shot.step.saturating_add(shot.model.ahead.len() as u64);
    if !shot.knobs.policy.competes() || known >= scale.last || !trains(shot) {
        return;
    }
    let band = lanes.with_min_x(scale.x(known as f64));
    if band.width() < 1.0 {
        return;
    }
    let pen = Stroke::new(1.0, theme.ink3.gamma_multiply(0.35));
    let clipped = ui.painter().with_clip_rect(band.intersect(ui.clip_rect()));
    let mut x = band.left() - band.height();
    while x < band.right() {
        clipped.line_segment([pos2(x, band.bottom()), pos2(x + band.height(), band.top())], pen);
        x += 8.0;
    }
    let font = fonts::regular(size::TICK);
    let words = paint::cut(ui, words::timeline::NOT_PLANNED.said(), font, theme.ink3, 200.0);
    if words.size().x + 12.0 < band.width() && words.size().y < band.height() {
        let place = Rect::from_center_size(band.center(), words.size());
        ui.painter().rect_filled(place.expand2(vec2(4.0, 0.0)), 2, theme.panel);
        ui.painter().galley(place.min, words, theme.ink3);
    }
    paint::say(ui, band, "not-planned", words::timeline::NOT_PLANNED.said())
        .on_hover_text(words::timeline::ABOUT_NOT_PLANNED.said());
}

/// Which layers have lanes, and how high one is.
pub(super) struct Rows {
    /// The layer of the first lane.
    pub first: usize,
    /// Height of a lane.
    pub pitch: f32,
}

/// Dragging with Shift over steps ahead makes the layer under the pointer compete there; with Alt as well it does not, and
/// a right click gives its steps back to the schedule. Whether Shift is held.
pub(super) fn paint_ui(
    ui: &Ui,
    lanes: Rect,
    scale: &Scale,
    shot: &Snapshot,
    rows: &Rows,
    sight: &ViewState,
    out: &mut Outbox,
) -> bool {
    let theme = theme::of(ui);
    let ahead = paint::sound(lanes.with_min_x(scale.x(shot.step as f64)));
    let modifiers = ui.input(|i| i.modifiers);
    let secondary = ui.input(|i| i.pointer.secondary_clicked());
    let competes = shot.knobs.policy.competes() && sight.is_live() && trains(shot);
    let layer_at = |y: f32| rows.first + ((y - lanes.top()) / rows.pitch).max(0.0) as usize;
    if secondary && competes && ui.rect_contains_pointer(ahead) {
        let layer = ui.input(|i| i.pointer.interact_pos()).map(|at| layer_at(at.y));
        if let Some(layer) = layer.filter(|&layer| layer < shot.model.rosters.len()) {
            out.push(Command::Paint { layer, from: shot.step, to: scale.last, compete: None });
        }
    }
    if !modifiers.shift || !competes {
        return false;
    }
    let response = ui.interact(ahead, ui.scope_id().with("paint"), Sense::drag());
    response.widget_info(|| WidgetInfo::labeled(Role::Canvas, true, words::timeline::PAINT));
    // On the frame of the release egui no longer knows where the button was pressed.
    let begun = ui.scope_id().with("painted-from");
    if let Some(at) = response.interact_pointer_pos().filter(|_| response.drag_started()) {
        let at = ui.input(|i| i.pointer.press_origin()).unwrap_or(at);
        ui.data_mut(|data| data.insert_temp(begun, at));
    }
    let from: Option<Pos2> = ui.data(|data| data.get_temp(begun));
    let (Some(from), Some(to)) = (from, response.interact_pointer_pos()) else { return true };
    let layer = layer_at(from.y);
    if layer >= shot.model.rosters.len() || !ahead.contains(from) {
        return true;
    }
    let (low, high) = (from.x.min(to.x).max(ahead.left()), from.x.max(to.x).min(ahead.right()));
    let color = if modifiers.alt { theme.ink3 } else { theme.violet };
    let top = lanes.top() + (layer - rows.first) as f32 * rows.pitch;
    let band = Rect::from_min_max(pos2(low, top), pos2(high.max(low + 1.0), top + rows.pitch));
    ui.painter().rect_filled(band, 2, color.gamma_multiply(0.35));
    if response.drag_stopped() {
        let (from, to) = (scale.step(low).max(shot.step), scale.step(high).max(shot.step));
        out.push(Command::Paint { layer, from, to, compete: Some(!modifiers.alt) });
    }
    true
}
