//! `moe-arena diagnose` on dumps of several layers, on the weights of picks, and on what trainers write in the place of nothing.

use std::path::Path;

use serde_json::{Value, json};

use crate::diagnose::{Entry, floats, refused, run, small, whole, write};
use crate::program::{complaint, out};

#[track_caller]
fn measured(folder: &Path, words: &str) -> Value {
    let output = run(folder, &format!("dump.safetensors --json {words}"));
    assert_eq!(output.status.code(), Some(0), "{}", complaint(&output));
    serde_json::from_str(&out(&output)).unwrap()
}

/// Two layers of three tokens: two experts and their weights, three experts of which one is dead.
fn two_layers() -> Vec<Entry> {
    vec![
        floats("layer.10.router_logits", &[3, 3], &[0.0; 9]),
        whole("layer.10.topk_index", &[3, 1], &[0, 1, 0]),
        floats("layer.9.router_logits", &[3, 2], &[1.0, 0.0, 1.0, 0.0, 0.0, 1.0]),
        floats("layer.9.affinity", &[3, 2], &[2.0, 1.0, 2.0, 1.0, 1.0, 2.0]),
        whole("layer.9.topk_index", &[3, 2], &[0, 1, 0, 1, 1, 0]),
        floats("layer.9.topk_weight", &[3, 2], &[1.0, 0.5, 0.75, 0.25, 0.5, 0.0]),
        floats("layer.9.input", &[3, 1], &[3.0, 0.0, -4.0]),
        floats("layer.9.expert_outputs", &[3, 2, 1], &[1.0, -1.0, 1.0, -1.0, 2.0, -1.0]),
        whole("labels", &[3], &[0, 0, 1]),
        floats("logits", &[3, 5], &[0.0; 15]),
    ]
}

#[test]
fn layers_are_measured_side_by_side_with_their_spread() {
    let here = tempfile::tempdir().unwrap();
    write(here.path(), &two_layers());
    let report = measured(here.path(), "");
    let layers = report["layers"].as_array().unwrap();
    let keys: Vec<&str> = layers.iter().map(|layer| layer["key"].as_str().unwrap()).collect();
    assert_eq!(keys, ["layer.9", "layer.10"]);
    assert_eq!((&layers[0]["experts"], &layers[1]["experts"], &layers[1]["top_k"]), (&json!(2), &json!(3), &json!(1)));
    // 2, 1 and 0 tokens: a mean of 1, a standard deviation of 1; and 3 each.
    let spread = &report["spread"]["load.cv"];
    assert_eq!((&layers[0]["load"]["cv"], &layers[1]["load"]["cv"]), (&json!(0.0), &json!(1.0)));
    let sd = spread["sd"].as_f64().unwrap();
    assert!((sd - 0.5f64.sqrt()).abs() < 1e-12, "{sd}");
    assert_eq!((&spread["mean"], &spread["least"], &spread["most"]), (&json!(0.5), &json!(0.0), &json!(1.0)));
    assert_eq!((&spread["least_layer"], &spread["most_layer"]), (&json!("layer.9"), &json!("layer.10")));
    // What one layer has has a mean and no spread; labels are shared.
    assert_eq!(
        (&report["spread"]["input.largest"]["mean"], &report["spread"]["input.largest"]["sd"]),
        (&json!(4.0), &Value::Null)
    );
    assert!(layers.iter().all(|layer| layer["specialization"]["nmi"].is_number()));
    assert!(layers[0]["agreement"].get("confusion").is_none() && report["spread"].get("load.fraction").is_none());

    let text = out(&run(here.path(), "dump.safetensors"));
    let line =
        |first: &str| text.lines().find(|line| line.starts_with(first)).unwrap_or_else(|| panic!("{first}: {text}"));
    assert!(line("layer.9 ").contains("n/a") || line("layer.9 ").contains('1'), "{text}");
    assert!(line("layer.10 ").contains("n/a") && line("mean").contains("0.5000"), "{text}");
}

#[test]
fn one_layer_of_several_is_what_it_would_be_alone() {
    let here = tempfile::tempdir().unwrap();
    write(here.path(), &two_layers());
    let of_layer = measured(here.path(), "--layer layer.9");
    let complaints = complaint(&run(here.path(), "dump.safetensors --layer layer.9"));
    assert!(complaints.contains("no measure uses logits") && !complaints.contains("layer.10"), "{complaints}");
    let alone = two_layers().into_iter().filter_map(|(name, kind, shape, bytes)| {
        let alone = match name.strip_prefix("layer.9.").unwrap_or(name) {
            "router_logits" => "router.logits",
            "affinity" => "affinity.scores",
            "topk_index" => "topk.index",
            "topk_weight" => "topk.weight",
            "input" => "hidden",
            rest @ ("expert_outputs" | "labels") => rest,
            _ => return None,
        };
        Some((alone, kind, shape, bytes))
    });
    write(here.path(), &alone.collect::<Vec<_>>());
    assert_eq!(measured(here.path(), ""), of_layer);
    // Each expert is in every token; their weights are 1 + 3/4 + 0 and 1/2 + 1/4 + 1/2.
    assert_eq!(of_layer["load"]["fraction"], json!([0.5, 0.5]));
    let mass = |at: usize| of_layer["load"]["gate_mass"][at].as_f64().unwrap();
    assert!((mass(0) - 1.75 / 3.0).abs() < 1e-12 && (mass(1) - 1.25 / 3.0).abs() < 1e-12, "{of_layer}");
    refused(&two_layers(), "--layer layer.8", &["--layer is layer.8; expected layer.9, layer.10"]);
    refused(&small(), "--layer layer.9", &["--layer is layer.9; expected none", "one layer"]);
}

#[test]
fn what_trainers_write_in_the_place_of_nothing_is_counted() {
    let here = tempfile::tempdir().unwrap();
    let out = f32::NEG_INFINITY;
    let entries = [
        floats("router.logits", &[3, 2], &[1.0, out, out, out, 0.0, 1.0]),
        whole("topk.index", &[3, 2], &[0, -1, -1, -1, 1, 0]),
        whole("labels", &[3], &[0, -100, -100]),
        floats("hidden", &[3, 1], &[1.0, 50.0, -1.0]),
    ];
    write(here.path(), &entries);
    let report = measured(here.path(), "");
    let expected = json!({ "masked_tokens": 1, "masked_logits": 1, "dropped_picks": 1, "ignored_labels": 1 });
    assert_eq!(report["left_out"], expected);
    assert_eq!((&report["load"]["fraction"][0], &report["input"]["largest"]), (&json!(2.0 / 3.0), &json!(1.0)));
    refused(&[floats("router.logits", &[2, 2], &[0.0, f32::INFINITY, out, out])], "", &["holds inf at [0, 1]"]);
    refused(&[floats("router.logits", &[2, 2], &[out; 4])], "", &["every logit of “router.logits” is -inf"]);
    let logits = || floats("router.logits", &[2, 2], &[0.0; 4]);
    let weights = || floats("topk.weight", &[2, 1], &[1.0, f32::NAN]);
    refused(&[logits(), weights()], "", &["a tensor “topk.weight” and no “topk.index”"]);
    let index = || whole("topk.index", &[2, 1], &[0, 1]);
    refused(&[logits(), index(), weights()], "", &["“topk.weight” holds NaN at [1, 0]"]);
    let wide = floats("topk.weight", &[2, 2], &[1.0; 4]);
    refused(&[logits(), index(), wide], "", &["“topk.weight” has shape [2, 2]; expected [T, k] as “topk.index”"]);
}
