//! The button Step and its menu: one step, the next phase of a step, ten or a hundred steps, or a stop at a step that is named.

use eframe::egui::{Key, Popup, PopupCloseBehavior, Pos2, Rect, Sense, Ui, pos2, vec2};

use crate::run::{Command, Snapshot, Status};
use crate::ui::kit::entry::{Field, FieldLimits, FieldNumber, refusal_ui};
use crate::ui::kit::icons::Icon;
use crate::ui::kit::press::Press;
use crate::ui::view::Outbox;
use crate::ui::view::watched::trains;
use crate::ui::words::{entry, strip, watched};

/// Width of the menu.
const MENU: f32 = 190.0;
/// Steps between two stops that are proposed.
const ROUND: u64 = 100;

/// The menu of steps.
#[derive(Debug, Default)]
pub(crate) struct StepsView {
    /// Whether it is to be opened, with the number of a stop under the hand.
    pub asked: bool,
    /// The step to stop at that was typed.
    stop_at: Option<u64>,
}

/// Draws the button and the one that opens its menu, at `at` (left end, middle). Returns where they end.
pub(super) fn steps_ui(ui: &mut Ui, at: Pos2, shot: &Snapshot, view: &mut StepsView, out: &mut Outbox) -> f32 {
    let ready = !matches!(shot.status, Status::Preparing(_) | Status::Failed(_)) && trains(shot);
    let name = strip::STEP.said();
    let compact = ui.max_rect().width() < 700.0;
    let whole = Press::words(name).with_icon(Icon::Step);
    let (press, width) =
        if compact { (Press::icon(Icon::Step, name), 32.0) } else { (whole, whole.width(ui).max(68.0)) };
    let place = |x: f32, w: f32| Rect::from_min_size(pos2(x, at.y - 16.0), vec2(w, 32.0));
    let response = press.enabled(ready).show(ui, place(at.x, width));
    let why = watched::ONLY.said();
    if response.on_hover_text(strip::ABOUT_STEP.said()).on_disabled_hover_text(why).clicked() {
        out.drive(Command::Step(1));
    }
    let beside = place(at.x + width + 1.0, 18.0);
    let more = Press::icon(Icon::Down, strip::MORE_STEPS.said()).enabled(ready).show(ui, beside);
    let asked = std::mem::take(&mut view.asked) && ready;
    let opens = asked || (more.clicked() && !Popup::is_id_open(ui.ctx(), Popup::default_response_id(&more)));
    if opens {
        view.stop_at = None;
    }
    if asked {
        Popup::open_id(ui.ctx(), Popup::default_response_id(&more));
    }
    let more = more.on_hover_text(strip::ABOUT_MORE_STEPS.said());
    let menu = Popup::menu(&more).accessible_name(strip::MORE_STEPS_ENTRIES.said()).width(MENU);
    menu.close_behavior(PopupCloseBehavior::CloseOnClickOutside).show(|ui| {
        let entries = [
            (strip::ONE_STEP.said().to_owned(), Command::Step(1)),
            (strip::NEXT_PHASE.said().to_owned(), Command::Phase),
            (strip::some_steps(10), Command::Step(10)),
            (strip::some_steps(100), Command::Step(100)),
        ];
        for (words, command) in entries {
            if ui.button(words).clicked() {
                out.drive(command);
                ui.close();
            }
        }
        ui.separator();
        stop_ui(ui, asked, shot, view, out);
    });
    beside.right()
}

/// The step to stop at, and the button that goes there.
fn stop_ui(ui: &mut Ui, asked: bool, shot: &Snapshot, view: &mut StepsView, out: &mut Outbox) {
    let stop = view.stop_at.unwrap_or_else(|| proposed(shot.step)).max(shot.step + 1);
    ui.label(strip::STOP_AT.said());
    let limits = FieldLimits::Whole { low: shot.step + 1, high: u64::MAX };
    let name = strip::STOP_STEP.said();
    let entry = Field {
        name,
        label: name,
        value: FieldNumber::Whole(stop),
        limits,
        reach: Some((shot.step as f64 + 1.0, shot.config.steps.max(shot.step + 1) as f64)),
        framed: true,
        refusal: entry::refused,
    };
    let (entered, go) = ui
        .horizontal(|ui| {
            let (rect, _) = ui.allocate_exact_size(vec2(entry.wide(ui).max(96.0), 22.0), Sense::hover());
            let entered = entry.show(ui, rect);
            (entered, ui.button(strip::RUN_TO_IT.said()).clicked())
        })
        .inner;
    refusal_ui(ui, &entered, 0.0);
    if asked {
        entered.response.request_focus();
    }
    if let Some(FieldNumber::Whole(step)) = entered.typed.or(entered.dragged) {
        view.stop_at = Some(step);
    }
    let stop = view.stop_at.unwrap_or(stop);
    let confirmed = entered.typed.is_some() && ui.input(|i| i.key_pressed(Key::Enter));
    if (go || confirmed) && entered.refused.is_none() {
        out.drive(Command::StopAt(stop));
        ui.close();
    }
}

/// A step to stop at: the next round one.
fn proposed(step: u64) -> u64 {
    (step / ROUND + 1).saturating_mul(ROUND)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_next_round_step_is_proposed() {
        assert_eq!([0, 99, 100, 2138].map(proposed), [100, 100, 200, 2200]);
    }
}
