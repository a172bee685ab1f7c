//! The probe: turns what a layer showed on the device into one flat vector of numbers, and that vector into a reading.
//!
//! The vector is read back together with the losses of the steps around it; nothing here waits for the device.

use burn::tensor::Tensor;

use super::agreement::{Sums, agreement};
use super::collapse::{collapse, spectrum};
use crate::kernels::{first_choice, unit_length};
use crate::model::LayerTrace;
use crate::readings::LayerProbe;

/// Most tokens (or widths) of the spectrum's Gram matrix; its eigenvalues cost the cube of it on the host.
const SPECTRUM_SIDE: usize = 256;

/// The sizes needed to read a layer's vector.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LayerNumbers {
    /// Tokens T of the probe.
    pub tokens: usize,
    /// Experts N.
    pub experts: usize,
    /// Winners k.
    pub top_k: usize,
    /// Model width D.
    pub width: usize,
}

impl LayerNumbers {
    /// Rows of hidden states the spectrum is taken from.
    fn spectrum_rows(&self) -> usize {
        if self.width.min(self.tokens) > SPECTRUM_SIDE { SPECTRUM_SIDE } else { self.tokens }
    }

    /// Side of the Gram matrix: the smaller of rows and width.
    fn side(&self) -> usize {
        self.spectrum_rows().min(self.width)
    }
}

/// Numbers in a layer's vector.
pub fn numbers_len(sizes: LayerNumbers) -> usize {
    2 * sizes.experts + 2 * sizes.experts * sizes.experts + 5 + sizes.side() * sizes.side()
}

/// One layer of the probe as numbers on the device: `[numbers_len]`.
///
/// - `trace`: of a layer run in probe mode
/// - `entering`: `[T, D]` hidden states entering it
///
/// # Panics
/// If the trace holds no competition.
pub fn layer_numbers(trace: &LayerTrace, entering: &Tensor<2>, sizes: LayerNumbers) -> Tensor<1> {
    let competition = trace.competition.as_ref().expect("a layer in probe mode holds a competition");
    let LayerNumbers { tokens, experts, .. } = sizes;
    let (picks, winners) = (&trace.routing.picks, &competition.winners);
    let (p, q, s) = (&trace.routing.probabilities(), &competition.probabilities(), &competition.affinity);
    let flat = |t: Tensor<2>| {
        let len = t.dims().iter().product::<usize>();
        t.reshape([len])
    };
    let first_winner = first_choice(s);
    let first_pick = first_choice(&trace.routing.choice);
    let confusion = first_winner.transpose().matmul(first_pick);
    let won_response = (s.clone() * winners.clone()).sum_dim(1);
    let captured = ((s.clone() * picks.clone()).sum_dim(1) / won_response.clone()).sum();
    let at_random = (s.clone().sum_dim(1) / won_response).sum() * (sizes.top_k as f64 / experts as f64);
    let squared = (p.clone() - q.clone()).square().sum();
    let squared_uniform = (q.clone() - 1.0 / experts as f64).square().sum();
    let answers = competition.answers.clone().expect("a probe keeps the answers");
    let units = unit_length(answers).reshape([experts as i32, -1]);
    let cosine = units.clone().matmul(units.transpose()) / tokens as f64;
    let rows = sizes.spectrum_rows();
    let states = entering.clone().slice_dim(0, 0..rows);
    let states = states.clone() - states.mean_dim(0);
    let gram = if rows < sizes.width {
        states.clone().matmul(states.transpose())
    } else {
        states.clone().transpose().matmul(states)
    };
    Tensor::cat(
        vec![
            flat(picks.clone().sum_dim(0)),
            flat(winners.clone().sum_dim(0)),
            flat(confusion),
            flat(cosine),
            (picks.clone() * winners.clone()).sum(),
            captured,
            at_random,
            squared,
            squared_uniform,
            flat(gram),
        ],
        0,
    )
}

/// The reading of one layer from its numbers.
pub fn layer_probe(numbers: &[f32], sizes: LayerNumbers) -> LayerProbe {
    let LayerNumbers { tokens, experts, top_k, .. } = sizes;
    let mut rest = numbers;
    let mut take = |len: usize| {
        let (head, tail) = rest.split_at(len);
        rest = tail;
        head
    };
    let counts = |values: &[f32]| values.iter().map(|&v| v.round() as u32).collect::<Vec<u32>>();
    let routed = counts(take(experts));
    let won = counts(take(experts));
    let confusion = counts(take(experts * experts));
    let output_cosine = take(experts * experts).to_vec();
    let sums: [f64; 5] = std::array::from_fn(|_| f64::from(take(1)[0]));
    let spectrum = spectrum(take(sizes.side() * sizes.side()), sizes.side());
    let rank_limit = sizes.width.min(sizes.spectrum_rows().saturating_sub(1)).max(1);
    LayerProbe {
        agreement: agreement(&Sums {
            tokens,
            top_k,
            confusion: confusion.clone(),
            shared: sums[0],
            captured: sums[1],
            captured_at_random: sums[2],
            squared_error: sums[3],
            squared_error_of_uniform: sums[4],
        }),
        collapse: collapse(&routed, &spectrum, rank_limit, &output_cosine),
        routed,
        won,
        confusion,
        output_cosine,
        spectrum,
    }
}
