//! Buttons in the window's own look, placed by rectangle. The accessible name is the visible words unless given.

use eframe::egui::{Align2, Color32, CursorIcon, Rect, Response, Role, Sense, Ui, UiBuilder, WidgetInfo, pos2, vec2};

use super::fonts;
use super::icons::{self, Icon};
use super::paint;
use super::theme::{self, RADIUS, size};

/// How a button looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Look {
    /// The one most likely next: filled with ink.
    Ink,
    /// An ordinary button.
    Raised,
    /// No border until hovered.
    Ghost,
    /// A way out of trouble.
    Red,
}

/// A button to be drawn.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Press<'a> {
    words: &'a str,
    name: &'a str,
    icon: Option<Icon>,
    tail: Option<Icon>,
    look: Look,
    enabled: bool,
    selected: bool,
    font_size: f32,
}

impl<'a> Press<'a> {
    /// A button with words on it.
    pub fn words(words: &'a str) -> Self {
        Self {
            words,
            name: words,
            icon: None,
            tail: None,
            look: Look::Raised,
            enabled: true,
            selected: false,
            font_size: size::TITLE,
        }
    }

    /// A button with a picture alone; `name` is its name.
    pub fn icon(icon: Icon, name: &'a str) -> Self {
        Self { icon: Some(icon), name, ..Self::words("") }
    }

    /// Another accessible name than the words.
    pub fn named(self, name: &'a str) -> Self {
        Self { name, ..self }
    }

    /// A picture before the words.
    pub fn with_icon(self, icon: Icon) -> Self {
        Self { icon: Some(icon), ..self }
    }

    /// A small picture after the words.
    pub fn with_tail(self, icon: Icon) -> Self {
        Self { tail: Some(icon), ..self }
    }

    /// Another look.
    pub fn look(self, look: Look) -> Self {
        Self { look, ..self }
    }

    /// Whether it can be pressed.
    pub fn enabled(self, enabled: bool) -> Self {
        Self { enabled, ..self }
    }

    /// Whether it is the chosen one of several.
    pub fn selected(self, selected: bool) -> Self {
        Self { selected, ..self }
    }

    /// Another size of type.
    pub fn size(self, font_size: f32) -> Self {
        Self { font_size, ..self }
    }

    /// Draws it in `rect` and says whether it was pressed.
    pub fn show(self, ui: &mut Ui, rect: Rect) -> Response {
        let theme = theme::of(ui);
        let mut child = ui.new_child(UiBuilder::new().max_rect(paint::sound(rect)).id_salt(("press", self.name)));
        if !self.enabled {
            child.disable();
        }
        let response = child.interact(paint::sound(rect), child.scope_id().with("button"), Sense::click());
        response.widget_info(|| WidgetInfo::labeled(Role::Button, self.enabled, self.name));
        let lit = response.hovered() || response.has_focus();
        let (fill, border, ink) = match self.look {
            Look::Ink => (theme.ink, theme.ink, theme.tile),
            Look::Red => (theme.red.gamma_multiply(0.16), theme.red, theme.ink),
            Look::Raised => (theme.raised, theme.line2, theme.ink),
            Look::Ghost if self.selected => (theme.raised, theme.line2, theme.ink),
            Look::Ghost => (Color32::TRANSPARENT, Color32::TRANSPARENT, theme.ink2),
        };
        let fill = match (lit, self.look) {
            (false, _) => fill,
            (true, Look::Ink) => fill.lerp_to_gamma(theme.tile, 0.12),
            (true, Look::Ghost) => theme.raised,
            (true, _) => fill.lerp_to_gamma(theme.ink, 0.07),
        };
        let border = if response.has_focus() { theme.ink } else { border };
        let p = child.painter();
        paint::boxed(p, rect, RADIUS, fill, border);
        let icon_side = self.font_size + 1.0;
        let galley = (!self.words.is_empty()).then(|| {
            let room =
                rect.width() - 10.0 - self.icon.map_or(0.0, |_| icon_side + 8.0) - self.tail.map_or(0.0, |_| 16.0);
            let font =
                if self.look == Look::Ink { fonts::strong(self.font_size) } else { fonts::medium(self.font_size) };
            paint::cut(&child, self.words, font, ink, room)
        });
        let cut = galley.as_ref().is_some_and(|galley| paint::is_cut(galley, self.words));
        let text_width = galley.as_ref().map_or(0.0, |g| g.size().x);
        let gap = if self.icon.is_some() && galley.is_some() { 8.0 } else { 0.0 };
        let tail = self.tail.map_or(0.0, |_| 16.0);
        let whole = self.icon.map_or(0.0, |_| icon_side) + gap + text_width + tail;
        let mut x = rect.center().x - whole / 2.0;
        if let Some(icon) = self.icon {
            icons::draw(p, icon, pos2(x + icon_side / 2.0, rect.center().y), icon_side, ink);
            x += icon_side + gap;
        }
        if let Some(galley) = galley {
            let place = Align2::LEFT_CENTER.anchor_size(pos2(x, rect.center().y), galley.size());
            p.galley(place.min, galley, ink);
        }
        if let Some(icon) = self.tail {
            icons::draw(p, icon, pos2(rect.center().x + whole / 2.0 - 4.0, rect.center().y), 10.0, theme.ink3);
        }
        let response = if cut { response.on_hover_text(self.words) } else { response };
        if self.enabled { response.on_hover_cursor(CursorIcon::PointingHand) } else { response }
    }

    /// How wide it wants to be with its words.
    pub fn width(self, ui: &Ui) -> f32 {
        let theme = theme::of(ui);
        let words = paint::cut(ui, self.words, fonts::medium(self.font_size), theme.ink, 600.0).size();
        let icon = self.icon.map_or(0.0, |_| self.font_size + 9.0);
        vec2(words.x + icon + self.tail.map_or(0.0, |_| 16.0) + 22.0, 0.0).x
    }
}

/// A row of buttons from its left end on, each as wide as its words want it.
#[derive(Debug)]
pub(crate) struct ButtonRow(Rect);

impl ButtonRow {
    /// Height of the row, points.
    const HEIGHT: f32 = 32.0;
    /// Between two buttons, points.
    const GAP: f32 = 8.0;

    /// A row over the width there is.
    pub fn new(ui: &mut Ui) -> Self {
        Self(ui.allocate_exact_size(vec2(ui.available_width(), Self::HEIGHT), Sense::hover()).0)
    }

    /// The next button, at least `least` points wide.
    pub fn show(&mut self, ui: &mut Ui, press: Press<'_>, least: f32) -> Response {
        let spot = Rect::from_min_size(self.0.min, vec2(press.width(ui).max(least), Self::HEIGHT));
        self.0.min.x = spot.right() + Self::GAP;
        press.show(ui, spot)
    }
}
