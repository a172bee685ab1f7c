//! What the axes of a plot span, their marks, and how much room those take. Pure.

use eframe::egui::{Rangef, Rect};
use egui_plot::GridMark;

use crate::store::history::Bucket;
use crate::ui::kit::numbers;

/// What a plot of steps shows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Axes {
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
    pub(super) fn bounds(&self) -> ((f64, f64), (f64, f64)) {
        let (x, y) = (sound(self.x), sound(self.y));
        (x, if self.log { sound((self.place(y.0), self.place(y.1))) } else { y })
    }

    /// Where a value is drawn.
    fn place(&self, value: f64) -> f64 {
        if self.log { value.max(Self::LEAST).log10() } else { value }
    }

    /// The value that is drawn there.
    pub(super) fn value(&self, place: f64) -> f64 {
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
pub(super) struct Mark {
    place: f64,
    words: String,
}

/// The marks of both axes of a plot over `rect`, as many as there is room for, and how much the words of the values
/// take of it on the left.
pub(super) struct Marks {
    /// Below.
    pub x: Vec<Mark>,
    /// On the left.
    pub y: Vec<Mark>,
    /// Width of the words on the left, with room beside them.
    pub left: f32,
}

impl Marks {
    /// Height of the steps below a plot.
    pub const FOOT: f32 = 14.0;
    /// Height of a mark's words.
    const LINE: f32 = 13.0;
    /// Room beside the words of a value.
    const SIDE: f32 = 4.0;

    pub fn of(rect: Rect, axes: &Axes, width: impl Fn(&str) -> f32) -> Self {
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
pub(super) fn grid(marks: &[Mark], whole: f64) -> Vec<GridMark> {
    let apart = marks.windows(2).map(|pair| pair[1].place - pair[0].place).fold(f64::INFINITY, f64::min);
    let step_size = if apart.is_finite() { apart } else { whole };
    marks.iter().map(|mark| GridMark { value: mark.place, step_size }).collect()
}

/// What is written at the mark nearest to a place.
pub(super) fn words_at(marks: &[Mark], place: f64) -> String {
    let nearest = marks.iter().min_by(|a, b| (a.place - place).abs().total_cmp(&(b.place - place).abs()));
    nearest.map_or_else(String::new, |mark| mark.words.clone())
}

/// A range that a plot can show, whatever the data were.
pub(crate) fn sound((low, high): (f64, f64)) -> (f64, f64) {
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

#[cfg(test)]
mod tests {
    use eframe::egui::{pos2, vec2};

    use super::*;
    use crate::store::history::Series;

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
