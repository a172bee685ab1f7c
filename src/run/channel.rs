//! The channel between a worker and its readers: commands up; the newest snapshot of each session and a bounded queue of
//! notices down.
//!
//! No end ever waits for another: a full command lane hands the command back, a slow reader misses
//! snapshots, and notices beyond the queue are counted.

use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError, TrySendError, sync_channel};
use std::sync::{Arc, Weak};
use std::time::Duration;

use super::published::Published;
use super::{AppCommand, Fact, Notice, SessionId, Snapshot};

/// Commands that may wait for the worker.
const COMMANDS: usize = 64;

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

/// The reader's end: window or command line.
#[derive(Debug)]
pub struct Reader {
    /// The only lasting hold on this end: the lane closes with the reader.
    commands: Arc<SyncSender<Up>>,
    published: Arc<Published>,
}

/// The worker's end.
pub struct Writer {
    commands: Receiver<Up>,
    waker: Waker,
    published: Arc<Published>,
}

/// Where one session puts its snapshots and notices.
#[derive(Clone, Debug)]
pub(super) struct SessionWriter {
    session: SessionId,
    waker: Waker,
    published: Arc<Published>,
}

/// Wakes a worker that waits for commands. Does not keep the lane open.
#[derive(Clone, Debug)]
pub(crate) struct Waker(Weak<SyncSender<Up>>);

impl Waker {
    /// Wakes it; never waits. Where the lane is full, the worker has enough to wake for.
    pub fn wake(&self) {
        if let Some(commands) = self.0.upgrade() {
            let _ = commands.try_send(Up::Wake);
        }
    }
}

/// The end of a run, to be asked for and waited for without a reader. Does not keep the lane open.
#[derive(Clone, Debug)]
pub struct Ending {
    commands: Weak<SyncSender<Up>>,
    published: Arc<Published>,
}

impl Ending {
    /// Asks the run to save itself and end. Does nothing where it has ended or its reader is gone: then it ends anyway.
    /// Waits for as long as the lane is full.
    pub(crate) fn ask(&self) {
        if let Some(commands) = self.commands.upgrade() {
            let _ = commands.send(Up::Command(AppCommand::Quit));
        }
    }

    /// Waits until the run has ended, which is after its last save, at most `patience`; whether it has.
    pub(crate) fn wait(&self, patience: Duration) -> bool {
        self.published.wait_for_end(patience)
    }

    /// Takes the notices nobody has taken, oldest first.
    pub(crate) fn notices(&self) -> Vec<Notice> {
        self.published.take_notices().0.into_iter().map(|(_, notice)| notice).collect()
    }
}

/// Lays the lanes. `repaint` is called after each publication and notice.
pub fn channel(first: Snapshot, repaint: Box<dyn Fn() + Send>) -> (Reader, Writer) {
    let (sender, receiver) = sync_channel(COMMANDS);
    let published = Arc::new(Published::new(first, repaint));
    let sender = Arc::new(sender);
    let waker = Waker(Arc::downgrade(&sender));
    let reader = Reader { commands: sender, published: published.clone() };
    (reader, Writer { commands: receiver, waker, published })
}

impl Reader {
    /// Sends a command; never waits. [`AppCommand::CancelRewind`] overtakes those that wait.
    ///
    /// # Errors
    /// Gives the command back if the lane is full (send it again next frame) or the worker is gone.
    pub fn send(&self, command: impl Into<AppCommand>) -> Result<(), AppCommand> {
        let command = command.into();
        if command == AppCommand::CancelRewind {
            self.published.cancel();
            return Ok(());
        }
        self.commands.try_send(Up::Command(command)).map_err(|error| match error {
            TrySendError::Full(Up::Command(command)) | TrySendError::Disconnected(Up::Command(command)) => command,
            TrySendError::Full(Up::Wake) | TrySendError::Disconnected(Up::Wake) => unreachable!("a command was sent"),
        })
    }

    /// The newest snapshot of the session that is shown.
    pub fn latest(&self) -> Arc<Snapshot> {
        self.published.latest()
    }

    /// The newest snapshot of a session; `None` if there is none of that name.
    pub fn latest_of(&self, session: SessionId) -> Option<Arc<Snapshot>> {
        self.published.latest_of(session)
    }

    /// The sessions, the one that is shown first.
    pub fn sessions(&self) -> Vec<SessionId> {
        self.published.sessions()
    }

