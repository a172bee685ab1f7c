//! Balance and z-loss on a graphics device: two launches forward, one backward.

use burn::backend::wgpu::CubeTensor;

use super::Kept;
use super::softmax::ROWS;
use crate::engine::kernels::Balancing;
use crate::engine::kernels::launch::{Shader, bits, blank, groups_for, sizes, wgsl};

const SUMS: Shader =
    Shader { name: "balance", text: wgsl!("balance", "order", "rows"), group: [64, 1, 1], bindings: 5 };

const LOSS: Shader = Shader { name: "balance_loss", text: wgsl!("balance_loss"), group: [256, 1, 1], bindings: 5 };

const GRADIENT: Shader =
    Shader { name: "balance_gradient", text: wgsl!("balance_gradient"), group: [64, 1, 1], bindings: 6 };

pub(super) const SHADERS: [Shader; 3] = [SUMS, LOSS, GRADIENT];

/// Positions of a sequence that one group adds up.
const STRETCH: usize = 64;

/// Balance and z-loss by their weights, and the balance by itself; see `router_losses` in `src/kernels/balance.rs`.
///
/// - `u`: `[T, N]`, T = `sequences` · positions
/// - returns `[1]` each; keeps the softmax `[T, N]`, the balance's slopes `[B, N]` and ln Σ eᵘ `[T]`
pub fn forward(u: &CubeTensor, balancing: &Balancing) -> ([CubeTensor; 2], Kept) {
    let [tokens, experts] = sizes(u)[..] else { unreachable!("tokens and experts") };
    let sequences = balancing.sequences;
    let positions = tokens / sequences;
    let stretches = positions.div_ceil(STRETCH);
    let columns = if balancing.by_choice { 2 * experts + 1 } else { experts + 1 };
    let (p, sums) = (blank(u, &[tokens, experts]), blank(u, &[sequences, stretches, columns]));
    let (logs, slopes) = (blank(u, &[tokens]), blank(u, &[sequences, experts]));
    let (loss, weighed) = (blank(u, &[1]), blank(u, &[1]));
    let [b, s, n, c] = [sequences as u32, positions as u32, experts as u32, stretches as u32];
    let (by_choice, with_z) = (u32::from(balancing.by_choice), u32::from(balancing.z != 0.0));
    let numbers = [b, s, n, c, STRETCH as u32, by_choice, with_z];
    SUMS.launch(&[u, &p, &logs, &sums], &numbers, groups_for(sequences * stretches, 1));
    let of_z = balancing.z / tokens as f64;
    let numbers = [b, s, n, c, by_choice, bits((experts as f64).ln()), bits(balancing.balance), bits(of_z)];
    LOSS.launch(&[&sums, &slopes, &loss, &weighed], &numbers, [1, 1, 1]);
    ([weighed, loss], vec![p, slopes, logs])
}

/// Gradient of u from that of the weighed losses, `g` `[1]`.
pub fn backward(u: &CubeTensor, kept: &[CubeTensor], g: &CubeTensor, balancing: &Balancing) -> CubeTensor {
    let [p, slopes, logs] = kept else { unreachable!("softmax, slopes and logarithms") };
    let [tokens, experts] = sizes(u)[..] else { unreachable!("tokens and experts") };
    let du = blank(u, &[tokens, experts]);
    let each = |weight: f64| bits(weight / tokens as f64);
    let positions = (tokens / balancing.sequences) as u32;
    let numbers = [tokens as u32, positions, experts as u32, each(balancing.balance), each(2.0 * balancing.z)];
    GRADIENT.launch(&[p, slopes, logs, g, &du], &numbers, groups_for(tokens.div_ceil(ROWS), 1));
    du
}
