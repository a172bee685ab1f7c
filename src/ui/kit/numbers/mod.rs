//! How numbers are written on screen, in the notation of the language: separators, short forms, shares that add up.
//!
//! - `fit`: a number in at most so many characters.
//! - `axis`: marks of an axis, and how they are written.

mod axis;
mod fit;

pub(crate) use axis::{axis, ticks, whole_ticks};
pub(crate) use fit::{fit, fit_signed, fit_unit, short};

use fit::{plain, says};

use crate::words::language::FixedText;
use crate::words::notation;

/// In the place of a number that is not known.
pub(crate) const UNKNOWN: FixedText = notation::UNKNOWN;

/// A count with thousands separated: `2,138`.
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(notation::thousands_mark());
        }
        out.push(digit);
    }
    out
}

/// A knob's value: `0.07`, `200`, `6e-4`, `1.5e9`.
pub(crate) fn knob(value: f64) -> String {
    if !value.is_finite() {
        return UNKNOWN.into();
    }
    if value != 0.0 && !(1e-3..1e6).contains(&value.abs()) {
        let text = format!("{value:.1e}");
        return notation::local(text.replace(".0e", "e"));
    }
    let decimals = if value.abs() >= 1e3 { 1 } else { 4 };
    let text = format!("{value:.decimals$}");
    let trimmed = text.trim_end_matches('0').trim_end_matches('.');
    notation::local(trimmed.to_owned())
}

/// A real number in all digits it takes to read it back, in the notation of the language: `0.07`, `6e-4`, `1e30`.
pub(crate) fn exact(value: f64) -> String {
    let plain = value == 0.0 || !value.is_finite() || (1e-3..1e6).contains(&value.abs());
    notation::local(if plain { value.to_string() } else { format!("{value:e}") })
}

/// Most characters of a number that has no room of its own to fit into.
const MOST: usize = 9;

/// A value with `decimals` decimals and a true minus sign, shorter if that would take more than nine characters; `n/a`
/// if it is not finite.
pub fn fixed(value: f64, decimals: usize) -> String {
    if !value.is_finite() {
        return UNKNOWN.into();
    }
    // Nothing is written out that is longer than what is left of it.
    if value.abs() < 1e9 {
        let text = plain(value, decimals);
        if text.chars().count() <= MOST {
            return text;
        }
    }
    fit(value, decimals, MOST)
}

/// A small number in so many digits that it says something: `0.123`, `6.1e-5`.
pub(crate) fn small(value: f64) -> String {
    match value.abs() {
        _ if !value.is_finite() => fixed(value, 3),
        v if v > 0.0 && v < 0.01 => notation::local(format!("{value:.1e}").replace('-', "−")),
        v if v >= 100.0 => fixed(value, 0),
        _ => fixed(value, 3),
    }
}

/// A change with its sign: `+35 %`, `−0.02`.
pub(crate) fn signed(value: f64, decimals: usize) -> String {
    with_plus(value, fixed(value, decimals))
}

/// A plus before a number above zero, unless nothing but zeros is written.
fn with_plus(value: f64, text: String) -> String {
    if says(&text) && value > 0.0 { format!("+{text}") } else { text }
}

/// A share as a percentage with one decimal: `75.6 %`. What is not zero is not written as zero.
pub(crate) fn percent(share: f64) -> String {
    if (share * 100.0).is_finite() { fit_unit(share * 100.0, 1, "%", MOST) } else { UNKNOWN.into() }
}

/// A number of per cent with its sign.
pub(crate) fn per_cent(number: String) -> String {
    format!("{number}{}%", notation::before_unit("%"))
}

/// Seconds as `0:43`, `12:05` or `3:20:00`.
pub(crate) fn duration(secs: f64) -> String {
    if !(0.0..=3.6e6).contains(&secs) {
        return UNKNOWN.into();
    }
    let whole = secs.round() as u64;
    let (hours, minutes, seconds) = (whole / 3600, whole / 60 % 60, whole % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

/// Floating-point operations as `412 FLOP`, `20.3 GFLOP`.
pub(crate) fn flop(n: f64) -> String {
    let text = short(n);
    if text.ends_with(|last: char| last.is_ascii_digit()) { format!("{text} FLOP") } else { format!("{text}FLOP") }
}

/// Bytes as `412 B`, `400 kB`, `1.2 GB`.
pub(crate) fn bytes(n: u64) -> String {
    match n {
        0..1_000 => format!("{n} B"),
        _ => {
            let text = short(n as f64);
            format!("{text}B")
        }
    }
}

/// Shares in tenths of a per cent, rounded by largest remainder so that they add up to 100 when the shares add to 1.
pub(crate) fn tenths(shares: &[f64]) -> Vec<f64> {
    let scaled: Vec<f64> = shares.iter().map(|s| if s.is_finite() { s.max(0.0) * 1000.0 } else { 0.0 }).collect();
    let mut whole: Vec<f64> = scaled.iter().map(|s| s.floor()).collect();
    let missing = (scaled.iter().sum::<f64>().round() - whole.iter().sum::<f64>()).max(0.0) as usize;
    let mut order: Vec<usize> = (0..shares.len()).collect();
    order.sort_by(|&a, &b| (scaled[b] - whole[b]).total_cmp(&(scaled[a] - whole[a])));
    for &i in order.iter().take(missing) {
        whole[i] += 1.0;
    }
    whole.iter().map(|w| w / 10.0).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_and_short_forms() {
        assert_eq!([0, 999, 1000, 2138, 1_234_567].map(count), ["0", "999", "1,000", "2,138", "1,234,567"]);
        assert_eq!(
            [88_300.0, 2_450_000.0, 0.25, 12.34, f64::NAN].map(short),
            ["88.3 k", "2.45 M", "0.25", "12.3", "n/a"]
        );
        assert_eq!([0.07, 6e-4, 200.0, 0.0, 3e-3, 1.24e-5].map(knob), ["0.07", "6e-4", "200", "0", "0.003", "1.2e-5"]);
        assert_eq!([signed(0.352, 2), signed(-0.021, 2), signed(-0.001, 2)], ["+0.35", "−0.02", "0.00"]);
        assert_eq!([43.2, 725.0, 12_000.0, f64::INFINITY].map(duration), ["0:43", "12:05", "3:20:00", "n/a"]);
        assert_eq!([412.0, 2.03e10, 1.5e12].map(flop), ["412 FLOP", "20.3 GFLOP", "1.50 TFLOP"]);
        assert_eq!([412, 400_123, 1_200_000_000].map(bytes), ["412 B", "400 kB", "1.20 GB"]);
    }

    #[test]
    fn tenths_add_up() {
        let printed = tenths(&[1.0 / 3.0; 3]);
        assert_eq!(printed.iter().map(|t| (t * 10.0).round() as u32).sum::<u32>(), 1000);
        assert_eq!(tenths(&[0.125; 8]), [12.5; 8]);
        assert_eq!(tenths(&[f64::NAN]), [0.0]);
    }

    #[test]
    fn small_numbers_keep_their_digits() {
        assert_eq!([0.0, 0.25, 6.1e-5, 512.4, f64::NAN].map(small), ["0.000", "0.250", "6.1e−5", "512", "n/a"]);
    }
}
