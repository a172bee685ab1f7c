//! Words stand in one table, `assets/words.toml`: no sentence in any file of the window or the command line, nor where a run
//! tells what it does.

use super::source::{Source, parted, sources};

/// Folders without a sentence: what they tell is in the table.
const WORDLESS: [&str; 3] = ["ui/", "words/", "cli/"];
/// Strings there that are no words: fonts, units, columns of tables, XML, what a table that is not whole lacks; the help of the
/// command line, which stands beside the options it explains; the columns of its reports; and its log.
const NO_WORDS: [&str; 12] = [
    "ui/kit/fonts.rs",
    "ui/kit/numbers/",
    "ui/kit/export/table.rs",
    "ui/kit/export/svg/",
    "words/constants.rs",
    "cli/arguments.rs",
    "cli/overrides.rs",
    "cli/task.rs",
    "cli/bench/",
    "cli/diagnose/",
    "cli/inspect/",
    "cli/log.rs",
];

/// What begins an item for tests only.
const TESTS: [&str; 2] = ["\n#[cfg(test)]\n", "\n#[cfg(all(test, "];

/// Whether a string is said to people: it has a space beside a letter, or begins like a sentence. Salts of ids and names
/// of data do neither.
fn is_said(string: &str) -> bool {
    let mut text = string.trim_matches('"').replace("\\n", "");
    while let Some((before, after)) = text.split_once('{').and_then(|(a, b)| Some((a, b.split_once('}')?.1))) {
        text = format!("{before}{after}");
    }
    let mut letters = text.chars();
    let sentence = letters.next().is_some_and(char::is_uppercase) && letters.next().is_some_and(char::is_lowercase);
    sentence || text.contains(' ') && text.contains(char::is_alphabetic)
}

/// A file without what it writes to the log.
fn without_logs(code: &str) -> String {
    let mut pieces = code.split("tracing::");
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |text, piece| text + piece.split_once(";\n").map_or("", |(_, after)| after))
}

/// The strings of a file that belong into the table of words; its tests do not count.
fn words_beside_the_table(source: &Source) -> Vec<String> {
    let begins = |places: &[&str]| places.iter().any(|place| source.path.starts_with(place));
    if !begins(&WORDLESS) || begins(&NO_WORDS) || source.path.ends_with("_tests.rs") {
        return Vec::new();
    }
    let code = without_tests(&source.text);
    parted(&without_logs(&code)).1.into_iter().filter(|string| is_said(string)).map(str::to_owned).collect()
}

/// A file without what is compiled for tests only: an item that ends with a semicolon, or where a line is a closing brace alone.
fn without_tests(text: &str) -> String {
    let mut code = String::new();
    let mut rest = text;
    while let Some((before, tests)) =
        TESTS.iter().filter_map(|mark| rest.split_once(mark)).min_by_key(|cut| cut.0.len())
    {
        code.push_str(before);
        let ends = |sign| tests.find(sign).unwrap_or(tests.len());
        rest = if ends(';') < ends('{') {
            &tests[ends(';')..]
        } else {
            tests.split_once("\n}").map_or("", |(_, after)| after)
        };
    }
    code + rest
}

#[test]
fn words_are_in_one_table() {
    let fault = |source: Source| {
        let found = words_beside_the_table(&source);
        (!found.is_empty()).then(|| format!("src/{}: {} belong into assets/words.toml", source.path, found.join(", ")))
    };
    let faults: Vec<String> = sources().into_iter().filter_map(fault).collect();
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

#[test]
fn words_are_told_from_salts_and_data() {
    for said in ["Byte", "{} of {n}", "press Run", "L{} {what} moved", "Σ s over winners"] {
        assert!(is_said(&format!("\"{said}\"")), "{said}");
    }
    for other in ["text-begun", "{name} {value}", "CSV", "%", " · ", "{}: {}", ".csv", "{} → {}", ""] {
        assert!(!is_said(&format!("\"{other}\"")), "{other}");
    }
    let text = "//! A \"room\".\nconst A: &str = \"Two words\"; // \"three more words\"\nf('\"', r#\"as \"it\" is\"#);\n\
                #[cfg(test)]\nmod tests;\n#[cfg(test)]\nmod more {\n  const B: &str = \"not counted\";\n}\nconst C: &str = \"It counts\";";
    let source = Source { path: "ui/panels/rail/mod.rs".into(), text: text.into() };
    assert_eq!(words_beside_the_table(&source), ["\"Two words\"", "r#\"as \"it\" is\"#", "\"It counts\""]);
}
