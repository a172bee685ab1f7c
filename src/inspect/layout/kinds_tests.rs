//! Layers whose experts are of two kinds, for text and for pictures, in one numbering; and packed experts of two numbers a byte.

use std::fs;

use serde_json::json;

use super::*;
use crate::inspect::model::Model;

/// A tensor as it is written: name, type, shape, bytes.
type Written = (String, &'static str, Vec<usize>, Vec<u8>);

/// A folder with these tensors and this config.
fn folder(config: &serde_json::Value, tensors: &[Written]) -> tempfile::TempDir {
    let (mut header, mut data) = (serde_json::Map::new(), Vec::new());
    for (name, kind, shape, bytes) in tensors {
        let begin = data.len();
        data.extend_from_slice(bytes);
        header.insert(name.clone(), json!({"dtype": kind, "shape": shape, "data_offsets": [begin, data.len()]}));
    }
    let header = serde_json::Value::Object(header).to_string();
    let mut file = (header.len() as u64).to_le_bytes().to_vec();
    file.extend_from_slice(header.as_bytes());
    file.extend_from_slice(&data);
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("model.safetensors"), file).unwrap();
    fs::write(folder.path().join("config.json"), config.to_string()).unwrap();
    folder
}

/// Numbers `from`, `from + 1`, … as F32.
fn counted(name: String, shape: &[usize], from: f32) -> Written {
    let count = shape.iter().product::<usize>();
    let bytes = (0..count).flat_map(|place| (from + place as f32).to_le_bytes()).collect();
    (name, "F32", shape.to_vec(), bytes)
}

fn vision_model(width: [usize; 2]) -> tempfile::TempDir {
    let (text, vision, hidden) = (3, 2, 4);
    let block = "model.layers.1.mlp";
    let mut tensors = vec![
        counted(format!("{block}.gate.weight"), &[hidden, text], 0.0),
        counted(format!("{block}.gate.weight_1"), &[hidden, vision], 100.0),
    ];
    for expert in 0..text + vision {
        let width = width[usize::from(expert >= text)];
        let from = 1000.0 * expert as f32;
        tensors.push(counted(format!("{block}.experts.{expert}.gate_proj.weight"), &[width, hidden], from));
        tensors.push(counted(format!("{block}.experts.{expert}.up_proj.weight"), &[width, hidden], from + 300.0));
        tensors.push(counted(format!("{block}.experts.{expert}.down_proj.weight"), &[hidden, width], from + 600.0));
    }
    let config = json!({"model_type": "ernie4_5_moe_vl", "hidden_size": hidden, "num_hidden_layers": 4,
        "moe_num_experts": [text, vision], "moe_intermediate_size": width, "moe_k": 2});
    folder(&config, &tensors)
}

#[test]
fn experts_for_pictures_are_a_mixture_of_their_own() {
    for width in [[6, 2], [6, 6]] {
        let folder = vision_model(width);
        let model = Model::open(folder.path()).unwrap();
        assert_eq!(model.layout().disagreements(), [], "{width:?}");
        let keys: Vec<_> = model.mixtures().iter().map(|mixture| (mixture.key(), mixture.role())).collect();
        assert_eq!(keys, [("layer.1", MixtureRole::Main), ("vision.layer.1", MixtureRole::Vision)], "{width:?}");
        for (mixture, (experts, width, first)) in model.mixtures().iter().zip([(3, width[0], 0), (2, width[1], 3)]) {
            assert_eq!((mixture.experts(), mixture.expert_width(), mixture.hidden()), (experts, width, 4));
            for expert in 0..experts {
                let read = model.expert(mixture, expert).unwrap();
                let from = 1000.0 * (first + expert) as f32;
                let begin = |matrix: &crate::inspect::WeightMatrix| matrix.values()[0];
                assert_eq!(read.gate.as_ref().map(begin), Some(from), "{} {expert}", mixture.key());
                assert_eq!((begin(&read.up), begin(&read.down)), (from + 300.0, from + 600.0));
            }
        }
        // A column of what is stored is the row of an expert.
        let router = model.router(&model.mixtures()[1]).unwrap().unwrap();
        assert_eq!((router.rows.rows(), router.rows.row(1)), (2, &[101.0, 103.0, 105.0, 107.0][..]));
    }
}

