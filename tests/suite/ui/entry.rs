//! Numbers that are typed: what can be read counts exactly, what cannot is refused in words and changes nothing.

use eframe::egui::Key;
use eframe::egui::accesskit::Role;
use eframe::egui::epaint::text::MissingGlyphPolicy;
use egui_kittest::Harness;
use egui_kittest::kittest::Queryable;
use moe_arena::domain::config::Knobs;
use moe_arena::run::{Command, Snapshot};
use moe_arena::ui::App;
use moe_arena::ui::kit::entry::{FieldLimits, FieldNumber};
use moe_arena::ui::view::dials::Dial;

use super::fixture::{self, USUAL, app, commands};
use super::painted_shapes::texts;

const SIZE: [f32; 2] = [1600.0, 1000.0];
type Window = Harness<'static, App>;

/// Types into a number field as a person does: a click, the text in the place of what stood there, Enter.
fn type_into(harness: &mut Window, field: &str, text: &str) {
    let node = harness.get_by_role_and_label(Role::SpinButton, field);
    node.scroll_to_me();
    harness.run();
    harness.get_by_role_and_label(Role::SpinButton, field).focus();
    harness.run();
    if text.is_empty() {
        harness.key_press(Key::Delete);
    } else {
        harness.get_by_role_and_label(Role::SpinButton, field).type_text(text);
    }
    harness.run();
    harness.key_press(Key::Enter);
    harness.run();
}

fn says(harness: &Window, words: &str) -> bool {
    harness.query_all_by_label_contains(words).next().is_some()
}

/// Every live knob of the rail, with the policy that shows all of them.
fn all_dials() -> (Snapshot, Vec<Dial>) {
    let shot = fixture::running(fixture::Shape { steps: 200, ..USUAL });
    (shot, Dial::COMPETITION.into_iter().chain(Dial::LOSSES).collect())
}

#[test]
fn what_is_no_number_changes_no_knob_and_is_said_beside_it() {
    let (shot, dials) = all_dials();
    let (mut harness, writer) = app(shot.clone(), SIZE);
    harness.run();
    for dial in dials {
        for typed in ["nan", "", "1e999", "-1", "1,234.5"] {
            type_into(&mut harness, &format!("{} value", dial.name()), typed);
            assert_eq!(commands(&writer), [], "{dial:?} took “{typed}”");
            let kept = format!("Kept at {}.", dial.get(&shot.knobs));
            let typed = if typed.is_empty() { "nothing" } else { typed };
            let nodes = harness.query_all_by_label_contains(dial.name());
            let said: Vec<String> = nodes.filter_map(|node| node.value()).collect();
            let found = said.iter().any(|words| words.contains(typed) && words.ends_with(&kept));
            assert!(found, "{dial:?}, “{typed}”: {said:?}");
        }
        // What can be read ends the refusal.
        let label = format!("{} value", dial.name());
        harness.get_by_role_and_label(Role::SpinButton, &label).focus();
        harness.run();
        harness.key_press(Key::Enter);
        harness.run();
        assert!(!says(&harness, "Kept at"), "{dial:?}");
    }
}

#[test]
fn a_number_that_can_be_read_is_sent_as_it_was_typed() {
    let (shot, dials) = all_dials();
    let (mut harness, writer) = app(shot.clone(), SIZE);
    harness.run();
    for dial in dials {
        let real = matches!(dial.limits(), FieldLimits::Real { .. });
        let reals: &[(&str, FieldNumber)] = &[
            ("0,06", FieldNumber::Real(0.06)),
            ("3e-3", FieldNumber::Real(3e-3)),
            ("0.0000001", FieldNumber::Real(1e-7)),
            ("0.25", FieldNumber::Real(0.25)),
        ];
        for &(typed, value) in if real { reals } else { &[("5", FieldNumber::Whole(5)), ("7", FieldNumber::Whole(7))] }
        {
            type_into(&mut harness, &format!("{} value", dial.name()), typed);
            let sent = commands(&writer);
            let Some(Command::SetKnobs(knobs)) = sent.last() else { panic!("{dial:?}, “{typed}”: {sent:?}") };
            assert_eq!((dial.get(knobs), sent.len()), (value, 1), "{dial:?}, “{typed}”");
            assert!(!says(&harness, "Kept at"));
        }
    }
}

