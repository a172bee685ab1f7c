//! Tests of public checkpoints: their numbers against what their own libraries say they mean.

mod altered;
mod changes;

use std::path::{Path, PathBuf};

use super::files::tests::made::{Folder, Gguf, safetensors};
use super::numbers::StoredKind;
use super::{InspectError, StoredFiles, TensorFault};

/// The shipped folders of safetensors; beside them there is `gguf`.
pub(super) const SAFETENSORS_FOLDERS: [&str; 17] = [
    "deepseek_v3",
    "deepseek_v3_fp8",
    "dots1",
    "gpt_oss",
    "gpt_oss_mxfp4",
    "granitemoe",
    "jetmoe",
    "llama4_text",
    "minimax",
    "mixtral",
    "mixtral_v5",
    "olmoe",
    "phimoe",
    "qwen2_moe",
    "qwen3_next",
    "qwen3_vl_moe",
    "switch_transformers",
];

fn public(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/public").join(name)
}

fn open(name: &str) -> StoredFiles {
    StoredFiles::open(&public(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

/// All numbers of a tensor.
fn numbers(files: &StoredFiles, name: &str) -> Vec<f32> {
    files.weight(name).unwrap().unwrap_or_else(|| panic!("no {name}")).vector().unwrap()
}

#[test]
fn every_block_of_gguf_is_what_its_library_says() {
    let (files, expected) = (open("gguf/quants.gguf"), open("gguf/quants.expected.safetensors"));
    let mut kinds = Vec::new();
    for tensor in files.tensors() {
        let expected = numbers(&expected, tensor.kind());
        let found = numbers(&files, tensor.name());
        assert_eq!(found.len(), expected.len());
        for (place, (found, expected)) in found.into_iter().zip(expected).enumerate() {
            assert!(
                (found - expected).abs() <= 1e-6 * expected.abs(),
                "{} {place}: {found}, {expected}",
                tensor.kind()
            );
        }
        kinds.push(tensor.kind().to_owned());
    }
    kinds.sort();
    let known = "IQ4_NL IQ4_XS MXFP4 Q2_K Q3_K Q4_0 Q4_1 Q4_K Q5_0 Q5_1 Q5_K Q6_K Q8_0";
    assert_eq!(kinds.join(" "), known);
}

/// Frobenius norm in double precision.
fn norm<'a>(numbers: impl IntoIterator<Item = &'a f32>) -> f64 {
    numbers.into_iter().map(|&number| f64::from(number).powi(2)).sum::<f64>().sqrt()
}

fn close(found: f64, expected: f32, what: &str) {
    let expected = f64::from(expected);
    assert!((found - expected).abs() <= 1e-4 * expected.abs(), "{what}: {found}, {expected}");
}

/// 16 × 16 blocks over 24 × 32 and 32 × 24 matrices: the last ones are partial.
#[test]
fn fp8_takes_the_scales_of_its_blocks() {
    let (files, expected) = (open("deepseek_v3_fp8"), open("deepseek_v3_fp8/expected.safetensors"));
    for layer in [1, 2] {
        for part in ["gate", "up", "down"] {
            let norms = numbers(&expected, &format!("layer.{layer}.health.{part}_norm"));
            for (expert, expected) in norms.into_iter().enumerate() {
                let name = format!("model.layers.{layer}.mlp.experts.{expert}.{part}_proj.weight");
                assert_eq!(files.tensor(&name).unwrap().kind(), "F8_E4M3");
                let found = numbers(&files, &name);
                close(norm(&found), expected, &name);
                // The norm does not see a scale at the wrong place as long as it is of the right size; loops do.
                let (rows, columns) = if part == "down" { (32, 24) } else { (24, 32) };
                let scales = numbers(&files, &format!("{name}_scale_inv"));
                let raw = raw_e4m3(&files, &name);
                for (place, found) in found.into_iter().enumerate() {
                    let (row, column) = (place / columns, place % columns);
                    assert!(row < rows);
                    let scale = scales[row / 16 * columns.div_ceil(16) + column / 16];
                    assert_eq!(found, (raw[place] * f64::from(scale)) as f32, "{name} {row} {column}");
                }
            }
        }
    }
}

/// The numbers of an FP8 tensor without its scales, by the definition of E4M3.
fn raw_e4m3(files: &StoredFiles, name: &str) -> Vec<f64> {
    let tensor = files.tensor(name).unwrap();
    let file = std::fs::read(files.files()[tensor.file].path()).unwrap();
    let bytes = &file[tensor.at as usize..][..tensor.bytes() as usize];
    let value = |byte: u8| {
        let (exponent, mantissa) = (i32::from(byte >> 3 & 15), f64::from(byte & 7) / 8.0);
        let magnitude =
            if exponent == 0 { mantissa * 2f64.powi(-6) } else { (1.0 + mantissa) * 2f64.powi(exponent - 7) };
        if byte > 127 { -magnitude } else { magnitude }
    };
    bytes.iter().map(|&byte| value(byte)).collect()
}

/// Gate and up are the even and the odd rows of one tensor.
#[test]
fn mxfp4_takes_the_scales_of_its_groups() {
    let (files, expected) = (open("gpt_oss_mxfp4"), open("gpt_oss_mxfp4/expected.safetensors"));
    for layer in [0, 1] {
        let weight = |part: &str| files.weight(&format!("model.layers.{layer}.mlp.experts.{part}")).unwrap().unwrap();
        let (fused, down) = (weight("gate_up_proj"), weight("down_proj"));
        assert_eq!((fused.shape(), down.shape()), (&[8, 64, 64][..], &[8, 64, 32][..]));
        let norms = |part: &str| numbers(&expected, &format!("layer.{layer}.health.{part}_norm"));
        let (gate_norms, up_norms, down_norms) = (norms("gate"), norms("up"), norms("down"));
        for expert in 0..8 {
            let mut rows = vec![0.0; 64 * 64];
            fused.read(expert * 64 * 64..(expert + 1) * 64 * 64, &mut rows).unwrap();
            let half = |first: usize| rows.chunks(64).skip(first).step_by(2).flatten();
            close(norm(half(0)), gate_norms[expert], "gate");
            close(norm(half(1)), up_norms[expert], "up");
            let mut rows = vec![0.0; 64 * 32];
            down.read(expert * 64 * 32..(expert + 1) * 64 * 32, &mut rows).unwrap();
            close(norm(&rows), down_norms[expert], "down");
        }
    }
}

/// Pairs of numbers in the order of the format: low half first, then the high half of the same byte.
#[test]
fn mxfp4_by_hand() {
    let folder = Folder::new();
    let mut bytes = safetensors(&[("x_blocks", "U8", &[1, 16], 16), ("x_scales", "U8", &[1], 1)]);
    let data = bytes.len() - 17;
    bytes[data..data + 3].copy_from_slice(&[0x21, 0xf7, 0x80]);
    bytes[data + 16] = 129;
    let files = StoredFiles::open(&folder.with("m.safetensors", bytes)).unwrap();
    let weight = files.weight("x").unwrap().unwrap();
    assert_eq!(weight.shape(), [32]);
    let found = weight.vector().unwrap();
    assert_eq!(found[..6], [0.5 * 4.0, 4.0, 6.0 * 4.0, -6.0 * 4.0, 0.0, -0.0]);
}

/// A tensor of each type that is read, with random bytes, larger than what is read at a time.
fn of_every_type() -> (Folder, StoredFiles) {
    const COUNT: usize = 300 * 1024;
    let folder = Folder::new();
    let mut made = Gguf::new(0);
    let mut at = 0;
    for kind in (0..48).filter(|&kind| StoredKind::of_gguf(kind).codec().is_some()) {
        let (elements, bytes) = StoredKind::of_gguf(kind).block().unwrap();
        made = made.tensor(&format!("t{kind}"), &[1024, 300], kind, at);
        at += (COUNT as u64 / elements * bytes).next_multiple_of(32);
    }
    made.data = at as usize;
    let files = StoredFiles::open(&folder.with("m.gguf", made.bytes())).unwrap();
    (folder, files)
}

#[test]
fn any_stretch_is_that_part_of_the_whole() {
    let (_folder, files) = of_every_type();
    assert_eq!(files.tensors().count(), 17);
    for tensor in files.tensors() {
        let weight = files.weight(tensor.name()).unwrap().unwrap();
        let whole: Vec<u32> = weight.vector().unwrap().iter().map(|number| number.to_bits()).collect();
        for (begin, end) in
            [(0, 1), (31, 33), (255, 257), (1000, 1000), (5, 270_000), (262_143, 262_145), (307_199, 307_200)]
        {
            let mut part = vec![0.0; end - begin];
            weight.read(begin..end, &mut part).unwrap();
            let part: Vec<u32> = part.iter().map(|number| number.to_bits()).collect();
            assert!(part == whole[begin..end], "{} {begin}..{end}", tensor.kind());
        }
        for (begin, end, room) in [(0, 307_201, 307_201), (5, 4, 0), (0, 2, 3), (usize::MAX, usize::MAX, 0)] {
            let outside = weight.read(begin..end, &mut vec![0.0; room]);
            assert!(matches!(outside, Err(InspectError::Tensor { fault: TensorFault::Outside { .. }, .. })));
        }
    }
}

/// Blocks of 3 × 5 over two matrices of 7 × 11, read from any number on.
#[test]
fn a_grid_of_scales_lies_over_each_matrix() {
    let folder = Folder::new();
    folder.with("config.json", r#"{"text_config":{"quantization_config":{"weight_block_size":[3,5]}}}"#);
    let mut bytes = safetensors(&[("x", "F8_E5M2", &[2, 7, 11], 154), ("x_scale_inv", "F8_E8M0", &[2, 3, 3], 18)]);
    let data = bytes.len() - 172;
    bytes[data..data + 154].fill(0x3c);
    for (cell, byte) in bytes[data + 154..].iter_mut().enumerate() {
        *byte = 120 + cell as u8;
    }
    let files = StoredFiles::open(&folder.with("m.safetensors", bytes)).unwrap();
    let weight = files.weight("x").unwrap().unwrap();
    for begin in 0..154 {
        let mut found = vec![0.0; 154 - begin];
        weight.read(begin..154, &mut found).unwrap();
        for (place, found) in (begin..154).zip(found) {
            let (matrix, row, column) = (place / 77, place % 77 / 11, place % 11);
            let cell = matrix * 9 + row / 3 * 3 + column / 5;
            assert_eq!(f64::from(found), 2f64.powi(cell as i32 - 7), "{begin} {place}");
        }
    }
}

/// FP8 with a scale for each row or for each matrix.
#[test]
fn rows_and_matrices_have_scales() {
    let folder = Folder::new();
    let shape: &[u64] = &[2, 3, 4];
    for (scales, count, row_of) in [
        (&[2, 3, 1][..], 6, [0, 1, 2, 3, 4, 5]),
        (&[2, 3], 6, [0, 1, 2, 3, 4, 5]),
        (&[2, 1, 1], 2, [0, 0, 0, 1, 1, 1]),
        (&[2, 1], 2, [0, 0, 0, 1, 1, 1]),
        (&[2], 2, [0, 0, 0, 1, 1, 1]),
    ] {
        let mut bytes = safetensors(&[("x", "F8_E4M3", shape, 24), ("x_scale", "F32", scales, 4 * count)]);
        let data = bytes.len() - 24 - 4 * count;
        bytes[data..data + 24].fill(0x40);
        for scale in 0..count {
            bytes[data + 24 + 4 * scale..][..4].copy_from_slice(&(scale as f32 + 1.0).to_le_bytes());
        }
        let files = StoredFiles::open(&folder.with("m.safetensors", bytes)).unwrap();
        let expected: Vec<f32> = row_of.iter().flat_map(|&scale| [2.0 * (scale as f32 + 1.0); 4]).collect();
        assert_eq!(numbers(&files, "x"), expected, "{scales:?}");
    }
    // A scale for each column, or for groups within a row, is not known.
    for scales in [&[2, 4][..], &[2, 3, 2], &[3, 1]] {
        let count = scales.iter().product::<u64>() as usize;
        let made = safetensors(&[("x", "F8_E4M3", shape, 24), ("x_scale", "F32", scales, 4 * count)]);
        let files = StoredFiles::open(&folder.with("m.safetensors", made)).unwrap();
        assert!(files.weight("x").is_err(), "{scales:?}");
    }
}

/// What stands beside a weight and is not understood.
#[test]
fn numbers_in_an_unknown_format_are_not_given_out() {
    let folder = Folder::new();
    for (beside, tensors, told) in [
        ("GPTQ", vec![("a.qweight", "I32", 4), ("a.scales", "F16", 2)], "GPTQ or AWQ"),
        ("compressed", vec![("a.weight_packed", "I32", 4), ("a.weight_scale", "BF16", 2)], "compressed-tensors"),
        ("bitsandbytes", vec![("a.weight", "U8", 1), ("a.weight.absmax", "F32", 4)], "bitsandbytes"),
        (
            "NVFP4",
            vec![("a.weight", "U8", 1), ("a.weight_scale", "F8_E4M3", 1), ("a.weight_scale_2", "F32", 4)],
            "NVFP4",
        ),
        ("INT8", vec![("a.weight", "I8", 1), ("a.weight_scale", "BF16", 2)], "a scale for each"),
        ("V4", vec![("a.weight", "I8", 1), ("a.scale", "F8_E8M0", 1)], "eight bits or fewer"),
    ] {
        let tensors: Vec<(&str, &str, &[u64], usize)> =
            tensors.into_iter().map(|(name, kind, bytes)| (name, kind, &[1][..], bytes)).collect();
        let files = StoredFiles::open(&folder.with("m.safetensors", safetensors(&tensors))).unwrap();
        let error = files.weight("a.weight").unwrap_err();
        let InspectError::Tensor { fault: TensorFault::UnknownQuantisation { .. }, .. } = &error else {
            panic!("{error}")
        };
        assert!(error.to_string().contains(told), "{beside}: {error}");
    }
    // Plain numbers with a parameter called scale beside them.
    let plain = safetensors(&[("a.weight", "BF16", &[1], 2), ("a.scale", "F32", &[1], 4)]);
    let files = StoredFiles::open(&folder.with("m.safetensors", plain)).unwrap();
    assert_eq!(files.weight("a.weight").unwrap().unwrap().len(), 1);
}

#[test]
fn scales_that_do_not_fit_are_refused() {
    let folder = Folder::new();
    let scaled = |kind, shape: &'static [u64], scales: &'static [u64]| {
        let bytes = |shape: &[u64]| shape.iter().product::<u64>() as usize;
        let made = [
            ("x", "F8_E4M3", shape, bytes(shape)),
            ("x_scale_inv", kind, scales, bytes(scales) * if kind == "U8" { 1 } else { 4 }),
        ];
        StoredFiles::open(&folder.with("m.safetensors", safetensors(&made))).unwrap()
    };
    // A hundred and thirty rows are two blocks of the usual 128.
    for scales in [&[2, 1][..], &[], &[1]] {
        assert!(scaled("F32", &[130, 3], scales).weight("x").unwrap().is_some(), "{scales:?}");
    }
    assert!(scaled("U8", &[130, 3], &[2, 1]).weight("x").unwrap().is_some());
    for (shape, scales) in [(&[130, 3][..], &[1, 2][..]), (&[130, 3], &[1, 1]), (&[130], &[2]), (&[2, 130, 3], &[1])] {
        let files = scaled("F32", shape, scales);
        let error = files.weight("x").unwrap_err();
        assert!(matches!(error, InspectError::Tensor { fault: TensorFault::Scales { .. }, .. }), "{error}");
    }
    let error = scaled("I32", &[130, 3], &[2, 1]).weight("x").map(|_| ()).unwrap_err();
    assert!(error.to_string().contains("x_scale_inv"), "{error}");
    folder.with("config.json", r#"{"quantization_config":{"weight_block_size":[0,128]}}"#);
    assert!(scaled("F32", &[130, 3], &[2, 1]).weight("x").is_err());
    let uneven = safetensors(&[("y_blocks", "U8", &[2, 16], 32), ("y_scales", "U8", &[1], 1)]);
    let files = StoredFiles::open(&folder.with("m.safetensors", uneven)).unwrap();
    assert!(matches!(files.weight("y"), Err(InspectError::Tensor { fault: TensorFault::Scales { .. }, .. })));
}
