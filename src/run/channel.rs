//! The lanes between a run and its readers: commands up; the newest snapshot and a bounded queue of notices down.
//!
//! No end ever waits for another: a full command lane hands the command back, a slow reader misses
//! snapshots, and notices beyond the queue are counted.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError, TrySendError, sync_channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use super::{AppCommand, Fact, Notice, Snapshot};

/// Commands that may wait for the worker.
const COMMANDS: usize = 64;
/// Notices that may wait for the reader.
const NOTICES: usize = 256;

/// The reader is gone: nobody will send another command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gone;

/// What comes up the lane.
#[derive(Debug)]
enum Up {
    Command(AppCommand),
    /// The worker's own helper has something for it.
    Wake,
}

impl Up {
    fn command(self) -> Option<AppCommand> {
        match self {
            Self::Command(command) => Some(command),
            Self::Wake => None,
        }
    }
}

/// What both ends share.
#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    latest: Arc<Snapshot>,
    /// Counts publications, so that a reader can wait for the next one.
    published: u64,
    notices: VecDeque<Notice>,
    missed: u64,
    ended: bool,
}

impl Shared {
    /// The state. Every change under the lock is a few moves of values that cannot panic, so that a panic elsewhere
    /// cannot leave it half changed.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The reader's end: window or command line.
#[derive(Debug)]
pub struct Reader {
    /// The only lasting hold on this end: the lane closes with the reader.
    commands: Arc<SyncSender<Up>>,
    shared: Arc<Shared>,
}

/// The worker's end.
pub struct Writer {
    commands: Receiver<Up>,
    waker: Waker,
    shared: Arc<Shared>,
    repaint: Box<dyn Fn() + Send>,
}

/// Wakes a worker that waits for commands. Does not keep the lane open.
#[derive(Clone, Debug)]
pub struct Waker(Weak<SyncSender<Up>>);

impl Waker {
    /// Wakes it; never waits. Where the lane is full, the worker has enough to wake for.
    pub fn wake(&self) {
        if let Some(commands) = self.0.upgrade() {
            let _ = commands.try_send(Up::Wake);
        }
    }
}

/// The end of a run, to be asked for and waited for by whoever has no reader. Does not keep the lane open.
#[derive(Clone, Debug)]
pub struct Ending {
    commands: Weak<SyncSender<Up>>,
    shared: Arc<Shared>,
}

impl Ending {
    /// Asks the run to save itself and end. Does nothing where it has ended or its reader is gone: then it ends anyway.
    /// Waits for as long as the lane is full.
    pub fn ask(&self) {
        if let Some(commands) = self.commands.upgrade() {
            let _ = commands.send(Up::Command(AppCommand::Quit));
        }
    }

    /// Waits until the run has ended, which is after its last save, at most `patience`; whether it has.
    pub fn wait(&self, patience: Duration) -> bool {
        let state = self.shared.lock();
        let waited = self.shared.changed.wait_timeout_while(state, patience, |state| !state.ended);
        waited.unwrap_or_else(PoisonError::into_inner).0.ended
    }

    /// Takes the notices nobody has taken, oldest first.
    pub fn notices(&self) -> Vec<Notice> {
        self.shared.lock().notices.drain(..).collect()
    }
}

/// Lays the lanes. `repaint` is called after each publication and notice.
pub fn channel(first: Snapshot, repaint: Box<dyn Fn() + Send>) -> (Reader, Writer) {
    let (sender, receiver) = sync_channel(COMMANDS);
    let state = State { latest: Arc::new(first), published: 0, notices: VecDeque::new(), missed: 0, ended: false };
    let shared = Arc::new(Shared { state: Mutex::new(state), changed: Condvar::new() });
    let sender = Arc::new(sender);
    let waker = Waker(Arc::downgrade(&sender));
    let reader = Reader { commands: sender, shared: shared.clone() };
    (reader, Writer { commands: receiver, waker, shared, repaint })
}

impl Reader {
    /// Sends a command; never waits.
    ///
    /// # Errors
    /// Gives the command back if the lane is full (send it again next frame) or the worker is gone.
    pub fn send(&self, command: impl Into<AppCommand>) -> Result<(), AppCommand> {
        self.commands.try_send(Up::Command(command.into())).map_err(|error| match error {
            TrySendError::Full(Up::Command(command)) | TrySendError::Disconnected(Up::Command(command)) => command,
            TrySendError::Full(Up::Wake) | TrySendError::Disconnected(Up::Wake) => unreachable!("a command was sent"),
        })
    }

