//! Controls of the few: a name over a slider as wide as the rail, chips of experts, small whole numbers side by side.

use eframe::egui::{
    Align2, CursorIcon, Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, text::LayoutJob, vec2,
};

use crate::domain::roster::ExpertId;
use crate::lessons::ControlId;
use crate::ui::kit::slider::{Reach, slider_ui};
use crate::ui::kit::theme::{self, CHIP_RADIUS, FIELD_RADIUS, size};
use crate::ui::kit::{fonts, numbers, paint};
use crate::ui::words::learn as words;

/// Most numbers that stand side by side.
const NUMBERS: usize = 4;

/// The name of a control with its letter, and its value at the right. Returns where they lie.
pub(super) fn head_ui(ui: &mut Ui, name: &str, letter: Option<&str>, value: &str) -> Rect {
    let theme = theme::of(ui);
    let rect = ui.allocate_exact_size(vec2(ui.available_width(), 24.0), Sense::hover()).0;
    let y = rect.top() + 9.0;
    let strong = fonts::strong(size::TITLE);
    let wide = paint::wide(ui, value, strong.clone());
    let room = rect.width() - wide - 8.0;
    let at = pos2(rect.left(), y);
    let text = paint::text_in(ui, at, Align2::LEFT_CENTER, name, fonts::medium(size::TITLE), theme.ink, room);
    if let Some(letter) = letter {
        let at = pos2(text.right() + 8.0, y);
        paint::text_in(ui, at, Align2::LEFT_CENTER, letter, fonts::regular(size::BODY), theme.ink3, 20.0);
    }
    ui.painter().text(pos2(rect.right(), y), Align2::RIGHT_CENTER, value, strong, theme.ink);
    rect
}

/// A few words below a control.
pub(super) fn caption_ui(ui: &mut Ui, words: &str) {
    if words.is_empty() {
        return;
    }
    let theme = theme::of(ui);
    let job = LayoutJob::simple(words.to_owned(), fonts::regular(size::CAPTION), theme.ink3, ui.available_width());
    let galley = ui.painter().layout_job(job);
    let rect = ui.allocate_exact_size(vec2(ui.available_width(), galley.size().y + 4.0), Sense::hover()).0;
    ui.painter().galley(rect.min + vec2(0.0, 3.0), galley, theme.ink3);
}

/// A number on a slider.
#[derive(Clone, Copy)]
pub(super) struct SliderRow<'a> {
    /// Which control.
    pub control: ControlId,
    /// Its name.
    pub name: &'a str,
    /// What it is, for its tooltip.
    pub about: &'a str,
    /// A few words below it.
    pub caption: &'a str,
    /// What it can be set to.
    pub reach: Reach,
}

impl SliderRow<'_> {
    /// Draws it. `shown` is in force or asked for, `held` what is under the hand; the value at which it was let go.
    pub fn show(&self, ui: &mut Ui, shown: f64, held: &mut Option<(ControlId, f64)>) -> Option<f64> {
        let mut value = held.filter(|held| held.0 == self.control).map_or(shown, |held| held.1);
        let head = head_ui(ui, self.name, None, &numbers::knob(value));
        let said = crate::ui::words::named_value(self.name, &numbers::knob(value));
        paint::say(ui, head, ("control", self.name), &said).on_hover_text(self.about);
        let rect = ui.allocate_exact_size(vec2(ui.available_width(), 18.0), Sense::hover()).0;
        let track = Rect::from_center_size(rect.center(), vec2(rect.width(), 14.0));
        let response = slider_ui(ui, track, self.name, self.reach, &mut value);
        caption_ui(ui, self.caption);
        if response.changed() {
            *held = Some((self.control, value));
        }
        let in_hand = response.dragged() || response.is_pointer_button_down_on();
        if held.is_some_and(|held| held.0 == self.control) && !in_hand {
            *held = None;
            return (value != shown).then_some(value);
        }
        None
    }
}

