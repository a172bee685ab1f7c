//! Layouts decided from names and shapes: those of the shipped folders, those published without a folder here, and damaged ones.

use super::*;
use serde_json::{Value, json};

type Tensors = Vec<(String, Vec<usize>)>;

fn decide(config: Value, tensors: &[(String, Vec<usize>)]) -> Result<CheckpointLayout, LayoutError> {
    let mut tensors = tensors.to_vec();
    tensors.sort();
    CheckpointLayout::decide(tensors.into_iter(), &CheckpointConfig::of_json(&config), false)
}

/// `{e}` in a name stands for eight experts.
fn named(list: &[(&str, &[usize])]) -> Vec<(String, Vec<usize>)> {
    let mut tensors = Vec::new();
    for (name, shape) in list {
        let all = if name.contains("{e}") { 8 } else { 1 };
        tensors.extend((0..all).map(|e| (name.replace("{e}", &e.to_string()), shape.to_vec())));
    }
    tensors
}

/// The only mixture of these tensors, which the config does not contradict.
#[track_caller]
fn one(model_type: &str, list: &[(&str, &[usize])]) -> MixturePlan {
    let config = json!({"model_type": model_type, "num_experts": 8, "num_experts_per_tok": 2, "hidden_size": 32,
        "moe_intermediate_size": 24, "num_hidden_layers": 4});
    let layout = decide(config, &named(list)).unwrap();
    assert_eq!(layout.disagreements(), [], "{model_type}");
    assert_eq!(layout.mixtures().len(), 1, "{model_type}");
    let mixture = layout.mixtures()[0].clone();
    assert_eq!((mixture.experts(), mixture.hidden(), mixture.expert_width()), (8, 32, 24), "{model_type}");
    mixture
}

