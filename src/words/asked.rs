//! What was asked for, in words: as a refusal names it, as the status line says that it is being prepared, and which file was
//! worked on.

use super::journal::painted;
use super::retold;
use super::table::sentences;
use crate::domain::interventions::Intervention;
use crate::domain::quote;
use crate::run::{Asked, FileWork, Preparation};

sentences! { "asked":
    fn go_back();
    fn rewind(step);
    fn undo();
    fn redo();
    fn rejoin();
    fn save();
    fn another_run();
    fn move_to(device);
    fn other_text();
    fn experts(surgery, target);
    fn stop_at(step);
    fn run_beside();
    fn branch();
    fn race();
    fn end_the_only_run();
    fn of_session(session);
    fn compare_weights();
    fn other_routes();
    fn reference();
    fn of_watched();
    fn watch(folder);
    fn starting();
    fn choosing_device();
    fn checking_device(part, parts, kernels, of_kernels);
    fn drawing_weights();
    fn building_kernels();
    fn building_kernels_so_far(kernels, of_kernels);
    fn reading_text();
    fn opening(path);
    fn changing_experts(what);
    fn bringing_up(device);
    fn rewinding(step);
    fn work_opening(path);
    fn work_saving(path);
    fn work_own_file();
    fn work_the_run();
    fn work_run_files();
    fn muted(expert);
    fn unmuted(expert);
    fn frozen(expert);
    fn unfrozen(expert);
    fn cloned(over, of);
    fn reset(expert);
    fn poisoned();
    fn balance_forced();
    fn fault_removed();
    fn collapse_forced(expert);
}

/// What was asked for and could not be done.
pub(crate) fn asked(asked: &Asked) -> String {
    match asked {
        Asked::GoBack => go_back().to_owned(),
        Asked::Rewind(step) => rewind(step),
        Asked::Undo => undo().to_owned(),
        Asked::Redo => redo().to_owned(),
        Asked::Rejoin => rejoin().to_owned(),
        Asked::StopAt(step) => stop_at(step),
        Asked::Save => save().to_owned(),
        Asked::AnotherRun => another_run().to_owned(),
        Asked::MoveTo(device) => move_to(device),
        Asked::OtherText => other_text().to_owned(),
        Asked::Knobs(changes) => retold::changes(changes),
        Asked::Experts { surgery, target } => experts(super::surgery(*surgery), target),
        Asked::Intervention(what) => intervention(*what),
        Asked::Paint { layer, from, to, compete } => painted(*layer, *from, *to, *compete),
        Asked::RunBeside => run_beside().to_owned(),
        Asked::Branch => branch().to_owned(),
        Asked::Race => race().to_owned(),
        Asked::EndTheOnlyRun => end_the_only_run().to_owned(),
        Asked::OfSession(session) => of_session(session),
        Asked::CompareWeights => compare_weights().to_owned(),
        Asked::OtherRoutes => other_routes().to_owned(),
        Asked::Reference => reference().to_owned(),
        Asked::OfWatched => of_watched().to_owned(),
        Asked::Watch(folder) => watch(quote::path(folder)),
    }
}

/// What a run is getting ready.
pub(crate) fn preparation(preparation: &Preparation) -> String {
    match preparation {
        Preparation::Starting => starting().to_owned(),
        Preparation::Device => choosing_device().to_owned(),
        Preparation::Weights => drawing_weights().to_owned(),
        Preparation::Check(at) => checking_device(at.part, at.parts, at.kernels, at.of_kernels),
        Preparation::Kernels { of: 0, .. } => building_kernels().to_owned(),
        Preparation::Kernels { begun, of } => building_kernels_so_far(begun, of),
        Preparation::Text => reading_text().to_owned(),
        Preparation::Opening(path) => opening(quote::path(path)),
        Preparation::Experts { surgery, target } => changing_experts(experts(super::surgery(*surgery), target)),
        Preparation::MovingTo(device) => bringing_up(device),
        Preparation::Rewinding(step) => rewinding(step),
    }
}

/// Work on a file that can fail, as the beginning of a sentence.
pub(super) fn file_work(work: &FileWork) -> String {
    match work {
        FileWork::Opening(path) => work_opening(quote::path(path)),
        FileWork::Saving(path) => work_saving(quote::path(path)),
        FileWork::SavingToOwnFile => work_own_file().to_owned(),
        FileWork::SavingTheRun => work_the_run().to_owned(),
        FileWork::RunFiles => work_run_files().to_owned(),
    }
}

/// What was done to a layer on purpose.
pub fn intervention(intervention: Intervention) -> String {
    match intervention {
        Intervention::Mute { expert, on: true } => muted(expert),
        Intervention::Mute { expert, on: false } => unmuted(expert),
        Intervention::Freeze { expert, on: true } => frozen(expert),
        Intervention::Freeze { expert, on: false } => unfrozen(expert),
        Intervention::Clone { of, over } => cloned(over, of),
        Intervention::Reset { expert } => reset(expert),
        Intervention::PoisonRouter => poisoned().to_owned(),
        Intervention::ForceBalance { on: true } => balance_forced().to_owned(),
        Intervention::ForceBalance { on: false } | Intervention::ForceCollapse { onto: None } => {
            fault_removed().to_owned()
        }
        Intervention::ForceCollapse { onto: Some(expert) } => collapse_forced(expert),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::roster::{ExpertId, Surgery};

    #[test]
    fn a_surgery_is_named_alike_where_it_is_refused_and_prepared() {
        let (surgery, target) = (Surgery::SplitBusiest, 7);
        assert_eq!(asked(&Asked::Experts { surgery, target }), "split the busiest to 7 experts");
        let prepared = preparation(&Preparation::Experts { surgery, target });
        assert_eq!(prepared, "changing the experts: split the busiest to 7 experts");
        let clone = Intervention::Clone { of: ExpertId(0), over: ExpertId(3) };
        assert_eq!(asked(&Asked::Intervention(clone)), "expert 4 replaced by a copy of 1");
        let paint = Asked::Paint { layer: 0, from: 4, to: 6, compete: Some(true) };
        assert_eq!(asked(&paint), "L1: 3 steps painted to compete");
        assert_eq!(file_work(&FileWork::Saving("a.safetensors".into())), "Saving to a.safetensors");
    }
}
