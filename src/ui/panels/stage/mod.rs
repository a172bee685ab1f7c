//! The stage: the layer in the middle, drawn by the kind of item that its experts answer.
//!
//! - `head`: which layer, and what it did last.
//! - `lights`: what a phase of a step touches.
//! - [`text`]: bytes, as a flow from byte to expert.
//! - [`plane`]: points, as maps of the expert that each place belongs to.

mod head;
pub(crate) mod lights;
pub(crate) mod plane;
pub(crate) mod text;

use eframe::egui::{Align2, Rect, Ui, pos2, vec2};

use crate::domain::config::TaskConfig;
use crate::run::Snapshot;
use crate::ui::kit::theme::{self, RADIUS, size};
use crate::ui::kit::{fonts, paint};
use crate::ui::panels::layer_loads;
use crate::ui::panels::tile::{self, Tile};
use crate::ui::view::watched::{WantedOfRun, lacks, trains};
use crate::ui::view::{Outbox, ViewState, export, spoken};
use crate::ui::words::{flow, inspect};

/// Below this height only the head is drawn.
const LEAST: f32 = 120.0;
/// Height of the head.
const HEAD: f32 = 44.0;

/// What the button of its menu takes of the head, on the right.
const BUTTON: f32 = 26.0;

/// Draws the layer, with a menu that copies and saves what is shown.
pub fn stage_ui(ui: &mut Ui, shot: &Snapshot, view: &mut ViewState, out: &mut Outbox) {
    let rect = ui.max_rect();
    let title = flow::title(view.layer);
    let tile = Tile { title: &title, caption: "", about: "", beside: 0.0 };
    let at = pos2(rect.right() - 15.0, rect.top() + HEAD.min(rect.height()) / 2.0);
    let more = Rect::from_center_size(at, vec2(18.0, 18.0));
    let drawn = tile.around(ui, more, |ui| layer_ui(ui, shot, view, out));
    let table = || match shot.config.task {
        _ if !trains(shot) => export::tables::loads(shot, view.step(shot)),
        TaskConfig::Plane(_) => export::stage::maps(shot, view),
        TaskConfig::Text(_) => export::stage::choices(shot, view),
    };
    drawn.offer(ui, out, (None, view.step(shot)), table);
}

/// In the place of tokens, which nothing that is watched holds, the loads of all its layers side by side; whether there are any.
fn loads_ui(ui: &mut Ui, body: Rect, shot: &Snapshot, view: &mut ViewState, why: &str) -> bool {
    let layers = layer_loads::all_loads(shot, view.step(shot));
    if layers.iter().all(Option::is_none) {
        return false;
    }
    let theme = theme::of(ui);
    let at = pos2(body.left(), body.top() + 8.0);
    let (font, small) = (fonts::medium(size::TITLE), fonts::regular(size::CAPTION));
    let name = paint::text_in(ui, at, Align2::LEFT_CENTER, &inspect::LOADS, font, theme.ink2, body.width());
    let beside = pos2(name.right() + 10.0, at.y);
    let room = body.right() - beside.x;
    let caption =
        paint::text_in(ui, beside, Align2::LEFT_CENTER, &inspect::LOADS_CAPTION, small.clone(), theme.ink3, room);
    let room = body.right() - caption.right() - 24.0;
    if paint::wide(ui, why, small.clone()) <= room {
        paint::text_in(ui, pos2(body.right(), at.y), Align2::RIGHT_CENTER, why, small, theme.ink3, room);
    }
    if let Some(said) = spoken::loads(&layers) {
        paint::say(ui, body, "picture", &said);
    }
    let map = body.with_min_y(body.top() + 26.0);
    paint::area(ui, map, "loads", |ui| layer_loads::heat_ui(ui, map, &layers, view));
    true
}

fn layer_ui(ui: &mut Ui, shot: &Snapshot, view: &mut ViewState, out: &mut Outbox) {
    let theme = theme::of(ui);
    let rect = ui.max_rect();
    ui.painter().rect_filled(rect, RADIUS, theme.tile);
    let head = Rect::from_min_size(rect.min, vec2(rect.width() - BUTTON, HEAD.min(rect.height())));
    head::head_ui(ui, head, shot, view);
    if rect.height() < LEAST {
        return;
    }
    let body = paint::sound(Rect::from_min_max(pos2(rect.left() + 16.0, head.bottom()), rect.max - vec2(16.0, 6.0)));
    let seen = view.seen(shot);
    let tokens = seen.is_some_and(|seen| !seen.layer.choices.is_empty() && !seen.probe.items.bytes().is_empty());
    if let Some(why) = lacks(shot, view.layer, WantedOfRun::Tokens).filter(|_| !tokens) {
        if loads_ui(ui, body, shot, view, &why) {
            return;
        }
        return tile::empty(ui, body, &why);
    }
    if let TaskConfig::Plane(_) = shot.config.task {
        return plane::maps_ui(ui, body, shot, view, out);
    }
    if let Some(seen) = view.seen_phases(shot).filter(|seen| seen.reading.items.bytes().len() == seen.reading.shown()) {
        return text::batch_flow_ui(ui, body, shot, &seen, view);
    }
    let Some(seen) =
        view.seen(shot).filter(|seen| !seen.layer.choices.is_empty() && !seen.probe.items.bytes().is_empty())
    else {
        let words = if shot.step == 0 && shot.newest.probe.is_none() {
            tile::before_the_first_step(shot).to_owned()
        } else {
            tile::no_probe(shot, view)
        };
        return tile::empty(ui, body, &words);
    };
    text::byte_flow_ui(ui, body, shot, &seen, lights::Lights::ALL, view);
}
