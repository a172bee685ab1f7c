//! Routing dumps that are refused: shapes, types, indices and files that do not fit, each told with its place.

use std::fs;

use crate::program::complaint;

use crate::diagnose::{Entry, floats, refused, run, small, whole, write};

#[test]
fn shapes_that_do_not_fit_are_told() {
    let logits = || floats("router.logits", &[2, 3], &[0.0; 6]);
    let with = |entry: Entry| [logits(), entry];
    refused(&[floats("router.logits", &[6], &[0.0; 6])], "", &["“router.logits” has shape [6]; expected [T, N]"]);
    refused(&[floats("router.logits", &[0, 3], &[])], "", &["“router.logits” has shape [0, 3]", "at least one token"]);
    refused(&[floats("router.logits", &[3, 0], &[])], "", &["“router.logits” has shape [3, 0]"]);
    let [wide, long] = [[2, 4], [4, 2]];
    refused(
        &with(floats("affinity.scores", &wide, &[0.0; 8])),
        "",
        &["“affinity.scores” has shape [2, 4]", "2 tokens"],
    );
    refused(&with(floats("hidden", &long, &[0.0; 8])), "", &["“hidden” has shape [4, 2]; expected [T, D]"]);
    refused(&with(floats("hidden", &[2, 0], &[])), "", &["“hidden” has shape [2, 0]", "D at least 1"]);
    refused(
        &with(floats("expert_outputs", &[2, 3], &[0.0; 6])),
        "",
        &["“expert_outputs” has shape [2, 3]", "[T, N, D]"],
    );
    refused(&with(floats("expert_outputs", &[2, 2, 1], &[0.0; 4])), "", &["“expert_outputs” has shape [2, 2, 1]"]);
    refused(&with(whole("labels", &[3], &[0; 3])), "", &["“labels” has shape [3]; expected [T], 2 tokens"]);
    refused(&with(whole("topk.index", &[2], &[0; 2])), "", &["“topk.index” has shape [2]; expected [T, k]"]);
    refused(&with(whole("topk.index", &[2, 4], &[0; 8])), "", &["“topk.index” has shape [2, 4]", "k from 1 to 3"]);
    refused(&with(whole("topk.index", &[2, 0], &[])), "", &["“topk.index” has shape [2, 0]"]);
}

#[test]
fn numbers_that_are_none_are_placed() {
    let logits = || floats("router.logits", &[2, 2], &[0.0; 4]);
    let nan = f32::NAN;
    refused(&[floats("router.logits", &[2, 2], &[0.0, 1.0, 2.0, nan])], "", &["“router.logits” holds NaN at [1, 1]"]);
    let infinite = floats("affinity.scores", &[2, 2], &[0.0, f32::NEG_INFINITY, 2.0, nan]);
    refused(&[logits(), infinite], "", &["“affinity.scores” holds -inf at [0, 1]; expected finite numbers"]);
    refused(&[logits(), floats("hidden", &[2, 1], &[0.0, nan])], "", &["“hidden” holds NaN at [1, 0]"]);
    let outputs = floats("expert_outputs", &[2, 2, 3], &[0., 0., 0., 0., 0., 0., 0., 0., 0., 0., f32::INFINITY, 0.]);
    refused(&[logits(), outputs], "", &["“expert_outputs” holds inf at [1, 1, 1]"]);
}

#[test]
fn types_and_indices_that_do_not_fit_are_told() {
    let logits = || floats("router.logits", &[2, 3], &[0.0; 6]);
    let with = |entry: Entry| [logits(), entry];
    refused(
        &[whole("router.logits", &[2, 1], &[0; 2])],
        "",
        &["“router.logits” has type I64; expected F64, F32, F16 or BF16"],
    );
    refused(&with(whole("hidden", &[2, 1], &[0; 2])), "", &["“hidden” has type I64"]);
    refused(&with(floats("labels", &[2], &[0.0; 2])), "", &["“labels” has type F32; expected I64"]);
    refused(&with(floats("topk.index", &[2, 1], &[0.0; 2])), "", &["“topk.index” has type F32"]);
    refused(
        &with(whole("topk.index", &[2, 2], &[0, 1, 2, 3])),
        "",
        &["“topk.index” holds 3 at [1, 1]; expected 0 to 2"],
    );
    refused(&with(whole("topk.index", &[2, 1], &[0, -2])), "", &["“topk.index” holds -2 at [1, 0]", "0 to 2, or -1"]);
    refused(&with(whole("topk.index", &[2, 2], &[0, 1, 2, 2])), "", &["“topk.index” names expert 2 twice in row 1"]);
    refused(&with(whole("labels", &[2], &[0, -1])), "", &["“labels” holds -1 at [1]; expected 0 to", "or -100"]);
    refused(&with(whole("labels", &[2], &[1 << 40, 0])), "", &["“labels” holds 1099511627776 at [0]"]);
    refused(&[logits()], "--top-k 0", &["--top-k is 0; expected 1 to 3"]);
    refused(&[logits()], "--top-k 4", &["--top-k is 4; expected 1 to 3"]);
    refused(
        &with(whole("topk.index", &[2, 2], &[0, 1, 0, 1])),
        "--top-k 1",
        &["--top-k is 1; expected 2", "topk.index"],
    );
}

#[test]
fn files_that_are_no_dump_are_told() {
    let names = ["a", "b", "c", "d", "e", "f", "g", "h"].map(|name| floats(name, &[1], &[0.0]));
    refused(&names, "", &["no tensor “router.logits” [T, N]; it has a, b, c, d, e, f and 2 more"]);
    refused(&[], "", &["no tensor “router.logits” [T, N]; it has none at all"]);

    let here = tempfile::tempdir().unwrap();
    let file = here.path().join("dump.safetensors");
    let said = |words: &[&str]| {
        let output = run(here.path(), "dump.safetensors");
        let text = complaint(&output);
        assert_eq!(output.status.code(), Some(2), "{text}");
        assert!(words.iter().all(|word| text.contains(word)) && !text.contains("panicked"), "{words:?} in: {text}");
    };
    said(&["there is no such file"]);
    fs::create_dir(&file).unwrap();
    said(&["it is a folder"]);
    fs::remove_dir(&file).unwrap();
    for (contents, word) in [
        (&b""[..], "empty"),
        (b"PK\x03\x04 and so on", "another kind of file"),
        (b"\x40\0\0\0\0\0\0\0{\"", "cut short"),
        (b"\x02\0\0\0\0\0\0\0[]", "JSON"),
    ] {
        fs::write(&file, contents).unwrap();
        said(&["not a whole .safetensors file", word]);
    }
    write(here.path(), &small());
    let bytes = fs::read(&file).unwrap();
    fs::write(&file, &bytes[..bytes.len() - 1]).unwrap();
    said(&["not a whole .safetensors file", "cut short"]);
}
