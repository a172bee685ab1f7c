//! The rail: what the run is, and the knobs that may be turned while it runs. What is in force is the snapshot's.
//!
//! - `knob` is a row with a slider and a field, `choice` one with a menu.
//! - `policy` says who decides, `structure` how many experts there are, `watch` how often the run is looked at.

mod choice;
mod hidden;
mod knob;
mod policy;
mod structure;
mod watch;

use eframe::egui::{Align2, Rect, Role, ScrollArea, Sense, Stroke, Ui, WidgetInfo, pos2, vec2};

use self::choice::{ChoiceRow, MenuOption};
pub(crate) use self::knob::fact_ui;
use self::knob::{HeldKnob, Turned};
pub(crate) use self::policy::policy_ui;
pub(crate) use self::structure::experts_draft_ui;
use self::structure::{StructureView, experts_ui, top_k_ui};
use super::demonstration::menu_ui as demonstrations_ui;
use crate::domain::config::{Activation, Distillation, KnobId, Knobs, PlaneConfig, Policy, Response, TaskConfig};
use crate::lessons::ControlId;
use crate::run::{Command, Snapshot};
use crate::ui::kit::icons::{self, Icon};
use crate::ui::kit::press::Press;
use crate::ui::kit::theme::{self, size};
use crate::ui::kit::{fonts, numbers, paint};
use crate::ui::view::dials::{self, Dial};
use crate::ui::view::outbox::Ask;
use crate::ui::view::{Outbox, ViewState};
use crate::ui::words::{self, begin, knobs, plane, rail};

/// Room below the rows of a group.
const FOOT: f32 = 8.0;

/// What is open, held and asked for.
#[derive(Debug, Default)]
pub struct RailView {
    folded: [bool; 6],
    held: Option<HeldKnob>,
    asked: Option<Knobs>,
    hidden: Vec<ControlId>,
    /// Drafts of top-k and experts.
    pub structure: StructureView,
}

impl RailView {
    /// The controls that are not shown.
    pub(crate) fn hidden(&self) -> &[ControlId] {
        &self.hidden
    }

    /// Hides these controls, and no others.
    pub(crate) fn hide(&mut self, hidden: Vec<ControlId>) {
        self.hidden = hidden;
    }

    /// Forgets what was asked: it is in force, or it was refused, or the run is another one.
    pub(crate) fn forget(&mut self) {
        self.asked = None;
    }

    /// Forgets what was asked once it is in force.
    pub(super) fn settle(&mut self, shot: &Snapshot) {
        if self.asked.as_ref() == Some(&shot.knobs) {
            self.asked = None;
        }
    }

    /// The knobs asked for and not in force yet.
    pub(super) fn asked(&self) -> Option<&Knobs> {
        self.asked.as_ref()
    }

    /// Asks for knobs on top of those asked for before.
    pub(super) fn ask(&mut self, shot: &Snapshot, out: &mut Outbox, change: impl FnOnce(&mut Knobs)) {
        let mut knobs = self.asked.take().unwrap_or_else(|| shot.knobs.clone());
        change(&mut knobs);
        if knobs != shot.knobs {
            self.asked = Some(knobs.clone());
        }
        out.push(Command::SetKnobs(knobs));
    }
}

/// Draws the rail.
pub fn rail_ui(ui: &mut Ui, shot: &Snapshot, view: &mut RailView, sight: &ViewState, out: &mut Outbox) {
    let theme = theme::of(ui);
    let rect = ui.max_rect();
    ui.painter().rect_filled(rect, 0, theme.panel);
    ui.painter().vline(rect.right() - 0.5, rect.y_range(), theme.hair());
    view.settle(shot);
    let foot = Rect::from_min_max(pos2(rect.left(), rect.bottom() - 32.0), rect.max);
    let body = paint::sound(Rect::from_min_max(rect.min, pos2(rect.right(), foot.top())));
    paint::within(ui, body, "knobs", |ui| {
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            let width = ui.available_width();
            let inner = Rect::from_min_size(ui.cursor().min + vec2(16.0, 8.0), vec2((width - 30.0).max(0.0), 4000.0));
            let mut column = ui.new_child(eframe::egui::UiBuilder::new().max_rect(inner));
            groups_ui(&mut column, shot, view, sight, out);
            let used = column.min_rect().expand2(vec2(14.0, 8.0));
            ui.allocate_rect(used, Sense::hover());
        });
    });
    let end = hidden::list_ui(ui, foot, view, out);
    legend_ui(ui, foot, end);
}

