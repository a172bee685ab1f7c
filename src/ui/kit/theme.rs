//! Colours, sizes and widget looks: one table for dark, one for light. No colour is written anywhere else.

use eframe::egui::{
    Color32, Context, CornerRadius, Margin, Rgba, Stroke, Style, TextStyle, Theme as Mode, Ui, Visuals, epaint::Shadow,
    style, vec2,
};

use super::fonts;
use crate::domain::roster::ExpertId;

/// Type sizes in points.
pub(crate) mod size {
    /// The one number of a tile.
    pub(crate) const HEADLINE: f32 = 27.0;
    /// Numbers of the top strip.
    pub(crate) const STRIP: f32 = 15.0;
    /// Titles and buttons.
    pub(crate) const TITLE: f32 = 13.0;
    /// Knob rows.
    pub(crate) const ROW: f32 = 12.5;
    /// Running text.
    pub(crate) const BODY: f32 = 12.0;
    /// Captions and legends.
    pub(crate) const CAPTION: f32 = 11.0;
    /// Axis ticks; nothing is smaller.
    pub(crate) const TICK: f32 = 10.0;
}

/// Corner radius of tiles and buttons.
pub(crate) const RADIUS: u8 = 6;
/// Corner radius of fields.
pub(crate) const FIELD_RADIUS: u8 = 5;
/// Corner radius of chips.
pub(crate) const CHIP_RADIUS: u8 = 4;

/// One set of colours.
#[derive(Debug)]
pub struct Theme {
    /// Whether it is the dark one.
    pub dark: bool,
    /// Gaps between tiles.
    pub bg: Color32,
    /// Rails and strips.
    pub panel: Color32,
    /// Tiles.
    pub tile: Color32,
    /// Buttons, tooltips.
    pub raised: Color32,
    /// Inputs.
    pub field: Color32,
    /// The empty part of a bar.
    pub track: Color32,
    /// Dividers.
    pub line: Color32,
    /// Borders of what can be clicked.
    pub line2: Color32,
    /// Values.
    pub ink: Color32,
    /// Labels.
    pub ink2: Color32,
    /// Captions.
    pub ink3: Color32,
    /// Competition, and nothing else.
    pub violet: Color32,
    /// Losers of a competition.
    pub violet_dim: Color32,
    /// Pending, paused, warning.
    pub amber: Color32,
    /// Failure.
    pub red: Color32,
    /// Device well.
    pub ok: Color32,
    /// Experts 1 to 8; later ones repeat the hue and add a pattern.
    pub experts: [Color32; 8],
    /// Ends of the signed scale; its middle is `tile`.
    pub diverging: [Color32; 2],
    /// Classes 1 to 8 of points in the plane; the first two are the ends of the signed scale.
    pub classes: [Color32; 8],
    /// The scale of shares, from nothing to all.
    pub sequential: [Color32; 5],
}

const fn hex(rgb: u32) -> Color32 {
    Color32::from_rgb((rgb >> 16) as u8, (rgb >> 8) as u8, rgb as u8)
}

/// The dark set.
pub static DARK: Theme = Theme {
    dark: true,
    bg: hex(0x0C0E11),
    panel: hex(0x13161A),
    tile: hex(0x171B20),
    raised: hex(0x222831),
    field: hex(0x0E1114),
    track: hex(0x2A3138),
    line: hex(0x252B32),
    line2: hex(0x3A434D),
    ink: hex(0xE9ECEF),
    ink2: hex(0xABB3BD),
    ink3: hex(0x808A96),
    violet: hex(0xA78BFA),
    violet_dim: hex(0x4B3F7C),
    amber: hex(0xF0B64A),
    red: hex(0xFF7066),
    ok: hex(0x4FC38A),
    experts: [
        hex(0xE69F00),
        hex(0x56B4E9),
        hex(0x14B087),
        hex(0xEFE04A),
        hex(0x3C83D6),
        hex(0xE5652A),
        hex(0xD584B4),
        hex(0xB4BBC4),
    ],
    diverging: [hex(0x3F9BC9), hex(0xD08350)],
    classes: [
        hex(0x3F9BC9),
        hex(0xD08350),
        hex(0x7FA35A),
        hex(0xA779B5),
        hex(0xBFAE58),
        hex(0x57A79C),
        hex(0xB86A78),
        hex(0x8C929A),
    ],
    sequential: [hex(0x1B2026), hex(0x3B3166), hex(0x6C54CC), hex(0xA98FFB), hex(0xE9E2FF)],
};

