//! A pin below the lanes for every save: who clicks it looks at its step.

use eframe::egui::{CursorIcon, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::Scale;
use crate::run::Snapshot;
use crate::store::history::What;
use crate::ui::kit::icons::{self, Icon};
use crate::ui::kit::{paint, theme};
use crate::ui::view::ViewState;
use crate::ui::words::timeline as words;

/// Most pins that can be clicked one by one: the newest.
const PINS: usize = 64;
/// Pins nearer than this are one.
const APART: f32 = 5.0;

/// Draws them.
pub(super) fn pins_ui(ui: &Ui, lanes: Rect, scale: &Scale, shot: &Snapshot, sight: &mut ViewState) {
    let theme = theme::of(ui);
    let saves: Vec<(u64, String)> = shot
        .memory
        .history
        .journal
        .entries()
        .iter()
        .filter_map(|entry| match &entry.what {
            What::Saved { path, .. } => Some((entry.step, path.file_name()?.to_string_lossy().into_owned())),
            _ => None,
        })
        .collect();
    let Some(last) = saves.last() else { return };
    let y = lanes.bottom() + 7.0;
    let lane = Rect::from_min_size(pos2(lanes.left(), y - 5.0), vec2(lanes.width(), 9.0));
    paint::say(ui, lane, "pins", &words::saves(saves.len(), last.0));
    // Newest first, so that of two that fall together the newer can be clicked.
    let mut nearest = f32::INFINITY;
    for (step, path) in saves.iter().rev().take(PINS) {
        let x = scale.x(*step as f64);
        if nearest - x <= APART {
            continue;
        }
        nearest = x;
        let spot = Rect::from_center_size(pos2(x, y), vec2(10.0, 10.0));
        let response = ui.interact(spot, ui.scope_id().with(("pin", step)), Sense::click());
        let said = words::saved_at(*step, path);
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &said));
        let ink = if response.hovered() || response.has_focus() { theme.ink } else { theme.ink2 };
        icons::draw(ui.painter(), Icon::Pin, spot.center(), 9.0, ink);
        if response.clicked() {
            sight.look_at(*step, shot);
        }
        response.on_hover_cursor(CursorIcon::PointingHand).on_hover_text(said);
    }
}
