//! What is open of the lessons: the progress in one, the list, which were gone through.

use std::path::PathBuf;
use std::sync::Arc;

use crate::lessons::{Anchor, ControlId, Guess, Lesson, LessonProgress, LessonsDone, Onward, Part, shipped};
use crate::run::Snapshot;
use crate::ui::view::Outbox;
use crate::ui::words::lesson as words;

/// The lessons as a window shows them.
#[derive(Debug, Default)]
pub struct LessonView {
    open: bool,
    progress: Option<LessonProgress>,
    done: LessonsDone,
    /// What else is lit up: what a demonstration is seen in.
    beside: Vec<Anchor>,
    /// Where it is kept which were gone through; `None` where there is no place for it.
    file: Option<PathBuf>,
}

impl LessonView {
    /// The same, which keeps in `file` which lessons were gone through.
    pub fn keep_in(&mut self, file: Option<PathBuf>) {
        self.done = file.as_deref().map(LessonsDone::read).unwrap_or_default();
        self.file = file;
    }

    /// Whether the card is to be seen.
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// The lesson that is open.
    pub fn progress(&self) -> Option<&LessonProgress> {
        self.progress.as_ref()
    }

    /// Which lessons were gone through.
    pub(super) fn done(&self) -> &LessonsDone {
        &self.done
    }

    /// Shows the list of lessons; the one that is open is given up.
    pub fn list(&mut self) {
        (self.open, self.progress) = (true, None);
    }

    /// Begins a lesson.
    pub fn begin(&mut self, lesson: Arc<Lesson>) {
        (self.open, self.progress) = (true, Some(LessonProgress::new(lesson)));
    }

    /// Puts the card away; the lesson is given up, and the run stays as it is.
    pub fn close(&mut self) {
        (self.open, self.progress) = (false, None);
    }

    /// “Lesson 1 of 9”, or the title of a lesson of somebody's own.
    pub(super) fn place(&self) -> Option<String> {
        let lesson = self.progress.as_ref()?.lesson();
        let all = shipped();
        Some(match all.iter().position(|other| Arc::ptr_eq(other, lesson)) {
            Some(place) => words::lesson_of(place + 1, all.len()),
            None => words::LESSON.said().to_owned(),
        })
    }

    /// The controls that the lesson shows; `None` without one.
    pub fn controls(&self) -> Option<&[ControlId]> {
        self.progress.as_ref().map(|progress| progress.lesson().controls.as_slice())
    }

    /// What a control may be set to, where the lesson says so.
    pub fn range(&self, control: ControlId) -> Option<[f64; 2]> {
        self.progress.as_ref()?.lesson().range(control)
    }

    /// Whether the page that is shown speaks of this.
    pub fn lights(&self, anchor: Anchor) -> bool {
        let page = self.progress.as_ref().is_some_and(|progress| progress.shown().lights.contains(&anchor));
        page || self.beside.contains(&anchor)
    }

    /// Lights up these as well, and no others.
    pub(crate) fn light_beside(&mut self, lights: &[Anchor]) {
        if self.beside != lights {
            self.beside = lights.to_vec();
        }
    }

    /// Takes in the newest snapshot.
    pub fn feed(&mut self, shot: &Snapshot, out: &mut Outbox) {
        if let Some(progress) = &mut self.progress {
            progress.feed(shot).into_iter().for_each(|command| out.push(command));
        }
    }

    /// What the main button does, and the Space key.
    pub fn go_on(&mut self, shot: &Snapshot, out: &mut Outbox) {
        let Some(progress) = &mut self.progress else { return };
        let onward = progress.onward(shot);
        progress.go_on(shot).into_iter().for_each(|command| out.push(command));
        let lesson = progress.lesson().clone();
        match onward {
            Onward::Finish => {
                let shown =
                    (0..lesson.pages.len()).any(|page| progress.passed(page).is_some_and(|passed| passed.shown));
                self.done.add(&lesson.id, shown);
                if let Some(file) = &self.file {
                    self.done.write(file);
                }
            }
            Onward::Finished => {
                let place = shipped().iter().position(|other| Arc::ptr_eq(other, &lesson));
                match place.and_then(|place| shipped().get(place + 1)) {
                    Some(next) => self.begin(next.clone()),
                    None => self.list(),
                }
            }
            _ => {}
        }
    }

    pub(super) fn back(&mut self) {
        if let Some(progress) = &mut self.progress {
            progress.back();
        }
    }

    pub(super) fn show_way(&mut self) {
        if let Some(progress) = &mut self.progress {
            progress.show_way();
        }
    }

    pub(super) fn guess(&mut self, guess: Guess) {
        if let Some(progress) = &mut self.progress {
            progress.set_guess(guess);
        }
    }

    /// Whether a guess can still be changed on the page that is shown.
    pub(super) fn may_guess(&self) -> bool {
        let open = |progress: &LessonProgress| progress.page() == progress.reached();
        self.progress
            .as_ref()
            .is_some_and(|progress| open(progress) && matches!(progress.shown().part, Part::Predict(_)))
    }
}
