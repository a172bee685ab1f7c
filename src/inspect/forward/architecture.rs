//! The architecture of a decoder: what its config and family say of attention, norms, positions and multipliers.

use super::attention::Reach;
use super::expert::{Activation, Formula};
use super::fault::ForwardError;
use super::norms::Norm;
use super::rope::RopeSettings;
use super::{positions, reaches};
use crate::inspect::config::CheckpointConfig;
use crate::inspect::layout::Family;

/// Everything of a decoder that is not a tensor.
#[derive(Clone, Debug)]
pub(super) struct Architecture {
    pub hidden: usize,
    pub heads: usize,
    pub key_heads: usize,
    /// Numbers of a query; of DeepSeek with its turned part.
    pub head_width: usize,
    pub norm: Norm,
    pub epsilon: f64,
    /// Whether norms stand behind attention and experts instead of before them (FlexOlmo).
    pub norms_behind: bool,
    /// DeepSeek's attention through a narrow latent state.
    pub latent: Option<Latent>,
    /// Queries, keys and values are cut at ± this.
    pub clip: Option<f32>,
    /// What products of queries and keys are multiplied by.
    pub scale: f64,
    pub rope: RopeSettings,
    /// Hunyuan normalises queries and keys after they are turned.
    pub norms_after_turn: bool,
    /// Llama 4 gives turned queries and keys the same length.
    pub unit_queries: bool,
    /// Llama 4 sharpens far queries of layers without positions.
    pub temperature: Option<Temperature>,
    pub layers: Vec<LayerShape>,
    /// Granite multiplies embeddings, and what layers add to the state; and divides logits.
    pub embedding: f32,
    pub residual: f32,
    pub logits_divisor: f32,
    pub dense: Formula,
}

/// Sizes of DeepSeek's latent attention.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Latent {
    /// Width of the latent state of keys and values.
    pub keys: usize,
    /// Numbers of a head that carry no position.
    pub plain: usize,
    /// Numbers of a head that are turned.
    pub turned: usize,
    /// Numbers of a value.
    pub values: usize,
}

/// ln(1 + ⌊(position + 1) ÷ floor⌋) · scale + 1 multiplies a query.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Temperature {
    pub floor: f64,
    pub scale: f64,
}

/// What differs from layer to layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct LayerShape {
    /// Whether positions turn its queries and keys.
    pub turns: bool,
    /// How far back its tokens look.
    pub reach: Reach,
}

/// Most layers and heads of a decoder; more is a damaged config.
const MOST: usize = 1 << 12;
/// Widest state.
const WIDEST: usize = 1 << 20;

impl Architecture {
    /// What the config says; the family decides what configs do not say.
    pub fn of(config: &CheckpointConfig, family: Family, name: &str) -> Result<Self, ForwardError> {
        refuse(config, family, name)?;
        let hidden = size(config, "the width of the model", &["hidden_size", "d_model", "embedding_length"], WIDEST)?;
        let heads = size(
            config,
            "how many heads its attention has",
            &["num_attention_heads", "n_heads", "attention.head_count"],
            MOST,
        )?;
        let layer_keys = ["num_hidden_layers"];
        let count = config.layers().filter(|count| (1..=MOST).contains(count));
        let count = count.ok_or(ForwardError::Unsaid { what: "how many layers it has", key: layer_keys[0] })?;
        let keys = ["num_key_value_heads", "attn_config.kv_n_heads", "attention.head_count_kv"];
        let key_heads = first(config, &keys).unwrap_or(heads);
        let latent = latent(config, family)?;
        let even = hidden.checked_div(heads).unwrap_or(0);
        let head_width = match latent {
            Some(latent) => latent.plain + latent.turned,
            None => first(config, &["head_dim", "attention.key_length"]).unwrap_or(even),
        };
        if heads == 0 || key_heads == 0 || !heads.is_multiple_of(key_heads) || !(1..=WIDEST).contains(&head_width) {
            let what = format!("{heads} heads of queries, {key_heads} of keys, {head_width} numbers each");
            return Err(ForwardError::Sizes { what });
        }
        let epsilons = ["rms_norm_eps", "layer_norm_eps", "norm_epsilon", "attention.layer_norm_rms_epsilon"];
        let epsilon = epsilons.iter().find_map(|key| config.number(key)).filter(|epsilon| *epsilon >= 0.0);
        let rope = positions::rope(config, family, latent.map_or(head_width, |latent| latent.turned))?;
        let multiplier = |key: &str| config.number(key).map_or(1.0, |value| value as f32);
        let own = config.number("attention_multiplier").filter(|_| family == Family::GraniteMoe);
        let plain = (head_width as f64).sqrt().recip() * positions::latent_sharpness(config, latent.is_some());
        Ok(Self {
            hidden,
            heads,
            key_heads: if latent.is_some() { heads } else { key_heads },
            head_width,
            norm: if matches!(family, Family::PhiMoe | Family::Dbrx) { Norm::Layer } else { Norm::Rms },
            epsilon: epsilon.unwrap_or(if family == Family::Dbrx { 1e-5 } else { 1e-6 }),
            norms_behind: family == Family::FlexOlmo,
            latent,
            clip: ["clip_qkv", "attn_config.clip_qkv"]
                .iter()
                .find_map(|key| config.number(key))
                .map(|clip| clip as f32),
            scale: own.unwrap_or(plain),
            rope,
            norms_after_turn: family == Family::HunyuanV1,
            unit_queries: family == Family::Llama4 && config.flag("use_qk_norm").unwrap_or(true),
            temperature: temperature(config, family),
            layers: reaches::layers(config, family, count),
            embedding: multiplier("embedding_multiplier"),
            residual: multiplier("residual_multiplier"),
            logits_divisor: multiplier("logits_scaling"),
            dense: Formula::Gated(activation(config)?),
        })
    }

