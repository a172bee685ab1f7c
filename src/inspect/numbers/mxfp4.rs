//! MXFP4 as GPT-OSS is published: FP4 in `_blocks`, a power of two for every 32 numbers in `_scales`.
//!
//! Of byte j of a block, the low half is number 2j and the high half number 2j + 1. Source: OCP Microscaling Formats (MX)
//! Specification; openai/gpt-oss `gpt_oss/torch/weights.py`.

use std::fs::File;
use std::io;

use super::{fp8, in_blocks};
use crate::domain::position::read_exact_at;

/// Numbers of a block.
pub(in crate::inspect) const GROUP: usize = 32;
/// Bytes of a block.
const BYTES: usize = GROUP / 2;
/// The sixteen numbers of FP4 (E2M1).
pub(super) const FP4: [f32; 16] =
    [0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, -0.0, -0.5, -1.0, -1.5, -2.0, -3.0, -4.0, -6.0];
/// The two numbers of a byte.
static PAIRS: [[f32; 2]; 256] = {
    let mut pairs = [[0.0; 2]; 256];
    let mut byte = 0;
    while byte < 256 {
        pairs[byte] = [FP4[byte & 15], FP4[byte >> 4]];
        byte += 1;
    }
    pairs
};

/// FP4 numbers with their scales.
#[derive(Debug)]
pub(in crate::inspect) struct Mxfp4<'a> {
    /// The file of the numbers, and their first byte.
    pub(in crate::inspect) blocks: (&'a File, u64),
    /// The file of the scales, and their first byte.
    pub(in crate::inspect) scales: (&'a File, u64),
}

impl Mxfp4<'_> {
    /// Reads `into.len()` numbers from number `first` on.
    pub(super) fn read(&self, first: usize, into: &mut [f32]) -> io::Result<()> {
        let begin = first / GROUP;
        let count = (first + into.len()).div_ceil(GROUP) - begin;
        let (mut blocks, mut scales) = (vec![0; count * BYTES], vec![0; count]);
        read_exact_at(self.blocks.0, &mut blocks, self.blocks.1 + (begin * BYTES) as u64)?;
        read_exact_at(self.scales.0, &mut scales, self.scales.1 + begin as u64)?;
        let mut stored = blocks.chunks_exact(BYTES).zip(&scales);
        in_blocks(first, GROUP, into, |into| {
            for (into, (block, &scale)) in into.chunks_exact_mut(GROUP).zip(&mut stored) {
                let scale = fp8::power(scale);
                for (pair, &byte) in into.as_chunks_mut::<2>().0.iter_mut().zip(block) {
                    *pair = PAIRS[usize::from(byte)].map(|number| number * scale);
                }
            }
        });
        Ok(())
    }
}
