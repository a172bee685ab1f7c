//! Launches a shader of `shaders/`: which text, which buffers, how many groups.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use burn::backend::TensorMetadata;
use burn::backend::wgpu::{CubeDim, CubeTensor, KernelSource, SourceKernel, SourceTemplate};
use burn::tensor::{DType, Shape};
use cubecl::prelude::{CubeCount, ExecutionMode, KernelId};
use cubecl::server::{KernelArguments, MetadataBindingInfo};

/// Most floating-point operations of a launch: 0.1 s of a card that makes half a TFLOP/s. Drivers reset a device whose launch takes
/// seconds, and a window that shares it stands still as long.
const MOST_FLOP: u64 = 50_000_000_000;

/// Most groups along one axis of a launch.
pub(crate) const MOST_GROUPS: u32 = 65_535;

/// A shader and what its launcher believes about it; a test reads the text and compares.
#[derive(Clone, Copy, Debug)]
pub struct Shader {
    /// Name of the file in `shaders/`, without its ending.
    pub name: &'static str,
    /// The text: of its own file, then of the shared ones.
    pub text: &'static str,
    /// Threads in a group: its `@workgroup_size`.
    pub group: [u32; 3],
    /// Buffers bound, the sizes included.
    pub bindings: usize,
}

/// The text of a shader: `shaders/NAME.wgsl`, joined with the files of `shaders/shared/` whose functions it calls.
macro_rules! wgsl {
    ($name:literal $(, $shared:literal)*) => {
        concat!(
            include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/shaders/", $name, ".wgsl")),
            $("\n", include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/shaders/shared/", $shared, ".wgsl")),)*
        )
    };
}
pub(super) use wgsl;

impl KernelSource for Shader {
    fn source(&self) -> SourceTemplate {
        SourceTemplate::new(self.text)
    }

    fn id(&self) -> KernelId {
        // Every loop ends by its own bound, so the driver need not be made to count; numbers outside a buffer are never asked for.
        KernelId::new::<Self>().info(self.name).mode(ExecutionMode::Unchecked)
    }

    fn lang(&self) -> &'static str {
        "wgsl"
    }
}

static LAUNCHED: AtomicU64 = AtomicU64::new(0);

/// Launches of our own shaders since the process began.
pub fn launched() -> u64 {
    LAUNCHED.load(Ordering::Relaxed)
}

/// Names of the shaders that were launched, each of which the driver has compiled then, or will before it answers.
static BEGUN: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());

/// Shaders that were launched at least once since the process began, and how many there are.
pub fn shaders_begun() -> (usize, usize) {
    let begun = BEGUN.lock().unwrap_or_else(PoisonError::into_inner).len();
    (begun, super::shaders().len())
}

/// A tensor on the device of `like`, its numbers not yet written.
pub fn blank(like: &CubeTensor, shape: &[usize]) -> CubeTensor {
    let bytes = shape.iter().product::<usize>().max(1) * size_of::<f32>();
    let handle = like.client.empty(bytes);
    CubeTensor::new_contiguous(
        like.client.clone(),
        like.device.clone(),
        Shape::from(shape.to_vec()),
        handle,
        DType::F32,
    )
}

/// Sizes of a tensor, outermost first.
pub fn sizes(tensor: &CubeTensor) -> Vec<usize> {
    tensor.shape().as_slice().to_vec()
}

/// A number as a shader finds it among its sizes: the bits of an f32.
pub fn bits(number: f64) -> u32 {
    (number as f32).to_bits()
}

/// Groups for `threads` threads of a one-dimensional shader, folded into two axes where one is not enough.
pub(crate) fn groups_for(threads: usize, group: u32) -> [u32; 3] {
    let groups = (threads as u64).div_ceil(u64::from(group)).max(1);
    let across = groups.min(u64::from(MOST_GROUPS));
    [across as u32, groups.div_ceil(across) as u32, 1]
}

impl Shader {
    /// Queues `groups` groups of the shader in as many launches as keep each below what a driver's watchdog allows, `flop` being the
    /// floating-point operations of all of them. The number of a launch's first group goes behind `numbers`.
    pub(crate) fn launch_in_parts(&self, buffers: &[&CubeTensor], numbers: &[u32], groups: usize, flop: u64) {
        let each = groups_of_part(groups, flop, most_flop());
        for first in (0..groups).step_by(each) {
            let numbers = [numbers, &[first as u32]].concat();
            self.launch(buffers, &numbers, groups_for(each.min(groups - first), 1));
        }
    }

