//! Bitmaps: a square of cells as one texture, made anew only when what it shows has changed.

use std::hash::{DefaultHasher, Hash, Hasher};

use eframe::egui::{Color32, ColorImage, Rect, TextureHandle, TextureOptions, Ui, pos2};

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
    let mut hasher = DefaultHasher::new();
    (shown, side).hash(&mut hasher);
    let shown = hasher.finish();
    let id = ui.scope_id().with(salt);
    let image = || ColorImage::new([side; 2], (0..side * side).map(color).collect());
    let kept: Option<(u64, TextureHandle)> = ui.data(|data| data.get_temp(id));
    let texture = match kept {
        Some((last, texture)) if last == shown => texture,
        Some((_, mut texture)) => {
            texture.set(image(), TextureOptions::LINEAR);
            ui.data_mut(|data| data.insert_temp(id, (shown, texture.clone())));
            texture
        }
        None => {
            let texture = ui.ctx().load_texture(salt, image(), TextureOptions::LINEAR);
            ui.data_mut(|data| data.insert_temp(id, (shown, texture.clone())));
            texture
        }
    };
    let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
    ui.painter().image(texture.id(), rect, whole, Color32::WHITE);
}
