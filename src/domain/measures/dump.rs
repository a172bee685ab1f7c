//! Diagnosis of a routing dump: every measure its inputs allow; each input is read once or a few times, in blocks.

use super::choice::{first_choice, top_k};
use super::coactivation::{self, Together};
use super::router::Decisions;
use super::router_vs_competition::AgreementTally;
use super::rows::{NotFinite, Rows, block_rows, each_block, mean};
use super::{change, cka, collapse, load, scatter, similarity, specialization, spectral};
use crate::domain::readings::{
    CollapseNumbers, Diagnosis, DiagnosisContext, Load, Matrices, Matrix, RouterNumbers, Similarity, Specialization,
};

/// The inputs of a dump. Their sizes fit each other, indices are below N and different within a row.
#[derive(Clone, Copy)]
pub struct Dump<'a> {
    /// z: `[T, N]`, at least one of each.
    pub logits: &'a dyn Rows,
    /// s: `[T, N]`.
    pub scores: Option<&'a dyn Rows>,
    /// The router's picks.
    pub picks: Picks<'a>,
    /// States entering the layer: `[T, D]`.
    pub hidden: Option<&'a dyn Rows>,
    /// Every expert's answer: `[T, N × D]`.
    pub outputs: Option<&'a dyn Rows>,
    /// `[T]` class of each token.
    pub labels: Option<&'a [u32]>,
}

/// Where the router's picks come from.
#[derive(Clone, Copy, Debug)]
pub enum Picks<'a> {
    /// They are given: `[T × k]`.
    Given {
        /// Slots, in any order within a token.
        index: &'a [u32],
        /// k, at least 1.
        k: usize,
    },
    /// They are given in the router's own order: a policy may choose by something else than its logits.
    Ranked {
        /// Slots, best first within a token.
        index: &'a [u32],
        /// k, at least 1.
        k: usize,
    },
    /// The k largest logits; k is 1 to N.
    Largest(usize),
    /// Nobody said how many there are.
    Unknown,
}

impl Picks<'_> {
    fn k(&self) -> Option<usize> {
        match *self {
            Picks::Given { k, .. } | Picks::Ranked { k, .. } | Picks::Largest(k) => Some(k),
            Picks::Unknown => None,
        }
    }

    /// The router's first choice for a token: the first of ranked picks, else the largest logit.
    fn first(&self, token: usize, logits: &[f64]) -> usize {
        match *self {
            Picks::Ranked { index, k } => index[token * k] as usize,
            _ => first_choice(logits),
        }
    }

    /// A token's picks; none if nobody said how many.
    fn of(&self, token: usize, logits: &[f64]) -> Vec<u32> {
        match *self {
            Picks::Given { index, k } | Picks::Ranked { index, k } => index[token * k..][..k].to_vec(),
            Picks::Largest(k) => top_k(logits, k),
            Picks::Unknown => Vec::new(),
        }
    }
}

/// A number that is not finite, and the input it stands in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct NonFiniteInput {
    /// Which input.
    pub input: Input,
    /// Where in it, by its rows as [`Dump`] has them.
    pub at: NotFinite,
}

/// The inputs that hold measured numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Input {
    /// z.
    Logits,
    /// s.
    Scores,
    /// Hidden states.
    Hidden,
    /// Experts' answers.
    Outputs,
}

/// Takes every measure the inputs allow.
///
/// # Errors
/// A number that is not finite.
pub fn diagnose(dump: &Dump<'_>) -> Result<(Diagnosis, Matrices), NonFiniteInput> {
    let fault = |input| move |at| NonFiniteInput { input, at };
    let experts = dump.logits.width();
    let routing = Routing::read(dump)?;
    let mut diagnosis = routing.diagnosis(dump);
    let mut matrices = routing.matrices(dump);
    if let Some(hidden) = dump.hidden {
        let found = collapse_of(hidden, &routing.first, experts);
        diagnosis.collapse = found.map_err(fault(Input::Hidden))?;
        diagnosis.beside.width = Some(hidden.width());
    }
    if let Some(outputs) = dump.outputs {
        let (cosine, cka) = similarity_of(outputs, experts).map_err(fault(Input::Outputs))?;
        diagnosis.similarity = similarity_from(&cosine, &by_rows(cka.matrix.clone(), experts), cka.tokens);
        (matrices.output_cosine, matrices.cka) = (Some(cosine), Some(by_rows(cka.matrix, experts)));
    }
    Ok((diagnosis, matrices))
}

