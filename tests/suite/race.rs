//! A race: runs side by side on one clock, each as it would be alone.

use moe_arena::domain::config::{Config, Knobs, Policy, Preset};
use moe_arena::domain::state::State;
use moe_arena::run::{AppCommand, Command, Notice, PausedBy, Racer, SessionId, Status};
use moe_arena::store::checkpoint;

use crate::run::{PATIENCE, Session};

fn config() -> Config {
    let mut config = Preset::Tiny.config();
    config.knobs.competition_rate = 0.4;
    config.cadence.probe_every = 5;
    config
}

fn saved(session: &mut Session, id: SessionId) -> State {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.safetensors");
    session.answer(Command::Save(path.clone()).to(id), |notice| matches!(notice, Notice::Saved { auto: false, .. }));
    checkpoint::open(&path).unwrap().state
}

fn smoe() -> Knobs {
    Knobs { policy: Policy::Smoe, ..config().knobs }
}

/// The state of a run that has the worker for itself, is given other knobs after `first` steps and takes `more`.
fn alone(knobs: Option<Knobs>, first: u64, more: u64) -> State {
    let mut session = Session::new(&config());
    session.steps(first);
    if let Some(knobs) = knobs {
        session.send(Command::SetKnobs(knobs.clone()));
        session.wait("other knobs", |shot| shot.knobs == knobs);
    }
    session.steps(more);
    saved(&mut session, SessionId(0))
}

fn wait(session: &Session, id: SessionId, step: u64) {
    let there = |shot: &moe_arena::run::Snapshot| {
        shot.step == step && matches!(shot.status, Status::Paused(PausedBy::Steps(_)))
    };
    while !session.reader.latest_of(id).is_some_and(|shot| there(&shot)) {
        assert!(!session.reader.has_ended());
        session.reader.notices();
        session.reader.wait_for_news(PATIENCE);
    }
}

#[test]
fn from_here_without_competition_both_are_what_they_would_be_alone() {
    let mut session = Session::new(&config());
    session.steps(10);
    let racers =
        vec![Racer::Session(SessionId(0)), Racer::Branch { session: None, at: None, knobs: Some(Box::new(smoe())) }];
    session.send(AppCommand::Race(racers));
    while session.reader.race().len() < 2 {
        session.reader.wait_for_news(PATIENCE);
    }
    let race = session.reader.race();
    assert_eq!(race, [SessionId(0), SessionId(1)]);
    session.send(AppCommand::OfRace(Command::Step(12)));
    race.iter().for_each(|&id| wait(&session, id, 22));
    assert!(saved(&mut session, race[0]) == alone(None, 10, 12), "the run that was there");
    assert!(saved(&mut session, race[1]) == alone(Some(smoe()), 10, 12), "the one without competition");
    // What both did before is one: the batches, and the curve of the loss.
    let losses = |id| {
        let shot = session.reader.latest_of(id).unwrap();
        let key = moe_arena::store::history::SeriesKey::Run(moe_arena::store::history::RunMeasure::LossTask);
        shot.memory.history.get(key).unwrap().recent().take(10).collect::<Vec<_>>()
    };
    assert_eq!(losses(race[0]), losses(race[1]));
}
