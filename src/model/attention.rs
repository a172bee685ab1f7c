//! Causal multi-head attention with rotary positions.

use burn::tensor::{Bool, Device, Tensor, activation::softmax};

use crate::config::ModelConfig;

/// The attention of one block.
#[derive(Clone, Debug)]
pub struct Attention {
    /// Queries, keys and values side by side: `[D, 3D]`
    pub qkv: Tensor<2>,
    /// `[D, D]`
    pub out: Tensor<2>,
    /// Heads.
    pub heads: usize,
}

/// Angles of the rotary positions and the causal mask, made once per network.
#[derive(Clone, Debug)]
pub struct Rotary {
    /// `[1, 1, S, D/heads/2]`
    cos: Tensor<4>,
    /// Same shape.
    sin: Tensor<4>,
    /// True where position i must not see j > i: `[1, 1, S, S]`
    hidden: Tensor<4, Bool>,
}

impl Rotary {
    /// Angle of pair i at position t: t · 10000^(−i ÷ pairs) (arXiv 2104.09864).
    pub fn new(config: &ModelConfig, device: &Device) -> Self {
        let (positions, pairs) = (config.context, config.head_width() / 2);
        let angles: Vec<f64> = (0..positions)
            .flat_map(|t| (0..pairs).map(move |i| t as f64 * 10_000f64.powf(-(i as f64) / pairs as f64)))
            .collect();
        let table = |f: fn(f64) -> f64| {
            let values: Vec<f32> = angles.iter().map(|&a| f(a) as f32).collect();
            Tensor::<1>::from_floats(values.as_slice(), device).reshape([1, 1, positions, pairs])
        };
        let later: Vec<bool> = (0..positions).flat_map(|i| (0..positions).map(move |j| j > i)).collect();
        let hidden = Tensor::<1, Bool>::from_data(later.as_slice(), device).reshape([1, 1, positions, positions]);
        Self { cos: table(f64::cos), sin: table(f64::sin), hidden }
    }

    /// Turns each pair (first half, second half) of `x` `[B, heads, S, D/heads]` by its position's angle.
    fn turn(&self, x: Tensor<4>) -> Tensor<4> {
        let [_, _, positions, width] = x.dims();
        let tracked = x.is_autodiff();
        let table = |t: &Tensor<4>| {
            let t = t.clone().slice_dim(2, 0..positions);
            if tracked { t.autodiff() } else { t }
        };
        let (cos, sin) = (table(&self.cos), table(&self.sin));
        let first = x.clone().slice_dim(3, 0..width / 2);
        let second = x.slice_dim(3, width / 2..width);
        let turned_first = first.clone() * cos.clone() - second.clone() * sin.clone();
        let turned_second = second * cos + first * sin;
        Tensor::cat(vec![turned_first, turned_second], 3)
    }
}

impl Attention {
    /// `x` `[T, D]`, T = `sequences` · S, to `[T, D]`.
    pub fn attend(&self, x: Tensor<2>, sequences: usize, rotary: &Rotary) -> Tensor<2> {
        let [tokens, width] = x.dims();
        let (positions, head) = (tokens / sequences, width / self.heads);
        let qkv = x.matmul(self.qkv.clone()).reshape([sequences, positions, 3 * self.heads, head]).swap_dims(1, 2);
        let part = |i: usize| qkv.clone().slice_dim(1, i * self.heads..(i + 1) * self.heads); // [B, heads, S, head]
        let (query, key, value) = (rotary.turn(part(0)), rotary.turn(part(1)), part(2));
        let scores = query.matmul(key.transpose()).mul_scalar((head as f64).powf(-0.5));
        let hidden = rotary.hidden.clone().slice_dim(2, 0..positions).slice_dim(3, 0..positions);
        let hidden = hidden.expand([sequences, self.heads, positions, positions]);
        let hidden = if scores.is_autodiff() { hidden.autodiff() } else { hidden };
        let scores = scores.mask_fill(hidden, -1e9);
        let mixed = softmax(scores, 3).matmul(value).swap_dims(1, 2).reshape([tokens, width]);
        mixed.matmul(self.out.clone())
    }
}
