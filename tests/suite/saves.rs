//! No run is lost: one that is left, closed, wrecked, cut off or without room is found again, whole and where it was said.

use std::fs;
use std::path::{Path, PathBuf};

use moe_arena::domain::config::{Config, Preset};
use moe_arena::domain::interventions::Intervention;
use moe_arena::run::{Command, From, LeftRuns, Notice, PausedBy, Status};
use moe_arena::store::checkpoint::{self, Checkpoint};
use moe_arena::words;

use crate::run::Session;

pub fn tiny(seed: u64) -> Config {
    let mut config = Config { seed, ..Preset::Tiny.config() };
    (config.cadence.probe_every, config.cadence.validate_every) = (1000, 1000);
    config
}

pub fn fresh(seed: u64) -> From {
    From::Config(Box::new(tiny(seed)))
}

/// Everything in a folder that does not begin with a dot, by name.
pub fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).map_or_else(|_| Vec::new(), |entries| entries.map(Result::unwrap).collect());
    let mut paths: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).collect();
    paths.retain(|path| !path.file_name().unwrap().to_string_lossy().starts_with('.'));
    paths.sort();
    paths
}

/// Seed and step of every checkpoint in a folder.
pub fn runs(folder: &Path) -> Vec<(u64, u64)> {
    let of = |path: &PathBuf| {
        let manifest = checkpoint::peek(path).unwrap();
        (manifest.config.seed, manifest.progress.step)
    };
    let mut runs: Vec<(u64, u64)> = files(folder).iter().map(of).collect();
    runs.sort_unstable();
    runs
}

/// A checkpoint of a run with this seed after so many steps.
pub fn saved(folder: &Path, name: &str, seed: u64, steps: u64) -> PathBuf {
    let path = folder.join(name);
    let mut session = Session::of(fresh(seed), None, None);
    session.steps(steps);
    session.answer(Command::Save(path.clone()), |n| matches!(n, Notice::Saved { .. }));
    path
}

pub fn left(notice: Notice) -> (u64, u64, PathBuf) {
    let Notice::Left { seed, step, path } = notice else { panic!("{notice:?}") };
    (seed, step, path)
}

pub fn is_left(notice: &Notice) -> bool {
    matches!(notice, Notice::Left { .. })
}

#[test]
fn opening_a_save_of_the_autosave_folder_leaves_every_file_there_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let autosave = saved(folder.path(), "autosave.safetensors", 18, 10);
    let last_run = saved(folder.path(), "last-run.safetensors", 7, 12);
    let link = folder.path().join("link.safetensors");
    #[cfg(unix)]
    std::os::unix::fs::symlink(&autosave, &link).unwrap();
    #[cfg(not(unix))]
    fs::copy(&autosave, &link).unwrap();
    let before: Vec<_> = [&autosave, &last_run, &link].iter().map(|path| fs::read(path).unwrap()).collect();
    let roundabout = folder.path().join(".").join("last-run.safetensors");
    for (path, seed, step) in [(&last_run, 7, 12), (&link, 18, 10), (&roundabout, 7, 12), (&autosave, 18, 10)] {
        let session = Session::window(From::File(path.clone()), folder.path());
        let shot = session.reader.latest();
        assert_eq!((shot.config.seed, shot.step), (seed, step), "{}: {:?}", path.display(), shot.status);
        // It goes on, and saves itself elsewhere.
        session.steps(3);
        session.close();
        let after: Vec<_> = [&autosave, &last_run, &link].iter().map(|path| fs::read(path).unwrap()).collect();
        assert!(before == after, "{} was opened", path.display());
    }
    let own: Vec<(u64, u64)> = runs(folder.path()).into_iter().filter(|(_, step)| *step > 12).collect();
    assert_eq!(own, [(7, 15), (7, 15), (18, 13), (18, 13)], "each went on in a file of its own");
}

#[test]
fn a_start_that_has_not_trained_makes_nothing() {
    let above = tempfile::tempdir().unwrap();
    let folder = above.path().join("moe-arena");
    let session = Session::window(fresh(18), &folder);
    session.close();
    assert!(!folder.exists());
    let missing = Session::window(From::File(above.path().join("none.safetensors")), &folder);
    assert!(matches!(missing.reader.latest().status, Status::Failed(_)));
    missing.close();
    assert!(!folder.exists());
}

#[test]
fn two_windows_never_share_a_file_and_both_runs_are_found_by_a_third() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (Session::window(fresh(1), folder.path()), Session::window(fresh(2), folder.path()));
    first.steps(9);
    second.steps(5);
    first.close();
    second.close();
    assert_eq!(runs(folder.path()), [(1, 9), (2, 5)]);
    let third = Session::window(fresh(3), folder.path());
    let LeftRuns { runs: found, damaged, .. } = LeftRuns::clone(&third.reader.latest().saves.left);
    let mut listed: Vec<(u64, u64, bool)> = found.iter().map(|run| (run.seed, run.step, run.in_use)).collect();
    listed.sort_unstable();
    assert_eq!((listed, damaged), (vec![(1, 9, false), (2, 5, false)], vec![]));
    assert!(found.iter().all(|run| run.loss.is_some_and(|loss| loss > 0.0 && loss < 7.0)), "{found:?}");
}