/// What people type and what it means: a number, or nothing.
const TYPED: [(&str, Option<f64>, Option<u64>); 20] = [
    ("nan", None, None),
    ("inf", None, None),
    ("-inf", None, None),
    ("-1", None, None),
    ("", None, None),
    ("abc", None, None),
    ("1.000,5", None, None),
    ("1e400", None, None),
    ("１２", None, None),
    ("0x10", None, None),
    ("5 %", None, None),
    ("--1", None, None),
    ("1e-400", None, None),
    ("0,05", Some(0.05), None),
    ("0.5", Some(0.5), None),
    ("1_000", Some(1000.0), Some(1000)),
    ("+3", Some(3.0), Some(3)),
    (" 4 ", Some(4.0), Some(4)),
    ("2e1", Some(20.0), Some(20)),
    ("12", Some(12.0), Some(12)),
];

#[test]
fn a_field_takes_what_can_be_read_and_refuses_the_rest_in_words() {
    for (dial, whole) in [(Dial::Balance, false), (Dial::WarmUp, true)] {
        let (mut harness, writer) = app(fixture::running(USUAL), SIZE);
        harness.ctx.set_missing_glyph_policy(MissingGlyphPolicy::Tofu);
        harness.run();
        for (typed, real, exact) in TYPED {
            let meant = if whole { exact.map(FieldNumber::Whole) } else { real.map(FieldNumber::Real) };
            type_into(&mut harness, &format!("{} value", dial.name()), typed);
            let sent = commands(&writer);
            match (meant, sent.last()) {
                (None, None) => assert!(says(&harness, "Kept at"), "{dial:?}: “{typed}” is not refused in words"),
                (Some(value), Some(Command::SetKnobs(knobs))) => assert_eq!(dial.get(knobs), value, "“{typed}”"),
                _ => panic!("{dial:?}, “{typed}”: {sent:?}"),
            }
        }
    }
}

#[test]
fn the_form_of_a_new_run_takes_and_refuses_the_same() {
    let value = |harness: &Window, field: &str| {
        harness.query_all_by_role_and_label(Role::SpinButton, field).last().and_then(|node| node.value())
    };
    for (field, whole) in [("Autosave minutes", false), ("Seed", true)] {
        let (mut harness, _writer) = app(fixture::paused(), SIZE);
        harness.ctx.set_missing_glyph_policy(MissingGlyphPolicy::Tofu);
        harness.run();
        harness.get_by_label("New run…").click();
        harness.run();
        for (typed, real, exact) in TYPED {
            let before = value(&harness, field);
            type_into_last(&mut harness, field, typed);
            let meant = if whole { exact.map(|exact| exact.to_string()) } else { real.map(|real| real.to_string()) };
            match meant {
                Some(meant) => assert_eq!(value(&harness, field), Some(meant), "{field}: “{typed}”"),
                None => {
                    assert_eq!(value(&harness, field), before, "{field} took “{typed}”");
                    assert!(says(&harness, "Kept at"), "{field}: “{typed}” is not refused in words");
                }
            }
        }
    }
}

#[test]
fn a_number_out_of_range_is_never_moved_to_an_end_of_it() {
    for (dial, typed, range) in [
        (Dial::Rate, "1000", "must be between 0 and 1 (you entered 1000). Kept at 0.07."),
        (Dial::Rate, "-1", "must be between 0 and 1 (you entered -1). Kept at 0.07."),
        (Dial::LearningRate, "0", "must be above 0"),
        (Dial::LearningRate, "1e39", "at most 1e30 (you entered 1e39)"),
        (Dial::Balance, "1e-46", "must be 0, or from"),
        (Dial::LayersAtOnce, "0", "must be a whole number from 1 to 64 (you entered 0). Kept at 3."),
        (Dial::LayersAtOnce, "2.5", "must be a whole number"),
        (Dial::WarmUp, "18446744073709551616", "must be a whole number"),
    ] {
        let (mut harness, writer) = app(fixture::running(USUAL), SIZE);
        harness.run();
        type_into(&mut harness, &format!("{} value", dial.name()), typed);
        assert_eq!(commands(&writer), [], "{dial:?} took “{typed}”");
        assert!(says(&harness, range), "{dial:?}: nobody says “{range}”");
    }
}

