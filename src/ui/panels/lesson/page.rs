//! The page of a lesson: its marks, heading, text, formula, and what it asks for.

use eframe::egui::text::LayoutJob;
use eframe::egui::{Align2, FontId, Frame, Margin, Rect, RichText, TextFormat, Ui, pos2, vec2};

use super::LessonView;
use super::ask::{predict_ui, reveal_ui};
use super::goal::goal_ui;
use crate::lessons::{LessonProgress, Part, TextPiece};
use crate::run::Snapshot;
use crate::ui::kit::theme::{self, FIELD_RADIUS, Theme, size};
use crate::ui::kit::{fonts, paint};
use crate::ui::words::lesson as words;

/// Size of a heading.
const HEADING: f32 = 22.0;

/// A bar for each page with its mark below; those that were opened are filled.
pub(super) fn marks_ui(ui: &Ui, rect: Rect, view: &LessonView) {
    let Some(progress) = view.progress() else { return };
    let theme = theme::of(ui);
    let pages = &words::spoken(progress.lesson()).pages;
    let all = pages.len();
    let wide = ((rect.width() + 6.0) / all as f32 - 6.0).max(4.0);
    for (place, page) in pages.iter().enumerate() {
        let left = rect.left() + place as f32 * (wide + 6.0);
        let bar = Rect::from_min_size(pos2(left, rect.top()), vec2(wide, 4.0));
        let (fill, ink) = match place {
            place if place == progress.page() => (theme.violet, theme.ink),
            place if place <= progress.reached() => (theme.violet_dim, theme.ink3),
            _ => (theme.track, theme.ink3),
        };
        ui.painter().rect_filled(bar, 2, fill);
        let font = if place == progress.page() { fonts::strong(size::TICK) } else { fonts::regular(size::TICK) };
        // Where marks have no room, the one of the page that is shown stands alone.
        let room = if all > 6 && place == progress.page() { rect.right() - left } else { wide };
        if all <= 6 || place == progress.page() {
            let text = paint::cut(ui, &page.mark, font.clone(), ink, 200.0).size().x;
            let x = if text > room { (rect.right() - text).min(left).max(rect.left()) } else { left };
            paint::text_in(ui, pos2(x, bar.bottom() + 4.0), Align2::LEFT_TOP, &page.mark, font, ink, text.max(room));
        }
    }
    let said = words::page_of(progress.page() + 1, all, &pages[progress.page()].mark);
    paint::say(ui, rect, "lesson-marks", &said);
}

/// Everything between the marks and the buttons.
pub(super) fn page_ui(ui: &mut Ui, shot: &Snapshot, view: &mut LessonView) {
    let Some(progress) = view.progress() else { return };
    let theme = theme::of(ui);
    let place = progress.page();
    let page = words::spoken(progress.lesson()).pages[place].clone();
    ui.label(RichText::new(&page.title).font(fonts::strong(HEADING)).color(theme.ink));
    for paragraph in &page.text.0 {
        let competes = shot.knobs.policy.competes();
        let job = paragraph_of(paragraph, progress, (place, competes), theme, ui.available_width());
        ui.label(job);
    }
    if !page.formula.is_empty() {
        Frame::new().fill(theme.field).corner_radius(FIELD_RADIUS).inner_margin(Margin::same(10)).show(ui, |ui| {
            ui.spacing_mut().item_spacing.y = 4.0;
            ui.set_width(ui.available_width());
            for line in &page.formula {
                ui.label(RichText::new(line).font(fonts::regular(size::BODY)).color(theme.violet));
            }
        });
    }
    match &page.part {
        Part::Read => {}
        Part::Predict(predict) => predict_ui(ui, shot, predict, view),
        Part::Reveal(_) => reveal_ui(ui, shot, view),
        Part::Goal(goal) => goal_ui(ui, shot, goal, view),
    }
    if view.progress().is_some_and(LessonProgress::is_finished) {
        ui.label(RichText::new(words::LESSON_DONE.said()).font(fonts::medium(size::TITLE)).color(theme.ok));
    }
}

/// A paragraph: plain and bold words, names as the window has them, numbers as measured.
fn paragraph_of(
    pieces: &[TextPiece],
    progress: &LessonProgress,
    (page, competes): (usize, bool),
    theme: &Theme,
    width: f32,
) -> LayoutJob {
    let mut job = LayoutJob::default();
    job.wrap.max_width = width;
    let mut add = |text: &str, font: FontId, color| {
        let format = TextFormat { font_id: font, color, line_height: Some(19.0), ..TextFormat::default() };
        job.append(text, 0.0, format);
    };
    let regular = || fonts::regular(size::TITLE);
    let strong = || fonts::strong(size::TITLE);
    for piece in pieces {
        match piece {
            TextPiece::Plain(text) => add(text, regular(), theme.ink2),
            TextPiece::Bold(text) => add(text, strong(), theme.ink),
            TextPiece::Measure(id) => add(&words::measure(*id), fonts::medium(size::TITLE), theme.ink),
            TextPiece::Anchor(anchor) => add(&words::anchor(*anchor, competes), fonts::medium(size::TITLE), theme.ink),
            TextPiece::Now(quantity) => {
                let value = progress.quoted(page, *quantity).map(|value| words::value(quantity.measure, value));
                add(&value.unwrap_or_else(|| "…".into()), strong(), theme.ink);
            }
            TextPiece::Kept(name) => {
                let value = progress.kept().get(name).map(|value| words::kept(*value));
                add(&value.unwrap_or_else(|| "…".into()), strong(), theme.ink);
            }
        }
    }
    job
}
