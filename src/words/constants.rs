//! Constants of the table of words: texts without places, found when the program is compiled.

use super::table::FILE;

/// Where the headings of the file stand, and the end of the file after them; found once, when the program is compiled.
const HEADINGS: [usize; SECTIONS + 1] = {
    let file = FILE.as_bytes();
    let mut headings = [file.len(); SECTIONS + 1];
    let (mut at, mut count) = (0, 0);
    while at < file.len() {
        // A text of several lines may hold a line that begins with a bracket, but not one with a name in it.
        if file[at] == b'[' && file[at + 1].is_ascii_lowercase() {
            assert!(count < SECTIONS, "assets/words.toml has more sections than SECTIONS in src/words/constants.rs");
            headings[count] = at;
            count += 1;
        }
        at = line_after(file, at);
    }
    headings
};

/// Most sections of the file.
const SECTIONS: usize = 60;

/// The texts of a section under these names, as they stand there: on one line, or on several between `"""` and `"""`. Quickest
/// if the names come in the order of the file. For constants: a program for which one is missing does not compile.
pub(crate) const fn texts_of<const N: usize>(section: &str, names: [&str; N]) -> [&'static str; N] {
    let file = FILE.as_bytes();
    let mut heading = 0;
    while !(holds(file, HEADINGS[heading] + 1, section.as_bytes())
        && file[HEADINGS[heading] + 1 + section.len()] == b']')
    {
        heading += 1;
        assert!(heading < SECTIONS, "assets/words.toml has no section of this name");
    }
    let (begin, end) = (line_after(file, HEADINGS[heading]), HEADINGS[heading + 1]);
    let mut texts = [""; N];
    let (mut i, mut at) = (0, begin);
    while i < N {
        let mut found = line_of(file, at, end, names[i].as_bytes());
        if found == end {
            found = line_of(file, begin, end, names[i].as_bytes());
        }
        assert!(found < end, "assets/words.toml has no text of this name in its section");
        let quoted = found + names[i].len() + 3;
        let several = holds(file, quoted, b"\"\"\"\n");
        let first = if several { quoted + 4 } else { quoted + 1 };
        let mut last = first;
        while file[last] != b'"' {
            last += 1;
        }
        let text = file.split_at(last).0.split_at(first).1;
        texts[i] = match std::str::from_utf8(text) {
            Ok(text) => text,
            Err(_) => panic!("a text of assets/words.toml is no UTF-8"),
        };
        at = line_after(file, last);
        i += 1;
    }
    texts
}

/// The line between two places that begins with `name = "`; the end if there is none.
const fn line_of(file: &[u8], mut at: usize, end: usize, name: &[u8]) -> usize {
    while at < end && !(holds(file, at, name) && holds(file, at + name.len(), b" = \"")) {
        at = line_after(file, at);
    }
    if at < end { at } else { end }
}

/// Whether `bytes` hold `part` at a place.
const fn holds(bytes: &[u8], at: usize, part: &[u8]) -> bool {
    let mut i = 0;
    while i < part.len() {
        if at + i >= bytes.len() || bytes[at + i] != part[i] {
            return false;
        }
        i += 1;
    }
    true
}

/// Where the next line begins.
const fn line_after(bytes: &[u8], mut at: usize) -> usize {
    while at < bytes.len() && bytes[at] != b'\n' {
        at += 1;
    }
    if at < bytes.len() { at + 1 } else { at }
}

/// Declares texts of one section of the table: `NAME;` is a constant, found when the program is compiled.
macro_rules! texts {
    ($section:literal: $($(#[$doc:meta])* $vis:vis $name:ident;)*) => {
        /// The place of each text in [`FOUND`].
        #[allow(non_camel_case_types, clippy::upper_case_acronyms)]
        enum Place { $($name),* }

        const FOUND: [&str; [$(Place::$name as usize),*].len()] =
            $crate::words::constants::texts_of($section, [$(stringify!($name)),*]);

        $($(#[$doc])* $vis const $name: $crate::words::language::FixedText = $crate::words::language::FixedText::of(
            concat!($section, ".", stringify!($name)),
            FOUND[Place::$name as usize],
        );)*

        /// What is declared here, for the test that holds it against the table.
        #[cfg(test)]
        pub(crate) const TEXTS: &[$crate::words::language::FixedText] = &[$($name),*];
    };
}

pub(crate) use texts;
