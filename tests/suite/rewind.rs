//! Rewind, undo and redo: back to an earlier moment of a run, bit for bit, and what is left is not lost.

use moe_arena::domain::config::{Config, Form, Knobs, Policy, Preset, ProbeFamilies};
use moe_arena::domain::interventions::Intervention;
use moe_arena::domain::roster::{ExpertId, Surgery};
use moe_arena::run::{
    AppCommand, Autosave, Command, Fact, From, GhostId, InjectedFault, Notice, PausedBy, RewindTo, RunMoment,
    SessionId, Snapshot, Start, Status, Undoable,
};
use moe_arena::store::checkpoint::{self, Checkpoint};
use moe_arena::store::history::{EffectOf, RunMeasure, SeriesKey};

use crate::run::Session;

fn config() -> Config {
    let mut config = Preset::Tiny.config();
    config.knobs.competition_rate = 0.4;
    (config.cadence.probe_every, config.cadence.validate_every) = (5, 10);
    config
}

/// The whole run as it stands. What is saved for it enters the journal; `entries` are those before.
fn whole(session: &mut Session) -> Checkpoint {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.safetensors");
    session.answer(Command::Save(path.clone()), |notice| matches!(notice, Notice::Saved { auto: false, .. }));
    checkpoint::open(&path).unwrap()
}

fn went(session: &mut Session, command: Command) -> Snapshot {
    session.answer(command, |notice| {
        matches!(notice, Notice::Fact(Fact::WentBack { .. } | Fact::Undone(_) | Fact::Redone(_) | Fact::Rejoined(_)))
    });
    Snapshot::clone(&session.reader.latest())
}

fn refused(session: &mut Session, command: Command) {
    session.answer(command, |notice| matches!(notice, Notice::Refused { .. }));
}

/// Everything that is done to the run, at its steps, up to step `until`.
fn act(session: &Session, until: u64) {
    let knobs = session.reader.latest().knobs.clone();
    let everything: [(u64, Command); 6] = [
        (6, Command::SetKnobs(Knobs { top_k: 1, ..knobs.clone() })),
        (9, Command::Paint { layer: 0, from: 11, to: 14, compete: Some(true) }),
        (12, Command::Watch { every: 4, measures: ProbeFamilies { knock_out: false, ..ProbeFamilies::default() } }),
        (15, Command::Experts { target: 6, surgery: Surgery::SplitBusiest }),
        (18, Command::Intervene { layer: 1, intervention: Intervention::Clone { of: ExpertId(1), over: ExpertId(2) } }),
        (22, Command::Intervene { layer: 0, intervention: Intervention::Mute { expert: ExpertId(0), on: true } }),
    ];
    for (step, command) in everything.into_iter().filter(|(step, _)| *step < until) {
        let done = session.reader.latest().memory.history.journal.entries().len();
        session.steps(step - session.reader.latest().step);
        session.send(command);
        session.wait("done", |shot| shot.memory.history.journal.entries().len() > done && !preparing(shot));
    }
    if until > session.reader.latest().step {
        session.steps(until - session.reader.latest().step);
    }
}

fn preparing(shot: &Snapshot) -> bool {
    matches!(shot.status, Status::Preparing(_))
}

fn same(found: &Checkpoint, expected: &Checkpoint, what: &str) {
    assert_eq!(found.state.progress, expected.state.progress, "{what}");
    assert!(found.state == expected.state, "weights, moments, biases: {what}");
    assert!(found.alerts == expected.alerts, "alerts: {what}");
    assert_eq!(found.config, expected.config, "{what}");
    assert_eq!(found.flop, expected.flop, "arithmetic: {what}");
    assert!(found.flop.is_some());
    let by_clock = [RunMeasure::TokensPerSec, RunMeasure::Seconds].map(SeriesKey::Run);
    let curves = |whole: &Checkpoint| {
        whole
            .history
            .iter()
            .filter(|(key, _)| !by_clock.contains(key))
            .map(|(key, series)| (key, series.clone()))
            .collect::<Vec<_>>()
    };
    for (found, expected) in curves(found).iter().zip(&curves(expected)) {
        assert_eq!(found, expected, "{what}");
    }
    assert_eq!(curves(found).len(), curves(expected).len(), "{what}");
    assert_eq!(found.history.journal.entries(), expected.history.journal.entries(), "{what}");
    assert_eq!(found.history.last_tokens, expected.history.last_tokens, "{what}");
    assert!(found.history.cosines == expected.history.cosines, "keyframes: {what}");
}

