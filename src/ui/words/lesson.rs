//! Words of the lesson card: its buttons, what is asked, how a guess and a goal stand, the list of lessons.

use crate::domain::config::KNOBS;
use crate::domain::roster::ExpertId;
use crate::lessons::{
    Anchor, Condition, ControlId, KeptNumbers, Lesson, LessonChange, Level, MeasureId, PanelId, Subject,
};
use crate::store::alerts::Side;
use crate::store::history::{LayerMeasure, RunMeasure};
use crate::ui::kit::numbers::{count, fixed, percent};
use crate::ui::words::{grown, learn, plane, report, selection, strip, tiles, timeline};
use crate::words::constants::texts;
use crate::words::table::sentences;
use crate::words::{named, retold};

texts! { "lesson_card":
    /// The card itself.
    pub(crate) LESSON;
    /// The list of lessons.
    pub(crate) LESSONS;
    /// What a lesson is.
    pub(crate) ABOUT_LESSONS;
    /// Puts the card away.
    pub(crate) CLOSE;
    /// Back to the list.
    pub(crate) ALL_LESSONS;
    /// A lesson of somebody else.
    pub(crate) OPEN_FILE;
    /// The page before.
    pub(crate) BACK;
    /// The next page.
    pub(crate) NEXT;
    /// The end of the lesson.
    pub(crate) FINISH;
    /// Begins a lesson.
    pub(crate) BEGIN;
    /// The lesson that follows.
    pub(crate) NEXT_LESSON;
    /// Trains towards a goal.
    pub(crate) RUN;
    /// Pauses that.
    pub(crate) PAUSE;
    /// Goes on after a pause.
    pub(crate) RESUME;
    /// Tries a goal again.
    pub(crate) AGAIN;
    /// Shows a way to a goal.
    pub(crate) SHOW_ME;
    /// The run is on its way.
    pub(crate) WAIT;
    /// Nothing is chosen yet.
    pub(crate) GUESS_FIRST;
    /// The key of the main button.
    pub(crate) SPACE;
    /// Over a guess.
    pub(crate) YOUR_GUESS;
    /// Over a guess and what happened.
    pub(crate) GUESS_AND_FOUND;
    /// Beside shares.
    pub(crate) SHARE_OF_POINTS;
    /// Over a goal.
    pub(crate) GOAL;
    /// The way is being shown.
    pub(crate) SHOWING;
    /// What was guessed on cannot be measured.
    pub(crate) NOT_MEASURED;
    /// Under the last page.
    pub(crate) LESSON_DONE;
    /// Before a lesson that was gone through.
    pub(crate) DONE;
    /// A number that is not there yet.
    pub(crate) NONE_YET;
    /// The sentence that was right.
    pub(crate) THIS_IS_RIGHT;
    /// Share of right answers.
    pub(crate) SCORE;
}

sentences! { "lesson_card":
    fn titled(title);
    pub(crate) fn lesson_of(number, all);
    pub(crate) fn lessons_done(done, all);
    pub(crate) fn page_of(page, all, mark);
    pub(crate) fn minutes[minutes](minutes: u64) { minutes = minutes };
    pub(crate) fn guess_for(expert: ExpertId) { expert = expert };
    fn guessed_share(expert, guess, found);
    fn guessed_number(guess, found);
    fn above(measure, level);
    fn below(measure, level);
    fn in_a_row(what, readings);
    fn of_expert(measure, expert);
    fn now(value);
    fn goal(level);
    fn steps_left[steps](steps: u64) { steps = count(steps) };
    fn changed(what);
    fn reached[steps](steps: u64) { steps = count(steps) };
    fn reached_shown[steps](steps: u64) { steps = count(steps) };
    pub(crate) fn missed(why);
    pub(crate) fn begin_lesson(title);
    pub(crate) fn to_step(step: u64) { step = count(step) };
}

/// A lesson with its texts in the language of the window.
pub(crate) fn spoken(lesson: &Lesson) -> &Lesson {
    lesson.in_language(crate::words::spoken())
}

/// The name of a measure.
pub(crate) fn measure(id: MeasureId) -> String {
    match id {
        MeasureId::Score => SCORE.said().to_owned(),
        other => retold(&other.to_string().replace('-', " ")).into_owned(),
    }
}

/// The name of a control, as it stands on the screen.
pub(crate) fn control(id: ControlId) -> &'static str {
    match id {
        ControlId::Knob(id) => named(KNOBS[id as usize].name),
        ControlId::Data => plane::DATA.said(),
        ControlId::Noise => plane::NOISE.said(),
        ControlId::Experts => learn::EXPERTS.said(),
        ControlId::Seed => learn::NEW_SEED.said(),
        ControlId::Run => strip::RUN.said(),
        ControlId::Step => strip::STEP.said(),
    }
}

