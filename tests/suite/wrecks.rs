//! A run that explodes, whose device, update or disk fails: its last good save stays, and every way out leads to it.

use std::fs;

use moe_arena::domain::config::{Config, Knobs, Preset};
use moe_arena::run::{Autosave, Command, Failure, From, InjectedFault, Notice, PausedBy, Snapshot, Start, Status};
use moe_arena::store::checkpoint;
use moe_arena::store::history::What;
use moe_arena::words;

use crate::run::Session;

fn tiny() -> Config {
    let mut config = Preset::Tiny.config();
    (config.cadence.probe_every, config.cadence.validate_every) = (1000, 5);
    config.optimizer.warmup_steps = 1;
    config
}

fn fresh() -> From {
    From::Config(Box::new(tiny()))
}

fn is_saved(notice: &Notice) -> bool {
    matches!(notice, Notice::Saved { .. })
}

/// Lets the run explode while every number stays finite.
fn explode(session: &mut Session, steps: u64) -> Snapshot {
    session.send(Command::SetKnobs(Knobs { learning_rate: 100.0, ..tiny().knobs }));
    let shot = session.steps(steps);
    session.send(Command::SetKnobs(Knobs { learning_rate: 1e-6, ..tiny().knobs }));
    shot
}

fn failure(shot: &Snapshot) -> Failure {
    let Status::Failed(failure) = &shot.status else { panic!("{:?}", shot.status) };
    failure.clone()
}

#[test]
fn a_run_that_explodes_keeps_its_last_good_save_beside_the_newest() {
    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().join("checkpoint.safetensors");
    let mut session = Session::of(fresh(), Some(folder.path()), Some(&own));
    session.steps(10);
    session.answer(Command::Save(own.clone()), is_saved);
    let good = fs::read(&own).unwrap();
    explode(&mut session, 3);
    let told = session.answer(Command::Save(own.clone()), |n| matches!(n, Notice::Worse { .. }));
    let beside = folder.path().join("checkpoint-last-good.safetensors");
    assert!(fs::read(&beside).unwrap() == good, "the good save, byte for byte");
    assert_eq!(checkpoint::peek(&own).unwrap().progress.step, 13);
    let words = words::notice(&told);
    for part in ["step 13", "step 10", &own.display().to_string(), &beside.display().to_string()] {
        assert!(words.contains(part), "“{part}” in: {words}");
    }
    let shot = session.wait("two ways back", |s| s.saves.ways_back.len() == 2 && !s.saves.unsaved);
    let ways: Vec<_> = shot.saves.ways_back.iter().map(|s| (s.step, s.good, s.path.clone())).collect();
    assert_eq!(ways, [(10, true, beside.clone()), (13, false, own.clone())]);
    assert!(
        shot.saves.ways_back[0].loss.unwrap() < 6.0 && shot.saves.ways_back[1].loss.unwrap() > 10.0,
        "{:?}",
        shot.saves.ways_back
    );
    let events = fs::read_to_string(folder.path().join("events.jsonl")).unwrap();
    assert!(events.contains("checkpoint-last-good.safetensors"), "{events}");
    // A second wrecked save takes the place of the first, not of the good one.
    session.steps(1);
    session.answer(Command::Save(own.clone()), is_saved);
    assert!(fs::read(&beside).unwrap() == good);
    session.answer(Command::GoBack, |n| matches!(n, Notice::Opened { step: 10, .. }));
}

#[test]
fn a_wrecked_autosave_never_takes_the_place_of_a_save_made_by_hand() {
    let folder = tempfile::tempdir().unwrap();
    let mine = folder.path().join("mine.safetensors");
    let autosaves = folder.path().join("autosaves");
    let mut config = tiny();
    config.cadence.autosave_every = 20;
    let mut session = Session::window(From::Config(Box::new(config)), &autosaves);
    session.steps(7);
    session.answer(Command::Save(mine.clone()), is_saved);
    session.send(Command::SetKnobs(Knobs { learning_rate: 100.0, ..tiny().knobs }));
    session.steps(13);
    let shot = session.wait("autosaved", |s| s.saves.newest.as_ref().is_some_and(|saved| saved.auto));
    let ways: Vec<_> = shot.saves.ways_back.iter().map(|s| (s.step, s.good)).collect();
    assert_eq!(ways, [(7, true), (20, false)]);
    session.send(Command::Inject(InjectedFault::NotFinite));
    session.answer(Command::Run, |n| matches!(n, Notice::NotFinite { .. }));
    session.answer(Command::GoBack, |n| matches!(n, Notice::Opened { step: 7, path } if *path == mine));
}

