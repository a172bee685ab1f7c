//! The probe: one flat vector of numbers from what a layer showed on the device, and from that vector a reading.
//!
//! The vector is read back together with the losses of the steps around it; nothing here waits for the device. Tables with
//! a row per token come as they are, for the measures of this room are taken of them on the host; the experts' answers,
//! which would be N times as large, are compared on the device.

use burn::tensor::{Int, Tensor};

use super::pairwise_similarity::{compared, tokens_compared};
use super::readback_layout::{ReadbackLayout, ReadbackWriter};
use crate::domain::config::ProbeFamilies;
use crate::domain::measures::choice::softmax;
use crate::domain::measures::dump::{Dump, Picks, by_rows, collapse_of, diagnose, similarity_from};
use crate::domain::measures::rows::Table;
use crate::domain::measures::{change, collapse, router, similarity};
use crate::domain::readings::{Choices, Diagnosis, LayerProbe, Matrices, Matrix};
use crate::engine::kernels::row_lengths;
use crate::engine::model::LayerTrace;

/// Most tokens or widths of a Gram matrix of hidden states; its eigenvalues cost the cube of it on the host.
const SPECTRUM_SIDE: usize = 256;
/// Probabilities count as no smaller in a logarithm.
const LEAST: f64 = 1e-30;
/// A policy whose p is farther than this from softmax(z) has another p.
const SAME: f64 = 1e-4;

/// What is needed to read a layer's vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LayerNumbers {
    /// Tokens T of the probe.
    pub tokens: usize,
    /// Experts N.
    pub experts: usize,
    /// Winners k.
    pub top_k: usize,
    /// Model width D.
    pub width: usize,
    /// Dimensions that the states entering the layer may spread over, at most D.
    pub dimensions: usize,
    /// Positions of a sequence.
    pub context: usize,
    /// Which measures are taken.
    pub measures: ProbeFamilies,
}

/// A field of the vector of a layer; T tokens, N experts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LayerField {
    /// z: `[T, N]`
    Logits,
    /// p: `[T, N]`
    Probabilities,
    /// s: `[T, N]`
    Affinities,
    /// What the picks are the largest of: `[T, N]`
    Choice,
    /// Combining weights: `[T, N]`
    Weights,
    /// Picks + 2 · winners: `[T, N]`
    Marks,
    /// Lengths of the experts' answers: `[T, N]`
    AnswerLengths,
    /// Cosine, then CKA of the experts' answers: `[2, N, N]`
    Similarities,
    /// Hidden states of the tokens that are looked at: `[·, D]`
    States,
    /// How far each expert's weights have moved since the last probe, as a share of their length: `[N]`
    Moved,
    /// The router's rows, if the policy's router has a row of the states' width for each expert: `[N, D]`
    RouterRows,
}

/// What a probe takes from a layer's weights.
#[derive(Clone, Debug, Default)]
pub(crate) struct FromWeights {
    /// `[N]` ‖W now − W at the last probe‖ ÷ ‖W at the last probe‖ of each expert.
    pub moved: Option<Tensor<1>>,
    /// `[N, D]` the router's rows.
    pub rows: Option<Tensor<2>>,
}

impl LayerNumbers {
    /// Tokens whose hidden states are looked at, in order: all, or a sample spread over the probe. One of each of as many
    /// equal stretches, at a place in it that differs from stretch to stretch (Weyl's sequence), or they might all stand
    /// at the same few positions of their sequences.
    fn sampled(&self) -> Vec<usize> {
        /// The golden ratio's part behind the point, as a share of 2³².
        const TURN: u32 = 0x9e37_79b9;
        let count = self.states();
        let place = |i: usize| {
            let [first, next] = [i, i + 1].map(|i| i * self.tokens / count);
            let turn = u64::from((i as u32).wrapping_mul(TURN));
            first + (((next - first) as u64 * turn) >> 32) as usize
        };
        (0..count).map(place).collect()
    }

