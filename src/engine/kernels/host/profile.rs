//! A profile of native kernels: how long each operation took, forward and backward, while it is asked for.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::tasks;

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

/// Numbers of cores that a profile of tasks tells about.
pub const CORES: [usize; 3] = [4, 16, 64];

/// What an operation took in one pass.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KernelTime {
    /// How often it ran.
    pub calls: u64,
    /// How long, all calls together.
    pub spent: Duration,
    /// Tasks it was cut into, all calls together; 0 unless tasks are profiled.
    pub tasks: u64,
    /// How long it would take, at the least, on each of [`CORES`]: what is cut into tasks is spread, the rest is not.
    pub on_cores: [Duration; CORES.len()],
}

impl KernelTime {
    /// Keeps the lesser of each time of this and another run of the same calls.
    pub fn keep_least(&mut self, other: Option<&Self>) {
        let Some(other) = other else { return };
        self.spent = self.spent.min(other.spent);
        for (time, other) in self.on_cores.iter_mut().zip(other.on_cores) {
            *time = (*time).min(other);
        }
    }
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
    let (spent, regions) = (start.elapsed(), tasks::take());
    let spread: Duration = regions.iter().map(|region| region.whole).sum();
    let mut profile = PROFILE.lock().unwrap_or_else(PoisonError::into_inner);
    let time = profile.entry((name, pass)).or_default();
    time.calls += 1;
    time.spent += spent;
    time.tasks += regions.iter().map(|region| region.tasks.len()).sum::<usize>() as u64;
    for (time, cores) in time.on_cores.iter_mut().zip(CORES) {
        let parts = regions.iter().map(|region| region.on_cores(cores));
        *time += spent.saturating_sub(spread) + parts.sum::<Duration>();
    }
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

/// The same on one thread, with the tasks of each operation.
///
/// # Errors
/// If no thread can be had.
pub fn task_profile<T: Send>(what: impl FnOnce() -> T + Send) -> Result<(T, KernelProfile), String> {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().map_err(|error| error.to_string())?;
    Ok(pool.install(|| tasks::noting(|start| start.elapsed(), CORES[CORES.len() - 1], || kernel_profile(what))))
}
