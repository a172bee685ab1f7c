//! `moe-arena inspect PATH --against PATH`: planted changes of a shipped checkpoint, experts in another order, a text that both route, two
//! saves of one run, what is refused.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use safetensors::tensor::{Dtype, TensorView};
use safetensors::{SafeTensors, serialize};
use serde_json::{Value, json};

use crate::program::{self, complaint, out};

fn public(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/public").join(name)
}

/// Tensors by name: shape and numbers.
type Tensors = BTreeMap<String, (Vec<usize>, Vec<f32>)>;

/// The shipped Phi-3.5-MoE, which is stored as F32.
fn shipped() -> Tensors {
    let bytes = fs::read(public("phimoe").join("model.safetensors")).unwrap();
    let file = SafeTensors::deserialize(&bytes).unwrap();
    let numbers = |view: TensorView<'_>| {
        let values = view.data().chunks_exact(4).map(|four| f32::from_le_bytes(four.try_into().unwrap()));
        (view.shape().to_vec(), values.collect())
    };
    file.tensors().into_iter().map(|(name, view)| (name, numbers(view))).collect()
}

/// Writes a model into a folder of that name.
fn write(here: &Path, name: &str, tensors: &Tensors) {
    let folder = here.join(name);
    fs::create_dir(&folder).unwrap();
    fs::copy(public("phimoe").join("config.json"), folder.join("config.json")).unwrap();
    let bytes = |values: &[f32]| -> Vec<u8> { values.iter().flat_map(|value| value.to_le_bytes()).collect() };
    let bytes: Vec<_> = tensors.iter().map(|(name, (shape, values))| (name, shape, bytes(values))).collect();
    let view = |shape: &[usize], bytes| TensorView::new(Dtype::F32, shape.to_vec(), bytes).unwrap();
    let views = bytes.iter().map(|(name, shape, bytes)| (name, view(shape, bytes)));
    fs::write(folder.join("model.safetensors"), serialize(views, None).unwrap()).unwrap();
}

fn block(layer: usize) -> String {
    format!("model.layers.{layer}.block_sparse_moe.")
}

/// Two experts of a layer take each other's place, with their rows of the router.
fn swap(tensors: &mut Tensors, layer: usize, a: usize, b: usize) {
    for part in ["w1", "w2", "w3"] {
        let name = |expert: usize| format!("{}experts.{expert}.{part}.weight", block(layer));
        let (of_a, of_b) = (tensors[&name(a)].clone(), tensors[&name(b)].clone());
        tensors.insert(name(a), of_b);
        tensors.insert(name(b), of_a);
    }
    let (shape, rows) = tensors.get_mut(&format!("{}gate.weight", block(layer))).unwrap();
    let width = shape[1];
    (0..width).for_each(|column| rows.swap(a * width + column, b * width + column));
}

#[track_caller]
fn json_of(output: &Output) -> Value {
    assert_eq!(output.status.code(), Some(0), "{}", complaint(output));
    serde_json::from_str(&out(output)).unwrap()
}

#[track_caller]
fn near(found: &Value, expected: f64) {
    assert!((found.as_f64().unwrap() - expected).abs() < 1e-6, "{found}, not {expected}");
}

