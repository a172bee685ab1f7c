//! Blocks whose numbers of four bits are looked up: the sixteen values of IQ4, or those of FP4.

use super::{each, scale};
use crate::inspect::numbers::fp8;
use crate::inspect::numbers::mxfp4::FP4;

/// The sixteen values of IQ4_NL and IQ4_XS.
const IQ4: [i8; 16] = [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];

/// d, 16 bytes of halves: d · value.
pub(in crate::inspect::numbers) fn iq4_nl(bytes: &[u8], into: &mut [f32]) {
    each(bytes, into, |block: &[u8; 18], numbers: &mut [f32; 32]| {
        halves(&block[2..], scale(block[0], block[1]), |q| f32::from(IQ4[q]), numbers);
    });
}

/// d, eight scales of 6 bits (upper two bits first), 128 bytes of halves: d · (scale − 32) · value.
pub(in crate::inspect::numbers) fn iq4_xs(bytes: &[u8], into: &mut [f32]) {
    each(bytes, into, |block: &[u8; 136], numbers: &mut [f32; 256]| {
        let d = scale(block[0], block[1]);
        let upper = u16::from_le_bytes([block[2], block[3]]);
        for (group, numbers) in numbers.as_chunks_mut::<32>().0.iter_mut().enumerate() {
            let low = block[4 + group / 2] >> (group % 2 * 4) & 15;
            let high = (upper >> (group * 2) & 3) as u8;
            let scaled = d * f32::from((low | high << 4) as i8 - 32);
            halves(&block[8 + group * 16..][..16], scaled, |q| f32::from(IQ4[q]), numbers);
        }
    });
}

/// A power of two, 16 bytes of halves: power · value. Other than in safetensors, low halves are the first 16 numbers.
pub(in crate::inspect::numbers) fn mxfp4(bytes: &[u8], into: &mut [f32]) {
    each(bytes, into, |block: &[u8; 17], numbers: &mut [f32; 32]| {
        halves(&block[1..], fp8::power(block[0]), |q| FP4[q], numbers);
    });
}

/// Low halves are the first 16 numbers, high halves the others.
#[inline(always)]
fn halves(bytes: &[u8], scaled: f32, value: impl Fn(usize) -> f32, numbers: &mut [f32; 32]) {
    for (place, &byte) in bytes.iter().enumerate() {
        numbers[place] = scaled * value(usize::from(byte & 15));
        numbers[place + 16] = scaled * value(usize::from(byte >> 4));
    }
}
