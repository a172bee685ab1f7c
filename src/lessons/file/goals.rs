//! Reads what a lesson does and demands: acts, conditions, goals; follows the run as far as it can be foreseen, so that what
//! cannot be is told before anybody tries.

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeValue, ValueDeserializer};

use super::super::condition::{Condition, Level, Subject};
use super::super::fault::{FaultKind, Wanted};
use super::super::ids::ControlId;
use super::super::lesson::{Goal, LessonAct};
use super::super::setting::{Setting, config_with};
use super::pages::quantity;
use super::reader::{At, Reader};
use super::tables;
use crate::domain::config::{Config, Knobs, in_plain_words};
use crate::run::Command;
use crate::store::alerts::Side;

/// What may be done.
const ACTS: [&str; 5] = ["until", "steps", "set", "begin", "command"];

/// The run as far as it can be foreseen.
pub(super) struct Course {
    /// What the lesson begins with.
    pub config: Config,
    controls: Vec<ControlId>,
    locked: Vec<(ControlId, [f64; 2])>,
    knobs: Knobs,
    /// Steps that are done at least.
    step: u64,
    /// Names of the numbers that were kept.
    pub kept: Vec<String>,
    /// Names of the numbers that any page keeps.
    pub keeps: Vec<String>,
    /// Whether something was guessed.
    pub guessed: bool,
}

impl Course {
    pub fn new(config: Config, controls: Vec<ControlId>, locked: Vec<(ControlId, [f64; 2])>) -> Self {
        let knobs = config.knobs.clone();
        Self { config, controls, locked, knobs, step: 0, kept: Vec::new(), keeps: Vec::new(), guessed: false }
    }

    /// The knobs, as far as they can be foreseen.
    pub fn knobs(&self) -> &Knobs {
        &self.knobs
    }

    /// From here on the knobs are these.
    pub fn go_on_with(&mut self, knobs: Knobs) {
        self.knobs = knobs;
    }
}

/// A list of acts; empty where it is left out.
pub(super) fn acts(
    reader: &mut Reader<'_>,
    at: &mut At<'_, '_>,
    key: &'static str,
    course: &mut Course,
) -> Option<Vec<LessonAct>> {
    if at.has(&[key]).is_empty() {
        let _ = reader.optional(at, key);
        return Some(Vec::new());
    }
    let mut acts = Some(Vec::new());
    for mut table in tables(reader, at, key, 1)? {
        let found = act(reader, &mut table, course);
        reader.finish(&table);
        acts = acts.zip(found).map(|(mut acts, found)| {
            acts.push(found);
            acts
        });
    }
    acts
}

/// One act.
fn act(reader: &mut Reader<'_>, at: &mut At<'_, '_>, course: &mut Course) -> Option<LessonAct> {
    match reader.one_of(at, &ACTS)? {
        "until" => {
            let place = at.place_of("until");
            let step = reader.whole(at, "until", 1, u64::from(u32::MAX))?;
            let range = [course.step, course.config.steps];
            if !(range[0]..=range[1]).contains(&step) {
                reader.fault(place, &at.key_of("until"), FaultKind::Step { step, range });
                return None;
            }
            course.step = step;
            Some(LessonAct::Until(step))
        }
        "steps" => {
            let count = reader.whole(at, "steps", 1, u64::from(u32::MAX))?;
            course.step += count;
            Some(LessonAct::Steps(count))
        }
        "set" => {
            let table = reader.table(at, "set")?;
            let settings = settings(reader, &table, course, false)?;
            Some(LessonAct::Set(settings))
        }
        "begin" => {
            let table = reader.table(at, "begin")?;
            let settings = settings(reader, &table, course, true)?;
            let config = config_with(&settings, &course.config);
            for complaint in config.validate() {
                reader.fault(table.place(), table.key(), FaultKind::Config(complaint));
            }
            (course.step, course.knobs) = (0, config.knobs);
            Some(LessonAct::Begin(settings))
        }
        _ => command(reader, at, is_allowed).map(LessonAct::Command),
    }
}

