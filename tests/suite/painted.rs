//! Competitions painted by hand: in force exactly where they were painted, in step, snapshot and checkpoint.

use moe_arena::domain::config::{Config, Knobs, Policy, Preset};
use moe_arena::engine::train::TrainerRefusal;
use moe_arena::run::{Command, From, Notice, PausedBy, Status};
use moe_arena::store::history::What;
use moe_arena::words;

use crate::devices;
use crate::run::Session;
use crate::train::{train, trainer};

/// Two layers with experts that never compete by themselves.
fn quiet() -> Config {
    let mut config = Preset::Tiny.config();
    config.knobs.competition_rate = 0.0;
    config.knobs.max_competing_layers = 1;
    config.cadence.probe_every = 50;
    config
}

fn paint(layer: usize, from: u64, to: u64, compete: Option<bool>) -> Command {
    Command::Paint { layer, from, to, compete }
}

#[test]
fn layers_compete_exactly_where_they_were_painted() {
    let mut run = trainer(&quiet(), &devices::cpu().device);
    train(&mut run, 2);
    run.paint(1, 4, 7, Some(true)).unwrap();
    run.paint(0, 6, 6, Some(true)).unwrap();
    run.paint(1, 5, 5, None).unwrap();
    // Reading number s is that of step s − 1: steps count from 0. Both layers at step 6, though the cap is one.
    let competed: Vec<Vec<bool>> =
        train(&mut run, 10).iter().map(|reading| reading.layers.iter().map(|layer| layer.competed).collect()).collect();
    let expected = |step: u64| vec![step == 6, [4, 6, 7].contains(&step)];
    assert_eq!(competed, (2..12).map(expected).collect::<Vec<_>>());
    assert!(run.progress().painted.is_empty(), "what is done is forgotten");
}

#[test]
fn painted_silence_goes_before_the_schedule_and_a_policy_that_does_not_compete_before_both() {
    let mut config = quiet();
    config.knobs.competition_rate = 1.0;
    config.knobs.max_competing_layers = 2;
    let mut run = trainer(&config, &devices::cpu().device);
    run.paint(0, 1, 2, Some(false)).unwrap();
    run.paint(1, 3, 3, Some(true)).unwrap();
    assert_eq!([0, 1, 2, 3].map(|step| run.competing(step)[0]), [true, false, false, true]);
    run.set_knobs(Knobs { policy: Policy::Smoe, ..config.knobs }).unwrap();
    assert!((0..4).all(|step| run.competing(step) == [false, false]));
    assert_eq!(run.paint(0, 2, 2, Some(true)), Err(TrainerRefusal::NoCompetitions(Policy::Smoe)));
    run.paint(0, 0, 9, None).unwrap();
}

#[test]
fn a_step_that_is_taken_back_keeps_its_paint() {
    let mut run = trainer(&quiet(), &devices::cpu().device);
    run.paint(0, 0, 0, Some(true)).unwrap();
    run.poison();
    run.step().unwrap();
    assert_eq!(run.read().unwrap().not_finite, Some(1));
    assert_eq!((run.progress().step, run.competing(0)), (0, vec![true, false]));
}

#[test]
fn what_lies_ahead_shows_the_paint_and_the_journal_tells_of_it() {
    let mut session = Session::new(&quiet());
    session.steps(3);
    session.send(paint(1, 5, 16, Some(true)));
    let shot = session.wait("painted", |s| s.model.ahead.iter().any(|row| row[1]));
    let ticks = |shot: &moe_arena::run::Snapshot| -> Vec<u64> {
        (shot.step..).zip(shot.model.ahead.iter()).filter(|(_, row)| row[1]).map(|(step, _)| step).collect()
    };
    assert_eq!(ticks(&shot), (5..=16).collect::<Vec<_>>());
    assert!(shot.model.ahead.iter().all(|row| !row[0]));
    let entry = shot.memory.history.journal.entries().last().unwrap();
    assert_eq!((entry.step, words::flag(&entry.what).unwrap()), (3, "L2: 12 steps painted to compete".into()));
    assert_eq!(entry.what, What::Painted { layer: 1, from: 5, to: 16, compete: Some(true) });
    session.send(paint(1, 6, 16, None));
    let shot = session.wait("given back", |s| !s.model.ahead[4][1]);
    assert_eq!(ticks(&shot), [5]);
    let shot = session.steps(3);
    assert!(shot.newest.step.unwrap().layers[1].competed);

    let bad = |n: &Notice| n.is_bad();
    for (command, why) in [
        (paint(1, 5, 9, Some(true)), "step 5 is already done"),
        (paint(2, 9, 9, Some(true)), "there are 2 layers with experts"),
        (paint(0, 9, 8, Some(true)), "before the first"),
        (paint(0, 6, 70_000, Some(false)), "at most 65,536"),
    ] {
        let notice = words::notice(&session.answer(command, bad));
        assert!(notice.contains(why), "{notice}");
    }
    session.send(paint(0, 100, 200, Some(true)));
    session.wait("painted", |s| s.model.ahead.iter().any(|row| row[0]));
    session.send(Command::Reset { seed: None });
    let shot = session.wait("reset", |s| s.step == 0 && s.status == Status::Paused(PausedBy::Start));
    assert!(shot.model.ahead.iter().all(|row| !row[0] && !row[1]), "a reset forgets what was painted");
}

#[test]
fn painted_steps_are_saved_and_resumed_bit_for_bit() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let saved = |n: &Notice| matches!(n, Notice::Saved { auto: false, .. });
    let mut straight = Session::new(&quiet());
    straight.steps(5);
    straight.send(paint(1, 8, 25, Some(true)));
    straight.steps(7);
    straight.answer(Command::Save(at("12.safetensors")), saved);
    straight.steps(20);
    straight.answer(Command::Save(at("straight.safetensors")), saved);
    let mut resumed = Session::of(From::File(at("12.safetensors")), None, None);
    let ahead = resumed.reader.latest().model.ahead.clone();
    assert_eq!(ahead.iter().filter(|row| row[1]).count(), 14, "steps 12 to 25 are still to come");
    resumed.steps(20);
    resumed.answer(Command::Save(at("resumed.safetensors")), saved);
    let open = |name: &str| moe_arena::store::checkpoint::open(&at(name)).unwrap();
    assert!(open("12.safetensors").state.progress.painted.at(1, 25) == Some(true));
    assert!(open("straight.safetensors").state == open("resumed.safetensors").state);
}
