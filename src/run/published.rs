//! What a worker has published and its readers have not taken: the newest snapshot of each session, and notices.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::{Notice, SessionId, Snapshot};

/// Notices that may wait for the reader.
const NOTICES: usize = 256;

/// What both ends of a channel share.
#[derive(Debug)]
pub(super) struct Published {
    state: Mutex<State>,
    changed: Condvar,
    repaint: Mutex<Repaint>,
    /// Whether a run that is being done again is to stop; set by readers, who cannot wait for their turn then.
    cancelled: AtomicBool,
}

/// Called after each publication and notice.
struct Repaint(Box<dyn Fn() + Send>);

impl std::fmt::Debug for Repaint {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Repaint")
    }
}

#[derive(Debug)]
struct State {
    /// The session that is shown, and its newest snapshot.
    shown: (SessionId, Arc<Snapshot>),
    /// The newest snapshots of the others, in the order in which they came.
    others: Vec<(SessionId, Arc<Snapshot>)>,
    /// Counts publications and notices, so that a reader can wait for the next one.
    news: u64,
    /// How many of them a reader that waits has been told of: what came between its last look and its wait is new to it.
    told: u64,
    /// The sessions that race.
    race: Vec<SessionId>,
    notices: VecDeque<(SessionId, Notice)>,
    missed: u64,
    ended: bool,
}

impl State {
    fn newest(&self, session: SessionId) -> Option<&Arc<Snapshot>> {
        let mut all = std::iter::once(&self.shown).chain(&self.others);
        all.find(|(id, _)| *id == session).map(|(_, snapshot)| snapshot)
    }
}

impl Published {
    /// Nothing but the first snapshot of the first session. `repaint` is called after each publication and notice.
    pub fn new(first: Snapshot, repaint: Box<dyn Fn() + Send>) -> Self {
        let state = State {
            shown: (SessionId::FIRST, Arc::new(first)),
            others: Vec::new(),
            news: 0,
            told: 0,
            race: Vec::new(),
            notices: VecDeque::new(),
            missed: 0,
            ended: false,
        };
        Self {
            state: Mutex::new(state),
            changed: Condvar::new(),
            repaint: Mutex::new(Repaint(repaint)),
            cancelled: AtomicBool::new(false),
        }
    }

    /// The state. Every change under the lock is a few moves of values that cannot panic, so that a panic elsewhere
    /// cannot leave it half changed.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells readers that there is something new.
    fn tell(&self) {
        self.changed.notify_all();
        (self.repaint.lock().unwrap_or_else(PoisonError::into_inner).0)();
    }

    /// The newest snapshot of the session that is shown.
    pub fn latest(&self) -> Arc<Snapshot> {
        self.lock().shown.1.clone()
    }

    /// The newest snapshot of a session; `None` if there is none of that name.
    pub fn latest_of(&self, session: SessionId) -> Option<Arc<Snapshot>> {
        self.lock().newest(session).cloned()
    }

    /// The sessions that have a snapshot, the one that is shown first.
    pub fn sessions(&self) -> Vec<SessionId> {
        let state = self.lock();
        std::iter::once(&state.shown).chain(&state.others).map(|(session, _)| *session).collect()
    }

    /// Replaces the newest snapshot of a session.
    pub fn put(&self, session: SessionId, snapshot: Snapshot) {
        let snapshot = Arc::new(snapshot);
        let mut state = self.lock();
        state.news += 1;
        let State { shown, others, .. } = &mut *state;
        let mut all = std::iter::once(shown).chain(others.iter_mut());
        let old = match all.find(|(id, _)| *id == session) {
            Some((_, last)) => Some(std::mem::replace(last, snapshot)),
            None => {
                others.push((session, snapshot));
                None
            }
        };
        drop(state);
        // Often the last hold on it: freeing it is work that no reader should wait for.
        drop(old);
        self.tell();
    }

    /// From now on readers see this session, if it has a snapshot.
    pub fn show(&self, session: SessionId) {
        let mut state = self.lock();
        let State { shown, others, news, .. } = &mut *state;
        if let Some(other) = others.iter_mut().find(|(id, _)| *id == session) {
            std::mem::swap(shown, other);
            *news += 1;
        }
        drop(state);
        self.tell();
    }

    /// The sessions that race.
    pub fn race(&self) -> Vec<SessionId> {
        self.lock().race.clone()
    }

