//! Reads the keys of a lesson one by one and collects what is wrong, so that all of it is said at once.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use super::super::fault::{FaultKind, LessonFault, NameOf, Wanted};
use super::super::ids::{Anchor, ControlId};
use super::super::measure::MeasureId;
use super::super::nearest::nearest;
use super::super::text::LessonText;
use crate::domain::quote;

/// A table of the file and which of its keys were asked for.
pub(super) struct At<'t, 'i> {
    table: &'t DeTable<'i>,
    span: Range<usize>,
    key: String,
    known: Vec<&'static str>,
}

impl<'t, 'i> At<'t, 'i> {
    /// The whole file.
    pub fn top(table: &'t Spanned<DeTable<'i>>) -> Self {
        Self { table: table.get_ref(), span: table.span(), key: String::new(), known: Vec::new() }
    }

    /// A value that is a table.
    pub fn of(value: &'t Spanned<DeValue<'i>>, key: String) -> Option<Self> {
        Some(Self { table: value.get_ref().as_table()?, span: value.span(), key, known: Vec::new() })
    }

    /// A key of it with the tables it stands in.
    pub fn key_of(&self, key: &str) -> String {
        if self.key.is_empty() { key.to_owned() } else { format!("{}.{key}", self.key) }
    }

    /// Its own key.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// Where it begins, in bytes.
    pub fn place(&self) -> usize {
        self.span.start
    }

    /// Where a key of it, or of a table in it, stands: `knobs.theta`; else where the nearest table does.
    pub fn place_of(&self, dotted: &str) -> usize {
        let (mut table, mut place) = (self.table, self.span.start);
        for key in dotted.split('.') {
            let Some((name, value)) = table.get_key_value(key) else { break };
            place = name.span().start;
            match value.get_ref().as_table() {
                Some(next) => table = next,
                None => break,
            }
        }
        place
    }

    /// A copy of the table with its place.
    pub fn cloned(&self) -> Spanned<DeTable<'i>> {
        Spanned::new(self.span.clone(), self.table.clone())
    }

    /// Its keys and values.
    pub fn entries(&self) -> impl Iterator<Item = (&'t Spanned<std::borrow::Cow<'i, str>>, &'t Spanned<DeValue<'i>>)> {
        self.table.iter()
    }

    /// Which of these keys it has.
    pub fn has(&self, keys: &[&'static str]) -> Vec<&'static str> {
        keys.iter().copied().filter(|key| self.table.contains_key(*key)).collect()
    }

    fn get(&mut self, key: &'static str) -> Option<&'t Spanned<DeValue<'i>>> {
        self.known.push(key);
        self.table.get(key)
    }
}

/// Collects faults.
pub(super) struct Reader<'a> {
    text: &'a str,
    faults: Vec<LessonFault>,
}

impl<'a> Reader<'a> {
    pub fn new(text: &'a str) -> Self {
        Self { text, faults: Vec::new() }
    }

    pub fn into_faults(self) -> Vec<LessonFault> {
        self.faults
    }

    /// Something is wrong at a place in bytes.
    pub fn fault(&mut self, place: usize, key: &str, kind: FaultKind) {
        self.faults.push(LessonFault::at(self.text, place, key.to_owned(), kind));
    }

    /// A value is of the wrong kind.
    pub fn wrong(&mut self, value: &Spanned<DeValue<'_>>, key: &str, wanted: Wanted) {
        let found = self.text.get(value.span()).unwrap_or_default();
        let found = quote::name(found.lines().next().unwrap_or_default());
        self.fault(value.span().start, key, FaultKind::Wrong { found, wanted });
    }

    /// The value of a key that must be there.
    pub fn value<'t, 'i>(
        &mut self,
        at: &mut At<'t, 'i>,
        key: &'static str,
        wanted: Wanted,
    ) -> Option<&'t Spanned<DeValue<'i>>> {
        let value = at.get(key);
        if value.is_none() {
            self.fault(at.place(), &at.key_of(key), FaultKind::Missing(wanted));
        }
        value
    }

    /// The value of a key that may be left out.
    pub fn optional<'t, 'i>(&mut self, at: &mut At<'t, 'i>, key: &'static str) -> Option<&'t Spanned<DeValue<'i>>> {
        at.get(key)
    }

    fn kept<T>(&mut self, found: Option<T>, value: &Spanned<DeValue<'_>>, key: &str, wanted: Wanted) -> Option<T> {
        if found.is_none() {
            self.wrong(value, key, wanted);
        }
        found
    }

