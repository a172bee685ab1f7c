//! Display servers: whether Wayland or X11 answers. A variable that names one may be left over from a session that has ended.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::domain::quote;
use crate::words::command;

/// Why no window system answers, in words, or whether X11 is to be taken where Wayland would be.
///
/// - `variable`: the environment
/// - `x11_answers`: whether the X server named by DISPLAY takes this program
///
/// `Ok(true)`: the variables name a Wayland compositor that does not answer, and an X server that does.
///
/// # Errors
/// Which variables are set, and that nobody answers.
pub(super) fn find(
    variable: impl Fn(&str) -> Option<OsString>,
    x11_answers: impl FnOnce() -> Result<(), String>,
) -> Result<bool, String> {
    let set = |name: &str| variable(name).filter(|value| !value.is_empty());
    // An open connection that the parent has left: it cannot be tried without using it up.
    if set("WAYLAND_SOCKET").is_some() {
        return Ok(false);
    }
    let wayland = set("WAYLAND_DISPLAY");
    let x11 = set("DISPLAY");
    let silent = match &wayland {
        None => None,
        Some(name) => match answers(Path::new(name), set("XDG_RUNTIME_DIR").map(PathBuf::from)) {
            Ok(()) => return Ok(false),
            Err(why) => Some(command::no_compositor(shown(name), why)),
        },
    };
    let Some(display) = x11 else {
        return Err(match silent {
            Some(silent) => command::no_x_display(silent),
            None => command::no_display().to_owned(),
        });
    };
    match x11_answers() {
        Ok(()) => Ok(wayland.is_some()),
        Err(why) => {
            let x11 = command::no_x_server(shown(&display), quote::escaped(&why));
            Err(silent.map_or_else(|| x11.clone(), |silent| command::neither_answers(silent, &x11)))
        }
    }
}

fn shown(value: &OsString) -> String {
    quote::name(&value.to_string_lossy())
}

/// Whether a compositor listens on the socket with this name.
#[cfg(unix)]
fn answers(name: &Path, folder: Option<PathBuf>) -> Result<(), String> {
    let Some(folder) = folder.or_else(|| name.is_absolute().then(PathBuf::new)) else {
        return Err(command::no_runtime_folder().to_owned());
    };
    // A name that is a whole path stands for itself.
    let connected = std::os::unix::net::UnixStream::connect(folder.join(name));
    connected.map(drop).map_err(|error| error.to_string())
}

#[cfg(not(unix))]
fn answers(_: &Path, _: Option<PathBuf>) -> Result<(), String> {
    Err(command::no_runtime_folder().to_owned())
}

/// Whether the X server that DISPLAY names takes this program: connects, shows its authority, and hangs up.
#[cfg(all(unix, not(target_os = "macos")))]
pub(super) fn x11_answers() -> Result<(), String> {
    x11rb::connect(None).map(drop).map_err(|error| error.to_string())
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use std::os::unix::net::UnixListener;

    use super::*;

    /// What is found with these variables.
    fn found(variables: &[(&str, &Path)], x11: bool) -> Result<bool, String> {
        let variable = |asked: &str| {
            variables.iter().find(|(name, _)| *name == asked).map(|(_, value)| value.as_os_str().to_owned())
        };
        find(variable, || if x11 { Ok(()) } else { Err("refused".into()) })
    }

    #[test]
    fn a_compositor_that_is_gone_leaves_the_window_to_x11() {
        let folder = tempfile::tempdir().unwrap();
        let (here, gone) = (folder.path(), Path::new("/nowhere/at/all"));
        let _listens = UnixListener::bind(here.join("wayland-1")).unwrap();
        // The socket of a compositor that has crashed: the file is there, and nobody listens.
        drop(UnixListener::bind(here.join("wayland-2")).unwrap());
        let (alive, dead, none) = (Path::new("wayland-1"), Path::new("wayland-2"), Path::new("wayland-9"));
        let whole = here.join("wayland-1");
        let display = ("DISPLAY", Path::new(":88"));
        for x11 in [false, true] {
            let of = |name, folder| found(&[("WAYLAND_DISPLAY", name), ("XDG_RUNTIME_DIR", folder), display], x11);
            assert_eq!(of(alive, here), Ok(false), "Wayland, whatever DISPLAY names");
            assert_eq!(of(&whole, gone), Ok(false), "a whole path needs no folder");
            assert_eq!(found(&[("WAYLAND_DISPLAY", &whole), display], x11), Ok(false));
            for found in
                [of(dead, here), of(none, here), of(alive, gone), found(&[("WAYLAND_DISPLAY", alive), display], x11)]
            {
                match found {
                    Ok(takes_x11) => assert!(x11 && takes_x11),
                    Err(why) => {
                        assert!(!x11 && why.contains("WAYLAND_DISPLAY is wayland-") && why.contains("DISPLAY is :88"))
                    }
                }
            }
        }
        assert_eq!(found(&[display], true), Ok(false));
        let why = found(&[("WAYLAND_DISPLAY", none), ("XDG_RUNTIME_DIR", here)], true).unwrap_err();
        assert!(why.contains("no compositor answers") && why.contains("DISPLAY is not set"), "{why}");
        assert!(found(&[("WAYLAND_DISPLAY", alive)], true).unwrap_err().contains("XDG_RUNTIME_DIR is not set"));
    }

    #[test]
    fn variables_that_are_not_set_or_empty_name_nothing() {
        let nothing = "neither WAYLAND_DISPLAY nor DISPLAY is set";
        assert_eq!(found(&[], true).unwrap_err(), nothing);
        let empty = Path::new("");
        assert_eq!(
            found(&[("WAYLAND_DISPLAY", empty), ("DISPLAY", empty), ("WAYLAND_SOCKET", empty)], true).unwrap_err(),
            nothing
        );
        assert_eq!(found(&[("WAYLAND_SOCKET", Path::new("5"))], false), Ok(false));
    }
}
