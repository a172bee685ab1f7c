//! Difference of two checkpoints in words: how experts were matched, which of them stayed or went farthest, which gained and lost tokens.

use super::notation;
use super::table::sentences;
use crate::inspect::{ChangeVerdict, CheckpointDifference, ComparedMeasure, LayerDifference, MatchedBy, MovedTokens};

sentences! { "inspection":
    /// Two checkpoints that cannot be compared.
    pub(crate) fn not_against(file, other, error);
    /// What the checkpoint is compared with.
    pub(crate) fn compared_with(file);
    /// Before how far experts went.
    pub(crate) fn how_far();
    /// Before which tokens moved.
    pub(crate) fn tokens_moved();
    /// Before measures then and now.
    pub(crate) fn then_and_now();
    /// Before what changed, in words.
    pub(crate) fn what_changed_head();
    /// Experts that the table leaves out.
    pub(crate) fn more_experts[count](count: usize) { count = count };
    /// The other checkpoint has no tokenizer.
    pub(crate) fn same_ids(file);
    fn all_the_same();
    fn unread_in(layer, why);
    fn matched_by_identity(layer);
    fn matched_by_weights(layer, likeness, as_stored);
    fn matched_by_sample(layer, likeness, as_stored);
    fn matched_by_neurons(layer, likeness, chance);
    fn matched_by_rows(layer, likeness, as_stored);
    fn matched_by_picks(layer, share, as_stored);
    fn unrelated(layer, likeness);
    fn experts_new[count](count: usize, layer: &str, experts: &str) { layer = layer, experts = experts };
    fn experts_gone[count](count: usize, layer: &str, experts: &str) { layer = layer, experts = experts };
    fn experts_still[count](count: usize, layer: &str, experts: &str) { layer = layer, experts = experts };
    fn went_farthest(layer, expert, share);
    fn only_router(layer, share);
    fn gave_and_took(layer, loser, lost, winner, gained);
    fn moved_overall(share, tokens, chance);
    fn measure_validation_loss();
    fn measure_text_loss();
    fn measure_kappa();
    fn measure_recall();
    fn measure_response_captured();
    fn measure_load_cv();
    fn measure_unused_experts();
    fn measure_experts_in_use();
    fn measure_worst_output_cosine();
    fn measure_worst_weight_cosine();
    fn measure_effective_rank();
    fn measure_weight_rank();
    fn measure_router_entropy();
    fn verdict_better();
    fn verdict_worse();
    fn verdict_neither();
}

/// Most sentences on one kind of change.
const MOST: usize = 6;
/// Most experts that one sentence names.
const MOST_NAMED: usize = 12;

/// How a reader calls layers and experts.
#[derive(Clone, Copy)]
pub struct DifferenceNames<'a> {
    /// The layer of a key.
    pub layer: &'a dyn Fn(&str) -> String,
    /// The expert of a number.
    pub expert: &'a dyn Fn(usize) -> String,
}

impl DifferenceNames<'_> {
    fn experts(self, numbers: &[usize]) -> String {
        let named: Vec<String> = numbers.iter().take(MOST_NAMED).map(|number| (self.expert)(*number)).collect();
        let more = if numbers.len() > MOST_NAMED { ", …" } else { "" };
        named.join(", ") + more
    }
}

/// A measure by its name.
pub fn compared_measure(measure: ComparedMeasure) -> &'static str {
    match measure {
        ComparedMeasure::ValidationLoss => measure_validation_loss(),
        ComparedMeasure::TextLoss => measure_text_loss(),
        ComparedMeasure::Kappa => measure_kappa(),
        ComparedMeasure::Recall => measure_recall(),
        ComparedMeasure::ResponseCaptured => measure_response_captured(),
        ComparedMeasure::LoadCv => measure_load_cv(),
        ComparedMeasure::UnusedExperts => measure_unused_experts(),
        ComparedMeasure::ExpertsInUse => measure_experts_in_use(),
        ComparedMeasure::WorstOutputCosine => measure_worst_output_cosine(),
        ComparedMeasure::WorstWeightCosine => measure_worst_weight_cosine(),
        ComparedMeasure::EffectiveRank => measure_effective_rank(),
        ComparedMeasure::WeightRank => measure_weight_rank(),
        ComparedMeasure::RouterEntropy => measure_router_entropy(),
    }
}

/// Whether a change is for the better.
pub fn change_verdict(verdict: ChangeVerdict) -> &'static str {
    match verdict {
        ChangeVerdict::Better => verdict_better(),
        ChangeVerdict::Worse => verdict_worse(),
        ChangeVerdict::Neither => verdict_neither(),
    }
}

/// What changed between two checkpoints, sentence by sentence: first which tokens moved, then how experts were matched, then weights.
pub fn what_changed(difference: &CheckpointDifference, names: DifferenceNames<'_>) -> Vec<String> {
    let layers = difference.layers();
    let mut all = Vec::new();
    let mut most: Vec<(&LayerDifference, &MovedTokens)> =
        layers.iter().filter_map(|layer| Some((layer, layer.moved()?))).collect();
    all.extend(overall(&most));
    most.sort_by_key(|(_, moved)| std::cmp::Reverse(moved.net().iter().copied().map(i64::abs).max().unwrap_or(0)));
    all.extend(most.iter().take(MOST).filter_map(|(layer, moved)| exchange(layer, moved, names)));
    let matched: Vec<String> = layers.iter().filter_map(|layer| matched(layer, names)).collect();
    all.extend(matched.into_iter().take(MOST));
    all.extend(layers.iter().flat_map(|layer| newcomers(layer, names)).take(MOST));
    if difference.is_nothing() && layers.iter().all(|layer| layer.unread().is_none()) {
        all.push(all_the_same().to_owned());
        return all;
    }
    all.extend(layers.iter().filter_map(|layer| still(layer, names)).take(MOST));
    all.extend(farthest(layers, names));
    let unread = layers.iter().filter_map(|layer| Some(unread_in((names.layer)(layer.key()), layer.unread()?)));
    all.extend(unread.take(MOST));
    all
}

