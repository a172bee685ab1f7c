//! Number notation by language: decimal mark, thousands separator and per cent sign, in what is shown to people. Files are always
//! written in English notation.

use super::constants::texts;
use super::language::spoken;
use crate::domain::language::Language;

texts! { "notation":
    /// In the place of a number that is not known.
    pub(crate) UNKNOWN;
}

/// What parts the blank from a per cent sign in German: U+2009, a thin space.
const THIN: char = '\u{2009}';

/// What groups digits in threes.
pub(crate) fn thousands_mark() -> char {
    match spoken() {
        Language::English => ',',
        Language::German => '.',
    }
}

/// A number written in English notation (`1,234.5`, `6e-4`, `75.6 %`) in that of the language. What is no such number stays.
pub(crate) fn local(number: String) -> String {
    let bare = number.strip_suffix('%').unwrap_or(&number).trim();
    let is_number = bare.starts_with(|first: char| first.is_ascii_digit() || matches!(first, '-' | '−' | '+'))
        && bare.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | ',' | '-' | '−' | '+' | 'e'));
    match spoken() {
        Language::English => number,
        Language::German if !is_number => number,
        Language::German => {
            let swapped = number.chars().map(|c| match c {
                '.' => ',',
                ',' => '.',
                ' ' => THIN,
                c => c,
            });
            swapped.collect()
        }
    }
}

/// What stands between a number and its unit.
pub(crate) fn before_unit(unit: &str) -> char {
    if spoken() == Language::German && unit == "%" { THIN } else { ' ' }
}

/// A number with so many decimals: `0.25`.
pub(crate) fn decimals(value: f64, decimals: usize) -> String {
    local(format!("{value:.decimals$}"))
}

/// A number with so many decimals if its size allows it: `0.25`, but `2.1e-5` where they would show nothing but zeros, and `3.4e7` where there
/// would be a dozen digits.
pub(crate) fn sized(value: f64, digits: usize) -> String {
    let size = value.abs();
    let nothing = size != 0.0 && size * 10_f64.powi(digits as i32) < 1.0;
    if nothing || size >= 1e4 { local(format!("{value:.1e}")) } else { decimals(value, digits) }
}

/// A share in whole per cent: `24 %`.
pub(crate) fn whole_percent(share: f64) -> String {
    local(format!("{:.0} %", share * 100.0))
}

#[cfg(test)]
mod tests {
    use super::super::language::speak;
    use super::*;

    #[test]
    fn numbers_are_written_as_the_language_writes_them() {
        let all = ["1,234.5", "6e-4", "−0.02", "75.6 %", "+3", "v1.2", "L2 norm", "1.5 k", "0.70"];
        let written = || all.map(|number| local(number.to_owned()));
        assert_eq!(written(), all.map(str::to_owned));
        assert_eq!((decimals(0.254, 2), whole_percent(0.24)), ("0.25".into(), "24 %".into()));
        speak(Language::German);
        let german = ["1.234,5", "6e-4", "−0,02", "75,6\u{2009}%", "+3", "v1.2", "L2 norm", "1.5 k", "0,70"];
        assert_eq!(written(), german.map(str::to_owned));
        assert_eq!((decimals(0.254, 2), whole_percent(0.24)), ("0,25".into(), "24\u{2009}%".into()));
        assert_eq!(thousands_mark(), '.');
        assert_eq!([0.0, 2.14e-5, 0.01, 3.4e7].map(|value| sized(value, 2)), ["0,00", "2,1e-5", "0,01", "3,4e7"]);
    }
}
