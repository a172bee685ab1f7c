//! What a tile shows besides when it has grown: small curves of every measure of its family, and pictures that need room.
//!
//! - `chart`: one small picture of curves, and a grid of them.
//! - `load`, `agreement`, `collapse`, `loss`: what each tile adds.
//! - `router`: the router alone.
//! - `who`: specialization and co-activation.

mod agreement;
mod chart;
mod collapse;
mod load;
mod loss;
mod router;
mod who;

use eframe::egui::{Align2, Rect, Ui, pos2, vec2};

pub(crate) use agreement::agreement_ui;
pub(crate) use collapse::collapse_ui;
pub(crate) use load::load_ui;
pub(crate) use loss::loss_ui;

use crate::ui::kit::press::{Look, Press};
use crate::ui::kit::theme::{self, size};
use crate::ui::kit::{fonts, paint};
use crate::ui::view::ViewState;

/// Height of a body from which a tile has grown.
const GROWN: f32 = 420.0;
/// What the usual picture keeps of it.
const KEPT: f32 = 0.42;
/// Gap between small pictures.
const GAP: f32 = 18.0;
/// Height of the row of pages.
const PAGES: f32 = 26.0;

/// The body of the usual picture, and the room for more if the tile has grown.
pub(crate) fn split(body: Rect) -> (Rect, Option<Rect>) {
    if body.height() < GROWN {
        return (body, None);
    }
    let cut = body.top() + body.height() * KEPT;
    (body.with_max_y(cut), Some(body.with_min_y(cut + GAP)))
}

/// A row of pages to choose from; returns which is chosen and the room below.
fn pages_ui(ui: &mut Ui, rect: Rect, names: &[&str], view: &mut ViewState) -> (usize, Rect) {
    let chosen = view.page.min(names.len().saturating_sub(1));
    let mut x = rect.left() - 6.0;
    for (place, name) in names.iter().enumerate() {
        let press = Press::words(name).look(Look::Ghost).selected(place == chosen).size(size::BODY);
        let spot = Rect::from_min_size(pos2(x, rect.top() - 8.0), vec2(press.width(ui), 22.0));
        if press.show(ui, spot).clicked() {
            view.page = place;
        }
        x = spot.right() + 4.0;
    }
    (chosen, rect.with_min_y(rect.top() + PAGES))
}

fn halves(rect: Rect, share: f32) -> (Rect, Rect) {
    let cut = rect.left() + rect.width() * share;
    (rect.with_max_x(cut - GAP / 2.0), rect.with_min_x(cut + GAP / 2.0))
}

/// The cell at a place, counted by rows from 0, of a grid of so many columns and rows.
fn cell(rect: Rect, (columns, rows): (usize, usize), place: usize) -> Rect {
    let gaps = vec2(columns as f32 - 1.0, rows as f32 - 1.0) * GAP;
    let size = (rect.size() - gaps) / vec2(columns as f32, rows as f32);
    let at = vec2((place % columns) as f32, (place / columns) as f32);
    Rect::from_min_size(rect.min + at * (size + vec2(GAP, GAP)), size)
}

/// Words in the middle of a picture that has nothing to show.
fn blank(ui: &Ui, rect: Rect, words: &str) {
    let (font, ink) = (fonts::regular(size::CAPTION), theme::of(ui).ink3);
    paint::text_in(ui, rect.center(), Align2::CENTER_CENTER, words, font, ink, rect.width());
}