    /// How many tokens' hidden states are looked at.
    fn states(&self) -> usize {
        match (self.measures.representation, self.width.min(self.tokens) > SPECTRUM_SIDE) {
            (false, _) => 0,
            (true, false) => self.tokens,
            (true, true) => SPECTRUM_SIDE,
        }
    }
}

/// One layer of the probe as numbers on the device, and where they lie.
///
/// - `trace`: of a layer run in probe mode
/// - `entering`: `[T, D]` hidden states entering it
///
/// # Panics
/// If the trace holds no competition.
pub(crate) fn layer_numbers(
    trace: &LayerTrace,
    entering: &Tensor<2>,
    weights: FromWeights,
    sizes: LayerNumbers,
) -> (ReadbackLayout<LayerField>, Tensor<1>) {
    let competition = trace.competition.as_ref().expect("a layer in probe mode holds a competition");
    let routing = &trace.routing;
    let answers = competition.answers.clone().expect("a probe keeps the answers");
    let lengths = row_lengths(vec![answers.clone().flatten(0, 2)], sizes.experts * sizes.tokens);
    let lengths = lengths.reshape([sizes.experts, sizes.tokens]).transpose();
    let mut writer = ReadbackWriter::default();
    writer.push(LayerField::Logits, routing.logits.clone());
    writer.push(LayerField::Probabilities, routing.probabilities());
    writer.push(LayerField::Affinities, competition.affinity.clone());
    writer.push(LayerField::Choice, routing.choice.clone());
    writer.push(LayerField::Weights, routing.weights());
    writer.push(LayerField::Marks, routing.picks.clone() + competition.winners.clone() * 2.0);
    writer.push(LayerField::AnswerLengths, lengths);
    if sizes.measures.similarity {
        writer.push(LayerField::Similarities, compared(answers));
    }
    if sizes.states() > 0 {
        writer.push(LayerField::States, sampled_rows(entering, sizes));
    }
    if let Some(moved) = weights.moved {
        writer.push(LayerField::Moved, moved);
    }
    if let Some(rows) = weights.rows {
        writer.push(LayerField::RouterRows, rows);
    }
    writer.finish()
}

/// The rows of `entering` `[T, D]` that are looked at.
fn sampled_rows(entering: &Tensor<2>, sizes: LayerNumbers) -> Tensor<2> {
    if sizes.states() == sizes.tokens {
        return entering.clone();
    }
    let places: Vec<i32> = sizes.sampled().into_iter().map(|token| token as i32).collect();
    entering.clone().select(0, Tensor::<1, Int>::from_data(places.as_slice(), &entering.device()))
}

