//! Every screen in German: no text is cut that is whole in English, nothing lies on something else, and nothing is left in English.

use std::collections::{BTreeMap, BTreeSet};

use eframe::egui::{Key, Modifiers, Rect, pos2, vec2};
use egui_kittest::Harness;
use egui_kittest::kittest::{NodeT, Queryable};
use moe_arena::domain::config::{Preset, TaskConfig};
use moe_arena::domain::language::Language;
use moe_arena::run::{Snapshot, WindowLanguage, WindowMode, Writer, channel};
use moe_arena::ui::App;
use moe_arena::ui::screens::layout::Screen;

use super::fixture::{self, USUAL};
use super::language::{english, german};
use super::painted_shapes::{Painted, Sheet, faults, texts, widgets};

const SIZES: [[f32; 2]; 2] = [[1600.0, 1000.0], [1280.0, 720.0]];

/// What is looked at.
#[derive(Clone, Copy, Debug)]
struct Look {
    mode: WindowMode,
    /// Whether the run is on points in the plane.
    points: bool,
    /// What is done before: an entry of the table of words whose text is clicked, or a key after `key `.
    done: &'static [&'static str],
    /// Whether a lesson or the list of lessons is open.
    lesson: Option<usize>,
}

const LOOKS: &[Look] = &[
    look(WindowMode::Train, false, &[]),
    look(WindowMode::Train, false, &["key 3"]),
    look(WindowMode::Train, false, &["key A"]),
    look(WindowMode::Train, true, &[]),
    look(WindowMode::Inspect, false, &[]),
    look(WindowMode::Compare, false, &[]),
    look(WindowMode::Learn, true, &[]),
    look(WindowMode::Learn, true, &["key D"]),
    Look { lesson: Some(0), ..look(WindowMode::Learn, true, &[]) },
    Look { lesson: Some(1), ..look(WindowMode::Learn, true, &[]) },
    look(WindowMode::Train, false, &["key ?"]),
    look(WindowMode::Train, false, &["key K"]),
    look(WindowMode::Train, false, &["strip.RUN_MENU"]),
    look(WindowMode::Train, false, &["strip.RUN_MENU", "window.NEW_RUN"]),
    look(WindowMode::Train, true, &["strip.RUN_MENU", "window.NEW_RUN"]),
    look(WindowMode::Train, false, &["strip.RUN_MENU", "strip.SAVE_CHECKPOINT"]),
    look(WindowMode::Train, false, &["strip.RUN_MENU", "strip.OPEN_CHECKPOINT"]),
    look(WindowMode::Train, false, &["strip.MORE_STEPS"]),
];

const fn look(mode: WindowMode, points: bool, done: &'static [&'static str]) -> Look {
    Look { mode, points, done, lesson: None }
}

fn shot(points: bool) -> Snapshot {
    if !points {
        return fixture::running(fixture::Shape { steps: 240, ..USUAL });
    }
    let shape = fixture::Shape { steps: 240, layers: 1, experts: 4, ..USUAL };
    let mut shot = fixture::plane(shape, moe_arena::domain::config::PlaneTarget::Class);
    let mut config = Preset::Learn.config();
    config.cadence = shot.config.cadence.clone();
    shot.knobs = config.knobs.clone();
    shot.data.badge.name = "blobs".into();
    shot.config = std::sync::Arc::new(config);
    shot
}

/// A window in a language, after what is to be done in it.
fn window(look: Look, shot: Snapshot, size: [f32; 2], language: Language) -> (Harness<'static, App>, Writer) {
    let (reader, writer) = channel(shot, Box::new(|| {}));
    let lesson = look.lesson.filter(|&place| place > 0).map(|place| moe_arena::lessons::shipped()[place - 1].clone());
    let mut harness = Harness::builder().with_size(size).with_max_steps(16).build_eframe(move |cc| {
        let app = App::new(&cc.egui_ctx, reader, true)
            .in_language(WindowLanguage::Chosen(language), Language::English)
            .in_mode(look.mode);
        if look.lesson.is_some() { app.with_lesson(lesson) } else { app }
    });
    harness.run();
    let words = if language == Language::German { german() } else { english() };
    for what in look.done {
        match what.strip_prefix("key ") {
            Some("3") => harness.key_press(Key::Num3),
            Some("A") => harness.key_press(Key::A),
            Some("D") => harness.key_press(Key::D),
            Some("?") => harness.key_press(Key::F10),
            Some("K") => harness.key_press_modifiers(Modifiers::COMMAND, Key::K),
            Some(other) => panic!("no key {other}"),
            None => {
                let all: Vec<_> = harness.query_all_by_label(&words[*what]).collect();
                all.last().unwrap_or_else(|| panic!("{look:?} has no “{}” in {language:?}", words[*what])).click();
            }
        }
        harness.run();
    }
    harness.remove_cursor();
    harness.run();
    (harness, writer)
}

