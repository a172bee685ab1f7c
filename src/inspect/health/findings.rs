//! Findings: experts and router rows that are out of the ordinary in their layer, each by a rule with its value and limit.

use serde::{Serialize, Serializer};

use super::{ExpertsHealth, LikenessMatrix, MatrixHealth, RouterHealth};

/// A row of the router this much shorter than the median chooses nothing of its own accord.
const DEAD_ROW: f64 = 1e-3;
/// A row this much longer than the median.
const LOUD_ROW: f64 = 4.0;
/// Two experts this alike. Unrelated ones have 0, give or take one over the root of their weights.
const TWINS: f64 = 0.95;
/// An effective rank this much below the median of the layer.
const COLLAPSED: f64 = 0.5;
/// Weights this much smaller than the median of the layer.
const FAINT: f64 = 0.25;
/// A correction bias this far from the median: scores are between 0 and 1, so that it outweighs any of them.
const BIAS: f64 = 1.0;

/// A rule by which something is out of the ordinary.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FindingRule {
    /// Weights that are not finite; the value says how many.
    NotFinite,
    /// A router row of (almost) zeros.
    DeadRouterRow,
    /// Experts that are (almost) the same.
    TwinExperts,
    /// A matrix of much lower effective rank than those of the other experts.
    RankCollapsedExpert,
    /// An expert of much smaller weights than the others.
    FaintExpert,
    /// A router row much longer than the others.
    LoudRouterRow,
    /// A correction bias that outweighs every score.
    BiasOutOfRange,
}

impl FindingRule {
    /// Its name in reports.
    pub fn name(self) -> &'static str {
        match self {
            Self::NotFinite => "not-finite",
            Self::DeadRouterRow => "dead-router-row",
            Self::TwinExperts => "twin-experts",
            Self::RankCollapsedExpert => "rank-collapsed-expert",
            Self::FaintExpert => "faint-expert",
            Self::LoudRouterRow => "loud-router-row",
            Self::BiasOutOfRange => "bias-out-of-range",
        }
    }
}

impl Serialize for FindingRule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// Something out of the ordinary.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// By which rule.
    pub rule: FindingRule,
    /// The expert; absent where there are several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expert: Option<usize>,
    /// Where there are several, all of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub experts: Option<Vec<usize>>,
    /// Of what: `gate`, `up`, `down` or `router`; absent where it is the whole expert.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub of: Option<&'static str>,
    /// What was measured.
    pub value: f64,
    /// What it would have to keep to, in the unit of the value.
    pub limit: f64,
}

impl Finding {
    fn one(rule: FindingRule, expert: usize, of: Option<&'static str>, value: f64, limit: f64) -> Self {
        Self { rule, expert: Some(expert), experts: None, of, value, limit }
    }
}

/// All findings of a mixture, worst rules first.
pub(super) fn of(router: Option<&RouterHealth>, experts: Option<&ExpertsHealth>) -> Vec<Finding> {
    let mut found = Vec::new();
    if let Some(router) = router {
        of_router(router, &mut found);
    }
    if let Some(experts) = experts {
        of_experts(experts, &mut found);
    }
    found.sort_by_key(|finding| finding.rule);
    found
}

fn of_router(router: &RouterHealth, found: &mut Vec<Finding>) {
    let lengths: Vec<f64> = router.row_norm.iter().flatten().copied().collect();
    let usual = median(&lengths);
    for (expert, length) in router.row_norm.iter().enumerate() {
        match (length, usual) {
            (None, _) => found.push(Finding::one(FindingRule::NotFinite, expert, Some("router"), 1.0, 0.0)),
            (Some(length), Some(usual)) if *length <= DEAD_ROW * usual => {
                found.push(Finding::one(FindingRule::DeadRouterRow, expert, Some("router"), *length, DEAD_ROW * usual));
            }
            (Some(length), Some(usual)) if *length > LOUD_ROW * usual => {
                found.push(Finding::one(FindingRule::LoudRouterRow, expert, Some("router"), *length, LOUD_ROW * usual));
            }
            _ => {}
        }
    }
    let biases: Vec<f64> = router.correction_bias.iter().flatten().map(|bias| f64::from(*bias)).collect();
    let finite: Vec<f64> = biases.iter().copied().filter(|bias| bias.is_finite()).collect();
    let usual = median(&finite).unwrap_or(0.0);
    for (expert, bias) in biases.iter().enumerate() {
        if !bias.is_finite() {
            found.push(Finding::one(FindingRule::NotFinite, expert, Some("router"), 1.0, 0.0));
        } else if (bias - usual).abs() > BIAS {
            let limit = usual + BIAS * (bias - usual).signum();
            found.push(Finding::one(FindingRule::BiasOutOfRange, expert, Some("router"), *bias, limit));
        }
    }
}

