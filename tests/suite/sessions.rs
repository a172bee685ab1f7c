//! Sessions: several runs in one worker, which train by turns and never touch each other.

use moe_arena::domain::config::{Config, Knobs, Policy, Preset};
use moe_arena::domain::roster::Surgery;
use moe_arena::domain::state::State;
use moe_arena::run::{
    AppCommand, Autosave, Command, From, InjectedFault, Notice, PausedBy, SessionId, Snapshot, Start, Status, replay,
};
use moe_arena::store::checkpoint;
use moe_arena::store::history::{RunMeasure, SeriesKey};

use crate::run::{PATIENCE, Session};

const ONE: SessionId = SessionId(0);
const OTHER: SessionId = SessionId(1);

fn config(seed: u64) -> Config {
    let mut config = Config { seed, ..Preset::Tiny.config() };
    config.knobs.competition_rate = 0.4;
    config.cadence.probe_every = 5;
    config
}

fn smoe(seed: u64) -> Config {
    let mut config = config(seed);
    config.knobs = Knobs { policy: Policy::Smoe, ..config.knobs };
    config
}

/// Waits until `done` holds of the newest snapshot of a session.
fn wait(session: &Session, id: SessionId, done: impl Fn(&Snapshot) -> bool) -> Snapshot {
    loop {
        match session.reader.latest_of(id) {
            Some(shot) if done(&shot) => return Snapshot::clone(&shot),
            _ => assert!(!session.reader.has_ended(), "the worker ended"),
        }
        session.reader.notices();
        session.reader.wait_for_news(PATIENCE);
    }
}

fn stepped(count: u64) -> impl Fn(&Snapshot) -> bool {
    move |shot| shot.status == Status::Paused(PausedBy::Steps(count))
}

/// Begins another run beside the first.
fn begin(session: &Session, config: Config) {
    session.send(AppCommand::Begin(Box::new(config)));
    wait(session, OTHER, |shot| shot.status == Status::Paused(PausedBy::Start));
}

/// Saves a session by hand and reads what was saved.
fn saved(session: &mut Session, id: SessionId) -> checkpoint::Checkpoint {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.safetensors");
    session.answer(Command::Save(path.clone()).to(id), |notice| matches!(notice, Notice::Saved { auto: false, .. }));
    checkpoint::open(&path).unwrap()
}

/// The state after so many steps of a run that has the worker for itself.
fn alone(config: &Config, steps: u64) -> State {
    let mut session = Session::new(config);
    session.steps(steps);
    saved(&mut session, ONE).state
}

#[test]
fn two_runs_by_turns_end_with_the_bits_that_each_has_alone() {
    let mut session = Session::new(&config(1));
    begin(&session, smoe(2));
    session.send(Command::Step(12).to(ONE));
    session.send(Command::Step(17).to(OTHER));
    wait(&session, ONE, stepped(12));
    wait(&session, OTHER, stepped(17));
    assert!(saved(&mut session, ONE).state == alone(&config(1), 12));
    let other = saved(&mut session, OTHER);
    assert!(other.state == alone(&smoe(2), 17));
    assert_ne!(other.run, saved(&mut session, ONE).run, "each is a run of its own");
}

#[test]
fn a_command_goes_to_the_run_it_names_or_to_the_one_shown() {
    let mut session = Session::new(&config(1));
    begin(&session, smoe(2));
    let shown = session.reader.latest();
    assert_eq!(shown.config.seed, 1, "another run beside it does not take its place");
    session.send(Command::SetKnobs(Knobs { top_k: 1, ..shown.knobs.clone() }));
    wait(&session, ONE, |shot| shot.knobs.top_k == 1);
    session.send(Command::SetKnobs(Knobs { learning_rate: 0.01, ..smoe(2).knobs }).to(OTHER));
    let other = wait(&session, OTHER, |shot| shot.knobs.learning_rate == 0.01);
    assert_eq!(other.knobs.top_k, 2);
    let one = session.reader.latest_of(ONE).unwrap();
    assert_eq!((one.knobs.learning_rate, one.knobs.top_k), (shown.knobs.learning_rate, 1));

    session.send(AppCommand::Show(OTHER));
    session.wait("shown", |shot| shot.config.seed == 2);
    assert_eq!(session.reader.sessions(), [OTHER, ONE]);
    session.send(Command::Step(2));
    session.wait("stepped", |shot| shot.step == 2);
    assert_eq!(session.reader.latest_of(ONE).unwrap().step, 0);

    let refused = |notice: &Notice| matches!(notice, Notice::Refused { .. });
    session.answer(Command::Run.to(SessionId(7)), refused);
    session.answer(AppCommand::Show(SessionId(7)), refused);
    assert_eq!(session.reader.latest().config.seed, 2);
    assert!(!session.reader.latest().is_running());
}