#[test]
fn structural_numbers_refuse_as_live_ones_do() {
    for (field, typed) in [("Top-k", "nan"), ("Top-k", "9"), ("Top-k", "0"), ("Experts", "257"), ("Experts", "8.5")] {
        let (mut harness, writer) = app(fixture::running(USUAL), SIZE);
        harness.run();
        type_into(&mut harness, field, typed);
        assert!(says(&harness, &format!("(you entered {typed}). Kept at")), "{field} “{typed}”");
        let apply = format!("Apply {}", field.to_lowercase());
        assert!(harness.query_by_label(&apply).is_none(), "nothing is drafted");
        assert_eq!(commands(&writer), []);
    }
    let (mut harness, _writer) = app(fixture::running(USUAL), SIZE);
    harness.run();
    type_into(&mut harness, "Experts", "12");
    assert!(harness.query_by_label("Apply experts").is_some());
}

#[test]
fn a_refusal_goes_once_a_number_is_taken_or_the_words_are_clicked() {
    let (mut harness, writer) = app(fixture::running(USUAL), SIZE);
    harness.run();
    type_into(&mut harness, "Balance β value", "abc");
    assert!(says(&harness, "you entered abc"));
    type_into(&mut harness, "Balance β value", "0.5");
    assert!(!says(&harness, "you entered abc"));
    assert_eq!(commands(&writer).len(), 1);
    type_into(&mut harness, "Winners θ value", "x");
    harness.get_by_label_contains("you entered x").click();
    harness.run();
    assert!(!says(&harness, "you entered x"));
}

#[test]
fn escape_and_a_text_left_as_it_stood_change_nothing() {
    // The field shows few digits; the knob has more.
    let mut shot = fixture::running(USUAL);
    shot.knobs.learning_rate = 1.234_567_89e-4;
    let (mut harness, writer) = app(shot, SIZE);
    harness.run();
    let field = |harness: &Window| harness.get_by_role_and_label(Role::SpinButton, "Learning rate value").value();
    assert_eq!(field(&harness).as_deref(), Some("1.23456789e-4"));
    harness.get_by_role_and_label(Role::SpinButton, "Learning rate value").focus();
    harness.run();
    harness.key_press(Key::Enter);
    harness.run();
    assert_eq!(commands(&writer), []);
    harness.get_by_role_and_label(Role::SpinButton, "Learning rate value").focus();
    harness.run();
    harness.get_by_role_and_label(Role::SpinButton, "Learning rate value").type_text("0.5");
    harness.run();
    harness.key_press(Key::Escape);
    harness.run();
    assert_eq!(commands(&writer), []);
    assert!(!says(&harness, "Kept at"));
}

#[test]
fn a_field_can_be_dragged_and_stays_within_its_ends() {
    let (mut harness, writer) = app(fixture::running(USUAL), SIZE);
    harness.run();
    let at = harness.get_by_role_and_label(Role::SpinButton, &format!("{} value", Dial::Rate.name())).rect().center();
    harness.drag_at(at);
    harness.run();
    for x in [40.0, 4000.0, 40_000.0] {
        harness.hover_at(at + eframe::egui::vec2(x, 0.0));
        harness.run();
        assert_eq!(commands(&writer), [], "nothing is sent before the release");
    }
    harness.drop_at(at + eframe::egui::vec2(40_000.0, 0.0));
    harness.run();
    let sent = commands(&writer);
    assert!(
        matches!(&sent[..], [Command::SetKnobs(Knobs { competition_rate, .. })] if *competition_rate == 1.0),
        "{sent:?}"
    );
}

