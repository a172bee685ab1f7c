//! The worker: one named thread, its lanes and the loop in which its sessions train by turns.
//!
//! It never waits for its readers. It waits for commands only when no session has anything to do, and for the device only
//! where a session reads: every eight steps or 50 milliseconds, and before anything that needs the numbers.

mod race;

use std::time::Instant;

use self::race::Race;
use super::channel::SessionWriter;
use super::session::{BranchOf, Due, Session, SessionId, before_anything};
use super::{AppCommand, Asked, Gone, Notice, Reader, Reason, Start, Writer, channel};
use crate::domain::config::Config;

/// The worker's thread.
const THREAD: &str = "moe-arena run";
/// Most sessions at once: each holds a whole network with its moments and its history.
const SESSIONS: usize = 8;

/// What the thread owns.
struct Worker {
    writer: Writer,
    /// The one that is shown is among them.
    sessions: Vec<Session>,
    /// The session that commands without a name go to, and whose snapshot readers see.
    active: SessionId,
    /// The next session that begins gets this one.
    next: SessionId,
    /// The session that took the last step.
    stepped: SessionId,
    race: Race,
    /// Whether the sessions may be lost at the end.
    discard: bool,
}

/// Starts a run. It comes up paused; `repaint` is called after each snapshot and notice, at most every 50 ms while
/// training. Dropping the reader ends the run.
pub fn spawn(start: Start, repaint: Box<dyn Fn() + Send>) -> Reader {
    let (reader, writer) = channel(before_anything(start.from.config()), repaint);
    let worker = Worker::new(writer, start);
    let spawned = std::thread::Builder::new().name(THREAD.into()).spawn(move || worker.live());
    if let Err(error) = spawned {
        // The worker's end was dropped with the closure, so the reader sees that the run has ended.
        tracing::error!("the training thread could not be started: {error}");
    }
    reader
}

impl Worker {
    fn new(writer: Writer, start: Start) -> Self {
        let first = SessionId::FIRST;
        let session = Session::new(writer.outlet(first), start);
        let next = SessionId(first.0 + 1);
        Self {
            writer,
            sessions: vec![session],
            active: first,
            next,
            stepped: first,
            race: Race::default(),
            discard: false,
        }
    }

    fn live(mut self) {
        for session in &mut self.sessions {
            session.guarded(Session::begin);
        }
        while self.turn() {}
        for session in &mut self.sessions {
            if !self.discard {
                session.guarded(Session::save_at_the_end);
            }
            session.close_files();
        }
    }

    /// The step of the run of the race that trains and has done fewest: no other goes on before it has.
    fn behind(&self) -> Option<u64> {
        let racing = self.sessions.iter().filter(|session| self.race.has(session.id()));
        racing.filter(|session| session.wants_step()).map(Session::step_done).min()
    }

    /// When a session has something to do, as far as its race lets it.
    fn due(&self, session: &Session) -> Due {
        let waits = self.race.has(session.id()) && self.behind().is_some_and(|step| session.step_done() > step);
        if waits && session.wants_step() { Due::Never } else { session.due() }
    }

    /// Whether a session is to take a step now.
    fn is_busy(&self) -> bool {
        self.sessions.iter().any(|session| self.due(session) == Due::Step)
    }

    /// One turn: a command if there is one, else a step of the session whose turn it is, else wait. `false` ends the loop.
    fn turn(&mut self) -> bool {
        let busy = self.is_busy();
        for session in &mut self.sessions {
            session.guarded(|session| {
                session.take_compared();
                if session.due() != Due::Step {
                    session.rest(busy);
                }
            });
        }
        let command = if self.is_busy() {
            self.writer.try_command()
        } else {
            let wait = |session: &Session| if let Due::After(wait) = self.due(session) { Some(wait) } else { None };
            match self.sessions.iter().filter_map(wait).min() {
                Some(wait) => self.writer.command_within(wait),
                None => self.writer.command(),
            }
        };
        match command {
            Err(Gone) => false,
            Ok(Some(command)) => self.follow(command),
            Ok(None) => {
                self.work();
                true
            }
        }
    }

    /// What is due without a command: saves by the clock, and a step of one session, each in its turn.
    fn work(&mut self) {
        let due: Vec<SessionId> = self.sessions.iter().filter(|s| self.due(s) == Due::Step).map(Session::id).collect();
        let turn = due.iter().find(|id| **id > self.stepped).or(due.first()).copied();
        self.stepped = turn.unwrap_or(self.stepped);
        let began = Instant::now();
        for session in &mut self.sessions {
            if session.due() != Due::Step || Some(session.id()) == turn {
                session.guarded(Session::work);
            }
        }
        let taken = began.elapsed();
        self.sessions.iter_mut().filter(|session| Some(session.id()) != turn).for_each(|session| session.waited(taken));
    }

    /// Follows a command; `false` ends the loop.
    fn follow(&mut self, command: AppCommand) -> bool {
        match command {
            AppCommand::Quit => return false,
            AppCommand::Close => return !self.may_close(),
            AppCommand::Discarding(command) if command.ends() => {
                self.discard = true;
                return false;
            }
            AppCommand::Discarding(command) => self.follow_one(*command, true),
            command => self.follow_one(command, false),
        }
        true
    }

