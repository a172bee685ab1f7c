//! Marks of an axis: at which values they stand, and how they are written so that no two read the same. Pure.

use super::count;
use super::fit::{UNITS, fit, plain, scientific};

/// Values for about so many axis ticks between `low` and `high`: steps of 1, 2 or 5 times a power of ten.
pub(crate) fn ticks(low: f64, high: f64, about: usize) -> Vec<f64> {
    let span = high - low;
    if !span.is_finite() || span <= 0.0 || about == 0 {
        return Vec::new();
    }
    let rough = span / about as f64;
    let power = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|m| m * power).find(|&s| s >= rough * 0.7).unwrap_or(rough);
    let first = (low / step).ceil() as i64;
    let last = (high / step).floor() as i64;
    let mut marks: Vec<f64> = (first..=last).take(4 * about + 4).map(|i| i as f64 * step).collect();
    marks.dedup();
    marks
}

/// The same for what is counted: whole numbers only.
pub(crate) fn whole_ticks(low: f64, high: f64, about: usize) -> Vec<f64> {
    let about = about.min((high - low).max(1.0) as usize);
    ticks(low, high, about).into_iter().filter(|tick| tick.fract() == 0.0).collect()
}

/// Longest form of a mark, in characters.
const ROOM: usize = 8;

/// What is written at the marks of an axis, lowest first: all in one form, no two alike, none longer than 8 characters:
/// `0.5`, `2,500`, `88.7 k`, `−1.25e−7`. Marks too close together for their size are written as differences from the
/// first: `937 M`, `+0.5`, `+1.0`.
pub(crate) fn axis(marks: &[f64]) -> Vec<String> {
    let Some(&first) = marks.first() else { return Vec::new() };
    let most = marks.iter().fold(0.0, |most: f64, mark| most.max(mark.abs()));
    let apart = marks.windows(2).map(|pair| pair[1] - pair[0]).fold(f64::INFINITY, f64::min);
    let apart = if apart.is_finite() && apart > 0.0 { apart } else { most };
    // A hundredth less its rounding is still a hundredth.
    let needed = |unit: f64| (-(apart / unit * (1.0 + 1e-9)).log10().floor()).clamp(0.0, 9.0) as usize;
    let zero = |mark: f64, text: String| if mark == 0.0 { "0".to_owned() } else { text };
    let all = |form: &dyn Fn(f64) -> String| marks.iter().map(|&mark| form(mark)).collect::<Vec<String>>();
    let plainly = (most < 99_999.5 && apart > 9e-5).then(|| {
        let decimals = needed(1.0);
        all(&|mark| if decimals == 0 { whole(mark) } else { plain(mark, decimals) })
    });
    let unit = UNITS.into_iter().find(|(unit, _)| most >= *unit && most < unit * 1e3);
    let large = unit.map(|(unit, suffix)| {
        let decimals = needed(unit);
        all(&|mark| zero(mark, format!("{}{suffix}", plain(mark / unit, decimals))))
    });
    let digits = (most.log10().floor() - apart.log10().floor()).clamp(0.0, 4.0) as usize;
    let powers = all(&|mark| zero(mark, scientific(mark, digits)));
    let forms = plainly.into_iter().chain(large).chain([powers]);
    forms.into_iter().find(|words| can_be_told_apart(marks, words)).unwrap_or_else(|| {
        let further: Vec<f64> = marks.iter().map(|mark| mark - first).collect();
        // From 0 there is no further to go: marks that even so have no form in common are each written as they fit.
        let others =
            if first == 0.0 { further.iter().map(|&mark| fit(mark, 2, ROOM - 1)).collect() } else { axis(&further) };
        let others = others.into_iter().skip(1).map(|words| format!("+{words}"));
        std::iter::once(fit(first, 2, ROOM)).chain(others).collect()
    })
}

/// Whether marks so written have room, keep their signs and differ from their neighbours.
fn can_be_told_apart(marks: &[f64], words: &[String]) -> bool {
    words.iter().all(|word| word.chars().count() <= ROOM)
        && words.windows(2).all(|pair| pair[0] != pair[1])
        && marks.iter().zip(words).all(|(mark, word)| *mark >= 0.0 || word.starts_with('−'))
}

/// A whole number with thousands separated.
fn whole(value: f64) -> String {
    let sign = if value <= -0.5 { "−" } else { "" };
    format!("{sign}{}", count(value.abs().round() as u64))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::fit::tests::magnitudes;
    use super::*;

    #[test]
    fn ticks_are_round_and_inside() {
        assert_eq!(ticks(0.0, 4000.0, 8), [0.0, 500.0, 1000.0, 1500.0, 2000.0, 2500.0, 3000.0, 3500.0, 4000.0]);
        assert_eq!(ticks(-0.1, 0.75, 4).len(), 4, "a step of 0.2, not of 0.5");
        assert!(ticks(1.0, 1.0, 4).is_empty() && ticks(0.0, f64::NAN, 4).is_empty());
    }

    #[test]
    fn marks_of_an_axis_are_short_and_never_alike() {
        assert_eq!(axis(&[1.5, 2.0, 2.5]), ["1.5", "2.0", "2.5"]);
        assert_eq!(axis(&[920.0, 925.0, 930.0, 945.0]), ["920", "925", "930", "945"]);
        assert_eq!(axis(&[-2.05, -2.0, -1.95]), ["−2.05", "−2.00", "−1.95"]);
        assert_eq!(axis(&[0.0, 20_000.0, 40_000.0]), ["0", "20,000", "40,000"]);
        assert_eq!(axis(&[0.0, 50_000.0, 100_000.0]), ["0", "50 k", "100 k"]);
        assert_eq!(axis(&[-2e-9, 0.0, 2e-9]), ["−2e−9", "0", "2e−9"]);
        assert_eq!(axis(&[936_999_999.0, 936_999_999.5, 937_000_000.0]), ["937 M", "+0.5", "+1.0"]);
        for value in magnitudes() {
            for span in [1e-7, 1e-3, 0.1, 2.0] {
                let marks = ticks(value, value + value.abs() * span, 4);
                let words = axis(&marks);
                assert!(words.iter().all(|word| (1..=ROOM).contains(&word.chars().count())), "{marks:?}: {words:?}");
                assert_eq!(words.iter().collect::<BTreeSet<_>>().len(), marks.len(), "{marks:?}: {words:?}");
                let mut below = marks.iter().zip(&words).filter(|(mark, _)| **mark < 0.0);
                assert!(below.all(|(_, word)| word.starts_with(['−', '+'])), "{marks:?}: {words:?}");
            }
        }
        assert!(axis(&[]).is_empty());
    }

    #[test]
    fn what_is_counted_has_whole_marks() {
        assert_eq!(whole_ticks(0.0, 1.0, 5), [0.0, 1.0]);
        assert_eq!(whole_ticks(0.0, 3.0, 5), [0.0, 1.0, 2.0, 3.0]);
        assert_eq!(whole_ticks(0.0, 4000.0, 4), ticks(0.0, 4000.0, 4));
    }
}
