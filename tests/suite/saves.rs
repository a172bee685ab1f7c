//! No run is lost: one that is left, closed, wrecked, cut off or without room is found again, whole and where it was said.

use std::fs;
use std::path::{Path, PathBuf};

use moe_arena::domain::config::{Config, Preset, TaskConfig};
use moe_arena::domain::interventions::Intervention;
use moe_arena::domain::roster::Surgery;
use moe_arena::run::{AppCommand, Command, From, InjectedFault, LeftRuns, Notice, PausedBy, Status};
use moe_arena::store::checkpoint::{self, Checkpoint};
use moe_arena::words;

use crate::run::{PATIENCE, Session};

fn tiny(seed: u64) -> Config {
    let mut config = Config { seed, ..Preset::Tiny.config() };
    (config.cadence.probe_every, config.cadence.validate_every) = (1000, 1000);
    config
}

fn fresh(seed: u64) -> From {
    From::Config(Box::new(tiny(seed)))
}

/// Everything in a folder that does not begin with a dot, by name.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).map_or_else(|_| Vec::new(), |entries| entries.map(Result::unwrap).collect());
    let mut paths: Vec<PathBuf> = entries.into_iter().map(|entry| entry.path()).collect();
    paths.retain(|path| !path.file_name().unwrap().to_string_lossy().starts_with('.'));
    paths.sort();
    paths
}

/// Seed and step of every checkpoint in a folder.
fn runs(folder: &Path) -> Vec<(u64, u64)> {
    let of = |path: &PathBuf| {
        let manifest = checkpoint::peek(path).unwrap();
        (manifest.config.seed, manifest.progress.step)
    };
    let mut runs: Vec<(u64, u64)> = files(folder).iter().map(of).collect();
    runs.sort_unstable();
    runs
}

/// A checkpoint of a run with this seed after so many steps.
fn saved(folder: &Path, name: &str, seed: u64, steps: u64) -> PathBuf {
    let path = folder.join(name);
    let mut session = Session::of(fresh(seed), None, None);
    session.steps(steps);
    session.answer(Command::Save(path.clone()), |n| matches!(n, Notice::Saved { .. }));
    path
}

fn left(notice: Notice) -> (u64, u64, PathBuf) {
    let Notice::Left { seed, step, path } = notice else { panic!("{notice:?}") };
    (seed, step, path)
}

