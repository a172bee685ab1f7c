//! Plots over steps in the window's look: lines that break where a value is missing, bands, rings, flags.

use eframe::egui::{Align2, Color32, Rect, RichText, Stroke, Ui, Vec2, Vec2b};
use egui_plot::{
    AxisHints, FilledArea, GridMark, HPlacement, HoverPosition, Line, LineStyle, Plot, PlotPoint, PlotUi, Points, Text,
    VLine,
};

use super::sight::{Cursor, Sight};
use super::theme::{self, Theme, size};
use super::{fonts, numbers, paint, strings::tiles};
use crate::history::{Bucket, Journal};

/// What a plot of steps shows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Axes {
    /// First and last step.
    pub x: (f64, f64),
    /// Least and most value.
    pub y: (f64, f64),
    /// Decimals of a value on the axis.
    pub decimals: usize,
    /// Whether steps are written below.
    pub numbered: bool,
    /// Whether values are drawn by their logarithm: what is added must then come from [`Axes::placed`].
    pub log: bool,
}

impl Axes {
    /// Least value that a logarithmic axis shows.
    const LEAST: f64 = 1e-9;

    /// Where a value is drawn.
    fn place(&self, value: f64) -> f64 {
        if self.log { value.max(Self::LEAST).log10() } else { value }
    }

    /// The value that is drawn there.
    fn value(&self, place: f64) -> f64 {
        if self.log { 10f64.powf(place) } else { place }
    }

    /// Buckets as they are drawn: on a logarithmic axis the mean of each is drawn where its mean belongs.
    pub fn placed(&self, buckets: &[Bucket]) -> Vec<Bucket> {
        let place = |b: &Bucket| match b.mean() {
            Some(mean) if self.log => {
                Bucket { min: self.place(b.min), max: self.place(b.max), sum: self.place(mean) * b.n as f64, ..*b }
            }
            _ => *b,
        };
        buckets.iter().map(place).collect()
    }

    /// Decimals without which two marks would read the same.
    fn needed(&self) -> usize {
        let marks = self.marks();
        let [first, second, ..] = &marks[..] else { return 0 };
        // A hundredth less its rounding is still a hundredth.
        let apart = (self.value(second.value) - self.value(first.value)).abs() * (1.0 + 1e-9);
        (-apart.log10().floor()).clamp(0.0, 6.0) as usize
    }

    /// Values that are written on the axis.
    fn marks(&self) -> Vec<GridMark> {
        let y = sound(self.y);
        if !self.log {
            return marks(y, 4, 0.0);
        }
        let (low, high) = (y.0.max(Self::LEAST), y.1.max(2.0 * Self::LEAST));
        if high / low < 4.0 {
            let ticks = numbers::ticks(low, high, 4).into_iter().filter(|&tick| tick > 0.0);
            let step_size = (high.log10() - low.log10()) / 4.0;
            return ticks.map(|value| GridMark { value: value.log10(), step_size }).collect();
        }
        let decades = (low.log10().floor() as i32)..=(high.log10().ceil() as i32);
        let all = decades.flat_map(|decade| [1.0, 2.0, 5.0].into_iter().map(move |digit| digit * 10f64.powi(decade)));
        let step_size = (high.log10() - low.log10()) / 4.0;
        all.filter(|value| (low..=high).contains(value)).map(|v| GridMark { value: v.log10(), step_size }).collect()
    }
}

/// What is said of a step under the pointer.
pub type Reading<'a> = Box<dyn Fn(u64) -> Option<String> + 'a>;

/// Draws a plot of steps over all of `rect`, without zoom or drag, and with values on hover. Returns where the curves
/// are, within the axes; nothing if there is no room.
pub fn steps<'a>(
    ui: &mut Ui,
    rect: Rect,
    name: &'static str,
    axes: Axes,
    add: impl FnOnce(&mut PlotUi<'a>) + 'a,
) -> Option<Rect> {
    steps_read(ui, rect, name, axes, None, add)
}

