//! `moe-arena` and `moe-arena FILE`: what the window opens on, and what to say where there is no display.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;

use super::arguments::{WindowArguments, read_config, sound};
use super::{Refusal, devices};
use crate::run::{Autosave, From, Start};

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
    let autosave = Autosave::Folder(autosaves());
    let start = Start { from, device: arguments.device.clone(), out: None, autosave };
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

/// The folder in which every run of a window has an autosave of its own. Nothing is made there before the first one.
fn autosaves() -> PathBuf {
    let data = dirs::data_local_dir().unwrap_or_else(|| {
        tracing::warn!("there is no folder for the user's data; autosaves go to that for temporary files");
        env::temp_dir()
    });
    data.join("moe-arena")
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
