//! The other languages of the table of words, held against the English one: the same entries with the same places and forms, each
//! written cleanly, and none left in English.

use std::collections::{BTreeMap, BTreeSet};

use toml::Value;

use super::tests::slip;
use super::*;

/// What is the same in German: names, abbreviations, words that both languages have.
const SAME: &[&str] = &[
    "actions.ESC",
    "begin.PASTE_HINT",
    "begin.text",
    "cards.effective_rank",
    "cards.gini",
    "command.complaint",
    "flow.BYTE",
    "flow.ROUTER_P",
    "grown.gini",
    "headless.on_the_cpu",
    "inspect.GRADIENT",
    "inspected.FORMAT",
    "inspected_changes.ROUTER",
    "inspected_columns.COLUMN_GATE_MASS",
    "inspected_columns.COLUMN_NORM",
    "inspected_columns.KAPPA",
    "inspected_columns.MATRIX_DOWN",
    "inspected_columns.MATRIX_GATE",
    "inspected_columns.ORANGE",
    "inspected_columns.RECALL",
    "inspected_columns.SPEARMAN",
    "inspected_columns.TOP1",
    "inspection_page.format",
    "inspection_page.recall",
    "inspection_page.spearman",
    "inspection_page.token",
    "inspection_page.top1",
    "knobs.GELU",
    "knobs.RELU",
    "knobs.ROUTER",
    "knobs.TEXT",
    "knobs.TOP_K",
    "learn.ROUTER_TAB",
    "lesson.listed",
    "measures.CKA.name",
    "measures.JACCARD.name",
    "measures.KAPPA.name",
    "measures.LIFT.name",
    "measures.MAX_VIO.name",
    "measures.RECALL.name",
    "phases.of_byte",
    "questions.CHECKPOINT_ENDING",
    "questions.CHECKPOINT_FILTER",
    "questions.INSPECT_FILTER",
    "questions.file_of_step",
    "rail.BATCH",
    "rail.KNOCK_OUT",
    "rail.LIVE",
    "rail.ROUTING",
    "reason.in_gibibytes",
    "reason.in_mebibytes",
    "selection.BYTE",
    "strip.PAUSE",
    "strip.tokens_per_second_short",
    "tiles.LOG",
    "tiles.recall",
    "timeline.live",
    "window.PROGRAM",
];

fn places(template: &Template) -> BTreeSet<&str> {
    template
        .0
        .iter()
        .filter_map(|piece| if let Piece::Place(name) = piece { Some(name.as_str()) } else { None })
        .collect()
}

/// Whether a text is made of words, so that another language says it otherwise; sources are papers, and the same everywhere.
fn has_words(id: &str, template: &Template) -> bool {
    let texts = template.0.iter().filter_map(|piece| if let Piece::Text(text) = piece { Some(text) } else { None });
    let mut words = texts.flat_map(|text| text.split(|c: char| !c.is_ascii_alphabetic()));
    !id.ends_with(".source") && !id.ends_with("_source") && words.any(|word| word.len() > 2)
}

/// Where a language differs from the table of the program in more than its words.
fn faults(english: &BTreeMap<String, Entry>, other: &BTreeMap<String, Entry>, same: &[&str]) -> Vec<String> {
    let mut faults = Vec::new();
    for (id, entry) in english {
        let Some(translated) = other.get(id) else {
            faults.push(format!("{id} is not translated"));
            continue;
        };
        if places(&entry.other) != places(&translated.other) {
            faults.push(format!("{id} has the places {:?}, not {:?}", places(&translated.other), places(&entry.other)));
        }
        let beyond = translated.one.iter().any(|one| !places(one).is_subset(&places(&entry.other)));
        if entry.one.is_some() != translated.one.is_some() || beyond {
            faults.push(format!("{id} has other forms for one and for several"));
        }
        let equal = *entry == *translated && has_words(id, &entry.other);
        if equal != same.contains(&id.as_str()) {
            faults.push(format!("{id}: {}", if equal { "left in English" } else { "said to be the same, and is not" }));
        }
    }
    faults
        .extend(other.keys().filter(|id| !english.contains_key(*id)).map(|id| format!("{id} is in no table but this")));
    faults
}

#[test]
fn german_has_every_entry_with_its_places_and_forms_and_none_in_english() {
    let faults = faults(TABLES.get(Language::English), TABLES.get(Language::German), SAME);
    assert!(faults.is_empty(), "assets/words.de.toml:\n{}", faults.join("\n"));
}

#[test]
fn a_translation_that_differs_in_more_than_words_is_found() {
    let table = |text: &str| read(&format!("[a]\n{text}"));
    let english = table("x = \"Save {path} now\"\ny = { one = \"{n} step\", other = \"{n} steps\" }\nZ = \"Router\"");
    let whole =
        table("x = \"{path} sichern\"\ny = { one = \"{n} Schritt\", other = \"{n} Schritte\" }\nZ = \"Router\"");
    assert_eq!(faults(&english, &whole, &["a.Z"]), Vec::<String>::new());
    for (text, says) in [
        ("x = \"sichern\"\ny = { one = \"{n} S\", other = \"{n} Se\" }\nZ = \"Router\"", "a.x has the places"),
        ("x = \"{path} sichern\"\ny = \"{n} Schritte\"\nZ = \"Router\"", "a.y has other forms"),
        ("x = \"{path} sichern\"\ny = { one = \"{m} S\", other = \"{n} Se\" }\nZ = \"Router\"", "a.y has other forms"),
        ("y = { one = \"{n} S\", other = \"{n} Se\" }\nZ = \"Router\"", "a.x is not translated"),
        (
            "x = \"Save {path} now\"\ny = { one = \"{n} S\", other = \"{n} Se\" }\nZ = \"Router\"",
            "a.x: left in English",
        ),
        (
            "x = \"{path} sichern\"\ny = { one = \"{n} S\", other = \"{n} Se\" }\nZ = \"Weiche\"",
            "a.Z: said to be the same",
        ),
        (
            "W = \"mehr\"\nx = \"{path}\"\ny = { one = \"{n}\", other = \"{n} S\" }\nZ = \"Router\"",
            "a.W is in no table",
        ),
    ] {
        let found = faults(&english, &table(text), &["a.Z"]);
        assert!(found.len() == 1 && found[0].starts_with(says), "{says}: {found:?}");
    }
}

#[test]
fn every_german_text_is_written_cleanly() {
    fn texts<'a>(id: String, value: &'a Value, all: &mut Vec<(String, &'a str)>) {
        match value {
            Value::String(text) => all.push((id, text)),
            Value::Table(names) => names.iter().for_each(|(name, value)| texts(format!("{id}.{name}"), value, all)),
            other => panic!("{id} is no text: {other}"),
        }
    }
    let file: toml::Table = language::file(Language::German).parse().unwrap();
    let mut all = Vec::new();
    let sections = file.iter().filter(|(section, _)| *section != retold::NAMES);
    sections.for_each(|(section, value)| texts(section.clone(), value, &mut all));
    assert!(all.len() > TABLES.get(Language::English).len());
    for (id, text) in all {
        assert_eq!(slip(text, ['„', '“']), None, "{id}: {text:?}");
    }
}
