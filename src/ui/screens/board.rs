//! The middle of the window: the flow over the tiles, or one tile that has grown over them all.

use eframe::egui::{Rect, Ui};

use super::growing::Growing;
use super::tabs::Tabs;
use crate::run::{Snapshot, Status};
use crate::ui::kit::paint::area;
use crate::ui::panels::{all_tiles, phases_ui, stage_ui, timeline_ui};
use crate::ui::screens::layout::{Screen, Tiles};
use crate::ui::view::{Outbox, ViewState};
use crate::ui::words;

/// Opacity of the last picture while a run is being prepared.
const PREPARING: f32 = 0.4;

/// Draws flow and tiles; `tab` is the tile that is shown where there is room for one.
pub(crate) fn board_ui(
    ui: &mut Ui,
    screen: &Screen,
    shot: &Snapshot,
    sight: &mut ViewState,
    tab: &mut Tabs,
    out: &mut Outbox,
) {
    if sight.seen_phases(shot).is_some() {
        let below = match &screen.tiles {
            Tiles::Square(rects) => rects[0].union(rects[3]),
            Tiles::Tabs { row, tile } => {
                if screen.flow_folded {
                    *tile
                } else {
                    row.union(*tile)
                }
            }
        };
        flow(ui, screen.flow, shot, sight, out);
        return area(ui, below, "phases", |ui| phases_ui(ui, shot, sight, out));
    }
    if let Some(place) = sight.grown.filter(|&place| place < all_tiles().len()) {
        let home = match &screen.tiles {
            Tiles::Square(rects) => rects[place.min(3)],
            Tiles::Tabs { tile, .. } => *tile,
        };
        return one_ui(ui, (home, Some(screen.grown)), place, shot, sight, out);
    }
    let Tiles::Tabs { row, tile } = screen.tiles else {
        flow(ui, screen.flow, shot, sight, out);
        if let Tiles::Square(rects) = &screen.tiles {
            rects.iter().enumerate().for_each(|(place, &rect)| one_ui(ui, (rect, None), place, shot, sight, out));
        }
        return;
    };
    let pages = pages(screen);
    let shown = tab.of(pages.len());
    let names: Vec<&str> = pages.iter().map(|page| page.0).collect();
    area(ui, row, "tabs", |ui| tab.show(ui, &names));
    // A page that is no tile takes the place of the layer's head as well.
    let whole = screen.flow.union(tile);
    match pages[shown].1 {
        Page::Tile(place) => {
            flow(ui, screen.flow, shot, sight, out);
            one_ui(ui, (tile, None), place, shot, sight, out);
        }
        Page::Layer => flow(ui, whole, shot, sight, out),
        Page::Run => area(ui, whole, "timeline-page", |ui| timeline_ui(ui, shot, sight, out)),
    }
}

/// What a tab shows.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Page {
    /// A tile, by its place.
    Tile(usize),
    /// The picture of the layer, where it has no room of its own.
    Layer,
    /// The timeline, where it has none.
    Run,
}

/// The pages to choose from, by name.
fn pages(screen: &Screen) -> Vec<(&'static str, Page)> {
    let mut pages: Vec<_> = all_tiles().iter().enumerate().map(|(place, tile)| (tile.0, Page::Tile(place))).collect();
    if screen.flow_folded {
        pages.push((words::flow::LAYER.said(), Page::Layer));
    }
    if screen.timeline.height() <= 0.0 {
        pages.push((words::timeline::RUN.said(), Page::Run));
    }
    pages
}

fn flow(ui: &mut Ui, rect: Rect, shot: &Snapshot, sight: &mut ViewState, out: &mut Outbox) {
    area(ui, rect, "flow", |ui| {
        fade(ui, shot);
        stage_ui(ui, shot, sight, out);
    });
}

/// One tile at its place, or where it lies since it has grown; two clicks let it grow, or close it again.
fn one_ui(
    ui: &mut Ui,
    (home, over): (Rect, Option<Rect>),
    place: usize,
    shot: &Snapshot,
    sight: &mut ViewState,
    out: &mut Outbox,
) {
    let (name, tile_ui) = all_tiles()[place];
    let asked = Growing { name, home, over }.show(ui, |ui| {
        fade(ui, shot);
        tile_ui(ui, shot, sight, out);
    });
    if asked {
        sight.grown = if sight.grown.is_none() { Some(place) } else { None };
        sight.page = 0;
    }
}

fn fade(ui: &mut Ui, shot: &Snapshot) {
    if matches!(shot.status, Status::Preparing(_)) {
        ui.set_opacity(PREPARING);
    }
}