/// A table of controls and values.
pub(super) fn settings(
    reader: &mut Reader<'_>,
    table: &At<'_, '_>,
    course: &mut Course,
    begins: bool,
) -> Option<Vec<Setting>> {
    let (mut settings, mut sound) = (Vec::new(), true);
    for (name, value) in table.entries() {
        let key = table.key_of(name.get_ref());
        let Some(control) = reader.control(name.get_ref(), name.span().start, &key) else {
            sound = false;
            continue;
        };
        let read = toml::Value::deserialize(ValueDeserializer::from(value.clone()));
        let Ok(read) = read else { continue };
        let number = read.as_float().or_else(|| read.as_integer().map(|number| number as f64));
        let setting = Setting { control, value: read };
        let mut config = Config { knobs: course.knobs.clone(), ..course.config.clone() };
        let put = match begins {
            true => setting.put_into(&mut config),
            false => setting.put_into_knobs(&course.knobs).map(|knobs| config.knobs = knobs),
        };
        let range = course.locked.iter().find(|(id, _)| *id == control).map(|(_, range)| *range);
        let beyond = range.zip(number).filter(|([low, high], value)| !(low..=high).contains(&value));
        let fault = match (put, beyond) {
            (Err(Some(why)), _) => Some(FaultKind::Unread(in_plain_words(&why))),
            (Err(None), _) => Some(FaultKind::NotSet),
            (Ok(()), Some((range, value))) => Some(FaultKind::BeyondRange { value, range }),
            (Ok(()), None) => config.knobs.validate(config.model.experts).into_iter().next().map(FaultKind::Config),
        };
        match fault {
            Some(fault) => {
                reader.fault(value.span().start, &key, fault);
                sound = false;
            }
            None => {
                course.knobs = config.knobs;
                settings.push(setting);
            }
        }
    }
    sound.then_some(settings)
}

/// A command of the run, as its journal writes it, if it is allowed: nothing that reads or writes files, begins another run or
/// moves it.
pub(super) fn command(
    reader: &mut Reader<'_>,
    at: &mut At<'_, '_>,
    allowed: impl Fn(&Command) -> bool,
) -> Option<Command> {
    let value = reader.value(at, "command", Wanted::Table)?;
    let key = at.key_of("command");
    let read: Result<Command, _> = Command::deserialize(ValueDeserializer::from(value.clone()));
    match read {
        Ok(command) if allowed(&command) => Some(command),
        Ok(_) => {
            reader.fault(value.span().start, &key, FaultKind::Forbidden);
            None
        }
        Err(error) => {
            let place = error.span().map_or(value.span().start, |span| span.start);
            reader.fault(place, &key, FaultKind::Unread(in_plain_words(error.message())));
            None
        }
    }
}

fn is_allowed(command: &Command) -> bool {
    match command {
        Command::Speed(_)
        | Command::Watch { .. }
        | Command::Intervene { .. }
        | Command::Paint { .. }
        | Command::KnockOut { .. }
        | Command::Explain { .. }
        | Command::CompareWeights { .. }
        | Command::Experts { .. }
        | Command::Reference => true,
        // Steps, knobs and new runs have acts of their own, by which it is known what is done.
        _ => false,
    }
}

/// A list of at least one condition.
pub(super) fn conditions(
    reader: &mut Reader<'_>,
    at: &mut At<'_, '_>,
    key: &'static str,
    course: &Course,
) -> Option<Vec<Condition>> {
    let tables = tables(reader, at, key, 1)?;
    let conditions: Vec<Option<Condition>> = tables
        .into_iter()
        .map(|mut table| {
            let found = condition(reader, &mut table, course);
            reader.finish(&table);
            found
        })
        .collect();
    conditions.into_iter().collect()
}

fn condition(reader: &mut Reader<'_>, at: &mut At<'_, '_>, course: &Course) -> Option<Condition> {
    let subject = match reader.one_of(at, &["measure", "kept"])? {
        "measure" => quantity(reader, at, course).map(Subject::Measure),
        _ => {
            let place = at.place_of("kept");
            let name = reader.text(at, "kept")?;
            is_kept(reader, name, place, &at.key_of("kept"), course).map(Subject::Kept)
        }
    };
    let readings = reader.optional_whole(at, "readings", 1, 10_000).unwrap_or(1);
    let mean = reader.yes(at, "mean");
    let key = reader.one_of(at, &["above", "below"])?;
    let side = if key == "above" { Side::Above } else { Side::Below };
    let value = reader.value(at, key, Wanted::Level)?;
    let level = level(reader, value, &at.key_of(key), course)?;
    let subject = subject?;
    let (low, high) = match &subject {
        Subject::Measure(quantity) => quantity.measure.range(&course.config),
        Subject::Kept(_) => (f64::NEG_INFINITY, f64::INFINITY),
    };
    let never = match (&level, side) {
        (Level::Number(level), Side::Above) => *level >= high,
        (Level::Number(level), Side::Below) => *level <= low,
        (Level::Kept { .. }, _) => false,
    };
    if never {
        reader.fault(value.span().start, &at.key_of(key), FaultKind::Never([low, high]));
        return None;
    }
    Some(Condition { subject, side, level, readings: u32::try_from(readings).ok()?, mean })
}

