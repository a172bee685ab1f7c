//! Tokens of vocabularies: tokenizer.json, those of GGUF files, and spans of bytes.

use std::fs;
use std::path::PathBuf;

use serde_json::json;

use super::*;
use crate::inspect::stored::StoredFiles;

fn public(file: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/public").join(file)
}

/// The folder of a model with a tokenizer beside it.
fn folder(tokenizer: Option<&[u8]>) -> (tempfile::TempDir, Model) {
    let folder = tempfile::tempdir().unwrap();
    for file in ["config.json", "model.safetensors"] {
        fs::copy(public("olmoe").join(file), folder.path().join(file)).unwrap();
    }
    if let Some(text) = tokenizer {
        fs::write(folder.path().join("tokenizer.json"), text).unwrap();
    }
    let model = Model::open(folder.path()).unwrap();
    (folder, model)
}

fn found(tokens: &[TextToken]) -> Vec<(u32, Option<Range<usize>>)> {
    tokens.iter().map(|token| (token.id, token.span.clone())).collect()
}

#[test]
fn tokens_by_the_file_beside_the_checkpoint() {
    let bytes = json!({
        "version": "1.0", "truncation": {"direction": "Right", "max_length": 2, "strategy": "LongestFirst", "stride": 0},
        "padding": null, "normalizer": null, "decoder": null,
        "added_tokens": [{"id": 9, "content": "<s>", "single_word": false, "lstrip": false, "rstrip": false,
            "normalized": false, "special": true}],
        "pre_tokenizer": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": false, "use_regex": true},
        "post_processor": {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}},
            {"Sequence": {"id": "A", "type_id": 0}}], "pair": [{"Sequence": {"id": "A", "type_id": 0}},
            {"Sequence": {"id": "B", "type_id": 1}}],
            "special_tokens": {"<s>": {"id": "<s>", "ids": [9], "tokens": ["<s>"]}}},
        "model": {"type": "BPE", "vocab": {"a": 0, "b": 1, "Ġ": 2, "ab": 3, "Ġab": 4, "Ã": 5, "¤": 6}, "merges": [["a", "b"], ["Ġ", "ab"]]},
    });
    let (_folder, model) = folder(Some(bytes.to_string().as_bytes()));
    let vocabulary = Vocabulary::of(&model).unwrap();
    // Not cut at two tokens; ä is two bytes, each of which stands for the whole character.
    let tokens = vocabulary.tokens("ab abä").unwrap();
    let expected = [(9, None), (3, Some(0..2)), (4, Some(2..5)), (5, Some(5..7)), (6, Some(5..7))];
    assert_eq!(found(&tokens), expected);
    assert_eq!((vocabulary.piece(4).as_deref(), vocabulary.piece(77)), (Some("Ġab"), None));
    assert!(vocabulary.tokens(&"a".repeat(LONGEST + 1)).unwrap_err().to_string().contains("shorter"));
}

#[test]
fn ids_are_listed_with_commas_and_blanks() {
    let tokens = listed_ids(" 5,17 \n 0,,4294967295").unwrap();
    assert_eq!(found(&tokens), [(5, Some(1..2)), (17, Some(3..5)), (0, Some(8..9)), (u32::MAX, Some(11..21))]);
    assert_eq!(listed_ids(" , ").unwrap(), []);
    for (text, odd) in [("5, whale", "“whale”"), ("-1", "“-1”"), ("4294967296", "“4294967296”"), ("5é", "“5é”")]
    {
        let fault = listed_ids(text).unwrap_err().to_string();
        assert!(fault.contains(odd) && fault.contains("5, 17, 210"), "{fault}");
    }
    assert!(listed_ids(&"5,".repeat(LONGEST)).unwrap_err().to_string().contains("shorter"));
}

#[test]
fn without_a_tokenizer_it_says_what_to_do() {
    let (_folder, model) = folder(None);
    let fault = Vocabulary::of(&model).unwrap_err().to_string();
    assert!(fault.contains("tokenizer.json"), "{fault}");
    let (_folder, model) = folder(Some(b"{\"version\": 3}"));
    let fault = Vocabulary::of(&model).unwrap_err().to_string();
    assert!(fault.contains("tokenizer.json"), "{fault}");
}

