//! Faults of a lesson file: where in the file, at which key, what is wrong, what was expected; and files that are no lessons.

use std::fmt;
use std::io;
use std::path::Path;

use super::ids::ControlId;
use super::text::TextSlip;
use crate::domain::config::Complaint;
use crate::domain::file_kind::FileKind;

/// One thing that is wrong in a lesson.
#[derive(Clone, Debug, PartialEq)]
pub struct LessonFault {
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1, in characters.
    pub column: usize,
    /// The key, with the tables it stands in: `pages[2].goal.within`, pages counted from 1. Empty for the file itself.
    pub key: String,
    /// What is wrong.
    pub kind: FaultKind,
}

/// What can be wrong in a lesson.
#[derive(Clone, Debug, PartialEq)]
pub enum FaultKind {
    /// It is no TOML; the parser's words.
    Syntax(String),
    /// There is no such key.
    UnknownKey {
        /// What was probably meant.
        meant: Option<String>,
        /// What there is.
        known: Vec<String>,
    },
    /// A key is missing.
    Missing(Wanted),
    /// The value is of another kind.
    Wrong {
        /// As it stands in the file.
        found: String,
        /// What was expected.
        wanted: Wanted,
    },
    /// A name that nothing has.
    UnknownName {
        /// Of what it should be.
        of: NameOf,
        /// As it stands in the file.
        found: String,
        /// What was probably meant.
        meant: Option<String>,
    },
    /// The text of a page.
    Text(TextSlip),
    /// A translation has another number of pages, lines or choices than the lesson.
    Length {
        /// As the file has it.
        found: usize,
        /// As the lesson has it.
        wanted: usize,
    },
    /// The text of a translation refers to other things than the page it translates.
    References {
        /// What it leaves out.
        lacking: Vec<String>,
        /// What that page does not have.
        beyond: Vec<String>,
    },
    /// A range without a number in it.
    EmptyRange([f64; 2]),
    /// What the lesson begins with, or does, is beyond what it allows.
    BeyondRange {
        /// The number.
        value: f64,
        /// What is allowed.
        range: [f64; 2],
    },
    /// The control is no number, so that it has no range.
    NoRange,
    /// The config cannot run.
    Config(Complaint),
    /// The config, a command or a setting cannot be read; the parser's words.
    Unread(String),
    /// The control cannot be set like this: by `set` only knobs, by `begin` what a run begins with.
    NotSet,
    /// A lesson may not command this.
    Forbidden,
    /// The condition can never hold: what the measure can be.
    Never([f64; 2]),
    /// There are fewer readings in the time given.
    TooFewReadings {
        /// So many can come.
        come: u64,
        /// So many are asked for.
        asked: u32,
    },
    /// No page before keeps a number of this name.
    NotKept(String),
    /// There is no guess to reveal.
    NoGuess,
    /// The step lies beyond the plan of the run, or before one that was reached already.
    Step {
        /// The step.
        step: u64,
        /// Least and most it may be.
        range: [u64; 2],
    },
    /// The shown way does what the goal forbids.
    WayForbidden(ControlId),
    /// The shown way changes more controls than the goal allows.
    WayTooMany {
        /// So many.
        changed: usize,
        /// So many may be changed.
        most: usize,
    },
    /// The run has fewer layers with experts, or fewer experts.
    TooMany {
        /// As it stands in the file.
        found: u64,
        /// How many there are.
        most: usize,
    },
    /// The goal may be worked for with a control that is not shown.
    Hidden(ControlId),
}

/// What a key wants.
#[derive(Clone, Debug, PartialEq)]
pub enum Wanted {
    /// A text that is not empty.
    Text,
    /// A name: small letters, digits, hyphens.
    Name,
    /// A whole number from … to ….
    Whole(u64, u64),
    /// A number.
    Number,
    /// true or false.
    YesNo,
    /// A table.
    Table,
    /// A list with at least so many entries.
    List(usize),
    /// Least and most: a list of two numbers.
    Pair,
    /// Exactly one of these keys.
    OneOf(&'static [&'static str]),
    /// One of these texts.
    Among(&'static [&'static str]),
    /// A number or a table with `kept`.
    Level,
}

/// What a name is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameOf {
    /// A control.
    Control,
    /// A measure.
    Measure,
    /// A control or a panel.
    Anchor,
}

/// Why a lesson file cannot be opened.
#[derive(Debug)]
pub enum LessonFileError {
    /// The file system refuses.
    Unreadable(io::Error),
    /// It is another kind of file.
    Other(FileKind),
    /// It is a config.
    Config,
    /// It is a text without a line of TOML.
    NotToml,
    /// It is larger than a lesson may be.
    TooLarge,
    /// It is text in another encoding than UTF-8.
    Encoding {
        /// Which it seems to be.
        encoding: &'static str,
        /// The first line that is no UTF-8.
        line: usize,
    },
    /// It is a lesson with faults: all of them, from top to bottom.
    Faults(Vec<LessonFault>),
}

impl LessonFault {
    /// A fault at a place in bytes of a text.
    pub(super) fn at(text: &str, place: usize, key: String, kind: FaultKind) -> Self {
        let before = text.get(..place).unwrap_or(text);
        let line = 1 + before.matches('\n').count();
        let column = 1 + before.rsplit('\n').next().map_or(0, |start| start.chars().count());
        Self { line, column, key, kind }
    }
}

impl fmt::Display for NameOf {
    /// As the key of a file would be.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Control => "control",
            Self::Measure => "measure",
            Self::Anchor => "panel",
        })
    }
}

/// Whether a path is named as a lesson is: `….lesson.toml`.
pub fn is_lesson_path(path: &Path) -> bool {
    ends_with(path, ".lesson.toml")
}

/// Whether a path is named as a set-up is: `….setup.toml`.
pub fn is_setup_path(path: &Path) -> bool {
    ends_with(path, ".setup.toml")
}

fn ends_with(path: &Path, ending: &str) -> bool {
    path.file_name().is_some_and(|name| name.to_string_lossy().to_lowercase().ends_with(ending))
}
