//! Facts of the run as it stands: which, how large, under which knobs, how well, where it is saved.

use eframe::egui::{Align2, Rect, ScrollArea, Sense, Ui, UiBuilder, pos2, vec2};

use super::rail::fact_ui;
use crate::domain::config::TaskConfig;
use crate::domain::quote;
use crate::run::Snapshot;
use crate::ui::kit::press::Press;
use crate::ui::kit::theme::{self, size};
use crate::ui::kit::{fonts, numbers, paint};
use crate::ui::view::Outbox;
use crate::ui::view::derived::{score, training_loss};
use crate::ui::view::dials::Dial;
use crate::ui::view::outbox::Ask;
use crate::ui::words::{self, inspect, knobs, plane, strip};

/// Height of the two buttons below the facts.
const FOOT: f32 = 44.0;

/// Draws facts below each other in `body`, which scrolls where they are more than it has room for.
pub(crate) fn facts_column_ui(ui: &mut Ui, body: Rect, name: &'static str, facts: impl FnOnce(&mut Ui)) {
    paint::within(ui, body, name, |ui| {
        ScrollArea::vertical().auto_shrink(false).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 0.0;
            let width = ui.available_width();
            let inner = Rect::from_min_size(ui.cursor().min + vec2(8.0, 8.0), vec2((width - 22.0).max(0.0), 4000.0));
            let mut column = ui.new_child(UiBuilder::new().max_rect(inner));
            facts(&mut column);
            let used = column.min_rect().expand2(vec2(14.0, 8.0));
            ui.allocate_rect(used, Sense::hover());
        });
    });
}

/// Draws a rail of facts over all of `ui`; where its buttons go, which take `foot` of its height.
pub(crate) fn facts_rail_ui(ui: &mut Ui, foot: f32, name: &'static str, facts: impl FnOnce(&mut Ui)) -> Rect {
    let theme = theme::of(ui);
    let rect = ui.max_rect();
    ui.painter().rect_filled(rect, 0, theme.panel);
    ui.painter().vline(rect.right() - 0.5, rect.y_range(), theme.hair());
    let foot = Rect::from_min_max(pos2(rect.left(), rect.bottom() - foot), rect.max);
    let body = paint::sound(Rect::from_min_max(rect.min, pos2(rect.right(), foot.top())));
    facts_column_ui(ui, body, name, facts);
    ui.painter().hline(foot.x_range(), foot.top() + 0.5, theme.hair());
    foot
}

/// Draws the facts, and below them the buttons that open and save a checkpoint.
pub fn facts_ui(ui: &mut Ui, shot: &Snapshot, _view: &mut (), out: &mut Outbox) {
    let foot = facts_rail_ui(ui, FOOT, "facts", |ui| groups_ui(ui, shot));
    let half = (foot.width() - 40.0) / 2.0;
    let asks = [(strip::OPEN, strip::OPEN_CHECKPOINT, Ask::Open), (strip::SAVE, strip::SAVE_CHECKPOINT, Ask::Save)];
    for (place, (words, name, ask)) in asks.into_iter().enumerate() {
        let left = foot.left() + 16.0 + (half + 8.0) * place as f32;
        let spot = Rect::from_min_size(pos2(left, foot.top() + 8.0), vec2(half, 28.0));
        if foot.height() >= FOOT && Press::words(&words).named(&name).size(size::BODY).show(ui, spot).clicked() {
            out.ask(ask);
        }
    }
}

fn groups_ui(ui: &mut Ui, shot: &Snapshot) {
    let theme = theme::of(ui);
    let head = ui.allocate_exact_size(vec2(ui.available_width(), 26.0), Sense::hover()).0;
    let at = pos2(head.left() + 16.0, head.center().y);
    let font = fonts::strong(size::TITLE);
    paint::text_in(ui, at, Align2::LEFT_CENTER, &inspect::FACTS, font, theme.ink, head.width() - 16.0);
    run_facts_ui(ui, shot);
}

/// Draws the facts of a run of this program, group by group.
pub(super) fn run_facts_ui(ui: &mut Ui, shot: &Snapshot) {
    let config = &shot.config;
    let newest = match &shot.watched {
        Some(watched) => watched.saved.as_ref().map(|(path, step)| (*step, path)),
        None => shot.saves.newest.as_ref().map(|saved| (saved.step, &saved.path)),
    };
    let saved = newest.map_or_else(|| strip::NOT_SAVED.said().into(), |(step, _)| strip::saved_at(step));
    let path = newest.map_or(String::new(), |(_, path)| quote::path(path));
    fact_ui(ui, &strip::STEP, &inspect::step_of(shot.step, config.steps), &inspect::ABOUT_STEP);
    fact_ui(ui, &knobs::SEED, &config.seed.to_string(), &inspect::ABOUT_SEED);
    // The data of a run that is watched is not opened.
    let data = match &config.task {
        TaskConfig::Plane(points) if shot.watched.is_some() => Some(crate::words::named(points.data.label())),
        _ => shot.watched.is_none().then(|| words::plane::data_name(shot)),
    };
    if let Some(data) = data {
        fact_ui(ui, &inspect::DATA, data, data);
    }
    fact_ui(ui, &inspect::SAVED, &saved, &path);
    line_ui(ui);
    let model = &config.model;
    fact_ui(ui, &inspect::SIZE, &inspect::size(model.layers, model.width), &inspect::ABOUT_SIZE);
    let experts = format!("{}, {}", shot.experts(), shot.knobs.top_k);
    fact_ui(ui, &inspect::EXPERTS_AND_K, &experts, &inspect::ABOUT_EXPERTS_AND_K);
    fact_ui(ui, &knobs::EXPERT_WIDTH, &model.expert_width.to_string(), &words::rail::ABOUT_EXPERT_WIDTH);
    let [total, active] = [shot.model.parameters.total, shot.model.parameters.active].map(|n| numbers::short(n as f64));
    fact_ui(ui, &inspect::PARAMETERS, &format!("{total}, {active}"), &inspect::ABOUT_PARAMETERS);
    line_ui(ui);
    let policy = crate::words::policy_of((shot.knobs.policy, shot.knobs.form));
    fact_ui(ui, &knobs::POLICY, &policy, &words::rail::policy(shot.knobs.policy));
    for dial in [Dial::Rate, Dial::LearningRate, Dial::Router, Dial::Winners, Dial::Balance, Dial::Diversity] {
        fact_ui(ui, dial.name(), &dial.get(&shot.knobs).to_string(), dial.about());
    }
    line_ui(ui);
    let nats = |loss: Option<f64>| loss.map_or(words::UNKNOWN.into(), |loss| inspect::nats(&numbers::fit(loss, 3, 9)));
    fact_ui(ui, &inspect::TRAINING_LOSS, &nats(training_loss(shot)), &inspect::ABOUT_LOSS);
    let validation = shot.newest.validation.map(|reading| reading.loss);
    fact_ui(ui, &inspect::VALIDATION_LOSS, &nats(validation), &inspect::ABOUT_LOSS);
    if let (Some((value, _)), None) = (score(shot), config.task.text()) {
        fact_ui(ui, plane::score_name(shot), &plane::score(shot, value), &plane::ABOUT_TARGET);
    }
}

/// A line between two groups.
pub(super) fn line_ui(ui: &mut Ui) {
    let theme = theme::of(ui);
    let rect = ui.allocate_exact_size(vec2(ui.available_width(), 13.0), Sense::hover()).0;
    ui.painter().hline(rect.left() + 16.0..=rect.right(), rect.center().y, theme.hair());
}