#[test]
fn weights_that_are_not_finite_are_never_written() {
    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().join("checkpoint.safetensors");
    let mut session = Session::of(fresh(), None, Some(&own));
    session.steps(6);
    session.answer(Command::Save(own.clone()), is_saved);
    let good = fs::read(&own).unwrap();
    session.steps(1);
    session.send(Command::Inject(InjectedFault::NotFinite));
    for path in [own.clone(), folder.path().join("new.safetensors")] {
        let refused = words::notice(&session.answer(Command::Save(path), |n| n.is_bad()));
        assert!(refused.contains("not finite"), "{refused}");
    }
    session.answer(Command::Run, |n| matches!(n, Notice::NotFinite { .. }));
    // Surgery saves the run first, too, and so does the end.
    session.send(Command::Experts { target: 3, surgery: moe_arena::domain::roster::Surgery::DropLeastUsed });
    session.close();
    assert!(fs::read(&own).unwrap() == good, "the save that is named as the way back");
    for entry in fs::read_dir(folder.path()).unwrap() {
        let whole = checkpoint::open(&entry.unwrap().path()).unwrap();
        assert_eq!(
            whole.not_finite(),
            None,
            "surgery may have taken the broken expert away, and then the rest is saved"
        );
    }
}

#[test]
fn a_poisoned_run_can_be_left_and_says_that_it_was_not_saved() {
    let folder = tempfile::tempdir().unwrap();
    let mut session = Session::window(fresh(), folder.path());
    session.steps(6);
    session.send(Command::Inject(InjectedFault::NotFinite));
    let told = words::notice(&session.answer(Command::Reset { seed: None }, |n| matches!(n, Notice::Fact(_))));
    assert!(told.contains("not saved") && told.contains("not finite"), "{told}");
    session.wait("reset", |s| s.step == 0 && s.status == Status::Paused(PausedBy::Start));
    assert_eq!(session.steps(2).step, 2);
}

#[test]
fn a_panic_inside_an_update_goes_back_to_the_last_good_save() {
    let folder = tempfile::tempdir().unwrap();
    let mut session = Session::window(fresh(), folder.path());
    session.steps(5);
    session.answer(Command::Save(folder.path().join("mine.safetensors")), is_saved);
    session.steps(2);
    session.send(Command::Inject(InjectedFault::PanicInUpdate));
    session.send(Command::Run);
    let failed = failure(&session.wait("failed", |s| matches!(s.status, Status::Failed(_))));
    assert!(words::failure(&failed.cause).contains("step 7"), "{}", words::failure(&failed.cause));
    assert!(words::way_on(&failed.ways[0].on).contains("step 5"), "{failed:?}");
    assert!(
        failed.ways.iter().all(|way| !words::way_on(&way.on).contains("step 7")),
        "there is nothing left of it: {failed:?}"
    );
    session.send(failed.ways[0].command.clone());
    session.wait("standing again", |s| s.step == 5 && matches!(s.status, Status::Paused(_)));
    assert_eq!(session.steps(4).step, 9);
}

#[test]
fn a_panic_inside_the_first_update_begins_again_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let session = Session::window(fresh(), folder.path());
    session.send(Command::Inject(InjectedFault::PanicInUpdate));
    session.send(Command::Run);
    let failed = failure(&session.wait("failed", |s| matches!(s.status, Status::Failed(_))));
    assert!(words::way_on(&failed.ways[0].on).contains("Start again from step 0"), "{failed:?}");
    session.send(failed.ways[0].command.clone());
    session.wait("standing again", |s| s.step == 0 && matches!(s.status, Status::Paused(_)));
    assert_eq!(session.steps(3).step, 3);
}

