//! Hidden controls: each row of the rail can be hidden by its menu, and shown again from the list of all controls.

use eframe::egui::{Popup, PopupCloseBehavior, Rect, Response, Sense, SetOpenCommand, Ui, pos2, vec2};

use super::RailView;
use crate::domain::config::{KNOBS, KnobId};
use crate::lessons::{Anchor, ControlId};
use crate::ui::kit::icons::Icon;
use crate::ui::kit::press::{Look, Press};
use crate::ui::kit::theme::size;
use crate::ui::view::Outbox;
use crate::ui::view::outbox::Ask;
use crate::ui::words::{begin as words, lesson};

/// Controls that can be hidden, in the order of their list. The form goes with the policy.
fn all() -> impl Iterator<Item = ControlId> {
    [ControlId::Data, ControlId::Noise, ControlId::Experts]
        .into_iter()
        .chain(KNOBS.iter().map(|spec| spec.id).filter(|id| *id != KnobId::Form).map(ControlId::Knob))
}

/// Its name, with a capital.
fn name(control: ControlId) -> String {
    crate::words::sentence(&lesson::anchor(Anchor::Control(control))).trim_end_matches('.').to_owned()
}

impl RailView {
    /// Whether a control is shown.
    pub fn shows(&self, control: ControlId) -> bool {
        !self.hidden.contains(&control)
    }

    /// The hidden controls with one more, or one less.
    fn toggled(&self, control: ControlId) -> Vec<ControlId> {
        let mut hidden = self.hidden.clone();
        if self.shows(control) {
            hidden.push(control);
        } else {
            hidden.retain(|other| *other != control);
        }
        hidden
    }

    /// Draws a row unless it is hidden, with the menu that hides it.
    pub fn row_of(
        &mut self,
        ui: &mut Ui,
        control: ControlId,
        out: &mut Outbox,
        add: impl FnOnce(&mut Ui, &mut Self, &mut Outbox),
    ) {
        if !self.shows(control) {
            return;
        }
        let (top, left, width) = (ui.cursor().top(), ui.cursor().left(), ui.available_width());
        add(ui, self, out);
        let rect = Rect::from_min_max(pos2(left, top), pos2(left + width, ui.cursor().top().max(top)));
        let row = ui.interact(rect, ui.scope_id().with(("row", control.to_string())), Sense::hover());
        menu_ui(&row, self, control, out);
    }
}

/// The menu of a row, by a click of the other button anywhere on it.
fn menu_ui(row: &Response, view: &RailView, control: ControlId, out: &mut Outbox) {
    let open = if row.container_secondary_clicked() {
        Some(SetOpenCommand::Bool(true))
    } else if row.container_clicked() {
        Some(SetOpenCommand::Bool(false))
    } else {
        None
    };
    Popup::menu(row).open_memory(open).at_pointer_fixed().accessible_name(words::control_menu(&name(control))).show(
        |ui| {
            if ui.button(words::HIDE.said()).clicked() {
                out.ask(Ask::Hide(view.toggled(control)));
                ui.close();
            }
            if !view.hidden.is_empty() && ui.button(words::SHOW_ALL.said()).clicked() {
                out.ask(Ask::Hide(Vec::new()));
                ui.close();
            }
        },
    );
}

/// Draws the button of the list of all controls at the right end of `foot`; where it begins.
pub(super) fn list_ui(ui: &mut Ui, foot: Rect, view: &RailView, out: &mut Outbox) -> f32 {
    let label = words::hidden_now(view.hidden.len());
    let press = if view.hidden.is_empty() {
        Press::icon(Icon::Knobs, words::CHOOSE.said())
    } else {
        Press::words(&label).named(words::CHOOSE.said()).with_icon(Icon::Knobs)
    };
    let press = press.look(Look::Ghost).size(size::CAPTION);
    let wide = if view.hidden.is_empty() { 26.0 } else { press.width(ui) };
    let spot = Rect::from_min_size(pos2(foot.right() - wide - 6.0, foot.top() + 3.0), vec2(wide, 26.0));
    let button = press.show(ui, spot).on_hover_text(words::ABOUT_CHOOSE.said());
    let stays = PopupCloseBehavior::CloseOnClickOutside;
    Popup::menu(&button).accessible_name(words::CHOOSE).close_behavior(stays).show(|ui| {
        ui.set_min_width(220.0);
        for control in all() {
            let mut shown = view.shows(control);
            if ui.checkbox(&mut shown, name(control)).changed() {
                out.ask(Ask::Hide(view.toggled(control)));
            }
        }
        if !view.hidden.is_empty() && ui.button(words::SHOW_ALL.said()).clicked() {
            out.ask(Ask::Hide(Vec::new()));
            ui.close();
        }
    });
    spot.left()
}
