//! The screen that is learnt with: a few controls, two large maps of territories, decision, load and loss below.

use eframe::egui::{Align2, Rect, Ui, pos2, vec2};

use super::layout::learn::{LearnLayout, LearnTiles};
use super::tabs::tabs_ui;
use crate::domain::config::Preset;
use crate::run::{Command, Snapshot, Status, WindowMode};
use crate::ui::kit::fonts;
use crate::ui::kit::paint::{self, area};
use crate::ui::kit::press::{Look, Press};
use crate::ui::kit::theme::{self, RADIUS, size};
use crate::ui::panels::stage::plane::{competition_map_ui, decision_map_ui, router_map_ui};
use crate::ui::panels::{
    LearnRailView, RailView, TileUi, closes, learn_rail_ui, load_ui, loss_ui, timeline_ui, trouble_ui,
};
use crate::ui::view::outbox::Ask;
use crate::ui::view::{Outbox, ViewState};
use crate::ui::words::{self, learn, plane, tiles};
use crate::words::language::FixedText;

/// Maps and tiles, in the order of the layout, by the names of their tabs.
const TILES: [(FixedText, TileUi); 5] = [
    (learn::COMPETITION_TAB, competition_map_ui),
    (learn::ROUTER_TAB, router_map_ui),
    (plane::DECISION, decision_map_ui),
    (tiles::LOAD, load_ui),
    (tiles::LOSS, loss_ui),
];

/// Opacity of the last picture while a run is being prepared.
const PREPARING: f32 = 0.4;

/// What is open on this screen.
#[derive(Debug, Default)]
pub(super) struct LearnView {
    rail: LearnRailView,
    /// The tile that is shown where there is room for one of all, and below the maps.
    tabs: [usize; 2],
}

/// Draws everything between the strip and the status line. `rail` is what is drafted and asked for.
pub(super) fn learn_ui(
    ui: &mut Ui,
    layout: &LearnLayout,
    shot: &Snapshot,
    (view, rail): (&mut LearnView, &mut RailView),
    sight: &mut ViewState,
    out: &mut Outbox,
) {
    if let Some(rect) = layout.trouble {
        area(ui, rect, "trouble", |ui| trouble_ui(ui, shot, &mut (), out));
    }
    area(ui, layout.bands.timeline, "timeline", |ui| timeline_ui(ui, shot, sight, out));
    if shot.config.task.text().is_some() {
        let middle = layout.bands.middle;
        let rect = layout.trouble.map_or(middle, |trouble| middle.with_min_y(trouble.bottom() + 8.0));
        let rect = rect.with_min_x(layout.bands.rail.map_or(rect.left(), |rail| rail.left() + 8.0));
        return area(ui, rect, "points-only", |ui| points_only_ui(ui, shot, out));
    }
    if let Some(rect) = layout.bands.rail {
        area(ui, rect, "learn-rail", |ui| learn_rail_ui(ui, shot, (&mut view.rail, rail), sight, out));
    }
    let mut tile = |ui: &mut Ui, rect: Rect, place: usize| {
        let (name, tile_ui) = TILES[place];
        area(ui, rect, &name, |ui| {
            if matches!(shot.status, Status::Preparing(_)) {
                ui.set_opacity(PREPARING);
            }
            tile_ui(ui, shot, sight, out);
        });
    };
    let [one, low] = &mut view.tabs;
    let names = TILES.map(|tile| tile.0.said());
    let mut maps_ui = |ui: &mut Ui, maps: &[Rect; 2]| {
        maps.iter().enumerate().for_each(|(place, &rect)| tile(ui, rect, place));
    };
    match &layout.tiles {
        LearnTiles::All { maps, below } => {
            maps_ui(ui, maps);
            below.iter().enumerate().for_each(|(place, &rect)| tile(ui, rect, 2 + place));
        }
        LearnTiles::Tabs { maps, row, tile: rect } => {
            maps_ui(ui, maps);
            area(ui, *row, "tabs", |ui| tabs_ui(ui, &names[2..], low));
            tile(ui, *rect, 2 + (*low).min(2));
        }
        LearnTiles::One { row, tile: rect } => {
            area(ui, *row, "tabs", |ui| tabs_ui(ui, &names, one));
            tile(ui, *rect, (*one).min(TILES.len() - 1));
        }
    }
}

/// What this screen says of a run on a text: what it shows, and the way to a run on points.
fn points_only_ui(ui: &mut Ui, shot: &Snapshot, out: &mut Outbox) {
    let theme = theme::of(ui);
    let rect = ui.max_rect();
    ui.painter().rect_filled(rect, RADIUS, theme.tile);
    let width = (rect.width() - 32.0).min(520.0);
    let left = rect.center().x - width / 2.0;
    let mut y = (rect.center().y - 90.0).max(rect.top() + 16.0);
    let title = fonts::strong(size::STRIP);
    let at = pos2(left, y);
    y = paint::text_in(ui, at, Align2::LEFT_TOP, learn::POINTS_ONLY.said(), title, theme.ink, width).bottom() + 10.0;
    let closing = closes(shot);
    for (text, ink) in [(learn::ABOUT_POINTS_ONLY.said(), theme.ink2), (closing.as_str(), theme.ink3)] {
        y += paint::paragraph(ui, pos2(left, y), text, fonts::regular(size::BODY), ink, width) + 8.0;
    }
    y += 8.0;
    let begin = Press::words(learn::BEGIN_WITH_POINTS.said()).look(Look::Ink);
    let train = Press::words(learn::SHOW_IN_TRAIN.said());
    let [first, second] = [begin.width(ui), train.width(ui)];
    let spot = Rect::from_min_size(pos2(left, y), vec2(first.min(width), 36.0));
    if begin.show(ui, spot).clicked() {
        out.push(Command::New(Box::new(Preset::Learn.config())));
    }
    let beside = left + first + 8.0 + second <= rect.right();
    let at = if beside { pos2(left + first + 8.0, y) } else { pos2(left, y + 44.0) };
    if train.show(ui, Rect::from_min_size(at, vec2(second.min(width), 36.0))).clicked() {
        out.ask(Ask::Mode(WindowMode::Train));
    }
    let said = words::named_value(learn::POINTS_ONLY.said(), learn::ABOUT_POINTS_ONLY.said());
    paint::say(ui, rect.with_max_y(y - 8.0), "points-only", &said);
}
