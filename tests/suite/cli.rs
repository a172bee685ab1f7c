//! The program as a stranger types it: exit codes, what stands where, files.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use moe_arena::domain::config::{Config, Form, Policy, Preset};

use crate::program::{complaint, out, run as moe_arena};

/// Ends with `code`, says each of `words` on standard error, and never shows a panic.
#[track_caller]
pub fn refused(output: &Output, code: i32, words: &[&str]) {
    let text = complaint(output);
    assert_eq!(output.status.code(), Some(code), "{text}");
    assert!(!text.contains("panicked"), "{text}");
    for word in words {
        assert!(text.contains(word), "“{word}” in: {text}");
    }
}

/// The rows of a metrics file, without the two time columns.
fn rows(path: &Path) -> Vec<Vec<String>> {
    let mut reader = csv::Reader::from_path(path).unwrap();
    let header = reader.headers().unwrap().clone();
    let timeless = |name: &str| name != "seconds" && name != "tokens_per_sec";
    let row = |record: csv::StringRecord| {
        header.iter().zip(&record).filter(|(name, _)| timeless(name)).map(|(_, cell)| cell.to_owned()).collect()
    };
    reader.records().map(|record| row(record.unwrap())).collect()
}

#[test]
fn a_bad_config_ends_2_with_all_complaints() {
    let here = tempfile::tempdir().unwrap();
    let text =
        "seed = 4\n[model]\nheads = 3\nexperts = 300\n[knobs]\nlearning_rate = -1.0\n[cadence]\nprobe_every = 0\n";
    fs::write(here.path().join("bad.toml"), text).unwrap();
    let all = ["model.width", "model.experts is 300", "knobs.learning_rate is -1", "cadence.probe_every is 0"];
    refused(&moe_arena(here.path(), "train bad.toml"), 2, &all);
    refused(&moe_arena(here.path(), "bad.toml"), 2, &all);
    fs::write(here.path().join("typo.toml"), "[model]\nexpertz = 4\n").unwrap();
    refused(&moe_arena(here.path(), "train typo.toml"), 2, &["expertz", "experts", "line 2"]);
    refused(&moe_arena(here.path(), "train none.toml"), 2, &["none.toml"]);
    assert!(!here.path().join("runs").exists(), "nothing is made for a run that cannot begin");
}

#[test]
fn files_that_do_not_open_end_2() {
    let here = tempfile::tempdir().unwrap();
    fs::write(here.path().join("cut.safetensors"), b"\x40\0\0\0\0\0\0\0{\"").unwrap();
    let cut = moe_arena(here.path(), "train --resume cut.safetensors --device cpu");
    refused(&cut, 2, &["cut.safetensors", "cut short", "expected 72"]);
    refused(&moe_arena(here.path(), "train --resume none.safetensors"), 2, &["none.safetensors"]);
    let text = moe_arena(here.path(), "train --preset tiny --device cpu --text none.txt");
    refused(&text, 2, &["there is no file", "none.txt"]);
    fs::write(here.path().join("c.toml"), "seed = 3\nsteps = 4\n").unwrap();
    refused(&moe_arena(here.path(), "train --resume c.toml"), 2, &["the config of a run", "moe-arena train", "c.toml"]);
    let utf16: Vec<u8> = "\u{feff}seed = 3\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    fs::write(here.path().join("wide.toml"), utf16).unwrap();
    fs::write(here.path().join("latin.toml"), b"# Gr\xfc\xdfe\nseed = 3\n").unwrap();
    for way in ["train ", ""] {
        refused(&moe_arena(here.path(), &format!("{way}wide.toml")), 2, &["wide.toml is text in UTF-16", "UTF-8"]);
        refused(&moe_arena(here.path(), &format!("{way}latin.toml")), 2, &["Latin-1", "line 1"]);
    }
    let made = moe_arena(here.path(), "train --preset tiny --device cpu --steps 1 --out made");
    assert!(made.status.success(), "{}", complaint(&made));
    refused(
        &moe_arena(here.path(), "train made/checkpoint.safetensors"),
        2,
        &["is a checkpoint, not a config", "--resume made/checkpoint.safetensors"],
    );
    refused(&moe_arena(here.path(), "none.safetensors"), 2, &["there is no file none.safetensors"]);
    refused(&moe_arena(here.path(), "train --preset tiny --device nonesuch"), 2, &["nonesuch", "CPU"]);
}

