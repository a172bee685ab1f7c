//! Cards of the router alone: how sure it is, how it goes from byte to byte, whether it can tell experts apart. Pure.

use super::{Card, Today};
use crate::domain::readings::LayerProbe;
use crate::run::Snapshot;
use crate::store::history::LayerMeasure as M;
use crate::ui::ViewState;
use crate::ui::numbers::{self, small};
use crate::ui::strings::cards::{mean_of_bytes, most_alike as most_alike_said};
use crate::ui::strings::grown as said;
use crate::ui::strings::measures as words;

/// The card of a series of this family.
pub fn series(measure: M, shot: &Snapshot, view: &ViewState) -> Option<Card> {
    let of = |measure, make: &dyn Fn(&LayerProbe) -> Today| Some(Card::of_layer(measure, shot, view, make));
    let mean = |layer: &LayerProbe, value: Option<f64>| -> Vec<String> {
        value.map(|value| mean_of_bytes(layer.choices.tokens(), &small(value))).into_iter().collect()
    };
    match measure {
        M::TokenEntropy | M::MarginalEntropy => of(&words::TOKEN_ENTROPY, &|layer| {
            let router = &layer.diagnosis.router;
            let both = router.token_entropy.zip(router.marginal_entropy);
            (both.map(|(token, mean)| said::entropies(&small(token), &small(mean))).into_iter().collect(), None)
        }),
        M::Margin => of(&words::MARGIN, &|layer| (mean(layer, layer.diagnosis.router.margin), None)),
        M::ZLoss => of(&words::Z_LOSS, &|layer| (mean(layer, layer.diagnosis.router.z_loss), None)),
        M::Repetition => of(&words::REPETITION, &|layer| {
            let today = layer.repetition.map(|share| format!("= {}", numbers::percent(share)));
            let luck = layer.diagnosis.beside.repetition_chance;
            let luck = luck.map(|share| said::by_luck(layer.choices.k, layer.choices.experts, share));
            (today.into_iter().collect(), luck)
        }),
        M::ResponseChoice => of(&words::RESPONSE_CHOICE, &|layer| (mean(layer, layer.response_choice), None)),
        _ => None,
    }
}

/// Which rows of the router are most alike.
pub fn rows(shot: &Snapshot, view: &ViewState) -> Card {
    let most = view.seen(shot).and_then(|seen| {
        let n = seen.roster.len();
        let (one, other, cosine) = most_alike(&seen.layer.row_cosine, n)?;
        let (one, other) = (seen.roster.slots[one], seen.roster.slots[other]);
        Some(most_alike_said(one, other, cosine, n * (n - 1) / 2))
    });
    Card::probed(&words::ROW_COSINE, (most.into_iter().collect(), None), shot, view)
}

/// The pair with the largest cosine of an `n × n` matrix.
pub fn most_alike(matrix: &[f32], n: usize) -> Option<(usize, usize, f64)> {
    let pairs = (0..n).flat_map(|a| (a + 1..n).map(move |b| (a, b)));
    let values = pairs.filter_map(|(a, b)| Some((a, b, f64::from(*matrix.get(a * n + b)?))));
    values.filter(|pair| pair.2.is_finite()).max_by(|a, b| a.2.total_cmp(&b.2))
}

/// How the margins of the bytes lie: how many fall into each of `bins` bins of equal width from 0 to 1.
pub fn margins(layer: &LayerProbe, bins: usize) -> Vec<usize> {
    let mut counts = vec![0; bins];
    for token in 0..layer.choices.tokens() {
        let (first, second) =
            layer.choices.p(token).iter().fold((0.0f32, 0.0f32), |(first, second), &p| {
                if p > first { (p, first) } else { (first, second.max(p)) }
            });
        let margin = (first - second).clamp(0.0, 1.0);
        counts[((margin * bins as f32) as usize).min(bins - 1)] += 1;
    }
    counts
}

/// The margins of the newest probe.
pub fn margin_card(shot: &Snapshot, view: &ViewState) -> Card {
    Card::of_layer(&words::MARGINS, shot, view, |layer| {
        let bins = margins(layer, 10);
        let all: usize = bins.iter().sum();
        let narrow = (all > 0).then(|| said::margins(bins[0] as f64 / all as f64));
        (narrow.into_iter().collect(), None)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::readings::Choices;

    #[test]
    fn margins_by_hand() {
        let p = vec![0.5, 0.25, 0.25, 0.15, 0.15, 0.7, 1.0, 0.0, 0.0];
        let choices = Choices { experts: 3, k: 1, p, picks: vec![0, 2, 0], ..Choices::default() };
        let layer = LayerProbe { choices, ..LayerProbe::default() };
        // 0.25, 0.55, 1.0
        assert_eq!(margins(&layer, 5), [0, 1, 1, 0, 1]);
    }

    #[test]
    fn the_most_alike_pair_is_no_diagonal() {
        assert_eq!(most_alike(&[1.0, 0.5, -0.5, 0.5, 1.0, 0.75, -0.5, 0.75, 1.0], 3), Some((1, 2, 0.75)));
        assert_eq!((most_alike(&[], 3), most_alike(&[1.0], 1)), (None, None));
    }
}
