//! One small picture of curves over the run, and a grid of them.

use eframe::egui::{Align2, Color32, Rect, Stroke, Ui, pos2};

use super::{blank, cell};
use crate::run::Snapshot;
use crate::store::history::{Bucket, LayerMeasure, SeriesKey};
use crate::ui::kit::theme::{self, size};
use crate::ui::kit::{fonts, numbers, paint, plots};
use crate::ui::panels::cards::{self, Card};
use crate::ui::panels::flags;
use crate::ui::view::ViewState;
use crate::ui::words;
use crate::ui::words::measures::MeasureWords;
use crate::words::said;

/// One small picture of curves.
pub(crate) struct Chart {
    measure: &'static MeasureWords,
    /// Name, series, colour; the last is the one whose value is written.
    lines: Vec<(&'static str, SeriesKey, Color32)>,
}

/// A picture of `measure` with these lines.
pub(crate) fn chart(measure: &'static MeasureWords, lines: &[(&'static str, SeriesKey, Color32)]) -> Chart {
    Chart { measure, lines: lines.to_vec() }
}

/// A picture of one line.
pub(crate) fn single(measure: &'static MeasureWords, key: SeriesKey, color: Color32) -> Chart {
    chart(measure, &[(measure.name.said(), key, color)])
}

/// Name and short words over a picture, its value on the right; the card explains them. Returns where it ends.
pub(crate) fn head_ui(
    ui: &Ui,
    rect: Rect,
    measure: &'static MeasureWords,
    now: &str,
    card: impl FnOnce() -> Option<Card>,
) -> f32 {
    let theme = theme::of(ui);
    let value = fonts::strong(size::BODY);
    let value = paint::value_in(ui, rect.right_top(), Align2::RIGHT_TOP, now, value, theme.ink, rect.width() * 0.4);
    let room = value.left() - rect.left() - 6.0;
    let title = fonts::medium(size::CAPTION);
    let title = paint::text_in(ui, rect.min, Align2::LEFT_TOP, &said(measure.name.said()), title, theme.ink2, room);
    let below = pos2(rect.left(), title.bottom() + 1.0);
    let floor = fonts::regular(size::TICK);
    let floor =
        paint::text_in(ui, below, Align2::LEFT_TOP, &said(measure.short.said()), floor, theme.ink3, rect.width());
    let words = format!("{}: {now}; {}", measure.name, measure.short);
    let spot = Rect::from_min_max(rect.min, pos2(rect.right(), floor.bottom()));
    cards::explain_some(paint::say(ui, spot, ("head", measure.name.said()), &said(&words)), card);
    floor.bottom()
}

/// Curves in a grid of so many columns.
pub(crate) fn charts_ui(ui: &mut Ui, rect: Rect, charts: &[Chart], shot: &Snapshot, view: &ViewState, columns: usize) {
    let grid = (columns, charts.len().div_ceil(columns));
    for (place, chart) in charts.iter().enumerate() {
        chart_ui(ui, cell(rect, grid, place), chart, shot, view);
    }
}

fn chart_ui(ui: &mut Ui, rect: Rect, chart: &Chart, shot: &Snapshot, view: &ViewState) {
    let theme = theme::of(ui);
    let last = shot.step.max(1);
    let series: Vec<_> =
        chart.lines.iter().map(|&(name, key, color)| (name, shot.memory.history.get(key), color)).collect();
    let now = series.last().and_then(|(_, series, _)| series.as_ref()?.at_or_before(view.step(shot)));
    let key = chart.lines.last().map(|line| line.1);
    // Experts are counted.
    let decimals = if matches!(key, Some(SeriesKey::Layer(_, LayerMeasure::DeadExperts))) { 0 } else { 2 };
    let now = now.filter(|value| value.is_finite());
    let now = now.map_or(words::UNKNOWN.into(), |value| numbers::fit(value, decimals, 8));
    let bottom = head_ui(ui, rect, chart.measure, &now, || cards::of(key?, shot, view));
    let plot = rect.with_min_y(bottom + 4.0);
    let buckets: Vec<Vec<Bucket>> = series
        .iter()
        .map(|(_, series, _)| {
            let merged = series.map_or_else(Vec::new, |series| series.merged((plot.width() / 3.0).max(1.0) as usize));
            plots::apart(&merged, last as f64 * 3.0 / f64::from(plot.width()))
        })
        .collect();
    let means = || buckets.iter().flatten().filter_map(Bucket::mean);
    if means().next().is_none() {
        blank(ui, plot, words::tiles::NOT_YET.said());
        return;
    }
    let (low, high) = means().fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
    // What never moved is a line in the middle, not noise.
    let flat = high - low <= high.abs().max(low.abs()) * 1e-9;
    let pad = if flat { if high == 0.0 { 0.5 } else { (high.abs() * 0.1).min(0.5) } } else { (high - low) * 0.08 };
    let (x, y) = ((0.0, last as f64), (low - pad, high + pad));
    let axes = plots::Axes { x, y, decimals: 1, numbered: true, log: false };
    plots::steps(ui, plot, chart.measure.name.said(), axes, words::tiles::point, |p| {
        for ((name, _, color), buckets) in series.iter().zip(&buckets) {
            plots::mean_line(p, name, buckets, Stroke::new(1.4, *color));
        }
        flags::cursor(p, view, theme);
    });
}
