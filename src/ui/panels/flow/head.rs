//! The head of the flow: which layer, with a small picture of each one's load; what it did last; the text of the probe.

use eframe::egui::{
    Align2, CornerRadius, CursorIcon, Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2,
};

use crate::domain::roster::ExpertId;
use crate::run::Snapshot;
use crate::store::history::{ExpertMeasure, SeriesKey};
use crate::ui::press::{Look, Press};
use crate::ui::strings::{self, flow};
use crate::ui::theme::{self, RADIUS, size};
use crate::ui::{ViewState, derived, fonts, icons, paint};

/// Draws title, what the layer did last, who carries the bytes, and the layers to choose from.
pub fn head_ui(ui: &mut Ui, rect: Rect, shot: &Snapshot, view: &mut ViewState) {
    let theme = theme::of(ui);
    let count = shot.rosters.len();
    let y = rect.center().y;
    let title = flow::title(view.layer);
    let at = pos2(rect.left() + 16.0, y);
    let title =
        paint::text_in(ui, at, Align2::LEFT_CENTER, &title, fonts::strong(size::STRIP), theme.ink, rect.width());
    let width = if rect.width() > 800.0 { 84.0 } else { 52.0 };
    // Layers take up to half of the row; the others are reached by the brackets.
    let room = (rect.width() - title.width() - 40.0) * if rect.width() > 640.0 { 0.5 } else { 1.0 };
    let fit = ((room / (width + 6.0)).floor().max(1.0) as usize).min(count);
    let first = (view.layer + 1).saturating_sub(fit.div_ceil(2)).min(count - fit.min(count));
    let left = rect.right() - 8.0 - fit as f32 * (width + 6.0) + 6.0;
    let toggle = if rect.width() > 640.0 { 150.0 } else { 0.0 };
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
        [(flow::ROUTER, strings::BY_ROUTER, false), (flow::WINNERS, strings::BY_WINNERS, true)].into_iter().enumerate()
    {
        let spot = Rect::from_min_size(rect.min + vec2(half.x * place as f32, 0.0), half);
        let name = flow::carried_by(words);
        let press = Press::words(words).named(&name).look(Look::Ghost).selected(view.by_winners == by_winners);
        let response = press.size(size::CAPTION).show(ui, spot);
        if response.clicked() {
            view.by_winners = by_winners;
        }
        response.on_hover_text(about);
    }
}

/// The bytes of the probe around those shown.
pub struct Strip<'a> {
    /// `[T]`
    pub bytes: &'a [u8],
    /// `[T]` the slot that carries each first.
    pub first: &'a [u16],
    /// `[T]` whether router and competition differ in their first choice.
    pub missed: &'a [bool],
    /// Who sits in which slot.
    pub ids: &'a [ExpertId],
    /// Bytes shown one by one.
    pub rows: usize,
}