    /// A text that is not empty.
    pub fn text(&mut self, at: &mut At<'_, '_>, key: &'static str) -> Option<String> {
        let value = self.value(at, key, Wanted::Text)?;
        self.as_text(value, &at.key_of(key))
    }

    /// A value that is a text.
    pub fn as_text(&mut self, value: &Spanned<DeValue<'_>>, key: &str) -> Option<String> {
        let text = value.get_ref().as_str().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
        self.kept(text, value, key, Wanted::Text)
    }

    /// The text of a page.
    pub fn page_text(&mut self, at: &mut At<'_, '_>, key: &'static str) -> Option<LessonText> {
        let value = self.value(at, key, Wanted::Text)?;
        let name = at.key_of(key);
        self.as_text(value, &name)?;
        let text = value.get_ref().as_str().unwrap_or_default();
        // Where nothing is escaped, a place in the text is a place in the file.
        let raw = self.text.get(value.span()).unwrap_or_default();
        let begins = raw.find(text).map(|before| value.span().start + before);
        match LessonText::read(text) {
            Ok(text) => Some(text),
            Err(slips) => {
                for (place, slip) in slips {
                    let place = begins.map_or(value.span().start, |begins| begins + place);
                    self.fault(place, &name, FaultKind::Text(slip));
                }
                None
            }
        }
    }

    /// A name for the program.
    pub fn name(&mut self, at: &mut At<'_, '_>, key: &'static str) -> Option<String> {
        let value = self.value(at, key, Wanted::Name)?;
        let plain = |name: &&str| {
            !name.is_empty()
                && name.len() <= 64
                && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
        };
        let name = value.get_ref().as_str().filter(plain).map(str::to_owned);
        self.kept(name, value, &at.key_of(key), Wanted::Name)
    }

    /// A whole number.
    pub fn whole(&mut self, at: &mut At<'_, '_>, key: &'static str, low: u64, high: u64) -> Option<u64> {
        let value = self.value(at, key, Wanted::Whole(low, high))?;
        self.as_whole(value, &at.key_of(key), low, high)
    }

    /// A whole number that may be left out.
    pub fn optional_whole(&mut self, at: &mut At<'_, '_>, key: &'static str, low: u64, high: u64) -> Option<u64> {
        let value = at.get(key)?;
        self.as_whole(value, &at.key_of(key), low, high)
    }

    pub fn as_whole(&mut self, value: &Spanned<DeValue<'_>>, key: &str, low: u64, high: u64) -> Option<u64> {
        let number = whole(value.get_ref()).filter(|number| (low..=high).contains(number));
        self.kept(number, value, key, Wanted::Whole(low, high))
    }

    /// A number.
    pub fn number(&mut self, at: &mut At<'_, '_>, key: &'static str) -> Option<f64> {
        let value = self.value(at, key, Wanted::Number)?;
        self.kept(number(value.get_ref()), value, &at.key_of(key), Wanted::Number)
    }

    /// A number that may be left out.
    pub fn optional_number(&mut self, at: &mut At<'_, '_>, key: &'static str) -> Option<f64> {
        let value = at.get(key)?;
        self.kept(number(value.get_ref()), value, &at.key_of(key), Wanted::Number)
    }

    /// A value that is a number.
    pub fn as_number(&mut self, value: &Spanned<DeValue<'_>>, key: &str, wanted: Wanted) -> Option<f64> {
        self.kept(number(value.get_ref()), value, key, wanted)
    }

    /// true or false; false where it is left out.
    pub fn yes(&mut self, at: &mut At<'_, '_>, key: &'static str) -> bool {
        let Some(value) = at.get(key) else { return false };
        self.kept(value.get_ref().as_bool(), value, &at.key_of(key), Wanted::YesNo).unwrap_or(false)
    }

    /// Least and most.
    pub fn pair(&mut self, value: &Spanned<DeValue<'_>>, key: &str) -> Option<[f64; 2]> {
        let pair = value.get_ref().as_array().and_then(|list| match list.iter().as_slice() {
            [low, high] => Some([number(low.get_ref())?, number(high.get_ref())?]),
            _ => None,
        });
        self.kept(pair, value, key, Wanted::Pair)
    }

    /// A table that must be there.
    pub fn table<'t, 'i>(&mut self, at: &mut At<'t, 'i>, key: &'static str) -> Option<At<'t, 'i>> {
        let value = self.value(at, key, Wanted::Table)?;
        self.kept(At::of(value, at.key_of(key)), value, &at.key_of(key), Wanted::Table)
    }

