//! Loads of all layers: a heat map of layers and experts by how far each share lies from an even one, with each layer's spread.

use eframe::egui::{
    Align2, CursorIcon, Mesh, Rect, Role, Sense, Shape, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2,
};

use crate::run::Snapshot;
use crate::ui::kit::theme::{self, size};
use crate::ui::kit::{fonts, numbers, paint};
use crate::ui::panels::tile::{self, Tile};
use crate::ui::view::derived::LayerLoad;
use crate::ui::view::export::tables;
use crate::ui::view::watched::{WantedOfRun, lacks};
use crate::ui::view::{Outbox, ViewState, spoken};
use crate::ui::words::{self, inspect};

/// Width of a layer's name, and of its spread.
const NAME: f32 = 30.0;
const SPREAD: f32 = 40.0;
/// Height of the experts' chips, and of the scale below.
const CHIPS: f32 = 20.0;
const SCALE: f32 = 24.0;
/// Most height of a layer.
const TALLEST: f32 = 54.0;

/// Draws the tile.
pub fn layer_loads_ui(ui: &mut Ui, shot: &Snapshot, view: &mut ViewState, out: &mut Outbox) {
    let layers = all_loads(shot, shot.step);
    let caption = inspect::LOADS_CAPTION.said();
    let tile = Tile { title: &inspect::LOADS, caption, about: inspect::about_loads(), beside: 0.0 };
    let shown = tile.show_offering(ui, |ui, body| {
        if layers.iter().all(Option::is_none) {
            let why = lacks(shot, view.layer, WantedOfRun::Loads);
            return tile::empty(ui, body, &why.unwrap_or(tile::before_the_first_step(shot).into()));
        }
        if let Some(said) = spoken::loads(&layers) {
            paint::say(ui, body, "picture", &said);
        }
        heat_ui(ui, body, &layers, view);
    });
    shown.offer(ui, out, (None, shot.step), || tables::loads(shot, shot.step));
}

/// The load of every layer at a step, if it is known.
pub(super) fn all_loads(shot: &Snapshot, step: u64) -> Vec<Option<LayerLoad>> {
    (0..shot.model.rosters.len()).map(|layer| LayerLoad::at(shot, layer, step)).collect()
}

/// Draws the map itself.
pub(super) fn heat_ui(ui: &mut Ui, body: Rect, layers: &[Option<LayerLoad>], view: &mut ViewState) {
    let theme = theme::of(ui);
    let map = Rect::from_min_max(body.min + vec2(NAME, CHIPS), body.max - vec2(SPREAD, SCALE));
    let fits = ((map.height() / 14.0) as usize).max(1);
    // Where not all have room, those around the one that is looked at.
    let first = view.layer.saturating_sub(fits / 2).min(layers.len().saturating_sub(fits));
    let shown = &layers[first..(first + fits).min(layers.len())];
    let high = (map.height() / shown.len() as f32).min(TALLEST);
    let small = fonts::regular(size::CAPTION);
    let spread = pos2(body.right(), body.top() + CHIPS / 2.0);
    paint::text_in(ui, spread, Align2::RIGHT_CENTER, &inspect::CV, small.clone(), theme.ink3, SPREAD);
    for (row, load) in shown.iter().enumerate() {
        let layer = first + row;
        let band = Rect::from_min_size(pos2(body.left(), map.top() + high * row as f32), vec2(body.width(), high));
        let at = pos2(band.left(), band.center().y);
        let chosen = layer == view.layer;
        let (font, ink) =
            if chosen { (fonts::strong(size::BODY), theme.ink) } else { (fonts::regular(size::BODY), theme.ink3) };
        let name = words::layer_short(layer);
        paint::text_in(ui, at, Align2::LEFT_CENTER, &name, font, ink, NAME);
        let Some(load) = load else { continue };
        let cells = Rect::from_min_max(pos2(map.left(), band.top()), pos2(map.right(), band.bottom()));
        cells_ui(ui, cells, load, row == 0, view);
        let cv = load.cv().map_or(words::UNKNOWN.into(), |cv| numbers::fit(cv, 2, 5));
        let at = pos2(band.right(), band.center().y);
        paint::text_in(ui, at, Align2::RIGHT_CENTER, &cv, fonts::strong(size::BODY), theme.ink2, SPREAD - 4.0);
        if chosen && shown.len() > 1 {
            let frame = cells.shrink(0.5);
            ui.painter().rect_stroke(frame, 3, Stroke::new(1.2, theme.ink), StrokeKind::Outside);
        }
        let response = ui.interact(band, ui.scope_id().with(("layer", layer)), Sense::click());
        let said = words::flow::show_layer(layer);
        response.widget_info(|| WidgetInfo::selected(Role::Button, true, chosen, &said));
        if let Some(at) = response.hover_pos().filter(|at| cells.contains(*at)) {
            let n = load.experts.len();
            let slot = (((at.x - cells.left()) / cells.width() * n as f32) as usize).min(n - 1);
            let (id, share, _) = load.experts[slot];
            view.hover(id);
            response.clone().on_hover_text_at_pointer(inspect::cell(layer, id, &numbers::percent(share)));
        }
        if response.on_hover_cursor(CursorIcon::PointingHand).clicked() {
            view.layer = layer;
        }
    }
    let foot = Rect::from_min_max(pos2(map.left(), body.bottom() - 14.0), pos2(map.right(), body.bottom()));
    scale_ui(ui, foot);
}