#[test]
fn a_tokenizer_that_its_reader_would_stumble_over_is_refused() {
    let with = |processor: serde_json::Value| {
        json!({"version": "1.0", "truncation": null, "padding": null, "normalizer": null, "decoder": null, "added_tokens": [],
            "pre_tokenizer": null, "post_processor": processor, "model": {"type": "BPE", "vocab": {"a": 0}, "merges": []}})
        .to_string()
    };
    let template = |single: serde_json::Value| {
        json!({"type": "TemplateProcessing", "single": single, "pair": [{"Sequence": {"id": "A", "type_id": 0}}],
            "special_tokens": {"<s>": {"id": "<s>", "ids": [9], "tokens": ["<s>"]}}})
    };
    let token = |id: &str| json!([{"SpecialToken": {"id": id, "type_id": 0}}]);
    let text = |id: &str| json!([{"Sequence": {"id": id, "type_id": 0}}]);
    let nested = json!({"type": "Sequence", "processors": [template(token("<x>"))]});
    let whole = with(template(token("<s>")));
    for (json, told) in [
        (with(template(token("<x>"))), "<x>"),
        (with(nested), "<x>"),
        (with(template(text("B"))), "second"),
        (whole[..whole.len() / 2].to_owned(), "EOF"),
    ] {
        let (_folder, model) = folder(Some(json.as_bytes()));
        let fault = Vocabulary::of(&model).unwrap_err().to_string();
        assert!(fault.contains(told), "{fault}");
    }
    let (_folder, model) = folder(Some(whole.as_bytes()));
    assert_eq!(found(&Vocabulary::of(&model).unwrap().tokens("a").unwrap()), [(9, None)]);
}