#[test]
fn a_panic_between_updates_saves_the_run_before_it_is_gone_on_with() {
    let folder = tempfile::tempdir().unwrap();
    let session = Session::window(fresh(), folder.path());
    session.steps(5);
    session.send(Command::Inject(InjectedFault::Panic));
    session.send(Command::Run);
    let shot = session.wait("failed", |s| matches!(&s.status, Status::Failed(f) if !f.ways.is_empty()));
    assert!(words::way_on(&failure(&shot).ways[0].on).contains("Continue from step 5"), "{:?}", shot.status);
    let saved = shot.saves.newest.clone().unwrap();
    assert_eq!(checkpoint::open(&saved.path).unwrap().state.progress.step, 5);
    session.close();
}

#[test]
fn without_the_device_asked_for_the_cpu_opens_the_very_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine.safetensors");
    let config = Config { seed: 7, ..tiny() };
    let mut session = Session::of(From::Config(Box::new(config)), None, None);
    session.steps(12);
    session.answer(Command::Save(path.clone()), is_saved);
    let before = fs::read(&path).unwrap();
    let start = Start {
        from: From::File(path.clone()),
        device: "no such adapter".into(),
        out: None,
        overwrite: false,
        autosave: Autosave::Never,
    };
    let session = Session::start(start);
    let failed = failure(&session.reader.latest());
    let cpu = failed.ways.iter().find(|way| words::way_on(&way.on).contains("CPU")).unwrap();
    session.send(cpu.command.clone());
    let shot = session.wait("on the CPU", |s| matches!(s.status, Status::Paused(_)));
    assert_eq!((shot.config.seed, shot.step, shot.status.clone()), (7, 12, Status::Paused(PausedBy::Opened)));
    assert_eq!(session.steps(3).step, 15);
    assert!(fs::read(&path).unwrap() == before);
}

#[test]
fn without_the_device_asked_for_the_cpu_begins_the_very_config() {
    let config = Config { seed: 31, ..tiny() };
    let from = From::Config(Box::new(config.clone()));
    let session = Session::start(Start {
        from,
        device: "no such adapter".into(),
        out: None,
        overwrite: false,
        autosave: Autosave::Never,
    });
    // Another device that is not there changes nothing.
    session.send(Command::MoveTo("nor this one".into()));
    session.wait(
        "failed again",
        |s| matches!(&s.status, Status::Failed(f) if words::failure(&f.cause).contains("nor this one")),
    );
    session.send(failure(&session.reader.latest()).ways[0].command.clone());
    let shot = session.wait("on the CPU", |s| matches!(s.status, Status::Paused(_)));
    assert_eq!((shot.config.as_ref(), shot.status.clone()), (&config, Status::Paused(PausedBy::Start)));
}

#[test]
fn a_lost_device_leads_back_to_the_last_good_save_of_this_run() {
    let folder = tempfile::tempdir().unwrap();
    let mut session = Session::window(fresh(), folder.path());
    session.steps(5);
    session.answer(Command::Save(folder.path().join("mine.safetensors")), is_saved);
    session.send(Command::Inject(InjectedFault::DeviceLost));
    session.send(Command::Step(1));
    let failed = failure(&session.wait("failed", |s| matches!(s.status, Status::Failed(_))));
    let back = failed.ways.iter().find(|way| way.command == Command::GoBack).unwrap();
    assert!(words::way_on(&back.on).contains("step 5"), "{failed:?}");
    session.send(back.command.clone());
    session.wait("back", |s| s.step == 5 && s.status == Status::Paused(PausedBy::Opened));
    assert_eq!(session.steps(1).step, 6);
}

#[test]
fn a_moved_run_says_so_and_not_that_somebody_paused_it() {
    let mut session = Session::of(fresh(), None, None);
    session.steps(3);
    let told = words::notice(&session.answer(Command::MoveTo("cpu".into()), |n| matches!(n, Notice::Fact(_))));
    assert_eq!(told, "Continuing on the CPU from step 3");
    session.wait("moved", |s| s.status == Status::Paused(PausedBy::Moved));
}

