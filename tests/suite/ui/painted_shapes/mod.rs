//! What a frame paints, read back: every text with the place of its ink, what of it is seen, what it stands on and what
//! was painted over it; and every widget that can be used. `rules` says what must not be among that, `planted` that it
//! is found.

mod planted;
mod rules;

pub use rules::{Sheet, faults};

use eframe::egui::epaint::ClippedShape;
use eframe::egui::{Color32, Pos2, Rect, Rgba, Shape, epaint::TextShape, pos2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use moe_arena::ui::kit::theme::{DARK, LIGHT};

/// Points by which ink may miss.
const SLACK: f32 = 1.5;
/// Least size of what lies over the rest on purpose: a notice, a drawer, a menu.
const OVERLAY: [f32; 2] = [120.0, 24.0];

/// A text that was painted.
#[derive(Clone, Debug)]
pub struct Painted {
    /// What is seen of it: the signs painted, ellipsis included.
    pub text: String,
    /// Where its ink is, points.
    pub ink: Rect,
    /// Where it may be painted.
    pub clip: Rect,
    /// Whether it looks like a mark of an axis: small and grey.
    pub mark: bool,
    /// Contrast (WCAG 2) of its ink with what lies behind it where that is weakest.
    pub contrast: f32,
    /// Height of a line of it, points.
    pub line: f32,
    /// Whether words were left out for want of room.
    pub cut: bool,
    /// What it stands on: the topmost filled shape that holds all of its ink.
    pub ground: Option<Rect>,
    /// A filled shape whose edge runs through its ink, under it or over it.
    pub crossed: Option<Rect>,
}

/// A part of the window that can be used.
#[derive(Clone, Debug)]
pub struct Widget {
    /// Its name.
    pub name: String,
    /// Where it is.
    pub rect: Rect,
    /// Whether it holds no text of its own, as a knob's slider, so that none may lie on it.
    pub bare: bool,
}

/// Something filled.
#[derive(Clone, Copy, Debug)]
enum Filled {
    Box(Rect, Color32),
    Disc(Pos2, f32, Color32),
}

impl Filled {
    fn rect(&self) -> Rect {
        match *self {
            Self::Box(rect, _) => rect,
            Self::Disc(centre, radius, _) => Rect::from_center_size(centre, vec2(2.0 * radius, 2.0 * radius)),
        }
    }

    fn color(&self) -> Color32 {
        let (Self::Box(_, color) | Self::Disc(_, _, color)) = *self;
        color
    }

    fn contains(&self, at: Pos2) -> bool {
        match *self {
            Self::Box(rect, _) => rect.contains(at),
            Self::Disc(centre, radius, _) => (at - centre).length() <= radius,
        }
    }

    /// Whether all of the ink is on it, give or take a hair.
    fn holds(&self, ink: Rect) -> bool {
        let corners = |rect: Rect| [rect.left_top(), rect.right_top(), rect.left_bottom(), rect.right_bottom()];
        match self {
            Self::Box(rect, _) => rect.expand(SLACK).contains_rect(ink),
            // Letters leave the corners of their box free.
            Self::Disc(..) => corners(ink.scale_from_center(0.7)).into_iter().all(|at| self.contains(at)),
        }
    }

    /// Whether more than a hair of the ink is on it.
    fn touches(&self, ink: Rect) -> bool {
        if !ink.is_positive() {
            return false;
        }
        match *self {
            Self::Box(rect, _) => overlap(rect, ink),
            Self::Disc(centre, radius, _) => {
                let nearest = pos2(centre.x.clamp(ink.left(), ink.right()), centre.y.clamp(ink.top(), ink.bottom()));
                (nearest - centre).length() < radius - SLACK
            }
        }
    }

    /// Whether it lies over the rest on purpose.
    fn is_overlay(&self) -> bool {
        let size = self.rect().size();
        size.x >= OVERLAY[0] && size.y >= OVERLAY[1]
    }
}

/// The texts of a frame that nothing opaque was painted over, in the order in which they were painted.
pub fn texts(shapes: &[ClippedShape]) -> Vec<Painted> {
    let (mut found, mut behind) = (Vec::new(), Vec::new());
    for ClippedShape { clip_rect, shape, .. } in shapes {
        walk(*clip_rect, shape, &mut found, &mut behind);
    }
    found
}

/// The widgets of a window.
pub fn widgets<State>(harness: &Harness<'_, State>) -> Vec<Widget> {
    use eframe::egui::accesskit::Role;
    let used = |role: Role| {
        matches!(
            role,
            Role::Slider
                | Role::Button
                | Role::TextInput
                | Role::SpinButton
                | Role::CheckBox
                | Role::ComboBox
                | Role::Tab
        )
    };
    let nodes: Vec<_> = harness.query_all_by(move |node| used(node.role())).collect();
    // What stands under a question cannot be used.
    let asks = |node: &egui_kittest::Node<'_>| {
        std::iter::successors(node.accesskit_node().parent(), |node| node.parent())
            .any(|node| node.role() == Role::Dialog)
    };
    let asked = nodes.iter().any(asks);
    nodes
        .into_iter()
        .filter(|node| asks(node) == asked)
        .map(|node| {
            let shown = node.accesskit_node();
            Widget {
                name: shown.label().unwrap_or_default(),
                rect: node.rect(),
                bare: shown.role() == Role::Slider && node.rect().width() < 100.0,
            }
        })
        .filter(|widget| widget.rect.is_positive())
        .collect()
}