/// All that is shown or told to a screen reader.
fn said(harness: &Harness<'static, App>) -> BTreeSet<String> {
    let nodes: Vec<_> = harness.query_all_by(|_| true).collect();
    let labels = nodes.iter().flat_map(|node| {
        let node = node.accesskit_node();
        [node.label(), node.value()].into_iter().flatten().collect::<Vec<_>>()
    });
    labels.chain(texts(&harness.output().shapes).into_iter().map(|text| text.text)).collect()
}

/// Words that only English has, and that no formula or name of a paper is made of.
const ENGLISH: [&str; 33] = [
    "the", "of", "and", "is", "are", "with", "not", "by", "from", "this", "that", "which", "each", "every", "step",
    "steps", "layer", "layers", "run", "expert", "experts", "load", "loss", "weight", "seed:", "save", "open", "close",
    "who", "how", "to", "be", "none",
];

fn is_english(text: &str, own: &BTreeSet<String>) -> bool {
    let word = |word: &str| word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
    let has = text.split_whitespace().map(word).any(|word| ENGLISH.contains(&word.as_str()));
    has || own.contains(text)
}

/// Texts of the English table that the German one has not.
fn only_english() -> BTreeSet<String> {
    let (english, german) = (english(), german());
    let theirs: BTreeSet<&String> = german.values().collect();
    let words = |text: &&String| text.chars().filter(|c| c.is_alphabetic()).count() > 2 && !text.contains('{');
    english.values().filter(words).filter(|text| !theirs.contains(text)).cloned().collect()
}

/// Whether a text goes on beyond the left or right edge of what is seen.
fn sticks_out(text: &Painted, window: Rect) -> bool {
    let seen = text.clip.intersect(window).expand(1.5);
    let across = seen.x_range();
    seen.intersects(text.ink) && !(across.contains(text.ink.left()) && across.contains(text.ink.right()))
}

#[test]
fn every_screen_in_german_is_whole_and_has_nothing_left_in_english() {
    let own = only_english();
    let [whole_english, whole_german] = [english(), german()].map(|words| words.into_values().collect::<BTreeSet<_>>());
    assert!(own.len() > 500, "{}", own.len());
    let shots = [false, true].map(shot);
    let (mut left, mut found) = (BTreeMap::<String, Look>::new(), BTreeMap::<String, String>::new());
    for (&look, size) in LOOKS.iter().flat_map(|look| SIZES.map(|size| (look, size))) {
        let shot = || shots[usize::from(look.points)].clone();
        let (harness, _writer) = window(look, shot(), size, Language::German);
        let (other, _other_writer) = window(look, shot(), size, Language::English);
        for text in said(&harness) {
            if is_english(&text, &own) {
                left.entry(text).or_insert(look);
            }
        }
        // The same look finds English where it is spoken.
        assert!(said(&other).iter().any(|text| is_english(text, &own)), "{look:?}");
        let painted = texts(&harness.output().shapes);
        let whole = Rect::from_min_size(pos2(0.0, 0.0), vec2(size[0], size[1]));
        // What a menu entry or a button ends with is no cut.
        let cut = |harness: &Harness<'static, App>, words: &BTreeSet<String>| -> Vec<Painted> {
            let all = texts(&harness.output().shapes).into_iter();
            all.filter(|text| text.cut && !words.contains(&text.text) || sticks_out(text, whole)).collect()
        };
        let theirs = cut(&other, &whole_english);
        let beside = |text: &Painted| theirs.iter().any(|cut| (cut.ink.center() - text.ink.center()).length() < 60.0);
        for text in cut(&harness, &whole_german).into_iter().filter(|text| !beside(text)) {
            found.entry(format!("cut: {}", text.text)).or_insert(format!("{look:?} {size:?} at {:?}", text.ink));
        }
        if look.mode == WindowMode::Train && matches!(look.done, [] | ["key 3"]) {
            let screen = Screen::of(whole, false, false, false);
            let rail = screen.rail.map(|rail| rail.with_max_y(rail.bottom() - 32.0));
            let scrolls: Vec<Rect> = rail.into_iter().chain(screen.selection).collect();
            let over: Vec<Rect> = screen.selection.filter(|rect| rect.intersects(screen.grown)).into_iter().collect();
            let widgets = widgets(&harness);
            let sheet = Sheet { window: whole, scrolls: &scrolls, over: &over, widgets: &widgets };
            for fault in faults(&painted, &sheet) {
                found.entry(kind(&fault)).or_insert(format!("{look:?} {size:?}: {fault}"));
            }
        }
    }
    assert!(left.is_empty() && found.is_empty(), "{left:#?}\n{found:#?}");
}

fn kind(fault: &str) -> String {
    fault.chars().filter(|c| !c.is_ascii_digit() && !".,[]- ".contains(*c)).take(70).collect()
}

#[test]
fn a_run_on_points_is_told_in_its_own_terms() {
    assert!(matches!(shot(true).config.task, TaskConfig::Plane(_)));
    let (harness, _writer) = window(look(WindowMode::Train, true, &[]), shot(true), SIZES[0], Language::German);
    let of_bytes: Vec<String> =
        said(&harness).into_iter().filter(|text| text.contains("Token") || text.contains("Byte")).collect();
    assert!(of_bytes.is_empty(), "{of_bytes:#?}");
}
