//! Commands as data: every one comes back from JSON as it was, and what the journal holds leads back to its command.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::strategy::ValueTree;

use super::*;
use crate::domain::config::{Policy, Preset};
use crate::domain::interventions::Intervention;
use crate::domain::roster::ExpertId;
use crate::run::{Planned, PlannedChange};
use crate::store::history::{JournalEntry, ProbeSettings};
use crate::tasks::TaskFingerprint;
use crate::tasks::text::TextIdentity;

fn path() -> impl Strategy<Value = PathBuf> {
    any::<String>().prop_map(PathBuf::from)
}

fn measures() -> impl Strategy<Value = ProbeFamilies> {
    any::<[bool; 3]>().prop_map(|[representation, similarity, knock_out]| ProbeFamilies {
        representation,
        similarity,
        knock_out,
    })
}

fn knobs() -> impl Strategy<Value = Knobs> {
    (0..Policy::ALL.len(), 1e-9..1.0f64, 1..64usize, any::<u64>(), 0.0..1.0f64).prop_map(
        |(policy, learning_rate, top_k, competition_warmup, competition_rate)| Knobs {
            policy: Policy::ALL[policy],
            learning_rate,
            top_k,
            competition_warmup,
            competition_rate,
            ..Knobs::default()
        },
    )
}

fn intervention() -> impl Strategy<Value = Intervention> {
    let expert = || any::<u32>().prop_map(ExpertId);
    prop_oneof![
        (expert(), any::<bool>()).prop_map(|(expert, on)| Intervention::Mute { expert, on }),
        (expert(), any::<bool>()).prop_map(|(expert, on)| Intervention::Freeze { expert, on }),
        (expert(), expert()).prop_map(|(of, over)| Intervention::Clone { of, over }),
        expert().prop_map(|expert| Intervention::Reset { expert }),
        Just(Intervention::PoisonRouter),
        any::<bool>().prop_map(|on| Intervention::ForceBalance { on }),
        proptest::option::of(expert()).prop_map(|onto| Intervention::ForceCollapse { onto }),
    ]
}

fn surgery() -> impl Strategy<Value = Surgery> {
    proptest::sample::select([Surgery::GROW, Surgery::SHRINK].concat())
}

fn config() -> impl Strategy<Value = Box<Config>> {
    (any::<u64>(), knobs(), proptest::option::of(path())).prop_map(|(seed, knobs, text)| {
        let mut config = Config { seed, knobs, ..Preset::Tiny.config() };
        if let Some(path) = text {
            config.task = crate::domain::config::TaskConfig::Text(Text::File(path));
        }
        Box::new(config)
    })
}

fn fault() -> impl Strategy<Value = InjectedFault> {
    prop_oneof![
        Just(InjectedFault::NotFinite),
        Just(InjectedFault::Panic),
        Just(InjectedFault::PanicInUpdate),
        any::<u32>().prop_map(InjectedFault::DiskFull),
        Just(InjectedFault::DeviceLost),
        Just(InjectedFault::OutOfMemory),
    ]
}

fn command() -> impl Strategy<Value = Command> {
    let step = any::<u64>;
    prop_oneof![
        Just(Command::Run),
        Just(Command::Pause),
        step().prop_map(Command::Step),
        step().prop_map(Command::StopAt),
        Just(Command::Phase),
        proptest::option::of(1e-6..1e6f64).prop_map(Command::Speed),
        knobs().prop_map(Command::SetKnobs),
        (step(), measures()).prop_map(|(every, measures)| Command::Watch { every, measures }),
        (any::<usize>(), intervention()).prop_map(|(layer, intervention)| Command::Intervene { layer, intervention }),
        (any::<usize>(), step(), step(), any::<Option<bool>>()).prop_map(|(layer, from, to, compete)| Command::Paint {
            layer,
            from,
            to,
            compete
        }),
        any::<usize>().prop_map(|layer| Command::KnockOut { layer }),
        any::<[usize; 2]>().prop_map(|[layer, token]| Command::Explain { layer, token }),
        any::<usize>().prop_map(|layer| Command::CompareWeights { layer }),
        (any::<usize>(), any::<Option<u32>>())
            .prop_map(|(layer, alone)| Command::Maps(MapRequest { layer, alone: alone.map(ExpertId) })),
        Just(Command::Reference),
        (any::<usize>(), surgery()).prop_map(|(target, surgery)| Command::Experts { target, surgery }),
        Just(Command::ListRuns),
        any::<Option<u64>>().prop_map(|seed| Command::Reset { seed }),
        config().prop_map(Command::New),
        (config(), any::<u64>(), knobs()).prop_map(|(config, at, knobs)| {
            let changes = vec![PlannedChange { at, what: Planned::Ask(Command::SetKnobs(knobs)) }];
            Command::NewSetup(Box::new(RunSetup { changes, ..RunSetup::plain(*config) }))
        }),
        any::<String>().prop_map(Command::MoveTo),
        Just(Command::HalveBatch),
        path().prop_map(Command::Save),
        (path(), any::<bool>()).prop_map(|(path, replace)| Command::SaveAs { path, replace }),
        path().prop_map(Command::Open),
        (proptest::option::of(path()), path(), any::<bool>()).prop_map(|(file, text, any)| Command::Locate {
            file,
            text,
            any
        }),
        Just(Command::GoBack),
        fault().prop_map(Command::Inject),
    ]
}

