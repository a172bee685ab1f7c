//! Cards of agreement: the router against the competition of the probe. Pure.

use super::sums::written;
use super::{Card, Today, one};
use crate::domain::measures::agreement::ResponseSums;
use crate::domain::measures::choice::largest_entropy;
use crate::domain::measures::staleness::StalenessBin;
use crate::domain::readings::{LayerProbe, square};
use crate::run::Snapshot;
use crate::store::history::LayerMeasure as M;
use crate::ui::kit::numbers::{self, small};
use crate::ui::view::ViewState;
use crate::ui::words::{UNKNOWN, cards as said, grown, measures as words};

/// The card of a series of this family.
pub(crate) fn series(measure: M, shot: &Snapshot, view: &ViewState) -> Option<Card> {
    let of = |measure, make: &dyn Fn(&LayerProbe) -> Today| Some(Card::of_layer(measure, shot, view, make));
    match measure {
        M::Kappa => of(&words::KAPPA, &|layer| (kappa(layer), None)),
        M::Top1 | M::Chance => of(&words::TOP1, &top1),
        M::Recall => of(&words::RECALL, &recall),
        M::ResponseCaptured | M::ResponseChance => of(&words::KEPT, &kept),
        M::Skill => of(&words::SKILL, &|layer| (skill(layer), None)),
        M::Jaccard => of(&words::JACCARD, &|layer| (mean_of(layer, layer.diagnosis.agreement.jaccard), None)),
        M::Spearman => of(&words::SPEARMAN, &|layer| (mean_of(layer, layer.diagnosis.agreement.spearman), None)),
        M::Kl => of(&words::KL, &|layer| {
            let nothing = layer.diagnosis.beside.kl_of_uniform;
            (mean_of(layer, layer.diagnosis.agreement.kl), nothing.map(said::knows_nothing))
        }),
        M::Information => of(&words::INFORMATION, &information),
        M::Ece => of(&words::ECE, &|layer| (calibration(layer), None)),
        _ => None,
    }
}

/// Whether the router forgets between competitions.
pub fn stale(means: &[StalenessBin], shot: &Snapshot, view: &ViewState) -> Card {
    let today = means.iter().map(grown::stale_bin).collect();
    Card::probed(&words::STALENESS, (today, None), shot, view)
}

fn kappa(layer: &LayerProbe) -> Vec<String> {
    let a = &layer.diagnosis.agreement;
    let n = layer.choices.experts;
    let mut lines = equal(layer);
    let Some(level) = a.chance else { return lines };
    if let Some(confusion) = square(&layer.matrices.confusion, n).filter(|_| n > 0) {
        let all = confusion.iter().flatten().map(|&c| f64::from(c)).sum::<f64>().max(1.0);
        let won = |i: usize| confusion[i].iter().map(|&c| f64::from(c)).sum::<f64>() / all;
        let wanted = |i: usize| confusion.iter().map(|row| f64::from(row[i])).sum::<f64>() / all;
        let terms = (0..n).map(|i| format!("{}·{}", numbers::fixed(wanted(i), 3), numbers::fixed(won(i), 3)));
        lines.push(said::chance(&written(terms)));
        lines.push(format!("   = {}", numbers::fixed(level, 3)));
    }
    let chance = numbers::fixed(level, 3);
    lines.push(match a.kappa.zip(a.top1) {
        Some((kappa, top1)) => {
            let top1 = numbers::fixed(top1, 3);
            format!("({top1} − {chance}) ÷ (1 − {chance}) = {}", numbers::fixed(kappa, 3))
        }
        None => said::CHANCE_IS_1.into(),
    });
    lines
}

/// How many first choices are the same.
fn equal(layer: &LayerProbe) -> Vec<String> {
    let n = layer.choices.experts;
    let Some(top1) = layer.diagnosis.agreement.top1 else { return Vec::new() };
    let Some(confusion) = square(&layer.matrices.confusion, n) else { return vec![said::equal_share(top1)] };
    let same = (0..n).map(|i| u64::from(confusion[i][i])).sum::<u64>();
    let all = confusion.iter().flatten().map(|&c| u64::from(c)).sum::<u64>();
    vec![said::equal(same, all, top1)]
}

fn top1(layer: &LayerProbe) -> Today {
    (equal(layer), layer.diagnosis.agreement.chance.map(said::chance_at_loads))
}