    /// The sessions that race, in the order in which they were named; none without a race.
    pub fn race(&self) -> Vec<SessionId> {
        self.published.race()
    }

    /// Takes all waiting notices, oldest first.
    pub fn notices(&self) -> Vec<Notice> {
        self.notices_by_session().into_iter().map(|(_, notice)| notice).collect()
    }

    /// The same, each with the session that it is of.
    pub(crate) fn notices_by_session(&self) -> Vec<(SessionId, Notice)> {
        let (mut notices, missed) = self.published.take_notices();
        if missed > 0 {
            let shown = self.published.sessions()[0];
            notices.push((shown, Notice::Fact(Fact::NoticesDropped(missed))));
        }
        notices
    }

    /// Whether the worker has ended.
    pub fn has_ended(&self) -> bool {
        self.published.has_ended()
    }

    /// Waits until `done` holds of the newest snapshot, the worker has ended, or `patience` is over; returns the
    /// newest snapshot either way. For the command line and tests; the window never waits.
    pub fn wait(&self, patience: Duration, done: impl FnMut(&Snapshot) -> bool) -> Arc<Snapshot> {
        self.published.wait(patience, done)
    }

    /// The end of this run, to be waited for.
    pub fn ending(&self) -> Ending {
        Ending { commands: Arc::downgrade(&self.commands), published: self.published.clone() }
    }

    /// Waits for a publication or notice that came after the last one this told of, or the end, at most `patience`; whether
    /// there is any. What comes between a look and this call is not slept through.
    pub fn wait_for_news(&self, patience: Duration) -> bool {
        self.published.wait_for_news(patience)
    }
}

impl Writer {
    /// Takes a waiting command, if there is one. `Err` if the reader is gone.
    pub fn try_command(&self) -> Result<Option<AppCommand>, Gone> {
        match self.commands.try_recv() {
            Ok(up) => Ok(up.command()),
            Err(TryRecvError::Empty) => Ok(None),
            Err(TryRecvError::Disconnected) => Err(Gone),
        }
    }

    /// Waits for a command; nothing if it was woken otherwise. `Err` if the reader is gone.
    pub(crate) fn command(&self) -> Result<Option<AppCommand>, Gone> {
        self.commands.recv().map(Up::command).map_err(|_| Gone)
    }

    /// The same, at most `patience`.
    pub(crate) fn command_within(&self, patience: Duration) -> Result<Option<AppCommand>, Gone> {
        match self.commands.recv_timeout(patience) {
            Ok(up) => Ok(up.command()),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(RecvTimeoutError::Disconnected) => Err(Gone),
        }
    }

    /// Where a session puts its snapshots and notices.
    pub(super) fn outlet(&self, session: SessionId) -> SessionWriter {
        SessionWriter { session, waker: self.waker.clone(), published: self.published.clone() }
    }

    /// From now on readers see this session, if it has put a snapshot.
    pub(super) fn show(&self, session: SessionId) {
        self.published.show(session);
    }

    /// These sessions race.
    pub fn set_race(&self, race: &[SessionId]) {
        self.published.set_race(race);
    }

    /// A session that is not shown has ended.
    pub(super) fn forget(&self, session: SessionId) {
        self.published.forget(session);
    }

    /// Replaces the newest snapshot of the first session.
    pub fn publish(&self, snapshot: Snapshot) {
        self.outlet(SessionId::FIRST).publish(snapshot);
    }

    /// Adds a notice of the first session; if too many wait, the oldest is dropped and counted.
    pub fn notice(&self, notice: Notice) {
        self.outlet(SessionId::FIRST).notice(notice);
    }
}

impl SessionWriter {
    /// The session that it is of.
    pub fn session(&self) -> SessionId {
        self.session
    }

    /// What wakes the worker from another thread of the session's.
    pub fn waker(&self) -> Waker {
        self.waker.clone()
    }

    /// A run is done again from here on, until somebody asks it to stop.
    pub fn hear(&self) {
        self.published.hear();
    }

    /// Whether somebody has, since.
    pub fn is_cancelled(&self) -> bool {
        self.published.is_cancelled()
    }

    /// Replaces the newest snapshot.
    pub fn publish(&self, snapshot: Snapshot) {
        self.published.put(self.session, snapshot);
    }

    /// Adds a notice; if too many wait, the oldest is dropped and counted.
    pub fn notice(&self, notice: Notice) {
        self.published.notice(self.session, notice);
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.published.end();
    }
}
