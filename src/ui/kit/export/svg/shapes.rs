//! One shape as SVG elements.

use std::fmt::Write;

use eframe::egui::epaint::{
    BandShape, CircleShape, CornerRadius, CubicBezierShape, EllipseShape, PathShape, QuadraticBezierShape, RectShape,
};
use eframe::egui::{Pos2, Rect, Shape, StrokeKind, emath::Rot2, pos2};

use super::pen::{self, SvgNumber, fill, path_stroke, stroke, turned};
use super::{Images, image, mesh, text};

/// Appends a shape; nothing if it has no place or no colour.
pub(crate) fn write(out: &mut String, shape: &Shape, images: &Images) {
    match shape {
        Shape::Noop | Shape::Callback(_) => {}
        Shape::Vec(shapes) => shapes.iter().for_each(|shape| write(out, shape, images)),
        Shape::Circle(circle) => circle_(out, circle),
        Shape::Ellipse(ellipse) => ellipse_(out, ellipse),
        Shape::LineSegment { points: [from, to], stroke: pen } => {
            let outline = stroke(*pen);
            if pen::finite(&[*from, *to]) && !outline.is_empty() {
                let (x1, y1, x2, y2) = (SvgNumber(from.x), SvgNumber(from.y), SvgNumber(to.x), SvgNumber(to.y));
                let _ = writeln!(out, "<line x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\"{outline}/>");
            }
        }
        Shape::Path(path) => path_(out, path),
        Shape::Band(band) => band_(out, band),
        Shape::Rect(rect) => rect_(out, rect),
        Shape::Text(words) => text::write(out, words),
        Shape::Mesh(triangles) if images.contains_key(&triangles.texture_id) => image::write(out, triangles, images),
        Shape::Mesh(triangles) => mesh::write(out, triangles),
        Shape::QuadraticBezier(curve) => quadratic(out, curve),
        Shape::CubicBezier(curve) => cubic(out, curve),
    }
}

/// An element unless it would be seen neither filled nor outlined.
fn element(out: &mut String, head: &str, filled: &str, outline: &str, tail: &str) {
    if filled != " fill=\"none\"" || !outline.is_empty() {
        let _ = writeln!(out, "<{head}{filled}{outline}{tail}/>");
    }
}

fn circle_(out: &mut String, c: &CircleShape) {
    if pen::finite(&[c.center]) && c.radius > 0.0 {
        let (x, y, r) = (SvgNumber(c.center.x), SvgNumber(c.center.y), SvgNumber(c.radius));
        let head = format!("circle cx=\"{x}\" cy=\"{y}\" r=\"{r}\"");
        element(out, &head, &fill(c.fill), &stroke(c.stroke), "");
    }
}

fn ellipse_(out: &mut String, e: &EllipseShape) {
    if pen::finite(&[e.center]) && e.radius.x > 0.0 && e.radius.y > 0.0 {
        let (x, y) = (SvgNumber(e.center.x), SvgNumber(e.center.y));
        let (rx, ry) = (SvgNumber(e.radius.x), SvgNumber(e.radius.y));
        let head = format!("ellipse cx=\"{x}\" cy=\"{y}\" rx=\"{rx}\" ry=\"{ry}\"");
        element(out, &head, &fill(e.fill), &stroke(e.stroke), &turned(e.angle, e.center));
    }
}

fn path_(out: &mut String, path: &PathShape) {
    if path.points.len() < 2 || !pen::finite(&path.points) {
        return;
    }
    let bounds = Rect::from_points(&path.points);
    let name = if path.closed { "polygon" } else { "polyline" };
    let filled = fill(if path.closed { path.fill } else { eframe::egui::Color32::TRANSPARENT });
    let head = format!("{name} points=\"{}\"", pen::points(&path.points));
    element(out, &head, &filled, &path_stroke(&path.stroke, bounds), "");
}

