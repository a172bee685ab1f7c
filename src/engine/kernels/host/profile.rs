//! A profile of native kernels: how long each operation took, forward and backward, while it is asked for.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A pass of an operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum KernelPass {
    /// From the batch to the loss.
    Forward,
    /// From the loss to the gradients.
    Backward,
    /// From the gradients to the new weights.
    Update,
}

impl KernelPass {
    /// The word shown.
    pub fn label(self) -> &'static str {
        match self {
            Self::Forward => "forward",
            Self::Backward => "backward",
            Self::Update => "update",
        }
    }
}

/// What an operation took in one pass.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KernelTime {
    /// How often it ran.
    pub calls: u64,
    /// How long, all calls together.
    pub spent: Duration,
}

/// What each operation took, by name and pass.
pub type KernelProfile = BTreeMap<(&'static str, KernelPass), KernelTime>;

static ASKED: AtomicBool = AtomicBool::new(false);
static PROFILE: Mutex<KernelProfile> = Mutex::new(BTreeMap::new());

/// Makes `what`, and counts its time while a profile is made.
pub(in crate::engine::kernels) fn timed<T>(name: &'static str, pass: KernelPass, what: impl FnOnce() -> T) -> T {
    if !ASKED.load(Ordering::Relaxed) {
        return what();
    }
    let start = Instant::now();
    let made = what();
    let spent = start.elapsed();
    let mut profile = PROFILE.lock().unwrap_or_else(PoisonError::into_inner);
    let time = profile.entry((name, pass)).or_default();
    *time = KernelTime { calls: time.calls + 1, spent: time.spent + spent };
    made
}

/// What `what` makes, and what native kernels took meanwhile, in the whole process.
pub fn kernel_profile<T>(what: impl FnOnce() -> T) -> (T, KernelProfile) {
    PROFILE.lock().unwrap_or_else(PoisonError::into_inner).clear();
    ASKED.store(true, Ordering::Relaxed);
    let made = what();
    ASKED.store(false, Ordering::Relaxed);
    (made, std::mem::take(&mut *PROFILE.lock().unwrap_or_else(PoisonError::into_inner)))
}
