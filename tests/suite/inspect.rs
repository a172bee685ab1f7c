//! `moe-arena inspect` on the shipped checkpoints and on ones made here: its JSON and its table, its help, what it refuses.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use safetensors::Dtype;
use safetensors::tensor::TensorView;
use serde_json::{Value, json};

use crate::program::{self, complaint, out};

fn public(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/public").join(name)
}

fn run(path: &Path, options: &str) -> Output {
    let here = tempfile::tempdir().unwrap();
    let words = ["inspect", path.to_str().unwrap()].into_iter().chain(options.split_whitespace());
    program::command(here.path(), &words.collect::<Vec<_>>()).output().unwrap()
}

#[track_caller]
fn report(path: &Path, options: &str) -> Value {
    let output = run(path, &format!("--json {options}"));
    assert_eq!(output.status.code(), Some(0), "{}", complaint(&output));
    serde_json::from_str(&out(&output)).unwrap()
}

/// Every folder of safetensors, and the model of the GGUF one.
fn checkpoints() -> Vec<(String, PathBuf, Value)> {
    let folders = fs::read_dir(public("")).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir());
    let mut all: Vec<_> = folders
        .map(|folder| {
            let expected = serde_json::from_str(&fs::read_to_string(folder.join("expected.json")).unwrap()).unwrap();
            let name = folder.file_name().unwrap().to_str().unwrap().to_owned();
            let path = if name == "gguf" { folder.join("tiny-olmoe.gguf") } else { folder };
            (name, path, expected)
        })
        .collect();
    all.sort_by(|a, b| a.0.cmp(&b.0));
    all
}

/// Every key of a JSON value by its path; of lists the keys of their entries.
fn keys(value: &Value, path: &str, into: &mut BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                into.insert(path.clone());
                let is_whole = ["dtypes", "shared", "scoring_details"].contains(&key.as_str());
                if !(is_whole && path != "layout.shared") {
                    keys(value, &path, into);
                }
            }
        }
        Value::Array(list) if path == "layers" || path == "layers[].findings" => {
            list.iter().for_each(|value| keys(value, &format!("{path}[]"), into));
        }
        _ => {}
    }
}

#[test]
fn every_checkpoint_has_its_faults_told_and_the_help_names_exactly_the_keys_there_are() {
    let mut found = BTreeSet::new();
    for (name, path, expected) in checkpoints() {
        let report = report(&path, "");
        keys(&report, "", &mut found);
        assert_eq!(report["format"], if name == "gguf" { "gguf" } else { "safetensors" }, "{name}");
        let bytes: u64 = report["dtypes"].as_object().unwrap().values().map(|bytes| bytes.as_u64().unwrap()).sum();
        assert!(bytes < report["bytes"].as_u64().unwrap(), "{name}");
        let mut told: Vec<(String, String, Vec<u64>)> = Vec::new();
        for layer in report["layers"].as_array().unwrap() {
            for finding in layer["findings"].as_array().unwrap() {
                let experts = match &finding["experts"] {
                    Value::Array(list) => list.iter().filter_map(Value::as_u64).collect(),
                    _ => vec![finding["expert"].as_u64().unwrap()],
                };
                assert!(finding["value"].is_number() && finding["limit"].is_number(), "{name} {finding}");
                let text = |value: &Value| value.as_str().unwrap().to_owned();
                told.push((text(&layer["key"]), text(&finding["rule"]), experts));
            }
        }
        let planted = &expected["planted"];
        let mut wanted: Vec<(String, String, Vec<u64>)> = [
            ("dead_router_row", "dead-router-row"),
            ("twins", "twin-experts"),
            ("rank_one_down", "rank-collapsed-expert"),
            ("faint", "faint-expert"),
        ]
        .map(|(what, rule)| {
            let experts = planted[what]["experts"].as_array();
            let experts = experts.map_or_else(
                || vec![planted[what]["expert"].as_u64().unwrap()],
                |list| list.iter().filter_map(Value::as_u64).collect(),
            );
            (planted[what]["block"].as_str().unwrap().to_owned(), rule.to_owned(), experts)
        })
        .to_vec();
        told.sort();
        wanted.sort();
        assert_eq!(told, wanted, "{name}");
    }
    let help = out(&program::run(tempfile::tempdir().unwrap().path(), "inspect --help"));
    let (_, listed) = help.split_once("JSON keys.").unwrap();
    let said: BTreeSet<String> = listed
        .lines()
        .filter_map(|line| line.strip_prefix("  ").filter(|rest| !rest.starts_with(' ') && !rest.contains(' ')))
        .map(str::to_owned)
        .collect();
    assert_eq!(found, said);
}