#[test]
fn what_one_run_fails_at_or_is_refused_touches_no_other() {
    for fault in [InjectedFault::Panic, InjectedFault::PanicInUpdate, InjectedFault::DeviceLost] {
        let mut session = Session::new(&config(1));
        begin(&session, config(2));
        session.send(Command::Inject(fault).to(OTHER));
        session.send(Command::Step(9).to(OTHER));
        session.send(Command::Step(9).to(ONE));
        let failed = wait(&session, OTHER, |shot| matches!(shot.status, Status::Failed(_)));
        assert!(failed.step <= 9);
        wait(&session, ONE, stepped(9));
        assert!(saved(&mut session, ONE).state == alone(&config(1), 9), "{fault:?}");
    }
    let mut session = Session::new(&config(1));
    session.steps(2);
    let bad = Config { sequences: 0, ..config(2) };
    let refused = session.answer(AppCommand::Begin(Box::new(bad)), |notice| matches!(notice, Notice::Refused { .. }));
    assert!(refused.is_bad());
    assert_eq!(session.reader.sessions(), [ONE]);
    session.steps(2);
    assert!(saved(&mut session, ONE).state == alone(&config(1), 4));
}

#[test]
fn a_run_that_ends_is_saved_and_the_others_go_on() {
    let folder = tempfile::tempdir().unwrap();
    let mut session = Session::window(From::Config(Box::new(config(1))), folder.path());
    let refused = |notice: &Notice| matches!(notice, Notice::Refused { .. });
    session.answer(AppCommand::End(ONE), refused);
    begin(&session, config(2));
    session.steps(3);
    session.send(Command::Step(4).to(OTHER));
    wait(&session, OTHER, stepped(4));
    session.send(Command::Inject(InjectedFault::DiskFull(1)).to(OTHER));
    let notice = session.answer(AppCommand::End(OTHER), |notice| matches!(notice, Notice::NotLeft { .. }));
    assert!(matches!(notice, Notice::NotLeft { command, .. } if *command == AppCommand::End(OTHER)));
    assert_eq!(session.reader.sessions(), [ONE, OTHER], "it stays if it cannot be saved");
    session.send(AppCommand::Show(OTHER));
    session.send(AppCommand::End(OTHER));
    session.wait("the first is shown again", |shot| shot.config.seed == 1);
    session.answer(AppCommand::End(ONE), refused);
    assert_eq!(session.reader.sessions(), [ONE]);
    assert_eq!(runs(folder.path()), [(2, 4)]);
    session.send(AppCommand::Begin(Box::new(config(3))));
    let third = SessionId(2);
    wait(&session, third, |shot| shot.status == Status::Paused(PausedBy::Start));
    session.send(Command::Step(1).to(third));
    wait(&session, third, stepped(1));
    session.send(AppCommand::Close);
    session.reader.wait(PATIENCE, |_| false);
    assert!(session.reader.has_ended());
    assert_eq!(runs(folder.path()), [(1, 3), (2, 4), (3, 1)], "each in a file of its own");
}

/// Seed and steps of every checkpoint in a folder.
fn runs(folder: &std::path::Path) -> Vec<(u64, u64)> {
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let saves = files.filter(|path| path.extension().is_some_and(|ending| ending == "safetensors"));
    let header = |path: std::path::PathBuf| checkpoint::peek(&path).unwrap();
    let mut runs: Vec<(u64, u64)> = saves.map(header).map(|head| (head.config.seed, head.progress.step)).collect();
    runs.sort_unstable();
    runs
}

/// Branches a session and waits for the branch.
fn branch(session: &Session, of: SessionId, save: Option<&std::path::Path>, to: SessionId) -> Snapshot {
    session.send(AppCommand::Branch { session: Some(of), save: save.map(Into::into), at: None, knobs: None });
    wait(session, to, |shot| shot.status == Status::Paused(PausedBy::Opened))
}

