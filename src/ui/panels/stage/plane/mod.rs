//! The territory maps of the plane: the winner at each point, the router's pick, and what the network
//! answers.
//!
//! - `places`: where the maps lie, and what is where on them. Pure.
//! - `batch`: the points of the batch of a step, phase by phase.
//! - `drawing`: borders, hatching, data and axes.
//! - `legend`: shares, agreement and score, and what is said of one place.

mod batch;
mod drawing;
mod legend;
mod places;
mod tiles;

use eframe::egui::{
    Align2, Color32, CursorIcon, Key, Modifiers, Pos2, Rect, Role, Sense, Stroke, Ui, WidgetInfo, pos2, vec2,
};

pub(crate) use self::drawing::class_mark;
use self::places::{MapPlaces, MapSpot, SPOTS, cell_of, spot_at};
pub(crate) use self::places::{on_map, on_screen};
pub(crate) use self::tiles::{competition_map_ui, decision_map_ui, router_map_ui};
use crate::domain::config::Response;
use crate::domain::measures::territory::AnswerMap;
use crate::domain::roster::ExpertId;
use crate::run::{Command, MapRequest, Maps, Snapshot, Status};
use crate::ui::kit::bitmap::bitmap_ui;
use crate::ui::kit::theme::{self, size};
use crate::ui::kit::{fonts, icons, paint};
use crate::ui::panels::stage::lights::{Lights, drawn};
use crate::ui::panels::tile;
use crate::ui::view::phases::SeenPhases;
use crate::ui::view::{Outbox, ViewState, spoken};
use crate::ui::words::{learn, plane as words};

/// Seconds after which a request is repeated; the worker follows one for two.
const AGAIN: f64 = 1.0;
/// How far the cross moves by an arrow key, and with Shift.
const STEP: [i32; 2] = [8, 80];

/// Which of the three maps.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Which {
    Competition,
    Router,
    Answers,
}

/// The maps that are drawn, and whose they are.
#[derive(Clone, Copy)]
struct Shown<'a> {
    shot: &'a Snapshot,
    maps: &'a Maps,
    /// Who sits in which slot.
    ids: &'a [ExpertId],
    /// The step whose phases are shown.
    phases: Option<&'a SeenPhases<'a>>,
}

impl Shown<'_> {
    /// How strongly a map is drawn.
    fn light(&self, which: Which) -> f32 {
        self.phases.map_or(1.0, |seen| {
            let lights = Lights::of(seen.phase, seen.layer.competes);
            match which {
                Which::Competition => lights.competition,
                Which::Router => lights.router,
                Which::Answers => lights.output,
            }
        })
    }
}

/// Draws the maps in `body`, and asks for them as long as they are looked at.
pub(crate) fn maps_ui(ui: &mut Ui, body: Rect, shot: &Snapshot, view: &mut ViewState, out: &mut Outbox) {
    if !view.is_live() {
        return tile::empty(ui, body, words::ONLY_NEWEST.said());
    }
    ask(ui, shot, view, out);
    let ids = view.roster(shot).map(|roster| roster.slots.clone()).unwrap_or_default();
    let maps = match newest(shot, view, &ids) {
        Ok(maps) => maps,
        Err(why) => return tile::empty(ui, body, why),
    };
    let phases = view.seen_phases(shot);
    let all = [Which::Competition, Which::Router, Which::Answers];
    for (place, (which, places)) in all.into_iter().zip(MapPlaces::cut(body)).enumerate() {
        title_ui(ui, places.title, which, shot, maps, view);
        if places.map.width() < 24.0 {
            continue;
        }
        let shown = Shown { shot, maps, ids: &ids, phases: phases.as_ref() };
        drawn(ui, shown.light(which), |ui| map_ui(ui, places.map, which, place == 0, shown, view));
        legend_ui(ui, places.legend, which, shown, view);
    }
}

