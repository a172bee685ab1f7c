//! All layers of a checkpoint as a heat map: each expert's share of the load, or a measure of its weights, beside its layer's mean.
//! Layers that are alike are folded into one row; the worst may come first.

use eframe::egui::{
    Align2, Color32, CursorIcon, Rect, Role, ScrollArea, Sense, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2,
};

use super::InspectedSight;
use crate::ui::kit::bitmap::sharp_bitmap_ui;
use crate::ui::kit::icons::{self, Icon};
use crate::ui::kit::press::{Look, Press};
use crate::ui::kit::theme::{self, size};
use crate::ui::kit::{fonts, numbers, paint};
use crate::ui::panels::layer_loads::scale_ui;
use crate::ui::panels::tile::{self, Tile};
use crate::ui::view::Outbox;
use crate::ui::view::inspected::map::{MapOf, MapRow};
use crate::ui::view::inspected::{InspectedView, export, name};
use crate::ui::words::{self, inspect, inspected, inspected_columns as columns};

/// Width of a layer's name, and of its spread.
const NAME: f32 = 34.0;
const SPREAD: f32 = 44.0;
/// Height of the controls, of the experts' chips, and of the scale below.
const CONTROLS: f32 = 24.0;
const CHIPS: f32 = 20.0;
const SCALE: f32 = 22.0;
/// Least and most height of a row.
const ROW: [f32; 2] = [16.0, 46.0];
/// Most experts that have a gap between them.
const APART: usize = 32;

/// Draws the tile.
pub(crate) fn loads_ui(ui: &mut Ui, sight: InspectedSight<'_>, view: &mut InspectedView, out: &mut Outbox) {
    let caption = columns::MAPS_CAPTIONS[view.choice.map as usize].said();
    let tile = Tile { title: &inspected::LOADS, caption, about: inspected::about_loads(), beside: 0.0 };
    let shown = tile.show_offering(ui, |ui, body| {
        if sight.seen.layers.is_empty() {
            return tile::empty(ui, body, inspected::NOT_READ_YET.said());
        }
        controls_ui(ui, body.with_max_y(body.top() + CONTROLS), view);
        let body = paint::sound(body.with_min_y(body.top() + CONTROLS + 4.0));
        paint::say(ui, body, "picture", &inspected::map_said(sight.seen.layers.len(), sight.seen.rows.len()));
        let told = |row: &MapRow| matches!(row, MapRow::Layer { times, .. } if !times.is_empty());
        let folded = |row: &MapRow| matches!(row, MapRow::Alike { .. });
        if !sight.seen.rows.iter().any(|row| told(row) || folded(row)) {
            let why = match view.choice.map {
                MapOf::Load => inspected::NO_LOAD,
                _ => inspected::NOT_READ_YET,
            };
            return tile::empty(ui, body, why.said());
        }
        map_ui(ui, body, sight, view);
    });
    shown.offer_file(ui, out, None, || export::loads(sight.of, sight.seen));
}

/// What is shown, and in which order.
fn controls_ui(ui: &mut Ui, rect: Rect, view: &mut InspectedView) {
    let mut left = rect.left();
    for (of, (words, about)) in MapOf::ALL.into_iter().zip(columns::MAPS) {
        let press = Press::words(words.said()).look(Look::Ghost).size(size::CAPTION).selected(view.choice.map == of);
        let label = inspected::show_map(words.said());
        let press = press.named(&label);
        let width = press.width(ui).min(rect.right() - left);
        let response = press.show(ui, Rect::from_min_size(pos2(left, rect.top() + 1.0), vec2(width, 22.0)));
        if response.clicked() {
            view.choice.map = of;
        }
        response.on_hover_text(about.said());
        left += width;
    }
    let press = Press::words(inspected::WORST_FIRST.said()).look(Look::Ghost).size(size::CAPTION);
    let press = press.selected(view.choice.worst_first);
    let width = press.width(ui);
    if left + width > rect.right() {
        return;
    }
    let spot = Rect::from_min_size(pos2(rect.right() - width, rect.top() + 1.0), vec2(width, 22.0));
    let response = press.show(ui, spot);
    if response.clicked() {
        view.choice.worst_first = !view.choice.worst_first;
    }
    response.on_hover_text(inspected::ABOUT_WORST_FIRST.said());
}

