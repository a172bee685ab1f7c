//! Progress in a lesson: which page, what was guessed, how the goal stands. A pure machine, fed with snapshots; what it gives
//! back is to be sent to the run. The window's card and the headless check both drive it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::changes::LessonChange;
use super::condition::KeptNumbers;
use super::goal::{GoalWatch, Met, Miss, Outcome};
use super::guess::{Guess, Revealed};
use super::lesson::{Goal, Lesson, LessonAct, Page, Part, Reveal};
use super::measure::Quantity;
use super::perform::Performer;
use super::text::TextPiece;
use crate::domain::language::Language;
use crate::run::{Command, Snapshot, Status};

/// How far somebody is in a lesson.
#[derive(Clone, Debug)]
pub struct LessonProgress {
    lesson: Arc<Lesson>,
    /// The page that is shown.
    page: usize,
    /// The last page that was opened; what it does was or is being done.
    reached: usize,
    performer: Performer,
    /// Whether what the last page does is done.
    ready: bool,
    guesses: BTreeMap<usize, Guess>,
    revealed: BTreeMap<usize, Revealed>,
    kept: KeptNumbers,
    /// Numbers that pages quote, as of the moment when what the page does was done.
    quoted: BTreeMap<usize, Vec<(Quantity, f64)>>,
    goal: Option<GoalWatch>,
    /// Goals that were reached, by page: in how many steps, and whether the way was shown.
    passed: BTreeMap<usize, Passed>,
    /// Whether the shown way is being gone.
    showing: bool,
    finished: bool,
}

/// How a goal was reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Passed {
    /// Steps from its beginning.
    pub steps: u64,
    /// Whether the program showed the way.
    pub shown: bool,
}

/// What can be done next on the page that is shown.
#[derive(Clone, Debug, PartialEq)]
pub enum Onward {
    /// Go to the next page.
    Next,
    /// End the lesson.
    Finish,
    /// The lesson is over.
    Finished,
    /// Wait: the run is on its way to a step, if it is known which.
    Wait(Option<u64>),
    /// Go on with a run that was paused on its way.
    Resume,
    /// Guess first.
    Guess,
    /// Train towards the goal.
    Train,
    /// Pause the training towards the goal.
    Pause,
    /// Try the goal again; why it was missed.
    Again(Miss),
}

/// The goal of the page that is shown, as it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct GoalStanding {
    /// Each condition.
    pub met: Vec<Met>,
    /// What was changed.
    pub changed: Vec<LessonChange>,
    /// The step by which it must be reached.
    pub deadline: u64,
    /// Whether it is reached or missed.
    pub outcome: Outcome,
}

impl LessonProgress {
    /// At the first page; the run of the lesson begins with the first snapshot that is fed.
    pub fn new(lesson: Arc<Lesson>) -> Self {
        let mut progress = Self {
            lesson,
            page: 0,
            reached: 0,
            performer: Performer::default(),
            ready: false,
            guesses: BTreeMap::new(),
            revealed: BTreeMap::new(),
            kept: KeptNumbers::new(),
            quoted: BTreeMap::new(),
            goal: None,
            passed: BTreeMap::new(),
            showing: false,
            finished: false,
        };
        progress.performer.add([LessonAct::Begin(Vec::new())]);
        progress.performer.add(progress.lesson.pages[0].acts.clone());
        progress
    }

    /// The same with at most so many steps asked for at once: for who looks at the run in between.
    pub fn in_strides(lesson: Arc<Lesson>, stride: u64) -> Self {
        let mut progress = Self::new(lesson);
        progress.performer.in_strides(stride);
        progress
    }

    /// The lesson.
    pub fn lesson(&self) -> &Arc<Lesson> {
        &self.lesson
    }

    /// The place of the page that is shown, from 0.
    pub fn page(&self) -> usize {
        self.page
    }

    /// The last page that was opened, from 0.
    pub fn reached(&self) -> usize {
        self.reached
    }

    /// The page that is shown.
    pub fn shown(&self) -> &Page {
        &self.lesson.pages[self.page]
    }

    /// What was guessed on a page.
    pub fn guess(&self, page: usize) -> Option<&Guess> {
        self.guesses.get(&page)
    }

    /// What the guess that is shown on a page was held against.
    pub fn revealed(&self, page: usize) -> Option<&Revealed> {
        self.revealed.get(&page)
    }

    /// How the goal of a page was reached.
    pub fn passed(&self, page: usize) -> Option<Passed> {
        self.passed.get(&page).copied()
    }

    /// Numbers that pages have kept.
    pub fn kept(&self) -> &KeptNumbers {
        &self.kept
    }

