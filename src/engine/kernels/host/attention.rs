//! Causal attention with rotary positions on slices: a head of a sequence is one task. Its queries go in tiles whose scores stay in the
//! cache, and what lies beyond the diagonal is left out but for what fills a tile.

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::attention_head::{Given, HEAD, Head, Past};
use super::columns::{self, Columns};
use super::pool::Buffer;
use super::tasks::Tasks;
use super::tile::{VECTORS, many_registers};

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
}

/// What a task does with a head.
enum Pass<'a> {
    Forward { out: Columns<'a>, lse: &'a mut [f32] },
    Backward { past: Past<'a>, part: Columns<'a> },
}

/// The task of one head, to be done with the vectors of the processor.
struct OfHead<'a> {
    head: &'a mut Head,
    sizes: Sizes,
    given: Given<'a>,
    pass: Pass<'a>,
}

impl OfHead<'_> {
    #[inline(always)]
    fn with<S: Simd, const R: usize, const V: usize>(self, simd: S) {
        let Self { head, sizes, given, pass } = self;
        match pass {
            Pass::Forward { mut out, lse } => head.forward::<S, R, V>(simd, sizes, given, &mut out, lse),
            Pass::Backward { past, mut part } => head.backward::<S, R, V>(simd, sizes, given, past, &mut part),
        }
    }
}

impl WithSimd for OfHead<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        // Where there are registers for it, twelve rows, of two vectors if a head fills them.
        if !many_registers::<S>() {
            self.with::<S, 4, VECTORS>(simd);
        } else if self.sizes.head.is_multiple_of(VECTORS * S::F32_LANES) {
            self.with::<S, 12, VECTORS>(simd);
        } else {
            self.with::<S, 12, 1>(simd);
        }
    }
}

fn of_head(sizes: Sizes, given: Given<'_>, pass: Pass<'_>) {
    HEAD.with_borrow_mut(|head| Arch::new().dispatch(OfHead { head, sizes, given, pass }));
}

/// Mixed values `[T, D]` of `qkv` `[T, 3D]`, and ln Σ eˢ of each row and head for the backward pass: `[B, heads, S]`.
pub fn forward(qkv: &[f32], rotary: &[f32], sizes: Sizes) -> (Buffer, Buffer) {
    let Sizes { positions, heads, head } = sizes;
    let d = sizes.width();
    let mut out = Buffer::dirty(qkv.len() / 3);
    let mut lse = Buffer::dirty(qkv.len() / (3 * d) * heads);
    let parts = columns::of_each(&mut out, positions, d, head);
    let tasks = parts.into_par_iter().zip(lse.par_chunks_mut(positions)).enumerate();
    tasks.tasks(|(task, (out, lse))| {
        let (sequence, h) = (task / heads, task % heads);
        let qkv = &qkv[sequence * positions * 3 * d..][..positions * 3 * d];
        of_head(sizes, Given { qkv, rotary, h }, Pass::Forward { out, lse });
    });
    (out, lse)
}

/// Gradient of `qkv` from that of the result, `g` `[T, D]`; `out` is the result itself.
pub fn backward(qkv: &[f32], rotary: &[f32], sizes: Sizes, out: &[f32], lse: &[f32], g: &[f32]) -> Buffer {
    let Sizes { positions, heads, head } = sizes;
    let d = sizes.width();
    let mut dqkv = Buffer::dirty(qkv.len());
    // Queries, keys and values of a token are three rows here.
    let parts = columns::of_each(&mut dqkv, 3 * positions, d, head);
    let tasks = parts.into_par_iter().zip(lse.par_chunks(positions)).enumerate();
    tasks.tasks(|(task, (part, lse))| {
        let (sequence, h) = (task / heads, task % heads);
        let (qkv, place) =
            (&qkv[sequence * positions * 3 * d..][..positions * 3 * d], sequence * positions * d + h * head);
        let past = Past { out: &out[place..], g: &g[place..], lse };
        of_head(sizes, Given { qkv, rotary, h }, Pass::Backward { past, part });
    });
    dqkv
}
