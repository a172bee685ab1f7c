//! Progress of work that is under way in an inspection: units done, seconds left, and whether to go on.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use super::shared::Shared;
use super::{InspectionWork, InspectionWorkKind};

/// Shortest work of which it is said how long the rest takes, seconds.
const SOON: f64 = 0.3;

/// Counts what is done of one piece of work and publishes it now and then.
#[derive(Debug)]
pub(super) struct WorkProgress<'a> {
    shared: &'a Shared,
    kind: InspectionWorkKind,
    /// Done by pieces before this one.
    before: u64,
    total: u64,
    done: AtomicU64,
    began: Instant,
}

impl<'a> WorkProgress<'a> {
    /// Work of `total` units, `before` of which were done by pieces before it.
    pub fn new(shared: &'a Shared, kind: InspectionWorkKind, before: u64, total: u64) -> Self {
        Self { shared, kind, before, total, done: AtomicU64::new(0), began: Instant::now() }
    }

    /// So many more units are done; whether to go on.
    pub fn advance(&self, units: u64) -> bool {
        let done = self.done.fetch_add(units, Ordering::Relaxed).saturating_add(units);
        self.tell(self.kind.clone(), done)
    }

    /// So many units are done in all, of work that is now of this kind; whether to go on.
    pub fn reach(&self, kind: InspectionWorkKind, done: u64) -> bool {
        self.tell(kind, self.done.fetch_max(done, Ordering::Relaxed).max(done))
    }

    fn tell(&self, kind: InspectionWorkKind, done: u64) -> bool {
        if self.shared.is_due() {
            self.shared.publish_work(&self.work(kind, done, self.began.elapsed().as_secs_f64()));
        }
        !self.shared.has_news()
    }

    /// As it stands before anything is done.
    pub fn begun(&self) -> InspectionWork {
        self.work(self.kind.clone(), 0, 0.0)
    }

    fn work(&self, kind: InspectionWorkKind, done: u64, elapsed: f64) -> InspectionWork {
        let all = self.before.saturating_add(done).min(self.total);
        let left = self.total - all;
        let is_known = done > 0 && elapsed >= SOON && self.total > 0;
        let seconds_left = is_known.then(|| elapsed * left as f64 / done as f64);
        InspectionWork { kind, done: all, total: self.total, seconds_left }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rest_takes_as_long_as_what_was_done_by_its_share() {
        let shared = Shared::new(Box::new(|| ()));
        let progress = WorkProgress::new(&shared, InspectionWorkKind::Against, 100, 400);
        assert_eq!(progress.begun().done, 100);
        assert_eq!(progress.work(InspectionWorkKind::Against, 50, 2.0).seconds_left, Some(10.0));
        assert_eq!(progress.work(InspectionWorkKind::Against, 50, 0.1).seconds_left, None, "too early");
        assert_eq!(progress.work(InspectionWorkKind::Against, 900, 2.0).seconds_left, Some(0.0));
        assert!(progress.advance(30));
        shared.close();
        assert!(!progress.advance(30));
    }
}
