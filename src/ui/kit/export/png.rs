//! A part of the window as a PNG file.

use std::sync::Arc;

use eframe::egui::{ColorImage, Pos2, Rect};

/// A part of a picture of the window.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Picture {
    /// The whole window.
    pub image: Arc<ColorImage>,
    /// How many of its pixels make a point.
    pub pixels_per_point: f32,
    /// What to show.
    pub frame: Frame,
}

/// Which part of the window is to be shown, in points.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Frame {
    /// All of it.
    pub rect: Rect,
    /// Buttons in it: the colour of their upper left corner is painted over them.
    pub buttons: Rect,
}

/// Why there is no PNG file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum PngFault {
    /// The part lies outside the picture, which has this width and height in pixels.
    Outside([usize; 2]),
    /// What the encoder says.
    Encoder(String),
}

impl Picture {
    /// The file: 8 bits each of red, green and blue.
    ///
    /// # Errors
    /// If the part lies outside the picture, or it cannot be encoded.
    pub fn encode(&self) -> Result<Vec<u8>, PngFault> {
        let [left, top, right, bottom] = self.pixels(self.frame.rect);
        let (width, height) = (right.saturating_sub(left), bottom.saturating_sub(top));
        if width == 0 || height == 0 {
            return Err(PngFault::Outside(self.image.size));
        }
        let hidden = self.pixels(self.frame.buttons);
        let mut bytes = Vec::with_capacity(width * height * 3);
        for y in top..bottom {
            for x in left..right {
                let under = hidden[0] <= x && x < hidden[2] && hidden[1] <= y && y < hidden[3];
                let (x, y) = if under { (hidden[0], hidden[1]) } else { (x, y) };
                bytes.extend(self.image.pixels[y * self.image.size[0] + x].to_opaque().to_array().iter().take(3));
            }
        }
        written([width, height], &bytes)
    }

    /// Left, top, right and bottom in pixels, within the picture.
    fn pixels(&self, rect: Rect) -> [usize; 4] {
        let [w, h] = self.image.size;
        let at = |p: Pos2| (p.to_vec2() * self.pixels_per_point).round();
        let (min, max) = (at(rect.min), at(rect.max));
        let within = |v: f32, most: usize| (v.max(0.0) as usize).min(most);
        [within(min.x, w), within(min.y, h), within(max.x, w), within(max.y, h)]
    }
}

/// The file of a whole image: 8 bits each of red, green and blue.
///
/// # Errors
/// If it cannot be encoded.
pub(crate) fn encode_image(image: &ColorImage) -> Result<Vec<u8>, PngFault> {
    let bytes: Vec<u8> = image.pixels.iter().flat_map(|p| [p.r(), p.g(), p.b()]).collect();
    written(image.size, &bytes)
}

/// The file of so many pixels, three bytes each.
fn written([width, height]: [usize; 2], bytes: &[u8]) -> Result<Vec<u8>, PngFault> {
    let mut file = Vec::new();
    let mut encoder = png::Encoder::new(&mut file, width as u32, height as u32);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().map_err(encoder_fault)?;
    writer.write_image_data(bytes).map_err(encoder_fault)?;
    writer.finish().map_err(encoder_fault)?;
    Ok(file)
}

fn encoder_fault(error: png::EncodingError) -> PngFault {
    PngFault::Encoder(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use eframe::egui::{Color32, pos2};

    fn picture(rect: Rect) -> Picture {
        // Red tells the column, green the row.
        let pixels = (0..60).map(|i| Color32::from_rgb(i % 10, i / 10, 7)).collect();
        let buttons = Rect::from_min_max(pos2(3.0, 1.0), pos2(4.0, 2.0));
        let frame = Frame { rect, buttons };
        Picture { image: Arc::new(ColorImage::new([10, 6], pixels)), pixels_per_point: 2.0, frame }
    }

    fn decode(bytes: &[u8]) -> ((u32, u32), Vec<u8>) {
        let mut reader = png::Decoder::new(std::io::Cursor::new(bytes)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        ((info.width, info.height), pixels)
    }

    #[test]
    fn the_part_is_cut_out_at_the_scale_of_the_screen_and_buttons_are_painted_over() {
        let file = picture(Rect::from_min_max(pos2(1.0, 1.0), pos2(9.0, 2.0))).encode().unwrap();
        let (size, pixels) = decode(&file);
        assert_eq!(size, (8, 2), "what lies outside the picture is cut");
        let columns: Vec<u8> = pixels.chunks(3).map(|p| p[0]).collect();
        let rows: Vec<u8> = pixels.chunks(3).map(|p| p[1]).collect();
        assert_eq!(columns, [2, 3, 4, 5, 6, 6, 8, 9, 2, 3, 4, 5, 6, 6, 8, 9]);
        assert_eq!(rows, [2, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3, 2, 2, 3, 3]);
    }

    #[test]
    fn a_part_beyond_the_picture_is_refused() {
        let refused = picture(Rect::from_min_max(pos2(50.0, 1.0), pos2(60.0, 2.0))).encode();
        assert_eq!(refused, Err(PngFault::Outside([10, 6])));
    }
}
