//! The experts of one layer of a checkpoint that is looked at: load, wins, weights, likeness, movement, tokens. Pure.

use std::collections::BTreeMap;

use super::columns::ExpertMatrix;
use super::layers::InspectedLayer;
use crate::domain::measures::load;
use crate::inspect::{InspectMeasure, LikenessOf, RoutedLayer};
use crate::run::Inspection;

/// Most tokens that are told of an expert.
const TOKENS: usize = 4;

/// An expert as the table shows it. `None` is what was not measured.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct InspectedExpert {
    /// Its number in the file, from 0.
    pub expert: usize,
    /// Share of the router's picks.
    pub load: Option<f64>,
    /// Share of the tokens whose strongest answer is its own.
    pub won: Option<f64>,
    /// Share of the weights that the router gives.
    pub gate_mass: Option<f64>,
    /// Length of its row of the router.
    pub row_norm: Option<f64>,
    /// Frobenius norms of gate, up and down.
    pub norms: [Option<f64>; 3],
    /// Their effective ranks.
    pub effective: [Option<f64>; 3],
    /// Their stable ranks.
    pub stable: [Option<f64>; 3],
    /// The expert whose weights are most like its own, the cosine of the two, and whether neurons were matched.
    pub nearest: Option<(usize, f64, bool)>,
    /// How far its weights went since the other checkpoint: ‖ΔW‖ ÷ ‖W then‖.
    pub moved: Option<f64>,
    /// Tokens that it gets more of than of others, most first, each with how many more than its share.
    pub answers: Vec<(String, f64)>,
    /// How many findings name it.
    pub findings: usize,
    /// The worst rule among them: 0 is the worst.
    pub worst: Option<usize>,
}

impl InspectedExpert {
    /// The norm of one of its matrices, and its effective and stable rank.
    pub fn of_matrix(&self, matrix: ExpertMatrix) -> [Option<f64>; 3] {
        let place = matrix as usize;
        [self.norms, self.effective, self.stable].map(|values| values.get(place).copied().flatten())
    }
}

/// Every expert of a layer, by number.
pub(super) fn experts(inspection: &Inspection, layers: &[InspectedLayer], place: usize) -> Vec<InspectedExpert> {
    let Some(layer) = layers.get(place) else { return Vec::new() };
    let routed = layer.routed.and_then(|place| inspection.text.routed.as_ref()?.layers.get(place));
    let of = |measure: InspectMeasure, expert: usize| {
        layer.report.as_ref()?.measured(measure)?.get(expert).copied().flatten()
    };
    let won = routed.and_then(|routed| load::fraction(&routed.competition.as_ref()?.softplus.won));
    let mass = routed.and_then(|routed| load::fraction(&routed.gate_mass));
    let mut answers = routed.map_or_else(Vec::new, |routed| answers(routed, &inspection.text.pieces));
    let compared = layer.compared.and_then(|place| inspection.difference.as_ref()?.layers().get(place));
    let share = |shares: &Option<Vec<f64>>, expert: usize| shares.as_ref()?.get(expert).copied();
    let one = |expert: usize| {
        let named = layer.findings().iter().filter(|finding| {
            finding.expert == Some(expert) || finding.experts.as_ref().is_some_and(|all| all.contains(&expert))
        });
        InspectedExpert {
            expert,
            load: share(&layer.load, expert),
            won: share(&won, expert),
            gate_mass: share(&mass, expert),
            row_norm: of(InspectMeasure::RouterNorm, expert),
            norms: [InspectMeasure::GateNorm, InspectMeasure::UpNorm, InspectMeasure::DownNorm]
                .map(|measure| of(measure, expert)),
            effective: [
                InspectMeasure::GateEffectiveRank,
                InspectMeasure::UpEffectiveRank,
                InspectMeasure::DownEffectiveRank,
            ]
            .map(|measure| of(measure, expert)),
            stable: [InspectMeasure::GateStableRank, InspectMeasure::UpStableRank, InspectMeasure::DownStableRank]
                .map(|measure| of(measure, expert)),
            nearest: nearest(layer, expert),
            moved: compared.and_then(|compared| compared.experts().get(expert)?.whole()),
            answers: answers.get_mut(expert).map(std::mem::take).unwrap_or_default(),
            findings: named.clone().count(),
            worst: named.map(|finding| finding.rule as usize).min(),
        }
    };
    (0..layer.experts()).map(one).collect()
}

/// The expert whose weights are most like those of `expert`: with neurons matched, or as they are stored where they were not.
fn nearest(layer: &InspectedLayer, expert: usize) -> Option<(usize, f64, bool)> {
    let report = layer.report.as_ref()?;
    let matched = report.likeness(LikenessOf::Matched);
    let row = matched.or(report.likeness(LikenessOf::Stored))?.row(expert);
    let others = row.enumerate().filter(|(other, _)| *other != expert);
    let told = others.filter_map(|(other, cosine)| Some((other, cosine?)));
    told.max_by(|a, b| a.1.total_cmp(&b.1)).map(|(other, cosine)| (other, cosine, matched.is_some()))
}

/// `[E]` the tokens of which each expert is the first choice more often than its share of all tokens would make it.
fn answers(routed: &RoutedLayer, pieces: &[String]) -> Vec<Vec<(String, f64)>> {
    let mut counts: BTreeMap<&str, (f64, BTreeMap<usize, f64>)> = BTreeMap::new();
    let mut first = vec![0.0; routed.experts];
    let mut all = 0.0;
    for (picks, piece) in routed.picks.iter().zip(pieces) {
        let Some(expert) = picks.first().map(|expert| *expert as usize).filter(|expert| *expert < first.len()) else {
            continue;
        };
        let count = counts.entry(piece).or_default();
        count.0 += 1.0;
        *count.1.entry(expert).or_default() += 1.0;
        first[expert] += 1.0;
        all += 1.0;
    }
    let mut answers = vec![Vec::new(); routed.experts];
    for (piece, (times, by)) in &counts {
        for (&expert, &count) in by {
            let more = count - times * first[expert] / all;
            if more > 0.5 {
                answers[expert].push(((*piece).to_owned(), more));
            }
        }
    }
    for tokens in &mut answers {
        tokens.sort_by(|a, b| b.1.total_cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        tokens.truncate(TOKENS);
    }
    answers
}