/// What one pass over logits and scores gathers.
struct Routing {
    /// `[T]` the router's first choice.
    first: Vec<u32>,
    counts: Vec<u32>,
    together: Together,
    /// `[C × N]` over all picks; empty without labels.
    crossing: Vec<u32>,
    decisions: Decisions,
    /// With scores only.
    tally: Option<AgreementTally>,
}

impl Routing {
    fn read(dump: &Dump<'_>) -> Result<Self, NonFiniteInput> {
        let (tokens, experts) = (dump.logits.count(), dump.logits.width());
        let classes = dump.labels.and_then(|labels| labels.iter().max()).map_or(0, |&last| last as usize + 1);
        let mut routing = Self {
            first: Vec::with_capacity(tokens),
            counts: vec![0; experts],
            together: Together::new(experts),
            crossing: vec![0; classes * experts],
            decisions: Decisions::new(experts),
            tally: dump.scores.map(|_| AgreementTally::new(experts)),
        };
        let at_once = block_rows(experts);
        let mut scores = vec![0.0; at_once * experts];
        let mut broken = Ok(());
        each_block(dump.logits, (0, tokens), at_once, |from, block| {
            if let Some(table) = dump.scores.filter(|_| broken.is_ok()) {
                broken = table.read(from, &mut scores[..block.len()]);
            }
            if broken.is_ok() {
                for (i, (z, s)) in block.chunks_exact(experts).zip(scores.chunks_exact(experts)).enumerate() {
                    routing.add(dump, from + i, z, s);
                }
            }
        })
        .map_err(|at| NonFiniteInput { input: Input::Logits, at })?;
        broken.map_err(|at| NonFiniteInput { input: Input::Scores, at })?;
        Ok(routing)
    }

    fn add(&mut self, dump: &Dump<'_>, token: usize, z: &[f64], s: &[f64]) {
        let picks = dump.picks.of(token, z);
        let first = dump.picks.first(token, z);
        self.first.push(first as u32);
        self.decisions.add(z);
        self.together.add(&picks);
        for &expert in &picks {
            self.counts[expert as usize] += 1;
            if let Some(labels) = dump.labels {
                self.crossing[labels[token] as usize * z.len() + expert as usize] += 1;
            }
        }
        if let Some(tally) = &mut self.tally {
            tally.add(z, s, first, &picks);
        }
    }

    /// All but what needs hidden states or answers.
    fn diagnosis(&self, dump: &Dump<'_>) -> Diagnosis {
        let (experts, k) = (dump.logits.width(), dump.picks.k());
        let router = self.decisions.finish();
        let mut beside = DiagnosisContext {
            tokens: self.first.len(),
            experts,
            top_k: k,
            silence_window: k.map(|k| load::silence_window(experts, k)),
            fifths: k.and_then(|_| load::fifths(&self.counts)),
            balance_loss: k.and(self.decisions.mean_probability()).and_then(|p| load::balance_loss(&self.counts, &p)),
            repetition_chance: k.map(|k| change::repetition_chance(experts, k)),
            coactivation_chance: k.and_then(|k| coactivation::chance(experts, k)),
            ..DiagnosisContext::default()
        };
        let agreement = self.tally.as_ref().map(|tally| tally.finish(k, &mut beside)).unwrap_or_default();
        let specialization = dump.labels.map(|labels| self.specialization(labels, experts, &mut beside));
        Diagnosis {
            load: k.map(|_| load_of(&self.counts)).unwrap_or_default(),
            router: RouterNumbers {
                token_entropy: router.and_then(|r| r.token_entropy),
                marginal_entropy: router.and_then(|r| r.marginal_entropy),
                information: router.and_then(|r| r.information),
                margin: router.and_then(|r| r.margin),
                z_loss: router.map(|r| r.z_loss),
                ..RouterNumbers::default()
            },
            agreement,
            specialization: specialization.unwrap_or_default(),
            beside,
            ..Diagnosis::default()
        }
    }

