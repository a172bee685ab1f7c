//! The list of lessons: nine with their minutes, those that were gone through marked; a file of somebody's own.

use eframe::egui::{Align2, Rect, RichText, Sense, Ui, pos2, vec2};

use super::LessonView;
use crate::lessons::shipped;
use crate::ui::kit::press::{Look, Press};
use crate::ui::kit::theme::{self, RADIUS, size};
use crate::ui::kit::{fonts, paint};
use crate::ui::view::Outbox;
use crate::ui::view::outbox::Ask;
use crate::ui::words::lesson as words;

/// Height of an entry.
const ENTRY: f32 = 62.0;

/// Draws the list.
pub(super) fn list_ui(ui: &mut Ui, view: &mut LessonView, out: &mut Outbox) {
    let theme = theme::of(ui);
    ui.label(RichText::new(words::LESSONS.said()).font(fonts::strong(22.0)).color(theme.ink));
    ui.label(RichText::new(words::ABOUT_LESSONS.said()).font(fonts::regular(size::BODY)).color(theme.ink2));
    // The first that was not gone through is the one most likely next.
    let next = shipped().iter().position(|lesson| !view.done().has(&lesson.id));
    let mut begun = None;
    ui.spacing_mut().item_spacing.y = 6.0;
    for (place, whole) in shipped().iter().enumerate() {
        let lesson = words::spoken(whole);
        let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), ENTRY), Sense::hover());
        paint::boxed(ui.painter(), rect, RADIUS, theme.panel, theme.line);
        let button = Press::words(words::BEGIN.said());
        let name = words::begin_lesson(&lesson.title);
        let button = button.named(&name).look(if next == Some(place) { Look::Ink } else { Look::Raised });
        let wide = button.width(ui).max(64.0);
        let spot = Rect::from_min_size(pos2(rect.right() - wide - 8.0, rect.center().y - 15.0), vec2(wide, 30.0));
        if button.show(ui, spot).clicked() {
            begun = Some(whole.clone());
        }
        let room = spot.left() - rect.left() - 18.0;
        let title = format!("{}  {}", place + 1, lesson.title);
        let at = rect.min + vec2(10.0, 10.0);
        paint::lines_in(ui, pos2(at.x, rect.top() + 22.0), &title, fonts::medium(size::TITLE), theme.ink, (room, 2));
        let minutes = words::minutes(u64::from(lesson.minutes));
        let low = pos2(at.x, rect.bottom() - 9.0);
        let font = fonts::regular(size::CAPTION);
        let used = paint::text_in(ui, low, Align2::LEFT_BOTTOM, &minutes, font.clone(), theme.ink3, room);
        if view.done().has(&lesson.id) {
            let at = pos2(used.right() + 10.0, low.y);
            paint::text_in(ui, at, Align2::LEFT_BOTTOM, words::DONE.said(), font, theme.ok, room);
        }
        let done = if view.done().has(&lesson.id) { words::DONE.said() } else { "" };
        paint::say(
            ui,
            rect.with_max_x(spot.left() - 4.0),
            ("lesson", place),
            &format!("{title}. {}. {minutes} {done}", lesson.about),
        )
        .on_hover_text(&lesson.about);
    }
    let open = Press::words(words::OPEN_FILE.said());
    let (rect, _) = ui.allocate_exact_size(vec2(open.width(ui), 32.0), Sense::hover());
    if open.show(ui, rect).clicked() {
        out.ask(Ask::OpenLesson);
    }
    if let Some(lesson) = begun {
        view.begin(lesson);
    }
}
