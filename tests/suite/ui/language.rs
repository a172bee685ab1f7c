//! The language of the window: chosen in the menu or the palette, in force at once, kept for the next window.

use std::collections::BTreeMap;

use eframe::egui::{Key, Modifiers};
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use moe_arena::domain::language::Language;
use moe_arena::run::{Notice, WindowLanguage, WindowSettings, channel, window_settings};
use moe_arena::ui::App;

use super::fixture::{self, USUAL};

/// The texts of a table of words by id; of a plural, the form for several.
fn table(file: &str) -> BTreeMap<String, String> {
    fn add(id: String, value: &toml::Value, all: &mut BTreeMap<String, String>) {
        match value {
            toml::Value::String(text) => drop(all.insert(id, text.clone())),
            toml::Value::Table(names) => match names.get("other") {
                Some(toml::Value::String(text)) => drop(all.insert(id, text.clone())),
                _ => names.iter().for_each(|(name, value)| add(format!("{id}.{name}"), value, all)),
            },
            other => panic!("{id}: {other}"),
        }
    }
    let file: toml::Table = file.parse().unwrap();
    let mut all = BTreeMap::new();
    file.iter().for_each(|(section, value)| add(section.clone(), value, &mut all));
    all
}

pub fn english() -> BTreeMap<String, String> {
    table(include_str!("../../../assets/words.toml"))
}

pub fn german() -> BTreeMap<String, String> {
    table(include_str!("../../../assets/words.de.toml"))
}

fn press(harness: &mut Harness<'static, App>, modifiers: Modifiers, key: Key) {
    harness.key_press_modifiers(modifiers, key);
    harness.run();
}

fn click(harness: &mut Harness<'static, App>, name: &str) {
    harness.get_by_label(name).click();
    harness.run();
}

fn is_said(harness: &Harness<'static, App>, words: &str) -> bool {
    harness.query_all_by_label_contains(words).next().is_some()
}

#[test]
fn a_language_that_is_chosen_is_spoken_at_once_and_kept() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("window.json");
    let (reader, writer) = channel(fixture::running(USUAL), Box::new(|| {}));
    let kept = file.clone();
    let mut harness = Harness::builder().with_size([1600.0, 1000.0]).with_max_steps(12).build_eframe(move |cc| {
        App::new(&cc.egui_ctx, reader, true).with_settings(WindowSettings::default(), Some(kept))
    });
    writer.notice(Notice::Saved { step: 7, path: "a.safetensors".into(), auto: false });
    harness.run();
    let (english, german) = (english(), german());
    let said = |words: &BTreeMap<String, String>, id: &str| words[id].clone();
    assert!(is_said(&harness, &said(&english, "strip.PAUSE")) && is_said(&harness, "Saved step 7 to a.safetensors"));
    click(&mut harness, &said(&english, "strip.RUN_MENU"));
    click(&mut harness, &said(&english, "strip.LANGUAGE"));
    click(&mut harness, "Deutsch");
    assert_eq!(harness.state().language(), Language::German);
    for id in ["strip.PAUSE", "strip.STEP", "strip.SPEED", "strip.INSPECT"] {
        assert!(is_said(&harness, &said(&german, id)), "{id}");
    }
    // What was told before is told in the language that is spoken now.
    assert!(!is_said(&harness, "Saved step 7 to"));
    let saved = said(&german, "notice.saved").replace("{step}", "7").replace("{path}", "a.safetensors");
    assert!(is_said(&harness, &saved), "{saved}");
    let chosen = |harness: &mut Harness<'static, App>, language| {
        while window_settings(&file).language != Some(language) {
            harness.step();
            std::thread::yield_now();
        }
    };
    chosen(&mut harness, WindowLanguage::Chosen(Language::German));
    // Back by the palette.
    press(&mut harness, Modifiers::COMMAND, Key::K);
    let field = said(&german, "actions.TYPE");
    harness.get_by_label(&field).type_text("english");
    harness.run();
    press(&mut harness, Modifiers::NONE, Key::Enter);
    assert_eq!(harness.state().language(), Language::English);
    assert!(is_said(&harness, &said(&english, "strip.PAUSE")));
    chosen(&mut harness, WindowLanguage::Chosen(Language::English));
    assert_eq!(window_settings(&file).mode, None, "nobody has chosen a mode");
}

#[test]
fn the_language_of_the_system_is_spoken_where_none_is_chosen() {
    for (language, spoken) in
        [(WindowLanguage::System, Language::German), (WindowLanguage::Chosen(Language::English), Language::English)]
    {
        let (reader, _writer) = channel(fixture::paused(), Box::new(|| {}));
        let mut harness = Harness::builder()
            .with_size([1280.0, 720.0])
            .with_max_steps(12)
            .build_eframe(move |cc| App::new(&cc.egui_ctx, reader, true).in_language(language, Language::German));
        harness.run();
        assert_eq!(harness.state().language(), spoken);
        let words = if spoken == Language::German { german() } else { english() };
        assert!(is_said(&harness, &words["strip.STEP"]), "{language:?}");
    }
}