/// The facts of a text.
fn text_ui(ui: &mut Ui, shot: &Snapshot) {
    fact_ui(ui, knobs::TEXT.said(), &shot.data.badge.name, rail::ABOUT_TEXT.said());
    if shot.data.badge.bytes > 0 {
        fact_ui(ui, rail::SPLIT.said(), rail::SPLIT_PARTS.said(), &rail::split(shot.data.badge.split));
    }
    let batch = rail::batch(shot.config.sequences, shot.config.model.context);
    fact_ui(ui, rail::BATCH.said(), &batch, rail::ABOUT_BATCH.said());
}

/// The facts of points in the plane.
fn points_ui(ui: &mut Ui, shot: &Snapshot, points: &PlaneConfig) {
    fact_ui(ui, plane::DATA.said(), crate::words::named(points.data.label()), plane::ABOUT_DATA.said());
    fact_ui(ui, plane::TARGET.said(), &plane::target(points.shape().classes()), plane::ABOUT_TARGET.said());
    fact_ui(ui, plane::NOISE.said(), &numbers::knob(points.noise), plane::ABOUT_NOISE.said());
    let [training, held_out, _] = shot.data.badge.split;
    fact_ui(ui, plane::POINTS.said(), &plane::points(training, held_out), plane::ABOUT_POINTS.said());
    fact_ui(ui, plane::DATA_SEED.said(), &points.seed.to_string(), plane::ABOUT_DATA_SEED.said());
    fact_ui(ui, plane::BATCH.said(), &numbers::count(shot.config.tokens_per_step() as u64), plane::ABOUT_BATCH.said());
}

fn groups_ui(ui: &mut Ui, shot: &Snapshot, view: &mut RailView, sight: &ViewState, out: &mut Outbox) {
    let config = &shot.config;
    let passes = shot.step as f64 * config.tokens_per_step() as f64 / (shot.data.badge.split[0].max(1) as f64);
    // Where both have no room, how much there is to learn from stands alone.
    let badge = &shot.data.badge;
    let [data, short] = match &config.task {
        TaskConfig::Plane(_) => [plane::passes(badge.split[0], passes), numbers::count(badge.split[0])],
        TaskConfig::Text(_) if badge.bytes > 0 => [rail::passes(badge.bytes, passes), numbers::bytes(badge.bytes)],
        TaskConfig::Text(_) => [String::new(), String::new()],
    };
    if group_ui(ui, 0, rail::TASK.said(), &[&data, &short], view) {
        match &config.task {
            TaskConfig::Plane(points) => points_ui(ui, shot, points),
            TaskConfig::Text(_) => text_ui(ui, shot),
        }
        let rect = knob::row(ui);
        let button = Rect::from_min_size(rect.min + vec2(16.0, 1.0), vec2(rect.width() - 16.0, 25.0));
        if Press::words(words::NEW_RUN.said()).size(size::BODY).show(ui, button).clicked() {
            out.ask(Ask::NewRun);
        }
        let rect = knob::row(ui);
        let button = Rect::from_min_size(rect.min + vec2(16.0, 1.0), vec2(rect.width() - 16.0, 25.0));
        let press = Press::words(begin::DEMONSTRATIONS.said()).size(size::BODY).with_tail(Icon::Down);
        demonstrations_ui(&press.show(ui, button), out);
        ui.add_space(FOOT);
    }
    let parameters = rail::parameters(shot.model.parameters.total as f64, shot.model.parameters.active as f64);
    if group_ui(ui, 1, rail::MODEL.said(), &[&parameters], view) {
        let m = &config.model;
        let layers = if m.moe_every == 1 { m.layers.to_string() } else { rail::layers(m.layers, m.moe_count()) };
        match &config.task {
            TaskConfig::Plane(_) if m.bare => {
                fact_ui(ui, plane::BODY.said(), plane::BARE.said(), plane::ABOUT_BARE.said())
            }
            TaskConfig::Plane(_) => fact_ui(ui, knobs::LAYERS.said(), &layers, plane::ABOUT_LAYERS.said()),
            TaskConfig::Text(_) => fact_ui(ui, knobs::LAYERS.said(), &layers, rail::ABOUT_LAYERS.said()),
        }
        fact_ui(ui, knobs::WIDTH.said(), &m.width.to_string(), rail::ABOUT_WIDTH.said());
        let activation = match m.activation {
            Activation::Relu => knobs::RELU,
            Activation::Gelu => knobs::GELU,
        };
        let width = format!("{} {activation}", m.expert_width);
        fact_ui(ui, knobs::EXPERT_WIDTH.said(), &width, rail::ABOUT_EXPERT_WIDTH.said());
        view.row_of(ui, ControlId::Experts, out, |ui, view, out| experts_ui(ui, shot, &mut view.structure, sight, out));
        ui.add_space(FOOT);
    }
    if group_ui(
        ui,
        2,
        rail::ROUTING.said(),
        &[
            &crate::words::policy_of((shot.knobs.policy, shot.knobs.form)),
            crate::words::named(shot.knobs.policy.label()),
        ],
        view,
    ) {
        view.row_of(ui, ControlId::Knob(KnobId::Policy), out, |ui, view, out| policy_ui(ui, shot, view, out));
        view.row_of(ui, ControlId::Knob(KnobId::TopK), out, |ui, view, out| {
            let base = view.asked.clone();
            top_k_ui(ui, shot, &mut view.structure, base.as_ref(), out);
        });
        ui.add_space(FOOT);
    }
    if group_ui(ui, 3, rail::COMPETITION.said(), &[], view) {
        competition_ui(ui, shot, view, out);
        ui.add_space(FOOT);
    }
    if group_ui(ui, 4, rail::LOSSES.said(), &[], view) {
        dials_ui(ui, &Dial::LOSSES, shot, view, out);
        if shot.knobs.policy == Policy::StableMoe {
            dials_ui(ui, &[Dial::Freeze], shot, view, out);
        }
        let forms = Distillation::ALL.map(|form| (form, crate::words::named(form.label())));
        menu_ui(
            ui,
            shot,
            view,
            out,
            (KnobId::Distillation, knobs::DISTILLATION.said(), words::DISTILLATION.said()),
            &forms,
            |k| &mut k.distillation,
        );
        ui.add_space(FOOT);
    }
    if group_ui(ui, 5, rail::DIAGNOSTICS.said(), &[&watch::cost(shot)], view) {
        watch::watch_ui(ui, shot, out);
    }
}