/// The text in colours of the experts, the bytes shown framed; a click moves the frame.
pub fn text_ui(ui: &mut Ui, rect: Rect, strip: &Strip<'_>, shown: usize, view: &mut ViewState) {
    let theme = theme::of(ui);
    let font = fonts::mono(size::BODY);
    let pitch = 7.6f32;
    let fit = ((rect.width() / pitch) as usize).min(strip.bytes.len());
    let from = (shown + strip.rows / 2).saturating_sub(fit / 2).min(strip.bytes.len() - fit);
    let x = |token: usize| rect.left() + pitch * (token - from) as f32;
    let response = ui.interact(rect, ui.scope_id().with("text"), Sense::click_and_drag());
    let words = flow::text(shown, strip.rows);
    response.widget_info(|| WidgetInfo::labeled(Role::Slider, true, &words));
    for token in from..from + fit {
        let id = strip.ids[usize::from(strip.first[token])];
        let strength = view.strength(id);
        let cell = Rect::from_min_size(pos2(x(token), rect.top() + 1.0), vec2(pitch, rect.height() - 4.0));
        let inside = (shown..shown + strip.rows).contains(&token);
        let fill = theme.expert(id).gamma_multiply(strength * if inside { 0.85 } else { 0.28 });
        ui.painter().rect_filled(cell, 0, fill);
        let ink = if inside { theme.on_expert(id, 1.0) } else { theme.ink2 };
        ui.painter().text(cell.center(), Align2::CENTER_CENTER, glyph(strip.bytes[token]), font.clone(), ink);
        if strip.missed[token] {
            let under = Rect::from_min_size(pos2(cell.left() + 1.0, rect.bottom() - 2.0), vec2(pitch - 2.0, 1.6));
            ui.painter().rect_filled(under, 0, theme.violet);
        }
        if view.lit_token() == Some(token) {
            ui.painter().rect_stroke(cell, 0, Stroke::new(1.4, theme.ink), StrokeKind::Outside);
        }
    }
    let frame =
        Rect::from_min_max(pos2(x(shown), rect.top()), pos2(x(shown + strip.rows - 1) + pitch, rect.bottom() - 2.0));
    ui.painter().rect_stroke(frame, 3, Stroke::new(1.6, theme.ink), StrokeKind::Outside);
    let under = |at: eframe::egui::Pos2| (from + ((at.x - rect.left()) / pitch).max(0.0) as usize).min(from + fit - 1);
    if let Some(at) = response.hover_pos() {
        view.hover_token(under(at));
    }
    let last = strip.bytes.len() - strip.rows;
    if let Some(at) = response.interact_pointer_pos().filter(|_| response.clicked()) {
        view.window = Some(under(at).saturating_sub(strip.rows / 2).min(last));
    }
    let mut by = |from: usize, bytes: isize| view.window = Some(from.saturating_add_signed(bytes).min(last));
    // The text follows the pointer from where both were: a slow hand moves less than a byte a frame.
    let begun = ui.scope_id().with("text-begun");
    if response.drag_started() {
        ui.data_mut(|data| data.insert_temp(begun, shown));
    }
    let pressed_at = ui.input(|i| i.pointer.press_origin());
    if let (true, Some(at), Some(origin)) = (response.dragged(), response.interact_pointer_pos(), pressed_at) {
        let from = ui.data(|data| data.get_temp(begun)).unwrap_or(shown);
        by(from, ((origin.x - at.x) / pitch).round() as isize);
    }
    if response.has_focus() {
        let pressed = |key| ui.input_mut(|i| i.consume_key(eframe::egui::Modifiers::NONE, key));
        if pressed(eframe::egui::Key::ArrowRight) {
            by(shown, 1);
        }
        if pressed(eframe::egui::Key::ArrowLeft) {
            by(shown, -1);
        }
    }
    response.on_hover_cursor(CursorIcon::PointingHand);
}

/// A byte as one sign.
pub fn glyph(byte: u8) -> char {
    match byte {
        b' ' => '·',
        b'\n' | b'\r' => '↵',
        b'\t' => '→',
        b'!'..=b'~' => char::from(byte),
        _ => '▪',
    }
}

/// What the layer did at the last step.
fn words_ui(ui: &Ui, at: eframe::egui::Pos2, room: f32, shot: &Snapshot, view: &ViewState) {
    let theme = theme::of(ui);
    let layer = view.layer;
    let Some(competed) = derived::competed_at(shot, layer, view.step(shot)) else {
        return;
    };
    let font = fonts::medium(size::CAPTION);
    let (pill, words) = if competed {
        (flow::COMPETITION_STEP, flow::all_answered(shot.experts(), shot.knobs.top_k))
    } else {
        (flow::ROUTER_STEP, flow::top_answered(shot.knobs.top_k))
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
    let short = if competed { flow::ALL_ANSWERED_SHORT.to_owned() } else { flow::top_answered_short(shot.knobs.top_k) };
    let font = fonts::regular(size::BODY);
    if let Some(words) = paint::fitting(ui, &[&words, &short], &font, left) {
        paint::text_in(ui, beside, Align2::LEFT_CENTER, words, font, theme.ink3, left + 1.0);
    }
    paint::say(ui, frame, "last-step", &flow::last_step(layer, pill, &words));
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
    let label = strings::layer_short(layer);
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
        |id| shot.history.get(SeriesKey::Expert(layer, id, ExpertMeasure::Routed))?.recent_mean(derived::WINDOW);
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
