//! The fonts: Inter in three weights with digits of one width, and egui's own for bytes and what Inter lacks.

use std::sync::Arc;

use eframe::egui::{Context, FontData, FontDefinitions, FontFamily, FontId};

const MEDIUM: &str = "medium";
const STRONG: &str = "strong";

/// Puts the fonts into a context. Every family falls back to egui's fonts, which hold more signs.
pub(crate) fn install(ctx: &Context) {
    let mut fonts = FontDefinitions::default();
    let fallback = fonts.families.get(&FontFamily::Proportional).cloned().unwrap_or_default();
    for (name, family, bytes) in [
        ("Inter", FontFamily::Proportional, include_bytes!("../../../assets/fonts/Inter-Regular.otf").as_slice()),
        ("Inter medium", FontFamily::Name(MEDIUM.into()), include_bytes!("../../../assets/fonts/Inter-Medium.otf")),
        ("Inter strong", FontFamily::Name(STRONG.into()), include_bytes!("../../../assets/fonts/Inter-SemiBold.otf")),
    ] {
        fonts.font_data.insert(name.into(), Arc::new(FontData::from_static(bytes)));
        let names = std::iter::once(name.to_owned()).chain(fallback.iter().cloned()).collect();
        fonts.families.insert(family, names);
    }
    ctx.set_fonts(fonts);
}

/// Inter 400.
pub(crate) fn regular(size: f32) -> FontId {
    FontId::new(size, FontFamily::Proportional)
}

/// Inter 500.
pub(crate) fn medium(size: f32) -> FontId {
    FontId::new(size, FontFamily::Name(MEDIUM.into()))
}

/// Inter 600.
pub(crate) fn strong(size: f32) -> FontId {
    FontId::new(size, FontFamily::Name(STRONG.into()))
}

/// Bytes and worked formulas.
pub(crate) fn mono(size: f32) -> FontId {
    FontId::new(size, FontFamily::Monospace)
}

/// The weight of a family by its name here.
pub(crate) fn weight(name: &str) -> u16 {
    match name {
        STRONG => 600,
        MEDIUM => 500,
        _ => 400,
    }
}
