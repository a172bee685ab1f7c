//! Plots over steps in the window's look: lines that break where a value is missing, bands, rings, flags.

use eframe::egui::{Color32, Rangef, Rect, Stroke, Ui, Vec2, Vec2b, pos2};
use egui_plot::{
    AxisHints, FilledArea, GridMark, HPlacement, HoverPosition, Line, LineStyle, Plot, PlotUi, Points, VLine,
};

use super::sight::{Cursor, Sight};
use super::sums::Flagged;
use super::theme::{self, Theme, size};
use super::{fonts, numbers, paint, strings::tiles};
use crate::history::Bucket;

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

    /// What the plot spans: steps, and places of values.
    fn bounds(&self) -> ((f64, f64), (f64, f64)) {
        let (x, y) = (sound(self.x), sound(self.y));
        (x, if self.log { sound((self.place(y.0), self.place(y.1))) } else { y })
    }

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

    /// Values that may be written on the axis, lowest first.
    fn values(&self) -> Vec<f64> {
        let y = sound(self.y);
        if !self.log {
            return numbers::ticks(y.0, y.1, 4);
        }
        let (low, high) = self.log_range();
        if !self.is_wide() {
            return numbers::ticks(low, high, 4).into_iter().filter(|&tick| tick > 0.0).collect();
        }
        let decades = (low.log10().floor() as i32)..=(high.log10().ceil() as i32);
        let all = decades.flat_map(|decade| [1.0, 2.0, 5.0].into_iter().map(move |digit| digit * 10f64.powi(decade)));
        all.filter(|value| (low..=high).contains(value)).collect()
    }

    fn log_range(&self) -> (f64, f64) {
        let y = sound(self.y);
        (y.0.max(Self::LEAST), y.1.max(2.0 * Self::LEAST))
    }

    /// Whether a logarithmic axis spans so much that its marks are those of powers of ten.
    fn is_wide(&self) -> bool {
        let (low, high) = self.log_range();
        self.log && high / low >= 4.0
    }

    /// How values are written on the axis.
    fn words(&self, values: &[f64]) -> Vec<String> {
        if self.is_wide() {
            let decimals = |value: f64| (-value.log10().floor()).clamp(0.0, 3.0) as usize;
            return values.iter().map(|&value| numbers::fit(value, decimals(value), 6)).collect();
        }
        numbers::axis(values)
    }
}

/// A mark of an axis: where it stands on it, and what is written there.
#[derive(Clone, Debug, PartialEq)]
struct Mark {
    place: f64,
    words: String,
}

/// The marks of both axes of a plot over `rect`, as many as there is room for, and how much the words of the values
/// take of it on the left.
struct Marks {
    x: Vec<Mark>,
    y: Vec<Mark>,
    left: f32,
}

impl Marks {
    /// Height of the steps below a plot.
    const FOOT: f32 = 14.0;
    /// Height of a mark's words.
    const LINE: f32 = 13.0;
    /// Room beside the words of a value.
    const SIDE: f32 = 4.0;

    fn of(rect: Rect, axes: &Axes, width: impl Fn(&str) -> f32) -> Self {
        let (x, y) = axes.bounds();
        let bottom = if axes.numbered { rect.bottom() - Self::FOOT } else { rect.bottom() };
        let at = |place: f64| bottom - (bottom - rect.top()) * ((place - y.0) / (y.1 - y.0)) as f32;
        let (mut values, mut last) = (Vec::new(), f32::INFINITY);
        for value in axes.values() {
            let middle = at(axes.place(value));
            let inside =
                middle - Self::LINE / 2.0 >= rect.top() - 0.5 && middle + Self::LINE / 2.0 <= rect.bottom() + 0.5;
            if inside && last - middle >= Self::LINE {
                values.push(value);
                last = middle;
            }
        }
        let words = axes.words(&values);
        let widest = words.iter().map(|words| width(words)).fold(0.0, f32::max);
        let mark = |(value, words): (&f64, String)| Mark { place: axes.place(*value), words };
        let mut y: Vec<Mark> = values.iter().zip(words).map(mark).collect();
        let mut left = (widest + 2.0 * Self::SIDE).max(24.0);
        if left > rect.width() * 0.5 {
            (y, left) = (Vec::new(), 2.0 * Self::SIDE);
        }
        let x = if axes.numbered {
            Self::steps(x, Rangef::new(rect.left() + left, rect.right()), width)
        } else {
            Vec::new()
        };
        Self { x, y, left }
    }

