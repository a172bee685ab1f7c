//! Large buffers that are used again: a step makes the same ones every time, and fresh memory costs a page fault per 4 KiB.

use std::ops::{Deref, DerefMut};
use std::sync::{Mutex, PoisonError};

/// Buffers kept for later, the longest unused first.
static KEPT: Mutex<Vec<Vec<f32>>> = Mutex::new(Vec::new());

/// Most buffers kept, and most numbers in all of them together.
const MOST: (usize, usize) = (48, 1 << 28);

/// Below this many numbers the allocator is as good.
const SMALL: usize = 1 << 14;

/// Numbers from the pool; they go back to it when dropped.
#[derive(Debug)]
pub struct Buffer(Vec<f32>);

impl Buffer {
    /// `len` numbers of whatever value: whoever takes them writes all of them.
    pub fn dirty(len: usize) -> Self {
        if len >= SMALL {
            let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
            let fits = |b: &Vec<f32>| b.capacity() >= len && b.capacity() <= len.saturating_mul(2);
            // The last one back is the one most likely still in a cache.
            if let Some(found) = kept.iter().rposition(fits) {
                let mut values = kept.remove(found);
                drop(kept);
                values.resize(len, 0.0);
                return Self(values);
            }
        }
        Self(vec![0.0; len])
    }
}

impl Deref for Buffer {
    type Target = [f32];

    fn deref(&self) -> &[f32] {
        &self.0
    }
}

impl DerefMut for Buffer {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.0
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        if self.0.capacity() < SMALL {
            return;
        }
        let mut kept = KEPT.lock().unwrap_or_else(PoisonError::into_inner);
        kept.push(std::mem::take(&mut self.0));
        let size = |kept: &[Vec<f32>]| kept.iter().map(Vec::capacity).sum::<usize>();
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
        }
    }
}
