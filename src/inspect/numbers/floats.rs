//! Plain floating-point numbers as `f32`: F64, F32, F16, BF16.

use multiversion::multiversion;

/// F64, rounded to the nearest.
pub(super) fn f64(bytes: &[u8], into: &mut [f32]) {
    let (numbers, _) = bytes.as_chunks();
    for (place, number) in into.iter_mut().zip(numbers) {
        *place = f64::from_le_bytes(*number) as f32;
    }
}

/// F32.
pub(super) fn f32(bytes: &[u8], into: &mut [f32]) {
    let (numbers, _) = bytes.as_chunks();
    for (place, number) in into.iter_mut().zip(numbers) {
        *place = f32::from_le_bytes(*number);
    }
}

/// BF16: the upper half of an F32.
#[multiversion(targets = "simd")]
pub(super) fn bf16(bytes: &[u8], into: &mut [f32]) {
    let (numbers, _) = bytes.as_chunks();
    for (place, number) in into.iter_mut().zip(numbers) {
        *place = f32::from_bits(u32::from(u16::from_le_bytes(*number)) << 16);
    }
}

/// F16.
#[multiversion(targets = "simd")]
pub(super) fn f16(bytes: &[u8], into: &mut [f32]) {
    let (numbers, _) = bytes.as_chunks();
    for (place, number) in into.iter_mut().zip(numbers) {
        *place = half(u16::from_le_bytes(*number));
    }
}

/// An F16 as `f32`, exactly. Both cases are computed and one is taken, so that a loop of it becomes vector code.
#[inline(always)]
pub(super) fn half(bits: u16) -> f32 {
    let bits = u32::from(bits);
    let magnitude = bits & 0x7fff;
    // The exponent's bias is 15, that of an F32 is 127; infinity and NaN keep the largest one.
    let beyond = if magnitude >= 0x7c00 { 112 << 23 } else { 0 };
    let normal = (magnitude << 13) + (112 << 23) + beyond;
    // Below 2^-14 the number is its mantissa times 2^-24.
    let small = (magnitude as f32) * f32::from_bits(0x3380_0000);
    let value = if magnitude < 0x0400 { small.to_bits() } else { normal };
    f32::from_bits(value | (bits & 0x8000) << 16)
}