#[test]
fn a_run_in_another_window_is_listed_as_in_use() {
    let folder = tempfile::tempdir().unwrap();
    let first = Session::window(fresh(1), folder.path());
    first.steps(4);
    first.send(Command::MoveTo("cpu".into()));
    first.wait("saved before it moves", |s| s.status == Status::Paused(PausedBy::Moved));
    let second = Session::window(fresh(2), folder.path());
    second.send(Command::ListRuns);
    let shot = second.wait("listed", |s| !s.saves.left.runs.is_empty());
    assert_eq!(
        (shot.saves.left.runs[0].seed, shot.saves.left.runs[0].step, shot.saves.left.runs[0].in_use),
        (1, 4, true)
    );
    assert!(first.reader.latest().saves.left.runs.iter().all(|run| run.seed != 1), "not its own");
}

#[test]
fn a_poisoned_router_can_be_gone_back_from() {
    let folder = tempfile::tempdir().unwrap();
    let mut session = Session::window(fresh(18), folder.path());
    session.steps(5);
    let poison = Command::Intervene { layer: 0, intervention: Intervention::PoisonRouter };
    let Notice::Saved { step: 5, path, auto: true } = session.answer(poison, |n| matches!(n, Notice::Saved { .. }))
    else {
        panic!("no save of step 5 before it")
    };
    let poisoned = session.wait("poisoned", |s| !s.interventions.trials.is_empty());
    assert_eq!(poisoned.interventions.trials[0].intervention, Intervention::PoisonRouter);
    assert_eq!(checkpoint::peek(&path).unwrap().progress.step, 5);
    session.answer(Command::GoBack, |n| matches!(n, Notice::Opened { step: 5, .. }));
    session.close();
}

#[test]
fn a_run_with_a_file_of_its_own_is_kept_beside_it_when_another_takes_its_place() {
    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().join("checkpoint.safetensors");
    let mut session = Session::of(fresh(18), None, Some(&own));
    session.steps(6);
    let (seed, step, first) = left(session.answer(Command::Reset { seed: Some(19) }, is_left));
    assert_eq!((seed, step), (18, 6));
    session.wait("reset", |s| s.step == 0);
    session.steps(3);
    session.answer(Command::Save(own.clone()), |n| matches!(n, Notice::Saved { .. }));
    // Saved, but where the next run saves itself.
    let (seed, step, second) = left(session.answer(Command::Reset { seed: Some(20) }, is_left));
    assert_eq!((seed, step), (19, 3));
    session.wait("reset", |s| s.step == 0);
    session.steps(2);
    session.close();
    let whole = |path: &Path| checkpoint::open(path).unwrap();
    let of = |whole: Checkpoint| (whole.config.seed, whole.state.progress.step);
    assert_eq!([of(whole(&first)), of(whole(&second)), of(whole(&own))], [(18, 6), (19, 3), (20, 2)]);
}

#[test]
fn going_back_keeps_the_steps_after_the_save_and_the_save() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = tiny(18);
    config.cadence.autosave_every = 4;
    let mut session = Session::window(From::Config(Box::new(config)), folder.path());
    session.steps(6);
    let own = session.reader.latest().saves.newest.clone().unwrap();
    assert_eq!((own.step, own.auto), (4, true));
    let before = fs::read(&own.path).unwrap();
    let (_, step, path) = left(session.answer(Command::GoBack, is_left));
    assert!(step == 6 && path != own.path, "{}", path.display());
    session.wait("back", |s| s.step == 4 && s.status == Status::Paused(PausedBy::Opened));
    session.steps(6);
    assert!(fs::read(&own.path).unwrap() == before, "what was gone back to is never written");
    session.close();
    assert_eq!(runs(folder.path()), [(18, 4), (18, 6), (18, 10)]);
}

#[test]
fn a_file_that_another_run_writes_is_not_saved_over_even_if_told_to() {
    let folder = tempfile::tempdir().unwrap();
    let mut other = Session::window(fresh(18), folder.path());
    other.steps(3);
    let poison = Command::Intervene { layer: 0, intervention: Intervention::PoisonRouter };
    let Notice::Saved { path: autosave, .. } = other.answer(poison, |n| matches!(n, Notice::Saved { .. })) else {
        unreachable!()
    };
    let mut session = Session::window(fresh(19), folder.path());
    session.steps(2);
    let over = Command::SaveAs { path: autosave.clone(), replace: true };
    let Notice::FileFailed { why, .. } = session.answer(over, |n| matches!(n, Notice::FileFailed { .. })) else {
        unreachable!()
    };
    let why = words::reason(&why);
    assert!(why.contains(&format!("process {}", std::process::id())) && why.contains("Choose another place"), "{why}");
    assert_eq!(checkpoint::open(&autosave).unwrap().config.seed, 18);
    // Its own file it may.
    let own = Command::SaveAs { path: autosave, replace: true };
    other.answer(own, |n| matches!(n, Notice::Saved { auto: false, .. }));
}
