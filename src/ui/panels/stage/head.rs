//! The head of the stage: which layer, with a small picture of each one's load, and what it did last.

use eframe::egui::{Align2, CornerRadius, CursorIcon, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use crate::run::Snapshot;
use crate::store::history::{ExpertMeasure, SeriesKey};
use crate::ui::kit::press::{Look, Press};
use crate::ui::kit::theme::{self, RADIUS, size};
use crate::ui::kit::{fonts, icons, paint};
use crate::ui::view::watched::{self, trains};
use crate::ui::view::{ViewState, derived};
use crate::ui::words::{self, flow, phases};

/// Draws title, what the layer did last, who carries the bytes, and the layers to choose from.
pub(crate) fn head_ui(ui: &mut Ui, rect: Rect, shot: &Snapshot, view: &mut ViewState) {
    let theme = theme::of(ui);
    let count = shot.model.rosters.len();
    let y = rect.center().y;
    let title = watched::key(shot, view).unwrap_or_else(|| flow::title(view.layer));
    let at = pos2(rect.left() + 16.0, y);
    let title =
        paint::text_in(ui, at, Align2::LEFT_CENTER, &title, fonts::strong(size::STRIP), theme.ink, rect.width());
    let width = if rect.width() > 800.0 { 84.0 } else { 52.0 };
    // Layers take up to half of the row; the others are reached by the brackets.
    let room = (rect.width() - title.width() - 40.0) * if rect.width() > 640.0 { 0.5 } else { 1.0 };
    let fit = ((room / (width + 6.0)).floor().max(1.0) as usize).min(count);
    let first = (view.layer + 1).saturating_sub(fit.div_ceil(2)).min(count - fit.min(count));
    let left = rect.right() - 8.0 - fit as f32 * (width + 6.0) + 6.0;
    // Only bytes are carried.
    let carries = trains(shot) && shot.config.task.text().is_some() && view.seen_phases(shot).is_none();
    let toggle = if rect.width() > 640.0 && carries { 150.0 } else { 0.0 };
    let words = left - title.right() - 30.0 - toggle;
    words_ui(ui, pos2(title.right() + 12.0, y), words, shot, view);
    if toggle > 0.0 {
        carriers_ui(ui, Rect::from_min_size(pos2(left - toggle - 8.0, y - 13.0), vec2(toggle, 26.0)), view);
    }
    for (place, layer) in (first..(first + fit).min(count)).enumerate() {
        let min = pos2(left + place as f32 * (width + 6.0), y - 14.0);
        if one_ui(ui, Rect::from_min_size(min, vec2(width, 28.0)), shot, layer, view.layer == layer) {
            view.layer = layer;
        }
    }
}

/// Whether the router's picks or the winners carry the bytes.
fn carriers_ui(ui: &mut Ui, rect: Rect, view: &mut ViewState) {
    let half = vec2(rect.width() / 2.0, rect.height());
    for (place, (words, about, by_winners)) in
        [(flow::ROUTER, words::BY_ROUTER, false), (flow::WINNERS, words::BY_WINNERS, true)].into_iter().enumerate()
    {
        let spot = Rect::from_min_size(rect.min + vec2(half.x * place as f32, 0.0), half);
        let name = flow::carried_by(words.said());
        let press = Press::words(words.said()).named(&name).look(Look::Ghost).selected(view.by_winners == by_winners);
        let response = press.size(size::CAPTION).show(ui, spot);
        if response.clicked() {
            view.by_winners = by_winners;
        }
        response.on_hover_text(about.said());
    }
}

/// What the layer did at the last step.
fn words_ui(ui: &Ui, at: eframe::egui::Pos2, room: f32, shot: &Snapshot, view: &ViewState) {
    let theme = theme::of(ui);
    let layer = view.layer;
    let seen = view.seen_phases(shot);
    let last = || derived::competed_at(shot, layer, view.step(shot));
    let Some(competed) = seen.as_ref().map(|seen| seen.layer.competes).or_else(last) else { return };
    let font = fonts::medium(size::CAPTION);
    let pill = if competed { flow::COMPETITION_STEP } else { flow::ROUTER_STEP };
    let (words, short) = match &seen {
        Some(seen) => {
            let state = phases::state(seen.reading.step, seen.phase, competed);
            (state.clone(), state)
        }
        None if competed => {
            let words = flow::all_answered(shot.experts(), shot.knobs.top_k);
            (words, flow::ALL_ANSWERED_SHORT.said().to_owned())
        }
        None => (flow::top_answered(shot.knobs.top_k), flow::top_answered_short(shot.knobs.top_k)),
    };
    if room < 130.0 {
        return;
    }
    let galley = paint::cut(ui, pill.said(), font, if competed { theme.violet } else { theme.ink2 }, room);
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
    let font = fonts::regular(size::BODY);
    if let Some(words) = paint::fitting(ui, &[&words, &short], &font, left) {
        paint::text_in(ui, beside, Align2::LEFT_CENTER, words, font, theme.ink3, left + 1.0);
    }
    paint::say(ui, frame, "last-step", &flow::last_step(layer, pill.said(), &words));
}

fn one_ui(ui: &Ui, rect: Rect, shot: &Snapshot, layer: usize, chosen: bool) -> bool {
    let theme = theme::of(ui);
    let response = ui.interact(rect, ui.scope_id().with(("layer", layer)), Sense::click());
    let name = flow::show_layer(layer);
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, chosen, &name));
    let fill = if chosen || response.hovered() { theme.raised } else { theme.panel };
    let border = if chosen { theme.ink3 } else { theme.line };
    paint::boxed(ui.painter(), rect, RADIUS, fill, border);
    let ink = if chosen { theme.ink } else { theme.ink2 };
    let label = words::layer_short(layer);
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
    let Some(roster) = shot.model.rosters.get(layer) else {
        return;
    };
    let routed = |id| shot.memory.history.get(SeriesKey::Expert(layer, id, ExpertMeasure::Routed));
    let share = |id| Some(routed(id)?.mean_up_to(shot.step, shot.load_window())?.0);
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
