//! Kappa over the run below the competitions of the layer shown, and the two lanes by name, where points are learnt with.

use eframe::egui::{Align2, Rect, Shape, Stroke, Ui, pos2, vec2};

use super::Scale;
use crate::run::Snapshot;
use crate::store::history::{LayerMeasure, SeriesKey};
use crate::ui::kit::theme::{self, size};
use crate::ui::kit::{fonts, numbers, paint, plots};
use crate::ui::panels::ghosts;
use crate::ui::view::ViewState;
use crate::ui::view::derived::Competed;
use crate::ui::words::{self, timeline};

/// Least height of both lanes, points.
pub(super) const LEAST: f32 = 52.0;
/// Height of the lane of competitions.
pub(super) const TICKS: f32 = 24.0;
/// Space between the two.
const APART: f32 = 8.0;

/// Draws the names of both lanes from `left` to `end`, and the curve of kappa.
pub(super) fn kappa_ui(
    ui: &Ui,
    lanes: Rect,
    (left, end): (f32, f32),
    scale: &Scale,
    shot: &Snapshot,
    sight: &ViewState,
) {
    let competed = Competed::of(shot, sight.layer);
    let open = shot.step.saturating_sub(shot.knobs.competition_warmup);
    let row = Rect::from_min_max(pos2(left, lanes.top()), pos2(end, lanes.top() + TICKS));
    let count = timeline::of_steps(competed.steps, open);
    name_ui(ui, row, timeline::COMPETITION_STEPS.said(), &count, &timeline::competed_said(competed.steps, open));
    let lane = lanes.with_min_y(row.bottom() + APART);
    let series = shot.memory.history.get(SeriesKey::Layer(sight.layer, LayerMeasure::Kappa));
    let now = series.and_then(|series| series.at_or_before(sight.step(shot))).filter(|kappa| kappa.is_finite());
    let value = now.map_or_else(|| words::UNKNOWN.said().to_owned(), |kappa| numbers::fixed(kappa, 2));
    let row = Rect::from_min_max(pos2(left, lane.top()), pos2(end, lane.bottom()));
    name_ui(ui, row, timeline::AGREEMENT_KAPPA.said(), &value, &timeline::kappa_said(&value, sight.step(shot)));
    let theme = theme::of(ui);
    let y = |kappa: f64| lane.bottom() - lane.height() * kappa.clamp(0.0, 1.0) as f32;
    ui.painter().hline(lane.x_range(), y(0.0), theme.hair());
    let Some(series) = series else { return };
    let buckets = series.merged((lane.width() / 2.0) as usize);
    let left = ghosts::curves(shot, (lane.width() / 2.0) as usize, |ghost| ghost.kappa.get(sight.layer)?.as_deref());
    let clipped = ui.painter().with_clip_rect(lane.expand(2.0).with_max_x(scale.right).intersect(ui.clip_rect()));
    ghosts::paint(&clipped, &left, theme, |step, kappa| pos2(scale.x(step), y(kappa)));
    let pieces = plots::lines(&buckets, |step, kappa| pos2(scale.x(step), y(kappa)));
    let Some(&last) = pieces.last().and_then(|piece| piece.last()) else { return };
    for piece in pieces {
        ui.painter().add(Shape::line(piece, Stroke::new(1.5, theme.ink)));
    }
    ui.painter().circle_filled(last, 2.4, theme.ink);
    let said = timeline::kappa_at(&value);
    let font = fonts::regular(size::CAPTION);
    let at = pos2(
        scale.x(sight.step(shot) as f64).max(last.x) + 8.0,
        (last.y + 2.0).clamp(lane.top() + 6.0, lane.bottom() - 7.0),
    );
    let room = scale.right - at.x;
    if now.is_some() && paint::wide(ui, &said, font.clone()) <= room {
        paint::text_in(ui, at, Align2::LEFT_CENTER, &said, font, theme.ink, room + 1.0);
    }
}

/// The name of a lane and its number.
fn name_ui(ui: &Ui, row: Rect, name: &str, value: &str, said: &str) {
    let theme = theme::of(ui);
    let y = row.center().y;
    let strong = fonts::strong(size::BODY);
    let wide = paint::wide(ui, value, strong.clone());
    let room = row.width() - wide - 8.0;
    paint::text_in(ui, pos2(row.left(), y), Align2::LEFT_CENTER, name, fonts::regular(size::BODY), theme.ink2, room);
    if room > 0.0 {
        ui.painter().text(pos2(row.right(), y), Align2::RIGHT_CENTER, value, strong, theme.ink);
    }
    let spot = Rect::from_center_size(row.center(), vec2(row.width(), row.height().min(20.0)));
    paint::say(ui, spot, ("lane", name), said).on_hover_text(said);
}