/// The cells of one layer; over the first, the experts' numbers.
fn cells_ui(ui: &Ui, cells: Rect, load: &LayerLoad, chips: bool, view: &ViewState) {
    let theme = theme::of(ui);
    let n = load.experts.len();
    let even = 1.0 / n as f64;
    let wide = cells.width() / n as f32;
    let printed = numbers::tenths(&load.shares());
    let (gap, font) = (if wide > 6.0 { 1.5 } else { 0.0 }, fonts::regular(size::CAPTION));
    let every = (17.0 / wide).ceil().max(1.0) as usize;
    let mut mesh = Mesh::default();
    for (slot, &(id, share, _)) in load.experts.iter().enumerate() {
        let left = cells.left() + wide * slot as f32;
        let cell = Rect::from_min_max(pos2(left, cells.top()), pos2(left + wide, cells.bottom())).shrink(gap);
        mesh.add_colored_rect(paint::sound(cell), theme.times_even(share / even).gamma_multiply(view.strength(id)));
        if chips && slot % every == 0 {
            let at = pos2(cell.center().x, cells.top() - 10.0);
            paint::chip(ui.painter(), at, (wide * 0.6).clamp(12.0, 15.0), id, theme, view.strength(id));
        }
    }
    ui.painter().add(Shape::mesh(mesh));
    if wide >= 30.0 && cells.height() >= 16.0 {
        for (slot, &percent) in printed.iter().enumerate() {
            let at = pos2(cells.left() + wide * (slot as f32 + 0.5), cells.center().y);
            let words = numbers::fixed(percent, 1);
            ui.painter().text(at, Align2::CENTER_CENTER, words, font.clone(), theme.ink);
        }
    }
}

/// The colours from half an even share to twice as much.
pub(super) fn scale_ui(ui: &Ui, rect: Rect) {
    let theme = theme::of(ui);
    let font = fonts::regular(size::TICK);
    let y = rect.center().y;
    let [half, twice] = [inspect::HALF, inspect::TWICE].map(|words| paint::wide(ui, &words, font.clone()));
    let bar = Rect::from_min_max(
        pos2(rect.left() + half + 8.0, y - 4.0),
        pos2(rect.left() + (half + 188.0).min(rect.width() - twice - 8.0), y + 4.0),
    );
    if bar.width() < 24.0 {
        return;
    }
    ui.painter().text(pos2(rect.left(), y), Align2::LEFT_CENTER, inspect::HALF.said(), font.clone(), theme.ink3);
    const STEPS: usize = 32;
    let mut mesh = Mesh::default();
    for step in 0..STEPS {
        let part = |at: usize| bar.left() + bar.width() * at as f32 / STEPS as f32;
        let times = 0.5 + 1.5 * (step as f64 + 0.5) / STEPS as f64;
        let cell = Rect::from_min_max(pos2(part(step), bar.top()), pos2(part(step + 1), bar.bottom()));
        mesh.add_colored_rect(cell, theme.times_even(times));
    }
    ui.painter().add(Shape::mesh(mesh));
    ui.painter().text(pos2(bar.right() + 8.0, y), Align2::LEFT_CENTER, inspect::TWICE.said(), font, theme.ink3);
}
