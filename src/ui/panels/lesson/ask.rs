//! Guesses on a lesson's page: bars with handles, a number, sentences to choose from; then what happened beside them.

use eframe::egui::{Align2, RadioButton, Rect, RichText, Sense, Ui, pos2, vec2};

use super::LessonView;
use crate::domain::roster::ExpertId;
use crate::lessons::{Answer, Choice, Guess, Part, Predict, Quantity, Revealed};
use crate::run::Snapshot;
use crate::ui::kit::numbers::percent;
use crate::ui::kit::slider::{Reach, slider_ui};
use crate::ui::kit::theme::{self, size};
use crate::ui::kit::{fonts, paint};
use crate::ui::words::lesson as words;

/// Height of a row.
const ROW: f32 = 24.0;
/// Width of the numbers beside a bar.
const NUMBERS: f32 = 84.0;

/// Two words over what follows: what it is, and of what.
fn heading_ui(ui: &mut Ui, title: &str, caption: &str) {
    let theme = theme::of(ui);
    let (row, _) = ui.allocate_exact_size(vec2(ui.available_width(), 18.0), Sense::hover());
    let used = paint::text_in(
        ui,
        row.left_center(),
        Align2::LEFT_CENTER,
        title,
        fonts::strong(size::TITLE),
        theme.ink,
        row.width(),
    );
    let font = fonts::regular(size::CAPTION);
    paint::text_in(
        ui,
        row.right_center(),
        Align2::RIGHT_CENTER,
        caption,
        font,
        theme.ink3,
        row.right() - used.right() - 8.0,
    );
}

/// The question of a page, and the answer as it stands.
pub(super) fn predict_ui(ui: &mut Ui, shot: &Snapshot, predict: &Predict, view: &mut LessonView) {
    let theme = theme::of(ui);
    let Some(guess) = view.progress().map(|progress| progress.guess(progress.page()).cloned()) else { return };
    let caption = if matches!(predict.answer, Answer::Shares { .. }) { words::SHARE_OF_POINTS.said() } else { "" };
    heading_ui(ui, words::YOUR_GUESS.said(), caption);
    ui.label(RichText::new(&predict.ask).font(fonts::regular(size::BODY)).color(theme.ink2));
    let may = view.may_guess();
    let new = ui.add_enabled_ui(may, |ui| match (&predict.answer, guess) {
        (Answer::Shares { layer, .. }, Some(Guess::Shares(shares))) => shares_ui(ui, shot, *layer, &shares),
        (Answer::Number { quantity, low, high }, Some(Guess::Number(value))) => {
            number_ui(ui, *quantity, [*low, *high], value)
        }
        (Answer::Choice(choices), guess) => choices_ui(ui, choices, guess, None),
        _ => None,
    });
    if let Some(guess) = new.inner.filter(|_| may) {
        view.guess(guess);
    }
}

/// A row with room for a bar: the row, the bar, the middle of the numbers' left side.
fn row_ui(ui: &mut Ui, before: f32) -> (Rect, Rect) {
    let (row, _) = ui.allocate_exact_size(vec2(ui.available_width(), ROW), Sense::hover());
    let bar = Rect::from_min_max(
        pos2(row.left() + before, row.center().y - 7.0),
        pos2(row.right() - NUMBERS, row.center().y + 7.0),
    );
    (row, bar)
}

/// The expert in each slot of a layer.
fn experts(shot: &Snapshot, layer: usize) -> Vec<ExpertId> {
    shot.model.rosters.get(layer).map(|roster| roster.slots.clone()).unwrap_or_default()
}

fn shares_ui(ui: &mut Ui, shot: &Snapshot, layer: usize, shares: &[f64]) -> Option<Guess> {
    let theme = theme::of(ui);
    let mut new = None;
    for (place, (id, &share)) in experts(shot, layer).into_iter().zip(shares).enumerate() {
        let (row, bar) = row_ui(ui, 28.0);
        paint::chip(ui.painter(), pos2(row.left() + 9.0, row.center().y), 16.0, id, theme, 1.0);
        let mut value = share;
        let reach = Reach { low: 0.0, high: 1.0, finest: None, whole: false };
        if slider_ui(ui, bar, &words::guess_for(id), reach, &mut value).changed() {
            new = Some(Guess::Shares(Guess::with_share(shares, place, value)));
        }
        let font = fonts::strong(size::TITLE);
        paint::text_in(ui, row.right_center(), Align2::RIGHT_CENTER, &percent(share), font, theme.ink, NUMBERS);
    }
    new
}

