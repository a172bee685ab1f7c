//! One row of the rail: a live knob with its slider and field, or a fact. The value is sent on release.

use eframe::egui::{
    Align2, Color32, DragValue, Rect, Response, Sense, Slider, SliderClamping, Stroke, Ui, pos2, style::HandleShape,
    vec2,
};

use super::dials::{Dial, Reach};
use super::icons::{self, Icon};
use super::strings::{self, knobs};
use super::theme::{self, FIELD_RADIUS, size};
use super::{fonts, numbers, paint};

/// Height of a row.
pub const PITCH: f32 = 28.0;
/// Radius of a slider's handle; the rail is as wide as its travel and this.
const HANDLE: f32 = 5.6;

/// What a person is doing to one knob: the value under the hand, not sent yet.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Held {
    /// Which knob.
    pub dial: Dial,
    /// Its value under the hand.
    pub value: f64,
}

/// What came of a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Turned {
    /// Nothing.
    No,
    /// Let go at this value.
    To(f64),
    /// Take back the last change.
    Undo,
}

/// Takes a row of the rail.
pub fn row(ui: &mut Ui) -> Rect {
    let width = ui.available_width();
    ui.allocate_exact_size(vec2(width, PITCH), Sense::hover()).0
}

/// The name of a row, with a dot for live ones and a wrench for structural ones.
pub fn name_ui(ui: &Ui, rect: Rect, name: &str, about: &str, live: bool) {
    let theme = theme::of(ui);
    let dot = pos2(rect.left() + 3.0, rect.center().y);
    if live {
        ui.painter().circle_filled(dot, 2.6, theme.ink3);
    } else {
        icons::draw(ui.painter(), Icon::Wrench, dot, 11.0, theme.ink3);
    }
    let at = pos2(rect.left() + 16.0, rect.center().y);
    let font = fonts::regular(size::ROW);
    let text = paint::text_in(ui, at, Align2::LEFT_CENTER, name, font, theme.ink2, rect.width() * 0.5);
    let spot = Rect::from_min_max(pos2(rect.left(), rect.top()), pos2(text.right() + 4.0, rect.bottom()));
    paint::say(ui, spot, ("name", name), name).on_hover_text(about);
}

/// A small arrow that takes back the last change; says whether it was pressed.
pub fn undo_ui(ui: &mut Ui, at: eframe::egui::Pos2, name: &str, old: &str) -> bool {
    let theme = theme::of(ui);
    let spot = Rect::from_center_size(at, vec2(16.0, 18.0));
    let response = ui.interact(spot, ui.scope_id().with(("undo", name)), Sense::click());
    let words = knobs::undo(name);
    response.widget_info(|| eframe::egui::WidgetInfo::labeled(eframe::egui::Role::Button, true, &words));
    let ink = if response.hovered() || response.has_focus() { theme.ink } else { theme.ink3 };
    icons::draw(ui.painter(), Icon::Undo, at, 11.0, ink);
    response.on_hover_text(knobs::back_to(old)).clicked()
}

