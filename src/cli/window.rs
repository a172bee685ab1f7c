//! `moe-arena` and `moe-arena FILE`: what the window opens on, and what to say where there is no display.

use std::env;
use std::io::ErrorKind;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use super::arguments::{WatchArguments, WindowArguments};
use super::config_file::{in_folder, read_config, sound};
use super::lesson::not_a_lesson;
use super::output::complain;
use super::setup::{given_setup, setup_file};
use super::state_file::state_file;
use super::{Refusal, Window, devices, environment};
use crate::domain::config::Preset;
use crate::domain::file_kind::FileKind;
use crate::domain::language::Language;
use crate::domain::quote;
use crate::dumps::{WatchedKind, can_be_watched};
use crate::inspect::may_be_public;
use crate::lessons::{Lesson, Setup, is_lesson_path, is_setup_path};
use crate::run::{
    Autosave, Ending, From, Notice, Start, StopSignal, StopSignals, WatchedFolder, WindowMode, exit_after,
    exit_at_once, save_at_exit, window_settings,
};
use crate::words::{self, command};

/// Wait for the last save before it is said that it is waited for.
const UNSAID: Duration = Duration::from_secs(5);
/// Time for a window to close after a signal, once its run has saved itself.
const CLOSING: Duration = Duration::from_secs(10);

/// The run and the window, once they stand.
#[derive(Default)]
struct Standing {
    ending: Option<Ending>,
    close: Option<Box<dyn Fn() + Send>>,
}

/// Opens the window and returns when it is closed and its run has saved itself. The exit code is 0, or 128 and the number
/// of the signal that has closed it.
///
/// # Errors
/// Exit code 2 for a file that cannot be one, 1 where there is no display, it was lost, or the last save failed.
pub(super) fn open(arguments: &WindowArguments, window: fn(Window) -> Result<(), String>) -> Result<u8, Refusal> {
    open_on(arguments, None, window)
}

/// Opens the window on a folder that another process writes.
///
/// # Errors
/// As [`open`]; exit code 2 if the folder cannot be watched.
pub(super) fn watch(arguments: &WatchArguments, window: fn(Window) -> Result<(), String>) -> Result<u8, Refusal> {
    let (folder, every) = (arguments.folder.clone(), Duration::from_secs(arguments.every));
    if every.is_zero() {
        return Err(Refusal::usage(words::watch::every()));
    }
    can_be_watched(&folder).map_err(|error| Refusal::usage(words::watch::no_folder(quote::path(&folder), error)))?;
    let watched = WatchedFolder { folder: absolute(folder), every, top_k: arguments.top_k };
    let arguments = WindowArguments { device: "auto".into(), ..WindowArguments::default() };
    open_on(&arguments, Some(watched), window)
}