/// Saves differ in their paths, and nothing else may: they are left out of the journal.
fn without_saves(mut whole: Checkpoint) -> Checkpoint {
    let mut journal = moe_arena::store::history::Journal::default();
    for entry in whole.history.journal.entries() {
        if !matches!(entry.what, moe_arena::store::history::What::Saved { .. }) {
            journal.push(entry.step, entry.what.clone());
        }
    }
    *whole.history.journal_mut() = journal;
    whole
}

#[test]
fn any_step_gone_back_to_is_the_run_as_it_was_then_and_as_it_goes_on() {
    let mut session = Session::new(&config());
    act(&session, 30);
    let end = without_saves(whole(&mut session));
    for back in [27, 23, 16, 10, 3, 0] {
        let shot = went(&mut session, Command::Rewind(RewindTo::Step(back)));
        assert_eq!((shot.step, &shot.status), (back, &Status::Paused(PausedBy::Rewound)));
        let found = without_saves(whole(&mut session));
        let mut alone = Session::new(&config());
        act(&alone, back);
        same(&found, &without_saves(whole(&mut alone)), &format!("at step {back}"));
        // Nothing that was done is forgotten: from here, done once more, it is the run that was left.
        let ghost = shot.rewind.ghosts.last().unwrap().clone();
        assert_eq!((ghost.from, ghost.to), (back, 30));
        went(&mut session, Command::Undo);
        same(&without_saves(whole(&mut session)), &end, &format!("back from step {back}"));
    }
    went(&mut session, Command::Rewind(RewindTo::Step(5)));
    act(&session, 30);
    same(&without_saves(whole(&mut session)), &end, "done once more from step 5");
}

#[test]
fn whoever_goes_back_and_undoes_it_can_go_back_to_all_that_was_held() {
    let mut session = Session::new(&config());
    act(&session, 24);
    let held = |shot: &Snapshot| shot.rewind.held.iter().map(|held| (held.step, held.entries)).collect::<Vec<_>>();
    let before = held(&session.reader.latest());
    assert!(before.iter().filter(|held| held.0 > 7).count() > 2, "{before:?}");
    let back = went(&mut session, Command::Rewind(RewindTo::Step(7)));
    assert!(held(&back).iter().all(|held| held.0 <= 7), "{:?}", held(&back));
    let there = went(&mut session, Command::Undo);
    let after = held(&there);
    assert!(before.iter().all(|held| after.contains(held)), "{before:?}, then {after:?}");
}

#[test]
fn what_a_policy_carries_from_step_to_step_is_held_as_well() {
    for (policy, form) in [(Policy::CompeteSmoe, Form::Version1), (Policy::BiasBalanced, Form::default())] {
        let mut config = config();
        (config.knobs.policy, config.knobs.form) = (policy, form);
        let mut session = Session::new(&config);
        session.steps(10);
        session.send(Command::SetKnobs(Knobs { learning_rate: 0.001, ..config.knobs.clone() }));
        session.steps(20);
        let end = without_saves(whole(&mut session));
        went(&mut session, Command::Rewind(RewindTo::Before(RunMoment { step: 10, entries: 1 })));
        session.send(Command::SetKnobs(Knobs { learning_rate: 0.001, ..config.knobs.clone() }));
        session.steps(20);
        same(&without_saves(whole(&mut session)), &end, &format!("{policy:?}"));
    }
}

