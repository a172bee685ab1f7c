//! Tests of public checkpoints: their numbers against what their own libraries say they mean.

use std::path::{Path, PathBuf};

use super::StoredFiles;

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