/// The mean over layers of the share that moved, beside chance.
fn overall(layers: &[(&LayerDifference, &MovedTokens)]) -> Option<String> {
    let mean = |of: fn(&MovedTokens) -> Option<f64>| {
        let told: Vec<f64> = layers.iter().filter_map(|(_, moved)| of(moved)).collect();
        (!told.is_empty()).then(|| told.iter().sum::<f64>() / told.len() as f64)
    };
    let tokens = layers.iter().map(|(_, moved)| moved.tokens()).max()?;
    let percent = |share: f64| notation::local(format!("{:.1} %", 100.0 * share));
    Some(moved_overall(percent(mean(MovedTokens::share)?), tokens, percent(mean(MovedTokens::share_by_chance)?)))
}

/// Who lost most in a layer, and who gained most.
fn exchange(layer: &LayerDifference, moved: &MovedTokens, names: DifferenceNames<'_>) -> Option<String> {
    let net = || moved.net().iter().copied().enumerate();
    let (loser, lost) = net().min_by_key(|(expert, net)| (*net, *expert)).filter(|(_, net)| *net < 0)?;
    let (winner, gained) =
        net().max_by_key(|(expert, net)| (*net, std::cmp::Reverse(*expert))).filter(|(_, net)| *net > 0)?;
    let (loser, winner) = ((names.expert)(loser), (names.expert)(winner));
    Some(gave_and_took((names.layer)(layer.key()), loser, -lost, winner, gained))
}

/// How the experts were matched, where it is not as they are stored.
fn matched(layer: &LayerDifference, names: DifferenceNames<'_>) -> Option<String> {
    let number = |value: Option<f64>| value.map_or_else(|| "n/a".to_owned(), |value| notation::decimals(value, 2));
    let percent = |share: Option<f64>| share.map_or_else(|| "n/a".to_owned(), notation::whole_percent);
    let key = || (names.layer)(layer.key());
    if let Some(by_picks) =
        layer.moved().map(MovedTokens::matching).filter(|matching| matching.by() == MatchedBy::Picks)
    {
        return Some(matched_by_picks(key(), percent(by_picks.likeness()), percent(by_picks.likeness_as_stored())));
    }
    let matching = layer.matching();
    let (likeness, as_stored) = (number(matching.likeness()), number(matching.likeness_as_stored()));
    match matching.by() {
        MatchedBy::Identity => matching.is_renumbered().then(|| matched_by_identity(key())),
        MatchedBy::Weights if matching.is_estimated() => Some(matched_by_sample(key(), likeness, as_stored)),
        MatchedBy::Weights => Some(matched_by_weights(key(), likeness, as_stored)),
        MatchedBy::Neurons => Some(matched_by_neurons(key(), likeness, number(matching.likeness_by_chance()))),
        MatchedBy::RouterRows => Some(matched_by_rows(key(), likeness, as_stored)),
        MatchedBy::AsStored | MatchedBy::Picks => matching.are_strangers().then(|| unrelated(key(), likeness)),
    }
}

/// Experts that are new or gone.
fn newcomers(layer: &LayerDifference, names: DifferenceNames<'_>) -> Vec<String> {
    let key = (names.layer)(layer.key());
    let (new, gone): (Vec<usize>, &[usize]) = (layer.matching().added().collect(), layer.matching().dropped());
    let new = (!new.is_empty()).then(|| experts_new(new.len(), &key, &names.experts(&new)));
    let gone = (!gone.is_empty()).then(|| experts_gone(gone.len(), &key, &names.experts(gone)));
    new.into_iter().chain(gone).collect()
}

/// Experts that stayed as they were while others moved.
fn still(layer: &LayerDifference, names: DifferenceNames<'_>) -> Option<String> {
    let experts = layer.experts();
    let still: Vec<usize> = experts
        .iter()
        .filter(|expert| expert.whole() == Some(0.0))
        .map(crate::inspect::ExpertDifference::now)
        .collect();
    let key = (names.layer)(layer.key());
    let is_told = !still.is_empty() && still.len() < experts.len() && still.len() <= MOST_NAMED;
    is_told.then(|| experts_still(still.len(), &key, &names.experts(&still)))
}

/// The expert that went farthest of all; else the router that did.
fn farthest(layers: &[LayerDifference], names: DifferenceNames<'_>) -> Option<String> {
    let percent = |share: f64| notation::local(format!("{:.1} %", 100.0 * share));
    let all = layers.iter().flat_map(|layer| layer.experts().iter().map(move |expert| (layer.key(), expert)));
    let far =
        all.filter_map(|(key, expert)| Some((key, expert.now(), expert.whole()?))).max_by(|a, b| a.2.total_cmp(&b.2));
    if let Some((key, expert, share)) = far.filter(|far| far.2 > 0.0) {
        return Some(went_farthest((names.layer)(key), (names.expert)(expert), percent(share)));
    }
    let routers = layers.iter().filter_map(|layer| Some((layer.key(), layer.router()?)));
    let (key, share) = routers.max_by(|a, b| a.1.total_cmp(&b.1)).filter(|far| far.1 > 0.0)?;
    Some(only_router((names.layer)(key), percent(share)))
}
