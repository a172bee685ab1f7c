//! Reads the pages of a lesson: what is said, done, lit up and asked on each.

use super::super::fault::{FaultKind, Wanted};
use super::super::ids::ControlId;
use super::super::lesson::{Answer, Choice, Page, Part, Predict, Reveal};
use super::super::measure::{Quantity, ShareOf};
use super::super::text::{LessonText, TextPiece};
use super::goals::{Course, acts, conditions, goal};
use super::reader::{At, Reader};
use super::tables;
use crate::domain::config::Config;
use crate::domain::roster::ExpertId;

/// What may be asked on a page.
const PARTS: [&str; 3] = ["predict", "reveal", "goal"];

/// All pages.
pub(super) fn pages(
    reader: &mut Reader<'_>,
    top: &mut At<'_, '_>,
    config: Option<&Config>,
    controls: &[ControlId],
    locked: &[(ControlId, [f64; 2])],
) -> Option<Vec<Page>> {
    let tables = tables(reader, top, "pages", 1)?;
    // Where the config has faults, the rest is read as if it were the usual one.
    let config = config.cloned().unwrap_or_default();
    let mut course = Course::new(config, controls.to_vec(), locked.to_vec());
    let named = |table: &At<'_, '_>| -> Vec<String> {
        let kept =
            table.entries().find(|(key, _)| key.get_ref() == "keep").and_then(|(_, value)| value.get_ref().as_table());
        kept.into_iter().flat_map(|kept| kept.keys().map(|key| key.get_ref().to_string())).collect()
    };
    course.keeps = tables.iter().flat_map(named).collect();
    let pages: Vec<Option<Page>> = tables.into_iter().map(|table| page(reader, table, &mut course)).collect();
    pages.into_iter().collect()
}

fn page(reader: &mut Reader<'_>, mut at: At<'_, '_>, course: &mut Course) -> Option<Page> {
    let mark = reader.text(&mut at, "mark");
    let title = reader.text(&mut at, "title");
    let text = reader.page_text(&mut at, "text");
    let formula = formula(reader, &mut at);
    let lights = reader.anchors(&mut at, "lights");
    let acts = acts(reader, &mut at, "do", course);
    let keeps = keeps(reader, &mut at, course);
    if let Some(text) = &text {
        known_numbers(reader, &at, text, course);
    }
    let asked = at.has(&PARTS);
    if asked.len() > 1 {
        reader.fault(at.place_of(asked[1]), at.key(), FaultKind::Missing(Wanted::OneOf(&PARTS)));
    }
    let mut part = Some(Part::Read);
    if let Some(table) = reader.optional_table(&mut at, "predict") {
        part = predict(reader, table, course).map(Part::Predict);
        course.guessed = true;
    }
    if let Some(table) = reader.optional_table(&mut at, "reveal") {
        part = reveal(reader, table, course).map(Part::Reveal);
    }
    if let Some(table) = reader.optional_table(&mut at, "goal") {
        part = goal(reader, table, course).map(Part::Goal);
    }
    reader.finish(&at);
    Some(Page { mark: mark?, title: title?, text: text?, formula, lights, acts: acts?, keeps: keeps?, part: part? })
}

/// Formulas: a list of lines.
fn formula(reader: &mut Reader<'_>, at: &mut At<'_, '_>) -> Vec<String> {
    let name = at.key_of("formula");
    let Some(list) = reader.list(at, "formula", 0) else { return Vec::new() };
    list.iter().filter_map(|line| reader.as_text(line, &name)).collect()
}

/// Numbers to be remembered: a table of measures by name.
fn keeps(reader: &mut Reader<'_>, at: &mut At<'_, '_>, course: &mut Course) -> Option<Vec<(String, Quantity)>> {
    let Some(table) = reader.optional_table(at, "keep") else { return Some(Vec::new()) };
    let mut keeps = Some(Vec::new());
    for (name, value) in table.entries() {
        let key = table.key_of(name.get_ref());
        let Some(mut entry) = At::of(value, key.clone()) else {
            reader.wrong(value, &key, Wanted::Table);
            keeps = None;
            continue;
        };
        let found = quantity(reader, &mut entry, course);
        reader.finish(&entry);
        keeps = keeps.zip(found).map(|(mut keeps, found)| {
            keeps.push((name.get_ref().to_string(), found));
            keeps
        });
        course.kept.push(name.get_ref().to_string());
    }
    keeps
}

