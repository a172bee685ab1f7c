//! What the pictures show now, each in one spoken sentence, for those who cannot see them. Pure.

use std::sync::Arc;

use super::ViewState;
use super::derived::{Competed, Flagged, LayerLoad, WINDOW, at_a_fifth, baseline};
use super::experts::ExpertRow;
use super::race::{RacePoint, racer_name};
use super::watched::counts_dumps;
use crate::domain::measures::territory::AnswerMap;
use crate::domain::readings::Diagnosis;
use crate::domain::roster::ExpertId;
use crate::run::Snapshot;
use crate::store::history::Series;
use crate::ui::words::spoken as words;

/// The largest and the smallest of shares; `None` of none.
fn extremes(shares: &[(ExpertId, f64)]) -> Option<[(ExpertId, f64); 2]> {
    let known = || shares.iter().copied().filter(|share| share.1.is_finite());
    // Of several the first, both times.
    let most = known().rev().max_by(|a, b| a.1.total_cmp(&b.1))?;
    let least = known().min_by(|a, b| a.1.total_cmp(&b.1))?;
    Some([most, least])
}

/// Bars of the load.
pub(crate) fn load(load: &LayerLoad) -> String {
    let shares: Vec<(ExpertId, f64)> = load.experts.iter().map(|(id, share, _)| (*id, *share)).collect();
    match extremes(&shares) {
        Some([most, least]) if shares.len() > 1 => words::load(most, least, 1.0 / shares.len() as f64),
        _ => words::load_of_one().to_owned(),
    }
}

/// The table of experts.
pub(crate) fn experts(rows: &[ExpertRow]) -> Option<String> {
    let shares: Vec<(ExpertId, f64)> = rows.iter().map(|row| (row.id, row.load)).collect();
    extremes(&shares).map(|[most, least]| words::experts(rows.len(), most, least))
}

/// Bars, curve and confusion of router and competition.
pub(crate) fn agreement(found: &Diagnosis) -> String {
    let numbers = &found.agreement;
    words::agreement(numbers.kappa, numbers.top1, numbers.chance)
}

/// Gauges, spectrum and cosines.
pub(crate) fn collapse(found: &Diagnosis, ids: &[ExpertId]) -> String {
    let pair = found.similarity.worst_pair.and_then(|(a, b, cosine)| Some((*ids.get(a)?, *ids.get(b)?, cosine)));
    let alike = pair.map_or_else(|| words::alike_unknown().to_owned(), |(a, b, cosine)| words::alike(a, b, cosine));
    words::collapse(found.load.effective_experts, ids.len(), found.collapse.effective_rank, alike)
}

/// The curve of the loss up to where a sight looks.
pub(crate) fn loss(series: &Series, shot: &Snapshot, view: &ViewState) -> Option<String> {
    let step = view.step(shot);
    let (now, _) = series.mean_up_to(step, WINDOW)?;
    let curve: Vec<(u64, f64)> =
        series.buckets_up_to(step).iter().filter_map(|bucket| Some((bucket.last_step, bucket.mean()?))).collect();
    if counts_dumps(shot) {
        return Some(super::watched::loss_said(now, step));
    }
    let chance = baseline(shot);
    Some(match at_a_fifth(&curve, step).filter(|before| before.0 < step) {
        Some(before) => words::loss_since(now, step, before, chance),
        None => words::loss(now, step, chance),
    })
}

/// The map of what the network, or one expert alone, answers.
pub(crate) fn decision(title: &str, answers: &AnswerMap) -> String {
    match &answers.classes {
        Some(classes) => {
            let shares = classes.shares(answers.width);
            let each = shares.into_iter().enumerate().map(|(class, share)| words::decision_class(class, share));
            words::decision(title, each.collect::<Vec<_>>().join(", "))
        }
        None => {
            let values = || answers.outputs.iter().map(|&value| f64::from(value));
            words::decision_values(
                title,
                values().fold(f64::INFINITY, f64::min),
                values().fold(f64::NEG_INFINITY, f64::max),
            )
        }
    }
}

