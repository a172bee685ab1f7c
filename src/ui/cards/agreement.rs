//! Cards of agreement: the router against the competition of the probe. Pure.

use super::Card;
use super::sums::{probe_window, small, written};
use crate::diagnostics::{choice, divergence};
use crate::history::LayerMeasure as M;
use crate::readings::{Choices, LayerProbe};
use crate::run::Snapshot;
use crate::ui::strings::measures::{self as words, Measure};
use crate::ui::strings::tiles;
use crate::ui::sums::StaleBin;
use crate::ui::{Sight, numbers};

fn card(measure: &'static Measure, today: Vec<String>, chance: Option<String>, shot: &Snapshot, view: &Sight) -> Card {
    Card { measure, window: probe_window(shot, view), today, chance }
}

/// The card of a series of this family.
pub fn series(measure: M, shot: &Snapshot, view: &Sight) -> Option<Card> {
    let layer = view.seen(shot).map(|seen| seen.layer);
    let of = |measure, make: &dyn Fn(&LayerProbe) -> (Vec<String>, Option<String>)| {
        let (today, chance) = layer.map(make).unwrap_or_default();
        Some(card(measure, today, chance, shot, view))
    };
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
            let chance = nothing.map(|kl| format!("A router that knows nothing: {} nats.", small(kl)));
            (mean_of(layer, layer.diagnosis.agreement.kl), chance)
        }),
        M::Information | M::TokenEntropy | M::MarginalEntropy => of(&words::INFORMATION, &information),
        M::Ece => of(&words::ECE, &|layer| (calibration(layer), None)),
        _ => None,
    }
}

/// Whether the router forgets between competitions.
pub fn stale(means: &[StaleBin], shot: &Snapshot, view: &Sight) -> Card {
    let today = means.iter().map(tiles::stale_bin).collect();
    card(&words::STALENESS, today, None, shot, view)
}

fn kappa(layer: &LayerProbe) -> Vec<String> {
    let a = &layer.agreement;
    let n = layer.routed.len();
    let mut lines = equal(layer);
    if layer.confusion.len() == n * n && n > 0 {
        let all = layer.confusion.iter().map(|&c| f64::from(c)).sum::<f64>().max(1.0);
        let won = |i: usize| layer.confusion[i * n..][..n].iter().map(|&c| f64::from(c)).sum::<f64>() / all;
        let wanted = |i: usize| (0..n).map(|row| f64::from(layer.confusion[row * n + i])).sum::<f64>() / all;
        let terms = (0..n).map(|i| format!("{}·{}", numbers::fixed(wanted(i), 3), numbers::fixed(won(i), 3)));
        lines.push(format!("pₑ = {}", written(terms)));
        lines.push(format!("   = {}", numbers::fixed(a.chance, 3)));
    }
    let chance = numbers::fixed(a.chance, 3);
    lines.push(match a.kappa {
        Some(kappa) => {
            let top1 = numbers::fixed(a.top1, 3);
            format!("({top1} − {chance}) ÷ (1 − {chance}) = {}", numbers::fixed(kappa, 3))
        }
        None => "n/a: chance is already 1".into(),
    });
    lines
}

/// How many first choices are the same.
fn equal(layer: &LayerProbe) -> Vec<String> {
    let n = layer.routed.len();
    if layer.confusion.len() != n * n {
        return vec![format!("a = {}", numbers::fixed(layer.agreement.top1, 3))];
    }
    let same = (0..n).map(|i| u64::from(layer.confusion[i * n + i])).sum::<u64>();
    let all = layer.confusion.iter().map(|&c| u64::from(c)).sum::<u64>();
    let (same, all) = (numbers::count(same), numbers::count(all));
    vec![format!("a = {same} ÷ {all} = {}", numbers::fixed(layer.agreement.top1, 3))]
}

fn top1(layer: &LayerProbe) -> (Vec<String>, Option<String>) {
    let chance = format!("Chance at these loads: {}.", numbers::percent(layer.agreement.chance));
    (equal(layer), Some(chance))
}

fn recall(layer: &LayerProbe) -> (Vec<String>, Option<String>) {
    let (a, choices) = (&layer.agreement, &layer.choices);
    let all = (choices.tokens() * choices.k) as f64;
    let today = if all > 0.0 {
        let shared = numbers::count((a.recall_at_k * all).round() as u64);
        let all = numbers::count(all as u64);
        format!("{shared} of {all} winners are picks = {}", numbers::percent(a.recall_at_k))
    } else {
        numbers::percent(a.recall_at_k)
    };
    let (k, n) = (choices.k, layer.routed.len());
    let chance = format!("{k} of {n} experts at random: {}.", numbers::percent(a.recall_chance));
    (vec![today], Some(chance))
}

fn kept(layer: &LayerProbe) -> (Vec<String>, Option<String>) {
    let (a, choices) = (&layer.agreement, &layer.choices);
    let mut lines = Vec::new();
    let each = || (0..choices.tokens()).filter_map(|token| choices.response_kept(token));
    if let (Some(first), tokens @ 1..) = (each().next(), each().count()) {
        let least = each().fold(f64::INFINITY, f64::min);
        let (quotient, _) = kept_by(choices, 0);
        lines.push(format!("byte 1: {quotient} = {}", numbers::percent(first)));
        lines.push(format!(
            "mean of {} bytes = {}",
            numbers::count(tokens as u64),
            numbers::percent(a.response_captured)
        ));
        lines.push(format!("least of a byte: {}", numbers::percent(least)));
    }
    let chance = format!("Experts at random would keep {}.", numbers::percent(a.response_chance));
    (lines, Some(chance))
}

