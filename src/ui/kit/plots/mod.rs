//! Plots over steps in the window's look: what they span and how they are read; what is said of a point is handed in. What
//! is drawn in them comes from:
//!
//! - `axes`: the marks of both axes, and the room their words need.
//! - `curves`: lines that break where a value is missing, bands, rings.

mod axes;
mod curves;

pub(crate) use axes::{Axes, sound};
pub(crate) use curves::{apart, bad, band, dashed_line, lines, mean_line, points_band, points_line, rings, smoothed};

use eframe::egui::{Rect, Ui, Vec2, Vec2b};
use egui_plot::{AxisHints, HPlacement, HoverPosition, Plot, PlotUi};

use self::axes::{Marks, grid, words_at};
use super::theme::{self, size};
use super::{fonts, numbers, paint};

/// What is said of a step under the pointer.
pub(crate) type HoverText<'a> = Box<dyn Fn(u64) -> Option<String> + 'a>;

/// What is said of a point: the name of its curve, its place (steps), its value as it is written.
pub(crate) type PointWords = fn(&str, f64, &str) -> String;

/// Where a value from `least` to 1 stands on a logarithmic axis: 0 at 1, 1 at `least`; what is smaller or unknown is there too.
pub fn fall_place(value: f64, least: f64) -> f64 {
    let value = if value.is_finite() { value.clamp(least, 1.0) } else { least };
    value.log10() / least.log10()
}

/// Where a count from 0 to `most` stands along an axis that gives the small ones most of the room: 0 to 1.
pub(crate) fn log_place(count: f64, most: f64) -> f64 {
    (count + 1.0).ln() / (most + 1.0).ln().max(1e-9)
}

/// Draws a plot of steps over all of `rect`, without zoom or drag, and with values on hover. Returns where the curves
/// are, within the axes; nothing if there is no room.
pub(crate) fn steps<'a>(
    ui: &mut Ui,
    rect: Rect,
    name: &'static str,
    axes: Axes,
    point: PointWords,
    add: impl FnOnce(&mut PlotUi<'a>) + 'a,
) -> Option<Rect> {
    steps_read(ui, rect, name, axes, point, None, add)
}

/// The same; where the pointer is, `reading` says what is to be said.
pub(crate) fn steps_read<'a>(
    ui: &mut Ui,
    rect: Rect,
    name: &'static str,
    axes: Axes,
    point: PointWords,
    reading: Option<HoverText<'a>>,
    add: impl FnOnce(&mut PlotUi<'a>) + 'a,
) -> Option<Rect> {
    let Axes { numbered, decimals, .. } = axes;
    let theme = theme::of(ui);
    if rect.width() < 40.0 || rect.height() < 30.0 {
        return None;
    }
    let font = fonts::regular(size::TICK);
    let axis = |hints: AxisHints<'a>| hints.tick_label_font(font.clone()).tick_label_color(theme.ink3);
    let width = |words: &str| ui.painter().layout_no_wrap(words.to_owned(), font.clone(), theme.ink3).size().x;
    let (x, y) = axes.bounds();
    let Marks { x: steps, y: values, left } = Marks::of(rect, &axes, width);
    let (x_grid, y_grid) = (grid(&steps, x.1 - x.0), grid(&values, y.1 - y.0));
    let frame = paint::within(ui, rect, name, move |ui| {
        ui.style_mut().override_font_id = Some(fonts::regular(size::CAPTION));
        Plot::new(name)
            .width(rect.width())
            .height(rect.height())
            .min_size(Vec2::ZERO)
            .show_background(false)
            .allow_zoom(false)
            .allow_drag(false)
            .allow_scroll(false)
            .allow_boxed_zoom(false)
            .allow_axis_zoom_drag(false)
            .allow_double_click_reset(false)
            .show_crosshair(false)
            .set_margin_fraction(Vec2::ZERO)
            .grid_color(theme.line)
            .grid_fade(0.0)
            .show_axes(Vec2b::new(numbered, true))
            .show_grid(Vec2b::new(false, true))
            .grid_spacing(18.0..=60.0)
            .default_x_bounds(x.0, x.1)
            .default_y_bounds(y.0, y.1)
            .auto_bounds(false)
            .x_grid_spacer(move |_| x_grid.clone())
            .y_grid_spacer(move |_| y_grid.clone())
            .custom_x_axes(vec![
                axis(AxisHints::new_x())
                    .label_spacing(8.0..=12.0)
                    .min_thickness(Marks::FOOT)
                    .formatter(move |mark, _| words_at(&steps, mark.value)),
            ])
            .custom_y_axes(vec![
                axis(AxisHints::new_y())
                    .label_spacing(8.0..=12.0)
                    .min_thickness(left)
                    .placement(HPlacement::Left)
                    .formatter(move |mark, _| words_at(&values, mark.value)),
            ])
            .label_formatter(move |place| match place {
                HoverPosition::NearDataPoint { position, .. } | HoverPosition::Elsewhere { position }
                    if reading.is_some() =>
                {
                    reading.as_ref().and_then(|reading| reading(position.x.max(0.0).round() as u64))
                }
                HoverPosition::NearDataPoint { plot_name, position, .. } => {
                    Some(point(plot_name, position.x.max(0.0), &numbers::fixed(axes.value(position.y), decimals + 2)))
                }
                HoverPosition::Elsewhere { .. } => None,
            })
            .show(ui, move |plot| {
                plot.set_plot_bounds_x(x.0..=x.1);
                plot.set_plot_bounds_y(y.0..=y.1);
                add(plot);
            })
            .transform
            .frame()
            .to_owned()
    });
    Some(frame)
}
