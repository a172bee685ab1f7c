//! What the documents beside the code say of it: every path they name is there, every name they quote is one of the code's,
//! and every link leads somewhere.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The documents; what is true of the code now. The changelog tells of what is no more, so that only its links count.
const DOCUMENTS: [&str; 6] = [
    "README.md",
    "ARCHITECTURE.md",
    "CONTRIBUTING.md",
    "docs/algorithm.md",
    "docs/glossary.md",
    ".github/ISSUE_TEMPLATE/bug.md",
];

/// How a comment names a section of the formulas: this, and a number such as 4 or 1.6.
const FORMULAS: &str = "`docs/algorithm.md` ";

/// Folders a path may begin with.
const FOLDERS: [&str; 8] = ["src/", "tests/", "shaders/", "examples/", "assets/", "docs/", ".ci/", ".github/"];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(document: &str) -> String {
    fs::read_to_string(root().join(document)).unwrap_or_else(|error| panic!("{document}: {error}"))
}

/// What stands between backticks in running text; blocks of code are left out.
fn quoted(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (place, part) in text.split("```").enumerate() {
        if place % 2 == 0 {
            found.extend(part.split('`').skip(1).step_by(2).map(str::to_owned));
        }
    }
    found
}

/// The targets of links that stay within the project.
fn links(text: &str) -> Vec<String> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    targets.filter(|target| !target.contains("://") && !target.starts_with('#')).map(str::to_owned).collect()
}

/// The part of a path before a placeholder such as `NAME`, `…` or `*`; the whole path where there is none.
fn plain(path: &str) -> &Path {
    let placeholder = |part: &str| part.contains(['*', '…', '<']) || part.contains("NAME");
    let length = path.split('/').take_while(|part| !placeholder(part)).map(|part| part.len() + 1).sum::<usize>();
    Path::new(&path[..length.saturating_sub(1).min(path.len())])
}

/// A name of the code: `Trainer`, `Trainer::step`, `VERSION`, `top_k`; not a word of prose, a flag or a formula.
fn is_name(quoted: &str) -> bool {
    let letters = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let parts: Vec<&str> = quoted.split("::").collect();
    let capital = quoted.starts_with(|c: char| c.is_ascii_uppercase()) && quoted.len() > 3;
    parts.iter().all(|part| letters(part)) && (parts.len() > 1 || capital || quoted.contains('_'))
}

fn sources(folder: &Path, all: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, all);
        } else if path.extension().is_some_and(|extension| extension == "rs" || extension == "toml") {
            all.push_str(&fs::read_to_string(path).unwrap());
        }
    }
}

/// Every word of the code.
fn words() -> BTreeSet<String> {
    let mut all = String::new();
    for folder in ["src", "tests", "examples"] {
        sources(&root().join(folder), &mut all);
    }
    all.push_str(&read("Cargo.toml"));
    all.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').map(str::to_owned).collect()
}

#[test]
fn every_path_that_a_document_names_is_there() {
    let mut missing = Vec::new();
    let mut seen = 0;
    for document in DOCUMENTS {
        let text = read(document);
        for path in quoted(&text).iter().filter(|path| FOLDERS.iter().any(|folder| path.starts_with(folder))) {
            seen += 1;
            // `path/{a,b}.rs` is not a path; each file stands by itself.
            if !root().join(plain(path)).exists() {
                missing.push(format!("{document}: {path}"));
            }
        }
    }
    assert_eq!(missing, Vec::<String>::new(), "a document names what is not there");
    assert!(seen > 100, "{seen} paths: are all read?");
}

#[test]
fn every_link_of_a_document_leads_somewhere() {
    let mut missing = Vec::new();
    for document in DOCUMENTS.into_iter().chain(["CHANGELOG.md"]) {
        let folder = root().join(document).parent().unwrap().to_owned();
        let targets = links(&read(document)).into_iter();
        let gone = targets.filter(|target| !folder.join(target.split('#').next().unwrap()).exists());
        missing.extend(gone.map(|target| format!("{document}: {target}")));
    }
    assert_eq!(missing, Vec::<String>::new(), "a link leads nowhere");
}

#[test]
fn every_name_that_a_document_quotes_is_one_of_the_code() {
    let words = words();
    let mut missing = Vec::new();
    let mut seen = 0;
    for document in ["ARCHITECTURE.md", "CONTRIBUTING.md", "docs/glossary.md"] {
        for name in quoted(&read(document)).into_iter().filter(|name| is_name(name)) {
            seen += 1;
            if !name.split("::").all(|part| words.contains(part) || part.contains("NAME")) {
                missing.push(format!("{document}: {name}"));
            }
        }
    }
    assert_eq!(missing, Vec::<String>::new(), "a document quotes what the code does not know");
    assert!(seen > 40, "{seen} names: are all read?");
}

