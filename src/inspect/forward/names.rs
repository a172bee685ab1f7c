//! Names of a decoder's tensors outside of its experts, in public safetensors, in DBRX and in GGUF.

use crate::inspect::layout::Family;

/// How a checkpoint names its tensors.
#[derive(Clone, Debug)]
pub(super) struct Names {
    prefix: String,
    style: Style,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    /// As nearly everybody.
    Usual,
    /// As Llama 4: dense layers are called `feed_forward`.
    FeedForward,
    /// As FlexOlmo: norms stand behind.
    Behind,
    /// As Hunyuan.
    Hunyuan,
    Dbrx,
    Gguf,
}

/// A tensor of a layer, or a matrix with its bias.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Beside attention: before it, or behind.
    AttentionNorm,
    /// Beside the experts: before them, or behind.
    ExpertNorm,
    Query,
    Key,
    Value,
    /// All three in one (DBRX).
    QueryKeyValue,
    Output,
    QueryNorm,
    KeyNorm,
    Sinks,
    /// DeepSeek's narrow states.
    QueryDown,
    QueryLatentNorm,
    QueryUp,
    KeyDown,
    KeyLatentNorm,
    KeyUp,
    /// A layer without experts.
    Gate,
    Up,
    Down,
}

impl Names {
    /// `prefix` stands before `layers.N.`.
    pub fn new(prefix: &str, family: Family, is_gguf: bool) -> Self {
        let style = match family {
            _ if is_gguf => Style::Gguf,
            Family::Dbrx => Style::Dbrx,
            Family::Llama4 => Style::FeedForward,
            Family::FlexOlmo => Style::Behind,
            Family::HunyuanV1 => Style::Hunyuan,
            _ => Style::Usual,
        };
        Self { prefix: prefix.to_owned(), style }
    }

    /// The table of embeddings.
    pub fn embedding(&self) -> String {
        match self.style {
            Style::Gguf => "token_embd.weight".into(),
            Style::Dbrx => format!("{}wte.weight", self.prefix),
            _ => format!("{}embed_tokens.weight", self.prefix),
        }
    }

    /// The last norm, without `.weight`.
    pub fn last_norm(&self) -> String {
        match self.style {
            Style::Gguf => "output_norm".into(),
            Style::Dbrx => format!("{}norm_f", self.prefix),
            _ => format!("{}norm", self.prefix),
        }
    }

    /// Where the matrix that makes logits may stand, without `.weight`; if nowhere, the embeddings make them.
    pub fn heads(&self) -> [String; 2] {
        let outer = self.prefix.strip_suffix("model.").or(self.prefix.strip_suffix("transformer."));
        match self.style {
            Style::Gguf => ["output".into(), "output".into()],
            _ => [format!("{}lm_head", outer.unwrap_or(&self.prefix)), "lm_head".into()],
        }
    }

    /// A part of a layer; matrices and norms without `.weight`, sinks whole.
    pub fn part(&self, layer: usize, part: Part) -> String {
        let (layers, name) = match self.style {
            Style::Gguf => ("blk", gguf(part)),
            Style::Dbrx => ("blocks", dbrx(part)),
            _ => ("layers", usual(self.style, part)),
        };
        let prefix = if self.style == Style::Gguf { "" } else { &self.prefix };
        format!("{prefix}{layers}.{layer}.{name}")
    }
}

