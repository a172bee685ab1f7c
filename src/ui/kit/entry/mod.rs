//! Number fields: a number that can be typed or dragged. What cannot be read, or may not stand there, is refused in
//! words beside the field, and the field keeps its value; dragging stays within its ends.

mod limits;
mod parse;

use eframe::egui::accesskit::{Action, ActionData, Live};
use eframe::egui::text::CCursorRange;
use eframe::egui::{
    Align2, Color32, CursorIcon, FontId, Id, Key, Margin, Modifiers, Rect, Response, Sense, Stroke, TextEdit, Ui,
    UiBuilder, WidgetInfo, pos2, vec2,
};

pub use self::limits::FieldLimits;
pub use self::parse::FieldNumber;
pub(crate) use self::parse::Unread;
use super::theme::{self, FIELD_RADIUS, size};
use super::{fonts, numbers, paint};

/// A text that was refused: what is said of it, and when that began.
#[derive(Clone, Debug, PartialEq)]
struct Refusal {
    words: String,
    kept: FieldNumber,
    /// Seconds, as the window counts them.
    since: f64,
}

/// What a field remembers from frame to frame.
#[derive(Clone, Debug, Default)]
struct Memory {
    /// What is being typed, and what stood there at first.
    typing: Option<(String, String)>,
    refusal: Option<Refusal>,
    /// What dragging has not yet made a step of.
    rest: f64,
}

/// What came of a field.
#[derive(Debug)]
pub(crate) struct Entered {
    /// Of the field itself.
    pub response: Response,
    /// A number that was typed, or stepped to by a key or a screen reader: it counts at once.
    pub typed: Option<FieldNumber>,
    /// A number under the hand while the field is being dragged.
    pub dragged: Option<FieldNumber>,
    /// Why the last text was refused, as long as that stands.
    pub refused: Option<String>,
    /// When it was refused, seconds.
    pub refused_at: Option<f64>,
}

/// What is said of a text that is not taken: the field's name, what may stand there, what was typed, why it is not taken,
/// what is kept.
pub(crate) type RefusalWords = fn(&str, &FieldLimits, &str, &Unread, FieldNumber) -> String;

/// A number field.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field<'a> {
    /// What its number is called in words.
    pub name: &'a str,
    /// What a screen reader calls the field.
    pub label: &'a str,
    /// What stands in it.
    pub value: FieldNumber,
    /// What may be typed.
    pub limits: FieldLimits,
    /// The ends of dragging and arrows, if they are narrower than what may be typed.
    pub reach: Option<(f64, f64)>,
    /// Whether it has a frame while nothing touches it.
    pub framed: bool,
    /// Says why a text is refused.
    pub refusal: RefusalWords,
}

