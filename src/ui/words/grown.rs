//! Words of the tiles that have grown, beyond those of [`super::tiles`].

use crate::domain::measures::specialization;
use crate::domain::measures::staleness::StalenessBin;
use crate::domain::readings::Bin;
use crate::domain::roster::ExpertId;
use crate::ui::kit::numbers::{count, fixed, percent, signed};
use crate::ui::words::UNKNOWN;
use crate::ui::words::tiles::steps;
use crate::ui::words::units;
use crate::words::constants::texts;
use crate::words::language::FixedText;
use crate::words::table::sentences;

texts! { "grown":
    /// Pictures of pairs among a byte's picks.
    pub(crate) NEEDS_PAIRS;
    /// Line of MaxVio.
    pub(crate) ONE_BATCH;
    /// Line of MaxVio.
    pub(crate) WINDOW;
    /// Line beside top-1.
    pub(crate) CHANCE;
    /// Line beside response kept.
    pub(crate) AT_RANDOM;
    /// Line of output cosine.
    pub(crate) MEAN_OF_PAIRS;
    /// Line of output cosine.
    pub(crate) WORST;
    /// The heat map.
    pub(crate) LOAD_OVER_TIME;
    /// Its scale.
    pub(crate) LOAD_SCALE;
    /// For those who cannot see it.
    pub(crate) LOAD_ROWS;
    /// Axes of the reliability diagram.
    pub(crate) RELIABILITY_AXES;
    /// For those who cannot see it.
    pub(crate) RELIABILITY;
    /// For those who cannot see it.
    pub(crate) CKA_PAIRS;
    /// For those who cannot see it.
    pub(crate) TOGETHER_MAP;
    /// For those who cannot see it.
    pub(crate) LORENZ_CURVE;
    /// Where the policy's router has no rows.
    pub(crate) NO_ROWS;
    /// For those who cannot see it.
    pub(crate) ROWS_MAP;
    LOAD_PAGES_FIRST;
    LOAD_PAGES_SECOND;
    COLLAPSE_PAGES_FIRST;
    COLLAPSE_PAGES_SECOND;
    STEP;
    STEPS;
    AGREEMENT_PAGES_FIRST;
    AGREEMENT_PAGES_SECOND;
}

sentences! { "grown":
    /// A line beside the entropy.
    pub(crate) fn of_the_mean();
    /// For those who cannot see it.
    pub(crate) fn lift_map();
    /// A cell of it.
    pub(crate) fn load_then(id: ExpertId, step: u64, share: &str, even: f64) { id = id, step = count(step), share = share, even = percent(even) };
    /// A cell of CKA.
    pub(crate) fn cka_pair(one: ExpertId, other: ExpertId, value: &str, tokens: usize) { one = one, other = other, value = value, tokens = units::token(tokens) };
    /// Bits with their sign.
    pub(crate) fn bits(value: f64) { value = signed(value, 1) };
    /// Beside the name of co-activation.
    pub(crate) fn even_share(share: f64) { share = percent(share) };
    /// A point of the Lorenz curve.
    pub(crate) fn lorenz_point(experts: f64, tokens: f64) { experts = percent(experts), tokens = percent(tokens) };
    /// Beside the name of the Lorenz curve.
    pub(crate) fn gini(gini: f64) { gini = fixed(gini, 2) };
    /// The picture of staleness, for those who cannot see it.
    pub(crate) fn staleness(probes: usize, most: u64) { probes = units::probe(probes), most = steps(most) };
    /// A cell of the rows.
    pub(crate) fn rows_cell(one: ExpertId, other: ExpertId, cosine: f64) { one = one, other = other, cosine = fixed(cosine, 3) };
    /// The margins, for those who cannot see them.
    pub(crate) fn margins(narrow: f64) { narrow = percent(narrow) };
    /// Both entropies.
    pub(crate) fn entropies(token: &str, marginal: &str) { token = token, marginal = marginal };
    /// What repetition would be by luck.
    pub(crate) fn by_luck(k: usize, experts: usize, share: f64) { k = k, experts = experts, share = percent(share) };
    fn p_and_won(from, to, bin, p, won);
    fn lift_of(id, class, value, times);
    fn lift_unknown(id, class, unknown);
    fn even_is(even);
    fn share_of_pickers(share, one, other, even);
    fn from_to(bin, bin_2);
    fn kappa_after(span, steps, kappa, probes);
    fn bytes_in_margin(from, to, bytes, all, share);
}

/// Load, grown.
pub(crate) const LOAD_PAGES: [FixedText; 2] = [LOAD_PAGES_FIRST, LOAD_PAGES_SECOND];
/// Collapse, grown.
pub(crate) const COLLAPSE_PAGES: [FixedText; 2] = [COLLAPSE_PAGES_FIRST, COLLAPSE_PAGES_SECOND];

/// A bin of the reliability diagram, from 0.
pub(crate) fn reliability_bin(place: usize, bin: Bin) -> String {
    let (from, to) = (fixed(place as f64 / 10.0, 1), fixed((place + 1) as f64 / 10.0, 1));
    let (p, won) = (fixed(bin.confidence, 3), percent(bin.accuracy));
    p_and_won(from, to, units::token(bin.tokens), p, won)
}

/// A cell of lift.
pub(crate) fn lift_cell(id: ExpertId, class: &str, value: Option<f64>) -> String {
    match value {
        Some(value) => {
            let times = fixed(specialization::times_as_often(value), 2);
            lift_of(id, class, signed(value, 2), times)
        }
        None => lift_unknown(id, class, UNKNOWN),
    }
}

/// A cell of co-activation.
pub(crate) fn together_cell(one: ExpertId, other: ExpertId, share: Option<f64>, even: Option<f64>) -> String {
    let share = share.map_or(UNKNOWN.into(), percent);
    let even = even.map_or_else(String::new, |even| even_is(percent(even)));
    share_of_pickers(share, one, other, even)
}

/// A point of its line.
pub(crate) fn stale_bin(bin: &StalenessBin) -> String {
    let span = if bin.from == bin.to { count(bin.from) } else { from_to(count(bin.from), count(bin.to)) };
    let steps = if bin.from == bin.to && bin.to == 1 { STEP } else { STEPS };
    let (kappa, probes) = (fixed(bin.kappa, 3), units::probe(bin.probes));
    kappa_after(span, steps, kappa, probes)
}

/// Agreement, grown.
pub(crate) const AGREEMENT_PAGES: [FixedText; 2] = [AGREEMENT_PAGES_FIRST, AGREEMENT_PAGES_SECOND];

/// A bin of the margins.
pub(crate) fn margin_bin(from: f64, to: f64, bytes: usize, all: usize) -> String {
    let share = percent(bytes as f64 / all.max(1) as f64);
    bytes_in_margin(fixed(from, 2), fixed(to, 2), count(bytes as u64), count(all as u64), share)
}
