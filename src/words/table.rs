//! The table of words: `assets/words.toml`, read once; entries with named places, and plurals chosen by a count.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::sync::LazyLock;

use toml::Value;

#[cfg(test)]
use super::language::FixedText;
use super::language::{self, ByLanguage};
use super::{notation, retold, terms};
use crate::domain::digits::grouped;
use crate::domain::language::Language;

/// The file itself.
pub(super) const FILE: &str = include_str!("../../assets/words.toml");

static TABLES: LazyLock<ByLanguage<BTreeMap<String, Entry>>> =
    LazyLock::new(|| ByLanguage::of(|language| read(language::file(language))));

/// Places whose whole numbers are told as counts, with thousands separated. Seeds, lines and what somebody typed are told as
/// they are.
const COUNTS: [&str; 19] = [
    "step",
    "steps",
    "from",
    "to",
    "done",
    "end",
    "next",
    "good_step",
    "first",
    "last",
    "within",
    "most",
    "least",
    "low",
    "high",
    "count",
    "n",
    "tokens",
    "neurons",
];

/// What the table says under one id.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    /// Where the count is 1; `None` for what is not counted.
    one: Option<Template>,
    /// Everywhere else.
    other: Template,
}

/// A text with places.
#[derive(Clone, Debug, PartialEq)]
struct Template(Vec<Piece>);

#[derive(Clone, Debug, PartialEq)]
enum Piece {
    Text(String),
    /// A place and its name.
    Place(String),
}

/// The entry of `id` (`section.name`) in each language; English where a language lacks it. Where there is none, which no build
/// that passed its tests has, the id itself is shown.
pub(crate) fn entry(id: &'static str) -> ByLanguage<Entry> {
    let missing = || Entry { one: None, other: Template(vec![Piece::Text(id.to_owned())]) };
    ByLanguage::of(|language| {
        let own = TABLES.get(language).get(id);
        own.or_else(|| TABLES.get(Language::English).get(id)).cloned().unwrap_or_else(missing)
    })
}

/// The texts without places of a language, by id.
pub(super) fn texts(language: Language) -> BTreeMap<&'static str, String> {
    let entries = TABLES.get(language).iter();
    entries.filter(|(_, entry)| entry.is_text()).map(|(id, entry)| (id.as_str(), entry.text())).collect()
}

impl Entry {
    /// Whether it has neither places nor a count.
    fn is_text(&self) -> bool {
        self.one.is_none() && !self.other.0.iter().any(|piece| matches!(piece, Piece::Place(_)))
    }

    /// The text of an entry without places, as it stands in the table.
    pub fn text(&self) -> String {
        let texts = self.other.0.iter().map(|piece| if let Piece::Text(text) = piece { text } else { "" });
        texts.collect()
    }

    /// The text in the terms of the thread, with every place filled. `count` chooses between singular and plural.
    pub fn fill(&self, count: Option<u64>, places: &[(&str, &dyn Display)]) -> String {
        let template = match (&self.one, count) {
            (Some(one), Some(1)) => one,
            _ => &self.other,
        };
        let mut out = String::new();
        for piece in &template.0 {
            match piece {
                Piece::Text(text) => out.push_str(&terms::said(text)),
                Piece::Place(name) => {
                    if let Some((_, value)) = places.iter().find(|(place, _)| place == name) {
                        let value = value.to_string();
                        out.push_str(&if COUNTS.contains(&name.as_str()) {
                            grouped(&value, notation::thousands_mark())
                        } else {
                            value
                        });
                    }
                }
            }
        }
        out
    }
}

impl Template {
    /// Reads a text in which `{name}` stands for a place.
    fn read(text: &str) -> Self {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, tail) = after.split_once('}').unwrap_or((after, ""));
            if !before.is_empty() {
                pieces.push(Piece::Text(before.to_owned()));
            }
            pieces.push(Piece::Place(name.to_owned()));
            rest = tail;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest.to_owned()));
        }
        Self(pieces)
    }
}

/// All entries of a table by id. What is neither a text nor a pair of `one` and `other` is left out; the tests refuse it.
fn read(file: &str) -> BTreeMap<String, Entry> {
    let mut entries = BTreeMap::new();
    let sections: toml::Table = file.parse().unwrap_or_default();
    for (section, names) in sections
        .iter()
        .filter(|(section, _)| ![terms::OF_POINTS, terms::OF_DUMPS, retold::NAMES].contains(&section.as_str()))
    {
        for (name, value) in names.as_table().into_iter().flatten() {
            add(&mut entries, format!("{section}.{name}"), value);
        }
    }
    entries
}

/// Adds the entry of an id: a text, a pair of `one` and `other`, or several under names of their own.
fn add(entries: &mut BTreeMap<String, Entry>, id: String, value: &Value) {
    let text = |key: &str| value.get(key).and_then(Value::as_str).map(Template::read);
    match (value, text("one").zip(text("other"))) {
        (Value::String(text), _) => drop(entries.insert(id, Entry { one: None, other: Template::read(text) })),
        (_, Some((one, other))) => drop(entries.insert(id, Entry { one: Some(one), other })),
        (value, None) => {
            for (name, value) in value.as_table().into_iter().flatten() {
                add(entries, format!("{id}.{name}"), value);
            }
        }
    }
}

