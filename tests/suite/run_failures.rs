//! Failures of a run: a step that is not finite, a panic, a device that is lost or absent, wrong commands; each with a way on.

use moe_arena::run::{Autosave, Command, From, InjectedFault, Notice, PausedBy, Start, Status};
use moe_arena::store::history::{RunMeasure, SeriesKey};
use moe_arena::words;

use crate::run::{Session, tiny};

#[test]
fn a_step_that_is_not_finite_pauses_with_its_place_and_a_way_back() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("good.safetensors");
    let mut session = Session::new(&tiny());
    session.steps(6);
    session.answer(Command::Save(path), |n| matches!(n, Notice::Saved { .. }));
    session.send(Command::Inject(InjectedFault::NotFinite));
    let notice = session.answer(Command::Run, |n| matches!(n, Notice::NotFinite { .. }));
    assert_eq!(notice, Notice::NotFinite { step: 6, place: "the weights blocks.0.router.weight".into() });
    session.wait("paused before it", |s| {
        s.step == 6 && matches!(&s.status, Status::Paused(PausedBy::NotFinite { step: 6, .. }))
    });
    session.answer(Command::GoBack, |n| matches!(n, Notice::Opened { step: 6, .. }));
    assert_eq!(session.steps(4).step, 10);
}

#[test]
fn a_panic_in_training_fails_the_run_not_the_program() {
    let session = Session::new(&tiny());
    session.steps(5);
    session.send(Command::Inject(InjectedFault::Panic));
    session.send(Command::Run);
    let failed = session.wait("failed", |s| matches!(s.status, Status::Failed(_)));
    let Status::Failed(failure) = failed.status else { unreachable!() };
    assert!(words::failure(&failure.cause).contains("step 5"), "{}", words::failure(&failure.cause));
    session.send(failure.ways[0].command.clone());
    session.wait("standing again", |s| matches!(s.status, Status::Paused(_)));
    assert_eq!(session.steps(2).step, 7, "nothing was lost");
}

#[test]
fn out_of_memory_offers_a_smaller_batch_and_keeps_the_weights() {
    let session = Session::new(&tiny());
    session.steps(5);
    session.send(Command::Inject(InjectedFault::OutOfMemory));
    session.send(Command::Step(1));
    let failed = session.wait("failed", |s| matches!(s.status, Status::Failed(_)));
    let Status::Failed(failure) = failed.status else { unreachable!() };
    assert!(words::failure(&failure.cause).contains("out of memory"), "{}", words::failure(&failure.cause));
    let way = failure.ways.iter().find(|w| words::way_on(&w.on).contains("Smaller batch (2 sequences)")).unwrap();
    session.send(way.command.clone());
    let shot = session.wait("standing again", |s| matches!(s.status, Status::Paused(_)));
    assert_eq!(
        (shot.config.sequences, shot.memory.history.get(SeriesKey::Run(RunMeasure::LossTask)).is_some()),
        (2, true)
    );
    session.steps(2);
}

#[test]
fn a_lost_device_says_so_and_offers_ways_on() {
    let session = Session::new(&tiny());
    session.steps(2);
    session.send(Command::Inject(InjectedFault::DeviceLost));
    session.send(Command::Step(1));
    let failed = session.wait("failed", |s| matches!(s.status, Status::Failed(_)));
    let Status::Failed(failure) = failed.status else { unreachable!() };
    assert!(
        words::failure(&failure.cause).contains("lost") && words::failure(&failure.cause).contains("CPU"),
        "{}",
        words::failure(&failure.cause)
    );
    session.send(failure.ways[0].command.clone());
    session.wait("standing again", |s| matches!(s.status, Status::Paused(_)));
    session.steps(1);
}

#[test]
fn wrong_commands_are_refused_and_the_run_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let mut session = Session::new(&tiny());
    session.steps(2);
    let bad = |n: &Notice| n.is_bad();
    let missing = folder.path().join("nothing.safetensors");
    assert!(words::notice(&session.answer(Command::Open(missing), bad)).contains("nothing.safetensors"));
    assert!(words::notice(&session.answer(Command::GoBack, bad)).contains("not been saved"));
    let nowhere = folder.path().join("no/such/folder/run.safetensors");
    assert!(words::notice(&session.answer(Command::Save(nowhere), bad)).contains("Saving"));
    let mut config = tiny();
    config.model.heads = 7;
    assert!(words::notice(&session.answer(Command::New(Box::new(config)), bad)).contains("model.width"));
    let mut giant = tiny();
    (giant.model.width, giant.model.experts, giant.model.expert_width) = (4096, 256, 16384);
    assert!(words::notice(&session.answer(Command::New(Box::new(giant)), bad)).contains("GiB"));
    assert!(words::notice(&session.answer(Command::MoveTo("no such adapter".into()), bad)).contains("no such adapter"));
    assert_eq!(session.steps(3).step, 5);
}

#[test]
fn a_device_that_is_not_there_fails_in_words_and_offers_the_cpu() {
    let from = From::Config(Box::new(tiny()));
    let start =
        Start { from, device: "no such adapter".into(), out: None, overwrite: false, autosave: Autosave::Never };
    let session = Session::start(start);
    let failed = session.wait("failed", |s| matches!(s.status, Status::Failed(_)));
    let Status::Failed(failure) = failed.status else { unreachable!() };
    assert!(words::failure(&failure.cause).contains("no such adapter"), "{}", words::failure(&failure.cause));
    session.send(failure.ways[0].command.clone());
    session.wait("on the CPU", |s| matches!(s.status, Status::Paused(_)) && s.device.kind == "CPU");
    session.steps(1);
}

#[test]
fn a_run_that_cannot_begin_says_so_once() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("missing.safetensors");
    let session = Session::of(From::File(missing.clone()), None, None);
    let shot = session.wait("failed", |s| matches!(s.status, Status::Failed(_)));
    let Status::Failed(failure) = &shot.status else { unreachable!() };
    let (path, said) = (missing.display().to_string(), words::failure(&failure.cause));
    assert!(said.starts_with("Opening ") && said.contains(&path), "{said}");
    let told: Vec<String> = session.reader.notices().iter().map(words::notice).collect();
    assert_eq!(told.join("; "), said);
}