#[test]
fn a_knob_is_turned_back_now_and_the_steps_since_stay() {
    let mut session = Session::new(&config());
    session.steps(4);
    let knobs = session.reader.latest().knobs.clone();
    refused(&mut session, Command::Undo);
    session.send(Command::SetKnobs(Knobs { top_k: 1, ..knobs.clone() }));
    session.steps(2);
    session.send(Command::SetKnobs(Knobs { top_k: 1, learning_rate: 0.5, ..knobs.clone() }));
    session.steps(2);
    let shot = went(&mut session, Command::Undo);
    assert_eq!((shot.step, &shot.knobs), (8, &Knobs { top_k: 1, ..knobs.clone() }));
    let Some(Undoable::Change(next)) = &shot.rewind.undo else { panic!("{:?}", shot.rewind.undo) };
    assert_eq!(next.step, 4);
    let shot = went(&mut session, Command::Undo);
    assert_eq!((shot.step, &shot.knobs), (8, &knobs));
    assert!(shot.rewind.undo.is_none() && shot.rewind.redo.is_some() && shot.rewind.ghosts.is_empty());
    went(&mut session, Command::Redo);
    let shot = went(&mut session, Command::Redo);
    assert_eq!(shot.knobs, Knobs { top_k: 1, learning_rate: 0.5, ..knobs });
    refused(&mut session, Command::Redo);
    session.steps(2);
}

#[test]
fn surgery_and_faults_are_undone_bit_for_bit_and_what_was_left_comes_back() {
    let changes: [Command; 5] = [
        Command::Experts { target: 6, surgery: Surgery::SplitBusiest },
        Command::Experts { target: 3, surgery: Surgery::MergeMostAlike },
        Command::Intervene { layer: 0, intervention: Intervention::PoisonRouter },
        Command::Intervene { layer: 1, intervention: Intervention::Freeze { expert: ExpertId(0), on: true } },
        Command::Paint { layer: 1, from: 13, to: 15, compete: Some(true) },
    ];
    for change in changes {
        let mut session = Session::new(&config());
        session.steps(12);
        let before = without_saves(whole(&mut session));
        session.send(change.clone());
        session.wait("done", |shot| shot.rewind.undo.is_some() && !preparing(shot));
        session.steps(7);
        let after = without_saves(whole(&mut session));
        let shot = went(&mut session, Command::Undo);
        assert_eq!(shot.step, 12);
        assert!(shot.rewind.undo.is_none() && shot.rewind.redo.is_some());
        same(&without_saves(whole(&mut session)), &before, &format!("{change:?} undone"));
        // Trained on from there in another way, which is not lost either.
        session.steps(3);
        let shot = went(&mut session, Command::Redo);
        assert_eq!((shot.step, shot.rewind.ghosts.len()), (19, 1));
        assert_eq!((shot.rewind.ghosts[0].from, shot.rewind.ghosts[0].to), (12, 15));
        same(&without_saves(whole(&mut session)), &after, &format!("{change:?} redone"));
        let shot = went(&mut session, Command::Undo);
        assert_eq!(shot.step, 12);
    }
}

#[test]
fn two_changes_undone_are_both_done_again_and_leave_no_ghost_behind() {
    let mut session = Session::new(&config());
    session.steps(5);
    for surgery in [5, 6] {
        session.answer(Command::Experts { target: surgery, surgery: Surgery::AddFresh }, |notice| {
            matches!(notice, Notice::Reshaped { .. })
        });
        session.steps(3);
    }
    let end = without_saves(whole(&mut session));
    assert_eq!(went(&mut session, Command::Undo).experts(), 5);
    assert_eq!(went(&mut session, Command::Undo).experts(), 4);
    let shot = went(&mut session, Command::Redo);
    assert_eq!((shot.experts(), shot.step), (5, 8));
    let shot = went(&mut session, Command::Redo);
    assert_eq!((shot.experts(), shot.step, shot.rewind.ghosts.len()), (6, 11, 0));
    same(&without_saves(whole(&mut session)), &end, "both done again");
}

