//! What a tile shows, taken out of the window: its numbers as a table, its picture as pixels, its drawing as shapes.
//!
//! [`tables`] has the numbers of each tile, `grown` what it adds when it has grown, [`stage`] those of the layer in the middle. Everything is caught in the frame in
//! which it was asked for, and written later.

mod grown;
pub mod stage;
pub mod tables;

use crate::ui::kit::export::png::{Picture, PngFault};
use crate::ui::kit::export::svg::Drawing;
use crate::ui::kit::export::table::ExportTable;
use crate::ui::words::{begin, notices};

/// A kind of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    /// Numbers.
    Csv,
    /// Pixels.
    Png,
    /// Shapes and text.
    Svg,
    /// A document for a browser.
    Html,
    /// A set-up.
    Toml,
}

impl Format {
    /// How its files end.
    pub fn ending(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Png => "png",
            Self::Svg => "svg",
            Self::Html => "html",
            Self::Toml => "setup.toml",
        }
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Csv => "CSV",
            Self::Png => "PNG",
            Self::Svg => "SVG",
            Self::Html => "HTML",
            Self::Toml => "TOML",
        }
    }
}

/// What is in the file.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Content {
    /// Numbers.
    ExportTable(ExportTable),
    /// Pixels.
    Picture(Picture),
    /// Shapes and text.
    Drawing(Drawing),
    /// The report of a run, whole.
    Report(String),
    /// A set-up.
    Setup(String),
}

/// A file to be written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Export {
    /// The suggested name without its end.
    pub stem: String,
    /// What is in it.
    pub content: Content,
}

impl Export {
    /// What kind of file it is.
    pub fn format(&self) -> Format {
        match self.content {
            Content::ExportTable(_) => Format::Csv,
            Content::Picture(_) => Format::Png,
            Content::Drawing(_) => Format::Svg,
            Content::Report(_) => Format::Html,
            Content::Setup(_) => Format::Toml,
        }
    }

    /// The suggested name.
    pub fn file_name(&self) -> String {
        format!("{}.{}", self.stem, self.format().ending())
    }

    /// The file's bytes.
    ///
    /// # Errors
    /// In words, if there is nothing to write or it cannot be encoded.
    pub fn encode(&self) -> Result<Vec<u8>, String> {
        match &self.content {
            Content::ExportTable(table) => table.csv().map(String::into_bytes),
            Content::Picture(picture) => picture.encode().map_err(|fault| match fault {
                PngFault::Outside([width, height]) => notices::nothing_there(width, height),
                PngFault::Encoder(why) => why,
            }),
            Content::Drawing(drawing) => Ok(drawing.document().into_bytes()),
            Content::Report(text) | Content::Setup(text) => Ok(text.clone().into_bytes()),
        }
    }

    /// What is in it, in words.
    pub fn described(&self) -> String {
        match &self.content {
            Content::ExportTable(table) => notices::rows(table.len()),
            Content::Picture(_) => notices::THE_PICTURE.into(),
            Content::Drawing(drawing) => notices::shapes(drawing.shapes.len()),
            Content::Report(_) => notices::THE_REPORT.into(),
            Content::Setup(_) => begin::THE_SETUP.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::kit::export::png::Frame;
    use eframe::egui::{Color32, ColorImage, Rect, pos2};

    #[test]
    fn a_part_beyond_the_picture_is_refused_in_words() {
        let rect = Rect::from_min_max(pos2(50.0, 1.0), pos2(60.0, 2.0));
        let image = ColorImage::filled([10, 6], Color32::BLACK).into();
        let picture = Picture { image, pixels_per_point: 1.0, frame: Frame { rect, buttons: rect } };
        let refused = Export { stem: "load".into(), content: Content::Picture(picture) }.encode().unwrap_err();
        assert!(refused.contains("10 × 6 pixels"), "{refused}");
    }
}
