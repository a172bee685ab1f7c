//! Reads the texts of a lesson in other languages: a table named by the language, `[de]`, with the texts of every page in order.

use super::super::fault::FaultKind;
use super::super::lesson::{Answer, Lesson, Page, Part};
use super::reader::{At, Reader};
use super::tables;
use crate::domain::language::Language;

/// The texts of a lesson in one language.
pub(super) struct LessonTexts {
    title: String,
    about: String,
    pages: Vec<Page>,
}

impl LessonTexts {
    /// A lesson in which these texts stand.
    pub fn put_into(self, lesson: &Lesson) -> Lesson {
        Lesson { title: self.title, about: self.about, pages: self.pages, ..lesson.clone() }
    }
}

/// The texts in every language that the file has besides the lesson's own; `pages` as they were written, unless they have faults.
pub(super) fn translations(
    reader: &mut Reader<'_>,
    top: &mut At<'_, '_>,
    pages: Option<&[Page]>,
) -> Vec<(Language, LessonTexts)> {
    let mut all = Vec::new();
    for language in Language::ALL.into_iter().filter(|&language| language != Language::default()) {
        let (Some(table), Some(pages)) = (reader.optional_table(top, language.tag()), pages) else { continue };
        all.extend(texts(reader, table, pages).map(|texts| (language, texts)));
    }
    all
}

fn texts(reader: &mut Reader<'_>, mut at: At<'_, '_>, pages: &[Page]) -> Option<LessonTexts> {
    let title = reader.text(&mut at, "title");
    let about = reader.text(&mut at, "about");
    let (place, key) = (at.place_of("pages"), at.key_of("pages"));
    let tables = tables(reader, &mut at, "pages", 1);
    reader.finish(&at);
    let tables = tables?;
    same_length(reader, place, &key, tables.len(), pages.len())?;
    let pages: Vec<Option<Page>> =
        tables.into_iter().zip(pages).map(|(table, written)| page(reader, table, written)).collect();
    Some(LessonTexts { title: title?, about: about?, pages: pages.into_iter().collect::<Option<_>>()? })
}

/// A page with all its texts in another language.
fn page(reader: &mut Reader<'_>, mut at: At<'_, '_>, written: &Page) -> Option<Page> {
    let mut page = written.clone();
    let mut sound = take(&mut page.mark, reader.text(&mut at, "mark"));
    sound &= take(&mut page.title, reader.text(&mut at, "title"));
    if let Some(text) = reader.page_text(&mut at, "text") {
        let (theirs, ours) = (written.text.references(), text.references());
        let lacking: Vec<String> = theirs.difference(&ours).cloned().collect();
        let beyond: Vec<String> = ours.difference(&theirs).cloned().collect();
        if !(lacking.is_empty() && beyond.is_empty()) {
            reader.fault(at.place_of("text"), &at.key_of("text"), FaultKind::References { lacking, beyond });
        }
        page.text = text;
    }
    if !written.formula.is_empty() {
        sound &= take(&mut page.formula, lines(reader, &mut at, "formula", written.formula.len()));
    }
    match &mut page.part {
        Part::Read | Part::Goal(_) => {}
        Part::Predict(predict) => {
            sound &= take(&mut predict.ask, reader.text(&mut at, "ask"));
            if let Answer::Choice(choices) = &mut predict.answer {
                match lines(reader, &mut at, "choices", choices.len()) {
                    Some(said) => choices.iter_mut().zip(said).for_each(|(choice, say)| choice.say = say),
                    None => sound = false,
                }
            }
        }
        Part::Reveal(reveal) => {
            sound &= take(&mut reveal.close, reader.text(&mut at, "close"));
            sound &= take(&mut reveal.far, reader.text(&mut at, "far"));
        }
    }
    reader.finish(&at);
    sound.then_some(page)
}

/// Puts what was read in its place; whether there was something.
fn take<T>(place: &mut T, read: Option<T>) -> bool {
    let found = read.is_some();
    read.into_iter().for_each(|value| *place = value);
    found
}

/// A list of so many texts.
fn lines(reader: &mut Reader<'_>, at: &mut At<'_, '_>, key: &'static str, wanted: usize) -> Option<Vec<String>> {
    let list = reader.list(at, key, 1)?;
    let name = at.key_of(key);
    same_length(reader, at.place_of(key), &name, list.len(), wanted)?;
    list.iter().map(|line| reader.as_text(line, &name)).collect()
}

/// Nothing where there are more or fewer than in the lesson, which is a fault.
fn same_length(reader: &mut Reader<'_>, place: usize, key: &str, found: usize, wanted: usize) -> Option<()> {
    if found != wanted {
        reader.fault(place, key, FaultKind::Length { found, wanted });
    }
    (found == wanted).then_some(())
}
