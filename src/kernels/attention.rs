//! Causal attention with rotary positions, from queries, keys and values to their mixture.

use burn::backend::wgpu::CubeTensor;
use burn::tensor::{Bool, Tensor, activation::softmax};

use super::host;
use super::host::attention::Sizes;
use super::host::pool::Buffer;
use super::operation::{Block, Made, Operation, Past, Slab, apply, on_host};

/// Causal multi-head attention; queries and keys are turned by their positions (arXiv 2104.09864).
///
/// - `qkv`: `[T, 3D]`, queries, keys and values side by side, each head after head; T = `sequences` · positions
/// - `rotary`: `[2, S, D/heads/2]`, cosines and sines of at least as many positions; a constant
/// - returns `[T, D]`
pub fn causal_attention(qkv: Tensor<2>, rotary: &Tensor<3>, sequences: usize, heads: usize) -> Tensor<2> {
    if on_host(&qkv) {
        return apply(Attention { sequences, heads }, [qkv.into_dispatch(), rotary.clone().into_dispatch()]);
    }
    let [tokens, three] = qkv.dims();
    let (positions, width) = (tokens / sequences, three / 3);
    let head = width / heads;
    let qkv = qkv.reshape([sequences, positions, 3 * heads, head]).swap_dims(1, 2);
    let part = |i: usize| qkv.clone().slice_dim(1, i * heads..(i + 1) * heads); // [B, heads, S, head]
    let (query, key, value) = (turned(part(0), rotary), turned(part(1), rotary), part(2));
    let scores = query.matmul(key.transpose()).mul_scalar((head as f64).powf(-0.5));
    let device = scores.device();
    let hidden = Tensor::<2, Bool>::tril_mask([positions, positions], 0, &device.inner());
    let hidden = hidden.unsqueeze::<4>().expand([sequences, heads, positions, positions]);
    let hidden = if scores.is_autodiff() { hidden.autodiff() } else { hidden };
    let scores = scores.mask_fill(hidden, -1e9);
    softmax(scores, 3).matmul(value).swap_dims(1, 2).reshape([tokens, width])
}

/// Turns each pair (first half, second half) of `x` `[B, heads, S, head]` by its position's angle.
fn turned(x: Tensor<4>, rotary: &Tensor<3>) -> Tensor<4> {
    let [_, _, positions, width] = x.dims();
    let table = |i: usize| {
        let t = rotary.clone().slice_dim(0, i..i + 1).slice_dim(1, 0..positions).unsqueeze::<4>();
        if x.is_autodiff() { t.autodiff() } else { t }
    };
    let (cos, sin) = (table(0), table(1));
    let (first, second) = (x.clone().slice_dim(3, 0..width / 2), x.slice_dim(3, width / 2..width));
    let turned_first = first.clone() * cos.clone() - second.clone() * sin.clone();
    Tensor::cat(vec![turned_first, second * cos + first * sin], 3)
}

/// Inputs: qkv `[T, 3D]`, rotary `[2, S, head/2]`. Output `[T, D]`.
#[derive(Clone, Debug)]
struct Attention {
    sequences: usize,
    heads: usize,
}

impl Attention {
    fn sizes(&self, qkv: &Slab<'_>) -> Sizes {
        let positions = qkv.shape[0] / self.sequences;
        Sizes { positions, heads: self.heads, head: qkv.shape[1] / 3 / self.heads }
    }
}

impl Operation for Attention {
    fn host(&self, inputs: &[Slab<'_>]) -> Made<Block, Buffer> {
        let (qkv, rotary) = (inputs[0], inputs[1]);
        let (out, lse) = host::attention::forward(qkv.values, rotary.values, self.sizes(&qkv));
        Made { output: Block::new([qkv.shape[0], qkv.shape[1] / 3], out), kept: vec![lse] }
    }

    fn host_back(&self, past: Past<'_, Slab<'_>, Buffer>, gradient: &[f32]) -> Vec<Option<Block>> {
        let (qkv, rotary) = (past.inputs[0], past.inputs[1].values);
        let (out, lse) = (past.output.values, &past.kept[0]);
        let made = host::attention::backward(qkv.values, rotary, self.sizes(&qkv), out, lse, gradient);
        vec![Some(Block::like(&qkv, made)), None]
    }

    fn device(&self, _inputs: &[CubeTensor]) -> Made<CubeTensor, CubeTensor> {
        unreachable!("composed of stock operations on a graphics device")
    }

    fn device_back(&self, _past: Past<'_, CubeTensor, CubeTensor>, _gradient: CubeTensor) -> Vec<Option<CubeTensor>> {
        unreachable!("composed of stock operations on a graphics device")
    }
}