    /// The steps below: none so near an end or another that its words would be cut or run together.
    fn steps(x: (f64, f64), span: Rangef, width: impl Fn(&str) -> f32) -> Vec<Mark> {
        let about = (span.span() / 55.0).clamp(2.0, 5.0) as usize;
        let ticks = numbers::whole_ticks(x.0, x.1, about);
        let mut free = span.min - Self::SIDE;
        let marks = ticks.iter().zip(numbers::axis(&ticks)).map(|(&place, words)| Mark { place, words });
        marks
            .filter(|mark| {
                let middle = span.min + span.span() * ((mark.place - x.0) / (x.1 - x.0)) as f32;
                let half = width(&mark.words) / 2.0;
                let fits = middle - half >= free && middle + half <= span.max;
                free = if fits { middle + half + 2.0 * Self::SIDE } else { free };
                fits
            })
            .collect()
    }
}

/// Marks as the plot takes them; `whole` is what the axis spans.
fn grid(marks: &[Mark], whole: f64) -> Vec<GridMark> {
    let apart = marks.windows(2).map(|pair| pair[1].place - pair[0].place).fold(f64::INFINITY, f64::min);
    let step_size = if apart.is_finite() { apart } else { whole };
    marks.iter().map(|mark| GridMark { value: mark.place, step_size }).collect()
}

