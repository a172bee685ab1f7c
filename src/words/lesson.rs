//! Lessons in words: what is wrong in a lesson file, what a check found, why a goal was missed.

use super::language;
use super::retold::{named, retold};
use super::table::sentences;
use crate::domain::language::Language;
use crate::domain::quote;
use crate::lessons::{
    CheckFault, ControlId, FaultKind, LessonChange, LessonFault, LessonFileError, Miss, NameOf, Quantity, TextSlip,
    Wanted,
};

sentences! { "lesson":
    /// A file of a lesson or a set-up cannot be read.
    pub(super) fn unreadable(error);
    fn other_kind(kind);
    fn is_config();
    fn not_toml();
    fn too_large();
    /// It is in another encoding.
    pub(super) fn encoding(encoding, line);
    fn fault(line, column, key, what);
    fn fault_of_file(line, column, what);
    fn unknown_key(known);
    fn unknown_key_meant(meant);
    fn missing(wanted);
    fn wrong(found, wanted);
    fn no_control(found);
    fn no_measure(found);
    fn no_anchor(found);
    fn with_meant(what, meant);
    fn open_brace();
    fn open_bold();
    fn no_reference(name);
    fn other_length(found, wanted);
    fn other_references(lacking, beyond);
    fn lacking_references(lacking);
    fn references_beyond(beyond);
    fn empty_range(low, high);
    fn beyond_range(value, low, high);
    fn no_range();
    fn complaint(found, expected);
    fn not_set();
    fn forbidden();
    fn never(low, high);
    fn too_few_readings(come, asked);
    fn not_kept(name);
    fn no_guess();
    fn step(step, low, high);
    fn way_forbidden(control);
    fn way_too_many(changed, most);
    fn too_many(found, most);
    fn hidden(control);
    fn wanted_text();
    fn wanted_name();
    fn wanted_whole(low, high);
    fn wanted_number();
    fn wanted_yes_no();
    fn wanted_table();
    fn wanted_list(least);
    fn wanted_pair();
    fn wanted_one_of(keys);
    fn wanted_among(texts);
    fn wanted_level();
    fn reached_idle(page, steps);
    fn way_misses(page, why);
    fn no_truth(page);
    fn many_truths(page, many);
    fn not_measured(page, measure);
    fn not_revealed(page);
    fn too_late();
    fn changed_too_many(changed, most);
    fn changed_forbidden(changed);
    fn set_beyond(control);
    fn level_not_measured();
    fn and(one, other);
    fn intervention();
    fn painting();
    fn other_change();
    /// A lesson that holds, in a line.
    pub(crate) fn holds(id, title, steps, seconds);
    /// One that does not.
    pub(crate) fn fails(id, title);
    /// A goal of it.
    pub(crate) fn goal_reached(page, steps, within);
    /// A file that cannot be read as a lesson.
    pub(crate) fn file(file, error);
    /// The check of a lesson begins.
    pub(crate) fn checking(title);
    /// It takes too long.
    pub(crate) fn out_of_time(page, seconds);
    /// The run would not follow.
    pub(crate) fn refused(page, why);
    /// Some do not hold.
    pub(crate) fn not_all(failed, all);
    /// A lesson in the list.
    pub(crate) fn listed(number, id, title, minutes, about);
    /// What `--seconds` may be.
    pub(crate) fn some_seconds();
}

/// Why a file is no lesson that can be opened; follows its name. One line for each fault.
pub fn lesson_file_error(error: &LessonFileError) -> String {
    match error {
        LessonFileError::Unreadable(error) => unreadable(error),
        LessonFileError::Other(kind) => other_kind(retold(kind.words())),
        LessonFileError::Config => is_config().to_owned(),
        LessonFileError::NotToml => not_toml().to_owned(),
        LessonFileError::TooLarge => too_large().to_owned(),
        LessonFileError::Encoding { encoding: found, line } => encoding(found, line),
        LessonFileError::Faults(faults) => faults.iter().map(lesson_fault).collect::<Vec<_>>().join("\n"),
    }
}

/// A fault with its line, column and key.
pub fn lesson_fault(found: &LessonFault) -> String {
    let what = kind(&found.kind);
    match found.key.as_str() {
        "" => fault_of_file(found.line, found.column, what),
        key => fault(found.line, found.column, key, what),
    }
}