/// A live knob. `shown` is asked for or in force; `pending` is what still runs if they differ; `old` is the value before.
pub fn dial_ui(
    ui: &mut Ui,
    dial: Dial,
    reach: Reach,
    shown: f64,
    pending: Option<f64>,
    old: Option<f64>,
    held: &mut Option<Held>,
) -> Turned {
    let theme = theme::of(ui);
    let rect = row(ui);
    name_ui(ui, rect, dial.name(), dial.about(), true);
    let mut turned = Turned::No;
    let field = Rect::from_min_max(
        pos2(rect.right() - 44.0, rect.center().y - 11.0),
        pos2(rect.right(), rect.center().y + 11.0),
    );
    let track = (rect.width() - 174.0).clamp(40.0, 70.0);
    let rail = Rect::from_min_size(pos2(field.left() - 8.0 - track, rect.center().y - 7.0), vec2(track, 14.0));
    if let Some(old) = old
        && undo_ui(ui, pos2(rail.left() - 11.0, rect.center().y), dial.name(), &numbers::knob(old))
    {
        turned = Turned::Undo;
    }
    let mut value = held.filter(|h| h.dial == dial).map_or(shown, |h| h.value);
    let slider = slider_ui(ui, rail, dial.name(), reach, &mut value);
    if slider.changed() {
        *held = Some(Held { dial, value });
    }
    let mut typed = value;
    let number = field_ui(ui, field, dial.name(), reach, &mut typed);
    if number.changed() && typed != value {
        value = typed;
        *held = Some(Held { dial, value });
    }
    let in_hand = slider.dragged() || slider.is_pointer_button_down_on() || number.dragged();
    if held.is_some_and(|h| h.dial == dial) && !in_hand {
        *held = None;
        if value != shown {
            turned = Turned::To(value);
        }
    }
    if let Some(running) = pending {
        let at = pos2(rect.right(), rect.bottom() + 1.0);
        let words = knobs::running(&numbers::knob(running));
        ui.painter().text(at, Align2::RIGHT_CENTER, &words, fonts::regular(size::TICK), theme.amber);
        let said = strings::named_value(dial.name(), &words);
        paint::say(ui, Rect::from_center_size(at, vec2(2.0, 2.0)), ("pending", dial.name()), &said);
    }
    turned
}

/// egui's slider for hands, keys and screen readers, painted over in the window's look.
pub fn slider_ui(ui: &mut Ui, rect: Rect, name: &str, reach: Reach, value: &mut f64) -> Response {
    let theme = theme::of(ui);
    let response = paint::within(ui, rect.expand2(vec2(0.0, 4.0)), ("slider", name), |ui| {
        let style = ui.style_mut();
        style.spacing.slider_width = rect.width();
        style.spacing.interact_size.y = 14.0;
        style.override_font_id = Some(fonts::regular(1.0));
        let looks = &mut style.visuals.widgets;
        for look in [&mut looks.inactive, &mut looks.hovered, &mut looks.active] {
            look.bg_fill = Color32::TRANSPARENT;
            look.bg_stroke = Stroke::NONE;
            look.fg_stroke = Stroke::NONE;
        }
        let mut slider = Slider::new(value, reach.low..=reach.high)
            .show_value(false)
            .clamping(SliderClamping::Edits)
            .handle_shape(HandleShape::Circle);
        if let Some(finest) = reach.finest {
            slider = slider.logarithmic(true).smallest_positive(finest);
        }
        if reach.whole {
            slider = slider.step_by(1.0);
        }
        ui.put(rect, slider).accessible_name(name)
    });
    let y = rect.center().y;
    let x = rect.left() + HANDLE + (rect.width() - 2.0 * HANDLE) * reach.place(*value) as f32;
    let p = ui.painter();
    let line = Rect::from_min_max(pos2(rect.left(), y - 1.5), pos2(rect.right(), y + 1.5));
    p.rect_filled(line, 1, theme.track);
    p.rect_filled(Rect::from_min_max(line.min, pos2(x, line.bottom())), 1, theme.ink3);
    let lit = response.hovered() || response.dragged() || response.has_focus();
    p.circle_filled(pos2(x, y), if lit { 6.0 } else { 5.2 }, theme.ink);
    if response.has_focus() {
        p.circle_stroke(pos2(x, y), 8.0, Stroke::new(1.0, theme.ink3));
    }
    response
}

/// A number that can be typed or dragged, without a box until hovered.
fn field_ui(ui: &mut Ui, rect: Rect, name: &str, reach: Reach, value: &mut f64) -> Response {
    let theme = theme::of(ui);
    paint::within(ui, rect, ("field", name), |ui| {
        let style = ui.style_mut();
        style.spacing.button_padding = vec2(2.0, 2.0);
        style.spacing.interact_size = rect.size();
        style.override_font_id = Some(fonts::medium(size::ROW));
        style.visuals.widgets.inactive.weak_bg_fill = Color32::TRANSPARENT;
        style.visuals.widgets.inactive.bg_stroke = Stroke::NONE;
        style.visuals.widgets.hovered.weak_bg_fill = theme.field;
        let layout = eframe::egui::Layout::right_to_left(eframe::egui::Align::Center);
        ui.with_layout(layout, |ui| {
            let speed = if reach.whole { 0.2 } else { (value.abs() * 0.02).max(1e-5) };
            let mut number = DragValue::new(value)
                .range(if reach.whole { reach.low } else { reach.low.min(0.0) }..=f64::MAX.min(reach.high * 1000.0))
                .speed(speed)
                .max_decimals(8)
                .update_while_editing(false)
                .min_size(rect.size());
            if !reach.whole {
                number = number.custom_formatter(|v, _| numbers::knob(v));
            } else {
                number = number.max_decimals(0);
            }
            ui.add(number).accessible_name(knobs::value(name))
        })
        .inner
    })
}

