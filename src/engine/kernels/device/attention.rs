//! Causal attention on a graphics device, streamed over the keys: two launches forward, three backward.
//!
//! No buffer grows with the square of the context: a backward pass makes the scores anew from each query's ln Σ exp.

use burn::backend::wgpu::CubeTensor;

use super::Kept;
use crate::engine::kernels::launch::{Shader, blank, groups_for, sizes, wgsl};

const ROTARY: Shader = Shader { name: "rotary", text: wgsl!("rotary"), group: [256, 1, 1], bindings: 4 };

const FORWARD: Shader =
    Shader { name: "attention", text: wgsl!("attention", "attention_head"), group: [16, 16, 1], bindings: 5 };

const QUERIES: Shader = Shader {
    name: "attention_query",
    text: wgsl!("attention_query", "attention_head", "attention_gradient"),
    group: [16, 16, 1],
    bindings: 8,
};

const KEYS: Shader = Shader {
    name: "attention_key",
    text: wgsl!("attention_key", "attention_head", "attention_gradient"),
    group: [16, 16, 1],
    bindings: 8,
};

pub(super) const SHADERS: [Shader; 4] = [ROTARY, FORWARD, QUERIES, KEYS];

/// Positions and columns of one group.
const TILE: usize = 64;

/// Sizes of an attention.
#[derive(Clone, Copy, Debug)]
struct Sizes {
    tokens: usize,
    width: usize,
    heads: usize,
    sequences: usize,
}

impl Sizes {
    fn new(qkv: &CubeTensor, sequences: usize, heads: usize) -> Self {
        let [tokens, three] = sizes(qkv)[..] else { unreachable!("tokens and three widths") };
        Self { tokens, width: three / 3, heads, sequences }
    }

    fn positions(&self) -> usize {
        self.tokens / self.sequences
    }

    fn head(&self) -> usize {
        self.width / self.heads
    }

    fn numbers(&self) -> [u32; 6] {
        let of = [self.tokens, self.width, self.heads, self.positions(), self.head(), self.sequences * self.heads];
        of.map(|n| n as u32)
    }

    fn groups(&self) -> usize {
        let (tiles, chunks) = (self.positions().div_ceil(TILE), self.head().div_ceil(TILE));
        self.sequences * self.heads * tiles * chunks
    }

    /// Floating-point operations of so many products of all queries with the keys before them.
    fn flop(&self, products: u64) -> u64 {
        [self.tokens, self.positions(), self.width]
            .iter()
            .fold(products, |flop, &side| flop.saturating_mul(side as u64))
    }

    /// Turns queries and keys, or their gradients back: the first 2D of each row of `from` into those of `to`.
    fn turn(&self, from: &CubeTensor, rotary: &CubeTensor, to: &CubeTensor, back: bool) {
        let table = sizes(rotary)[1];
        assert!(self.positions() <= table, "{} positions, angles of {table}", self.positions());
        let scale = (self.head() as f64).powf(-0.5) as f32;
        let numbers = [
            self.tokens as u32,
            self.width as u32,
            self.head() as u32 / 2,
            self.positions() as u32,
            table as u32,
            sizes(from)[1] as u32,
            sizes(to)[1] as u32,
            u32::from(back),
            scale.to_bits(),
        ];
        ROTARY.launch(&[from, rotary, to], &numbers, groups_for(self.tokens * self.width, ROTARY.group[0]));
    }
}

/// Causal multi-head attention; queries and keys are turned by their positions.
///
/// - `qkv`: `[T, 3D]`, queries, keys and values side by side, head after head; T = `sequences` · positions
/// - `rotary`: `[2, S, head/2]`, cosines and sines of at least as many positions
/// - returns `[T, D]`; keeps the turned queries and keys `[T, 2D]` and ln Σ exp of each query's scores `[T, heads]`
pub fn forward(qkv: &CubeTensor, rotary: &CubeTensor, sequences: usize, heads: usize) -> (CubeTensor, Kept) {
    let s = Sizes::new(qkv, sequences, heads);
    let turned = blank(qkv, &[s.tokens, 2 * s.width]);
    s.turn(qkv, rotary, &turned, false);
    let (out, scale) = (blank(qkv, &[s.tokens, s.width]), blank(qkv, &[s.tokens, heads]));
    FORWARD.launch_in_parts(&[&turned, qkv, &out, &scale], &s.numbers(), s.groups(), s.flop(2));
    (out, vec![turned, scale])
}

/// Gradient of qkv `[T, 3D]` from the result `out` and its gradient `g`, `[T, D]` each.
pub fn backward(
    qkv: &CubeTensor,
    rotary: &CubeTensor,
    out: &CubeTensor,
    kept: &[CubeTensor],
    g: &CubeTensor,
    sequences: usize,
    heads: usize,
) -> CubeTensor {
    let [turned, scale] = kept else { unreachable!("turned queries and keys, and scales") };
    let s = Sizes::new(qkv, sequences, heads);
    let (delta, dturned) = (blank(qkv, &[s.tokens, heads]), blank(qkv, &[s.tokens, 2 * s.width]));
    let dqkv = blank(qkv, &[s.tokens, 3 * s.width]);
    QUERIES.launch_in_parts(&[turned, qkv, out, g, scale, &delta, &dturned], &s.numbers(), s.groups(), s.flop(3));
    KEYS.launch_in_parts(&[turned, qkv, g, scale, &delta, &dturned, &dqkv], &s.numbers(), s.groups(), s.flop(4));
    s.turn(&dturned, rotary, &dqkv, true);
    dqkv
}