fn map_ui(ui: &mut Ui, body: Rect, sight: InspectedSight<'_>, view: &mut InspectedView) {
    let theme = theme::of(ui);
    let rows = &sight.seen.rows;
    let map = paint::sound(Rect::from_min_max(body.min + vec2(0.0, CHIPS), body.max - vec2(0.0, SCALE)));
    let high = (map.height() / rows.len().max(1) as f32).clamp(ROW[0], ROW[1]);
    let cells = map.with_min_x(map.left() + NAME).with_max_x(map.right() - SPREAD);
    let most = sight.seen.layers.iter().map(|layer| layer.experts()).max().unwrap_or(0);
    let small = fonts::regular(size::CAPTION);
    let spread = pos2(body.right() - 4.0, body.top() + CHIPS / 2.0);
    paint::text_in(ui, spread, Align2::RIGHT_CENTER, &inspect::CV, small, theme.ink3, SPREAD);
    chips_ui(ui, cells, body.top() + 8.0, most, view);
    paint::within(ui, map, "rows", |ui| {
        ScrollArea::vertical().auto_shrink(false).show_viewport(ui, |ui, seen| {
            let top = ui.max_rect().top();
            let area = Rect::from_min_size(pos2(map.left(), top), vec2(map.width(), high * rows.len() as f32));
            ui.allocate_rect(area, Sense::hover());
            let whole = Rect::from_min_max(pos2(cells.left(), top), pos2(cells.right(), area.bottom()));
            picture_ui(ui, whole, most, sight, view);
            let first = (seen.top() / high).floor().max(0.0) as usize;
            let last = ((seen.bottom() / high).ceil().max(0.0) as usize).min(rows.len());
            for (place, row) in rows.iter().enumerate().take(last).skip(first) {
                let band = Rect::from_min_size(pos2(map.left(), top + high * place as f32), vec2(map.width(), high));
                row_ui(ui, band, whole.x_range(), row, sight, view);
            }
        });
    });
    scale_ui(ui, Rect::from_min_max(pos2(cells.left(), body.bottom() - 14.0), pos2(cells.right(), body.bottom())));
}

/// The numbers of the experts over their columns, as many as have room.
fn chips_ui(ui: &Ui, cells: Rect, y: f32, most: usize, view: &InspectedView) {
    if most == 0 {
        return;
    }
    let theme = theme::of(ui);
    let wide = cells.width() / most as f32;
    let every = (if most > 99 { 26.0 } else { 19.0 } / wide).ceil().max(1.0) as usize;
    let lit = view.lit().filter(|lit| *lit < most);
    for expert in (0..most).filter(|expert| expert % every == 0) {
        let hidden = lit.is_some_and(|lit| lit != expert && lit.abs_diff(expert) < every);
        if !hidden {
            let at = pos2(cells.left() + wide * (expert as f32 + 0.5), y);
            paint::chip(ui.painter(), at, 14.0, name(expert), theme, view.strength(expert));
        }
    }
    if let Some(lit) = lit.filter(|lit| lit % every != 0) {
        paint::chip(ui.painter(), pos2(cells.left() + wide * (lit as f32 + 0.5), y), 14.0, name(lit), theme, 1.0);
    }
}

/// All cells as one picture, which is made anew only where something changed.
fn picture_ui(ui: &Ui, whole: Rect, most: usize, sight: InspectedSight<'_>, view: &InspectedView) {
    let theme = theme::of(ui);
    let rows = &sight.seen.rows;
    let color = |cell: usize| {
        let (row, column) = (cell / most, cell % most);
        match rows.get(row) {
            // Layers of fewer experts are drawn as wide as the others.
            Some(MapRow::Layer { times, .. }) if !times.is_empty() => match times[column * times.len() / most] {
                Some(times) => theme.times_even(times),
                None => theme.red,
            },
            _ => Color32::TRANSPARENT,
        }
    };
    let shown = (sight.seen.count, theme.dark);
    sharp_bitmap_ui(ui, whole, "cells", shown, [most, rows.len()], color);
    if most <= APART {
        let pen = Stroke::new(2.0, theme.tile);
        let wide = whole.width() / most.max(1) as f32;
        (1..most).for_each(|column| {
            ui.painter().vline(whole.left() + wide * column as f32, whole.y_range(), pen);
        });
    }
    if let Some(lit) = view.lit().filter(|lit| *lit < most) {
        lit_ui(ui, whole, [lit, most], rows);
    }
}

/// The column of the expert that is pointed at, a frame around each run of layers that are shown one by one.
fn lit_ui(ui: &Ui, whole: Rect, [lit, most]: [usize; 2], rows: &[MapRow]) {
    let cell = whole.size() / vec2(most as f32, rows.len().max(1) as f32);
    let mut from = 0;
    for run in rows.chunk_by(|a, b| matches!((a, b), (MapRow::Layer { .. }, MapRow::Layer { .. }))) {
        if let Some(MapRow::Layer { .. }) = run.first() {
            let at = whole.min + cell * vec2(lit as f32, from as f32);
            let column = Rect::from_min_size(at, cell * vec2(1.0, run.len() as f32));
            let pen = Stroke::new(1.0, theme::of(ui).ink2);
            ui.painter().rect_stroke(column.expand2(vec2(0.5, 0.0)), 1, pen, StrokeKind::Outside);
        }
        from += run.len();
    }
}

fn row_ui(
    ui: &mut Ui,
    band: Rect,
    cells: eframe::egui::Rangef,
    row: &MapRow,
    sight: InspectedSight<'_>,
    view: &mut InspectedView,
) {
    match row {
        MapRow::Alike { places, cv } => alike_ui(ui, band, cells, (places.start, places.end), *cv, view),
        MapRow::Layer { place, times, cv } => {
            let cells = Rect::from_x_y_ranges(cells, band.y_range());
            layer_ui(ui, band, cells, (*place, times, *cv), sight, view);
        }
    }
}