    /// A number that a page quotes: as it was when what the page does was done; `None` before, or if it was not measured.
    pub fn quoted(&self, page: usize, quantity: Quantity) -> Option<f64> {
        let found = self.quoted.get(&page)?.iter().find(|(quoted, _)| *quoted == quantity)?;
        Some(found.1)
    }

    /// Whether it was gone through to the end.
    pub fn is_finished(&self) -> bool {
        self.finished
    }

    /// Whether the way to the goal is being shown.
    pub fn is_showing(&self) -> bool {
        self.showing
    }

    /// Whether what the pages opened so far do is done.
    pub fn is_ready(&self) -> bool {
        self.ready
    }

    fn goal_of(&self, page: usize) -> Option<&Goal> {
        if let Part::Goal(goal) = &self.lesson.pages[page].part { Some(goal) } else { None }
    }

    /// Takes in the newest snapshot; what to send to the run.
    pub fn feed(&mut self, shot: &Snapshot) -> Vec<Command> {
        if matches!(shot.status, Status::Preparing(_) | Status::Failed(_)) {
            self.performer.wait();
            return Vec::new();
        }
        let lesson = self.lesson.clone();
        let mut commands = self.performer.feed(&lesson, shot);
        if !self.ready && self.performer.is_done() && !shot.is_running() && commands.is_empty() {
            self.arrive(shot);
            // What the shown way begins with needs no other snapshot.
            commands.extend(self.performer.feed(&lesson, shot));
        }
        if let (Some(goal), Some(watch)) = (self.goal_of(self.reached).cloned(), &mut self.goal) {
            let before = watch.outcome().clone();
            watch.take(&lesson, &goal, shot, &self.kept);
            let (outcome, deadline) = (watch.outcome().clone(), watch.deadline(&goal));
            if before == Outcome::Open && outcome != Outcome::Open {
                if let Outcome::Reached(steps) = outcome {
                    self.passed.entry(self.reached).or_insert(Passed { steps, shown: self.showing });
                }
                self.performer.clear();
                self.showing = false;
                if shot.is_running() {
                    commands.push(Command::Pause);
                }
            } else if outcome == Outcome::Open && shot.is_running() && shot.step >= deadline {
                commands.push(Command::Pause);
            }
        }
        commands
    }

    /// What the last page does is done: its numbers are taken.
    fn arrive(&mut self, shot: &Snapshot) {
        self.ready = true;
        let lesson = self.lesson.clone();
        let page = &lesson.pages[self.reached];
        for (name, quantity) in &page.keeps {
            if let Some(value) = quantity.now(shot) {
                self.kept.insert(name.clone(), value);
            }
        }
        let now = |piece: &TextPiece| if let TextPiece::Now(quantity) = piece { Some(*quantity) } else { None };
        let numbers = page.text.pieces().filter_map(now).filter_map(|quantity| Some((quantity, quantity.now(shot)?)));
        self.quoted.insert(self.reached, numbers.collect());
        match &page.part {
            Part::Predict(predict) => {
                if let Some(guess) = Guess::first(predict, shot.experts()) {
                    self.guesses.entry(self.reached).or_insert(guess);
                }
            }
            Part::Reveal(_) => {
                let asked = lesson.guessed_before(self.reached).and_then(|page| Some((page, self.guesses.get(&page)?)));
                if let Some((Part::Predict(predict), guess)) =
                    asked.map(|(page, guess)| (&lesson.pages[page].part, guess))
                {
                    self.revealed.insert(self.reached, guess.reveal(predict, shot, &self.kept));
                }
            }
            Part::Goal(goal) => {
                self.goal = Some(GoalWatch::begin(goal, shot, &self.kept));
                if self.showing {
                    self.performer.add(way(goal, shot.step));
                }
            }
            Part::Read => {}
        }
    }

    /// Guesses, on the page that is shown. What was revealed can no longer be guessed.
    pub fn set_guess(&mut self, guess: Guess) {
        let open = self.page == self.reached && matches!(self.shown().part, Part::Predict(_));
        if open {
            self.guesses.insert(self.page, guess);
        }
    }