fn of_experts(experts: &ExpertsHealth, found: &mut Vec<Finding>) {
    let matrices = [("gate", experts.gate.as_ref()), ("up", Some(&experts.up)), ("down", Some(&experts.down))];
    let matrices: Vec<(&'static str, &MatrixHealth)> =
        matrices.into_iter().filter_map(|(name, matrix)| Some((name, matrix?))).collect();
    for (name, matrix) in &matrices {
        for (expert, count) in matrix.not_finite.iter().enumerate().filter(|(_, count)| **count > 0) {
            found.push(Finding::one(FindingRule::NotFinite, expert, Some(name), *count as f64, 0.0));
        }
        let ranks: Vec<f64> = matrix.effective_rank.iter().flatten().copied().collect();
        let limit = median(&ranks).map(|usual| COLLAPSED * usual);
        for (expert, rank) in matrix.effective_rank.iter().enumerate() {
            if let Some((rank, limit)) = rank.zip(limit).filter(|(rank, limit)| rank < limit) {
                found.push(Finding::one(FindingRule::RankCollapsedExpert, expert, Some(name), rank, limit));
            }
        }
    }
    let whole: Vec<Option<f64>> = (0..experts.up.norm.len())
        .map(|expert| {
            let norms = matrices.iter().map(|(_, matrix)| matrix.norm.get(expert).copied().flatten());
            norms.map(|norm| norm.map(|norm| norm * norm)).sum::<Option<f64>>().map(f64::sqrt)
        })
        .collect();
    let told: Vec<f64> = whole.iter().flatten().copied().collect();
    let limit = median(&told).map(|usual| FAINT * usual);
    for (expert, norm) in whole.iter().enumerate() {
        if let Some((norm, limit)) = norm.zip(limit).filter(|(norm, limit)| norm < limit) {
            found.push(Finding::one(FindingRule::FaintExpert, expert, None, norm, limit));
        }
    }
    found.extend(twins(experts));
}

/// Groups of experts that are (almost) the same: each alike to another of its group.
fn twins(experts: &ExpertsHealth) -> Vec<Finding> {
    let count = experts.up.norm.len();
    let cosine = |a: usize, b: usize| {
        let at = |matrix: &Option<LikenessMatrix>| matrix.as_ref()?.at(a, b);
        let (lying, matched) = (at(&experts.weight_cosine), at(&experts.matched_cosine));
        lying.into_iter().chain(matched).fold(f64::NEG_INFINITY, f64::max)
    };
    let mut group: Vec<usize> = (0..count).collect();
    for a in 0..count {
        for b in a + 1..count {
            if group[a] != group[b] && cosine(a, b) > TWINS {
                let (keep, give) = (group[a].min(group[b]), group[a].max(group[b]));
                group.iter_mut().filter(|of| **of == give).for_each(|of| *of = keep);
            }
        }
    }
    let groups = (0..count).map(|first| (0..count).filter(|expert| group[*expert] == first).collect::<Vec<_>>());
    groups
        .filter(|members| members.len() > 1)
        .map(|members| {
            let pairs = members.iter().flat_map(|a| members.iter().filter(move |b| a < b).map(move |b| (*a, *b)));
            let value = pairs.map(|(a, b)| cosine(a, b)).fold(f64::NEG_INFINITY, f64::max);
            Finding {
                rule: FindingRule::TwinExperts,
                expert: None,
                experts: Some(members),
                of: None,
                value,
                limit: TWINS,
            }
        })
        .collect()
}

/// The middle of some values; `None` of fewer than two, where nothing is ordinary.
fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    (sorted.len() > 1).then(|| sorted.get(sorted.len() / 2).copied())?
}
