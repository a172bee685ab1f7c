//! Look of a whole window: dark or light, drawn for a projector (larger, with thicker lines and stronger captions), and whether
//! anything moves by itself (reduced motion).

use eframe::egui::epaint::{ClippedShape, PathStroke, Shape, Stroke};
use eframe::egui::{Context, FullOutput, Plugin, Theme as Mode, style::ScrollAnimation};

use super::theme::Theme;

/// How much larger everything is on a projector.
pub(crate) const SCALE: f32 = 1.4;
/// How much thicker its lines are.
const LINES: f32 = 1.5;

/// How a window is drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct WindowLook {
    /// Whether for a projector.
    pub projector: bool,
    /// Whether nothing moves by itself.
    pub still: bool,
}

impl WindowLook {
    /// Puts it into a context, for both themes.
    pub fn apply(self, ctx: &Context) {
        for (mode, theme) in [
            (Mode::Dark, Theme::of_window(true, self.projector)),
            (Mode::Light, Theme::of_window(false, self.projector)),
        ] {
            let mut style = theme.style();
            if self.still {
                style.animation_time = 0.0;
                style.scroll_animation = ScrollAnimation::none();
                style.visuals.text_cursor.blink = false;
            }
            ctx.set_style_of(mode, style);
        }
        let drawn = ctx.plugin_or_default::<ThickLines>();
        let was = std::mem::replace(&mut drawn.lock().thick, self.projector);
        // What a person has zoomed to stays as it is.
        match (was, self.projector) {
            (false, true) => ctx.set_zoom_factor(ctx.zoom_factor() * SCALE),
            (true, false) => ctx.set_zoom_factor(ctx.zoom_factor() / SCALE),
            _ => {}
        }
    }
}

/// Draws every line thicker, whoever has drawn it, while it is asked to.
#[derive(Debug, Default)]
struct ThickLines {
    thick: bool,
}

impl Plugin for ThickLines {
    fn debug_name(&self) -> &'static str {
        "thick-lines"
    }

    fn output_hook(&mut self, _ctx: &Context, output: &mut FullOutput) {
        if self.thick {
            output.shapes.iter_mut().for_each(|ClippedShape { shape, .. }| thicken(shape));
        }
    }
}

fn thicken(shape: &mut Shape) {
    let line = |stroke: &mut Stroke| stroke.width *= LINES;
    let path = |stroke: &mut PathStroke| stroke.width *= LINES;
    match shape {
        Shape::Vec(all) => all.iter_mut().for_each(thicken),
        Shape::Circle(circle) => line(&mut circle.stroke),
        Shape::Ellipse(ellipse) => line(&mut ellipse.stroke),
        Shape::LineSegment { stroke, .. } => line(stroke),
        Shape::Path(shape) => path(&mut shape.stroke),
        Shape::Rect(rect) => line(&mut rect.stroke),
        Shape::QuadraticBezier(curve) => path(&mut curve.stroke),
        Shape::CubicBezier(curve) => path(&mut curve.stroke),
        Shape::Band(_) | Shape::Noop | Shape::Text(_) | Shape::Mesh(_) | Shape::Callback(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use eframe::egui::{Color32, pos2};

    use super::*;

    #[test]
    fn every_line_is_thicker_and_nothing_else_changes() {
        let pen = Stroke::new(2.0, Color32::WHITE);
        let mut shape = Shape::Vec(vec![
            Shape::line_segment([pos2(0.0, 0.0), pos2(1.0, 0.0)], pen),
            Shape::line(vec![pos2(0.0, 0.0), pos2(1.0, 0.0)], pen),
            Shape::circle_stroke(pos2(3.0, 3.0), 7.0, pen),
        ]);
        thicken(&mut shape);
        let Shape::Vec(all) = shape else { panic!() };
        let widths: Vec<f32> = all
            .iter()
            .map(|shape| match shape {
                Shape::LineSegment { stroke, .. } => stroke.width,
                Shape::Path(path) => path.stroke.width,
                Shape::Circle(circle) => {
                    assert_eq!(circle.radius, 7.0);
                    circle.stroke.width
                }
                other => panic!("{other:?}"),
            })
            .collect();
        assert_eq!(widths, [3.0; 3]);
    }
}
