//! Tests of stored numbers.

use super::*;

/// What a format says one number is, in plain double precision.
fn twin(sign: bool, exponent: u32, mantissa: u32, bits: u32, bias: i32) -> f64 {
    let fraction = f64::from(mantissa) / f64::from(1 << bits);
    let magnitude = match exponent {
        0 => fraction * 2f64.powi(1 - bias),
        exponent => (1.0 + fraction) * 2f64.powi(exponent as i32 - bias),
    };
    if sign { -magnitude } else { magnitude }
}

#[test]
fn every_f16_is_exact() {
    let bytes: Vec<u8> = (0..=u16::MAX).flat_map(u16::to_le_bytes).collect();
    let mut found = vec![0.0; 1 << 16];
    floats::f16(&bytes, &mut found);
    for (bits, found) in found.into_iter().enumerate() {
        let (exponent, mantissa) = ((bits >> 10 & 31) as u32, (bits & 1023) as u32);
        let sign = bits >> 15 == 1;
        match (exponent, mantissa) {
            (31, 0) => assert_eq!(found, if sign { f32::NEG_INFINITY } else { f32::INFINITY }),
            (31, _) => assert!(found.is_nan(), "{bits:#06x}"),
            _ => {
                let expected = twin(sign, exponent, mantissa, 10, 15);
                assert_eq!(f64::from(found).to_bits(), expected.to_bits(), "{bits:#06x}");
            }
        }
    }
}

#[test]
fn every_fp8_is_exact() {
    let bytes: Vec<u8> = (0..=255).collect();
    let mut found = vec![0.0; 256];
    fp8::e4m3(&bytes, &mut found);
    for (byte, &found) in found.iter().enumerate() {
        if byte & 0x7f == 0x7f {
            assert!(found.is_nan());
            continue;
        }
        let expected = twin(byte > 127, (byte >> 3 & 15) as u32, (byte & 7) as u32, 3, 7);
        assert_eq!(f64::from(found).to_bits(), expected.to_bits(), "E4M3 {byte:#04x}");
    }
    assert_eq!(found[0x7e], 448.0);
    fp8::e5m2(&bytes, &mut found);
    for (byte, &found) in found.iter().enumerate() {
        match byte & 0x7f {
            0x7c => assert_eq!(found.abs(), f32::INFINITY),
            0x7d.. => assert!(found.is_nan()),
            _ => {
                let expected = twin(byte > 127, (byte >> 2 & 31) as u32, (byte & 3) as u32, 2, 15);
                assert_eq!(f64::from(found).to_bits(), expected.to_bits(), "E5M2 {byte:#04x}");
            }
        }
    }
    fp8::e8m0(&bytes, &mut found);
    for (byte, &found) in found.iter().enumerate().take(255) {
        assert_eq!(f64::from(found), 2f64.powi(byte as i32 - 127), "E8M0 {byte:#04x}");
    }
    assert!(found[255].is_nan());
}