/// The light set.
pub static LIGHT: Theme = Theme {
    dark: false,
    bg: hex(0xE6E9EC),
    panel: hex(0xF4F5F7),
    tile: hex(0xFFFFFF),
    raised: hex(0xFFFFFF),
    field: hex(0xEEF0F3),
    track: hex(0xDCE0E5),
    line: hex(0xE2E5E9),
    line2: hex(0xC3C9D0),
    ink: hex(0x15191E),
    ink2: hex(0x48515C),
    ink3: hex(0x68717C),
    violet: hex(0x6A45DE),
    violet_dim: hex(0xD9CFFB),
    amber: hex(0x9A6200),
    red: hex(0xC8322C),
    ok: hex(0x1B8152),
    experts: [
        hex(0xDE9200),
        hex(0x42A5E0),
        hex(0x009E73),
        hex(0xCDB900),
        hex(0x0B6BB0),
        hex(0xD55E00),
        hex(0xC0609A),
        hex(0x4B545F),
    ],
    diverging: [hex(0x2C7FB0), hex(0xB8652E)],
    classes: [
        hex(0x2C7FB0),
        hex(0xB8652E),
        hex(0x5F8A3A),
        hex(0x8C5A9C),
        hex(0x9C8A2C),
        hex(0x2F8A7E),
        hex(0xA04A5A),
        hex(0x6A717A),
    ],
    sequential: [hex(0xF1F2F5), hex(0xD8CFFA), hex(0xA993F2), hex(0x6A45DE), hex(0x35208A)],
};

/// The dark set on a projector, which swallows faint captions.
static DARK_PROJECTOR: Theme = Theme { ink3: DARK.ink2, ..DARK };
/// The light set there.
static LIGHT_PROJECTOR: Theme = Theme { ink3: LIGHT.ink2, ..LIGHT };

/// The colours in force where `ui` draws.
pub fn of(ui: &Ui) -> &'static Theme {
    let visuals = ui.visuals();
    let projector = Theme::of_window(visuals.dark_mode, true);
    // The style has been made of the set, so that it says which one.
    if visuals.weak_text_color == Some(projector.ink3) { projector } else { Theme::of_window(visuals.dark_mode, false) }
}

/// Puts fonts and both themes into a context; call once.
pub fn install(ctx: &Context) {
    fonts::install(ctx);
    ctx.set_style_of(Mode::Dark, DARK.style());
    ctx.set_style_of(Mode::Light, LIGHT.style());
}

/// Switches between the two sets.
pub(crate) fn choose(ctx: &Context, dark: bool) {
    ctx.set_theme(if dark { Mode::Dark } else { Mode::Light });
}