impl Field<'_> {
    /// Draws it in `rect`.
    pub fn show(&self, ui: &mut Ui, rect: Rect) -> Entered {
        let id = ui.scope_id().with(("number", self.label));
        let mut memory: Memory = ui.data_mut(|data| data.get_temp(id)).unwrap_or_default();
        let focused = ui.is_enabled()
            && ui.memory_mut(|m| {
                m.interested_in_focus(id, ui.layer_id());
                m.has_focus(id)
            });
        let (mut typed, mut dragged) = (None, None);
        if !focused && let Some(typing) = memory.typing.take() {
            typed = self.close(ui, typing, &mut memory);
        }
        if focused && memory.typing.is_none() {
            self.begin(ui, id, &mut memory);
        }
        typed = typed.or_else(|| self.requested(ui, id, &mut memory));
        let response = if focused {
            let response = self.edit_ui(ui, rect, id, &mut memory);
            if !ui.memory(|m| m.has_focus(id))
                && let Some(typing) = memory.typing.take()
            {
                typed = self.close(ui, typing, &mut memory);
            }
            response
        } else {
            let response = self.value_ui(ui, rect, id, memory.refusal.is_some());
            dragged = self.drag(ui, &response, &mut memory);
            if response.clicked() {
                response.request_focus();
            }
            response
        };
        // A refusal is about the number that was kept: another one ends it.
        if memory.refusal.as_ref().is_some_and(|refusal| refusal.kept != self.value) || typed.is_some() {
            memory.refusal = None;
        }
        self.tell(ui, &response, memory.refusal.is_some());
        let refused = memory.refusal.as_ref().map(|refusal| refusal.words.clone());
        let refused_at = memory.refusal.as_ref().map(|refusal| refusal.since);
        ui.data_mut(|data| data.insert_temp(id, memory));
        Entered { response, typed, dragged, refused, refused_at }
    }

    fn begin(&self, ui: &Ui, id: Id, memory: &mut Memory) {
        let text = self.value.to_string();
        let mut state = TextEdit::load_state(ui.ctx(), id).unwrap_or_default();
        state.cursor.set_char_range(Some(CCursorRange::select_all_str(&text)));
        state.store(ui.ctx(), id);
        memory.typing = Some((text.clone(), text));
        memory.refusal = None;
    }

    /// Takes what was typed, or says why not. Esc and a text that was left as it stood change nothing.
    fn close(&self, ui: &Ui, (text, begun): (String, String), memory: &mut Memory) -> Option<FieldNumber> {
        if text == begun || ui.input(|i| i.key_down(Key::Escape)) {
            return None;
        }
        self.read(ui, &text, memory)
    }

    fn read(&self, ui: &Ui, text: &str, memory: &mut Memory) -> Option<FieldNumber> {
        match self.limits.read(text) {
            Ok(number) => {
                memory.refusal = None;
                (number != self.value).then_some(number)
            }
            Err(why) => {
                let words = (self.refusal)(self.name, &self.limits, text, &why, self.value);
                memory.refusal = Some(Refusal { words, kept: self.value, since: ui.input(|i| i.time) });
                ui.request_repaint();
                None
            }
        }
    }

    /// What a screen reader or an arrow key asks for.
    fn requested(&self, ui: &Ui, id: Id, memory: &mut Memory) -> Option<FieldNumber> {
        let (mut steps, mut asked) = (0i64, None);
        ui.input_mut(|input| {
            if memory.typing.is_some() {
                steps += input.count_and_consume_key(Modifiers::NONE, Key::ArrowUp) as i64;
                steps -= input.count_and_consume_key(Modifiers::NONE, Key::ArrowDown) as i64;
            }
            steps += input.num_accesskit_action_requests(id, Action::Increment) as i64;
            steps -= input.num_accesskit_action_requests(id, Action::Decrement) as i64;
            for request in input.accesskit_action_requests(id, Action::SetValue) {
                asked = match &request.data {
                    Some(ActionData::NumericValue(value)) => Some(numbers::exact(*value)),
                    // A field that is being typed into takes the text itself.
                    Some(ActionData::Value(text)) if memory.typing.is_none() => Some(text.to_string()),
                    _ => None,
                };
            }
        });
        let next = match asked {
            Some(text) => self.read(ui, &text, memory)?,
            None if steps != 0 => {
                // What is typed and can stand there is stepped from; anything else is stepped over.
                let typed = memory.typing.as_ref().filter(|(text, begun)| text != begun);
                let from = typed.and_then(|(text, _)| self.limits.read(text).ok()).unwrap_or(self.value);
                self.nearest(stepped(from, steps))
            }
            None => return None,
        };
        if memory.typing.is_some() {
            memory.typing = Some((next.to_string(), next.to_string()));
        }
        (next != self.value).then_some(next)
    }

    /// The ends of dragging; a number that lies beyond them already is not pulled back.
    fn nearest(&self, number: FieldNumber) -> FieldNumber {
        let Some((low, high)) = self.reach else { return self.limits.nearest(number) };
        let here = self.value.place();
        let ends = (low.min(here), high.max(here));
        let within = match number {
            FieldNumber::Whole(value) if (value as f64) < ends.0 => FieldNumber::Whole(ends.0 as u64),
            FieldNumber::Whole(value) if (value as f64) > ends.1 => FieldNumber::Whole(ends.1 as u64),
            FieldNumber::Real(value) if value.is_finite() => FieldNumber::Real(value.clamp(ends.0, ends.1)),
            other => other,
        };
        self.limits.nearest(within)
    }

    fn drag(&self, ui: &Ui, response: &Response, memory: &mut Memory) -> Option<FieldNumber> {
        if !response.dragged() {
            memory.rest = 0.0;
            return None;
        }
        ui.set_cursor_icon(CursorIcon::ResizeHorizontal);
        let delta = response.drag_delta();
        let slow = if ui.input(|i| i.modifiers.shift) { 0.1 } else { 1.0 };
        memory.rest += f64::from(delta.x - delta.y) * slow;
        let next = match self.value {
            FieldNumber::Whole(value) => {
                let steps = (memory.rest * 0.1).trunc();
                memory.rest -= steps / 0.1;
                FieldNumber::Whole(value.saturating_add_signed(steps as i64))
            }
            FieldNumber::Real(value) => {
                let next = value + memory.rest * (value.abs() * 0.02).max(1e-5);
                memory.rest = 0.0;
                FieldNumber::Real(next)
            }
        };
        Some(self.nearest(next))
    }

    fn edit_ui(&self, ui: &mut Ui, rect: Rect, id: Id, memory: &mut Memory) -> Response {
        let theme = theme::of(ui);
        // Where the number is narrow there is more room to type it.
        let wide = Rect::from_min_max(pos2(rect.left().min(rect.right() - 96.0), rect.top()), rect.max);
        paint::boxed(ui.painter(), wide, FIELD_RADIUS, theme.field, theme.ink3);
        let (text, _) = memory.typing.get_or_insert_default();
        let edit = TextEdit::singleline(text)
            .id(id)
            .frame(eframe::egui::Frame::NONE)
            .margin(Margin { left: 4, right: 6, top: 2, bottom: 2 })
            .font(self.font())
            .text_color(theme.ink)
            .align(Align2::RIGHT_CENTER)
            .min_size(wide.size())
            .desired_width(wide.width() - 8.0);
        ui.new_child(UiBuilder::new().max_rect(wide)).put(wide, edit)
    }

    fn value_ui(&self, ui: &Ui, rect: Rect, id: Id, refused: bool) -> Response {
        let theme = theme::of(ui);
        let sense = Sense::click_and_drag();
        let response = ui.interact(paint::sound(rect), id, sense);
        let lit = ui.is_enabled() && (response.hovered() || response.dragged());
        let border = match (refused, self.framed || lit) {
            (true, _) => theme.red,
            (false, true) => theme.line2,
            (false, false) => Color32::TRANSPARENT,
        };
        let fill = if self.framed || lit || refused { theme.field } else { Color32::TRANSPARENT };
        if fill != Color32::TRANSPARENT {
            ui.painter().rect(rect, FIELD_RADIUS, fill, Stroke::new(1.0, border), eframe::egui::StrokeKind::Inside);
        }
        let words = self.shown();
        let at = pos2(rect.right() - 4.0, rect.center().y);
        paint::text_in(ui, at, Align2::RIGHT_CENTER, &words, self.font(), theme.ink, rect.width() - 6.0);
        let exact = self.value.to_string();
        let response = response.on_hover_cursor(CursorIcon::ResizeHorizontal);
        if exact == words { response } else { response.on_hover_text(exact) }
    }

    /// Width that shows the whole number, points.
    pub fn wide(&self, ui: &Ui) -> f32 {
        paint::wide(ui, &self.shown(), self.font()) + 12.0
    }

    fn font(&self) -> FontId {
        fonts::medium(size::ROW)
    }

    /// The number in few digits; whole numbers in all of theirs.
    fn shown(&self) -> String {
        match self.value {
            FieldNumber::Whole(whole) => whole.to_string(),
            FieldNumber::Real(real) => numbers::knob(real),
        }
    }

    /// Says what the field is to screen readers and tests.
    fn tell(&self, ui: &Ui, response: &Response, refused: bool) {
        let (value, typing) = (self.value, response.has_focus());
        response.widget_info(|| WidgetInfo::drag_value(ui.is_enabled(), value.place()));
        ui.ctx().accesskit_node_builder(response.id, |node| {
            node.set_label(self.label.to_owned());
            for action in [Action::SetValue, Action::Increment, Action::Decrement] {
                node.add_action(action);
            }
            if refused {
                node.set_invalid(eframe::egui::accesskit::Invalid::True);
            }
            if !typing {
                node.set_value(value.to_string());
            }
        });
    }
}

