//! Which way the water runs: what each room may name, read from the sources.
//!
//! A room is the first folder or file under `src`. What it names is every path in its code that begins with
//! `crate::`, with the crate's own name or with a guarded crate; comments and strings do not count.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::path::{Path, PathBuf};

/// Rooms in the order in which a number travels; each may name itself and those before it.
const RIVER: [&str; 23] = [
    "quote",
    "file_kind",
    "config",
    "roster",
    "lab",
    "draw",
    "schedule",
    "readings",
    "tasks",
    "atomic_file",
    "device",
    "kernels",
    "model",
    "data",
    "diagnostics",
    "train",
    "alerts",
    "history",
    "checkpoint",
    "study",
    "run",
    "cli",
    "ui",
];

/// Crates that only some rooms may name.
const GUARDED: [(&[&str], &[&str]); 2] = [
    (&["burn", "cubecl", "wgpu"], &["device", "kernels", "model", "diagnostics", "train"]),
    (&["egui", "eframe", "egui_plot", "rfd", "winit"], &["ui", "main"]),
];

/// Where threads and channels may be named: a room, or one file.
const THREADS: [&str; 2] = ["run", "ui/dialogs.rs"];

/// Rooms that see a run only from outside, and what they may name.
const READERS: [&str; 2] = ["cli", "ui"];
const FOR_READERS: [&str; 10] =
    ["quote", "file_kind", "config", "roster", "lab", "readings", "alerts", "history", "study", "run"];

/// Where the words of the window are.
const WORDS: &str = "ui/strings/";
/// Strings under `src/ui` that are no words of the window: fonts, units, columns of tables, XML.
const NO_WORDS: [&str; 4] = ["ui/fonts.rs", "ui/numbers/", "ui/export/table.rs", "ui/export/svg/"];

/// A source file: its path under `src`, and its text.
struct Source {
    path: String,
    text: String,
}

impl Source {
    fn room(&self) -> &str {
        let first = self.path.split('/').next().unwrap_or_default();
        first.strip_suffix(".rs").unwrap_or(first)
    }

    /// Every prohibition this file breaks, in words.
    fn faults(&self) -> Vec<String> {
        let code = bare(&self.text);
        let room = self.room();
        let mut faults = Vec::new();
        let mut fault = |what: String| faults.push(format!("src/{}: {what}", self.path));
        if !self.text.starts_with("//! ") {
            fault("the first line does not say what the room is for (//! …)".into());
        }
        for (crates, rooms) in GUARDED {
            for name in crates.iter().filter(|name| !rooms.contains(&room) && names(&code, name)) {
                fault(format!("names {name}, which only {} may", rooms.join(", ")));
            }
        }
        let threads = ["thread::", "mpsc", "std::thread"].iter().any(|word| code.contains(word));
        // What a thread is called and how many processors there are starts no thread.
        let harmless = ["thread::current", "use std::{panic, thread}"];
        let spawned = threads && !only_harmless(&code, &harmless);
        if spawned && !THREADS.iter().any(|place| *place == room || *place == self.path) {
            fault(format!("names threads or channels, which only {} may", THREADS.join(", ")));
        }
        let Some(place) = RIVER.iter().position(|name| *name == room) else {
            if !matches!(room, "lib" | "main") {
                fault(format!("“{room}” is no room of the map"));
            }
            return faults;
        };
        for named in rooms_named(&code) {
            let Some(other) = RIVER.iter().position(|name| *name == named) else { continue };
            if other > place {
                fault(format!("names {named}, which lies further down the river"));
            } else if READERS.contains(&room) && named != room && !FOR_READERS.contains(&named.as_str()) {
                fault(format!("names {named}; {room} may only name {}", FOR_READERS.join(", ")));
            }
        }
        faults
    }
}

/// Whether every mention of threads is one of the harmless ones.
fn only_harmless(code: &str, harmless: &[&str]) -> bool {
    let rest = harmless.iter().fold(code.to_owned(), |text, word| text.replace(word, ""));
    !["thread::", "mpsc", "std::thread"].iter().any(|word| rest.contains(word))
}

/// The code without comments, strings and character literals.
fn bare(text: &str) -> String {
    parted(text).0
}