/// What was given instead of a config, a checkpoint or a dump is said, and what can be done with it; by every command that takes
/// one.
#[test]
fn a_file_of_another_kind_is_named_with_the_way_on() {
    let here = tempfile::tempdir().unwrap();
    let at = |name: &str| here.path().join(name);
    let prose = "Call me Ishmael. Some years ago, never mind how long precisely.\n".repeat(90);
    for (name, contents) in [
        ("notes.txt", prose.as_bytes()),
        ("notes.toml", prose.as_bytes()),
        ("table.csv", b"step,loss\n1,2.5\n"),
        ("data.json", b"{\"a\": 1}\n"),
        ("data.yaml", b"a: 1\n"),
        ("photo.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"),
        ("empty.toml", b""),
        ("empty.txt", b"\n"),
        ("noise.bin", b"\x01\x02\0\x03\xfe\0\0\x07\x08"),
    ] {
        fs::write(at(name), contents).unwrap();
    }
    fs::create_dir(at("folder")).unwrap();
    let made = moe_arena(here.path(), "train --preset tiny --device cpu --steps 1 --out run");
    assert!(made.status.success(), "{}", complaint(&made));
    let before = fs::read_dir(here.path()).unwrap().count();
    let as_a_text = "moe-arena train --text";
    let goes_on = "moe-arena train --resume run/checkpoint.safetensors";
    for (name, given, way) in [
        ("notes.txt", "a text", as_a_text),
        ("notes.toml", "a text", as_a_text),
        ("table.csv", "a text", as_a_text),
        ("data.json", "a text", as_a_text),
        ("data.yaml", "a text", as_a_text),
        ("run/metrics.csv", "a text", as_a_text),
        ("run/events.jsonl", "a text", as_a_text),
        ("photo.png", "a picture", "expected"),
        ("empty.toml", "an empty file", "expected"),
        ("empty.txt", "an empty file", "expected"),
        ("noise.bin", "a binary file", "expected"),
        ("folder", "a folder", "expected"),
        ("run", "a folder", goes_on),
        ("/dev/null", "a device", "expected"),
        ("none.toml", "there is no", "none.toml"),
    ] {
        if name.starts_with("/dev") && cfg!(not(unix)) {
            continue;
        }
        for door in ["train --device cpu", ""] {
            // The window shows the folder of a run as it trains.
            if (name, door) == ("run", "") {
                continue;
            }
            let output = moe_arena(here.path(), &format!("{door} {name}"));
            refused(&output, 2, &[name, given, way]);
            assert!(!complaint(&output).contains("TOML parse error"), "{door} {name}: {}", complaint(&output));
        }
        for door in ["diagnose", "train --device cpu --resume"] {
            let given = if name.starts_with("empty") && door == "diagnose" { "empty" } else { given };
            let given = if name == "noise.bin" && door == "diagnose" { "another kind of file" } else { given };
            refused(&moe_arena(here.path(), &format!("{door} {name}")), 2, &[name, given]);
        }
    }
    refused(&moe_arena(here.path(), "train --resume run"), 2, &["run/checkpoint.safetensors"]);
    refused(
        &moe_arena(here.path(), "diagnose run/checkpoint.safetensors"),
        2,
        &["the checkpoint of a run", "router.logits"],
    );
    assert_eq!(fs::read_dir(here.path()).unwrap().count(), before, "nothing is made for a run that cannot begin");
    // A config by any name is one, for the window as well: it comes as far as the display.
    fs::write(at("good.conf"), "seed = 3\nsteps = 1\n[model]\nlayers = 1\n").unwrap();
    let trained = moe_arena(here.path(), "train good.conf --device cpu --out conf");
    assert!(trained.status.success(), "{}", complaint(&trained));
    #[cfg(all(unix, not(target_os = "macos")))]
    refused(&moe_arena(here.path(), "good.conf"), 1, &["the window cannot open"]);
}

