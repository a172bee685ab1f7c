//! `moe-arena watch --once`: a folder of dumps, a run folder of this program, and what cannot be watched.

use std::fs;
use std::path::Path;
use std::process::Output;

use crate::diagnose::{Entry, floats, small, whole, write};
use crate::program::{complaint, out, run};

/// Puts a dump of these tensors into the folder `dumps`.
fn put(here: &Path, step: u64, entries: &[Entry]) {
    let folder = here.join("dumps");
    fs::create_dir_all(&folder).unwrap();
    write(&folder, entries);
    fs::rename(folder.join("dump.safetensors"), folder.join(format!("step-{step:06}.safetensors"))).unwrap();
}

#[track_caller]
fn told(output: &Output, words: &[&str]) {
    let text = out(output);
    assert_eq!(output.status.code(), Some(0), "{}", complaint(output));
    for word in words {
        assert!(text.lines().any(|line| line.contains(word)), "“{word}” in: {text}");
    }
}

#[test]
fn dumps_of_a_folder_are_told_in_order_and_written_as_a_table() {
    let here = tempfile::tempdir().unwrap();
    for step in [10, 20, 30, 60] {
        put(here.path(), step, &small());
    }
    fs::write(here.path().join("dumps/step-000070.safetensors"), "half").unwrap();
    let before = names(&here.path().join("dumps"));
    let output = run(here.path(), "watch dumps --once --out table");
    let numbers = "effective experts 1.7548 of 2  0 experts without a token  token entropy 0.8113  kappa 0.5000";
    let line = format!("step 10  {numbers}");
    told(&output, &["watching dumps for routing dumps", &line, "4 dumps, the newest of step 60"]);
    told(&output, &["gap: 2 dumps are missing after step 30, where one came every 10 steps"]);
    assert!(complaint(&output).contains("step-000070.safetensors is not whole"), "{}", complaint(&output));
    assert_eq!(names(&here.path().join("dumps")), before, "nothing is written there");
    let table = fs::read_to_string(here.path().join("table/metrics.csv")).unwrap();
    let rows: Vec<Vec<&str>> = table.lines().map(|line| line.split(',').collect()).collect();
    let cell = |row: usize, name: &str| rows[row][rows[0].iter().position(|column| *column == name).unwrap()];
    assert_eq!((rows.len(), cell(1, "step"), cell(4, "step"), cell(1, "run")), (5, "10", "60", "0"));
    assert_eq!((cell(2, "agreement_kappa_l0"), cell(2, "gate_effective_experts_l0")), ("0.5", ""));
    // A second watch leaves the table of the first as it is.
    let output = run(here.path(), "watch dumps --once --out table");
    assert_eq!(output.status.code(), Some(2));
    assert!(complaint(&output).contains("metrics.csv cannot be written"), "{}", complaint(&output));
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn of_several_layers_the_worst_is_named() {
    let here = tempfile::tempdir().unwrap();
    let layers = [
        floats("layer.2.router_logits", &[2, 2], &[1.0, 0.0, 0.0, 1.0]),
        whole("layer.2.topk_index", &[2, 1], &[0, 1]),
        floats("layer.10.router_logits", &[2, 2], &[1.0, 0.0, 1.0, 0.0]),
        whole("layer.10.topk_index", &[2, 1], &[0, 0]),
    ];
    put(here.path(), 5, &layers);
    let output = run(here.path(), "watch dumps --once");
    told(&output, &["layers as alerts count them: 1 is layer.2, 2 is layer.10", "1 dump, the newest of step 5"]);
    told(&output, &["effective experts 1.5000 of 2 (fewest 1 in layer.10)  1 expert without a token"]);
}

#[test]
fn a_run_of_this_program_is_followed_by_its_rows() {
    let here = tempfile::tempdir().unwrap();
    fs::create_dir(here.path().join("run")).unwrap();
    let rows = "step,loss_total,bits_per_byte,val_bits_per_byte,agreement_kappa_l0,agreement_kappa_l1\n\
                1,5.5,7.9,,,\n2,5.25,7.5,7.25,0.5,0.25\n3,5.1";
    fs::write(here.path().join("run/metrics.csv"), rows).unwrap();
    let output = run(here.path(), "watch run --once");
    told(&output, &["step 2  loss 5.2500  7.500 bits/byte  validation 7.250  kappa 0.3750", "the newest step is 2"]);
    let output = run(here.path(), "watch run --once --out table");
    assert_eq!(output.status.code(), Some(2));
    assert!(complaint(&output).contains("leave --out out"), "{}", complaint(&output));
}

#[test]
fn what_cannot_be_watched_is_told() {
    let here = tempfile::tempdir().unwrap();
    fs::write(here.path().join("file"), "x").unwrap();
    for (words, says) in [
        ("watch nowhere --once", "nowhere cannot be watched"),
        ("watch file --once", "file cannot be watched"),
        ("watch . --every 0", "--every is 0; expected at least 1"),
    ] {
        let output = run(here.path(), words);
        assert_eq!((output.status.code(), out(&output).as_str()), (Some(2), ""), "{words}");
        assert!(complaint(&output).contains(says), "{words}: {}", complaint(&output));
    }
    told(&run(here.path(), "watch . --once"), &["nothing was there"]);
}
