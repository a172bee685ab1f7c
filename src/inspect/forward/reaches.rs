//! How far back the tokens of each layer look, and which layers know positions: full, windows, chunks, layers without RoPE.

use serde_json::Value;

use super::architecture::LayerShape;
use super::attention::Reach;
use crate::inspect::config::CheckpointConfig;
use crate::inspect::layout::Family;

/// Every layer of a decoder of `count` layers.
pub(super) fn layers(config: &CheckpointConfig, family: Family, count: usize) -> Vec<LayerShape> {
    let window = config.size("sliding_window").filter(|tokens| *tokens > 0);
    let chunk = config.size("attention_chunk_size").filter(|tokens| *tokens > 0);
    let named = config.list("layer_types");
    (0..count)
        .map(|layer| {
            let turns = turns(config, family, layer);
            let kind = named.and_then(|list| list.get(layer)).and_then(Value::as_str);
            let windowed = match kind {
                Some(kind) => kind == "sliding_attention",
                None => slides(config, family, layer),
            };
            let chunked = match kind {
                Some(kind) => kind == "chunked_attention",
                None => family == Family::Llama4 && turns,
            };
            let reach = match (windowed.then_some(window).flatten(), chunked.then_some(chunk).flatten()) {
                (Some(tokens), _) => Reach::Window(tokens),
                (None, Some(tokens)) => Reach::Chunk(tokens),
                (None, None) => Reach::Full,
            };
            LayerShape { turns, reach }
        })
        .collect()
}

/// Llama 4 lists the layers that turn; without a list every fourth one does not.
fn turns(config: &CheckpointConfig, family: Family, layer: usize) -> bool {
    if family != Family::Llama4 {
        return true;
    }
    let listed = config.list("no_rope_layers").and_then(|list| list.get(layer)).and_then(Value::as_f64);
    let every = config.size("no_rope_layer_interval").unwrap_or(4).max(1);
    listed.map_or(!(layer + 1).is_multiple_of(every), |listed| listed != 0.0)
}

/// Whether a layer has a window where the config lists no kinds of layers.
fn slides(config: &CheckpointConfig, family: Family, layer: usize) -> bool {
    let behind = |usual: usize| layer >= config.size("max_window_layers").unwrap_or(usual);
    match family {
        Family::GptOss => layer.is_multiple_of(2),
        Family::Mixtral | Family::PhiMoe => true,
        Family::Dots1 => behind(62),
        Family::Qwen2Moe => config.flag("use_sliding_window").unwrap_or(false) && behind(28),
        Family::Qwen3Moe => config.flag("use_sliding_window").unwrap_or(false),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(config: Value, family: Family) -> Vec<(bool, Reach)> {
        let found = layers(&CheckpointConfig::of_json(&config), family, 4);
        found.into_iter().map(|layer| (layer.turns, layer.reach)).collect()
    }

    #[test]
    fn windows_and_chunks_by_list_and_by_family() {
        let (full, window) = ((true, Reach::Full), (true, Reach::Window(128)));
        let sliding = json!({"sliding_window": 128});
        assert_eq!(of(sliding.clone(), Family::GptOss), [window, full, window, full]);
        assert_eq!(of(sliding.clone(), Family::Mixtral), [window; 4]);
        assert_eq!(of(sliding.clone(), Family::Qwen2Moe), [full; 4]);
        assert_eq!(of(json!({"sliding_window": null}), Family::Mixtral), [full; 4]);
        let listed = json!({"sliding_window": 128, "layer_types": ["full_attention", "sliding_attention"]});
        assert_eq!(of(listed, Family::Olmoe), [full, window, full, full]);
        let llama = json!({"attention_chunk_size": 8192, "no_rope_layers": []});
        let chunk = (true, Reach::Chunk(8192));
        assert_eq!(of(llama, Family::Llama4), [chunk, chunk, chunk, (false, Reach::Full)]);
        let listed = json!({"attention_chunk_size": 8192, "no_rope_layers": [0, 1, 1, 1]});
        assert_eq!(of(listed, Family::Llama4)[0], (false, Reach::Full));
    }
}
