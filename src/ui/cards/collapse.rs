//! Cards of the three collapses: load, representation, redundancy. Pure.

use super::Card;
use super::load::first_counts;
use super::sums::{entropy, probe_window, small, written};
use crate::diagnostics::load as loads;
use crate::history::LayerMeasure as M;
use crate::readings::LayerProbe;
use crate::run::Snapshot;
use crate::ui::strings::measures::{self as words, Measure};
use crate::ui::{Sight, numbers};

/// The first gauge: experts in use at the probe.
pub fn in_use(shot: &Snapshot, view: &Sight) -> Card {
    let today = view.seen(shot).map_or(Vec::new(), |seen| {
        let layer = seen.layer;
        let shares = loads::fraction(&layer.routed).unwrap_or_default();
        let (line, value) = entropy(&shares);
        let in_use = numbers::fixed(layer.collapse.effective_experts, 1);
        vec![format!("H = {line}"), format!("exp({}) = {in_use} of {}", small(value), layer.routed.len())]
    });
    Card { measure: &words::IN_USE, window: probe_window(shot, view), today, chance: None }
}

/// The card of a series of this family.
pub fn series(measure: M, shot: &Snapshot, view: &Sight) -> Option<Card> {
    let seen = view.seen(shot);
    let of = |measure: &'static Measure, make: &dyn Fn(&LayerProbe) -> (Vec<String>, Option<String>)| {
        let (today, chance) = seen.map(|seen| make(seen.layer)).unwrap_or_default();
        Some(Card { measure, window: probe_window(shot, view), today, chance })
    };
    let width = shot.config.model.width;
    match measure {
        M::Rc => of(&words::RC, &rc),
        M::EffectiveRank => of(&words::EFFECTIVE_RANK, &effective_rank),
        M::StableRank => of(&words::STABLE_RANK, &stable_rank),
        M::ParticipationRatio => of(&words::PARTICIPATION, &participation),
        M::Anisotropy => of(&words::ANISOTROPY, &|layer| {
            let tokens = seen.map_or(0, |seen| seen.probe.tokens) as u64;
            let pairs = numbers::count(tokens * tokens.saturating_sub(1) / 2);
            let mean = layer.diagnosis.collapse.anisotropy;
            (mean.map(|mean| format!("mean of {pairs} pairs = {}", small(mean))).into_iter().collect(), None)
        }),
        M::WorstCosine => of(&words::WORST, &|layer| {
            let ids = seen.map(|seen| seen.roster.slots.as_slice()).unwrap_or_default();
            let pair = layer.collapse.worst_pair.and_then(|(a, b, cosine)| Some((ids.get(a)?, ids.get(b)?, cosine)));
            let mut lines = pair.map_or(Vec::new(), |(a, b, cosine)| {
                vec![format!(
                    "experts {a} and {b}: {} = the most of {} pairs",
                    numbers::fixed(cosine, 3),
                    pairs(ids.len())
                )]
            });
            lines.extend(layer.collapse.mean_output_cosine.map(|mean| format!("mean of all: {}", small(mean))));
            (lines, None)
        }),
        M::OutputCosine => of(&words::OUTPUT_COSINE, &|layer| {
            let mean = layer.collapse.mean_output_cosine;
            let pairs = pairs(layer.routed.len());
            (mean.map(|mean| format!("mean of {pairs} pairs = {}", small(mean))).into_iter().collect(), None)
        }),
        M::Cka => of(&words::CKA, &|layer| {
            let mean = layer.diagnosis.similarity.mean_cka;
            let pairs = pairs(layer.routed.len());
            let floor = width as f64 / layer.cka_tokens.max(1) as f64;
            let about = small(floor.min(1.0));
            let chance = format!("Unrelated: about {width} ÷ {} = {about}.", layer.cka_tokens);
            (mean.map(|mean| format!("mean of {pairs} pairs = {}", small(mean))).into_iter().collect(), Some(chance))
        }),
        _ => None,
    }
}

fn pairs(experts: usize) -> usize {
    experts * experts.saturating_sub(1) / 2
}

fn rc(layer: &LayerProbe) -> (Vec<String>, Option<String>) {
    let counts = first_counts(&layer.choices);
    let kept = counts.iter().filter(|&&count| count >= 2).count();
    let today = layer.diagnosis.collapse.rc.map(|rc| format!("by {kept} of {} experts = {}", counts.len(), small(rc)));
    (today.into_iter().collect(), None)
}

/// Squares, or whatever, of σ ÷ σ₁.
fn relative(layer: &LayerProbe, power: i32) -> Vec<f64> {
    layer.spectrum.iter().map(|&v| f64::from(v).powi(power)).collect()
}

fn effective_rank(layer: &LayerProbe) -> (Vec<String>, Option<String>) {
    let spectrum = relative(layer, 1);
    let sum: f64 = spectrum.iter().sum();
    if sum <= 0.0 {
        return Default::default();
    }
    let shares: Vec<f64> = spectrum.iter().map(|s| s / sum).collect();
    let (line, value) = entropy(&shares);
    let rank = numbers::fixed(layer.collapse.effective_rank, 1);
    let limit = layer.collapse.rank_limit;
    (vec![line, format!("exp({}) = {rank}", small(value))], Some(format!("This probe could show {limit} at most.")))
}

fn stable_rank(layer: &LayerProbe) -> (Vec<String>, Option<String>) {
    let Some(rank) = layer.diagnosis.collapse.stable_rank else { return Default::default() };
    let squares = relative(layer, 2);
    let line = written(squares.iter().map(|s| numbers::fixed(*s, 3)).collect::<Vec<_>>().into_iter());
    (vec![format!("{line}"), format!("= {}", small(rank))], None)
}

fn participation(layer: &LayerProbe) -> (Vec<String>, Option<String>) {
    let Some(ratio) = layer.diagnosis.collapse.participation_ratio else { return Default::default() };
    let [squares, fourths]: [f64; 2] = [2, 4].map(|power| relative(layer, power).iter().sum());
    (vec![format!("{}² ÷ {} = {}, with σ₁ = 1", small(squares), small(fourths), small(ratio))], None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::readings::Collapse;

    #[test]
    fn ranks_by_hand() {
        let mut layer = LayerProbe { spectrum: vec![1.0, 1.0], ..LayerProbe::default() };
        layer.collapse = Collapse { effective_rank: 2.0, rank_limit: 7, ..Collapse::default() };
        layer.diagnosis.collapse.stable_rank = Some(2.0);
        layer.diagnosis.collapse.participation_ratio = Some(2.0);
        let (lines, chance) = effective_rank(&layer);
        assert_eq!(lines, ["−(0.500·ln 0.500 + 0.500·ln 0.500)", "exp(0.693) = 2.0"]);
        assert_eq!(chance.as_deref(), Some("This probe could show 7 at most."));
        assert_eq!(stable_rank(&layer).0, ["1.000 + 1.000", "= 2.000"]);
        assert_eq!(participation(&layer).0, ["2.000² ÷ 2.000 = 2.000, with σ₁ = 1"]);
    }

    #[test]
    fn without_a_spectrum_nothing_is_said() {
        let layer = LayerProbe::default();
        assert_eq!(effective_rank(&layer).0, Vec::<String>::new());
        assert_eq!((stable_rank(&layer), participation(&layer)), Default::default());
    }
}