    /// The newest snapshot.
    pub fn latest(&self) -> Arc<Snapshot> {
        self.shared.lock().latest.clone()
    }

    /// Takes all waiting notices, oldest first.
    pub fn notices(&self) -> Vec<Notice> {
        let mut state = self.shared.lock();
        let missed = std::mem::take(&mut state.missed);
        let mut notices: Vec<Notice> = state.notices.drain(..).collect();
        if missed > 0 {
            notices.push(Notice::Fact(Fact::NoticesDropped(missed)));
        }
        notices
    }

    /// Whether the worker has ended.
    pub fn has_ended(&self) -> bool {
        self.shared.lock().ended
    }

    /// Waits until `done` holds of the newest snapshot, the worker has ended, or `patience` is over; returns the
    /// newest snapshot either way. For the command line and tests; the window never waits.
    pub fn wait(&self, patience: Duration, mut done: impl FnMut(&Snapshot) -> bool) -> Arc<Snapshot> {
        let deadline = Instant::now() + patience;
        let mut state = self.shared.lock();
        while !done(&state.latest) && !state.ended {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            let waited = self.shared.changed.wait_timeout(state, left);
            state = waited.unwrap_or_else(PoisonError::into_inner).0;
        }
        state.latest.clone()
    }

    /// The end of this run, for whoever waits for it.
    pub fn ending(&self) -> Ending {
        Ending { commands: Arc::downgrade(&self.commands), shared: self.shared.clone() }
    }

    /// Waits for the next publication or notice, at most `patience`.
    pub fn wait_for_news(&self, patience: Duration) {
        let state = self.shared.lock();
        let published = state.published;
        let news = |state: &mut State| state.published == published && state.notices.is_empty() && !state.ended;
        let _ = self.shared.changed.wait_timeout_while(state, patience, news);
    }
}

impl Writer {
    /// What wakes this end from another thread of the run's.
    pub fn waker(&self) -> Waker {
        self.waker.clone()
    }

    /// Takes a waiting command, if there is one. `Err` if the reader is gone.
    pub fn try_command(&self) -> Result<Option<AppCommand>, Gone> {
        match self.commands.try_recv() {
            Ok(up) => Ok(up.command()),
            Err(TryRecvError::Empty) => Ok(None),
            Err(TryRecvError::Disconnected) => Err(Gone),
        }
    }

    /// Waits for a command; nothing if it was woken otherwise. `Err` if the reader is gone.
    pub fn command(&self) -> Result<Option<AppCommand>, Gone> {
        self.commands.recv().map(Up::command).map_err(|_| Gone)
    }

    /// The same, at most `patience`.
    pub fn command_within(&self, patience: Duration) -> Result<Option<AppCommand>, Gone> {
        match self.commands.recv_timeout(patience) {
            Ok(up) => Ok(up.command()),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => Err(Gone),
        }
    }

    /// Replaces the newest snapshot.
    pub fn publish(&self, snapshot: Snapshot) {
        let snapshot = Arc::new(snapshot);
        let mut state = self.shared.lock();
        let old = std::mem::replace(&mut state.latest, snapshot);
        state.published += 1;
        drop(state);
        // Often the last hold on it: freeing it is work that no reader should wait for.
        drop(old);
        self.shared.changed.notify_all();
        (self.repaint)();
    }

    /// Adds a notice; if too many wait, the oldest is dropped and counted.
    pub fn notice(&self, notice: Notice) {
        let mut state = self.shared.lock();
        if state.notices.len() == NOTICES {
            state.notices.pop_front();
            state.missed += 1;
        }
        state.notices.push_back(notice);
        drop(state);
        self.shared.changed.notify_all();
        (self.repaint)();
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.shared.lock().ended = true;
        self.shared.changed.notify_all();
        (self.repaint)();
    }
}
