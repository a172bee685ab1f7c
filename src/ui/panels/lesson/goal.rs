//! The goal of a lesson's page: a bar for each condition with where it is and where it should be, and how it stands.

use eframe::egui::{Align2, Rect, RichText, Sense, Ui, pos2, vec2};

use super::LessonView;
use crate::lessons::{Condition, Goal, Met, Outcome, Subject};
use crate::run::Snapshot;
use crate::ui::kit::theme::{self, size};
use crate::ui::kit::{fonts, paint};
use crate::ui::words::lesson as words;

/// Draws the goal of the page that is shown.
pub(super) fn goal_ui(ui: &mut Ui, shot: &Snapshot, goal: &Goal, view: &LessonView) {
    let theme = theme::of(ui);
    let Some(progress) = view.progress() else { return };
    let heading = if progress.is_showing() { words::SHOWING } else { words::GOAL };
    ui.label(RichText::new(heading.said()).font(fonts::strong(size::TITLE)).color(theme.ink));
    let standing = progress.goal(shot);
    for (place, condition) in goal.conditions.iter().enumerate() {
        let met = standing.as_ref().and_then(|standing| standing.met.get(place)).copied();
        let said = words::condition(condition, progress.kept());
        ui.label(RichText::new(&said).font(fonts::regular(size::BODY)).color(theme.ink2));
        condition_ui(ui, shot, place, (condition, met), &said);
    }
    if let Some(passed) = progress.passed(progress.page()) {
        let said = words::passed(passed.steps, passed.shown);
        ui.label(RichText::new(said).font(fonts::medium(size::TITLE)).color(theme.ok));
        return;
    }
    let Some(standing) = standing else { return };
    match &standing.outcome {
        Outcome::Open => {
            let left = standing.deadline.saturating_sub(shot.step);
            let said = words::under_way(left, &standing.changed);
            ui.label(RichText::new(said).font(fonts::regular(size::CAPTION)).color(theme.ink3));
        }
        Outcome::Missed(why) => {
            let said = words::missed(crate::words::miss(why));
            ui.label(RichText::new(said).font(fonts::medium(size::TITLE)).color(theme.amber));
        }
        Outcome::Reached(_) => {}
    }
}

/// The bar of one condition.
fn condition_ui(ui: &mut Ui, shot: &Snapshot, place: usize, (condition, met): (&Condition, Option<Met>), said: &str) {
    let theme = theme::of(ui);
    let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), 28.0), Sense::hover());
    let Some(met) = met else { return };
    let Some(level) = met.level else { return };
    let [low, high] = span(condition, shot, level, met.now);
    let at = |value: f64| (value - low) / (high - low);
    let bar = Rect::from_min_max(pos2(rect.left(), rect.top() + 3.0), pos2(rect.right(), rect.top() + 10.0));
    let fill = if met.met { theme.ok } else { theme.violet };
    paint::floor_bar(ui.painter(), bar, met.now.map_or(0.0, at), Some(at(level)), fill, theme);
    let font = || fonts::regular(size::CAPTION);
    let [now, goal] = [words::now_at(condition, met.now), words::goal_at(condition, level)];
    let y = bar.bottom() + 4.0;
    let used = paint::text_in(ui, pos2(rect.left(), y), Align2::LEFT_TOP, &now, font(), theme.ink, rect.width() / 2.0);
    let wide = paint::wide(ui, &goal, font());
    let least = (used.right() + 8.0 + wide / 2.0).min(rect.right() - wide / 2.0);
    let x = (rect.left() + rect.width() * at(level) as f32).clamp(least, rect.right() - wide / 2.0);
    paint::text_in(ui, pos2(x, y), Align2::CENTER_TOP, &goal, font(), theme.ink2, wide + 1.0);
    paint::say(ui, rect, ("condition", place), &format!("{said}: {now}, {goal}"));
}

/// What the bar reaches from and to: what the measure can be, where that is bounded.
fn span(condition: &Condition, shot: &Snapshot, level: f64, now: Option<f64>) -> [f64; 2] {
    let bounds = match &condition.subject {
        Subject::Measure(quantity) => quantity.measure.span(shot),
        Subject::Kept(_) => None,
    };
    bounds.unwrap_or_else(|| [0.0, 1.5 * level.abs().max(now.unwrap_or(0.0).abs()).max(f64::MIN_POSITIVE)])
}
