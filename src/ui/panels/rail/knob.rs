//! One row of the rail: a live knob with its slider and field, or a fact. The value is sent on release.

use eframe::egui::{Align2, Rect, Sense, Stroke, Ui, pos2, text::LayoutJob, vec2};

use crate::ui::kit::entry::{self, Entered, Field, FieldLimits, FieldNumber};
use crate::ui::kit::icons::{self, Icon};
use crate::ui::kit::slider::{Reach, slider_ui};
use crate::ui::kit::theme::{self, FIELD_RADIUS, size};
use crate::ui::kit::{fonts, paint};
use crate::ui::view::dials::Dial;
use crate::ui::words::{self, knobs};

/// Height of a row whose name has one line.
pub(crate) const PITCH: f32 = 28.0;
/// Room between the parts of a row.
const GAP: f32 = 6.0;
/// Where the name of a row begins: beside its dot.
const NAME: f32 = 16.0;
/// Most lines of a name.
const LINES: usize = 3;
/// Width of the field of a dial. Its number stands at its right, with room on its left.
const FIELD: f32 = 44.0;
/// Room between slider and field.
const BEFORE_FIELD: f32 = 4.0;
/// Least and most width of a slider. Beside a long name it is shorter than the row allows.
const TRACK: (f32, f32) = (32.0, 70.0);

/// What a person is doing to one knob: the value under the hand, not sent yet.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct HeldKnob {
    /// Which knob.
    pub dial: Dial,
    /// Its value under the hand.
    pub value: FieldNumber,
}

/// What came of a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Turned {
    /// Nothing.
    No,
    /// Let go at this value.
    To(FieldNumber),
    /// Take back the last change.
    Undo,
}

/// Takes a row of the rail.
pub(crate) fn row(ui: &mut Ui) -> Rect {
    row_of(ui, PITCH)
}

fn row_of(ui: &mut Ui, height: f32) -> Rect {
    let width = ui.available_width();
    ui.allocate_exact_size(vec2(width, height), Sense::hover()).0
}

/// The name of a row, and what stands beside it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Name<'a> {
    /// The name.
    pub name: &'a str,
    /// What it is, for its tooltip.
    pub about: &'a str,
    /// Whether the knob is live: a dot; else structural: a wrench.
    pub live: bool,
    /// Width that the right side of the row takes, points.
    pub beside: f32,
}

impl Name<'_> {
    /// Takes a row and draws the name: on further lines, in a higher row, where it has no room beside the rest. A knob
    /// that was turned has an arrow in the place of its dot that leads back to `old`. Returns the row, and whether the
    /// arrow was pressed.
    pub fn show(&self, ui: &mut Ui, old: Option<&str>) -> (Rect, bool) {
        let theme = theme::of(ui);
        let font = fonts::regular(size::ROW);
        let room = (ui.available_width() - NAME - GAP - self.beside).max(1.0);
        let mut job = LayoutJob::simple(self.name.to_owned(), font.clone(), theme.ink2, room);
        job.wrap.max_rows = LINES;
        let height = ui.painter().layout_job(job).size().y;
        let rect = row_of(ui, PITCH.max((height + 1.0).floor()));
        let dot = pos2(rect.left() + 3.0, rect.center().y);
        match (old, self.live) {
            (Some(_), _) => {}
            (None, true) => {
                ui.painter().circle_filled(dot, 2.6, theme.ink3);
            }
            (None, false) => icons::draw(ui.painter(), Icon::Wrench, dot, 11.0, theme.ink3),
        }
        let at = pos2(rect.left() + NAME, rect.center().y);
        let text = paint::lines_in(ui, at, self.name, font, theme.ink2, (room, LINES));
        let spot = Rect::from_min_max(pos2(rect.left(), rect.top()), pos2(text.right() + 4.0, rect.bottom()));
        let said = paint::say(ui, spot, ("name", self.name), self.name);
        said.on_hover_text(format!("{}\n{}", self.name, self.about));
        (rect, old.is_some_and(|old| undo_ui(ui, dot, self.name, old)))
    }
}

/// Width of a slider in a row of `width`: as wide as the name beside it allows.
fn track(ui: &Ui, width: f32, name: &str) -> f32 {
    let theme = theme::of(ui);
    let name = ui.painter().layout_no_wrap(name.to_owned(), fonts::regular(size::ROW), theme.ink2).size().x;
    let most = (width - 174.0).clamp(TRACK.0, TRACK.1);
    (width - NAME - name.ceil() - GAP - BEFORE_FIELD - FIELD).clamp(TRACK.0, most)
}

