//! Blocks of 32 numbers with one scale d, and in some a smallest value m.

use multiversion::multiversion;

use super::{each, scale};

/// d, 32 signed bytes: d · q.
#[multiversion(targets = "simd")]
pub(in crate::inspect::numbers) fn q8_0(bytes: &[u8], into: &mut [f32]) {
    each(bytes, into, |block: &[u8; 34], numbers: &mut [f32; 32]| {
        let d = scale(block[0], block[1]);
        for (number, &q) in numbers.iter_mut().zip(&block[2..]) {
            *number = d * f32::from(q as i8);
        }
    });
}

/// d, 16 bytes of halves: d · (q − 8). Low halves are the first 16 numbers, high halves the others.
#[multiversion(targets = "simd")]
pub(in crate::inspect::numbers) fn q4_0(bytes: &[u8], into: &mut [f32]) {
    each(bytes, into, |block: &[u8; 18], numbers: &mut [f32; 32]| {
        let d = scale(block[0], block[1]);
        for (place, &q) in block[2..].iter().enumerate() {
            numbers[place] = d * f32::from((q & 15) as i8 - 8);
            numbers[place + 16] = d * f32::from((q >> 4) as i8 - 8);
        }
    });
}

/// d, m, 16 bytes of halves: d · q + m.
#[multiversion(targets = "simd")]
pub(in crate::inspect::numbers) fn q4_1(bytes: &[u8], into: &mut [f32]) {
    each(bytes, into, |block: &[u8; 20], numbers: &mut [f32; 32]| {
        let (d, m) = (scale(block[0], block[1]), scale(block[2], block[3]));
        for (place, &q) in block[4..].iter().enumerate() {
            numbers[place] = d * f32::from(q & 15) + m;
            numbers[place + 16] = d * f32::from(q >> 4) + m;
        }
    });
}

/// d, 32 fifth bits, 16 bytes of halves: d · (q − 16).
#[multiversion(targets = "simd")]
pub(in crate::inspect::numbers) fn q5_0(bytes: &[u8], into: &mut [f32]) {
    each(bytes, into, |block: &[u8; 22], numbers: &mut [f32; 32]| {
        let d = scale(block[0], block[1]);
        let fifth = u32::from_le_bytes([block[2], block[3], block[4], block[5]]);
        for (place, &q) in block[6..].iter().enumerate() {
            let (low, high) = five_bits(q, fifth, place);
            numbers[place] = d * f32::from(low as i8 - 16);
            numbers[place + 16] = d * f32::from(high as i8 - 16);
        }
    });
}

/// d, m, 32 fifth bits, 16 bytes of halves: d · q + m.
#[multiversion(targets = "simd")]
pub(in crate::inspect::numbers) fn q5_1(bytes: &[u8], into: &mut [f32]) {
    each(bytes, into, |block: &[u8; 24], numbers: &mut [f32; 32]| {
        let (d, m) = (scale(block[0], block[1]), scale(block[2], block[3]));
        let fifth = u32::from_le_bytes([block[4], block[5], block[6], block[7]]);
        for (place, &q) in block[8..].iter().enumerate() {
            let (low, high) = five_bits(q, fifth, place);
            numbers[place] = d * f32::from(low) + m;
            numbers[place + 16] = d * f32::from(high) + m;
        }
    });
}

/// The two numbers of byte `place` with their fifth bits.
#[inline(always)]
fn five_bits(byte: u8, fifth: u32, place: usize) -> (u8, u8) {
    let bit = |from: usize| ((fifth >> from & 1) << 4) as u8;
    (byte & 15 | bit(place), byte >> 4 | bit(place + 16))
}
