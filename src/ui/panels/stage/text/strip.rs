//! The text of the probe above the byte flow: each byte in its expert's colour, those shown framed.

use eframe::egui::{Align2, CursorIcon, Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

use crate::domain::roster::ExpertId;
use crate::ui::kit::fonts;
use crate::ui::kit::theme::{self, size};
use crate::ui::view::ViewState;
use crate::ui::words::flow;

/// The bytes of the probe around those shown.
pub(crate) struct Strip<'a> {
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
pub(crate) fn text_ui(ui: &mut Ui, rect: Rect, strip: &Strip<'_>, shown: usize, view: &mut ViewState) {
    let theme = theme::of(ui);
    let font = fonts::mono(size::BODY);
    let pitch = 7.6f32;
    let fit = ((rect.width() / pitch) as usize).min(strip.bytes.len());
    let from = (shown + strip.rows / 2).saturating_sub(fit / 2).min(strip.bytes.len() - fit);
    let x = |token: usize| rect.left() + pitch * (token - from) as f32;
    let response = ui.interact(rect, ui.scope_id().with("text"), Sense::click_and_drag());
    let say = if view.is_in_batch() { flow::batch_text } else { flow::text };
    let words = say(shown, strip.rows);
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
pub(crate) fn glyph(byte: u8) -> char {
    match byte {
        b' ' => '·',
        b'\n' | b'\r' => '↵',
        b'\t' => '→',
        b'!'..=b'~' => char::from(byte),
        _ => '▪',
    }
}