/// The head of a group with the first of its captions that fits; whether it is open.
fn group_ui(ui: &mut Ui, index: usize, title: &str, captions: &[&str], view: &mut RailView) -> bool {
    let theme = theme::of(ui);
    let (rect, response) = ui.allocate_exact_size(vec2(ui.available_width(), 36.0), Sense::click());
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, !view.folded[index], rail::group(title)));
    if response.clicked() {
        view.folded[index] = !view.folded[index];
    }
    if index > 0 {
        let y = rect.top() + 0.5;
        ui.painter().hline(rect.left() - 16.0..=rect.right() + 14.0, y, theme.hair());
    }
    let icon = if view.folded[index] { Icon::Right } else { Icon::Down };
    let lit = if response.hovered() { theme.ink } else { theme.ink3 };
    icons::draw(ui.painter(), icon, pos2(rect.left() + 3.0, rect.center().y + 1.0), 11.0, lit);
    let at = pos2(rect.left() + 16.0, rect.center().y + 1.0);
    let name = paint::text_in(ui, at, Align2::LEFT_CENTER, title, fonts::strong(size::TITLE), theme.ink, rect.width());
    let room = rect.right() - name.right() - 10.0;
    let right = pos2(rect.right(), rect.center().y + 1.0);
    let font = fonts::regular(size::CAPTION);
    let caption = paint::fitting(ui, captions, &font, room).or(captions.last().copied()).unwrap_or_default();
    paint::text_in(ui, right, Align2::RIGHT_CENTER, caption, font, theme.ink3, room);
    !view.folded[index]
}

fn dials_ui(ui: &mut Ui, dials: &[Dial], shot: &Snapshot, view: &mut RailView, out: &mut Outbox) {
    for &dial in dials {
        view.row_of(ui, ControlId::Knob(dial.spec().id), out, |ui, view, out| dial_row_ui(ui, dial, shot, view, out));
    }
}

