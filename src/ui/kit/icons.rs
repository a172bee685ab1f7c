//! Small pictures drawn with lines, so that they are sharp at every scale and follow the theme.

use std::f32::consts::{PI, TAU};

use eframe::egui::{Color32, CornerRadius, Painter, Pos2, Rect, Shape, Stroke, StrokeKind, pos2, vec2};

use super::theme::Theme;

/// A small picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Icon {
    /// Run.
    Play,
    /// Pause.
    Pause,
    /// One step.
    Step,
    /// Begin again.
    Reset,
    /// A menu opens below.
    Down,
    /// A group is folded.
    Right,
    /// Structural: previews first.
    Wrench,
    /// Take back.
    Undo,
    /// Do again what was taken back.
    Redo,
    /// Something was changed here.
    Flag,
    /// A save.
    Pin,
    /// What this is.
    Info,
    /// Switch to the light theme.
    Sun,
    /// Switch to the dark theme.
    Moon,
    /// Put away.
    Close,
    /// Something went wrong.
    Warning,
    /// The knobs, where they are folded away.
    Knobs,
    /// What does not fit beside it.
    More,
    /// Show it larger.
    Grow,
    /// Show it as it was.
    Shrink,
    /// A column at the side, where it is folded away.
    Side,
    /// The modes of the window.
    Modes,
}

/// Draws `icon` centred at `at`, about `size` points wide.
pub(crate) fn draw(p: &Painter, icon: Icon, at: Pos2, size: f32, color: Color32) {
    let s = size / 16.0;
    let pt = |x: f32, y: f32| at + vec2(x, y) * s;
    let pen = Stroke::new((1.4 * s).max(1.0), color);
    let line = |points: &[(f32, f32)]| {
        p.line(points.iter().map(|&(x, y)| pt(x, y)).collect(), pen);
    };
    let solid = |points: &[(f32, f32)]| {
        p.add(Shape::convex_polygon(points.iter().map(|&(x, y)| pt(x, y)).collect(), color, Stroke::NONE));
    };
    let block = |x0: f32, y0: f32, x1: f32, y1: f32| {
        p.rect_filled(Rect::from_min_max(pt(x0, y0), pt(x1, y1)), CornerRadius::ZERO, color);
    };
    match icon {
        Icon::Play => solid(&[(-4.0, -6.0), (6.0, 0.0), (-4.0, 6.0)]),
        Icon::Pause => {
            block(-5.0, -6.0, -1.5, 6.0);
            block(1.5, -6.0, 5.0, 6.0);
        }
        Icon::Step => {
            block(-6.5, -5.5, -4.5, 5.5);
            solid(&[(-2.5, -5.5), (5.0, 0.0), (-2.5, 5.5)]);
            block(5.0, -5.5, 7.0, 5.5);
        }
        Icon::Reset => {
            arc(p, at, 5.5 * s, -0.2 * PI, 1.45 * PI, pen);
            line(&[(5.6, -7.2), (5.2, -3.0), (1.2, -3.6)]);
        }
        Icon::Undo => {
            line(&[(-2.5, -6.0), (-5.5, -3.0), (-2.5, 0.0)]);
            line(&[(-5.5, -3.0), (2.0, -3.0)]);
            arc(p, pt(2.0, 1.0), 4.0 * s, -0.5 * PI, 0.5 * PI, pen);
            line(&[(2.0, 5.0), (-3.0, 5.0)]);
        }
        Icon::Redo => {
            line(&[(2.5, -6.0), (5.5, -3.0), (2.5, 0.0)]);
            line(&[(5.5, -3.0), (-2.0, -3.0)]);
            arc(p, pt(-2.0, 1.0), 4.0 * s, 0.5 * PI, 1.5 * PI, pen);
            line(&[(-2.0, 5.0), (3.0, 5.0)]);
        }
        Icon::Down => line(&[(-4.0, -2.0), (0.0, 2.0), (4.0, -2.0)]),
        Icon::Right => line(&[(-2.0, -4.0), (2.0, 0.0), (-2.0, 4.0)]),
        Icon::Wrench => {
            line(&[(-5.5, 5.5), (1.0, -1.0)]);
            arc(p, pt(3.2, -3.2), 3.4 * s, 0.05 * PI, 1.45 * PI, pen);
        }
        Icon::Flag => {
            block(-4.5, -6.0, -3.0, 7.0);
            solid(&[(-3.0, -6.0), (5.5, -6.0), (3.0, -2.8), (5.5, 0.5), (-3.0, 0.5)]);
        }
        Icon::Pin => {
            p.circle_filled(pt(0.0, -2.0), 3.6 * s, color);
            solid(&[(-2.6, 0.5), (2.6, 0.5), (0.0, 6.0)]);
        }
        Icon::Info => {
            p.circle_stroke(at, 6.5 * s, pen);
            line(&[(0.0, -0.8), (0.0, 3.6)]);
            p.circle_filled(pt(0.0, -3.2), 1.1 * s, color);
        }
        Icon::Sun => {
            p.circle_stroke(at, 3.2 * s, pen);
            for ray in 0..8 {
                let along = angle(ray as f32 / 8.0 * TAU);
                p.line_segment([at + along * 5.2 * s, at + along * 7.4 * s], pen);
            }
        }
        Icon::Moon => {
            // Two circles that meet: the outer one's back, then the inner one's back the other way.
            let axis = -0.22 * PI;
            let inner = at + angle(axis) * 4.2 * s;
            arc(p, at, 6.0 * s, axis + 0.306 * PI, axis + 1.694 * PI, pen);
            arc(p, inner, 4.97 * s, axis + 0.549 * PI, axis + 1.451 * PI, pen);
        }
        Icon::Close => {
            line(&[(-4.0, -4.0), (4.0, 4.0)]);
            line(&[(-4.0, 4.0), (4.0, -4.0)]);
        }
        Icon::Warning => {
            solid(&[(0.0, -6.5), (7.0, 6.0), (-7.0, 6.0)]);
        }
        Icon::Knobs => {
            for (y, x) in [(-4.5, -2.0), (0.0, 3.0), (4.5, -1.0)] {
                line(&[(-6.5, y), (6.5, y)]);
                p.circle_filled(pt(x, y), 2.2 * s, color);
            }
        }
        Icon::Grow => {
            line(&[(1.5, -5.5), (5.5, -5.5), (5.5, -1.5)]);
            line(&[(5.5, -5.5), (1.0, -1.0)]);
            line(&[(-1.5, 5.5), (-5.5, 5.5), (-5.5, 1.5)]);
            line(&[(-5.5, 5.5), (-1.0, 1.0)]);
        }
        Icon::Shrink => {
            line(&[(1.0, -5.0), (1.0, -1.0), (5.0, -1.0)]);
            line(&[(1.0, -1.0), (5.5, -5.5)]);
            line(&[(-1.0, 5.0), (-1.0, 1.0), (-5.0, 1.0)]);
            line(&[(-1.0, 1.0), (-5.5, 5.5)]);
        }
        Icon::Side => {
            line(&[(-6.5, -5.5), (6.5, -5.5), (6.5, 5.5), (-6.5, 5.5), (-6.5, -5.5)]);
            block(1.5, -4.5, 5.5, 4.5);
        }
        Icon::Modes => {
            for (x, y) in [(-5.5, -5.5), (1.0, -5.5), (-5.5, 1.0), (1.0, 1.0)] {
                block(x, y, x + 4.5, y + 4.5);
            }
        }
        Icon::More => {
            for x in [-5.0, 0.0, 5.0] {
                p.circle_filled(pt(x, 0.0), 1.6 * s, color);
            }
        }
    }
}

