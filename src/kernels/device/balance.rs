//! The balance loss on a graphics device: two launches forward, one backward.

use burn::backend::wgpu::CubeTensor;

use super::Kept;
use super::softmax::ROWS;
use crate::kernels::launch::{Shader, blank, groups_for, sizes};

const SUMS: Shader =
    Shader { name: "balance", text: include_str!("../../../shaders/balance.wgsl"), group: [64, 1, 1], bindings: 4 };

const LOSS: Shader = Shader {
    name: "balance_loss",
    text: include_str!("../../../shaders/balance_loss.wgsl"),
    group: [256, 1, 1],
    bindings: 5,
};

const GRADIENT: Shader = Shader {
    name: "balance_gradient",
    text: include_str!("../../../shaders/balance_gradient.wgsl"),
    group: [64, 1, 1],
    bindings: 5,
};

pub(super) const SHADERS: [Shader; 3] = [SUMS, LOSS, GRADIENT];

/// Positions of a sequence that one group adds up.
const STRETCH: usize = 64;

/// E(u) = −mean over sequences of the entropy of the mean softmax, by its weight and by itself; see `weighed_balance`.
///
/// - `u`: `[T, N]`, T = `sequences` · positions
/// - returns `[1]` each; keeps the softmax `[T, N]` and its means `[B, N]`
pub fn forward(u: &CubeTensor, sequences: usize, weight: f32) -> ([CubeTensor; 2], Kept) {
    let [tokens, experts] = sizes(u)[..] else { unreachable!("tokens and experts") };
    let positions = tokens / sequences;
    let stretches = positions.div_ceil(STRETCH);
    let (p, sums) = (blank(u, &[tokens, experts]), blank(u, &[sequences, stretches, experts]));
    let (means, loss, weighed) = (blank(u, &[sequences, experts]), blank(u, &[1]), blank(u, &[1]));
    let [b, s, n, c] = [sequences as u32, positions as u32, experts as u32, stretches as u32];
    SUMS.launch(&[u, &p, &sums], &[b, s, n, c, STRETCH as u32], groups_for(sequences * stretches, 1));
    let even = (experts as f64).ln() as f32;
    let numbers = [b, s, n, c, even.to_bits(), weight.to_bits()];
    LOSS.launch(&[&sums, &means, &loss, &weighed], &numbers, [1, 1, 1]);
    ([weighed, loss], vec![p, means])
}

/// Gradient of u from that of the weighed loss, `g` `[1]`.
pub fn backward(u: &CubeTensor, kept: &[CubeTensor], g: &CubeTensor, sequences: usize, weight: f32) -> CubeTensor {
    let [p, means] = kept else { unreachable!("the softmax and its means") };
    let [tokens, experts] = sizes(u)[..] else { unreachable!("tokens and experts") };
    let du = blank(u, &[tokens, experts]);
    let numbers = [tokens as u32, (tokens / sequences) as u32, experts as u32, weight.to_bits()];
    GRADIENT.launch(&[p, means, g, &du], &numbers, groups_for(tokens.div_ceil(ROWS), 1));
    du
}