#[test]
fn published_layouts_without_a_folder_are_read() {
    let dbrx = one(
        "dbrx",
        &[
            ("transformer.blocks.1.ffn.router.layer.weight", &[8, 32]),
            ("transformer.blocks.1.ffn.experts.mlp.w1", &[192, 32]),
            ("transformer.blocks.1.ffn.experts.mlp.v1", &[192, 32]),
            ("transformer.blocks.1.ffn.experts.mlp.w2", &[192, 32]),
        ],
    );
    let places = dbrx.places();
    assert_eq!((places.up.is_transposed, places.down.is_transposed), (false, true));
    assert_eq!(places.down.of(3), ("transformer.blocks.1.ffn.experts.mlp.w2".into(), 3 * 24 * 32));
    assert_eq!((dbrx.block(), dbrx.key()), ("transformer.blocks.1.ffn.", "layer.1"));

    let ernie = one(
        "ernie4_5_moe",
        &[
            ("model.layers.1.mlp.gate.weight", &[8, 32]),
            ("model.layers.1.mlp.moe_statics.e_score_correction_bias", &[1, 8]),
            ("model.layers.1.mlp.experts.{e}.gate_proj.weight", &[24, 32]),
            ("model.layers.1.mlp.experts.{e}.up_proj.weight", &[24, 32]),
            ("model.layers.1.mlp.experts.{e}.down_proj.weight", &[32, 24]),
            ("model.layers.1.mlp.shared_experts.gate_proj.weight", &[48, 32]),
            ("model.layers.1.mlp.shared_experts.up_proj.weight", &[48, 32]),
            ("model.layers.1.mlp.shared_experts.down_proj.weight", &[32, 48]),
        ],
    );
    assert!(ernie.correction_place().is_some() && ernie.shared_place().is_some());

    let aria = one(
        "aria_text",
        &[
            ("model.layers.1.mlp.router.weight", &[8, 32]),
            ("model.layers.1.mlp.experts.fc1.weight", &[8, 32, 48]),
            ("model.layers.1.mlp.experts.fc2.weight", &[8, 24, 32]),
        ],
    );
    let places = aria.places();
    assert_eq!(places.gate.as_ref().map(|gate| gate.slice), Some(Slice::First));
    assert_eq!((places.up.slice, places.up.is_transposed, places.down.is_transposed), (Slice::Second, true, true));

    // The experts work in a space of their own, wider than the model.
    let wide = decide(
        json!({"model_type": "muse_spark_text", "num_experts": 8, "num_experts_per_tok": 2, "hidden_size": 32,
            "moe_intermediate_size": 24, "num_hidden_layers": 4}),
        &named(&[
            ("layers.1.mlp.gate.weight", &[8, 32]),
            ("layers.1.mlp.pre_expert_proj.weight", &[40, 32]),
            ("layers.1.mlp.post_expert_proj.weight", &[32, 40]),
            ("layers.1.mlp.experts.gate_up_proj", &[8, 48, 40]),
            ("layers.1.mlp.experts.down_proj", &[8, 40, 24]),
        ]),
    )
    .unwrap();
    assert_eq!((wide.mixtures()[0].hidden(), wide.mixtures()[0].expert_width()), (40, 24));

    let hunyuan = one(
        "hunyuan_v1_moe",
        &[
            ("model.layers.1.mlp.gate.wg.weight", &[8, 32]),
            ("model.layers.1.mlp.experts.{e}.gate_proj.weight", &[24, 32]),
            ("model.layers.1.mlp.experts.{e}.up_proj.weight", &[24, 32]),
            ("model.layers.1.mlp.experts.{e}.down_proj.weight", &[32, 24]),
            ("model.layers.1.mlp.shared_mlp.gate_proj.weight", &[24, 32]),
            ("model.layers.1.mlp.shared_mlp.up_proj.weight", &[24, 32]),
            ("model.layers.1.mlp.shared_mlp.down_proj.weight", &[32, 24]),
        ],
    );
    assert!(hunyuan.shared_place().is_some());

    let step = one(
        "step3p5",
        &[
            ("model.layers.1.moe.gate.weight", &[8, 32]),
            ("model.layers.1.moe.router_bias", &[8]),
            ("model.layers.1.moe.gate_proj.weight", &[8, 24, 32]),
            ("model.layers.1.moe.up_proj.weight", &[8, 24, 32]),
            ("model.layers.1.moe.down_proj.weight", &[8, 32, 24]),
            ("model.layers.1.share_expert.gate_proj.weight", &[24, 32]),
            ("model.layers.1.share_expert.up_proj.weight", &[24, 32]),
            ("model.layers.1.share_expert.down_proj.weight", &[32, 24]),
        ],
    );
    assert!(step.shared_place().is_some() && step.correction_place().is_some() && !step.places().up.is_transposed);

    let original = one(
        "gpt_oss",
        &[
            ("block.1.mlp.gate.weight", &[8, 32]),
            ("block.1.mlp.gate.bias", &[8]),
            ("block.1.mlp.mlp1_weight", &[8, 48, 32]),
            ("block.1.mlp.mlp1_bias", &[8, 48]),
            ("block.1.mlp.mlp2_weight", &[8, 32, 24]),
            ("block.1.mlp.mlp2_bias", &[8, 32]),
        ],
    );
    assert_eq!(original.places().gate.as_ref().map(|gate| gate.slice), Some(Slice::Even));
    assert!(original.places().biases.iter().all(Option::is_some));
    assert!(original.router_place().is_some_and(|router| router.bias.is_some()));

    let nemotron = one(
        "nemotron_h",
        &[
            ("backbone.layers.1.mixer.gate.weight", &[8, 32]),
            ("backbone.layers.1.mixer.gate.e_score_correction_bias", &[8]),
            ("backbone.layers.1.mixer.experts.{e}.up_proj.weight", &[24, 32]),
            ("backbone.layers.1.mixer.experts.{e}.down_proj.weight", &[32, 24]),
            ("backbone.layers.1.mixer.shared_experts.up_proj.weight", &[40, 32]),
            ("backbone.layers.1.mixer.shared_experts.down_proj.weight", &[32, 40]),
        ],
    );
    assert!(nemotron.places().gate.is_none() && nemotron.shared_place().is_some());

    for (family, bias) in [("bailing_moe_v2", "mlp.gate.expert_bias"), ("afmoe", "mlp.expert_bias")] {
        let mixture = one(
            family,
            &[
                ("model.layers.1.mlp.gate.weight", &[8, 32]),
                (&format!("model.layers.1.{bias}"), &[8]),
                ("model.layers.1.mlp.experts.{e}.gate_proj.weight", &[24, 32]),
                ("model.layers.1.mlp.experts.{e}.up_proj.weight", &[24, 32]),
                ("model.layers.1.mlp.experts.{e}.down_proj.weight", &[32, 24]),
            ],
        );
        assert!(mixture.correction_place().is_some(), "{family}");
    }
    let minimax = one(
        "minimax_m2",
        &[
            ("model.layers.1.block_sparse_moe.gate.weight", &[8, 32]),
            ("model.layers.1.block_sparse_moe.e_score_correction_bias", &[8]),
            ("model.layers.1.block_sparse_moe.experts.{e}.w1.weight", &[24, 32]),
            ("model.layers.1.block_sparse_moe.experts.{e}.w1.weight_scale_inv", &[2, 2]),
            ("model.layers.1.block_sparse_moe.experts.{e}.w2.weight", &[32, 24]),
            ("model.layers.1.block_sparse_moe.experts.{e}.w3.weight", &[24, 32]),
        ],
    );
    assert_eq!(minimax.block(), "model.layers.1.block_sparse_moe.");
    one(
        "granitemoeshared",
        &[
            ("model.layers.1.block_sparse_moe.router.layer.weight", &[8, 32]),
            ("model.layers.1.block_sparse_moe.input_linear.weight", &[8, 48, 32]),
            ("model.layers.1.block_sparse_moe.output_linear.weight", &[8, 32, 24]),
            ("model.layers.1.shared_mlp.input_linear.weight", &[80, 32]),
            ("model.layers.1.shared_mlp.output_linear.weight", &[32, 40]),
        ],
    );
    one(
        "grok-1",
        &[
            ("transformer.decoder_layer.1.router", &[8, 32]),
            ("transformer.decoder_layer.1.moe.{e}.linear.weight", &[24, 32]),
            ("transformer.decoder_layer.1.moe.{e}.linear_v.weight", &[24, 32]),
            ("transformer.decoder_layer.1.moe.{e}.linear_1.weight", &[32, 24]),
        ],
    );
    one(
        "gpt_oss",
        &[
            ("model.layers.1.mlp.router.linear.weight", &[8, 32]),
            ("model.layers.1.mlp.experts.gate_up_projs.{e}.weight", &[48, 32]),
            ("model.layers.1.mlp.experts.gate_up_projs.{e}.bias", &[48]),
            ("model.layers.1.mlp.experts.down_projs.{e}.weight", &[32, 24]),
            ("model.layers.1.mlp.experts.down_projs.{e}.bias", &[32]),
        ],
    );
    // Before about April 2024 GGUF had a tensor for each expert.
    one(
        "llama",
        &[
            ("blk.1.ffn_gate_inp.weight", &[8, 32]),
            ("blk.1.ffn_gate.{e}.weight", &[24, 32]),
            ("blk.1.ffn_up.{e}.weight", &[24, 32]),
            ("blk.1.ffn_down.{e}.weight", &[32, 24]),
        ],
    );
}

