//! Cards of the router alone: how sure it is, how it goes from byte to byte, whether it can tell experts apart. Pure.

use super::{Card, Today};
use crate::domain::measures::{router, similarity};
use crate::domain::readings::LayerProbe;
use crate::run::Snapshot;
use crate::store::history::LayerMeasure as M;
use crate::ui::kit::numbers::{self, small};
use crate::ui::view::ViewState;
use crate::ui::words::cards::{mean_of_bytes, most_alike};
use crate::ui::words::{grown as said, measures as words};

/// The card of a series of this family.
pub(crate) fn series(measure: M, shot: &Snapshot, view: &ViewState) -> Option<Card> {
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
            let today = layer.diagnosis.router.repetition.map(|share| format!("= {}", numbers::percent(share)));
            let luck = layer.diagnosis.beside.repetition_chance;
            let luck = luck.map(|share| said::by_luck(layer.choices.k, layer.choices.experts, share));
            (today.into_iter().collect(), luck)
        }),
        M::ResponseChoice => {
            of(&words::RESPONSE_CHOICE, &|layer| (mean(layer, layer.diagnosis.router.response_choice), None))
        }
        _ => None,
    }
}

/// Which rows of the router are most alike.
pub(crate) fn rows(shot: &Snapshot, view: &ViewState) -> Card {
    let most = view.seen(shot).and_then(|seen| {
        let n = seen.roster.len();
        let (one, other, cosine) = similarity::most_alike(seen.layer.matrices.row_cosine.as_ref()?)?;
        let (one, other) = (seen.roster.slots[one], seen.roster.slots[other]);
        Some(most_alike(one, other, cosine, n * (n - 1) / 2))
    });
    Card::probed(&words::ROW_COSINE, (most.into_iter().collect(), None), shot, view)
}

/// The margins of the newest probe.
pub(crate) fn margin_card(shot: &Snapshot, view: &ViewState) -> Card {
    Card::of_layer(&words::MARGINS, shot, view, |layer| {
        let bins = router::margin_histogram(&layer.choices.p, layer.choices.experts, 10);
        let all: usize = bins.iter().sum();
        let narrow = (all > 0).then(|| said::margins(bins[0] as f64 / all as f64));
        (narrow.into_iter().collect(), None)
    })
}
