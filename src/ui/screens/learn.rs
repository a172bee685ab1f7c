//! The screen that is learnt with: a few controls, two large maps of territories, decision, load and loss below.

use eframe::egui::{Align2, Rect, Stroke, StrokeKind, Ui, pos2, vec2};

use super::growing::Growing;
use super::layout::learn::{LearnLayout, LearnTiles};
use super::tabs::Tabs;
use crate::domain::config::Preset;
use crate::lessons::{Anchor, PanelId};
use crate::run::{Command, Snapshot, Status, WindowMode};
use crate::ui::kit::fonts;
use crate::ui::kit::paint::{self, area};
use crate::ui::kit::press::{Look, Press};
use crate::ui::kit::theme::{self, RADIUS, size};
use crate::ui::panels::stage::lights::Lights;
use crate::ui::panels::stage::plane::{competition_map_ui, decision_map_ui, router_map_ui};
use crate::ui::panels::{
    LearnRailView, LessonView, RailView, TileUi, agreement_ui, closes, collapse_ui, learn_rail_ui, learn_timeline_ui,
    load_ui, loss_ui, phases_ui, trouble_ui,
};
use crate::ui::view::outbox::Ask;
use crate::ui::view::watched::trains;
use crate::ui::view::{Outbox, ViewState};
use crate::ui::words::{self, learn, plane, tiles, watched};
use crate::words::language::FixedText;

/// Maps and tiles, in the order of the layout, by the names of their tabs.
const TILES: [(FixedText, TileUi); 5] = [
    (learn::COMPETITION_TAB, competition_map_ui),
    (learn::ROUTER_TAB, router_map_ui),
    (plane::DECISION, decision_map_ui),
    (tiles::LOAD, load_ui),
    (tiles::LOSS, loss_ui),
];

/// What each of them is called in a lesson.
const ANCHORS: [PanelId; 5] =
    [PanelId::CompetitionMap, PanelId::RouterMap, PanelId::DecisionMap, PanelId::Load, PanelId::Loss];

/// Opacity of the last picture while a run is being prepared.
const PREPARING: f32 = 0.4;

/// What is open on this screen.
#[derive(Debug, Default)]
pub(super) struct LearnView {
    rail: LearnRailView,
    /// The tile that is shown where there is room for one of all, and below the maps.
    pub tabs: [Tabs; 2],
    /// The tile that has grown over the others, by its place.
    grown: Option<usize>,
}

impl LearnView {
    /// Shrinks the tile that has grown; whether there was one.
    pub fn shrink(&mut self) -> bool {
        self.grown.take().is_some()
    }
}

/// Draws everything between the strip and the status line. `rail` is what is drafted and asked for.
pub(super) fn learn_ui(
    ui: &mut Ui,
    layout: &LearnLayout,
    shot: &Snapshot,
    (view, rail, lesson): (&mut LearnView, &mut RailView, &LessonView),
    sight: &mut ViewState,
    out: &mut Outbox,
) {
    if let Some(rect) = layout.trouble {
        area(ui, rect, "trouble", |ui| trouble_ui(ui, shot, &mut (), out));
    }
    area(ui, layout.bands.timeline, "timeline", |ui| learn_timeline_ui(ui, shot, sight, out));
    if shot.config.task.text().is_some() || !trains(shot) {
        let middle = layout.bands.middle;
        let rect = layout.trouble.map_or(middle, |trouble| middle.with_min_y(trouble.bottom() + 8.0));
        let rect = rect.with_min_x(layout.bands.rail.map_or(rect.left(), |rail| rail.left() + 8.0));
        let rect = rect.with_max_x(layout.lesson.map_or(rect.right(), |lesson| lesson.left() - 8.0));
        return area(ui, rect, "points-only", |ui| points_only_ui(ui, shot, out));
    }
    if let Some(rect) = layout.bands.rail {
        area(ui, rect, "learn-rail", |ui| learn_rail_ui(ui, shot, (&mut view.rail, rail, lesson), sight, out));
    }
    let mut board = LearnBoard { shot, tiles: TILES, lesson, whole: whole(&layout.tiles), view, sight, out };
    board.turn_to_what_is_spoken_of();
    board.show(ui, &layout.tiles);
}

/// Where a tile lies that has grown; `None` where one is shown at a time.
fn whole(tiles: &LearnTiles) -> Option<Rect> {
    match tiles {
        LearnTiles::All { maps, below } => Some(maps[0].union(below[2])),
        LearnTiles::Tabs { maps, tile, .. } => Some(maps[0].union(*tile)),
        LearnTiles::One { .. } => None,
    }
}

/// The maps and tiles as they are drawn.
struct LearnBoard<'a> {
    shot: &'a Snapshot,
    tiles: [(FixedText, TileUi); 5],
    lesson: &'a LessonView,
    whole: Option<Rect>,
    view: &'a mut LearnView,
    sight: &'a mut ViewState,
    out: &'a mut Outbox,
}

