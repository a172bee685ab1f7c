//! The cards that explain a number: what it is, its formula with today's numbers put in, its chance or ideal, its source.
//!
//! - `load`, `agreement`, `collapse`, `loss`, `router`: what is put in, by family; `one`: of one expert or byte. Pure.
//! - `sums`: how sums and windows are written.

pub mod agreement;
pub mod collapse;
pub mod load;
pub mod loss;
pub mod one;
pub(crate) mod router;
pub(crate) mod sums;

use eframe::egui::{Align, Layout, Rect, Response, RichText, Separator, Stroke, Ui};

use crate::domain::readings::LayerProbe;
use crate::run::Snapshot;
use crate::store::history::{LayerMeasure, SeriesKey};
use crate::ui::kit::theme::{self, size};
use crate::ui::kit::{fonts, paint};
use crate::ui::view::ViewState;
use crate::ui::words::measures::MeasureWords;
use crate::words::said;

/// Width of a card.
const WIDTH: f32 = 330.0;

/// Today's lines, and today's chance.
type Today = (Vec<String>, Option<String>);

/// What is said of one number, now.
#[derive(Clone, Debug, PartialEq)]
pub struct Card {
    /// What does not change.
    pub measure: &'static MeasureWords,
    /// Over what it was measured, and how often it is.
    pub window: String,
    /// The formula with today's numbers, a line each; empty while nothing has been measured.
    pub today: Vec<String>,
    /// Today's chance level, where it is a number of its own.
    pub chance: Option<String>,
}

impl Card {
    /// Of a number of the probe that is shown.
    fn probed(measure: &'static MeasureWords, (today, chance): Today, shot: &Snapshot, view: &ViewState) -> Self {
        Self { measure, window: sums::probe_window(shot, view), today, chance }
    }

    /// The same, made from the layer that is shown; without numbers where there is none.
    fn of_layer(
        measure: &'static MeasureWords,
        shot: &Snapshot,
        view: &ViewState,
        make: impl Fn(&LayerProbe) -> Today,
    ) -> Self {
        Self::probed(measure, view.seen(shot).map(|seen| make(seen.layer)).unwrap_or_default(), shot, view)
    }

    /// Draws it.
    pub fn show(&self, ui: &mut Ui) {
        let theme = theme::of(ui);
        ui.set_width(WIDTH);
        ui.spacing_mut().item_spacing.y = 4.0;
        let MeasureWords { name, formula, reading, source, .. } = *self.measure;
        let mut label = |text: &str, font, ink| {
            let text = said(text);
            ui.label(RichText::new(text).font(font).color(ink));
        };
        label(name.said(), fonts::strong(size::TITLE), theme.ink);
        label(&self.window, fonts::regular(size::CAPTION), theme.ink3);
        label(formula.said(), fonts::mono(size::CAPTION), theme.ink2);
        for line in &self.today {
            label(line, fonts::mono(size::CAPTION), theme.ink);
        }
        if let Some(chance) = &self.chance {
            label(chance, fonts::regular(size::BODY), theme.ink);
        }
        label(reading.said(), fonts::regular(size::BODY), theme.ink2);
        ui.visuals_mut().widgets.noninteractive.bg_stroke = Stroke::new(1.0, theme.line2);
        ui.add(Separator::default().spacing(6.0));
        ui.with_layout(Layout::left_to_right(Align::Min), |ui| {
            ui.label(RichText::new(said(source.said())).font(fonts::regular(size::CAPTION)).color(theme.ink3));
        });
    }
}

/// Shows a card while the pointer is on `response`; it is made only then.
pub(crate) fn explain(response: Response, card: impl FnOnce() -> Card) -> Response {
    response.on_hover_ui(|ui| card().show(ui))
}

/// Says `words` of `rect` and explains them with a card, if there is one.
pub(crate) fn offer(
    ui: &Ui,
    rect: Rect,
    measure: &'static MeasureWords,
    words: &str,
    card: impl FnOnce() -> Option<Card>,
) -> Response {
    explain_some(paint::say(ui, rect, ("card", measure.name.said()), words), card)
}

/// Shows a card while the pointer is on `response`, if there is one; it is made only then.
pub(crate) fn explain_some(response: Response, card: impl FnOnce() -> Option<Card>) -> Response {
    match response.hovered().then(card).flatten() {
        Some(card) => explain(response, || card),
        None => response,
    }
}

/// Says `words` of `rect` and explains them with a card.
pub(crate) fn on(
    ui: &Ui,
    rect: Rect,
    measure: &'static MeasureWords,
    words: &str,
    card: impl FnOnce() -> Card,
) -> Response {
    explain(paint::say(ui, rect, ("card", measure.name.said()), words), card)
}

/// The card of a series at the step that is looked at; `None` for a number of one expert.
pub fn of(key: SeriesKey, shot: &Snapshot, view: &ViewState) -> Option<Card> {
    match key {
        SeriesKey::Run(measure) => Some(loss::series(measure, shot, view)),
        SeriesKey::Layer(_, LayerMeasure::Competed) => None,
        SeriesKey::Layer(_, measure) => load::series(measure, shot, view)
            .or_else(|| router::series(measure, shot, view))
            .or_else(|| agreement::series(measure, shot, view))
            .or_else(|| collapse::series(measure, shot, view)),
        SeriesKey::Expert(..) => None,
    }
}