fn open_on(
    arguments: &WindowArguments,
    watched: Option<WatchedFolder>,
    window: fn(Window) -> Result<(), String>,
) -> Result<u8, Refusal> {
    let standing = Arc::new(Mutex::new(Standing::default()));
    let (closed, opens) = (standing.clone(), standing.clone());
    let signals = StopSignals::listen(move |signal| close(&closed, signal), |signal| exit_at_once(signal.exit_code()))
        .map_err(|error| Refusal::failure(command::no_signals(error)))?;
    let settings_file = state_file("window.json");
    let kept = settings_file.as_deref().map(window_settings).unwrap_or_default();
    let language = arguments.language.map(Into::into).or(kept.language).unwrap_or_default();
    let system = Language::of_environment(|name| env::var(name).ok());
    let lesson = arguments.file.as_deref().filter(|path| is_lesson_path(path)).map(given_lesson).transpose()?;
    let of_file = arguments.file.as_deref().filter(|path| is_setup_path(path)).map(setup_file);
    let setup = arguments.setup.as_deref().map(given_setup).or(of_file).transpose()?;
    let hidden = setup.as_ref().map(|setup| setup.hidden.clone()).unwrap_or_default();
    let inspects = arguments.file.clone().filter(|path| lesson.is_none() && setup.is_none() && may_be_public(path));
    let (from, mode) = match (setup, &arguments.file, &lesson) {
        (Some(setup), ..) => by_setup(setup),
        (None, None, _) => without_a_file(kept.mode, &arguments.device),
        (None, _, Some(lesson)) => (From::Config(Box::new(lesson.config.clone())), WindowMode::Learn),
        // Beside it stands the run that the window would open on without a file.
        (None, Some(_), None) if inspects.is_some() => without_a_file(Some(WindowMode::Inspect), &arguments.device),
        (None, Some(path), None) => (given(path)?, WindowMode::Train),
    };
    // A folder that was named is what is shown.
    let (from, mode) = watched.map_or((from, mode), |watched| (From::Watched(watched), WindowMode::Train));
    let x11 = x11_instead().map_err(|why| no_display(&why))?;
    let autosave = Autosave::Folder(autosaves());
    let start = Start { from, device: arguments.device.clone(), out: None, overwrite: false, autosave };
    let begins = signals.clone();
    let opened = Box::new(move |ending: Ending, close: Box<dyn Fn() + Send>| {
        begins.begin_saving();
        save_at_exit(ending.clone());
        *held(&opens) = Standing { ending: Some(ending), close: Some(close) };
    });
    let shown = catch_unwind(AssertUnwindSafe(|| {
        window(Window {
            start,
            x11,
            recent_files: state_file("recent-files.json"),
            mode,
            settings: kept,
            still: environment::reduces_motion(),
            language,
            system,
            settings_file,
            hidden,
            inspects,
            lesson,
            opened,
        })
    }));
    // The window has spoken its own language; what is said here is said on the command line.
    words::speak(Language::English);
    let Some(ending) = held(&standing).ending.clone() else {
        let error = match shown {
            Ok(Ok(())) => command::window_closed_early().to_owned(),
            Ok(Err(error)) => error,
            Err(_) => command::program_error().to_owned(),
        };
        tracing::debug!("the window did not open: {error}");
        return Err(no_display(reason(&error)));
    };
    let unsaved = finish(&ending);
    let lost = match shown {
        Ok(Ok(())) => None,
        Ok(Err(error)) => Some(command::window_lost(quote::escaped(reason(&error)))),
        Err(_) => Some(command::window_crashed().to_owned()),
    };
    match (lost, unsaved) {
        (None, None) => Ok(signals.first().map_or(0, StopSignal::exit_code)),
        (None, Some(why)) => Err(Refusal::failure(why)),
        (Some(lost), None) => Err(Refusal::failure(command::lost_and_saved(lost))),
        (Some(lost), Some(why)) => Err(Refusal::failure(command::lost_and_unsaved(lost, why))),
    }
}

/// What the window opens on without a file, and in which mode: in the one that was shown last. The first time that is a run on
/// points to learn with, which is also what that mode begins with later.
fn without_a_file(last: Option<WindowMode>, device: &str) -> (From, WindowMode) {
    let mode = last.unwrap_or(WindowMode::Learn);
    let preset = match mode {
        WindowMode::Learn => Preset::Learn,
        WindowMode::Train | WindowMode::Inspect | WindowMode::Compare => devices::preset_for(device),
    };
    (From::Config(Box::new(preset.config())), mode)
}

/// What the window opens on for a set-up: points where they can be learnt with, anything else where it is trained.
fn by_setup(setup: Setup) -> (From, WindowMode) {
    let learn = setup.run.config.task.text().is_none();
    let mode = if learn { WindowMode::Learn } else { WindowMode::Train };
    (From::Setup(Box::new(setup.run)), mode)
}

/// The lesson in a file.
///
/// # Errors
/// Exit code 2 with what the file is, or all faults that the lesson has.
fn given_lesson(path: &Path) -> Result<Arc<Lesson>, Refusal> {
    Lesson::read(path).map(Arc::new).map_err(|error| Refusal::usage(not_a_lesson(path, &error)))
}

