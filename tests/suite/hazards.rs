//! A kill in the middle of a save, a full disk, an explosion, through the real program: the save before stays the way back.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::folder::{TINY, done, started, tells_one_run};
use crate::program::{text, typed as moe_arena};

/// Killed in the middle of writing a large save: the next start clears what that left, and the run goes on from the save before.
#[test]
fn a_save_that_was_killed_leaves_nothing_behind_after_the_next_start() {
    let here = tempfile::tempdir().unwrap();
    let run = here.path().join("r");
    let config =
        "steps = 100000000\n[model]\nwidth = 256\nexpert_width = 512\nlayers = 2\n[cadence]\nautosave_every = 1\n";
    fs::write(here.path().join("large.toml"), config).unwrap();
    let part = || {
        let names = fs::read_dir(&run).into_iter().flatten().flatten().map(|entry| entry.file_name());
        names.into_iter().any(|name| name.to_string_lossy().ends_with(".part"))
    };
    let mut words = "train large.toml --device cpu --out r".to_owned();
    // The file may be whole and in its place by the time the signal arrives.
    let killed = (0..50).any(|_| {
        let (mut child, _lines) = started(here.path(), &words);
        let since = Instant::now();
        while !(part() && run.join("checkpoint.safetensors").exists()) {
            assert!(since.elapsed() < Duration::from_secs(300) && child.try_wait().unwrap().is_none());
            std::thread::yield_now();
        }
        child.kill().unwrap();
        child.wait().unwrap();
        words = "train --device cpu --resume r/checkpoint.safetensors".into();
        part()
    });
    assert!(killed, "never in the middle");
    let step = moe_arena::store::checkpoint::peek(&run.join("checkpoint.safetensors")).unwrap().progress.step;
    done(here.path(), &format!("{words} --stop-at {}", step + 1));
    assert!(!part());
    tells_one_run(&run);
}

/// A limit on the size of files is as good as a full disk, and needs no other rights.
#[test]
#[cfg(target_os = "linux")]
fn a_run_without_room_for_its_save_says_so_keeps_the_older_one_and_waits() {
    let here = tempfile::tempdir().unwrap();
    let run = here.path().join("r");
    done(here.path(), &format!("{TINY} --steps 900 --stop-at 10 --out r"));
    let older = fs::read(run.join("checkpoint.safetensors")).unwrap();
    let words = "train --device cpu --resume r/checkpoint.safetensors --stop-at 20";
    let script = format!("ulimit -f {}; exec \"$0\" {words}", older.len() / 1024 / 2);
    let mut child = Command::new("bash")
        .args(["-c", &script, env!("CARGO_BIN_EXE_moe-arena")])
        .current_dir(here.path())
        .env("XDG_STATE_HOME", here.path().join("state"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut complaints = BufReader::new(child.stderr.take().unwrap()).lines().map(Result::unwrap);
    let told = complaints.find(|line| line.contains("No room")).expect("the full disk is told");
    assert!(told.contains("bytes are needed in") && told.contains("tries again"), "{told}");
    assert_eq!(child.try_wait().unwrap(), None, "it waits for room");
    let stopped = Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap();
    assert!(stopped.success());
    assert!(complaints.any(|line| line.contains("Stopped while the disk")), "what was not saved is said");
    assert_eq!(child.wait().unwrap().code(), Some(1));
    assert!(fs::read(run.join("checkpoint.safetensors")).unwrap() == older, "the older save stays whole");
    // With room, it goes on from there.
    done(here.path(), words);
    tells_one_run(&run);
}

#[test]
fn a_run_that_explodes_leaves_the_save_it_names_as_the_way_back() {
    let here = tempfile::tempdir().unwrap();
    let file = here.path().join("r/checkpoint.safetensors");
    done(here.path(), &format!("{TINY} --steps 60 --stop-at 50 --out r"));
    let good = fs::read(&file).unwrap();
    for rate in ["1e30", "1e20", "1e10"] {
        let words = format!("train --device cpu --resume r/checkpoint.safetensors --lr {rate}");
        let output = moe_arena(here.path(), &words).output().unwrap();
        let said = text(&output);
        // A loss may explode and stay finite; then the good save is kept beside the other.
        if output.status.success() {
            let kept = here.path().join("r/checkpoint-last-good.safetensors");
            assert!(fs::read(&kept).unwrap() == good && said.contains("checkpoint-last-good"), "{rate}: {said}");
            fs::rename(kept, &file).unwrap();
        } else {
            assert_eq!(output.status.code(), Some(1), "{rate}: {said}");
            assert!(
                said.contains("is not finite") && said.contains("Go back to step 50 with --resume"),
                "{rate}: {said}"
            );
            let way = said.split("--resume ").nth(1).unwrap().split_whitespace().next().unwrap();
            assert_eq!(Path::new(way.trim_end_matches('.')), fs::canonicalize(&file).unwrap(), "{said}");
        }
        assert!(fs::read(&file).unwrap() == good, "{rate}: the way back is as it was");
    }
    fs::remove_file(here.path().join("r/checkpoint-step-51.safetensors")).ok();
    done(here.path(), "train --device cpu --resume r/checkpoint.safetensors");
    assert_eq!(moe_arena::store::checkpoint::peek(&file).unwrap().progress.step, 60);
}
