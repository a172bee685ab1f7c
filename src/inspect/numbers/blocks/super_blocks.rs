//! Blocks of 256 numbers in groups of 16 or 32: the groups have small whole scales (and offsets), which d (and dmin) scale.

use multiversion::multiversion;

use super::{each, scale};

/// 16 bytes of scales and offsets of 4 bits, 64 bytes of pairs of bits, d, dmin: d · scale · q − dmin · offset.
#[multiversion(targets = "simd")]
pub(in crate::inspect::numbers) fn q2_k(bytes: &[u8], into: &mut [f32]) {
    each(bytes, into, |block: &[u8; 84], numbers: &mut [f32; 256]| {
        let (d, dmin) = (scale(block[80], block[81]), scale(block[82], block[83]));
        for (group, numbers) in numbers.as_chunks_mut::<16>().0.iter_mut().enumerate() {
            let (scaled, offset) = (d * f32::from(block[group] & 15), dmin * f32::from(block[group] >> 4));
            let (from, shift) = pairs_of(group);
            for (number, &byte) in numbers.iter_mut().zip(&block[16 + from..][..16]) {
                *number = scaled * f32::from(byte >> shift & 3) - offset;
            }
        }
    });
}

/// 32 bytes of third bits, 64 bytes of pairs of bits, 16 scales of 6 bits in 12 bytes, d: d · (scale − 32) · (q − 4), where
/// the third bit is worth 4.
#[multiversion(targets = "simd")]
pub(in crate::inspect::numbers) fn q3_k(bytes: &[u8], into: &mut [f32]) {
    each(bytes, into, |block: &[u8; 110], numbers: &mut [f32; 256]| {
        let d = scale(block[108], block[109]);
        let scales = &block[96..108];
        for (group, numbers) in numbers.as_chunks_mut::<16>().0.iter_mut().enumerate() {
            // Four bits of each scale stand in the first eight bytes, low halves first; the other two in the last four.
            let low = scales[group % 8] >> (group / 8 * 4) & 15;
            let high = scales[8 + group % 4] >> (group / 4 * 2) & 3;
            let scaled = d * f32::from((low | high << 4) as i8 - 32);
            let (from, shift) = pairs_of(group);
            let third = &block[group % 2 * 16..][..16];
            for ((number, &byte), &third) in numbers.iter_mut().zip(&block[32 + from..][..16]).zip(third) {
                let q = byte >> shift & 3 | (third >> (group / 2) & 1) << 2;
                *number = scaled * f32::from(q as i8 - 4);
            }
        }
    });
}

/// Where the pairs of bits of a group of 16 begin, and how far they are shifted: 32 bytes hold 128 numbers, in four layers.
#[inline(always)]
fn pairs_of(group: usize) -> (usize, usize) {
    (group / 8 * 32 + group % 2 * 16, group % 8 / 2 * 2)
}

/// d, dmin, 12 bytes of scales and offsets of 6 bits, 128 bytes of halves: d · scale · q − dmin · offset.
#[multiversion(targets = "simd")]
pub(in crate::inspect::numbers) fn q4_k(bytes: &[u8], into: &mut [f32]) {
    each(bytes, into, |block: &[u8; 144], numbers: &mut [f32; 256]| {
        for (group, numbers) in numbers.as_chunks_mut::<32>().0.iter_mut().enumerate() {
            let (scaled, offset) = scale_and_offset(block, group);
            let shift = group % 2 * 4;
            for (number, &byte) in numbers.iter_mut().zip(&block[16 + group / 2 * 32..][..32]) {
                *number = scaled * f32::from(byte >> shift & 15) - offset;
            }
        }
    });
}

/// As Q4_K, with 32 bytes of fifth bits before the halves.
#[multiversion(targets = "simd")]
pub(in crate::inspect::numbers) fn q5_k(bytes: &[u8], into: &mut [f32]) {
    each(bytes, into, |block: &[u8; 176], numbers: &mut [f32; 256]| {
        for (group, numbers) in numbers.as_chunks_mut::<32>().0.iter_mut().enumerate() {
            let (scaled, offset) = scale_and_offset(block, group);
            let shift = group % 2 * 4;
            let halves = &block[48 + group / 2 * 32..][..32];
            for ((number, &byte), &fifth) in numbers.iter_mut().zip(halves).zip(&block[16..48]) {
                *number = scaled * f32::from(byte >> shift & 15 | (fifth >> group & 1) << 4) - offset;
            }
        }
    });
}

/// Scale and offset of a group of 32 of Q4_K and Q5_K, whose blocks begin alike: d, dmin, then 12 bytes. The first four groups
/// have theirs in six bits of a byte each; the upper two bits of these bytes belong to the last four groups.
#[inline(always)]
fn scale_and_offset(block: &[u8], group: usize) -> (f32, f32) {
    let packed = &block[4..16];
    let (scaled, offset) = if group < 4 {
        (packed[group] & 63, packed[group + 4] & 63)
    } else {
        (packed[group + 4] & 15 | packed[group - 4] >> 6 << 4, packed[group + 4] >> 4 | packed[group] >> 6 << 4)
    };
    (scale(block[0], block[1]) * f32::from(scaled), scale(block[2], block[3]) * f32::from(offset))
}

/// 128 bytes of halves, 64 bytes of upper pairs of bits, 16 signed scales, d: d · scale · (q − 32).
#[multiversion(targets = "simd")]
pub(in crate::inspect::numbers) fn q6_k(bytes: &[u8], into: &mut [f32]) {
    each(bytes, into, |block: &[u8; 210], numbers: &mut [f32; 256]| {
        let d = scale(block[208], block[209]);
        for (group, numbers) in numbers.as_chunks_mut::<16>().0.iter_mut().enumerate() {
            let scaled = d * f32::from(block[192 + group] as i8);
            // Each half of the block has 64 bytes of halves for 128 numbers, and 32 bytes of pairs in four layers.
            let (half, layer, part) = (group / 8, group % 8 / 2, group % 2);
            let low = &block[half * 64 + layer % 2 * 32 + part * 16..][..16];
            let high = &block[128 + half * 32 + part * 16..][..16];
            for ((number, &low), &high) in numbers.iter_mut().zip(low).zip(high) {
                let q = low >> (layer / 2 * 4) & 15 | (high >> (layer * 2) & 3) << 4;
                *number = scaled * f32::from(q as i8 - 32);
            }
        }
    });
}
