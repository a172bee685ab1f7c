//! The language in which a thread speaks, and texts of the table of words in it.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt;
use std::ops::Deref;
use std::sync::LazyLock;

use super::table;
use super::terms::{self, Terms};
use crate::domain::language::Language;

/// The table of words of a language.
pub(super) fn file(language: Language) -> &'static str {
    match language {
        Language::English => table::FILE,
        Language::German => include_str!("../../assets/words.de.toml"),
    }
}

thread_local! {
    static LANGUAGE: Cell<Language> = const { Cell::new(Language::English) };
}

/// From now on this thread speaks this language. Each thread begins in English; one that makes texts for a window is told when it
/// begins.
pub fn speak(language: Language) {
    LANGUAGE.set(language);
}

/// The language that this thread speaks.
pub fn spoken() -> Language {
    LANGUAGE.get()
}

/// A name in the middle of a sentence: without a capital letter in English; German nouns keep theirs.
pub(crate) fn in_a_sentence(name: &str) -> String {
    match spoken() {
        Language::English => name.to_lowercase(),
        Language::German => name.to_owned(),
    }
}

/// What `make` makes in this language, whatever this thread speaks otherwise: a line for the log of the program, which is English.
pub(crate) fn in_language<R>(language: Language, make: impl FnOnce() -> R) -> R {
    let before = LANGUAGE.replace(language);
    let made = make();
    LANGUAGE.set(before);
    made
}

/// Something for each language.
pub(crate) struct ByLanguage<T>([T; Language::ALL.len()]);

impl<T> ByLanguage<T> {
    /// Made for each of them.
    pub fn of(make: impl FnMut(Language) -> T) -> Self {
        Self(Language::ALL.map(make))
    }

    /// That of one language.
    pub fn get(&self, language: Language) -> &T {
        &self.0[language as usize]
    }

    /// That of this thread's language.
    pub fn spoken(&self) -> &T {
        self.get(spoken())
    }
}

/// The texts without places in other languages than the program's own, by id.
static TRANSLATED: LazyLock<ByLanguage<BTreeMap<&'static str, String>>> = LazyLock::new(|| {
    ByLanguage::of(|language| match language {
        Language::English => BTreeMap::new(),
        language => table::texts(language),
    })
});

/// The texts without places that are others in the terms of routing dumps, by id.
static OF_DUMPS: LazyLock<ByLanguage<BTreeMap<&'static str, String>>> =
    LazyLock::new(|| ByLanguage::of(|language| terms::of_dumps(table::texts(language), language)));

/// A text of the table without places: in the language of whoever shows it. Where that lacks it, it stays English.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct FixedText {
    id: &'static str,
    english: &'static str,
}

impl FixedText {
    /// The text of this id, which is `english` in the program's own language.
    pub(crate) const fn of(id: &'static str, english: &'static str) -> Self {
        Self { id, english }
    }

    /// In the language of this thread, and in the terms of routing dumps where it speaks of those.
    pub fn said(self) -> &'static str {
        if terms::spoken() == Terms::Dumps
            && let Some(text) = OF_DUMPS.spoken().get(self.id)
        {
            return text;
        }
        TRANSLATED.spoken().get(self.id).map_or(self.english, String::as_str)
    }

    /// Its entry: id and English text.
    #[cfg(test)]
    pub const fn entry(self) -> (&'static str, &'static str) {
        (self.id, self.english)
    }
}

impl Deref for FixedText {
    type Target = str;

    fn deref(&self) -> &str {
        self.said()
    }
}

impl fmt::Display for FixedText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.said())
    }
}

impl fmt::Debug for FixedText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.id)
    }
}

impl From<FixedText> for String {
    fn from(text: FixedText) -> Self {
        text.said().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thread_speaks_one_language_at_a_time_and_what_it_lacks_stays_english() {
        let known = FixedText::of("window.CANCEL", "Cancel");
        let unknown = FixedText::of("test.NOTHING", "Nothing");
        assert_eq!((known.said(), unknown.said()), ("Cancel", "Nothing"));
        speak(Language::German);
        assert_eq!((known.said(), unknown.said()), ("Abbrechen", "Nothing"));
        speak(Language::English);
        assert_eq!(known.said(), "Cancel");
    }
}
