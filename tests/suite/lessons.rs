//! Lessons: every fault of a file at its line and key, and a check that tells a lesson which can be passed from one which cannot.

use moe_arena::domain::language::Language;
use moe_arena::lessons::{Answer, FaultKind, Lesson, LessonAct, LessonFault, Page, Part, TextPiece, shipped};
use moe_arena::run::Command;
use moe_arena::words::lesson_fault;

use crate::program;

/// A lesson on points with one goal: `{goal}` and `{way}` are put in.
fn lesson(goal: &str, way: &str) -> String {
    format!(
        r#"
id = "balance"
title = "Balance"
about = "A router that is not held to balance favours a few experts."
minutes = 2
controls = ["balance-weight", "learning-rate"]

[locked]
balance-weight = [0.0, 1.0]

[config]
seed = 3
steps = 400
sequences = 50
[config.task.plane]
[config.model]
width = 16
layers = 1
experts = 4
expert_width = 8
[config.cadence]
probe_every = 10
[config.knobs]
top_k = 1
policy = "smoe"
balance_weight = 0.0

[[pages]]
mark = "Look"
title = "The load"
text = """
Watch the **load**. {{effective-experts}} is {{now effective-experts}} now."""
lights = ["load", "balance-weight"]
do = [{{ until = 20 }}]
keep = {{ before = {{ measure = "effective-experts" }} }}

[[pages]]
mark = "Try"
title = "Even it out"
text = "Raise {{balance-weight}}."
[pages.goal]
within = 150
at-most = 1
when = [{goal}]
show = [{way}]
"#
    )
}

const GOAL: &str = r#"{ measure = "effective-experts", above = 3.6, readings = 5 }"#;
const WAY: &str = "{ set = { balance-weight = 1.0 } }";

fn faults(text: &str) -> Vec<String> {
    Lesson::from_toml(text).unwrap_err().iter().map(lesson_fault).collect()
}

#[test]
fn a_sound_lesson_is_read_and_holds() {
    let text = lesson(GOAL, WAY);
    let read = Lesson::from_toml(&text).unwrap_or_else(|faults: Vec<LessonFault>| panic!("{faults:#?}"));
    assert_eq!((read.pages.len(), read.minutes, read.controls.len()), (2, 2, 2));
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a.lesson.toml"), text).unwrap();
    let output = program::run(folder.path(), "lesson check a.lesson.toml");
    let said = program::text(&output);
    assert_eq!(output.status.code(), Some(0), "{said}");
    assert!(said.contains("balance: “Balance” holds") && said.contains("page 2: the shown way takes"), "{said}");
}

#[test]
fn a_goal_that_is_reached_anyway_and_a_way_that_leads_elsewhere_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let idle = r#"{ measure = "effective-experts", above = 1.1, readings = 5 }"#;
    std::fs::write(folder.path().join("idle.lesson.toml"), lesson(idle, WAY)).unwrap();
    std::fs::write(folder.path().join("lost.lesson.toml"), lesson(GOAL, "{ set = { learning-rate = 0.01 } }")).unwrap();
    let output = program::run(folder.path(), "lesson check --json idle.lesson.toml lost.lesson.toml");
    assert_eq!(output.status.code(), Some(1), "{}", program::text(&output));
    let told: serde_json::Value = serde_json::from_str(&program::out(&output)).unwrap();
    let fault = |place: usize| told[place]["faults"][0].as_str().unwrap().to_owned();
    assert!(fault(0).contains("page 2: doing nothing reaches the goal"), "{told}");
    assert!(fault(1).contains("page 2: the shown way does not reach the goal: the steps are over"), "{told}");
    assert!(program::complaint(&output).contains("2 of 2 lessons do not hold"));
}

