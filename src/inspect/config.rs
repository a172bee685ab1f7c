//! Config of a public model: what config.json or the keys of a GGUF file say of its sizes, under whichever name the family uses.

use serde_json::{Map, Value};

/// Where the sizes of the language model may stand in a config, the first that is there.
const SCOPES: [&[&str]; 5] =
    [&["thinker_config", "text_config"], &["text_config"], &["llm_config"], &["language_config"], &[]];

const EXPERTS: &[&str] = &[
    "num_local_experts",
    "num_experts",
    "n_routed_experts",
    "moe_num_experts",
    "ffn_config.moe_num_experts",
    "moe_n_routed_experts",
    "expert_count",
    "model.experts",
];
const TOP_K: &[&str] = &[
    "num_experts_per_tok",
    "moe_k",
    "moe_topk",
    "moe_top_k",
    "experts_per_token",
    "num_experts_per_token",
    "num_selected_experts",
    "ffn_config.moe_top_k",
    "top_k_experts",
    "expert_used_count",
    "knobs.top_k",
];
const EXPERT_WIDTH: &[&str] = &[
    "moe_intermediate_size",
    "expert_ffn_hidden_size",
    "ffn_config.ffn_hidden_size",
    "expert_feed_forward_length",
    "model.expert_width",
    "intermediate_size",
    "feed_forward_length",
    "d_ff",
    "encoder_ffn_dim",
];
const HIDDEN: &[&str] = &["hidden_size", "d_model", "n_embd", "dim", "embedding_length", "model.width"];
const LAYERS: &[&str] =
    &["num_hidden_layers", "n_layers", "num_layers", "n_layer", "encoder_layers", "block_count", "model.layers"];

/// What a checkpoint says of itself: values by name, with typed readings of those that go by several names.
///
/// Sizes of a model that sees or hears stand one level down (`text_config`, `thinker_config.text_config`); they are found there
/// first. Keys of a GGUF file are read without their architecture: `expert_count` is `olmoe.expert_count`.
#[derive(Clone, Debug, Default)]
pub struct CheckpointConfig {
    values: Map<String, Value>,
    model_type: Option<String>,
    is_gguf: bool,
}

impl CheckpointConfig {
    /// Of a config.json; what is not an object says nothing.
    pub(crate) fn of_json(config: &Value) -> Self {
        let values = config.as_object().cloned().unwrap_or_default();
        let mut config = Self { values, model_type: None, is_gguf: false };
        let named = config.text("model_type").or_else(|| config.values.get("model_type")?.as_str());
        config.model_type = named.map(str::to_owned);
        config
    }

    /// Of the keys of a GGUF file; those of its architecture lose its name.
    pub(crate) fn of_gguf(architecture: &str, keys: impl Iterator<Item = (String, Value)>) -> Self {
        let own = |key: String| match key.strip_prefix(architecture).and_then(|rest| rest.strip_prefix('.')) {
            Some(rest) => rest.to_owned(),
            None => key,
        };
        let values = keys.map(|(key, value)| (own(key), value)).collect();
        Self { values, model_type: Some(architecture.to_owned()), is_gguf: true }
    }

    /// Its `model_type`, or `general.architecture` of a GGUF file.
    pub fn model_type(&self) -> Option<&str> {
        self.model_type.as_deref()
    }

    /// Whether it comes from the keys of a GGUF file.
    pub fn is_gguf(&self) -> bool {
        self.is_gguf
    }

    /// Whether it says nothing at all.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The value of a key, dots leading into what is nested; null is no value.
    pub fn value(&self, key: &str) -> Option<&Value> {
        SCOPES.iter().find_map(|scope| {
            let inner = scope.iter().try_fold(&self.values, |values, step| values.get(*step)?.as_object())?;
            let flat = inner.get(key);
            let found = flat.or_else(|| {
                let (folders, last) = key.rsplit_once('.')?;
                folders.split('.').try_fold(inner, |values, step| values.get(step)?.as_object())?.get(last)
            });
            found.filter(|value| !value.is_null())
        })
    }

