//! Words of the pictures of the router alone.

use crate::roster::ExpertId;
use crate::ui::numbers::{count, fixed, percent};

/// Agreement, grown.
pub const PAGES: [&str; 2] = ["Router and competition", "Router alone"];
/// A line beside the entropy.
pub const MARGINAL: &str = "of the mean over bytes";
/// Where the policy's router has no rows.
pub const NO_ROWS: &str = "no rows: this policy's router is of another kind";
/// For those who cannot see it.
pub const ROWS_MAP: &str = "Cosine of every two rows of the router";

/// A cell of the rows.
pub fn rows_cell(one: ExpertId, other: ExpertId, cosine: f64) -> String {
    format!("Rows of experts {one} and {other}: cosine {}; 0 is unrelated", fixed(cosine, 3))
}

/// The most alike rows.
pub fn most_alike(one: ExpertId, other: ExpertId, cosine: f64, pairs: usize) -> String {
    format!("experts {one} and {other}: {} = the most of {pairs} pairs", fixed(cosine, 3))
}

/// A bin of the margins.
pub fn margin_bin(from: f64, to: f64, bytes: usize, all: usize) -> String {
    let share = percent(bytes as f64 / all.max(1) as f64);
    format!(
        "Margin {} to {}: {} of {} bytes ({share})",
        fixed(from, 2),
        fixed(to, 2),
        count(bytes as u64),
        count(all as u64)
    )
}

/// The margins, for those who cannot see them.
pub fn margins(narrow: f64) -> String {
    format!("Margins of the bytes: {} are below 0.1", percent(narrow))
}

/// Both entropies.
pub fn entropies(token: &str, marginal: &str) -> String {
    format!("of a byte {token}, of the mean {marginal}")
}

/// What repetition would be by luck.
pub fn by_luck(k: usize, experts: usize, share: f64) -> String {
    format!("{k} of {experts} at random: {}.", percent(share))
}