fn app_command() -> impl Strategy<Value = AppCommand> {
    let plain = prop_oneof![
        8 => (proptest::option::of(any::<u32>()), command()).prop_map(|(session, command)| AppCommand::Session {
            session: session.map(SessionId),
            command
        }),
        1 => config().prop_map(AppCommand::Begin),
        1 => (proptest::option::of(any::<u32>()), proptest::option::of(path()))
            .prop_map(|(session, save)| AppCommand::Branch {
                session: session.map(SessionId),
                save,
                at: None,
                knobs: None,
            }),
        1 => any::<u32>().prop_map(|id| AppCommand::Show(SessionId(id))),
        1 => any::<u32>().prop_map(|id| AppCommand::End(SessionId(id))),
        1 => Just(AppCommand::Close),
        1 => Just(AppCommand::Quit),
    ];
    (plain, any::<bool>()).prop_map(
        |(plain, discarding)| {
            if discarding { AppCommand::Discarding(Box::new(plain)) } else { plain }
        },
    )
}

/// The kind of a command as it is written: its name, without what it carries.
fn kind(command: &Command) -> String {
    match serde_json::to_value(command).unwrap() {
        serde_json::Value::String(name) => name,
        serde_json::Value::Object(fields) => fields.keys().next().unwrap().clone(),
        other => panic!("{other}"),
    }
}

proptest! {
    #[test]
    fn every_command_comes_back_as_it_was_written(command in app_command()) {
        let json = serde_json::to_string(&command).unwrap();
        prop_assert_eq!(&serde_json::from_str::<AppCommand>(&json).unwrap(), &command, "{}", json);
    }

    /// The entry is written and read, as a checkpoint does it, before it is asked for its command.
    #[test]
    fn an_entry_of_the_journal_leads_back_to_its_command(command in command(), step in any::<u64>()) {
        let Some(what) = entry_of(command.clone()) else { return Ok(()) };
        let json = serde_json::to_string(&JournalEntry { step, what }).unwrap();
        let read: JournalEntry = serde_json::from_str(&json).unwrap();
        prop_assert_eq!(Command::of_entry(&read.what), Some(command), "{}", json);
    }
}

/// What the journal holds of a command that was followed; `None` for one that leaves no entry.
fn entry_of(command: Command) -> Option<What> {
    Some(match command {
        Command::SetKnobs(now) => What::Knobs { now, changes: vec!["top-k 2 → 3".into()] },
        Command::Experts { target, surgery } => {
            What::Experts { surgery, from: 4, to: target, changes: vec![], words: vec![] }
        }
        Command::Watch { every, measures } => {
            let from = ProbeSettings { every: 50, measures: ProbeFamilies::default() };
            What::Watch { from, to: ProbeSettings { every, measures } }
        }
        Command::Reference => What::Reference { probe: 7 },
        Command::Save(path) => What::Saved { path, auto: false, last_good: None },
        Command::Intervene { layer, intervention } => What::Intervened { layer, intervention },
        Command::Paint { layer, from, to, compete } => What::Painted { layer, from, to, compete },
        Command::Locate { file: None, text, any: true } => {
            What::Text { text: Text::File(text), identity: TextIdentity::default() }
        }
        _ => return None,
    })
}

#[test]
fn what_no_command_asked_for_leads_to_none() {
    for what in [
        What::Started { device: "CPU".into(), sequences: None, text: None },
        What::Saved { path: "run.safetensors".into(), auto: true, last_good: None },
        What::Data { fingerprint: TaskFingerprint::default() },
        What::NotFinite { place: "layer 1".into() },
    ] {
        assert_eq!(Command::of_entry(&what), None, "{what:?}");
    }
}

/// Names of commands stand in lessons and scripts: whoever renames one must say so here.
#[test]
fn commands_are_written_by_these_names() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let names: BTreeSet<String> =
        (0..2000).map(|_| kind(&command().new_tree(&mut runner).unwrap().current())).collect();
    let wanted = "compare-weights experts explain go-back halve-batch inject intervene knock-out list-runs locate maps \
                  move-to new new-setup open paint pause phase reference reset run save save-as set-knobs speed step stop-at watch";
    assert_eq!(names.into_iter().collect::<Vec<_>>().join(" "), wanted);
    let written = |text: &str| serde_json::from_str::<AppCommand>(text).unwrap();
    assert_eq!(written(r#"{"session":{"command":"run"}}"#), Command::Run.into());
    assert_eq!(
        written(r#"{"discarding":{"session":{"command":{"step":3}}}}"#),
        AppCommand::Discarding(Box::new(Command::Step(3).into()))
    );
    assert_eq!(written(r#"{"session":{"session":2,"command":"pause"}}"#), Command::Pause.to(SessionId(2)));
    assert!(serde_json::from_str::<AppCommand>(r#"{"session":{"command":"walk"}}"#).is_err());
}

#[test]
#[cfg(unix)]
fn a_path_that_is_no_text_comes_back_as_well() {
    let odd: std::ffi::OsString = std::os::unix::ffi::OsStringExt::from_vec(b"/runs/\xff.safetensors".to_vec());
    let command = Command::Locate { file: Some(odd.clone().into()), text: odd.into(), any: false };
    let json = serde_json::to_string(&command).unwrap();
    assert_eq!(serde_json::from_str::<Command>(&json).unwrap(), command);
}