fn kind(kind: &FaultKind) -> String {
    match kind {
        FaultKind::Syntax(why) | FaultKind::Unread(why) => quote::escaped(why).into_owned(),
        FaultKind::UnknownKey { meant: Some(meant), .. } => unknown_key_meant(meant),
        FaultKind::UnknownKey { meant: None, known } => unknown_key(known.join(", ")),
        FaultKind::Missing(what) => missing(wanted(what)),
        FaultKind::Wrong { found, wanted: what } => wrong(found, wanted(what)),
        FaultKind::UnknownName { of, found, meant } => {
            let what = match of {
                NameOf::Control => no_control(found),
                NameOf::Measure => no_measure(found),
                NameOf::Anchor => no_anchor(found),
            };
            meant.as_ref().map_or(what.clone(), |meant| with_meant(what, meant))
        }
        FaultKind::Text(TextSlip::OpenBrace) => open_brace().to_owned(),
        FaultKind::Text(TextSlip::OpenBold) => open_bold().to_owned(),
        FaultKind::Text(TextSlip::Unknown { name, meant }) => {
            let what = no_reference(quote::name(name));
            meant.as_ref().map_or(what.clone(), |meant| with_meant(what, meant))
        }
        FaultKind::Length { found, wanted } => other_length(found, wanted),
        FaultKind::References { lacking, beyond } => match (&lacking.join(", ")[..], &beyond.join(", ")[..]) {
            (lacking, "") => lacking_references(lacking),
            ("", beyond) => references_beyond(beyond),
            (lacking, beyond) => other_references(lacking, beyond),
        },
        FaultKind::EmptyRange([low, high]) => empty_range(low, high),
        FaultKind::BeyondRange { value, range: [low, high] } => beyond_range(value, low, high),
        FaultKind::NoRange => no_range().to_owned(),
        FaultKind::Config(found) => complaint(quote::name(&found.found), retold(&found.expected)),
        FaultKind::NotSet => not_set().to_owned(),
        FaultKind::Forbidden => forbidden().to_owned(),
        FaultKind::Never([low, high]) => never(low, high),
        FaultKind::TooFewReadings { come, asked } => too_few_readings(come, asked),
        FaultKind::NotKept(name) => not_kept(quote::name(name)),
        FaultKind::NoGuess => no_guess().to_owned(),
        FaultKind::Step { step: found, range: [low, high] } => step(found, low, high),
        FaultKind::WayForbidden(control) => way_forbidden(control),
        FaultKind::WayTooMany { changed, most } => way_too_many(changed, most),
        FaultKind::TooMany { found, most } => too_many(found, most),
        FaultKind::Hidden(control) => hidden(control),
    }
}

fn wanted(wanted: &Wanted) -> String {
    let quoted = |texts: &[&str]| texts.iter().map(|text| format!("“{text}”")).collect::<Vec<_>>().join(", ");
    match wanted {
        Wanted::Text => wanted_text().to_owned(),
        Wanted::Name => wanted_name().to_owned(),
        Wanted::Whole(low, high) => wanted_whole(low, high),
        Wanted::Number => wanted_number().to_owned(),
        Wanted::YesNo => wanted_yes_no().to_owned(),
        Wanted::Table => wanted_table().to_owned(),
        Wanted::List(least) => wanted_list(least),
        Wanted::Pair => wanted_pair().to_owned(),
        Wanted::OneOf(keys) => wanted_one_of(keys.join(", ")),
        Wanted::Among(texts) => wanted_among(quoted(texts)),
        Wanted::Level => wanted_level().to_owned(),
    }
}

/// What a check found wrong.
pub fn check_fault(fault: &CheckFault) -> String {
    match fault {
        CheckFault::ReachedIdle { page, steps } => reached_idle(page + 1, steps),
        CheckFault::WayMisses { page, miss: why } => way_misses(page + 1, miss(why)),
        CheckFault::Truths { page, many: 0 } => no_truth(page + 1),
        CheckFault::Truths { page, many } => many_truths(page + 1, many),
        CheckFault::NotMeasured { page, quantity: Quantity { measure, .. } } => not_measured(page + 1, measure),
        CheckFault::NotRevealed { page } => not_revealed(page + 1),
    }
}

/// Why a goal was missed.
pub fn miss(miss: &Miss) -> String {
    match miss {
        Miss::TooLate => too_late().to_owned(),
        Miss::TooMany { changed, most } => {
            let names = changed.iter().map(change).reduce(and).unwrap_or_default();
            changed_too_many(names, most)
        }
        Miss::NotAllowed(found) => changed_forbidden(change(found)),
        Miss::Beyond(id) => set_beyond(control(*id)),
        Miss::NotMeasured => level_not_measured().to_owned(),
    }
}

/// A control by name: as a lesson has it, or in another language as the window does.
fn control(id: ControlId) -> String {
    match (language::spoken(), id) {
        (Language::English, id) => id.to_string(),
        (_, ControlId::Knob(id)) => named(id.spec().name).to_owned(),
        (_, id) => retold(&id.to_string().replace('-', " ")).into_owned(),
    }
}

/// What was changed, by name.
pub(crate) fn change(change: &LessonChange) -> String {
    match change {
        LessonChange::Control(id) => control(*id),
        LessonChange::Intervention => intervention().to_owned(),
        LessonChange::Painting => painting().to_owned(),
        LessonChange::Other => other_change().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lessons::{ControlId, Lesson};

    #[test]
    fn a_fault_is_told_with_line_column_key_and_what_was_expected() {
        let faults = Lesson::from_toml("id = \"one\"\ntitel = \"One\"\nminutes = 0\n").unwrap_err();
        let said: Vec<String> = faults.iter().map(lesson_fault).collect();
        let found = |part: &str| assert!(said.iter().any(|text| text.contains(part)), "{part}: {said:#?}");
        found("line 2, column 1: titel: there is no such key; did you mean “title”?");
        found("line 3, column 11: minutes: found 0; expected a whole number from 1 to 240");
        found("line 1, column 1: pages: missing; expected a list of at least 1");
    }

    #[test]
    fn a_miss_names_what_was_changed() {
        let changed: Vec<LessonChange> =
            ["top-k", "noise"].iter().filter_map(|name| ControlId::of(name)).map(LessonChange::Control).collect();
        let said = miss(&Miss::TooMany { changed, most: 1 });
        assert!(said.contains("top-k") && said.contains("noise") && said.contains('1'), "{said}");
    }
}