/// Several layers that are alike: a press shows them one by one.
fn alike_ui(
    ui: &mut Ui,
    band: Rect,
    cells: eframe::egui::Rangef,
    (first, end): (usize, usize),
    cv: [f64; 2],
    view: &mut InspectedView,
) {
    let theme = theme::of(ui);
    let cells = Rect::from_x_y_ranges(cells, band.y_range()).shrink2(vec2(0.0, 1.0));
    let said = inspected::alike(first, end, cv);
    let response = ui.interact(band, ui.scope_id().with(("alike", first)), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &said));
    let lit = response.hovered() || response.has_focus();
    let holds = (first..end).contains(&view.choice.layer);
    paint::boxed(ui.painter(), cells, 3, theme.field, if lit || holds { theme.ink2 } else { theme.line });
    let at = pos2(band.left() + 9.0, band.center().y);
    icons::draw(ui.painter(), Icon::Right, at, 9.0, theme.ink3);
    let font = fonts::regular(size::CAPTION);
    let at = pos2(cells.left() + 8.0, band.center().y);
    paint::text_in(ui, at, Align2::LEFT_CENTER, &said, font, theme.ink2, cells.width() - 12.0);
    if response.on_hover_cursor(CursorIcon::PointingHand).on_hover_text(inspected::ABOUT_ALIKE.said()).clicked() {
        view.choice.unfolded.insert(first);
    }
}

fn layer_ui(
    ui: &mut Ui,
    band: Rect,
    cells: Rect,
    (place, times, cv): (usize, &[Option<f64>], Option<f64>),
    sight: InspectedSight<'_>,
    view: &mut InspectedView,
) {
    let theme = theme::of(ui);
    let chosen = place == view.choice.layer;
    ui.painter().hline(cells.x_range(), band.bottom() - 0.5, Stroke::new(1.0, theme.tile));
    let (font, ink) =
        if chosen { (fonts::strong(size::BODY), theme.ink) } else { (fonts::regular(size::CAPTION), theme.ink3) };
    let y = band.center().y;
    paint::value_in(ui, pos2(band.left(), y), Align2::LEFT_CENTER, &words::layer_short(place), font, ink, NAME - 6.0);
    let spread = cv.map_or(words::UNKNOWN.into(), |cv| numbers::fit(cv, 2, 6));
    let at = pos2(band.right() - 4.0, y);
    let font = if chosen { fonts::strong(size::BODY) } else { fonts::regular(size::BODY) };
    let text = paint::value_in(ui, at, Align2::RIGHT_CENTER, &spread, font, theme.ink2, SPREAD - 16.0);
    let layer = sight.seen.layers.get(place);
    if layer.is_some_and(|layer| !layer.findings().is_empty()) {
        icons::draw(ui.painter(), Icon::Warning, pos2(text.left() - 8.0, y), 10.0, theme.amber);
    }
    let wide = cells.width() / times.len().max(1) as f32;
    if wide >= 28.0 && band.height() >= 15.0 {
        for (expert, value) in times.iter().enumerate() {
            let Some(value) = value else { continue };
            let text = match view.choice.map {
                MapOf::Load => numbers::fixed(value * 100.0 / times.len() as f64, 1),
                _ => numbers::fixed(*value, 2),
            };
            let at = pos2(cells.left() + wide * (expert as f32 + 0.5), y);
            let font = fonts::regular(size::CAPTION);
            paint::value_in(ui, at, Align2::CENTER_CENTER, &text, font, theme.ink, wide - 4.0);
        }
    }
    if chosen {
        ui.painter().rect_stroke(cells.shrink(0.5), 2, Stroke::new(1.4, theme.ink), StrokeKind::Outside);
    }
    let response = ui.interact(band, ui.scope_id().with(("layer", place)), Sense::click());
    let said = words::flow::show_layer(place);
    response.widget_info(|| WidgetInfo::selected(Role::Button, true, chosen, &said));
    if let Some(at) = response.hover_pos().filter(|at| cells.contains(*at) && !times.is_empty()) {
        let expert = (((at.x - cells.left()) / wide) as usize).min(times.len() - 1);
        view.hover(expert);
        let key = layer.map_or("", |layer| layer.key.as_str());
        let value = match (view.choice.map, times[expert]) {
            (_, None) => words::UNKNOWN.into(),
            (MapOf::Load, Some(times_even)) => numbers::percent(times_even / times.len() as f64),
            (_, Some(times)) => inspected::times_mean(&numbers::fixed(times, 2)),
        };
        let said = inspected::cell(place, name(expert), &value, key, expert);
        response.clone().on_hover_text_at_pointer(said);
        if response.clicked() {
            view.look_at(place, Some(expert));
        }
    } else if response.clicked() {
        view.choice.layer = place;
    }
    response.on_hover_cursor(CursorIcon::PointingHand);
}
