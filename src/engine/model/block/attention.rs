//! Causal multi-head attention with rotary positions.

use burn::tensor::{Device, Tensor};

use crate::domain::config::ModelSpec;
use crate::engine::kernels::{causal_attention, linear};

/// The attention of one block.
#[derive(Clone, Debug)]
pub(crate) struct Attention {
    /// Queries, keys and values side by side: `[D, 3D]`
    pub qkv: Tensor<2>,
    /// `[D, D]`
    pub out: Tensor<2>,
    /// Heads.
    pub heads: usize,
}

/// Cosines and sines of the rotary positions, made once per network: `[2, S, D/heads/2]`.
#[derive(Clone, Debug)]
pub struct Rotary(Tensor<3>);

impl Rotary {
    /// Angle of pair i at position t: t · 10000^(−i ÷ pairs) (arXiv 2104.09864).
    pub fn new(spec: &ModelSpec, device: &Device) -> Self {
        // Without attention nobody reads them, and a head may be narrower than a pair.
        let (positions, pairs) = (spec.task.positions, (spec.model.head_width() / 2).max(1));
        let angles = || {
            (0..positions).flat_map(|t| (0..pairs).map(move |i| t as f64 * 10_000f64.powf(-(i as f64) / pairs as f64)))
        };
        let both: Vec<f32> = angles().map(f64::cos).chain(angles().map(f64::sin)).map(|v| v as f32).collect();
        Self(Tensor::<1>::from_floats(both.as_slice(), device).reshape([2, positions, pairs]))
    }
}

impl Attention {
    /// `x` `[T, D]`, T = `sequences` · S, to `[T, D]`.
    pub(crate) fn attend(&self, x: Tensor<2>, sequences: usize, rotary: &Rotary) -> Tensor<2> {
        let qkv = linear(x, self.qkv.clone());
        linear(causal_attention(qkv, &rotary.0, sequences, self.heads), self.out.clone())
    }
}