/// What the window opens on for a file: a run for a config, and for what may be a checkpoint that one.
///
/// # Errors
/// Exit code 2 with what the file is, what was expected and what to do.
fn given(path: &Path) -> Result<From, Refusal> {
    let shown = quote::path(path);
    let expected = command::expected_file();
    let named = |ending: &str| path.extension().is_some_and(|own| own.eq_ignore_ascii_case(ending));
    let kind = FileKind::of(path).map_err(|error| match error.kind() {
        ErrorKind::NotFound => Refusal::usage(command::no_file(&shown, expected)),
        _ => Refusal::usage(command::file_unreadable(&shown, error)),
    })?;
    match kind {
        // What is wrong with a damaged one, the window says.
        FileKind::Checkpoint => Ok(From::File(path.into())),
        _ if named("safetensors") && path.is_file() => Ok(From::File(path.into())),
        FileKind::Text | FileKind::Pipe => Ok(From::Config(Box::new(sound(read_config(path)?)?))),
        _ if named("toml") => Ok(From::Config(Box::new(sound(read_config(path)?)?))),
        FileKind::Folder if WatchedKind::of(path).is_ok_and(|kind| kind.is_some()) => {
            Ok(From::Watched(WatchedFolder::new(absolute(path.into()))))
        }
        kind => {
            let way = if kind == FileKind::Folder { in_folder(path) } else { None };
            Err(Refusal::usage(match way {
                Some(way) => command::other_file_and_way(shown, kind.words(), expected, way),
                None => command::other_file(shown, kind.words(), expected),
            }))
        }
    }
}

/// A path that stays what it is, wherever the program goes.
fn absolute(path: PathBuf) -> PathBuf {
    std::path::absolute(&path).unwrap_or(path)
}

/// Closes the window after a signal. Its run saves itself whatever becomes of the window; if that is stuck, the process
/// ends without it.
fn close(standing: &Mutex<Standing>, signal: StopSignal) {
    let (ending, close) = {
        let mut standing = held(standing);
        (standing.ending.clone(), standing.close.take())
    };
    if let Some(close) = close {
        close();
    }
    if let Some(ending) = ending {
        ending.ask();
        while !ending.wait(UNSAID) {}
        exit_after(CLOSING, signal.exit_code());
    }
}

/// Waits until the run has saved itself and ended, however long it takes; why the last save failed, if it has.
fn finish(ending: &Ending) -> Option<String> {
    ending.ask();
    if !ending.wait(UNSAID) {
        complain(command::saving_after_close());
        while !ending.wait(UNSAID) {}
    }
    ending.notices().iter().rfind(|notice| matches!(notice, Notice::FileFailed { .. })).map(words::notice)
}

fn held(standing: &Mutex<Standing>) -> MutexGuard<'_, Standing> {
    standing.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether X11 is to be taken where the environment names a Wayland compositor.
#[cfg(all(unix, not(target_os = "macos")))]
fn x11_instead() -> Result<bool, String> {
    super::display::find(|name| env::var_os(name), super::display::x11_answers)
}

#[cfg(not(all(unix, not(target_os = "macos"))))]
fn x11_instead() -> Result<bool, String> {
    Ok(false)
}

/// The last part of an error of the window system, which is what happened; before it stands where in its source.
fn reason(error: &str) -> &str {
    error.rsplit(": ").next().unwrap_or(error)
}

fn no_display(why: &str) -> Refusal {
    Refusal::failure(command::no_window(why))
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
    fn only_what_happened_is_said() {
        let error = "winit EventLoopError: os error at a/b/mod.rs:788: Failed to open connection to X server";
        assert_eq!(reason(error), "Failed to open connection to X server");
        assert_eq!(reason("no such thing"), "no such thing");
    }

    #[test]
    fn a_first_start_learns_and_a_later_one_shows_what_was_shown_last() {
        let small = devices::preset_for("cpu").config();
        for (last, mode, config) in [
            (None, WindowMode::Learn, Preset::Learn.config()),
            (Some(WindowMode::Learn), WindowMode::Learn, Preset::Learn.config()),
            (Some(WindowMode::Train), WindowMode::Train, small.clone()),
            (Some(WindowMode::Inspect), WindowMode::Inspect, small),
        ] {
            assert_eq!(without_a_file(last, "cpu"), (From::Config(Box::new(config)), mode), "{last:?}");
        }
    }

    #[test]
    fn without_a_display_the_way_on_is_named() {
        let refusal = no_display("DISPLAY is not set");
        assert_eq!(refusal.code, 1);
        assert!(refusal.says.contains("moe-arena train"));
    }
}