/// What the router keeps of one byte's response: both sums, and what k experts at random would keep.
pub fn kept_by(choices: &Choices, token: usize) -> (String, f64) {
    let s = choices.s(token);
    let sum = |slots: &[u16]| slots.iter().map(|&slot| f64::from(s[usize::from(slot)])).sum::<f64>();
    let all: f64 = s.iter().map(|&s| f64::from(s)).sum();
    let (picks, winners) = (sum(choices.picks(token)), sum(choices.winners(token)));
    let random = choices.k as f64 / choices.experts.max(1) as f64 * all / winners;
    (format!("{} ÷ {}", numbers::fixed(picks, 3), numbers::fixed(winners, 3)), random)
}

/// What the router keeps of one byte's response.
pub fn kept_of_byte(choices: &Choices, token: usize) -> Card {
    let s = choices.s(token);
    let terms = |slots: &[u16]| {
        let each = slots.iter().map(|&slot| numbers::fixed(f64::from(s[usize::from(slot)]), 3));
        format!("({})", written(each))
    };
    let (quotient, random) = kept_by(choices, token);
    let value = choices.response_kept(token).map_or("n/a".into(), numbers::percent);
    let today = vec![
        format!("{} ÷ {}", terms(choices.picks(token)), terms(choices.winners(token))),
        format!("= {quotient} = {value}"),
    ];
    let chance = format!("{} experts at random would keep {}.", choices.k, numbers::percent(random));
    Card { measure: &words::KEPT_BYTE, window: "this byte".into(), today, chance: Some(chance) }
}

fn skill(layer: &LayerProbe) -> Vec<String> {
    let choices = &layer.choices;
    let (mut error, mut nothing) = (0.0, 0.0);
    for token in 0..choices.tokens() {
        let wide = |row: &[f32]| row.iter().map(|&v| f64::from(v)).collect::<Vec<_>>();
        let q = choice::softmax(&wide(choices.s(token)));
        error += divergence::squared_error(&wide(choices.p(token)), &q);
        nothing += divergence::squared_error_of_uniform(&q);
    }
    let tokens = choices.tokens().max(1) as f64;
    let value = layer.agreement.skill.map_or("n/a".into(), |skill| numbers::fixed(skill, 2));
    vec![format!("1 − {} ÷ {} = {value}", small(error / tokens), small(nothing / tokens))]
}

fn information(layer: &LayerProbe) -> (Vec<String>, Option<String>) {
    let router = &layer.diagnosis.router;
    let most = (layer.routed.len().max(1) as f64).ln();
    let today = match (router.marginal_entropy, router.token_entropy, router.information) {
        (Some(marginal), Some(token), Some(information)) => {
            vec![format!("{} − {} = {} nats", small(marginal * most), small(token * most), small(information))]
        }
        _ => Vec::new(),
    };
    (today, Some(format!("ln {} = {} at most.", layer.routed.len(), small(most))))
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
    let value = layer.diagnosis.agreement.ece.map_or("n/a".into(), |ece| numbers::fixed(ece, 3));
    vec![written(used.into_iter()), format!("= {value}")]
}

fn mean_of(layer: &LayerProbe, value: Option<f64>) -> Vec<String> {
    let tokens = numbers::count(layer.choices.tokens() as u64);
    value.map(|value| format!("mean of {tokens} bytes = {}", small(value))).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::readings::Agreement;

    #[test]
    fn kappa_by_hand() {
        // Winners 0 0 1 1, picks 0 1 1 1: a = 3 of 4, pₑ = 0.25 · 0.5 + 0.75 · 0.5 = 0.5.
        let agreement = Agreement { top1: 0.75, chance: 0.5, kappa: Some(0.5), ..Agreement::default() };
        let layer = LayerProbe { routed: vec![1, 3], confusion: vec![1, 1, 0, 2], agreement, ..LayerProbe::default() };
        assert_eq!(
            kappa(&layer),
            [
                "a = 3 ÷ 4 = 0.750",
                "pₑ = 0.250·0.500 + 0.750·0.500",
                "   = 0.500",
                "(0.750 − 0.500) ÷ (1 − 0.500) = 0.500"
            ]
        );
    }

    #[test]
    fn what_is_kept_of_a_byte_by_hand() {
        let choices = Choices {
            experts: 4,
            k: 2,
            p: vec![0.4, 0.3, 0.2, 0.1],
            s: vec![1.0, 2.0, 3.0, 2.0],
            picks: vec![0, 1],
            weights: vec![0.5; 2],
            winners: vec![2, 1],
        };
        let card = kept_of_byte(&choices, 0);
        assert_eq!(card.today, ["(1.000 + 2.000) ÷ (3.000 + 2.000)", "= 3.000 ÷ 5.000 = 60.0 %"]);
        assert_eq!(card.chance.as_deref(), Some("2 experts at random would keep 80.0 %."));
    }

    #[test]
    fn nothing_is_made_up_where_nothing_was_measured() {
        let layer = LayerProbe::default();
        assert_eq!((calibration(&layer), information(&layer).0), (vec![], vec![]));
        assert_eq!(kept(&layer).0, Vec::<String>::new());
    }
}