#[test]
fn a_file_that_is_no_lesson_is_named_for_what_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let framed = |text: &str| [&(text.len() as u64).to_le_bytes()[..], text.as_bytes()].concat();
    for (bytes, says) in [
        (b"seed = 4\n[model]\nexperts = 4\n".to_vec(), "is a config, not a lesson"),
        (framed(r#"{"__metadata__":{"moe-arena":"…"}}"#), "is a checkpoint"),
        (b"Call me Ishmael.\n".to_vec(), "has no line of TOML"),
        (b"id = \"a\"\n# Gr\xfc\xdfe\n".to_vec(), "expected UTF-8"),
        (vec![b'#'; 2 << 20], "larger than 1 MiB"),
        (b"".to_vec(), "an empty file"),
        (b"title = \"a\nb = 3\n".to_vec(), "line 1"),
    ] {
        std::fs::write(folder.path().join("it.lesson.toml"), bytes).unwrap();
        let output = program::run(folder.path(), "lesson check it.lesson.toml");
        let said = program::complaint(&output);
        assert!(output.status.code() == Some(2) && said.contains(says), "“{says}” in: {said}");
    }
    let output = program::run(folder.path(), "lesson check none.lesson.toml");
    assert!(output.status.code() == Some(2) && program::complaint(&output).contains("none.lesson.toml cannot be read"));
}

#[test]
fn every_fault_names_its_line_its_key_and_what_was_expected() {
    let sound = lesson(GOAL, WAY);
    let line_of = |text: &str, part: &str| 1 + text.lines().position(|line| line.contains(part)).unwrap();
    for (old, new, at, says) in [
        ("minutes = 2", "minutes = \"two\"", "minutes = \"two\"", "minutes: found \"two\"; expected a whole number"),
        ("about = ", "abuot = ", "abuot = ", "abuot: there is no such key; did you mean “about”?"),
        (
            "\"learning-rate\"]",
            "\"learning-rat\"]",
            "learning-rat",
            "controls: no control is called “learning-rat”; did you mean “learning-rate”?",
        ),
        ("[0.0, 1.0]", "[1.0, 0.0]", "[1.0, 0.0]", "locked.balance-weight: there is no number from 1 to 0"),
        (
            "[0.0, 1.0]",
            "[0.5, 1.0]",
            "[0.5, 1.0]",
            "locked.balance-weight: 0 is outside of what the lesson allows, 0.5 to 1",
        ),
        ("top_k = 1", "top_k = 9", "top_k = 9", "knobs.top_k: found 9; expected 1 to 4"),
        ("experts = 4", "expertz = 4", "expertz", "config: unknown key `expertz`"),
        (
            "[\"load\",",
            "[\"laod\",",
            "[\"laod\",",
            "pages[1].lights: no panel and no control is called “laod”; did you mean “load”?",
        ),
        ("**load**", "**load*", "Watch the", "pages[1].text: two asterisks without their others"),
        (
            "{now effective-experts}",
            "{now effectiv-experts}",
            "effectiv-",
            "pages[1].text: “effectiv-experts” in braces names no",
        ),
        (
            "{ until = 20 }",
            "{ until = 20, steps = 3 }",
            "until = 20, steps",
            "pages[1].do[1]: missing; expected exactly one of until, steps",
        ),
        (
            "{ until = 20 }",
            "{ until = 4000 }",
            "until = 4000",
            "pages[1].do[1].until: step 4,000; expected 0 (done by then) to 400",
        ),
        (
            "{ until = 20 }",
            "{ command = { save = \"/tmp/x\" } }",
            "command =",
            "pages[1].do[1].command: this may not be commanded here",
        ),
        (
            "measure = \"effective-experts\" }",
            "measure = \"effectve-experts\" }",
            "effectve",
            "pages[1].keep.before.measure: no measure is called “effectve-experts”",
        ),
        (
            "above = 3.6",
            "above = 256",
            "above = 256",
            "pages[2].goal.when[1].above: can never hold, as the measure is from 1 to 256",
        ),
        (
            "\"effective-experts\", above = 3.6, readings = 5",
            "\"kappa\", above = 0.5, readings = 16",
            "within = 150",
            "15 readings come in the steps that are given, 16 are asked for",
        ),
        (
            "above = 3.6",
            "above = { kept = \"befor\" }",
            "kept = \"befor\"",
            "no page before keeps a number called “befor”",
        ),
        (
            "{ set = { balance-weight = 1.0 } }",
            "",
            "[pages.goal]",
            "pages[2].goal.show: found []; expected a list of at least 1",
        ),
        (
            "{ set = { balance-weight = 1.0 } }",
            "{ set = { balance-weight = 2.0 } }",
            "balance-weight = 2.0",
            "2 is outside of what the lesson allows, 0 to 1",
        ),
        (
            "{ set = { balance-weight = 1.0 } }",
            "{ set = { top-k = 2 } }",
            "show =",
            "the shown way changes top-k, which the goal does not allow",
        ),
        (
            "{ set = { balance-weight = 1.0 } }",
            "{ set = { balance-weight = 1.0, learning-rate = 0.1 } }",
            "show =",
            "the shown way changes 2 controls; the goal allows 1",
        ),
        (
            "at-most = 1",
            "only = [\"top-k\"]",
            "only =",
            "top-k may be changed for the goal and is not among the controls that are shown",
        ),
        (
            "[pages.goal]",
            "reveal = { close = \"a\", far = \"b\" }\n[pages.goal]",
            "reveal =",
            "pages[2].reveal: no page before asks for a guess",
        ),
    ] {
        assert!(sound.contains(old), "{old}");
        let text = sound.replacen(old, new, 1);
        let said = faults(&text);
        let found = said.iter().find(|fault| fault.contains(says)).unwrap_or_else(|| panic!("“{says}” in {said:#?}"));
        let line = line_of(&text, at);
        let close = (line.saturating_sub(1)..=line + 8).any(|line| found.starts_with(&format!("line {line}, ")));
        assert!(close, "{found}: line {line}");
        if !matches!(at, "[pages.goal]") {
            assert!(found.starts_with(&format!("line {line}, ")), "{found}: line {line}");
        }
    }
}

#[test]
fn all_faults_are_told_at_once_and_foreign_names_are_harmless() {
    let text = lesson(GOAL, WAY).replace("minutes = 2", "minutes = 0").replace("\"load\"", "\"lo\\u001bad\"");
    let faults = Lesson::from_toml(&text).unwrap_err();
    assert!(faults.len() >= 2 && faults.windows(2).all(|pair| pair[0].line <= pair[1].line), "{faults:#?}");
    let said: Vec<String> = faults.iter().map(lesson_fault).collect();
    assert!(said.iter().all(|text| !text.contains('\u{1b}')), "{said:#?}");
    assert!(faults.iter().any(|fault| matches!(fault.kind, FaultKind::UnknownName { .. })));
}

/// The guide's example is a lesson that holds, so that who copies it begins with one.
#[test]
fn the_example_of_the_guide_holds() {
    let guide = include_str!("../../docs/lessons.md");
    let example = guide.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("guide.lesson.toml"), example).unwrap();
    let output = program::run(folder.path(), "lesson check guide.lesson.toml");
    assert_eq!(output.status.code(), Some(0), "{}", program::text(&output));
    let german = guide.split("```toml\n").nth(2).and_then(|rest| rest.split("```").next()).unwrap();
    let both = Lesson::from_toml(&format!("{example}\n{german}")).unwrap_or_else(|faults| panic!("{faults:#?}"));
    assert_ne!(both.in_language(Language::German).pages, both.pages);
    for act in ["until", "steps", "set", "begin", "command"] {
        assert!(guide.contains(&format!("`{{ {act} = ")), "{act}");
    }
}

