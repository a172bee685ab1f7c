//! Pieces that several panels draw: chips of experts, bars with a floor, heat maps, dashed frames; and the
//! words under each picture, for those who cannot see it and for tests.

use std::sync::Arc;

use eframe::egui::{
    Align2, Color32, FontId, Galley, Mesh, Painter, Pos2, Rect, Response, Role, Sense, Shape, Stroke, StrokeKind,
    TextWrapMode, Ui, UiBuilder, WidgetInfo, WidgetText, pos2, text::LayoutJob, text::TextWrapping, vec2,
};

use super::fonts;
use super::theme::{CHIP_RADIUS, Theme, size};
use crate::domain::roster::ExpertId;

/// The radius of a disc of `times` the area of one of radius `radius`.
pub(crate) fn radius_of_area(radius: f32, times: f32) -> f32 {
    radius * times.sqrt()
}

/// Draws in `rect` and nowhere else; ids inside are salted by `salt`.
pub(crate) fn within<R>(
    ui: &mut Ui,
    rect: Rect,
    salt: impl std::hash::Hash + std::fmt::Debug,
    add: impl FnOnce(&mut Ui) -> R,
) -> R {
    let rect = sound(rect);
    let mut child = ui.new_child(UiBuilder::new().max_rect(rect).id_salt(salt));
    child.shrink_clip_rect(rect);
    add(&mut child)
}

/// Draws into an area, unless it has no room.
pub(crate) fn area(ui: &mut Ui, rect: Rect, name: &str, add: impl FnOnce(&mut Ui)) {
    if rect.width() >= 24.0 && rect.height() >= 12.0 {
        within(ui, rect, name, add);
    }
}

/// A rectangle without a negative side.
pub(crate) fn sound(rect: Rect) -> Rect {
    Rect::from_min_size(rect.min, rect.size().max(vec2(0.0, 0.0)))
}

/// Says what is drawn in `rect` to screen readers and tests, and lets it be hovered.
pub(crate) fn say(ui: &Ui, rect: Rect, salt: impl std::hash::Hash + std::fmt::Debug, words: &str) -> Response {
    let response = ui.interact(sound(rect), ui.scope_id().with(salt), Sense::hover());
    response.widget_info(|| WidgetInfo::labeled(Role::Image, true, words));
    response
}

/// Text on one line, cut with an ellipsis at `width`; never within a number, of which nothing is shown then.
pub(crate) fn cut(ui: &Ui, text: &str, font: FontId, color: Color32, width: f32) -> Arc<Galley> {
    let line = |text: String| {
        let mut job = LayoutJob::simple_singleline(text, font.clone(), color);
        job.wrap = TextWrapping::truncate_at_width(width.max(0.0));
        ui.painter().layout_job(job)
    };
    let galley = line(text.to_owned());
    if !galley.elided {
        return galley;
    }
    let shown = galley.rows.iter().map(|row| row.glyphs.len()).sum::<usize>().saturating_sub(1);
    let whole = before_number(text, shown);
    if whole == shown {
        galley
    } else {
        line(format!("{}…", text.chars().take(whole).collect::<String>().trim_end()))
    }
}

/// Width of a text on one line, uncut, points.
pub(crate) fn wide(ui: &Ui, text: &str, font: FontId) -> f32 {
    ui.painter().layout_no_wrap(text.to_owned(), font, Color32::WHITE).size().x
}

/// How many of the first `shown` characters remain if a number that would be cut there goes as a whole.
fn before_number(text: &str, shown: usize) -> usize {
    let letters: Vec<char> = text.chars().collect();
    let shown = shown.min(letters.len());
    let begin = letters[..shown].iter().rposition(|c| c.is_whitespace()).map_or(0, |space| space + 1);
    let end = letters[shown..].iter().position(|c| c.is_whitespace()).map_or(letters.len(), |space| shown + space);
    let cut_within = letters[begin..end].iter().any(char::is_ascii_digit);
    // A unit of a thousand belongs to its number: what is left of “88.7 k” is not 88.7.
    let unit = end == begin || (end - begin == 1 && "kMGT".contains(letters[begin]));
    let number = begin >= 2 && letters[begin - 2].is_ascii_digit() && unit;
    match (cut_within, number) {
        (true, _) => begin,
        (false, true) => before_number(text, begin - 1),
        (false, false) => shown,
    }
}

/// The first of several ways to say something, longest first, that fits in `width` on one line.
pub(crate) fn fitting<'a>(ui: &Ui, ways: &[&'a str], font: &FontId, width: f32) -> Option<&'a str> {
    let fits = |words: &&&str| {
        ui.painter().layout_no_wrap((**words).to_owned(), font.clone(), Color32::PLACEHOLDER).size().x <= width
    };
    ways.iter().find(fits).copied()
}

/// Whether anything of a text was left out when it was laid out.
pub(crate) fn is_cut(galley: &Galley, text: &str) -> bool {
    galley.elided || galley.text() != text
}