/// The title of a panel, as it stands on the screen of a run that `competes` or does not.
fn panel(id: PanelId, competes: bool) -> &'static str {
    match id {
        PanelId::CompetitionMap => plane::competition(competes),
        PanelId::RouterMap => plane::ROUTER.said(),
        PanelId::DecisionMap => plane::DECISION.said(),
        PanelId::Load => tiles::LOAD.said(),
        PanelId::Loss => tiles::LOSS.said(),
        PanelId::Agreement => tiles::AGREEMENT.said(),
        PanelId::Collapse => tiles::COLLAPSE.said(),
        PanelId::Router => grown::AGREEMENT_PAGES[1].said(),
        PanelId::Timeline => timeline::RUN.said(),
        PanelId::Alerts => report::ALERTS.said(),
        PanelId::Selection => selection::SELECTION.said(),
        PanelId::FaultLab => selection::FAULT_LAB.said(),
    }
}

/// The name of a control or a panel in the text of a lesson; what is not named within a sentence is quoted.
pub(crate) fn anchor(anchor: Anchor, competes: bool) -> String {
    match anchor {
        Anchor::Control(ControlId::Knob(id)) => control(ControlId::Knob(id)).to_owned(),
        Anchor::Control(id) => titled(control(id)),
        Anchor::Panel(id) => titled(panel(id, competes)),
    }
}

/// The number of a measure.
pub(crate) fn value(id: MeasureId, value: f64) -> String {
    match id {
        MeasureId::Competitions | MeasureId::ExpertCount | MeasureId::ExpertPasses => fixed(value, 0),
        MeasureId::Layer(LayerMeasure::Staleness | LayerMeasure::DeadExperts | LayerMeasure::Competed) => {
            fixed(value, 0)
        }
        MeasureId::Run(RunMeasure::Validation | RunMeasure::LossTask | RunMeasure::LossTotal) => fixed(value, 3),
        _ => fixed(value, 2),
    }
}

/// A number that a page has kept; of what is not known, so that small ones keep a digit more.
pub(crate) fn kept(value: f64) -> String {
    fixed(
        value,
        if value.abs() < 0.5 {
            3
        } else if value.fract() == 0.0 {
            0
        } else {
            2
        },
    )
}

/// What a condition is about.
pub(crate) fn subject(condition: &Condition) -> String {
    match &condition.subject {
        Subject::Measure(quantity) => match quantity.measure {
            MeasureId::Expert(_) => of_expert(measure(quantity.measure), quantity.expert),
            id => measure(id),
        },
        Subject::Kept(name) => name.clone(),
    }
}

/// A number of what a condition is about.
pub(crate) fn of(condition: &Condition, number: f64) -> String {
    match &condition.subject {
        Subject::Measure(quantity) => value(quantity.measure, number),
        Subject::Kept(_) => kept(number),
    }
}

/// A condition in words.
pub(crate) fn condition(condition: &Condition, numbers: &KeptNumbers) -> String {
    let level = match (&condition.level, condition.level(numbers)) {
        (_, Some(level)) => of(condition, level),
        (Level::Kept { name, .. }, None) => name.clone(),
        (Level::Number(level), None) => of(condition, *level),
    };
    let what = match condition.side {
        Side::Above => above(subject(condition), level),
        Side::Below => below(subject(condition), level),
    };
    if condition.readings > 1 { in_a_row(what, condition.readings) } else { what }
}

/// Below a bar: where the number is.
pub(crate) fn now_at(condition: &Condition, number: Option<f64>) -> String {
    now(number.map_or_else(|| NONE_YET.said().to_owned(), |number| of(condition, number)))
}

/// Below a bar: where it should be.
pub(crate) fn goal_at(condition: &Condition, number: f64) -> String {
    goal(of(condition, number))
}

/// How a goal under way stands, in a line.
pub(crate) fn under_way(left: u64, changes: &[LessonChange]) -> String {
    if changes.is_empty() {
        return steps_left(left);
    }
    let names: Vec<String> = changes.iter().map(crate::words::change).collect();
    format!("{} · {}", steps_left(left), changed(names.join(", ")))
}

/// A goal that was reached.
pub(crate) fn passed(steps: u64, shown: bool) -> String {
    if shown { reached_shown(steps) } else { reached(steps) }
}

/// A share as guessed and as measured, for those who cannot see the bars.
pub(crate) fn share_said(expert: ExpertId, guess: f64, found: f64) -> String {
    guessed_share(expert, percent(guess), percent(found))
}

/// A number as guessed and as measured.
pub(crate) fn number_said(id: MeasureId, guess: f64, found: f64) -> String {
    guessed_number(value(id, guess), value(id, found))
}
