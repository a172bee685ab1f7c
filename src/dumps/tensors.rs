//! Tensors of a safetensors file as they lie in it: read by position in blocks, whatever their number type.

use std::fs::{self, File};
use std::io::{self, ErrorKind};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use safetensors::Dtype;
use safetensors::tensor::{Metadata, TensorInfo};

use super::error::DumpError;
use crate::domain::file_kind::FileKind;
use crate::domain::measures::rows::{NotFinite, Rows, all_finite, all_finite_or_masked};
use crate::domain::position::read_exact_at;
use crate::domain::quote;

/// Largest header that is read, bytes, as in the safetensors format.
const LARGEST_HEADER: u64 = 100_000_000;
/// Whole numbers read at once.
const AT_ONCE: usize = 1 << 16;

/// An open safetensors file: its header, and where its data begin.
pub(super) struct TensorFile {
    file: File,
    metadata: Metadata,
    /// Position of the first byte of the data.
    data: u64,
    /// Length and time of the last change when it was opened.
    stamp: (u64, Option<SystemTime>),
    /// Why a read failed, if one did: the measures only learn that there is no number.
    fault: Mutex<Option<io::Error>>,
}

impl TensorFile {
    /// Opens a file and reads its header; its tensors must end where it ends.
    pub(super) fn open(path: &Path) -> Result<Self, DumpError> {
        let metadata = fs::metadata(path).map_err(|error| match error.kind() {
            ErrorKind::NotFound => DumpError::Missing,
            _ => DumpError::Unreadable(error),
        })?;
        if let Some(kind) = FileKind::of_entry(&metadata) {
            return Err(DumpError::NotAFile(kind.words()));
        }
        let file = File::open(path).map_err(DumpError::Unreadable)?;
        let stamp = stamp(&file).map_err(DumpError::Unreadable)?;
        let (metadata, data) = header(&file, stamp.0)?;
        Ok(Self { file, metadata, data, stamp, fault: Mutex::default() })
    }

    /// Names of all tensors, in order.
    pub(super) fn names(&self) -> Vec<String> {
        let mut names = self.metadata.offset_keys();
        names.sort();
        names
    }

    /// An entry of the header's metadata.
    pub(super) fn note(&self, key: &str) -> Option<&str> {
        self.metadata.metadata().as_ref()?.get(key).map(String::as_str)
    }

    /// A tensor if it is there.
    pub(super) fn tensor(&self, name: &str) -> Option<Tensor<'_>> {
        self.metadata.info(name).map(|info| Tensor { file: self, name: quote::name(name), info })
    }

    /// Whether all that was read is of the file as it was opened.
    ///
    /// # Errors
    /// [`DumpError::Unreadable`] if a read failed, [`DumpError::Changed`] if the file was written to meanwhile.
    pub(super) fn check(&self) -> Result<(), DumpError> {
        let fault = self.fault.lock().unwrap_or_else(PoisonError::into_inner).take();
        match fault {
            Some(error) if error.kind() != ErrorKind::UnexpectedEof => return Err(DumpError::Unreadable(error)),
            Some(_) => return Err(DumpError::Changed),
            None => {}
        }
        match stamp(&self.file).map_err(DumpError::Unreadable)? == self.stamp {
            true => Ok(()),
            false => Err(DumpError::Changed),
        }
    }
}

fn stamp(file: &File) -> io::Result<(u64, Option<SystemTime>)> {
    let metadata = file.metadata()?;
    Ok((metadata.len(), metadata.modified().ok()))
}

/// The header of a file of `length` bytes, and where its data begin.
fn header(file: &File, length: u64) -> Result<(Metadata, u64), DumpError> {
    let not = |what: &str| DumpError::NotSafetensors(what.into());
    if length == 0 {
        return Err(not("it is empty"));
    }
    let mut first = [0; 64];
    let first = &mut first[..length.min(64) as usize];
    read_exact_at(file, first, 0).map_err(DumpError::Unreadable)?;
    match FileKind::of_bytes(first) {
        FileKind::Checkpoint => return Err(DumpError::Checkpoint),
        kind @ (FileKind::Text | FileKind::Known(_)) => {
            return Err(DumpError::NotSafetensors(format!("another kind of file, {}", kind.words())));
        }
        _ => {}
    }
    let mut size = [0; 8];
    let unfit = "its header does not fit into it; cut short, or another kind of file";
    if length < 8 {
        return Err(not(unfit));
    }
    read_exact_at(file, &mut size, 0).map_err(DumpError::Unreadable)?;
    let size = u64::from_le_bytes(size);
    if size > LARGEST_HEADER {
        return Err(not("its first bytes are no length of a header; another kind of file"));
    }
    let data = 8 + size;
    if length < data {
        return Err(not(unfit));
    }
    // Neither larger than the file nor than the limit.
    let mut text = vec![0; size as usize];
    read_exact_at(file, &mut text, 8).map_err(DumpError::Unreadable)?;
    let bad = |error: serde_json::Error| DumpError::NotSafetensors(format!("invalid JSON in its header: {error}"));
    let metadata: Metadata = serde_json::from_slice(&text).map_err(bad)?;
    if data.checked_add(metadata.data_len() as u64) != Some(length) {
        return Err(not("its tensors do not end where it ends; cut short, or something was added"));
    }
    Ok((metadata, data))
}

/// One tensor of a file; nothing of it is in memory.
#[derive(Clone)]
pub(super) struct Tensor<'a> {
    file: &'a TensorFile,
    /// As it is shown.
    name: String,
    info: &'a TensorInfo,
}