fn band_(out: &mut String, band: &BandShape) {
    let turn = Rot2::from_angle(band.angle);
    let at = |x: f32, y: f32| (turn * pos2(x, y).to_vec2()).to_pos2();
    let above = band.points.iter().map(|p| at(p.x, p.y.min));
    let below = band.points.iter().rev().map(|p| at(p.x, p.y.max));
    let outline: Vec<Pos2> = above.chain(below).collect();
    if outline.len() >= 4 && pen::finite(&outline) {
        let head = format!("polygon points=\"{}\"", pen::points(&outline));
        element(out, &head, &fill(band.fill), &stroke(band.stroke), "");
    }
}

fn rect_(out: &mut String, shape: &RectShape) {
    let rect = shape.rect;
    // What carries a picture has no colour of its own.
    if !pen::finite(&[rect.min, rect.max]) || rect.is_negative() || shape.brush.is_some() {
        return;
    }
    let half = if shape.stroke.is_empty() { 0.0 } else { shape.stroke.width / 2.0 };
    let outwards = match shape.stroke_kind {
        StrokeKind::Inside => -half.min(rect.width() / 2.0).min(rect.height() / 2.0),
        StrokeKind::Middle => 0.0,
        StrokeKind::Outside => half,
    };
    let line = rect.expand(outwards);
    let radius = |r: u8| match r {
        0 => 0.0,
        r => (f32::from(r) + outwards).clamp(0.0, line.width().min(line.height()) / 2.0),
    };
    let (filled, outline) = (fill(shape.fill), stroke(shape.stroke));
    let tail = turned(shape.angle, rect.center());
    let CornerRadius { nw, ne, sw, se } = shape.corner_radius;
    if nw == ne && nw == sw && nw == se {
        let round = radius(nw);
        let round = if round > 0.0 { format!(" rx=\"{}\"", SvgNumber(round)) } else { String::new() };
        element(out, &format!("rect{}{round}", pen::place(line)), &filled, &outline, &tail);
    } else {
        let head = format!("path d=\"{}\"", rounded(line, [nw, ne, se, sw].map(radius)));
        element(out, &head, &filled, &outline, &tail);
    }
}

/// A rectangle whose corners differ, clockwise from the upper left one.
fn rounded(r: Rect, [nw, ne, se, sw]: [f32; 4]) -> String {
    let n = SvgNumber;
    let arc = |radius: f32, x: f32, y: f32| format!("A{0} {0} 0 0 1 {1} {2}", n(radius), n(x), n(y));
    [
        format!("M{} {}", n(r.left() + nw), n(r.top())),
        format!("H{}", n(r.right() - ne)),
        arc(ne, r.right(), r.top() + ne),
        format!("V{}", n(r.bottom() - se)),
        arc(se, r.right() - se, r.bottom()),
        format!("H{}", n(r.left() + sw)),
        arc(sw, r.left(), r.bottom() - sw),
        format!("V{}", n(r.top() + nw)),
        arc(nw, r.left() + nw, r.top()),
    ]
    .join("")
        + "Z"
}

fn quadratic(out: &mut String, curve: &QuadraticBezierShape) {
    if pen::finite(&curve.points) {
        let [from, bend, to] = curve.points;
        let d = format!("M{} Q{}", pen::points(&[from]), pen::points(&[bend, to]));
        let outline = path_stroke(&curve.stroke, Rect::from_points(&curve.points));
        bezier(out, &d, curve.closed, &fill(curve.fill), &outline);
    }
}

fn cubic(out: &mut String, curve: &CubicBezierShape) {
    if pen::finite(&curve.points) {
        let [from, one, two, to] = curve.points;
        let d = format!("M{} C{}", pen::points(&[from]), pen::points(&[one, two, to]));
        let outline = path_stroke(&curve.stroke, Rect::from_points(&curve.points));
        bezier(out, &d, curve.closed, &fill(curve.fill), &outline);
    }
}

fn bezier(out: &mut String, d: &str, closed: bool, filled: &str, outline: &str) {
    let end = if closed { " Z" } else { "" };
    element(out, &format!("path d=\"{d}{end}\""), filled, outline, "");
}
