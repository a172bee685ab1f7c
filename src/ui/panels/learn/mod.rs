//! The few controls of the screen that is learnt with: data, noise, experts, winners per point, competition rate, seed.
//!
//! - `drawing`: points drawn by hand on the maps.
//! - `rows`: a slider below its name, chips of experts, numbers to choose from.
//! - `thumbnails`: the shapes of points, drawn from the task's own points.

mod drawing;
mod rows;
mod thumbnails;

use eframe::egui::{Align2, Rect, ScrollArea, Sense, Stroke, Ui, UiBuilder, pos2, vec2};

use self::drawing::{DrawingEnd, drawing_ui};
use self::rows::SliderRow;
use self::thumbnails::Thumbnails;
use super::demonstration::menu_ui as demonstrations_ui;
use super::lesson::LessonView;
use super::rail::{RailView, experts_draft_ui, policy_ui, rail_ui};
use crate::domain::config::{Config, KNOBS, KnobId, PlaneConfig, PlaneData, TaskConfig};
use crate::lessons::{Anchor, ControlId};
use crate::run::{Command, Snapshot};
use crate::ui::kit::entry::FieldNumber;
use crate::ui::kit::icons::Icon;
use crate::ui::kit::press::Press;
use crate::ui::kit::slider::Reach;
use crate::ui::kit::theme::{self, size};
use crate::ui::kit::{fonts, paint};
use crate::ui::view::dials::Dial;
use crate::ui::view::outbox::Ask;
use crate::ui::view::{Outbox, ViewState};
use crate::ui::words::{begin as begin_words, learn as words, lesson as lesson_words, plane};

/// The controls that are shown, in this order.
pub(crate) const FEW: [ControlId; 6] = [
    ControlId::Data,
    ControlId::Noise,
    ControlId::Experts,
    ControlId::Knob(KnobId::TopK),
    ControlId::Knob(KnobId::CompetitionRate),
    ControlId::Seed,
];

/// Space between two controls.
const APART: f32 = 18.0;
/// Height of the button below the controls.
const FOOT: f32 = 48.0;
/// Height of the button that shows the few controls again.
const HEAD: f32 = 40.0;
/// Most noise of the slider.
const MOST_NOISE: f64 = 0.5;
/// Experts that have a chip.
const CHIPS: usize = 8;

/// What is open and held.
#[derive(Debug, Default)]
pub(crate) struct LearnRailView {
    /// Whether all controls of the training screen are shown in the place of the few.
    all: bool,
    held: Option<(ControlId, f64)>,
    thumbnails: Thumbnails,
}

/// Draws the controls over all of `ui`; `rail` is what is drafted and asked for on the training screen as well.
pub(crate) fn learn_rail_ui(
    ui: &mut Ui,
    shot: &Snapshot,
    (view, rail, lesson): (&mut LearnRailView, &mut RailView, &LessonView),
    sight: &mut ViewState,
    out: &mut Outbox,
) {
    let theme = theme::of(ui);
    let rect = ui.max_rect();
    if view.all {
        let below = paint::sound(rect.with_min_y(rect.top() + HEAD));
        paint::within(ui, below, "all", |ui| rail_ui(ui, shot, rail, sight, out));
        let head = rect.with_max_y(rect.top() + HEAD);
        ui.painter().rect_filled(head, 0, theme.panel);
        ui.painter().vline(head.right() - 0.5, head.y_range(), theme.hair());
        let spot = Rect::from_min_max(head.min + vec2(16.0, 7.0), head.max - vec2(16.0, 5.0));
        if Press::words(words::SHOW_FEW.said()).size(size::BODY).show(ui, spot).clicked() {
            view.all = false;
        }
        return;
    }
    ui.painter().rect_filled(rect, 0, theme.panel);
    ui.painter().vline(rect.right() - 0.5, rect.y_range(), theme.hair());
    rail.settle(shot);
    let foot = Rect::from_min_max(pos2(rect.left(), rect.bottom() - FOOT), rect.max);
    let body = paint::sound(Rect::from_min_max(rect.min, pos2(rect.right(), foot.top())));
    paint::within(ui, body, "controls", |ui| {
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            let width = (ui.available_width() - 32.0).max(0.0);
            let inner = Rect::from_min_size(ui.cursor().min + vec2(16.0, 14.0), vec2(width, 4000.0));
            let mut column = ui.new_child(UiBuilder::new().max_rect(inner));
            match sight.drawing.is_some() {
                true => draw_ui(&mut column, shot, sight, out),
                false => few_ui(&mut column, shot, (view, rail, lesson), sight, out),
            }
            let used = column.min_rect().expand2(vec2(14.0, 8.0));
            ui.allocate_rect(used, Sense::hover());
        });
    });
    seed_ui(ui, foot, shot, out);
}

