//! Laid-out text as SVG: one `<text>` per row and format, at its baseline and held to its width, so that it stays in
//! place even where another font has to stand in.

use std::fmt::Write;

use eframe::egui::epaint::TextShape;
use eframe::egui::text::{LayoutSection, TextFormat};
use eframe::egui::{Color32, FontFamily, FontId};

use super::pen::{self, SvgNumber, escaped, fill, turned};

/// Appends every row.
pub(crate) fn write(out: &mut String, shape: &TextShape) {
    if !pen::finite(&[shape.pos]) {
        return;
    }
    let galley = &shape.galley;
    let turn = turned(shape.angle, shape.pos);
    // Bytes of the text read so far: a glyph does not say which format it has, its letter's place does.
    let mut read = 0;
    for row in &galley.rows {
        let mut glyphs = row.glyphs.iter().peekable();
        while let Some(first) = glyphs.next() {
            let section = section_at(&galley.job.sections, read);
            let mut words = String::from(first.chr);
            let mut last = first;
            read += first.chr.len_utf8();
            while let Some(next) = glyphs.next_if(|_| section_at(&galley.job.sections, read) == section) {
                words.push(next.chr);
                read += next.chr.len_utf8();
                last = next;
            }
            let Some(format) = section.and_then(|i| galley.job.sections.get(i)).map(|s| &s.format) else {
                continue;
            };
            let color = color(shape, format);
            if words.trim().is_empty() || color.a() == 0 {
                continue;
            }
            let at = shape.pos + row.pos.to_vec2() + first.pos.to_vec2();
            let width = last.pos.x + last.advance_width - first.pos.x;
            let (x, y) = (SvgNumber(at.x), SvgNumber(at.y));
            let _ = write!(out, "<text x=\"{x}\" y=\"{y}\"{}{}", font(&format.font_id), fill(color));
            if words.chars().nth(1).is_some() && width > 0.0 {
                let _ = write!(out, " textLength=\"{}\" lengthAdjust=\"spacingAndGlyphs\"", SvgNumber(width));
            }
            let space = if words.contains("  ") || words.starts_with(' ') { " xml:space=\"preserve\"" } else { "" };
            let _ = writeln!(out, "{space}{turn}>{}</text>", escaped(&words));
        }
        read += usize::from(row.ends_with_newline);
    }
}

/// The format in force at a byte; the last one for what was added at the end, such as an ellipsis.
fn section_at(sections: &[LayoutSection], byte: usize) -> Option<usize> {
    let within = |s: &LayoutSection| s.byte_range.start.0 <= byte && byte < s.byte_range.end.0;
    sections.iter().position(within).or_else(|| sections.len().checked_sub(1))
}

fn color(shape: &TextShape, format: &TextFormat) -> Color32 {
    let own = if format.color == Color32::PLACEHOLDER { shape.fallback_color } else { format.color };
    shape.override_text_color.unwrap_or(own).gamma_multiply(shape.opacity_factor)
}

/// Family, weight and size.
fn font(id: &FontId) -> String {
    let (family, weight) = match &id.family {
        FontFamily::Monospace => ("Hack, monospace", 400),
        FontFamily::Proportional => ("Inter, sans-serif", 400),
        FontFamily::Name(name) => ("Inter, sans-serif", crate::ui::kit::fonts::weight(name)),
    };
    format!(" font-family=\"{family}\" font-weight=\"{weight}\" font-size=\"{}\"", SvgNumber(id.size))
}