/// The maps of the layer that is looked at, or what stands in their place.
fn newest<'a>(shot: &'a Snapshot, view: &ViewState, ids: &[ExpertId]) -> Result<&'a Maps, &'static str> {
    let there = |maps: &&Maps| maps.layer == view.layer && maps.map.territories.cells.experts == ids.len();
    shot.newest.maps.as_deref().filter(there).ok_or_else(|| match shot.status {
        Status::Failed(_) => crate::ui::words::NO_RUN.said(),
        _ => words::LOADING.said(),
    })
}

/// What stands below a map, or beside it.
fn legend_ui(ui: &Ui, rect: Rect, which: Which, Shown { shot, maps, ids, .. }: Shown<'_>, view: &mut ViewState) {
    let territories = &maps.map.territories;
    match which {
        Which::Competition => legend::shares_ui(ui, rect, "won", ids, &territories.won, view),
        Which::Router => legend::agreement_ui(ui, rect, territories),
        Which::Answers => {
            let classes = maps.map.answers.classes.as_ref().map_or(0, |_| maps.map.answers.width);
            legend::score_ui(ui, rect, shot, classes);
        }
    }
}

/// Asks for the maps that are looked at: when they are others, and again every second.
fn ask(ui: &Ui, shot: &Snapshot, view: &mut ViewState, out: &mut Outbox) {
    let there = |id: &ExpertId| view.roster(shot).is_some_and(|roster| roster.slots.contains(id));
    let request = MapRequest { layer: view.layer, alone: view.lit().filter(there) };
    let now = ui.input(|i| i.time);
    if view.maps_asked.is_none_or(|(of, at)| of != request || now - at >= AGAIN) {
        view.maps_asked = Some((request, now));
        out.push(Command::Maps(request));
    }
}

/// What the lit expert answers alone, if it was drawn.
fn alone<'a>(maps: &'a Maps, view: &ViewState) -> Option<(ExpertId, &'a AnswerMap)> {
    maps.alone.as_ref().filter(|(id, _)| view.lit() == Some(*id)).map(|(id, answers)| (*id, answers))
}

/// The title of a map, and what stands beside it.
fn titles(which: Which, shot: &Snapshot, maps: Option<&Maps>, view: &ViewState) -> (String, String) {
    let (k, competes) = (shot.knobs.top_k, shot.knobs.policy.competes());
    let loudest = shot.knobs.response() == Response::Norm;
    match which {
        Which::Competition => (words::competition(competes).to_owned(), words::winner_of(k, loudest)),
        Which::Router => (words::ROUTER.said().to_owned(), words::pick_of(k, competes)),
        Which::Answers => match maps.and_then(|maps| alone(maps, view)) {
            Some((id, _)) => (words::alone(id), words::ALONE_CAPTION.said().to_owned()),
            None => (words::DECISION.said().to_owned(), words::DECISION_CAPTION.said().to_owned()),
        },
    }
}

/// The mark of a map: a ring for the competition, a disc for the router, a square for the answers.
fn mark(ui: &Ui, at: Pos2, which: Which) {
    let theme = theme::of(ui);
    match which {
        Which::Competition => icons::ring(ui.painter(), at, 4.0, theme),
        Which::Router => {
            ui.painter().circle_filled(at, 4.0, theme.ink2);
        }
        Which::Answers => {
            ui.painter().rect_filled(Rect::from_center_size(at, vec2(8.0, 8.0)), 1, theme.ink3);
        }
    }
}

fn title_ui(ui: &Ui, rect: Rect, which: Which, shot: &Snapshot, maps: &Maps, view: &ViewState) {
    let theme = theme::of(ui);
    let (title, caption) = titles(which, shot, Some(maps), view);
    let at = pos2(rect.left() + 5.0, rect.center().y - 1.0);
    mark(ui, at, which);
    let at = pos2(rect.left() + 15.0, at.y);
    let font = fonts::strong(size::BODY);
    let name = paint::text_in(ui, at, Align2::LEFT_CENTER, &title, font, theme.ink, rect.right() - at.x);
    let beside = pos2(name.right() + 8.0, at.y);
    let room = rect.right() - beside.x;
    let font = fonts::regular(size::CAPTION);
    if let Some(caption) = paint::fitting(ui, &[&caption], &font, room) {
        paint::text_in(ui, beside, Align2::LEFT_CENTER, caption, font, theme.ink3, room + 1.0);
    }
}