#[test]
fn orientation_is_read_from_shapes_and_said_where_they_do_not_show_it() {
    let of = |gate_up: [usize; 3], down: [usize; 3], hidden: usize| {
        let tensors = named(&[
            ("model.layers.0.mlp.gate.weight", &[8, hidden]),
            ("model.layers.0.mlp.experts.gate_up_proj", &gate_up),
            ("model.layers.0.mlp.experts.down_proj", &down),
        ]);
        let layout = decide(json!({"model_type": "qwen3_vl_moe"}), &tensors).unwrap();
        let places = layout.mixtures()[0].places().clone();
        (places.up.is_transposed, places.down.is_transposed, layout.disagreements().is_empty())
    };
    assert_eq!(of([8, 48, 32], [8, 32, 24], 32), (false, false, true));
    assert_eq!(of([8, 32, 48], [8, 24, 32], 32), (true, true, true));
    assert_eq!(of([8, 64, 32], [8, 32, 32], 32), (false, false, true), "a square down");
    assert_eq!(of([8, 32, 64], [8, 32, 32], 32), (true, true, true), "a square down");
    assert_eq!(of([8, 32, 32], [8, 32, 16], 32), (false, false, true), "a square pair");
    assert_eq!(of([8, 32, 32], [8, 16, 32], 32), (true, true, true), "a square pair");
    let square = named(&[
        ("model.layers.0.moe.gate.weight", &[8, 32]),
        ("model.layers.0.moe.gate_proj.weight", &[8, 32, 32]),
        ("model.layers.0.moe.up_proj.weight", &[8, 32, 32]),
        ("model.layers.0.moe.down_proj.weight", &[8, 32, 32]),
    ]);
    let layout = decide(json!({"model_type": "step3p5"}), &square).unwrap();
    assert_eq!(layout.disagreements(), [Disagreement::OrientationAssumed { key: "layer.0".into() }]);
}

fn usual() -> Vec<(String, Vec<usize>)> {
    named(&[
        ("model.layers.0.mlp.gate.weight", &[8, 32]),
        ("model.layers.0.mlp.experts.{e}.gate_proj.weight", &[24, 32]),
        ("model.layers.0.mlp.experts.{e}.up_proj.weight", &[24, 32]),
        ("model.layers.0.mlp.experts.{e}.down_proj.weight", &[32, 24]),
    ])
}

