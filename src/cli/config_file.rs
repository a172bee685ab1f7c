//! The config file on the command line: read and checked, or told why not and what the file can be given as.

use std::io::ErrorKind;
use std::path::Path;

use super::Refusal;
use crate::domain::config::{Complaint, Config, ConfigFileError};
use crate::domain::file_kind::FileKind;
use crate::domain::quote;
use crate::run::CHECKPOINT;
use crate::words::{self, command};

/// Reads a config file.
///
/// # Errors
/// Exit code 2 with what was given instead of one and what to do with that, or with the parser's message.
pub(super) fn read_config(path: &Path) -> Result<Config, Refusal> {
    Config::read(path).map_err(|error| Refusal::usage(not_a_config(path, &error)))
}

/// Why the file at `path` is no config, and what it can be given as.
fn not_a_config(path: &Path, error: &ConfigFileError) -> String {
    let (shown, file) = (quote::path(path), quote::shell_path(path));
    let named_toml = path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("toml"));
    let as_a_text = command::train_as_text(&file);
    let and_way = |way: String| command::file_error_and_way(&shown, error, way);
    match error {
        ConfigFileError::Unreadable(error) if error.kind() == ErrorKind::NotFound => command::no_config(shown),
        ConfigFileError::Unreadable(_) => command::config_error(shown, error),
        ConfigFileError::Checkpoint => and_way(command::resume_checkpoint(file)),
        ConfigFileError::TooLarge => command::file_error(shown, error),
        ConfigFileError::NotToml => and_way(as_a_text),
        ConfigFileError::Toml(_) if !named_toml => command::not_toml(shown, as_a_text, error),
        ConfigFileError::Encoding { .. } if !named_toml => and_way(as_a_text),
        ConfigFileError::Toml(_) | ConfigFileError::Encoding { .. } => command::config_error(shown, error),
        ConfigFileError::Other(FileKind::Folder) => match in_folder(path) {
            Some(way) => and_way(way),
            None => command::file_error(shown, error),
        },
        ConfigFileError::Other(FileKind::Safetensors) => and_way(command::diagnose_dump(file)),
        ConfigFileError::Other(_) => command::file_error(shown, error),
    }
}

/// What can be done with the run in a folder, if it holds one.
pub(super) fn in_folder(folder: &Path) -> Option<String> {
    let (checkpoint, config) = (folder.join(CHECKPOINT), folder.join("config.toml"));
    if checkpoint.is_file() {
        return Some(command::run_in_folder(quote::shell_path(&checkpoint)));
    }
    config.is_file().then(|| command::config_in_folder(quote::shell_path(&config)))
}

/// Sees that a config can run.
///
/// # Errors
/// Exit code 2 with all complaints, one a line.
pub(super) fn sound(config: Config) -> Result<Config, Refusal> {
    let complaints = config.validate();
    if !complaints.is_empty() {
        return Err(Refusal::usage(lines(command::config_cannot_run(), &complaints)));
    }
    Ok(config)
}

fn lines(first: &str, complaints: &[Complaint]) -> String {
    complaints.iter().fold(first.to_owned(), |text, complaint| format!("{text}\n  {}", words::complaint_of(complaint)))
}
