//! Tests of the command-line arguments.

use clap::CommandFactory;

use super::super::config_file::sound;
use super::*;
use crate::domain::config::{Form, KNOBS, KnobId, KnobKind, Policy, TaskConfig, Text};

fn parse(words: &str) -> Result<Arguments, clap::Error> {
    Arguments::try_parse_from(words.split_whitespace())
}

#[test]
fn the_whole_grammar_is_sound() {
    Arguments::command().debug_assert();
}

#[test]
fn a_file_opens_the_window_and_train_does_not() {
    let window = parse("moe-arena run.safetensors --device cpu").unwrap();
    assert!(window.command.is_none());
    assert_eq!(window.window.file, Some("run.safetensors".into()));
    let Some(ProgramCommand::Train(train)) = parse("moe-arena train mine.toml --steps 5 --top-k 3").unwrap().command
    else {
        panic!("train")
    };
    assert_eq!((train.config, train.steps, train.overrides.top_k), (Some("mine.toml".into()), Some(5), Some(3)));
}

#[test]
fn what_is_fixed_for_a_run_cannot_be_given_with_resume() {
    for fixed in ["--seed 3", "--experts 4", "--preset tiny", "mine.toml", "--context 9"] {
        let error = parse(&format!("moe-arena train --resume run.safetensors {fixed}")).unwrap_err();
        assert_eq!(error.kind(), clap::error::ErrorKind::ArgumentConflict, "{fixed}");
    }
    assert!(
        parse("moe-arena train --resume run.safetensors --top-k 3 --text a.txt --steps 40 --out there --overwrite")
            .is_ok()
    );
}

#[test]
fn every_override_reaches_its_place() {
    let words = "moe-arena train --top-k 3 --rate 0.5 --lr 0.25 --router-weight 0.125 --theta 0.75 --balance-weight 2 \
                 --affinity-balance-weight 3 --diversity-weight 4 --policy x-moe --form vision --z-weight 0.5 --freeze-step 13 --seed 5 --text own.txt --experts 6 --expert-width 7 \
                 --layers 8 --width 9 --heads 10 --context 11 --sequences 12";
    let Some(ProgramCommand::Train(train)) = parse(words).unwrap().command else { panic!("train") };
    let config = train.overrides.config(Preset::Tiny.config());
    let knobs = &config.knobs;
    assert_eq!((knobs.top_k, knobs.competition_rate, knobs.learning_rate), (3, 0.5, 0.25));
    assert_eq!((knobs.router_weight, knobs.theta, knobs.balance_weight), (0.125, 0.75, 2.0));
    assert_eq!((knobs.affinity_balance_weight, knobs.diversity_weight), (3.0, 4.0));
    assert_eq!((knobs.policy, knobs.form), (Policy::XMoe, Form::Vision));
    assert_eq!((knobs.z_weight, knobs.freeze_step), (0.5, 13));
    assert_eq!(
        (config.seed, config.task.clone(), config.sequences),
        (5, TaskConfig::Text(Text::File("own.txt".into())), 12)
    );
    let model = &config.model;
    assert_eq!((model.experts, model.expert_width, model.layers), (6, 7, 8));
    assert_eq!((model.width, model.heads, model.context), (9, 10, 11));
    assert_eq!(Overrides::default().config(Preset::Tiny.config()), Preset::Tiny.config());
}

#[test]
fn numbers_below_zero_are_numbers() {
    // So that the complaint is about the number, and comes with all others.
    assert!(parse("moe-arena train --lr -1 --theta -0.5").is_ok());
}

#[test]
fn a_whole_number_that_is_none_says_what_may_stand_there() {
    for words in ["--seed -1", "--seed 1.5", "--seed 18446744073709551616", "--steps ten", "--experts -8", "--top-k=-1"]
    {
        let error = parse(&format!("moe-arena train {words}")).unwrap_err().to_string();
        assert!(error.contains("expected a whole number from 0 to 18446744073709551615"), "{words}: {error}");
    }
    let Some(ProgramCommand::Train(train)) = parse("moe-arena train --seed 18446744073709551615").unwrap().command
    else {
        panic!("train")
    };
    assert_eq!(train.overrides.seed, Some(u64::MAX));
}

#[test]
fn all_complaints_come_at_once() {
    let overrides = Overrides { experts: Some(300), heads: Some(3), lr: Some(-1.0), ..Overrides::default() };
    let refusal = sound(overrides.config(Preset::Tiny.config())).unwrap_err();
    assert_eq!(refusal.code, 2);
    for field in ["model.experts is 300", "model.width is 16", "knobs.learning_rate is -1"] {
        assert!(refusal.says.contains(field), "{field}: {}", refusal.says);
    }
}

/// Each option that the table of knobs names is one of `train`, and sets the knob of its row and no other.
#[test]
fn every_option_of_a_knob_sets_that_knob_alone() {
    let base = Preset::Tiny.config();
    let mut seen = 0;
    for spec in KNOBS {
        let Some(option) = spec.option else { continue };
        let value = match (spec.kind, spec.id) {
            (KnobKind::Real { .. }, _) => "0.625",
            (KnobKind::Whole { .. }, _) => "3",
            (KnobKind::Choice { .. }, KnobId::Policy) => "x-moe",
            (KnobKind::Choice { .. }, _) => "vision",
        };
        let Some(ProgramCommand::Train(train)) = parse(&format!("moe-arena train {option} {value}")).unwrap().command
        else {
            panic!("{option}")
        };
        let changes = base.knobs.changes(&train.overrides.config(base.clone()).knobs);
        assert_eq!(changes.len(), 1, "{option}: {changes:?}");
        assert!(changes[0].starts_with(spec.name), "{option}: {changes:?}");
        seen += 1;
    }
    assert_eq!(seen, 12);
}
