//! The folder of a run through the real program: it tells one run, belongs to one process, and loses no file of the user's.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};

use moe_arena::domain::config::{Config, Preset};

use crate::program::{text, typed as moe_arena};

pub const TINY: &str = "train --preset tiny --device cpu";

/// Runs to a good end and returns what was said.
#[track_caller]
pub fn done(folder: &Path, words: &str) -> String {
    let output = moe_arena(folder, words).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{words}: {}", text(&output));
    text(&output)
}

/// Does not begin, says each of `all`, and changes no file.
#[track_caller]
pub fn refused(folder: &Path, words: &str, all: &[&str]) {
    let before = contents(folder);
    let output = moe_arena(folder, words).output().unwrap();
    let said = text(&output);
    assert_eq!(output.status.code(), Some(2), "{words}: {said}");
    for word in all {
        assert!(said.contains(word), "{words}: “{word}” in: {said}");
    }
    assert!(!said.contains("panicked") && !said.contains("goes on"), "{words}: {said}");
    let after = contents(folder);
    assert!(before.keys().eq(after.keys()), "{words}: {:?} {:?}", before.keys(), after.keys());
    assert!(before == after, "{words}: a file was changed");
}

/// Every file and folder under `folder`, logs left out.
pub fn contents(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            if !path.ends_with("state") && !path.ends_with("data") {
                all.extend(contents(&path));
                all.insert(path, Vec::new());
            }
        } else {
            all.insert(path.clone(), fs::read(&path).unwrap());
        }
    }
    all
}

/// The steps of a metrics file, and its losses.
fn rows(path: &Path) -> (Vec<u64>, Vec<String>) {
    let mut reader = csv::Reader::from_path(path).unwrap();
    let records: Vec<_> = reader.records().map(Result::unwrap).collect();
    (records.iter().map(|r| r[0].parse().unwrap()).collect(), records.iter().map(|r| r[4].to_owned()).collect())
}

/// Step, kind and run of every event.
fn events(path: &Path) -> Vec<(u64, String, String)> {
    let event = |line: &str| {
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        let kind = value["what"].as_object().unwrap().keys().next().unwrap().clone();
        (value["step"].as_u64().unwrap(), kind, value["run"].as_str().unwrap().to_owned())
    };
    fs::read_to_string(path).unwrap().lines().map(event).collect()
}

/// That all files of a folder tell the run of its checkpoint, from its first step to its last.
#[track_caller]
pub fn tells_one_run(folder: &Path) {
    let saved = moe_arena::store::checkpoint::open(&folder.join("checkpoint.safetensors")).unwrap();
    let step = saved.state.progress.step;
    let (steps, losses) = rows(&folder.join("metrics.csv"));
    assert_eq!(steps, (1..=step).collect::<Vec<_>>());
    let key = moe_arena::store::history::SeriesKey::Run(moe_arena::store::history::RunMeasure::LossTask);
    let recent: Vec<String> = saved.history.get(key).unwrap().recent().map(|(_, loss)| loss.to_string()).collect();
    assert!(losses.ends_with(&recent), "the losses are those of the checkpoint");
    let events = events(&folder.join("events.jsonl"));
    assert!(events.iter().all(|(_, _, run)| *run == saved.run.as_str()), "{events:?}");
    assert!(events.is_sorted_by_key(|(step, _, _)| *step) && events.iter().all(|(at, _, _)| *at <= step), "{events:?}");
    assert_eq!(events.iter().filter(|(at, kind, _)| *at == 0 && kind == "started").count(), 1, "{events:?}");
    let config = fs::read_to_string(folder.join("config.toml")).unwrap();
    assert!(config.lines().next().unwrap().contains(saved.run.as_str()), "{config}");
    assert_eq!(Config::from_toml(&config).unwrap(), saved.config);
    assert!(!folder.join("run.lock").exists());
}

