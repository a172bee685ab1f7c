//! What reaches a terminal: output that could not be written is a failure, and nothing from a file arrives raw.

#![cfg(unix)]

use std::fs::{self, File, OpenOptions};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use safetensors::Dtype;
use safetensors::tensor::TensorView;

use crate::program::{command as moe_arena, said};

/// A dump with these tensors beside its logits.
fn dump(path: &Path, beside: &[&str]) {
    let data = [0u8; 4 * 6];
    let view = || TensorView::new(Dtype::F32, vec![3, 2], &data).unwrap();
    let tensors = ["router.logits"].iter().chain(beside).map(|name| ((*name).to_owned(), view()));
    fs::write(path, safetensors::serialize(tensors.collect::<Vec<_>>(), None).unwrap()).unwrap();
}

/// Escape sequences, a bell, a C1 control, an override of direction, line feeds, a carriage return.
const EVIL: &str = "evil \u{1b}[31m\u{7}\u{9b}2J\u{202e}\nmoe-arena: forged\r";

/// Neither stream holds a control character but line feeds, nor a line that a name has forged.
#[track_caller]
fn is_plain(output: &Output) {
    for stream in [&output.stdout, &output.stderr] {
        let text = said(stream);
        let raw: Vec<char> = text.chars().filter(|c| (c.is_control() && *c != '\n') || *c == '\u{202e}').collect();
        assert!(raw.is_empty(), "{raw:?} in {text}");
        assert!(!text.lines().any(|line| line.contains("forged") && !line.contains("evil")), "{text}");
    }
}

#[test]
#[cfg(target_os = "linux")]
fn output_that_cannot_be_written_is_a_failure() {
    let here = tempfile::tempdir().unwrap();
    dump(&here.path().join("ok.safetensors"), &[]);
    for words in [
        &["diagnose", "ok.safetensors"][..],
        &["diagnose", "ok.safetensors", "--json"],
        &["devices"],
        &["devices", "--json"],
        &["--help"],
        &["--version"],
        &["train", "--help"],
    ] {
        // Full, and one that is open for reading only.
        for stdout in [OpenOptions::new().write(true).open("/dev/full").unwrap(), File::open("/dev/null").unwrap()] {
            let output = moe_arena(here.path(), words).stdout(stdout).output().unwrap();
            let text = said(&output.stderr);
            assert_eq!(output.status.code(), Some(1), "{words:?}: {text}");
            assert!(text.contains("standard output could not be written"), "{words:?}: {text}");
        }
    }
}

#[test]
#[cfg(target_os = "linux")]
fn a_run_whose_output_is_full_trains_and_saves_and_then_fails() {
    let here = tempfile::tempdir().unwrap();
    let words = "train --preset tiny --steps 5 --device cpu --out there".split(' ').collect::<Vec<_>>();
    let full = OpenOptions::new().write(true).open("/dev/full").unwrap();
    let output = moe_arena(here.path(), &words).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", said(&output.stderr));
    assert!(said(&output.stderr).contains("standard output could not be written"), "{}", said(&output.stderr));
    let saved = moe_arena::store::checkpoint::open(&here.path().join("there/checkpoint.safetensors")).unwrap();
    assert_eq!(saved.state.progress.step, 5);
}

#[test]
fn a_reader_that_goes_away_is_no_failure_and_stops_no_training() {
    let here = tempfile::tempdir().unwrap();
    let words = "train --preset tiny --steps 5 --device cpu --out there".split(' ').collect::<Vec<_>>();
    let mut child = moe_arena(here.path(), &words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), said(&output.stderr)), (Some(0), String::new()));
    let saved = moe_arena::store::checkpoint::open(&here.path().join("there/checkpoint.safetensors")).unwrap();
    assert_eq!(saved.state.progress.step, 5);
}