#[test]
fn names_of_the_layout_are_those_of_the_library() {
    for (name, path, expected) in
        checkpoints().into_iter().filter(|(name, _, _)| name != "gguf" && name != "switch_transformers")
    {
        let report = report(&path, "--quick");
        for (key, wanted) in expected["layout"].as_object().unwrap() {
            let found = &report["layout"][key];
            match (key.as_str(), wanted) {
                ("shared", wanted) => assert_eq!(*found, wanted.as_str().unwrap().replace("{p}", "down"), "{name}"),
                // The library unpacks them to the other form; on disk they are rows of outputs.
                ("kind", _) if name == "gpt_oss_mxfp4" => assert_eq!(found, "fused_oi"),
                (_, wanted) => assert_eq!(found, wanted, "{name} {key}"),
            }
        }
        assert!(report["layers"].as_array().unwrap().iter().all(|layer| layer["health"].is_null()), "{name}");
    }
}

#[test]
fn parameters_are_counted_by_who_uses_them() {
    // By hand from the shapes: 8 experts of 3 × 32 × 24, k 2, in two layers.
    let expert = 3 * 32 * 24;
    for name in ["mixtral", "mixtral_v5", "qwen2_moe", "llama4_text", "deepseek_v3_fp8", "gpt_oss_mxfp4"] {
        let tensors: Value =
            serde_json::from_str(&fs::read_to_string(public(name).join("tensors.json")).unwrap()).unwrap();
        let total: u64 = tensors
            .as_object()
            .unwrap()
            .iter()
            .filter(|(tensor, _)| !tensor.ends_with("_scales") && !tensor.ends_with("_scale_inv"))
            .map(|(tensor, entry)| {
                let count: u64 = entry[1].as_array().unwrap().iter().map(|axis| axis.as_u64().unwrap()).product();
                // Two numbers of four bits in a byte.
                if tensor.ends_with("_blocks") { 2 * count } else { count }
            })
            .sum();
        let parameters = report(&public(name), "--quick")["parameters"].clone();
        assert_eq!(parameters["total"], total, "{name}");
        let (expert, k, mixtures, others) = match name {
            // Width 64, expert width 32, and a bias for each output.
            "gpt_oss_mxfp4" => (3 * 64 * 32 + 2 * 32 + 64, 2, 2, 0),
            "llama4_text" => (expert, 1, 2, 0),
            // The prediction layer's experts answer no token.
            "deepseek_v3_fp8" => (expert, 2, 2, 1),
            _ => (expert, 2, 2, 0),
        };
        assert_eq!(parameters["per_expert"], expert, "{name}");
        let always = total - 8 * expert * (mixtures + others);
        assert_eq!(parameters["always_active"], always, "{name}");
        assert_eq!(parameters["active"], always + k * expert * mixtures, "{name}");
    }
}

#[test]
fn layers_can_be_chosen_and_people_get_a_table() {
    let one = report(&public("mixtral"), "--layer layer.1");
    let keys: Vec<&Value> = one["layers"].as_array().unwrap().iter().map(|layer| &layer["key"]).collect();
    assert_eq!(keys, ["layer.1"]);
    let output = run(&public("mixtral"), "--layer layer.7");
    assert_eq!(output.status.code(), Some(2));
    assert!(
        ["layer.7", "layer.0, layer.1"].iter().all(|word| complaint(&output).contains(word)),
        "{}",
        complaint(&output)
    );

    let table = out(&run(&public("jetmoe"), ""));
    for word in [
        "jetmoe",
        "dead-router-row",
        "layer.0, expert 7",
        "expert 0 = 2",
        "Why:",
        "Try:",
        "attention.layer.0",
        "weight cosine",
    ] {
        assert!(table.contains(word), "“{word}” in: {table}");
    }
    let apart = report(&public("deepseek_v3_fp8"), "--quick");
    assert_eq!((apart["layers"].as_array().unwrap().len(), &apart["extra_layers"][0]["key"]), (2, &json!("layer.3")));
    let attention = report(&public("jetmoe"), "--quick");
    assert_eq!(attention["attention_layers"].as_array().unwrap().len(), 2);
}

