//! The types of stored numbers: what safetensors and GGUF call them, how they are packed, which are read.

use super::Codec;

/// A type that is known: how it is packed, and how it is read.
#[derive(Debug)]
pub(in crate::inspect) struct Packing {
    /// As its format names it.
    name: &'static str,
    /// Numbers of a block; of plain types one.
    elements: u64,
    /// Bytes of a block.
    bytes: u64,
    /// How it is read; `None` for whole numbers, and for what is not read.
    codec: Option<Codec>,
}

const fn plain(name: &'static str, bytes: u64) -> Packing {
    Packing { name, elements: 1, bytes, codec: None }
}

const fn packed(name: &'static str, elements: u64, bytes: u64) -> Packing {
    Packing { name, elements, bytes, codec: None }
}

const fn read(name: &'static str, codec: Codec) -> Packing {
    let (elements, bytes) = codec.block();
    Packing { name, elements: elements as u64, bytes: bytes as u64, codec: Some(codec) }
}

/// The types of safetensors.
static SAFETENSORS: [Packing; 22] = [
    plain("BOOL", 1),
    packed("F4", 2, 1),
    packed("F6_E2M3", 4, 3),
    packed("F6_E3M2", 4, 3),
    plain("U8", 1),
    plain("I8", 1),
    read("F8_E5M2", Codec::F8E5m2),
    read("F8_E4M3", Codec::F8E4m3),
    read("F8_E8M0", Codec::F8E8m0),
    plain("F8_E4M3FNUZ", 1),
    plain("F8_E5M2FNUZ", 1),
    plain("I16", 2),
    plain("U16", 2),
    read("F16", Codec::F16),
    read("BF16", Codec::Bf16),
    plain("I32", 4),
    plain("U32", 4),
    read("F32", Codec::F32),
    plain("C64", 8),
    read("F64", Codec::F64),
    plain("I64", 8),
    plain("U64", 8),
];

/// The types of GGUF with their numbers there. Source: `docs/gguf.md` and the table of sizes of ggml-org/ggml.
static GGUF: [(u32, Packing); 32] = [
    (0, read("F32", Codec::F32)),
    (1, read("F16", Codec::F16)),
    (2, read("Q4_0", Codec::Q4_0)),
    (3, read("Q4_1", Codec::Q4_1)),
    (6, read("Q5_0", Codec::Q5_0)),
    (7, read("Q5_1", Codec::Q5_1)),
    (8, read("Q8_0", Codec::Q8_0)),
    (10, read("Q2_K", Codec::Q2K)),
    (11, read("Q3_K", Codec::Q3K)),
    (12, read("Q4_K", Codec::Q4K)),
    (13, read("Q5_K", Codec::Q5K)),
    (14, read("Q6_K", Codec::Q6K)),
    (15, packed("Q8_K", 256, 292)),
    (16, packed("IQ2_XXS", 256, 66)),
    (17, packed("IQ2_XS", 256, 74)),
    (18, packed("IQ3_XXS", 256, 98)),
    (19, packed("IQ1_S", 256, 50)),
    (20, read("IQ4_NL", Codec::Iq4Nl)),
    (21, packed("IQ3_S", 256, 110)),
    (22, packed("IQ2_S", 256, 82)),
    (23, read("IQ4_XS", Codec::Iq4Xs)),
    (24, plain("I8", 1)),
    (25, plain("I16", 2)),
    (26, plain("I32", 4)),
    (27, plain("I64", 8)),
    (28, read("F64", Codec::F64)),
    (29, packed("IQ1_M", 256, 56)),
    (30, read("BF16", Codec::Bf16)),
    (34, packed("TQ1_0", 256, 54)),
    (35, packed("TQ2_0", 256, 66)),
    (39, read("MXFP4", Codec::Mxfp4)),
    (40, packed("NVFP4", 64, 36)),
];

/// The type of a stored tensor.
#[derive(Clone, Debug)]
pub(in crate::inspect) enum StoredKind {
    /// One that is known.
    Known(&'static Packing),
    /// Any other, as the file names it.
    Unknown(Box<str>),
}

impl StoredKind {
    /// The type that safetensors name so.
    pub(in crate::inspect) fn of_safetensors(name: &str) -> Self {
        let known = SAFETENSORS.iter().find(|packing| packing.name == name);
        known.map_or_else(|| Self::Unknown(name.into()), Self::Known)
    }

    /// The type that GGUF gives this number.
    pub(in crate::inspect) fn of_gguf(number: u32) -> Self {
        let known = GGUF.iter().find(|(known, _)| *known == number);
        known.map_or_else(|| Self::Unknown(format!("GGUF type {number}").into()), |(_, packing)| Self::Known(packing))
    }

    /// As its format names it.
    pub(in crate::inspect) fn name(&self) -> &str {
        match self {
            Self::Known(packing) => packing.name,
            Self::Unknown(name) => name,
        }
    }

    /// Numbers and bytes of a block; `None` of a type that is not known.
    pub(in crate::inspect) fn block(&self) -> Option<(u64, u64)> {
        match self {
            Self::Known(packing) => Some((packing.elements, packing.bytes)),
            Self::Unknown(_) => None,
        }
    }

    /// How it is read, if it is.
    pub(in crate::inspect) fn codec(&self) -> Option<Codec> {
        match self {
            Self::Known(packing) => packing.codec,
            Self::Unknown(_) => None,
        }
    }
}