#[test]
fn names_from_files_never_reach_the_terminal_raw() {
    let here = tempfile::tempdir().unwrap();
    dump(&here.path().join("dump.safetensors"), &[EVIL]);
    let output = moe_arena(here.path(), &["diagnose", "dump.safetensors"]).output().unwrap();
    assert!(output.status.success() && said(&output.stderr).contains("evil \\u{1b}[31m"), "{}", said(&output.stderr));
    is_plain(&output);
    // Everything else that takes a file or a name, on a path that is as bad.
    let bad = here.path().join(format!("{EVIL}.safetensors"));
    dump(&bad, &[EVIL]);
    let config = here.path().join(format!("{EVIL}.toml"));
    fs::write(&config, format!("[model]\n\"{}\" = 1\n", "evil \\u001B[31m\\u202E")).unwrap();
    fs::write(here.path().join("raw.toml"), "seed = \"\u{1b}[31m\u{9b}\"\n").unwrap();
    let (bad, config) = (bad.to_str().unwrap(), config.to_str().unwrap());
    let folder = here.path().join(format!("folder {EVIL}"));
    for words in [
        &["diagnose", bad][..],
        &["diagnose", bad, "--json"],
        &["diagnose", config],
        &["train", "--resume", bad],
        &["train", config],
        &["train", "raw.toml"],
        &["train", "--preset", "tiny", "--text", bad, "--device", EVIL],
        &["train", "--preset", EVIL],
        &[bad],
        &[config],
        &["missing \u{1b}[31m"],
        &["train", "--preset", "tiny", "--device", "cpu", "--steps", "2", "--out", folder.to_str().unwrap()],
        &["train", "--preset", "tiny", "--device", "cpu", "--steps", "2", "--out", folder.to_str().unwrap()],
    ] {
        let output = moe_arena(here.path(), words).output().unwrap();
        is_plain(&output);
    }
}

/// What is suggested can be copied into a shell, whatever the folder is called.
#[test]
fn the_command_that_goes_on_can_be_copied() {
    let here = tempfile::tempdir().unwrap();
    for name in ["a b", "it's $HOME", "-run"] {
        let out = format!("--out={name}");
        let words = ["train", "--preset", "tiny", "--steps", "3", "--device", "cpu", &out];
        assert!(moe_arena(here.path(), &words).output().unwrap().status.success());
        let again = moe_arena(here.path(), &words).output().unwrap();
        let text = said(&again.stderr);
        let word = text.split("--resume ").nth(1).unwrap().split(", choose").next().unwrap();
        let script = format!("exec \"$0\" train --device cpu --steps 4 --resume {word}");
        let resumed = Command::new("sh")
            .args(["-c", &script, env!("CARGO_BIN_EXE_moe-arena")])
            .current_dir(here.path())
            .output()
            .unwrap();
        assert!(
            resumed.status.success() && said(&resumed.stdout).contains("done: 4 steps"),
            "{script}: {}",
            said(&resumed.stderr)
        );
    }
}

#[test]
fn a_run_on_the_cpu_asks_no_graphics_driver() {
    let here = tempfile::tempdir().unwrap();
    // A driver that cannot be loaded would be complained about.
    fs::write(here.path().join("broken.json"), "not a driver").unwrap();
    let words = "train --preset tiny --steps 3 --device cpu --out there".split(' ').collect::<Vec<_>>();
    let output = moe_arena(here.path(), &words)
        .env_remove("XDG_RUNTIME_DIR")
        .env("VK_DRIVER_FILES", here.path().join("broken.json"))
        .env("VK_ICD_FILENAMES", here.path().join("broken.json"))
        .env("VK_LOADER_DEBUG", "all")
        .output()
        .unwrap();
    assert_eq!((output.status.code(), said(&output.stderr)), (Some(0), String::new()));
}

/// What graphics drivers complain of on a server, without a window system, does not reach the terminal.
#[test]
#[cfg(target_os = "linux")]
fn no_driver_is_heard_where_there_is_no_window_system() {
    for variable in [None, Some("")] {
        let here = tempfile::tempdir().unwrap();
        for words in [
            "devices",
            "devices --json",
            "train --preset tiny --steps 2 --out auto",
            "train --resume auto/checkpoint.safetensors --steps 4",
        ] {
            let mut command = moe_arena(here.path(), &words.split(' ').collect::<Vec<_>>());
            match variable {
                None => command.env_remove("XDG_RUNTIME_DIR"),
                Some(empty) => command.env("XDG_RUNTIME_DIR", empty),
            };
            let output = command.output().unwrap();
            assert_eq!((output.status.code(), said(&output.stderr)), (Some(0), String::new()), "{words}");
        }
    }
}