#[test]
fn a_checkpoint_of_this_program_is_inspected_too() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/checkpoints/version_5.safetensors");
    let report = report(&path, "");
    assert_eq!((&report["format"], &report["family"]), (&json!("moe-arena"), &json!("moe_arena")));
    let layer = &report["layers"][0];
    assert_eq!((&layer["experts"], &layer["hidden"]), (&json!(3), &json!(4)));
    assert!(layer["health"]["gate_norm"].is_null() && layer["health"]["up_norm"][2].is_number(), "{layer}");
    assert!(report["disagreements"].as_array().unwrap().is_empty());
}

/// Numbers of no meaning: the same for the same seed.
fn numbers(count: usize, seed: u32) -> Vec<f32> {
    let mut state = seed.wrapping_mul(2_654_435_761).wrapping_add(12345);
    (0..count)
        .map(|_| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / 8_388_608.0 - 1.0
        })
        .collect()
}

/// Tensors to be written: name, shape, values.
type Tensors = Vec<(String, Vec<usize>, Vec<f32>)>;

/// Writes a checkpoint of these tensors with a config.
fn write(folder: &Path, config: &Value, tensors: &[(String, Vec<usize>, Vec<f32>)]) {
    let bytes: Vec<(&str, &[usize], Vec<u8>)> = tensors
        .iter()
        .map(|(name, shape, values)| {
            (name.as_str(), shape.as_slice(), values.iter().flat_map(|v| v.to_le_bytes()).collect())
        })
        .collect();
    let views =
        bytes.iter().map(|(name, shape, bytes)| (*name, TensorView::new(Dtype::F32, shape.to_vec(), bytes).unwrap()));
    fs::write(folder.join("model.safetensors"), safetensors::serialize(views, None).unwrap()).unwrap();
    fs::write(folder.join("config.json"), config.to_string()).unwrap();
}

