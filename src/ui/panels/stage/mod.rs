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

use eframe::egui::{Rect, Ui, pos2, vec2};

use crate::domain::config::TaskConfig;
use crate::run::Snapshot;
use crate::ui::kit::paint;
use crate::ui::kit::theme::{self, RADIUS};
use crate::ui::panels::tile::{self, Tile};
use crate::ui::view::watched::{WantedOfRun, lacks};
use crate::ui::view::{Outbox, ViewState, export};
use crate::ui::words::flow;

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
        TaskConfig::Plane(_) => export::stage::maps(shot, view),
        TaskConfig::Text(_) => export::stage::choices(shot, view),
    };
    drawn.offer(ui, out, (None, view.step(shot)), table);
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
    if let Some(why) = lacks(shot, WantedOfRun::Tokens).filter(|_| !tokens) {
        return tile::empty(ui, body, why);
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
