//! Tasks that a kernel is cut into. While it is asked for, what each takes is noted, which tells how many cores find work.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use rayon::prelude::*;

/// Some tasks that began together and were waited for together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Region {
    /// How long each took.
    pub tasks: Vec<Duration>,
    /// How long all took, one after another, handing them out included.
    pub whole: Duration,
}

impl Region {
    /// How long `cores` would take, if each that is free takes the next task. Handing out is shared as the tasks are.
    pub fn on_cores(&self, cores: usize) -> Duration {
        let sum: Duration = self.tasks.iter().sum();
        let handed_out = self.whole.as_secs_f64() / sum.as_secs_f64().max(1e-9);
        shared(&self.tasks, cores).mul_f64(handed_out.max(1.0))
    }
}

/// Tells how long a task took that began at the given time.
type Clock = fn(Instant) -> Duration;

/// What is noted on a thread.
struct Notes {
    clock: Clock,
    cores: usize,
    regions: Vec<Region>,
}

thread_local! {
    static NOTES: RefCell<Option<Notes>> = const { RefCell::new(None) };
}

/// Items that all threads work on, one task each.
pub(in crate::engine::kernels) trait Tasks: IndexedParallelIterator {
    /// Does `work` on each item and waits for all.
    fn tasks(self, work: impl Fn(Self::Item) + Send + Sync) {
        self.results(work);
    }

    /// Makes something of each item, in their order.
    fn results<T: Send>(self, work: impl Fn(Self::Item) -> T + Send + Sync) -> Vec<T> {
        let Some(clock) = NOTES.with_borrow(|notes| notes.as_ref().map(|notes| notes.clock)) else {
            return self.map(work).collect();
        };
        let begun = Instant::now();
        let timed = self.map(|item| {
            let start = Instant::now();
            let made = work(item);
            (made, clock(start))
        });
        let (made, tasks): (Vec<T>, Vec<Duration>) = timed.unzip();
        let region = Region { tasks, whole: begun.elapsed() };
        NOTES.with_borrow_mut(|notes| notes.iter_mut().for_each(|notes| notes.regions.push(region.clone())));
        made
    }
}

impl<I: IndexedParallelIterator> Tasks for I {}

/// Cores for which kernels are cut into tasks: those that work, or while tasks are noted those they are noted for. What comes out does not
/// depend on it.
pub(super) fn cores() -> usize {
    NOTES.with_borrow(|notes| notes.as_ref().map(|notes| notes.cores)).unwrap_or_else(rayon::current_num_threads)
}

/// Notes what the tasks take that `work`, cut for so many cores, begins on this thread, which is to be the only one that computes.
pub(super) fn noting<T>(clock: Clock, cores: usize, work: impl FnOnce() -> T) -> T {
    NOTES.set(Some(Notes { clock, cores, regions: Vec::new() }));
    let made = work();
    NOTES.set(None);
    made
}

/// The regions noted since the last call of this.
pub(super) fn take() -> Vec<Region> {
    NOTES.with_borrow_mut(|notes| notes.as_mut().map(|notes| std::mem::take(&mut notes.regions)).unwrap_or_default())
}

/// How long `cores` take for some tasks, if each that is free takes the next one.
fn shared(tasks: &[Duration], cores: usize) -> Duration {
    let mut free_at = vec![Duration::ZERO; cores];
    for &task in tasks {
        if let Some(first) = free_at.iter_mut().min() {
            *first += task;
        }
    }
    free_at.into_iter().max().unwrap_or_default()
}

#[cfg(test)]
#[path = "tasks_tests.rs"]
mod of_kernels;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_free_core_takes_the_next_task() {
        let tasks = [3, 1, 1, 4].map(Duration::from_secs);
        for (cores, seconds) in [(1, 9), (2, 6), (3, 5), (4, 4), (16, 4)] {
            assert_eq!(shared(&tasks, cores), Duration::from_secs(seconds), "{cores}");
        }
        assert_eq!(shared(&[], 16), Duration::ZERO);
        let region = Region { tasks: tasks.to_vec(), whole: Duration::from_secs(18) };
        assert_eq!(region.on_cores(4), Duration::from_secs(8));
    }

    #[test]
    fn tasks_are_noted_only_while_asked_for() {
        let double = |numbers: &mut [u32]| numbers.par_iter_mut().tasks(|number| *number *= 2);
        let mut numbers = [1, 2, 3];
        double(&mut numbers);
        assert!(take().is_empty());
        let second = |_: Instant| Duration::from_secs(1);
        let noted = noting(second, 5, || {
            assert_eq!(cores(), 5);
            double(&mut numbers);
            double(&mut numbers[..1]);
            take()
        });
        let tasks: Vec<_> = noted.into_iter().map(|region| region.tasks).collect();
        assert_eq!(tasks, [vec![Duration::from_secs(1); 3], vec![Duration::from_secs(1)]]);
        double(&mut numbers);
        assert!(take().is_empty());
        assert_eq!(numbers, [16, 16, 24]);
    }
}
