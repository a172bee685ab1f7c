//! Coloured triangles as SVG: cells of a heat map as rectangles, bands as one path per colour, so that no seam shows.

use std::fmt::Write;

use eframe::egui::epaint::{Mesh, Vertex, WHITE_UV};
use eframe::egui::{Color32, Pos2, Rect, TextureId};

use super::pen::{self, fill};

/// Appends a mesh; what carries a texture is left out.
pub(crate) fn write(out: &mut String, mesh: &Mesh) {
    if mesh.texture_id != TextureId::default() {
        return;
    }
    let corner = |i: u32| mesh.vertices.get(i as usize).copied();
    let triangles: Vec<[Vertex; 3]> = mesh
        .indices
        .chunks_exact(3)
        .filter_map(|t| Some([corner(t[0])?, corner(t[1])?, corner(t[2])?]))
        .filter(|t| t.iter().all(|v| v.uv == WHITE_UV && pen::finite(&[v.pos])))
        .collect();
    let mut run = Run { color: Color32::TRANSPARENT, path: String::new() };
    let mut rest = triangles.as_slice();
    while let [first, after @ ..] = rest {
        if let Some((rect, color)) = after.first().and_then(|second| rectangle(first, second)) {
            run.end(out);
            if color != Color32::TRANSPARENT {
                let _ = writeln!(out, "<rect{}{}/>", pen::place(rect), fill(color));
            }
            rest = &after[1..];
        } else {
            run.take(out, first);
            rest = after;
        }
    }
    run.end(out);
}

/// Triangles of one colour that follow each other.
struct Run {
    color: Color32,
    path: String,
}

impl Run {
    fn take(&mut self, out: &mut String, triangle: &[Vertex; 3]) {
        let color = mean(triangle);
        if color != self.color {
            self.end(out);
            self.color = color;
        }
        let [a, b, c] = triangle.map(|v| v.pos);
        // All the same way round, so that shared edges cancel.
        let (b, c) = if (b - a).rot90().dot(c - a) < 0.0 { (c, b) } else { (b, c) };
        let _ = write!(self.path, "M{}Z", pen::points(&[a, b, c]));
    }

    fn end(&mut self, out: &mut String) {
        if !self.path.is_empty() && self.color != Color32::TRANSPARENT {
            let _ = writeln!(out, "<path d=\"{}\"{}/>", self.path, fill(self.color));
        }
        self.path.clear();
    }
}

/// One colour for a triangle: the mean of its corners.
fn mean(triangle: &[Vertex; 3]) -> Color32 {
    let [a, b, c] = triangle.map(|v| v.color.to_array());
    let part = |i: usize| ((u16::from(a[i]) + u16::from(b[i]) + u16::from(c[i])) / 3) as u8;
    Color32::from_rgba_premultiplied(part(0), part(1), part(2), part(3))
}

/// The upright rectangle of one colour that two triangles make, if they make one.
fn rectangle(first: &[Vertex; 3], second: &[Vertex; 3]) -> Option<(Rect, Color32)> {
    let color = first[0].color;
    if first.iter().chain(second).any(|v| v.color != color) {
        return None;
    }
    let bounds = Rect::from_points(&first.iter().chain(second).map(|v| v.pos).collect::<Vec<Pos2>>());
    let corners = [bounds.left_top(), bounds.right_top(), bounds.right_bottom(), bounds.left_bottom()];
    let missing = |triangle: &[Vertex; 3]| {
        let has = |corner: Pos2| triangle.iter().any(|v| v.pos == corner);
        let lacks: Vec<usize> = (0..4).filter(|&i| !has(corners[i])).collect();
        if let [one] = lacks[..] { Some(one) } else { None }
    };
    let (one, other) = (missing(first)?, missing(second)?);
    (bounds.is_positive() && one.abs_diff(other) == 2).then_some((bounds, color))
}
