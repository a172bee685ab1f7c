//! A set-up on the command line: as a line of text or a file, and a demonstration by its name.

use std::ffi::OsStr;
use std::path::Path;

use super::{Refusal, TrainArguments};
use crate::domain::quote;
use crate::lessons::{Demonstration, LessonFileError, Setup, demonstrations};
use crate::words::{self, command, setup as said};

/// The set-up that was given: a line, or the path of a file.
///
/// # Errors
/// Exit code 2 with what is wrong with it.
pub(super) fn given_setup(given: &OsStr) -> Result<Setup, Refusal> {
    if let Some(line) = given.to_str().filter(|text| Setup::is_line(text)) {
        return Setup::from_line(line).map_err(|fault| Refusal::usage(words::line_fault(&fault)));
    }
    setup_file(Path::new(given))
}

/// The set-up in a file.
///
/// # Errors
/// Exit code 2 with what the file is, or all faults that the set-up has.
pub(super) fn setup_file(path: &Path) -> Result<Setup, Refusal> {
    Setup::read(path).map_err(|error| {
        let why = words::setup_file_error(&error);
        let faults = matches!(error, LessonFileError::Faults(_));
        let why = if faults { format!("\n  {}", why.replace('\n', "\n  ")) } else { why };
        Refusal::usage(said::file(quote::path(path), why))
    })
}

/// What the arguments of a run begin it with instead of a config, if they do.
///
/// # Errors
/// Exit code 2 for a set-up that cannot be read, or options that would change what it says.
pub(super) fn setup_of(arguments: &TrainArguments) -> Result<Option<Setup>, Refusal> {
    let setup = match (&arguments.setup, shown(arguments)) {
        (Some(given), _) => given_setup(given)?,
        (None, Some(shown)) => Setup { run: shown.run.clone(), hidden: Vec::new() },
        (None, None) => return Ok(None),
    };
    if arguments.overrides != Default::default() || arguments.task != Default::default() {
        return Err(Refusal::usage(command::setup_says_all()));
    }
    Ok(Some(setup))
}

/// The demonstration that was asked for.
pub(super) fn shown(arguments: &TrainArguments) -> Option<&'static Demonstration> {
    let name = arguments.demonstration.as_ref()?;
    demonstrations().iter().find(|shown| shown.id == *name)
}
