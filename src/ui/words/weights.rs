//! Words of weight similarity: its two ways, how far a comparison has come, its pairs.

use crate::domain::roster::ExpertId;
use crate::ui::kit::numbers::{count, fixed};
use crate::ui::words::units;
use crate::words::constants::texts;
use crate::words::language::FixedText;
use crate::words::table::sentences;

texts! { "weights":
    /// Matched: formula, floor, source.
    pub(crate) ABOUT;
    /// Why the other way misleads.
    pub(crate) AS_THEY_LIE_ABOUT;
    /// The button.
    pub(crate) COMPARE;
    /// The same for those who cannot see where it stands.
    pub(crate) COMPARE_SAID;
    /// In the place of the map.
    pub(crate) NOT_YET;
    /// In the place of the map of one expert.
    pub(crate) NEEDS_TWO;
    TITLES_MATCHED;
    TITLES_UNMATCHED;
    WAYS_MATCHED;
    WAYS_UNMATCHED;
    WAYS_SAID_MATCHED;
    WAYS_SAID_UNMATCHED;
}

sentences! { "weights":
    /// Why there is no map, for those who cannot see it.
    pub(crate) fn none_said(why: &str) { why = why };
    /// How far a comparison has come.
    pub(crate) fn progress(done: usize, pairs: usize) { done = count(done as u64), pairs = units::pair(pairs) };
    /// The same for those who cannot see it.
    pub(crate) fn progress_said(progress: &str) { progress = progress };
    /// A cell on the diagonal.
    pub(crate) fn itself(id: ExpertId) { id = id };
    fn foot_unmatched(step);
    fn foot_with_chance(step, chance);
    fn foot_alone(step);
    fn most_alike(one, other, value);
    fn map_line(foot, most);
    fn pair_values(one, other, matched, as_they_lie);
    fn pair_unknown(one, other);
    fn pair_not_yet(one, other, not_yet);
}

/// Titles: with and without matching.
pub(crate) const TITLES: [FixedText; 2] = [TITLES_MATCHED, TITLES_UNMATCHED];
/// The switch between them.
pub(crate) const WAYS: [FixedText; 2] = [WAYS_MATCHED, WAYS_UNMATCHED];
/// The same for those who cannot see it.
pub(crate) const WAYS_SAID: [FixedText; 2] = [WAYS_SAID_MATCHED, WAYS_SAID_UNMATCHED];

/// Below the map: when it was taken, and what unrelated experts come to, if that is known. Without matching it is 0.
pub(crate) fn foot(step: u64, as_they_lie: bool, chance: Option<f32>) -> String {
    let step = count(step);
    match chance {
        _ if as_they_lie => foot_unmatched(step),
        Some(chance) => foot_with_chance(step, fixed(f64::from(chance), 2)),
        None => foot_alone(step),
    }
}

/// The map, for those who cannot see it; with the most alike pair if one is known.
pub(crate) fn map_said(foot: &str, most: Option<(ExpertId, ExpertId, f32)>) -> String {
    let most = most.map_or_else(String::new, |(one, other, value)| most_alike(one, other, fixed(f64::from(value), 2)));
    map_line(foot, most)
}

/// Another cell: its values with and without matching, `None` before they are known; `done` if nothing more will come.
pub(crate) fn pair(one: ExpertId, other: ExpertId, values: Option<[f32; 2]>, done: bool) -> String {
    match values.map(|values| values.map(|value| fixed(f64::from(value), 2))) {
        Some([matched, as_they_lie]) => pair_values(one, other, matched, as_they_lie),
        None if done => pair_unknown(one, other),
        None => pair_not_yet(one, other, NOT_YET),
    }
}