/// The reading of one layer from its numbers. `labels` are those of the probe's tokens, `[T]`, or none.
pub(crate) fn layer_probe(
    layout: &ReadbackLayout<LayerField>,
    numbers: &[f32],
    labels: &[u16],
    sizes: LayerNumbers,
) -> LayerProbe {
    use LayerField::{Affinities, AnswerLengths, Choice, Logits, Marks, Probabilities, Weights};
    let LayerNumbers { tokens, experts, width, .. } = sizes;
    let get = |field| layout.get(numbers, field);
    let tables = [Logits, Probabilities, Affinities, Choice, Weights, Marks, AnswerLengths];
    let [z, p, s, choice, weights, marks, lengths] = tables.map(get);
    let (compared, states) = (get(LayerField::Similarities), get(LayerField::States));
    let (moved, rows) = (get(LayerField::Moved), get(LayerField::RouterRows));
    let choices = chosen(&Tables { p, s, choice, weights, marks }, sizes);
    let counts = |slots: &[u16]| {
        let mut counts = vec![0u32; experts];
        slots.iter().for_each(|&slot| counts[usize::from(slot)] += 1);
        counts
    };
    let (mut diagnosis, mut matrices) = diagnosed(z, &choices, labels, sizes);
    diagnosis.load.counts = Some(counts(&choices.picks));
    diagnosis.agreement.won = Some(counts(&choices.winners));
    let (cosine, cka) = compared.split_at(compared.len() / 2);
    if sizes.measures.similarity {
        let (cosine, cka) = (known(cosine, experts), known(cka, experts));
        diagnosis.similarity = similarity_from(&cosine, &cka, tokens_compared(tokens, experts));
        (matrices.output_cosine, matrices.cka) = (Some(cosine), Some(cka));
    }
    let first: Vec<u32> = sizes.sampled().into_iter().map(|t| u32::from(choices.picks(t)[0])).collect();
    if !states.is_empty() {
        diagnosis.collapse = collapse_of(&Table::new(states, width), &first, experts).unwrap_or_default();
        if !rows.is_empty() {
            diagnosis.collapse.pull = Some(collapse::pull(&wide(states), &wide(rows), width, &first));
        }
    }
    diagnosis.collapse.rank_limit = Some(sizes.dimensions.min(sizes.states().saturating_sub(1)).max(1));
    if !rows.is_empty() {
        let cosine = router::row_similarity(&wide(rows), width);
        matrices.row_cosine = Some(by_rows(cosine.into_iter().map(Some).collect(), experts));
    }
    diagnosis.router.repetition = repetition(&choices, sizes.context);
    diagnosis.router.response_choice = similarity::response_choice(&wide(lengths), &wide(p), experts);
    diagnosis.weights.moved = (!moved.is_empty()).then(|| moved.to_vec());
    LayerProbe { diagnosis, choices, matrices }
}

/// A matrix `[N × N]` from the device; what is not finite cannot be said.
fn known(values: &[f32], experts: usize) -> Matrix {
    by_rows(values.iter().map(|&value| value.is_finite().then(|| f64::from(value))).collect(), experts)
}

/// In double precision.
fn wide(table: &[f32]) -> Vec<f64> {
    table.iter().map(|&value| f64::from(value)).collect()
}

/// Tables with a row per token, `[T, N]` each.
pub(super) struct Tables<'a> {
    pub p: &'a [f32],
    pub s: &'a [f32],
    pub choice: &'a [f32],
    pub weights: &'a [f32],
    /// Picks + 2 · winners.
    pub marks: &'a [f32],
}

/// The marked slots of each token, best first.
pub(super) fn chosen(tables: &Tables<'_>, sizes: LayerNumbers) -> Choices {
    let LayerNumbers { tokens, experts, top_k, .. } = sizes;
    let marked = |marks: &[f32], by: &[f32], bit: u8| {
        let mut slots: Vec<u16> =
            (0..experts as u16).filter(|&i| marks[usize::from(i)].round() as u8 & bit != 0).collect();
        slots.sort_by(|&a, &b| by[usize::from(b)].total_cmp(&by[usize::from(a)]).then(a.cmp(&b)));
        slots
    };
    let mut choices = Choices {
        experts,
        k: top_k,
        p: tables.p.to_vec(),
        s: tables.s.to_vec(),
        picks: Vec::with_capacity(tokens * top_k),
        weights: Vec::with_capacity(tokens * top_k),
        winners: Vec::with_capacity(tokens * top_k),
    };
    for token in 0..tokens {
        let at = token * experts;
        let [marks, choice, s, weights] =
            [tables.marks, tables.choice, tables.s, tables.weights].map(|table| &table[at..at + experts]);
        let picks = marked(marks, choice, 1);
        choices.weights.extend(picks.iter().map(|&i| weights[usize::from(i)]));
        choices.picks.extend(picks);
        choices.winners.extend(marked(marks, s, 2));
    }
    choices
}

