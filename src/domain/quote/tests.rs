//! Tests of quoting foreign text.

use super::*;

/// What must never reach a terminal: escape, bell, C1 control sequence introducer, carriage return, deletion, marks and
/// overrides of direction, isolates, line and paragraph separator, tag characters, soft hyphen, byte-order mark.
const EVIL: [char; 16] = [
    '\u{1b}',
    '\u{7}',
    '\u{9b}',
    '\r',
    '\u{7f}',
    '\u{200e}',
    '\u{200f}',
    '\u{202a}',
    '\u{202e}',
    '\u{2066}',
    '\u{2069}',
    '\u{2028}',
    '\u{2029}',
    '\u{e0041}',
    '\u{ad}',
    '\u{feff}',
];

#[test]
fn whatever_acts_on_a_terminal_is_escaped() {
    for c in EVIL.into_iter().chain(['\n', '\t', '\0']) {
        for text in [format!("{c}"), format!("name {c}[31m"), format!("é{c}")] {
            let safe = escaped(&text);
            assert!(!safe.contains(c) && safe.contains('\\'), "{c:?}: {safe}");
            assert!(!name(&text).contains(c) && !path(Path::new(&text)).contains(c), "{c:?}");
            assert!(!shell_path(Path::new(&text)).contains(c), "{c:?}");
            assert!(c == '\n' || !escaped_lines(&text).contains(c), "{c:?}");
        }
    }
    assert_eq!(escaped("evil \u{1b}[31m\nname"), "evil \\u{1b}[31m\\nname");
    assert_eq!(escaped_lines("two\nlines\r"), "two\nlines\\r");
}

#[test]
fn ordinary_text_stays_as_it_is() {
    for text in
        ["", "router.logits", "C:\\new \"quoted\" it's", "Größe, naïve, e\u{301}, 東京, Ωβ → ∞ “…” 👍🏽", "a\u{a0}b"]
    {
        if text != "a\u{a0}b" {
            assert_eq!(escaped(text), text);
        }
        assert_eq!(escaped_json(text), if text == "a\u{a0}b" { "a\\u00a0b" } else { text });
    }
}

#[test]
fn json_reads_back_as_the_same_value() {
    for c in EVIL {
        let value = serde_json::json!({ "name": format!("evil {c}[31m"), "rows": [1, 2] });
        for json in [value.to_string(), serde_json::to_string_pretty(&value).unwrap()] {
            let safe = escaped_json(&json);
            assert!(!safe.contains(c), "{c:?}: {safe}");
            assert_eq!(serde_json::from_str::<serde_json::Value>(&safe).unwrap(), value);
        }
    }
}

#[test]
fn long_names_are_cut() {
    assert_eq!(name("short"), "short");
    assert_eq!(name(&"x".repeat(1_000_000)).chars().count(), NAME + 1);
}

/// A shell reads back the very path.
#[test]
#[cfg(unix)]
fn a_shell_reads_back_the_path() {
    let names = [
        "run/checkpoint.safetensors",
        "a b/run",
        "it's",
        "say \"hi\"",
        "$HOME",
        "`id`",
        "a;b",
        "~",
        "-n",
        "*",
        "back\\slash",
        "new\nline",
        "esc\u{1b}[31m",
        "Größe",
        "\u{202e}turned",
        "",
        "#x",
        "a\tb'c\\",
    ];
    for text in names {
        let word = shell_path(Path::new(text));
        let shell = if word.starts_with("$'") { "bash" } else { "sh" };
        let script = format!("printf %s {word}");
        let output = std::process::Command::new(shell).args(["-c", &script]).output().unwrap();
        let back = String::from_utf8(output.stdout).unwrap();
        assert_eq!(back.strip_prefix("./").filter(|_| text.starts_with('-')).unwrap_or(&back), text, "{word}");
    }
    // A name that is no UTF-8.
    let latin: &std::ffi::OsStr = std::os::unix::ffi::OsStrExt::from_bytes(b"-gr\xfc\xdfe 'x'");
    let script = format!("printf %s {}", shell_path(Path::new(latin)));
    let output = std::process::Command::new("bash").args(["-c", &script]).output().unwrap();
    assert_eq!(output.stdout, [b"./", latin.as_encoded_bytes()].concat(), "{script}");
}