    /// A number.
    pub fn number(&self, key: &str) -> Option<f64> {
        self.value(key)?.as_f64()
    }

    /// A size: a whole number, at most 2³².
    pub fn size(&self, key: &str) -> Option<usize> {
        whole(self.value(key)?)
    }

    /// A text.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.value(key)?.as_str()
    }

    /// A list.
    pub fn list(&self, key: &str) -> Option<&[Value]> {
        Some(self.value(key)?.as_array()?.as_slice())
    }

    /// Yes or no.
    pub fn flag(&self, key: &str) -> Option<bool> {
        self.value(key)?.as_bool()
    }

    /// Experts of the mixture of a layer.
    pub fn experts(&self, layer: usize) -> Option<usize> {
        self.in_layer(EXPERTS, layer)
    }

    /// Experts that answer a token.
    pub fn top_k(&self, layer: usize) -> Option<usize> {
        self.in_layer(TOP_K, layer).or_else(|| match self.model_type.as_deref()? {
            "switch_transformers" => Some(1),
            "nllb-moe" => Some(2),
            _ => None,
        })
    }

    /// Width of an expert.
    pub fn expert_width(&self, layer: usize) -> Option<usize> {
        self.in_layer(EXPERT_WIDTH, layer)
    }

    /// Width of the model.
    pub fn hidden(&self) -> Option<usize> {
        HIDDEN.iter().find_map(|key| self.size(key))
    }

    /// Layers of the stack, without those that only predict further tokens.
    pub fn layers(&self) -> Option<usize> {
        let all = LAYERS.iter().find_map(|key| self.size(key))?;
        // GGUF counts them in.
        let extra = if self.is_gguf { self.size("nextn_predict_layers").unwrap_or(0) } else { 0 };
        Some(all.saturating_sub(extra))
    }

    /// Whether a layer should have experts by the family's rule; `None` where no rule is known or it says nothing.
    pub fn expects_mixture(&self, layer: usize) -> Option<bool> {
        let listed = |key: &str| {
            let list = self.list(key)?;
            Some(list.iter().any(|value| whole(value) == Some(layer)))
        };
        let every = |step: usize| step > 0 && (layer + 1).is_multiple_of(step);
        if let Some(among) = listed("moe_layers").filter(|_| !self.is_gguf) {
            return Some(among);
        }
        if let Some(step) =
            self.size("decoder_sparse_step").filter(|_| self.size("num_sparse_decoder_layers").is_none())
        {
            return Some(every(step) && !listed("mlp_only_layers").unwrap_or(false));
        }
        if let Some(dense) = self.size("first_k_dense_replace").or_else(|| self.size("leading_dense_block_count")) {
            let every = self.size("moe_layer_freq").unwrap_or(1).max(1);
            return Some(layer >= dense && layer.is_multiple_of(every));
        }
        if let Some(step) = self.size("interleave_moe_layer_step").filter(|step| *step > 0) {
            return Some(every(step));
        }
        let step = self.size("moe_layer_interval")?;
        let start = self.size("moe_layer_start_index").unwrap_or(0);
        let end = self.size("moe_layer_end_index").unwrap_or(usize::MAX);
        Some(every(step) && (start..=end).contains(&layer))
    }

    /// The config of one of two kinds of experts that share a numbering (ERNIE-4.5-VL lists experts and widths of both), 0 or 1.
    pub(crate) fn of_kind(&self, kind: usize) -> Self {
        fn chosen(values: &mut Map<String, Value>, kind: usize) {
            for (key, value) in values {
                let is_listed = EXPERTS.contains(&key.as_str()) || EXPERT_WIDTH.contains(&key.as_str());
                match value {
                    Value::Array(list) if is_listed && list.len() == 2 => {
                        if let Some(own) = list.get(kind).cloned() {
                            *value = own;
                        }
                    }
                    Value::Object(inner) => chosen(inner, kind),
                    _ => {}
                }
            }
        }
        let mut config = self.clone();
        chosen(&mut config.values, kind);
        config
    }

    /// A size under the first of `keys` that is there: a number, or the layer's entry of a list.
    fn in_layer(&self, keys: &[&str], layer: usize) -> Option<usize> {
        keys.iter().find_map(|key| match self.value(key)? {
            // One entry for each layer; or one for each kind of expert, in one numbering.
            Value::Array(list) if self.layers().is_some_and(|layers| list.len() >= layers) => whole(list.get(layer)?),
            Value::Array(list) if EXPERTS.contains(key) => {
                list.iter().try_fold(0usize, |sum, entry| sum.checked_add(whole(entry)?))
            }
            Value::Array(list) => whole(list.first()?),
            value => whole(value),
        })
    }
}

