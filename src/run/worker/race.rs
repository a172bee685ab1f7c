//! The race of a worker: which runs it is held between, which of them it began, and which run was shown before.

use super::Worker;
use crate::run::session::{BranchOf, Session, SessionId};
use crate::run::{AppCommand, Asked, Command, Racer, Reason};

/// A race under way; without one, nothing.
#[derive(Debug, Default)]
pub(super) struct Race {
    /// The runs; none, or two to four.
    runs: Vec<SessionId>,
    /// Those of them that began with it, and end with it.
    begun: Vec<SessionId>,
    /// The run that was shown before it.
    before: Option<SessionId>,
}

impl Race {
    /// Whether a run races.
    pub fn has(&self, id: SessionId) -> bool {
        self.runs.contains(&id)
    }

    /// Its runs.
    pub fn runs(&self) -> &[SessionId] {
        &self.runs
    }
}

impl Worker {
    /// Lets these runs race, if at least two of them stand, and shows one of them; a run that was shown and does not race
    /// waits meanwhile. Takes the place of a race under way: what that began and does not go on racing ends. With no racers,
    /// the race under way ends.
    pub(super) fn begin_race(&mut self, racers: Vec<Racer>, asked: AppCommand, discard: bool) {
        if racers.is_empty() {
            return self.end_race(&asked, discard);
        }
        if self.sessions.iter().any(Session::is_watching) {
            return self.refuse(Asked::Race, Reason::OnlyWatched);
        }
        let there: Vec<SessionId> = self.sessions.iter().map(Session::id).collect();
        let mut runs: Vec<SessionId> = Vec::new();
        for racer in racers.into_iter().take(Racer::MOST) {
            let id = match racer {
                Racer::Session(id) => self.session(id).map(|session| session.id()),
                Racer::Begin(config) => self.begin_beside(*config),
                Racer::Branch { session, at, knobs } => self.begin_branch(session, BranchOf { save: None, at, knobs }),
            };
            runs.extend(id.filter(|id| !runs.contains(id)));
        }
        let fresh: Vec<SessionId> = runs.iter().copied().filter(|id| !there.contains(id)).collect();
        if runs.len() < 2 {
            // What has begun for a race that is none is nothing yet.
            fresh.into_iter().for_each(|id| self.remove(id));
            return self.refuse(Asked::Race, Reason::RaceOfOne);
        }
        let Race { begun, before, .. } = std::mem::take(&mut self.race);
        let (stay, gone): (Vec<SessionId>, Vec<SessionId>) = begun.into_iter().partition(|id| runs.contains(id));
        let before = before.or(Some(self.active));
        let first = runs[0];
        self.set_race(Race { runs, begun: [stay, fresh.clone()].concat(), before });
        // Who joins runs that train trains with them.
        if self.behind().is_some() {
            fresh.into_iter().for_each(|id| self.drive(id, Command::Run));
        }
        if !self.race.has(self.active) {
            self.drive(self.active, Command::Pause);
            self.show(first);
        }
        gone.into_iter().for_each(|id| self.end(id, AppCommand::End(id), discard));
    }

    /// Lets a run train or stop, and shows that it does.
    fn drive(&mut self, id: SessionId, command: Command) {
        if let Some(session) = self.session(id) {
            session.guarded(|session| {
                session.follow(command.clone(), command.into(), false);
                session.publish(true);
            });
        }
    }

    /// Ends the race: the runs that it began are saved and end, unless they may be lost, and what was shown before is shown
    /// again. If one of them cannot be saved the race stays, and that run is shown.
    fn end_race(&mut self, asked: &AppCommand, discard: bool) {
        for id in self.race.begun.clone() {
            let Some(session) = self.session(id) else { continue };
            if !discard && !session.guarded(|session| session.may_close(asked.clone())).unwrap_or(false) {
                return self.show(id);
            }
        }
        let Race { begun, before, .. } = std::mem::take(&mut self.race);
        self.set_race(Race::default());
        if let Some(before) = before.filter(|id| self.sessions.iter().any(|session| session.id() == *id)) {
            self.show(before);
        }
        begun.into_iter().for_each(|id| self.remove(id));
    }

    /// A session that is not there any more does not race.
    pub(super) fn leave_race(&mut self, id: SessionId) {
        let Race { mut runs, mut begun, before } = std::mem::take(&mut self.race);
        begun.retain(|other| *other != id);
        runs.retain(|other| *other != id);
        if runs.len() < 2 {
            runs.clear();
        }
        self.set_race(Race { runs, begun, before });
    }

    fn set_race(&mut self, race: Race) {
        self.writer.set_race(&race.runs);
        self.race = race;
    }
}
