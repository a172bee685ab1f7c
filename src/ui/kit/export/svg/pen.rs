//! How numbers, colours, strokes and words are written in SVG.

use std::fmt;

use eframe::egui::epaint::{ColorMode, PathStroke};
use eframe::egui::{Color32, Pos2, Rect, Stroke};

/// A number with at most three decimals and no trailing zeros.
#[derive(Clone, Copy)]
pub(crate) struct SvgNumber(pub f32);

impl fmt::Display for SvgNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{:.3}", self.0);
        let short = text.trim_end_matches('0').trim_end_matches('.');
        f.write_str(if short == "-0" { "0" } else { short })
    }
}

/// Where a rectangle lies.
pub(crate) fn place(rect: Rect) -> String {
    let (x, y) = (SvgNumber(rect.left()), SvgNumber(rect.top()));
    format!(" x=\"{x}\" y=\"{y}\" width=\"{}\" height=\"{}\"", SvgNumber(rect.width()), SvgNumber(rect.height()))
}

/// `what="#rrggbb"`, and how opaque it is unless it is wholly.
fn paint(what: &str, color: Color32) -> String {
    let [r, g, b, a] = color.to_srgba_unmultiplied();
    match a {
        0 => format!(" {what}=\"none\""),
        255 => format!(" {what}=\"#{r:02x}{g:02x}{b:02x}\""),
        _ => {
            format!(" {what}=\"#{r:02x}{g:02x}{b:02x}\" {what}-opacity=\"{}\"", SvgNumber(f32::from(a) / 255.0))
        }
    }
}

/// The inside of a shape.
pub(crate) fn fill(color: Color32) -> String {
    paint("fill", color)
}

/// The outline of a shape; nothing if it has none.
pub(crate) fn stroke(stroke: Stroke) -> String {
    if stroke.is_empty() || !stroke.width.is_finite() {
        return String::new();
    }
    format!("{} stroke-width=\"{}\"", paint("stroke", stroke.color), SvgNumber(stroke.width))
}

/// The outline of a path. A colour that changes along it is taken in the middle of its bounds.
pub(crate) fn path_stroke(pen: &PathStroke, bounds: Rect) -> String {
    let color = match &pen.color {
        ColorMode::Solid(color) => *color,
        ColorMode::UV(color) => color(bounds, bounds.center()),
    };
    let outline = stroke(Stroke::new(pen.width, color));
    if outline.is_empty() { outline } else { format!("{outline} stroke-linejoin=\"round\"") }
}

/// `x,y` of each point, a blank between.
pub(crate) fn points(points: &[Pos2]) -> String {
    points.iter().map(|p| format!("{},{}", SvgNumber(p.x), SvgNumber(p.y))).collect::<Vec<_>>().join(" ")
}

/// Whether all can be drawn.
pub(crate) fn finite(points: &[Pos2]) -> bool {
    points.iter().all(|p| p.x.is_finite() && p.y.is_finite())
}

/// A turn by so many radians about a point; nothing if it is none.
pub(crate) fn turned(radians: f32, about: Pos2) -> String {
    if radians == 0.0 || !radians.is_finite() {
        return String::new();
    }
    format!(" transform=\"rotate({} {} {})\"", SvgNumber(radians.to_degrees()), SvgNumber(about.x), SvgNumber(about.y))
}

/// Words as XML may hold them.
pub(crate) fn escaped(words: &str) -> String {
    let mut out = String::with_capacity(words.len());
    for letter in words.chars() {
        match letter {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' | '\r' => out.push(' '),
            // XML has no place for them, not even escaped.
            c if c.is_control() || matches!(c, '\u{FFFE}' | '\u{FFFF}') => out.push('\u{FFFD}'),
            c => out.push(c),
        }
    }
    out
}
