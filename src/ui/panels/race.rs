//! A race: its runs by name and line, what their curves are drawn over, and the curves that are compared.

use std::sync::Arc;

use eframe::egui::{
    Align2, CursorIcon, Popup, Pos2, Rect, Role, Sense, Shape, Stroke, StrokeKind, Ui, WidgetInfo, pos2, vec2,
};

use crate::run::{AppCommand, Racer, Snapshot};
use crate::ui::kit::icons::Icon;
use crate::ui::kit::plots::{self, PointWords};
use crate::ui::kit::press::{Look, Press};
use crate::ui::kit::switch::switch_ui;
use crate::ui::kit::theme::{self, FIELD_RADIUS, size};
use crate::ui::kit::{fonts, paint};
use crate::ui::panels::tile::{self, Tile};
use crate::ui::view::export::tables;
use crate::ui::view::race::{
    RaceAxis, RaceCurve, RacePoint, race_and_one_more, race_from_here, race_of_policies, racer_name,
    without_competition,
};
use crate::ui::view::watched::trains;
use crate::ui::view::{Outbox, ViewState, spoken};
use crate::ui::words::{race as words, tiles, watched};

/// Length of the dashes of each run's line; the first is drawn through.
const DASHES: [Option<f32>; 4] = [None, Some(9.0), Some(4.0), Some(2.0)];
/// Width of the switch between axes.
const SWITCH: f32 = 276.0;
/// Width of the row from which there is room for it.
const SWITCH_FROM: f32 = 560.0;
/// Least width for the name of a run.
const NAME: f32 = 60.0;

/// Title, caption and explanation of a curve.
fn curve(of: RaceCurve, layer: usize, axis: RaceAxis) -> (&'static str, String, &'static str) {
    let over = match axis {
        RaceAxis::Steps => words::OVER_STEPS,
        RaceAxis::Flop => words::OVER_ARITHMETIC,
        RaceAxis::Seconds => words::OVER_SECONDS,
    };
    let over = over.said();
    let about = if axis == RaceAxis::Steps { words::ABOUT_DIFFERENCE } else { words::ABOUT_DIFFERENCE_AT_COST };
    match of {
        RaceCurve::Loss => (words::LOSS.said(), words::of_every_run(over), words::ABOUT_LOSS.said()),
        RaceCurve::Kappa => (words::KAPPA.said(), words::of_layer(layer, over), words::ABOUT_KAPPA.said()),
        RaceCurve::LoadCv => (words::LOAD.said(), words::of_layer(layer, over), words::ABOUT_LOAD.said()),
        RaceCurve::Difference => (words::DIFFERENCE.said(), words::less_the_first(over), about.said()),
    }
}

/// Title of a curve.
pub(crate) fn curve_title(of: RaceCurve) -> &'static str {
    curve(of, 0, RaceAxis::Steps).0
}

/// The name of its plot.
pub(crate) fn plot_name(of: RaceCurve) -> &'static str {
    match of {
        RaceCurve::Loss => "race-loss",
        RaceCurve::Kappa => "race-kappa",
        RaceCurve::LoadCv => "race-load",
        RaceCurve::Difference => "race-difference",
    }
}

/// Draws the row over the tiles: what can be begun or ended, the runs by name and line as far as there is room, and what their
/// curves are drawn over.
pub(crate) fn race_head_ui(
    ui: &mut Ui,
    shot: &Snapshot,
    race: &[Arc<Snapshot>],
    sight: &mut ViewState,
    out: &mut Outbox,
) {
    let theme = theme::of(ui);
    let rect = ui.max_rect();
    ui.painter().rect_filled(rect, theme::RADIUS, theme.tile);
    let is_on = !race.is_empty();
    let mut end = rect.right() - 8.0;
    if is_on && rect.width() >= SWITCH_FROM {
        end -= SWITCH;
        axis_ui(ui, Rect::from_min_size(pos2(end, rect.top() + 5.0), vec2(SWITCH, 28.0)), sight);
        end -= 12.0;
    }
    let buttons: [(_, bool, AppCommand); 3] = [
        (words::END, is_on, AppCommand::Race(Vec::new())),
        (words::FROM_HERE, !is_on && trains(shot) && shot.knobs.policy.competes(), race_from_here(shot)),
        (words::POLICIES, !is_on && trains(shot), race_of_policies(shot)),
    ];
    if !is_on && !trains(shot) {
        let at = pos2(rect.left() + 14.0, rect.center().y);
        let said = words::NONE_OF_WATCHED.said();
        let room = rect.width() - 28.0;
        paint::text_in(ui, at, Align2::LEFT_CENTER, said, fonts::regular(size::BODY), theme.ink2, room);
        paint::say(ui, rect, "no-race", said).on_hover_text(said);
    }
    let mut x = rect.left() + 10.0;
    for (said, shown, command) in buttons {
        let press = Press::words(said.said()).look(Look::Raised).size(size::BODY);
        let spot = Rect::from_min_size(pos2(x, rect.top() + 6.0), vec2(press.width(ui), 26.0));
        if !shown || spot.right() > end {
            continue;
        }
        if press.show(ui, spot).clicked() {
            out.push(command);
        }
        x = spot.right() + 8.0;
    }
    if is_on && race.len() < Racer::MOST {
        x = add_ui(ui, pos2(x, rect.top() + 6.0), end, (shot, race), out);
    }
    racers_ui(ui, Rect::from_min_max(pos2(x, rect.top()), pos2(end, rect.bottom())), shot, race, out);
}

