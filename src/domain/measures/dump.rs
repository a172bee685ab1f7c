//! Diagnosis of a routing dump: every measure its inputs allow; each input is read once or a few times, in blocks.

mod routing;

use super::choice::{first_choice, top_k};
use super::rows::{Chosen, NotFinite, Rows, mean, size};
use super::{cka, collapse, scatter, similarity, spectral};
use crate::domain::readings::{CollapseNumbers, Diagnosis, InputNumbers, Matrices, Matrix, Similarity};
use routing::Routing;

/// In the place of a pick: there is none, it was dropped or is padding.
pub const NO_PICK: u32 = u32::MAX;
/// In the place of a label: the token has no class.
pub const NO_LABEL: u32 = u32::MAX;

/// The inputs of a dump. Their sizes fit each other, indices are below N and different within a row, or [`NO_PICK`].
#[derive(Clone, Copy)]
pub struct Dump<'a> {
    /// z: `[T, N]`, at least one of each; −∞ is the logit of an expert that is masked for the token.
    pub logits: &'a dyn Rows,
    /// s: `[T, N]`.
    pub scores: Option<&'a dyn Rows>,
    /// The router's picks.
    pub picks: Picks<'a>,
    /// The weights of picks that are given: `[T, k]`.
    pub weights: Option<&'a dyn Rows>,
    /// States entering the layer: `[T, D]`.
    pub hidden: Option<&'a dyn Rows>,
    /// Every expert's answer: `[T, N × D]`.
    pub outputs: Option<&'a dyn Rows>,
    /// `[T]` class of each token, or [`NO_LABEL`].
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
            Picks::Ranked { index, k } if index[token * k] != NO_PICK => index[token * k] as usize,
            _ => first_choice(logits),
        }
    }

    /// A token's picks; none if nobody said how many. A masked expert is never picked by its logit.
    fn of(&self, token: usize, logits: &[f64]) -> Vec<u32> {
        match *self {
            Picks::Given { .. } | Picks::Ranked { .. } => {
                self.given(token).iter().copied().filter(|&pick| pick != NO_PICK).collect()
            }
            Picks::Largest(k) => {
                let mut picks = top_k(logits, k);
                picks.retain(|&pick| logits[pick as usize] > f64::NEG_INFINITY);
                picks
            }
            Picks::Unknown => Vec::new(),
        }
    }

    /// A token's picks as they were given, [`NO_PICK`] among them.
    fn given(&self, token: usize) -> &[u32] {
        match *self {
            Picks::Given { index, k } | Picks::Ranked { index, k } => &index[token * k..][..k],
            Picks::Largest(_) | Picks::Unknown => &[],
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
    /// Weights of the picks.
    Weights,
    /// Hidden states.
    Hidden,
    /// Experts' answers.
    Outputs,
}

/// Takes every measure the inputs allow. A token whose logits are all masked is padding and takes part in none.
///
/// # Errors
/// A number that is not finite; the first mask, if every token is padding.
pub fn diagnose(dump: &Dump<'_>) -> Result<(Diagnosis, Matrices), NonFiniteInput> {
    let fault = |input| move |at| NonFiniteInput { input, at };
    let experts = dump.logits.width();
    let routing = Routing::read(dump)?;
    let mut diagnosis = routing.diagnosis(dump);
    let mut matrices = routing.matrices(dump);
    let [hidden, outputs] = [dump.hidden, dump.outputs].map(|rows| rows.map(|rows| Chosen::new(rows, &routing.kept)));
    // All rows of a table are read as they lie in it.
    let whole = diagnosis.left_out.masked_tokens == 0;
    let chosen = |table, part| if whole { table } else { part };
    if let (Some(table), Some(part)) = (dump.hidden, &hidden) {
        let hidden: &dyn Rows = chosen(table, part);
        let found = collapse_of(hidden, &routing.first, experts);
        diagnosis.collapse = found.map_err(fault(Input::Hidden))?;
        let (rms, largest) = size(hidden).map_err(fault(Input::Hidden))?;
        diagnosis.input = InputNumbers { rms: Some(rms), largest: Some(largest) };
        diagnosis.beside.width = Some(hidden.width());
    }
    if let (Some(table), Some(part)) = (dump.outputs, &outputs) {
        let outputs: &dyn Rows = chosen(table, part);
        let (cosine, cka) = similarity_of(outputs, experts).map_err(fault(Input::Outputs))?;
        diagnosis.similarity = similarity_from(&cosine, &by_rows(cka.matrix.clone(), experts), cka.tokens);
        (matrices.output_cosine, matrices.cka) = (Some(cosine), Some(by_rows(cka.matrix, experts)));
    }
    Ok((diagnosis, matrices))
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