/// All that is said of logits and responses; nothing if a number is not finite.
fn diagnosed(z: &[f32], choices: &Choices, labels: &[u16], sizes: LayerNumbers) -> (Diagnosis, Matrices) {
    let experts = sizes.experts;
    let (raw, p) = (wide(z), wide(&choices.p));
    let tempered = raw
        .chunks_exact(experts)
        .zip(p.chunks_exact(experts))
        .any(|(z, p)| softmax(z).iter().zip(p).any(|(soft, p)| (soft - p).abs() > SAME));
    // The logits whose softmax p is.
    let logits = if tempered { p.iter().map(|p| p.max(LEAST).ln()).collect() } else { raw.clone() };
    let labels: Vec<u32> = labels.iter().map(|&label| label.into()).collect();
    let index: Vec<u32> = choices.picks.iter().map(|&slot| u32::from(slot)).collect();
    let found = diagnose(&Dump {
        logits: &Table::new(&logits, experts),
        scores: Some(&Table::new(&choices.s, experts)),
        picks: Picks::Ranked { index: &index, k: sizes.top_k },
        weights: None,
        hidden: None,
        outputs: None,
        labels: (!labels.is_empty()).then_some(&labels),
    });
    let Ok((mut diagnosis, matrices)) = found else { return Default::default() };
    if tempered {
        diagnosis.router.z_loss = router::router(&raw, experts).map(|router| router.z_loss);
    }
    (diagnosis, matrices)
}

/// Share of neighbouring positions that have an expert in common.
fn repetition(choices: &Choices, context: usize) -> Option<f64> {
    let picks: Vec<u32> = choices.picks.iter().map(|&slot| u32::from(slot)).collect();
    change::repetition(&picks, choices.k, context)
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;

    fn sizes(tokens: usize, width: usize, context: usize) -> LayerNumbers {
        let measures = ProbeFamilies { representation: true, similarity: false, knock_out: false };
        LayerNumbers { tokens, experts: 4, top_k: 2, width, dimensions: width, context, measures }
    }

    #[test]
    fn the_sample_of_the_spectrum_is_spread_over_the_probe_and_over_positions() {
        for (tokens, context) in [(257, 257), (300, 100), (511, 73), (8192, 128), (16384, 256), (131_072, 4096)] {
            let sampled = sizes(tokens, 300, context).sampled();
            assert_eq!(sampled.len(), SPECTRUM_SIDE);
            assert!(sampled.is_sorted_by(|a, b| a < b) && sampled[255] < tokens, "{tokens}: each once, in order");
            let sequences: std::collections::BTreeSet<usize> = sampled.iter().map(|token| token / context).collect();
            assert_eq!(sequences.len(), tokens.div_ceil(context), "{tokens} in {context}: every sequence");
            // Each quarter of the positions holds about a quarter of the sample.
            for quarter in 0..4 {
                let within = |token: &&usize| *token % context * 4 / context == quarter;
                let held = sampled.iter().filter(within).count();
                assert!((48..=80).contains(&held), "{tokens} in {context}: {held} in quarter {quarter}");
            }
        }
        assert_eq!(sizes(200, 300, 50).sampled(), (0..200).collect::<Vec<_>>(), "all of a small probe");
        assert_eq!(sizes(5000, 64, 50).sampled(), (0..5000).collect::<Vec<_>>(), "all of narrow states");
    }

    #[test]
    fn the_states_read_are_those_of_the_tokens_sampled() {
        let sizes = sizes(600, 300, 60);
        let states: Vec<f32> = (0..600 * 300).map(|i| (i / 300) as f32).collect();
        let states = Tensor::<1>::from_floats(states.as_slice(), &Device::flex()).reshape([600, 300]);
        let rows: Vec<f32> = sampled_rows(&states, sizes).into_data().try_to_vec().unwrap();
        let expected: Vec<f32> = sizes.sampled().into_iter().map(|token| token as f32).collect();
        assert_eq!(rows.chunks_exact(300).map(|row| row[7]).collect::<Vec<_>>(), expected);
    }
}
