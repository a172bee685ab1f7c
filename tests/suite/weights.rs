//! The weights of a layer's experts, compared when somebody asks, while a real run goes on.

use std::path::Path;

use moe_arena::domain::config::{Config, Preset};
use moe_arena::domain::interventions::Intervention;
use moe_arena::domain::readings::WeightLikeness;
use moe_arena::domain::roster::Surgery;
use moe_arena::run::{Command, From, Notice, PausedBy, Snapshot, Status};
use moe_arena::words;

use crate::run::Session;

fn tiny() -> Config {
    let mut config = Preset::Tiny.config();
    config.knobs.competition_rate = 0.3;
    config.cadence.probe_every = 10;
    config
}

/// Experts whose comparison takes seconds.
fn broad() -> Config {
    let mut config = tiny();
    (config.model.expert_width, config.model.experts) = (384, 12);
    config
}

fn compared(session: &Session, layer: usize) -> Snapshot {
    session.send(Command::CompareWeights { layer });
    session.wait("compared", |shot| shot.newest.weights.as_ref().is_some_and(|w| w.layer == layer && w.is_done()))
}

fn found(shot: &Snapshot) -> &WeightLikeness {
    shot.newest.weights.as_deref().unwrap()
}

#[test]
fn a_copied_expert_is_found_by_its_weights() {
    let session = Session::new(&tiny());
    session.steps(30);
    let shot = compared(&session, 1);
    let before = found(&shot);
    assert_eq!((before.step, before.done, before.pairs), (30, 6, 6));
    assert_eq!(before.experts, shot.model.rosters[1].slots);
    let chance = before.chance.unwrap();
    assert!(chance > 0.0 && chance < 0.8, "{chance}");
    for (row, column) in (0..4).flat_map(|row| (0..4).map(move |column| (row, column))) {
        let (cell, mirrored) = (row * 4 + column, column * 4 + row);
        let [matched, lying] = [before.matched[cell], before.as_they_lie[cell]];
        assert_eq!((matched, lying), (before.matched[mirrored], before.as_they_lie[mirrored]));
        assert!(if row == column { (matched, lying) == (1.0, 1.0) } else { lying <= matched && matched < 0.9 });
    }

    let (of, over) = (shot.model.rosters[1].slots[2], shot.model.rosters[1].slots[0]);
    session.send(Command::Intervene { layer: 1, intervention: Intervention::Clone { of, over } });
    let shot = session.wait("cloned", |shot| !shot.interventions.trials.is_empty());
    assert_eq!(shot.newest.weights, None, "what was compared were other experts");
    let shot = compared(&session, 1);
    let after = found(&shot);
    let alike = |row: usize, column: usize| after.matched[row * 4 + column];
    // A hundredth of noise: 1 ÷ √(1 + 0.01²).
    assert!(alike(0, 2) > 0.9995 && alike(0, 2) < 1.0, "{}", alike(0, 2));
    assert!([alike(0, 1), alike(0, 3), alike(1, 2)].into_iter().all(|other| other < 0.9));
    assert_eq!(alike(1, 3), before.matched[7], "the others are as they were");
}

#[test]
fn comparing_changes_no_number_of_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let run = |watched: bool| {
        let out = folder.path().join(if watched { "watched" } else { "straight" });
        let mut session = Session::of(From::Config(Box::new(tiny())), Some(&out), None);
        for layer in [0, 1, 0] {
            session.steps(9);
            if watched {
                session.send(Command::CompareWeights { layer: 1 - layer });
                session.send(Command::CompareWeights { layer });
            }
        }
        let shot = session.steps(3);
        if watched {
            let shot = session.wait("compared", |shot| shot.newest.weights.as_ref().is_some_and(|w| w.is_done()));
            assert_eq!((found(&shot).layer, found(&shot).step), (0, 27), "of the weights as they were when asked");
        }
        let path = out.join("run.safetensors");
        session.answer(Command::Save(path.clone()), |notice| matches!(notice, Notice::Saved { .. }));
        (shot, moe_arena::store::checkpoint::open(&path).unwrap().state, rows(&out))
    };
    let (straight, watched) = (run(false), run(true));
    assert_eq!(straight.0.newest.step, watched.0.newest.step);
    assert!(straight.1 == watched.1, "weights, moments and progress");
    assert_eq!(straight.2, watched.2);
    // As words: a pull without tokens is NaN, which is not even like itself.
    let told = |shot: &Snapshot| format!("{:?} {:?}", shot.newest.probe, shot.memory.history.journal);
    assert!(told(&straight.0) == told(&watched.0), "probe and journal");
}

