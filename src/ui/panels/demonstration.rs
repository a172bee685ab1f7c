//! Demonstrations: the menu that begins one, and the line below the strip that says why the phenomenon appears and what to
//! watch.

use eframe::egui::{Align, Align2, Label, Layout, Popup, Rect, Response, RichText, Ui, pos2, vec2};

use crate::domain::config::{Config, Intervals};
use crate::lessons::{Demonstration, demonstrations};
use crate::run::{Command, RunSetup, Snapshot, Status};
use crate::ui::kit::icons::{self, Icon};
use crate::ui::kit::press::{Look, Press};
use crate::ui::kit::theme::{self, size};
use crate::ui::kit::{fonts, paint};
use crate::ui::view::Outbox;
use crate::ui::view::outbox::Ask;
use crate::ui::words::begin as words;
use crate::words::demonstration as said;

/// Height of the line, points.
pub(crate) const HEIGHT: f32 = 56.0;
/// Width of the menu.
const MENU: f32 = 380.0;

/// The demonstration that was begun.
#[derive(Debug, Default)]
pub(crate) struct DemonstrationView {
    shown: Option<&'static Demonstration>,
    /// Whether its run was seen: where another one is shown then, it is over.
    seen: bool,
}

/// Whether the run that is shown began as this one.
fn is_of(shot: &Snapshot, run: &RunSetup) -> bool {
    let begun = |config: &Config| Config { cadence: Intervals::default(), ..config.clone() };
    begun(&shot.config) == begun(&run.config)
}

impl DemonstrationView {
    /// A demonstration was begun, or its line is put away.
    pub fn show(&mut self, shown: Option<&'static Demonstration>) {
        (self.shown, self.seen) = (shown, false);
    }

    /// The demonstration whose run is shown, with or without its cause.
    pub fn of(&mut self, shot: &Snapshot) -> Option<&'static Demonstration> {
        let shown = self.shown?;
        let is_it = is_of(shot, &shown.run) || is_of(shot, &shown.control());
        if self.seen && !is_it {
            self.shown = None;
        }
        self.seen |= is_it;
        self.shown.filter(|_| is_it)
    }
}

/// The menu of demonstrations, opened by `button`.
pub(crate) fn menu_ui(button: &Response, out: &mut Outbox) {
    Popup::menu(button).accessible_name(words::DEMONSTRATIONS).show(|ui| {
        ui.set_width(MENU);
        for shown in demonstrations() {
            let [name, reason, _] = said(&shown.id);
            let font = fonts::medium(size::BODY);
            if ui.button(RichText::new(name).font(font)).on_hover_text(reason).clicked() {
                out.ask(Ask::Demonstration { shown, control: false });
                ui.close();
            }
            let reason = RichText::new(reason).font(fonts::regular(size::CAPTION)).color(theme::of(ui).ink3);
            // Not stretched from side to side, as the entries of a menu are.
            ui.with_layout(Layout::top_down(Align::Min), |ui| ui.add(Label::new(reason).wrap()));
            ui.add_space(4.0);
        }
    });
}

/// How far it has come: what is said of its alert, and whether that is raised.
fn standing(shown: &Demonstration, shot: &Snapshot) -> (String, bool) {
    let raised = |rule| shot.memory.alerts.all().iter().find(|alert| alert.rule == rule).map(|alert| alert.raised);
    match shown.alert {
        Some(rule) => match raised(rule) {
            Some(step) => (words::raised(step), true),
            None => (words::seen_by(shown.within), false),
        },
        None => match shot.memory.alerts.active().next() {
            Some(alert) => (words::raised(alert.raised), true),
            None => (words::NO_ALERT.said().to_owned(), false),
        },
    }
}

/// Draws the line over all of `ui`.
pub(crate) fn demonstration_ui(ui: &mut Ui, shot: &Snapshot, shown: &'static Demonstration, out: &mut Outbox) {
    let theme = theme::of(ui);
    let rect = ui.max_rect();
    ui.painter().rect_filled(rect, 0, theme.tile);
    ui.painter().hline(rect.x_range(), rect.bottom() - 0.5, theme.hair());
    let [name, reason, watch] = said(&shown.id);
    let mut x = rect.right() - 12.0;
    let mut place = |wide: f32| {
        x -= wide;
        let spot = Rect::from_min_size(pos2(x, rect.center().y - 15.0), vec2(wide, 30.0));
        x -= 8.0;
        spot
    };
    if Press::icon(Icon::Close, words::CLOSE.said()).look(Look::Ghost).show(ui, place(30.0)).clicked() {
        out.ask(Ask::Demonstrated(None));
    }
    let roomy = rect.width() > 900.0;
    if roomy && shown.alert.is_some() {
        let press = Press::words(words::WITHOUT.said()).size(size::BODY);
        let spot = place(press.width(ui));
        if press.show(ui, spot).on_hover_text(words::ABOUT_WITHOUT.said()).clicked() {
            out.ask(Ask::Demonstration { shown, control: true });
        }
    }
    let paused = matches!(shot.status, Status::Paused(_)) && shot.step < shown.within;
    if roomy && paused {
        let label = words::run_to(shown.within);
        let press = Press::words(&label).look(Look::Ink).with_icon(Icon::Play).size(size::BODY);
        let spot = place(press.width(ui));
        if press.show(ui, spot).clicked() {
            out.push(Command::StopAt(shown.within));
        }
    }
    let (left, right) = (rect.left() + 16.0, x - 4.0);
    let (high, low) = (rect.top() + 18.0, rect.top() + 38.0);
    let at = pos2(left, high);
    let name = paint::text_in(ui, at, Align2::LEFT_CENTER, name, fonts::strong(size::TITLE), theme.ink, right - left);
    let beside = pos2(name.right() + 12.0, high);
    let font = fonts::regular(size::BODY);
    paint::text_in(ui, beside, Align2::LEFT_CENTER, reason, font.clone(), theme.ink2, right - beside.x);
    let (state, raised) = standing(shown, shot);
    let mut at = pos2(left, low);
    if raised {
        icons::draw(ui.painter(), Icon::Warning, pos2(left + 6.0, low), 12.0, theme.amber);
        at.x += 18.0;
    }
    let ink = if raised { theme.amber } else { theme.ink3 };
    let state_at = paint::text_in(ui, at, Align2::LEFT_CENTER, &state, font.clone(), ink, right - at.x);
    let watches = words::watch(watch);
    let beside = pos2(state_at.right() + 14.0, low);
    paint::text_in(ui, beside, Align2::LEFT_CENTER, &watches, font, theme.ink2, right - beside.x);
    let whole = rect.with_max_x(right);
    paint::say(ui, whole, "demonstration", &format!("{}. {reason} {watches} {state}", said(&shown.id)[0]));
}