#[test]
fn paths_are_shown_as_a_person_would_write_them() {
    let here = tempfile::tempdir().unwrap();
    for out in [".", "./a/.", "b/", "./c//d/"] {
        let words = format!("train --preset tiny --device cpu --steps 1 --out {out}");
        let output = moe_arena(here.path(), &words);
        let said = super::program::out(&output);
        let folder = std::fs::canonicalize(here.path().join(out)).unwrap();
        assert!(said.contains(&format!("done: 1 steps, in {}\n", folder.display())), "{out}: {said}");
        assert!(!said.contains("/./") && !said.contains("//"), "{out}: {said}");
        refused(&moe_arena(here.path(), &words), 2, &[&format!("--resume {}/checkpoint", folder.display())]);
    }
    let output = Command::new(env!("CARGO_BIN_EXE_moe-arena"))
        .args(["train", "--preset", "tiny", "--device", "cpu", "--steps", "1", "--out=~/mine"])
        .current_dir(here.path())
        .env("HOME", here.path().join("b"))
        .output()
        .unwrap();
    assert!(output.status.success() && here.path().join("b/mine/checkpoint.safetensors").exists());
    assert!(!here.path().join("~").exists());
}

#[test]
fn more_threads_than_can_be_started_are_refused_wherever_they_are_asked_for() {
    let here = tempfile::tempdir().unwrap();
    for command in ["bench", "train --preset tiny"] {
        let words = format!("{command} --threads 30000");
        refused(&moe_arena(here.path(), &words), 2, &["--threads is 30000", "at most 1024"]);
    }
    for words in [&["train", "--preset", "tiny"][..], &["bench"], &[]] {
        let output = Command::new(env!("CARGO_BIN_EXE_moe-arena"))
            .args(words)
            .current_dir(here.path())
            .env("RAYON_NUM_THREADS", "30000")
            .output()
            .unwrap();
        refused(&output, 2, &["RAYON_NUM_THREADS is 30000", "at most 1024"]);
    }
}

#[test]
fn numbers_that_are_none_are_refused_with_what_may_stand_there() {
    let here = tempfile::tempdir().unwrap();
    for (words, says) in [
        ("train --seed -1", "expected a whole number from 0 to 18446744073709551615"),
        ("train --steps 1.5", "expected a whole number"),
        ("train --top-k abc", "expected a whole number"),
        ("bench --repeats -1", "expected a whole number"),
        ("bench --threads 1e3", "expected a whole number"),
        ("diagnose x --top-k -2", "expected a whole number"),
        ("train --lr abc", "expected a number such as 0.05 or 1e-3"),
        ("train --rate 0,05", "a decimal point"),
        ("train --theta 0x10", "expected a number"),
    ] {
        refused(&moe_arena(here.path(), words), 2, &[says]);
    }
}

#[test]
fn devices_end_0_and_mark_what_auto_takes() {
    let here = tempfile::tempdir().unwrap();
    let output = moe_arena(here.path(), "devices");
    assert!(output.status.success(), "{}", complaint(&output));
    assert_eq!(out(&output).matches("chosen by auto").count(), 1, "{}", out(&output));
    let output = moe_arena(here.path(), "devices --json");
    let devices: Vec<serde_json::Value> = serde_json::from_str(&out(&output)).unwrap();
    let chosen: Vec<_> = devices.iter().filter(|device| device["chosen"] == true).collect();
    assert_eq!(chosen.len(), 1, "{devices:#?}");
    assert_ne!(chosen[0]["kind"], "software", "auto never takes a software driver");
    assert!(devices.iter().any(|device| device["name"] == "CPU"));
}

