//! What a report says of a lesson: each guess beside what was measured, each goal and how it was reached.

use maud::{Markup, html};

use crate::lessons::{Answer, Guess, LessonProgress, Outcome, Part, Predict, Revealed};
use crate::run::Snapshot;
use crate::ui::words::{lesson, report};
use crate::words::spoken;

/// The results of the lesson that is open, page by page; nothing before the first guess or goal.
pub(super) fn results(progress: &LessonProgress, shot: &Snapshot) -> Markup {
    let told = lesson::spoken(progress.lesson());
    let pages = &told.pages[..=progress.reached()];
    let rows: Vec<(String, Vec<String>)> = pages
        .iter()
        .enumerate()
        .filter_map(|(place, page)| match &page.part {
            Part::Predict(predict) => Some((predict.ask.clone(), guessed(progress, place, predict, shot))),
            Part::Goal(goal) => {
                let asked = goal.conditions.iter().map(|condition| lesson::condition(condition, progress.kept()));
                Some((asked.collect::<Vec<_>>().join("; "), vec![reached(progress, place, shot)]))
            }
            Part::Read | Part::Reveal(_) => None,
        })
        .collect();
    html! {
        @if !rows.is_empty() {
            h2 { (report::lesson(&told.title)) }
            table {
                @for (asked, said) in &rows {
                    tr { th.asked { (asked) } td { @for line in said { (line) br; } } }
                }
            }
        }
    }
}

/// The guess of a page, what was measured, and what the lesson says of both.
fn guessed(progress: &LessonProgress, page: usize, predict: &Predict, shot: &Snapshot) -> Vec<String> {
    let pages = 0..progress.lesson().pages.len();
    let answered = pages.into_iter().find(|&other| {
        progress.lesson().guessed_before(other) == Some(page) && progress.said_of_guess(other, spoken()).is_some()
    });
    let Some((revealed, said)) = answered.and_then(|page| progress.said_of_guess(page, spoken())) else {
        let mine = progress.guess(page);
        let choice = if let (Some(Guess::Choice(place)), Answer::Choice(choices)) = (mine, &predict.answer) {
            choices.get(*place)
        } else {
            None
        };
        let mine = choice.map(|choice| report::chosen(&choice.say));
        return mine.into_iter().chain([report::NOT_REVEALED.said().to_owned()]).collect();
    };
    let mut lines = match (revealed, &predict.answer) {
        (Revealed::Shares { guess, found, .. }, Answer::Shares { layer, .. }) => {
            let experts = shot.model.rosters.get(*layer).map(|roster| roster.slots.clone()).unwrap_or_default();
            let both = guess.iter().zip(found);
            experts.into_iter().zip(both).map(|(id, (guess, found))| lesson::share_said(id, *guess, *found)).collect()
        }
        (Revealed::Number { guess, found, .. }, Answer::Number { quantity, .. }) => {
            vec![lesson::number_said(quantity.measure, *guess, *found)]
        }
        (Revealed::Choice { guess, found }, Answer::Choice(choices)) => {
            let say = |place: usize| choices.get(place).map(|choice| choice.say.as_str());
            let mine = say(*guess).map(report::chosen);
            let right = found.filter(|found| found != guess).and_then(say).map(report::right);
            mine.into_iter().chain(right).collect()
        }
        _ => vec![lesson::NOT_MEASURED.said().to_owned()],
    };
    lines.push(said.to_owned());
    lines
}

/// How the goal of a page stands.
fn reached(progress: &LessonProgress, page: usize, shot: &Snapshot) -> String {
    if let Some(passed) = progress.passed(page) {
        return lesson::passed(passed.steps, passed.shown);
    }
    let outcome = progress.goal(shot).filter(|_| progress.page() == page).map(|standing| standing.outcome);
    match outcome {
        Some(Outcome::Missed(why)) => lesson::missed(crate::words::miss(&why)),
        _ => report::NOT_REACHED.said().to_owned(),
    }
}
