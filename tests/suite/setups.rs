//! Set-ups: a run with everything done to it, begun again elsewhere from one line of text or a file: the same bits.

use moe_arena::domain::config::{Config, Knobs, PlaneConfig, PlaneData, Preset, TaskConfig, Text};
use moe_arena::domain::interventions::Intervention;
use moe_arena::domain::roster::{ExpertId, Surgery};
use moe_arena::lessons::{ControlId, Setup};
use moe_arena::run::{Command, From, Notice, PausedBy, Planned, Snapshot, Status};
use moe_arena::store::checkpoint::{self, Checkpoint};
use moe_arena::store::history::{RunMeasure, SeriesKey};
use moe_arena::words;

use crate::program;
use crate::run::Session;

fn save(session: &mut Session, path: &std::path::Path) -> Checkpoint {
    session.answer(Command::Save(path.into()), |notice| matches!(notice, Notice::Saved { auto: false, .. }));
    checkpoint::open(path).unwrap()
}

/// Every loss of a run, as bits.
fn losses(shot: &Snapshot) -> Vec<(u64, u64)> {
    let series = shot.memory.history.get(SeriesKey::Run(RunMeasure::LossTask)).unwrap();
    series.recent().map(|(step, value)| (step, value.to_bits())).collect()
}

fn learn() -> Config {
    let mut config = Preset::Learn.config();
    config.knobs.competition_rate = 0.3;
    config.cadence.probe_every = 5;
    config
}

/// A run with a change of every kind, and its state after step 40.
fn with_changes(folder: &std::path::Path) -> (Snapshot, Checkpoint) {
    let mut session = Session::new(&learn());
    let reshaped = |notice: &Notice| matches!(notice, Notice::Reshaped { .. });
    let shot = session.steps(6);
    session.send(Command::SetKnobs(Knobs { top_k: 2, learning_rate: 0.1 + 0.2 - 0.29, ..shot.knobs.clone() }));
    session.send(Command::Paint { layer: 0, from: 8, to: 12, compete: Some(true) });
    session.steps(7);
    session.answer(Command::Experts { target: 6, surgery: Surgery::SplitBusiest }, reshaped);
    session.steps(5);
    session.answer(Command::Experts { target: 5, surgery: Surgery::MergeMostAlike }, reshaped);
    let ids = session.steps(4).model.rosters[0].slots.clone();
    for intervention in [
        Intervention::Mute { expert: ids[0], on: true },
        Intervention::Clone { of: ids[1], over: ids[2] },
        Intervention::PoisonRouter,
        Intervention::Freeze { expert: ids[3], on: true },
    ] {
        session.send(Command::Intervene { layer: 0, intervention });
        session.steps(3);
    }
    session.send(Command::SetKnobs(Knobs { top_k: 1, theta: 1e-7, ..session.reader.latest().knobs.clone() }));
    let shot = session.steps(6);
    assert_eq!(shot.step, 40);
    let whole = save(&mut session, &folder.join("a.safetensors"));
    (shot, whole)
}

#[test]
fn a_run_begun_from_the_line_of_another_is_bit_for_bit_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let (shot, first) = with_changes(folder.path());
    let hidden = ["top-k", "noise"].into_iter().filter_map(ControlId::of).collect();
    let line = Setup::of(&shot, hidden).unwrap().line().unwrap();
    let read = Setup::from_line(&line).unwrap();
    assert_eq!(read.hidden.len(), 2);
    assert_eq!(read.run.changes.len(), 9, "{:#?}", read.run.changes);

    // In the place of another run, as when it is pasted into a window, and in one go.
    let mut session = Session::new(&Preset::Tiny.config());
    session.send(Command::NewSetup(Box::new(read.run.clone())));
    let stands =
        |shot: &Snapshot| shot.config.seed == first.config.seed && shot.status == Status::Paused(PausedBy::Start);
    let begun = session.wait("begun", stands);
    assert_eq!(begun.interventions.planned.len(), 9, "all of it is still to come");
    let again = session.steps(40);
    assert!(again.interventions.planned.is_empty());
    assert_eq!(losses(&again), losses(&shot));
    let second = save(&mut session, &folder.path().join("b.safetensors"));
    assert_eq!(second.state.progress, first.state.progress);
    assert!(second.state == first.state, "weights, moments and biases");
    // What was done stands in its journal as in the first one's, so that its own line says the same.
    assert_eq!(Setup::of(&again, read.hidden.clone()).unwrap(), read);
    session.close();
}

#[test]
fn a_line_of_a_run_under_way_holds_what_is_still_to_come_and_the_control_differs() {
    let folder = tempfile::tempdir().unwrap();
    let (shot, first) = with_changes(folder.path());
    let setup = Setup::of(&shot, Vec::new()).unwrap();
    let session = Session::of(From::Setup(Box::new(setup.run.clone())), None, None);
    let halfway = session.steps(20);
    assert!((1..9).contains(&halfway.interventions.planned.len()));
    assert_eq!(Setup::of(&halfway, Vec::new()).unwrap(), setup);
    session.close();
    // Without its changes it is another run.
    let mut plain = Session::new(&setup.run.config);
    plain.steps(40);
    assert!(save(&mut plain, &folder.path().join("c.safetensors")).state != first.state);
    plain.close();
}