#[test]
fn a_folder_of_another_run_is_refused_to_a_resumed_one() {
    let here = tempfile::tempdir().unwrap();
    let at = |name: &str| here.path().join(name);
    done(here.path(), &format!("{TINY} --steps 12 --seed 1 --out one"));
    done(here.path(), &format!("{TINY} --steps 12 --seed 2 --out two"));
    let resume = "train --device cpu --resume one/checkpoint.safetensors --steps 16";
    let says = ["already holds a run", "--overwrite", "--out", "two"];
    for out in ["two", "two/", "./two", "one/../two"] {
        refused(here.path(), &format!("{resume} --out {out}"), &says);
    }
    refused(here.path(), &format!("{resume} --out {}", at("two").display()), &says);
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(at("two"), at("link")).unwrap();
        let output = moe_arena(here.path(), &format!("{resume} --out link")).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{}", text(&output));
        fs::remove_file(at("link")).unwrap();
    }
    // Any part of another run is enough.
    for part in ["metrics.csv", "events.jsonl", "checkpoint.safetensors"] {
        fs::create_dir(at("part")).unwrap();
        fs::copy(at("two").join(part), at("part").join(part)).unwrap();
        refused(here.path(), &format!("{resume} --out part"), &["already holds a run", part]);
        refused(here.path(), &format!("{TINY} --steps 12 --out part"), &["already holds a run", part]);
        fs::remove_dir_all(at("part")).unwrap();
    }
    // On request it is another matter.
    let said = done(here.path(), &format!("{resume} --out two --overwrite"));
    assert!(said.contains("as asked"), "{said}");
    tells_one_run(&at("two"));
    assert_eq!(rows(&at("one/metrics.csv")).0.len(), 12, "the folder it came from is as it was");
    // The very run may go on in its folder and in a copy's.
    done(here.path(), &format!("{resume} --out one"));
    tells_one_run(&at("one"));
}

#[test]
fn a_resumed_run_brings_its_whole_curve_into_another_folder() {
    let here = tempfile::tempdir().unwrap();
    let at = |name: &str| here.path().join(name);
    done(here.path(), &format!("{TINY} --steps 30 --stop-at 10 --out a"));
    let said = done(here.path(), "train --device cpu --resume a/checkpoint.safetensors --out deep/b");
    assert!(said.contains("begins with the rows of"), "{said}");
    tells_one_run(&at("deep/b"));
    // Without the rows, it is said from where on they are.
    fs::create_dir(at("c")).unwrap();
    fs::copy(at("a/checkpoint.safetensors"), at("c/checkpoint.safetensors")).unwrap();
    let said = done(here.path(), "train --device cpu --resume c/checkpoint.safetensors");
    assert!(said.contains("begins at step 11"), "{said}");
    assert_eq!(rows(&at("c/metrics.csv")).0, (11..=30).collect::<Vec<_>>());
    // Rows of another run are not taken for its own.
    done(here.path(), &format!("{TINY} --steps 30 --stop-at 10 --seed 5 --out other"));
    fs::create_dir(at("d")).unwrap();
    fs::copy(at("a/checkpoint.safetensors"), at("d/saved.safetensors")).unwrap();
    fs::copy(at("other/metrics.csv"), at("d/metrics.csv")).unwrap();
    let said = done(here.path(), "train --device cpu --resume d/saved.safetensors --out e");
    assert!(said.contains("cannot be used") && said.contains("another run"), "{said}");
    assert_eq!(rows(&at("e/metrics.csv")).0, (11..=30).collect::<Vec<_>>());
    refused(here.path(), "train --device cpu --resume d/saved.safetensors", &["already holds a run", "metrics.csv"]);
}

#[test]
fn going_back_to_an_earlier_save_cuts_every_file_and_keeps_the_later_save() {
    let here = tempfile::tempdir().unwrap();
    let run = here.path().join("r");
    done(here.path(), &format!("{TINY} --steps 40 --stop-at 10 --out r"));
    fs::copy(run.join("checkpoint.safetensors"), run.join("at10.safetensors")).unwrap();
    done(here.path(), "train --device cpu --resume r/checkpoint.safetensors --lr 0.001");
    let later = fs::read(run.join("checkpoint.safetensors")).unwrap();
    let said = done(here.path(), "train --device cpu --resume r/at10.safetensors --stop-at 20");
    assert!(said.contains("steps 11 to 40") && said.contains("checkpoint-step-40.safetensors"), "{said}");
    tells_one_run(&run);
    let events = events(&run.join("events.jsonl"));
    assert!(events.iter().all(|(_, kind, _)| kind != "knobs"), "what was done after the save is not told: {events:?}");
    assert_eq!(fs::read(run.join("checkpoint-step-40.safetensors")).unwrap(), later);
    // Its rows are gone, so that it goes on elsewhere and says so.
    let other = "train --device cpu --resume r/checkpoint-step-40.safetensors --steps 44";
    refused(here.path(), other, &["already holds a run", "another run", "--out"]);
    let said = done(here.path(), &format!("{other} --out rest"));
    assert!(said.contains("begins at step 41"), "{said}");
}

