//! What must not be seen in a frame: text that is cut, lies on something else, cannot be read or loses a sign.

use eframe::egui::Rect;

use super::{Painted, SLACK, Widget, overlap};

/// What of a window is looked at.
pub struct Sheet<'a> {
    /// The whole of it.
    pub window: Rect,
    /// Areas whose contents may be cut above and below.
    pub scrolls: &'a [Rect],
    /// Areas that lie over others: widgets may be under them and not be seen.
    pub over: &'a [Rect],
    /// Its widgets.
    pub widgets: &'a [Widget],
}

impl Sheet<'_> {
    /// What is seen of a widget.
    fn seen(&self, widget: &Widget) -> Option<Rect> {
        let rect = widget.rect.intersect(self.window);
        // Where something scrolls, what is not wholly inside may be anywhere and not be seen.
        let column = |scroll: &&Rect| scroll.x_range().contains(widget.rect.center().x);
        if self.scrolls.iter().filter(column).any(|scroll| !scroll.expand(SLACK).contains_rect(widget.rect)) {
            return None;
        }
        (rect.is_positive() && !self.over.iter().any(|over| over.intersects(rect))).then_some(rect)
    }

    fn is_scrolled(&self, text: &Painted) -> bool {
        self.scrolls.iter().any(|area| area.expand(2.0).contains_rect(text.clip))
    }
}

/// What is wrong with the texts of a frame.
pub fn faults(texts: &[Painted], sheet: &Sheet<'_>) -> Vec<String> {
    let shown: Vec<&Painted> = texts.iter().filter(|text| is_shown(text, sheet)).collect();
    let mut faults = Vec::new();
    for text in &shown {
        alone(text, sheet, &mut faults);
        among_widgets(text, sheet, &mut faults);
        if text.cut && has_a_second_line(text, &shown, sheet) {
            faults.push(format!("“{}” is cut short with room for a second line, at {:?}", text.text, text.ink));
        }
    }
    for (place, a) in shown.iter().enumerate() {
        for b in &shown[place + 1..] {
            together(a, b, &mut faults);
        }
    }
    faults
}

/// What is scrolled away is not seen.
fn is_shown(text: &Painted, sheet: &Sheet<'_>) -> bool {
    let beside = sheet.scrolls.iter().any(|area| area.x_range().contains(text.ink.center().x));
    !beside || text.clip.is_positive() && (!sheet.is_scrolled(text) || text.clip.intersects(text.ink))
}

fn alone(text: &Painted, sheet: &Sheet<'_>, faults: &mut Vec<String>) {
    let mut clip = text.clip.intersect(sheet.window).expand(SLACK);
    if sheet.is_scrolled(text) {
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
    if let Some(edge) = text.crossed {
        faults.push(format!("“{}” lies across the edge of {edge:?}, at {:?}", text.text, text.ink));
    }
}

/// Text on a slider, or across the edge of a button or a field.
fn among_widgets(text: &Painted, sheet: &Sheet<'_>, faults: &mut Vec<String>) {
    let ink = text.ink.intersect(text.clip);
    for widget in sheet.widgets {
        let Some(rect) = sheet.seen(widget) else { continue };
        let apart = if widget.bare {
            false
        } else {
            rect.expand(SLACK).contains_rect(ink) || ink.expand(SLACK).contains_rect(rect)
        };
        if overlap(ink, rect) && !apart {
            faults.push(format!("“{}” {ink:?} lies across “{}” {rect:?}", text.text, widget.name));
        }
    }
}

/// Whether there is room for another line right below a text that was cut.
fn has_a_second_line(text: &Painted, all: &[&Painted], sheet: &Sheet<'_>) -> bool {
    // Words that end so are whole.
    if [
        "New run…",
        "Open…",
        "Save…",
        "Saving…",
        "Preparing…",
        "Browse…",
        "Open checkpoint…",
        "Save checkpoint…",
        "Drawing the maps…",
    ]
    .contains(&text.text.as_str())
    {
        return false;
    }
    let below = text.ink.translate([0.0, text.line].into()).expand2([0.0, 3.0].into());
    let ground = text.ground.unwrap_or(sheet.window);
    let inside = text.clip.contains_rect(below) && ground.contains_rect(below);
    let taken = |rect: Rect| rect.intersect(text.clip).intersects(below);
    let widget = |widget: &Widget| sheet.seen(widget).is_some_and(|rect| taken(rect) && !rect.contains_rect(below));
    inside && !all.iter().any(|other| other.ink != text.ink && taken(other.ink)) && !sheet.widgets.iter().any(widget)
}

fn together(a: &Painted, b: &Painted, faults: &mut Vec<String>) {
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
