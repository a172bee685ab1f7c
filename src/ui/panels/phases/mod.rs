//! The phases of a step in numbers: route, compete, combine, learn, for one position of the batch; in the place of the tiles.
//!
//! - [`lines`]: formulas with today's numbers put in. Pure.
//! - `table`: a row for each expert.

pub(crate) mod lines;
mod table;

use eframe::egui::{Align2, Rect, RichText, ScrollArea, Sense, Ui, UiBuilder, pos2, vec2};

use self::lines::PhaseText;
use crate::domain::readings::Phase;
use crate::run::{Command, Snapshot, Status};
use crate::ui::kit::icons::Icon;
use crate::ui::kit::press::{Look, Press};
use crate::ui::kit::theme::{self, RADIUS, size};
use crate::ui::kit::{fonts, paint};
use crate::ui::view::phases::SeenPhases;
use crate::ui::view::{Outbox, ViewState};
use crate::ui::words::{UNKNOWN, phases as words};

/// Height of the head.
const HEAD: f32 = 40.0;
/// From this width on, table and formulas stand side by side.
const WIDE: f32 = 620.0;
/// Share of the width that the formulas have then.
const FORMULAS: f32 = 0.56;

/// Draws the phases, if any are shown; whether there are.
pub(crate) fn phases_ui(ui: &mut Ui, shot: &Snapshot, view: &mut ViewState, out: &mut Outbox) {
    let Some(seen) = view.seen_phases(shot) else { return };
    let theme = theme::of(ui);
    let rect = ui.max_rect();
    ui.painter().rect_filled(rect, RADIUS, theme.tile);
    let text = PhaseText::of(&seen, view.layer, shot);
    let head = Rect::from_min_size(rect.min, vec2(rect.width(), HEAD.min(rect.height())));
    head_ui(ui, head, &seen, shot, view, out);
    let body = paint::sound(Rect::from_min_max(pos2(rect.left() + 16.0, head.bottom()), rect.max - vec2(8.0, 6.0)));
    if body.height() < 20.0 || body.width() < 60.0 {
        return;
    }
    paint::say(ui, Rect::from_min_max(head.left_bottom(), rect.max), "phase", &text.spoken);
    paint::within(ui, body, "phase-body", |ui| {
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            let from = Rect::from_min_size(ui.cursor().min, vec2(body.width() - 12.0, body.height()));
            let beside = from.width() >= WIDE;
            let share = if beside { FORMULAS } else { 1.0 };
            let left = Rect::from_min_size(from.min, vec2(from.width() * share - 12.0, 2000.0));
            let mut inner = ui.new_child(UiBuilder::new().max_rect(left).id_salt("phase-formulas"));
            text_ui(&mut inner, &text);
            let below = inner.min_rect().bottom() + 8.0;
            let start = if beside { pos2(left.right() + 24.0, from.top()) } else { pos2(from.left(), below) };
            let right = Rect::from_min_max(start, pos2(from.right(), start.y + 2000.0));
            let mut inner = ui.new_child(UiBuilder::new().max_rect(right).id_salt("phase-table"));
            let high = table::table_ui(&mut inner, right, &seen, shot, view);
            let bottom = below.max(right.top() + high);
            ui.allocate_rect(Rect::from_min_max(from.min, pos2(from.right(), bottom)), Sense::hover());
        });
    });
}

/// The step, its phases, and what can be done.
fn head_ui(ui: &mut Ui, rect: Rect, seen: &SeenPhases<'_>, shot: &Snapshot, view: &mut ViewState, out: &mut Outbox) {
    let theme = theme::of(ui);
    let y = rect.center().y;
    let mut right = rect.right() - 10.0;
    let mut take = |wide: f32| {
        right -= wide;
        let spot = Rect::from_min_size(pos2(right, y - 13.0), vec2(wide, 26.0));
        right -= 8.0;
        spot
    };
    let close = Press::icon(Icon::Close, words::PUT_AWAY.said()).look(Look::Ghost).size(size::TICK);
    if close.show(ui, take(26.0)).on_hover_text(words::PUT_AWAY.said()).clicked() {
        view.put_phases_away(seen.reading.step, seen.reached);
    }
    let ready = !matches!(shot.status, Status::Preparing(_) | Status::Failed(_));
    let next = Press::words(words::NEXT.said()).enabled(ready).size(size::BODY);
    if rect.width() > 420.0 {
        let spot = take(next.width(ui));
        if next.show(ui, spot).on_hover_text(words::ABOUT_NEXT.said()).clicked() {
            out.drive(Command::Phase);
        }
    }
    let mut x = rect.left() + 12.0;
    for phase in Phase::ALL {
        let press = Press::words(words::name(phase)).look(Look::Ghost).size(size::BODY);
        let press = press.selected(phase == seen.phase).enabled(phase <= seen.reached);
        let wide = press.width(ui);
        if x + wide > right {
            return;
        }
        let spot = Rect::from_min_size(pos2(x, y - 13.0), vec2(wide, 26.0));
        if phase > seen.reached {
            ui.scope(|ui| {
                ui.multiply_opacity(0.45);
                press.show(ui, spot);
            });
        } else if press.show(ui, spot).clicked() {
            view.look_at_phase(seen.reading.step, phase);
        }
        x = spot.right() + 4.0;
    }
    let state = words::state(seen.reading.step, seen.reached, seen.layer.competes);
    let font = fonts::strong(size::BODY);
    let at = pos2(x + 12.0, y);
    if let Some(state) = paint::fitting(ui, &[&state], &font, right - at.x) {
        paint::text_in(ui, at, Align2::LEFT_CENTER, state, font, theme.ink, right - at.x + 1.0);
    }
}

/// What happens, and the formulas.
fn text_ui(ui: &mut Ui, text: &PhaseText) {
    let theme = theme::of(ui);
    ui.spacing_mut().item_spacing.y = 3.0;
    let mut label = |text: &str, font, ink| {
        ui.label(RichText::new(text).font(font).color(ink));
    };
    label(&text.position, fonts::strong(size::BODY), theme.ink);
    label(&text.about, fonts::regular(size::BODY), theme.ink2);
    for formula in &text.formulas {
        label(formula, fonts::mono(size::CAPTION), theme.ink2);
    }
    for line in &text.today {
        label(line, fonts::mono(size::CAPTION), theme.ink);
    }
}