fn usual(style: Style, part: Part) -> &'static str {
    match (part, style) {
        (Part::AttentionNorm, Style::Behind) => "post_attention_layernorm",
        (Part::ExpertNorm, Style::Behind) => "post_feedforward_layernorm",
        (Part::AttentionNorm, _) => "input_layernorm",
        (Part::ExpertNorm, _) => "post_attention_layernorm",
        (Part::Query, _) => "self_attn.q_proj",
        (Part::Key, _) => "self_attn.k_proj",
        (Part::Value, _) => "self_attn.v_proj",
        (Part::QueryKeyValue, _) => "self_attn.qkv_proj",
        (Part::Output, _) => "self_attn.o_proj",
        (Part::QueryNorm, Style::Hunyuan) => "self_attn.query_layernorm",
        (Part::KeyNorm, Style::Hunyuan) => "self_attn.key_layernorm",
        (Part::QueryNorm, _) => "self_attn.q_norm",
        (Part::KeyNorm, _) => "self_attn.k_norm",
        (Part::Sinks, _) => "self_attn.sinks",
        (Part::QueryDown, _) => "self_attn.q_a_proj",
        (Part::QueryLatentNorm, _) => "self_attn.q_a_layernorm",
        (Part::QueryUp, _) => "self_attn.q_b_proj",
        (Part::KeyDown, _) => "self_attn.kv_a_proj_with_mqa",
        (Part::KeyLatentNorm, _) => "self_attn.kv_a_layernorm",
        (Part::KeyUp, _) => "self_attn.kv_b_proj",
        (Part::Gate, Style::FeedForward) => "feed_forward.gate_proj",
        (Part::Up, Style::FeedForward) => "feed_forward.up_proj",
        (Part::Down, Style::FeedForward) => "feed_forward.down_proj",
        (Part::Gate, _) => "mlp.gate_proj",
        (Part::Up, _) => "mlp.up_proj",
        (Part::Down, _) => "mlp.down_proj",
    }
}

fn dbrx(part: Part) -> &'static str {
    match part {
        Part::AttentionNorm => "norm_attn_norm.norm_1",
        Part::ExpertNorm => "norm_attn_norm.norm_2",
        Part::QueryKeyValue => "norm_attn_norm.attn.Wqkv",
        Part::Output => "norm_attn_norm.attn.out_proj",
        other => usual(Style::Usual, other),
    }
}

fn gguf(part: Part) -> &'static str {
    match part {
        Part::AttentionNorm => "attn_norm",
        Part::ExpertNorm => "ffn_norm",
        Part::Query => "attn_q",
        Part::Key => "attn_k",
        Part::Value => "attn_v",
        Part::QueryKeyValue => "attn_qkv",
        Part::Output => "attn_output",
        Part::QueryNorm => "attn_q_norm",
        Part::KeyNorm => "attn_k_norm",
        Part::Sinks => "attn_sinks.weight",
        Part::QueryDown => "attn_q_a",
        Part::QueryLatentNorm => "attn_q_a_norm",
        Part::QueryUp => "attn_q_b",
        Part::KeyDown => "attn_kv_a_mqa",
        Part::KeyLatentNorm => "attn_kv_a_norm",
        Part::KeyUp => "attn_kv_b",
        Part::Gate => "ffn_gate",
        Part::Up => "ffn_up",
        Part::Down => "ffn_down",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_published_files() {
        let usual = Names::new("model.", Family::Mixtral, false);
        assert_eq!(usual.part(3, Part::Query), "model.layers.3.self_attn.q_proj");
        assert_eq!((usual.embedding(), usual.last_norm()), ("model.embed_tokens.weight".into(), "model.norm".into()));
        assert_eq!(usual.heads()[0], "lm_head");
        let llama = Names::new("language_model.model.", Family::Llama4, false);
        assert_eq!(llama.heads()[0], "language_model.lm_head");
        assert_eq!(llama.part(0, Part::Up), "language_model.model.layers.0.feed_forward.up_proj");
        assert_eq!(Names::new("model.language_model.", Family::Qwen3VlMoe, false).heads()[1], "lm_head");
        let dbrx = Names::new("transformer.", Family::Dbrx, false);
        assert_eq!(dbrx.part(1, Part::ExpertNorm), "transformer.blocks.1.norm_attn_norm.norm_2");
        assert_eq!((dbrx.embedding(), dbrx.heads()[0].as_str()), ("transformer.wte.weight".into(), "lm_head"));
        let gguf = Names::new("", Family::Olmoe, true);
        assert_eq!((gguf.part(0, Part::Key), gguf.embedding()), ("blk.0.attn_k".into(), "token_embd.weight".into()));
    }
}
