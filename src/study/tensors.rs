//! Tensors of a safetensors file as they lie in it: mapped, read in blocks, whatever their number type.

use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::Path;

use memmap2::Mmap;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensorError};

use super::dump::DumpError;
use crate::diagnostics::rows::{NotFinite, Rows, all_finite};

/// Maps a file into memory.
pub(super) fn map(path: &Path) -> Result<Mmap, DumpError> {
    let metadata = fs::metadata(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => DumpError::Missing,
        _ => DumpError::Unreadable(error),
    })?;
    if !metadata.is_file() {
        return Err(DumpError::NotAFile(if metadata.is_dir() { "a folder" } else { "a pipe or a device" }));
    }
    if metadata.len() == 0 {
        return Err(DumpError::NotSafetensors("it is empty".into()));
    }
    let file = File::open(path).map_err(DumpError::Unreadable)?;
    // SAFETY: the map is read-only and bytes have no invalid values. Another program that writes into the file while it
    // is read only changes numbers; one that cuts it ends this program, which then has nothing else to lose.
    #[allow(unsafe_code)]
    unsafe { Mmap::map(&file) }.map_err(DumpError::Unreadable)
}

/// What is wrong with a file that does not open as safetensors.
pub(super) fn no_safetensors(error: &SafeTensorError) -> DumpError {
    DumpError::NotSafetensors(match error {
        SafeTensorError::HeaderTooSmall | SafeTensorError::InvalidHeaderLength => {
            "its header does not fit into it; cut short, or another kind of file".into()
        }
        SafeTensorError::HeaderTooLarge => "its first bytes are no length of a header; another kind of file".into(),
        SafeTensorError::MetadataIncompleteBuffer => {
            "its tensors do not end where it ends; cut short, or something was added".into()
        }
        other => other.to_string(),
    })
}

/// Measured numbers in any of four types, `count` rows of `width`.
pub(super) struct Floats<'a> {
    bytes: &'a [u8],
    number: Number,
    count: usize,
    width: usize,
}

/// A number type of measured numbers.
#[derive(Clone, Copy)]
enum Number {
    F64,
    F32,
    F16,
    Bf16,
}

impl Number {
    fn bytes(self) -> usize {
        match self {
            Number::F64 => 8,
            Number::F32 => 4,
            Number::F16 | Number::Bf16 => 2,
        }
    }
}

impl<'a> Floats<'a> {
    /// The tensor with its first axis as rows and all others as one.
    pub(super) fn of(name: &'static str, tensor: &TensorView<'a>) -> Result<Self, DumpError> {
        let number = match tensor.dtype() {
            Dtype::F64 => Number::F64,
            Dtype::F32 => Number::F32,
            Dtype::F16 => Number::F16,
            Dtype::BF16 => Number::Bf16,
            other => {
                return Err(DumpError::Type { name, found: format!("{other:?}"), expected: "F64, F32, F16 or BF16" });
            }
        };
        let shape = tensor.shape();
        let width = shape[1..].iter().product();
        Ok(Self { bytes: tensor.data(), number, count: shape[0], width })
    }
}

impl Rows for Floats<'_> {
    fn count(&self) -> usize {
        self.count
    }

    fn width(&self) -> usize {
        self.width
    }

    fn read(&self, first: usize, out: &mut [f64]) -> Result<(), NotFinite> {
        let size = self.number.bytes();
        let bytes = &self.bytes[first * self.width * size..][..out.len() * size];
        match self.number {
            Number::F64 => fill(out, bytes, f64::from_le_bytes),
            Number::F32 => fill(out, bytes, |b| f64::from(f32::from_le_bytes(b))),
            Number::F16 => fill(out, bytes, |b| half(u16::from_le_bytes(b))),
            Number::Bf16 => {
                fill(out, bytes, |b| f64::from(f32::from_bits(u32::from(u16::from_le_bytes(b)) << 16)));
            }
        }
        all_finite(out, first, self.width)
    }
}