/// Draws the button that adds a run to the race, and its menu, as far as there is room before `end`. Returns where it ends.
fn add_ui(ui: &mut Ui, at: Pos2, end: f32, (shot, race): (&Snapshot, &[Arc<Snapshot>]), out: &mut Outbox) -> f32 {
    let press = Press::words(words::ADD.said()).with_tail(Icon::Down).size(size::BODY);
    let spot = Rect::from_min_size(at, vec2(press.width(ui), 26.0));
    if spot.right() > end {
        return at.x;
    }
    let response = press.show(ui, spot).on_hover_text(words::ABOUT_ADD.said());
    Popup::menu(&response).accessible_name(words::ADD.said()).show(|ui| {
        ui.set_min_width(220.0);
        let without = shot.knobs.policy.competes().then(|| without_competition(shot));
        let entries = [(words::AS_IT_IS, true, None), (words::FROM_HERE, without.is_some(), without)];
        for (said, shown, knobs) in entries {
            if shown && ui.button(said.said()).clicked() {
                out.push(race_and_one_more(shot, race, knobs));
                ui.close();
            }
        }
    });
    spot.right() + 8.0
}

/// Draws the runs by name and line, as far as there is room; a click shows that run in the other modes.
fn racers_ui(ui: &Ui, rect: Rect, shot: &Snapshot, race: &[Arc<Snapshot>], out: &mut Outbox) {
    let (theme, mut x) = (theme::of(ui), rect.left());
    for (place, racer) in race.iter().enumerate() {
        let (name, font) = (racer_name(place, race), fonts::regular(size::BODY));
        // All names have the same share of what is left.
        let room = (rect.right() - x) / (race.len() - place) as f32 - 54.0;
        if room < NAME {
            return;
        }
        let y = rect.top() + 19.0;
        let line = [pos2(x + 8.0, y), pos2(x + 36.0, y)];
        let pen = Stroke::new(1.8, theme.ink);
        match DASHES[place.min(3)] {
            None => _ = ui.painter().line_segment(line, pen),
            Some(dash) => _ = ui.painter().add(Shape::dashed_line(&line, pen, dash, dash * 0.7)),
        }
        let is_shown = racer.session == shot.session;
        let galley = paint::cut(ui, &name, font, if is_shown { theme.ink } else { theme.ink2 }, room);
        let at = pos2(x + 42.0, y - galley.size().y / 2.0);
        let spot = Rect::from_min_max(pos2(x + 2.0, y - 13.0), pos2(at.x + galley.size().x + 6.0, y + 13.0));
        let response = ui.interact(spot, ui.scope_id().with(("racer", place)), Sense::click());
        let said = words::racer(&name, racer.step);
        response.widget_info(|| WidgetInfo::selected(Role::RadioButton, true, is_shown, &said));
        if is_shown || response.hovered() || response.has_focus() {
            let border = if response.has_focus() { theme.ink } else { theme.line2 };
            ui.painter().rect_stroke(spot, FIELD_RADIUS, Stroke::new(1.0, border), StrokeKind::Inside);
        }
        ui.painter().galley(at, galley, theme.ink2);
        x = spot.right() + 6.0;
        if response.clicked() && !is_shown {
            out.push(AppCommand::Show(racer.session));
        }
        let about = if is_shown { words::IS_SHOWN } else { words::SHOW };
        response.on_hover_cursor(CursorIcon::PointingHand).on_hover_text(format!("{said}\n{}", about.said()));
    }
}

