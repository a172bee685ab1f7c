//! Words of the tiles that have grown, beyond those of [`super::tiles`].

use crate::domain::measures::staleness::StalenessBin;
use crate::domain::readings::Bin;
use crate::domain::roster::ExpertId;
use crate::ui::kit::numbers::{count, counted, fixed, percent, signed};
use crate::ui::words::UNKNOWN;
use crate::ui::words::tiles::steps;

/// Load, grown.
pub const LOAD_PAGES: [&str; 2] = ["Over time", "Specialization"];
/// Collapse, grown.
pub const COLLAPSE_PAGES: [&str; 2] = ["Answers", "Weights"];

/// Pictures of pairs among a byte's picks.
pub const NEEDS_PAIRS: &str = "needs a top-k of 2";
/// Line of MaxVio.
pub const ONE_BATCH: &str = "one batch";

/// Line of MaxVio.
pub const WINDOW: &str = "100 steps";
/// Line beside top-1.
pub const CHANCE: &str = "chance";

/// Line beside response kept.
pub const AT_RANDOM: &str = "picks at random";
/// Line of output cosine.
pub const MEAN_OF_PAIRS: &str = "mean of pairs";

/// Line of output cosine.
pub const WORST: &str = "most alike pair";
/// The heat map.
pub const LOAD_OVER_TIME: &str = "Load over time";

/// Its scale.
pub const LOAD_SCALE: &str = "blue: less than even · brown: more";
/// For those who cannot see it.
pub const LOAD_ROWS: &str = "Load over time, a row per expert";

/// A cell of it.
pub fn load_then(id: ExpertId, step: u64, share: &str, even: f64) -> String {
    format!("Expert {id} around step {}: {share}; even is {}", count(step), percent(even))
}

/// Axes of the reliability diagram.
pub const RELIABILITY_AXES: &str = "router's p → share it wins ↑";
/// For those who cannot see it.
pub const RELIABILITY: &str = "Reliability: share won over the router's p; the diagonal is ideal";

/// A bin of the reliability diagram, from 0.
pub fn reliability_bin(place: usize, bin: Bin) -> String {
    let (from, to) = (fixed(place as f64 / 10.0, 1), fixed((place + 1) as f64 / 10.0, 1));
    let (p, won) = (fixed(bin.confidence, 3), percent(bin.accuracy));
    format!("p from {from} to {to}: {}, mean p {p}, won {won}", counted(bin.tokens, "token"))
}

/// For those who cannot see it.
pub const CKA_PAIRS: &str = "CKA of every two experts";

/// A cell of CKA.
pub fn cka_pair(one: ExpertId, other: ExpertId, value: &str, tokens: usize) -> String {
    format!("Experts {one} and {other}: CKA {value}, on {}", counted(tokens, "token"))
}

/// For those who cannot see it.
pub const LIFT_MAP: &str = "Lift: classes of bytes in rows, experts in columns";

/// A cell of lift.
pub fn lift_cell(id: ExpertId, class: &str, value: Option<f64>) -> String {
    match value {
        Some(value) => {
            let times = fixed(value.exp2(), 2);
            format!("Expert {id}, {class}: {} bits, {times} times as often as in all", signed(value, 2))
        }
        None => format!("Expert {id}, {class}: {UNKNOWN}"),
    }
}

/// Bits with their sign.
pub fn bits(value: f64) -> String {
    format!("{} bits", signed(value, 1))
}

/// For those who cannot see it.
pub const TOGETHER_MAP: &str = "Co-activation of every two experts";

/// A cell of co-activation.
pub fn together_cell(one: ExpertId, other: ExpertId, share: Option<f64>, even: Option<f64>) -> String {
    let share = share.map_or(UNKNOWN.into(), percent);
    let even = even.map_or_else(String::new, |even| format!("; even is {}", percent(even)));
    format!("{share} of the bytes that pick {one} also pick {other}{even}")
}

/// Beside the name of co-activation.
pub fn even_share(share: f64) -> String {
    format!("even {}", percent(share))
}

/// For those who cannot see it.
pub const LORENZ_CURVE: &str = "Lorenz curve of the load; the diagonal is even";

/// A point of the Lorenz curve.
pub fn lorenz_point(experts: f64, tokens: f64) -> String {
    format!("The least used {} of the experts get {} of the tokens", percent(experts), percent(tokens))
}

/// Beside the name of the Lorenz curve.
pub fn gini(gini: f64) -> String {
    format!("Gini {}", fixed(gini, 2))
}

/// The picture of staleness, for those who cannot see it.
pub fn staleness(probes: usize, most: u64) -> String {
    format!("Kappa of {} by steps since the layer last competed, up to {}", counted(probes, "probe"), steps(most))
}

/// A point of its line.
pub fn stale_bin(bin: &StalenessBin) -> String {
    let span = if bin.from == bin.to { count(bin.from) } else { format!("{} to {}", count(bin.from), count(bin.to)) };
    let steps = if bin.from == bin.to && bin.to == 1 { "step" } else { "steps" };
    let (kappa, probes) = (fixed(bin.kappa, 3), counted(bin.probes, "probe"));
    format!("{span} {steps} after a competition: kappa {kappa}, mean of {probes}")
}

// The router alone.

/// Agreement, grown.
pub const AGREEMENT_PAGES: [&str; 2] = ["Router and competition", "Router alone"];
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