/// The code without comments, strings and character literals; and the strings, quotes included.
fn parted(text: &str) -> (String, Vec<&str>) {
    let mut out = String::with_capacity(text.len());
    let mut strings = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let skipped = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if let Some(hashes) = raw_string(rest) {
            let close = format!("\"{}", "#".repeat(hashes));
            let open = hashes + 2;
            rest[open..].find(&close).map_or(rest.len(), |end| open + end + close.len())
        } else if first == '"' {
            string_end(rest)
        } else if rest.starts_with("'\"'") {
            3
        } else if rest.starts_with("'\\\"'") {
            4
        } else {
            0
        };
        if skipped == 0 {
            out.push(first);
            rest = &rest[first.len_utf8()..];
        } else {
            if first == '"' || first == 'r' {
                strings.push(&rest[..skipped]);
            }
            out.push(' ');
            rest = &rest[skipped..];
        }
    }
    (out, strings)
}

/// How many `#` a raw string that begins here has.
fn raw_string(rest: &str) -> Option<usize> {
    let after = rest.strip_prefix('r')?;
    let hashes = after.len() - after.trim_start_matches('#').len();
    after[hashes..].starts_with('"').then_some(hashes)
}

/// Length of the string that begins here, quotes included.
fn string_end(rest: &str) -> usize {
    let mut escaped = false;
    for (at, letter) in rest.char_indices().skip(1) {
        match letter {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// Whether a path in the code begins with this crate: `name::`, or `use name;`.
fn names(code: &str, name: &str) -> bool {
    code.match_indices(name).any(|(at, _)| {
        let before = code[..at].trim_end();
        let whole = !code[..at].ends_with(is_word) && !before.ends_with("::") && !before.ends_with('.');
        let after = code[at + name.len()..].trim_start();
        let path = after.starts_with("::") && !code[at + name.len()..].starts_with(is_word);
        let used = before.ends_with("use") && (after.starts_with(';') || after.starts_with(" as "));
        whole && (path || used)
    })
}

/// Every room named as `crate::room` or `moe_arena::room`, groups in braces included.
fn rooms_named(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    for prefix in ["crate::", "moe_arena::"] {
        for (at, _) in code.match_indices(prefix) {
            let rest = &code[at + prefix.len()..];
            match rest.strip_prefix('{') {
                None => found.extend(first_word(rest)),
                Some(group) => found.extend(heads(group)),
            }
        }
    }
    found.sort();
    found.dedup();
    found
}

fn first_word(text: &str) -> Option<String> {
    let word: String = text.trim_start().chars().take_while(|&letter| is_word(letter)).collect();
    (!word.is_empty()).then_some(word)
}

/// The first word of each entry of a group whose opening brace has been read.
fn heads(group: &str) -> Vec<String> {
    let (mut depth, mut start, mut found) = (0, 0, Vec::new());
    for (at, letter) in group.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                found.extend(first_word(&group[start..at]));
                start = at + 1;
                if letter == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    found
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut paths = Vec::new();
    walk(&root, &mut paths);
    let read = |path: PathBuf| {
        let name = path.strip_prefix(&root).unwrap().components().map(|c| c.as_os_str().to_string_lossy());
        Source { path: name.collect::<Vec<_>>().join("/"), text: fs::read_to_string(&path).unwrap() }
    };
    paths.into_iter().map(read).collect()
}

fn walk(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            walk(&path, out);
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            out.push(path);
        }
    }
    out.sort();
}

#[test]
fn every_room_names_only_what_it_may() {
    let sources = sources();
    assert!(sources.len() > 40, "only {} sources found", sources.len());
    let faults: Vec<_> = sources.iter().flat_map(Source::faults).collect();
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

/// Whether a string is said to people: it has a space beside a letter, or begins like a sentence. Salts of ids and names
/// of data do neither.
fn is_said(string: &str) -> bool {
    let mut text = string.trim_matches('"').to_owned();
    while let Some((before, after)) = text.split_once('{').and_then(|(a, b)| Some((a, b.split_once('}')?.1))) {
        text = format!("{before}{after}");
    }
    let mut letters = text.chars();
    let sentence = letters.next().is_some_and(char::is_uppercase) && letters.next().is_some_and(char::is_lowercase);
    sentence || text.contains(' ') && text.contains(char::is_alphabetic)
}

/// The strings of a file of the window that belong into the table of words; its tests do not count.
fn words_beside_the_table(source: &Source) -> Vec<String> {
    let mut free = NO_WORDS.iter().chain([&WORDS]);
    if source.room() != "ui" || free.any(|place| source.path.starts_with(place)) {
        return Vec::new();
    }
    let code = source.text.split("#[cfg(test)]").next().unwrap_or_default();
    parted(code).1.into_iter().filter(|string| is_said(string)).map(str::to_owned).collect()
}

#[test]
fn the_words_of_the_window_are_in_one_table() {
    let fault = |source: Source| {
        let found = words_beside_the_table(&source);
        (!found.is_empty()).then(|| format!("src/{}: {} belong into src/{WORDS}", source.path, found.join(", ")))
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
                #[cfg(test)]\nmod tests { const B: &str = \"not counted\"; }";
    let source = Source { path: "ui/panels/rail.rs".into(), text: text.into() };
    assert_eq!(words_beside_the_table(&source), ["\"Two words\"", "r#\"as \"it\" is\"#"]);
}

#[test]
fn the_map_names_every_room() {
    let sources = sources();
    let lib = &sources.iter().find(|source| source.path == "lib.rs").unwrap().text;
    for room in RIVER {
        let stands = sources.iter().any(|source| source.room() == room);
        assert_eq!(stands, lib.contains(&format!("\npub mod {room};")), "{room}");
        assert_eq!(stands, lib.contains(&format!("[`{room}`]: ")), "{room} in the map");
    }
}

/// Each made-up file breaks exactly one rule.
#[test]
fn what_is_forbidden_is_found() {
    let faults = |path: &str, code: &str| {
        let source = Source { path: path.into(), text: format!("//! A room.\n{code}\n") };
        source.faults()
    };
    for (path, code, fault) in [
        ("ui/panels/load.rs", "use burn::tensor::Tensor;", "names burn"),
        ("run/worker.rs", "fn f(d: &wgpu::Device) {}", "names wgpu"),
        ("checkpoint/save.rs", "use ::cubecl as c;\nfn f() { cubecl::go() }", "names cubecl"),
        ("cli/mod.rs", "use eframe::egui;", "names eframe"),
        ("run/mod.rs", "pub fn f(ctx: &egui::Context) {}", "names egui"),
        ("history/mod.rs", "use std::thread;\nfn f() { thread::spawn(g); }", "threads or channels"),
        ("ui/app.rs", "use std::sync::mpsc::sync_channel;", "threads or channels"),
        ("config/mod.rs", "use crate::model::Network;", "further down the river"),
        ("data/mod.rs", "use crate::{config::Text, train};", "names train, which lies further"),
        ("history/mod.rs", "use crate::{config::{Config, Knobs}, run::Snapshot};", "names run, which lies further"),
        ("cli/train.rs", "use crate::checkpoint::open;", "names checkpoint; cli may only"),
        ("ui/mod.rs", "fn f() { moe_arena::device::choose(); }", "names device; ui may only"),
        ("ui/mod.rs", "use crate::cli::Doors;", "names cli; ui may only"),
        ("utils.rs", "", "is no room of the map"),
    ] {
        let found = faults(path, code);
        assert_eq!(found.len(), 1, "{path}: {code}: {found:?}");
        assert!(found[0].contains(fault), "{found:?}");
    }
    let headless = Source { path: "draw.rs".into(), text: "use std::fmt;\n".into() };
    assert!(headless.faults()[0].contains("first line"));
}

#[test]
fn what_is_allowed_is_not_a_fault() {
    for (path, code) in [
        ("model/mod.rs", "use burn::tensor::Tensor;\nuse crate::config::ModelConfig;"),
        ("ui/panels/mod.rs", "use eframe::egui;\nuse crate::run::Snapshot; use super::theme;"),
        ("ui/dialogs.rs", "fn f() { std::thread::Builder::new(); let _ = rfd::FileDialog::new(); }"),
        ("run/worker.rs", "fn f() { std::thread::Builder::new(); }"),
        (
            "cli/log.rs",
            "// burn::tensor is not named here\nconst A: &str = \"eframe::egui \\\" wgpu::x\"; /* crate::train */",
        ),
        ("config/mod.rs", "const A: &str = r#\"use \"burn::x\"; crate::ui\"#;\nfn heartburn() { self.burn::<u8>() }"),
        ("main.rs", "use moe_arena::ui; use eframe::egui;"),
    ] {
        let source = Source { path: path.into(), text: format!("//! A room.\n{code}\n") };
        assert_eq!(source.faults(), Vec::<String>::new(), "{path}");
    }
}
