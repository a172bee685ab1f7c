//! Numbers of eight bits as `f32`: E4M3 and E5M2 weights, E8M0 scales. Source: OCP 8-bit Floating Point Specification.

use multiversion::multiversion;

use super::floats::half;

/// E4M3 (“fn”): bias 7, no infinity, largest 448; 0x7F and 0xFF are NaN.
#[multiversion(targets = "simd")]
pub(super) fn e4m3(bytes: &[u8], into: &mut [f32]) {
    for (place, &byte) in into.iter_mut().zip(bytes) {
        let magnitude = u32::from(byte & 0x7f);
        // The exponent's bias is 7, that of an F32 is 127. Below 2^-6 the number is its mantissa times 2^-9.
        let normal = (magnitude << 20) + (120 << 23);
        let small = (magnitude as f32 * f32::from_bits(118 << 23)).to_bits();
        let value = if magnitude < 8 { small } else { normal };
        let value = if magnitude == 0x7f { 0x7fc0_0000 } else { value };
        *place = f32::from_bits(value | u32::from(byte & 0x80) << 24);
    }
}

/// E5M2: the upper half of an F16.
#[multiversion(targets = "simd")]
pub(super) fn e5m2(bytes: &[u8], into: &mut [f32]) {
    for (place, &byte) in into.iter_mut().zip(bytes) {
        *place = half(u16::from(byte) << 8);
    }
}

/// E8M0: powers of two.
pub(super) fn e8m0(bytes: &[u8], into: &mut [f32]) {
    for (place, &byte) in into.iter_mut().zip(bytes) {
        *place = power(byte);
    }
}

/// The power of two that an E8M0 byte stands for: 2^(byte − 127); 255 is NaN.
pub(super) fn power(byte: u8) -> f32 {
    f32::from_bits(match byte {
        // 2^-127 is below the normal numbers of an F32.
        0 => 0x0040_0000,
        255 => 0x7fc0_0000,
        byte => u32::from(byte) << 23,
    })
}