/// The GGUF model with more keys: text, or lists of texts, of numbers or of whole numbers.
enum Key {
    Text(&'static str),
    Texts(Vec<String>),
    Floats(Vec<f32>),
    Wholes(Vec<u32>),
    Whole(u32),
    Flag(bool),
}

fn text(out: &mut Vec<u8>, text: &str) {
    out.extend((text.len() as u64).to_le_bytes());
    out.extend(text.as_bytes());
}

fn gguf(keys: &[(&str, Key)]) -> (tempfile::TempDir, PathBuf) {
    let mut bytes = fs::read(public("gguf/tiny-olmoe.gguf")).unwrap();
    let mut added = Vec::new();
    for (name, key) in keys {
        text(&mut added, &format!("tokenizer.ggml.{name}"));
        let list = |out: &mut Vec<u8>, kind: u32, count: usize| {
            out.extend(9u32.to_le_bytes());
            out.extend(kind.to_le_bytes());
            out.extend((count as u64).to_le_bytes());
        };
        match key {
            Key::Text(value) => {
                added.extend(8u32.to_le_bytes());
                text(&mut added, value);
            }
            Key::Texts(values) => {
                list(&mut added, 8, values.len());
                values.iter().for_each(|value| text(&mut added, value));
            }
            Key::Floats(values) => {
                list(&mut added, 6, values.len());
                values.iter().for_each(|value| added.extend(value.to_le_bytes()));
            }
            Key::Wholes(values) => {
                list(&mut added, 5, values.len());
                values.iter().for_each(|value| added.extend(value.to_le_bytes()));
            }
            Key::Whole(value) => {
                added.extend(4u32.to_le_bytes());
                added.extend(value.to_le_bytes());
            }
            Key::Flag(value) => {
                added.extend(7u32.to_le_bytes());
                added.push(u8::from(*value));
            }
        }
    }
    // A last key whose text fills up to what the data is aligned to.
    text(&mut added, "general.description");
    added.extend(8u32.to_le_bytes());
    let room = (added.len() + 8).next_multiple_of(32) - added.len() - 8;
    text(&mut added, &" ".repeat(room));
    let count = u64::from_le_bytes(bytes[16..24].try_into().unwrap()) + keys.len() as u64 + 1;
    bytes[16..24].copy_from_slice(&count.to_le_bytes());
    bytes.splice(24..24, added);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("tiny.gguf");
    fs::write(&path, bytes).unwrap();
    (folder, path)
}

fn vocabulary(keys: &[(&str, Key)]) -> Result<Option<Vocabulary>, TokenError> {
    let (_folder, path) = gguf(keys);
    let files = StoredFiles::open(&path).unwrap();
    gguf::vocabulary(files.gguf().unwrap(), &path)
}

fn owned(texts: &[&str]) -> Key {
    Key::Texts(texts.iter().map(|text| (*text).to_owned()).collect())
}

#[test]
fn byte_level_vocabulary_of_a_gguf_file() {
    let keys = |rule| {
        [
            ("model", Key::Text("gpt2")),
            ("pre", Key::Text(rule)),
            ("tokens", owned(&["<|end|>", "1", "2", "a", "b", "Ġ", "ab", "12", "Ġab"])),
            ("token_type", Key::Wholes(vec![3, 1, 1, 1, 1, 1, 1, 1, 1])),
            ("merges", owned(&["a b", "1 2", "Ġ ab"])),
        ]
    };
    let tokens = |rule| found(&vocabulary(&keys(rule)).unwrap().unwrap().tokens("ab ab12<|end|>").unwrap());
    let before = [(6, Some(0..2)), (8, Some(2..5))];
    assert_eq!(tokens("olmo"), [&before[..], &[(7, Some(5..7)), (0, Some(7..14))]].concat());
    // This rule cuts every digit apart.
    assert_eq!(tokens("qwen2"), [&before[..], &[(1, Some(5..6)), (2, Some(6..7)), (0, Some(7..14))]].concat());
    let fault = vocabulary(&keys("spiral")).unwrap_err().to_string();
    assert!(fault.contains("“spiral”") && fault.contains("olmo"), "{fault}");
}

#[test]
fn sentence_pieces_of_a_gguf_file_with_scores_and_bytes() {
    let mut pieces: Vec<String> = ["<unk>", "<s>", "</s>"].map(str::to_owned).to_vec();
    pieces.extend((0..256).map(|byte| format!("<0x{byte:02X}>")));
    let at = pieces.len() as u32;
    let own =
        [("▁", -9.0), ("a", -8.0), ("b", -7.0), ("c", -6.0), ("ab", -2.0), ("bc", -1.0), ("▁a", -3.0), ("▁ab", -4.0)];
    pieces.extend(own.map(|(piece, _)| piece.to_owned()));
    let scores: Vec<f32> = vec![0.0; at as usize].into_iter().chain(own.map(|(_, score)| score)).collect();
    let types: Vec<u32> = (0..pieces.len()).map(|id| if id < 3 { 3 } else { 1 }).collect();
    let keys = |first: bool| {
        [
            ("model", Key::Text("llama")),
            ("tokens", Key::Texts(pieces.clone())),
            ("scores", Key::Floats(scores.clone())),
            ("token_type", Key::Wholes(types.clone())),
            ("bos_token_id", Key::Whole(1)),
            ("add_bos_token", Key::Flag(first)),
        ]
    };
    // ▁ab: "ab" (−2) before "▁a" (−3), then both; of "abc" the pair "bc" (−1) comes before "ab". é is no piece, so two bytes.
    let vocabulary = vocabulary(&keys(true)).unwrap().unwrap();
    let tokens = found(&vocabulary.tokens("ab abcé").unwrap());
    let ids: Vec<u32> = tokens.iter().map(|(id, _)| *id).collect();
    assert_eq!(ids, [1, at + 7, at + 6, at + 5, 3 + 0xC3, 3 + 0xA9]);
    assert_eq!((tokens[0].1.clone(), tokens[2].1.clone()), (None, Some(2..4)));
    assert_eq!((tokens[4].1.clone(), tokens[5].1.clone()), (Some(6..8), Some(6..8)));
    let without = vocabulary_of(&keys(false)).tokens("ab").unwrap();
    assert_eq!(found(&without), [(at + 7, Some(0..2))]);
}

fn vocabulary_of(keys: &[(&str, Key)]) -> Vocabulary {
    vocabulary(keys).unwrap().unwrap()
}

#[test]
fn other_vocabularies_are_named() {
    let fault = vocabulary(&[("model", Key::Text("rwkv")), ("tokens", owned(&["a"]))]).unwrap_err().to_string();
    assert!(fault.contains("“rwkv”"), "{fault}");
    assert!(vocabulary(&[]).unwrap().is_none());
}
