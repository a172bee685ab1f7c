//! Lesson card: the page that is read beside a run, with guess and goal, and the list of lessons.

mod ask;
mod goal;
mod list;
mod page;
mod view;

pub use view::LessonView;

use eframe::egui::{Rect, ScrollArea, Ui, UiBuilder, pos2, vec2};

use crate::lessons::Onward;
use crate::run::Snapshot;
use crate::ui::kit::icons::Icon;
use crate::ui::kit::press::{Look, Press};
use crate::ui::kit::theme::{self, RADIUS, size};
use crate::ui::kit::{fonts, paint};
use crate::ui::view::Outbox;
use crate::ui::words::lesson as words;

/// Space around what is on the card.
const PADDING: f32 = 16.0;
/// Height of the row of buttons.
const BUTTONS: f32 = 36.0;
/// Height of the first line.
const HEAD: f32 = 22.0;

/// Draws the card over all of `ui`: the page of the lesson that is open, else the list.
pub fn lesson_ui(ui: &mut Ui, shot: &Snapshot, view: &mut LessonView, out: &mut Outbox) {
    let theme = theme::of(ui);
    let rect = ui.max_rect();
    paint::boxed(ui.painter(), rect, RADIUS, theme.tile, theme.line2);
    let inner = rect.shrink(PADDING);
    head_ui(ui, inner, view);
    let top = inner.top() + HEAD + 4.0;
    let Some(onward) = view.progress().map(|progress| progress.onward(shot)) else {
        return scrolled(ui, inner.with_min_y(top), "lessons", |ui| list::list_ui(ui, view, out));
    };
    let low = inner.bottom() - BUTTONS;
    page::marks_ui(ui, Rect::from_min_max(pos2(inner.left(), top), pos2(inner.right(), top + 24.0)), view);
    let body = Rect::from_min_max(pos2(inner.left(), top + 34.0), pos2(inner.right(), low - 10.0));
    let salt = ("lesson-page", view.progress().map_or(0, |progress| progress.page()));
    scrolled(ui, body, salt, |ui| page::page_ui(ui, shot, view));
    buttons_ui(ui, Rect::from_min_max(pos2(inner.left(), low), inner.max), (shot, onward), view, out);
}

fn scrolled(ui: &mut Ui, rect: Rect, salt: impl std::hash::Hash + std::fmt::Debug, add: impl FnOnce(&mut Ui)) {
    ui.scope_builder(UiBuilder::new().max_rect(paint::sound(rect)), |ui| {
        ui.shrink_clip_rect(rect);
        ui.spacing_mut().item_spacing = vec2(8.0, 10.0);
        ScrollArea::vertical().id_salt(salt).auto_shrink(false).show(ui, |ui| {
            ui.set_width(rect.width() - 8.0);
            add(ui);
        });
    });
}

/// Which lesson it is, and the way out.
fn head_ui(ui: &mut Ui, inner: Rect, view: &mut LessonView) {
    let theme = theme::of(ui);
    let row = inner.with_max_y(inner.top() + HEAD);
    let close = Rect::from_min_max(pos2(row.right() - HEAD, row.top()), row.max);
    if Press::icon(Icon::Close, words::CLOSE.said()).look(Look::Ghost).show(ui, close).clicked() {
        view.close();
        return;
    }
    let said = view.place().unwrap_or_else(|| view.how_many_done());
    let at = pos2(row.left(), row.center().y);
    let font = fonts::regular(size::CAPTION);
    let ink = theme.ink2;
    let used = paint::text_in(ui, at, eframe::egui::Align2::LEFT_CENTER, &said, font, ink, row.width() - 130.0);
    paint::say(ui, used, "lesson-place", &said);
    if view.progress().is_some() {
        let all = Press::words(words::ALL_LESSONS.said()).look(Look::Ghost).size(size::CAPTION);
        let width = all.width(ui);
        let spot =
            Rect::from_min_max(pos2(close.left() - width - 4.0, row.top()), pos2(close.left() - 4.0, row.bottom()));
        if all.show(ui, spot).clicked() {
            view.list();
        }
    }
}

/// Back, a way that is shown, and the button that is most likely next.
fn buttons_ui(ui: &mut Ui, row: Rect, (shot, onward): (&Snapshot, Onward), view: &mut LessonView, out: &mut Outbox) {
    let theme = theme::of(ui);
    let Some(progress) = view.progress() else { return };
    let back = Rect::from_min_size(row.min, vec2(76.0, BUTTONS));
    let may_go_back = progress.page() > 0;
    let shows = matches!(onward, Onward::Train | Onward::Pause | Onward::Again(_));
    let waits = match &onward {
        Onward::Wait(Some(step)) => words::to_step(*step),
        _ => words::WAIT.said().to_owned(),
    };
    let (label, icon, enabled) = match &onward {
        Onward::Next => (words::NEXT.said(), None, true),
        Onward::Finish => (words::FINISH.said(), None, true),
        Onward::Finished => (words::NEXT_LESSON.said(), None, true),
        Onward::Wait(_) => (waits.as_str(), None, false),
        Onward::Resume => (words::RESUME.said(), Some(Icon::Play), true),
        Onward::Guess => (words::GUESS_FIRST.said(), None, false),
        Onward::Train => (words::RUN.said(), Some(Icon::Play), true),
        Onward::Pause => (words::PAUSE.said(), Some(Icon::Pause), true),
        Onward::Again(_) => (words::AGAIN.said(), Some(Icon::Reset), true),
    };
    if may_go_back && Press::words(words::BACK.said()).show(ui, back).clicked() {
        view.back();
    }
    let mut press = Press::words(label).look(if enabled { Look::Ink } else { Look::Raised }).enabled(enabled);
    if let Some(icon) = icon {
        press = press.with_icon(icon);
    }
    let width = press.width(ui).clamp(110.0, (row.width() - 84.0).max(110.0));
    let main = Rect::from_min_max(pos2(row.right() - width, row.top()), row.max);
    let left = if may_go_back { back.right() + 8.0 } else { row.left() };
    let show = Press::words(words::SHOW_ME.said()).look(Look::Ghost);
    let wide = show.width(ui);
    if shows && main.left() - left >= wide + 8.0 {
        let spot = Rect::from_min_size(pos2(left, row.top()), vec2(wide, BUTTONS));
        if show.show(ui, spot).clicked() {
            view.show_way(shot);
        }
    } else if enabled && main.left() - left >= 60.0 {
        let font = fonts::regular(size::CAPTION);
        let at = pos2(main.left() - 10.0, row.center().y);
        paint::text_in(ui, at, eframe::egui::Align2::RIGHT_CENTER, words::SPACE.said(), font, theme.ink3, 60.0);
    }
    if press.show(ui, main).clicked() {
        view.go_on(shot, out);
    }
}