fn angle(turn: f32) -> eframe::egui::Vec2 {
    vec2(turn.cos(), turn.sin())
}

fn arc(p: &Painter, centre: Pos2, radius: f32, from: f32, to: f32, pen: Stroke) {
    let points = (0..=16).map(|i| centre + angle(from + (to - from) * i as f32 / 16.0) * radius).collect();
    p.line(points, pen);
}

/// The mark of the program: a few experts, one of them ringed as a winner.
pub(crate) fn mark(p: &Painter, at: Pos2, size: f32, theme: &Theme) {
    let s = size / 20.0;
    let spots = [(-6.0, -6.0, 0), (5.0, -6.5, 1), (-6.5, 4.5, 2), (-0.2, -0.5, 3), (5.5, 5.0, 5)];
    for (x, y, hue) in spots {
        p.circle_filled(at + vec2(x, y) * s, 3.3 * s, theme.experts[hue]);
    }
    p.circle_stroke(at + vec2(5.5, 5.0) * s, 4.6 * s, Stroke::new(1.4 * s, theme.violet));
}

/// A small ring: competition.
pub(crate) fn ring(p: &Painter, at: Pos2, radius: f32, theme: &Theme) {
    p.circle_stroke(at, radius, Stroke::new(1.6, theme.violet));
}

/// The two bars of a paused cursor, or the dot of a live one.
pub(crate) fn cursor_state(p: &Painter, at: Pos2, live: bool, color: Color32) {
    if live {
        p.circle_filled(at, 3.0, color);
    } else {
        for x in [-2.5, 2.5] {
            let bar = Rect::from_center_size(pos2(at.x + x, at.y), vec2(2.0, 8.0));
            p.rect(bar, CornerRadius::ZERO, color, Stroke::NONE, StrokeKind::Inside);
        }
    }
}
