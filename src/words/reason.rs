//! Reasons in words: why something was refused or failed, as the end of a sentence without its full stop.

use std::path::PathBuf;

use super::device::device_failure;
use super::folder::folder_refusal;
use super::notation;
use super::refusal::{complaints, surgery_refusal, trainer_refusal};
use super::table::sentences;
use crate::domain::quote;
use crate::run::{Holder, Reason};
use crate::tasks::text::TextDifference;

/// Places that are named where a text was looked for; of the others, how many.
const NAMED: usize = 3;
/// Digits of a hash that are shown.
const SHOWN_DIGITS: usize = 12;

sentences! { "reason":
    fn no_run();
    fn no_such_run();
    fn too_many_runs(most);
    fn race_of_one();
    fn close_instead();
    fn no_device();
    fn only_watched();
    fn not_watched();
    fn nothing_to_undo();
    fn nothing_to_redo();
    fn nothing_held();
    fn held_from(step);
    fn cancelled();
    fn not_there_yet();
    fn branch_gone();
    fn run_failed();
    fn never_saved();
    fn same_experts(experts);
    fn no_layer();
    fn steps_done[done](done: u64) { done = done };
    fn no_probe();
    fn no_token();
    fn too_many_neurons(count, most);
    fn no_thread(error);
    fn thread_ended();
    fn memory(needed, there);
    fn memory_beside(needed, held, there);
    fn card_memory(needed, device, there);
    fn binding(largest, device, limit);
    fn in_mebibytes(n);
    fn in_gibibytes(n);
    fn learns_no_text();
    fn no_file(path);
    fn length_differs(was, is);
    fn content_differs(bytes, is, was);
    fn other_text(path, how);
    fn text_changed(path, how);
    fn text_missing(name, places);
    fn more_places(places, more);
    fn journal_incomplete();
    fn not_its_text();
    fn other_points();
    fn another_text_later();
    fn later_text_gone();
    fn step_not_finite(step);
    fn entry(step, why);
    fn not_finite(tensor);
    fn file(path, why);
    fn save(path, why);
    fn written(holder);
    fn another_process();
    fn last_good_not_kept(path, error);
}

/// Why something was not done.
pub fn reason(reason: &Reason) -> String {
    let because = self::reason;
    match reason {
        Reason::Error(error) => error.to_string().trim_end_matches('.').to_owned(),
        Reason::File { path, error } => file(quote::path(path), error),
        Reason::Folder(refusal) => folder_refusal(refusal),
        Reason::Complaints(all) => complaints(all),
        Reason::Trainer(refusal) => trainer_refusal(refusal),
        Reason::Surgery(refusal) => surgery_refusal(refusal),
        Reason::NoRun => no_run().to_owned(),
        Reason::NoSuchRun => no_such_run().to_owned(),
        Reason::TooManyRuns(most) => too_many_runs(most),
        Reason::RaceOfOne => race_of_one().to_owned(),
        Reason::CloseInstead => close_instead().to_owned(),
        Reason::NothingToUndo => nothing_to_undo().to_owned(),
        Reason::NothingToRedo => nothing_to_redo().to_owned(),
        Reason::NotHeld(None) => nothing_held().to_owned(),
        Reason::NotHeld(Some(step)) => held_from(step),
        Reason::Cancelled => cancelled().to_owned(),
        Reason::NotThereYet => not_there_yet().to_owned(),
        Reason::BranchGone => branch_gone().to_owned(),
        Reason::RunFailed => run_failed().to_owned(),
        Reason::NoDevice => no_device().to_owned(),
        Reason::OnlyWatched => only_watched().to_owned(),
        Reason::NotWatched => not_watched().to_owned(),
        Reason::NeverSaved => never_saved().to_owned(),
        Reason::SameExperts(experts) => same_experts(experts),
        Reason::NoLayer => no_layer().to_owned(),
        Reason::StepsDone { done } => steps_done(*done),
        Reason::NoProbe => no_probe().to_owned(),
        Reason::NoToken => no_token().to_owned(),
        Reason::TooManyNeurons { count, most } => too_many_neurons(count, most),
        Reason::NoThread(error) => no_thread(error),
        Reason::ThreadEnded => thread_ended().to_owned(),
        Reason::Memory { needed, there } => memory(size(*needed), size(*there)),
        Reason::MemoryBeside { needed, held, there } => memory_beside(size(*needed), size(*held), size(*there)),
        Reason::CardMemory { needed, device, there } => card_memory(size(*needed), device, size(*there)),
        Reason::Binding { largest, device, limit } => binding(size(*largest), device, size(*limit)),
        Reason::LearnsNoText => learns_no_text().to_owned(),
        Reason::NoFile(path) => no_file(quote::path(path)),
        Reason::OtherText { path, how } => other_text(quote::path(path), difference(how)),
        Reason::TextChanged { path, how } => text_changed(quote::path(path), difference(how)),
        Reason::TextMissing { name, places } => text_missing(name, looked_at(places)),
        Reason::JournalIncomplete => journal_incomplete().to_owned(),
        Reason::NotItsText => not_its_text().to_owned(),
        Reason::LaterTextGone => later_text_gone().to_owned(),
        Reason::AnotherTextLater => another_text_later().to_owned(),
        Reason::OtherPoints => other_points().to_owned(),
        Reason::StepNotFinite(step) => step_not_finite(step),
        Reason::Entry { step, why } => entry(step, because(why)),
        Reason::NotFinite(tensor) => not_finite(tensor),
        Reason::Device(failure) => device_failure(failure),
        Reason::Save { path, why } => save(quote::path(path), because(why)),
        Reason::Written(by) => written(holder(by.as_deref())),
        Reason::LastGoodNotKept { path, error } => last_good_not_kept(quote::path(path), error),
    }
}

