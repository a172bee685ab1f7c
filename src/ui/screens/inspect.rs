//! The inspecting screen: facts of the run at the left, every expert in a table, loads of all layers, similarity of weights.

use eframe::egui::{Rect, Ui};

use super::layout::inspect::{InspectLayout, InspectTiles};
use super::tabs::Tabs;
use crate::run::Snapshot;
use crate::ui::kit::paint::area;
use crate::ui::panels::inspect::{InspectedFiles, inviting_ui};
use crate::ui::panels::{
    SelectionView, TileUi, experts_table_ui, facts_ui, layer_loads_ui, selection_ui, similarity_ui, trouble_ui,
    watched_ui,
};
use crate::ui::view::{Outbox, ViewState};
use crate::ui::words::inspect as words;
use crate::words::language::FixedText;

/// The tiles, in the order of the layout, by name.
const TILES: [(FixedText, TileUi); 3] =
    [(words::EXPERTS, experts_table_ui), (words::LOADS, layer_loads_ui), (words::SIMILARITY, similarity_ui)];

/// Draws everything between the strip and the status line. `tab` is the tile that is shown where there is room for one.
pub(super) fn inspect_ui(
    ui: &mut Ui,
    layout: &InspectLayout,
    shot: &Snapshot,
    (selection, tab, files): (&mut SelectionView, &mut Tabs, InspectedFiles<'_>),
    sight: &mut ViewState,
    out: &mut Outbox,
) {
    if let Some(rail) = layout.bands.rail {
        area(ui, rail, "facts", |ui| match &shot.watched {
            Some(watched) => watched_ui(ui, shot, watched, sight, out),
            None => facts_ui(ui, shot, &mut (), out),
        });
    }
    if let Some(rect) = layout.trouble {
        area(ui, rect, "trouble", |ui| trouble_ui(ui, shot, &mut (), out));
    }
    if let Some(rect) = layout.invitation {
        area(ui, rect, "invitation", |ui| inviting_ui(ui, shot, files, out));
    }
    let mut tile = |ui: &mut Ui, rect: Rect, place: usize| {
        let (name, tile_ui) = TILES[place];
        area(ui, rect, &name, |ui| tile_ui(ui, shot, sight, out));
    };
    match &layout.tiles {
        InspectTiles::All(rects) => rects.iter().enumerate().for_each(|(place, &rect)| tile(ui, rect, place)),
        InspectTiles::Tabs { row, tile: rect } => {
            area(ui, *row, "tabs", |ui| tab.show(ui, &TILES.map(|tile| tile.0.said())));
            tile(ui, *rect, tab.of(TILES.len()));
        }
    }
    if let Some(rect) = layout.selection {
        area(ui, rect, "selection", |ui| selection_ui(ui, shot, selection, sight, out));
    }
}