#[test]
fn overwriting_removes_the_old_run_and_nothing_else() {
    let here = tempfile::tempdir().unwrap();
    let run = here.path().join("r");
    done(here.path(), &format!("{TINY} --steps 20 --stop-at 10 --out r"));
    fs::copy(run.join("checkpoint.safetensors"), run.join("mine.safetensors")).unwrap();
    fs::write(run.join("notes.txt"), "mine").unwrap();
    // A start that fails has removed nothing: text, device, config, checkpoint, knobs.
    fs::write(here.path().join("short.txt"), "short").unwrap();
    fs::write(here.path().join("cut.safetensors"), &fs::read(run.join("mine.safetensors")).unwrap()[..5000]).unwrap();
    for (words, says) in [
        ("train --preset tiny --device cpu --out r --overwrite --text none.txt", "none.txt"),
        ("train --preset tiny --device cpu --out r --overwrite --text short.txt", "short.txt"),
        ("train --preset tiny --device nonesuch --out r --overwrite", "nonesuch"),
        ("train --device cpu --resume cut.safetensors --out r --overwrite", "cut.safetensors"),
        ("train --device cpu --resume r/checkpoint.safetensors --out r --overwrite --steps 15 --top-k 99", "top_k"),
    ] {
        refused(here.path(), words, &[says]);
    }
    done(here.path(), &format!("{TINY} --steps 6 --seed 3 --out r --overwrite"));
    tells_one_run(&run);
    assert_eq!(fs::read_to_string(run.join("notes.txt")).unwrap(), "mine");
    // The run that is gone on with is not removed by its own request.
    done(here.path(), "train --device cpu --resume r/checkpoint.safetensors --out r --overwrite --steps 9");
    tells_one_run(&run);
    // A save of the old run, in the folder of the new one: what is resumed stays.
    done(here.path(), "train --device cpu --resume r/mine.safetensors --out r --overwrite --steps 14");
    let saved = moe_arena::store::checkpoint::peek(&run.join("checkpoint.safetensors")).unwrap();
    assert_eq!((saved.progress.step, saved.config.seed), (14, Preset::Tiny.config().seed));
    assert_eq!(rows(&run.join("metrics.csv")).0, (11..=14).collect::<Vec<_>>());
    assert!(run.join("mine.safetensors").exists());
}

#[test]
fn an_overwritten_run_that_is_killed_before_its_first_save_is_no_mixture() {
    let here = tempfile::tempdir().unwrap();
    done(here.path(), &format!("{TINY} --steps 10 --seed 1 --out m"));
    let (mut child, _lines) = started(here.path(), &format!("{TINY} --steps 100000000 --seed 2 --out m --overwrite"));
    child.kill().unwrap();
    child.wait().unwrap();
    let run = here.path().join("m");
    assert!(
        !run.join("checkpoint.safetensors").exists(),
        "the old run's save does not stand beside the new run's rows"
    );
    let config = Config::from_toml(&fs::read_to_string(run.join("config.toml")).unwrap()).unwrap();
    assert_eq!(config.seed, 2);
    assert_eq!(events(&run.join("events.jsonl")).len(), 1);
    // A save put back by hand is of another run, and that is noticed.
    done(here.path(), &format!("{TINY} --steps 10 --seed 1 --out again"));
    fs::copy(here.path().join("again/checkpoint.safetensors"), run.join("checkpoint.safetensors")).unwrap();
    fs::remove_file(run.join("events.jsonl")).unwrap();
    fs::remove_file(run.join("run.lock")).unwrap();
    let resume = "train --device cpu --resume m/checkpoint.safetensors --steps 20";
    refused(here.path(), resume, &["already holds a run", "metrics.csv"]);
}

#[test]
fn files_of_the_users_own_are_never_replaced() {
    let here = tempfile::tempdir().unwrap();
    let mine = "# my notes on this run\nseed = 4\nsteps = 6\nsequences = 1\n[model]\nlayers = 1\n";
    fs::write(here.path().join("config.toml"), mine).unwrap();
    let said = done(here.path(), "train config.toml --out . --device cpu");
    assert!(said.contains("stays as it is") && said.contains("run-config.toml"), "{said}");
    assert_eq!(fs::read_to_string(here.path().join("config.toml")).unwrap(), mine);
    let config = Config::from_toml(&fs::read_to_string(here.path().join("run-config.toml")).unwrap()).unwrap();
    assert_eq!((config.seed, config.steps), (4, 6));
    done(here.path(), "train --device cpu --resume checkpoint.safetensors --steps 8");
    assert_eq!(fs::read_to_string(here.path().join("config.toml")).unwrap(), mine);
    // Every name the program writes, also when it is asked to write over a run.
    let short = format!("{TINY} --steps 4");
    for name in ["metrics.csv", "events.jsonl", "checkpoint.safetensors", "run.lock"] {
        let other = here.path().join("other");
        fs::create_dir(&other).unwrap();
        fs::write(other.join(name), "a,b\n1,2\n").unwrap();
        for words in ["--out other", "--out other --overwrite"] {
            refused(here.path(), &format!("{short} {words}"), &[name, "--out"]);
        }
        let resume = "train --device cpu --resume checkpoint.safetensors --steps 10 --out other";
        refused(here.path(), resume, &[name, "--out"]);
        fs::remove_file(other.join(name)).unwrap();
        fs::create_dir(other.join(name)).unwrap();
        refused(here.path(), &format!("{short} --out other --overwrite"), &[name]);
        fs::remove_dir_all(&other).unwrap();
    }
    // An edited config of the program's is the user's.
    done(here.path(), &format!("{TINY} --steps 4 --out edited"));
    let path = here.path().join("edited/config.toml");
    let edited = fs::read_to_string(&path).unwrap() + "# better with another seed\n";
    fs::write(&path, &edited).unwrap();
    done(here.path(), &format!("{TINY} --steps 4 --seed 9 --out edited --overwrite"));
    assert_eq!(fs::read_to_string(&path).unwrap(), edited);
}