fn map_ui(ui: &mut Ui, rect: Rect, which: Which, first: bool, shown: Shown<'_>, view: &mut ViewState) {
    let Shown { maps, ids, phases, .. } = shown;
    let theme = theme::of(ui);
    let (map, territories) = (&maps.map, &maps.map.territories);
    let own = alone(maps, view);
    let answers = own.map_or(&map.answers, |(_, answers)| answers);
    let lit = view.lit();
    // A snapshot's maps never change, so that where they lie says which they are.
    let which_maps = (std::ptr::from_ref(maps) as usize, map.step, theme.dark, lit, own.map(|(id, _)| id));
    let color = |slot: u16, clarity: f32| {
        let id = ids.get(usize::from(slot)).copied();
        drawing::territory_color(id, clarity, id.map_or(1.0, |id| view.strength(id)), theme)
    };
    match which {
        Which::Competition => bitmap_ui(ui, rect, "map-won", which_maps, map.side, |cell| {
            color(territories.cells.winners[cell], territories.winner_clarity[cell])
        }),
        Which::Router => bitmap_ui(ui, rect, "map-picked", which_maps, map.side, |cell| {
            let clear = if territories.differ(cell) { 0.15 } else { territories.pick_clarity[cell] };
            color(territories.cells.picks[cell], clear)
        }),
        Which::Answers => {
            bitmap_ui(ui, rect, "map-answers", which_maps, map.side, |cell| {
                drawing::answer_color(answers, cell, theme)
            });
        }
    }
    let p = ui.painter().with_clip_rect(rect.intersect(ui.clip_rect()));
    let pen = |share: f32| Stroke::new(1.2, theme.ink.gamma_multiply(share));
    match which {
        Which::Competition => {
            drawing::borders(&p, rect, &territories.pick_borders, pen(0.45), true);
            drawing::borders(&p, rect, &territories.winner_borders, pen(0.9), false);
        }
        Which::Router => {
            let hatch = |slot: u16| {
                let hue = ids
                    .get(usize::from(slot))
                    .map_or(Color32::TRANSPARENT, |&id| theme.expert_line(id).gamma_multiply(view.strength(id)));
                Stroke::new(1.5, hue)
            };
            drawing::hatch(&p, rect, territories, map.side, hatch);
            drawing::borders(&p, rect, &territories.pick_borders, pen(0.9), false);
        }
        Which::Answers => {
            if let Some(classes) = &answers.classes {
                drawing::borders(&p, rect, &classes.borders, pen(0.9), false);
            }
        }
    }
    match (&view.drawing, phases) {
        (Some(drawing), _) => drawing::drawn(&p, rect, drawing.points(), theme),
        (None, Some(seen)) => batch::points(&p, rect, which, seen, view, theme),
        (None, None) => drawing::data(&p, rect, &maps.points, map.answers.classes.is_some(), theme),
    }
    let hearts = match which {
        Which::Competition => &territories.winner_hearts[..],
        Which::Router => &territories.pick_hearts[..],
        Which::Answers => &[],
    };
    // On a map that is dimmed, points would shine through the numbers.
    if p.opacity() >= 1.0 {
        drawing::numbers(&p, rect, (hearts, map.side), ids, |id| view.strength(id), theme);
    }
    if let Some(spot) = view.lit_spot() {
        drawing::cross(&p, rect, spot, theme);
    }
    drawing::axes(ui, rect, first, theme);
    pointed_ui(ui, rect, which, shown, view);
}

