//! Memory of buffers. On Linux, large ones ask for huge pages (2 MiB), which most distributions give only on request: with pages of 4 KiB,
//! looking up where they lie takes several per cent of a step.

use std::ops::{Deref, DerefMut};

#[cfg(target_os = "linux")]
use memmap2::{Advice, MmapMut};

/// Numbers from which huge pages are asked for: as many as one holds.
#[cfg(target_os = "linux")]
const LARGE: usize = 1 << 19;

/// Memory that holds numbers.
#[derive(Debug)]
pub(super) enum Memory {
    /// As the allocator gives it.
    Heap(Vec<f32>),
    /// Pages from the system.
    #[cfg(target_os = "linux")]
    Pages(MmapMut),
}

impl Memory {
    /// `len` zeros.
    pub fn zeros(len: usize) -> Self {
        #[cfg(target_os = "linux")]
        if len >= LARGE
            && let Ok(pages) = MmapMut::map_anon(len * size_of::<f32>())
        {
            // Where the system has none, small pages serve.
            let _ = pages.advise(Advice::HugePage);
            return Self::Pages(pages);
        }
        Self::Heap(vec![0.0; len])
    }
}

impl Default for Memory {
    fn default() -> Self {
        Self::Heap(Vec::new())
    }
}

impl Deref for Memory {
    type Target = [f32];

    #[allow(unsafe_code)]
    fn deref(&self) -> &[f32] {
        match self {
            Self::Heap(numbers) => numbers,
            // SAFETY: pages begin at a multiple of more than a number's size, hold a whole number of numbers, which any bytes are, and are
            // borrowed as long as what is returned.
            #[cfg(target_os = "linux")]
            Self::Pages(pages) => unsafe { std::slice::from_raw_parts(pages.as_ptr().cast(), pages.len() / 4) },
        }
    }
}

impl DerefMut for Memory {
    #[allow(unsafe_code)]
    fn deref_mut(&mut self) -> &mut [f32] {
        match self {
            Self::Heap(numbers) => numbers,
            // SAFETY: as above.
            #[cfg(target_os = "linux")]
            Self::Pages(pages) => unsafe { std::slice::from_raw_parts_mut(pages.as_mut_ptr().cast(), pages.len() / 4) },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_of_any_size_holds_its_numbers() {
        for len in [0, 1, 70_000, (1 << 20) - 1, 1 << 20, (1 << 20) + 77] {
            let mut memory = Memory::zeros(len);
            assert_eq!(memory.len(), len);
            assert!(memory.iter().all(|&number| number == 0.0));
            memory.iter_mut().zip(0..).for_each(|(number, i)| *number = i as f32);
            assert!(memory.iter().zip(0..).all(|(&number, i)| number == i as f32));
        }
    }
}