/// A whole number of at most 2³².
fn whole(value: &Value) -> Option<usize> {
    let number = value.as_f64()?;
    (number.fract() == 0.0 && (0.0..=4_294_967_296.0).contains(&number)).then_some(number as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn sizes_go_by_many_names_and_stand_one_level_down() {
        let of = |value: Value| CheckpointConfig::of_json(&value);
        let published =
            of(json!({"model_type": "llama4", "text_config": {"num_local_experts": 16, "num_experts": null,
            "num_experts_per_tok": 1, "hidden_size": 5120, "model_type": "llama4_text", "moe_layers": [1, 3]}}));
        assert_eq!((published.experts(0), published.top_k(0), published.hidden()), (Some(16), Some(1), Some(5120)));
        assert_eq!((published.model_type(), published.expects_mixture(2)), (Some("llama4_text"), Some(false)));
        let dbrx = of(json!({"d_model": 6144, "n_layers": 40, "ffn_config": {"moe_num_experts": 16, "moe_top_k": 4}}));
        assert_eq!((dbrx.experts(3), dbrx.top_k(3), dbrx.layers()), (Some(16), Some(4), Some(40)));
        let lists = of(
            json!({"num_hidden_layers": 2, "num_experts": [8, 4], "moe_topk": [2, 1], "moe_intermediate_size": [3, 5]}),
        );
        assert_eq!((lists.experts(1), lists.top_k(1), lists.expert_width(0)), (Some(4), Some(1), Some(3)));
        let two_kinds = of(json!({"num_hidden_layers": 28, "moe_num_experts": [64, 64], "moe_k": 6}));
        assert_eq!(two_kinds.experts(1), Some(128));
        for odd in [
            json!({"num_experts": -1}),
            json!({"num_experts": 1.5}),
            json!({"num_experts": "8"}),
            json!([1]),
            json!(null),
        ] {
            assert_eq!(of(odd.clone()).experts(0), None, "{odd}");
        }
    }

    #[test]
    fn layers_with_experts_follow_the_rule_of_the_family() {
        let sparse = |config: Value, layers: usize| -> Vec<usize> {
            let config = CheckpointConfig::of_json(&config);
            (0..layers).filter(|layer| config.expects_mixture(*layer) == Some(true)).collect()
        };
        assert_eq!(sparse(json!({"decoder_sparse_step": 2, "mlp_only_layers": [3]}), 6), [1, 5]);
        assert_eq!(sparse(json!({"first_k_dense_replace": 3, "moe_layer_freq": 1}), 5), [3, 4]);
        assert_eq!(
            sparse(json!({"moe_layer_interval": 2, "moe_layer_start_index": 2, "moe_layer_end_index": -1}), 8),
            [3, 5, 7]
        );
        assert_eq!(sparse(json!({"interleave_moe_layer_step": 2}), 5), [1, 3]);
        assert_eq!(CheckpointConfig::of_json(&json!({"model_type": "mixtral"})).expects_mixture(0), None);
    }

    #[test]
    fn keys_of_a_gguf_file_lose_their_architecture_and_count_prediction_layers() {
        let keys = [
            ("glm4moe.block_count", json!(47)),
            ("glm4moe.nextn_predict_layers", json!(1)),
            ("general.name", json!("x")),
        ];
        let config = CheckpointConfig::of_gguf("glm4moe", keys.into_iter().map(|(key, value)| (key.to_owned(), value)));
        assert_eq!(
            (config.layers(), config.text("general.name"), config.model_type()),
            (Some(46), Some("x"), Some("glm4moe"))
        );
    }
}
