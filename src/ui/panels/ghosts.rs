//! Ghosts in plots: the curves of branches that were left, dim and dashed, from where they part from the run.

use eframe::egui::{Painter, Pos2, Response, Shape, Stroke, Ui};
use egui_plot::PlotUi;

use crate::run::{AppCommand, Command, Ghost, RewindTo, Snapshot, WindowMode};
use crate::store::history::{Bucket, Series};
use crate::ui::kit::plots;
use crate::ui::kit::theme::Theme;
use crate::ui::view::derived::Flagged;
use crate::ui::view::outbox::Ask;
use crate::ui::view::race::race_from;
use crate::ui::view::{Outbox, ViewState};
use crate::ui::words::rewind as words;

/// A curve that is drawn.
pub(crate) struct GhostCurve {
    name: String,
    buckets: Vec<Bucket>,
}

/// The curves of the branches that were left, of the series that `of` takes from each, in about `most` buckets; from where
/// they part from the run on.
pub(crate) fn curves(shot: &Snapshot, most: usize, of: impl Fn(&Ghost) -> Option<&Series>) -> Vec<GhostCurve> {
    let curve = |ghost: &Ghost| {
        let merged = of(ghost)?.merged(most);
        let from = merged.partition_point(|bucket| bucket.last_step < ghost.from);
        Some(GhostCurve { name: words::ghost(ghost), buckets: merged[from..].to_vec() })
    };
    shot.rewind.ghosts.iter().filter_map(curve).collect()
}

/// The last step of any of them.
pub(crate) fn last(curves: &[GhostCurve]) -> u64 {
    curves.iter().filter_map(|curve| curve.buckets.last()).map(|bucket| bucket.last_step).max().unwrap_or(0)
}

/// Between which values nearly all of their buckets lie; where a training broke down before it began again, without the few that say so.
pub(crate) fn range(curves: &[GhostCurve]) -> Option<(f64, f64)> {
    const LEFT_OUT: f64 = 0.05;
    let mut means: Vec<f64> = curves.iter().flat_map(|curve| &curve.buckets).filter_map(Bucket::mean).collect();
    means.sort_unstable_by(f64::total_cmp);
    let few = (means.len() as f64 * LEFT_OUT) as usize;
    Some((*means.get(few)?, *means.get(means.len() - 1 - few)?))
}

/// Draws them behind the run's own.
pub(crate) fn draw(plot: &mut PlotUi<'_>, curves: &[GhostCurve], axes: &plots::Axes, theme: &Theme) {
    for (place, curve) in curves.iter().enumerate() {
        plots::dashed_line(plot, &curve.name, &axes.placed(&curve.buckets), pen(theme), dash(place));
    }
}

/// The same beside a curve that stands in no plot; `at` gives the place on screen of a step and a value.
pub(crate) fn paint(painter: &Painter, curves: &[GhostCurve], theme: &Theme, at: impl Fn(f64, f64) -> Pos2) {
    for (place, curve) in curves.iter().enumerate() {
        for line in plots::lines(&curve.buckets, &at) {
            painter.extend(Shape::dashed_line(&line, pen(theme), dash(place), dash(place)));
        }
    }
}

fn pen(theme: &Theme) -> Stroke {
    Stroke::new(1.3, theme.ink3.gamma_multiply(0.85))
}

/// Length of the dashes by which curves that were left are told apart, points.
fn dash(place: usize) -> f32 {
    4.0 + 3.0 * place as f32
}

/// The menu of a flag: look at its step, go back to right before it, or race against a run without it.
pub(crate) fn flag_menu(
    response: &Response,
    change: &Flagged,
    shot: &Snapshot,
    sight: &mut ViewState,
    out: &mut Outbox,
) {
    eframe::egui::Popup::menu(response).show(|ui: &mut Ui| {
        ui.set_min_width(190.0);
        if ui.button(words::look_at(change.last)).clicked() {
            sight.look_at(change.last, shot);
            ui.close();
        }
        let held = shot.rewind.reaches(change.before);
        let (back, without) = if change.changes.len() > 1 {
            (words::BEFORE_CHANGES, words::WITHOUT_CHANGES)
        } else {
            (words::BEFORE_CHANGE, words::WITHOUT_CHANGE)
        };
        let at = RewindTo::Before(change.before);
        let entries = [
            (back, AppCommand::from(Command::Rewind(at)), None),
            (without, race_from(shot, Some(at), None), Some(Ask::Mode(WindowMode::Compare))),
        ];
        for (words, command, ask) in entries {
            let entry = ui.add_enabled(held, eframe::egui::Button::new(words.said()));
            if entry.on_disabled_hover_text(words::NOT_HELD.said()).clicked() {
                out.push(command);
                ask.into_iter().for_each(|ask| out.ask(ask));
                ui.close();
            }
        }
    });
}
