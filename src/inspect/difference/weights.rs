//! Lengths of what changed: ‖W now − W then‖ and ‖W then‖ of an expert, its matrices one after the other, and the sample of its
//! weights by which experts are matched.

use rayon::prelude::*;

use super::comparable::Pair;
use crate::inspect::fault::InspectError;
use crate::inspect::health::Watch;
use crate::inspect::layout::{ExpertPlaces, MatrixPlace, MixturePlan};
use crate::inspect::model::{Model, WeightMatrix};

/// Memory for matrices of experts that are compared together, bytes; a larger pair is compared alone.
const TOGETHER: usize = 256 << 20;
/// Most numbers of an expert that are kept to match it.
const MOST_KEPT: usize = 1 << 15;
/// Most numbers of all experts then, or now, that are kept: 64 MiB.
const MOST_KEPT_OF_ALL: usize = 1 << 24;
/// Neighbouring numbers that are kept together.
const RUN: usize = 64;
/// Sums that run beside each other, so that they can be taken at once.
const LANES: usize = 8;

/// Lengths of a difference and of what it is a difference to.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Change {
    /// Σ (w now − w then)².
    apart: f64,
    /// Σ w then².
    then: f64,
}

impl Change {
    /// Of two rows of numbers of equal length. The same bits are no difference, even of what is no number.
    pub fn of(now: &[f32], then: &[f32]) -> Self {
        let (mut apart, mut square) = ([0.0f64; LANES], [0.0f64; LANES]);
        let (now, then) = (now.chunks(LANES), then.chunks(LANES));
        for (now, then) in now.zip(then) {
            for (lane, (now, then)) in now.iter().zip(then).enumerate() {
                let difference = if now.to_bits() == then.to_bits() { 0.0 } else { f64::from(*now) - f64::from(*then) };
                apart[lane] += difference * difference;
                square[lane] += f64::from(*then) * f64::from(*then);
            }
        }
        Self { apart: apart.iter().sum(), then: square.iter().sum() }
    }

    pub fn plus(self, other: Self) -> Self {
        Self { apart: self.apart + other.apart, then: self.then + other.then }
    }

    /// ‖difference‖ ÷ ‖then‖; `None` where a number is not finite, or zeros became something.
    pub fn ratio(self) -> Option<f64> {
        if self.is_nothing() {
            return Some(0.0);
        }
        Some((self.apart / self.then).sqrt()).filter(|ratio| ratio.is_finite())
    }

    pub fn is_nothing(self) -> bool {
        self.apart == 0.0
    }
}

/// What changed in an expert.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct ExpertChange {
    /// Of gate (if there is one), up and down.
    pub parts: [Option<Change>; 3],
    /// Of all its matrices and biases.
    pub whole: Change,
}

/// How many numbers of each expert are kept to match it, of so many experts of so many numbers.
pub(super) fn kept(experts: usize, numbers: u64) -> usize {
    let numbers = usize::try_from(numbers).unwrap_or(usize::MAX);
    numbers.min(MOST_KEPT).min(MOST_KEPT_OF_ALL / experts.max(1))
}

/// Numbers that are read of the experts of a pair of mixtures.
pub(super) fn work(now: &MixturePlan, then: &MixturePlan, quick: bool) -> u64 {
    let of = |mixture: &MixturePlan| mixture.expert_parameters().saturating_mul(mixture.experts() as u64);
    if quick || now.is_packed() || then.is_packed() { 0 } else { of(now).saturating_add(of(then)) }
}

/// Reads one matrix of one expert, zeros if the expert is not there.
fn read(model: &Model, place: &MatrixPlace, expert: Option<usize>) -> Result<Option<Vec<f32>>, InspectError> {
    expert.map(|expert| model.matrix(place, expert).map(WeightMatrix::into_values)).transpose()
}

/// The matrices of experts, by what they are.
fn places(places: &ExpertPlaces) -> [Option<&MatrixPlace>; 3] {
    [places.gate.as_ref(), Some(&places.up), Some(&places.down)]
}

/// An expert now and one then; either may lack.
pub(super) type Partners = [Option<usize>; 2];

