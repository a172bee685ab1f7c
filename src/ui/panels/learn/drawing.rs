//! Drawing of points by hand: the class of the next points, the eraser, how many there are, and the run that begins with them.

use eframe::egui::{Align2, Rect, Role, Sense, Ui, WidgetInfo, pos2, vec2};

use super::rows;
use crate::domain::config::PlaneConfig;
use crate::run::Snapshot;
use crate::ui::kit::press::{Look, Press};
use crate::ui::kit::theme::{self, FIELD_RADIUS, size};
use crate::ui::kit::{fonts, paint};
use crate::ui::panels::closes;
use crate::ui::panels::stage::plane::class_mark;
use crate::ui::view::drawing::PointDrawing;
use crate::ui::words::learn as words;

/// What a person decided about a drawing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum DrawingEnd {
    /// A run is to begin with its points.
    Begin,
    /// It is put away.
    Cancel,
}

/// Draws the controls of a drawing on a run like `like`; what was decided, if anything.
pub(super) fn drawing_ui(
    ui: &mut Ui,
    drawing: &mut PointDrawing,
    like: &PlaneConfig,
    shot: &Snapshot,
) -> Option<DrawingEnd> {
    let count = drawing.points().len();
    rows::head_ui(ui, words::DRAW.said(), None, &count.to_string());
    rows::caption_ui(ui, words::ABOUT_DRAWING.said());
    ui.add_space(8.0);
    classes_ui(ui, drawing);
    ui.add_space(8.0);
    let config = drawing.config(like);
    let sound = config.validate().is_empty();
    let parts = words::drawn_parts(config.drawn_part(false).len(), config.drawn_part(true).len());
    rows::caption_ui(ui, if sound { &parts } else { words::TOO_FEW.said() });
    rows::caption_ui(ui, &closes(shot));
    ui.add_space(8.0);
    let mut end = None;
    let row = ui.allocate_exact_size(vec2(ui.available_width(), 32.0), Sense::hover()).0;
    let begin = Press::words(words::BEGIN_WITH_THESE.said()).look(Look::Ink).enabled(sound).size(size::BODY);
    if begin.show(ui, row).clicked() {
        end = Some(DrawingEnd::Begin);
    }
    ui.add_space(8.0);
    let row = ui.allocate_exact_size(vec2(ui.available_width(), 28.0), Sense::hover()).0;
    let half = (row.width() - 8.0) / 2.0;
    let [left, right] = [0.0, half + 8.0].map(|x| Rect::from_min_size(row.min + vec2(x, 0.0), vec2(half, 28.0)));
    if Press::words(words::CLEAR.said()).enabled(count > 0).size(size::BODY).show(ui, left).clicked() {
        drawing.clear();
    }
    let cancel = Press::words(crate::ui::words::CANCEL.said()).named(words::CANCEL_DRAWING.said()).size(size::BODY);
    if cancel.show(ui, right).clicked() {
        end = Some(DrawingEnd::Cancel);
    }
    end
}

/// The marks of the classes, and the eraser.
fn classes_ui(ui: &mut Ui, drawing: &mut PointDrawing) {
    let theme = theme::of(ui);
    let row = ui.allocate_exact_size(vec2(ui.available_width(), 30.0), Sense::hover()).0;
    let erase = Press::words(words::ERASE.said()).look(Look::Ghost).selected(drawing.erases).size(size::BODY);
    let wide = erase.width(ui);
    let spot = Rect::from_min_max(pos2(row.right() - wide, row.top()), row.max);
    if erase.show(ui, spot).clicked() {
        drawing.erases = !drawing.erases;
    }
    let pitch = ((spot.left() - 8.0 - row.left()) / f32::from(PointDrawing::CLASSES)).min(38.0);
    for class in 0..PointDrawing::CLASSES {
        let min = pos2(row.left() + pitch * f32::from(class), row.top());
        let spot = Rect::from_min_size(min, vec2(pitch - 4.0, row.height()));
        let response = ui.interact(spot, ui.scope_id().with(("class", class)), Sense::click());
        let name = words::class_to_draw(class);
        let chosen = drawing.class == class && !drawing.erases;
        response.widget_info(|| WidgetInfo::selected(Role::RadioButton, true, chosen, &name));
        let border = if chosen || response.has_focus() { theme.ink } else { theme.line2 };
        let fill = if chosen || response.hovered() { theme.raised } else { theme.field };
        paint::boxed(ui.painter(), spot, FIELD_RADIUS, fill, border);
        class_mark(ui.painter(), spot.center() - vec2(6.0, 0.0), class, 3.6, theme);
        let at = spot.center() + vec2(7.0, 0.0);
        ui.painter().text(at, Align2::CENTER_CENTER, (class + 1).to_string(), fonts::medium(size::BODY), theme.ink2);
        if response.on_hover_text(name).clicked() {
            (drawing.class, drawing.erases) = (class, false);
        }
    }
}
