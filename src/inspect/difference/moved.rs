//! Moved tokens: which tokens of a text changed their first expert between two checkpoints, who gave to whom, and how much of all
//! picks stayed (saturation).

use serde::Serialize;

use super::likeness::Likeness;
use super::matching::{ExpertMatching, MatchedBy};
use crate::domain::measures::change;
use crate::inspect::text::RoutedLayer;

/// How the tokens of a text moved between the experts of a layer.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MovedTokens {
    tokens: usize,
    moved: usize,
    share: Option<f64>,
    share_by_chance: Option<f64>,
    flows: Vec<Vec<u32>>,
    net: Vec<i64>,
    saturation: Option<f64>,
    saturation_by_chance: Option<f64>,
    moved_at: Vec<usize>,
    matching: ExpertMatching,
}

impl MovedTokens {
    /// Tokens that both checkpoints sent to an expert.
    pub fn tokens(&self) -> usize {
        self.tokens
    }

    /// Those of them whose first expert is another than then.
    pub fn moved(&self) -> usize {
        self.moved
    }

    /// Share of the tokens that moved, 0 to 1; `None` without a token.
    pub fn share(&self) -> Option<f64> {
        self.share
    }

    /// What the share would be for two routers that choose independently at these loads: 1 − Σ pᵢqᵢ over first picks, p then, q
    /// now.
    pub fn share_by_chance(&self) -> Option<f64> {
        self.share_by_chance
    }

    /// Tokens by their first expert then (rows) and now (columns), `[E then][E now]`: who gave to whom.
    pub fn flows(&self) -> &[Vec<u32>] {
        &self.flows
    }

    /// Tokens that each expert has now as their first less those that it had then, `[E now]`.
    pub fn net(&self) -> &[i64] {
        &self.net
    }

    /// Router saturation: mean over tokens of |picks now ∩ picks then| ÷ k, 0 to 1 (OLMoE, arXiv 2409.02060).
    pub fn saturation(&self) -> Option<f64> {
        self.saturation
    }

    /// What saturation would be for two routers that choose independently at these loads: Σ aᵢbᵢ ÷ k, a and b the shares of
    /// tokens that have expert i among their picks.
    pub fn saturation_by_chance(&self) -> Option<f64> {
        self.saturation_by_chance
    }

    /// Places of the tokens that moved, in order.
    pub fn moved_at(&self) -> &[usize] {
        &self.moved_at
    }

    /// By which the experts were held for the same.
    pub fn matching(&self) -> &ExpertMatching {
        &self.matching
    }
}

/// Compares how two checkpoints route the same tokens.
///
/// - `matching`: which expert then is which now
pub fn moved_tokens(then: &RoutedLayer, now: &RoutedLayer, matching: &ExpertMatching) -> MovedTokens {
    let first = |picks: Option<&Vec<u32>>, experts: usize| {
        picks.and_then(|picks| picks.first()).map(|&expert| expert as usize).filter(|&expert| expert < experts)
    };
    let mut flows = vec![vec![0u32; now.experts]; then.experts];
    let (mut tokens, mut moved_at) = (0, Vec::new());
    for token in 0..then.picks.len().min(now.picks.len()) {
        let pair = (first(then.picks.get(token), then.experts), first(now.picks.get(token), now.experts));
        let (Some(was), Some(is)) = pair else { continue };
        tokens += 1;
        if let Some(cell) = flows.get_mut(was).and_then(|row| row.get_mut(is)) {
            *cell += 1;
        }
        if matching.then_of(is) != Some(was) {
            moved_at.push(token);
        }
    }
    let gave: Vec<i64> = flows.iter().map(|row| row.iter().map(|count| i64::from(*count)).sum()).collect();
    let took =
        |expert: usize| flows.iter().filter_map(|row| row.get(expert)).map(|count| i64::from(*count)).sum::<i64>();
    let net = |expert: usize| {
        let had = matching.then_of(expert).and_then(|then| gave.get(then)).copied().unwrap_or(0);
        took(expert) - had
    };
    let share = |count: usize| (tokens > 0).then(|| count as f64 / tokens as f64);
    let same_by_chance = |expert: usize| {
        let had = matching.then_of(expert).and_then(|then| gave.get(then)).copied().unwrap_or(0);
        had as f64 * took(expert) as f64
    };
    let all = (tokens as f64).powi(2);
    let share_by_chance = (tokens > 0).then(|| 1.0 - (0..now.experts).map(same_by_chance).sum::<f64>() / all);
    let sets = PickSets::of(then, now, matching);
    MovedTokens {
        tokens,
        moved: moved_at.len(),
        share: share(moved_at.len()),
        share_by_chance,
        net: (0..now.experts).map(net).collect(),
        flows,
        saturation: change::saturation(&sets.now, &sets.then, sets.k),
        saturation_by_chance: sets.by_chance(),
        moved_at,
        matching: matching.clone(),
    }
}