/// The same four experts in many layouts have the same health.
#[test]
fn one_model_in_many_layouts_has_one_health() {
    let (experts, hidden, width) = (4, 10, 6);
    let part = |seed: u32| numbers(experts * width * hidden, seed);
    let (gate, up, down, router) = (part(1), part(2), part(3), numbers(experts * hidden, 4));
    let of = |all: &[f32], expert: usize| all[expert * width * hidden..(expert + 1) * width * hidden].to_vec();
    // [rows × columns] to [columns × rows].
    let turned = |values: &[f32], columns: usize| -> Vec<f32> {
        (0..columns)
            .flat_map(|column| values.iter().skip(column).step_by(columns).copied().collect::<Vec<_>>())
            .collect()
    };
    let each = |make: &dyn Fn(usize) -> Vec<f32>| -> Vec<f32> { (0..experts).flat_map(make).collect() };
    let both = |e: usize| [of(&gate, e), of(&up, e)].concat();
    let taking_turns = |e: usize| -> Vec<f32> {
        let (gate, up) = (of(&gate, e), of(&up, e));
        gate.chunks(hidden).zip(up.chunks(hidden)).flat_map(|(gate, up)| [gate, up].concat()).collect()
    };
    let of_each = |block: &str, names: [&str; 3]| -> Tensors {
        let one = |e: usize| {
            let name = |part: &str| format!("{block}{}", part.replace("{e}", &e.to_string()));
            [
                (name(names[0]), vec![width, hidden], of(&gate, e)),
                (name(names[1]), vec![width, hidden], of(&up, e)),
                (name(names[2]), vec![hidden, width], of(&down, e)),
            ]
        };
        (0..experts).flat_map(one).collect()
    };
    let tensor = |name: &str, shape: &[usize], values: Vec<f32>| (name.to_owned(), shape.to_vec(), values);
    let (e, h, i) = (experts, hidden, width);
    let layouts: Vec<(&str, &str, Tensors)> = vec![
        (
            "mixtral",
            "model.layers.0.block_sparse_moe.gate.weight",
            of_each(
                "model.layers.0.block_sparse_moe.",
                ["experts.{e}.w1.weight", "experts.{e}.w3.weight", "experts.{e}.w2.weight"],
            ),
        ),
        (
            "hunyuan_v1_moe",
            "model.layers.0.mlp.gate.wg.weight",
            of_each(
                "model.layers.0.mlp.",
                ["experts.{e}.gate_proj.weight", "experts.{e}.up_proj.weight", "experts.{e}.down_proj.weight"],
            ),
        ),
        (
            "grok-1",
            "transformer.decoder_layer.0.router",
            of_each(
                "transformer.decoder_layer.0.",
                ["moe.{e}.linear.weight", "moe.{e}.linear_v.weight", "moe.{e}.linear_1.weight"],
            ),
        ),
        (
            "granitemoe",
            "model.layers.0.block_sparse_moe.router.layer.weight",
            vec![
                tensor("model.layers.0.block_sparse_moe.input_linear.weight", &[e, 2 * i, h], each(&both)),
                tensor("model.layers.0.block_sparse_moe.output_linear.weight", &[e, h, i], down.clone()),
            ],
        ),
        (
            "qwen3_vl_moe",
            "model.language_model.layers.0.mlp.gate.weight",
            vec![
                tensor(
                    "model.language_model.layers.0.mlp.experts.gate_up_proj",
                    &[e, h, 2 * i],
                    each(&|e| turned(&both(e), h)),
                ),
                tensor(
                    "model.language_model.layers.0.mlp.experts.down_proj",
                    &[e, i, h],
                    each(&|e| turned(&of(&down, e), i)),
                ),
            ],
        ),
        (
            "gpt_oss",
            "model.layers.0.mlp.router.weight",
            vec![
                tensor(
                    "model.layers.0.mlp.experts.gate_up_proj",
                    &[e, h, 2 * i],
                    each(&|e| turned(&taking_turns(e), h)),
                ),
                tensor("model.layers.0.mlp.experts.down_proj", &[e, i, h], each(&|e| turned(&of(&down, e), i))),
            ],
        ),
        (
            "gpt_oss",
            "block.0.mlp.gate.weight",
            vec![
                tensor("block.0.mlp.mlp1_weight", &[e, 2 * i, h], each(&taking_turns)),
                tensor("block.0.mlp.mlp2_weight", &[e, h, i], down.clone()),
            ],
        ),
        (
            "dbrx",
            "transformer.blocks.0.ffn.router.layer.weight",
            vec![
                tensor("transformer.blocks.0.ffn.experts.mlp.w1", &[e * i, h], gate.clone()),
                tensor("transformer.blocks.0.ffn.experts.mlp.v1", &[e * i, h], up.clone()),
                tensor("transformer.blocks.0.ffn.experts.mlp.w2", &[e * i, h], each(&|e| turned(&of(&down, e), i))),
            ],
        ),
        (
            "step3p5",
            "model.layers.0.moe.gate.weight",
            vec![
                tensor("model.layers.0.moe.gate_proj.weight", &[e, i, h], gate.clone()),
                tensor("model.layers.0.moe.up_proj.weight", &[e, i, h], up.clone()),
                tensor("model.layers.0.moe.down_proj.weight", &[e, h, i], down.clone()),
            ],
        ),
    ];
    let near = |a: &Value, b: &Value| -> bool {
        let numbers = |value: &Value| -> Vec<f64> {
            let flat = |value: &Value| value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
            value.as_array().unwrap().iter().flat_map(flat).map(|value| value.as_f64().unwrap()).collect()
        };
        numbers(a).iter().zip(numbers(b)).all(|(a, b)| (a - b).abs() < 1e-9 * b.abs().max(1.0))
    };
    let mut first: Option<Value> = None;
    for (model_type, router_name, mut tensors) in layouts {
        let here = tempfile::tempdir().unwrap();
        tensors.push(tensor(router_name, &[e, h], router.clone()));
        let config = json!({"model_type": model_type, "num_local_experts": e, "num_experts_per_tok": 2, "hidden_size": h,
            "num_hidden_layers": 1, "moe_intermediate_size": i});
        write(here.path(), &config, &tensors);
        let report = report(here.path(), "");
        assert_eq!(report["disagreements"], json!([]), "{model_type}");
        let health = report["layers"][0]["health"].clone();
        let expected = first.get_or_insert(health.clone());
        for (key, value) in expected.as_object().unwrap() {
            let is_same = if value.is_boolean() { health[key] == *value } else { near(&health[key], value) };
            assert!(is_same, "{model_type} {key}: {} and {value}", health[key]);
        }
    }
}

