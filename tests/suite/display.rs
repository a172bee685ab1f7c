//! The real window on a virtual X display: whatever ends it, its run is saved and the exit code says why it ended.
//!
//! Needs Xvfb and xdotool; `MOE_ARENA_NEED_DISPLAY=1` makes their absence an error; continuous integration sets it.

#![cfg(target_os = "linux")]

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use moe_arena::store::checkpoint;

use crate::program;

/// Longer than anything here takes; reaching it is a failure, not a pass.
const PATIENCE: Duration = Duration::from_secs(300);
/// Between two looks at what is waited for.
const A_LITTLE: Duration = Duration::from_millis(20);
/// Steps between two autosaves: a save at another step was made on the way out.
const EVERY: u64 = 23;

/// A process that ends with the test.
struct Owned(Child);

impl Drop for Owned {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Owned {
    /// Waits for its end; its exit code.
    #[track_caller]
    fn code(&mut self) -> Option<i32> {
        let start = Instant::now();
        loop {
            if let Some(status) = self.0.try_wait().unwrap() {
                return status.code();
            }
            assert!(start.elapsed() < PATIENCE, "it never ended");
            std::thread::park_timeout(A_LITTLE);
        }
    }

    fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.0.id().to_string()]).status().unwrap();
        assert!(sent.success(), "{name}");
    }
}

/// An X server without a screen that anybody sees.
struct Display {
    server: Owned,
    name: String,
}

impl Display {
    /// Starts one; `None`, said aloud, where that cannot be done and is not demanded.
    fn start(test: &str) -> Option<Self> {
        let have =
            |program: &str| Command::new(program).arg("-version").stdout(Stdio::null()).stderr(Stdio::null()).status();
        if let Some(missing) = ["Xvfb", "xdotool"].into_iter().find(|program| have(program).is_err()) {
            let demanded = std::env::var_os("MOE_ARENA_NEED_DISPLAY").is_some_and(|value| value != "0");
            assert!(!demanded, "{test}: MOE_ARENA_NEED_DISPLAY is set and there is no {missing}");
            // Straight to the stream: what a passing test prints by macro is never shown.
            let words = format!("SKIPPED {test}: no {missing} (Debian: xvfb, xdotool)\n");
            let _ = std::io::stderr().write_all(words.as_bytes());
            return None;
        }
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", "1280x800x24", "-nolisten", "tcp", "-noreset"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut number = String::new();
        BufReader::new(server.stdout.take().unwrap()).read_line(&mut number).unwrap();
        Some(Self { server: Owned(server), name: format!(":{}", number.trim()) })
    }

    fn xdotool(&self, words: &[&str]) -> Option<String> {
        let output = Command::new("xdotool").args(words).env("DISPLAY", &self.name).output().unwrap();
        output.status.success().then(|| program::out(&output))
    }

    /// Opens a window on a run that saves itself every [`EVERY`] steps, lets it train, and waits for its first autosave.
    #[track_caller]
    fn train(&self, folder: &Path, wayland: Option<&str>) -> Owned {
        let config = format!(
            "steps = 100000000\nsequences = 1\n[model]\nlayers = 1\nwidth = 16\ncontext = 16\n[cadence]\nautosave_every = {EVERY}\n\
             probe_every = 100000\nvalidate_every = 100000\n"
        );
        fs::write(folder.join("run.toml"), config).unwrap();
        let mut command = program::with_signals(folder, &["run.toml", "--device", "cpu"]);
        let complaints = folder.join("complaints");
        command.env("DISPLAY", &self.name).env("XDG_RUNTIME_DIR", folder).stdout(Stdio::null());
        command.stderr(fs::File::create(&complaints).unwrap());
        if let Some(name) = wayland {
            command.env("WAYLAND_DISPLAY", name);
        }
        let mut window = Owned(command.spawn().unwrap());
        let pid = window.0.id().to_string();
        let mut pressed = None;
        let start = Instant::now();
        loop {
            assert!(start.elapsed() < PATIENCE, "the window never trained");
            let said = || fs::read_to_string(&complaints).unwrap();
            assert_eq!(window.0.try_wait().unwrap(), None, "the window ended by itself: {}", said());
            if saved(folder).is_some() {
                return window;
            }
            // A key is lost on a window that does not listen yet; pressed twice, it pauses again.
            let again = pressed.is_none_or(|at: Instant| at.elapsed() > Duration::from_secs(5));
            if again && let Some(found) = self.xdotool(&["search", "--onlyvisible", "--pid", &pid]) {
                let id = found.lines().last().unwrap_or_default().to_owned();
                let _ = self.xdotool(&["windowfocus", "--sync", &id, "key", "space"]);
                pressed = Some(Instant::now());
            }
            std::thread::park_timeout(A_LITTLE);
        }
    }
}