fn is_left(notice: &Notice) -> bool {
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
fn a_run_that_is_left_is_saved_first_and_it_is_said_where() {
    let folder = tempfile::tempdir().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let other = saved(elsewhere.path(), "other.safetensors", 5, 4);
    let new = Command::New(Box::new(tiny(99)));
    let text = elsewhere.path().join("notes.txt");
    fs::write(&text, "All is well. ".repeat(500)).unwrap();
    let dropped = Config { task: TaskConfig::Text(moe_arena::domain::config::Text::File(text)), ..tiny(31) };
    let leaving = [
        Command::Reset { seed: None },
        Command::Reset { seed: Some(19) },
        new,
        Command::Open(other.clone()),
        Command::New(Box::new(dropped)),
    ];
    let mut session = Session::window(fresh(18), folder.path());
    for (nth, command) in leaving.into_iter().enumerate() {
        let before = session.steps(6 + nth as u64);
        let (seed, step, path) = left(session.answer(command.clone(), is_left));
        assert_eq!((seed, step), (before.config.seed, before.step), "{command:?}");
        assert_eq!(path.parent(), Some(folder.path()));
        let whole = checkpoint::open(&path).unwrap();
        assert_eq!((whole.config.seed, whole.state.progress.step), (seed, step));
        session.wait("another run", |s| matches!(s.status, Status::Paused(PausedBy::Start | PausedBy::Opened)));
        session.wait("listed", |s| s.saves.left.runs.iter().any(|run| run.path == path));
    }
    assert_eq!(runs(folder.path()).len(), 5, "each has a file of its own");
}

#[test]
fn a_run_without_new_steps_is_left_without_another_file() {
    let folder = tempfile::tempdir().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let mine = elsewhere.path().join("mine.safetensors");
    let mut session = Session::window(fresh(18), folder.path());
    session.steps(6);
    session.wait("unsaved", |s| s.saves.unsaved && s.unsaved_steps() == 6);
    session.answer(Command::Save(mine.clone()), |n| matches!(n, Notice::Saved { .. }));
    session.wait("saved", |s| !s.saves.unsaved);
    session.send(Command::Reset { seed: None });
    session.wait("reset", |s| s.step == 0);
    assert!(files(folder.path()).is_empty() && mine.exists());
}

#[test]
fn a_run_that_was_opened_and_changed_is_saved_though_it_took_no_step() {
    let folder = tempfile::tempdir().unwrap();
    let elsewhere = tempfile::tempdir().unwrap();
    let path = saved(elsewhere.path(), "mine.safetensors", 5, 4);
    let before = fs::read(&path).unwrap();
    let mut session = Session::window(From::File(path.clone()), folder.path());
    let surgery = moe_arena::domain::roster::Surgery::SplitBusiest;
    session.answer(Command::Experts { target: 6, surgery }, |n| matches!(n, Notice::Reshaped { .. }));
    session.wait("changed", |s| s.saves.unsaved);
    let (_, _, kept) = left(session.answer(Command::Reset { seed: None }, is_left));
    assert_eq!(checkpoint::peek(&kept).unwrap().progress.rosters[0].len(), 6);
    assert!(fs::read(&path).unwrap() == before, "the file that was opened is never written unasked");
}

#[test]
fn a_run_that_cannot_be_saved_stays_unless_it_may_be_lost() {
    let above = tempfile::tempdir().unwrap();
    // A file where the folder should be.
    let folder = above.path().join("moe-arena");
    fs::write(&folder, "not a folder").unwrap();
    let mut session = Session::window(fresh(18), &folder);
    session.steps(5);
    let other = saved(above.path(), "other.safetensors", 5, 4);
    for command in [
        Command::Reset { seed: None },
        Command::New(Box::new(tiny(3))),
        Command::Open(other.clone()),
        Command::MoveTo("cpu".into()),
    ] {
        let notice = session.answer(command.clone(), |n| matches!(n, Notice::NotLeft { .. }));
        let Notice::NotLeft { command: refused, why } = notice else { unreachable!() };
        assert_eq!(*refused, command.clone().into());
        assert!(words::reason(&why).contains("moe-arena"), "{why:?}");
        let shot = session.wait("as it was", |s| matches!(s.status, Status::Paused(_)));
        assert_eq!((shot.config.seed, shot.step), (18, 5), "{command:?}");
    }
    session.send(AppCommand::Discarding(Box::new(Command::Reset { seed: Some(77) }.into())));
    session.wait("reset", |s| s.step == 0 && s.config.seed == 77);
    session.steps(2);
    let refused = session.answer(Command::Reset { seed: None }, |n| matches!(n, Notice::NotLeft { .. }));
    assert!(refused.is_bad(), "permission is given once");
    session.send(AppCommand::Discarding(Box::new(AppCommand::Quit)));
}

#[test]
fn what_only_a_save_can_undo_is_not_done_without_one_unless_it_may_be() {
    let above = tempfile::tempdir().unwrap();
    // A file where the folder should be.
    let folder = above.path().join("moe-arena");
    fs::write(&folder, "not a folder").unwrap();
    let mut session = Session::window(fresh(18), &folder);
    let before = session.steps(5);
    let [one, other] = [0, 1].map(|slot| before.model.rosters[0].slots[slot]);
    let surgery = Surgery::AddFresh;
    for command in [
        Command::Experts { target: 6, surgery },
        Command::Intervene { layer: 0, intervention: Intervention::Clone { of: one, over: other } },
        Command::Intervene { layer: 0, intervention: Intervention::Reset { expert: one } },
        Command::Intervene { layer: 0, intervention: Intervention::PoisonRouter },
        Command::HalveBatch,
    ] {
        let notice = session.answer(command.clone(), |n| matches!(n, Notice::NotLeft { .. }));
        let Notice::NotLeft { command: refused, .. } = notice else { unreachable!() };
        assert_eq!(*refused, command.clone().into());
        let shot = session.wait("as it was", |s| s.status == before.status);
        assert_eq!((&shot.model.rosters, &shot.config), (&before.model.rosters, &before.config), "{command:?}");
        assert_eq!(
            shot.memory.history.journal.entries().len(),
            before.memory.history.journal.entries().len(),
            "{command:?}"
        );
    }
    session.send(Command::Intervene { layer: 0, intervention: Intervention::Mute { expert: one, on: true } });
    session.wait("muted, which can be taken back", |s| s.interventions.layers[0].muted == [one]);
    session.send(AppCommand::Discarding(Box::new(Command::Experts { target: 6, surgery }.into())));
    session.wait("changed knowingly", |s| s.experts() == 6);
    session.send(AppCommand::Discarding(Box::new(AppCommand::Quit)));
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
fn closing_saves_the_run_and_ends_it() {
    let folder = tempfile::tempdir().unwrap();
    let session = Session::window(fresh(18), folder.path());
    session.steps(3);
    session.send(AppCommand::Close);
    session.reader.wait(PATIENCE, |_| false);
    assert!(session.reader.has_ended());
    assert_eq!(runs(folder.path()), [(18, 3)]);
}

#[test]
fn a_run_that_cannot_be_saved_is_not_closed_unless_it_may_be_lost() {
    let folder = tempfile::tempdir().unwrap();
    let mut session = Session::window(fresh(18), folder.path());
    session.steps(3);
    let full = |session: &mut Session| {
        session.send(Command::Inject(InjectedFault::DiskFull(1)));
        let Notice::NotLeft { command, why } =
            session.answer(AppCommand::Close, |n| matches!(n, Notice::NotLeft { .. }))
        else {
            unreachable!()
        };
        assert!(*command == AppCommand::Close && words::reason(&why).contains("full"), "{why:?}");
        assert!(!session.reader.has_ended());
    };
    full(&mut session);
    assert_eq!(session.steps(2).step, 5, "it trains on");
    let elsewhere = folder.path().join("elsewhere.safetensors");
    session.answer(Command::SaveAs { path: elsewhere.clone(), replace: false }, |n| {
        matches!(n, Notice::Saved { auto: false, .. })
    });
    session.send(AppCommand::Close);
    session.reader.wait(PATIENCE, |_| false);
    assert!(session.reader.has_ended(), "what is saved elsewhere is saved");
    assert_eq!(files(folder.path()), [elsewhere]);

    let folder = tempfile::tempdir().unwrap();
    let mut session = Session::window(fresh(18), folder.path());
    session.steps(3);
    full(&mut session);
    session.send(AppCommand::Discarding(Box::new(AppCommand::Close)));
    session.reader.wait(PATIENCE, |_| false);
    assert!(session.reader.has_ended() && files(folder.path()).is_empty());
}

#[test]
fn a_run_that_failed_and_can_be_read_is_not_lost_by_what_comes_next() {
    let above = tempfile::tempdir().unwrap();
    // A file where the folder should be: what the failure leaves cannot be saved.
    let folder = above.path().join("moe-arena");
    fs::write(&folder, "not a folder").unwrap();
    let mut session = Session::window(fresh(18), &folder);
    session.steps(5);
    session.send(Command::Inject(InjectedFault::Panic));
    session.send(Command::Run);
    session.wait("failed", |s| matches!(s.status, Status::Failed(_)));
    for command in [Command::Reset { seed: None }.into(), AppCommand::Close] {
        let notice = session.answer(command.clone(), |n| matches!(n, Notice::NotLeft { .. }));
        assert!(matches!(notice, Notice::NotLeft { command: refused, .. } if *refused == command));
    }
    fs::remove_file(&folder).unwrap();
    let (seed, step, path) = left(session.answer(Command::Reset { seed: None }, is_left));
    assert_eq!((seed, step), (18, 5));
    assert_eq!(checkpoint::peek(&path).unwrap().progress.step, 5);
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
