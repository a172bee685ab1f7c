//! Stored numbers as `f32`: which types there are, and how a stretch of a tensor is read.
//!
//! - [`kinds`]: names, sizes and numbers of the types.
//! - [`floats`], [`fp8`]: one number after another.
//! - [`blocks`]: GGUF's types, which are stored in blocks with scales of their own.
//! - [`mxfp4`]: blocks whose scales lie in another tensor.
//! - [`scales`]: a grid of scales beside a matrix.

mod blocks;
mod floats;
mod fp8;
mod kinds;
mod mxfp4;
mod scales;

use std::fs::File;
use std::io;

use rayon::prelude::*;

pub(super) use kinds::StoredKind;
pub(super) use mxfp4::{GROUP, Mxfp4};
pub(super) use scales::{BlockScales, Grid};

use crate::domain::position::read_exact_at;

/// Numbers that are read and turned into `f32` at a time.
const PIECE: usize = 1 << 18;
/// Most numbers of a block.
const BLOCK: usize = 256;

/// How the bytes of a type become numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Codec {
    F64,
    F32,
    F16,
    Bf16,
    F8E4m3,
    F8E5m2,
    F8E8m0,
    Q4_0,
    Q4_1,
    Q5_0,
    Q5_1,
    Q8_0,
    Q2K,
    Q3K,
    Q4K,
    Q5K,
    Q6K,
    Iq4Nl,
    Iq4Xs,
    Mxfp4,
}

impl Codec {
    /// Numbers and bytes of a block.
    const fn block(self) -> (usize, usize) {
        match self {
            Self::F64 => (1, 8),
            Self::F32 => (1, 4),
            Self::F16 | Self::Bf16 => (1, 2),
            Self::F8E4m3 | Self::F8E5m2 | Self::F8E8m0 => (1, 1),
            Self::Q4_0 | Self::Iq4Nl => (32, 18),
            Self::Q4_1 => (32, 20),
            Self::Q5_0 => (32, 22),
            Self::Q5_1 => (32, 24),
            Self::Q8_0 => (32, 34),
            Self::Mxfp4 => (32, 17),
            Self::Q2K => (256, 84),
            Self::Q3K => (256, 110),
            Self::Q4K => (256, 144),
            Self::Q5K => (256, 176),
            Self::Q6K => (256, 210),
            Self::Iq4Xs => (256, 136),
        }
    }

    /// Turns whole blocks into numbers.
    fn decode(self, bytes: &[u8], into: &mut [f32]) {
        match self {
            Self::F64 => floats::f64(bytes, into),
            Self::F32 => floats::f32(bytes, into),
            Self::F16 => floats::f16(bytes, into),
            Self::Bf16 => floats::bf16(bytes, into),
            Self::F8E4m3 => fp8::e4m3(bytes, into),
            Self::F8E5m2 => fp8::e5m2(bytes, into),
            Self::F8E8m0 => fp8::e8m0(bytes, into),
            Self::Q4_0 => blocks::q4_0(bytes, into),
            Self::Q4_1 => blocks::q4_1(bytes, into),
            Self::Q5_0 => blocks::q5_0(bytes, into),
            Self::Q5_1 => blocks::q5_1(bytes, into),
            Self::Q8_0 => blocks::q8_0(bytes, into),
            Self::Q2K => blocks::q2_k(bytes, into),
            Self::Q3K => blocks::q3_k(bytes, into),
            Self::Q4K => blocks::q4_k(bytes, into),
            Self::Q5K => blocks::q5_k(bytes, into),
            Self::Q6K => blocks::q6_k(bytes, into),
            Self::Iq4Nl => blocks::iq4_nl(bytes, into),
            Self::Iq4Xs => blocks::iq4_xs(bytes, into),
            Self::Mxfp4 => blocks::mxfp4(bytes, into),
        }
    }
}

/// The numbers of one stored tensor: where they begin in their file, and how they are stored.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stretch<'a> {
    pub(super) file: &'a File,
    /// First byte in the file.
    pub(super) at: u64,
    pub(super) codec: Codec,
}

impl Stretch<'_> {
    /// Reads `into.len()` numbers from number `first` on; both may lie in the middle of a block.
    ///
    /// # Errors
    /// What the file system says, or [`io::ErrorKind::UnexpectedEof`].
    fn read(&self, first: usize, into: &mut [f32]) -> io::Result<()> {
        let (elements, bytes) = self.codec.block();
        let begin = first / elements;
        let count = (first + into.len()).div_ceil(elements) - begin;
        let mut stored = vec![0; count * bytes];
        read_exact_at(self.file, &mut stored, self.at + (begin * bytes) as u64)?;
        let mut rest = &stored[..];
        in_blocks(first, elements, into, |into| {
            let (these, later) = rest.split_at(into.len() / elements * bytes);
            rest = later;
            self.codec.decode(these, into);
        });
        Ok(())
    }
}

/// How a tensor becomes numbers.
#[derive(Debug)]
pub(super) enum Source<'a> {
    /// It has all that is needed.
    Plain(Stretch<'a>),
    /// Each block of a matrix has a scale in another tensor.
    Scaled(Stretch<'a>, BlockScales<'a>),
    /// FP4 with scales in another tensor.
    Mxfp4(Mxfp4<'a>),
}

impl Source<'_> {
    /// Reads `into.len()` numbers from number `first` on, piece by piece on all cores.
    ///
    /// # Errors
    /// What the file system says, or [`io::ErrorKind::UnexpectedEof`].
    pub(super) fn read(&self, first: usize, into: &mut [f32]) -> io::Result<()> {
        into.par_chunks_mut(PIECE).enumerate().try_for_each(|(piece, into)| {
            let first = first + piece * PIECE;
            match self {
                Self::Plain(stretch) => stretch.read(first, into),
                Self::Scaled(stretch, scales) => {
                    stretch.read(first, into)?;
                    scales.apply(first, into)
                }
                Self::Mxfp4(mxfp4) => mxfp4.read(first, into),
            }
        })
    }
}

/// Fills `into`, which begins at number `first`, from blocks of `elements` numbers: `decode` is called for stretches of whole
/// blocks, one after another; the first and the last block may be wanted in part.
fn in_blocks(first: usize, elements: usize, into: &mut [f32], mut decode: impl FnMut(&mut [f32])) {
    let mut block = [0.0; BLOCK];
    let block = &mut block[..elements];
    let skipped = first % elements;
    let mut rest = into;
    if skipped > 0 {
        let (head, later) = rest.split_at_mut(rest.len().min(elements - skipped));
        decode(block);
        head.copy_from_slice(&block[skipped..skipped + head.len()]);
        rest = later;
    }
    let (whole, tail) = rest.split_at_mut(rest.len() / elements * elements);
    if !whole.is_empty() {
        decode(whole);
    }
    if !tail.is_empty() {
        decode(block);
        tail.copy_from_slice(&block[..tail.len()]);
    }
}

#[cfg(test)]
mod tests;