/// `metrics.csv` without its columns of time.
fn rows(folder: &Path) -> Vec<Vec<String>> {
    let mut reader = csv::Reader::from_path(folder.join("metrics.csv")).unwrap();
    let header = reader.headers().unwrap().clone();
    let timeless = |i: &usize| !["seconds", "tokens_per_sec"].contains(&&header[*i]);
    reader
        .records()
        .map(|row| (0..header.len()).filter(timeless).map(|i| row.as_ref().unwrap()[i].into()).collect())
        .collect()
}

#[test]
fn training_goes_on_while_weights_are_compared_and_portions_arrive() {
    let session = Session::new(&broad());
    session.steps(1);
    session.send(Command::CompareWeights { layer: 0 });
    session.send(Command::Run);
    let seen = |done: &dyn Fn(&WeightLikeness) -> bool| {
        session.wait("compared so far", |shot| shot.is_running() && shot.newest.weights.as_deref().is_some_and(done))
    };
    let begun = seen(&|w| w.done < w.pairs);
    let some = seen(&|w| w.done > 0 && w.done < w.pairs);
    let whole = seen(&WeightLikeness::is_done);
    assert!(begun.step <= some.step && some.step < whole.step);
    assert_eq!((found(&some).step, found(&whole).step, found(&whole).pairs), (1, 1, 66));
    assert!(found(&some).matched.iter().any(|value| value.is_nan()) && found(&some).chance.is_some());
    assert!(found(&whole).matched.iter().all(|value| value.is_finite()));
}

#[test]
fn a_newer_wish_other_experts_and_another_run_end_a_comparison() {
    let mut session = Session::new(&broad());
    session.steps(1);
    session.send(Command::CompareWeights { layer: 0 });
    session.wait("begun", |shot| shot.newest.weights.as_ref().is_some_and(|w| w.layer == 0));
    session.send(Command::CompareWeights { layer: 1 });
    session.wait("begun anew", |shot| shot.newest.weights.as_ref().is_some_and(|w| w.layer == 1 && !w.is_done()));
    let surgery = Command::Experts { target: 13, surgery: Surgery::AddFresh };
    session.answer(surgery, |notice| matches!(notice, Notice::Reshaped { .. }));
    assert_eq!(session.steps(2).newest.weights, None, "experts changed");
    session.send(Command::CompareWeights { layer: 0 });
    session.wait("begun", |shot| shot.newest.weights.as_ref().is_some_and(|w| w.experts.len() == 13));
    session.send(Command::Reset { seed: None });
    session.wait("reset", |shot| shot.step == 0 && shot.status == Status::Paused(PausedBy::Start));
    assert_eq!(session.steps(2).newest.weights, None, "another run");
}

#[test]
fn what_cannot_be_compared_is_refused_and_one_expert_has_no_pairs() {
    let mut session = Session::new(&tiny());
    let refused = |notice: &Notice| matches!(notice, Notice::Refused { .. });
    let notice = session.answer(Command::CompareWeights { layer: 9 }, refused);
    assert!(words::notice(&notice).contains("no such layer"), "{notice:?}");
    let mut config = tiny();
    (config.model.experts, config.knobs.top_k, config.model.expert_width) = (1, 1, 4097);
    let mut session = Session::new(&config);
    let notice = session.answer(Command::CompareWeights { layer: 0 }, refused);
    assert!(words::notice(&notice).contains("4,097 neurons; up to 4,096"), "{notice:?}");
    config.model.expert_width = 8;
    let session = Session::new(&config);
    assert_eq!((found(&compared(&session, 0)).pairs, found(&session.reader.latest()).chance), (0, None));
}
