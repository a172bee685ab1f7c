//! `moe-arena inspect PATH --text …`: a text through the shipped checkpoints: its JSON and table, its dump as `diagnose` reads it, its
//! competition as CSV, what is refused.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use serde_json::{Value, json};

use crate::program::{self, complaint, out};

fn public(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/public").join(name)
}

/// The ids of the shipped expectations.
fn ids() -> String {
    let ids: Vec<String> = (0..64).map(|i| (5 + (31 * i * i + 7 * i + 3) % 251).to_string()).collect();
    ids.join(",")
}

#[track_caller]
fn json_of(output: &Output) -> Value {
    assert_eq!(output.status.code(), Some(0), "{}", complaint(output));
    serde_json::from_str(&out(output)).unwrap()
}

#[test]
fn a_text_of_ids_is_routed_as_the_family_routes_it_and_its_dump_can_be_diagnosed() {
    let here = tempfile::tempdir().unwrap();
    for (name, layers, k) in [("mixtral", 2, 2), ("deepseek_v3_fp8", 2, 2), ("llama4_text", 2, 1)] {
        let path = public(name);
        let words = format!(
            "inspect {} --json --ids {} --dump dump.safetensors --csv layers.csv --overwrite",
            path.display(),
            ids()
        );
        let output = program::run(here.path(), &words);
        let report = json_of(&output);
        assert!(complaint(&output).contains("times the arithmetic"), "{}", complaint(&output));
        let routing = &report["routing"];
        assert_eq!(routing["layers"].as_array().unwrap().len(), layers, "{name}");
        assert!(report["layers"][0]["health"].is_null() && report["family"].is_string());
        let expected: Value = serde_json::from_str(&fs::read_to_string(path.join("expected.json")).unwrap()).unwrap();
        for (layer, wanted) in
            routing["layers"].as_array().unwrap().iter().zip(expected["moe_layers"].as_array().unwrap())
        {
            assert_eq!((&layer["key"], &layer["load"]), (&wanted["key"], &wanted["load"]), "{name}");
            assert_eq!(layer["picks"][63].as_array().unwrap().len(), k);
            assert!(layer["competition"]["norm"]["kappa"].is_number(), "{name}");
        }
        assert_eq!(routing["tokens"][1], json!({"id": 46, "text": null, "span": null}));
        // What the report says of a layer is what is measured of the dump.
        let layer = &routing["layers"][1];
        let key = layer["key"].as_str().unwrap();
        let words = format!("diagnose dump.safetensors --layer {key} --json");
        let measured = json_of(&program::run(here.path(), &words));
        let near = |a: &Value, b: &Value| assert!((a.as_f64().unwrap() - b.as_f64().unwrap()).abs() < 1e-9, "{a} {b}");
        near(&measured["agreement"]["recall_at_k"], &layer["competition"]["softplus"]["recall_at_k"]);
        near(&measured["agreement"]["spearman"], &layer["competition"]["softplus"]["spearman"]);
        near(&measured["load"]["cv"], &layer["load_cv"]);
        let csv = fs::read_to_string(here.path().join("layers.csv")).unwrap();
        assert_eq!(csv.lines().count(), 1 + layers);
        assert!(csv.lines().nth(2).unwrap().starts_with(&format!("{key},8,{k},")), "{csv}");
    }
    // What stands there is written over by nobody who does not say so.
    for (option, file) in [("--dump", "dump.safetensors"), ("--csv", "layers.csv")] {
        let before = fs::read(here.path().join(file)).unwrap();
        let words = format!("inspect {} --ids 5,6 {option} {file}", public("mixtral").display());
        let output = program::run(here.path(), &words);
        assert_eq!(output.status.code(), Some(2));
        assert!(complaint(&output).contains(file) && complaint(&output).contains("--overwrite"), "{output:?}");
        assert!(fs::read(here.path().join(file)).unwrap() == before, "{file}");
    }
}

#[test]
fn a_typed_text_goes_through_the_tokenizer_beside_the_model() {
    let here = tempfile::tempdir().unwrap();
    let folder = here.path().join("model");
    fs::create_dir(&folder).unwrap();
    for file in ["config.json", "model.safetensors"] {
        fs::copy(public("olmoe").join(file), folder.join(file)).unwrap();
    }
    let refused = program::command(here.path(), &["inspect", "model", "--text", "ab b"]).output().unwrap();
    assert_eq!(refused.status.code(), Some(2));
    assert!(complaint(&refused).contains("tokenizer.json") && complaint(&refused).contains("--ids"));

    let tokenizer = json!({"version": "1.0", "truncation": null, "padding": null, "normalizer": null, "decoder": null,
        "post_processor": null, "added_tokens": [],
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": false, "use_regex": true},
        "model": {"type": "BPE", "vocab": {"a": 10, "b": 11, "Ġ": 12, "ab": 13, "Ġb": 14}, "merges": [["a", "b"], ["Ġ", "b"]]}});
    fs::write(folder.join("tokenizer.json"), tokenizer.to_string()).unwrap();
    let typed = program::command(here.path(), &["inspect", "model", "--json", "--text", "ab b"]).output().unwrap();
    let typed = json_of(&typed);
    assert_eq!(typed["routing"]["tokens"][1], json!({"id": 14, "text": " b", "span": [2, 4]}));
    fs::write(here.path().join("text.txt"), "ab b").unwrap();
    let filed = json_of(&program::run(here.path(), "inspect model --json --text-file text.txt"));
    let given = json_of(&program::run(here.path(), "inspect model --json --ids 13,14"));
    assert_eq!(filed["routing"], typed["routing"]);
    assert_eq!(given["routing"]["layers"], typed["routing"]["layers"]);
    assert_eq!(given["routing"]["tokens"][1]["text"], "Ġb");

    let table = out(&program::run(here.path(), "inspect model --ids 13,14 --compete"));
    for word in ["layer.1", "kappa", "captured", "softplus", "norm", "“Ġb”", "busiest"] {
        assert!(table.contains(word), "“{word}” in: {table}");
    }
}

#[test]
fn what_cannot_be_routed_is_told() {
    let here = tempfile::tempdir().unwrap();
    let told = |name: &str, options: &str, code: i32, words: &[&str]| {
        let output = program::run(here.path(), &format!("inspect {} {options}", public(name).display()));
        assert_eq!(output.status.code(), Some(code), "{}", complaint(&output));
        assert!(words.iter().all(|word| complaint(&output).contains(word)), "{}", complaint(&output));
        assert_eq!(out(&output), "");
    };
    told("jetmoe", "--ids 5,6", 2, &["jetmoe", "its attention is a mixture of experts itself"]);
    told("switch_transformers", "--ids 5,6", 2, &["encoder"]);
    told("qwen3_next", "--ids 5", 2, &["linear attention"]);
    told("mixtral", "--ids 5,256", 2, &["256", "0 to 255"]);
    told("mixtral", "--text-file none.txt", 2, &["none.txt"]);
    told("mixtral", "--ids 5 --dump no/where.safetensors", 1, &["where.safetensors"]);
    told("mixtral", "--ids 5 --csv no/where.csv", 1, &["where.csv"]);
    told("mixtral", "--compete", 2, &["--ids"]);
    told("mixtral", "--ids 5 --text x", 2, &["--text"]);
    told("mixtral", "--ids five", 2, &["five"]);
    assert_eq!(fs::read_dir(here.path()).unwrap().filter(|entry| entry.as_ref().unwrap().path().is_file()).count(), 0);
}
