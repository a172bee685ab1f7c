//! Families of public models: which one a `model_type` or a GGUF architecture names. Only what shapes cannot show hangs on it.

/// A family of models with a mixture of experts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "they are names of models")]
pub enum Family {
    Afmoe,
    Aria,
    Bailing,
    Dbrx,
    DeepseekV2,
    DeepseekV3,
    DeepseekV4,
    Dots1,
    Ernie45,
    Ernie45Vl,
    FlexOlmo,
    Glm4Moe,
    GptOss,
    GraniteMoe,
    Grok1,
    HunyuanV1,
    HunyuanV3,
    Jamba,
    JetMoe,
    KimiLinear,
    Lfm2,
    Llama4,
    LongCat,
    MiMo,
    MiniMax,
    MiniMaxM2,
    Mixtral,
    NemotronH,
    Nllb,
    Olmoe,
    PhiMoe,
    Qwen2Moe,
    Qwen3Moe,
    Qwen3Next,
    Qwen3VlMoe,
    Qwen35Moe,
    SolarOpen,
    Step35,
    Switch,
    /// A checkpoint of MoE Arena.
    Own,
    /// None of these, or nothing said which.
    Other,
}

use Family as F;

/// Beginnings of names, the longest match wins; `-`, `_` and `.` do not count. Both names of config.json and of GGUF.
const NAMES: [(&str, Family, &str); 60] = [
    ("afmoe", F::Afmoe, "afmoe"),
    ("aria", F::Aria, "aria"),
    ("bailing", F::Bailing, "bailing_moe"),
    ("dbrx", F::Dbrx, "dbrx"),
    ("deepseek", F::DeepseekV2, "deepseek_v2"),
    ("deepseek2", F::DeepseekV2, "deepseek_v2"),
    ("deepseekv2", F::DeepseekV2, "deepseek_v2"),
    ("deepseekv3", F::DeepseekV3, "deepseek_v3"),
    ("deepseekv4", F::DeepseekV4, "deepseek_v4"),
    ("kimik2", F::DeepseekV3, "deepseek_v3"),
    ("dots1", F::Dots1, "dots1"),
    ("ernie45moe", F::Ernie45, "ernie4_5_moe"),
    ("ernie45vl", F::Ernie45Vl, "ernie4_5_moe_vl"),
    ("ernie45moevl", F::Ernie45Vl, "ernie4_5_moe_vl"),
    ("flexolmo", F::FlexOlmo, "flex_olmo"),
    ("glm4moe", F::Glm4Moe, "glm4_moe"),
    ("glm4v", F::Glm4Moe, "glm4v_moe"),
    ("glm4moelite", F::Glm4Moe, "glm4_moe_lite"),
    ("gptoss", F::GptOss, "gpt_oss"),
    ("granitemoe", F::GraniteMoe, "granitemoe"),
    ("granitehybrid", F::GraniteMoe, "granitemoe"),
    ("grok", F::Grok1, "grok"),
    ("hunyuanv1moe", F::HunyuanV1, "hunyuan_v1_moe"),
    ("hunyuanmoe", F::HunyuanV1, "hunyuan_v1_moe"),
    ("hunyuan", F::HunyuanV1, "hunyuan_v1_moe"),
    ("hyv3", F::HunyuanV3, "hy_v3"),
    ("jamba", F::Jamba, "jamba"),
    ("jetmoe", F::JetMoe, "jetmoe"),
    ("kimilinear", F::KimiLinear, "kimi_linear"),
    ("lfm2moe", F::Lfm2, "lfm2_moe"),
    ("llama4", F::Llama4, "llama4"),
    ("longcat", F::LongCat, "longcat_flash"),
    ("mimo", F::MiMo, "mimo_v2"),
    ("minimax", F::MiniMax, "minimax"),
    ("minimaxm1", F::MiniMax, "minimax"),
    ("minimaxtext01", F::MiniMax, "minimax"),
    ("minimaxm2", F::MiniMaxM2, "minimax_m2"),
    ("minimaxm3", F::MiniMaxM2, "minimax_m3"),
    ("mixtral", F::Mixtral, "mixtral"),
    ("nemotronh", F::NemotronH, "nemotron_h"),
    ("nllbmoe", F::Nllb, "nllb_moe"),
    ("olmoe", F::Olmoe, "olmoe"),
    ("phimoe", F::PhiMoe, "phimoe"),
    ("qwen2moe", F::Qwen2Moe, "qwen2_moe"),
    ("qwen3moe", F::Qwen3Moe, "qwen3_moe"),
    ("qwen3omni", F::Qwen3Moe, "qwen3_moe"),
    ("qwen3next", F::Qwen3Next, "qwen3_next"),
    ("qwen3vlmoe", F::Qwen3VlMoe, "qwen3_vl_moe"),
    ("qwen35moe", F::Qwen35Moe, "qwen3_5_moe"),
    ("solaropen", F::SolarOpen, "solar_open"),
    ("exaonemoe", F::SolarOpen, "exaone_moe"),
    ("step3p5", F::Step35, "step3p5"),
    ("step35", F::Step35, "step3p5"),
    ("switchtransformers", F::Switch, "switch_transformers"),
    // In a GGUF file; with experts it is Mixtral.
    ("llama", F::Mixtral, "mixtral"),
    ("mistral", F::Mixtral, "mixtral"),
    // Later models of the same maker route and attend otherwise.
    ("mistral4", F::Other, "mistral4"),
    ("mistrallarge4", F::Other, "mistral_large4"),
    ("moearena", F::Own, "moe_arena"),
    ("bailingmoe2", F::Bailing, "bailing_moe"),
];

impl Family {
    /// The family that a `model_type` or an architecture names, and how reports call it.
    pub(crate) fn named(model_type: &str) -> (Self, String) {
        let bare: String =
            model_type.chars().filter(|c| !matches!(c, '-' | '_' | '.')).collect::<String>().to_lowercase();
        let fits = NAMES.iter().filter(|(name, _, _)| bare.starts_with(name));
        match fits.max_by_key(|(name, _, _)| name.len()) {
            Some((_, family, name)) => (*family, (*name).to_owned()),
            None => (Self::Other, model_type.to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_name_that_fits_says_the_family() {
        for (name, family) in [
            ("mixtral", F::Mixtral),
            ("qwen3_vl_moe_text", F::Qwen3VlMoe),
            ("qwen3_5_moe", F::Qwen35Moe),
            ("qwen3_omni_moe_thinker", F::Qwen3Moe),
            ("llama4_text", F::Llama4),
            ("llama", F::Mixtral),
            ("deepseek_v3", F::DeepseekV3),
            ("deepseek2", F::DeepseekV2),
            ("gpt-oss", F::GptOss),
            ("ernie4_5-moe", F::Ernie45),
            ("ernie4_5_vl_moe_text", F::Ernie45Vl),
            ("minimax", F::MiniMax),
            ("minimax-m2", F::MiniMaxM2),
            ("granitemoehybrid", F::GraniteMoe),
            ("hunyuan-moe", F::HunyuanV1),
            ("nemotron_h_moe", F::NemotronH),
            ("mistral", F::Mixtral),
            ("mistral4", F::Other),
            ("some_new_moe", F::Other),
        ] {
            assert_eq!(Family::named(name).0, family, "{name}");
        }
    }
}