#[test]
fn what_is_not_there_is_refused_and_nothing_changes() {
    let mut session = Session::new(&config());
    session.steps(6);
    for command in [
        Command::Rewind(RewindTo::Step(7)),
        Command::Rewind(RewindTo::Before(RunMoment { step: 3, entries: 0 })),
        Command::Rewind(RewindTo::Before(RunMoment { step: 6, entries: 9 })),
        Command::Rejoin(GhostId(0)),
        Command::Undo,
        Command::Redo,
    ] {
        refused(&mut session, command);
    }
    assert_eq!(session.steps(1).step, 7);
    session.send(Command::Inject(InjectedFault::DeviceLost));
    session.send(Command::Step(9));
    session.wait("failed", |shot| matches!(shot.status, Status::Failed(_)));
    refused(&mut session, Command::Rewind(RewindTo::Step(2)));
}

#[test]
fn another_device_or_run_begins_with_nothing_held_before_it() {
    let mut session = Session::new(&config());
    session.steps(6);
    session.send(Command::MoveTo("cpu".into()));
    let shot = session.wait("moved", |shot| shot.status == Status::Paused(PausedBy::Moved));
    assert_eq!(shot.rewind.held.iter().map(|held| held.step).collect::<Vec<_>>(), [6]);
    refused(&mut session, Command::Rewind(RewindTo::Step(3)));
}

#[test]
fn the_rows_and_saves_of_a_branch_that_is_left_stay_on_the_disk() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let own = at("checkpoint.safetensors");
    let start = Start {
        from: From::Config(Box::new(config())),
        device: "cpu".into(),
        out: Some(folder.path().into()),
        overwrite: false,
        autosave: Autosave::File(own.clone()),
    };
    let mut session = Session::start(start);
    session.steps(5);
    session.send(Command::Intervene { layer: 0, intervention: Intervention::PoisonRouter });
    session.steps(7);
    session.answer(Command::Save(own.clone()), |notice| matches!(notice, Notice::Saved { auto: false, step: 12, .. }));
    let text = |name: &str| std::fs::read_to_string(at(name)).unwrap();
    let (rows, events) = (text("metrics.csv"), text("events.jsonl"));
    went(&mut session, Command::Undo);
    session.steps(2);
    assert_eq!((text("metrics-left-at-step-12.csv"), text("events-left-at-step-12.jsonl")), (rows.clone(), events));
    assert_eq!(text("metrics.csv").lines().count(), 1 + 7, "steps 1 to 7");
    assert!(rows.starts_with(&text("metrics.csv").lines().take(6).collect::<Vec<_>>().join("\n")));
    assert!(!text("events.jsonl").contains("tampered"));
    session.answer(Command::Save(own.clone()), |notice| matches!(notice, Notice::Saved { auto: false, step: 7, .. }));
    let saves: Vec<u64> = std::fs::read_dir(folder.path())
        .unwrap()
        .flatten()
        .filter_map(|entry| checkpoint::peek(&entry.path()).ok().map(|head| head.progress.step))
        .collect();
    assert!(saves.contains(&12) && saves.contains(&7), "{saves:?}");
    // Back on the branch that was left, its rows are the run's again.
    went(&mut session, Command::Redo);
    session.steps(1);
    let again = text("metrics.csv");
    assert!(again.starts_with(&rows) && again.lines().count() == 1 + 13, "{again}");
    assert!(at("metrics-left-at-step-7.csv").exists() && text("events.jsonl").contains("tampered"));
}

#[test]
fn the_autosave_of_a_branch_that_is_left_is_not_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = config();
    config.cadence.autosave_every = 5;
    let mut session = Session::window(From::Config(Box::new(config)), folder.path());
    session.steps(10);
    went(&mut session, Command::Rewind(RewindTo::Step(3)));
    session.steps(2);
    session.wait("autosaved", |shot| shot.saves.newest.as_ref().is_some_and(|saved| saved.step == 5 && saved.auto));
    session.close();
    let saves = std::fs::read_dir(folder.path()).unwrap().flatten();
    let mut steps: Vec<u64> =
        saves.filter_map(|file| checkpoint::peek(&file.path()).ok()).map(|head| head.progress.step).collect();
    steps.sort_unstable();
    assert_eq!(steps, [5, 10]);
}

