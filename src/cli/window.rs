//! `moe-arena` and `moe-arena FILE`: what the window opens on, and what to say where there is no display.

use std::env;
use std::ffi::OsString;
use std::path::Path;

use super::arguments::{WindowArguments, read_config, sound};
use super::{Refusal, devices};
use crate::run::{From, Start};

/// Where the window saves by itself, in the user's data folder.
const AUTOSAVE: &str = "autosave.safetensors";
/// What it is called once another run has begun.
const LAST_RUN: &str = "last-run.safetensors";

/// Opens the window.
///
/// # Errors
/// Exit code 2 for a file that cannot be one, 1 where there is no display.
pub(super) fn open(arguments: &WindowArguments, window: fn(Start) -> Result<(), String>) -> Result<(), Refusal> {
    let from = match &arguments.file {
        None => From::Config(Box::new(devices::preset_for(&arguments.device).config())),
        Some(path) if path.extension().is_some_and(|ending| ending.eq_ignore_ascii_case("toml")) => {
            From::Config(Box::new(sound(read_config(path)?)?))
        }
        Some(path) if path.is_file() => From::File(path.clone()),
        Some(path) => {
            let says = format!(
                "there is no file {}; expected a checkpoint (.safetensors) or a config (.toml)",
                path.display()
            );
            return Err(Refusal::usage(says));
        }
    };
    if cfg!(all(unix, not(target_os = "macos"))) && !has_display(|name| env::var_os(name)) {
        return Err(no_display("neither WAYLAND_DISPLAY nor DISPLAY is set"));
    }
    let autosave = autosave();
    if let Some(path) = autosave.as_ref().filter(|path| arguments.file.as_ref() != Some(path)) {
        keep_last_run(path);
    }
    let start = Start { from, device: arguments.device.clone(), out: None, overwrite: false, autosave };
    window(start).map_err(|error| {
        tracing::debug!("the window did not open: {error}");
        no_display(reason(&error))
    })
}

/// The last part of an error of the window system, which is what happened; before it stands where in its source.
fn reason(error: &str) -> &str {
    error.rsplit(": ").next().unwrap_or(error)
}

fn no_display(why: &str) -> Refusal {
    Refusal::failure(format!(
        "the window cannot open: {why}. Without a display, train with: moe-arena train (moe-arena train --help says more)"
    ))
}

/// Whether a display is named in the environment.
fn has_display(variable: impl Fn(&str) -> Option<OsString>) -> bool {
    ["WAYLAND_DISPLAY", "WAYLAND_SOCKET", "DISPLAY"]
        .into_iter()
        .any(|name| variable(name).is_some_and(|value| !value.is_empty()))
}

/// Moves the autosave of the last run aside, so that this run does not write over it.
fn keep_last_run(autosave: &Path) {
    match std::fs::rename(autosave, autosave.with_file_name(LAST_RUN)) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            tracing::warn!("the last run's autosave could not be kept: {error}");
        }
        _ => {}
    }
}

/// The autosave file, if there is a place for it.
fn autosave() -> Option<std::path::PathBuf> {
    let folder = dirs::data_local_dir()?.join("moe-arena");
    match std::fs::create_dir_all(&folder) {
        Ok(()) => Some(folder.join(AUTOSAVE)),
        Err(error) => {
            tracing::warn!("no autosaves: {} cannot be made: {error}", folder.display());
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_display_is_one_of_three_variables_and_not_empty() {
        assert!(!has_display(|_| None));
        assert!(!has_display(|_| Some("".into())));
        for name in ["WAYLAND_DISPLAY", "WAYLAND_SOCKET", "DISPLAY"] {
            assert!(has_display(|asked| (asked == name).then(|| ":0".into())), "{name}");
        }
    }

    #[test]
    fn the_last_runs_autosave_is_kept_once() {
        let folder = tempfile::tempdir().unwrap();
        let (autosave, last) = (folder.path().join(AUTOSAVE), folder.path().join(LAST_RUN));
        keep_last_run(&autosave);
        assert!(!last.exists());
        std::fs::write(&autosave, "a run").unwrap();
        keep_last_run(&autosave);
        keep_last_run(&autosave);
        assert_eq!(std::fs::read_to_string(&last).unwrap(), "a run");
        assert!(!autosave.exists());
    }

    #[test]
    fn only_what_happened_is_said() {
        let error = "winit EventLoopError: os error at a/b/mod.rs:788: Failed to open connection to X server";
        assert_eq!(reason(error), "Failed to open connection to X server");
        assert_eq!(reason("no such thing"), "no such thing");
    }

    #[test]
    fn without_a_display_the_way_on_is_named() {
        let refusal = no_display("DISPLAY is not set");
        assert_eq!(refusal.code, 1);
        assert!(refusal.says.contains("moe-arena train"));
    }
}
