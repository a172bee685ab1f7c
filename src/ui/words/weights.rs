//! Words of weight similarity: its two ways, how far a comparison has come, its pairs.

use crate::domain::roster::ExpertId;
use crate::ui::kit::numbers::{count, counted, fixed};

/// Matched: formula, floor, source.
pub const ABOUT: &str = "Cosine of the weights into and out of the hidden neurons of two experts, in the order of neurons \
that makes it largest (linear assignment; arXiv 2406.18219, section 4.1). 1: the same expert. What two experts with nothing \
in common come to is said below: an expert and another one with the signs of its weights drawn at random, matched as well; \
colours begin there.\n\
Computed when asked for, from a copy of the weights, beside the training.";
/// Why the other way misleads.
pub const AS_THEY_LIE_ABOUT: &str = "The cosine without matching. It misleads: neurons have no order of their own, and an \
expert with its neurons in another order computes the same, yet comes out unrelated here. Only copies made by splitting or \
cloning, whose neurons still lie as in the other one, can be told by it.";

/// Titles: with and without matching.
pub const TITLES: [&str; 2] = ["Weights, neurons matched", "Weights, unmatched"];
/// The switch between them.
pub const WAYS: [&str; 2] = ["matched", "unmatched"];
/// The same for those who cannot see it.
pub const WAYS_SAID: [&str; 2] = ["Weights matched", "Weights unmatched"];
/// The button.
pub const COMPARE: &str = "Compare now";
/// The same for those who cannot see where it stands.
pub const COMPARE_SAID: &str = "Compare weights now";
/// In the place of the map.
pub const NOT_YET: &str = "not compared yet";
/// In the place of the map of one expert.
pub const NEEDS_TWO: &str = "n/a, needs 2 experts";

/// Why there is no map, for those who cannot see it.
pub fn none_said(why: &str) -> String {
    format!("Weights of every two experts: {why}")
}

/// How far a comparison has come.
pub fn progress(done: usize, pairs: usize) -> String {
    format!("{} of {}", count(done as u64), counted(pairs, "pair"))
}

/// The same for those who cannot see it.
pub fn progress_said(progress: &str) -> String {
    format!("Comparing weights, {progress}")
}

/// Below the map: when it was taken, and what unrelated experts come to, if that is known. Without matching it is 0.
pub fn foot(step: u64, as_they_lie: bool, chance: Option<f32>) -> String {
    let step = count(step);
    match chance {
        _ if as_they_lie => format!("step {step} · unrelated 0"),
        Some(chance) => format!("step {step} · unrelated about {}", fixed(f64::from(chance), 2)),
        None => format!("step {step}"),
    }
}

/// The map, for those who cannot see it; with the most alike pair if one is known.
pub fn map_said(foot: &str, most: Option<(ExpertId, ExpertId, f32)>) -> String {
    let most = most.map_or_else(String::new, |(one, other, value)| {
        format!("; most alike {one} and {other}: {}", fixed(f64::from(value), 2))
    });
    format!("Weights of every two experts, {foot}{most}")
}

/// A cell on the diagonal.
pub fn itself(id: ExpertId) -> String {
    format!("Expert {id} with itself")
}

/// Another cell: its values with and without matching, `None` before they are known; `done` if nothing more will come.
pub fn pair(one: ExpertId, other: ExpertId, values: Option<[f32; 2]>, done: bool) -> String {
    match values.map(|values| values.map(|value| fixed(f64::from(value), 2))) {
        Some([matched, as_they_lie]) => {
            format!("Experts {one} and {other}: matched {matched}, unmatched {as_they_lie}")
        }
        None if done => format!("Experts {one} and {other}: n/a"),
        None => format!("Experts {one} and {other}: {NOT_YET}"),
    }
}
