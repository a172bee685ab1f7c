//! Plain facts in words: where a run goes on, what was left out, what its folder held.

use super::device::device_failure;
use super::effect::explanation;
use super::journal::undoable;
use super::reason::{difference, reason, sentence};
use super::table::sentences;
use crate::domain::quote;
use crate::run::{Fact, FolderFact, Reason, Rescue};

/// The file that a fact about rows is about.
const METRICS: &str = "metrics.csv";

sentences! { "fact":
    fn router_stays_random(top_k);
    fn continues(device, step);
    fn continues_from_save(device, step);
    fn continues_from_save_with_other_text(device, step, how);
    fn continues_from_the_beginning(device, step);
    fn the_cpu();
    fn went_back(from, to);
    fn undone(what);
    fn redone(what);
    fn rejoined(step);
    fn left_broken(why);
    fn left_unreadable(failure);
    fn not_saved_first(why);
    fn text_differs(how, name);
    fn points_differ();
    fn text_unproven(name);
    fn phases_discarded(step);
    fn more_alerts(more);
    fn notices_dropped(dropped);
    fn later_save(step, folder, kept, from);
    fn removing(folder, names);
    fn lock_left(name, folder, holder);
    fn config_stays(left, folder, own);
    fn its_checkpoint_alone();
    fn row_taken_out(file, step, from);
    fn rows_taken_out(file, first, last, from);
    fn row_missing(file, step);
    fn rows_missing(file, first, last);
    fn begins_late(name, step);
    fn not_taken_over(name, step, from, why);
    fn branch_kept(names, folder);
    fn taken_over(name, from);
}

/// A plain fact.
pub(crate) fn fact(fact: &Fact) -> String {
    match fact {
        Fact::RouterStaysRandom { top_k } => router_stays_random(top_k),
        Fact::ContinuesOn { device, step, from } => {
            let device = device.as_deref().unwrap_or(the_cpu());
            match from {
                Rescue::AsItWas => continues(device, step),
                Rescue::LastSave(None) => continues_from_save(device, step),
                Rescue::LastSave(Some(how)) => continues_from_save_with_other_text(device, step, difference(how)),
                Rescue::Beginning => continues_from_the_beginning(device, step),
            }
        }
        Fact::WentBack { from, to } => went_back(from, to),
        Fact::Undone(what) => undone(undoable(what)),
        Fact::Redone(what) => redone(undoable(what)),
        Fact::Rejoined(step) => rejoined(step),
        Fact::Explained(what) => explanation(what),
        Fact::LeftBroken(tensor) => left_broken(reason(&Reason::NotFinite(tensor.clone()))),
        Fact::LeftUnreadable(failure) => left_unreadable(sentence(&device_failure(failure))),
        Fact::NotSavedFirst(tensor) => not_saved_first(reason(&Reason::NotFinite(tensor.clone()))),
        Fact::TextDiffers { how, name } => text_differs(difference(how), name),
        Fact::PointsDiffer => points_differ().to_owned(),
        Fact::TextUnproven { name } => text_unproven(name),
        Fact::PhasesDiscarded { step } => phases_discarded(step),
        Fact::MoreAlerts(more) => more_alerts(more),
        Fact::NoticesDropped(dropped) => notices_dropped(dropped),
        Fact::Folder(fact) => of_folder(fact),
        Fact::Watched(fact) => super::watch::fact(fact),
    }
}

fn of_folder(fact: &FolderFact) -> String {
    match fact {
        FolderFact::LaterSave { step, folder, kept, from } => later_save(step, quote::path(folder), kept, from),
        FolderFact::Removing { folder, names } => removing(quote::path(folder), names.join(", ")),
        FolderFact::LockLeft { name, folder, holder } => lock_left(name, quote::path(folder), holder),
        FolderFact::ConfigStays { left, folder, own } => {
            config_stays(left, quote::path(folder), own.as_deref().unwrap_or(its_checkpoint_alone()))
        }
        FolderFact::RowsTakenOut { steps: (first, last), from } if first == last => row_taken_out(METRICS, first, from),
        FolderFact::RowsTakenOut { steps: (first, last), from } => rows_taken_out(METRICS, first, last, from),
        FolderFact::RowsMissing(first, last) if first == last => row_missing(METRICS, first),
        FolderFact::RowsMissing(first, last) => rows_missing(METRICS, first, last),
        FolderFact::BeginsLate { name, step } => begins_late(name, step),
        FolderFact::NotTakenOver { name, step, from, why } => not_taken_over(name, step, quote::path(from), why),
        FolderFact::BranchKept { folder, names } => branch_kept(names.join(", "), quote::path(folder)),
        FolderFact::TakenOver { name, from } => taken_over(name, quote::path(from)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tasks::text::TextDifference;

    #[test]
    fn a_run_that_moves_says_from_where_it_goes_on() {
        let said =
            |device: Option<&str>, from| fact(&Fact::ContinuesOn { device: device.map(str::to_owned), step: 12, from });
        assert_eq!(said(None, Rescue::AsItWas), "Continuing on the CPU from step 12");
        let save = said(Some("Fast One"), Rescue::LastSave(None));
        assert_eq!(
            save,
            "Continuing on Fast One from step 12, the last good save: the steps after it could not be read"
        );
        let other = said(Some("Fast One"), Rescue::LastSave(Some(TextDifference::Length { was: 9, is: 3 })));
        assert_eq!(other, format!("{save}; its text has changed: it had 9 bytes and has 3"));
        let beginning = said(None, Rescue::Beginning);
        assert!(
            beginning.ends_with("step 12: nothing was saved, and the steps taken could not be read"),
            "{beginning}"
        );
    }

    #[test]
    fn rows_are_told_by_their_steps() {
        let out = |steps| fact(&Fact::Folder(FolderFact::RowsTakenOut { steps, from: 3 }));
        assert_eq!(out((4, 4)), "metrics.csv: the row of step 4 is removed, the run continues from step 3");
        assert_eq!(out((4, 6)), "metrics.csv: the rows of steps 4 to 6 are removed, the run continues from step 3");
        let missing = |first, last| fact(&Fact::Folder(FolderFact::RowsMissing(first, last)));
        assert_eq!(
            (missing(2, 2), missing(2, 3)),
            (
                "metrics.csv: the row of step 2 is missing".into(),
                "metrics.csv: the rows of steps 2 to 3 are missing".into()
            )
        );
    }
}
