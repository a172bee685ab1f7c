//! What a window and the thread of its inspection share: commands that wait, of which the newest of a kind wins, and the newest value.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::{Inspection, InspectionCommand, InspectionWork};

/// Least time between two publications while work is under way.
const BETWEEN: Duration = Duration::from_millis(50);

/// Commands that the thread has not taken.
#[derive(Debug, Default)]
struct Inbox {
    /// At most one of each kind.
    commands: Vec<InspectionCommand>,
    is_closed: bool,
}

/// The newest value.
#[derive(Debug, Default)]
struct Newest {
    value: Option<Arc<Inspection>>,
    published: Option<Instant>,
}

/// Called after each publication.
struct Repaint(Mutex<Box<dyn Fn() + Send>>);

impl std::fmt::Debug for Repaint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Repaint")
    }
}

/// What both ends hold.
#[derive(Debug)]
pub(super) struct Shared {
    inbox: Mutex<Inbox>,
    arrived: Condvar,
    /// Whether a command waits, so that work that is under way can look without the lock.
    has_news: AtomicBool,
    newest: Mutex<Newest>,
    repaint: Repaint,
}

impl Shared {
    pub fn new(repaint: Box<dyn Fn() + Send>) -> Self {
        Self {
            inbox: Mutex::default(),
            arrived: Condvar::new(),
            has_news: AtomicBool::new(false),
            newest: Mutex::default(),
            repaint: Repaint(Mutex::new(repaint)),
        }
    }

    /// Under the lock commands are moved and nothing else, so that a panic elsewhere cannot leave them half changed.
    fn inbox(&self) -> MutexGuard<'_, Inbox> {
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn newest(&self) -> MutexGuard<'_, Newest> {
        self.newest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds a command in the place of those that it makes void.
    pub fn send(&self, command: InspectionCommand) {
        let mut inbox = self.inbox();
        inbox.commands.retain(|waiting| !voids(&command, waiting));
        inbox.commands.push(command);
        self.has_news.store(true, Ordering::Release);
        drop(inbox);
        self.arrived.notify_all();
    }

    /// Nobody will send another command.
    pub fn close(&self) {
        self.inbox().is_closed = true;
        self.has_news.store(true, Ordering::Release);
        self.arrived.notify_all();
    }

    /// Whether there is a command, or an end, so that what is under way is to be looked at anew.
    pub fn has_news(&self) -> bool {
        self.has_news.load(Ordering::Acquire)
    }

    /// Takes the commands that wait, oldest first; waits for one if `waits`. `None` once nobody will send another.
    pub fn take(&self, waits: bool) -> Option<Vec<InspectionCommand>> {
        let mut inbox = self.inbox();
        while waits && inbox.commands.is_empty() && !inbox.is_closed {
            inbox = self.arrived.wait(inbox).unwrap_or_else(PoisonError::into_inner);
        }
        self.has_news.store(inbox.is_closed, Ordering::Release);
        (!inbox.is_closed).then(|| std::mem::take(&mut inbox.commands))
    }

    /// The newest value.
    pub fn latest(&self) -> Option<Arc<Inspection>> {
        self.newest().value.clone()
    }

    /// Whether it is time for another publication.
    pub fn is_due(&self) -> bool {
        self.newest().published.is_none_or(|at| at.elapsed() >= BETWEEN)
    }

    /// Replaces the newest value.
    pub fn publish(&self, value: Option<Inspection>) {
        let old = {
            let mut newest = self.newest();
            newest.published = Some(Instant::now());
            std::mem::replace(&mut newest.value, value.map(Arc::new))
        };
        // Often the last hold on it: freeing it is work that no reader should wait for.
        drop(old);
        (self.repaint.0.lock().unwrap_or_else(PoisonError::into_inner))();
    }

    /// Replaces what is said to be under way, if it is time for it.
    pub fn publish_work(&self, work: &InspectionWork) {
        if self.is_due()
            && let Some(latest) = self.latest()
        {
            self.publish(Some(Inspection { work: Some(work.clone()), ..Inspection::clone(&latest) }));
        }
    }
}

/// Whether a command leaves nothing to do for one that waits.
fn voids(newer: &InspectionCommand, waiting: &InspectionCommand) -> bool {
    use InspectionCommand::{Against, Cancel, Close, Compete, Open, Text};
    matches!(
        (newer, waiting),
        (Open(_) | Close, Open(_) | Close | Against(_) | Cancel)
            | (Against(_), Against(_))
            | (Text(_), Text(_))
            | (Compete(_), Compete(_))
            | (Cancel, Cancel)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use InspectionCommand::{Against, Cancel, Close, Compete, Open, Text};

    #[test]
    fn the_newest_of_a_kind_waits_and_another_file_leaves_the_comparison_behind() {
        let shared = Shared::new(Box::new(|| ()));
        assert_eq!(shared.take(false), Some(Vec::new()));
        for command in [
            Open("a".into()),
            Against(Some("b".into())),
            Text("one".into()),
            Compete(true),
            Text("two".into()),
            Open("c".into()),
            Cancel,
            Compete(false),
        ] {
            shared.send(command);
        }
        assert!(shared.has_news());
        let left = vec![Text("two".into()), Open("c".into()), Cancel, Compete(false)];
        assert_eq!(shared.take(true), Some(left));
        assert!(!shared.has_news());
        shared.send(Open("d".into()));
        shared.send(Close);
        assert_eq!(shared.take(true), Some(vec![Close]));
        shared.close();
        assert!(shared.has_news());
        assert_eq!(shared.take(true), None);
        assert!(shared.has_news(), "what is under way learns of the end as well");
    }
}