#[test]
fn faults_of_numbers_and_biases_are_found() {
    let here = tempfile::tempdir().unwrap();
    let block = "model.layers.0.mlp.";
    let mut tensors = vec![
        (format!("{block}gate.weight"), vec![6, 8], numbers(48, 1)),
        (format!("{block}gate.e_score_correction_bias"), vec![6], vec![0.1, 0.0, -0.1, 3.0, 0.05, 0.0]),
    ];
    for expert in 0..6u32 {
        for (place, part) in ["gate_proj", "up_proj", "down_proj"].into_iter().enumerate() {
            let shape = if part == "down_proj" { vec![8, 5] } else { vec![5, 8] };
            tensors.push((
                format!("{block}experts.{expert}.{part}.weight"),
                shape,
                numbers(40, 10 * expert + place as u32 + 7),
            ));
        }
    }
    // A row ten times as long, and two numbers that are none.
    tensors[0].2[8..16].iter_mut().for_each(|value| *value *= 30.0);
    let up = tensors.iter_mut().find(|(name, _, _)| name.contains("experts.4.up")).unwrap();
    (up.2[3], up.2[9]) = (f32::NAN, f32::INFINITY);
    write(
        here.path(),
        &json!({"model_type": "deepseek_v3", "n_routed_experts": 6, "num_experts_per_tok": 2}),
        &tensors,
    );
    let report = report(here.path(), "");
    let layer = &report["layers"][0];
    let found: Vec<(&str, u64)> = layer["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| (finding["rule"].as_str().unwrap(), finding["expert"].as_u64().unwrap()))
        .collect();
    assert_eq!(found, [("not-finite", 4), ("loud-router-row", 1), ("bias-out-of-range", 3)], "{layer}");
    assert_eq!(layer["findings"][0]["value"], 2.0);
    assert!(layer["health"]["up_norm"][4].is_null() && layer["health"]["weight_cosine"][4][0].is_null());
    assert!(layer["health"]["weight_cosine"][3][0].is_number() && layer["health"]["matched_cosine"][4][4].is_null());
}

#[test]
fn what_is_no_mixture_is_refused_with_a_sentence() {
    let refused = |tensors: &[(String, Vec<usize>, Vec<f32>)], words: &[&str]| {
        let here = tempfile::tempdir().unwrap();
        write(here.path(), &json!({"model_type": "olmoe", "hidden_size": 8}), tensors);
        let output = run(here.path(), "--json");
        let text = complaint(&output);
        assert_eq!((output.status.code(), out(&output).as_str()), (Some(2), ""), "{text}");
        words.iter().for_each(|word| assert!(text.contains(word) && !text.contains("panicked"), "“{word}” in: {text}"));
    };
    refused(&[("lm_head.weight".into(), vec![2, 2], vec![0.0; 4])], &["no mixture of experts"]);
    let expert = |e: usize, rows: usize| {
        ["gate_proj", "up_proj", "down_proj"].map(|part| {
            let shape = if part == "down_proj" { vec![8, rows] } else { vec![rows, 8] };
            (format!("model.layers.0.mlp.experts.{e}.{part}.weight"), shape, vec![0.5; rows * 8])
        })
    };
    let router = ("model.layers.0.mlp.gate.weight".to_owned(), vec![2, 8], vec![0.1; 16]);
    refused(
        &[vec![router.clone()], expert(0, 4).to_vec(), expert(1, 3).to_vec()].concat(),
        &["different shapes", "expert 1", "[8, 3]"],
    );
    let without: Vec<_> = expert(0, 4).into_iter().filter(|(name, _, _)| !name.contains("down")).collect();
    refused(&[vec![router], without].concat(), &["incomplete", "down"]);
}