/// A small arrow that takes back the last change; says whether it was pressed.
fn undo_ui(ui: &mut Ui, at: eframe::egui::Pos2, name: &str, old: &str) -> bool {
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
pub(crate) fn dial_ui(
    ui: &mut Ui,
    dial: Dial,
    reach: Reach,
    shown: FieldNumber,
    pending: Option<FieldNumber>,
    old: Option<FieldNumber>,
    held: &mut Option<HeldKnob>,
) -> Turned {
    let theme = theme::of(ui);
    let track = track(ui, ui.available_width(), dial.name());
    let name = Name { name: dial.name(), about: dial.about(), live: true, beside: track + BEFORE_FIELD + FIELD };
    let (rect, undo) = name.show(ui, old.map(|old| old.to_string()).as_deref());
    let mut turned = if undo { Turned::Undo } else { Turned::No };
    let field = Rect::from_min_max(
        pos2(rect.right() - FIELD, rect.center().y - 11.0),
        pos2(rect.right(), rect.center().y + 11.0),
    );
    let rail = Rect::from_min_size(pos2(field.left() - BEFORE_FIELD - track, rect.center().y - 7.0), vec2(track, 14.0));
    let mut value = held.filter(|h| h.dial == dial).map_or(shown, |h| h.value);
    let mut place = value.place();
    let slider = slider_ui(ui, rail, dial.name(), reach, &mut place);
    if slider.changed() {
        value = if reach.whole { FieldNumber::Whole(place.round() as u64) } else { FieldNumber::Real(place) };
        *held = Some(HeldKnob { dial, value });
    }
    let label = knobs::value(dial.name());
    let ends = Some((reach.low, reach.high));
    let number = Field {
        name: dial.name(),
        label: &label,
        value,
        limits: dial.limits(),
        reach: ends,
        framed: false,
        refusal: words::entry::refused,
    };
    let entered = number.show(ui, field);
    if let Some(dragged) = entered.dragged {
        value = dragged;
        *held = Some(HeldKnob { dial, value });
    }
    let in_hand = slider.dragged() || slider.is_pointer_button_down_on() || entered.response.dragged();
    if held.is_some_and(|h| h.dial == dial) && !in_hand {
        *held = None;
        if value != shown {
            turned = Turned::To(value);
        }
    }
    if let Some(typed) = entered.typed {
        *held = None;
        if typed != shown {
            turned = Turned::To(typed);
        }
    }
    if let Some(running) = pending {
        let at = pos2(rect.right(), rect.bottom() + 1.0);
        let words = knobs::running(&running.to_string());
        ui.painter().text(at, Align2::RIGHT_CENTER, &words, fonts::regular(size::TICK), theme.amber);
        let said = words::named_value(dial.name(), &words);
        paint::say(ui, Rect::from_center_size(at, vec2(2.0, 2.0)), ("pending", dial.name()), &said);
    }
    entry::refusal_ui(ui, &entered, 16.0);
    turned
}

/// A fact of the run: a name and a value, nothing to turn.
pub(crate) fn fact_ui(ui: &mut Ui, name: &str, value: &str, about: &str) {
    let theme = theme::of(ui);
    let rect = row(ui);
    let at = pos2(rect.left() + 16.0, rect.center().y);
    let font = fonts::regular(size::ROW);
    let text = paint::text_in(ui, at, Align2::LEFT_CENTER, name, font.clone(), theme.ink2, rect.width() * 0.6);
    let room = rect.right() - text.right() - 10.0;
    paint::text_in(ui, pos2(rect.right(), rect.center().y), Align2::RIGHT_CENTER, value, font, theme.ink, room);
    paint::say(ui, rect, ("fact", name), &words::named_value(name, value)).on_hover_text(about);
}

/// A boxed whole number with arrows: structural. Returns the changed value, and what came of its field.
pub(crate) fn boxed_ui(
    ui: &mut Ui,
    rect: Rect,
    name: &str,
    value: usize,
    (low, high): (usize, usize),
    amber: bool,
) -> (Option<usize>, Entered) {
    let theme = theme::of(ui);
    let border = if amber { theme.amber } else { theme.line2 };
    paint::boxed(ui.painter(), rect, FIELD_RADIUS, theme.field, border);
    let mut next = value;
    let arrows = Rect::from_min_max(pos2(rect.right() - 20.0, rect.top()), rect.max);
    let inner = Rect::from_min_max(rect.min + vec2(2.0, 1.0), pos2(arrows.left(), rect.bottom() - 1.0));
    let limits = FieldLimits::Whole { low: low as u64, high: high as u64 };
    let field = Field {
        name,
        label: name,
        value: FieldNumber::Whole(value as u64),
        limits,
        reach: None,
        framed: false,
        refusal: words::entry::refused,
    };
    let entered = field.show(ui, inner);
    if let Some(FieldNumber::Whole(whole)) = entered.typed.or(entered.dragged) {
        next = usize::try_from(whole).unwrap_or(usize::MAX);
    }
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
            next = if up { value.saturating_add(1) } else { value.saturating_sub(1) }.clamp(low, high);
        }
    }
    ((next != value).then_some(next), entered)
}