fn walk(clip: Rect, shape: &Shape, found: &mut Vec<Painted>, behind: &mut Vec<Filled>) {
    let filled = match shape {
        Shape::Vec(all) => return all.iter().for_each(|shape| walk(clip, shape, found, behind)),
        Shape::Rect(filled) if filled.fill.a() > 0 => Filled::Box(filled.rect.intersect(clip), filled.fill),
        Shape::Circle(disc) if disc.fill.a() > 0 => Filled::Disc(disc.center, disc.radius, disc.fill),
        Shape::Text(text) => return found.extend(painted(clip, text, behind)),
        _ => return,
    };
    if !filled.rect().intersect(clip).is_positive() {
        return;
    }
    if filled.color().is_opaque() {
        cover(filled, found);
    }
    behind.push(filled);
}

/// Something opaque is painted over texts: what it hides is gone; what it hides in part is crossed by it, unless it lies
/// over the rest on purpose.
fn cover(filled: Filled, found: &mut Vec<Painted>) {
    found.retain_mut(|text| {
        let seen = text.ink.intersect(text.clip);
        if !filled.touches(seen) {
            return true;
        }
        if filled.is_overlay() || filled.holds(seen) {
            return false;
        }
        text.crossed = Some(filled.rect());
        true
    });
}

fn painted(clip: Rect, text: &TextShape, behind: &[Filled]) -> Option<Painted> {
    let shown: String = text.galley.rows.iter().flat_map(|row| row.glyphs.iter().map(|glyph| glyph.chr)).collect();
    let format = &text.galley.job.sections.first()?.format;
    let color = text.override_text_color.unwrap_or(match format.color {
        Color32::PLACEHOLDER => text.fallback_color,
        color => color,
    });
    if shown.trim().is_empty() || color.a() == 0 {
        return None;
    }
    let ink = text.visual_bounding_rect();
    // A little inside, for letters stand close together on grounds of their own.
    let inner = ink.shrink2(vec2(1.5, 1.0));
    let spots = [inner.center(), inner.left_center(), inner.right_center(), inner.center_top(), inner.center_bottom()];
    let spots = spots.into_iter().filter(|&at| clip.contains(at));
    let contrast = spots.map(|at| contrast(color, colour_at(at, behind))).fold(f32::INFINITY, f32::min);
    let grey = [DARK.ink3, LIGHT.ink3].contains(&color);
    // From the top down to what holds all of it: an edge above that runs through it.
    let seen = ink.intersect(clip);
    let (mut ground, mut crossed) = (None, None);
    for filled in behind.iter().rev().filter(|filled| filled.touches(seen)) {
        if filled.holds(seen) {
            ground.get_or_insert(filled.rect());
            if filled.color().is_opaque() {
                break;
            }
        } else if is_seen(*filled, behind, seen) {
            crossed.get_or_insert(filled.rect());
        }
    }
    let rows = text.galley.rows.len().max(1) as f32;
    Some(Painted {
        cut: text.galley.elided || shown.ends_with('…'),
        text: shown,
        ink,
        clip,
        mark: grey && format.font_id.size <= 10.0,
        contrast,
        line: text.galley.size().y / rows,
        ground,
        crossed,
    })
}

/// Whether a shape can be told from what lies around it within the ink: it may have its ground's own colour.
fn is_seen(filled: Filled, behind: &[Filled], ink: Rect) -> bool {
    let both = filled.rect().intersect(ink);
    let inside = both.center();
    let spots = [ink.left_center(), ink.right_center(), ink.center_top(), ink.center_bottom()];
    spots
        .into_iter()
        .filter(|&at| !filled.contains(at))
        .any(|at| contrast(colour_at(inside, behind), colour_at(at, behind)) > 1.15)
}

/// The colour at a place, of all that was painted there.
fn colour_at(at: Pos2, behind: &[Filled]) -> Color32 {
    // From the top down to the first that lets nothing through.
    let mut layers = Vec::new();
    for filled in behind.iter().rev().filter(|filled| filled.contains(at)) {
        layers.push(filled.color());
        if filled.color().is_opaque() {
            break;
        }
    }
    layers.into_iter().rev().fold(Color32::BLACK, |under, over| under.blend(over))
}

fn contrast(ink: Color32, ground: Color32) -> f32 {
    let light = |color: Color32| {
        let [r, g, b, _] = Rgba::from(color).to_array();
        0.2126 * r + 0.7152 * g + 0.0722 * b
    };
    let (a, b) = (light(ground.blend(ink)), light(ground));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

/// Whether two places share more than a hair.
pub fn overlap(a: Rect, b: Rect) -> bool {
    let both = a.intersect(b);
    both.width() > SLACK && both.height() > SLACK
}