/// The flow of rows of bytes to the experts that carry them; `foreseen` of how many winners.
pub(crate) fn flow(carriers: &[ExpertId], foreseen: (usize, usize)) -> Option<String> {
    let count = |id: ExpertId| carriers.iter().filter(|&&carrier| carrier == id).count();
    let most = carriers.iter().copied().rev().max_by_key(|&id| count(id))?;
    let (shown, carried) = (carriers.len(), count(most));
    Some(if foreseen.1 > 0 {
        words::flow(shown, most, carried, foreseen)
    } else {
        words::flow_routed(shown, most, carried)
    })
}

/// The heat map of the loads of all layers.
pub(crate) fn loads(layers: &[Option<LayerLoad>]) -> Option<String> {
    let spreads = || layers.iter().enumerate().filter_map(|(layer, load)| Some((layer, load.as_ref()?.cv()?)));
    let most = spreads().max_by(|a, b| a.1.total_cmp(&b.1))?;
    let least = spreads().min_by(|a, b| a.1.total_cmp(&b.1))?;
    Some(if most.0 == least.0 { words::loads_of_one(most.0, most.1) } else { words::loads(most, least) })
}

/// The timeline.
pub(crate) fn timeline(shot: &Snapshot, view: &ViewState) -> String {
    if let Some(watched) = shot.watched.as_ref().filter(|watched| !watched.own_run) {
        return super::watched::timeline_said(watched, view.step(shot));
    }
    let changes = Flagged::of(&shot.memory.history.journal, |_, _| false).len();
    let competed = Competed::of(shot, view.layer).steps;
    words::timeline(view.step(shot), shot.config.steps, view.layer, competed, changes)
}

/// A curve of a race: the last value of each run.
pub(crate) fn race(title: &str, curves: &[Vec<RacePoint>], race: &[Arc<Snapshot>]) -> String {
    let last = |(place, curve): (usize, &Vec<RacePoint>)| {
        let bucket = curve.iter().rev().map(|point| &point.bucket).find(|bucket| bucket.n > 0)?;
        Some(words::race_run(&racer_name(place, race), bucket.mean()?, bucket.last_step))
    };
    words::race(title, curves.iter().enumerate().filter_map(last).collect::<Vec<_>>().join("; "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(shares: &[f64]) -> LayerLoad {
        let experts = shares.iter().enumerate().map(|(place, &share)| (ExpertId(place as u32), share, None));
        LayerLoad { experts: experts.collect(), steps: 100 }
    }

    #[test]
    fn a_load_is_told_by_its_ends_and_what_even_is() {
        let said = load(&of(&[0.39, 0.19, 0.36, 0.06]));
        assert_eq!(said, "Load: expert 1 gets 39.0 %, expert 4 gets 6.0 %; even would be 25.0 %");
        assert_eq!(load(&of(&[1.0])), "Load: one expert gets everything");
        let even = load(&of(&[0.5, 0.5]));
        assert_eq!(even, "Load: expert 1 gets 50.0 %, expert 1 gets 50.0 %; even would be 50.0 %");
    }

    #[test]
    fn layers_are_told_by_their_spread() {
        let said = loads(&[Some(of(&[0.5, 0.5])), None, Some(of(&[0.9, 0.1]))]).unwrap();
        assert_eq!(said, "Load by layer: layer 3 is the least even, CV 1.13; layer 1 the most even, CV 0.00");
        assert_eq!(loads(&[Some(of(&[0.9, 0.1]))]).unwrap(), "Load by layer: layer 1, CV 1.13; 0 is even");
        assert_eq!(loads(&[None]), None);
    }

    #[test]
    fn the_flow_is_told_by_who_carries_most() {
        let [one, two] = [0, 1].map(ExpertId);
        assert_eq!(flow(&[], (0, 0)), None);
        let said = flow(&[two, one, two], (2, 6)).unwrap();
        assert_eq!(said, "Flow: of 3 bytes shown, expert 2 carries 2 first; the router foresees 2 of 6 winners");
        assert_eq!(flow(&[one, two], (0, 0)).unwrap(), "Flow: of 2 bytes shown, expert 1 carries 1 first");
    }
}