fn level(reader: &mut Reader<'_>, value: &Spanned<DeValue<'_>>, key: &str, course: &Course) -> Option<Level> {
    let Some(mut at) = At::of(value, key.to_owned()) else {
        let found = reader.as_number(value, key, Wanted::Level)?;
        return Some(Level::Number(found));
    };
    let name = reader.text(&mut at, "kept");
    let times = reader.optional_number(&mut at, "times").unwrap_or(1.0);
    reader.finish(&at);
    let name = is_kept(reader, name?, value.span().start, key, course)?;
    Some(Level::Kept { name, times })
}

/// A name of a number that is kept by a page; in a question, of a later one as well.
fn is_kept(reader: &mut Reader<'_>, name: String, place: usize, key: &str, course: &Course) -> Option<String> {
    if course.kept.contains(&name) || course.keeps.contains(&name) {
        return Some(name);
    }
    reader.fault(place, key, FaultKind::NotKept(name));
    None
}

/// Where the run is to be brought, and a way that leads there.
pub(super) fn goal(reader: &mut Reader<'_>, mut at: At<'_, '_>, course: &mut Course) -> Option<Goal> {
    let conditions = conditions(reader, &mut at, "when", course);
    let within = reader.whole(&mut at, "within", 1, u64::from(u32::MAX));
    let at_most = reader.optional_whole(&mut at, "at-most", 1, 100).and_then(|most| usize::try_from(most).ok());
    let only = match at.has(&["only"])[..] {
        [] => {
            let _ = reader.optional(&mut at, "only");
            None
        }
        _ => reader.controls(&mut at, "only", 1),
    };
    for control in only.iter().flatten().filter(|control| !course.controls.contains(control)) {
        reader.fault(at.place_of("only"), &at.key_of("only"), FaultKind::Hidden(*control));
    }
    for condition in conditions.iter().flatten() {
        let every = match &condition.subject {
            Subject::Measure(quantity) => quantity.measure.every(&course.config).max(1),
            // It is read once and for all, so that nothing done can reach it.
            Subject::Kept(_) => u64::MAX,
        };
        let come = within.unwrap_or(u64::MAX) / every;
        if come < u64::from(condition.readings) {
            let fault = FaultKind::TooFewReadings { come, asked: condition.readings };
            reader.fault(at.place_of("within"), &at.key_of("when"), fault);
        }
    }
    let place = at.place_of("show");
    let shown = shown(reader, &mut at, within.unwrap_or(u64::MAX), course);
    let key = at.key_of("show");
    reader.finish(&at);
    let goal = Goal { conditions: conditions?, within: within?, at_most, only, shown: shown? };
    way_is_allowed(reader, &goal, course, place, &key);
    Some(goal)
}

/// The way: acts, each so many steps after the beginning.
fn shown(
    reader: &mut Reader<'_>,
    at: &mut At<'_, '_>,
    within: u64,
    course: &mut Course,
) -> Option<Vec<(u64, LessonAct)>> {
    let (mut shown, mut last) = (Some(Vec::new()), 0);
    for mut table in tables(reader, at, "show", 1)? {
        let place = table.place_of("at");
        let after = reader.optional_whole(&mut table, "at", 0, u64::from(u32::MAX)).unwrap_or(last);
        if !(last..=within).contains(&after) {
            let fault = FaultKind::Step { step: after, range: [last, within] };
            reader.fault(place, &table.key_of("at"), fault);
        }
        last = after;
        let found = act(reader, &mut table, course);
        reader.finish(&table);
        shown = shown.zip(found).map(|(mut shown, found)| {
            shown.push((after, found));
            shown
        });
    }
    shown
}

/// The shown way may do no more than who follows the lesson.
fn way_is_allowed(reader: &mut Reader<'_>, goal: &Goal, course: &Course, place: usize, key: &str) {
    let mut changed: Vec<ControlId> = Vec::new();
    for (_, act) in &goal.shown {
        match act {
            LessonAct::Set(settings) | LessonAct::Begin(settings) => {
                changed.extend(settings.iter().map(|setting| setting.control));
            }
            LessonAct::Command(Command::Experts { .. }) => changed.push(ControlId::Experts),
            LessonAct::Command(_) | LessonAct::Until(_) | LessonAct::Steps(_) | LessonAct::Back(_) => {}
        }
    }
    changed.sort();
    changed.dedup();
    let allowed = goal.only.as_ref().unwrap_or(&course.controls);
    for control in changed.iter().filter(|control| !allowed.contains(control)) {
        reader.fault(place, key, FaultKind::WayForbidden(*control));
    }
    if let Some(most) = goal.at_most.filter(|&most| changed.len() > most) {
        reader.fault(place, key, FaultKind::WayTooMany { changed: changed.len(), most });
    }
}
