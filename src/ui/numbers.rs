//! How numbers are written: separators, short forms, shares that add up. Pure.

use super::strings::UNKNOWN;

/// A count with thousands separated: `2,138`.
pub fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A quantity in three digits or so with k, M or G: `88.3 k`. Not finite: `n/a`.
pub fn short(value: f64) -> String {
    if !value.is_finite() {
        return UNKNOWN.into();
    }
    for (unit, suffix) in [(1e9, " G"), (1e6, " M"), (1e3, " k")] {
        if value.abs() >= unit {
            return format!("{}{suffix}", three_digits(value / unit));
        }
    }
    three_digits(value)
}

/// Three significant digits at most, at most two decimals.
fn three_digits(value: f64) -> String {
    match value.abs() {
        v if v >= 99.95 || v == 0.0 => format!("{value:.0}"),
        v if v >= 9.995 => format!("{value:.1}"),
        _ => format!("{value:.2}"),
    }
}

/// A knob's value: `0.07`, `200`, `6e-4`.
pub fn knob(value: f64) -> String {
    if !value.is_finite() {
        return UNKNOWN.into();
    }
    if value != 0.0 && value.abs() < 1e-3 {
        let text = format!("{value:.1e}");
        return text.replace(".0e", "e");
    }
    let text = format!("{value:.4}");
    let trimmed = text.trim_end_matches('0').trim_end_matches('.');
    trimmed.to_owned()
}

/// A real number in all digits it takes to read it back: `0.07`, `6e-4`, `1e30`.
pub fn exact(value: f64) -> String {
    let plain = value == 0.0 || !value.is_finite() || (1e-3..1e6).contains(&value.abs());
    if plain { value.to_string() } else { format!("{value:e}") }
}

/// A value with `decimals` decimals and a true minus sign; `n/a` if it is not finite.
pub fn fixed(value: f64, decimals: usize) -> String {
    if !value.is_finite() {
        return UNKNOWN.into();
    }
    format!("{value:.decimals$}").replace('-', "−")
}

/// A small number in so many digits that it says something: `0.123`, `6.1e-5`.
pub fn small(value: f64) -> String {
    match value.abs() {
        _ if !value.is_finite() => fixed(value, 3),
        v if v > 0.0 && v < 0.01 => format!("{value:.1e}").replace('-', "−"),
        v if v >= 100.0 => fixed(value, 0),
        _ => fixed(value, 3),
    }
}

/// A change with its sign: `+35 %`, `−0.02`.
pub fn signed(value: f64, decimals: usize) -> String {
    let text = fixed(value, decimals);
    let zero = text.trim_start_matches('−').chars().all(|c| matches!(c, '0' | '.'));
    match (zero, value > 0.0) {
        (true, _) => text.trim_start_matches('−').to_owned(),
        (false, true) => format!("+{text}"),
        (false, false) => text,
    }
}

/// A share as a percentage with one decimal: `75.6 %`.
pub fn percent(share: f64) -> String {
    if share.is_finite() { format!("{} %", fixed(share * 100.0, 1)) } else { UNKNOWN.into() }
}

/// Seconds as `0:43`, `12:05` or `3:20:00`.
pub fn duration(secs: f64) -> String {
    if !(0.0..=3.6e6).contains(&secs) {
        return UNKNOWN.into();
    }
    let whole = secs.round() as u64;
    let (hours, minutes, seconds) = (whole / 3600, whole / 60 % 60, whole % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{seconds:02}") } else { format!("{minutes}:{seconds:02}") }
}

/// Bytes as `412 B`, `400 kB`, `1.2 GB`.
pub fn bytes(n: u64) -> String {
    match n {
        0..1_000 => format!("{n} B"),
        _ => {
            let text = short(n as f64);
            format!("{text}B")
        }
    }
}

/// Shares in tenths of a per cent, rounded by largest remainder so that they add up to 100 when the shares add to 1.
pub fn tenths(shares: &[f64]) -> Vec<f64> {
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

/// Values for about so many axis ticks between `low` and `high`: steps of 1, 2 or 5 times a power of ten.
pub fn ticks(low: f64, high: f64, about: usize) -> Vec<f64> {
    let span = high - low;
    if !span.is_finite() || span <= 0.0 || about == 0 {
        return Vec::new();
    }
    let rough = span / about as f64;
    let power = 10f64.powf(rough.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0].into_iter().map(|m| m * power).find(|&s| s >= rough * 0.7).unwrap_or(rough);
    let first = (low / step).ceil() as i64;
    let last = (high / step).floor() as i64;
    (first..=last).take(4 * about + 4).map(|i| i as f64 * step).collect()
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
    fn ticks_are_round_and_inside() {
        assert_eq!(ticks(0.0, 4000.0, 8), [0.0, 500.0, 1000.0, 1500.0, 2000.0, 2500.0, 3000.0, 3500.0, 4000.0]);
        assert_eq!(ticks(-0.1, 0.75, 4).len(), 4, "a step of 0.2, not of 0.5");
        assert!(ticks(1.0, 1.0, 4).is_empty() && ticks(0.0, f64::NAN, 4).is_empty());
    }

    #[test]
    fn small_numbers_keep_their_digits() {
        assert_eq!([0.0, 0.25, 6.1e-5, 512.4, f64::NAN].map(small), ["0.000", "0.250", "6.1e−5", "512", "n/a"]);
    }
}
