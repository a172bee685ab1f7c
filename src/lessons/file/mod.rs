//! The lesson file, `*.lesson.toml`, and the set-up, `*.setup.toml`: read whole, with every fault at its line and key.

mod demonstration;
mod goals;
mod pages;
mod reader;
mod setup;
mod translations;

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use toml::Spanned;
use toml::de::DeTable;

use super::fault::{FaultKind, LessonFault, LessonFileError, Wanted};
use super::ids::ControlId;
use super::lesson::Lesson;
use crate::domain::config::{Config, ConfigFileError, LARGEST_FILE, in_plain_words, is_toml, text_of};
use crate::domain::file_kind::FileKind;
use crate::domain::language::Language;
use reader::{At, Reader};
use translations::LessonTexts;

/// Keys at the top of a config that no lesson has there.
const OF_CONFIG: [&str; 11] =
    ["seed", "steps", "sequences", "text", "task", "model", "optimizer", "competition", "faults", "cadence", "knobs"];

impl Lesson {
    /// Reads the lesson file at `path`.
    ///
    /// # Errors
    /// See [`LessonFileError`].
    pub fn read(path: &Path) -> Result<Self, LessonFileError> {
        checked(&text_at(path)?, Self::from_toml, "title")
    }

    /// Reads a lesson from TOML text.
    ///
    /// # Errors
    /// Every fault, from top to bottom.
    pub fn from_toml(text: &str) -> Result<Self, Vec<LessonFault>> {
        whole(text, lesson)
    }
}

/// The text of the file at `path`, of at most 1 MiB.
///
/// # Errors
/// What it is instead.
fn text_at(path: &Path) -> Result<String, LessonFileError> {
    match FileKind::of_entry(&fs::metadata(path).map_err(LessonFileError::Unreadable)?) {
        None | Some(FileKind::Pipe) => {}
        Some(kind) => return Err(LessonFileError::Other(kind)),
    }
    let mut bytes = Vec::new();
    let file = File::open(path).map_err(LessonFileError::Unreadable)?;
    file.take(LARGEST_FILE + 1).read_to_end(&mut bytes).map_err(LessonFileError::Unreadable)?;
    Ok(text_of(&bytes).map_err(of_config)?.to_owned())
}

/// What a text says, or what it is instead. `key`: one that every file of this kind has at its top.
fn checked<T>(
    text: &str,
    read: impl FnOnce(&str) -> Result<T, Vec<LessonFault>>,
    key: &str,
) -> Result<T, LessonFileError> {
    match read(text) {
        Ok(read) => Ok(read),
        Err(_) if is_config(text, key) => Err(LessonFileError::Config),
        Err(_) if !text.lines().any(is_toml) => Err(LessonFileError::NotToml),
        Err(faults) => Err(LessonFileError::Faults(faults)),
    }
}

/// What `read` finds in a text.
///
/// # Errors
/// Every fault, from top to bottom.
fn whole<T>(
    text: &str,
    read: impl FnOnce(&mut Reader<'_>, &Spanned<DeTable<'_>>) -> Option<T>,
) -> Result<T, Vec<LessonFault>> {
    let (table, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        let fault = |error: toml::de::Error| {
            let place = error.span().map_or(0, |span| span.start);
            LessonFault::at(text, place, String::new(), FaultKind::Syntax(error.message().to_owned()))
        };
        return Err(errors.into_iter().map(fault).collect());
    }
    let mut reader = Reader::new(text);
    let found = read(&mut reader, &table);
    let mut faults = reader.into_faults();
    faults.sort_by_key(|fault| (fault.line, fault.column));
    match found {
        Some(found) if faults.is_empty() => Ok(found),
        _ => Err(faults),
    }
}

/// What a reader of TOML says of another kind of file.
fn of_config(error: ConfigFileError) -> LessonFileError {
    match error {
        ConfigFileError::Unreadable(error) => LessonFileError::Unreadable(error),
        ConfigFileError::Checkpoint => LessonFileError::Other(FileKind::Checkpoint),
        ConfigFileError::Other(kind) => LessonFileError::Other(kind),
        ConfigFileError::TooLarge => LessonFileError::TooLarge,
        ConfigFileError::NotToml | ConfigFileError::Toml(_) => LessonFileError::NotToml,
        ConfigFileError::Encoding { encoding, line } => LessonFileError::Encoding { encoding, line },
    }
}

