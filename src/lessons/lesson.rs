//! A lesson as data: what it teaches with, its pages, and what is asked on each.

use super::condition::Condition;
use super::ids::{Anchor, ControlId};
use super::measure::{Quantity, ShareOf};
use super::setting::Setting;
use super::text::LessonText;
use crate::domain::config::Config;
use crate::domain::language::Language;
use crate::run::{Command, RunMoment};

/// A whole lesson.
#[derive(Clone, Debug, PartialEq)]
pub struct Lesson {
    /// Its name for the program: small letters, digits and hyphens. What is remembered of it is kept under this name.
    pub id: String,
    /// Its name for people.
    pub title: String,
    /// What one learns in it, in a sentence.
    pub about: String,
    /// How long it takes, minutes.
    pub minutes: u32,
    /// The controls that are shown, in this order; all others are hidden.
    pub controls: Vec<ControlId>,
    /// What a number may be set to meanwhile: least and most.
    pub locked: Vec<(ControlId, [f64; 2])>,
    /// The run it begins with.
    pub config: Config,
    /// Its pages, at least one.
    pub pages: Vec<Page>,
    /// The same lesson with its texts in other languages.
    pub(super) translations: Vec<(Language, Lesson)>,
}

impl Lesson {
    /// The lesson with its texts in a language; all else is the same. Where it is not translated, as it was written.
    pub fn in_language(&self, language: Language) -> &Self {
        self.translations.iter().find(|(own, _)| *own == language).map_or(self, |(_, lesson)| lesson)
    }

    /// What a control may be set to, if the lesson says so.
    pub fn range(&self, control: ControlId) -> Option<[f64; 2]> {
        self.locked.iter().find(|(id, _)| *id == control).map(|(_, range)| *range)
    }

    /// The page whose guess is shown on page `page`: the last one before it that asks for one.
    pub fn guessed_before(&self, page: usize) -> Option<usize> {
        (0..page).rev().find(|&earlier| matches!(self.pages[earlier].part, Part::Predict(_)))
    }
}

/// One page.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// Its mark above the text: “Look”, “Predict”.
    pub mark: String,
    /// Its heading.
    pub title: String,
    /// Its text.
    pub text: LessonText,
    /// Formulas, a line each.
    pub formula: Vec<String>,
    /// What it speaks of, to be lit up.
    pub lights: Vec<Anchor>,
    /// What is done when it is opened for the first time, in order.
    pub acts: Vec<LessonAct>,
    /// Numbers of that moment to be remembered, by name.
    pub keeps: Vec<(String, Quantity)>,
    /// What is asked.
    pub part: Part,
}

/// What a page asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// To read it.
    Read,
    /// A guess, before it is seen what happens.
    Predict(Predict),
    /// To compare the last guess with what happened.
    Reveal(Reveal),
    /// To bring the run somewhere.
    Goal(Goal),
}

/// What is done to the run by a lesson.
#[derive(Clone, Debug, PartialEq)]
pub enum LessonAct {
    /// Begin a run at step 0: that of the lesson, but for these settings.
    Begin(Vec<Setting>),
    /// Train until so many steps are done, then pause.
    Until(u64),
    /// Train so many steps, then pause.
    Steps(u64),
    /// Set knobs.
    Set(Vec<Setting>),
    /// Anything else that may be asked of a run.
    Command(Command),
    /// Go back to a moment of the run; no file has it.
    Back(RunMoment),
}

/// What is to be guessed. What is right is measured in the run when it is revealed; it stands nowhere.
#[derive(Clone, Debug, PartialEq)]
pub struct Predict {
    /// The question.
    pub ask: String,
    /// Of what kind the answer is.
    pub answer: Answer,
}

/// Kinds of answers.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// A share for each expert of a layer; together they are 1.
    Shares {
        /// Of what.
        of: ShareOf,
        /// Layer with experts, from 0.
        layer: usize,
    },
    /// One number.
    Number {
        /// Of what.
        quantity: Quantity,
        /// Least that can be guessed.
        low: f64,
        /// Most.
        high: f64,
    },
    /// One of several sentences; each with the condition that makes it the right one.
    Choice(Vec<Choice>),
}

/// A sentence to choose.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// What it says.
    pub say: String,
    /// When it is right: all of these hold. Without any, it is right where no other is.
    pub when: Vec<Condition>,
}

/// How a guess is answered.
#[derive(Clone, Debug, PartialEq)]
pub struct Reveal {
    /// How far off a share or a number may be on average to be called close.
    pub within: f64,
    /// What is said of a guess that is close, or right.
    pub close: String,
    /// What is said of any other.
    pub far: String,
}

/// Where the run is to be brought.
#[derive(Clone, Debug, PartialEq)]
pub struct Goal {
    /// What must hold, all of it at once.
    pub conditions: Vec<Condition>,
    /// Within how many steps.
    pub within: u64,
    /// How many controls may be changed at most.
    pub at_most: Option<usize>,
    /// Which controls may be changed; `None` for all that are shown.
    pub only: Option<Vec<ControlId>>,
    /// A way that reaches it: what is done so many steps after the beginning.
    pub shown: Vec<(u64, LessonAct)>,
}

impl Goal {
    /// The controls that may be changed.
    pub(super) fn allowed<'a>(&'a self, lesson: &'a Lesson) -> &'a [ControlId] {
        self.only.as_ref().unwrap_or(&lesson.controls)
    }
}