    /// A table that may be left out.
    pub fn optional_table<'t, 'i>(&mut self, at: &mut At<'t, 'i>, key: &'static str) -> Option<At<'t, 'i>> {
        let value = at.get(key)?;
        self.kept(At::of(value, at.key_of(key)), value, &at.key_of(key), Wanted::Table)
    }

    /// A list of at least so many entries; with 0 it may be left out.
    pub fn list<'t, 'i>(&mut self, at: &mut At<'t, 'i>, key: &'static str, least: usize) -> Option<&'t DeArray<'i>> {
        let value = if least == 0 { at.get(key)? } else { self.value(at, key, Wanted::List(least))? };
        let list = value.get_ref().as_array().filter(|list| list.len() >= least);
        self.kept(list, value, &at.key_of(key), Wanted::List(least))
    }

    /// Controls by name.
    pub fn controls(&mut self, at: &mut At<'_, '_>, key: &'static str, least: usize) -> Option<Vec<ControlId>> {
        let list = self.list(at, key, least)?;
        let name = at.key_of(key);
        let mut controls = Vec::new();
        for entry in list.iter() {
            let Some(text) = self.as_text(entry, &name) else { continue };
            controls.extend(self.control(&text, entry.span().start, &name));
        }
        Some(controls)
    }

    /// A control by name.
    pub fn control(&mut self, name: &str, place: usize, key: &str) -> Option<ControlId> {
        let found = ControlId::of(name);
        if found.is_none() {
            self.unknown(NameOf::Control, name, ControlId::meant(name), place, key);
        }
        found
    }

    /// A measure by name.
    pub fn measure(&mut self, at: &mut At<'_, '_>, key: &'static str) -> Option<MeasureId> {
        let name = self.text(at, key)?;
        let found = MeasureId::of(&name);
        if found.is_none() {
            let place = at.table.get(key).map_or(at.place(), |value| value.span().start);
            self.unknown(NameOf::Measure, &name, MeasureId::meant(&name), place, &at.key_of(key));
        }
        found
    }

    /// Controls and panels by name.
    pub fn anchors(&mut self, at: &mut At<'_, '_>, key: &'static str) -> Vec<Anchor> {
        let Some(list) = self.list(at, key, 0) else { return Vec::new() };
        let name = at.key_of(key);
        let mut anchors = Vec::new();
        for entry in list.iter() {
            let Some(text) = self.as_text(entry, &name) else { continue };
            match Anchor::of(&text) {
                Some(anchor) => anchors.push(anchor),
                None => self.unknown(NameOf::Anchor, &text, Anchor::meant(&text), entry.span().start, &name),
            }
        }
        anchors
    }

    fn unknown(&mut self, of: NameOf, name: &str, meant: Option<String>, place: usize, key: &str) {
        self.fault(place, key, FaultKind::UnknownName { of, found: quote::name(name), meant });
    }

    /// Exactly one of these keys must be there; which.
    pub fn one_of(&mut self, at: &At<'_, '_>, keys: &'static [&'static str]) -> Option<&'static str> {
        match at.has(keys)[..] {
            [key] => Some(key),
            _ => {
                self.fault(at.place(), at.key(), FaultKind::Missing(Wanted::OneOf(keys)));
                None
            }
        }
    }

    /// All keys of a table were asked for; what else stands in it is a fault.
    pub fn finish(&mut self, at: &At<'_, '_>) {
        for (name, _) in at.entries() {
            let key = name.get_ref().as_ref();
            if !at.known.contains(&key) {
                let known: Vec<String> = at.known.iter().map(|key| (*key).to_owned()).collect();
                let meant = nearest(key, known.iter().cloned());
                self.fault(name.span().start, &at.key_of(&quote::name(key)), FaultKind::UnknownKey { meant, known });
            }
        }
    }
}

/// A whole number, if it is one.
fn whole(value: &DeValue<'_>) -> Option<u64> {
    let number = value.as_integer()?;
    u64::from_str_radix(number.as_str().trim_start_matches('+'), number.radix()).ok()
}

/// A number, whole or not.
fn number(value: &DeValue<'_>) -> Option<f64> {
    let text = match value {
        DeValue::Integer(number) if number.radix() == 10 => number.as_str(),
        DeValue::Float(number) => number.as_str(),
        _ => return None,
    };
    text.parse().ok().filter(|number: &f64| number.is_finite())
}
