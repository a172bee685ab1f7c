//! Plots over steps in the window's look: lines that break where a value is missing, bands, rings, flags.

use eframe::egui::{Align2, Color32, Rect, RichText, Stroke, Ui, Vec2, Vec2b};
use egui_plot::{
    AxisHints, FilledArea, GridMark, HPlacement, HoverPosition, Line, LineStyle, Plot, PlotPoint, PlotUi, Points, Text,
    VLine,
};

use super::sight::{Cursor, Sight};
use super::theme::{self, Theme, size};
use super::{fonts, numbers, paint};
use crate::history::{Bucket, Journal};

/// Draws a plot of steps over all of `rect`, without zoom or drag, and with values on hover. `numbered`: steps are
/// written below. Returns where the curves are, within the axes; nothing if there is no room.
pub fn steps<'a>(
    ui: &mut Ui,
    rect: Rect,
    name: &'static str,
    (x, y): ((f64, f64), (f64, f64)),
    (decimals, numbered): (usize, bool),
    add: impl FnOnce(&mut PlotUi<'a>) + 'a,
) -> Option<Rect> {
    let theme = theme::of(ui);
    if rect.width() < 40.0 || rect.height() < 30.0 {
        return None;
    }
    let axis = |hints: AxisHints<'a>| hints.tick_label_font(fonts::regular(size::TICK)).tick_label_color(theme.ink3);
    let (x, y) = (sound(x), sound(y));
    let frame = paint::within(ui, rect, name, move |ui| {
        ui.style_mut().override_font_id = Some(fonts::regular(size::CAPTION));
        Plot::new(name)
            .width(rect.width())
            .height(rect.height())
            .min_size(Vec2::ZERO)
            .show_background(false)
            .allow_zoom(false)
            .allow_drag(false)
            .allow_scroll(false)
            .allow_boxed_zoom(false)
            .allow_axis_zoom_drag(false)
            .allow_double_click_reset(false)
            .show_crosshair(false)
            .set_margin_fraction(Vec2::ZERO)
            .grid_color(theme.line)
            .grid_fade(0.0)
            .show_axes(Vec2b::new(numbered, true))
            .show_grid(Vec2b::new(false, true))
            .grid_spacing(18.0..=60.0)
            .default_x_bounds(x.0, x.1)
            .default_y_bounds(y.0, y.1)
            .auto_bounds(false)
            .x_grid_spacer(move |_| marks(x, 5))
            .y_grid_spacer(move |_| marks(y, 4))
            .custom_x_axes(vec![
                axis(AxisHints::new_x())
                    .label_spacing(8.0..=16.0)
                    .formatter(|mark, _| numbers::count(mark.value.max(0.0) as u64)),
            ])
            .custom_y_axes(vec![
                axis(AxisHints::new_y())
                    .label_spacing(8.0..=12.0)
                    .min_thickness(24.0)
                    .placement(HPlacement::Left)
                    .formatter(move |mark, _| numbers::fixed(mark.value, decimals)),
            ])
            .label_formatter(move |place| match place {
                HoverPosition::NearDataPoint { plot_name, position, .. } => Some(format!(
                    "{plot_name}\nstep {}: {}",
                    numbers::count(position.x.max(0.0) as u64),
                    numbers::fixed(position.y, decimals + 2)
                )),
                HoverPosition::Elsewhere { .. } => None,
            })
            .show(ui, move |plot| {
                plot.set_plot_bounds_x(x.0..=x.1);
                plot.set_plot_bounds_y(y.0..=y.1);
                add(plot);
            })
            .transform
            .frame()
            .to_owned()
    });
    Some(frame)
}

/// A range that a plot can show, whatever the data were.
fn sound((low, high): (f64, f64)) -> (f64, f64) {
    let low = if low.is_finite() { low } else { 0.0 };
    let high = if high.is_finite() { high } else { low + 1.0 };
    if high - low > 1e-9 { (low, high) } else { (low - 0.5, low + 0.5) }
}

/// Ticks, but none so near the upper end that its words would be cut.
fn marks((low, high): (f64, f64), about: usize) -> Vec<GridMark> {
    let end = high - (high - low) * 0.045;
    let ticks: Vec<f64> = numbers::ticks(low, high, about).into_iter().filter(|&t| t <= end).collect();
    let step_size = ticks.windows(2).next().map_or(high - low, |w| w[1] - w[0]);
    ticks.into_iter().map(|value| GridMark { value, step_size }).collect()
}

/// The mean of each bucket as a line, broken where a bucket has no finite value.
pub fn mean_line(plot: &mut PlotUi<'_>, name: &str, buckets: &[Bucket], pen: Stroke) {
    for run in runs(buckets) {
        let points: Vec<[f64; 2]> = run.iter().filter_map(|b| Some([b.middle(), b.mean()?])).collect();
        if points.len() == 1 {
            plot.points(Points::new(name, points).radius(pen.width * 1.2).color(pen.color));
        } else {
            plot.line(Line::new(name, points).stroke(pen));
        }
    }
}

