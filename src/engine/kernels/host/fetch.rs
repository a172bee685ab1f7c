//! A hint to the processor about numbers that will be read soon, where it would not see them coming: rows that lie apart. It changes nothing
//! but time; on other processors than x86 it is nothing.

/// Numbers on a line of a cache.
#[cfg(target_arch = "x86_64")]
const LINE: usize = 16;

/// Fetches the numbers `at..at + len`, if there are such, into the nearest cache.
#[inline(always)]
#[allow(unsafe_code)]
pub(super) fn fetch(from: &[f32], at: usize, len: usize) {
    #[cfg(target_arch = "x86_64")]
    for line in (at..at + len).step_by(LINE) {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: a hint, which reads nothing and does not fail wherever it points.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(from.as_ptr().wrapping_add(line).cast()) };
    }
    #[cfg(not(target_arch = "x86_64"))]
    let _ = (from, at, len);
}
