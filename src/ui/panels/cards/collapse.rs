//! Cards of the three collapses: load, representation, redundancy. Pure.

use super::sums::{entropy, written};
use super::{Card, Today};
use crate::domain::measures::cka::unrelated;
use crate::domain::measures::collapse::power_sums;
use crate::domain::readings::LayerProbe;
use crate::run::Snapshot;
use crate::store::history::LayerMeasure as M;
use crate::ui::kit::numbers::{self, small};
use crate::ui::view::ViewState;
use crate::ui::words::{cards as said, measures as words};

/// The first gauge: effective experts of the probe.
pub fn effective_experts(shot: &Snapshot, view: &ViewState) -> Card {
    Card::of_layer(&words::EFFECTIVE_EXPERTS, shot, view, |layer| {
        let load = &layer.diagnosis.load;
        let (Some(counts), Some(effective)) = (&load.counts, load.effective_experts) else { return Default::default() };
        let (line, value) = entropy(counts);
        (vec![said::entropy(&line), said::effective_experts(value, effective, counts.len())], None)
    })
}

/// The card of a series of this family.
pub(crate) fn series(measure: M, shot: &Snapshot, view: &ViewState) -> Option<Card> {
    let seen = view.seen(shot);
    let of = |measure, make: &dyn Fn(&LayerProbe) -> Today| Some(Card::of_layer(measure, shot, view, make));
    let width = shot.config.model.width;
    match measure {
        M::Rc => of(&words::RC, &rc),
        M::EffectiveRank => of(&words::EFFECTIVE_RANK, &effective_rank),
        M::StableRank => of(&words::STABLE_RANK, &stable_rank),
        M::ParticipationRatio => of(&words::PARTICIPATION, &participation),
        M::Anisotropy => of(&words::ANISOTROPY, &|layer| {
            let pairs = pairs(seen.map_or(0, |seen| seen.probe.tokens));
            let mean = layer.diagnosis.collapse.anisotropy;
            (mean.map(|mean| said::mean_of_pairs(pairs, mean)).into_iter().collect(), None)
        }),
        M::WorstCosine => of(&words::WORST, &|layer| {
            let ids = seen.map(|seen| seen.roster.slots.as_slice()).unwrap_or_default();
            let pair = layer
                .diagnosis
                .similarity
                .worst_pair
                .and_then(|(a, b, cosine)| Some((ids.get(a)?, ids.get(b)?, cosine)));
            let pair = pair.map(|(&a, &b, cosine)| said::most_alike(a, b, cosine, pairs(ids.len())));
            let all = layer.diagnosis.similarity.mean_output_cosine.map(said::mean_of_all);
            (pair.into_iter().chain(all).collect(), None)
        }),
        M::OutputCosine => of(&words::OUTPUT_COSINE, &|layer| {
            let mean = layer.diagnosis.similarity.mean_output_cosine;
            let pairs = pairs(layer.choices.experts);
            (mean.map(|mean| said::mean_of_pairs(pairs, mean)).into_iter().collect(), None)
        }),
        M::Cka => of(&words::CKA, &|layer| {
            let mean = layer.diagnosis.similarity.mean_cka;
            let pairs = pairs(layer.choices.experts);
            let tokens = layer.diagnosis.similarity.cka_tokens;
            let chance = tokens.map(|tokens| said::unrelated(width, tokens, unrelated(width, tokens)));
            (mean.map(|mean| said::mean_of_pairs(pairs, mean)).into_iter().collect(), chance)
        }),
        _ => None,
    }
}

fn pairs(of: usize) -> usize {
    of * of.saturating_sub(1) / 2
}

fn rc(layer: &LayerProbe) -> Today {
    let counts = layer.choices.first_picks();
    let kept = counts.iter().filter(|&&count| count >= 2).count();
    let today = layer.diagnosis.collapse.rc.map(|rc| said::rc(kept, counts.len(), rc));
    (today.into_iter().collect(), None)
}

fn effective_rank(layer: &LayerProbe) -> Today {
    let found = &layer.diagnosis.collapse;
    let (Some(spectrum), Some(rank)) = (&found.spectrum, found.effective_rank) else { return Default::default() };
    let (line, value) = entropy(spectrum);
    (vec![line, said::effective_rank(value, rank)], found.rank_limit.map(said::most_rank))
}

fn stable_rank(layer: &LayerProbe) -> Today {
    let found = &layer.diagnosis.collapse;
    let (Some(spectrum), Some(rank)) = (&found.spectrum, found.stable_rank) else { return Default::default() };
    let line = written(spectrum.iter().map(|s| numbers::fixed(s * s, 3)));
    (vec![line, format!("= {}", small(rank))], None)
}

fn participation(layer: &LayerProbe) -> Today {
    let found = &layer.diagnosis.collapse;
    let (Some(spectrum), Some(ratio)) = (&found.spectrum, found.participation_ratio) else { return Default::default() };
    let [squares, fourths] = power_sums(spectrum);
    (vec![said::participation(squares, fourths, ratio)], None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::readings::CollapseNumbers;

    #[test]
    fn ranks_by_hand() {
        let mut layer = LayerProbe::default();
        layer.diagnosis.collapse = CollapseNumbers {
            spectrum: Some(vec![1.0, 1.0]),
            effective_rank: Some(2.0),
            rank_limit: Some(7),
            stable_rank: Some(2.0),
            participation_ratio: Some(2.0),
            ..CollapseNumbers::default()
        };
        let (lines, chance) = effective_rank(&layer);
        assert_eq!(lines, ["−(0.500·ln 0.500 + 0.500·ln 0.500)", "exp(0.693) = 2.0"]);
        assert_eq!(chance.as_deref(), Some("This probe could show 7 at most."));
        assert_eq!(stable_rank(&layer).0, ["1.000 + 1.000", "= 2.000"]);
        assert_eq!(participation(&layer).0, ["2.000² ÷ 2.000 = 2.000, with σ1 = 1"]);
    }

    #[test]
    fn without_a_spectrum_nothing_is_said() {
        let layer = LayerProbe::default();
        assert_eq!(effective_rank(&layer).0, Vec::<String>::new());
        assert_eq!((stable_rank(&layer), participation(&layer)), Default::default());
    }
}