#[test]
fn a_full_disk_pauses_the_run_which_saves_and_goes_on_once_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = tiny();
    config.cadence.autosave_every = 5;
    // Tries again as often as it may: once a second.
    config.cadence.autosave_minutes = 0.001;
    config.steps = 12;
    let own = folder.path().join("checkpoint.safetensors");
    let mut session = Session::of(From::Config(Box::new(config)), None, Some(&own));
    session.steps(4);
    session.answer(Command::Save(own.clone()), |n| matches!(n, Notice::Saved { auto: false, .. }));
    let older = fs::read(&own).unwrap();
    session.send(Command::Inject(InjectedFault::DiskFull(3)));
    let notice = words::notice(&session.answer(Command::Run, |n| matches!(n, Notice::NoRoom { .. })));
    assert!(notice.contains("bytes") && notice.contains("full"), "{notice}");
    let shot = session.wait("waiting for room", |s| matches!(s.status, Status::Paused(PausedBy::DiskFull { .. })));
    let Status::Paused(PausedBy::DiskFull { folder: named, bytes }) = &shot.status else { unreachable!() };
    assert_eq!((named.as_path(), *bytes > 0), (folder.path(), true));
    assert!(fs::read(&own).unwrap() == older, "the older save stays whole");
    // It goes on by itself, to its end.
    session.answer(Command::Speed(None), |n| matches!(n, Notice::Finished { step: 12 }));
    session.close();
    assert_eq!(checkpoint::open(&own).unwrap().state.progress.step, 12);
}

#[test]
fn a_full_disk_does_not_keep_somebody_from_training_on() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = tiny();
    config.cadence.autosave_every = 5;
    config.cadence.autosave_minutes = 0.0;
    let session = Session::window(From::Config(Box::new(config)), folder.path());
    session.send(Command::Inject(InjectedFault::DiskFull(1)));
    session.send(Command::Step(8));
    let shot = session.wait("waiting for room", |s| matches!(s.status, Status::Paused(PausedBy::DiskFull { .. })));
    assert_eq!(shot.step, 5);
    session.send(Command::Step(2));
    session.wait("on", |s| s.step == 7 && s.status == Status::Paused(PausedBy::Steps(2)));
    session.close();
}

#[test]
fn a_run_saves_itself_by_the_clock_as_well_as_by_steps_and_while_it_waits() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = tiny();
    (config.cadence.autosave_every, config.cadence.autosave_minutes) = (1_000_000, 1e-4);
    let session = Session::window(From::Config(Box::new(config.clone())), folder.path());
    session.steps(3);
    let shot = session.wait("saved while it waits", |s| s.saves.newest.as_ref().is_some_and(|saved| saved.step == 3));
    assert!(shot.saves.newest.unwrap().auto);
    session.send(Command::Run);
    session.wait("saved on the way", |s| s.is_running() && s.saves.newest.as_ref().is_some_and(|saved| saved.step > 3));
    session.close();
    // Without a clock only steps count.
    config.cadence.autosave_minutes = 0.0;
    let session = Session::window(From::Config(Box::new(config)), folder.path());
    assert!(session.steps(40).saves.newest.is_none());
}

#[test]
fn saving_in_between_changes_no_number_of_training() {
    let folder = tempfile::tempdir().unwrap();
    let mut straight = Session::of(fresh(), None, None);
    straight.steps(13);
    let mut saving = Session::of(fresh(), None, None);
    for step in 1..=13 {
        saving.steps(1);
        saving.answer(Command::Save(folder.path().join(format!("{step}.safetensors"))), is_saved);
    }
    let ends = ["straight", "saving"].map(|name| folder.path().join(name));
    straight.answer(Command::Save(ends[0].clone()), is_saved);
    saving.answer(Command::Save(ends[1].clone()), is_saved);
    let [a, b] = ends.map(|path| checkpoint::open(&path).unwrap());
    assert!(a.state == b.state);
    let steps = |whole: &checkpoint::Checkpoint| {
        let of = |what: &What| !matches!(what, What::Saved { .. });
        whole.history.journal.entries().iter().filter(|e| of(&e.what)).count()
    };
    assert_eq!(steps(&a), steps(&b));
    // What a clock says is never the same twice.
    let timed = |key: &str| ["tokens_per_sec", "seconds"].iter().any(|name| key.contains(name));
    for (key, series) in a.history.iter().filter(|(key, _)| !timed(&key.to_string())) {
        assert_eq!(b.history.get(key), Some(series), "{key}");
    }
}