    /// The matrices of picks.
    fn matrices(&self, dump: &Dump<'_>) -> Matrices {
        let (experts, k) = (dump.logits.width(), dump.picks.k());
        let lift = || by_rows(specialization::lift(&self.crossing, experts), experts);
        Matrices {
            confusion: self.tally.as_ref().map(AgreementTally::confusion),
            lift: dump.labels.and(k).map(|_| lift()),
            coactivation: k.map(|_| by_rows(self.together.shares(), experts)),
            ..Matrices::default()
        }
    }

    fn specialization(&self, labels: &[u32], experts: usize, beside: &mut DiagnosisContext) -> Specialization {
        let classes = labels.iter().max().map_or(0, |&last| last as usize + 1);
        let first = specialization::crossing(labels, classes, &self.first, experts);
        beside.classes = Some(first.chunks_exact(experts).filter(|row| row.iter().any(|&count| count > 0)).count());
        Specialization { nmi: specialization::nmi(&first, experts) }
    }
}

fn load_of(counts: &[u32]) -> Load {
    Load {
        counts: Some(counts.to_vec()),
        fraction: load::fraction(counts),
        cv: Some(load::cv(counts)),
        cv_population: Some(load::cv_population(counts)),
        max_vio: load::max_vio(counts),
        entropy_norm: Some(load::normalised_entropy(counts)),
        effective_experts: Some(load::effective_experts(counts)),
        gini: load::gini(counts),
        dead: Some(load::dead(counts)),
        dead_slots: Some(load::dead_slots(counts)),
    }
}

pub(crate) fn collapse_of(hidden: &dyn Rows, first: &[u32], experts: usize) -> Result<CollapseNumbers, NotFinite> {
    let mean = mean(hidden)?;
    let values = spectral::singular_values(hidden, &mean)?;
    let spectrum = collapse::relative_spectrum(&values);
    Ok(CollapseNumbers {
        rc: scatter::rc(hidden, first, experts)?,
        effective_rank: spectrum.as_deref().map(collapse::effective_rank),
        stable_rank: collapse::stable_rank(&values),
        participation_ratio: collapse::participation_ratio(&values),
        anisotropy: collapse::anisotropy(hidden, &mean)?,
        spectrum,
        ..CollapseNumbers::default()
    })
}

fn similarity_of(outputs: &dyn Rows, experts: usize) -> Result<(Matrix, cka::Cka), NotFinite> {
    let cosine = similarity::output_cosine(outputs, experts)?.into_iter().map(Some).collect();
    Ok((by_rows(cosine, experts), cka::linear_cka(outputs, experts)?))
}

/// What is said of two matrices `[N × N]`, CKA being computed on so many tokens.
pub(crate) fn similarity_from(cosine: &Matrix, cka: &Matrix, cka_tokens: usize) -> Similarity {
    Similarity {
        mean_output_cosine: similarity::mean_of_pairs_above(cosine),
        mean_cka: similarity::mean_of_pairs(cka),
        cka_tokens: Some(cka_tokens),
        worst_pair: similarity::most_alike(cosine),
    }
}

/// A matrix by its rows, each of `width` values.
pub(crate) fn by_rows(values: Vec<Option<f64>>, width: usize) -> Matrix {
    values.chunks_exact(width).map(<[Option<f64>]>::to_vec).collect()
}

#[cfg(test)]
mod tests;
