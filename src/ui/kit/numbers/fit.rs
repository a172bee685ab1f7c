//! A number in the room there is: the plainest form of it that fits into so many characters. Pure.

use super::{UNKNOWN, with_plus};
use crate::words::notation;

/// Units of a thousand, a million and so on, the largest first.
pub(super) const UNITS: [(f64, &str); 4] = [(1e12, " T"), (1e9, " G"), (1e6, " M"), (1e3, " k")];
/// Where units end: what is larger is written with a power of ten.
const LARGEST: f64 = 999.5e12;
/// How far off, as a share of it, a number may be written where decimals are missing.
const OFF: f64 = 0.34;

/// A quantity in three digits or so with k, M, G or T: `88.3 k`. Not finite: `n/a`.
pub(crate) fn short(value: f64) -> String {
    if !value.is_finite() {
        return UNKNOWN.into();
    }
    match unit_of(value) {
        Some((unit, suffix)) => format!("{}{suffix}", three_digits(value / unit)),
        None if value.abs() >= LARGEST => scientific(value, 1),
        None => three_digits(value),
    }
}

/// The largest unit of which there is at least one. What rounds up to a thousand of a unit is one of the next.
fn unit_of(value: f64) -> Option<(f64, &'static str)> {
    UNITS.into_iter().find(|(unit, _)| value.abs() >= unit * 0.9995 && value.abs() < LARGEST)
}

/// Three significant digits at most, at most two decimals.
fn three_digits(value: f64) -> String {
    match value.abs() {
        v if v >= 99.95 || v == 0.0 => plain(value, 0),
        v if v >= 9.995 => plain(value, 1),
        _ => plain(value, 2),
    }
}

/// A finite number with so many decimals and a true minus sign, without a sign if nothing but zeros is written.
pub(super) fn plain(value: f64, decimals: usize) -> String {
    let text = notation::local(format!("{value:.decimals$}").replace('-', "−"));
    if says(&text) { text } else { text.trim_start_matches('−').to_owned() }
}

/// A finite number as a mantissa with so many decimals and a power of ten: `−8.9e4`.
pub(super) fn scientific(value: f64, decimals: usize) -> String {
    notation::local(format!("{value:.decimals$e}").replace(".0e", "e").replace('-', "−"))
}

/// Whether anything but zeros is written.
pub(super) fn says(text: &str) -> bool {
    text.chars().any(|c| matches!(c, '1'..='9'))
}

/// A number in at most `room` characters, as plainly as they allow: with `decimals` decimals, with fewer or, if it is
/// small, with more, with k, M, G or T, or with a power of ten: `88.7 k`, `−4.2e−9`. Not finite: `n/a`.
///
/// The sign and the magnitude are always there. Any number fits in 6 characters from 1e-99 to 1e99, and in 7 beyond;
/// less room is taken for 6.
pub(crate) fn fit(value: f64, decimals: usize, room: usize) -> String {
    let room = room.max(6);
    if !value.is_finite() {
        return UNKNOWN.into();
    }
    let fits = |text: &String| text.chars().count() <= room;
    let size = value.abs();
    let near = |decimals: usize| {
        let unit = 10f64.powi(decimals as i32);
        ((value * unit).round() / unit - value).abs() <= OFF * size
    };
    let most = if size < 99_999.5 { decimals + 1 } else { 0 };
    let plainly = (0..most).rev().filter(|&decimals| near(decimals)).map(|decimals| plain(value, decimals));
    let finer = (1e-3..1.0).contains(&size).then(|| plain(value, (1.0 - size.log10().floor()) as usize));
    let large = unit_of(value).into_iter().flat_map(|(unit, suffix)| {
        let value = value / unit;
        [three_digits(value), plain(value, 0)].map(|digits| format!("{digits}{suffix}"))
    });
    let powers = (0..=1).rev().map(|decimals| scientific(value, decimals));
    plainly.chain(finer).chain(large).chain(powers).find(fits).unwrap_or_else(|| scientific(value, 0))
}

/// The same with its unit after it, which takes part of the room: `88.7 k nats`.
pub(crate) fn fit_unit(value: f64, decimals: usize, unit: &str, room: usize) -> String {
    let taken = unit.chars().count() + 1;
    format!("{}{}{unit}", fit(value, decimals, room.saturating_sub(taken)), notation::before_unit(unit))
}

