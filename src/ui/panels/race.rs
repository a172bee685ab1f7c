//! A race: its runs by name and line, buttons for all of them at once, and the curves that are compared.

use std::sync::Arc;

use eframe::egui::{Align2, Rect, Stroke, Ui, pos2, vec2};

use crate::run::{AppCommand, Snapshot};
use crate::store::history::Bucket;
use crate::ui::kit::press::{Look, Press};
use crate::ui::kit::theme::{self, size};
use crate::ui::kit::{fonts, paint, plots};
use crate::ui::panels::tile::{self, Tile};
use crate::ui::view::export::tables;
use crate::ui::view::race::{RaceCurve, race_from_here, race_of_policies, racer_name};
use crate::ui::view::{Outbox, ViewState};
use crate::ui::words::{race as words, tiles};

/// Length of the dashes of each run's line; the first is drawn through.
const DASHES: [f32; 4] = [0.0, 9.0, 4.0, 2.0];

/// Title, caption and explanation of a curve.
fn curve(of: RaceCurve, layer: usize) -> (&'static str, String, &'static str) {
    match of {
        RaceCurve::Loss => (words::LOSS.said(), words::OVER_STEPS.said().into(), words::ABOUT_LOSS.said()),
        RaceCurve::Kappa => (words::KAPPA.said(), words::of_layer(layer), words::ABOUT_KAPPA.said()),
        RaceCurve::LoadCv => (words::LOAD.said(), words::of_layer(layer), words::ABOUT_LOAD.said()),
        RaceCurve::Difference => {
            (words::DIFFERENCE.said(), words::LESS_THE_FIRST.said().into(), words::ABOUT_DIFFERENCE.said())
        }
    }
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

/// Draws the row over the tiles: buttons, then the runs by name and line, as far as there is room.
pub(crate) fn race_head_ui(ui: &mut Ui, shot: &Snapshot, race: &[Arc<Snapshot>], out: &mut Outbox) {
    let theme = theme::of(ui);
    let rect = ui.max_rect();
    ui.painter().rect_filled(rect, theme::RADIUS, theme.tile);
    let is_on = !race.is_empty();
    let buttons: [(_, bool, AppCommand); 3] = [
        (words::END, is_on, AppCommand::Race(Vec::new())),
        (words::FROM_HERE, !is_on && shot.knobs.policy.competes(), race_from_here(shot)),
        (words::POLICIES, !is_on, race_of_policies(shot)),
    ];
    let mut x = rect.left() + 10.0;
    for (said, shown, command) in buttons {
        let press = Press::words(said.said()).look(Look::Raised).size(size::BODY);
        let spot = Rect::from_min_size(pos2(x, rect.top() + 6.0), vec2(press.width(ui), 26.0));
        if !shown || spot.right() > rect.right() - 8.0 {
            continue;
        }
        if press.show(ui, spot).clicked() {
            out.push(command);
        }
        x = spot.right() + 8.0;
    }
    for place in 0..race.len() {
        let (name, font) = (racer_name(place, race), fonts::regular(size::BODY));
        let room = rect.right() - x - 50.0;
        if room < 60.0 {
            return;
        }
        let y = rect.top() + 19.0;
        let line = [pos2(x + 8.0, y), pos2(x + 36.0, y)];
        let pen = Stroke::new(1.8, theme.ink);
        match DASHES[place.min(3)] {
            0.0 => _ = ui.painter().line_segment(line, pen),
            dash => _ = ui.painter().add(eframe::egui::Shape::dashed_line(&line, pen, dash, dash * 0.7)),
        }
        let text = paint::text_in(ui, pos2(x + 42.0, y), Align2::LEFT_CENTER, &name, font, theme.ink2, room);
        let spot = Rect::from_min_max(pos2(x + 6.0, y - 10.0), pos2(text.right(), y + 10.0));
        paint::say(ui, spot, ("racer", place), &words::racer(&name, race[place].step));
        x = text.right() + 12.0;
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
    let (title, caption, about) = curve(of, view.layer);
    let tile = Tile { title, caption: &caption, about, beside: 0.0 };
    let most = (ui.max_rect().width() / 3.0) as usize;
    let curves = of.of(race, view.layer, most);
    let shown = tile.show_offering(ui, |ui, body| {
        if curves.iter().all(Vec::is_empty) {
            let words = if race.is_empty() { words::NO_RACE } else { words::NOTHING_YET };
            return tile::empty(ui, body, words.said());
        }
        plot_ui(ui, body, of, &curves, race);
    });
    let named = (0..curves.len()).map(|place| racer_name(place, race)).zip(&curves);
    shown.offer(ui, out, (None, shot.step), || tables::race(shot.step, named));
}

fn plot_ui(ui: &mut Ui, rect: Rect, of: RaceCurve, curves: &[Vec<Bucket>], race: &[Arc<Snapshot>]) {
    let theme = theme::of(ui);
    let all = || curves.iter().flatten().filter(|bucket| bucket.n > 0);
    let (first, last) = (all().map(|b| b.first_step).min(), all().map(|b| b.last_step).max());
    let spread = of == RaceCurve::Difference;
    let low = all().filter_map(|b| if spread { Some(b.min) } else { b.mean() }).fold(f64::INFINITY, f64::min);
    let high = all().filter_map(|b| if spread { Some(b.max) } else { b.mean() }).fold(f64::NEG_INFINITY, f64::max);
    // Of a difference, none is in sight.
    let (low, high) = if spread { (low.min(0.0), high.max(0.0)) } else { (low, high) };
    let pad = (high - low) * 0.06;
    let x = (if spread { first.unwrap_or(0) } else { 0 } as f64, last.unwrap_or(1).max(1) as f64);
    let axes = plots::Axes { x, y: (low - pad, high + pad), decimals: 2, numbered: true, log: false };
    let names: Vec<String> = (0..curves.len()).map(|place| racer_name(place, race)).collect();
    let curves = curves.to_vec();
    plots::steps(ui, rect, plot_name(of), axes, tiles::point, move |p| {
        for (place, (curve, name)) in curves.iter().zip(&names).enumerate() {
            if spread {
                plots::band(p, name, curve, theme.ink3.gamma_multiply(0.3));
            }
            match DASHES[place.min(3)] {
                0.0 => plots::mean_line(p, name, curve, Stroke::new(1.8, theme.ink)),
                dash => plots::dashed_line(p, name, curve, Stroke::new(1.8, theme.ink), dash),
            }
        }
        if spread {
            let none = egui_plot::HLine::new(words::NONE.said(), 0.0).stroke(Stroke::new(1.0, theme.ink3));
            p.hline(none);
        }
    });
}