#[test]
#[cfg(all(unix, not(target_os = "macos")))]
fn without_a_display_the_window_names_the_way_on() {
    let here = tempfile::tempdir().unwrap();
    refused(&moe_arena(here.path(), "--device cpu"), 1, &["the window cannot open", "moe-arena train"]);
}

#[test]
fn train_ends_0_and_writes_its_files() {
    let here = tempfile::tempdir().unwrap();
    let output = moe_arena(here.path(), "train --preset tiny --steps 5 --device cpu --seed 7 --top-k 1 --out there");
    assert!(output.status.success(), "{}", complaint(&output));
    let said = out(&output);
    assert!(said.contains("step 5/5") && said.contains("bits/byte") && said.contains("tokens/s"), "{said}");
    let file = |name: &str| here.path().join("there").join(name);
    let config = Config::from_toml(&fs::read_to_string(file("config.toml")).unwrap()).unwrap();
    let mut asked = Config { seed: 7, steps: 5, ..Preset::Tiny.config() };
    asked.knobs.top_k = 1;
    assert_eq!(config, asked);
    let header = fs::read_to_string(file("metrics.csv")).unwrap().lines().next().unwrap().to_owned();
    let columns: Vec<_> = header.split(',').collect();
    for asked in [
        "step",
        "seconds",
        "tokens",
        "loss_total",
        "loss_task",
        "loss_router",
        "loss_balance",
        "loss_diversity",
        "bits_per_byte",
        "val_bits_per_byte",
        "lr",
        "tokens_per_sec",
        "competed_layers",
        "agreement_top1_l0",
        "agreement_kappa_l1",
        "load_cv_l0",
        "dead_experts_l1",
    ] {
        assert!(columns.contains(&asked), "{asked} in {header}");
    }
    assert_eq!(rows(&file("metrics.csv")).len(), 5);
    let events = fs::read_to_string(file("events.jsonl")).unwrap();
    assert!(events.lines().all(|line| serde_json::from_str::<serde_json::Value>(line).is_ok()), "{events}");
    let saved = moe_arena::store::checkpoint::open(&file("checkpoint.safetensors")).unwrap();
    assert_eq!((saved.state.progress.step, saved.config), (5, asked));
    // A second run there would write over the first.
    let again = moe_arena(here.path(), "train --preset tiny --steps 5 --device cpu --out there");
    refused(&again, 2, &["already holds a run", "--resume", "--overwrite"]);
}

#[test]
fn a_step_that_a_knob_makes_not_finite_ends_with_a_save_and_names_that_knob() {
    for (flag, field) in [("--theta", "knobs.theta"), ("--z-weight", "knobs.z_weight")] {
        let here = tempfile::tempdir().unwrap();
        let begun = moe_arena(here.path(), "train --preset tiny --device cpu --steps 4 --rate 0.5 --out out");
        assert!(begun.status.success(), "{}", complaint(&begun));
        let words = format!("train --device cpu --steps 60 --resume out/checkpoint.safetensors {flag} 1e29");
        let stopped = moe_arena(here.path(), &words);
        refused(&stopped, 1, &[&format!("a smaller {flag}."), &format!("{field} 1e29")]);
        assert!(!complaint(&stopped).contains("--lr"), "{}", complaint(&stopped));
        // What it says is what helps: from the save it stopped with, under its knobs but for this one.
        let on = format!("train --device cpu --steps 12 --resume out/checkpoint.safetensors {flag} 0.1");
        let on = moe_arena(here.path(), &on);
        assert!(on.status.success(), "{}", complaint(&on));
    }
}

