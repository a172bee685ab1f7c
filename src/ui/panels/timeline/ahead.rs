//! Competitions ahead, painted by hand.

use eframe::egui::{Pos2, Rect, Role, Sense, Ui, WidgetInfo, pos2};

use super::Scale;
use crate::run::{Command, Snapshot};
use crate::ui::{Outbox, Sight, paint, strings, theme};

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
    sight: &Sight,
    out: &mut Outbox,
) -> bool {
    let theme = theme::of(ui);
    let ahead = paint::sound(lanes.with_min_x(scale.x(shot.step as f64)));
    let modifiers = ui.input(|i| i.modifiers);
    let secondary = ui.input(|i| i.pointer.secondary_clicked());
    let competes = shot.knobs.policy.competes() && sight.is_live();
    let layer_at = |y: f32| rows.first + ((y - lanes.top()) / rows.pitch).max(0.0) as usize;
    if secondary && competes && ui.rect_contains_pointer(ahead) {
        let layer = ui.input(|i| i.pointer.interact_pos()).map(|at| layer_at(at.y));
        if let Some(layer) = layer.filter(|&layer| layer < shot.rosters.len()) {
            out.push(Command::Paint { layer, from: shot.step, to: scale.last, compete: None });
        }
    }
    if !modifiers.shift || !competes {
        return false;
    }
    let response = ui.interact(ahead, ui.scope_id().with("paint"), Sense::drag());
    response.widget_info(|| WidgetInfo::labeled(Role::Canvas, true, strings::timeline::PAINT));
    // On the frame of the release egui no longer knows where the button was pressed.
    let begun = ui.scope_id().with("painted-from");
    if let Some(at) = response.interact_pointer_pos().filter(|_| response.drag_started()) {
        let at = ui.input(|i| i.pointer.press_origin()).unwrap_or(at);
        ui.data_mut(|data| data.insert_temp(begun, at));
    }
    let from: Option<Pos2> = ui.data(|data| data.get_temp(begun));
    let (Some(from), Some(to)) = (from, response.interact_pointer_pos()) else { return true };
    let layer = layer_at(from.y);
    if layer >= shot.rosters.len() || !ahead.contains(from) {
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