fn recall(layer: &LayerProbe) -> Today {
    let (a, choices) = (&layer.diagnosis.agreement, &layer.choices);
    let all = (choices.tokens() * choices.k) as f64;
    let today = a.recall_at_k.map(|recall| match all > 0.0 {
        true => said::winners_picked((recall * all).round() as u64, all as u64, recall),
        false => numbers::percent(recall),
    });
    let chance = a.recall_chance.map(|chance| said::recall_by_chance(choices.k, choices.experts, chance));
    (today.into_iter().collect(), chance)
}

fn kept(layer: &LayerProbe) -> Today {
    let (found, choices) = (&layer.diagnosis, &layer.choices);
    let mut lines = Vec::new();
    let each = || (0..choices.tokens()).filter_map(|token| ResponseSums::of(choices, token).captured());
    if let (Some(first), tokens @ 1..) = (each().next(), each().count()) {
        let least = each().fold(f64::INFINITY, f64::min);
        lines.push(said::first_byte(&one::quotient(&ResponseSums::of(choices, 0)), first));
        let mean = found.agreement.response_captured.map_or(UNKNOWN.into(), numbers::percent);
        lines.push(said::mean_of_bytes(tokens, &mean));
        lines.push(said::least_of_a_byte(least));
    }
    (lines, found.beside.captured_at_random.map(said::random_would_keep))
}

fn skill(layer: &LayerProbe) -> Vec<String> {
    let value = layer.diagnosis.agreement.skill.map_or(UNKNOWN.into(), |skill| numbers::fixed(skill, 2));
    let errors = layer.diagnosis.beside.squared_errors;
    errors.map(|[own, nothing]| format!("1 − {} ÷ {} = {value}", small(own), small(nothing))).into_iter().collect()
}

fn information(layer: &LayerProbe) -> Today {
    let router = &layer.diagnosis.router;
    let most = largest_entropy(layer.choices.experts.max(1));
    let today = match (router.marginal_entropy, router.token_entropy, router.information) {
        (Some(marginal), Some(token), Some(information)) => {
            vec![said::less(&small(marginal * most), &small(token * most), &small(information))]
        }
        _ => Vec::new(),
    };
    (today, Some(said::most_information(layer.choices.experts, most)))
}

fn calibration(layer: &LayerProbe) -> Vec<String> {
    let Some(bins) = &layer.diagnosis.beside.reliability else { return Vec::new() };
    let all: u64 = bins.iter().map(|bin| bin.tokens).sum();
    let used: Vec<String> = bins
        .iter()
        .filter(|bin| bin.tokens > 0)
        .map(|bin| {
            let share = bin.tokens as f64 / all.max(1) as f64;
            let [share, p, won] = [share, bin.confidence, bin.accuracy].map(|value| numbers::fixed(value, 2));
            format!("{share}·|{p} − {won}|")
        })
        .collect();
    let value = layer.diagnosis.agreement.ece.map_or(UNKNOWN.into(), |ece| numbers::fixed(ece, 3));
    vec![written(used.into_iter()), format!("= {value}")]
}

fn mean_of(layer: &LayerProbe, value: Option<f64>) -> Vec<String> {
    let tokens = layer.choices.tokens();
    value.map(|value| said::mean_of_bytes(tokens, &small(value))).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::readings::{Choices, Matrices};

    #[test]
    fn kappa_by_hand() {
        // Winners 0 0 1 1, picks 0 1 1 1: a = 3 of 4, pₑ = 0.25 · 0.5 + 0.75 · 0.5 = 0.5.
        let matrices = Matrices { confusion: Some(vec![vec![1, 1], vec![0, 2]]), ..Matrices::default() };
        let choices = Choices { experts: 2, ..Choices::default() };
        let mut layer = LayerProbe { choices, matrices, ..LayerProbe::default() };
        let agreement = &mut layer.diagnosis.agreement;
        (agreement.top1, agreement.chance, agreement.kappa) = (Some(0.75), Some(0.5), Some(0.5));
        assert_eq!(
            kappa(&layer),
            [
                "a = 3 ÷ 4 = 0.750",
                "pe = 0.250·0.500 + 0.750·0.500",
                "   = 0.500",
                "(0.750 − 0.500) ÷ (1 − 0.500) = 0.500"
            ]
        );
    }

    #[test]
    fn nothing_is_made_up_where_nothing_was_measured() {
        let layer = LayerProbe::default();
        assert_eq!((calibration(&layer), information(&layer).0), (vec![], vec![]));
        assert_eq!(kept(&layer).0, Vec::<String>::new());
    }
}
