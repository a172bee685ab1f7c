//! The goal of a page under way: which of its conditions hold, what was changed, whether it is reached or missed and why.

use std::sync::Arc;

use super::changes::{Changes, LessonChange};
use super::condition::{KeptNumbers, Watch};
use super::ids::ControlId;
use super::lesson::{Goal, Lesson};
use crate::domain::config::Config;
use crate::run::{RunMoment, SessionId, Snapshot};
use crate::store::history::JournalEntry;

/// How a goal stands.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// Still to be reached.
    Open,
    /// Reached, so many steps after its beginning.
    Reached(u64),
    /// Missed.
    Missed(Miss),
}

/// Why a goal was missed.
#[derive(Clone, Debug, PartialEq)]
pub enum Miss {
    /// The steps are over.
    TooLate,
    /// More was changed than may be.
    TooMany {
        /// What was changed.
        changed: Vec<LessonChange>,
        /// How many may be.
        most: usize,
    },
    /// Something was changed that may not be.
    NotAllowed(LessonChange),
    /// A control was set beyond what the lesson allows.
    Beyond(ControlId),
    /// A number that it is held against was never measured.
    NotMeasured,
}

/// A condition as it stands.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Met {
    /// The newest value; `None` where it was not measured.
    pub now: Option<f64>,
    /// The level it is held against.
    pub level: Option<f64>,
    /// Readings in a row that were where they should be.
    pub in_a_row: u32,
    /// Whether it holds.
    pub met: bool,
}

/// Where a goal was set.
#[derive(Clone, Debug)]
struct Start {
    session: SessionId,
    moment: RunMoment,
    config: Arc<Config>,
    /// The last thing that had been done by then.
    last: Option<Arc<JournalEntry>>,
}

impl Start {
    fn of(shot: &Snapshot) -> Self {
        let journal = &shot.memory.history.journal;
        Self {
            session: shot.session,
            moment: RunMoment { step: shot.step, entries: journal.made() },
            config: shot.config.clone(),
            last: journal.entries().last().cloned(),
        }
    }

    /// Whether it is a moment of this run, and one that is held.
    fn is_of(&self, shot: &Snapshot) -> bool {
        let journal = &shot.memory.history.journal;
        let now = RunMoment { step: shot.step, entries: journal.made() };
        let before = self.moment.entries.checked_sub(1).filter(|entry| *entry >= journal.dropped);
        let last = before.and_then(|entry| journal.since(entry).first());
        let same = shot.session == self.session && shot.config == self.config && last == self.last.as_ref();
        same && self.moment <= now && shot.rewind.reaches(self.moment)
    }
}

/// A goal that is being worked for.
#[derive(Clone, Debug)]
pub(super) struct GoalWatch {
    /// Step of the run at which it was set.
    from: u64,
    start: Start,
    watches: Vec<Option<Watch>>,
    seen: u64,
    changes: Changes,
    outcome: Outcome,
}

impl GoalWatch {
    /// Begins with the run as it stands.
    pub fn begin(goal: &Goal, shot: &Snapshot, kept: &KeptNumbers) -> Self {
        let watches: Vec<Option<Watch>> = goal.conditions.iter().map(|condition| Watch::new(condition, kept)).collect();
        let outcome =
            if watches.iter().all(Option::is_some) { Outcome::Open } else { Outcome::Missed(Miss::NotMeasured) };
        let changes = Changes::since(shot);
        Self { from: shot.step, start: Start::of(shot), watches, seen: shot.step, changes, outcome }
    }

    /// The moment at which it was set, if the run can go back there.
    pub fn way_back(&self, shot: &Snapshot) -> Option<RunMoment> {
        self.start.is_of(shot).then_some(self.start.moment)
    }

    /// How it stands.
    pub fn outcome(&self) -> &Outcome {
        &self.outcome
    }

    /// The step by which it must be reached.
    pub fn deadline(&self, goal: &Goal) -> u64 {
        self.from + goal.within
    }

    /// What was changed so far.
    pub fn changed(&self) -> Vec<LessonChange> {
        self.changes.found().iter().copied().collect()
    }

    /// Each condition as it stands.
    pub fn standing(&self, goal: &Goal, shot: &Snapshot, kept: &KeptNumbers) -> Vec<Met> {
        let pairs = goal.conditions.iter().zip(&self.watches);
        pairs
            .map(|(condition, watch)| Met {
                now: condition.now(shot, kept),
                level: condition.level(kept),
                in_a_row: watch.as_ref().map_or(0, Watch::in_a_row),
                met: watch.as_ref().is_some_and(Watch::is_met),
            })
            .collect()
    }

    /// Takes in a snapshot.
    pub fn take(&mut self, lesson: &Lesson, goal: &Goal, shot: &Snapshot, kept: &KeptNumbers) {
        if self.outcome != Outcome::Open {
            return;
        }
        if shot.step < self.seen {
            // A run began anew, with other points or another seed: its steps count from there.
            (self.from, self.seen) = (0, 0);
            self.watches = goal.conditions.iter().map(|condition| Watch::new(condition, kept)).collect();
        }
        self.changes.take(shot);
        if let Some(miss) = self.broken(lesson, goal, shot) {
            self.outcome = Outcome::Missed(miss);
            return;
        }
        let deadline = self.deadline(goal);
        let mut readings: Vec<(u64, usize, f64)> = Vec::new();
        for (place, condition) in goal.conditions.iter().enumerate() {
            let new = condition.readings(shot, self.seen);
            readings.extend(new.into_iter().map(|(step, value)| (step, place, value)));
        }
        readings.sort_by_key(|&(step, place, _)| (step, place));
        for at_once in readings.chunk_by(|a, b| a.0 == b.0) {
            let step = at_once[0].0;
            if step > deadline {
                break;
            }
            for &(step, place, value) in at_once {
                if let Some(watch) = &mut self.watches[place] {
                    watch.take(step, value);
                }
            }
            if self.watches.iter().all(|watch| watch.as_ref().is_some_and(Watch::is_met)) {
                self.outcome = Outcome::Reached(step - self.from);
                return;
            }
        }
        self.seen = shot.step;
        if shot.step >= deadline {
            self.outcome = Outcome::Missed(Miss::TooLate);
        }
    }

    /// What was done that may not be.
    fn broken(&self, lesson: &Lesson, goal: &Goal, shot: &Snapshot) -> Option<Miss> {
        let (changed, allowed) = (self.changes.found(), goal.allowed(lesson));
        let may = |change: &LessonChange| match change {
            LessonChange::Control(id) => allowed.contains(id),
            LessonChange::Intervention | LessonChange::Painting | LessonChange::Other => false,
        };
        if let Some(change) = changed.iter().find(|change| !may(change)) {
            return Some(Miss::NotAllowed(*change));
        }
        if let Some(most) = goal.at_most.filter(|&most| changed.len() > most) {
            return Some(Miss::TooMany { changed: changed.iter().copied().collect(), most });
        }
        let beyond = |change: &&LessonChange| match change {
            LessonChange::Control(id) => {
                let value = id.number(&shot.knobs, &shot.config, shot.experts());
                lesson.range(*id).zip(value).is_some_and(|([low, high], value)| !(low..=high).contains(&value))
            }
            _ => false,
        };
        changed
            .iter()
            .find(beyond)
            .and_then(|change| if let LessonChange::Control(id) = change { Some(Miss::Beyond(*id)) } else { None })
    }
}