/// So many steps further: by 1, or by one in the second digit.
fn stepped(value: FieldNumber, steps: i64) -> FieldNumber {
    match value {
        FieldNumber::Whole(whole) => FieldNumber::Whole(whole.saturating_add_signed(steps)),
        FieldNumber::Real(real) => {
            let digit = if real == 0.0 { 1e-3 } else { 10f64.powf(real.abs().log10().floor() - 1.0) };
            let next = real + steps as f64 * digit;
            FieldNumber::Real(format!("{next:.2e}").parse().unwrap_or(next))
        }
    }
}

/// Draws why the last text of a field was refused, wrapped to the room there is, if it was; a click puts it away.
pub(crate) fn refusal_ui(ui: &mut Ui, entered: &Entered, indent: f32) {
    let Some(words) = &entered.refused else { return };
    let theme = theme::of(ui);
    let width = ui.available_width();
    let at = ui.cursor().min + vec2(indent, 1.0);
    let height = paint::paragraph(ui, at, words, fonts::regular(size::CAPTION), theme.red, width - indent);
    let rect = ui.allocate_exact_size(vec2(width, height + 5.0), Sense::hover()).0;
    let field = entered.response.id;
    let response = ui.interact(rect, field.with("refused"), Sense::click());
    response.widget_info(|| WidgetInfo::labeled(eframe::egui::Role::Label, true, words));
    ui.ctx().accesskit_node_builder(response.id, |node| node.set_live(Live::Assertive));
    if response.clicked() {
        ui.data_mut(|data| data.get_temp_mut_or_default::<Memory>(field).refusal = None);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arrows_step_in_the_second_digit_and_whole_numbers_exactly() {
        assert_eq!(stepped(FieldNumber::Real(0.07), 1), FieldNumber::Real(0.071));
        assert_eq!(stepped(FieldNumber::Real(6e-4), -2), FieldNumber::Real(5.8e-4));
        assert_eq!(stepped(FieldNumber::Whole(u64::MAX - 1), 5), FieldNumber::Whole(u64::MAX));
        assert_eq!(stepped(FieldNumber::Whole((1 << 53) + 1), 1), FieldNumber::Whole((1 << 53) + 2));
    }
}