/// The same; where the pointer is, `reading` says what is to be said.
pub fn steps_read<'a>(
    ui: &mut Ui,
    rect: Rect,
    name: &'static str,
    axes: Axes,
    reading: Option<Reading<'a>>,
    add: impl FnOnce(&mut PlotUi<'a>) + 'a,
) -> Option<Rect> {
    let Axes { numbered, .. } = axes;
    let decimals = axes.decimals.max(axes.needed());
    let theme = theme::of(ui);
    if rect.width() < 40.0 || rect.height() < 30.0 {
        return None;
    }
    let axis = |hints: AxisHints<'a>| hints.tick_label_font(fonts::regular(size::TICK)).tick_label_color(theme.ink3);
    let (x, y) = (sound(axes.x), sound(axes.y));
    let y = if axes.log { sound((axes.place(y.0), axes.place(y.1))) } else { y };
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
            .x_grid_spacer(move |_| {
                // Half a number must have room beside the last mark.
                let room = f64::from(18.0 / (rect.width() - 30.0).max(60.0));
                marks(x, (f64::from(rect.width()) / 55.0).clamp(2.0, 5.0) as usize, room)
            })
            .y_grid_spacer(move |_| {
                // Without steps below, the words of a mark at the lower end would be cut.
                let foot = if numbered { y.0 } else { y.0 + (y.1 - y.0) * f64::from(7.0 / rect.height()) };
                axes.marks().into_iter().filter(|mark| mark.value >= foot).collect()
            })
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
                    .formatter(move |mark, _| numbers::fixed(axes.value(mark.value), decimals)),
            ])
            .label_formatter(move |place| match place {
                HoverPosition::NearDataPoint { position, .. } | HoverPosition::Elsewhere { position }
                    if reading.is_some() =>
                {
                    reading.as_ref().and_then(|reading| reading(position.x.max(0.0).round() as u64))
                }
                HoverPosition::NearDataPoint { plot_name, position, .. } => Some(tiles::point(
                    plot_name,
                    position.x.max(0.0) as u64,
                    &numbers::fixed(axes.value(position.y), decimals + 2),
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

/// Ticks, but none so near the upper end, by a share of the axis, that its words would be cut.
fn marks((low, high): (f64, f64), about: usize, room: f64) -> Vec<GridMark> {
    let end = high - (high - low) * room.max(0.045);
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

/// The mean around each bucket of about `steps` steps, half before and half after, as far as there are any: what batches
/// have in common. Near the beginning, where the curve is steep, it reaches no further than half the steps done.
pub fn smoothed(buckets: &[Bucket], steps: u64) -> Vec<Bucket> {
    let (mut from, mut to, mut sum, mut n) = (0, 0, 0.0, 0);
    let mut out = Vec::with_capacity(buckets.len());
    for bucket in buckets {
        let middle = bucket.middle();
        let reach = (steps as f64 / 2.0).min(middle / 4.0);
        while to < buckets.len() && buckets[to].middle() <= middle + reach {
            sum += buckets[to].sum;
            n += buckets[to].n;
            to += 1;
        }
        while buckets[from].middle() < middle - reach {
            sum -= buckets[from].sum;
            n -= buckets[from].n;
            from += 1;
        }
        let mean = if n > 0 { sum / n as f64 } else { f64::NAN };
        // As many values as it had, so that the line breaks where the curve does.
        out.push(Bucket { sum: mean * bucket.n as f64, min: mean, max: mean, ..*bucket });
    }
    out
}

/// The least and most of each bucket as a band.
pub fn band(plot: &mut PlotUi<'_>, buckets: &[Bucket], fill: Color32) {
    for run in runs(buckets).filter(|run| run.len() > 1) {
        let x: Vec<f64> = run.iter().map(Bucket::middle).collect();
        let low: Vec<f64> = run.iter().map(|b| b.min).collect();
        let high: Vec<f64> = run.iter().map(|b| b.max).collect();
        plot.add(FilledArea::new(tiles::LEAST_TO_MOST, &x, &low, &high).fill_color(fill).allow_hover(false));
    }
}

/// Buckets that held values which are not finite: red lines.
pub fn bad(plot: &mut PlotUi<'_>, buckets: &[Bucket], theme: &Theme) {
    for bucket in buckets.iter().filter(|b| b.bad > 0).take(64) {
        plot.vline(VLine::new(tiles::NOT_FINITE, bucket.middle()).stroke(Stroke::new(1.5, theme.red)));
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
        plot.vline(VLine::new(tiles::SHOWN, step as f64).stroke(Stroke::new(1.4, theme.ink)));
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
    fn a_logarithmic_axis_draws_means_where_they_belong() {
        let axes = Axes { x: (0.0, 1.0), y: (0.1, 10.0), decimals: 1, numbered: false, log: true };
        let mut series = Series::default();
        series.push(0, 100.0);
        let [placed] = axes.placed(series.buckets())[..] else { panic!("one bucket") };
        assert_eq!((placed.mean(), placed.min, placed.max), (Some(2.0), 2.0, 2.0));
        let written: Vec<f64> = axes.marks().iter().map(|mark| axes.value(mark.value)).collect();
        let expected = [0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0];
        assert!(
            written.len() == 7 && written.iter().zip(expected).all(|(a, b)| (a / b - 1.0).abs() < 1e-9),
            "{written:?}"
        );
        let narrow = Axes { y: (1.5, 2.6), ..axes };
        let narrow: Vec<f64> = narrow.marks().iter().map(|mark| (axes.value(mark.value) * 10.0).round()).collect();
        assert!(narrow.len() > 2 && narrow.contains(&20.0), "{narrow:?}");
        assert_eq!(Axes { y: (0.56, 0.61), log: false, ..axes }.needed(), 2);
        let plain = Axes { log: false, ..axes };
        assert_eq!(plain.placed(series.buckets()), series.buckets());
    }

    #[test]
    fn smoothing_is_the_mean_around() {
        let mut series = Series::default();
        (1..=20).for_each(|step| series.push(step, (step * step) as f64));
        let means = |steps| smoothed(series.buckets(), steps).iter().filter_map(Bucket::mean).collect::<Vec<f64>>();
        let four = means(4);
        assert_eq!(four[0], 1.0, "nothing is before the first");
        assert_eq!(four[11], (100 + 121 + 144 + 169 + 196) as f64 / 5.0);
        assert_eq!(four[19], (324 + 361 + 400) as f64 / 3.0, "nothing is after the last");
        assert_eq!(means(100)[3], (9 + 16 + 25) as f64 / 3.0, "no further than a quarter of the steps to each side");
        series.push(21, f64::NAN);
        assert_eq!(smoothed(series.buckets(), 3)[20].mean(), None);
    }

    #[test]
    fn ranges_are_always_drawable() {
        assert_eq!(sound((f64::NAN, f64::INFINITY)), (0.0, 1.0));
        assert_eq!(sound((2.0, 2.0)), (1.5, 2.5));
    }
}
