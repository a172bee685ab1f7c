//! The worker: one named thread, its lanes and the loop in which its sessions train by turns.
//!
//! It never waits for its readers. It waits for commands only when no session has anything to do, and for the device only
//! where a session reads: every eight steps or 50 milliseconds, and before anything that needs the numbers.

use super::channel::SessionWriter;
use super::session::{BranchOf, Due, Session, SessionId, before_anything};
use super::{AppCommand, Asked, Gone, Notice, Reader, Reason, Start, Writer, channel};

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
        Self { writer, sessions: vec![session], active: first, next, stepped: first, discard: false }
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

    /// One turn: a command if there is one, else a step of the session whose turn it is, else wait. `false` ends the loop.
    fn turn(&mut self) -> bool {
        let busy = self.sessions.iter().any(|session| session.due() == Due::Step);
        for session in &mut self.sessions {
            session.guarded(|session| {
                session.take_compared();
                if session.due() != Due::Step {
                    session.rest(busy);
                }
            });
        }
        let command = if self.sessions.iter().any(|session| session.due() == Due::Step) {
            self.writer.try_command()
        } else {
            let wait = |session: &Session| if let Due::After(wait) = session.due() { Some(wait) } else { None };
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
        let due: Vec<SessionId> = self.sessions.iter().filter(|s| s.due() == Due::Step).map(Session::id).collect();
        let turn = due.iter().find(|id| **id > self.stepped).or(due.first()).copied();
        self.stepped = turn.unwrap_or(self.stepped);
        for session in &mut self.sessions {
            if session.due() != Due::Step || Some(session.id()) == turn {
                session.guarded(Session::work);
            }
        }
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
                let beside = |session: &mut Session, out, held| session.beside(out, held, *config);
                self.begin(Asked::RunBeside, self.active, beside);
            }
            AppCommand::Branch { session, save, at, knobs } => {
                let of = BranchOf { save, at, knobs };
                let branch = |session: &mut Session, out, held| session.branch(out, held, of);
                self.begin(Asked::Branch, session.unwrap_or(self.active), branch);
            }
            AppCommand::Show(id) => self.show(id),
            AppCommand::End(id) => self.end(id, asked, discard),
            // One permission is enough.
            AppCommand::Discarding(command) => self.follow_one(*command, discard),
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

    /// Begins a session beside the present ones, from session `of`; `make` is told the bytes that all of them need.
    fn begin(
        &mut self,
        asked: Asked,
        of: SessionId,
        make: impl FnOnce(&mut Session, SessionWriter, f64) -> Result<Session, Reason>,
    ) {
        if self.sessions.len() >= SESSIONS {
            return self.refuse(asked, Reason::TooManyRuns(SESSIONS));
        }
        let out = self.writer.outlet(self.next);
        let held = self.sessions.iter().map(Session::footprint).sum();
        let Some(of) = self.session(of) else { return };
        match of.guarded(|session| make(session, out, held)) {
            Some(Ok(session)) => {
                self.next = SessionId(self.next.0 + 1);
                self.sessions.push(session);
            }
            Some(Err(why)) => self.refuse(asked, why),
            // The panic was told.
            None => {}
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
        session.close_files();
        self.sessions.retain(|session| session.id() != id);
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
mod tests {
    use std::sync::Arc;

    use super::super::{Autosave, Command, From};
    use super::*;
    use crate::domain::config::{Config, Preset};

    fn worker() -> (Reader, Worker) {
        let config = Box::new(Preset::Tiny.config());
        let (reader, writer) = channel(before_anything(Arc::new(Config::clone(&config))), Box::new(|| ()));
        let device = "cpu".into();
        let start =
            Start { from: From::Config(config), device, out: None, overwrite: false, autosave: Autosave::Never };
        let mut worker = Worker::new(writer, start);
        worker.sessions.iter_mut().for_each(Session::begin);
        (reader, worker)
    }

    fn steps(worker: &Worker) -> Vec<u64> {
        worker.sessions.iter().map(Session::step_done).collect()
    }

    #[test]
    fn sessions_take_a_step_each_in_turn_and_commands_come_first() {
        let (reader, mut worker) = worker();
        for _ in 0..2 {
            reader.send(AppCommand::Begin(Box::new(Preset::Tiny.config()))).unwrap();
            assert!(worker.turn());
        }
        assert_eq!(reader.sessions(), [0, 1, 2].map(SessionId));
        for id in reader.sessions() {
            reader.send(Command::Step(2 + u64::from(id.0)).to(id)).unwrap();
            assert!(worker.turn());
        }
        assert_eq!(steps(&worker), [0, 0, 0], "commands come first");
        let mut seen = Vec::new();
        for _ in 0..9 {
            assert!(worker.turn());
            seen.push(steps(&worker));
        }
        let wanted =
            [[0, 1, 0], [0, 1, 1], [1, 1, 1], [1, 2, 1], [1, 2, 2], [2, 2, 2], [2, 3, 2], [2, 3, 3], [2, 3, 4]];
        assert_eq!(seen, wanted);
    }
}
