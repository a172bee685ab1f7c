//! A run that is left or closed: it is saved first, and one that cannot be saved stays unless it may be lost.

use std::fs;

use moe_arena::domain::config::{Config, TaskConfig};
use moe_arena::domain::interventions::Intervention;
use moe_arena::domain::roster::Surgery;
use moe_arena::run::{AppCommand, Command, From, InjectedFault, Notice, PausedBy, Status};
use moe_arena::store::checkpoint::{self};
use moe_arena::words;

use crate::run::{PATIENCE, Session};

use crate::saves::{files, fresh, is_left, left, runs, saved, tiny};

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