impl Tensor<'_> {
    /// Sizes, outermost first.
    pub(super) fn shape(&self) -> &[usize] {
        &self.info.shape
    }

    /// Fills `bytes` from byte `from` of the tensor on.
    fn read(&self, bytes: &mut [u8], from: usize) -> io::Result<()> {
        read_exact_at(&self.file.file, bytes, self.file.data + (self.info.data_offsets.0 + from) as u64)
    }
}

/// Measured numbers in any of four types, `count` rows of `width`.
pub(super) struct Floats<'a> {
    tensor: Tensor<'a>,
    number: Number,
    count: usize,
    width: usize,
    /// Whether −∞ may stand among them.
    masks: bool,
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
    pub(super) fn of(tensor: Tensor<'a>) -> Result<Self, DumpError> {
        let number = match tensor.info.dtype {
            Dtype::F64 => Number::F64,
            Dtype::F32 => Number::F32,
            Dtype::F16 => Number::F16,
            Dtype::BF16 => Number::Bf16,
            other => {
                let expected = "F64, F32, F16 or BF16";
                return Err(DumpError::Type { name: tensor.name, found: format!("{other:?}"), expected });
            }
        };
        let shape = tensor.shape();
        let width = shape[1..].iter().product();
        let count = shape[0];
        Ok(Self { tensor, number, count, width, masks: false })
    }

    /// The same, in which −∞ is no fault: logits, with which experts are masked.
    pub(super) fn with_masks(self) -> Self {
        Self { masks: true, ..self }
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
        let mut bytes = vec![0; out.len() * size];
        if let Err(error) = self.tensor.read(&mut bytes, first * self.width * size) {
            // There is no number where none could be read; whoever asked for the measures looks at the file first.
            self.tensor.file.fault.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
            return Err(NotFinite { row: first, column: 0, value: f64::NAN });
        }
        let bytes = &bytes[..];
        match self.number {
            Number::F64 => fill(out, bytes, f64::from_le_bytes),
            Number::F32 => fill(out, bytes, |b| f64::from(f32::from_le_bytes(b))),
            Number::F16 => fill(out, bytes, |b| half(u16::from_le_bytes(b))),
            Number::Bf16 => {
                fill(out, bytes, |b| f64::from(f32::from_bits(u32::from(u16::from_le_bytes(b)) << 16)));
            }
        }
        let sound = if self.masks { all_finite_or_masked } else { all_finite };
        sound(out, first, self.width)
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

/// Whole numbers of any type from 0 to below `bound`, in the order of the tensor. The number that stands for nothing, the first
/// of a pair, becomes the second.
///
/// # Errors
/// [`DumpError::Type`], [`DumpError::Range`] for the first that is out of range, or why the file cannot be read.
pub(super) fn below(tensor: Tensor<'_>, bound: usize, nothing: (i128, u32)) -> Result<Vec<u32>, DumpError> {
    match tensor.info.dtype {
        Dtype::I64 => each(tensor, bound, nothing, |b| i64::from_le_bytes(b).into()),
        Dtype::U64 => each(tensor, bound, nothing, |b| u64::from_le_bytes(b).into()),
        Dtype::I32 => each(tensor, bound, nothing, |b| i32::from_le_bytes(b).into()),
        Dtype::U32 => each(tensor, bound, nothing, |b| u32::from_le_bytes(b).into()),
        Dtype::I16 => each(tensor, bound, nothing, |b| i16::from_le_bytes(b).into()),
        Dtype::U16 => each(tensor, bound, nothing, |b| u16::from_le_bytes(b).into()),
        Dtype::I8 => each(tensor, bound, nothing, |b| i8::from_le_bytes(b).into()),
        Dtype::U8 => each(tensor, bound, nothing, |b| u8::from_le_bytes(b).into()),
        other => {
            let expected = "I64, I32, I16, I8, U64, U32, U16 or U8";
            Err(DumpError::Type { name: tensor.name, found: format!("{other:?}"), expected })
        }
    }
}

fn each<const SIZE: usize>(
    tensor: Tensor<'_>,
    bound: usize,
    nothing: (i128, u32),
    number: impl Fn([u8; SIZE]) -> i128,
) -> Result<Vec<u32>, DumpError> {
    let count: usize = tensor.shape().iter().product();
    let mut numbers = Vec::with_capacity(count);
    let mut bytes = vec![0; AT_ONCE.min(count) * SIZE];
    while numbers.len() < count {
        let block = &mut bytes[..AT_ONCE.min(count - numbers.len()) * SIZE];
        tensor.read(block, numbers.len() * SIZE).map_err(|error| match error.kind() {
            ErrorKind::UnexpectedEof => DumpError::Changed,
            _ => DumpError::Unreadable(error),
        })?;
        for &bytes in block.as_chunks::<SIZE>().0 {
            let (at, value) = (numbers.len(), number(bytes));
            let fits = match value == nothing.0 {
                true => Some(nothing.1),
                false => u32::try_from(value).ok().filter(|&value| (value as usize) < bound),
            };
            let place = || match *tensor.shape() {
                [_, columns] => vec![at / columns, at % columns],
                _ => vec![at],
            };
            let range = || {
                let name = tensor.name.clone();
                DumpError::Range { name, place: place(), value, largest: bound - 1, nothing: nothing.0 }
            };
            numbers.push(fits.ok_or_else(range)?);
        }
    }
    Ok(numbers)
}

#[cfg(test)]
mod tests;