/// What is written at the mark nearest to a place.
fn words_at(marks: &[Mark], place: f64) -> String {
    let nearest = marks.iter().min_by(|a, b| (a.place - place).abs().total_cmp(&(b.place - place).abs()));
    nearest.map_or_else(String::new, |mark| mark.words.clone())
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
    let Axes { numbered, decimals, .. } = axes;
    let theme = theme::of(ui);
    if rect.width() < 40.0 || rect.height() < 30.0 {
        return None;
    }
    let font = fonts::regular(size::TICK);
    let axis = |hints: AxisHints<'a>| hints.tick_label_font(font.clone()).tick_label_color(theme.ink3);
    let width = |words: &str| ui.painter().layout_no_wrap(words.to_owned(), font.clone(), theme.ink3).size().x;
    let (x, y) = axes.bounds();
    let Marks { x: steps, y: values, left } = Marks::of(rect, &axes, width);
    let (x_grid, y_grid) = (grid(&steps, x.1 - x.0), grid(&values, y.1 - y.0));
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
            .x_grid_spacer(move |_| x_grid.clone())
            .y_grid_spacer(move |_| y_grid.clone())
            .custom_x_axes(vec![
                axis(AxisHints::new_x())
                    .label_spacing(8.0..=12.0)
                    .min_thickness(Marks::FOOT)
                    .formatter(move |mark, _| words_at(&steps, mark.value)),
            ])
            .custom_y_axes(vec![
                axis(AxisHints::new_y())
                    .label_spacing(8.0..=12.0)
                    .min_thickness(left)
                    .placement(HPlacement::Left)
                    .formatter(move |mark, _| words_at(&values, mark.value)),
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
    // What differs by less than the numbers can tell is one value; half of it, or a half, is shown to either side.
    let least = low.abs().max(high.abs()) * 1e-9;
    if high - low > least.max(1e-300) {
        return (low, high);
    }
    let around = if low == 0.0 { 0.5 } else { (low.abs() * 0.5).min(0.5) };
    (low - around, low + around)
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

/// Buckets at least so many steps apart: those nearer are merged with the one before, or a curve of few, crowded values
/// would turn back on itself within a point.
pub fn apart(buckets: &[Bucket], steps: f64) -> Vec<Bucket> {
    let mut out: Vec<Bucket> = Vec::with_capacity(buckets.len());
    for bucket in buckets {
        match out.last_mut() {
            Some(open) if bucket.middle() - open.first_step as f64 <= steps && (open.n == 0) == (bucket.n == 0) => {
                open.last_step = bucket.last_step;
                open.n += bucket.n;
                open.sum += bucket.sum;
                open.bad += bucket.bad;
                (open.min, open.max) = (open.min.min(bucket.min), open.max.max(bucket.max));
            }
            _ => out.push(*bucket),
        }
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

/// Most changes of the run that a plot shows: the newest.
const FLAGS: usize = 32;

/// A dotted line at every change of the run. The newest few say what was changed by [`flag_words`]; the timeline has
/// them all.
pub fn flags(plot: &mut PlotUi<'_>, changes: &[Flagged], theme: &Theme) {
    for change in changes.iter().rev().take(FLAGS) {
        let pen = Stroke::new(1.0, theme.ink3);
        let line = VLine::new(change.all(), change.last as f64).stroke(pen).style(LineStyle::Dashed { length: 3.0 });
        plot.vline(line);
    }
}

/// What the newest changes of a plot in `frame` are, beside their lines, if it is large enough and the words cross no
/// other line and no other words.
pub fn flag_words(ui: &Ui, frame: Rect, x: (f64, f64), changes: &[Flagged], theme: &Theme) {
    let (x, font) = (sound(x), fonts::regular(size::CAPTION));
    let at = |step: u64| frame.left() + frame.width() * ((step as f64 - x.0) / (x.1 - x.0)) as f32;
    let lines: Vec<f32> = changes.iter().rev().take(FLAGS).map(|change| at(change.last)).collect();
    let mut taken: Vec<Rect> = Vec::new();
    for (change, &line) in changes.iter().rev().zip(&lines).take(4) {
        let galley = paint::cut(ui, &change.words(), font.clone(), theme.ink2, (frame.width() * 0.6).min(170.0));
        let size = galley.size();
        let Some(right) = side(line, size.x + 10.0, frame.x_range(), &lines) else { continue };
        let left = if right { line + 5.0 } else { line - 5.0 - size.x };
        // The first row whose place is free.
        let rows = (0..4).map(|row| Rect::from_min_size(pos2(left, frame.top() + 2.0 + size.y * row as f32), size));
        let free = |spot: &Rect| spot.bottom() <= frame.bottom() && !taken.iter().any(|other| other.intersects(*spot));
        let Some(spot) = rows.into_iter().find(free) else { continue };
        ui.painter().galley(spot.min, galley, theme.ink2);
        taken.push(spot);
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
fn side(x: f32, taken: f32, span: Rangef, flags: &[f32]) -> Option<bool> {
    let inside = |from: f32, to: f32| from >= span.min && to <= span.max;
    let free = |from: f32, to: f32| inside(from, to) && !flags.iter().any(|&f| f != x && f > from && f < to);
    if free(x, x + taken) { Some(true) } else { free(x - taken, x).then_some(false) }
}

/// Runs of neighbouring buckets that all have a mean.
fn runs(buckets: &[Bucket]) -> impl Iterator<Item = &[Bucket]> {
    buckets.split(|b| b.n == 0).filter(|run| !run.is_empty())
}

#[cfg(test)]
mod tests {
    use eframe::egui::vec2;

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
        let frame = Rangef::new(0.0, 100.0);
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
        let written = axes.values();
        let expected = [0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0];
        assert!(
            written.len() == 7 && written.iter().zip(expected).all(|(a, b)| (a / b - 1.0).abs() < 1e-9),
            "{written:?}"
        );
        assert_eq!(axes.words(&written), ["0.1", "0.2", "0.5", "1", "2", "5", "10"]);
        let narrow = Axes { y: (1.5, 2.6), ..axes };
        let narrow: Vec<f64> = narrow.values().iter().map(|value| (value * 10.0).round()).collect();
        assert!(narrow.len() > 2 && narrow.contains(&20.0), "{narrow:?}");
        let near = Axes { y: (0.56, 0.61), log: false, ..axes };
        assert!(near.words(&near.values()).iter().all(|words| words.len() == 4), "{:?}", near.words(&near.values()));
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
        assert_eq!(sound((1e-9, 3e-9)), (1e-9, 3e-9), "small is not nothing");
        let (low, high) = sound((-4e8, -4e8));
        assert!(low < -4e8 && high > -4e8);
    }

    #[test]
    fn marks_have_room_for_all_of_their_words_at_any_size_and_magnitude() {
        let width = |words: &str| words.chars().count() as f32 * 6.0;
        for size in [vec2(40.0, 30.0), vec2(90.0, 60.0), vec2(300.0, 120.0), vec2(1200.0, 400.0)] {
            let rect = Rect::from_min_size(pos2(100.0, 50.0), size);
            for y in [(-2.1, -1.9), (920.0, 946.0), (0.0, 150_000.0), (-1e9, 1e9), (1e-9, 4e-9), (9.37e8, 9.37e8 + 2.0)]
            {
                for last in [1.0, 3.0, 4000.0, 1e9] {
                    for (numbered, log) in [(true, false), (false, false), (true, true)] {
                        let axes = Axes { x: (0.0, last), y, decimals: 1, numbered, log };
                        let marks = Marks::of(rect, &axes, width);
                        let words: Vec<&String> = marks.y.iter().map(|mark| &mark.words).collect();
                        assert!(words.iter().all(|words| width(words) + 8.0 <= marks.left), "{words:?}");
                        assert!(words.windows(2).all(|pair| pair[0] != pair[1]), "{words:?}");
                        let span = Rangef::new(rect.left() + marks.left, rect.right());
                        let ends = marks.x.iter().map(|mark| {
                            let (middle, half) = (mark.place / last * f64::from(span.span()), width(&mark.words) / 2.0);
                            (span.min + middle as f32 - half, span.min + middle as f32 + half)
                        });
                        let ends: Vec<(f32, f32)> = ends.collect();
                        assert!(ends.iter().all(|end| end.1 <= rect.right()), "{last} in {size}: {ends:?}");
                        assert!(ends.windows(2).all(|pair| pair[0].1 < pair[1].0), "{last} in {size}: {ends:?}");
                    }
                }
            }
        }
    }
}