/// The least and most of each bucket as a band.
pub fn band(plot: &mut PlotUi<'_>, buckets: &[Bucket], fill: Color32) {
    for run in runs(buckets).filter(|run| run.len() > 1) {
        let x: Vec<f64> = run.iter().map(Bucket::middle).collect();
        let low: Vec<f64> = run.iter().map(|b| b.min).collect();
        let high: Vec<f64> = run.iter().map(|b| b.max).collect();
        plot.add(FilledArea::new("least to most", &x, &low, &high).fill_color(fill).allow_hover(false));
    }
}

/// Buckets that held values which are not finite: red lines.
pub fn bad(plot: &mut PlotUi<'_>, buckets: &[Bucket], theme: &Theme) {
    for bucket in buckets.iter().filter(|b| b.bad > 0).take(64) {
        plot.vline(VLine::new("not finite", bucket.middle()).stroke(Stroke::new(1.5, theme.red)));
    }
}

/// Single values as rings.
pub fn rings(plot: &mut PlotUi<'_>, name: &str, buckets: &[Bucket], theme: &Theme) {
    let every = buckets.len().div_ceil(24).max(1);
    let points =
        || buckets.iter().rev().step_by(every).filter_map(|b| Some([b.middle(), b.mean()?])).collect::<Vec<_>>();
    plot.points(Points::new(name, points()).radius(3.6).color(theme.ink));
    plot.points(Points::new(name, points()).radius(2.2).color(theme.tile).allow_hover(false));
}

/// A dotted line at every change of the run; the newest few say what was changed, if the plot is `width` enough and
/// the words cross no other line. The timeline has them all.
pub fn flags(plot: &mut PlotUi<'_>, journal: &Journal, theme: &Theme, width: f32) {
    let bounds = plot.plot_bounds();
    let (high, tall) = (bounds.max()[1], bounds.height());
    let newest = journal.entries().iter().rev().filter_map(|e| Some((e.step as f64, e.what.flag()?)));
    let flagged: Vec<(f64, String)> = newest.take(32).collect();
    for (i, (x, words)) in flagged.iter().enumerate() {
        if width > 300.0 && i < 4 {
            let short: String = words.chars().take(28).collect();
            // Less than six points a letter.
            let taken = f64::from(short.chars().count() as f32 * 5.6 + 10.0) / f64::from(width - 34.0) * bounds.width();
            let others: Vec<f64> = flagged.iter().map(|f| f.0).collect();
            if let Some(right) = side(*x, taken, (bounds.min()[0], bounds.max()[0]), &others) {
                let (sign, align) = if right { (1.0, Align2::LEFT_CENTER) } else { (-1.0, Align2::RIGHT_CENTER) };
                let place = PlotPoint::new(x + sign * bounds.width() * 0.012, high - tall * (0.04 + 0.075 * i as f64));
                let text = RichText::new(short).font(fonts::regular(size::CAPTION));
                plot.text(Text::new(words.clone(), place, text).color(theme.ink2).anchor(align).allow_hover(false));
            }
        }
        let pen = Stroke::new(1.0, theme.ink3);
        plot.vline(VLine::new(words, *x).stroke(pen).style(LineStyle::Dashed { length: 3.0 }));
    }
}

/// A line at the step that is looked at, unless it is the newest.
pub fn cursor(plot: &mut PlotUi<'_>, view: &Sight, theme: &Theme) {
    if let Cursor::At(step) = view.cursor {
        plot.vline(VLine::new("shown", step as f64).stroke(Stroke::new(1.4, theme.ink)));
    }
}

/// On which side of its line at `x` a flag has room for words that take `taken`: right (`true`), else left, else on
/// neither. Words must stay within the plot and cross no other flag's line.
fn side(x: f64, taken: f64, (low, high): (f64, f64), flags: &[f64]) -> Option<bool> {
    let free = |from: f64, to: f64| from >= low && to <= high && !flags.iter().any(|&f| f != x && f > from && f < to);
    if free(x, x + taken) { Some(true) } else { free(x - taken, x).then_some(false) }
}

/// Runs of neighbouring buckets that all have a mean.
fn runs(buckets: &[Bucket]) -> impl Iterator<Item = &[Bucket]> {
    buckets.split(|b| b.n == 0).filter(|run| !run.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::Series;

    #[test]
    fn a_line_breaks_where_nothing_was_finite() {
        let mut series = Series::default();
        [1.0, 2.0, f64::NAN, 4.0].iter().enumerate().for_each(|(i, &v)| series.push(i as u64, v));
        let lengths: Vec<usize> = runs(series.buckets()).map(<[Bucket]>::len).collect();
        assert_eq!(lengths, [2, 1]);
    }

    #[test]
    fn words_of_flags_stay_inside_and_cross_no_other_line() {
        let frame = (0.0, 100.0);
        assert_eq!(side(10.0, 30.0, frame, &[10.0]), Some(true));
        assert_eq!(side(90.0, 30.0, frame, &[90.0]), Some(false));
        assert_eq!(side(50.0, 30.0, frame, &[50.0, 60.0]), Some(false));
        assert_eq!(side(50.0, 30.0, frame, &[50.0, 60.0, 40.0]), None);
        assert_eq!(side(50.0, 30.0, frame, &[50.0, 50.0]), Some(true), "two changes at one step");
    }

    #[test]
    fn ranges_are_always_drawable() {
        assert_eq!(sound((f64::NAN, f64::INFINITY)), (0.0, 1.0));
        assert_eq!(sound((2.0, 2.0)), (1.5, 2.5));
    }
}
