//! Sources as the architecture tests read them: a file's module path, its code without comments and strings, and every path
//! that the code names.

use std::fs;
use std::path::{Path, PathBuf};

/// A source file: its path under `src`, and its text.
pub struct Source {
    pub path: String,
    pub text: String,
}

impl Source {
    /// The module this file is: `run/worker.rs` is `run::worker`, `run/mod.rs` is `run`, `lib.rs` and `main.rs` are the root.
    pub fn module(&self) -> Vec<String> {
        let path = self.path.strip_suffix(".rs").unwrap_or(&self.path);
        let path = path.strip_suffix("/mod").unwrap_or(path);
        if matches!(path, "lib" | "main") { Vec::new() } else { path.split('/').map(str::to_owned).collect() }
    }

    /// Every path in the code that begins with `crate`, the crate's own name, `super` or `self`, from the root; of groups in
    /// braces each entry. Says of each whether it is re-exported.
    pub fn named(&self) -> Vec<Named> {
        let code = bare(&self.text);
        let module = self.module();
        let mut named = Vec::new();
        let mut at = 0;
        while let Some((start, head)) = next_head(&code, at) {
            at = start + head.len();
            let Some(rest) = code[at..].trim_start().strip_prefix("::") else { continue };
            let mut base = match head {
                "crate" | "moe_arena" => Vec::new(),
                _ => module.iter().cloned().chain(inline_modules(&code[..start])).collect(),
            };
            if head == "super" {
                base.pop();
            }
            let before = code[..start].trim_end();
            let statement = before.rsplit([';', '{', '}']).next().unwrap_or_default().trim_start();
            let exported = before.ends_with("use") && statement.starts_with("pub");
            let mut paths = Vec::new();
            let length = expand(rest, &base, &mut paths);
            named.extend(paths.into_iter().map(|path| Named { path, exported }));
            at = code.len() - rest.len() + length;
        }
        named
    }
}

/// A path that the code names.
#[derive(Clone, Debug, PartialEq)]
pub struct Named {
    /// From the root of the crate.
    pub path: Vec<String>,
    /// Whether it stands in a `pub use`.
    pub exported: bool,
}

/// The next word that begins a path into this crate, from `at`.
fn next_head(code: &str, at: usize) -> Option<(usize, &'static str)> {
    let heads = ["crate", "moe_arena", "super", "self"];
    let found = heads.into_iter().filter_map(|head| {
        let whole = |&(place, _): &(usize, &str)| {
            let (before, after) = (&code[..at + place], &code[at + place + head.len()..]);
            !before.ends_with(is_word) && !before.trim_end().ends_with("::") && !after.starts_with(is_word)
        };
        code[at..].match_indices(head).find(whole).map(|(place, _)| (at + place, head))
    });
    found.min()
}

/// Names of the modules written inside the file that are open at the end of `code`.
fn inline_modules(code: &str) -> Vec<String> {
    let (mut open, mut words): (Vec<Option<String>>, [String; 2]) = (Vec::new(), Default::default());
    let mut word = String::new();
    for letter in code.chars() {
        if is_word(letter) {
            word.push(letter);
            continue;
        }
        if !word.is_empty() {
            words = [std::mem::take(&mut words[1]), std::mem::take(&mut word)];
        }
        match letter {
            '{' => open.push((words[0] == "mod").then(|| words[1].clone())),
            '}' => drop(open.pop()),
            _ => {}
        }
        if !letter.is_whitespace() {
            words = Default::default();
        }
    }
    open.into_iter().flatten().collect()
}

/// Adds every path of a tree that begins at `rest`, below `base`; gives back how much was read.
fn expand(rest: &str, base: &[String], out: &mut Vec<Vec<String>>) -> usize {
    let blank = rest.len() - rest.trim_start().len();
    let text = &rest[blank..];
    if let Some(group) = text.strip_prefix('{') {
        let mut at = 0;
        loop {
            at += group[at..].find(|letter: char| !letter.is_whitespace()).unwrap_or(group.len() - at);
            if group[at..].is_empty() || group[at..].starts_with('}') {
                return blank + 1 + at + 1;
            }
            at += expand(&group[at..], base, out);
            // What follows up to the next entry is a name of its own: `as x`.
            at += group[at..].find([',', '}']).unwrap_or(group.len() - at);
            at += usize::from(group[at..].starts_with(','));
        }
    }
    let word: String = text.chars().take_while(|&letter| is_word(letter)).collect();
    let mut path = base.to_vec();
    match word.as_str() {
        "" | "self" => {}
        "super" => drop(path.pop()),
        _ => path.push(word.clone()),
    }
    let read = blank + word.len();
    let tail = &rest[read..];
    match tail.trim_start().strip_prefix("::") {
        Some(deeper) if !word.is_empty() => rest.len() - deeper.len() + expand(deeper, &path, out),
        _ => {
            out.push(path);
            read
        }
    }
}

/// The code without comments, strings and character literals.
pub fn bare(text: &str) -> String {
    parted(text).0
}

/// The code without comments, strings and character literals; and the strings, quotes included.
pub fn parted(text: &str) -> (String, Vec<&str>) {
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

pub fn is_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// Whether a path in the code begins with this crate: `name::`, or `use name;`.
pub fn names(code: &str, name: &str) -> bool {
    code.match_indices(name).any(|(at, _)| {
        let before = code[..at].trim_end();
        let whole = !code[..at].ends_with(is_word) && !before.ends_with("::") && !before.ends_with('.');
        let after = code[at + name.len()..].trim_start();
        let path = after.starts_with("::") && !code[at + name.len()..].starts_with(is_word);
        let used = before.ends_with("use") && (after.starts_with(';') || after.starts_with(" as "));
        whole && (path || used)
    })
}

/// All sources, by path.
pub fn sources() -> Vec<Source> {
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