/// Draws the switch between what the curves are drawn over.
fn axis_ui(ui: &Ui, rect: Rect, sight: &mut ViewState) {
    let choices = RaceAxis::ALL.map(|axis| match axis {
        RaceAxis::Steps => (words::STEPS.said(), words::ABOUT_STEPS.said()),
        RaceAxis::Flop => (words::ARITHMETIC.said(), words::ABOUT_ARITHMETIC.said()),
        RaceAxis::Seconds => (words::SECONDS.said(), words::ABOUT_SECONDS.said()),
    });
    let chosen = RaceAxis::ALL.iter().position(|axis| *axis == sight.race_axis).unwrap_or_default();
    if let Some(place) = switch_ui(ui, rect, &choices, chosen) {
        sight.race_axis = RaceAxis::ALL[place];
    }
}

/// Draws one of the curves that are compared.
pub(crate) fn race_curve_ui(
    ui: &mut Ui,
    of: RaceCurve,
    shot: &Snapshot,
    race: &[Arc<Snapshot>],
    view: &ViewState,
    out: &mut Outbox,
) {
    let axis = view.race_axis;
    let (title, caption, about) = curve(of, view.layer, axis);
    let tile = Tile { title, caption: &caption, about, beside: 0.0 };
    let most = (ui.max_rect().width() / 3.0) as usize;
    let curves = of.of(race, view.layer, axis, most);
    let shown = tile.show_offering(ui, |ui, body| {
        if curves.iter().all(Vec::is_empty) {
            let is_measured = || !RaceCurve::Loss.of(race, view.layer, RaceAxis::Steps, 1).iter().all(Vec::is_empty);
            let words = if race.is_empty() && !trains(shot) {
                watched::ONLY
            } else if race.is_empty() {
                words::NO_RACE
            } else if of == RaceCurve::Loss && is_measured() {
                words::NO_COST
            } else {
                words::NOTHING_YET
            };
            return tile::empty(ui, body, words.said());
        }
        paint::say(ui, body, "picture", &spoken::race(title, &curves, race));
        plot_ui(ui, body, of, axis, &curves, race);
    });
    let named = (0..curves.len()).map(|place| racer_name(place, race)).zip(&curves);
    shown.offer(ui, out, (None, shot.step), || tables::race(shot.step, axis, named));
}

fn plot_ui(ui: &mut Ui, rect: Rect, of: RaceCurve, axis: RaceAxis, curves: &[Vec<RacePoint>], race: &[Arc<Snapshot>]) {
    let theme = theme::of(ui);
    let all = || curves.iter().flatten().filter(|point| point.bucket.n > 0);
    let least = |of: &dyn Fn(&RacePoint) -> Option<f64>| all().filter_map(of).fold(f64::INFINITY, f64::min);
    let most = |of: &dyn Fn(&RacePoint) -> Option<f64>| all().filter_map(of).fold(f64::NEG_INFINITY, f64::max);
    let spread = of == RaceCurve::Difference;
    let mean = |point: &RacePoint| point.bucket.mean();
    // Of a difference, none is in sight.
    let (low, high) = if spread {
        (least(&|point| Some(point.bucket.min)).min(0.0), most(&|point| Some(point.bucket.max)).max(0.0))
    } else {
        (least(&mean), most(&mean))
    };
    let pad = (high - low) * 0.06;
    let first = if spread { least(&|point| Some(point.at)) } else { 0.0 };
    let axes = plots::Axes {
        x: (first, most(&|point| Some(point.at))),
        y: (low - pad, high + pad),
        decimals: 2,
        numbered: true,
        log: false,
    };
    let point: PointWords = match axis {
        RaceAxis::Steps => tiles::point,
        RaceAxis::Flop => words::point_at_flop,
        RaceAxis::Seconds => words::point_at_seconds,
    };
    let names: Vec<String> = (0..curves.len()).map(|place| racer_name(place, race)).collect();
    let curves = curves.to_vec();
    plots::steps(ui, rect, plot_name(of), axes, point, move |p| {
        for (place, (curve, name)) in curves.iter().zip(&names).enumerate() {
            if spread {
                let ends: Vec<[f64; 3]> =
                    curve.iter().map(|point| [point.at, point.bucket.min, point.bucket.max]).collect();
                plots::points_band(p, name, &ends, theme.ink3.gamma_multiply(0.3));
            }
            // A line breaks where nothing was finite.
            for part in curve.split(|point| point.bucket.n == 0).filter(|part| !part.is_empty()) {
                let line = part.iter().filter_map(|point| Some([point.at, point.bucket.mean()?])).collect();
                plots::points_line(p, name, line, Stroke::new(1.8, theme.ink), DASHES[place.min(3)]);
            }
        }
        if spread {
            let none = egui_plot::HLine::new(words::NONE.said(), 0.0).stroke(Stroke::new(1.0, theme.ink3));
            p.hline(none);
        }
    });
}
