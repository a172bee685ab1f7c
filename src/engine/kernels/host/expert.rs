//! What mix and contest share on the host: an expert's weights, its activation and the slope of that.

use super::simd_math::{exp, normal_cdf};
use crate::domain::config::Activation;
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

/// The weights of one expert.
#[derive(Clone, Copy, Debug)]
pub struct One<'a> {
    /// `[D, H]`
    pub keys: &'a [f32],
    /// `[H, D]`
    pub values: &'a [f32],
    /// `[H]` and `[D]`
    pub biases: Option<(&'a [f32], &'a [f32])>,
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

    /// Expert `i`.
    pub fn one(&self, i: usize) -> One<'a> {
        let (d, h) = (self.width, self.hidden);
        One {
            keys: &self.keys[i * d * h..(i + 1) * d * h],
            values: &self.values[i * d * h..(i + 1) * d * h],
            biases: self.biases.map(|(a, c)| (&a[i * h..(i + 1) * h], &c[i * d..(i + 1) * d])),
        }
    }

    /// Whether the slope of the activation can be told from its value alone (ReLU), so that x·K need not be kept.
    pub(crate) fn slope_from_value(&self) -> bool {
        self.activation == Activation::Relu
    }
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
