//! Reads a number that was typed, or says why it cannot be read; in German with a decimal comma as well. Whole numbers are read
//! digit by digit and never pass through floating point.

use std::fmt;

use crate::domain::language::Language;
use crate::ui::kit::numbers;
use crate::words;

/// A number of a field.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum FieldNumber {
    /// A whole number, exact in all its digits.
    Whole(u64),
    /// A real number.
    Real(f64),
}

impl FieldNumber {
    /// Where it lies on a scale; a whole number above 2⁵³ loses digits, so this is for drawing alone.
    pub(crate) fn place(self) -> f64 {
        match self {
            Self::Whole(whole) => whole as f64,
            Self::Real(real) => real,
        }
    }
}

impl From<u64> for FieldNumber {
    fn from(value: u64) -> Self {
        Self::Whole(value)
    }
}

impl From<usize> for FieldNumber {
    fn from(value: usize) -> Self {
        Self::Whole(value as u64)
    }
}

impl From<f64> for FieldNumber {
    fn from(value: f64) -> Self {
        Self::Real(value)
    }
}

impl TryFrom<FieldNumber> for u64 {
    type Error = Unread;

    fn try_from(number: FieldNumber) -> Result<Self, Unread> {
        if let FieldNumber::Whole(whole) = number { Ok(whole) } else { Err(Unread::NotWhole) }
    }
}

impl TryFrom<FieldNumber> for usize {
    type Error = Unread;

    fn try_from(number: FieldNumber) -> Result<Self, Unread> {
        Self::try_from(u64::try_from(number)?).map_err(|_| Unread::OutOfRange)
    }
}

impl TryFrom<FieldNumber> for f64 {
    type Error = Unread;

    fn try_from(number: FieldNumber) -> Result<Self, Unread> {
        if let FieldNumber::Real(real) = number { Ok(real) } else { Err(Unread::NoNumber) }
    }
}

impl fmt::Display for FieldNumber {
    /// All digits it takes to read the same number back, in the notation of the language.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(whole) => whole.fmt(f),
            Self::Real(real) => f.write_str(&numbers::exact(*real)),
        }
    }
}

/// Why a typed text is not the number that was meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unread {
    /// Nothing was typed.
    Empty,
    /// It is no number: `abc`, `nan`, `inf`, `1 2`.
    NoNumber,
    /// A real number where a whole one must stand.
    NotWhole,
    /// It can be read as these two numbers.
    Ambiguous(String, String),
    /// Below 0, above all numbers, or too close to 0 for a number.
    OutOfRange,
}

/// Marks that group digits in threes, besides the comma.
const GROUPING: [char; 6] = [' ', '\u{a0}', '\u{2009}', '\u{202f}', '\'', '_'];

/// Reads a real number: `0.05`, `0,05`, `1e-3`, `1 000`, `1,234,567`; in German `1.234,5` too.
///
/// # Errors
/// See [`Unread`]. In English `1,234` is ambiguous, and so is whatever has commas and a point; in German `1.234` is.
pub(crate) fn real(text: &str) -> Result<f64, Unread> {
    let parts = Parts::of(text, false)?;
    let value: f64 = parts.text().parse().map_err(|_| Unread::NoNumber)?;
    let lost = value == 0.0 && parts.digits().any(|digit| digit != '0');
    if lost || !value.is_finite() { Err(Unread::OutOfRange) } else { Ok(value) }
}