/// Draws text on one line, cut at `width`, and whole while the pointer rests on it; returns where it went. Where there
/// is no room for a letter nothing is drawn.
pub(crate) fn text_in(ui: &Ui, at: Pos2, align: Align2, text: &str, font: FontId, color: Color32, width: f32) -> Rect {
    let galley = cut(ui, text, font, color, width);
    let missing = is_cut(&galley, text);
    if missing && galley.rows.iter().map(|row| row.glyphs.len()).sum::<usize>() < 3 {
        return align.anchor_size(at, vec2(0.0, galley.size().y));
    }
    let rect = align.anchor_size(at, galley.size());
    ui.painter().galley(rect.min, galley, color);
    if missing {
        whole_on_hover(ui, rect, text);
    }
    rect
}

/// Shows all of a text that was cut while the pointer rests on it.
pub(crate) fn whole_on_hover(ui: &Ui, rect: Rect, text: &str) {
    let place = (rect.min.x.round() as i32, rect.min.y.round() as i32);
    ui.interact(rect, ui.scope_id().with(("cut", place)), Sense::hover()).on_hover_text(text);
}

/// Draws a value on one line, never cut: in smaller type where `width` asks for it; returns where it went.
pub(crate) fn value_in(ui: &Ui, at: Pos2, align: Align2, text: &str, font: FontId, color: Color32, width: f32) -> Rect {
    let size = |font: &FontId| ui.painter().layout_no_wrap(text.to_owned(), font.clone(), color);
    let mut font = font;
    let mut galley = size(&font);
    while galley.size().x > width && font.size > SMALLEST {
        font.size = (font.size * (width / galley.size().x).max(0.5)).min(font.size - 0.5).max(SMALLEST);
        galley = size(&font);
    }
    let rect = align.anchor_size(at, galley.size());
    ui.painter().galley(rect.min, galley, color);
    rect
}

/// Smallest type to which a value shrinks, points.
const SMALLEST: f32 = 7.0;

/// Draws words on at most `rows` lines of `width`, the last one cut if they need more, and whole while the pointer
/// rests on them; `at` is the middle of their left side. Returns where they went.
pub(crate) fn lines_in(
    ui: &Ui,
    at: Pos2,
    text: &str,
    font: FontId,
    color: Color32,
    (width, rows): (f32, usize),
) -> Rect {
    let mut job = LayoutJob::simple(text.to_owned(), font, color, width.max(1.0));
    job.wrap.max_rows = rows.max(1);
    let galley = ui.painter().layout_job(job);
    let rect = Align2::LEFT_CENTER.anchor_size(at, galley.size());
    let missing = galley.elided;
    ui.painter().galley(rect.min, galley, color);
    if missing {
        whole_on_hover(ui, rect, text);
    }
    rect
}

/// A paragraph, wrapped at `width`; returns its height.
pub(crate) fn paragraph(ui: &Ui, at: Pos2, text: &str, font: FontId, color: Color32, width: f32) -> f32 {
    let words: WidgetText = eframe::egui::RichText::new(text).font(font.clone()).color(color).into();
    let galley = words.into_galley(ui, Some(TextWrapMode::Wrap), width.max(1.0), font);
    let height = galley.size().y;
    ui.painter().galley(at, galley, color);
    height
}

/// The number of an expert on its colour.
pub(crate) fn chip(p: &Painter, centre: Pos2, side: f32, id: ExpertId, theme: &Theme, strength: f32) {
    let number = id.to_string();
    let wide = side * if number.len() > 2 { 1.6 } else { 1.15 };
    let rect = Rect::from_center_size(centre, vec2(wide, side));
    p.rect_filled(rect, CHIP_RADIUS, theme.expert(id).gamma_multiply(strength));
    let font = fonts::strong((side * 0.68).clamp(size::TICK, size::BODY));
    p.text(centre, Align2::CENTER_CENTER, number, font, theme.on_expert(id, strength));
}

/// A rectangle in an expert's colour; experts beyond 8 carry a pattern as well.
pub(crate) fn fill_expert(p: &Painter, rect: Rect, radius: u8, id: ExpertId, theme: &Theme, strength: f32) {
    let rect = sound(rect);
    p.rect_filled(rect, radius, theme.expert(id).gamma_multiply(strength));
    let pen = Stroke::new(1.0, theme.tile.gamma_multiply(0.45));
    let clipped = p.with_clip_rect(rect.intersect(p.clip_rect()));
    let diagonals = |gap: f32| {
        let mut x = rect.left() - rect.height();
        while x < rect.right() && gap > 0.5 {
            clipped.line_segment([pos2(x, rect.bottom()), pos2(x + rect.height(), rect.top())], pen);
            x += gap;
        }
    };
    match id.0 / 8 % 4 {
        1 => diagonals(5.0),
        2 => {
            let mut y = rect.top() + 3.0;
            while y < rect.bottom() {
                let mut x = rect.left() + 3.0;
                while x < rect.right() {
                    clipped.circle_filled(pos2(x, y), 0.9, pen.color);
                    x += 5.0;
                }
                y += 5.0;
            }
        }
        3 => {
            diagonals(6.0);
            let mut x = rect.left();
            while x < rect.right() + rect.height() {
                clipped.line_segment([pos2(x, rect.bottom()), pos2(x - rect.height(), rect.top())], pen);
                x += 6.0;
            }
        }
        _ => {}
    }
}