/// Words of the field, and the file that a newcomer who searches for one wants to find: the word stands in its name or in the
/// first sentence that says what it is for.
const FIELD: [(&str, &str); 34] = [
    ("load balance", "src/domain/measures/load.rs"),
    ("gini", "src/domain/measures/load.rs"),
    ("kappa", "src/domain/measures/agreement.rs"),
    ("spearman", "src/domain/measures/ranks.rs"),
    ("effective rank", "src/domain/measures/collapse.rs"),
    ("CKA", "src/domain/measures/cka.rs"),
    ("territory", "src/domain/measures/territory.rs"),
    ("dead expert", "src/store/history/silence.rs"),
    ("checkpoint", "src/store/checkpoint/mod.rs"),
    ("top-k", "src/engine/kernels/top_k.rs"),
    ("AdamW", "src/engine/kernels/adamw.rs"),
    ("attention", "src/engine/kernels/attention.rs"),
    ("attention", "src/engine/model/block/attention.rs"),
    ("cross-entropy", "src/engine/kernels/cross_entropy.rs"),
    ("softmax", "src/engine/kernels/softmax.rs"),
    ("rms norm", "shaders/rms_norm.wgsl"),
    ("router loss", "src/engine/model/losses.rs"),
    ("distillation", "src/engine/model/losses.rs"),
    ("z-loss", "src/engine/kernels/balance.rs"),
    ("balance loss", "src/engine/kernels/balance.rs"),
    ("router", "src/engine/model/policies/mod.rs"),
    ("noisy gat", "src/engine/model/policies/noisy.rs"),
    ("noisy top-k", "src/engine/model/policies/noisy.rs"),
    ("X-MoE", "src/engine/model/policies/cosine.rs"),
    ("StableMoE", "src/engine/model/policies/stable.rs"),
    ("loss-free balancing", "src/engine/model/policies/bias.rs"),
    ("competition schedule", "src/domain/schedule/mod.rs"),
    ("learning rate", "src/engine/train/optimizer.rs"),
    ("knob", "src/domain/config/knobs.rs"),
    ("moons", "src/tasks/plane/shapes.rs"),
    ("spirals", "src/tasks/plane/shapes.rs"),
    ("plane", "src/tasks/plane/mod.rs"),
    ("corpus", "src/tasks/text/corpus.rs"),
    ("benchmark", "src/studies/bench.rs"),
];

#[test]
fn a_word_of_the_field_finds_its_file() {
    let missed: Vec<String> = FIELD
        .iter()
        .filter(|(word, file)| {
            let text = read(file);
            let comment = text.lines().map_while(|line| line.strip_prefix("//")).collect::<Vec<_>>().join(" ");
            let first = comment.split(". ").next().unwrap_or_default().to_lowercase();
            let spaced = |text: &str| text.to_lowercase().replace(['_', '-'], " ");
            !first.contains(&word.to_lowercase()) && !spaced(file).contains(&spaced(word))
        })
        .map(|(word, file)| format!("“{word}” is neither in the name of {file} nor in its first sentence"))
        .collect();
    assert!(missed.is_empty(), "\n{}", missed.join("\n"));
}

/// The sections that `text` names after [`FORMULAS`]: one number, or several joined by "to" and "and".
fn sections(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for rest in text.split(FORMULAS).skip(1) {
        for word in rest.split(' ') {
            // The last one has a bracket, a comma or a stop behind it.
            let number = word.trim_end_matches(|c: char| !c.is_ascii_digit());
            if number.starts_with(|c: char| c.is_ascii_digit()) {
                found.push(number);
            }
            if number != word && !["to", "and"].contains(&word) {
                break;
            }
        }
    }
    found
}

#[test]
fn every_section_of_the_formulas_that_a_comment_names_is_there() {
    let formulas = read("docs/algorithm.md");
    let heading = |line: &str| line.starts_with('#').then(|| line.split(' ').nth(1).map(str::to_owned)).flatten();
    let there: BTreeSet<String> = formulas.lines().filter_map(heading).collect();
    let mut all = String::new();
    sources(&root().join("src"), &mut all);
    let named = sections(&all);
    let missing: Vec<&&str> = named.iter().filter(|section| !there.contains(**section)).collect();
    assert!(missing.is_empty(), "a comment names sections that docs/algorithm.md does not have: {missing:?}");
    assert!(named.len() > 12, "{named:?}: are all read?");
    assert_eq!(
        sections("a (`docs/algorithm.md` 1.5 to 1.7 and 2); b 3, (`docs/algorithm.md` 4). 5"),
        ["1.5", "1.7", "2", "4"]
    );
}

#[test]
fn paths_names_and_links_are_told_from_prose() {
    let text =
        "`src/a.rs` and [b](c.md#d), [e](https://f) ```\n`src/no.rs`\n``` `Trainer::step` `--flag` `VERSION` `top_k`";
    assert_eq!(quoted(text), ["src/a.rs", "Trainer::step", "--flag", "VERSION", "top_k"]);
    assert_eq!(links(text), ["c.md#d"]);
    let names: Vec<bool> = quoted(text).iter().map(|word| is_name(word)).collect();
    assert_eq!(names, [false, true, false, true, true]);
    assert_eq!(plain("src/engine/NAME.rs"), Path::new("src/engine"));
    assert_eq!(plain("src/lib.rs"), Path::new("src/lib.rs"));
    assert_eq!(plain("tests/golden/*.safetensors"), Path::new("tests/golden"));
}