/// The process that holds a file, where it is known.
pub(super) fn holder(holder: Option<&Holder>) -> String {
    holder.map_or_else(|| another_process().to_owned(), ToString::to_string)
}

fn looked_at(places: &[PathBuf]) -> String {
    let named = places.iter().take(NAMED).map(|place| quote::path(place)).collect::<Vec<_>>().join(", ");
    if places.len() > NAMED { more_places(named, places.len() - NAMED) } else { named }
}

/// How a text differs from the one that was expected.
pub(super) fn difference(difference: &TextDifference) -> String {
    let short = |hash: &str| hash.chars().take(SHOWN_DIGITS).collect::<String>();
    match difference {
        TextDifference::Length { was, is } => length_differs(was, is),
        TextDifference::Content { bytes, was, is } => content_differs(bytes, short(is), short(was)),
    }
}

/// A reason as a sentence of its own.
pub fn sentence(why: &str) -> String {
    let mut letters = why.chars();
    let first: String = letters.next().map_or_else(String::new, |letter| letter.to_uppercase().collect());
    format!("{first}{}.", letters.as_str().trim_end_matches('.'))
}

/// Bytes in a few digits.
fn size(bytes: f64) -> String {
    let mebibytes = bytes / f64::from(1 << 20);
    let [mebi, gibi] = [notation::decimals(mebibytes, 0), notation::decimals(mebibytes / 1024.0, 1)];
    if mebibytes < 1024.0 { in_mebibytes(mebi) } else { in_gibibytes(gibi) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_says_what_there_is_and_what_to_make_smaller() {
        let device = "CPU".to_owned();
        let why = reason(&Reason::Binding { largest: f64::from(1 << 30), device, limit: f64::from(1 << 27) });
        assert!(
            why.contains("would take 1.0 GiB and CPU can bind at most 128 MiB") && why.contains("train on the CPU"),
            "{why}"
        );
        let why = reason(&Reason::Memory { needed: 3e12, there: 1e10 });
        assert!(why.contains("2794.0 GiB") && why.contains("9.3 GiB") && why.contains("probe's sequences"), "{why}");
    }

    #[test]
    fn a_missing_text_names_three_places_and_counts_the_others() {
        let places = |count: usize| (0..count).map(|place| format!("/{place}").into()).collect();
        let missing = |count| reason(&Reason::TextMissing { name: "notes.txt".into(), places: places(count) });
        let begins = "this checkpoint was trained on notes.txt, which is no longer there: not at ";
        assert_eq!(missing(1), format!("{begins}/0"));
        assert_eq!(missing(5), format!("{begins}/0, /1, /2 or 2 other places"));
    }

    #[test]
    fn a_reason_becomes_a_sentence() {
        assert_eq!((sentence("it is gone"), sentence("It is.")), ("It is gone.".into(), "It is.".into()));
    }
}
