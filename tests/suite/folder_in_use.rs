//! A folder in use: it belongs to one process, and a lock is told by whose it is.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::program::{text, typed as moe_arena};

use crate::folder::{TINY, contents, done, started, tells_one_run};

#[test]
fn a_folder_in_use_is_refused_until_its_process_has_ended() {
    let here = tempfile::tempdir().unwrap();
    let endless = "--steps 100000000";
    done(here.path(), &format!("{TINY} --steps 200000000 --stop-at 10 --out same"));
    let resume = format!("train --device cpu --resume same/checkpoint.safetensors {endless}");
    let (mut child, _lines) = started(here.path(), &resume);
    let pid = format!("process {}", child.id());
    // A resume of the same file, a fresh run, one that may overwrite, and the folder under other names.
    for words in [
        resume.clone(),
        format!("{TINY} {endless} --out same"),
        format!("{TINY} {endless} --out same --overwrite"),
        format!("{TINY} {endless} --out {}/ --overwrite", here.path().join("same").display()),
    ] {
        let output = moe_arena(here.path(), &words).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{words}: {}", text(&output));
        for word in ["in use", &pid, "--out", "since"] {
            assert!(text(&output).contains(word), "{words}: “{word}” in {}", text(&output));
        }
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(here.path().join("same/run.lock").exists(), "killed, it could not let go");
    done(here.path(), "train --device cpu --resume same/checkpoint.safetensors --stop-at 20");
    tells_one_run(&here.path().join("same"));
}

#[test]
fn of_two_runs_that_begin_at_once_one_has_the_folder() {
    let here = tempfile::tempdir().unwrap();
    let start = |seed: u64| {
        let words = format!("{TINY} --steps 400 --seed {seed} --out same");
        moe_arena(here.path(), &words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
    };
    let both = [start(1), start(2)].map(|child| child.wait_with_output().unwrap());
    let mut codes = both.each_ref().map(|output| output.status.code().unwrap());
    codes.sort_unstable();
    assert_eq!(codes, [0, 2], "{} {}", text(&both[0]), text(&both[1]));
    tells_one_run(&here.path().join("same"));
}

#[test]
fn leftovers_of_killed_writes_are_cleared_by_the_next_start() {
    let here = tempfile::tempdir().unwrap();
    let run = here.path().join("r");
    done(here.path(), &format!("{TINY} --steps 20 --stop-at 10 --out r"));
    for name in [".moe-arena-a1B2c3.part", ".saving-a1B2c3.safetensors"] {
        fs::write(run.join(name), "").unwrap();
    }
    fs::create_dir(run.join(".saving-d4E5f6.safetensors")).unwrap();
    fs::write(run.join(".saving-mine.safetensors"), "mine").unwrap();
    done(here.path(), "train --device cpu --resume r/checkpoint.safetensors");
    let hidden = |path: &PathBuf| path.file_name().unwrap().to_string_lossy().starts_with('.');
    let left: Vec<_> = contents(&run).into_keys().filter(hidden).collect();
    assert_eq!(left, [run.join(".saving-mine.safetensors")]);
}

#[test]
#[cfg(unix)]
fn a_lock_of_another_machine_and_a_link_to_nothing_are_told() {
    let here = tempfile::tempdir().unwrap();
    done(here.path(), &format!("{TINY} --steps 20 --stop-at 5 --out r"));
    let lock = "# A process of moe-arena writes here. This file goes when it ends.\npid = 1\nhost = \"elsewhere\"\n\
                program = \"moe-arena 0.1.0\"\nsince = \"2026-01-01T00:00:00Z\"\n";
    fs::write(here.path().join("r/run.lock"), lock).unwrap();
    let said = done(here.path(), "train --device cpu --resume r/checkpoint.safetensors --stop-at 6");
    assert!(said.contains("was left by process 1 on elsewhere"), "{said}");
    tells_one_run(&here.path().join("r"));
    let said = done(here.path(), "train --device cpu --resume r/checkpoint.safetensors --stop-at 7");
    assert!(!said.contains("elsewhere"), "{said}");

    std::os::unix::fs::symlink("nowhere", here.path().join("link")).unwrap();
    let output = moe_arena(here.path(), &format!("{TINY} --steps 2 --out link")).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output).contains("a broken link") && text(&output).contains("--out"), "{}", text(&output));
    assert!(here.path().join("link").is_symlink() && !here.path().join("nowhere").exists());
    // A name that is no UTF-8 is a name.
    let name: &std::ffi::OsStr = std::os::unix::ffi::OsStrExt::from_bytes(b"gr\xfc\xdfe");
    let trains = |more: &[&std::ffi::OsStr]| {
        let mut command = moe_arena(here.path(), "train --device cpu");
        let output = command.args(more).output().unwrap();
        assert!(output.status.success(), "{}", text(&output));
    };
    trains(&["--preset".as_ref(), "tiny".as_ref(), "--steps".as_ref(), "2".as_ref(), "--out".as_ref(), name]);
    let file = Path::new(name).join("checkpoint.safetensors");
    trains(&["--resume".as_ref(), file.as_os_str(), "--steps".as_ref(), "4".as_ref()]);
    tells_one_run(&here.path().join(name));
}
