//! `moe-arena inspect` on files that are too large for memory, not whole, or none: what it needs, and what it says.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
#[cfg(target_os = "linux")]
use std::process::Output;

use serde_json::{Map, Value, json};

use crate::program::{self, complaint, out};

/// A model of 58 layers × 256 experts in 44,606 tensors: names, types, shapes and places are there, the numbers are a hole in the file.
fn sparse(path: &Path) -> u64 {
    let (mut header, mut at) = (Map::new(), 0u64);
    let mut add = |name: String, shape: [u64; 2]| {
        let end = at + 2 * shape[0] * shape[1];
        header.insert(name, json!({"dtype": "BF16", "shape": shape, "data_offsets": [at, end]}));
        at = end;
    };
    for layer in 0..58 {
        let block = format!("model.layers.{layer}.mlp");
        add(format!("{block}.gate.weight"), [256, 16]);
        for expert in 0..256 {
            add(format!("{block}.experts.{expert}.gate_proj.weight"), [28_000, 16]);
            add(format!("{block}.experts.{expert}.up_proj.weight"), [28_000, 16]);
            add(format!("{block}.experts.{expert}.down_proj.weight"), [16, 28_000]);
        }
    }
    let header = Value::Object(header).to_string();
    let mut file = File::create(path).unwrap();
    file.write_all(&(header.len() as u64).to_le_bytes()).unwrap();
    file.write_all(header.as_bytes()).unwrap();
    let bytes = 8 + header.len() as u64 + at;
    file.set_len(bytes).unwrap();
    bytes
}

/// Runs the program with 800 MB of address space for itself, threads and all.
#[cfg(target_os = "linux")]
fn in_little_memory(here: &Path, arguments: &str) -> Output {
    let output = std::process::Command::new("bash")
        .args(["-c", &format!("ulimit -v 800000; exec \"$0\" {arguments}"), env!("CARGO_BIN_EXE_moe-arena")])
        .current_dir(here)
        .env("XDG_STATE_HOME", here.join("state"))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", complaint(&output));
    output
}

/// With 800 MB of address space for program and all: the file has fifty times as many bytes.
#[test]
#[cfg(target_os = "linux")]
fn a_model_of_40_gb_is_looked_at_in_little_memory() {
    let here = tempfile::tempdir().unwrap();
    let bytes = sparse(&here.path().join("model.safetensors"));
    assert!(bytes > 39_000_000_000, "{bytes}");
    let output = in_little_memory(here.path(), "inspect . --quick");
    let told = out(&output);
    assert!(told.contains("layer.0 … layer.57 (58): 256 experts"), "{told}");
    // What stands at the end of the file is read where it is.
    let output = program::run(here.path(), "inspect . --json --quick --layer layer.57");
    let report: Value = serde_json::from_str(&out(&output)).unwrap();
    assert_eq!(report["bytes"], bytes);
    assert_eq!(report["layers"][0]["router"]["row_norm"].as_array().unwrap().len(), 256);
}

/// 60 layers × 512 experts have 15.7 million cosines of router rows, which would be half a gigabyte as values; a layer is forgotten
/// when it is written. The object is what it would be in one piece.
#[test]
#[cfg(target_os = "linux")]
fn many_layers_of_many_experts_are_written_as_they_are_measured() {
    let here = tempfile::tempdir().unwrap();
    let (layers, experts, hidden, width) = (60usize, 512usize, 16usize, 8usize);
    let (mut header, mut bytes) = (Map::new(), Vec::<u8>::new());
    let mut add = |name: String, shape: &[usize]| {
        let count = shape.iter().product::<usize>();
        let begin = bytes.len();
        bytes.extend((0..count).flat_map(|at| (((at * 2_654_435_761) as u32) as f32 / 4e9 - 0.5).to_le_bytes()));
        header.insert(name, json!({"dtype": "F32", "shape": shape, "data_offsets": [begin, begin + 4 * count]}));
    };
    for layer in 0..layers {
        let block = format!("model.layers.{layer}.mlp");
        add(format!("{block}.gate.weight"), &[experts, hidden]);
        add(format!("{block}.experts.gate_up_proj"), &[experts, 2 * width, hidden]);
        add(format!("{block}.experts.down_proj"), &[experts, hidden, width]);
    }
    let header = Value::Object(header).to_string();
    let whole = [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &bytes].concat();
    fs::write(here.path().join("model.safetensors"), whole).unwrap();
    // So much address space for program, threads and all; a single layer takes some 30 MB of it.
    let output = in_little_memory(here.path(), "inspect . --json --quick");
    let report: Value = serde_json::from_str(&out(&output)).unwrap();
    let keys =
        |list: &str| report[list].as_array().unwrap().iter().map(|layer| layer["key"].clone()).collect::<Vec<_>>();
    assert_eq!(keys("layers"), (0..layers).map(|layer| json!(format!("layer.{layer}"))).collect::<Vec<_>>());
    assert_eq!((keys("attention_layers"), keys("extra_layers")), (Vec::new(), Vec::new()));
    assert_eq!(report["layers"][59]["router"]["row_cosine"][511].as_array().unwrap().len(), 512);
}

