//! Alerts in a real run: raised as readings come in, told once, kept in files, over when their expert is gone.

use moe_arena::domain::config::{Knobs, Preset};
use moe_arena::domain::interventions::Intervention;
use moe_arena::domain::roster::ExpertId;
use moe_arena::run::{Command, From, Notice, Snapshot};
use moe_arena::store::alerts::Rule;
use moe_arena::store::history::{ExpertMeasure, SeriesKey};
use moe_arena::words;

use crate::run::Session;

fn dead(shot: &Snapshot) -> Vec<(Option<ExpertId>, u64, Option<u64>)> {
    let dead = shot.memory.alerts.all().iter().filter(|alert| alert.rule == Rule::DeadExpert);
    dead.map(|alert| (alert.expert, alert.raised, alert.until)).collect()
}

#[test]
fn a_muted_expert_is_told_dead_saved_so_and_over_when_it_is_replaced() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.safetensors");
    let mut config = Preset::Tiny.config();
    config.cadence.probe_every = 20;
    let mut session = Session::new(&config);
    session.steps(10);
    let expert = ExpertId(2);
    session.send(Command::Intervene { layer: 1, intervention: Intervention::Mute { expert, on: true } });
    let shot = session.steps(99);
    assert_eq!((shot.step, dead(&shot)), (109, vec![]));
    let of_the_dead = |notice: &Notice| matches!(notice, Notice::Alert(alert) if alert.rule == Rule::DeadExpert);
    let notice = session.answer(Command::Step(1), of_the_dead);
    assert!(words::notice(&notice).starts_with("Expert 3 of layer 2 has had no token for 100 steps"), "{notice:?}");
    assert!(!notice.is_bad());
    session.wait("there", |shot| shot.step == 110);
    let shot = session.steps(10);
    assert_eq!(dead(&shot), [(Some(expert), 110, None)]);
    let idle = shot.memory.history.get(SeriesKey::Expert(1, expert, ExpertMeasure::Idle)).unwrap();
    assert_eq!(idle.last(), Some((120, 110.0)));

    session.answer(Command::Save(path.clone()), |notice| matches!(notice, Notice::Saved { auto: false, .. }));
    let resumed = Session::of(From::File(path), None, None);
    let opened = resumed.reader.latest();
    assert_eq!(opened.memory.alerts, session.reader.latest().memory.alerts);
    let (straight, resumed) = (session.steps(30), resumed.steps(30));
    assert_eq!(straight.memory.alerts, resumed.memory.alerts, "a run that goes on says the same");

    session.send(Command::Intervene { layer: 1, intervention: Intervention::Reset { expert } });
    let shot = session.wait("reset", |shot| shot.model.rosters[1].slots[2] != expert);
    assert_eq!(dead(&shot), [(Some(expert), 110, Some(150))]);
    session.send(Command::Reset { seed: None });
    let shot = session.wait("begun again", |shot| shot.step == 0);
    assert!(shot.memory.alerts.all().is_empty());
}

/// Alerts of a rule: layer, step at which it was raised, step at which it was over.
fn of_rule(shot: &Snapshot, rule: Rule) -> Vec<(Option<usize>, u64, Option<u64>)> {
    let alerts = shot.memory.alerts.all().iter().filter(|alert| alert.rule == rule);
    alerts.map(|alert| (alert.layer, alert.raised, alert.until)).collect()
}

#[test]
fn a_forced_collapse_is_told_as_load_collapse_of_its_layer_and_over_once_it_is_freed() {
    let mut config = Preset::Tiny.config();
    config.cadence.probe_every = 1000;
    let session = Session::new(&config);
    session.steps(120);
    let force = |onto| Command::Intervene { layer: 1, intervention: Intervention::ForceCollapse { onto } };
    session.send(force(Some(ExpertId(2))));
    let shot = session.steps(160);
    let told = of_rule(&shot, Rule::LoadCollapse);
    // All of 100 steps must be near it, and then 50 more.
    assert!(matches!(told[..], [(Some(1), raised, None)] if (121..=120 + 150).contains(&raised)), "{told:?}");
    let alert = shot.memory.alerts.active().find(|alert| alert.rule == Rule::LoadCollapse).unwrap();
    let said = "Layer 2: load collapse, expert 3 takes every token (50 % of the picks, the most that k = 2 allows); \
                effective experts, last 100 steps: ";
    let words = words::alert(alert);
    assert!(words.starts_with(said) || words.starts_with(&said.replace("every", "nearly every")), "{words}");
    assert_eq!(alert.expert, Some(ExpertId(2)));
    session.send(force(None));
    let shot = session.steps(100);
    let told = of_rule(&shot, Rule::LoadCollapse);
    assert!(matches!(told[..], [(Some(1), _, Some(_))]), "{told:?}");
}

#[test]
fn a_run_that_guesses_worse_than_blindly_is_told_so() {
    let mut config = Preset::Tiny.config();
    (config.optimizer.warmup_steps, config.cadence.probe_every) = (20, 1000);
    let session = Session::new(&config);
    let shot = session.steps(130);
    assert_eq!(of_rule(&shot, Rule::LossAboveChance), []);
    let knobs = Knobs { learning_rate: 30.0, ..shot.knobs.clone() };
    session.send(Command::SetKnobs(knobs));
    let shot = session.steps(100);
    let told = of_rule(&shot, Rule::LossAboveChance);
    assert!(matches!(told[..], [(None, 181..=230, None)]), "{told:?}, loss {:?}", shot.newest.step.unwrap().loss);
}
