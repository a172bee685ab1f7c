//! The screen of a checkpoint that is looked at: manifest at the left, text, experts, all layers, likeness, findings.

use std::sync::Arc;

use eframe::egui::{Rect, Ui};

use super::layout::inspected::{InspectedLayout, InspectedTiles};
use super::tabs::Tabs;
use crate::run::{Inspection, RecentFile, Snapshot};
use crate::ui::kit::paint::area;
use crate::ui::panels::inspect::{
    InspectedFiles, InspectedSight, InspectedUi, aside_ui, experts_ui, inspected_strip_ui, likeness_ui, loads_ui,
    manifest_ui, text_ui,
};
use crate::ui::panels::trouble_ui;
use crate::ui::view::Outbox;
use crate::ui::view::inspected::InspectedView;
use crate::ui::words::inspected as words;
use crate::words::language::FixedText;
use crate::words::{speak_of, speak_of_shown};

/// The checkpoint that is looked at beside the run, and others that could be.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct InspectedScene<'a> {
    /// The newest that is known of it; `None` while none is looked at.
    pub inspection: Option<&'a Arc<Inspection>>,
    /// Recent files, newest first.
    pub recents: &'a [RecentFile],
}

/// The tiles, in the order of the layout, by name.
const TILES: [(FixedText, InspectedUi); 5] = [
    (words::TEXT, text_ui),
    (words::EXPERTS, experts_ui),
    (words::LOADS, loads_ui),
    (words::LIKENESS, likeness_ui),
    (words::FINDINGS, aside_ui),
];

/// What a person sees of it.
#[derive(Debug, Default)]
pub(super) struct InspectedScreen {
    /// How it is looked at.
    pub view: InspectedView,
    /// The tile that is shown where there is room for one.
    pub tab: Tabs,
    /// Whether one was looked at in the last frame.
    pub is_shown: bool,
}

/// Draws strip, rail and tiles of `inspection`, in the terms of what it has learned: that of a run on points, else of a text.
pub(super) fn inspected_ui(
    ui: &mut Ui,
    layout: &InspectedLayout,
    strip: Rect,
    shot: &Snapshot,
    of: (&Arc<Inspection>, &[RecentFile]),
    screen: &mut InspectedScreen,
    out: &mut Outbox,
) {
    let own = of.0.now.own.as_ref().map(|own| own.manifest.config.task.clone());
    speak_of(&own.unwrap_or_default());
    tiles_ui(ui, layout, strip, shot, of, screen, out);
    speak_of_shown(shot);
}

fn tiles_ui(
    ui: &mut Ui,
    layout: &InspectedLayout,
    strip: Rect,
    shot: &Snapshot,
    (inspection, recents): (&Arc<Inspection>, &[RecentFile]),
    screen: &mut InspectedScreen,
    out: &mut Outbox,
) {
    let seen = screen.view.seen(inspection);
    let sight = InspectedSight { of: inspection, seen: &seen };
    let files = InspectedFiles { recents };
    area(ui, strip, "inspected-strip", |ui| inspected_strip_ui(ui, shot, sight, files, out));
    if let Some(rail) = layout.bands.rail {
        area(ui, rail, "manifest", |ui| manifest_ui(ui, sight, files, out));
    }
    if let Some(rect) = layout.trouble {
        area(ui, rect, "trouble", |ui| trouble_ui(ui, shot, &mut (), out));
    }
    let mut tile = |ui: &mut Ui, rect: Rect, place: usize| {
        let (name, tile_ui) = TILES[place];
        area(ui, rect, &name, |ui| tile_ui(ui, sight, &mut screen.view, out));
    };
    match &layout.tiles {
        InspectedTiles::All(rects) => rects.iter().enumerate().for_each(|(place, &rect)| tile(ui, rect, place)),
        InspectedTiles::Tabs { text, row, tile: rect } => {
            let first = usize::from(text.is_some());
            if let Some(text) = text {
                tile(ui, *text, 0);
            }
            let names = TILES.map(|tile| tile.0.said());
            area(ui, *row, "tabs", |ui| screen.tab.show(ui, &names[first..]));
            tile(ui, *rect, first + screen.tab.of(TILES.len() - first));
        }
    }
}
