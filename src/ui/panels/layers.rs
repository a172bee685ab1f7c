//! The layer chooser: which layer the tiles show, with a small picture of each layer's load.

use eframe::egui::{Align2, CornerRadius, CursorIcon, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::history::{ExpertMeasure, Key};
use crate::run::Snapshot;
use crate::ui::theme::{self, RADIUS, size};
use crate::ui::{Outbox, Sight, fonts, icons, paint};

/// Draws the row.
pub fn layers_ui(ui: &mut Ui, shot: &Snapshot, view: &mut Sight, _out: &mut Outbox) {
    let theme = theme::of(ui);
    let rect = ui.max_rect();
    ui.painter().rect_filled(rect, RADIUS, theme.tile);
    let count = shot.rosters.len();
    let y = rect.center().y;
    let title = format!("Layer {}", view.layer + 1);
    let at = pos2(rect.left() + 16.0, y);
    let title =
        paint::text_in(ui, at, Align2::LEFT_CENTER, &title, fonts::strong(size::STRIP), theme.ink, rect.width());
    let width = if rect.width() > 800.0 { 84.0 } else { 52.0 };
    let fit = (((rect.width() - title.width() - 40.0) / (width + 6.0)).floor().max(1.0) as usize).min(count);
    let first = (view.layer + 1).saturating_sub(fit.div_ceil(2)).min(count - fit.min(count));
    let left = rect.right() - 8.0 - fit as f32 * (width + 6.0) + 6.0;
    words_ui(ui, pos2(title.right() + 12.0, y), left - title.right() - 30.0, shot, view.layer);
    for (place, layer) in (first..(first + fit).min(count)).enumerate() {
        let min = pos2(left + place as f32 * (width + 6.0), y - 14.0);
        if one_ui(ui, Rect::from_min_size(min, vec2(width, 28.0)), shot, layer, view.layer == layer) {
            view.layer = layer;
        }
    }
}

/// What the layer did at the last step.
fn words_ui(ui: &Ui, at: eframe::egui::Pos2, room: f32, shot: &Snapshot, layer: usize) {
    let theme = theme::of(ui);
    let Some(competed) = shot.last.as_ref().and_then(|r| r.layers.get(layer)).map(|l| l.competed) else {
        return;
    };
    let font = fonts::medium(size::CAPTION);
    let (pill, words) = if competed {
        ("competition step", format!("all {} experts answered, the top {} won", shot.experts(), shot.knobs.top_k))
    } else {
        ("router step", format!("the router's top {} answered each token", shot.knobs.top_k))
    };
    if room < 130.0 {
        return;
    }
    let galley = paint::cut(ui, pill, font, if competed { theme.violet } else { theme.ink2 }, room);
    let frame = Rect::from_min_size(at - vec2(0.0, 10.0), vec2(galley.size().x + 30.0, 20.0));
    let fill = if competed { theme.violet_dim.gamma_multiply(0.55) } else { theme.track.gamma_multiply(0.6) };
    ui.painter().rect_filled(frame, CornerRadius::same(10), fill);
    let spot = pos2(frame.left() + 12.0, at.y);
    if competed {
        icons::ring(ui.painter(), spot, 3.6, theme);
    } else {
        ui.painter().circle_filled(spot, 3.6, theme.ink2);
    }
    ui.painter().galley(pos2(spot.x + 9.0, at.y - galley.size().y / 2.0), galley, theme.ink2);
    let beside = pos2(frame.right() + 12.0, at.y);
    let left = room - frame.width() - 12.0;
    if left > 120.0 {
        paint::text_in(ui, beside, Align2::LEFT_CENTER, &words, fonts::regular(size::BODY), theme.ink3, left);
    }
    paint::say(ui, frame, "last step", &format!("Layer {}: {pill}, {words}", layer + 1));
}

fn one_ui(ui: &Ui, rect: Rect, shot: &Snapshot, layer: usize, chosen: bool) -> bool {
    let theme = theme::of(ui);
    let response = ui.interact(rect, ui.scope_id().with(("layer", layer)), Sense::click());
    let name = format!("Show layer {}", layer + 1);
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, chosen, &name));
    let fill = if chosen || response.hovered() { theme.raised } else { theme.panel };
    let border = if chosen { theme.ink3 } else { theme.line };
    paint::boxed(ui.painter(), rect, RADIUS, fill, border);
    let ink = if chosen { theme.ink } else { theme.ink2 };
    let label = format!("L{}", layer + 1);
    let at = pos2(rect.left() + 8.0, rect.center().y);
    let text = paint::text_in(ui, at, Align2::LEFT_CENTER, &label, fonts::medium(size::BODY), ink, 40.0);
    let bars = Rect::from_min_max(pos2(text.right() + 6.0, rect.top() + 6.0), rect.max - vec2(8.0, 6.0));
    if bars.width() > 12.0 {
        mini_load_ui(ui, bars, shot, layer);
    }
    response.on_hover_cursor(CursorIcon::PointingHand).clicked()
}

fn mini_load_ui(ui: &Ui, rect: Rect, shot: &Snapshot, layer: usize) {
    let theme = theme::of(ui);
    let Some(roster) = shot.rosters.get(layer) else {
        return;
    };
    let share =
        |id| shot.history.get(Key::Expert(layer, id, ExpertMeasure::Routed))?.recent_mean(super::super::sums::WINDOW);
    let n = roster.len().min((rect.width() / 2.0) as usize).max(1);
    let shares: Vec<_> = roster.slots.iter().take(n).map(|&id| (id, share(id))).collect();
    let top = shares.iter().filter_map(|s| s.1).fold(1.5 / roster.len() as f64, f64::max);
    let pitch = rect.width() / n as f32;
    for (i, (id, share)) in shares.iter().enumerate() {
        let height = share.filter(|s| s.is_finite()).map_or(1.0, |s| (rect.height() * (s / top) as f32).max(1.0));
        let x = rect.left() + pitch * i as f32;
        let color = if share.is_some() { theme.expert(*id) } else { theme.track };
        let bar = Rect::from_min_max(pos2(x, rect.bottom() - height), pos2(x + (pitch - 1.0).max(1.0), rect.bottom()));
        ui.painter().rect_filled(bar, 0, color);
    }
}