#[test]
fn planted_changes_are_found_and_told() {
    let here = tempfile::tempdir().unwrap();
    let then = shipped();
    let mut now = then.clone();
    for part in ["w1", "w2", "w3"] {
        let name = format!("{}experts.3.{part}.weight", block(0));
        now.get_mut(&name).unwrap().1.iter_mut().for_each(|value| *value *= 1.1);
    }
    swap(&mut now, 1, 1, 6);
    let rows = &mut now.get_mut(&format!("{}gate.weight", block(1))).unwrap().1;
    rows[5 * 32..6 * 32].fill(0.0);
    write(here.path(), "then", &then);
    write(here.path(), "now", &now);

    let report = json_of(&program::run(here.path(), "inspect now --json --against then"));
    let against = &report["against"];
    assert_eq!((&against["file"], report["layers"].as_array().unwrap().len()), (&json!("then"), 2));
    let [first, second] = against["layers"].as_array().unwrap().as_slice() else { panic!("{against}") };
    assert_eq!((&first["key"], &first["matching"]["by"]), (&json!("layer.0"), &json!("as-stored")));
    for (number, expert) in first["experts"].as_array().unwrap().iter().enumerate() {
        let expected = if number == 3 { 0.1 } else { 0.0 };
        ["whole", "gate", "up", "down"].iter().for_each(|part| near(&expert[part], expected));
        near(&expert["router_row"], 0.0);
    }
    assert_eq!(second["matching"]["by"], "weights");
    assert_eq!(second["matching"]["then_of"], json!([0, 6, 2, 3, 4, 5, 1, 7]));
    for (number, expert) in second["experts"].as_array().unwrap().iter().enumerate() {
        near(&expert["whole"], 0.0);
        near(&expert["router_row"], if number == 5 { 1.0 } else { 0.0 });
    }
    let said = serde_json::to_string(&against["said"]).unwrap();
    for words in ["Expert 3 of layer.0 went farthest: 10.0 %", "experts of layer.1 are matched by their weights"] {
        assert!(said.contains(words), "{said}");
    }

    let table = program::run(here.path(), "inspect now --against then");
    assert_eq!(table.status.code(), Some(0));
    for words in ["compared with", "went farthest", "layer.1              weights", "0.1000"] {
        assert!(out(&table).contains(words), "“{words}” in: {}", out(&table));
    }
    let quick = json_of(&program::run(here.path(), "inspect now --json --quick --layer layer.1 --against then"));
    let [only] = quick["against"]["layers"].as_array().unwrap().as_slice() else { panic!("{quick}") };
    assert_eq!((&only["matching"]["by"], &only["experts"][0]["whole"]), (&json!("router-rows"), &Value::Null));

    let same = json_of(&program::run(here.path(), "inspect now --json --against now"));
    assert_eq!(same["against"]["said"], json!(["Every weight that was compared is the same."]));
    for layer in same["against"]["layers"].as_array().unwrap() {
        near(&layer["router"], 0.0);
        layer["experts"].as_array().unwrap().iter().for_each(|expert| near(&expert["whole"], 0.0));
    }
}

/// First expert of each token of a layer.
fn first_picks(routing: &Value, layer: usize) -> Vec<usize> {
    let picks = routing["layers"][layer]["picks"].as_array().unwrap();
    picks.iter().map(|picks| picks[0].as_u64().unwrap() as usize).collect()
}

#[test]
fn tokens_that_moved_are_those_of_two_routings() {
    let here = tempfile::tempdir().unwrap();
    let then = shipped();
    let mut now = then.clone();
    let router = &mut now.get_mut(&format!("{}gate.weight", block(0))).unwrap().1;
    router[2 * 32..3 * 32].iter_mut().for_each(|value| *value *= -1.0);
    swap(&mut now, 1, 0, 7);
    write(here.path(), "then", &then);
    write(here.path(), "now", &now);
    let ids: Vec<String> = (0..64).map(|i| (5 + (31 * i * i + 7 * i + 3) % 251).to_string()).collect();
    let ids = ids.join(",");
    let report = json_of(&program::run(here.path(), &format!("inspect now --json --ids {ids} --against then")));
    let was = json_of(&program::run(here.path(), &format!("inspect then --json --ids {ids}")));
    for layer in 0..2 {
        let difference = &report["against"]["layers"][layer];
        let then_of: Vec<usize> = difference["matching"]["then_of"]
            .as_array()
            .unwrap()
            .iter()
            .map(|then| then.as_u64().unwrap() as usize)
            .collect();
        assert_eq!(then_of[0], if layer == 1 { 7 } else { 0 });
        let (is, was) = (first_picks(&report["routing"], layer), first_picks(&was["routing"], layer));
        let mut flows = vec![vec![0u64; 8]; 8];
        let mut net = [0i64; 8];
        let mut moved = Vec::new();
        for (token, (&is, &was)) in is.iter().zip(&was).enumerate() {
            flows[was][is] += 1;
            net[is] += 1;
            net[then_of.iter().position(|then| *then == was).unwrap()] -= 1;
            if then_of[is] != was {
                moved.push(token);
            }
        }
        let found = &difference["moved"];
        assert_eq!((&found["flows"], &found["net"], &found["moved_at"]), (&json!(flows), &json!(net), &json!(moved)));
        assert!(!moved.is_empty() && moved.len() < 64, "{moved:?}");
        near(&found["share"], moved.len() as f64 / 64.0);
        let count = |picks: &[usize], expert: usize| picks.iter().filter(|pick| **pick == expert).count() as f64 / 64.0;
        let same: f64 = (0..8).map(|expert| count(&is, expert) * count(&was, then_of[expert])).sum();
        near(&found["share_by_chance"], 1.0 - same);
    }
    let measures = report["against"]["measures"].as_array().unwrap();
    let loss = measures.iter().find(|change| change["measure"] == "text-loss").unwrap();
    let (is, was) = (report["routing"]["loss"].as_f64().unwrap(), was["routing"]["loss"].as_f64().unwrap());
    near(&loss["now"], is);
    near(&loss["then"], was);
    assert_eq!(loss["verdict"], if is < was { "better" } else { "worse" });
    let table = out(&program::run(here.path(), &format!("inspect now --ids {ids} --against then")));
    for words in ["who gave to whom", "changed their first expert", "loss on the text", "tokens net"] {
        assert!(table.contains(words), "“{words}” in: {table}");
    }
}

