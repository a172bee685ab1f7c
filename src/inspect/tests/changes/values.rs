//! Changes to values of a config, a tokenizer or an index of shards.

use serde_json::{Map, Value, json};

use super::ChangeChoices;
use super::tensors::renumbered;

/// Changes which file holds a tensor.
pub fn change_index(choices: &mut ChangeChoices, map: &mut Map<String, Value>) {
    let names: Vec<String> = map.keys().cloned().collect();
    if names.is_empty() {
        return;
    }
    let (name, other) = (choices.of(&names), choices.of(&names));
    let file = map[&other].clone();
    match choices.below(6) {
        0 => _ = map.remove(&name),
        1 => _ = map.insert(renumbered(choices, &name), file),
        2 => _ = map.insert(name, json!("model-00009-of-00009.safetensors")),
        3 => _ = map.insert(name, json!("../config.json")),
        4 => _ = map.insert(name, json!(7)),
        _ => _ = map.insert(name, file),
    }
}

/// Changes a value of a config or a tokenizer, takes it away, or adds one that configs have.
pub fn change(choices: &mut ChangeChoices, value: &mut Value) {
    const WORDS: [&str; 26] = [
        "mixtral",
        "olmoe",
        "qwen2_moe",
        "qwen3_moe",
        "deepseek_v2",
        "deepseek_v3",
        "gpt_oss",
        "dots1",
        "phimoe",
        "llama4_text",
        "granitemoe",
        "dbrx",
        "glm4_moe",
        "default",
        "yarn",
        "linear",
        "dynamic",
        "longrope",
        "llama3",
        "sigmoid",
        "gelu",
        "noaux_tc",
        "group_limited_greedy",
        "full_attention",
        "sliding_attention",
        "fp8",
    ];
    const KEYS: [&str; 26] = [
        "num_attention_heads",
        "num_key_value_heads",
        "head_dim",
        "hidden_size",
        "num_hidden_layers",
        "num_experts_per_tok",
        "num_local_experts",
        "num_experts",
        "n_group",
        "topk_group",
        "first_k_dense_replace",
        "sliding_window",
        "vocab_size",
        "q_lora_rank",
        "kv_lora_rank",
        "qk_rope_head_dim",
        "qk_nope_head_dim",
        "v_head_dim",
        "moe_intermediate_size",
        "intermediate_size",
        "decoder_sparse_step",
        "rotary_dim",
        "partial_rotary_factor",
        "routed_scaling_factor",
        "max_position_embeddings",
        "n_shared_experts",
    ];
    if let Some(object) = value.as_object_mut().filter(|_| choices.below(4) == 0) {
        let number = choices.size(8);
        let (factor, kind) = (choices.of(&[0.0, 0.5, 1.0, 4.0, 1e300]), choices.of(&WORDS[13..19]));
        let (key, added) = match choices.below(4) {
            0 => (
                "rope_scaling",
                json!({"rope_type": kind, "factor": factor, "original_max_position_embeddings": number,
                "low_freq_factor": 1.0, "high_freq_factor": factor, "short_factor": [1.0, factor], "long_factor": [factor]}),
            ),
            1 => (
                "quantization_config",
                json!({"quant_method": "fp8", "weight_block_size": [number, choices.size(128)]}),
            ),
            2 => ("layer_types", json!(vec![choices.of(&WORDS[23..25]); choices.below(5)])),
            _ => (choices.of(&KEYS), json!(number)),
        };
        object.insert(key.to_owned(), added);
        return;
    }
    match value {
        Value::Object(object) if !object.is_empty() => {
            let keys: Vec<String> = object.keys().cloned().collect();
            let key = choices.of(&keys);
            if choices.below(12) == 0 {
                object.remove(&key);
            } else {
                change(choices, &mut object[&key]);
            }
        }
        Value::Array(list) if !list.is_empty() => {
            let place = choices.below(list.len());
            match choices.below(6) {
                0 => _ = list.remove(place),
                1 => list.push(list[place].clone()),
                _ => change(choices, &mut list[place]),
            }
        }
        Value::Bool(flag) => *flag = !*flag,
        Value::Number(number) => {
            let was = number.as_u64().unwrap_or(1);
            *value = match choices.below(6) {
                0 => choices.of(&[json!(-1), json!(0.5), json!(1e-30), json!(1e300), json!(null), json!([2, 3])]),
                _ => json!(choices.size(was)),
            };
        }
        Value::String(_) => *value = json!(choices.of(&WORDS)),
        _ => *value = json!(choices.size(8)),
    }
}
