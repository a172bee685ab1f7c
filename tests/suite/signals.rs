//! Signals to a headless run: whatever asks it to stop, it saves, says so and ends with a code that says "cut off".
//!
//! Waits on the program's own lines, never on time.

#![cfg(unix)]

use std::fs;
use std::io::{BufRead, BufReader, Lines};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};

use moe_arena::store::checkpoint;

use crate::diagnose::{small, write};

/// A run without an end.
const ENDLESS: &str = "train --preset tiny --steps 100000000 --device cpu --out there";

/// The program under way.
struct Running {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Running {
    /// Starts it through `wrapper`, words before its own (`nohup`, a shell that ignores signals), in `folder`.
    fn start(folder: &Path, wrapper: &[&str], words: &str) -> Self {
        // The tests themselves may run where signals are ignored: under nohup, or in the background of a script.
        let mut all: Vec<&str> =
            if cfg!(target_os = "linux") { vec!["env", "--default-signal=HUP,INT,TERM,XCPU"] } else { vec!["env"] };
        all.extend_from_slice(wrapper);
        all.push(env!("CARGO_BIN_EXE_moe-arena"));
        all.extend(words.split_whitespace());
        let mut child = Command::new(all[0])
            .args(&all[1..])
            .current_dir(folder)
            .env("XDG_STATE_HOME", folder.join("state"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    /// Waits for a line that `wanted` takes.
    #[track_caller]
    fn until(&mut self, wanted: impl Fn(&str) -> bool) -> String {
        self.lines.by_ref().map(Result::unwrap).find(|line| wanted(line)).expect("the line never came")
    }

    /// Waits until it has trained a step.
    #[track_caller]
    fn trains(&mut self) {
        self.until(|line| line.starts_with("step "));
    }

    fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success(), "{name}");
    }

    /// Waits for its end; what it said since, and how it ended.
    fn ended(mut self) -> (Vec<String>, ExitStatus) {
        let rest = self.lines.by_ref().map(Result::unwrap).collect();
        (rest, self.child.wait().unwrap())
    }
}

/// It has ended with `code`, has said so, and its save is whole.
#[track_caller]
fn saved_and_ended(running: Running, folder: &Path, code: i32) {
    let (rest, status) = running.ended();
    assert_eq!(status.code(), Some(code), "{rest:?}");
    assert!(rest.iter().any(|line| line.contains("stopped and saved at step")), "{rest:?}");
    let saved = checkpoint::open(&folder.join("there/checkpoint.safetensors")).unwrap();
    assert!(saved.state.progress.step > 0);
}

#[test]
fn one_signal_saves_and_the_exit_code_says_which() {
    for (name, code) in [("HUP", 129), ("INT", 130), ("TERM", 143), ("XCPU", 152)] {
        let here = tempfile::tempdir().unwrap();
        let mut running = Running::start(here.path(), &[], ENDLESS);
        running.trains();
        running.signal(name);
        saved_and_ended(running, here.path(), code);
    }
}

#[test]
fn several_signals_close_together_are_one_request() {
    for (first, second, code) in [
        ("TERM", "TERM", 143),
        ("TERM", "INT", 143),
        ("INT", "TERM", 130),
        ("INT", "INT", 130),
        ("HUP", "TERM", 129),
        ("TERM", "HUP", 143),
    ] {
        let here = tempfile::tempdir().unwrap();
        let mut running = Running::start(here.path(), &[], ENDLESS);
        running.trains();
        running.signal(first);
        // The first is being obeyed: the second cannot fall together with it.
        running.until(|line| line.starts_with("stopping: the run saves itself"));
        running.signal(second);
        running.signal(second);
        saved_and_ended(running, here.path(), code);
    }
}

#[test]
fn a_signal_ignored_at_the_start_stays_ignored() {
    let shell = ["sh", "-c", "trap '' INT HUP; exec \"$@\"", "sh"];
    for (wrapper, ignored) in [(&["nohup"][..], &["HUP"][..]), (&shell, &["INT", "HUP"])] {
        let here = tempfile::tempdir().unwrap();
        let mut running = Running::start(here.path(), wrapper, ENDLESS);
        running.trains();
        for name in ignored {
            running.signal(name);
            running.signal(name);
        }
        // It goes on: two lines come from two later looks at the run.
        running.trains();
        running.trains();
        running.signal("TERM");
        saved_and_ended(running, here.path(), 143);
    }
}

#[test]
fn the_first_ctrl_c_says_what_a_second_would_do() {
    let here = tempfile::tempdir().unwrap();
    let mut running = Running::start(here.path(), &[], ENDLESS);
    running.trains();
    running.signal("INT");
    let said = running.until(|line| line.starts_with("stopping"));
    assert!(said.contains("Ctrl-C again ends it without a save"), "{said}");
    saved_and_ended(running, here.path(), 130);
}

/// The signal may also come after the first step, on a fast machine; then there is something to save.
#[test]
fn a_signal_while_preparing_ends_with_nothing_to_save() {
    for (name, code) in [("INT", 130), ("TERM", 143), ("HUP", 129)] {
        let here = tempfile::tempdir().unwrap();
        let running = Running::start(here.path(), &[], "train --preset medium --device cpu --layers 16");
        // Its folder is there: it has begun to prepare.
        while !here.path().join("runs/seed-18").exists() {
            std::thread::yield_now();
        }
        running.signal(name);
        let (said, status) = running.ended();
        assert_eq!(status.code(), Some(code), "{said:?}");
        let words = ["stopped before the first step; nothing to save", "stopped and saved at step"];
        assert!(said.iter().any(|line| words.iter().any(|word| line.contains(word))), "{said:?}");
        let saved = said.iter().any(|line| line.contains(words[1]));
        assert_eq!(here.path().join("runs").exists(), saved, "a run that never was leaves neither lock nor folder");
    }
}

/// GNU timeout signals its child and then its whole group, itself included.
#[test]
#[cfg(target_os = "linux")]
fn timeout_leaves_a_checkpoint() {
    let here = tempfile::tempdir().unwrap();
    let mut running = Running::start(here.path(), &["timeout", "600"], ENDLESS);
    running.trains();
    // Its own clock: the time is over.
    running.signal("ALRM");
    let (rest, status) = running.ended();
    assert_eq!(status.code(), Some(124), "{rest:?}");
    assert!(rest.iter().any(|line| line.contains("stopped and saved at step")), "{rest:?}");
    let saved = checkpoint::open(&here.path().join("there/checkpoint.safetensors")).unwrap();
    assert!(saved.state.progress.step > 0);
}

#[test]
fn a_watch_tells_what_comes_until_a_signal_ends_it() {
    let here = tempfile::tempdir().unwrap();
    let folder = here.path().join("dumps");
    fs::create_dir(&folder).unwrap();
    let mut watch = Running::start(here.path(), &[], "watch dumps --every 1");
    watch.until(|line| line.starts_with("watching dumps"));
    write(here.path(), &small());
    fs::rename(here.path().join("dump.safetensors"), folder.join("step-5.safetensors")).unwrap();
    watch.until(|line| line.starts_with("step 5 "));
    watch.signal("INT");
    let (rest, status) = watch.ended();
    assert_eq!((rest, status.code()), (vec!["1 dump, the newest of step 5".to_owned()], Some(130)));
}