#[test]
fn a_planned_knob_leaves_those_that_a_person_turned_meanwhile() {
    let config = learn();
    let at_4 = Knobs { top_k: 2, ..config.knobs.clone() };
    let change = |at, what| moe_arena::run::PlannedChange { at, what: Planned::Ask(what) };
    let mut setup = moe_arena::run::RunSetup::plain(config.clone());
    setup.changes = vec![
        change(4, Command::SetKnobs(at_4)),
        change(5, Command::Intervene { layer: 0, intervention: Intervention::Mute { expert: ExpertId(99), on: true } }),
    ];
    let mut session = Session::of(From::Setup(Box::new(setup)), None, None);
    session.steps(2);
    session.send(Command::SetKnobs(Knobs { theta: 0.5, ..config.knobs.clone() }));
    let shot = session.steps(3);
    assert_eq!((shot.knobs.top_k, shot.knobs.theta), (2, 0.5));
    // What cannot be done is told, and the run goes on.
    session.send(Command::Step(2));
    let told = session.answer(Command::ListRuns, |notice| matches!(notice, Notice::Refused { .. }));
    assert!(words::notice(&told).contains("100"), "{}", words::notice(&told));
    session.wait("on", |shot| shot.step == 7);
    session.close();
}

#[test]
fn drawn_points_travel_and_another_text_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = Preset::Tiny.config();
    let text = folder.path().join("text.txt");
    std::fs::write(&text, "All work and no play makes Jack a dull boy. ".repeat(200)).unwrap();
    config.task = TaskConfig::Text(Text::File(text.clone()));
    let session = Session::new(&config);
    let setup = Setup::of(&session.steps(2), Vec::new()).unwrap();
    assert_eq!(Setup::from_line(&setup.line().unwrap()), Ok(setup.clone()));
    session.close();
    std::fs::write(&text, "Call me Ishmael. Some years ago, never mind how long. ".repeat(200)).unwrap();
    let mut session = Session::new(&Preset::Tiny.config());
    let told = session.answer(Command::NewSetup(Box::new(setup.run)), |n| matches!(n, Notice::Refused { .. }));
    assert!(words::notice(&told).contains("text"), "{}", words::notice(&told));
    session.close();

    let drawn =
        (0..40).map(|n| moe_arena::domain::config::DrawnPoint { at: [0.01 * f64::from(n), -0.3], class: n as u16 % 2 });
    let plane = PlaneConfig { data: PlaneData::Drawn, drawn: drawn.collect(), ..PlaneConfig::default() };
    let config = Preset::Learn.config_for(TaskConfig::Plane(plane));
    let setup = Setup { run: moe_arena::run::RunSetup::plain(config), hidden: Vec::new() };
    assert_eq!(Setup::from_line(&setup.line().unwrap()), Ok(setup));
}

#[test]
fn the_command_line_trains_a_set_up_from_a_line_and_from_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let (shot, first) = with_changes(folder.path());
    let setup = Setup::of(&shot, Vec::new()).unwrap();
    std::fs::write(folder.path().join("mine.setup.toml"), setup.to_toml().unwrap()).unwrap();
    for (given, out) in [(setup.line().unwrap(), "line"), ("mine.setup.toml".to_owned(), "file")] {
        let output =
            program::run(folder.path(), &format!("train --device cpu --stop-at 40 --out {out} --setup {given}"));
        assert_eq!(output.status.code(), Some(0), "{}", program::complaint(&output));
        let saved = checkpoint::open(&folder.path().join(out).join("checkpoint.safetensors")).unwrap();
        assert!(saved.state == first.state, "{out}");
    }
    let broken =
        setup.to_toml().unwrap().replace("at = 6", "at = \"soon\"").replace("hidden = []", "hidden = [\"topk\"]");
    std::fs::write(folder.path().join("broken.setup.toml"), broken).unwrap();
    let line = setup.line().unwrap();
    for (given, says) in [
        ("broken.setup.toml", "changes[1].at: found \"soon\"; expected a whole number"),
        ("broken.setup.toml", "hidden: no control is called “topk”; did you mean “top-k”?"),
        (&line[..line.len() - 4], "the end of this set-up is missing"),
        (&line.replacen("1:", "7:", 1), "version 7"),
        ("none.setup.toml", "none.setup.toml cannot be read"),
        ("mine.setup.toml --top-k 2", "--setup and --demonstration say all of the run"),
    ] {
        let output = program::run(folder.path(), &format!("train --setup {given}"));
        let said = program::complaint(&output);
        assert!(output.status.code() == Some(2) && said.contains(says), "“{says}” in: {said}");
    }
}
