//! A race: runs side by side on one clock, each as it would be alone.

use moe_arena::domain::arithmetic::step_flop;
use moe_arena::domain::config::{Config, Knobs, Policy, Preset};
use moe_arena::domain::state::State;
use moe_arena::run::{AppCommand, Command, Notice, PausedBy, Racer, SessionId, Status};
use moe_arena::store::checkpoint;
use moe_arena::store::history::{LayerMeasure, RunMeasure, SeriesKey};

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
    // What both did before is one: the batches, the curve of the loss, what it cost.
    let curve = |id, measure| {
        let shot = session.reader.latest_of(id).unwrap();
        shot.memory.history.get(SeriesKey::Run(measure)).unwrap().recent().collect::<Vec<_>>()
    };
    for measure in [RunMeasure::LossTask, RunMeasure::Flop, RunMeasure::Seconds] {
        assert_eq!(curve(race[0], measure)[..10], curve(race[1], measure)[..10], "{measure:?}");
    }
    // From there on one competes now and then, and the other never.
    let knobs = [config().knobs, smoe()];
    for (&id, knobs) in race.iter().zip(&knobs) {
        let shot = session.reader.latest_of(id).unwrap();
        let competed: Vec<Vec<(u64, f64)>> = (0..2)
            .map(|layer| shot.memory.history.get(SeriesKey::Layer(layer, LayerMeasure::Competed)).unwrap())
            .map(|series| series.recent().collect())
            .collect();
        let spent = curve(id, RunMeasure::Flop);
        let mut sum = spent[9].1 as u64;
        for place in 10..22 {
            let competes = [0, 1].map(|layer: usize| competed[layer][place].1 > 0.0);
            sum += step_flop(&config(), knobs, 4, place as u64 + 1, &competes);
            assert_eq!(spent[place], (place as u64 + 1, sum as f64));
        }
        let seconds = curve(id, RunMeasure::Seconds);
        assert!(seconds.windows(2).all(|pair| pair[0].1 < pair[1].1), "{seconds:?}");
    }
    assert!(curve(race[1], RunMeasure::Flop)[21].1 < curve(race[0], RunMeasure::Flop)[21].1);
}