/// Above a side of 512 ranks are estimated, and everything that tells them says so.
#[test]
fn estimated_ranks_say_so() {
    for (side, is_estimated) in [(512usize, false), (513, true)] {
        let here = tempfile::tempdir().unwrap();
        let (mut header, mut bytes) = (Map::new(), Vec::<u8>::new());
        let mut add = |name: &str, shape: [usize; 2]| {
            let begin = bytes.len();
            // Rank one: every row is a multiple of the first.
            let number = |at: usize| ((at / shape[1]) % 5 + 1) as f32 * ((at % shape[1]) as f32 - 99.0);
            bytes.extend((0..shape[0] * shape[1]).flat_map(|at| number(at).to_le_bytes()));
            header.insert(name.into(), json!({"dtype": "F32", "shape": shape, "data_offsets": [begin, bytes.len()]}));
        };
        add("model.layers.0.mlp.gate.weight", [2, side]);
        for expert in 0..2 {
            for part in ["gate", "up", "down"] {
                add(&format!("model.layers.0.mlp.experts.{expert}.{part}_proj.weight"), [side, side]);
            }
        }
        let header = Value::Object(header).to_string();
        let whole = [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &bytes].concat();
        fs::write(here.path().join("model.safetensors"), whole).unwrap();
        let report: Value = serde_json::from_str(&out(&program::run(here.path(), "inspect . --json"))).unwrap();
        let health = &report["layers"][0]["health"];
        assert_eq!(health["ranks_estimated"], is_estimated, "{side}");
        for rank in health["up_effective_rank"].as_array().unwrap() {
            assert!((rank.as_f64().unwrap() - 1.0).abs() < 0.05, "{side}: {rank}");
        }
        let told = out(&program::run(here.path(), "inspect ."));
        assert_eq!(told.contains("effective ranks are estimates"), is_estimated, "{told}");
    }
}

/// Each is told in one line with what to do, and ends as a wrong word does.
#[test]
fn what_is_no_checkpoint_is_told_with_what_to_do() {
    let here = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| {
        let path = here.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    };
    let index = br#"{"weight_map":{"a":"model-00001-of-00002.safetensors","b":"model-00002-of-00002.safetensors"}}"#;
    let shard = b"\x38\0\0\0\0\0\0\0{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}  \0\0\0\0";
    write("pickles/pytorch_model.bin", b"PK\x03\x04");
    write("pickles/config.json", b"{}");
    write("half/model.safetensors.index.json", index);
    write("half/model-00001-of-00002.safetensors", shard);
    write("page.safetensors", b"<!DOCTYPE html><html>");
    write("lfs/model.safetensors", b"version https://git-lfs.github.com/spec/v1\noid sha256:4d\nsize 4995584424\n");
    write("cut.safetensors", &shard[..30]);
    write("old.gguf", b"GGUF\x01\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
    write("turned.gguf", b"GGUF\0\0\0\x03\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0");
    for (path, told) in [
        ("nothing", "there is no such file or folder"),
        ("pickles", "pickles only (pytorch_model.bin)"),
        ("half", "model-00002-of-00002.safetensors is missing, one of the 2 files"),
        ("page.safetensors", "a web page that was saved instead of the file"),
        ("lfs", "run `git lfs pull`"),
        ("cut.safetensors", "cut short: 30 bytes; expected 64"),
        ("old.gguf", "GGUF of version 1; expected version 2 or 3"),
        ("turned.gguf", "big-endian GGUF"),
    ] {
        let output = program::run(here.path(), &format!("inspect {path}"));
        let said = complaint(&output);
        assert_eq!(output.status.code(), Some(2), "{path}: {said}");
        assert!(said.contains(told) && out(&output).is_empty(), "{path}: {said}");
        assert_eq!(said.trim_end().lines().count(), 1, "{path}: {said}");
    }
}
