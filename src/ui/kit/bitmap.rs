//! Bitmaps: cells as one texture, made anew only when what they show has changed.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;

use eframe::egui::epaint::ClippedShape;
use eframe::egui::{Color32, ColorImage, Context, Id, Rect, Shape, TextureHandle, TextureId, TextureOptions, Ui, pos2};

use crate::ui::kit::export::svg::Images;

/// Draws `side` × `side` cells in `rect`, row by row from the top, smooth between their centres.
///
/// - `salt`: which bitmap it is under `ui`
/// - `shown`: what it shows; `color` is asked for every cell when that is another than the last time
pub(crate) fn bitmap_ui(
    ui: &Ui,
    rect: Rect,
    salt: &str,
    shown: impl Hash,
    side: usize,
    color: impl Fn(usize) -> Color32,
) {
    cells_ui(ui, rect, (salt, TextureOptions::LINEAR), shown, [side; 2], color);
}

/// Draws `width` × `height` cells in `rect`, row by row from the top, each with sharp edges; the rest as [`bitmap_ui`].
pub(crate) fn sharp_bitmap_ui(
    ui: &Ui,
    rect: Rect,
    salt: &str,
    shown: impl Hash,
    size: [usize; 2],
    color: impl Fn(usize) -> Color32,
) {
    if size.contains(&0) {
        return;
    }
    cells_ui(ui, rect, (salt, TextureOptions::NEAREST), shown, size, color);
}

fn cells_ui(
    ui: &Ui,
    rect: Rect,
    (salt, options): (&str, TextureOptions),
    shown: impl Hash,
    size: [usize; 2],
    color: impl Fn(usize) -> Color32,
) {
    let mut hasher = DefaultHasher::new();
    (shown, size).hash(&mut hasher);
    let shown = hasher.finish();
    let id = ui.scope_id().with(salt);
    let image = || Arc::new(ColorImage::new(size, (0..size[0] * size[1]).map(color).collect()));
    let kept: Option<(u64, TextureHandle)> = ui.data(|data| data.get_temp(id));
    let texture = match kept {
        Some((last, texture)) if last == shown => texture,
        Some((_, mut texture)) => {
            let image = image();
            texture.set(image.clone(), options);
            keep(ui, id, shown, &texture, image);
            texture
        }
        None => {
            let image = image();
            let texture = ui.ctx().load_texture(salt, image.clone(), options);
            keep(ui, id, shown, &texture, image);
            texture
        }
    };
    let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
    ui.painter().image(texture.id(), rect, whole, Color32::WHITE);
}

fn keep(ui: &Ui, id: Id, shown: u64, texture: &TextureHandle, image: Arc<ColorImage>) {
    ui.data_mut(|data| {
        data.insert_temp(id, (shown, texture.clone()));
        data.insert_temp(cells(texture.id()), image);
    });
}

/// The bitmaps among what was drawn, for a file of it.
pub(crate) fn images_of(ctx: &Context, shapes: &[ClippedShape]) -> Images {
    let mut images = Images::new();
    shapes.iter().for_each(|clipped| gather(ctx, &clipped.shape, &mut images));
    images
}

fn gather(ctx: &Context, shape: &Shape, images: &mut Images) {
    match shape {
        Shape::Vec(shapes) => shapes.iter().for_each(|shape| gather(ctx, shape, images)),
        Shape::Mesh(mesh) => {
            images.extend(ctx.data(|data| data.get_temp(cells(mesh.texture_id))).map(|image| (mesh.texture_id, image)));
        }
        _ => {}
    }
}

/// Where the cells of a texture are kept.
fn cells(texture: TextureId) -> Id {
    Id::unique(("cells", texture))
}
