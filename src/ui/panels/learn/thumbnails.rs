//! Thumbnails of the shapes of points: the task's own points of each shape, drawn small; a click chooses the shape.

use eframe::egui::{Align2, CursorIcon, Rect, Role, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2};

use crate::domain::config::{PlaneConfig, PlaneData};
use crate::domain::readings::PlanePoint;
use crate::run::plane_examples;
use crate::ui::kit::theme::{self, FIELD_RADIUS, size};
use crate::ui::kit::{fonts, paint};
use crate::ui::panels::stage::plane::{class_mark, on_map, on_screen};
use crate::ui::words::learn as words;
use crate::words::named;

/// Pictures in a row.
const ACROSS: usize = 3;
/// Points in a picture.
const POINTS: usize = 90;
/// Height of the name below a picture.
const NAME: f32 = 18.0;
/// Space between two pictures.
const GAP: f32 = 8.0;

/// The points of each shape, for the noise and the seed they were made with.
#[derive(Debug, Default)]
pub(super) struct Thumbnails {
    of: Option<PlaneConfig>,
    shapes: Vec<Vec<PlanePoint>>,
}

impl Thumbnails {
    /// Draws all shapes as `config` has its own; the one that was chosen now.
    pub fn show(&mut self, ui: &mut Ui, config: &PlaneConfig) -> Option<PlaneData> {
        if self.of.as_ref() != Some(config) {
            self.shapes = PlaneData::ALL.iter().map(|&data| points(data, config)).collect();
            self.of = Some(config.clone());
        }
        let wide = (ui.available_width() - GAP * (ACROSS - 1) as f32) / ACROSS as f32;
        let high = (wide * 0.9).floor();
        let rows = PlaneData::ALL.len().div_ceil(ACROSS) as f32;
        let area = vec2(ui.available_width(), rows * (high + NAME + 4.0));
        let area = ui.allocate_exact_size(area, Sense::hover()).0;
        let mut chosen = None;
        for (place, (&data, points)) in PlaneData::ALL.iter().zip(&self.shapes).enumerate() {
            let [column, row] = [place % ACROSS, place / ACROSS].map(|at| at as f32);
            let min = area.min + vec2(column * (wide + GAP), row * (high + NAME + 4.0));
            let rect = Rect::from_min_size(min, vec2(wide, high));
            if one_ui(ui, rect, data, points, data == config.data) && data != config.data {
                chosen = Some(data);
            }
        }
        chosen
    }
}

/// The first points of a shape as a run would have them.
fn points(data: PlaneData, like: &PlaneConfig) -> Vec<PlanePoint> {
    let classes = if data == like.data { like.classes } else { data.usual_classes() };
    plane_examples(&PlaneConfig { data, classes, ..like.clone() }, POINTS)
}

fn one_ui(ui: &Ui, rect: Rect, data: PlaneData, points: &[PlanePoint], chosen: bool) -> bool {
    let theme = theme::of(ui);
    let whole = rect.with_max_y(rect.bottom() + NAME);
    let response = ui.interact(whole, ui.scope_id().with(("shape", data.label())), Sense::click());
    let name = words::shape(named(data.label()));
    response.widget_info(|| WidgetInfo::selected(Role::RadioButton, true, chosen, &name));
    let lit = response.hovered() || response.has_focus();
    ui.painter().rect_filled(rect, FIELD_RADIUS, theme.field);
    let pen = match (chosen, lit) {
        (true, _) => Stroke::new(1.6, theme.ink),
        (false, true) => Stroke::new(1.0, theme.ink2),
        (false, false) => Stroke::new(1.0, theme.line2),
    };
    ui.painter().rect_stroke(rect, FIELD_RADIUS, pen, StrokeKind::Inside);
    let side = rect.height() - 10.0;
    let map = Rect::from_center_size(rect.center(), vec2(side, side));
    for point in points {
        let Some(place) = on_map(point.at) else { continue };
        class_mark(ui.painter(), on_screen(map, place), point.class, 1.5, theme);
    }
    let at = pos2(rect.center().x, rect.bottom() + NAME / 2.0);
    let (font, ink) = if chosen {
        (fonts::strong(size::CAPTION), theme.ink)
    } else {
        (fonts::regular(size::CAPTION), if lit { theme.ink } else { theme.ink3 })
    };
    paint::text_in(ui, at, Align2::CENTER_CENTER, named(data.label()), font, ink, rect.width());
    response.on_hover_cursor(CursorIcon::PointingHand).clicked()
}