/// The few controls, and the button that shows all.
fn few_ui(
    ui: &mut Ui,
    shot: &Snapshot,
    (view, rail, lesson): (&mut LearnRailView, &mut RailView, &LessonView),
    sight: &mut ViewState,
    out: &mut Outbox,
) {
    let left = ui.max_rect().left() - 9.0;
    for &control in lesson.controls().unwrap_or(&FEW) {
        let top = ui.cursor().top();
        if lesson.controls().is_some() {
            control_ui(ui, control, shot, (view, rail, lesson), sight, out);
        } else {
            // A lesson says itself what is shown.
            let add = |ui: &mut Ui, rail: &mut RailView, out: &mut Outbox| {
                control_ui(ui, control, shot, (view, rail, lesson), sight, out);
            };
            rail.row_of(ui, control, out, add);
        }
        if lesson.lights(Anchor::Control(control)) {
            let low = ui.min_rect().bottom() - APART;
            ui.painter().vline(left, top..=low, Stroke::new(3.0, theme::of(ui).ink2));
        }
    }
    more_ui(ui, (view, rail, lesson), out);
}

/// The controls of a drawing in the place of all others.
fn draw_ui(ui: &mut Ui, shot: &Snapshot, sight: &mut ViewState, out: &mut Outbox) {
    let (Some(drawing), TaskConfig::Plane(like)) = (&mut sight.drawing, &shot.config.task) else { return };
    let Some(end) = drawing_ui(ui, drawing, like, shot) else { return };
    if end == DrawingEnd::Begin {
        let points = drawing.config(like);
        begin(shot, out, |_, of_run| *of_run = points);
    }
    sight.drawing = None;
}

/// One control, and the space below it.
fn control_ui(
    ui: &mut Ui,
    control: ControlId,
    shot: &Snapshot,
    (view, rail, lesson): (&mut LearnRailView, &mut RailView, &LessonView),
    sight: &mut ViewState,
    out: &mut Outbox,
) {
    let TaskConfig::Plane(points) = &shot.config.task else { return };
    match control {
        ControlId::Data => {
            rows::head_ui(ui, plane::DATA.said(), None, "");
            if let Some(data) = view.thumbnails.show(ui, points) {
                let classes = data.usual_classes();
                begin(shot, out, |_, points| {
                    (points.data, points.classes) = (data, classes);
                    points.drawn.clear();
                });
            }
            rows::caption_ui(ui, words::BEGINS_AGAIN.said());
            ui.add_space(4.0);
            let spot = ui.allocate_exact_size(vec2(ui.available_width(), 28.0), Sense::hover()).0;
            let press = Press::words(words::DRAW.said()).size(size::BODY).selected(points.data == PlaneData::Drawn);
            if press.show(ui, spot).on_hover_text(words::ABOUT_DRAW.said()).clicked() {
                out.ask(Ask::Draw);
            }
        }
        ControlId::Noise => {
            let reach = Reach { low: 0.0, high: MOST_NOISE, finest: None, whole: false };
            let row = SliderRow {
                control,
                name: plane::NOISE.said(),
                about: plane::ABOUT_NOISE.said(),
                caption: words::ABOUT_NOISE.said(),
                reach,
            };
            if let Some(noise) = row.show(ui, points.noise, &mut view.held) {
                begin(shot, out, |_, points| points.noise = (noise * 100.0).round() / 100.0);
            }
        }
        ControlId::Experts => {
            let running = shot.experts();
            let start = ui.cursor().min;
            let back = ui.painter().add(eframe::egui::Shape::Noop);
            let draft = rail.structure.drafted_experts().unwrap_or(running);
            rows::head_ui(ui, words::EXPERTS.said(), None, &draft.to_string());
            if let Some(experts) = rows::chips_ui(ui, draft, CHIPS) {
                // Before the first step there are no weights to keep.
                if shot.step == 0 {
                    begin(shot, out, |config, _| {
                        config.model.experts = experts;
                        config.knobs.top_k = config.knobs.top_k.min(experts);
                    });
                } else {
                    rail.structure.draft_experts(experts);
                }
            }
            rows::caption_ui(ui, words::ABOUT_EXPERTS.said());
            experts_draft_ui(ui, shot, &mut rail.structure, sight, (start, back), out);
        }
        ControlId::Knob(KnobId::TopK) => {
            let k = rail.asked().unwrap_or(&shot.knobs).top_k;
            rows::head_ui(ui, words::WINNERS.said(), Some(words::K.said()), "");
            if let Some(k) = rows::numbers_ui(ui, k, shot.experts()) {
                rail.ask(shot, out, |knobs| knobs.top_k = k);
            }
            rows::caption_ui(ui, words::ABOUT_WINNERS.said());
        }
        ControlId::Knob(KnobId::Policy) => policy_ui(ui, shot, rail, out),
        ControlId::Knob(id) => {
            let Some(dial) = Dial::of(id) else { return };
            dial_ui(ui, dial, shot, (view, rail, lesson), out);
        }
        ControlId::Seed | ControlId::Run | ControlId::Step => return,
    }
    ui.add_space(APART);
}

