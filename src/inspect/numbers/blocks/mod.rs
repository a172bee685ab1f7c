//! The blocks of GGUF as `f32`: numbers of few bits with scales of their own. Source: the format as ggml-org/ggml documents it.
//!
//! - [`small`]: 32 numbers with one scale: Q4_0, Q4_1, Q5_0, Q5_1, Q8_0.
//! - [`super_blocks`]: 256 numbers in groups whose scales are scaled themselves: Q2_K to Q6_K.
//! - [`table`]: numbers that are looked up: IQ4_NL, IQ4_XS, MXFP4.

mod small;
mod super_blocks;
mod table;

pub(super) use small::{q4_0, q4_1, q5_0, q5_1, q8_0};
pub(super) use super_blocks::{q2_k, q3_k, q4_k, q5_k, q6_k};
pub(super) use table::{iq4_nl, iq4_xs, mxfp4};

use super::floats::half;

/// The F16 in two bytes of a block.
#[inline(always)]
fn scale(low: u8, high: u8) -> f32 {
    half(u16::from_le_bytes([low, high]))
}

/// Blocks of `BYTES` bytes beside the `NUMBERS` numbers that each becomes.
#[inline(always)]
fn each<const BYTES: usize, const NUMBERS: usize>(
    bytes: &[u8],
    into: &mut [f32],
    decode: impl Fn(&[u8; BYTES], &mut [f32; NUMBERS]),
) {
    let (blocks, _) = bytes.as_chunks();
    let (numbers, _) = into.as_chunks_mut();
    for (block, numbers) in blocks.iter().zip(numbers) {
        decode(block, numbers);
    }
}