#[test]
fn two_saves_of_one_run_are_matched_by_identity() {
    let here = tempfile::tempdir().unwrap();
    let train = |words: &str| {
        let output = program::run(here.path(), words);
        assert_eq!(output.status.code(), Some(0), "{}", complaint(&output));
    };
    train("train --preset tiny --device cpu --steps 20 --probe-every 10 --out run");
    fs::copy(here.path().join("run/checkpoint.safetensors"), here.path().join("then.safetensors")).unwrap();
    train("train --resume run/checkpoint.safetensors --device cpu --steps 40");
    let words = "inspect run/checkpoint.safetensors --json --against then.safetensors";
    let report = json_of(&program::run(here.path(), words));
    let against = &report["against"];
    for layer in against["layers"].as_array().unwrap() {
        assert_eq!(layer["matching"]["by"], "identity");
        assert!(layer["router"].as_f64().unwrap() > 0.0);
        for expert in layer["experts"].as_array().unwrap() {
            let whole = expert["whole"].as_f64().unwrap();
            assert!(whole > 0.0 && whole < 1.0, "{layer}");
        }
    }
    let measures = against["measures"].as_array().unwrap();
    for wanted in ["validation-loss", "kappa", "response-captured", "effective-rank", "router-entropy"] {
        let change = measures.iter().find(|change| change["measure"] == wanted);
        assert!(change.is_some_and(|change| change["then"].is_number() && change["verdict"].is_string()), "{wanted}");
    }
    let loss = &measures[0];
    assert!(loss["now"].as_f64().unwrap() < loss["then"].as_f64().unwrap() && loss["verdict"] == "better", "{loss}");

    // A run of another seed: strangers, and that is told.
    train("train --preset tiny --device cpu --steps 1 --seed 5 --out other");
    let other =
        json_of(&program::run(here.path(), "inspect other/checkpoint.safetensors --json --against then.safetensors"));
    let said = other["against"]["said"].to_string();
    assert_eq!(other["against"]["layers"][0]["matching"]["by"], "as-stored");
    assert!(said.contains("unrelated") && said.contains("two seeds"), "{said}");
}

#[test]
fn what_cannot_be_compared_is_refused() {
    let here = tempfile::tempdir().unwrap();
    let refused = |now: &str, options: &str, then: &str, words: &[&str]| {
        let (now, then) = (public(now), public(then));
        let output =
            program::run(here.path(), &format!("inspect {} {options} --against {}", now.display(), then.display()));
        assert_eq!((output.status.code(), out(&output).as_str()), (Some(2), ""), "{}", complaint(&output));
        words.iter().for_each(|word| assert!(complaint(&output).contains(word), "{}", complaint(&output)));
    };
    refused("phimoe", "", "olmoe", &["phimoe", "olmoe", "different families", "two saves of one model"]);
    refused("phimoe", "--layer layer.9", "phimoe", &["layer.9", "layer.1"]);
    refused("phimoe", "", "nothing-there", &["nothing-there"]);
}
