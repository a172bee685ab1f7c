//! The journal is enough to do a run again: replayed from step 0 it leads to the same bits.

use moe_arena::domain::config::{Config, Knobs, Policy, Preset, ProbeFamilies, TaskConfig, Text};
use moe_arena::domain::interventions::Intervention;
use moe_arena::domain::roster::Surgery;
use moe_arena::run::{Command, From, Notice, replay};
use moe_arena::store::checkpoint;
use moe_arena::store::history::Journal;
use moe_arena::words;

use crate::run::Session;

fn save(session: &mut Session, path: &std::path::Path) -> checkpoint::Checkpoint {
    session.answer(Command::Save(path.into()), |notice| matches!(notice, Notice::Saved { auto: false, .. }));
    checkpoint::open(path).unwrap()
}

#[test]
fn a_run_with_everything_done_to_it_is_repeated_to_the_same_bits() {
    let folder = tempfile::tempdir().unwrap();
    let (half, end) = (folder.path().join("half.safetensors"), folder.path().join("end.safetensors"));
    let mut config = Preset::Tiny.config();
    config.knobs.competition_rate = 0.4;
    config.cadence.probe_every = 5;
    let mut session = Session::new(&config);
    let reshaped = |notice: &Notice| matches!(notice, Notice::Reshaped { .. });
    let shot = session.steps(6);
    save(&mut session, &half);
    session.send(Command::SetKnobs(Knobs { top_k: 1, learning_rate: 0.01, ..shot.knobs.clone() }));
    session.send(Command::Paint { layer: 1, from: 7, to: 9, compete: Some(true) });
    session.send(Command::Paint { layer: 0, from: 8, to: 12, compete: Some(false) });
    session.steps(3);
    session.send(Command::Reference);
    session.send(Command::Watch { every: 4, measures: ProbeFamilies { knock_out: false, ..ProbeFamilies::default() } });
    session.answer(Command::Experts { target: 6, surgery: Surgery::SplitBusiest }, reshaped);
    session.steps(5);
    session.answer(Command::Experts { target: 8, surgery: Surgery::AddFresh }, reshaped);
    session.steps(4);
    // Two at one step, with loads that only the history knew.
    session.answer(Command::Experts { target: 6, surgery: Surgery::MergeMostAlike }, reshaped);
    session.answer(Command::Experts { target: 5, surgery: Surgery::DropLeastUsed }, reshaped);
    let ids = session.steps(3).model.rosters[0].slots.clone();
    for intervention in [
        Intervention::Mute { expert: ids[0], on: true },
        Intervention::Freeze { expert: ids[1], on: true },
        Intervention::Clone { of: ids[2], over: ids[3] },
        Intervention::PoisonRouter,
        Intervention::ForceCollapse { onto: Some(ids[2]) },
    ] {
        session.send(Command::Intervene { layer: 0, intervention });
        session.steps(2);
    }
    session.send(Command::Intervene { layer: 1, intervention: Intervention::ForceBalance { on: true } });
    session.send(Command::HalveBatch);
    session.wait("a smaller batch", |shot| shot.config.sequences == config.sequences / 2 && shot.step == 31);
    session.steps(3);
    let halfway = save(&mut session, &half);
    drop(session);

    let mut session = Session::of(From::File(half), None, None);
    let shot = session.steps(2);
    let last = *shot.model.rosters[0].slots.last().unwrap();
    for intervention in [
        Intervention::Mute { expert: ids[0], on: false },
        Intervention::Freeze { expert: ids[1], on: false },
        Intervention::Reset { expert: last },
        Intervention::ForceCollapse { onto: None },
    ] {
        session.send(Command::Intervene { layer: 0, intervention });
    }
    session.send(Command::Intervene { layer: 1, intervention: Intervention::ForceBalance { on: false } });
    session.steps(3);
    session.send(Command::MoveTo("cpu".into()));
    session.send(Command::SetKnobs(Knobs { policy: Policy::BiasBalanced, top_k: 2, ..shot.knobs.clone() }));
    session.wait("another policy", |shot| shot.knobs.policy == Policy::BiasBalanced);
    session.steps(6);
    let whole = save(&mut session, &end);

    let journal = &whole.history.journal;
    assert!(journal.is_complete());
    let text = serde_json::to_string(journal.as_ref()).unwrap();
    for kind in ["started", "knobs", "experts", "saved", "tampered", "painted", "watch", "reference"] {
        assert!(text.contains(&format!("\"what\":{{\"{kind}\"")), "no entry of the kind {kind}");
    }
    let again = |whole: &checkpoint::Checkpoint| {
        replay(&whole.config, &whole.history.journal, whole.state.progress.step, "cpu").unwrap()
    };
    let repeated = again(&whole);
    assert_eq!(repeated.progress, whole.state.progress);
    assert!(repeated == whole.state, "weights, moments and biases after {} steps", whole.state.progress.step);
    // From the config it began with as well, and to where it was saved on the way.
    let repeated = replay(&config, &halfway.history.journal, halfway.state.progress.step, "cpu").unwrap();
    assert!(repeated == halfway.state && again(&halfway) == halfway.state);
}