/// Compares an expert now with one then, matrix by matrix. What is kept of each goes to `samples`, `[kept]` now and then; empty ones
/// keep nothing.
pub(super) fn compare(
    models: [&Model; 2],
    of: [&ExpertPlaces; 2],
    partners: Partners,
    samples: [&mut [f32]; 2],
) -> Result<Option<ExpertChange>, InspectError> {
    let [now, then] = models;
    let mut parts = [None; 3];
    let mut whole = Change::default();
    let all: usize = places(of[0]).iter().flatten().map(|place| place.shape().iter().product::<usize>()).sum();
    let [sample_now, sample_then] = samples;
    let (mut rest_now, mut rest_then) = (sample_now, sample_then);
    let mut read_before = 0;
    for (part, (place_now, place_then)) in parts.iter_mut().zip(places(of[0]).into_iter().zip(places(of[1]))) {
        let (Some(place_now), Some(place_then)) = (place_now, place_then) else { continue };
        let matrix_now = read(now, place_now, partners[0])?;
        let matrix_then = read(then, place_then, partners[1])?;
        let numbers: usize = place_now.shape().iter().product();
        (rest_now, rest_then) = (
            keep(rest_now, matrix_now.as_deref(), numbers, all - read_before),
            keep(rest_then, matrix_then.as_deref(), numbers, all - read_before),
        );
        read_before += numbers;
        if let (Some(now), Some(then)) = (&matrix_now, &matrix_then) {
            let change = Change::of(now, then);
            *part = Some(change);
            whole = whole.plus(change);
        }
    }
    let [Some(expert_now), Some(expert_then)] = partners else { return Ok(None) };
    let (biases_now, biases_then) = (now.biases(of[0], expert_now)?, then.biases(of[1], expert_then)?);
    for (now, then) in biases_now.iter().zip(&biases_then) {
        if let (Some(now), Some(then)) = (now, then) {
            whole = whole.plus(Change::of(now, then));
        }
    }
    Ok(Some(ExpertChange { parts, whole }))
}

/// Puts this matrix's share of what is kept into the beginning of `into`, and gives the rest back: runs of neighbouring numbers,
/// evenly spread. `left` numbers are to come, these included.
fn keep<'a>(into: &'a mut [f32], matrix: Option<&[f32]>, numbers: usize, left: usize) -> &'a mut [f32] {
    let share = (into.len() as u128 * numbers as u128 / left.max(1) as u128) as usize;
    let (own, rest) = into.split_at_mut(share.min(into.len()));
    if let Some(matrix) = matrix {
        let runs = own.len().div_ceil(RUN).max(1);
        for (place, run) in own.chunks_mut(RUN).enumerate() {
            let from = if runs == 1 { 0 } else { place * (matrix.len() - run.len().min(matrix.len())) / (runs - 1) };
            let from = if numbers == share { place * RUN } else { from };
            if let Some(stored) = matrix.get(from..from + run.len()) {
                run.copy_from_slice(stored);
            }
        }
    }
    rest
}

/// Every expert now beside the one then of the same number, or of `then_of`; what is kept of all, `[then, then now] × kept`.
pub(super) struct Compared {
    /// By the number of the pair.
    pub changes: Vec<Option<ExpertChange>>,
    /// `[(E then + E now) × kept]`.
    pub samples: Vec<f32>,
}

/// Compares pairs of experts, some at a time. `kept` numbers of each are given back, of an expert that lacks zeros. `None` if `watch`
/// did not want to go on.
pub(super) fn compare_all(
    models: [&Model; 2],
    pair: Pair<'_>,
    partners: &[Partners],
    kept: usize,
    watch: Watch<'_>,
) -> Result<Option<Compared>, InspectError> {
    let of = [pair.0.places(), pair.1.places()];
    let largest =
        places(of[0]).iter().flatten().map(|place| place.shape().iter().product::<usize>()).max().unwrap_or(0);
    let together = (TOGETHER / largest.saturating_mul(8).max(1)).clamp(1, rayon::current_num_threads().max(1));
    let (experts_now, experts_then) = (pair.0.experts(), pair.1.experts());
    let mut samples = vec![0.0f32; (experts_now + experts_then) * kept];
    let mut changes = Vec::with_capacity(partners.len());
    for some in partners.chunks(together) {
        let found: Result<Vec<_>, InspectError> = some
            .par_iter()
            .map(|partners| {
                let (mut now, mut then) = (vec![0.0f32; kept], vec![0.0f32; kept]);
                let there = [
                    partners[0].filter(|expert| pair.0.missing().binary_search(expert).is_err()),
                    partners[1].filter(|expert| pair.1.missing().binary_search(expert).is_err()),
                ];
                let change = compare(models, of, there, [&mut now, &mut then])?;
                let read = there.iter().flatten().count() as u64 * pair.0.expert_parameters();
                Ok(watch(read).then_some((change, now, then)))
            })
            .collect();
        for (found, partners) in found?.into_iter().zip(some) {
            let Some((change, now, then)) = found else { return Ok(None) };
            changes.push(change);
            let rows = [(partners[1], then), (partners[0].map(|now| experts_then + now), now)];
            for (row, sample) in rows {
                if let Some(into) = row.and_then(|row| samples.get_mut(row * kept..(row + 1) * kept)) {
                    into.copy_from_slice(&sample);
                }
            }
        }
    }
    Ok(Some(Compared { changes, samples }))
}