#[test]
fn the_built_in_lessons_are_listed() {
    let folder = tempfile::tempdir().unwrap();
    let list: serde_json::Value =
        serde_json::from_str(&program::out(&program::run(folder.path(), "lesson list --json"))).unwrap();
    let said = program::out(&program::run(folder.path(), "lesson list"));
    let lessons = list.as_array().unwrap();
    assert!(!lessons.is_empty() && said.lines().count() == lessons.len(), "{said}");
    for lesson in lessons {
        assert!(said.contains(lesson["title"].as_str().unwrap()), "{said}");
    }
}

#[test]
fn every_built_in_lesson_holds() {
    let folder = tempfile::tempdir().unwrap();
    let output = program::run(folder.path(), "lesson check --seconds 600");
    assert_eq!(output.status.code(), Some(0), "{}", program::text(&output));
}

/// Words a minute that a person reads who has to think about them.
const READS: f64 = 200.0;
/// Steps a second of a lesson that does not say how fast it trains.
const TRAINS: f64 = 100.0;
/// Seconds that a person looks at a page's pictures.
const LOOKS: f64 = 8.0;

/// Words that stand on a page.
fn words_on(page: &Page) -> usize {
    let count = |text: &str| text.split_whitespace().count();
    let pieces = page.text.pieces().map(|piece| match piece {
        TextPiece::Plain(text) | TextPiece::Bold(text) => count(text),
        TextPiece::Measure(_) | TextPiece::Anchor(_) => 2,
        TextPiece::Now(_) | TextPiece::Kept(_) => 1,
    });
    let asked = match &page.part {
        Part::Read => 0,
        Part::Predict(predict) => {
            let choices = match &predict.answer {
                Answer::Choice(choices) => choices.iter().map(|choice| count(&choice.say)).sum(),
                Answer::Shares { .. } | Answer::Number { .. } => 0,
            };
            count(&predict.ask) + choices
        }
        Part::Reveal(reveal) => count(&reveal.close).max(count(&reveal.far)),
        Part::Goal(goal) => 8 * goal.conditions.len(),
    };
    pieces.sum::<usize>() + count(&page.title) + page.formula.iter().map(|line| count(line)).sum::<usize>() + asked
}