/// A fact of the run: a name and a value, nothing to turn.
pub fn fact_ui(ui: &mut Ui, name: &str, value: &str, about: &str) {
    let theme = theme::of(ui);
    let rect = row(ui);
    let at = pos2(rect.left() + 16.0, rect.center().y);
    let font = fonts::regular(size::ROW);
    let text = paint::text_in(ui, at, Align2::LEFT_CENTER, name, font.clone(), theme.ink2, rect.width() * 0.6);
    let room = rect.right() - text.right() - 10.0;
    paint::text_in(ui, pos2(rect.right(), rect.center().y), Align2::RIGHT_CENTER, value, font, theme.ink, room);
    paint::say(ui, rect, ("fact", name), &strings::named_value(name, value)).on_hover_text(about);
}

/// A boxed whole number with arrows: structural, or a field of a form. Returns the changed value.
pub fn boxed_ui(
    ui: &mut Ui,
    rect: Rect,
    name: &str,
    value: usize,
    (low, high): (usize, usize),
    amber: bool,
) -> Option<usize> {
    let theme = theme::of(ui);
    let border = if amber { theme.amber } else { theme.line2 };
    paint::boxed(ui.painter(), rect, FIELD_RADIUS, theme.field, border);
    let mut next = value;
    let arrows = Rect::from_min_max(pos2(rect.right() - 20.0, rect.top()), rect.max);
    let inner = Rect::from_min_max(rect.min + vec2(2.0, 1.0), pos2(arrows.left(), rect.bottom() - 1.0));
    paint::within(ui, inner, ("boxed", name), |ui| {
        let style = ui.style_mut();
        style.spacing.button_padding = vec2(6.0, 1.0);
        style.spacing.interact_size = inner.size();
        style.override_font_id = Some(fonts::medium(size::ROW));
        for look in
            [&mut style.visuals.widgets.inactive, &mut style.visuals.widgets.hovered, &mut style.visuals.widgets.active]
        {
            look.weak_bg_fill = Color32::TRANSPARENT;
            look.bg_stroke = Stroke::NONE;
        }
        let number =
            DragValue::new(&mut next).range(low..=high).speed(0.05).update_while_editing(false).min_size(inner.size());
        ui.add(number).accessible_name(name);
    });
    ui.painter().vline(arrows.left(), rect.y_range().shrink(4.0), theme.hair());
    for (up, label) in [(true, knobs::one_more(name)), (false, knobs::one_fewer(name))] {
        let half = vec2(arrows.width(), arrows.height() / 2.0);
        let spot = Rect::from_min_size(arrows.min + vec2(0.0, if up { 0.0 } else { half.y }), half);
        let arrow = ui.interact(spot, ui.scope_id().with((name, up)), Sense::click());
        arrow.widget_info(|| eframe::egui::WidgetInfo::labeled(eframe::egui::Role::Button, true, &label));
        let ink = if arrow.hovered() || arrow.has_focus() { theme.ink } else { theme.ink3 };
        let (at, s) = (spot.center() + vec2(0.0, if up { 1.0 } else { -1.0 }), if up { 2.0 } else { -2.0 });
        let tip = vec![at + vec2(-3.0, s), at + vec2(0.0, -s), at + vec2(3.0, s)];
        ui.painter().line(tip, Stroke::new(1.2, ink));
        if arrow.clicked() {
            next = if up { value + 1 } else { value.saturating_sub(1) }.clamp(low, high);
        }
    }
    (next != value).then_some(next)
}
