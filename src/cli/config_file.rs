//! The config file on the command line: read and checked, or told why not and what the file can be given as.

use std::io::ErrorKind;
use std::path::Path;

use super::Refusal;
use crate::domain::config::{Complaint, Config, ConfigFileError};
use crate::domain::file_kind::FileKind;
use crate::domain::quote;
use crate::run::CHECKPOINT;

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
    let as_a_text = format!("To train on it as a text: moe-arena train --text {file}");
    match error {
        ConfigFileError::Unreadable(error) if error.kind() == ErrorKind::NotFound => {
            format!("there is no config {shown}; check the path")
        }
        ConfigFileError::Unreadable(_) => format!("the config {shown} {error}"),
        ConfigFileError::Checkpoint(_) | ConfigFileError::TooLarge => format!("{shown} {error}"),
        ConfigFileError::NotToml => format!("{shown} {error}. {as_a_text}"),
        ConfigFileError::Toml(_) if !named_toml => {
            format!("{shown} is no config; expected TOML. {as_a_text}. Read as a config, it {error}")
        }
        ConfigFileError::Encoding { .. } if !named_toml => format!("{shown} {error}. {as_a_text}"),
        ConfigFileError::Toml(_) | ConfigFileError::Encoding { .. } => format!("the config {shown} {error}"),
        ConfigFileError::Other(FileKind::Folder) => match in_folder(path) {
            Some(way) => format!("{shown} {error}. {way}"),
            None => format!("{shown} {error}"),
        },
        ConfigFileError::Other(FileKind::Safetensors) => {
            format!("{shown} {error}. If it is a routing dump: moe-arena diagnose {file}")
        }
        ConfigFileError::Other(_) => format!("{shown} {error}"),
    }
}

/// What can be done with the run in a folder, if it holds one.
pub(super) fn in_folder(folder: &Path) -> Option<String> {
    let (checkpoint, config) = (folder.join(CHECKPOINT), folder.join("config.toml"));
    if checkpoint.is_file() {
        let file = quote::shell_path(&checkpoint);
        return Some(format!(
            "The run in it goes on with: moe-arena train --resume {file}, and opens with: moe-arena {file}"
        ));
    }
    config.is_file().then(|| format!("To train the config in it: moe-arena train {}", quote::shell_path(&config)))
}

/// Sees that a config can run.
///
/// # Errors
/// Exit code 2 with all complaints, one a line.
pub(super) fn sound(config: Config) -> Result<Config, Refusal> {
    let complaints = config.validate();
    if !complaints.is_empty() {
        return Err(Refusal::usage(lines("this config cannot run:", &complaints)));
    }
    Ok(config)
}

fn lines(first: &str, complaints: &[Complaint]) -> String {
    complaints.iter().fold(first.to_owned(), |text, complaint| format!("{text}\n  {complaint}"))
}
