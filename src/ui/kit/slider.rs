//! Sliders: what one can be set to, on a scale that may be logarithmic, and egui's own painted in the window's look.

use eframe::egui::{Color32, Rect, Response, Slider, SliderClamping, Stroke, Ui, pos2, style::HandleShape, vec2};

use super::theme;
use super::{fonts, paint};

/// Radius of a slider's handle; the rail is as wide as its travel and this.
const HANDLE: f32 = 5.6;

/// What a slider can be set to; more may be typed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Reach {
    /// Least.
    pub low: f64,
    /// Most.
    pub high: f64,
    /// If the scale is logarithmic: the least value above `low` it tells apart.
    pub finest: Option<f64>,
    /// Whether only whole numbers will do.
    pub whole: bool,
}

impl Reach {
    /// Where on its scale a value lies, 0 to 1.
    pub fn place(&self, value: f64) -> f64 {
        let place = match self.finest {
            Some(finest) => {
                let low = self.low.max(finest).ln();
                (value.max(f64::MIN_POSITIVE).ln() - low) / (self.high.ln() - low)
            }
            None => (value - self.low) / (self.high - self.low),
        };
        if place.is_finite() { place.clamp(0.0, 1.0) } else { 0.0 }
    }
}

/// egui's slider for hands, keys and screen readers, painted over in the window's look.
pub(crate) fn slider_ui(ui: &mut Ui, rect: Rect, name: &str, reach: Reach, value: &mut f64) -> Response {
    let theme = theme::of(ui);
    let response = paint::within(ui, rect.expand2(vec2(0.0, 4.0)), ("slider", name), |ui| {
        let style = ui.style_mut();
        style.spacing.slider_width = rect.width();
        style.spacing.interact_size.y = 14.0;
        style.override_font_id = Some(fonts::regular(1.0));
        let looks = &mut style.visuals.widgets;
        for look in [&mut looks.inactive, &mut looks.hovered, &mut looks.active] {
            look.bg_fill = Color32::TRANSPARENT;
            look.bg_stroke = Stroke::NONE;
            look.fg_stroke = Stroke::NONE;
        }
        let mut slider = Slider::new(value, reach.low..=reach.high)
            .show_value(false)
            .clamping(SliderClamping::Edits)
            .handle_shape(HandleShape::Circle);
        if let Some(finest) = reach.finest {
            slider = slider.logarithmic(true).smallest_positive(finest);
        }
        if reach.whole {
            slider = slider.step_by(1.0);
        }
        ui.put(rect, slider).accessible_name(name)
    });
    let y = rect.center().y;
    let x = rect.left() + HANDLE + (rect.width() - 2.0 * HANDLE) * reach.place(*value) as f32;
    let p = ui.painter();
    let line = Rect::from_min_max(pos2(rect.left(), y - 1.5), pos2(rect.right(), y + 1.5));
    p.rect_filled(line, 1, theme.track);
    p.rect_filled(Rect::from_min_max(line.min, pos2(x, line.bottom())), 1, theme.ink3);
    let lit = response.hovered() || response.dragged() || response.has_focus();
    p.circle_filled(pos2(x, y), if lit { 6.0 } else { 5.2 }, theme.ink);
    if response.has_focus() {
        p.circle_stroke(pos2(x, y), 8.0, Stroke::new(1.0, theme.ink3));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_run_from_end_to_end() {
        let log = Reach { low: 0.0, high: 1.0, finest: Some(1e-4), whole: false };
        assert_eq!([0.0, 1e-4, 1e-2, 1.0, 7.0].map(|v| (log.place(v) * 100.0).round()), [0.0, 0.0, 50.0, 100.0, 100.0]);
        let flat = Reach { low: 1.0, high: 3.0, finest: None, whole: true };
        assert_eq!([1.0, 2.0, 3.0].map(|v| flat.place(v)), [0.0, 0.5, 1.0]);
        assert_eq!(Reach { low: 1.0, high: 1.0, ..flat }.place(1.0), 0.0);
    }
}