impl LearnBoard<'_> {
    /// A page that speaks of another tile shows it in the place of the loss.
    fn turn_to_what_is_spoken_of(&mut self) {
        if self.lesson.lights(Anchor::Panel(PanelId::Collapse)) {
            self.tiles[4] = (tiles::COLLAPSE, collapse_ui);
        } else if self.lesson.lights(Anchor::Panel(PanelId::Agreement)) {
            self.tiles[4] = (tiles::AGREEMENT, agreement_ui);
        }
    }

    fn show(&mut self, ui: &mut Ui, layout: &LearnTiles) {
        if self.sight.seen_phases(self.shot).is_some() {
            return self.phases_ui(ui, layout);
        }
        if let (Some(place), Some(_)) = (self.view.grown, self.whole) {
            return self.tile_ui(ui, home(layout, place), place);
        }
        let names = self.tiles.map(|tile| tile.0.said());
        match layout {
            LearnTiles::All { maps, below } => {
                maps.iter().chain(below).enumerate().for_each(|(place, &rect)| self.tile_ui(ui, rect, place));
            }
            LearnTiles::Tabs { maps, row, tile } => {
                maps.iter().enumerate().for_each(|(place, &rect)| self.tile_ui(ui, rect, place));
                let low = &mut self.view.tabs[1];
                area(ui, *row, "tabs", |ui| low.show(ui, &names[2..]));
                let place = 2 + low.of(3);
                self.tile_ui(ui, *tile, place);
            }
            LearnTiles::One { row, tile } => {
                let one = &mut self.view.tabs[0];
                area(ui, *row, "tabs", |ui| one.show(ui, &names));
                let place = one.of(TILES.len());
                self.tile_ui(ui, *tile, place);
            }
        }
    }

    /// The phases of a step: what a phase touches is lit, and its numbers stand in the place of the other tiles.
    fn phases_ui(&mut self, ui: &mut Ui, layout: &LearnTiles) {
        let Some(seen) = self.sight.seen_phases(self.shot) else { return };
        let lights = Lights::of(seen.phase, seen.layer.competes);
        let (maps, numbers): (Vec<(usize, Rect)>, Rect) = match layout {
            LearnTiles::All { maps, below } => {
                (vec![(0, maps[0]), (1, maps[1]), (2, below[0])], below[1].union(below[2]))
            }
            LearnTiles::Tabs { maps, row, tile } => (vec![(0, maps[0]), (1, maps[1])], row.union(*tile)),
            LearnTiles::One { row, tile } => {
                let whole = row.union(*tile);
                let (above, below) = whole.split_top_bottom_at_fraction(0.5);
                let lit = [lights.competition, lights.router, lights.output].iter().position(|&light| light == 1.0);
                (vec![(lit.unwrap_or(2), above)], below.with_min_y(below.top() + 8.0))
            }
        };
        for (place, rect) in maps {
            self.draw(ui, rect, place);
            if [lights.competition, lights.router, lights.output][place] == 1.0 {
                frame(ui, rect);
            }
        }
        area(ui, numbers, "phases", |ui| phases_ui(ui, self.shot, self.sight, self.out));
    }

    /// A map or tile at its place, or over the others since it has grown; framed if the lesson speaks of it.
    fn tile_ui(&mut self, ui: &mut Ui, home: Rect, place: usize) {
        let rect = match self.whole {
            None => {
                self.draw(ui, home, place);
                home
            }
            Some(over) => {
                let grown = self.view.grown == Some(place);
                let name = self.tiles[place].0.said();
                let growing = Growing { name, home, over: grown.then_some(over) };
                let asked = growing.show(ui, |ui| self.body_ui(ui, place));
                // Two clicks with the pencil are two points.
                if asked && self.sight.drawing.is_none() {
                    self.view.grown = if grown { None } else { Some(place) };
                    self.sight.page = 0;
                }
                if grown { over } else { home }
            }
        };
        if self.is_spoken_of(place) {
            frame(ui, rect);
        }
    }

    fn draw(&mut self, ui: &mut Ui, rect: Rect, place: usize) {
        let name = self.tiles[place].0.said();
        area(ui, rect, name, |ui| self.body_ui(ui, place));
    }

    fn body_ui(&mut self, ui: &mut Ui, place: usize) {
        if matches!(self.shot.status, Status::Preparing(_)) {
            ui.set_opacity(PREPARING);
        }
        // What is exported of a tile depends on whether it has grown here, not on the training screen.
        let of_train = std::mem::replace(&mut self.sight.grown, self.view.grown);
        (self.tiles[place].1)(ui, self.shot, self.sight, self.out);
        self.sight.grown = of_train;
    }

    fn is_spoken_of(&self, place: usize) -> bool {
        let panel = match self.tiles[place].0 {
            name if name == tiles::COLLAPSE => PanelId::Collapse,
            name if name == tiles::AGREEMENT => PanelId::Agreement,
            _ => ANCHORS[place],
        };
        self.lesson.lights(Anchor::Panel(panel))
    }
}

/// Where a tile lies beside the others.
fn home(layout: &LearnTiles, place: usize) -> Rect {
    match layout {
        LearnTiles::All { maps, below } => maps.iter().chain(below).copied().nth(place).unwrap_or(below[2]),
        LearnTiles::Tabs { maps, tile, .. } => maps.get(place).copied().unwrap_or(*tile),
        LearnTiles::One { tile, .. } => *tile,
    }
}

/// A frame around what is spoken of, or at work.
fn frame(ui: &Ui, rect: Rect) {
    let pen = Stroke::new(1.5, theme::of(ui).ink2);
    ui.painter().rect_stroke(rect, RADIUS, pen, StrokeKind::Inside);
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
    let about = if trains(shot) { learn::ABOUT_POINTS_ONLY } else { learn::ABOUT_WATCHED };
    let closing = closes(shot);
    for (text, ink) in [(about.said(), theme.ink2), (closing.as_str(), theme.ink3)] {
        y += paint::paragraph(ui, pos2(left, y), text, fonts::regular(size::BODY), ink, width) + 8.0;
    }
    y += 8.0;
    let begin = Press::words(learn::BEGIN_WITH_POINTS.said()).look(Look::Ink);
    let train = if trains(shot) { learn::SHOW_IN_TRAIN } else { watched::SHOW_IN_TRAIN };
    let train = Press::words(train.said());
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
    let said = words::named_value(learn::POINTS_ONLY.said(), about.said());
    paint::say(ui, rect.with_max_y(y - 8.0), "points-only", &said);
}