/// Which expert then is which now by the tokens that they answer: the order in which most tokens keep their first expert. Its likeness
/// is the share of tokens that do.
pub(super) fn matching_by_picks(then: &RoutedLayer, now: &RoutedLayer) -> ExpertMatching {
    let all = moved_tokens(then, now, &ExpertMatching::as_stored(now.experts, then.experts));
    let pairs = then.experts.min(now.experts) as f64;
    // A mean over pairs is then a sum over tokens.
    let share = |count: &u32| Some(f64::from(*count) * pairs / all.tokens.max(1) as f64);
    let cells = all.flows.iter().flatten().map(share).collect();
    Likeness::new(cells, then.experts, now.experts, all.tokens).matching(MatchedBy::Picks, false, None)
}

/// In the place of a pick that a token lacks, then and now: never the same.
const LACKS: [u32; 2] = [u32::MAX, u32::MAX - 1];

/// All picks of both, `[T × k]`, in the numbers of the experts now.
struct PickSets {
    now: Vec<u32>,
    then: Vec<u32>,
    k: usize,
    experts: usize,
}

impl PickSets {
    fn of(then: &RoutedLayer, now: &RoutedLayer, matching: &ExpertMatching) -> Self {
        let tokens = then.picks.len().min(now.picks.len());
        let k = now.top_k.max(then.top_k).max(1);
        // An expert that is gone has a number that nobody has now.
        let renamed = |expert: u32| match matching.now_of(expert as usize) {
            Some(now) => now as u32,
            None => LACKS[1] - 1 - expert,
        };
        let slots = |picks: &[u32], lacks: u32| {
            let mut slots: Vec<u32> = picks.iter().take(k).copied().collect();
            slots.resize(k, lacks);
            slots
        };
        let flat = |layer: &RoutedLayer, lacks| -> Vec<u32> {
            layer.picks.iter().take(tokens).flat_map(|picks| slots(picks, lacks)).collect()
        };
        let was = flat(then, LACKS[1]);
        let was = was.into_iter().map(|slot| if slot == LACKS[1] { slot } else { renamed(slot) }).collect();
        Self { now: flat(now, LACKS[0]), then: was, k, experts: now.experts }
    }

    fn by_chance(&self) -> Option<f64> {
        let tokens = self.now.len() / self.k;
        let count = |slots: &[u32]| {
            let mut counts = vec![0u32; self.experts];
            for slot in slots {
                if let Some(count) = counts.get_mut(*slot as usize) {
                    *count += 1;
                }
            }
            counts
        };
        let (now, then) = (count(&self.now), count(&self.then));
        let both: f64 = now.iter().zip(&then).map(|(now, then)| f64::from(*now) * f64::from(*then)).sum();
        (tokens > 0).then(|| both / (tokens as f64).powi(2) / self.k as f64)
    }
}