    /// Numbers of a value.
    pub fn value_width(&self) -> usize {
        self.latent.map_or(self.head_width, |latent| latent.values)
    }
}

/// The formula of a model's experts.
pub(super) fn expert_formula(config: &CheckpointConfig, family: Family) -> Result<Formula, ForwardError> {
    if family == Family::GptOss {
        let number = |key: &str, usual: f64| config.number(key).unwrap_or(usual) as f32;
        return Ok(Formula::Clamped { limit: number("swiglu_limit", 7.0), alpha: number("swiglu_alpha", 1.702) });
    }
    Ok(Formula::Gated(activation(config)?))
}

/// The activation that the config names; SiLU where it names none.
fn activation(config: &CheckpointConfig) -> Result<Activation, ForwardError> {
    let keys = [
        "mlp_hidden_act",
        "dense_act_fn",
        "hidden_act",
        "hidden_activation",
        "activation_function",
        "ffn_config.ffn_act_fn.name",
    ];
    match keys.iter().find_map(|key| Some((*key, config.text(key)?))) {
        None => Ok(Activation::Silu),
        Some((key, name)) => Activation::named(name).ok_or_else(|| ForwardError::Unknown {
            key,
            found: name.to_owned(),
            expected: "silu, relu, relu2, gelu or gelu_pytorch_tanh",
        }),
    }
}

fn first(config: &CheckpointConfig, keys: &[&str]) -> Option<usize> {
    keys.iter().find_map(|key| config.size(key))
}

fn size(
    config: &CheckpointConfig,
    what: &'static str,
    keys: &[&'static str],
    most: usize,
) -> Result<usize, ForwardError> {
    let found = first(config, keys).filter(|found| (1..=most).contains(found));
    found.ok_or(ForwardError::Unsaid { what, key: keys[0] })
}

fn latent(config: &CheckpointConfig, family: Family) -> Result<Option<Latent>, ForwardError> {
    if !matches!(family, Family::DeepseekV2 | Family::DeepseekV3) {
        return Ok(None);
    }
    let of = |what, key| size(config, what, &[key], WIDEST);
    Ok(Some(Latent {
        keys: of("the width of its latent keys", "kv_lora_rank")?,
        plain: of("how many numbers of a head carry no position", "qk_nope_head_dim")?,
        turned: of("how many numbers of a head are turned", "qk_rope_head_dim")?,
        values: of("the width of its values", "v_head_dim")?,
    }))
}

fn temperature(config: &CheckpointConfig, family: Family) -> Option<Temperature> {
    // Some published files have a number here, which means yes unless it is 0.
    let key = "attn_temperature_tuning";
    let wanted = config.flag(key).or(config.number(key).map(|value| value != 0.0)).unwrap_or(true);
    (family == Family::Llama4 && wanted).then(|| Temperature {
        floor: config.number("floor_scale").unwrap_or(8192.0),
        scale: config.number("attn_scale").unwrap_or(0.1),
    })
}

/// Models that lie in their files like others of their family, and compute otherwise.
const OTHER_DECODERS: [&str; 3] = ["minimax_m3", "glm4v_moe", "glm4_moe_lite"];

/// Families of which no text is run, and why.
fn refuse(config: &CheckpointConfig, family: Family, name: &str) -> Result<(), ForwardError> {
    use Family as F;
    let linear =
        |key: &str, odd: &dyn Fn(&serde_json::Value) -> bool| config.list(key).is_some_and(|list| list.iter().any(odd));
    let unknown_layer = linear("layer_types", &|kind| {
        kind.as_str().is_some_and(|kind| {
            !matches!(kind, "full_attention" | "sliding_attention" | "chunked_attention" | "attention")
        })
    });
    let reason = match family {
        F::Switch | F::Nllb => "it has an encoder beside its decoder",
        F::JetMoe => "its attention is a mixture of experts itself",
        F::Qwen3Next | F::Qwen35Moe | F::MiniMax | F::KimiLinear | F::Bailing => {
            "some of its layers have linear attention"
        }
        F::Jamba | F::NemotronH => "some of its layers are state-space layers",
        F::Lfm2 => "some of its layers are convolutions",
        _ if unknown_layer || linear("attn_type_list", &|kind| kind.as_f64() == Some(0.0)) => {
            "some of its layers are no softmax attention"
        }
        _ if OTHER_DECODERS.contains(&name) => "its decoder is not known",
        F::Mixtral
        | F::Qwen2Moe
        | F::Qwen3Moe
        | F::Qwen3VlMoe
        | F::Olmoe
        | F::FlexOlmo
        | F::DeepseekV2
        | F::DeepseekV3
        | F::Glm4Moe
        | F::Dots1
        | F::Ernie45
        | F::HunyuanV1
        | F::MiniMaxM2
        | F::GptOss
        | F::PhiMoe
        | F::GraniteMoe
        | F::Dbrx
        | F::Llama4 => match config.is_gguf() && family != F::Olmoe {
            true => "of GGUF files only OLMoE's decoder is known",
            false => return Ok(()),
        },
        F::Own => "it is a checkpoint of this program, which the window opens with its text",
        _ => "its decoder is not known",
    };
    Err(ForwardError::Family { family: name.to_owned(), reason })
}