#[test]
fn a_run_of_many_surgeries_saves_and_remembers_only_the_last_that_went() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.safetensors");
    let mut config = Preset::Tiny.config();
    config.cadence.probe_every = 1000;
    let mut session = Session::new(&config);
    let reshaped = |notice: &Notice| matches!(notice, Notice::Reshaped { .. });
    for _ in 0..40 {
        session.answer(Command::Experts { target: 5, surgery: Surgery::AddFresh }, reshaped);
        session.steps(1);
        session.answer(Command::Experts { target: 4, surgery: Surgery::DropLeastUsed }, reshaped);
    }
    let whole = save(&mut session, &path);
    let layer = |key: &str| key.starts_with("layer/1/expert/");
    let known: std::collections::BTreeSet<String> = (whole.history.iter().map(|(key, _)| key.to_string()))
        .filter(|key| layer(key))
        .filter_map(|key| Some(key.split('/').nth(3)?.to_owned()))
        .collect();
    assert!(known.len() <= 4 + moe_arena::store::history::History::GONE, "{} experts have series", known.len());
    assert!(whole.history.journal.is_complete());
    let repeated = replay(&whole.config, &whole.history.journal, whole.state.progress.step, "cpu").unwrap();
    assert!(repeated == whole.state, "every one of 80 surgeries is in the journal");
}

/// A run that went on with another text is repeated on both, and not on what has taken the place of one.
#[test]
fn a_run_that_changed_its_text_is_repeated_as_long_as_both_are_there() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let texts = [("one.txt", "the one text, over and over. "), ("two.txt", "the two texts, now and then. ")];
    texts.iter().for_each(|(name, text)| std::fs::write(at(name), text.repeat(400)).unwrap());
    let config = Config { task: TaskConfig::Text(Text::File(at("one.txt"))), ..Preset::Tiny.config() };
    let mut session = Session::new(&config);
    session.steps(3);
    session.send(Command::Locate { file: None, text: at("two.txt"), any: true });
    session.wait("the other text", |shot| shot.config.task == TaskConfig::Text(Text::File(at("two.txt"))));
    session.steps(3);
    let whole = save(&mut session, &at("run.safetensors"));
    let journal = &whole.history.journal;
    assert!(replay(&config, journal, 6, "cpu").unwrap() == whole.state);
    std::fs::write(at("two.txt"), "the two texts, now or then!! ".repeat(400)).unwrap();
    let why = words::reason(&replay(&config, journal, 6, "cpu").unwrap_err());
    assert!(why.contains("step 3") && why.contains("was changed"), "{why}");
    assert!(replay(&config, journal, 2, "cpu").is_ok(), "up to there it is not needed");
    std::fs::remove_file(at("two.txt")).unwrap();
    assert!(words::reason(&replay(&config, journal, 6, "cpu").unwrap_err()).contains("two.txt"));
}

#[test]
fn a_replay_on_another_text_or_of_an_incomplete_journal_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    std::fs::write(at("one.txt"), "the one text, over and over. ".repeat(400)).unwrap();
    std::fs::write(at("two.txt"), "the two texts, now and then. ".repeat(400)).unwrap();
    let config = Config { task: TaskConfig::Text(Text::File(at("one.txt"))), ..Preset::Tiny.config() };
    let mut session = Session::new(&config);
    session.steps(3);
    let whole = save(&mut session, &at("run.safetensors"));
    let journal = &whole.history.journal;
    assert!(replay(&config, journal, 3, "cpu").unwrap() == whole.state);
    let other = Config { task: TaskConfig::Text(Text::File(at("two.txt"))), ..config.clone() };
    let why = words::reason(&replay(&other, journal, 3, "cpu").unwrap_err());
    assert!(why.contains("the text is not the one the run started with"), "{why}");
    // The file was replaced by one of the same length.
    std::fs::copy(at("two.txt"), at("one.txt")).unwrap();
    let why = words::reason(&replay(&config, journal, 3, "cpu").unwrap_err());
    assert!(why.contains("the text is not the one the run started with"), "{why}");
    let old: Journal = serde_json::from_str(r#"{"entries":[],"dropped":0}"#).unwrap();
    let why = words::reason(&replay(&config, &old, 3, "cpu").unwrap_err());
    assert!(why.contains("no longer complete"), "{why}");
}