    /// Follows a command that does not end the program. `discard`: whether what no save holds may be lost by it.
    fn follow_one(&mut self, command: AppCommand, discard: bool) {
        let asked = command.clone();
        match command {
            AppCommand::Session { session, command } => {
                if let Some(session) = self.session(session.unwrap_or(self.active)) {
                    session.guarded(|session| session.follow(command, asked, discard));
                }
            }
            AppCommand::Begin(config) => {
                self.begin_beside(*config);
            }
            AppCommand::Branch { session, save, at, knobs } => {
                self.begin_branch(session, BranchOf { save, at, knobs });
            }
            AppCommand::Race(racers) => self.begin_race(racers, asked, discard),
            AppCommand::OfRace(command) => {
                for id in self.race.runs().to_vec() {
                    if let Some(session) = self.session(id) {
                        session.guarded(|session| session.follow(command.clone(), asked.clone(), discard));
                    }
                }
            }
            AppCommand::Show(id) => self.show(id),
            AppCommand::End(id) => self.end(id, asked, discard),
            // One permission is enough.
            AppCommand::Discarding(command) => self.follow_one(*command, discard),
            // Heard while a run is done again, or too late.
            AppCommand::CancelRewind => {}
            AppCommand::Close | AppCommand::Quit => {}
        }
    }

    /// The session of that name, or a refusal.
    fn session(&mut self, id: SessionId) -> Option<&mut Session> {
        let place = self.sessions.iter().position(|session| session.id() == id);
        if place.is_none() {
            self.refuse(Asked::OfSession(id), Reason::NoSuchRun);
        }
        place.map(|place| &mut self.sessions[place])
    }

    /// Says by the session that is shown why something was not done.
    fn refuse(&self, asked: Asked, why: Reason) {
        self.writer.outlet(self.active).notice(Notice::Refused { asked, why });
    }

    /// Begins a run at step 0 beside the present ones; which session it is, if it stands.
    fn begin_beside(&mut self, config: Config) -> Option<SessionId> {
        let beside = |session: &mut Session, out, held| session.beside(out, held, config);
        self.begin(Asked::RunBeside, self.active, beside)
    }

    /// Begins a run that branches off from a session; which session it is, if it stands.
    fn begin_branch(&mut self, session: Option<SessionId>, of: BranchOf) -> Option<SessionId> {
        let branch = |session: &mut Session, out, held| session.branch(out, held, of);
        self.begin(Asked::Branch, session.unwrap_or(self.active), branch)
    }

    /// Begins a session beside the present ones, from session `of`; `make` is told the bytes that all of them need.
    fn begin(
        &mut self,
        asked: Asked,
        of: SessionId,
        make: impl FnOnce(&mut Session, SessionWriter, f64) -> Result<Session, Reason>,
    ) -> Option<SessionId> {
        if self.sessions.len() >= SESSIONS {
            self.refuse(asked, Reason::TooManyRuns(SESSIONS));
            return None;
        }
        if self.sessions.iter().any(Session::is_watching) {
            self.refuse(asked, Reason::OnlyWatched);
            return None;
        }
        let out = self.writer.outlet(self.next);
        let held = self.sessions.iter().map(Session::footprint).sum();
        let of = self.session(of)?;
        match of.guarded(|session| make(session, out, held)) {
            Some(Ok(session)) => {
                self.next = SessionId(self.next.0 + 1);
                let id = session.id();
                self.sessions.push(session);
                Some(id)
            }
            Some(Err(why)) => {
                self.refuse(asked, why);
                None
            }
            // The panic was told.
            None => None,
        }
    }

    /// Readers see this session from now on, and commands without a name go to it.
    fn show(&mut self, id: SessionId) {
        if let Some(session) = self.session(id) {
            session.guarded(|session| session.publish(true));
            self.active = id;
            self.writer.show(id);
        }
    }

    /// Ends a session: saved first, unless it may be lost. If that save fails it stays. The last one ends with the program.
    fn end(&mut self, id: SessionId, asked: AppCommand, discard: bool) {
        if self.sessions.len() == 1 {
            return self.refuse(Asked::EndTheOnlyRun, Reason::CloseInstead);
        }
        let Some(session) = self.session(id) else { return };
        if !discard && !session.guarded(|session| session.may_close(asked)).unwrap_or(false) {
            return;
        }
        self.remove(id);
    }

    /// Takes a session away that needs no saving, if it is not the only one.
    fn remove(&mut self, id: SessionId) {
        let place = self.sessions.iter().position(|session| session.id() == id);
        let Some(place) = place.filter(|_| self.sessions.len() > 1) else { return };
        self.sessions.remove(place).close_files();
        self.leave_race(id);
        if self.active == id
            && let Some(other) = self.sessions.first().map(Session::id)
        {
            self.show(other);
        }
        self.writer.forget(id);
    }

    /// Whether the program may end: every session is saved, or has nothing that could be.
    fn may_close(&mut self) -> bool {
        let may = |session: &mut Session| session.guarded(|session| session.may_close(AppCommand::Close));
        self.sessions.iter_mut().all(|session| may(session).unwrap_or(false))
    }
}

#[cfg(test)]
mod tests;