    /// Queues the shader over `buffers` in the order of their bindings; `numbers` are the last one.
    ///
    /// The numbers travel as the launch's own info, not as a buffer that is written: a write ends what is being queued, so that every
    /// launch would be a submission of its own.
    pub(crate) fn launch(&self, buffers: &[&CubeTensor], numbers: &[u32], groups: [u32; 3]) {
        debug_assert_eq!(buffers.len() + 1, self.bindings, "{}", self.name);
        let client = &buffers[0].client;
        let bindings = buffers.iter().map(|b| b.handle.clone().binding()).collect();
        let [x, y, z] = self.group;
        client.launch(
            Box::new(SourceKernel::new(*self, CubeDim::new_3d(x, y, z))),
            CubeCount::Static(groups[0], groups[1], groups[2]),
            KernelArguments::new().with_buffers(bindings).with_info(MetadataBindingInfo::custom(words(numbers))),
        );
        LAUNCHED.fetch_add(1, Ordering::Relaxed);
        BEGUN.lock().unwrap_or_else(PoisonError::into_inner).insert(self.name);
        #[cfg(test)]
        tests::HERE.set(tests::HERE.get() + 1);
    }
}

/// Groups of each part of a launch, at least one, so that a part makes at most `most` operations.
fn groups_of_part(groups: usize, flop: u64, most: u64) -> usize {
    let parts = flop.div_ceil(most.max(1)).clamp(1, groups.max(1) as u64);
    groups.div_ceil(parts as usize).max(1)
}

fn most_flop() -> u64 {
    #[cfg(test)]
    if let Some(most) = tests::MOST.get() {
        return most;
    }
    MOST_FLOP
}

/// Two numbers in a word as they lie behind each other in memory; 0 fills the last.
fn words(numbers: &[u32]) -> Vec<u64> {
    let word = |pair: &[u32]| {
        let mut bytes = [0; 8];
        for (place, number) in bytes.chunks_exact_mut(4).zip(pair) {
            place.copy_from_slice(&number.to_ne_bytes());
        }
        u64::from_ne_bytes(bytes)
    };
    numbers.chunks(2).map(word).collect()
}

#[cfg(test)]
pub(in crate::engine::kernels) mod tests {
    use std::cell::Cell;

    use super::*;

    thread_local! {
        /// Most operations of a launch on this thread, instead of what is usual.
        pub static MOST: Cell<Option<u64>> = const { Cell::new(None) };
        /// Launches of this thread.
        pub static HERE: Cell<u64> = const { Cell::new(0) };
    }

    /// What `make` makes, and how many launches of this thread it took.
    pub fn launches<T>(make: impl FnOnce() -> T) -> (T, u64) {
        let before = HERE.get();
        let made = make();
        (made, HERE.get() - before)
    }

    /// What `make` makes with launches cut so that each makes at most `most` operations.
    pub fn cut<T>(most: u64, make: impl FnOnce() -> T) -> T {
        MOST.set(Some(most));
        let made = make();
        MOST.set(None);
        made
    }

    #[test]
    fn a_launch_is_cut_by_its_operations() {
        assert_eq!(groups_of_part(10, 100, 1000), 10, "it is small enough");
        assert_eq!(groups_of_part(10, 100, 50), 5);
        assert_eq!(groups_of_part(10, 100, 30), 3, "four parts: 3, 3, 3, 1");
        assert_eq!(groups_of_part(10, u64::MAX, 1), 1, "a group is never cut");
        assert_eq!(groups_of_part(1, 0, 50), 1);
    }

    #[test]
    fn numbers_lie_behind_each_other_in_their_words() {
        for numbers in [&[7, 1 << 31, 5][..], &[1, 2], &[]] {
            let bytes: Vec<u8> = words(numbers).iter().flat_map(|word| word.to_ne_bytes()).collect();
            let mut expected: Vec<u8> = numbers.iter().flat_map(|number| number.to_ne_bytes()).collect();
            expected.resize(bytes.len(), 0);
            assert_eq!(bytes, expected);
            assert_eq!(bytes.len() / 8, numbers.len().div_ceil(2));
        }
    }
}