/// Starts a run and waits for its first line about a step.
pub fn started(folder: &Path, words: &str) -> (Child, impl Iterator<Item = String> + use<>) {
    let mut child = moe_arena(folder, words).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    let first = lines.by_ref().find(|line| line.starts_with("step "));
    assert!(first.is_some(), "{words} never took a step");
    (child, lines)
}

#[test]
fn files_of_a_resume_that_were_changed_are_named_for_what_they_are() {
    let here = tempfile::tempdir().unwrap();
    let metrics = here.path().join("r/metrics.csv");
    done(here.path(), &format!("{TINY} --steps 20 --stop-at 10 --out r"));
    let original = fs::read_to_string(&metrics).unwrap();
    let resume = "train --device cpu --resume r/checkpoint.safetensors";
    let lines: Vec<&str> = original.lines().collect();
    let changed = |line: usize, to: &str| {
        let mut lines = lines.clone();
        lines[line] = to;
        lines.join("\n") + "\n"
    };
    for (text, says) in [
        (original.replace(',', ";"), "spreadsheets"),
        ("a,b\n1,2\n".to_owned(), "other columns"),
        (changed(5, "5,0.1,nonsense"), "line 6"),
        (changed(5, lines[4]), "line 6"),
    ] {
        fs::write(&metrics, text).unwrap();
        refused(here.path(), resume, &[says, "metrics.csv", "--out"]);
    }
    // What a kill leaves is repaired and said: a torn row, rows that are missing.
    fs::write(&metrics, format!("\u{feff}{}", original.replace('\n', "\r\n"))).unwrap();
    done(here.path(), &format!("{resume} --stop-at 12"));
    assert_eq!(rows(&metrics).0, (1..=12).collect::<Vec<_>>(), "a byte-order mark is read over");
    let torn = lines[..8].join("\n") + "\n8,0.2,";
    fs::write(&metrics, torn).unwrap();
    let said = done(here.path(), &format!("{resume} --stop-at 14"));
    assert!(said.contains("the rows of steps 8 to 12 are missing"), "{said}");
    assert_eq!(rows(&metrics).0, [1, 2, 3, 4, 5, 6, 7, 13, 14]);
    fs::remove_file(&metrics).unwrap();
    let said = done(here.path(), &format!("{resume} --stop-at 16"));
    assert!(said.contains("begins at step 15"), "{said}");
}

#[test]
fn a_start_that_cannot_write_ends_before_it_begins() {
    let here = tempfile::tempdir().unwrap();
    done(here.path(), &format!("{TINY} --steps 20 --stop-at 10 --out r"));
    fs::write(here.path().join("file"), "mine").unwrap();
    refused(here.path(), &format!("{TINY} --out file"), &["is a file", "--out"]);
    refused(here.path(), &format!("{TINY} --out file/under"), &["file/under", "--out"]);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let folder = here.path().join("r");
        let allow = |mode| fs::set_permissions(&folder, fs::Permissions::from_mode(mode)).unwrap();
        allow(0o555);
        // Root may write everywhere.
        if fs::write(folder.join("probe"), "").is_err() {
            refused(
                here.path(),
                "train --device cpu --resume r/checkpoint.safetensors",
                &["--out", "nothing can be written"],
            );
        } else {
            fs::remove_file(folder.join("probe")).unwrap();
        }
        allow(0o755);
    }
    // A start that fails leaves no folder behind, whatever it made on the way.
    refused(here.path(), &format!("{TINY} --text none.txt --out deep/new"), &["none.txt"]);
    refused(here.path(), &format!("{TINY} --text none.txt"), &["none.txt"]);
    assert!(!here.path().join("deep").exists());
    // Nothing to do: nothing is written.
    done(here.path(), "train --device cpu --resume r/checkpoint.safetensors");
    let before = contents(&here.path().join("r"));
    let said = done(here.path(), "train --device cpu --resume r/checkpoint.safetensors");
    assert!(said.contains("nothing to do") && before == contents(&here.path().join("r")), "{said}");
}
