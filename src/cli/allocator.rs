//! The memory allocator of the process: set up before there is a second thread.

/// Bytes from which a piece of memory is asked of the system by itself, and given back when it is freed.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
const LARGE: i32 = 1 << 22;

/// Lets large pieces of memory go back to the system when they are freed. The GNU C library does so only until one is freed that is larger
/// than all before; then it cuts such pieces from its heaps, where they leave gaps: an eighth of what a run of the medium preset held.
pub fn prepare() {
    #[cfg(all(target_os = "linux", target_env = "gnu"))]
    #[allow(unsafe_code)]
    // SAFETY: a setting of two numbers, while no other thread allocates. If it is refused, all is as before.
    unsafe {
        libc::mallopt(libc::M_MMAP_THRESHOLD, LARGE);
    }
}