#[test]
fn a_branch_without_changes_goes_on_with_the_bits_of_the_run_it_comes_from() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("at-10.safetensors");
    let mut session = Session::new(&config(1));
    let shot = session.steps(7);
    session.send(Command::SetKnobs(Knobs { top_k: 1, ..shot.knobs.clone() }));
    session.send(Command::Paint { layer: 0, from: 9, to: 14, compete: Some(true) });
    session.send(Command::Experts { target: 6, surgery: Surgery::SplitBusiest });
    let before = session.steps(3);
    session.answer(Command::Save(path.clone()), |notice| matches!(notice, Notice::Saved { auto: false, .. }));
    let now = branch(&session, ONE, None, OTHER);
    assert_eq!((now.step, &now.knobs, &now.model.rosters), (10, &before.knobs, &before.model.rosters));
    let prefix = &now.memory.history.journal.entries()[..before.memory.history.journal.entries().len()];
    assert_eq!(prefix, before.memory.history.journal.entries(), "the journal up to there");
    let loss = SeriesKey::Run(RunMeasure::LossTask);
    assert_eq!(now.memory.history.get(loss), before.memory.history.get(loss), "and the curves");
    session.send(Command::Step(9).to(OTHER));
    session.send(Command::Step(9).to(ONE));
    wait(&session, OTHER, stepped(9));
    wait(&session, ONE, stepped(9));
    let (parent, child) = (saved(&mut session, ONE), saved(&mut session, OTHER));
    assert!(child.state == parent.state, "from the run as it stood");
    assert_eq!(child.history.get(loss), parent.history.get(loss));
    assert_ne!(child.run, parent.run);
    assert_eq!(replay(&child.config, &child.history.journal, 19, "cpu").unwrap(), child.state);
    // From a checkpoint, when the run it was saved of is further on.
    let third = SessionId(2);
    assert_eq!(branch(&session, ONE, Some(&path), third).step, 10);
    session.send(Command::Step(9).to(third));
    wait(&session, third, stepped(9));
    let child = saved(&mut session, third);
    assert!(child.state == parent.state, "from a checkpoint");
    assert!(child.run != parent.run && child.run != checkpoint::peek(&path).unwrap().run);
}

#[test]
fn a_branch_that_is_changed_leaves_the_run_it_comes_from_and_its_files_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let own = folder.path().join("checkpoint.safetensors");
    let start = Start {
        from: From::Config(Box::new(config(1))),
        device: "cpu".into(),
        out: Some(folder.path().into()),
        overwrite: false,
        autosave: Autosave::File(own.clone()),
    };
    let mut session = Session::start(start);
    session.steps(4);
    session.answer(Command::Save(own.clone()), |notice| matches!(notice, Notice::Saved { auto: false, .. }));
    let read = |name: &str| std::fs::read(folder.path().join(name)).unwrap();
    let names = ["checkpoint.safetensors", "metrics.csv", "events.jsonl", "config.toml"];
    let files = names.map(read);
    // The notice may be there before the snapshot that has the save in its journal.
    let before = wait(&session, ONE, |shot| shot.memory.history.journal.entries().len() == 2);
    let child = branch(&session, ONE, None, OTHER);
    session.send(Command::SetKnobs(Knobs { top_k: 1, ..child.knobs.clone() }).to(OTHER));
    session.send(Command::Experts { target: 6, surgery: Surgery::AddFresh }.to(OTHER));
    session.send(Command::Step(5).to(OTHER));
    wait(&session, OTHER, stepped(5));
    session.send(AppCommand::End(OTHER));
    session.answer(AppCommand::End(ONE), |notice| matches!(notice, Notice::Refused { .. }));
    let after = session.reader.latest();
    assert_eq!((after.step, &after.knobs, &after.model.rosters), (before.step, &before.knobs, &before.model.rosters));
    assert_eq!(after.memory.history.journal, before.memory.history.journal);
    for (name, was) in names.iter().zip(files) {
        assert!(read(name) == was, "{name} is as it was");
    }
    assert_eq!(runs(folder.path()), [(1, 4), (1, 9)], "the branch saved itself into a file of its own");
    session.steps(3);
    assert!(saved(&mut session, ONE).state == alone(&config(1), 7));
}

#[test]
fn what_cannot_be_branched_is_refused_and_nothing_changes() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.safetensors");
    std::fs::write(&path, "not a checkpoint").unwrap();
    let mut session = Session::new(&config(1));
    session.steps(2);
    for (of, save) in [(ONE, Some(path)), (ONE, Some(folder.path().join("none"))), (OTHER, None)] {
        let branch = AppCommand::Branch { session: Some(of), save, at: None, knobs: None };
        session.answer(branch, |notice| matches!(notice, Notice::Refused { .. }));
    }
    assert_eq!(session.reader.sessions(), [ONE]);
    assert_eq!(session.steps(1).step, 3);
}
