//! The command palette: everything that can be done, measured or begun, found by typing a part of its name; and the list of keys.

use std::sync::Arc;

use eframe::egui::{Align, Button, FontId, Grid, Key, Modifiers, RichText, ScrollArea, TextEdit, Ui, vec2};

use super::actions::{ACTIONS, Action, ActionGroup};
use crate::domain::config::Preset;
use crate::lessons::{Demonstration, Lesson, demonstrations, shipped};
use crate::run::Snapshot;
use crate::store::history::{LayerMeasure, RunMeasure, SeriesKey};
use crate::ui::kit::theme::{self, size};
use crate::ui::kit::{fonts, paint};
use crate::ui::panels::cards::{self, Card};
use crate::ui::view::outbox::Ask;
use crate::ui::view::watched::trains;
use crate::ui::view::{Outbox, ViewState};
use crate::ui::words::actions as words;
use crate::ui::words::measures::{self, MeasureWords};
use crate::ui::words::watched;
use crate::words::{named, said, spoken};

/// Width of the palette, points.
const WIDTH: f32 = 520.0;
/// Between two columns of the list of keys, points.
const BETWEEN: f32 = 20.0;
/// Height of its list.
const HEIGHT: f32 = 320.0;

/// What can be chosen.
#[derive(Clone, Copy, Debug)]
enum Entry {
    Action(&'static Action),
    Measure(&'static MeasureWords),
    Preset(Preset),
    /// Its place in the list, from 0, and the lesson.
    Lesson(usize, &'static Arc<Lesson>),
    Demonstration(&'static Demonstration),
}

impl Entry {
    fn all() -> impl Iterator<Item = Self> {
        let measures = measures::ALL.iter().copied().map(Self::Measure);
        let lessons = shipped().iter().enumerate().map(|(place, lesson)| Self::Lesson(place, lesson));
        let shown = demonstrations().iter().map(Self::Demonstration);
        let begun = Preset::ALL.map(Self::Preset).into_iter().chain(lessons).chain(shown);
        ACTIONS.iter().map(Self::Action).chain(measures).chain(begun)
    }

    fn name(self) -> String {
        match self {
            Self::Action(action) => action.name.into(),
            Self::Measure(measure) => said(measure.name.said()).into_owned(),
            Self::Preset(preset) => words::begin_preset(named(preset.label())),
            Self::Lesson(place, lesson) => words::lesson(place + 1, &lesson.in_language(spoken()).title),
            Self::Demonstration(shown) => crate::words::demonstration(&shown.id)[0].to_owned(),
        }
    }

    /// What kind it is, or its keys.
    fn beside(self) -> String {
        match self {
            Self::Action(action) => action.keys(),
            Self::Measure(_) => words::MEASURE.into(),
            Self::Preset(_) => words::PRESET.into(),
            Self::Lesson(..) => words::LESSON.into(),
            Self::Demonstration(_) => words::DEMONSTRATION.into(),
        }
    }
}

/// The palette while it is open.
#[derive(Debug, Default)]
pub(crate) struct PaletteView {
    typed: String,
    chosen: usize,
    /// Whether it is to be put away.
    pub done: bool,
}

/// Draws the palette.
pub(crate) fn palette_ui(ui: &mut Ui, shot: &Snapshot, view: &mut PaletteView, out: &mut Outbox) {
    ui.set_width(WIDTH);
    let pressed = |ui: &Ui, key| ui.input_mut(|input| input.consume_key(Modifiers::NONE, key));
    let (up, down, go) = (pressed(ui, Key::ArrowUp), pressed(ui, Key::ArrowDown), pressed(ui, Key::Enter));
    let field = TextEdit::singleline(&mut view.typed).hint_text(words::TYPE.said()).desired_width(WIDTH - 12.0);
    let field = ui.add(field).accessible_name(words::TYPE.said());
    field.request_focus();
    if field.changed() {
        view.chosen = 0;
    }
    let found = found(&view.typed);
    let last = found.len().saturating_sub(1);
    view.chosen = (view.chosen + usize::from(down)).saturating_sub(usize::from(up)).min(last);
    let mut does = found.get(view.chosen).copied().filter(|_| go);
    ui.add_space(8.0);
    if found.is_empty() {
        ui.label(words::NOTHING_FOUND.said());
    }
    // Whatever the list had room for while little was found.
    let list = ScrollArea::vertical().max_height(HEIGHT).min_scrolled_height(HEIGHT).auto_shrink([false, true]);
    list.show(ui, |ui| {
        for (place, &entry) in found.iter().enumerate() {
            let mut row = row_ui(ui, entry, place == view.chosen, can(entry, shot));
            if !fits(entry, shot) {
                row = row.on_hover_text(watched::ONLY.said());
            }
            if place == view.chosen && (up || down) {
                row.scroll_to_me(Some(Align::Center));
            }
            if row.clicked() {
                does = Some(entry);
            }
        }
    });
    if let Some(entry) = does.filter(|&entry| can(entry, shot)) {
        view.done = true;
        match entry {
            Entry::Action(action) => (action.act)(shot, out, 0),
            Entry::Measure(measure) => out.ask(Ask::Measure(measure)),
            Entry::Lesson(_, lesson) => out.ask(Ask::Lesson(lesson.clone())),
            Entry::Demonstration(shown) => out.ask(Ask::Demonstration { shown, control: false }),
            Entry::Preset(preset) => out.ask(Ask::NewConfig(Box::new(preset.config()))),
        }
    }
}

fn can(entry: Entry, shot: &Snapshot) -> bool {
    if let Entry::Action(action) = entry { action.fits(shot) && (action.can)(shot) } else { true }
}

/// Whether it is one for what is shown.
fn fits(entry: Entry, shot: &Snapshot) -> bool {
    if let Entry::Action(action) = entry { action.fits(shot) } else { true }
}

/// The entries of which every typed word is a part; those whose name begins with what is typed first.
fn found(typed: &str) -> Vec<Entry> {
    let typed = typed.trim().to_lowercase();
    let holds = |entry: &Entry| {
        let text = format!("{} {}", entry.name(), entry.beside()).to_lowercase();
        typed.split_whitespace().all(|word| text.contains(word))
    };
    let mut all: Vec<Entry> = Entry::all().filter(holds).collect();
    all.sort_by_key(|entry| !entry.name().to_lowercase().starts_with(&typed));
    all
}

fn row_ui(ui: &mut Ui, entry: Entry, chosen: bool, can: bool) -> eframe::egui::Response {
    let theme = theme::of(ui);
    let beside = entry.beside();
    let ink = if can { theme.ink } else { theme.ink3 };
    let button = Button::selectable(chosen, RichText::new(entry.name()).color(ink));
    ui.add_sized(vec2(WIDTH - 16.0, 24.0), button.right_text(RichText::new(beside).color(theme.ink3)))
}

/// Draws the list of keys that do something here, by what they are about.
pub(crate) fn keys_ui(ui: &mut Ui, shot: &Snapshot) {
    let theme = theme::of(ui);
    ui.label(RichText::new(words::ALL_KEYS.said()).font(fonts::strong(size::STRIP)));
    ui.add_space(8.0);
    // Long names are wrapped where the window is narrow.
    let wide = (ui.ctx().content_rect().width() - 60.0) / ActionGroup::ALL.len() as f32 - BETWEEN;
    ui.horizontal_top(|ui| {
        for group in ActionGroup::ALL {
            let of_group =
                |action: &&Action| action.group == group && action.fits(shot) && !action.shortcuts.is_empty();
            let actions = || ACTIONS.iter().filter(of_group);
            if actions().next().is_none() {
                continue;
            }
            let widest = |words: &dyn Fn(&Action) -> String, font: FontId| {
                actions().map(|action| paint::wide(ui, &words(action), font.clone())).fold(0.0, f32::max)
            };
            let keys = widest(&Action::keys, fonts::medium(size::BODY));
            let names = widest(&|action| action.name.into(), fonts::regular(size::BODY));
            let room = wide - keys - 20.0;
            ui.vertical(|ui| {
                ui.label(RichText::new(group.name().said()).font(fonts::medium(size::TITLE)).color(theme.ink2));
                let mut grid = Grid::new(group.name()).num_columns(2);
                if names > room {
                    grid = grid.max_col_width(room.max(120.0));
                }
                grid.spacing(vec2(16.0, 5.0)).show(ui, |ui| {
                    for action in actions() {
                        ui.label(RichText::new(action.keys()).font(fonts::medium(size::BODY)));
                        ui.label(RichText::new(action.name.said()).color(theme.ink2));
                        ui.end_row();
                    }
                });
            });
            ui.add_space(BETWEEN);
        }
    });
    if !trains(shot) {
        ui.add_space(10.0);
        ui.label(RichText::new(watched::KEYS.said()).color(theme.ink3));
    }
}

/// Draws the card of a measure, with today's numbers where the layer shown has them.
pub(crate) fn measure_ui(ui: &mut Ui, measure: &'static MeasureWords, layer: usize, shot: &Snapshot) {
    let view = ViewState::of_layer(layer);
    let layers = LayerMeasure::ALL.iter().map(|&of| SeriesKey::Layer(layer, of));
    let runs = RunMeasure::ALL.iter().map(|&of| SeriesKey::Run(of));
    let card = layers.chain(runs).filter_map(|key| cards::of(key, shot, &view)).find(|card| card.measure == measure);
    let card = card.unwrap_or_else(|| Card { measure, window: String::new(), today: Vec::new(), chance: None });
    card.show(ui);
}
