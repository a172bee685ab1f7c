//! Checks a lesson by going through it: doing nothing misses each goal, the shown way reaches it, and whatever is guessed or
//! quoted is measured by then. A pure machine, fed with snapshots.

use std::sync::Arc;

use super::goal::Miss;
use super::guess::{Guess, Revealed, right};
use super::lesson::{Answer, Lesson, Part};
use super::measure::Quantity;
use super::progress::{LessonProgress, Onward};
use super::text::TextPiece;
use crate::run::{Command, Snapshot};

/// Steps asked for at once: the run stands still in between, so that what is measured depends on no clock.
const STRIDE: u64 = 25;

/// What the check found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LessonReport {
    /// Steps that were trained in all.
    pub steps: u64,
    /// Each goal, in order.
    pub goals: Vec<GoalReport>,
    /// All that is wrong, in order; the check ends at the first that leaves no way on.
    pub faults: Vec<CheckFault>,
}

/// A goal that was tried.
#[derive(Clone, Debug, PartialEq)]
pub struct GoalReport {
    /// Its page, from 0.
    pub page: usize,
    /// Steps that are given.
    pub within: u64,
    /// Steps that the shown way takes; `None` if it does not reach it.
    pub reached: Option<u64>,
}

/// What can be wrong with a lesson that can be read. Pages count from 0.
#[derive(Clone, Debug, PartialEq)]
pub enum CheckFault {
    /// The goal is reached by doing nothing.
    ReachedIdle {
        /// Where.
        page: usize,
        /// In so many steps.
        steps: u64,
    },
    /// The shown way does not reach the goal.
    WayMisses {
        /// Where.
        page: usize,
        /// Why.
        miss: Miss,
    },
    /// Not exactly one of the sentences to choose from is true.
    Truths {
        /// Where it is revealed.
        page: usize,
        /// How many are.
        many: usize,
    },
    /// A number that the page quotes, keeps or reveals is not measured by then.
    NotMeasured {
        /// Where.
        page: usize,
        /// Which.
        quantity: Quantity,
    },
    /// The guess cannot be held against anything yet.
    NotRevealed {
        /// Where.
        page: usize,
    },
}

/// What to do next.
#[derive(Clone, Debug, PartialEq)]
pub enum CheckStep {
    /// Wait for the next snapshot.
    Wait,
    /// Send these to the run.
    Send(Vec<Command>),
    /// It is over; see [`LessonCheck::report`].
    Done,
}

/// A check under way.
#[derive(Clone, Debug)]
pub struct LessonCheck {
    progress: LessonProgress,
    /// Pages that were looked at already.
    looked: usize,
    /// Steps of the newest snapshot.
    step: u64,
    report: LessonReport,
}

impl LessonCheck {
    /// At the beginning of a lesson.
    pub fn new(lesson: Arc<Lesson>) -> Self {
        let progress = LessonProgress::in_strides(lesson, STRIDE);
        Self { progress, looked: 0, step: 0, report: LessonReport::default() }
    }

    /// The page it is at, from 0.
    pub fn page(&self) -> usize {
        self.progress.page()
    }

    /// What was found so far.
    pub fn report(&self) -> &LessonReport {
        &self.report
    }

    /// What to do about the newest snapshot.
    pub fn next(&mut self, shot: &Snapshot) -> CheckStep {
        self.report.steps += if shot.step >= self.step { shot.step - self.step } else { shot.step };
        self.step = shot.step;
        loop {
            let commands: Vec<Command> =
                self.progress.feed(shot).into_iter().filter(|command| !matches!(command, Command::Speed(_))).collect();
            if !commands.is_empty() {
                return CheckStep::Send(commands);
            }
            let onward = self.progress.onward(shot);
            if self.progress.is_ready() && self.looked <= self.page() {
                self.looked = self.page() + 1;
                self.look(shot);
            }
            match onward {
                Onward::Wait(_) | Onward::Pause => return CheckStep::Wait,
                Onward::Finished => return CheckStep::Done,
                Onward::Guess => self.progress.set_guess(Guess::Choice(0)),
                Onward::Train => return CheckStep::Send(self.idle(shot)),
                Onward::Again(Miss::TooLate) if self.report.goals.last().is_none_or(|goal| goal.page < self.page()) => {
                    let (page, within) = (self.page(), self.within());
                    self.report.goals.push(GoalReport { page, within, reached: None });
                    self.progress.show_way(shot);
                }
                Onward::Again(miss) => {
                    self.report.faults.push(CheckFault::WayMisses { page: self.page(), miss });
                    return CheckStep::Done;
                }
                Onward::Next | Onward::Finish => {
                    self.passed();
                    let _ = self.progress.go_on(shot);
                }
                Onward::Resume => drop(self.progress.go_on(shot)),
            }
        }
    }

    /// Steps that the goal of this page gives.
    fn within(&self) -> u64 {
        if let Part::Goal(goal) = &self.progress.shown().part { goal.within } else { 0 }
    }

    /// Trains on towards a goal without changing anything.
    fn idle(&mut self, shot: &Snapshot) -> Vec<Command> {
        let commands = self.progress.go_on(shot).into_iter();
        commands.map(|c| if let Command::Step(count) = c { Command::Step(count.min(STRIDE)) } else { c }).collect()
    }

    /// A goal is behind: how it was reached.
    fn passed(&mut self) {
        let (page, within) = (self.page(), self.within());
        let Some(passed) = self.progress.passed(page) else { return };
        if passed.shown {
            if let Some(goal) = self.report.goals.last_mut() {
                goal.reached = Some(passed.steps);
            }
        } else {
            self.report.goals.push(GoalReport { page, within, reached: None });
            self.report.faults.push(CheckFault::ReachedIdle { page, steps: passed.steps });
        }
    }

    /// Looks at the page that was just opened: whether all it needs is measured.
    fn look(&mut self, shot: &Snapshot) {
        let page = self.page();
        let shown = self.progress.shown().clone();
        let quoted =
            shown.text.pieces().filter_map(|piece| if let TextPiece::Now(now) = piece { Some(*now) } else { None });
        let needed = shown.keeps.iter().map(|(_, quantity)| *quantity).chain(quoted);
        for quantity in needed.filter(|quantity| quantity.now(shot).is_none()) {
            self.report.faults.push(CheckFault::NotMeasured { page, quantity });
        }
        let lesson = self.progress.lesson().clone();
        let asked = lesson.guessed_before(page).map(|asked| &lesson.pages[asked].part);
        if let (Part::Reveal(_), Some(Part::Predict(predict))) = (&shown.part, asked) {
            if let Answer::Choice(choices) = &predict.answer {
                let many = right(choices, shot, self.progress.kept()).len();
                if many != 1 {
                    self.report.faults.push(CheckFault::Truths { page, many });
                }
            }
            if matches!(self.progress.revealed(page), None | Some(Revealed::NotMeasured)) {
                self.report.faults.push(CheckFault::NotRevealed { page });
            }
        }
    }
}