#[test]
fn what_the_config_says_otherwise_is_told() {
    let config = json!({"model_type": "olmoe", "num_experts": 9, "num_experts_per_tok": 10, "hidden_size": 33,
        "intermediate_size": 25, "num_hidden_layers": 2, "decoder_sparse_step": 2});
    let layout = decide(config, &usual()).unwrap();
    let key = || "layer.0".to_owned();
    assert_eq!(
        layout.disagreements(),
        [
            Disagreement::Experts { key: key(), config: 9, found: 8 },
            Disagreement::TopK { key: key(), config: 10, found: 8 },
            Disagreement::ExpertWidth { key: key(), config: 25, found: 24 },
            Disagreement::Hidden { key: key(), config: 33, found: 32 },
            Disagreement::Layers { config: vec![1], found: vec![0] },
        ]
    );
    let without: Vec<_> =
        usual().into_iter().filter(|(name, _)| !name.contains("experts.3.up") && !name.contains("experts.7")).collect();
    let layout = decide(json!({"model_type": "olmoe", "num_experts": 8}), &without).unwrap();
    assert_eq!(layout.mixtures()[0].missing(), [3, 7]);
    let without: Vec<_> = usual().into_iter().filter(|(name, _)| !name.contains("gate.weight")).collect();
    let layout = decide(json!({"model_type": "olmoe", "hidden_size": 32}), &without).unwrap();
    assert_eq!(layout.disagreements(), [Disagreement::NoRouter { key: key() }]);
    assert_eq!(layout.mixtures()[0].block(), "model.layers.0.mlp.");
}

#[test]
fn extra_layers_and_attention_stand_apart() {
    let layer = |name: &str| {
        usual().into_iter().map(|(tensor, shape)| (tensor.replace("model.layers.0", name), shape)).collect::<Vec<_>>()
    };
    let all = [layer("model.layers.1"), layer("model.layers.2"), layer("mtp.layers.0")].concat();
    let layout = decide(json!({"model_type": "qwen3_next", "num_hidden_layers": 2}), &all).unwrap();
    let keys: Vec<_> = layout.mixtures().iter().map(|mixture| (mixture.key(), mixture.role())).collect();
    assert_eq!(
        keys,
        [("layer.1", MixtureRole::Main), ("layer.2", MixtureRole::Extra), ("mtp.layer.0", MixtureRole::Extra)]
    );
    assert_eq!(layout.prefix(), "model.");
}

#[test]
fn tensors_that_do_not_go_together_are_refused_with_a_sentence() {
    let refused = |change: &dyn Fn(&mut Tensors), words: &[&str]| {
        let mut tensors = usual();
        change(&mut tensors);
        let error = decide(json!({"model_type": "olmoe", "hidden_size": 32}), &tensors).unwrap_err().to_string();
        words.iter().for_each(|word| assert!(error.contains(word), "“{word}” in: {error}"));
    };
    let shape = |tensors: &mut Tensors, part: &str, shape: &[usize]| {
        tensors.iter_mut().filter(|(name, _)| name.contains(part)).for_each(|(_, found)| *found = shape.to_vec());
    };
    refused(&|t| shape(t, "experts.5.up_proj", &[23, 32]), &["expert 5", "[23, 32]", "[24, 32]"]);
    refused(&|t| shape(t, "down_proj", &[32, 23]), &["down_proj", "23"]);
    refused(&|t| shape(t, "gate_proj", &[23, 32]), &["gate_proj", "[24, 32]"]);
    refused(&|t| shape(t, "up_proj", &[24, 31]), &["up_proj"]);
    refused(&|t| shape(t, "down_proj", &[0, 24]), &["down_proj"]);
    refused(&|t| shape(t, "down_proj", &[usize::MAX, usize::MAX]), &["down_proj"]);
    refused(&|t| t.retain(|(name, _)| !name.contains("down_proj")), &["incomplete", "down"]);
    refused(&|t| t.clear(), &["no mixture of experts"]);
    refused(&|t| t.push(("model.layers.0.mlp.experts.up_proj".into(), vec![8, 24, 32])), &["stored twice"]);
    refused(&|t| t.push(("model.layers.0.mlp.experts.70000.up_proj.weight".into(), vec![24, 32])), &["70001"]);
    refused(&|t| shape(t, "mlp.gate.weight", &[1 << 40, 0]), &["1099511627776", "65536"]);
    refused(&|t| shape(t, "mlp.gate.weight", &[0, 0]), &["one axis of 0"]);
}