    /// These sessions race.
    pub fn set_race(&self, race: &[SessionId]) {
        let mut state = self.lock();
        state.race = race.to_vec();
        state.news += 1;
        drop(state);
        self.tell();
    }

    /// Forgets a session that is not shown.
    pub fn forget(&self, session: SessionId) {
        let mut state = self.lock();
        let place = state.others.iter().position(|(id, _)| *id == session);
        let gone = place.map(|place| state.others.remove(place));
        state.news += 1;
        drop(state);
        drop(gone);
        self.tell();
    }

    /// Adds a notice; if too many wait, the oldest is dropped and counted.
    pub fn notice(&self, session: SessionId, notice: Notice) {
        let mut state = self.lock();
        if state.notices.len() == NOTICES {
            state.notices.pop_front();
            state.missed += 1;
        }
        state.notices.push_back((session, notice));
        state.news += 1;
        drop(state);
        self.tell();
    }

    /// Takes all waiting notices with their sessions, oldest first, and how many were dropped before them.
    pub fn take_notices(&self) -> (Vec<(SessionId, Notice)>, u64) {
        let mut state = self.lock();
        let missed = std::mem::take(&mut state.missed);
        (state.notices.drain(..).collect(), missed)
    }

    /// A run that is being done again is to stop.
    pub fn cancel(&self) {
        self.cancelled.store(true, Ordering::Relaxed);
    }

    /// A run is done again from here on: nobody has asked it to stop.
    pub fn hear(&self) {
        self.cancelled.store(false, Ordering::Relaxed);
    }

    /// Whether it was asked to stop since.
    pub fn is_cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }

    /// The worker has ended.
    pub fn end(&self) {
        self.lock().ended = true;
        self.tell();
    }

    /// Whether the worker has ended.
    pub fn has_ended(&self) -> bool {
        self.lock().ended
    }

    /// Waits until the worker has ended, at most `patience`; whether it has.
    pub fn wait_for_end(&self, patience: Duration) -> bool {
        let waited = self.changed.wait_timeout_while(self.lock(), patience, |state| !state.ended);
        waited.unwrap_or_else(PoisonError::into_inner).0.ended
    }

    /// Waits for a publication or notice that came after the last one it told of, or the end, at most `patience`; whether
    /// there is any. What came before the call and after the call before is told at once.
    pub fn wait_for_news(&self, patience: Duration) -> bool {
        let nothing = |state: &mut State| state.news == state.told && !state.ended;
        let waited = self.changed.wait_timeout_while(self.lock(), patience, nothing);
        let mut state = waited.unwrap_or_else(PoisonError::into_inner).0;
        let is_new = state.news > state.told || state.ended;
        state.told = state.news;
        is_new
    }

    /// Waits until `done` holds of the newest snapshot that is shown, the worker has ended, or `patience` is over; returns
    /// that snapshot either way.
    pub fn wait(&self, patience: Duration, mut done: impl FnMut(&Snapshot) -> bool) -> Arc<Snapshot> {
        let waiting = |state: &mut State| !done(&state.shown.1) && !state.ended;
        let waited = self.changed.wait_timeout_while(self.lock(), patience, waiting);
        waited.unwrap_or_else(PoisonError::into_inner).0.shown.1.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::config::Preset;
    use crate::run::Fact;
    use crate::run::session::before_anything;

    /// A wait that would sleep through its news would end by this alone, and says so.
    const NEVER: Duration = Duration::ZERO;

    #[test]
    fn news_between_a_look_and_a_wait_are_told_and_told_once() {
        let blank = || before_anything(Arc::new(Preset::Tiny.config()));
        let published = Published::new(blank(), Box::new(|| ()));
        assert!(!published.wait_for_news(NEVER), "nothing has come yet");
        let arrivals: [&dyn Fn(); 5] = [
            &|| published.put(SessionId(1), blank()),
            &|| published.show(SessionId(1)),
            &|| published.set_race(&[SessionId(0), SessionId(1)]),
            &|| published.notice(SessionId(0), Notice::Fact(Fact::MoreAlerts(2))),
            &|| published.forget(SessionId(0)),
        ];
        for (place, arrive) in arrivals.into_iter().enumerate() {
            published.latest();
            arrive();
            assert!(published.wait_for_news(NEVER), "{place}");
            assert!(!published.wait_for_news(NEVER), "{place}: it was told of");
        }
        published.end();
        assert!((0..3).all(|_| published.wait_for_news(NEVER)), "nobody waits for what has ended");
    }
}