/// The autosave in a user's data folder, and its step.
fn saved(folder: &Path) -> Option<(PathBuf, u64)> {
    let entries = fs::read_dir(folder.join("data/moe-arena")).ok()?;
    let paths = entries.flatten().map(|entry| entry.path());
    let found = paths.filter_map(|path| Some((checkpoint::peek(&path).ok()?.progress.step, path)));
    found.max().map(|(step, path)| (path, step))
}

/// Ends a window with `end`, which must lead to `code`, until its last save was made on the way out.
#[track_caller]
fn is_saved_on_the_way_out(display: &mut Option<Display>, test: &str, code: i32, end: impl Fn(&Owned, &mut Display)) {
    let start = Instant::now();
    for round in 0.. {
        assert!(start.elapsed() < PATIENCE, "{round} times the last save was an autosave of before");
        let here = tempfile::tempdir().unwrap();
        if display.is_none() {
            *display = Display::start(test);
        }
        let Some(server) = display.as_mut() else { return };
        let mut window = server.train(here.path(), None);
        // Right after an autosave there is nothing to save. Some steps later there is; how many the clock of the X server
        // gives them grows with each round.
        (0..10 * round).for_each(|_| drop(server.xdotool(&["getmouselocation"])));
        end(&window, server);
        assert_eq!(window.code(), Some(code));
        if server.server.0.try_wait().unwrap().is_some() {
            *display = None;
        }
        let (path, step) = saved(here.path()).unwrap();
        assert!(checkpoint::open(&path).is_ok() && step >= EVERY);
        if !step.is_multiple_of(EVERY) {
            return;
        }
    }
}

#[test]
fn a_signal_saves_the_run_of_a_window() {
    let test = "a_signal_saves_the_run_of_a_window";
    let Some(display) = Display::start(test) else { return };
    let mut display = Some(display);
    for (name, code) in [("TERM", 143), ("INT", 130), ("HUP", 129)] {
        is_saved_on_the_way_out(&mut display, test, code, |window, _| window.signal(name));
    }
}

#[test]
fn a_lost_display_saves_the_run_of_a_window() {
    let test = "a_lost_display_saves_the_run_of_a_window";
    let Some(display) = Display::start(test) else { return };
    is_saved_on_the_way_out(&mut Some(display), test, 1, |_, display| {
        display.server.0.kill().unwrap();
        display.server.0.wait().unwrap();
    });
}

#[test]
fn a_wayland_compositor_that_is_gone_leaves_the_window_to_x11() {
    let Some(display) = Display::start("a_wayland_compositor_that_is_gone_leaves_the_window_to_x11") else { return };
    let here = tempfile::tempdir().unwrap();
    let mut window = display.train(here.path(), Some("wayland-9"));
    window.signal("TERM");
    assert_eq!(window.code(), Some(143));
}

#[test]
fn a_start_without_a_display_changes_nothing() {
    let here = tempfile::tempdir().unwrap();
    let trained = program::run(here.path(), "train --preset tiny --device cpu --steps 2 --out made");
    assert!(trained.status.success(), "{}", program::text(&trained));
    let folder = here.path().join("data/moe-arena");
    fs::create_dir_all(&folder).unwrap();
    for name in ["autosave.safetensors", "last-run.safetensors"] {
        fs::copy(here.path().join("made/checkpoint.safetensors"), folder.join(name)).unwrap();
    }
    let contents = || {
        let entries = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
        let mut all: Vec<_> = entries.map(|path| (fs::read(&path).unwrap(), path)).collect();
        all.sort();
        all
    };
    let before = contents();
    for words in ["--device cpu", "data/moe-arena/last-run.safetensors --device cpu"] {
        for display in [None, Some(":9876")] {
            let mut command = program::typed(here.path(), words);
            if let Some(name) = display {
                command.env("DISPLAY", name);
            }
            let output = command.output().unwrap();
            assert_eq!(output.status.code(), Some(1), "{}", program::text(&output));
            assert!(before == contents(), "{words}");
        }
    }
}