/// What the pointer and the keys do on a map: light the expert below, keep it, move the cross.
fn pointed_ui(
    ui: &mut Ui,
    rect: Rect,
    which: Which,
    Shown { shot, maps, ids, phases }: Shown<'_>,
    view: &mut ViewState,
) {
    let cells = &maps.map.territories.cells;
    let response = ui.interact(rect, ui.scope_id().with(("map", which as u8)), Sense::click_and_drag());
    if let Some(drawing) = &mut view.drawing {
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, learn::DRAW_HERE.said()));
        let at = response.interact_pointer_pos().and_then(|at| spot_at(rect, at));
        if let Some(spot) = at.filter(|_| response.is_pointer_button_down_on()) {
            drawing.touch(places::in_plane(spot));
        } else if !ui.input(|input| input.pointer.primary_down()) {
            drawing.lift();
        }
        response.on_hover_cursor(CursorIcon::Crosshair);
        return;
    }
    let said = match which {
        Which::Competition => words::territories_said(shot.knobs.policy.competes(), ids, &maps.map.territories.won),
        Which::Router => words::picks_said(ids, &maps.map.territories.picked),
        Which::Answers => {
            let (title, caption) = titles(which, shot, Some(maps), view);
            let answers = alone(maps, view).map_or(&maps.map.answers, |(_, answers)| answers);
            spoken::decision(&format!("{title} {caption}"), answers)
        }
    };
    let pointed = response.hover_pos().and_then(|at| spot_at(rect, at));
    let spot = pointed.or(view.lit_spot().filter(|_| response.has_focus()));
    let said = spot.map_or(said.clone(), |spot| format!("{said}; {}", words::place(places::in_plane(spot))));
    response.widget_info(|| WidgetInfo::labeled(Role::Button, true, &said));
    let whose = |spot: MapSpot| {
        let cell = cell_of(spot, maps.map.side);
        let slot = match which {
            Which::Competition => cells.winners[cell],
            Which::Router => cells.picks[cell],
            Which::Answers => return None,
        };
        ids.get(usize::from(slot)).copied()
    };
    if let Some(spot) = pointed {
        view.hover_spot(spot);
        if let Some(id) = whose(spot) {
            view.hover(id);
        }
    }
    let in_batch = |spot: MapSpot| phases.and_then(|seen| batch::nearest(seen, spot));
    if let Some(position) = pointed.and_then(in_batch) {
        view.hover_position(position);
    }
    if let (true, Some(position)) = (response.clicked(), spot.and_then(in_batch)) {
        view.choose_position(position);
    } else if response.clicked() {
        let spot = pointed.or(view.lit_spot()).unwrap_or([SPOTS / 2; 2]);
        view.keep_spot(spot);
        if let Some(id) = whose(spot) {
            view.keep(id);
        }
    }
    if response.has_focus() {
        let spot = view.lit_spot().unwrap_or([SPOTS / 2; 2]);
        for (key, [x, y]) in
            [(Key::ArrowLeft, [-1, 0]), (Key::ArrowRight, [1, 0]), (Key::ArrowUp, [0, -1]), (Key::ArrowDown, [0, 1])]
        {
            for (modifiers, step) in [(Modifiers::SHIFT, STEP[1]), (Modifiers::NONE, STEP[0])] {
                if ui.input_mut(|i| i.consume_key(modifiers, key)) {
                    let moved =
                        |part: u16, by: i32| (i32::from(part) + by * step).clamp(0, i32::from(SPOTS) - 1) as u16;
                    view.move_spot([moved(spot[0], x), moved(spot[1], y)]);
                }
            }
        }
        ui.memory_mut(|memory| {
            let arrows =
                eframe::egui::EventFilter { horizontal_arrows: true, vertical_arrows: true, ..Default::default() };
            memory.set_focus_lock_filter(response.id, arrows);
        });
    }
    let focused = response.has_focus();
    let response = response.on_hover_cursor(CursorIcon::Crosshair);
    match (pointed, spot) {
        (Some(spot), _) => {
            response.on_hover_ui_at_pointer(|ui| legend::place_ui(ui, maps, ids, spot));
        }
        (None, Some(spot)) if focused => {
            response.show_tooltip_ui(|ui| legend::place_ui(ui, maps, ids, spot));
        }
        _ => {}
    }
}
