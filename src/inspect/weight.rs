//! A tensor as numbers, whatever it is stored as: plain, in blocks, or with its scales in another tensor.

use std::ops::Range;

use super::fault::{InspectError, TensorFault};
use super::numbers::{BlockScales, GROUP, Mxfp4, Source};
use super::quantised::{self, Scales};
use super::stored::{StoredFiles, StoredTensor};

/// Most numbers that [`Weight::vector`] holds at once: 8 GiB.
const LARGEST: usize = 1 << 31;

/// A tensor as numbers: its shape, and any stretch of it.
#[derive(Debug)]
pub struct Weight<'a> {
    files: &'a StoredFiles,
    /// The tensor that errors name.
    tensor: &'a StoredTensor,
    source: Source<'a>,
    shape: Vec<usize>,
    len: usize,
}

impl<'a> Weight<'a> {
    /// The tensor called `name`; `None` if there is none.
    pub(super) fn of(files: &'a StoredFiles, name: &str) -> Result<Option<Self>, InspectError> {
        let Some(tensor) = files.tensor(name) else {
            if let Some((blocks, scales)) = quantised::fp4(files, name) {
                return Self::of_fp4(files, blocks, scales).map(Some);
            }
            return match quantised::packed(files, name) {
                Some((tensor, format)) => Err(files.error(tensor, TensorFault::UnknownQuantisation { format })),
                None => Ok(None),
            };
        };
        let wrong = |fault| files.error(tensor, fault);
        let shape = quantised::shape(files, tensor);
        let Some(len) = shape.iter().try_fold(1usize, |len, &axis| len.checked_mul(axis)) else {
            return Err(wrong(TensorFault::TooLarge { found: u64::MAX, limit: LARGEST as u64 }));
        };
        let scales = quantised::scales(files, tensor).map_err(wrong)?;
        let stretch =
            || files.stretch(tensor).ok_or_else(|| wrong(TensorFault::UnknownKind { kind: tensor.kind().to_owned() }));
        let source = match scales {
            Scales::None => Source::Plain(stretch()?),
            Scales::Pairs(of) => Source::Mxfp4(Mxfp4 { blocks: files.place(tensor), scales: files.place(of) }),
            Scales::Grid { grid, of } => {
                let Some(scales) = files.powers(of) else {
                    return Err(files.error(of, TensorFault::UnknownKind { kind: of.kind().to_owned() }));
                };
                Source::Scaled(stretch()?, BlockScales { grid, scales })
            }
        };
        Ok(Some(Self { files, tensor, source, shape, len }))
    }

    /// FP4 numbers: `blocks` [.., groups, 16], `scales` [.., groups], one byte each.
    fn of_fp4(
        files: &'a StoredFiles,
        blocks: &'a StoredTensor,
        scales: &'a StoredTensor,
    ) -> Result<Self, InspectError> {
        let wrong = |reason| files.error(blocks, TensorFault::Scales { scales: scales.name().to_owned(), reason });
        let bytes = |tensor: &StoredTensor| matches!(tensor.kind(), "U8" | "F8_E8M0");
        let (Some((&16, groups)), true, true) = (blocks.shape().split_last(), bytes(blocks), bytes(scales)) else {
            let expected = "expected bytes, sixteen a block";
            return Err(wrong(format!("{expected}; found {} {:?}", blocks.kind(), blocks.shape())));
        };
        if groups != scales.shape() {
            return Err(wrong(format!("it has shape {:?}; expected {groups:?}", scales.shape())));
        }
        let mut shape = groups.to_vec();
        let last = shape.last_mut().and_then(|last| {
            *last = last.checked_mul(GROUP)?;
            Some(())
        });
        let len = shape.iter().try_fold(1usize, |len, &axis| len.checked_mul(axis));
        let (Some(()), Some(len)) = (last, len) else {
            return Err(wrong(format!("its shape {:?} cannot be counted", scales.shape())));
        };
        let source = Source::Mxfp4(Mxfp4 { blocks: files.place(blocks), scales: files.place(scales) });
        Ok(Self { files, tensor: blocks, source, shape, len })
    }

    /// Its shape as numbers, the axis that varies fastest last.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// How many numbers it has.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether it has no number.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Reads the numbers `elements`, counted along its shape, scales applied.
    ///
    /// - `into`: as many places as numbers are asked for; undefined after an error
    ///
    /// # Errors
    /// [`InspectError::Tensor`] if the stretch is not in the tensor, or the file cannot be read.
    pub fn read(&self, elements: Range<usize>, into: &mut [f32]) -> Result<(), InspectError> {
        let (begin, end) = (elements.start, elements.end);
        if begin > end || end > self.len || end - begin != into.len() {
            let fault = TensorFault::Outside { begin, end, room: into.len(), len: self.len };
            return Err(self.files.error(self.tensor, fault));
        }
        let read = self.source.read(begin, into);
        read.map_err(|error| self.files.error(self.tensor, TensorFault::Unreadable(error)))
    }

    /// All its numbers.
    ///
    /// # Errors
    /// [`InspectError::Tensor`] if there are more than 2^31, or the file cannot be read.
    pub fn vector(&self) -> Result<Vec<f32>, InspectError> {
        if self.len > LARGEST {
            let fault = TensorFault::TooLarge { found: self.len as u64, limit: LARGEST as u64 };
            return Err(self.files.error(self.tensor, fault));
        }
        if self.is_empty() {
            return Ok(Vec::new());
        }
        let mut numbers = vec![0.0; self.len()];
        self.read(0..self.len, &mut numbers)?;
        Ok(numbers)
    }
}
