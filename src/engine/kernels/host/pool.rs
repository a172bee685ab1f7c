//! Large buffers that are used again: a step makes the same ones every time, and fresh memory costs a page fault per 4 KiB.

use std::cmp::Reverse;
use std::mem::MaybeUninit;
use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, PoisonError};

use burn::tensor::Bytes;
use cubecl::bytes::{AccessError, AccessPolicy, AllocationController, AllocationProperty};

use super::memory::Memory;

/// Memory kept for later, the longest unused first. All of it holds numbers.
static KEPT: Mutex<Vec<Memory>> = Mutex::new(Vec::new());

/// Most buffers kept, and most numbers in all of them together.
const MOST: (usize, usize) = (256, 1 << 28);

/// Below this many numbers the allocator is as good.
const SMALL: usize = 1 << 14;

/// Numbers from the pool; their memory goes back to it when dropped, also when a tensor was made of them.
#[derive(Debug, Default)]
pub(crate) struct Buffer {
    /// Never shorter than `len`.
    memory: Memory,
    len: usize,
}

impl Buffer {
    /// `len` numbers of whatever value: the caller writes all of them. Where debug assertions are on they are all
    /// NaN, whatever the length, so that a number nobody wrote shows.
    pub(crate) fn dirty(len: usize) -> Self {
        let mut buffer = Self::used(len).unwrap_or_else(|| Self::fresh(len));
        if cfg!(debug_assertions) {
            buffer.fill(f32::NAN);
        }
        buffer
    }

    /// `len` zeros.
    pub fn zeros(len: usize) -> Self {
        match Self::used(len) {
            Some(mut buffer) => {
                buffer.fill(0.0);
                buffer
            }
            None => Self::fresh(len),
        }
    }

    /// `len` zeros in memory that served nothing before.
    fn fresh(len: usize) -> Self {
        Self { memory: Memory::zeros(len), len }
    }

    /// `len` numbers that served before, if there are.
    fn used(len: usize) -> Option<Self> {
        if len < SMALL {
            return None;
        }
        let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
        let found = tightest(kept.iter().map(|memory| memory.len()), len)?;
        Some(Self { memory: kept.remove(found), len })
    }

    /// The same numbers as the memory of a tensor, without a copy.
    #[allow(unsafe_code)]
    pub(crate) fn into_bytes(self) -> Bytes {
        let len = std::mem::size_of_val::<[f32]>(&self);
        // SAFETY: `len` bytes are what the buffer holds, and all of its memory holds numbers.
        unsafe { Bytes::from_controller(Box::new(self), len) }
    }
}

/// Place of the size that wastes least for `len` numbers, none that is over twice as long; among equals the last, which is most likely
/// still in a cache.
fn tightest(sizes: impl Iterator<Item = usize>, len: usize) -> Option<usize> {
    let fit = sizes.enumerate().filter(|&(_, size)| size >= len && size <= len.saturating_mul(2));
    fit.min_by_key(|&(place, size)| (size, Reverse(place))).map(|(place, _)| place)
}

impl From<Vec<f32>> for Buffer {
    fn from(numbers: Vec<f32>) -> Self {
        let len = numbers.len();
        Self { memory: Memory::Heap(numbers), len }
    }
}

impl Clone for Buffer {
    fn clone(&self) -> Self {
        let mut copy = Self::dirty(self.len);
        copy.copy_from_slice(self);
        copy
    }
}

impl PartialEq for Buffer {
    fn eq(&self, other: &Self) -> bool {
        **self == **other
    }
}

impl AllocationController for Buffer {
    fn alloc_align(&self) -> usize {
        align_of::<f32>()
    }

    fn property(&self) -> AllocationProperty {
        AllocationProperty::Other
    }

    #[allow(unsafe_code)]
    unsafe fn memory_mut(&mut self, _: AccessPolicy) -> Result<&mut [MaybeUninit<u8>], AccessError> {
        let numbers: &mut [f32] = self;
        // SAFETY: the same memory as bytes; by the trait's contract only initialised ones are written, and any four of
        // them are a number.
        Ok(unsafe { std::slice::from_raw_parts_mut(numbers.as_mut_ptr().cast(), size_of_val(numbers)) })
    }

    #[allow(unsafe_code)]
    fn memory(&self, _: AccessPolicy) -> Result<&[MaybeUninit<u8>], AccessError> {
        let numbers: &[f32] = self;
        // SAFETY: the same memory as bytes, for as long as `self` is borrowed.
        Ok(unsafe { std::slice::from_raw_parts(numbers.as_ptr().cast(), size_of_val(numbers)) })
    }
}

impl Deref for Buffer {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        &self.memory[..self.len]
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.memory[..self.len]
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        if self.memory.len() < SMALL {
            return;
        }
        let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push(std::mem::take(&mut self.memory));
        let size = |kept: &[Memory]| kept.iter().map(|memory| memory.len()).sum::<usize>();
        while kept.len() > MOST.0 || size(&kept) > MOST.1 {
            kept.remove(0);
        }
    }
}

/// Gives all kept buffers back to the system, for instance after a run was closed.
pub fn empty() {
    KEPT.lock().unwrap_or_else(PoisonError::into_inner).clear();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_buffer_has_the_length_asked_for_whatever_it_was_before() {
        for len in [20_000, 19_999, 39_000, 20_001, 3, 0] {
            let mut buffer = Buffer::dirty(len);
            assert_eq!(buffer.len(), len);
            buffer.fill(f32::NAN);
            assert_eq!(*Buffer::zeros(len), *vec![0.0; len]);
        }
    }

    #[test]
    fn a_buffer_is_taken_that_wastes_least() {
        let sizes = [40, 20, 30, 20, 41, 9];
        for (len, place) in [(20, Some(3)), (10, Some(3)), (15, Some(3)), (21, Some(2)), (31, Some(0)), (41, Some(4))] {
            assert_eq!(tightest(sizes.into_iter(), len), place, "{len}");
        }
        for len in [42, 4, 0] {
            assert_eq!(tightest(sizes.into_iter(), len), None, "{len}");
        }
    }

    #[test]
    #[cfg(debug_assertions)]
    fn a_dirty_buffer_of_any_length_holds_no_number() {
        for len in [1, 7, SMALL - 1, SMALL, 2 * SMALL] {
            for _ in 0..2 {
                let mut buffer = Buffer::dirty(len);
                assert!(buffer.iter().all(|number| number.is_nan()), "{len}");
                buffer.fill(1.0);
            }
        }
    }

    #[test]
    fn a_tensor_made_of_a_buffer_is_read_written_and_copied_like_any_other() {
        let mut buffer = Buffer::dirty(5);
        buffer.copy_from_slice(&[1.0, 2.0, 3.0, 4.0, 5.0]);
        let mut bytes = buffer.into_bytes();
        assert_eq!(bytes.len(), 20);
        let copy = bytes.clone();
        bytes[0..4].copy_from_slice(&9.0f32.to_ne_bytes());
        let numbers =
            |bytes: &[u8]| -> Vec<f32> { bytes.as_chunks().0.iter().map(|&four| f32::from_ne_bytes(four)).collect() };
        assert_eq!(numbers(&bytes), [9.0, 2.0, 3.0, 4.0, 5.0]);
        assert_eq!(numbers(&copy), [1.0, 2.0, 3.0, 4.0, 5.0]);
    }
}
