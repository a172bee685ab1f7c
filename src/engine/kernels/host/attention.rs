//! Causal attention with rotary positions on slices: a head of a sequence is one task. Its queries go in tiles whose scores stay in the
//! cache, and what lies beyond the diagonal is left out but for what fills a tile.

use multiversion::multiversion;
use multiversion::target::target_cfg_f;
use rayon::prelude::*;

use super::attention_head::{Given, HEAD, Past};
use super::pool::Buffer;
use super::tasks::Tasks;
use super::tile::{LANES, ROWS, WIDE_LANES};

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

    /// Positions, filled up to whole tiles of queries.
    pub(super) fn queries(self) -> usize {
        self.positions.next_multiple_of(ROWS)
    }

    /// The same, filled up to whole tiles of keys, L of them each.
    pub(super) fn rows<const L: usize>(self) -> usize {
        self.queries().next_multiple_of(L)
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

/// Tokens whose heads one task puts side by side.
const TOKENS: usize = 32;

/// Puts the heads of `parts` `[B, heads, S, kinds·head]` side by side: `[T, kinds·D]`, kind after kind.
fn side_by_side(parts: &[f32], sizes: Sizes, kinds: usize, into: &mut [f32]) {
    let Sizes { positions, heads, head } = sizes;
    let (d, wide) = (sizes.width(), kinds * head);
    into.par_chunks_mut(TOKENS * kinds * d).enumerate().tasks(|(task, rows)| {
        for (token, row) in (task * TOKENS..).zip(rows.chunks_exact_mut(kinds * d)) {
            let (sequence, t) = (token / positions, token % positions);
            for (place, to) in row.chunks_exact_mut(head).enumerate() {
                let (kind, h) = (place / heads, place % heads);
                let at = ((sequence * heads + h) * positions + t) * wide + kind * head;
                to.copy_from_slice(&parts[at..at + head]);
            }
        }
    });
}

/// Mixed values `[T, D]` of `qkv` `[T, 3D]`, and ln Σ eˢ of each row and head for the backward pass: `[B, heads, S]`.
#[multiversion(targets = "simd")]
pub fn forward(qkv: &[f32], rotary: &[f32], sizes: Sizes) -> (Buffer, Buffer) {
    let Sizes { positions, heads, head } = sizes;
    let d = sizes.width();
    let mut out = Buffer::dirty(qkv.len() / 3);
    let mut parts = Buffer::dirty(out.len());
    let mut lse = Buffer::dirty(qkv.len() / (3 * d) * heads);
    let tasks = parts.par_chunks_mut(positions * head).zip(lse.par_chunks_mut(positions)).enumerate();
    tasks.tasks(|(task, (part, lse))| {
        let (sequence, h) = (task / heads, task % heads);
        let qkv = &qkv[sequence * positions * 3 * d..][..positions * 3 * d];
        let given = Given { qkv, rotary, h };
        HEAD.with_borrow_mut(|of| {
            let fused = target_cfg_f!(any(target_feature = "fma", target_arch = "aarch64"));
            if target_cfg_f!(target_feature = "avx512f") && sizes.fill_wide_tiles() {
                of.forward::<WIDE_LANES, true>(sizes, given, part, lse);
            } else if fused {
                of.forward::<LANES, true>(sizes, given, part, lse);
            } else {
                of.forward::<LANES, false>(sizes, given, part, lse);
            }
        });
    });
    side_by_side(&parts, sizes, 1, &mut out);
    (out, lse)
}

/// Gradient of `qkv` from that of the result, `g` `[T, D]`; `out` is the result itself.
#[multiversion(targets = "simd")]
pub fn backward(qkv: &[f32], rotary: &[f32], sizes: Sizes, out: &[f32], lse: &[f32], g: &[f32]) -> Buffer {
    let Sizes { positions, heads, head } = sizes;
    let d = sizes.width();
    let mut parts = Buffer::dirty(qkv.len());
    let tasks = parts.par_chunks_mut(positions * 3 * head).zip(lse.par_chunks(positions)).enumerate();
    tasks.tasks(|(task, (part, lse))| {
        let (sequence, h) = (task / heads, task % heads);
        let (qkv, place) =
            (&qkv[sequence * positions * 3 * d..][..positions * 3 * d], sequence * positions * d + h * head);
        let (out, g) = (&out[place..], &g[place..]);
        let (given, past) = (Given { qkv, rotary, h }, Past { out, g, lse });
        HEAD.with_borrow_mut(|of| {
            let fused = target_cfg_f!(any(target_feature = "fma", target_arch = "aarch64"));
            if target_cfg_f!(target_feature = "avx512f") && sizes.fill_wide_tiles() {
                of.backward::<WIDE_LANES, true>(sizes, given, past, part);
            } else if fused {
                of.backward::<LANES, true>(sizes, given, past, part);
            } else {
                of.backward::<LANES, false>(sizes, given, past, part);
            }
        });
    });
    let mut dqkv = Buffer::dirty(qkv.len());
    side_by_side(&parts, sizes, 3, &mut dqkv);
    dqkv
}