/// A branch from an earlier moment: the bits of the run as it was there, and its own from then on.
#[test]
fn a_run_branches_off_from_any_moment_held_with_other_knobs() {
    let mut session = Session::new(&config());
    act(&session, 20);
    let end = without_saves(whole(&mut session));
    let other = SessionId(1);
    let knobs = Knobs { policy: Policy::Smoe, ..session.reader.latest().knobs.clone() };
    let branch = |at, knobs| AppCommand::Branch { session: None, save: None, at: Some(at), knobs };
    session.answer(branch(RewindTo::Step(21), None), |notice| matches!(notice, Notice::Refused { .. }));
    let bad = Knobs { top_k: 99, ..knobs.clone() };
    session.answer(branch(RewindTo::Step(7), Some(Box::new(bad))), |notice| matches!(notice, Notice::Refused { .. }));
    assert_eq!(session.reader.sessions().len(), 1);
    session.send(branch(RewindTo::Step(13), Some(Box::new(knobs.clone()))));
    let there = |session: &Session, done: &dyn Fn(&Snapshot) -> bool| loop {
        if let Some(shot) = session.reader.latest_of(other).filter(|shot| done(shot)) {
            return Snapshot::clone(&shot);
        }
        assert!(!session.reader.has_ended());
        session.reader.wait_for_news(crate::run::PATIENCE);
    };
    let shot = there(&session, &|shot| shot.knobs == knobs);
    assert_eq!(shot.step, 13);
    let mut alone = Session::new(&config());
    act(&alone, 13);
    let expected = without_saves(whole(&mut alone)).state;
    session.send(AppCommand::Show(other));
    session.wait("shown", |shot| shot.session == other);
    let found = without_saves(whole(&mut session)).state;
    assert!(
        found.weights == expected.weights && found.moment1 == expected.moment1 && found.moment2 == expected.moment2
    );
    session.steps(3);
    session.send(AppCommand::Show(SessionId(0)));
    session.wait("shown", |shot| shot.session == SessionId(0));
    same(&without_saves(whole(&mut session)), &end, "the run it comes from is as it was");
}

#[test]
fn what_a_change_did_is_told_once_enough_steps_have_passed_and_untold_before_it() {
    let mut session = Session::new(&Config { sequences: 1, ..config() });
    session.steps(30);
    let knobs = Knobs { top_k: 1, ..session.reader.latest().knobs.clone() };
    session.send(Command::SetKnobs(knobs));
    let explained = |notice: &Notice| matches!(notice, Notice::Fact(Fact::Explained(_)));
    let Notice::Fact(Fact::Explained(told)) = session.answer(Command::Step(110), explained) else { unreachable!() };
    assert_eq!((told.steps, told.changes.len(), told.changes[0].step), ((30, 100), 1, 30));
    let of: Vec<EffectOf> = told.effects.iter().map(|effect| effect.of).collect();
    assert_eq!(of, [EffectOf::LoadCv, EffectOf::Kappa, EffectOf::StepTime, EffectOf::Loss]);
    let loss = told.effects[3];
    let shot = session.wait("stepped", |shot| shot.step == 140 && !shot.is_running());
    let series = shot.memory.history.get(SeriesKey::Run(RunMeasure::LossTask)).unwrap();
    let mean = |from: u64, to: u64| {
        let all: Vec<f64> = series.recent().filter(|(step, _)| (from..=to).contains(step)).map(|at| at.1).collect();
        all.iter().sum::<f64>() / all.len() as f64
    };
    assert!((loss.before - mean(1, 30)).abs() < 1e-9 && (loss.after - mean(31, 130)).abs() < 1e-9);
    assert!((loss.change.value - (loss.after - loss.before)).abs() < 1e-9 && loss.change.error > 0.0);
    assert_eq!(shot.memory.explained.len(), 1);
    let shot = went(&mut session, Command::Rewind(RewindTo::Step(20)));
    assert!(shot.memory.explained.is_empty());
}