fn dial_row_ui(ui: &mut Ui, dial: Dial, shot: &Snapshot, view: &mut RailView, out: &mut Outbox) {
    let running = dial.get(&shot.knobs);
    let shown = view.asked.as_ref().map_or(running, |asked| dial.get(asked));
    let pending = (shown != running).then_some(running);
    let old = dials::before(shot, |knobs| dial.get(knobs));
    match knob::dial_ui(ui, dial, dial.reach(shot), shown, pending, old, &mut view.held) {
        Turned::No => {}
        Turned::To(value) => view.ask(shot, out, |knobs| dial.set(knobs, value)),
        Turned::Undo => {
            if let Some(old) = old {
                view.ask(shot, out, |knobs| dial.set(knobs, old));
            }
        }
    }
}

/// A live knob that is one of several named things.
fn menu_ui<T: Copy + PartialEq>(
    ui: &mut Ui,
    shot: &Snapshot,
    view: &mut RailView,
    out: &mut Outbox,
    (control, name, about): (KnobId, &str, &str),
    all: &[(T, &'static str)],
    place: impl Fn(&mut Knobs) -> &mut T,
) {
    let read = |knobs: &Knobs| *place(&mut knobs.clone());
    let shown = read(view.asked.as_ref().unwrap_or(&shot.knobs));
    let all: Vec<MenuOption<T>> =
        all.iter().map(|&(value, label)| MenuOption { value, label, about: String::new() }).collect();
    let choice = ChoiceRow { name, about, shown, share: 0.5, old: dials::before(shot, read), all: &all };
    view.row_of(ui, ControlId::Knob(control), out, |ui, view, out| {
        if let Some(chosen) = choice.show(ui) {
            view.ask(shot, out, |knobs| *place(knobs) = chosen);
        }
    });
}

fn competition_ui(ui: &mut Ui, shot: &Snapshot, view: &mut RailView, out: &mut Outbox) {
    let policy = shot.knobs.policy;
    if !policy.competes() {
        fact_ui(ui, crate::words::named(policy.label()), rail::HOLDS_NONE.said(), words::NO_COMPETITION.said());
        return;
    }
    dials_ui(ui, &Dial::COMPETITION, shot, view, out);
    let mut responses: Vec<(Option<Response>, &'static str)> = vec![(None, knobs::AS_THE_FORM.said())];
    responses.extend(Response::ALL.map(|response| (Some(response), crate::words::named(response.label()))));
    menu_ui(ui, shot, view, out, (KnobId::Response, knobs::RESPONSE.said(), words::RESPONSE.said()), &responses, |k| {
        &mut k.response
    });
    let halves = [(false, knobs::BY_RESPONSE.said()), (true, knobs::BY_HALF_THE_GATE.said())];
    menu_ui(
        ui,
        shot,
        view,
        out,
        (KnobId::CombineGate, knobs::WON_BY.said(), words::COMBINE_GATE.said()),
        &halves,
        |k| &mut k.combine_gate,
    );
}

fn legend_ui(ui: &Ui, rect: Rect, end: f32) {
    let theme = theme::of(ui);
    ui.painter().hline(rect.x_range(), rect.top() + 0.5, Stroke::new(1.0, theme.line));
    let font = fonts::regular(size::CAPTION);
    let dot = pos2(rect.left() + 19.0, rect.center().y);
    ui.painter().circle_filled(dot, 2.6, theme.ink3);
    let live = paint::text_in(
        ui,
        dot + vec2(13.0, 0.0),
        Align2::LEFT_CENTER,
        rail::LIVE.said(),
        font.clone(),
        theme.ink3,
        60.0,
    );
    let wrench = pos2(live.right() + 22.0, dot.y);
    icons::draw(ui.painter(), Icon::Wrench, wrench, 11.0, theme.ink3);
    let room = end - wrench.x - 13.0 - 8.0;
    let structural =
        paint::fitting(ui, &[rail::STRUCTURAL.said(), rail::STRUCTURAL_SHORT.said()], &font, room).unwrap_or_default();
    paint::text_in(ui, wrench + vec2(13.0, 0.0), Align2::LEFT_CENTER, structural, font, theme.ink3, room);
    let words = format!("{} {}", words::LEGEND_LIVE, words::LEGEND_STRUCTURAL);
    paint::say(ui, rect.with_max_x(end), "legend", &words).on_hover_text(words);
}