impl Theme {
    /// The set of a window, dark or light, on a desk or for a projector.
    pub(crate) fn of_window(dark: bool, projector: bool) -> &'static Self {
        match (dark, projector) {
            (true, false) => &DARK,
            (false, false) => &LIGHT,
            (true, true) => &DARK_PROJECTOR,
            (false, true) => &LIGHT_PROJECTOR,
        }
    }

    /// The colour of an expert; it follows the id, not the slot.
    pub(crate) fn expert(&self, id: ExpertId) -> Color32 {
        self.experts[id.0 as usize % self.experts.len()]
    }

    /// The colour of an expert drawn as a line or a thin mark: darker in the light theme, for contrast on white.
    pub(crate) fn expert_line(&self, id: ExpertId) -> Color32 {
        let hue = self.expert(id);
        if self.dark { hue } else { hue.lerp_to_gamma(self.ink, 0.32) }
    }

    /// Least strength at which an expert's colour is more than a tint of its ground.
    const TINT: f32 = 0.6;

    /// The digit on a chip of an expert's colour, which is multiplied with `strength`, 0 to 1, while another one is lit.
    pub(crate) fn on_expert(&self, id: ExpertId, strength: f32) -> Color32 {
        if strength < Self::TINT {
            return self.ink2;
        }
        let [r, g, b, _] = Rgba::from(self.expert(id)).to_array();
        // The luminance at which black and white contrast equally (WCAG 2).
        if 0.2126 * r + 0.7152 * g + 0.0722 * b < 0.179 { Color32::WHITE } else { hex(0x0F1216) }
    }

    /// A signed value from −1 to 1.
    pub(crate) fn diverging(&self, value: f64) -> Color32 {
        let end = if value < 0.0 { self.diverging[0] } else { self.diverging[1] };
        self.tile.lerp_to_gamma(end, value.abs().clamp(0.0, 1.0) as f32)
    }

    /// A signed value from −1 to 1, small ones brought out: the colour of its root.
    pub(crate) fn signed(&self, value: f64) -> Color32 {
        self.diverging(value.signum() * value.abs().sqrt())
    }

    /// How many times an even share something is, from a quarter to four times.
    pub(crate) fn times_even(&self, times: f64) -> Color32 {
        self.diverging((times.max(1e-3).log2() / 2.0).clamp(-1.0, 1.0))
    }

    /// A place of the plane that belongs to an expert: its colour, the clearer the stronger, both 0 to 1.
    pub(crate) fn territory(&self, id: ExpertId, clarity: f32, strength: f32) -> Color32 {
        let clear = if clarity.is_finite() { clarity.clamp(0.0, 1.0) } else { 0.0 };
        self.tile.lerp_to_gamma(self.expert(id), (0.2 + 0.8 * clear) * strength)
    }

    /// A place of the plane where a class is the likeliest by so much, 0 to 1.
    pub(crate) fn class(&self, class: u16, lead: f32) -> Color32 {
        let clear = if lead.is_finite() { lead.clamp(0.0, 1.0) } else { 0.0 };
        self.tile.lerp_to_gamma(self.classes[usize::from(class) % self.classes.len()], 0.1 + 0.9 * clear)
    }

    /// A share from 0 to 1, small ones brought out a little.
    pub(crate) fn faint(&self, share: f64) -> Color32 {
        self.sequential(share.powf(0.8))
    }

    /// A share from 0 to 1.
    pub(crate) fn sequential(&self, share: f64) -> Color32 {
        let place = (share.clamp(0.0, 1.0) * 4.0) as f32;
        let left = (place.floor() as usize).min(3);
        self.sequential[left].lerp_to_gamma(self.sequential[left + 1], place - left as f32)
    }

    /// A one-pixel divider.
    pub(crate) fn hair(&self) -> Stroke {
        Stroke::new(1.0, self.line)
    }

    pub(crate) fn style(&self) -> Style {
        let mut s = Style { visuals: self.visuals(), ..Style::default() };
        s.text_styles = [
            (TextStyle::Small, fonts::regular(size::CAPTION)),
            (TextStyle::Body, fonts::regular(size::BODY)),
            (TextStyle::Button, fonts::medium(size::TITLE)),
            (TextStyle::Heading, fonts::strong(size::STRIP)),
            (TextStyle::Monospace, fonts::mono(size::BODY)),
        ]
        .into();
        s.drag_value_text_style = TextStyle::Body;
        s.spacing.item_spacing = vec2(8.0, 4.0);
        s.spacing.button_padding = vec2(8.0, 4.0);
        s.spacing.interact_size = vec2(32.0, 22.0);
        s.spacing.tooltip_width = 320.0;
        s.spacing.menu_margin = Margin::same(6);
        s.spacing.scroll = style::ScrollStyle::thin();
        s.interaction.selectable_labels = false;
        s.interaction.tooltip_delay = 0.3;
        s.explanation_tooltips = false;
        s
    }

    fn visuals(&self) -> Visuals {
        let mut v = if self.dark { Visuals::dark() } else { Visuals::light() };
        let radius = CornerRadius::same(FIELD_RADIUS);
        let look = |w: &mut style::WidgetVisuals, fill: Color32, border: Color32, ink: Color32| {
            w.bg_fill = fill;
            w.weak_bg_fill = fill;
            w.bg_stroke = Stroke::new(1.0, border);
            w.fg_stroke = Stroke::new(1.0, ink);
            w.corner_radius = radius;
            w.expansion = 0.0;
        };
        let hover = self.raised.lerp_to_gamma(self.ink, 0.07);
        look(&mut v.widgets.noninteractive, self.panel, self.line, self.ink2);
        look(&mut v.widgets.inactive, self.raised, self.line2, self.ink);
        look(&mut v.widgets.hovered, hover, self.ink3, self.ink);
        look(&mut v.widgets.active, self.raised, self.ink2, self.ink);
        look(&mut v.widgets.open, self.raised, self.ink3, self.ink);
        v.selection.bg_fill = self.track;
        v.selection.stroke = Stroke::new(1.0, self.ink);
        v.weak_text_color = Some(self.ink3);
        v.hyperlink_color = self.ink;
        v.panel_fill = self.panel;
        v.window_fill = self.raised;
        v.window_stroke = Stroke::new(1.0, self.line2);
        v.window_corner_radius = CornerRadius::same(RADIUS);
        v.menu_corner_radius = CornerRadius::same(RADIUS);
        v.window_shadow = Shadow::NONE;
        v.popup_shadow = Shadow::NONE;
        v.extreme_bg_color = self.field;
        v.text_edit_bg_color = Some(self.field);
        v.faint_bg_color = self.tile;
        v.code_bg_color = self.field;
        v.warn_fg_color = self.amber;
        v.error_fg_color = self.red;
        v.text_cursor.stroke = Stroke::new(1.5, self.ink);
        v
    }
}
