//! Stored numbers as `f32`: which types there are, and how a stretch of a tensor is read.

mod floats;

use std::fs::File;
use std::io;

use rayon::prelude::*;

use crate::domain::position::read_exact_at;

/// Numbers that are read and turned into `f32` at a time.
const PIECE: usize = 1 << 18;

/// How the bytes of a type become numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Codec {
    F64,
    F32,
    F16,
    Bf16,
}

/// A type that is known: how it is packed, and how it is read.
#[derive(Debug)]
pub(super) struct Packing {
    /// As its format names it.
    name: &'static str,
    /// Numbers of a block; of plain types one.
    elements: u64,
    /// Bytes of a block.
    bytes: u64,
    /// How it is read; `None` for whole numbers, and for what is not read.
    codec: Option<Codec>,
}

const fn packing(name: &'static str, elements: u64, bytes: u64, codec: Option<Codec>) -> Packing {
    Packing { name, elements, bytes, codec }
}

/// The types of safetensors.
static SAFETENSORS: [Packing; 22] = [
    packing("BOOL", 1, 1, None),
    packing("F4", 2, 1, None),
    packing("F6_E2M3", 4, 3, None),
    packing("F6_E3M2", 4, 3, None),
    packing("U8", 1, 1, None),
    packing("I8", 1, 1, None),
    packing("F8_E5M2", 1, 1, None),
    packing("F8_E4M3", 1, 1, None),
    packing("F8_E8M0", 1, 1, None),
    packing("F8_E4M3FNUZ", 1, 1, None),
    packing("F8_E5M2FNUZ", 1, 1, None),
    packing("I16", 1, 2, None),
    packing("U16", 1, 2, None),
    packing("F16", 1, 2, Some(Codec::F16)),
    packing("BF16", 1, 2, Some(Codec::Bf16)),
    packing("I32", 1, 4, None),
    packing("U32", 1, 4, None),
    packing("F32", 1, 4, Some(Codec::F32)),
    packing("C64", 1, 8, None),
    packing("F64", 1, 8, Some(Codec::F64)),
    packing("I64", 1, 8, None),
    packing("U64", 1, 8, None),
];

/// The type of a stored tensor.
#[derive(Clone, Debug)]
pub(super) enum StoredKind {
    /// One that is known.
    Known(&'static Packing),
    /// Any other, as the file names it.
    Unknown(Box<str>),
}

impl StoredKind {
    /// The type that safetensors name so.
    pub(super) fn of_safetensors(name: &str) -> Self {
        let known = SAFETENSORS.iter().find(|packing| packing.name == name);
        known.map_or_else(|| Self::Unknown(name.into()), Self::Known)
    }

    /// As its format names it.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Known(packing) => packing.name,
            Self::Unknown(name) => name,
        }
    }

    /// Numbers and bytes of a block; `None` of a type that is not known.
    pub(super) fn block(&self) -> Option<(u64, u64)> {
        match self {
            Self::Known(packing) => Some((packing.elements, packing.bytes)),
            Self::Unknown(_) => None,
        }
    }

    /// How it is read, if it is.
    pub(super) fn codec(&self) -> Option<Codec> {
        match self {
            Self::Known(packing) => packing.codec,
            Self::Unknown(_) => None,
        }
    }
}

impl Codec {
    /// Numbers and bytes of a block.
    fn block(self) -> (usize, usize) {
        match self {
            Self::F64 => (1, 8),
            Self::F32 => (1, 4),
            Self::F16 | Self::Bf16 => (1, 2),
        }
    }

    /// Turns whole blocks into numbers.
    fn decode(self, bytes: &[u8], into: &mut [f32]) {
        match self {
            Self::F64 => floats::f64(bytes, into),
            Self::F32 => floats::f32(bytes, into),
            Self::F16 => floats::f16(bytes, into),
            Self::Bf16 => floats::bf16(bytes, into),
        }
    }
}

/// Reads `into.len()` numbers from number `first` on of a tensor that begins at byte `at` of the file.
///
/// # Errors
/// What the file system says, or [`io::ErrorKind::UnexpectedEof`].
pub(super) fn read(file: &File, at: u64, codec: Codec, first: usize, into: &mut [f32]) -> io::Result<()> {
    let (_, bytes) = codec.block();
    let piece = |(index, into): (usize, &mut [f32])| -> io::Result<()> {
        let from = at + ((first + index * PIECE) as u64) * bytes as u64;
        let mut stored = vec![0; into.len() * bytes];
        read_exact_at(file, &mut stored, from)?;
        codec.decode(&stored, into);
        Ok(())
    };
    into.par_chunks_mut(PIECE).enumerate().try_for_each(piece)
}
