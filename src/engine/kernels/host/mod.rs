//! Native kernels: plain functions on slices, over all threads and the widest vectors of the machine. No tensors here.

pub mod adamw;
pub mod affinity;
pub mod attention;
mod attention_head;
pub mod balance;
mod columns;
pub mod competition_losses;
pub mod contest;
pub mod contest_gradients;
pub mod cross_entropy;
mod decide_winners;
pub mod expert;
mod fetch;
pub mod group;
pub mod linear;
mod memory;
pub mod mix;
pub mod norm;
mod packed;
mod panels;
pub mod pool;
pub mod probe_ops;
mod product_rate;
pub(super) mod profile;
pub mod response;
mod rows;
pub mod simd_math;
pub mod softmax;
pub mod squared_error;
mod strip;
mod tasks;
mod tile;
mod tiled_head;
mod transpose;

pub use product_rate::product_rate;
pub use profile::{CORES, KernelPass, KernelProfile, KernelTime, kernel_profile, task_profile};
pub(super) use tasks::Tasks;
#[cfg(test)]
pub(crate) use tile::counted as tiles_made;

/// Threads that compute.
pub fn threads() -> usize {
    rayon::current_num_threads()
}

/// Makes this many threads compute. Only before anything was computed.
///
/// # Errors
/// If threads are computing already.
pub fn use_threads(threads: usize) -> Result<(), String> {
    rayon::ThreadPoolBuilder::new().num_threads(threads).build_global().map_err(|error| error.to_string())
}

/// Does `work` on one of the threads that compute. A kernel that is called from another thread hands its tasks over and sleeps until
/// they are done, which costs two wake-ups a kernel.
pub fn on_computing_thread<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    rayon::scope(|_| work())
}

/// Gives memory kept for the next step back to the system.
pub(crate) fn forget_buffers() {
    pool::empty();
}
