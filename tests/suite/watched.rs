//! A session that watches a folder of another process: it shows what comes there, refuses what would need a trainer, and lets a run
//! of its own take its place.

use std::fs;
use std::path::Path;

use moe_arena::domain::config::Preset;
use moe_arena::domain::interventions::Intervention;
use moe_arena::domain::roster::Surgery;
use moe_arena::run::{
    AppCommand, Asked, Autosave, Command, Fact, From, Notice, PausedBy, Racer, Reader, Reason, SessionId, Snapshot,
    Start, Status, WatchedFact, WatchedFolder, spawn,
};

use crate::run::PATIENCE;

/// A dump of one layer of 64 tokens and four experts.
fn put(folder: &Path, step: u64) {
    let (tokens, experts) = (64, 4);
    let logits: Vec<u8> = (0..tokens * experts).flat_map(|at| ((at % 7) as f32).to_le_bytes()).collect();
    let index: Vec<u8> = (0..tokens).map(|token| (token % experts) as u8).collect();
    let view = |dtype, shape: Vec<usize>, bytes| safetensors::tensor::TensorView::new(dtype, shape, bytes).unwrap();
    let tensors = [
        ("layer.7.router_logits", view(safetensors::Dtype::F32, vec![tokens, experts], &logits)),
        ("layer.7.topk_index", view(safetensors::Dtype::U8, vec![tokens, 1], &index)),
    ];
    let hidden = folder.join(".next");
    fs::write(&hidden, safetensors::serialize(tensors, None).unwrap()).unwrap();
    fs::rename(hidden, folder.join(format!("step-{step}.safetensors"))).unwrap();
}

fn watch(folder: &Path) -> Reader {
    // It looks when it is told to: no test waits for a clock.
    let every = std::time::Duration::from_secs(86_400);
    let from = From::Watched(WatchedFolder { folder: folder.into(), every, top_k: None });
    spawn(Start { from, device: "cpu".into(), out: None, overwrite: false, autosave: Autosave::Never }, Box::new(|| ()))
}

fn until(reader: &Reader, done: impl FnMut(&Snapshot) -> bool) -> Snapshot {
    let mut done = done;
    let shot = reader.wait(PATIENCE, &mut done);
    assert!(done(&shot), "{:?} at step {}", shot.status, shot.step);
    Snapshot::clone(&shot)
}

/// The notices up to one that `wanted` takes.
fn notices(reader: &Reader, wanted: impl Fn(&Notice) -> bool) -> Vec<Notice> {
    let mut all = Vec::new();
    loop {
        all.extend(reader.notices());
        if all.iter().any(&wanted) {
            return all;
        }
        assert!(reader.wait_for_news(PATIENCE) && !reader.has_ended(), "{all:?}");
    }
}

#[test]
fn what_needs_a_trainer_is_refused_and_looking_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), 100);
    let reader = watch(folder.path());
    let shot = until(&reader, |shot| shot.step == 100);
    assert_eq!((shot.status, shot.device.name.as_str(), shot.model.rosters.len()), (Status::Watching, "", 1));
    assert_eq!(shot.watched.unwrap().keys.as_slice(), ["layer.7"]);
    let begun = Notice::Fact(Fact::Watched(WatchedFact::Began(folder.path().into())));
    assert!(notices(&reader, |notice| *notice == begun).contains(&begun));
    let mut knobs = Preset::Tiny.config().knobs;
    knobs.top_k = 3;
    let one: [AppCommand; 13] = [
        Command::Run.into(),
        Command::Step(3).into(),
        Command::StopAt(900).into(),
        Command::Pause.into(),
        Command::Phase.into(),
        Command::SetKnobs(knobs).into(),
        Command::Intervene { layer: 0, intervention: Intervention::PoisonRouter }.into(),
        Command::Paint { layer: 0, from: 200, to: 300, compete: Some(true) }.into(),
        Command::Experts { target: 8, surgery: Surgery::AddFresh }.into(),
        Command::Undo.into(),
        Command::KnockOut { layer: 0 }.into(),
        Command::Save(folder.path().join("run.safetensors")).into(),
        AppCommand::Race(vec![Racer::Session(SessionId::FIRST), Racer::Begin(Box::new(Preset::Tiny.config()))]),
    ];
    for command in one {
        reader.send(command.clone()).unwrap();
        let told = notices(&reader, |notice| matches!(notice, Notice::Refused { .. }));
        let Some(Notice::Refused { asked, why }) = told.last() else { panic!("{told:?}") };
        assert!(
            matches!(asked, Asked::OfWatched | Asked::Race) && *why == Reason::OnlyWatched,
            "{command:?}: {told:?}"
        );
        assert!(moe_arena::words::notice(&told[told.len() - 1]).contains("only watched here"));
    }
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing was written there");
    put(folder.path(), 200);
    reader.send(Command::LookNow).unwrap();
    assert_eq!(until(&reader, |shot| shot.step == 200).status, Status::Watching);
}

#[test]
fn a_run_takes_the_place_of_a_watch_and_a_watch_that_of_a_run() {
    let folder = tempfile::tempdir().unwrap();
    put(folder.path(), 100);
    let reader = watch(folder.path());
    until(&reader, |shot| shot.step == 100);
    // What does not open leaves the watch as it is.
    reader.send(Command::Open(folder.path().join("none.safetensors"))).unwrap();
    notices(&reader, |notice| matches!(notice, Notice::FileFailed { .. }));
    assert_eq!(until(&reader, |shot| shot.status == Status::Watching).step, 100);
    reader.send(Command::New(Box::new(Preset::Tiny.config()))).unwrap();
    let shot = until(&reader, |shot| shot.status == Status::Paused(PausedBy::Start));
    assert!(shot.watched.is_none() && !shot.device.name.is_empty());
    reader.send(Command::LookNow).unwrap();
    let told = notices(&reader, |notice| matches!(notice, Notice::Refused { .. }));
    assert!(matches!(told.last(), Some(Notice::Refused { why: Reason::NotWatched, .. })), "{told:?}");
    reader.send(Command::Step(2)).unwrap();
    until(&reader, |shot| shot.status == Status::Paused(PausedBy::Steps(2)));
    reader.send(Command::Open(folder.path().into())).unwrap();
    let shot = until(&reader, |shot| shot.watched.is_some() && shot.step == 100);
    assert!(
        shot.newest.step.is_none() && shot.memory.history.journal.entries().is_empty(),
        "nothing of the run is left"
    );
}