/// Every number that a text quotes must have been kept.
fn known_numbers(reader: &mut Reader<'_>, at: &At<'_, '_>, text: &LessonText, course: &Course) {
    for piece in text.pieces() {
        if let TextPiece::Kept(name) = piece
            && !course.kept.contains(name)
        {
            reader.fault(at.place_of("text"), &at.key_of("text"), FaultKind::NotKept(name.clone()));
        }
    }
}

/// A measure, and of which layer and expert, counted from 1 as the window does.
pub(super) fn quantity(reader: &mut Reader<'_>, at: &mut At<'_, '_>, course: &Course) -> Option<Quantity> {
    let measure = reader.measure(at, "measure");
    let (layers, experts) = (course.config.model.moe_count(), 256);
    let layer = among(reader, at, "layer", layers);
    let of_expert = measure.is_some_and(|measure| measure.of_expert());
    let expert = if of_expert { among(reader, at, "expert", experts) } else { Some(0) };
    Some(Quantity { measure: measure?, layer: layer?, expert: ExpertId(u32::try_from(expert?).ok()?) })
}

/// One of `most`, counted from 1 in the file and from 0 here; the first where it is left out.
fn among(reader: &mut Reader<'_>, at: &mut At<'_, '_>, key: &'static str, most: usize) -> Option<usize> {
    let place = at.place_of(key);
    let found = reader.optional_whole(at, key, 1, 1 << 20).unwrap_or(1);
    if found > most as u64 {
        reader.fault(place, &at.key_of(key), FaultKind::TooMany { found, most });
        return None;
    }
    usize::try_from(found - 1).ok()
}

fn predict(reader: &mut Reader<'_>, mut at: At<'_, '_>, course: &Course) -> Option<Predict> {
    let ask = reader.text(&mut at, "ask");
    let answer = match reader.one_of(&at, &["shares", "number", "choices"])? {
        "shares" => {
            let value = reader.optional(&mut at, "shares")?;
            let of = match value.get_ref().as_str() {
                Some("won") => Some(ShareOf::Won),
                Some("routed") => Some(ShareOf::Routed),
                _ => {
                    reader.wrong(value, &at.key_of("shares"), Wanted::Among(&["won", "routed"]));
                    None
                }
            };
            let layer = among(reader, &mut at, "layer", course.config.model.moe_count());
            of.zip(layer).map(|(of, layer)| Answer::Shares { of, layer })
        }
        "number" => {
            let mut table = reader.table(&mut at, "number")?;
            let quantity = quantity(reader, &mut table, course);
            let (place, key) = (table.place(), table.key().to_owned());
            let range = reader.number(&mut table, "low").zip(reader.number(&mut table, "high"));
            reader.finish(&table);
            let range = range.filter(|(low, high)| {
                let holds = low < high;
                if !holds {
                    reader.fault(place, &key, FaultKind::EmptyRange([*low, *high]));
                }
                holds
            });
            quantity.zip(range).map(|(quantity, (low, high))| Answer::Number { quantity, low, high })
        }
        _ => {
            let choices = tables(reader, &mut at, "choices", 2)?;
            let read = |table| choice(reader, table, course);
            let choices: Vec<Option<Choice>> = choices.into_iter().map(read).collect();
            choices.into_iter().collect::<Option<_>>().map(Answer::Choice)
        }
    };
    reader.finish(&at);
    Some(Predict { ask: ask?, answer: answer? })
}

fn choice(reader: &mut Reader<'_>, mut at: At<'_, '_>, course: &Course) -> Option<Choice> {
    let say = reader.text(&mut at, "say");
    let otherwise = reader.yes(&mut at, "otherwise");
    let when = match (otherwise, at.has(&["when"])[..].is_empty()) {
        (true, true) => {
            let _ = reader.optional(&mut at, "when");
            Some(Vec::new())
        }
        (true, false) => {
            reader.fault(at.place(), at.key(), FaultKind::Missing(Wanted::OneOf(&["when", "otherwise"])));
            None
        }
        (false, _) => conditions(reader, &mut at, "when", course),
    };
    reader.finish(&at);
    Some(Choice { say: say?, when: when? })
}

fn reveal(reader: &mut Reader<'_>, mut at: At<'_, '_>, course: &Course) -> Option<Reveal> {
    if !course.guessed {
        reader.fault(at.place(), at.key(), FaultKind::NoGuess);
    }
    let within = reader.optional_number(&mut at, "within").unwrap_or(0.0);
    let close = reader.text(&mut at, "close");
    let far = reader.text(&mut at, "far");
    reader.finish(&at);
    Some(Reveal { within, close: close?, far: far? })
}
