//! The vocabulary of a GGUF file as a tokenizer: byte-level BPE with its merges ("gpt2"), SentencePiece with scores ("llama").

use std::cmp::Ordering;
use std::collections::HashMap;
use std::path::Path;

use serde_json::{Map, Value, json};

use super::{TokenError, Vocabulary};
use crate::inspect::files::GgufKeys;

/// The mark of a blank in SentencePiece.
const BLANK: char = '▁';
/// Types of tokens: control tokens and those that a user has added are found whole in a text.
const CONTROL: f64 = 3.0;
const ADDED: f64 = 4.0;

/// How words are cut before they are merged, by the name that a file gives its rule. The expressions are those that the models
/// were trained with.
const SPLITS: [(&[&str], &str); 4] = [
    (
        &["gpt-2", "default", "olmo", "phi-2", "mpt", "jais"],
        r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
    ),
    (
        &["llama-bpe", "llama3", "llama-v3", "dbrx", "smaug-bpe"],
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    ),
    (
        &["qwen2", "stablelm2", "hunyuan", "dots1"],
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    ),
    (
        &["glm4", "chatglm-bpe"],
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    ),
];

/// The vocabulary of a file; `None` if it carries none.
pub(super) fn vocabulary(keys: &GgufKeys, path: &Path) -> Result<Option<Vocabulary>, TokenError> {
    let key = |name: &str| format!("tokenizer.ggml.{name}");
    let Some(kind) = keys.text(&key("model")) else { return Ok(None) };
    let Some(tokens) = keys.texts(&key("tokens")) else { return Ok(None) };
    let types = keys.numbers(&key("token_type")).unwrap_or_default();
    let (parts, adds_first) = match kind {
        "gpt2" => {
            let merges = keys.texts(&key("merges")).unwrap_or_default();
            (byte_level(&tokens, &merges, keys.text(&key("pre")).unwrap_or("default"))?, false)
        }
        "llama" => {
            let scores = keys.numbers(&key("scores")).unwrap_or_default();
            let prefix = keys.flag(&key("add_space_prefix")).unwrap_or(true);
            (sentence_pieces(&tokens, &scores, prefix), true)
        }
        found => return Err(TokenError::Kind { found: found.to_owned() }),
    };
    let whole = |id: usize| types.get(id).is_some_and(|kind| [CONTROL, ADDED].contains(kind));
    let added: Vec<Value> = (0..tokens.len())
        .filter(|&id| whole(id) && !tokens[id].is_empty())
        .map(|id| {
            json!({"id": id, "content": tokens[id], "single_word": false, "lstrip": false, "rstrip": false,
                "normalized": false, "special": types[id] == CONTROL})
        })
        .collect();
    let mut all = parts;
    all.insert("version".into(), json!("1.0"));
    all.insert("added_tokens".into(), Value::Array(added));
    let first =
        keys.flag(&key("add_bos_token")).unwrap_or(adds_first).then(|| keys.whole(&key("bos_token_id"))).flatten();
    let json = Value::Object(all).to_string();
    Vocabulary::parse(json.as_bytes(), path, first.and_then(|id| u32::try_from(id).ok())).map(Some)
}

fn ids(tokens: &[String]) -> Map<String, Value> {
    tokens.iter().enumerate().map(|(id, token)| (token.clone(), json!(id))).collect()
}

/// Byte-level BPE: merges stand in the file in the order in which they are made.
fn byte_level(tokens: &[String], merges: &[String], rule: &str) -> Result<Map<String, Value>, TokenError> {
    let Some((_, pattern)) = SPLITS.iter().find(|(names, _)| names.contains(&rule)) else {
        let names: Vec<&str> = SPLITS.iter().flat_map(|(names, _)| *names).copied().collect();
        return Err(TokenError::Split { found: rule.to_owned(), expected: names.join(", ") });
    };
    let merges: Vec<Value> = merges.iter().filter_map(|merge| merge.split_once(' ')).map(|pair| json!(pair)).collect();
    let parts = json!({
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": [
            {"type": "Split", "pattern": {"Regex": pattern}, "behavior": "Isolated", "invert": false},
            {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": false, "use_regex": false},
        ]},
        "post_processor": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": false, "use_regex": false},
        "decoder": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": false, "use_regex": false},
        "model": {"type": "BPE", "vocab": ids(tokens), "merges": merges, "fuse_unk": false, "byte_fallback": false,
            "ignore_merges": false},
    });
    Ok(object(parts))
}

/// SentencePiece's BPE: of two neighbours those are merged first whose whole has the best score. What is in no piece becomes bytes.
fn sentence_pieces(tokens: &[String], scores: &[f64], prefix: bool) -> Map<String, Value> {
    let score = |id: usize| scores.get(id).copied().unwrap_or(0.0);
    let numbers: HashMap<&str, usize> = tokens.iter().enumerate().map(|(id, token)| (token.as_str(), id)).collect();
    let mut merges: Vec<(usize, &str, &str)> = Vec::new();
    for (id, token) in tokens.iter().enumerate() {
        let cuts = token.char_indices().skip(1).map(|(at, _)| token.split_at(at));
        let known = cuts.filter(|(left, right)| numbers.contains_key(left) && numbers.contains_key(right));
        merges.extend(known.map(|(left, right)| (id, left, right)));
    }
    // Stable: of equal scores the lower id comes first.
    merges.sort_by(|a, b| score(b.0).partial_cmp(&score(a.0)).unwrap_or(Ordering::Equal));
    let merges: Vec<Value> = merges.iter().map(|(_, left, right)| json!([left, right])).collect();
    let mut normalizers = vec![json!({"type": "Replace", "pattern": {"String": " "}, "content": BLANK})];
    if prefix {
        normalizers.insert(0, json!({"type": "Prepend", "prepend": BLANK}));
    }
    let unknown = tokens.iter().find(|token| *token == "<unk>");
    object(json!({
        "normalizer": {"type": "Sequence", "normalizers": normalizers},
        "model": {"type": "BPE", "vocab": ids(tokens), "merges": merges, "unk_token": unknown, "fuse_unk": true,
            "byte_fallback": true, "ignore_merges": false},
    }))
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}
