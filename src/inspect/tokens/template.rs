//! What a tokenizer.json must hold before its reader is given it: the reader takes for granted that the JSON is whole, and that the
//! tokens that a template puts around a text are listed beside it.

use serde::Deserialize;
use serde_json::Value;

/// The part of a tokenizer.json that names tokens which have to be listed elsewhere in it.
#[derive(Deserialize)]
struct Named {
    #[serde(default)]
    post_processor: Value,
}

/// Why the reader cannot be given this text.
pub(super) fn fault(json: &[u8]) -> Option<String> {
    let named: Named = match serde_json::from_slice(json) {
        Ok(named) => named,
        Err(error) => return Some(error.to_string()),
    };
    lacking(&named.post_processor)
}

/// What the templates lack, also those of a sequence of them.
fn lacking(value: &Value) -> Option<String> {
    if let Some(nested) = value.get("processors").and_then(Value::as_array) {
        return nested.iter().find_map(lacking);
    }
    let pieces = |of: &str| value.get(of).and_then(Value::as_array).into_iter().flatten();
    let id = |piece: &Value, kind: &str| Some(piece.get(kind)?.get("id")?.as_str()?.to_owned());
    let listed = |token: &str| value.get("special_tokens").is_some_and(|tokens| tokens.get(token).is_some());
    let mut named = pieces("single").chain(pieces("pair")).filter_map(|piece| id(piece, "SpecialToken"));
    if let Some(token) = named.find(|token| !listed(token)) {
        return Some(format!("its template names the token {token}, which is not listed beside it"));
    }
    let mut texts = pieces("single").filter_map(|piece| id(piece, "Sequence"));
    texts.any(|text| text != "A").then(|| "its template for one text names a second one".to_owned())
}
