//! Causal attention with rotary positions on slices: a head of a sequence is one task. Its queries go in tiles whose scores stay in the
//! cache, and what lies beyond the diagonal is left out but for what fills a tile.

use multiversion::multiversion;
use multiversion::target::target_cfg_f;
use rayon::prelude::*;

use super::attention_head::{Given, HEAD, Past};
use super::columns;
use super::pool::Buffer;
use super::tasks::Tasks;
use super::tile::{LANES, ROWS, WIDE_LANES, WIDE_ROWS};

/// Sizes of an attention.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    /// S: positions of a sequence.
    pub positions: usize,
    /// Heads.
    pub heads: usize,
    /// Width of one head, even.
    pub head: usize,
}

impl Sizes {
    pub(super) fn width(self) -> usize {
        self.heads * self.head
    }

    /// Positions, filled up to whole tiles of queries, R of them each.
    pub(super) fn queries<const R: usize>(self) -> usize {
        self.positions.next_multiple_of(R)
    }

    /// The same, filled up to whole tiles of keys, L of them each.
    pub(super) fn rows<const R: usize, const L: usize>(self) -> usize {
        self.queries::<R>().next_multiple_of(L)
    }

    /// Whether the widest tiles fit a head without anything that fills them up.
    fn fill_wide_tiles(self) -> bool {
        self.head.is_multiple_of(WIDE_LANES)
    }

    /// Width of a head, filled up to whole tiles.
    pub(super) fn wide<const L: usize>(self) -> usize {
        self.head.next_multiple_of(L)
    }
}

/// Mixed values `[T, D]` of `qkv` `[T, 3D]`, and ln Σ eˢ of each row and head for the backward pass: `[B, heads, S]`.
#[multiversion(targets = "simd")]
pub fn forward(qkv: &[f32], rotary: &[f32], sizes: Sizes) -> (Buffer, Buffer) {
    let Sizes { positions, heads, head } = sizes;
    let d = sizes.width();
    let mut out = Buffer::dirty(qkv.len() / 3);
    let mut lse = Buffer::dirty(qkv.len() / (3 * d) * heads);
    let parts = columns::of_each(&mut out, positions, d, head);
    let tasks = parts.into_par_iter().zip(lse.par_chunks_mut(positions)).enumerate();
    tasks.tasks(|(task, (mut part, lse))| {
        let (sequence, h) = (task / heads, task % heads);
        let qkv = &qkv[sequence * positions * 3 * d..][..positions * 3 * d];
        let given = Given { qkv, rotary, h };
        HEAD.with_borrow_mut(|of| {
            let fused = target_cfg_f!(any(target_feature = "fma", target_arch = "aarch64"));
            if target_cfg_f!(target_feature = "avx512f") && sizes.fill_wide_tiles() {
                of.forward::<WIDE_ROWS, WIDE_LANES, true>(sizes, given, &mut part, lse);
            } else if fused {
                of.forward::<ROWS, LANES, true>(sizes, given, &mut part, lse);
            } else {
                of.forward::<ROWS, LANES, false>(sizes, given, &mut part, lse);
            }
        });
    });
    (out, lse)
}

/// Gradient of `qkv` from that of the result, `g` `[T, D]`; `out` is the result itself.
#[multiversion(targets = "simd")]
pub fn backward(qkv: &[f32], rotary: &[f32], sizes: Sizes, out: &[f32], lse: &[f32], g: &[f32]) -> Buffer {
    let Sizes { positions, heads, head } = sizes;
    let d = sizes.width();
    let mut dqkv = Buffer::dirty(qkv.len());
    // Queries, keys and values of a token are three rows here.
    let parts = columns::of_each(&mut dqkv, 3 * positions, d, head);
    let tasks = parts.into_par_iter().zip(lse.par_chunks(positions)).enumerate();
    tasks.tasks(|(task, (mut part, lse))| {
        let (sequence, h) = (task / heads, task % heads);
        let (qkv, place) =
            (&qkv[sequence * positions * 3 * d..][..positions * 3 * d], sequence * positions * d + h * head);
        let (out, g) = (&out[place..], &g[place..]);
        let (given, past) = (Given { qkv, rotary, h }, Past { out, g, lse });
        HEAD.with_borrow_mut(|of| {
            let fused = target_cfg_f!(any(target_feature = "fma", target_arch = "aarch64"));
            if target_cfg_f!(target_feature = "avx512f") && sizes.fill_wide_tiles() {
                of.backward::<WIDE_ROWS, WIDE_LANES, true>(sizes, given, past, &mut part);
            } else if fused {
                of.backward::<ROWS, LANES, true>(sizes, given, past, &mut part);
            } else {
                of.backward::<ROWS, LANES, false>(sizes, given, past, &mut part);
            }
        });
    });
    dqkv
}