/// No driver is asked for a run that cannot begin: a broken one would be heard.
#[test]
fn a_resume_that_fails_says_only_its_own_complaint() {
    let here = tempfile::tempdir().unwrap();
    fs::write(here.path().join("broken.json"), "not a driver").unwrap();
    fs::write(here.path().join("notes.txt"), "notes\n").unwrap();
    fs::write(here.path().join("cut.safetensors"), b"\x40\0\0\0\0\0\0\0{\"").unwrap();
    dump(&here.path().join("foreign.safetensors"), &[]);
    let made =
        moe_arena(here.path(), &"train --preset tiny --device cpu --steps 3 --out run".split(' ').collect::<Vec<_>>());
    assert!({ made }.output().unwrap().status.success());
    // It opens, and a file of somebody else's stands in its way.
    fs::write(here.path().join("run/events.jsonl"), "not ours\n").unwrap();
    for file in ["none", "notes.txt", "cut.safetensors", "foreign.safetensors", ".", "run/checkpoint.safetensors"] {
        let words = if file.starts_with("run") { &["--steps", "9", "--device", "cpu"][..] } else { &[] };
        let output = moe_arena(here.path(), &[&["train", "--resume", file], words].concat())
            .env("VK_DRIVER_FILES", here.path().join("broken.json"))
            .env("VK_ICD_FILENAMES", here.path().join("broken.json"))
            .env("VK_LOADER_DEBUG", "all")
            .output()
            .unwrap();
        let text = said(&output.stderr);
        assert_eq!((output.status.code(), said(&output.stdout)), (Some(2), String::new()), "{file}");
        assert!(text.starts_with("moe-arena: ") && text.trim_end().lines().count() == 1, "{file}: {text}");
    }
}

#[test]
fn what_the_plan_means_for_the_learning_rate_is_said() {
    let here = tempfile::tempdir().unwrap();
    let run = |words: &str| {
        let words: Vec<&str> = words.split(' ').collect();
        let output = moe_arena(here.path(), &words).output().unwrap();
        assert!(output.status.success(), "{}", said(&output.stderr));
        said(&output.stdout)
    };
    let rising = run("train --preset tiny --steps 50 --device cpu --out there");
    assert!(rising.contains("ends while the learning rate is still rising"), "{rising}");
    let rests = run("train --resume there/checkpoint.safetensors --steps 110 --device cpu");
    assert!(rests.contains("planned for 50 steps") && !rests.contains("still rising"), "{rests}");
    let neither = run("train --preset tiny --steps 120 --device cpu --out other");
    assert!(!neither.contains("note:"), "{neither}");
}

/// The lines before a complaint do not describe a run that never was.
#[test]
fn a_resume_that_fails_describes_no_other_run() {
    let here = tempfile::tempdir().unwrap();
    dump(&here.path().join("foreign.safetensors"), &[]);
    let words = ["train", "--resume", "foreign.safetensors", "--device", "cpu"];
    let output = moe_arena(here.path(), &words).output().unwrap();
    assert_eq!((output.status.code(), said(&output.stdout)), (Some(2), String::new()));
}

#[test]
fn a_window_system_that_does_not_answer_is_named() {
    let here = tempfile::tempdir().unwrap();
    let output = moe_arena(here.path(), &["--device", "cpu"])
        .env("WAYLAND_DISPLAY", "wayland-9")
        .env("XDG_RUNTIME_DIR", here.path())
        .env("DISPLAY", ":9876")
        .output()
        .unwrap();
    let text = said(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{text}");
    for word in ["the window cannot open", "WAYLAND_DISPLAY is wayland-9", "DISPLAY is :9876", "moe-arena train"] {
        assert!(text.contains(word), "{word}: {text}");
    }
    assert!(!here.path().join("data").exists(), "a start that shows nothing changes nothing");
}