/// Chips of `most` experts, of which `chosen` are there; the number that was chosen now.
pub(super) fn chips_ui(ui: &mut Ui, chosen: usize, most: usize) -> Option<usize> {
    let theme = theme::of(ui);
    let rect = ui.allocate_exact_size(vec2(ui.available_width(), 28.0), Sense::hover()).0;
    let pitch = rect.width() / most as f32;
    let side = (pitch - 5.0).min(24.0);
    let mut next = None;
    for place in 0..most {
        let spot = Rect::from_center_size(
            pos2(rect.left() + pitch * place as f32 + side / 2.0, rect.center().y),
            vec2(side, side),
        );
        let response = ui.interact(spot.expand(1.5), ui.scope_id().with(("chip", place)), Sense::click());
        let name = words::experts(place + 1);
        response.widget_info(|| WidgetInfo::selected(Role::RadioButton, true, chosen == place + 1, &name));
        let (id, lit) = (ExpertId(place as u32), response.hovered() || response.has_focus());
        let font = fonts::strong(size::BODY);
        let number = (place + 1).to_string();
        if place < chosen {
            ui.painter().rect_filled(spot, CHIP_RADIUS, theme.expert(id));
            ui.painter().text(spot.center(), Align2::CENTER_CENTER, number, font, theme.on_expert(id, 1.0));
        } else {
            let pen = Stroke::new(1.0, if lit { theme.ink2 } else { theme.line2 });
            ui.painter().rect_stroke(spot, CHIP_RADIUS, pen, StrokeKind::Inside);
            let ink = if lit { theme.ink } else { theme.ink3 };
            ui.painter().text(spot.center(), Align2::CENTER_CENTER, number, fonts::regular(size::BODY), ink);
        }
        if lit {
            ui.painter().rect_stroke(spot, CHIP_RADIUS, Stroke::new(1.4, theme.ink), StrokeKind::Outside);
        }
        if response.on_hover_cursor(CursorIcon::PointingHand).on_hover_text(name).clicked() && chosen != place + 1 {
            next = Some(place + 1);
        }
    }
    next
}

/// Whole numbers from 1 to a few, and no more than `most`; the one that was chosen now.
pub(super) fn numbers_ui(ui: &mut Ui, chosen: usize, most: usize) -> Option<usize> {
    let theme = theme::of(ui);
    let mut shown: Vec<usize> = (1..=most.clamp(1, NUMBERS)).collect();
    if !shown.contains(&chosen) {
        shown.push(chosen);
    }
    let rect = ui.allocate_exact_size(vec2(ui.available_width(), 28.0), Sense::hover()).0;
    paint::boxed(ui.painter(), rect, FIELD_RADIUS, theme.field, theme.line2);
    let wide = (rect.width() - 4.0) / shown.len() as f32;
    let mut next = None;
    for (place, number) in shown.into_iter().enumerate() {
        let left = rect.left() + 2.0 + wide * place as f32;
        let spot = Rect::from_min_max(pos2(left, rect.top() + 2.0), pos2(left + wide, rect.bottom() - 2.0));
        let response = ui.interact(spot, ui.scope_id().with(("number", number)), Sense::click());
        let name = words::winners(number);
        response.widget_info(|| WidgetInfo::selected(Role::RadioButton, true, chosen == number, &name));
        let lit = response.hovered() || response.has_focus();
        if chosen == number || lit {
            let border = if response.has_focus() { theme.ink } else { theme.line2 };
            paint::boxed(ui.painter(), spot, CHIP_RADIUS, theme.raised, border);
        }
        let (font, ink) = if chosen == number {
            (fonts::strong(size::BODY), theme.ink)
        } else {
            (fonts::regular(size::BODY), theme.ink2)
        };
        ui.painter().text(spot.center(), Align2::CENTER_CENTER, number.to_string(), font, ink);
        if response.on_hover_cursor(CursorIcon::PointingHand).clicked() && chosen != number {
            next = Some(number);
        }
    }
    next
}