/// Reads a whole number, at least 0: `42`, `1,234`, `1 000`, `2e5`; in German `1.234` too. Every digit counts.
///
/// # Errors
/// See [`Unread`].
pub(crate) fn whole(text: &str) -> Result<u64, Unread> {
    let parts = Parts::of(text, true)?;
    if parts.exponent.is_none() && parts.fraction.is_some() {
        return Err(Unread::NotWhole);
    }
    let fraction = parts.fraction.as_deref().unwrap_or_default();
    let mut digits = format!("{}{fraction}", parts.whole);
    if digits.chars().all(|digit| digit == '0') {
        return Ok(0);
    }
    if parts.negative {
        return Err(Unread::OutOfRange);
    }
    let exponent: i64 = parts.exponent.as_deref().unwrap_or("0").parse().map_err(|_| Unread::OutOfRange)?;
    let mut shift = exponent.saturating_sub(i64::try_from(fraction.len()).unwrap_or(i64::MAX));
    while shift < 0 {
        match digits.pop() {
            Some('0') => shift += 1,
            _ => return Err(Unread::NotWhole),
        }
    }
    if shift > 20 {
        return Err(Unread::OutOfRange);
    }
    digits.extend((0..shift).map(|_| '0'));
    digits.parse().map_err(|_| Unread::OutOfRange)
}

/// A number cut into its parts, without marks that group digits.
#[derive(Debug)]
struct Parts {
    negative: bool,
    whole: String,
    fraction: Option<String>,
    exponent: Option<String>,
}

impl Parts {
    /// Cuts `text`; if `whole`, a comma groups digits and never marks a fraction.
    fn of(text: &str, whole: bool) -> Result<Self, Unread> {
        let text = text.trim();
        if text.is_empty() {
            return Err(Unread::Empty);
        }
        let (negative, text) = match text.strip_prefix(['-', '−']) {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        let (mantissa, exponent) = match text.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, Some(signed_digits(exponent)?)),
            None => (text, None),
        };
        let (whole, fraction) = match words::spoken() {
            Language::English => parted(mantissa, whole)?,
            Language::German => parted_in_german(mantissa, whole)?,
        };
        let whole = ungrouped(whole)?;
        if whole.is_empty() && fraction.is_none_or(str::is_empty) {
            return Err(Unread::NoNumber);
        }
        let fraction = fraction.map(|fraction| plain_digits(fraction).map(str::to_owned)).transpose()?;
        Ok(Self { negative, whole, fraction, exponent })
    }

    fn digits(&self) -> impl Iterator<Item = char> {
        self.whole.chars().chain(self.fraction.iter().flat_map(|fraction| fraction.chars()))
    }

    fn text(&self) -> String {
        let sign = if self.negative { "-" } else { "" };
        let fraction = self.fraction.as_deref().unwrap_or_default();
        let exponent = self.exponent.as_deref().unwrap_or("0");
        format!("{sign}0{}.{fraction}0e{exponent}", self.whole)
    }
}

/// Digits alone, any number of them.
fn plain_digits(text: &str) -> Result<&str, Unread> {
    if text.chars().all(|letter| letter.is_ascii_digit()) { Ok(text) } else { Err(Unread::NoNumber) }
}

/// Digits with a sign before them; at least one digit.
fn signed_digits(text: &str) -> Result<String, Unread> {
    let (sign, digits) = match text.strip_prefix(['-', '−']) {
        Some(rest) => ("-", rest),
        None => ("", text.strip_prefix('+').unwrap_or(text)),
    };
    if plain_digits(digits)?.is_empty() {
        return Err(Unread::NoNumber);
    }
    Ok(format!("{sign}{digits}"))
}

/// The whole part, marks that group its digits included, and the fraction.
fn parted(mantissa: &str, whole: bool) -> Result<(&str, Option<&str>), Unread> {
    let (commas, points) = (mantissa.matches(',').count(), mantissa.matches('.').count());
    match (commas, points) {
        (0, 0) => Ok((mantissa, None)),
        (0, 1) => Ok(mantissa.split_once('.').map_or((mantissa, None), |(whole, part)| (whole, Some(part)))),
        (_, 0) if ungrouped(mantissa).is_ok() => match mantissa.split_once(',') {
            // One comma before three digits: a decimal comma, or thousands.
            Some((before, after)) if commas == 1 && !whole => {
                if before.starts_with('0') {
                    return Ok((before, Some(after)));
                }
                Err(Unread::Ambiguous(format!("{before}{after}"), format!("{before}.{after}")))
            }
            _ => Ok((mantissa, None)),
        },
        (1, 0) if whole => Err(if mantissa.starts_with(|first: char| first.is_ascii_digit()) {
            Unread::NotWhole
        } else {
            Unread::NoNumber
        }),
        (1, 0) => Ok(mantissa.split_once(',').map_or((mantissa, None), |(whole, part)| (whole, Some(part)))),
        (_, 1) => {
            let only = |mark: char| mantissa.replace(mark, "");
            let (point, comma) = (only(','), only('.').replacen(',', ".", 1));
            let sound = |text: &str| text.parse::<f64>().is_ok();
            if sound(&point) && sound(&comma) { Err(Unread::Ambiguous(point, comma)) } else { Err(Unread::NoNumber) }
        }
        _ => Err(Unread::NoNumber),
    }
}