#[test]
fn seeds_keep_every_digit_from_the_config_to_the_form_and_back() {
    for seed in [u64::MAX, (1 << 53) + 1] {
        let mut shot = fixture::paused();
        std::sync::Arc::make_mut(&mut shot.config).seed = seed;
        let (mut harness, writer) = app(shot.clone(), SIZE);
        harness.run();
        assert!(says(&harness, &seed.to_string()), "the strip says {seed}");
        let drawn = |harness: &Window| {
            let texts = texts(&harness.output().shapes);
            texts.iter().filter(|text| text.text == seed.to_string()).count()
        };
        assert_eq!(drawn(&harness), 1, "the strip shows {seed}");
        harness.get_by_label("New run…").click();
        harness.run();
        assert_eq!(drawn(&harness), 2, "strip and form show {seed}");
        let field = harness.get_by_role_and_label(Role::SpinButton, "Seed");
        assert_eq!(field.value(), Some(seed.to_string()));
        // A click into the field and Enter, as if only to look.
        type_into_nothing(&mut harness, "Seed");
        type_into(&mut harness, "Steps", "12345");
        harness.get_by_label("Start new run").click();
        harness.run();
        let sent = commands(&writer);
        assert!(
            matches!(&sent[..], [Command::New(config)] if config.seed == seed && config.steps == 12345),
            "{seed}: {sent:?}"
        );
    }
}

/// A click into a field, and Enter.
fn type_into_nothing(harness: &mut Window, field: &str) {
    harness.get_by_role_and_label(Role::SpinButton, field).click();
    harness.run();
    harness.key_press(Key::Enter);
    harness.run();
}

#[test]
fn the_form_refuses_what_it_cannot_read_and_starts_with_what_stood_there() {
    let numbers = [
        "Seed",
        "Steps",
        "Sequences",
        "Context",
        "Width",
        "Heads",
        "Layers",
        "Experts",
        "Expert width",
        "Top-k",
        "Autosave every",
        "Autosave minutes",
        "Learning rate",
        "Learning-rate warm-up",
        "Probe every",
        "Validate every",
    ];
    let (mut harness, writer) = app(fixture::paused(), SIZE);
    harness.run();
    harness.get_by_label("New run…").click();
    harness.run();
    let value = |harness: &Window, field: &str| {
        harness.query_all_by_role_and_label(Role::SpinButton, field).last().and_then(|node| node.value())
    };
    for field in numbers {
        for typed in ["nan", "-1"] {
            let before = value(&harness, field);
            type_into_last(&mut harness, field, typed);
            assert_eq!(value(&harness, field), before, "{field} took “{typed}”");
            assert!(says(&harness, &format!("{field} must be")), "{field}: “{typed}” is not refused in words");
        }
    }
    harness.get_by_label("Start new run").click();
    harness.run();
    let shot = fixture::paused();
    let config = moe_arena::domain::config::Config { knobs: shot.knobs.clone(), ..(*shot.config).clone() };
    let sent = commands(&writer);
    assert!(matches!(&sent[..], [Command::New(sent)] if **sent == config), "{sent:?}");
}

/// Types into the topmost field of a name: the rail has fields of the same name as the form.
fn type_into_last(harness: &mut Window, field: &str, text: &str) {
    let last = |harness: &Window| {
        let all: Vec<_> = harness.query_all_by_role_and_label(Role::SpinButton, field).collect();
        all.last().expect("a field of that name").rect().center()
    };
    let at = last(harness);
    harness.drag_at(at);
    harness.drop_at(at);
    harness.run();
    if text.is_empty() {
        harness.key_press(Key::Delete);
    } else {
        harness.event(eframe::egui::Event::Text(text.to_owned()));
    }
    harness.run();
    harness.key_press(Key::Enter);
    harness.run();
}

#[test]
fn a_press_that_ends_the_typing_of_nonsense_starts_nothing() {
    let (mut harness, writer) = app(fixture::paused(), SIZE);
    harness.run();
    harness.get_by_label("New run…").click();
    harness.run();
    harness.get_by_role_and_label(Role::SpinButton, "Seed").click();
    harness.run();
    harness.event(eframe::egui::Event::Text("abc".into()));
    harness.run();
    harness.get_by_label("Start new run").click();
    harness.run();
    assert_eq!(commands(&writer), [], "the seed that was meant was never read");
    assert!(says(&harness, "Seed must be a whole number"));
    harness.get_by_label("Start new run").click();
    harness.run();
    assert_eq!(commands(&writer).len(), 1, "asked again, with the number that stands there");
}
