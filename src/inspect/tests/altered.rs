//! Whole checkpoints with a file changed so that most of them still open: inspected, routed and compared without a panic.
//!
//! A quarter of `PROPTEST_CASES` are tried, 256 if it does not say; `PROPTEST_CASES=400000` tries longer.

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;

use proptest::prelude::*;
use serde_json::json;

use super::changes::{ChangeChoices, change};
use crate::inspect::{InspectReport, InspectScope, Model, TextWishes, Vocabulary, route_text, weights_difference};

/// Folders whose layouts have little in common: shards, scales and latent attention, blocks of MXFP4, GGUF.
const FOLDERS: [&str; 4] = ["mixtral", "deepseek_v3_fp8", "gpt_oss_mxfp4", "gguf/tiny-olmoe.gguf"];

fn tokenizer() -> Vec<u8> {
    json!({"version": "1.0", "truncation": null, "padding": null, "normalizer": null, "decoder": null,
        "added_tokens": [{"id": 9, "content": "<s>", "single_word": false, "lstrip": false, "rstrip": false,
            "normalized": false, "special": true}],
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": false, "use_regex": true},
        "post_processor": null,
        "model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "Ġ": 2, "ab": 3, "Ġab": 4}, "merges": [["a", "b"], ["Ġ", "ab"]]}})
    .to_string()
    .into_bytes()
}

/// Everything that is done with a checkpoint; an error is an answer as well.
fn try_all(path: &Path, whole: &Model, competes: bool) -> bool {
    let Ok(model) = Model::open(path) else { return false };
    assert!(serde_json::to_string(&InspectReport::manifest(&model)).unwrap().len() < 1 << 20);
    let scope = InspectScope::default();
    let _ = InspectReport::measure(
        &model,
        &scope,
        |_| (),
        &|_| true,
        |_, layer| {
            assert!(serde_json::to_string(&layer).is_ok());
            Ok(())
        },
    );
    for mixture in model.mixtures() {
        let _ = (model.shared(mixture), model.block_bias(mixture));
    }
    let mut ids = vec![5, 36, 67, 98];
    if let Ok(vocabulary) = Vocabulary::of(&model)
        && let Ok(tokens) = vocabulary.tokens("ab ab, ä")
    {
        ids.extend(tokens.iter().map(|token| token.id));
    }
    let wishes = TextWishes { compete: competes, dump: None };
    let _ = route_text(&model, &ids, wishes, &mut |_| ControlFlow::Continue(()));
    let _ = weights_difference(&model, whole, &scope, |_| (), &|_| true);
    true
}

fn altered(seed: u64) -> bool {
    let mut choices = ChangeChoices(seed);
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/public").join(FOLDERS[choices.below(FOLDERS.len())]);
    let whole = Model::open(&from).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let is_file = from.is_file();
    let beside = if is_file { from.parent().unwrap() } else { &from };
    let mut files: Vec<_> = fs::read_dir(beside).unwrap().map(|entry| entry.unwrap().path()).collect();
    let is_beside = |path: &Path| path.file_stem().is_some_and(|stem| stem == "expected" || stem == "tensors");
    files.retain(|path| !is_beside(path) && (!is_file || *path == from));
    files.sort();
    let changed = choices.below(files.len() + usize::from(!is_file));
    for (place, file) in files.iter().enumerate() {
        let (name, bytes) = (file.file_name().unwrap().to_str().unwrap(), fs::read(file).unwrap());
        let bytes = if place == changed { change(&mut choices, name, &bytes) } else { bytes };
        // A shard may be lost.
        if place != changed || is_file || choices.below(20) > 0 {
            fs::write(folder.path().join(name), bytes).unwrap();
        }
    }
    if !is_file {
        let bytes = tokenizer();
        let bytes = if changed == files.len() { change(&mut choices, "tokenizer.json", &bytes) } else { bytes };
        fs::write(folder.path().join("tokenizer.json"), bytes).unwrap();
    }
    let path = if is_file { folder.path().join(from.file_name().unwrap()) } else { folder.path().to_owned() };
    try_all(&path, &whole, choices.below(2) == 0)
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: ProptestConfig::default().cases.div_ceil(4), failure_persistence: None, ..ProptestConfig::default()
    })]

    #[test]
    fn altered_checkpoints_are_refused_or_inspected(seed in any::<u64>().no_shrink()) {
        altered(seed);
    }
}

/// Else nothing but the opening would be tried.
#[test]
fn many_alterations_are_met_behind_the_opening() {
    let opened = (0..24).filter(|seed| altered(*seed)).count();
    assert!((8..24).contains(&opened), "{opened} of 24 were opened");
}