/// The same in German: a point may group digits, and a single comma before digits that are not whole marks a fraction.
fn parted_in_german(mantissa: &str, whole: bool) -> Result<(&str, Option<&str>), Unread> {
    let (commas, points) = (mantissa.matches(',').count(), mantissa.matches('.').count());
    let split = |mark| mantissa.split_once(mark).map_or((mantissa, None), |(whole, part)| (whole, Some(part)));
    match (commas, points) {
        (0, 1) if !whole && ungrouped(mantissa).is_ok() && !mantissa.starts_with('0') => {
            let (before, after) = mantissa.split_once('.').unwrap_or_default();
            Err(Unread::Ambiguous(format!("{before}{after}"), format!("{before},{after}")))
        }
        (0, 1..) if ungrouped(mantissa).is_ok() && (whole || points > 1) => Ok((mantissa, None)),
        (1, 0) if !whole => Ok(split(',')),
        // Thousands as English has them, or as German has.
        (1.., 1) if ungrouped(split('.').0).is_ok() && split('.').0.contains(',') => Ok(split('.')),
        (1, 1..) if ungrouped(split(',').0).is_ok() => Ok(split(',')),
        _ => parted(mantissa, whole),
    }
}

/// Digits without the marks that group them in threes, which must all be of one kind.
fn ungrouped(text: &str) -> Result<String, Unread> {
    let groups = |letter: char| matches!(letter, ',' | '.') || GROUPING.contains(&letter);
    let Some(mark) = text.chars().find(|letter| groups(*letter)) else {
        return plain_digits(text).map(str::to_owned);
    };
    let groups: Vec<&str> = text.split(mark).collect();
    let sound = groups.iter().enumerate().all(|(place, group)| {
        let long = if place == 0 { (1..=3).contains(&group.len()) } else { group.len() == 3 };
        long && plain_digits(group).is_ok()
    });
    if sound { Ok(groups.concat()) } else { Err(Unread::NoNumber) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn real_numbers_are_read_as_they_were_meant() {
        for (text, value) in [
            ("0.05", 0.05),
            ("0,05", 0.05),
            ("0,050", 0.05),
            ("1,5", 1.5),
            ("1e-3", 1e-3),
            ("2,5E−4", 2.5e-4),
            (" 7 ", 7.0),
            ("+.5", 0.5),
            ("5.", 5.0),
            ("−0.25", -0.25),
            ("1 000", 1000.0),
            ("12 345,5", 12345.5),
            ("1,234,567", 1_234_567.0),
            ("0.0000001", 1e-7),
            ("1.234", 1.234),
        ] {
            assert_eq!(real(text), Ok(value), "{text}");
        }
    }

    #[test]
    fn what_is_no_number_is_never_one() {
        let words = [
            "nan", "NaN", "inf", "-inf", "infinity", "abc", "1 2", "1.2.3", "--1", "1e", "e5", ".", "0x10", "7%",
            "5 %", "１２", "٣",
        ];
        for text in words {
            assert_eq!(real(text), Err(Unread::NoNumber), "{text}");
            assert_eq!(whole(text), Err(Unread::NoNumber), "{text}");
        }
        for text in ["", "  ", "\u{a0}"] {
            assert_eq!((real(text), whole(text)), (Err(Unread::Empty), Err(Unread::Empty)));
        }
        for text in ["1e999", "1e-999", "-1e999"] {
            assert_eq!(real(text), Err(Unread::OutOfRange), "{text}");
        }
    }

    #[test]
    fn a_comma_that_can_mean_two_things_means_neither() {
        let two = |one: &str, other: &str| Err(Unread::Ambiguous(one.into(), other.into()));
        assert_eq!(real("1,234"), two("1234", "1.234"));
        assert_eq!(real("1,234.5"), two("1234.5", "1.2345"));
        assert_eq!(real("1.234,5"), two("1.2345", "1234.5"));
        assert_eq!(whole("1,234"), Ok(1234), "no fraction can stand there");
    }

    #[test]
    fn whole_numbers_keep_every_digit() {
        for (text, value) in [
            ("18446744073709551615", u64::MAX),
            ("18,446,744,073,709,551,615", u64::MAX),
            ("9007199254740993", (1 << 53) + 1),
            ("0", 0),
            ("-0", 0),
            ("1 000 000", 1_000_000),
            ("2e5", 200_000),
            ("1.5e3", 1500),
            ("9007199254740993e0", (1 << 53) + 1),
            ("120e-1", 12),
        ] {
            assert_eq!(whole(text), Ok(value), "{text}");
        }
        for text in ["18446744073709551616", "-1", "1e20", "1e999999999999999999999"] {
            assert_eq!(whole(text), Err(Unread::OutOfRange), "{text}");
        }
        for text in ["1.5", "1,5", "2.0", "1.000", "15e-1"] {
            assert_eq!(whole(text), Err(Unread::NotWhole), "{text}");
        }
    }

    #[test]
    fn in_german_both_notations_are_read_and_what_can_mean_two_things_is_refused() {
        words::speak(Language::German);
        for (text, value) in [
            ("0,05", 0.05),
            ("0.05", 0.05),
            ("0,123", 0.123),
            ("0.123", 0.123),
            ("1,234", 1.234),
            ("1,5", 1.5),
            ("1.5", 1.5),
            ("1.234,5", 1234.5),
            ("1,234.5", 1234.5),
            ("12.345.678", 12_345_678.0),
            ("1,234,567", 1_234_567.0),
            ("1.234.567,25", 1_234_567.25),
            ("12\u{2009}345,5", 12345.5),
            ("2,5e-4", 2.5e-4),
            (",5", 0.5),
        ] {
            assert_eq!(real(text), Ok(value), "{text}");
        }
        assert_eq!(real("1.234"), Err(Unread::Ambiguous("1234".into(), "1,234".into())));
        for text in ["1.23.4", "1,2,3", "1.234,5,6", "a,b", "1.2345,6"] {
            assert!(real(text).is_err(), "{text}");
        }
        for (text, value) in [("1.000", 1000), ("1,000", 1000), ("18.446.744.073.709.551.615", u64::MAX), ("42", 42)] {
            assert_eq!(whole(text), Ok(value), "{text}");
        }
        assert_eq!((whole("1,5"), whole("1.5")), (Err(Unread::NotWhole), Err(Unread::NotWhole)));
        for value in [0.1 + 0.2, 3e-3, 1e-45, 1e30, 123_456.789, 1.234, 0.0, -2.5] {
            let written = FieldNumber::Real(value).to_string();
            assert!(!written.contains('.'), "{written}");
            assert_eq!(real(&written), Ok(value));
        }
    }

    #[test]
    fn every_number_reads_back_as_it_is_written() {
        for value in [0.1 + 0.2, 3e-3, 1e-45, 1e30, 123_456.789, 0.0, 5e-324, -2.5] {
            assert_eq!(real(&FieldNumber::Real(value).to_string()), Ok(value));
        }
        assert_eq!(whole(&FieldNumber::Whole(u64::MAX).to_string()), Ok(u64::MAX));
    }
}
