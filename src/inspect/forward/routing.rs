//! Routing of tokens: from a router's logits to the chosen experts and their weights, by the rules of public families.
//!
//! Scores are computed in double precision from logits in single precision. Equal scores go to the lower expert.

use super::super::scoring::{ExpertGroups, Score, Scoring, Weighing};
use crate::domain::measures::choice::{softmax, top_k};

/// An expert chosen for a token.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pick {
    /// Which expert.
    pub expert: usize,
    /// The weight of its answer, or of its input ([`Scoring::InputSigmoid`]).
    pub weight: f32,
}

/// The experts of every token, each token's by falling weight: at most k, fewer where an expert was full.
///
/// - `logits`: `[T, E]`, finite
/// - `correction`: `[E]` added to the scores when experts are chosen
/// - `top_k`: k, cut to E
///
/// Source: `checkpoints.md` of the families; DeepSeek-V3 (arXiv:2412.19437, eq. 13 to 16), SparseMixer-v2 (arXiv:2409.12136),
/// Switch (arXiv:2101.03961).
pub fn route(
    scoring: &Scoring,
    logits: &[f32],
    experts: usize,
    correction: Option<&[f32]>,
    top_k: usize,
) -> Vec<Vec<Pick>> {
    let k = top_k.min(experts);
    let mut taken = vec![0usize; experts];
    let rows = logits.chunks_exact(experts.max(1));
    rows.map(|row| {
        let z: Vec<f64> = row.iter().map(|&z| f64::from(z)).collect();
        let mut picks = match *scoring {
            Scoring::Scored { score, weighing, groups, factor } => {
                scored(&scores(score, &z), correction, groups, weighing, factor, k)
            }
            Scoring::ChosenSoftmax => chosen_softmax(&z, k),
            Scoring::InputSigmoid => pick(top_k_of(&z, k), |slot| sigmoid(z[slot])),
            Scoring::SparseMixer { epsilon } => sparse_mixer(&z, epsilon, k),
            Scoring::TopOne { capacity } => {
                let p = softmax(&z);
                let mut first = pick(top_k_of(&p, 1.min(k)), |slot| p[slot]);
                first.retain(|pick| {
                    taken[pick.expert] += 1;
                    capacity.is_none_or(|capacity| taken[pick.expert] <= capacity)
                });
                first
            }
        };
        picks.sort_by(|a, b| b.weight.total_cmp(&a.weight));
        picks
    })
    .collect()
}

fn top_k_of(row: &[f64], k: usize) -> Vec<usize> {
    top_k(row, k).into_iter().map(|slot| slot as usize).collect()
}

fn pick(slots: Vec<usize>, weight: impl Fn(usize) -> f64) -> Vec<Pick> {
    slots.into_iter().map(|expert| Pick { expert, weight: weight(expert) as f32 }).collect()
}

/// σ(z) = 1 ÷ (1 + e⁻ᶻ).
pub(super) fn sigmoid(z: f64) -> f64 {
    1.0 / (1.0 + (-z).exp())
}

/// softplus(z) = ln(1 + eᶻ), without overflow.
pub(super) fn softplus(z: f64) -> f64 {
    z.max(0.0) + (-z.abs()).exp().ln_1p()
}

fn scores(score: Score, z: &[f64]) -> Vec<f64> {
    match score {
        Score::Softmax => softmax(z),
        Score::Sigmoid => z.iter().map(|&z| sigmoid(z)).collect(),
        Score::SqrtSoftplus => z.iter().map(|&z| softplus(z).sqrt()).collect(),
    }
}

/// The k best scores, within the best groups if there are groups; the correction counts for the choice alone.
fn scored(
    scores: &[f64],
    correction: Option<&[f32]>,
    groups: Option<ExpertGroups>,
    weighing: Weighing,
    factor: f64,
    k: usize,
) -> Vec<Pick> {
    let mut choice = scores.to_vec();
    if let Some(correction) = correction {
        choice.iter_mut().zip(correction).for_each(|(score, &bias)| *score += f64::from(bias));
    }
    if let Some(groups) = groups {
        keep_best_groups(&mut choice, groups);
    }
    let chosen = top_k_of(&choice, k);
    let sum: f64 = chosen.iter().map(|&slot| scores[slot]).sum();
    let divisor = match weighing {
        Weighing::Kept => 1.0,
        Weighing::Renormalised { at_least, plus } => sum.max(at_least) + plus,
        Weighing::Norm { p } => chosen.iter().map(|&slot| scores[slot].abs().powf(p)).sum::<f64>().powf(1.0 / p),
    };
    pick(chosen, |slot| scores[slot] / divisor * factor)
}

/// Scores of all groups but the best become −∞. Groups that do not divide the experts are none.
fn keep_best_groups(choice: &mut [f64], ExpertGroups { count, kept, best }: ExpertGroups) {
    if count == 0 || !choice.len().is_multiple_of(count) || kept >= count {
        return;
    }
    let size = choice.len() / count;
    let group_scores: Vec<f64> = choice
        .chunks_exact(size)
        .map(|group| top_k_of(group, best.min(size)).into_iter().map(|slot| group[slot]).sum())
        .collect();
    let kept = top_k_of(&group_scores, kept);
    for (place, group) in choice.chunks_exact_mut(size).enumerate() {
        if !kept.contains(&place) {
            group.fill(f64::NEG_INFINITY);
        }
    }
}

fn chosen_softmax(z: &[f64], k: usize) -> Vec<Pick> {
    let chosen = top_k_of(z, k);
    let weights = softmax(&chosen.iter().map(|&slot| z[slot]).collect::<Vec<_>>());
    chosen.into_iter().zip(weights).map(|(expert, weight)| Pick { expert, weight: weight as f32 }).collect()
}

/// Takes the largest logit, weighs it by the softmax over those near it, takes it out, and again.
fn sparse_mixer(z: &[f64], epsilon: f64, k: usize) -> Vec<Pick> {
    let mut left: Vec<f64> = z.to_vec();
    let mut picks = Vec::with_capacity(k);
    for _ in 0..k {
        let Some(&expert) = top_k_of(&left, 1).first() else { break };
        let largest = left[expert];
        // Nearness is measured with the logits as they were; 0 ÷ 0 compares with nothing, so such a logit stays.
        let far = |slot: usize| (largest - z[slot]) / z[slot].abs().max(largest) > 2.0 * epsilon;
        let near: Vec<f64> =
            left.iter().enumerate().map(|(slot, &value)| if far(slot) { f64::NEG_INFINITY } else { value }).collect();
        picks.push(Pick { expert, weight: softmax(&near)[expert] as f32 });
        left[expert] = f64::NEG_INFINITY;
    }
    picks
}

#[cfg(test)]
mod tests;
