//! The ribbons of the flow: from bytes to experts, from experts to the output, and what the other side wanted.

use eframe::egui::{Painter, Pos2, Shape, Stroke, Ui, pos2, vec2};

use super::scene::{Flow, Link, ScenePlaces};
use crate::domain::roster::ExpertId;
use crate::run::Snapshot;
use crate::ui::kit::motion;
use crate::ui::kit::theme::{self, Theme};
use crate::ui::view::ViewState;

/// Points of a ribbon's curve.
const POINTS: usize = 20;
/// Ways that a dot goes in a second.
const DRIFT: f64 = 0.4;
/// Widest ribbon, of weight 1.
const WIDEST: f32 = 4.2;

/// Draws all ribbons, those of what is lit last.
pub(crate) fn links_ui(
    ui: &Ui,
    places: &ScenePlaces,
    flow: &Flow,
    ids: &[ExpertId],
    shot: &Snapshot,
    view: &ViewState,
) {
    let theme = theme::of(ui);
    let lit = |link: &Link| {
        let token = flow.rows[link.row].token;
        view.lit_token() == Some(token) || view.lit() == Some(ids[usize::from(link.slot)])
    };
    let any = view.lit().is_some() || view.lit_token().is_some();
    let mut links: Vec<(Link, bool)> = flow.carried().map(|link| (link, lit(&link))).collect();
    links.sort_by_key(|link| link.1);
    for link in flow.wanted() {
        wanted_ui(ui, places, &link, view, any && !lit(&link), theme);
    }
    let moving = shot.is_running() && view.is_live() && !motion::is_still(ui);
    // By the clock, so that dots drift as evenly at a thousand steps a second as at twenty; but only steps ask for a
    // frame, so that nothing is drawn for its own sake.
    let drift = (ui.input(|i| i.time) * DRIFT).fract() as f32;
    for (link, lit) in links {
        let id = ids[usize::from(link.slot)];
        let strength = match (any, lit) {
            (false, _) => 0.62,
            (true, true) => 1.0,
            (true, false) => 0.16,
        };
        let pen = Stroke::new((WIDEST * link.weight).max(0.8), theme.expert_line(id).gamma_multiply(strength));
        let disc = places.disc(usize::from(link.slot));
        let y = places.y(link.row);
        let into = curve(pos2(places.links.min, y), pos2(places.links.max, disc.y));
        let out = curve(pos2(places.out.min, disc.y), pos2(places.out.max, y));
        if moving {
            let phase = (drift + link.row as f32 * 0.37 + f32::from(link.slot) * 0.21).fract();
            for (curve, shift) in [(&into, 0.0), (&out, 0.5)] {
                let at = along(curve, (phase + shift).fract());
                ui.painter().circle_filled(at, 1.3, theme.ink.gamma_multiply(strength));
            }
        }
        ui.painter().add(Shape::line(into, pen));
        ui.painter().add(Shape::line(out, pen));
    }
}

/// A dashed line to the expert that the other side picked; with a cross where a winner was missed.
fn wanted_ui(ui: &Ui, places: &ScenePlaces, link: &Link, view: &ViewState, faint: bool, theme: &Theme) {
    let color = if view.by_winners { theme.ink3 } else { theme.violet };
    let pen = Stroke::new(1.0, color.gamma_multiply(if faint { 0.2 } else { 0.75 }));
    let disc = places.disc(usize::from(link.slot));
    let curve = curve(pos2(places.links.min, places.y(link.row)), pos2(places.links.max, disc.y));
    if !view.by_winners {
        cross(ui.painter(), along(&curve, 0.93), pen);
    }
    ui.painter().extend(Shape::dashed_line(&curve, pen, 4.0, 4.0));
}

/// The mark of a winner that was missed.
pub(crate) fn cross(p: &Painter, at: Pos2, pen: Stroke) {
    let arm = 2.6;
    p.line_segment([at - vec2(arm, arm), at + vec2(arm, arm)], pen);
    p.line_segment([at + vec2(-arm, arm), at + vec2(arm, -arm)], pen);
}

/// Points of an S from `from` to `to`, level at both ends.
fn curve(from: Pos2, to: Pos2) -> Vec<Pos2> {
    let point = |i: usize| {
        let t = i as f32 / (POINTS - 1) as f32;
        let eased = t * t * (3.0 - 2.0 * t);
        pos2(from.x + (to.x - from.x) * t, from.y + (to.y - from.y) * eased)
    };
    (0..POINTS).map(point).collect()
}

/// The point at a share of the way.
fn along(curve: &[Pos2], share: f32) -> Pos2 {
    let place = share.clamp(0.0, 1.0) * (curve.len() - 1) as f32;
    let before = (place as usize).min(curve.len() - 2);
    curve[before].lerp(curve[before + 1], place - before as f32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curves_begin_and_end_where_they_should() {
        let (from, to) = (pos2(3.0, 4.0), pos2(103.0, -20.0));
        let points = curve(from, to);
        assert_eq!((points[0], points[POINTS - 1]), (from, to));
        assert_eq!((along(&points, 0.0), along(&points, 1.0)), (from, to));
        assert!(points.windows(2).all(|w| w[0].x < w[1].x && w[0].y >= w[1].y));
    }
}
