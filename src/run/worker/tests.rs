//! Sessions of one worker: turns, commands, races.

use std::sync::Arc;

use super::super::{Autosave, Command, From, PausedBy, Racer, Status};
use super::*;
use crate::domain::config::Preset;

fn worker() -> (Reader, Worker) {
    let config = Box::new(Preset::Tiny.config());
    let (reader, writer) = channel(before_anything(Arc::new(Config::clone(&config))), Box::new(|| ()));
    let device = "cpu".into();
    let start = Start { from: From::Config(config), device, out: None, overwrite: false, autosave: Autosave::Never };
    let mut worker = Worker::new(writer, start);
    worker.sessions.iter_mut().for_each(Session::begin);
    (reader, worker)
}

fn steps(worker: &Worker) -> Vec<u64> {
    worker.sessions.iter().map(Session::step_done).collect()
}

#[test]
fn sessions_take_a_step_each_in_turn_and_commands_come_first() {
    let (reader, mut worker) = worker();
    for _ in 0..2 {
        reader.send(AppCommand::Begin(Box::new(Preset::Tiny.config()))).unwrap();
        assert!(worker.turn());
    }
    assert_eq!(reader.sessions(), [0, 1, 2].map(SessionId));
    for id in reader.sessions() {
        reader.send(Command::Step(2 + u64::from(id.0)).to(id)).unwrap();
        assert!(worker.turn());
    }
    assert_eq!(steps(&worker), [0, 0, 0], "commands come first");
    let mut seen = Vec::new();
    for _ in 0..9 {
        assert!(worker.turn());
        seen.push(steps(&worker));
    }
    let wanted = [[0, 1, 0], [0, 1, 1], [1, 1, 1], [1, 2, 1], [1, 2, 2], [2, 2, 2], [2, 3, 2], [2, 3, 3], [2, 3, 4]];
    assert_eq!(seen, wanted);
}

#[test]
fn runs_of_a_race_are_never_more_than_a_step_apart_however_slow_one_is() {
    let (reader, mut worker) = worker();
    let config = || Box::new(Preset::Tiny.config());
    let racers = vec![Racer::Session(SessionId(0)), Racer::Begin(config()), Racer::Begin(config())];
    reader.send(AppCommand::Race(racers)).unwrap();
    assert!(worker.turn());
    assert_eq!(reader.race(), [0, 1, 2].map(SessionId));
    // One may take no step for as long as anybody waits.
    reader.send(Command::Speed(Some(1e-6)).to(SessionId(1))).unwrap();
    reader.send(AppCommand::OfRace(Command::Step(4))).unwrap();
    (0..2).for_each(|_| assert!(worker.turn()));
    (0..5).for_each(|_| worker.work());
    assert_eq!(steps(&worker), [2, 1, 2], "its first step is due at once, and the others are one ahead");
    assert!(!worker.is_busy(), "the others wait for it");
    reader.send(Command::Speed(None).to(SessionId(1))).unwrap();
    assert!(worker.turn());
    for _ in 0..7 {
        assert!(worker.turn());
        let steps = steps(&worker);
        assert!(steps.iter().max().unwrap() - steps.iter().min().unwrap() <= 1, "{steps:?}");
    }
    assert_eq!(steps(&worker), [4, 4, 4]);
    for (command, race) in [(AppCommand::End(SessionId(2)), 2), (AppCommand::Race(vec![]), 0)] {
        reader.send(command).unwrap();
        assert!(worker.turn());
        assert_eq!(reader.race().len(), race);
    }
    assert_eq!(reader.sessions(), [SessionId(0)], "what began with the race ends with it");
    reader.send(AppCommand::Race(vec![Racer::Session(SessionId(0))])).unwrap();
    assert!(worker.turn() && reader.race().is_empty(), "nobody races alone");
    assert!(reader.notices().iter().any(|notice| matches!(notice, Notice::Refused { asked: Asked::Race, .. })));
}

#[test]
fn a_race_shows_one_of_its_runs_and_the_run_before_is_shown_again_after_it() {
    let (reader, mut worker) = worker();
    let config = || Box::new(Preset::Tiny.config());
    let mut ask = |command: AppCommand| {
        reader.send(command).unwrap();
        assert!(worker.turn());
    };
    ask(Command::Run.into());
    ask(AppCommand::Race(vec![Racer::Begin(config()), Racer::Begin(config())]));
    assert_eq!(reader.race(), [1, 2].map(SessionId));
    assert_eq!(reader.latest().session, SessionId(1));
    let before = reader.latest_of(SessionId(0)).unwrap();
    assert_eq!(before.status, Status::Paused(PausedBy::Person), "who is not seen does not train");
    // Another race takes its place: what goes on racing stays.
    let branch = Racer::Branch { session: Some(SessionId(2)), at: None, knobs: None };
    ask(AppCommand::OfRace(Command::Run));
    ask(AppCommand::Race(vec![Racer::Session(SessionId(2)), branch]));
    assert!(reader.latest_of(SessionId(3)).unwrap().is_running(), "who joins runs that train trains with them");
    assert_eq!((reader.race(), reader.latest().session), ([2, 3].map(SessionId).to_vec(), SessionId(2)));
    let mut left = reader.sessions();
    left.sort();
    assert_eq!(left, [0, 2, 3].map(SessionId));
    ask(AppCommand::Race(Vec::new()));
    assert_eq!((reader.sessions(), reader.race().len()), (vec![SessionId(0)], 0));
    assert_eq!(reader.latest().status, Status::Paused(PausedBy::Person));
    // A race of one is none, and leaves nothing.
    ask(AppCommand::Race(vec![Racer::Begin(config())]));
    assert_eq!((reader.sessions(), reader.race().len()), (vec![SessionId(0)], 0));
}