/// A bar from 0 to 1 with a notch at its floor.
pub(crate) fn floor_bar(p: &Painter, rect: Rect, share: f64, floor: Option<f64>, fill: Color32, theme: &Theme) {
    let rect = sound(rect);
    let x = |s: f64| rect.left() + rect.width() * (if s.is_finite() { s.clamp(0.0, 1.0) } else { 0.0 }) as f32;
    p.rect_filled(rect, 2, theme.track);
    p.rect_filled(Rect::from_min_max(rect.min, pos2(x(share), rect.bottom())), 2, fill);
    if let Some(floor) = floor {
        p.vline(x(floor), rect.top() - 3.0..=rect.bottom() + 3.0, Stroke::new(1.5, theme.ink));
    }
}

/// A gauge from collapsed (left) to healthy (right): red zone up to `zone`, a mark at `place`.
pub(crate) fn gauge(p: &Painter, rect: Rect, zone: f64, place: f64, theme: &Theme) {
    let rect = sound(rect);
    let x = |s: f64| rect.left() + rect.width() * (if s.is_finite() { s.clamp(0.0, 1.0) } else { 0.0 }) as f32;
    p.rect_filled(rect, 3, theme.track);
    let zone = Rect::from_min_max(rect.min, pos2(x(zone), rect.bottom()));
    p.rect_filled(zone, 3, theme.red.gamma_multiply(if theme.dark { 0.38 } else { 0.45 }));
    if place.is_finite() {
        let mark = Rect::from_center_size(pos2(x(place), rect.center().y), vec2(3.0, rect.height() + 7.0));
        p.rect_filled(mark, 1, theme.ink);
    }
}

/// An `n × n` heat map; `color` is asked for each row and column.
pub(crate) fn heat(p: &Painter, rect: Rect, n: usize, color: impl Fn(usize, usize) -> Color32) {
    if n == 0 || rect.width() < 1.0 {
        return;
    }
    let cell = rect.width() / n as f32;
    let gap = if cell > 6.0 { 1.0 } else { 0.0 };
    let mut mesh = Mesh::default();
    mesh.reserve_triangles(2 * n * n);
    mesh.reserve_vertices(4 * n * n);
    for row in 0..n {
        for column in 0..n {
            let min = rect.min + vec2(column as f32, row as f32) * cell;
            mesh.add_colored_rect(Rect::from_min_size(min, vec2(cell - gap, cell - gap)), color(row, column));
        }
    }
    p.add(Shape::mesh(mesh));
}

/// Which cell of an `n × n` heat map is under the pointer: row and column.
pub(crate) fn heat_cell(response: &Response, rect: Rect, n: usize) -> Option<(usize, usize)> {
    let at = response.hover_pos()? - rect.min;
    let cell = rect.width() / n as f32;
    let (row, column) = ((at.y / cell) as usize, (at.x / cell) as usize);
    (at.x >= 0.0 && at.y >= 0.0 && row < n && column < n).then_some((row, column))
}

/// A dashed frame with a tint inside: something asked for and not yet in force.
pub(crate) fn pending_frame(rect: Rect, theme: &Theme) -> [Shape; 2] {
    let tint = theme.amber.gamma_multiply(if theme.dark { 0.10 } else { 0.14 });
    let r = rect.shrink(0.5);
    let outline = vec![r.left_top(), r.right_top(), r.right_bottom(), r.left_bottom(), r.left_top()];
    let dashes = Shape::dashed_line(&outline, Stroke::new(1.0, theme.amber), 4.0, 3.0);
    [Shape::rect_filled(rect, 4, tint), Shape::Vec(dashes)]
}

/// A horizontal dashed line.
pub(crate) fn dashed(p: &Painter, from: Pos2, to: Pos2, pen: Stroke) {
    p.extend(Shape::dashed_line(&[from, to], pen, 4.0, 3.0));
}

/// A rounded box with a border.
pub(crate) fn boxed(p: &Painter, rect: Rect, radius: u8, fill: Color32, border: Color32) {
    p.rect(sound(rect), radius, fill, Stroke::new(1.0, border), StrokeKind::Inside);
}

#[cfg(test)]
mod tests {
    use super::before_number;

    #[test]
    fn a_number_is_never_cut_within() {
        let left = |text: &str, shown: usize| text.chars().take(before_number(text, shown)).collect::<String>();
        assert_eq!(left("probe at step 2,100", 16), "probe at step ");
        assert_eq!(left("probe at step 2,100", 11), "probe at st");
        assert_eq!(left("127980.23 bits per byte", 5), "");
        assert_eq!(left("127980.23 bits per byte", 13), "127980.23 bit");
        assert_eq!(left("about 88.7 k bytes", 11), "about ", "not 88.7");
        assert_eq!(left("−2.08", 1), "");
    }
}