    /// What can be done next.
    pub fn onward(&self, shot: &Snapshot) -> Onward {
        if self.page < self.reached {
            return Onward::Next;
        }
        if self.finished {
            return Onward::Finished;
        }
        if !self.ready || self.showing {
            let halted = self.performer.is_halted(shot);
            return if halted { Onward::Resume } else { Onward::Wait(self.performer.until()) };
        }
        let on = if self.page + 1 == self.lesson.pages.len() { Onward::Finish } else { Onward::Next };
        match &self.shown().part {
            Part::Read | Part::Reveal(_) => on,
            Part::Predict(_) if self.guesses.contains_key(&self.page) => on,
            Part::Predict(_) => Onward::Guess,
            Part::Goal(_) => match self.goal.as_ref().map(GoalWatch::outcome) {
                _ if self.passed.contains_key(&self.page) => on,
                Some(Outcome::Missed(miss)) => Onward::Again(miss.clone()),
                _ if shot.is_running() => Onward::Pause,
                _ => Onward::Train,
            },
        }
    }

    /// Does what [`LessonProgress::onward`] says; what to send to the run.
    pub fn go_on(&mut self, shot: &Snapshot) -> Vec<Command> {
        match self.onward(shot) {
            Onward::Next => self.next(),
            Onward::Finish => self.finished = true,
            Onward::Resume => self.performer.resume(),
            Onward::Again(_) => self.again(shot),
            Onward::Pause => return vec![Command::Pause],
            Onward::Train => {
                let deadline =
                    self.goal_of(self.page).zip(self.goal.as_ref()).map(|(goal, watch)| watch.deadline(goal));
                return deadline
                    .filter(|&end| end > shot.step)
                    .map(|end| Command::Step(end - shot.step))
                    .into_iter()
                    .collect();
            }
            Onward::Finished | Onward::Wait(_) | Onward::Guess => {}
        }
        Vec::new()
    }

    fn next(&mut self) {
        self.page += 1;
        if self.page > self.reached {
            self.reached = self.page;
            (self.ready, self.goal) = (false, None);
            self.performer.add(self.shown().acts.clone());
        }
    }

    /// Back to the page before, to read it again; nothing is done to the run.
    pub fn back(&mut self) {
        self.page = self.page.saturating_sub(1);
    }

    /// Begins the last page again: where its goal was set, if the run can go back there, else with a run of its own that comes
    /// to where the page begins.
    pub fn again(&mut self, shot: &Snapshot) {
        self.performer.clear();
        if let Some(moment) = self.goal.as_ref().and_then(|goal| goal.way_back(shot)) {
            self.performer.add([LessonAct::Back(moment)]);
        } else {
            self.performer.add([LessonAct::Begin(Vec::new())]);
            for page in &self.lesson.pages[..self.reached] {
                self.performer.add(page.acts.clone());
                if let Part::Goal(goal) = &page.part {
                    // Others may have gone another way; all of them have reached the goal.
                    self.performer.add(way_from_here(goal));
                }
            }
            self.performer.add(self.lesson.pages[self.reached].acts.clone());
        }
        (self.page, self.ready, self.goal, self.showing) = (self.reached, false, None, false);
    }

    /// Shows a way to the goal of the last page, from its beginning.
    pub fn show_way(&mut self, shot: &Snapshot) {
        if self.goal_of(self.reached).is_some() {
            self.again(shot);
            self.showing = true;
        }
    }

    /// The goal of the page that is shown; `None` if it has none, or is not there yet.
    pub fn goal(&self, shot: &Snapshot) -> Option<GoalStanding> {
        let (goal, watch) = self.goal_of(self.page).zip(self.goal.as_ref().filter(|_| self.page == self.reached))?;
        Some(GoalStanding {
            met: watch.standing(goal, shot, &self.kept),
            changed: watch.changed(),
            deadline: watch.deadline(goal),
            outcome: watch.outcome().clone(),
        })
    }

    /// What is said of the guess on a page where it is revealed.
    pub fn said_of_guess(&self, page: usize, language: Language) -> Option<(&Revealed, &str)> {
        let lesson = self.lesson.in_language(language);
        let Part::Reveal(Reveal { within, close, far }) = &lesson.pages[page].part else { return None };
        let revealed = self.revealed.get(&page)?;
        Some((revealed, if revealed.is_close(*within) { close } else { far }))
    }
}

/// The shown way to a goal that was set at step `from`, up to its last step.
fn way(goal: &Goal, from: u64) -> Vec<LessonAct> {
    let steps = goal.shown.iter().flat_map(|(at, act)| [LessonAct::Until(from + at), act.clone()]);
    steps.chain([LessonAct::Until(from + goal.within)]).collect()
}

/// The same, where it is not known yet at which step it will be set.
fn way_from_here(goal: &Goal) -> Vec<LessonAct> {
    let mut acts = Vec::new();
    let mut done = 0;
    for (at, act) in &goal.shown {
        acts.extend([LessonAct::Steps(at - done), act.clone()]);
        done = *at;
    }
    acts.push(LessonAct::Steps(goal.within - done));
    acts
}