fn number_ui(ui: &mut Ui, quantity: Quantity, [low, high]: [f64; 2], guess: f64) -> Option<Guess> {
    let theme = theme::of(ui);
    let (row, bar) = row_ui(ui, 0.0);
    let mut value = guess;
    let reach = Reach { low, high, finest: None, whole: false };
    let changed = slider_ui(ui, bar, words::YOUR_GUESS.said(), reach, &mut value).changed();
    let said = words::value(quantity.measure, guess);
    paint::text_in(ui, row.right_center(), Align2::RIGHT_CENTER, &said, fonts::strong(size::TITLE), theme.ink, NUMBERS);
    changed.then_some(Guess::Number(value))
}

/// Sentences to choose from; `right` is the place of the true one, once it is known.
fn choices_ui(ui: &mut Ui, choices: &[Choice], guess: Option<Guess>, right: Option<usize>) -> Option<Guess> {
    let theme = theme::of(ui);
    let chosen = if let Some(Guess::Choice(place)) = guess { Some(place) } else { None };
    let mut new = None;
    for (place, choice) in choices.iter().enumerate() {
        let ink = if right.is_some_and(|right| right == place) { theme.ok } else { theme.ink };
        let text = RichText::new(&choice.say).font(fonts::regular(size::TITLE)).color(ink);
        if ui.add(RadioButton::new(chosen == Some(place), text)).clicked() {
            new = Some(Guess::Choice(place));
        }
        if right == Some(place) {
            ui.label(RichText::new(words::THIS_IS_RIGHT.said()).font(fonts::regular(size::CAPTION)).color(theme.ok));
        }
    }
    new
}

/// What was guessed and what was found, as they are written, at the end of a row.
fn numbers_ui(ui: &Ui, row: Rect, [guess, found]: [String; 2]) {
    let (text, font) = (format!("{guess} › {found}"), fonts::medium(size::BODY));
    let (at, ink) = (row.right_center(), theme::of(ui).ink);
    paint::value_in(ui, at, Align2::RIGHT_CENTER, &text, font, ink, NUMBERS - 4.0);
}

/// The guess and what happened.
pub(super) fn reveal_ui(ui: &mut Ui, shot: &Snapshot, view: &LessonView) {
    let theme = theme::of(ui);
    let Some(progress) = view.progress() else { return };
    let page = progress.page();
    let Some((revealed, said)) = progress.said_of_guess(page, crate::words::spoken()) else { return };
    let lesson = words::spoken(progress.lesson());
    let asked = lesson.guessed_before(page);
    let Some(Part::Predict(predict)) = asked.map(|page| &lesson.pages[page].part) else { return };
    let caption = if matches!(revealed, Revealed::Shares { .. }) { words::SHARE_OF_POINTS.said() } else { "" };
    heading_ui(ui, words::GUESS_AND_FOUND.said(), caption);
    match (revealed, &predict.answer) {
        (Revealed::Shares { guess, found, .. }, Answer::Shares { layer, .. }) => {
            for (id, (guess, found)) in experts(shot, *layer).into_iter().zip(guess.iter().zip(found)) {
                let (row, bar) = row_ui(ui, 28.0);
                let p = ui.painter();
                paint::chip(p, pos2(row.left() + 9.0, row.center().y), 16.0, id, theme, 1.0);
                paint::floor_bar(p, bar, *found, Some(*guess), theme.expert(id), theme);
                numbers_ui(ui, row, [*guess, *found].map(percent));
                paint::say(ui, row, ("revealed", id.0), &words::share_said(id, *guess, *found));
            }
        }
        (Revealed::Number { guess, found, .. }, Answer::Number { quantity, low, high }) => {
            let (row, bar) = row_ui(ui, 0.0);
            let place = |value: f64| (value - low) / (high - low);
            paint::floor_bar(ui.painter(), bar, place(*found), Some(place(*guess)), theme.violet, theme);
            numbers_ui(ui, row, [*guess, *found].map(|value| words::value(quantity.measure, value)));
            paint::say(ui, row, "revealed", &words::number_said(quantity.measure, *guess, *found));
        }
        (Revealed::Choice { guess, found }, Answer::Choice(choices)) => {
            ui.add_enabled_ui(false, |ui| choices_ui(ui, choices, Some(Guess::Choice(*guess)), *found));
        }
        _ => drop(ui.label(RichText::new(words::NOT_MEASURED.said()).color(theme.ink2))),
    }
    ui.label(RichText::new(said).font(fonts::medium(size::TITLE)).color(theme.ink));
}
