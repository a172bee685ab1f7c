//! What a frame paints, read back: every text with the place of its ink, what of it is seen, and what lies behind it.

use eframe::egui::epaint::ClippedShape;
use eframe::egui::{Color32, Pos2, Rect, Rgba, Shape, epaint::TextShape};
use moe_arena::ui::theme::{DARK, LIGHT};

/// Points by which ink may miss.
const SLACK: f32 = 1.5;

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
}

/// Something filled that lies behind later texts.
enum Filled {
    Box(Rect, Color32),
    Disc(Pos2, f32, Color32),
}

/// The texts of a frame that nothing opaque was painted over, in the order in which they were painted.
pub fn texts(shapes: &[ClippedShape]) -> Vec<Painted> {
    let (mut found, mut behind) = (Vec::new(), Vec::new());
    for ClippedShape { clip_rect, shape, .. } in shapes {
        walk(*clip_rect, shape, &mut found, &mut behind);
    }
    found
}

fn walk(clip: Rect, shape: &Shape, found: &mut Vec<Painted>, behind: &mut Vec<Filled>) {
    match shape {
        Shape::Vec(all) => all.iter().for_each(|shape| walk(clip, shape, found, behind)),
        Shape::Rect(filled) => {
            let seen = filled.rect.intersect(clip);
            if filled.fill.a() == 0 || !seen.is_positive() {
                return;
            }
            if filled.fill.is_opaque() {
                found.retain(|text| !overlap(text.ink, seen));
            }
            behind.push(Filled::Box(seen, filled.fill));
        }
        Shape::Circle(disc) if disc.fill.a() > 0 => behind.push(Filled::Disc(disc.center, disc.radius, disc.fill)),
        Shape::Text(text) => found.extend(painted(clip, text, behind)),
        _ => {}
    }
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
    let inner = ink.shrink2(eframe::egui::vec2(1.5, 1.0));
    let spots = [inner.center(), inner.left_center(), inner.right_center(), inner.center_top(), inner.center_bottom()];
    let spots = spots.into_iter().filter(|&at| clip.contains(at));
    let contrast = spots.map(|at| contrast(color, ground(at, behind))).fold(f32::INFINITY, f32::min);
    let grey = [DARK.ink3, LIGHT.ink3].contains(&color);
    Some(Painted { text: shown, ink, clip, mark: grey && format.font_id.size <= 10.0, contrast })
}

/// The colour at a place, of all that was painted there.
fn ground(at: Pos2, behind: &[Filled]) -> Color32 {
    let there = behind.iter().rev().filter_map(|filled| match filled {
        Filled::Box(rect, color) if rect.contains(at) => Some(*color),
        Filled::Disc(centre, radius, color) if (at - *centre).length() <= *radius => Some(*color),
        _ => None,
    });
    // From the top down to the first that lets nothing through.
    let mut layers = Vec::new();
    for color in there {
        layers.push(color);
        if color.is_opaque() {
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

/// What is wrong with the texts of a frame. `scrolls` are areas whose contents may be cut above and below.
pub fn faults(texts: &[Painted], window: Rect, scrolls: &[Rect]) -> Vec<String> {
    let mut faults = Vec::new();
    let scrolled = |text: &Painted| scrolls.iter().any(|area| area.expand(2.0).contains_rect(text.clip));
    for text in texts {
        // What is scrolled away is not seen.
        let beside = scrolls.iter().any(|area| area.x_range().contains(text.ink.center().x));
        if beside && (!text.clip.is_positive() || scrolled(text) && !text.clip.intersects(text.ink)) {
            continue;
        }
        let mut clip = text.clip.intersect(window).expand(SLACK);
        if scrolled(text) {
            (clip.min.y, clip.max.y) = (f32::NEG_INFINITY, f32::INFINITY);
        }
        if !clip.contains_rect(text.ink) {
            faults.push(format!("“{}” is cut: ink {:?}, seen {:?}", text.text, text.ink, text.clip));
        }
        if cut_within_a_number(&text.text) {
            faults.push(format!("“{}” is cut within a number, at {:?}", text.text, text.ink));
        }
        if hyphen_for_minus(&text.text) {
            faults.push(format!("“{}” has a hyphen for a minus, at {:?}", text.text, text.ink));
        }
        // What is not lit while something else is has a third of its colour.
        if text.contrast < 1.2 {
            faults.push(format!("“{}” cannot be read: contrast {:.2} at {:?}", text.text, text.contrast, text.ink));
        }
    }
    for (place, a) in texts.iter().enumerate() {
        for b in &texts[place + 1..] {
            let (seen_a, seen_b) = (a.ink.intersect(a.clip), b.ink.intersect(b.clip));
            if overlap(seen_a, seen_b) {
                faults.push(format!("“{}” {seen_a:?} and “{}” {seen_b:?} lie on each other", a.text, b.text));
            }
            let column = (a.ink.right() - b.ink.right()).abs() < 0.6 && a.clip == b.clip;
            let marks = a.mark && b.mark && a.text.contains(|c: char| c.is_ascii_digit());
            if column && marks && a.text == b.text && (a.ink.top() - b.ink.top()).abs() > 4.0 {
                faults.push(format!("two marks read “{}”: {:?} and {:?}", a.text, a.ink, b.ink));
            }
        }
    }
    faults
}

/// Whether an ellipsis touches a digit.
fn cut_within_a_number(text: &str) -> bool {
    let letters: Vec<char> = text.chars().collect();
    let number = |at: Option<&char>| at.is_some_and(|c| c.is_ascii_digit() || matches!(c, '.' | ',' | '−'));
    (0..letters.len())
        .filter(|&at| letters[at] == '…')
        .any(|at| number(letters[..at].last()) || number(letters.get(at + 1)))
}

/// Whether a number begins with a hyphen.
fn hyphen_for_minus(text: &str) -> bool {
    text.split_whitespace()
        .any(|word| word.strip_prefix('-').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit())))
}

#[test]
fn faults_are_found() {
    let at = |text: &str, x: f32, width: f32| Painted {
        text: text.into(),
        ink: Rect::from_min_size(Pos2::new(x, 10.0), eframe::egui::vec2(width, 8.0)),
        clip: Rect::from_min_size(Pos2::ZERO, eframe::egui::vec2(100.0, 100.0)),
        mark: true,
        contrast: 5.0,
    };
    let window = Rect::from_min_size(Pos2::ZERO, eframe::egui::vec2(100.0, 100.0));
    let count = |texts: &[Painted]| faults(texts, window, &[]).len();
    assert_eq!(count(&[at("0.5", 10.0, 20.0), at("1.0", 40.0, 20.0)]), 0);
    assert_eq!(count(&[at("−2.08", -6.0, 20.0)]), 1);
    assert_eq!(count(&[at("0.5", 10.0, 20.0), at("1.0", 25.0, 20.0)]), 1);
    assert_eq!(count(&[at("88709.… …", 10.0, 20.0)]), 1);
    assert_eq!(count(&[at("-3", 10.0, 20.0)]), 1);
    assert_eq!(count(&[Painted { contrast: 1.1, ..at("4", 10.0, 20.0) }]), 1);
    let below =
        Painted { ink: at("0", 10.0, 20.0).ink.translate(eframe::egui::vec2(0.0, 30.0)), ..at("0", 10.0, 20.0) };
    assert_eq!(count(&[at("0", 10.0, 20.0), below]), 1);
}