#[test]
fn a_resumed_run_is_the_same_run() {
    let here = tempfile::tempdir().unwrap();
    let train = |words: &str| {
        let output = moe_arena(here.path(), &format!("train --device cpu {words}"));
        assert!(output.status.success(), "{words}: {}", complaint(&output));
    };
    // Competition often enough that both halves have some; a decay that ends within the run.
    let run = "--preset tiny --rate 0.5 --steps 40";
    train(&format!("{run} --out whole"));
    train(&format!("{run} --stop-at 20 --out half"));
    let file = |folder: &str, name: &str| here.path().join(folder).join(name);
    assert_eq!(rows(&file("half", "metrics.csv")), rows(&file("whole", "metrics.csv"))[..20]);
    train("--resume half/checkpoint.safetensors --out rest");
    train("--resume half/checkpoint.safetensors");
    let whole = rows(&file("whole", "metrics.csv"));
    assert_eq!(rows(&file("rest", "metrics.csv")), whole, "a new folder has them all, too");
    assert_eq!(rows(&file("half", "metrics.csv")), whole, "the folder of the file has them all");
    let open = |folder| moe_arena::store::checkpoint::open(&file(folder, "checkpoint.safetensors")).unwrap();
    assert_eq!(open("rest").state, open("whole").state, "weights and moments, bit for bit");
    let done = moe_arena(here.path(), "train --device cpu --resume half/checkpoint.safetensors");
    assert!(done.status.success() && out(&done).contains("nothing to do"), "{}", out(&done));
}

#[test]
fn a_policy_is_chosen_by_name_and_help_says_what_each_is() {
    let here = tempfile::tempdir().unwrap();
    let help = out(&moe_arena(here.path(), "train --help"));
    for policy in Policy::ALL {
        assert!(help.contains(policy.name()) && help.contains(policy.label()), "{}: {help}", policy.name());
    }
    let words = "train --preset tiny --device cpu --steps 6 --policy x-moe --form vision --out run";
    let output = moe_arena(here.path(), words);
    assert!(output.status.success(), "{}", complaint(&output));
    assert!(out(&output).contains("policy: X-MoE (v2 vision)"), "{}", out(&output));
    let config = Config::from_toml(&fs::read_to_string(here.path().join("run/config.toml")).unwrap()).unwrap();
    assert_eq!((config.knobs.policy, config.knobs.form), (Policy::XMoe, Form::Vision));

    let resume = "train --device cpu --resume run/checkpoint.safetensors --steps 9";
    let switched = moe_arena(here.path(), &format!("{resume} --policy perturbed-cosine"));
    assert!(switched.status.success(), "{}", complaint(&switched));
    let events = fs::read_to_string(here.path().join("run/events.jsonl")).unwrap();
    assert!(events.contains("policy X-MoE → Perturbed cosine"), "{events}");
    let lacking =
        moe_arena(here.path(), "train --device cpu --resume run/checkpoint.safetensors --steps 12 --policy smoe");
    refused(&lacking, 2, &["SMoE (v2 vision) needs router.weight", "start again"]);
    refused(&moe_arena(here.path(), "train --policy smoes"), 2, &["smoes", "smoe-raw"]);
}

#[test]
fn the_number_of_threads_changes_no_number() {
    let here = tempfile::tempdir().unwrap();
    let trained = |threads: &str, asked: &str| {
        let out = format!("{threads}{}", asked.replace(' ', "-"));
        let words = format!("train --preset small --device cpu --steps 4 --rate 0.5 --out {out} {asked}");
        let made = Command::new(env!("CARGO_BIN_EXE_moe-arena"))
            .args(words.split_whitespace())
            .current_dir(here.path())
            .env("RAYON_NUM_THREADS", threads)
            .output()
            .unwrap();
        assert_eq!(made.status.code(), Some(0), "{}", complaint(&made));
        rows(&here.path().join(out).join("metrics.csv"))
    };
    let alone = trained("1", "");
    assert_eq!(alone.len(), 4);
    assert_eq!(alone, trained("3", ""));
    // The option counts more than the variable.
    assert_eq!(alone, trained("2", "--threads 16"));
}