/// Whether it is a config that was given for a file that has `key`.
fn is_config(text: &str, key: &str) -> bool {
    let (table, _) = DeTable::parse_recoverable(text);
    let has = |key: &&str| table.get_ref().contains_key(*key);
    OF_CONFIG.iter().any(has) && !["pages", "config", key].iter().any(has)
}

fn lesson(reader: &mut Reader<'_>, table: &Spanned<DeTable<'_>>) -> Option<Lesson> {
    let mut top = At::top(table);
    let id = reader.name(&mut top, "id");
    let title = reader.text(&mut top, "title");
    let about = reader.text(&mut top, "about");
    let minutes = reader.whole(&mut top, "minutes", 1, 240);
    let controls = reader.controls(&mut top, "controls", 0).unwrap_or_default();
    let config = config(reader, &mut top);
    let locked = config.as_ref().map(|config| locked(reader, &mut top, config));
    let pages = pages::pages(reader, &mut top, config.as_ref(), &controls, locked.as_deref().unwrap_or_default());
    let translated = translations::translations(reader, &mut top, pages.as_deref());
    reader.finish(&top);
    let mut lesson = Lesson {
        id: id?,
        title: title?,
        about: about?,
        minutes: u32::try_from(minutes?).ok()?,
        controls,
        locked: locked?,
        config: config?,
        pages: pages?,
        translations: Vec::new(),
    };
    let in_it = |(language, texts): (Language, LessonTexts)| (language, texts.put_into(&lesson));
    lesson.translations = translated.into_iter().map(in_it).collect();
    Some(lesson)
}

/// The run that the lesson begins with: a table as a config file has it.
fn config(reader: &mut Reader<'_>, top: &mut At<'_, '_>) -> Option<Config> {
    let table = reader.table(top, "config")?;
    match Config::from_table(&table.cloned()) {
        Ok(config) => {
            let complaints = config.validate();
            for complaint in &complaints {
                reader.fault(table.place_of(complaint.field), complaint.field, FaultKind::Config(complaint.clone()));
            }
            complaints.is_empty().then_some(config)
        }
        Err(error) => {
            let place = error.span().map_or(table.place(), |span| span.start);
            reader.fault(place, "config", FaultKind::Unread(in_plain_words(error.message())));
            None
        }
    }
}

/// What numbers may be set to.
fn locked(reader: &mut Reader<'_>, top: &mut At<'_, '_>, config: &Config) -> Vec<(ControlId, [f64; 2])> {
    let Some(table) = reader.optional_table(top, "locked") else { return Vec::new() };
    let mut locked = Vec::new();
    for (name, value) in table.entries() {
        let key = table.key_of(name.get_ref());
        let Some(control) = reader.control(name.get_ref(), name.span().start, &key) else { continue };
        let Some(range) = reader.pair(value, &key) else { continue };
        let number = control.number(&config.knobs, config, config.model.experts);
        match number {
            None => reader.fault(value.span().start, &key, FaultKind::NoRange),
            Some(_) if range[0] > range[1] => reader.fault(value.span().start, &key, FaultKind::EmptyRange(range)),
            Some(value_now) if !(range[0]..=range[1]).contains(&value_now) => {
                reader.fault(value.span().start, &key, FaultKind::BeyondRange { value: value_now, range });
            }
            Some(_) => locked.push((control, range)),
        }
    }
    locked
}

/// A list of tables under a key, each with its name in faults.
fn tables<'t, 'i>(
    reader: &mut Reader<'_>,
    at: &mut At<'t, 'i>,
    key: &'static str,
    least: usize,
) -> Option<Vec<At<'t, 'i>>> {
    let list = reader.list(at, key, least)?;
    let name = at.key_of(key);
    let mut all = Vec::new();
    for (place, entry) in list.iter().enumerate() {
        let name = format!("{name}[{}]", place + 1);
        match At::of(entry, name.clone()) {
            Some(table) => all.push(table),
            None => reader.wrong(entry, &name, Wanted::Table),
        }
    }
    Some(all)
}
