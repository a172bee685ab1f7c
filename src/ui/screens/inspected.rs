//! The screen of a checkpoint that is looked at: manifest at the left, text, experts, all layers, likeness, findings.

use std::sync::Arc;

use eframe::egui::{Rect, Ui};

use super::growing::Growing;
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

/// The place of the text.
const TEXT: usize = 0;

/// What a person sees of it.
#[derive(Debug, Default)]
pub(super) struct InspectedScreen {
    /// How it is looked at.
    pub view: InspectedView,
    /// The tile that is shown where there is room for one.
    pub tab: Tabs,
    /// The tile that has grown over the others, by its place.
    grown: Option<usize>,
    /// Whether one was looked at in the last frame.
    pub is_shown: bool,
}

impl InspectedScreen {
    /// Shrinks the tile that has grown; whether there was one.
    pub fn shrink(&mut self) -> bool {
        self.grown.take().is_some()
    }
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
    let whole = layout.tiles.whole();
    let InspectedScreen { view, tab, grown, .. } = screen;
    let shown_alone = grown.filter(|_| whole.is_some());
    let mut tile = |ui: &mut Ui, home: Rect, place: usize| {
        let (name, tile_ui) = TILES[place];
        let Some(over) = whole else {
            return area(ui, home, &name, |ui| tile_ui(ui, sight, view, out));
        };
        let has_grown = *grown == Some(place);
        let growing = Growing { name: name.said(), home, over: has_grown.then_some(over) };
        // Two clicks on a word choose it.
        let asked = if place == TEXT {
            growing.show_by_button(ui, |ui| tile_ui(ui, sight, view, out))
        } else {
            growing.show(ui, |ui| tile_ui(ui, sight, view, out))
        };
        if asked {
            *grown = (!has_grown).then_some(place);
        }
    };
    if let Some(place) = shown_alone {
        let home = match &layout.tiles {
            InspectedTiles::All(rects) => rects[place],
            InspectedTiles::Tabs { text: Some(text), .. } if place == TEXT => *text,
            InspectedTiles::Tabs { tile, .. } => *tile,
        };
        return tile(ui, home, place);
    }
    match &layout.tiles {
        InspectedTiles::All(rects) => rects.iter().enumerate().for_each(|(place, &rect)| tile(ui, rect, place)),
        InspectedTiles::Tabs { text, row, tile: rect } => {
            let first = usize::from(text.is_some());
            if let Some(text) = text {
                tile(ui, *text, TEXT);
            }
            let names = TILES.map(|tile| tile.0.said());
            area(ui, *row, "tabs", |ui| tab.show(ui, &names[first..]));
            tile(ui, *rect, first + tab.of(TILES.len() - first));
        }
    }
}
