//! Quotes foreign text before it is shown: names and labels from files, paths, what parsers and drivers say.
//!
//! Control characters, escape sequences, line feeds and marks that turn the direction of text become visible escapes
//! like `\u{1b}`, so that nothing from a file can move the cursor, recolour a terminal or forge a line of a log.

use std::borrow::Cow;
use std::path::Path;

/// Most characters of a foreign name that are repeated in a message.
const NAME: usize = 80;

/// Text with everything that is no plain character escaped, line feeds included.
pub fn escaped(text: &str) -> Cow<'_, str> {
    escaped_but(text, |_| false)
}

/// The same, in which line feeds stay: for text of ours that has lines.
pub(crate) fn escaped_lines(text: &str) -> Cow<'_, str> {
    escaped_but(text, |c| c == '\n')
}

/// JSON with everything that is no plain character escaped as JSON does it, so that it reads back as the same value. Line
/// feeds stay: outside of strings they are layout, and within them JSON escapes them itself.
pub(crate) fn escaped_json(json: &str) -> Cow<'_, str> {
    if json.chars().all(|c| c == '\n' || is_plain(c)) {
        return json.into();
    }
    let mut text = String::with_capacity(json.len() + 16);
    for c in json.chars() {
        if c == '\n' || is_plain(c) {
            text.push(c);
        } else {
            c.encode_utf16(&mut [0; 2]).iter().for_each(|unit| text += &format!("\\u{unit:04x}"));
        }
    }
    text.into()
}

/// A foreign name, escaped and cut where it is long.
pub fn name(name: &str) -> String {
    let mut characters = name.chars();
    let short: String = characters.by_ref().take(NAME).collect();
    let rest = if characters.next().is_some() { "…" } else { "" };
    format!("{}{rest}", escaped(&short))
}

/// A path as it is shown in a sentence.
pub fn path(path: &Path) -> String {
    escaped(&path.to_string_lossy()).into_owned()
}

/// A path as a word of a command line that can be copied into a shell.
pub(crate) fn shell_path(path: &Path) -> String {
    // A name that begins with a hyphen would be taken for a flag.
    let path = if path.as_os_str().as_encoded_bytes().starts_with(b"-") { &Path::new(".").join(path) } else { path };
    if let Some(text) = path.to_str().filter(|text| text.chars().all(is_plain)) {
        return shell_words::quote(text).into_owned();
    }
    // The quotes of bash, zsh and ksh in which escapes are characters again, and bytes that are no text as well.
    let mut word = String::from("$'");
    let escape = |word: &mut String, bytes: &[u8]| bytes.iter().for_each(|byte| *word += &format!("\\{byte:03o}"));
    for chunk in path.as_os_str().as_encoded_bytes().utf8_chunks() {
        for c in chunk.valid().chars() {
            match c {
                '\'' | '\\' => word.extend(['\\', c]),
                c if is_plain(c) => word.push(c),
                c => escape(&mut word, c.encode_utf8(&mut [0; 4]).as_bytes()),
            }
        }
        escape(&mut word, chunk.invalid());
    }
    word + "'"
}

fn escaped_but(text: &str, stays: impl Fn(char) -> bool) -> Cow<'_, str> {
    if text.chars().all(|c| stays(c) || is_plain(c)) {
        return text.into();
    }
    let mut safe = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if stays(c) || is_plain(c) { safe.push(c) } else { safe.extend(c.escape_debug()) }
    }
    safe.into()
}

/// Whether a character stands for itself: neither a control character nor an invisible one that changes others, such as a
/// mark of direction or a line separator.
fn is_plain(c: char) -> bool {
    if c.is_ascii() {
        return !c.is_ascii_control();
    }
    // The standard library knows what can be printed and tells it by its escapes. Behind a letter, so that an accent
    // that joins it counts as printable.
    let pair: String = ['a', c].into_iter().collect();
    pair.escape_debug().count() == 2
}

#[cfg(test)]
mod tests;