/// A change with its sign in at most `room` characters, as [`fit`] does it; less room than 7 is taken for 7.
pub(crate) fn fit_signed(value: f64, decimals: usize, room: usize) -> String {
    with_plus(value, fit(value, decimals, room.saturating_sub(1)))
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::{fixed, knob, percent, signed, small};
    use super::*;

    /// What is written, as a number again.
    fn read(text: &str) -> f64 {
        let text = text.replace('−', "-").replace(',', "");
        let (digits, factor) = match text.split_once(' ') {
            Some((digits, suffix)) => (digits, UNITS.iter().find(|u| u.1.trim() == suffix).expect("a unit").0),
            None => (text.as_str(), 1.0),
        };
        digits.parse::<f64>().unwrap_or_else(|_| panic!("“{text}” is no number")) * factor
    }

    /// Numbers of either sign and every magnitude from 1e-9 to 1e9, and those on which rounding turns.
    pub(crate) fn magnitudes() -> impl Iterator<Item = f64> {
        let mantissas = [1.0, 1.05, 1.2345678, 2.0, 4.999, 5.5, 9.4, 9.5, 9.949, 9.951, 9.994, 9.996, 9.9999];
        let all = (-9..=9).flat_map(move |power| mantissas.map(|mantissa| mantissa * 10f64.powi(power)));
        all.flat_map(|value| [value, -value])
    }

    #[test]
    fn a_number_fits_at_any_magnitude_and_keeps_its_sign() {
        for value in magnitudes() {
            for (decimals, room) in [(0, 6), (1, 6), (2, 6), (2, 7), (3, 8), (2, 12), (2, 0)] {
                let text = fit(value, decimals, room);
                assert!(text.chars().count() <= room.max(6), "{value}: “{text}” in {room}");
                assert!(!text.contains('-') && !text.is_empty(), "{value}: “{text}”");
                let back = read(&text);
                assert_eq!(back.signum(), value.signum(), "{value}: “{text}”");
                let off = (back - value).abs() / value.abs();
                assert!(off < 0.36, "{value}: “{text}” is off by {off}");
                assert!(room < 8 || value.abs() < 1.0 || off < 0.051, "{value}: “{text}” is off by {off}");
                assert!(fit_unit(value, decimals, "nats", room + 5).chars().count() <= room.max(6) + 5);
                let signed = fit_signed(value, decimals, room + 1);
                assert!(signed.chars().count() <= room.max(6) + 1 && signed.starts_with(['+', '−']), "“{signed}”");
            }
            for decimals in 0..4 {
                let (fixed, signed) = (fixed(value, decimals), signed(value, decimals));
                let long = [fixed, signed, percent(value), short(value), small(value), knob(value)];
                assert!(long.iter().all(|text| text.chars().count() <= 10), "{value}: {long:?}");
                assert!(long.iter().all(|text| says(text) || !text.contains(['−', '-'])), "{value}: {long:?}");
            }
        }
        assert_eq!([0.0, -0.0].map(|zero| fit(zero, 2, 6)), ["0.00", "0.00"]);
        assert_eq!([0.0, -0.0].map(|zero| fixed(zero, 1)), ["0.0", "0.0"]);
        assert_eq!([f64::NAN, f64::INFINITY, f64::NEG_INFINITY].map(|odd| fit(odd, 2, 6)), ["n/a"; 3]);
    }

    #[test]
    fn a_number_is_written_as_plainly_as_its_room_allows() {
        let six = |value| fit(value, 2, 6);
        assert_eq!([0.29, 5.55, -2.08, 157.123].map(six), ["0.29", "5.55", "−2.08", "157.12"]);
        assert_eq!([88_709.25, 127_980.23, -88_709.25, 1e9].map(six), ["88709", "128 k", "−88709", "1.00 G"]);
        assert_eq!([0.004, -0.0123, 4.2e-9, -4.26e-9].map(six), ["0.0040", "−0.01", "4.2e−9", "−4e−9"]);
        assert_eq!(fit_unit(88_709.25, 2, "nats", 11), "88709 nats");
        assert_eq!([percent(0.07), percent(-3e-6), percent(1e9)], ["7.0 %", ">−0.01 %", "100 G %"]);
        assert_eq!([percent(2.9e-21), percent(1e-4), percent(0.0)], ["<0.01 %", "0.010 %", "0.0 %"]);
        assert_eq!([999_600.0, 999.6, -1234.0].map(short), ["1.00 M", "1.00 k", "−1.23 k"]);
    }
}
