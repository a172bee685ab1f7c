//! Bitmaps as SVG images: the pixels stand within the document, as PNG in base 64.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use eframe::egui::epaint::Mesh;
use eframe::egui::{ColorImage, Rect, TextureId};

use super::pen;
use crate::ui::kit::export::png::encode_image;

/// The bitmaps of a drawing, by the texture that shows them.
pub(crate) type Images = BTreeMap<TextureId, Arc<ColorImage>>;

/// Appends a whole bitmap, drawn in the rectangle of `mesh`; nothing if it cannot be encoded.
pub(crate) fn write(out: &mut String, mesh: &Mesh, images: &Images) {
    let place = Rect::from_points(&mesh.vertices.iter().map(|vertex| vertex.pos).collect::<Vec<_>>());
    let Some(Ok(bytes)) = images.get(&mesh.texture_id).map(|image| encode_image(image)) else { return };
    if !place.is_positive() || !pen::finite(&[place.min, place.max]) {
        return;
    }
    let data = BASE64_STANDARD.encode(bytes);
    let _ = writeln!(
        out,
        "<image{} preserveAspectRatio=\"none\" href=\"data:image/png;base64,{data}\"/>",
        pen::place(place)
    );
}
