//! What a tile has drawn, as a standalone SVG document: shapes and text stay sharp at any size and can be edited.
//!
//! Bitmaps become images within the document. Left out, since no tile draws them: callbacks of the graphics card, blur, and text
//! that is underlined or has a background of its own. A stroke on one side of a path is drawn on its middle.

mod image;
mod mesh;
mod pen;
mod shapes;
mod text;

use std::fmt::Write;

use eframe::egui::epaint::ClippedShape;
use eframe::egui::{Color32, Rect};

pub(crate) use image::Images;

use pen::{SvgNumber, escaped, fill};

/// What is to become a document.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Drawing {
    /// What it is called, for those who cannot see it.
    pub title: String,
    /// The part of the window it covers, in points.
    pub rect: Rect,
    /// The colour behind everything.
    pub background: Color32,
    /// What was drawn, in order.
    pub shapes: Vec<ClippedShape>,
    /// The bitmaps among them.
    pub images: Images,
}

impl Drawing {
    /// The document.
    pub fn document(&self) -> String {
        let rect = self.rect;
        let (x, y) = (SvgNumber(rect.left()), SvgNumber(rect.top()));
        let (w, h) = (SvgNumber(rect.width()), SvgNumber(rect.height()));
        let mut body = String::new();
        let mut clips: Vec<Rect> = Vec::new();
        let mut open: Option<Rect> = None;
        for clipped in &self.shapes {
            let clip = clipped.clip_rect.intersect(rect);
            let mut drawn = String::new();
            shapes::write(&mut drawn, &clipped.shape, &self.images);
            if drawn.is_empty() || !clip.is_positive() || !seen(clipped, clip) {
                continue;
            }
            if open != Some(clip) {
                close(&mut body, open.take());
                let place = clips.iter().position(|c| *c == clip).unwrap_or_else(|| {
                    clips.push(clip);
                    clips.len() - 1
                });
                let _ = writeln!(body, "<g clip-path=\"url(#clip{place})\">");
                open = Some(clip);
            }
            let moved = clipped.transform_after_tessellation;
            if moved == eframe::egui::emath::TSTransform::IDENTITY {
                body.push_str(&drawn);
            } else {
                let (dx, dy) = (SvgNumber(moved.translation.x), SvgNumber(moved.translation.y));
                let scale = SvgNumber(moved.scaling);
                let _ = writeln!(body, "<g transform=\"translate({dx} {dy}) scale({scale})\">\n{drawn}</g>");
            }
        }
        close(&mut body, open);
        let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        // Digits of one width, as in the window.
        let _ = writeln!(
            out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w}\" height=\"{h}\" viewBox=\"{x} {y} {w} {h}\" \
             style=\"font-variant-numeric: tabular-nums\">"
        );
        let _ = writeln!(out, "<title>{}</title>", escaped(&self.title));
        if !clips.is_empty() {
            out.push_str("<defs>\n");
        }
        for (place, clip) in clips.iter().enumerate() {
            let _ = writeln!(out, "<clipPath id=\"clip{place}\"><rect{}/></clipPath>", pen::place(*clip));
        }
        if !clips.is_empty() {
            out.push_str("</defs>\n");
        }
        let _ = writeln!(out, "<rect{}{}/>", pen::place(rect), fill(self.background));
        out.push_str(&body);
        out.push_str("</svg>\n");
        out
    }
}

/// Whether any of it lies within what is shown.
fn seen(clipped: &ClippedShape, clip: Rect) -> bool {
    let bounds = clipped.transform_after_tessellation.mul_rect(clipped.shape.visual_bounding_rect());
    bounds.intersects(clip)
}

fn close(body: &mut String, open: Option<Rect>) {
    if open.is_some() {
        body.push_str("</g>\n");
    }
}

#[cfg(test)]
mod tests;