/// Minutes that a lesson takes: its words, a look at each page, and the steps that its pages and one try at its goals train.
fn minutes(lesson: &Lesson) -> f64 {
    let (mut step, mut speed, mut seconds) = (0u64, TRAINS, 0.0);
    for page in &lesson.pages {
        seconds += words_on(page) as f64 / READS * 60.0 + LOOKS;
        for act in &page.acts {
            let before = step;
            match act {
                LessonAct::Begin(_) => step = 0,
                LessonAct::Until(until) => step = *until,
                LessonAct::Steps(count) => step += count,
                LessonAct::Command(Command::Speed(asked)) => speed = asked.unwrap_or(TRAINS),
                LessonAct::Set(_) | LessonAct::Command(_) | LessonAct::Back(_) => {}
            }
            seconds += step.saturating_sub(before) as f64 / speed;
        }
        if let Part::Goal(goal) = &page.part {
            seconds += goal.within as f64 / speed;
            step += goal.within;
        }
    }
    seconds / 60.0
}

#[test]
fn every_lesson_takes_the_minutes_that_it_says_and_less_than_five() {
    for lesson in shipped() {
        let minutes = minutes(lesson);
        assert!(minutes < 5.0, "{}: {minutes:.1} minutes", lesson.id);
        assert!(
            minutes <= f64::from(lesson.minutes) && minutes > f64::from(lesson.minutes) - 2.5,
            "{}: {minutes:.1} minutes, it says {}",
            lesson.id,
            lesson.minutes
        );
        let goals = lesson.pages.iter().filter(|page| matches!(page.part, Part::Goal(_))).count();
        assert!(goals > 0, "{} has no goal that can be passed", lesson.id);
    }
}

/// The German texts of the lesson above.
const GERMAN: &str = r#"
[de]
title = "Ausgleich"
about = "Ein Router ohne Ausgleich bevorzugt wenige Experten."

[[de.pages]]
mark = "Ansehen"
title = "Die Auslastung"
text = "{effective-experts}: jetzt {now effective-experts}."

[[de.pages]]
mark = "Ausprobieren"
title = "Gleichen Sie aus"
text = "Erhöhen Sie {balance-weight}."
"#;

#[test]
fn a_translation_has_every_text_and_changes_nothing_else() {
    let english = lesson(GOAL, WAY);
    let read = Lesson::from_toml(&format!("{english}{GERMAN}")).unwrap_or_else(|faults| panic!("{faults:#?}"));
    let german = read.in_language(Language::German);
    assert_eq!((german.title.as_str(), german.pages[1].mark.as_str()), ("Ausgleich", "Ausprobieren"));
    assert_eq!((&german.config, &german.controls, &german.id), (&read.config, &read.controls, &read.id));
    assert_eq!(german.pages[1].part, read.pages[1].part, "the goal is the same");
    let plain = Lesson::from_toml(&english).unwrap();
    assert_eq!(read.in_language(Language::English).pages, plain.pages);
    assert_eq!(plain.in_language(Language::German), &plain, "what is not translated stays as it was written");
}

#[test]
fn a_translation_that_lacks_or_adds_something_is_told_where() {
    let english = lesson(GOAL, WAY);
    for (old, new, says) in [
        ("mark = \"Ansehen\"\n", "", "de.pages[1].mark: missing; expected some words"),
        ("{now effective-experts}", "viele", "de.pages[1].text: leaves out {now effective-experts}; expected"),
        ("{balance-weight}", "{balance-weight} und {kappa}", "de.pages[2].text: has {kappa}; expected"),
        ("{balance-weight}", "{balance-wight}", "de.pages[2].text: “balance-wight” in braces names no"),
        (
            "[[de.pages]]\nmark = \"Aus",
            "[de.more]\nmark = \"Aus",
            "de.pages: found 1; expected 2, as many as the lesson",
        ),
        ("title = \"Ausgleich\"", "title = 3", "de.title: found 3; expected some words"),
        ("mark = \"Ausprobieren\"", "mark = \"A\"\nask = \"B\"", "de.pages[2].ask: there is no such key"),
        ("[de]", "[fr]", "fr: there is no such key"),
    ] {
        let text = format!("{english}{}", GERMAN.replacen(old, new, 1));
        let found = faults(&text);
        assert!(found.iter().any(|fault| fault.contains(says)), "“{says}” in {found:#?}");
    }
}