/// A live knob.
fn dial_ui(
    ui: &mut Ui,
    dial: Dial,
    shot: &Snapshot,
    (view, rail, lesson): (&mut LearnRailView, &mut RailView, &LessonView),
    out: &mut Outbox,
) {
    let (name, caption) = match dial {
        Dial::Rate => (words::RATE.said(), words::ABOUT_RATE.said()),
        dial => (dial.name(), ""),
    };
    if dial == Dial::Rate && !shot.knobs.policy.competes() {
        rows::head_ui(ui, name, None, "");
        rows::caption_ui(ui, words::NO_COMPETITION.said());
        return;
    }
    let shown = dial.get(rail.asked().unwrap_or(&shot.knobs));
    let control = ControlId::Knob(dial.spec().id);
    let mut reach = dial.reach(shot);
    if let Some([low, high]) = lesson.range(control) {
        (reach.low, reach.high) = (low, high);
    }
    let row = SliderRow { control, name, about: dial.about(), caption, reach };
    if let Some(value) = row.show(ui, shown.place(), &mut view.held) {
        let whole = row.reach.whole;
        let value = if whole { FieldNumber::Whole(value.round() as u64) } else { FieldNumber::Real(value) };
        rail.ask(shot, out, |knobs| dial.set(knobs, value));
    }
}

/// Begins a run like the present one, with its knobs and experts, but for what `change` does to it.
fn begin(shot: &Snapshot, out: &mut Outbox, change: impl FnOnce(&mut Config, &mut PlaneConfig)) {
    let mut config = Config { knobs: shot.knobs.clone(), ..Config::clone(&shot.config) };
    config.model.experts = shot.experts();
    let TaskConfig::Plane(mut points) = config.task.clone() else { return };
    change(&mut config, &mut points);
    config.task = TaskConfig::Plane(points);
    out.push(Command::New(Box::new(config)));
}

/// How many controls there are, and the button that shows all of them.
fn more_ui(ui: &mut Ui, (view, rail, lesson): (&mut LearnRailView, &RailView, &LessonView), out: &mut Outbox) {
    let theme = theme::of(ui);
    let rect = ui.allocate_exact_size(vec2(ui.available_width(), 1.0), Sense::hover()).0;
    ui.painter().hline(rect.x_range(), rect.center().y, theme.hair());
    ui.add_space(10.0);
    // The task has its shape, noise and number of experts; the rest are knobs.
    let few = FEW.iter().filter(|control| rail.shows(**control)).count();
    rows::caption_ui(ui, &words::some_controls(lesson.controls().map_or(few, <[_]>::len), KNOBS.len() + 4));
    ui.add_space(6.0);
    let spot = ui.allocate_exact_size(vec2(ui.available_width(), 30.0), Sense::hover()).0;
    if Press::words(words::SHOW_ALL.said()).size(size::BODY).show(ui, spot).clicked() {
        view.all = true;
    }
    ui.add_space(8.0);
    let spot = ui.allocate_exact_size(vec2(ui.available_width(), 30.0), Sense::hover()).0;
    let shown = Press::words(begin_words::DEMONSTRATIONS.said()).size(size::BODY).with_tail(Icon::Down).show(ui, spot);
    demonstrations_ui(&shown, out);
    if !lesson.is_open() {
        ui.add_space(8.0);
        let spot = ui.allocate_exact_size(vec2(ui.available_width(), 30.0), Sense::hover()).0;
        if Press::words(lesson_words::LESSONS.said()).size(size::BODY).show(ui, spot).clicked() {
            out.ask(Ask::Lessons);
        }
    }
}

/// Another seed, and the present one.
fn seed_ui(ui: &mut Ui, foot: Rect, shot: &Snapshot, out: &mut Outbox) {
    let theme = theme::of(ui);
    if foot.height() < FOOT {
        return;
    }
    ui.painter().hline(foot.x_range(), foot.top() + 0.5, theme.hair());
    let spot = Rect::from_min_size(foot.min + vec2(16.0, 9.0), vec2(112.0, 30.0));
    let press = Press::words(words::NEW_SEED.said()).with_icon(Icon::Reset).size(size::BODY);
    if press.show(ui, spot).on_hover_text(words::ABOUT_NEW_SEED.said()).clicked() {
        out.push(Command::Reset { seed: Some(shot.config.seed.wrapping_add(1)) });
    }
    let seed = words::seed(shot.config.seed);
    let at = pos2(foot.right() - 16.0, spot.center().y);
    let font = fonts::regular(size::BODY);
    let room = at.x - spot.right() - 8.0;
    let text = paint::text_in(ui, at, Align2::RIGHT_CENTER, &seed, font, theme.ink3, room);
    paint::say(ui, text, "seed", &seed);
}