fn fill<const SIZE: usize>(out: &mut [f64], bytes: &[u8], number: impl Fn([u8; SIZE]) -> f64) {
    out.iter_mut().zip(bytes.as_chunks::<SIZE>().0).for_each(|(out, &bytes)| *out = number(bytes));
}

/// The number that 16 bits stand for: a sign, five bits of exponent, ten of fraction.
fn half(bits: u16) -> f64 {
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let (exponent, fraction) = (i32::from(bits >> 10 & 31), f64::from(bits & 1023));
    sign * match exponent {
        0 => fraction * 2f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        _ => (1.0 + fraction / 1024.0) * 2f64.powi(exponent - 15),
    }
}

/// Whole numbers of any type, none of them changed.
pub(super) fn whole_numbers(name: &'static str, tensor: &TensorView<'_>) -> Result<Vec<i128>, DumpError> {
    let bytes = tensor.data();
    Ok(match tensor.dtype() {
        Dtype::I64 => each(bytes, |b| i64::from_le_bytes(b).into()),
        Dtype::U64 => each(bytes, |b| u64::from_le_bytes(b).into()),
        Dtype::I32 => each(bytes, |b| i32::from_le_bytes(b).into()),
        Dtype::U32 => each(bytes, |b| u32::from_le_bytes(b).into()),
        Dtype::I16 => each(bytes, |b| i16::from_le_bytes(b).into()),
        Dtype::U16 => each(bytes, |b| u16::from_le_bytes(b).into()),
        Dtype::I8 => each(bytes, |b| i8::from_le_bytes(b).into()),
        Dtype::U8 => each(bytes, |b| u8::from_le_bytes(b).into()),
        other => {
            let expected = "I64, I32, I16, I8, U64, U32, U16 or U8";
            return Err(DumpError::Type { name, found: format!("{other:?}"), expected });
        }
    })
}

fn each<const SIZE: usize>(bytes: &[u8], number: impl Fn([u8; SIZE]) -> i128) -> Vec<i128> {
    bytes.as_chunks::<SIZE>().0.iter().map(|&bytes| number(bytes)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_by_hand() {
        let known =
            [(0x3C00, 1.0), (0xC000, -2.0), (0x3555, 0.333_251_953_125), (0x7BFF, 65504.0), (0x0001, 2f64.powi(-24))];
        assert!(known.iter().all(|&(bits, value)| half(bits) == value));
        assert_eq!((half(0x0400), half(0x8000), half(0xFC00)), (2f64.powi(-14), 0.0, f64::NEG_INFINITY));
        assert!(half(0x7E00).is_nan());
    }

    #[test]
    fn every_type_reads_the_same_numbers() {
        let numbers = [1.0f32, -0.5, 3.0, 1024.0, -2.0, 0.25];
        let bytes = |dtype| -> Vec<u8> {
            numbers
                .iter()
                .flat_map(|&x| match dtype {
                    Dtype::F64 => f64::from(x).to_le_bytes().to_vec(),
                    Dtype::F32 => x.to_le_bytes().to_vec(),
                    // Exact in 7 and in 10 bits of fraction.
                    Dtype::BF16 => ((x.to_bits() >> 16) as u16).to_le_bytes().to_vec(),
                    _ => {
                        let bits = x.to_bits();
                        let exponent = ((bits >> 23 & 255) as i32 - 127 + 15) as u32;
                        ((bits >> 31 << 15 | exponent << 10 | bits >> 13 & 1023) as u16).to_le_bytes().to_vec()
                    }
                })
                .collect()
        };
        for dtype in [Dtype::F64, Dtype::F32, Dtype::F16, Dtype::BF16] {
            let data = bytes(dtype);
            let tensor = TensorView::new(dtype, vec![3, 2], &data).unwrap();
            let table = Floats::of("x", &tensor).unwrap();
            assert_eq!((table.count(), table.width()), (3, 2));
            let mut rows = [0.0; 4];
            table.read(1, &mut rows).unwrap();
            assert_eq!(rows, [3.0, 1024.0, -2.0, 0.25], "{dtype:?}");
        }
    }
}