#[test]
fn each_kind_has_its_row_of_the_correction() {
    let block = "model.layers.0.mlp";
    let mut tensors = vec![
        counted(format!("{block}.gate.weight"), &[4, 2], 0.0),
        counted(format!("{block}.gate.weight_1"), &[4, 2], 0.0),
        counted(format!("{block}.moe_statics.e_score_correction_bias"), &[2, 2], 10.0),
    ];
    for expert in 0..4 {
        for (part, shape) in [("gate", [6, 4]), ("up", [6, 4]), ("down", [4, 6])] {
            tensors.push(counted(format!("{block}.experts.{expert}.{part}_proj.weight"), &shape, 0.0));
        }
    }
    let config = json!({"model_type": "ernie4_5_moe_vl", "hidden_size": 4, "num_hidden_layers": 1,
        "moe_num_experts": [2, 2], "moe_intermediate_size": [6, 6], "moe_k": 1});
    let folder = folder(&config, &tensors);
    let model = Model::open(folder.path()).unwrap();
    let corrections: Vec<_> = model
        .mixtures()
        .iter()
        .map(|mixture| model.router(mixture).unwrap().unwrap().correction_bias.unwrap())
        .collect();
    assert_eq!(corrections, [[10.0, 11.0], [12.0, 13.0]]);
}

/// FP4 of the OCP Microscaling Formats specification, and powers of two biased by 127.
const FP4: [f32; 16] = [0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 6.0, -0.0, -0.5, -1.0, -1.5, -2.0, -3.0, -4.0, -6.0];

#[test]
fn fp4_in_pairs_takes_the_scale_of_its_thirty_two_numbers() {
    let (experts, hidden, width) = (2, 64, 32);
    let mut tensors = vec![counted("layers.0.ffn.gate.weight".into(), &[experts, hidden], 0.0)];
    let byte = |place: usize| (place * 37 + 11) as u8;
    let scale = |place: usize| 120 + (place % 9) as u8;
    for expert in 0..experts {
        for (part, [rows, columns]) in [("w1", [width, hidden]), ("w3", [width, hidden]), ("w2", [hidden, width])] {
            let name = format!("layers.0.ffn.experts.{expert}.{part}");
            let bytes = (0..rows * columns / 2).map(byte).collect();
            tensors.push((format!("{name}.weight"), "I8", vec![rows, columns / 2], bytes));
            let scales = (0..rows * columns / 32).map(scale).collect();
            tensors.push((format!("{name}.scale"), "F8_E8M0", vec![rows, columns / 32], scales));
        }
    }
    let config = json!({"model_type": "deepseek_v4", "hidden_size": hidden, "num_hidden_layers": 1,
        "n_routed_experts": experts, "moe_intermediate_size": width, "num_experts_per_tok": 1});
    let folder = folder(&config, &tensors);
    let model = Model::open(folder.path()).unwrap();
    assert_eq!(model.layout().disagreements(), []);
    assert_eq!(model.parameters() as usize, experts * hidden + experts * 3 * width * hidden);
    let mixture = &model.mixtures()[0];
    assert_eq!((mixture.experts(), mixture.expert_width(), mixture.hidden()), (experts, width, hidden));
    for matrix in [model.expert(mixture, 1).unwrap().up, model.expert(mixture, 1).unwrap().down] {
        for (place, &found) in matrix.values().iter().enumerate() {
            let pair = byte(place / 2);
            let number = FP4[usize::from(if place % 2 == 0 { pair & 15 } else { pair >> 4 })];
            let power = 2f32.powi(i32::from(scale(place / 32)) - 127);
            assert_eq!(found, number * power, "{place}");
        }
    }
}
