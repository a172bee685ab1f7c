//! What mix and contest share on the host: an expert's weights, its activation and the slope of that.

use super::linear::WeightLayout;
use super::packed::{MANY_ROWS, Packed, times};
use super::rows::Rows;
use super::simd_math::{exp, normal_cdf};
use crate::domain::config::Activation;
use crate::domain::product::Into;
use crate::engine::kernels::operation::HostView;

/// The weights of all experts of a layer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ExpertViews<'a> {
    /// `[N, D, H]`
    pub keys: &'a [f32],
    /// `[N, H, D]`
    pub values: &'a [f32],
    /// `[N, H]` and `[N, D]`
    pub biases: Option<(&'a [f32], &'a [f32])>,
    /// Between the two.
    pub activation: Activation,
    /// N
    pub experts: usize,
    /// D
    pub width: usize,
    /// H
    pub hidden: usize,
}

impl<'a> ExpertViews<'a> {
    /// From keys `[N, D, H]`, values `[N, H, D]` and biases.
    pub fn of(
        keys: HostView<'a>,
        values: HostView<'a>,
        biases: Option<(&HostView<'a>, &HostView<'a>)>,
        activation: Activation,
    ) -> Self {
        Self {
            keys: keys.values,
            values: values.values,
            biases: biases.map(|(a, c)| (a.values, c.values)),
            activation,
            experts: keys.shape[0],
            width: keys.shape[1],
            hidden: keys.shape[2],
        }
    }

    /// Biases of expert `i`: `[H]` and `[D]`.
    pub fn biases_of(&self, i: usize) -> Option<(&'a [f32], &'a [f32])> {
        let (d, h) = (self.width, self.hidden);
        self.biases.map(|(a, c)| (&a[i * h..(i + 1) * h], &c[i * d..(i + 1) * d]))
    }

    /// Whether the slope of the activation can be told from its value alone (ReLU), so that x·K need not be kept.
    pub(crate) fn slope_from_value(&self) -> bool {
        self.activation == Activation::Relu
    }
}

/// The matrices of all experts, to be multiplied by from the right.
#[derive(Debug)]
pub(super) struct PackedExperts<'a> {
    /// `[D, H]` each.
    pub keys: Packed<'a>,
    /// `[H, D]` each.
    pub values: Packed<'a>,
}

/// Numbers of all matrices of the experts up to which they are worth copying where each expert gets all tokens: as far as they and their
/// copies stay in the cache.
const NEAR: usize = 1 << 20;

impl<'a> PackedExperts<'a> {
    /// For the forward pass, of so many rows for each expert.
    pub fn of(e: &ExpertViews<'a>, rows: impl Fn(usize) -> usize) -> Self {
        let (d, h, lie) = (e.width, e.hidden, WeightLayout::InOut);
        Self { keys: Packed::of(e.keys, d, h, lie, &rows), values: Packed::of(e.values, h, d, lie, &rows) }
    }

    /// For the backward pass: transposed, so keys are `[H, D]` and values `[D, H]`.
    pub fn transposed(e: &ExpertViews<'a>, rows: impl Fn(usize) -> usize) -> Self {
        let (d, h, lie) = (e.width, e.hidden, WeightLayout::OutIn);
        Self { keys: Packed::of(e.keys, h, d, lie, &rows), values: Packed::of(e.values, d, h, lie, &rows) }
    }

    /// For a competition's forward pass over `tokens`.
    pub fn of_all(e: &ExpertViews<'a>, tokens: usize) -> Self {
        Self::of(e, |_| rows_worth(e, tokens))
    }

    /// For its backward pass.
    pub fn transposed_of_all(e: &ExpertViews<'a>, tokens: usize) -> Self {
        Self::transposed(e, |_| rows_worth(e, tokens))
    }

    /// What expert `i` answers to `x` `[rows, D]`, `[rows, D]`, by way of its hidden neurons `[rows, H]`, which are kept, as is, if
    /// asked for, what the activation was applied to.
    #[inline(always)]
    pub fn answer(
        &self,
        e: &ExpertViews<'_>,
        i: usize,
        x: Rows<'_>,
        hidden: &mut [f32],
        mut before: Option<&mut [f32]>,
        answers: &mut [f32],
    ) {
        let (d, h, biases) = (e.width, e.hidden, e.biases_of(i));
        let most = self.keys.task_rows(i);
        let pieces = hidden.chunks_mut(most * h).zip(answers.chunks_mut(most * d));
        for (piece, (hidden, answers)) in pieces.enumerate() {
            let first = piece * most;
            times(x.part(first, first + hidden.len() / h), self.keys.matrix(i), Into::Fresh, hidden);
            if let Some((bias, _)) = biases {
                add_to_rows(hidden, bias);
            }
            if let Some(before) = &mut before {
                before[first * h..][..hidden.len()].copy_from_slice(hidden);
            }
            act(e.activation, hidden);
            times(Rows::all(hidden, h), self.values.matrix(i), Into::Fresh, answers);
            if let Some((_, bias)) = biases {
                add_to_rows(answers, bias);
            }
        }
    }
}

/// `tokens`, or few if the experts are too many to be copied.
fn rows_worth(e: &ExpertViews<'_>, tokens: usize) -> usize {
    if e.keys.len() + e.values.len() <= NEAR { tokens } else { tokens.min(MANY_ROWS - 1) }
}

/// Adds `bias` to every row.
#[inline(always)]
pub(crate) fn add_to_rows(rows: &mut [f32], bias: &[f32]) {
    for row in rows.chunks_exact_mut(bias.len()) {
        for (v, &b) in row.iter_mut().zip(bias) {
            *v += b;
        }
    }
}

/// Adds up the rows into `sum`.
#[inline(always)]
pub(crate) fn add_up_rows(rows: &[f32], sum: &mut [f32]) {
    for row in rows.chunks_exact(sum.len()) {
        for (s, &v) in sum.iter_mut().zip(row) {
            *s += v;
        }
    }
}

/// act(x)
#[inline(always)]
pub fn act(activation: Activation, values: &mut [f32]) {
    match activation {
        // Not max: NaN must stay NaN.
        Activation::Relu => {
            for v in values {
                *v = if *v < 0.0 { 0.0 } else { *v };
            }
        }
        Activation::Gelu => {
            for v in values {
                *v *= normal_cdf(*v);
            }
        }
    }
}

/// `gradient` times the slope of the activation; `seen` is its value for ReLU, its argument for GELU.
#[inline(always)]
pub(crate) fn times_slope(activation: Activation, seen: &[f32], gradient: &mut [f32]) {
    match activation {
        Activation::Relu => {
            for (g, &y) in gradient.iter_mut().zip(seen) {
                *g = if y > 0.0 { *g } else { 0.0 };
            }
        }
        Activation::Gelu => {
            // Φ(x) + x·φ(x)
            for (g, &x) in gradient.iter_mut().zip(seen) {
                *g *= normal_cdf(x) + x * 0.398_942_3 * exp(-0.5 * x * x);
            }
        }
    }
}
