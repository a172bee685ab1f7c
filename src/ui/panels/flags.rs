//! Flags in plots: what was changed while the run went on: lines at its steps and words beside them; and the step that is looked at.

use eframe::egui::{CursorIcon, Rangef, Rect, Response, Role, Sense, Stroke, Ui, WidgetInfo, pos2};
use egui_plot::{LineStyle, PlotUi, VLine};

use crate::ui::kit::plots::sound;
use crate::ui::kit::theme::{Theme, size};
use crate::ui::kit::{fonts, paint};
use crate::ui::view::derived::Flagged;
use crate::ui::view::state::{Cursor, ViewState};
use crate::ui::words::tiles;

/// Most changes of the run that a plot shows: the newest.
const FLAGS: usize = 32;

/// A dotted line at every change of the run. The newest few say what was changed by [`flag_words`]; the timeline has
/// them all.
pub(crate) fn flags(plot: &mut PlotUi<'_>, changes: &[Flagged], theme: &Theme) {
    for change in changes.iter().rev().take(FLAGS) {
        let pen = Stroke::new(1.0, theme.ink3);
        let line = VLine::new(change.all(), change.last as f64).stroke(pen).style(LineStyle::Dashed { length: 3.0 });
        plot.vline(line);
    }
}

/// What the newest changes of a plot in `frame` are, beside their lines, if it is large enough and the words cross no
/// other line and no other words.
pub(crate) fn flag_words(
    ui: &Ui,
    frame: Rect,
    x: (f64, f64),
    changes: &[Flagged],
    theme: &Theme,
    mut menu: impl FnMut(&Response, &Flagged),
) {
    let (x, font) = (sound(x), fonts::regular(size::CAPTION));
    let at = |step: u64| frame.left() + frame.width() * ((step as f64 - x.0) / (x.1 - x.0)) as f32;
    let lines: Vec<f32> = changes.iter().rev().take(FLAGS).map(|change| at(change.last)).collect();
    let mut taken: Vec<Rect> = Vec::new();
    for (change, &line) in changes.iter().rev().zip(&lines).take(4) {
        let galley = paint::cut(ui, &change.words(), font.clone(), theme.ink2, (frame.width() * 0.6).min(170.0));
        let size = galley.size();
        let Some(right) = side(line, size.x + 10.0, frame.x_range(), &lines) else { continue };
        let left = if right { line + 5.0 } else { line - 5.0 - size.x };
        // The first row whose place is free.
        let rows = (0..4).map(|row| Rect::from_min_size(pos2(left, frame.top() + 2.0 + size.y * row as f32), size));
        let free = |spot: &Rect| spot.bottom() <= frame.bottom() && !taken.iter().any(|other| other.intersects(*spot));
        let Some(spot) = rows.into_iter().find(free) else { continue };
        let id = ui.scope_id().with(("flag-words", change.before.entries));
        let response = ui.interact(spot, id, Sense::click()).on_hover_cursor(CursorIcon::PointingHand);
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, change.all()));
        let ink = if response.hovered() || response.has_focus() { theme.ink } else { theme.ink2 };
        ui.painter().galley_with_override_text_color(spot.min, galley, ink);
        menu(&response, change);
        taken.push(spot);
    }
}

/// A line at the step that is looked at, unless it is the newest.
pub(crate) fn cursor(plot: &mut PlotUi<'_>, view: &ViewState, theme: &Theme) {
    if let Cursor::At(step) = view.cursor {
        plot.vline(VLine::new(tiles::SHOWN, step as f64).stroke(Stroke::new(1.4, theme.ink)));
    }
}

/// On which side of its line at `x` a flag has room for words that take `taken`: right (`true`), else left, else on
/// neither. Words must stay within the plot and cross no other flag's line.
fn side(x: f32, taken: f32, span: Rangef, flags: &[f32]) -> Option<bool> {
    let inside = |from: f32, to: f32| from >= span.min && to <= span.max;
    let free = |from: f32, to: f32| inside(from, to) && !flags.iter().any(|&f| f != x && f > from && f < to);
    if free(x, x + taken) { Some(true) } else { free(x - taken, x).then_some(false) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_flags_stay_inside_and_cross_no_other_line() {
        let frame = Rangef::new(0.0, 100.0);
        assert_eq!(side(10.0, 30.0, frame, &[10.0]), Some(true));
        assert_eq!(side(90.0, 30.0, frame, &[90.0]), Some(false));
        assert_eq!(side(50.0, 30.0, frame, &[50.0, 60.0]), Some(false));
        assert_eq!(side(50.0, 30.0, frame, &[50.0, 60.0, 40.0]), None);
        assert_eq!(side(50.0, 30.0, frame, &[50.0, 50.0]), Some(true), "two changes at one step");
    }
}