/// What the code says of an entry: its id, its places, and whether a count chooses its form.
#[cfg(test)]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Declared {
    pub id: &'static str,
    pub places: &'static [&'static str],
    pub counted: bool,
}

/// Declares sentences of one section of the table as functions; the id of each is `section.name`.
///
/// - `fn name();` is the text itself
/// - `fn name(a, b);` has the places `{a}` and `{b}`, and takes anything that can be shown
/// - `fn name(a: Type) { place = expression };` has the places on the right, filled by the expressions
/// - `fn name[count](…)…;` has a singular and a plural (`one` and `other` in the table), chosen by `count`
macro_rules! sentences {
    ($section:literal: $($(#[$doc:meta])* $vis:vis fn $name:ident $([$count:expr])? ($($arguments:tt)*) $({$($places:tt)*})?;)*) => {
        $(
            $crate::words::table::sentence! {
                [$(#[$doc])* $vis] $section $name [$($count)?] ($($arguments)*) $({$($places)*})?
            }
        )*

        /// What is declared here, for the test that holds it against the table.
        #[cfg(test)]
        pub(crate) const DECLARED: &[$crate::words::table::Declared] = &[
            $($crate::words::table::Declared {
                id: concat!($section, ".", stringify!($name)),
                places: $crate::words::table::places!(($($arguments)*) $({$($places)*})?),
                counted: $crate::words::table::counted!($($count)?),
            },)*
        ];
    };
}

macro_rules! sentence {
    ([$(#[$doc:meta])* $vis:vis] $section:literal $name:ident [] ()) => {
        $(#[$doc])*
        $vis fn $name() -> &'static str {
            static TEXT: std::sync::LazyLock<$crate::words::language::ByLanguage<$crate::words::terms::InTerms>> =
                std::sync::LazyLock::new(|| $crate::words::terms::InTerms::of_entry(concat!($section, ".", stringify!($name))));
            TEXT.spoken().said()
        }
    };
    ([$(#[$doc:meta])* $vis:vis] $section:literal $name:ident [$($count:expr)?] ($($argument:ident),+ $(,)?)) => {
        $crate::words::table::sentence! {
            [$(#[$doc])* $vis] $section $name [$($count)?]
            ($($argument: impl std::fmt::Display),+) {$($argument = $argument),+}
        }
    };
    (
        [$(#[$doc:meta])* $vis:vis] $section:literal $name:ident [$($count:expr)?]
        ($($argument:ident: $type:ty),* $(,)?) {$($place:ident = $value:expr),* $(,)?}
    ) => {
        $(#[$doc])*
        $vis fn $name($($argument: $type),*) -> String {
            static ENTRY: std::sync::LazyLock<$crate::words::language::ByLanguage<$crate::words::table::Entry>> =
                std::sync::LazyLock::new(|| $crate::words::table::entry(concat!($section, ".", stringify!($name))));
            let count: Option<u64> = [$(u64::try_from($count).unwrap_or(u64::MAX))?].first().copied();
            ENTRY.spoken().fill(count, &[$((stringify!($place), &$value)),*])
        }
    };
}

#[cfg(test)]
macro_rules! places {
    (()) => { &[] };
    (($($argument:ident),+ $(,)?)) => { &[$(stringify!($argument)),+] };
    (($($argument:ident: $type:ty),* $(,)?) {$($place:ident = $value:expr),* $(,)?}) => { &[$(stringify!($place)),*] };
}

#[cfg(test)]
macro_rules! counted {
    () => {
        false
    };
    ($count:expr) => {
        true
    };
}

#[cfg(test)]
pub(crate) use {counted, places};
pub(crate) use {sentence, sentences};

/// Where the table and the code differ: entries that are missing, declared twice or by nobody, have other places or other
/// forms.
#[cfg(test)]
pub(crate) fn faults(sentences: &[&[Declared]], texts: &[&[FixedText]]) -> Vec<String> {
    use std::collections::BTreeSet;

    fn names(template: &Template) -> BTreeSet<&str> {
        let pieces = template.0.iter();
        pieces.filter_map(|piece| if let Piece::Place(name) = piece { Some(name.as_str()) } else { None }).collect()
    }

    let mut faults = Vec::new();
    let mut left: BTreeMap<&str, &Entry> =
        TABLES.get(Language::English).iter().map(|(id, entry)| (id.as_str(), entry)).collect();
    for Declared { id, places, counted } in sentences.iter().copied().flatten() {
        let Some(entry) = left.remove(id) else {
            faults.push(format!("{id} is not in assets/words.toml, or declared twice"));
            continue;
        };
        let places: BTreeSet<&str> = places.iter().copied().collect();
        if names(&entry.other) != places || !entry.one.iter().all(|one| names(one).is_subset(&places)) {
            faults.push(format!("{id} has the places {:?} in the table, {places:?} in the code", names(&entry.other)));
        }
        if entry.one.is_some() != *counted {
            faults.push(format!("{id}: `one` and `other` in the table go with a count in the code"));
        }
    }
    for (id, text) in texts.iter().copied().flatten().map(|text| text.entry()) {
        match left.remove(id) {
            Some(entry) if entry.text() == text && names(&entry.other).is_empty() => {}
            Some(entry) => faults.push(format!("{id} is {:?} in the table, {text:?} in the code", entry.text())),
            None => faults.push(format!("{id} is not in assets/words.toml, or declared twice")),
        }
    }
    faults.extend(left.keys().map(|id| format!("{id} is in assets/words.toml and declared nowhere")));
    faults
}

#[cfg(test)]
mod translated_tests;

#[cfg(test)]
mod tests {
    use super::*;

    sentences! { "test":
        /// Nobody says it.
        fn nothing();
        fn between(low, high);
        fn doubled(number: u64) { twice = number * 2 };
        fn steps[steps](steps: u64) { steps = steps };
    }

    fn template(text: &str) -> Template {
        Template::read(text)
    }

    #[test]
    fn places_are_filled_by_name_and_a_missing_entry_shows_its_id() {
        let entry = Entry { one: Some(template("one {a}")), other: template("{b} of {a}{c}") };
        let places: [(&str, &dyn Display); 2] = [("a", &"A"), ("b", &7)];
        assert_eq!((entry.fill(Some(1), &places), entry.fill(Some(2), &places)), ("one A".into(), "7 of A".into()));
        assert_eq!(entry.fill(None, &places), "7 of A");
        let told = Entry { one: None, other: template("step {step}, seed {seed}, file {file}") };
        let places: [(&str, &dyn Display); 3] = [("step", &12_000), ("seed", &12_000), ("file", &"2024")];
        assert_eq!(told.fill(None, &places), "step 12,000, seed 12000, file 2024");
        assert_eq!((nothing(), between(1, 2)), ("test.nothing", "test.between".to_owned()));
        assert_eq!((doubled(3), steps(1)), ("test.doubled".to_owned(), "test.steps".to_owned()));
        let declared: Vec<_> = DECLARED.iter().map(|declared| (declared.places, declared.counted)).collect();
        let wanted: [(&[&str], bool); 4] =
            [(&[], false), (&["low", "high"], false), (&["twice"], false), (&["steps"], true)];
        assert_eq!(declared, wanted);
    }

    /// Whether a text has two blanks in a row, other than between two columns: lines of which each has a left and a right part.
    fn has_two_blanks(text: &str) -> bool {
        let columns = text.lines().count() > 1 && text.lines().all(|line| line.matches("  ").count() == 1);
        text.contains("  ") && !columns
    }

    /// What is wrong with how a text is written; `quotes` open and close a quotation.
    pub(super) fn slip(text: &str, quotes: [char; 2]) -> Option<&'static str> {
        let apostrophe = |(at, _): (usize, &str)| text[..at].ends_with(char::is_alphanumeric);
        [
            (text.is_empty(), "is empty"),
            (has_two_blanks(text), "has two blanks"),
            (text.lines().any(|line| line.trim() != line), "has a blank at the end of a line"),
            (text.contains('"'), "has a straight quotation mark; write curly ones"),
            (!text.match_indices('\'').all(apostrophe), "has a straight quotation mark; write curly ones"),
            (text.matches(quotes[0]).count() != text.matches(quotes[1]).count(), "leaves a quotation open"),
            (text.matches('(').count() != text.matches(')').count(), "leaves a bracket open"),
            (text.contains("...") || text.contains(" ,") || text.contains(",,"), "has odd punctuation"),
            (text.contains(['{', '}']) && !text.contains('}'), "leaves a place open"),
        ]
        .into_iter()
        .find_map(|(wrong, what)| wrong.then_some(what))
    }

    #[test]
    fn every_text_is_written_cleanly() {
        fn texts<'a>(id: String, value: &'a Value, all: &mut Vec<(String, &'a str)>) {
            match value {
                Value::String(text) => all.push((id, text)),
                Value::Table(names) => names.iter().for_each(|(name, value)| texts(format!("{id}.{name}"), value, all)),
                other => panic!("{id} is no text: {other}"),
            }
        }
        let file: toml::Table = FILE.parse().unwrap();
        let mut all = Vec::new();
        file.iter().for_each(|(section, value)| texts(section.clone(), value, &mut all));
        assert!(all.len() > TABLES.get(Language::English).len(), "a plural has two texts");
        for (id, text) in all {
            assert_eq!(slip(text, ['“', '”']), None, "{id}: {text:?}");
        }
        for text in ["", "a  b", "a \nb", "say \"so\"", "'so'", "“so", "(so", "a ,b"] {
            assert!(slip(text, ['“', '”']).is_some(), "{text:?}");
        }
        assert_eq!(slip("The router's picks:\nexperts' shares (“so”)", ['“', '”']), None);
    }
}
