//! Matching of experts: which expert of an earlier checkpoint is which of a later one, and by what evidence.

use serde::Serialize;

/// Experts less alike than this are strangers.
const STRANGERS: f64 = 0.1;

/// By what experts were held for the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum MatchedBy {
    /// By their numbers: no other order makes the weights clearly more alike.
    AsStored,
    /// By the identities that a run keeps of its experts.
    Identity,
    /// By the order that makes their weights, as they lie, most alike.
    Weights,
    /// The same whatever the order of an expert's neurons.
    Neurons,
    /// By the order that makes the rows of the router most alike: the experts were not read.
    RouterRows,
    /// By the order in which most tokens keep their first expert: the weights say nothing.
    Picks,
}

/// Which expert then is which now, and by what.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ExpertMatching {
    by: MatchedBy,
    /// `[E now]`.
    then_of: Vec<Option<usize>>,
    /// Experts then without one now.
    dropped: Vec<usize>,
    likeness: Option<f64>,
    likeness_as_stored: Option<f64>,
    likeness_by_chance: Option<f64>,
    estimated: bool,
}

/// How alike experts are along a matching, and what that is worth.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Evidence {
    /// Mean likeness of the pairs.
    pub likeness: Option<f64>,
    /// Mean likeness of experts of the same number.
    pub as_stored: Option<f64>,
    /// Of unrelated experts.
    pub by_chance: Option<f64>,
    /// Whether it is of a part of the weights.
    pub is_estimated: bool,
}

impl ExpertMatching {
    /// By number; what has no counterpart is new or gone.
    pub fn as_stored(now: usize, then: usize) -> Self {
        Self::new(MatchedBy::AsStored, (0..now).map(|expert| (expert < then).then_some(expert)).collect(), then)
    }

    /// - `then_of`: `[E now]` its expert then, each at most once
    pub(super) fn new(by: MatchedBy, then_of: Vec<Option<usize>>, then: usize) -> Self {
        let dropped = (0..then).filter(|expert| !then_of.contains(&Some(*expert))).collect();
        Self {
            by,
            then_of,
            dropped,
            likeness: None,
            likeness_as_stored: None,
            likeness_by_chance: None,
            estimated: false,
        }
    }

    pub(super) fn told_by(self, evidence: Evidence) -> Self {
        Self {
            likeness: evidence.likeness,
            likeness_as_stored: evidence.as_stored,
            likeness_by_chance: evidence.by_chance,
            estimated: evidence.is_estimated,
            ..self
        }
    }

    /// By what.
    pub fn by(&self) -> MatchedBy {
        self.by
    }

    /// The expert then that is `now` now; `None` if it is new.
    pub fn then_of(&self, now: usize) -> Option<usize> {
        self.then_of.get(now).copied().flatten()
    }

    /// The expert now that was `then` then; `None` if it is gone.
    pub fn now_of(&self, then: usize) -> Option<usize> {
        self.then_of.iter().position(|of| *of == Some(then))
    }

    /// Experts now that have another number than then, or are new.
    pub fn is_renumbered(&self) -> bool {
        !self.dropped.is_empty() || self.then_of.iter().enumerate().any(|(now, then)| *then != Some(now))
    }

    /// Experts that were not there then.
    pub fn added(&self) -> impl Iterator<Item = usize> + '_ {
        self.then_of.iter().enumerate().filter(|(_, then)| then.is_none()).map(|(now, _)| now)
    }

    /// Experts then that are gone.
    pub fn dropped(&self) -> &[usize] {
        &self.dropped
    }

    /// Mean likeness of the pairs, −1 to 1: cosine of their weights, of router rows where those alone were read, or share of tokens
    /// that stayed. `None` if it was not measured.
    pub fn likeness(&self) -> Option<f64> {
        self.likeness
    }

    /// The same of experts of equal number.
    pub fn likeness_as_stored(&self) -> Option<f64> {
        self.likeness_as_stored
    }

    /// The same of unrelated experts; `None` where it is 0 or was not measured.
    pub fn likeness_by_chance(&self) -> Option<f64> {
        self.likeness_by_chance
    }

    /// Whether the weights then and now have nothing in common, as those of two seeds: then they say nothing of who is who.
    pub fn are_strangers(&self) -> bool {
        self.by != MatchedBy::Identity && self.likeness.is_some_and(|likeness| likeness < STRANGERS)
    }

    /// Whether the likeness is that of a part of the weights.
    pub fn is_estimated(&self) -> bool {
        self.estimated
    }
}
