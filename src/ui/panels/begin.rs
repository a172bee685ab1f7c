//! The question before a demonstration or a set-up begins: what it is, and what becomes of the run now shown.

use eframe::egui::{Align2, RichText, Sense, Ui, vec2};

use super::draft::closes;
use crate::domain::config::TaskConfig;
use crate::lessons::{Demonstration, Setup};
use crate::run::{Command, Snapshot};
use crate::ui::kit::fonts;
use crate::ui::kit::press::{Look, Press};
use crate::ui::kit::theme::{self, size};
use crate::ui::view::Outbox;
use crate::ui::view::outbox::Ask;
use crate::ui::words::{self, begin};

/// What is to begin once a person has said so.
#[derive(Debug)]
pub(crate) struct BeginView {
    what: Begins,
    /// Whether the question is answered.
    pub done: bool,
}

#[derive(Debug)]
enum Begins {
    Demonstration { shown: &'static Demonstration, control: bool },
    Setup(Box<Setup>),
}

impl BeginView {
    /// A demonstration; `control`: without its cause.
    pub fn demonstration(shown: &'static Demonstration, control: bool) -> Self {
        Self { what: Begins::Demonstration { shown, control }, done: false }
    }

    /// A set-up.
    pub fn setup(setup: Box<Setup>) -> Self {
        Self { what: Begins::Setup(setup), done: false }
    }

    /// Its title, and what there is to say of it.
    fn words(&self) -> (String, Vec<String>) {
        match &self.what {
            Begins::Demonstration { shown, control } => {
                let [name, reason, watch] = crate::words::demonstration(&shown.id);
                let lines = match control {
                    true => vec![begin::ABOUT_WITHOUT.said().to_owned()],
                    false => vec![reason.to_owned(), begin::watch(watch)],
                };
                let title = if *control { begin::without(name) } else { name.to_owned() };
                (title, lines)
            }
            Begins::Setup(setup) => (begin::SETUP_TITLE.said().to_owned(), begin::setup(setup)),
        }
    }

    /// What it learns, in whose terms the question speaks.
    pub fn task(&self) -> TaskConfig {
        match &self.what {
            Begins::Demonstration { shown, .. } => shown.run.config.task.clone(),
            Begins::Setup(setup) => setup.run.config.task.clone(),
        }
    }

    /// Begins it.
    pub fn begin(&mut self, out: &mut Outbox) {
        self.done = true;
        match &self.what {
            Begins::Demonstration { shown, control } => {
                let run = if *control { shown.control() } else { shown.run.clone() };
                out.push(Command::NewSetup(Box::new(run)));
                out.ask(Ask::Demonstrated(Some(*shown)));
            }
            Begins::Setup(setup) => {
                out.push(Command::NewSetup(Box::new(setup.run.clone())));
                out.ask(Ask::Hide(setup.hidden.clone()));
            }
        }
    }
}

/// Draws the question.
pub(crate) fn begin_ui(ui: &mut Ui, shot: &Snapshot, view: &mut BeginView, out: &mut Outbox) {
    let theme = theme::of(ui);
    ui.set_width(480.0);
    ui.spacing_mut().item_spacing = vec2(8.0, 10.0);
    let (title, lines) = view.words();
    ui.label(RichText::new(title).font(fonts::strong(size::STRIP)).color(theme.ink));
    for line in lines {
        ui.label(RichText::new(line).color(theme.ink2));
    }
    ui.label(RichText::new(closes(shot)).color(theme.ink3));
    let (row, _) = ui.allocate_exact_size(vec2(ui.available_width(), 32.0), Sense::hover());
    let button = |x: f32, w: f32| Align2::LEFT_TOP.anchor_size(row.min + vec2(x, 0.0), vec2(w, 32.0));
    let begins = Press::words(begin::BEGIN.said()).named(begin::BEGIN_NAMED.said()).look(Look::Ink);
    if begins.show(ui, button(0.0, 120.0)).clicked() {
        view.begin(out);
    }
    let cancel = Press::words(words::CANCEL.said()).named(begin::CANCEL_NAMED.said());
    if cancel.show(ui, button(128.0, 100.0)).clicked() {
        view.done = true;
    }
}
