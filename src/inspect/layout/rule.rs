//! The scoring rule of a model's routers: from its family, and from what its config says of groups, factors and renormalising.

use super::Family;
use crate::inspect::config::CheckpointConfig;
use crate::inspect::scoring::{ExpertGroups, Score, Scoring, Weighing};

/// Added to the sum of weights where the families of DeepSeek renormalise.
const TINY: f64 = 1e-20;

/// The rule of a model's routers. Where the family is not known, what the config says and the bias of the router decide; `None` if
/// there is no config.
pub(super) fn scoring(config: &CheckpointConfig, family: Family, has_correction: bool) -> Option<Scoring> {
    use Family as F;
    if family == Family::Own || (config.is_empty() && family == Family::Other) {
        return None;
    }
    let renormalised = Weighing::Renormalised { at_least: 0.0, plus: 0.0 };
    let by_flag = |default: bool| if norm(config).unwrap_or(default) { renormalised } else { Weighing::Kept };
    let softmax = |weighing| Scoring::Scored { score: Score::Softmax, weighing, groups: None, factor: 1.0 };
    if let Some(found) = told_by_gguf(config, family) {
        return Some(found);
    }
    Some(match family {
        F::GptOss | F::GraniteMoe | F::JetMoe | F::Aria => Scoring::ChosenSoftmax,
        F::Llama4 => Scoring::InputSigmoid,
        F::PhiMoe => Scoring::SparseMixer { epsilon: config.number("router_jitter_noise").unwrap_or(0.01) },
        F::Switch => Scoring::TopOne { capacity: config.size("expert_capacity") },
        F::Mixtral | F::MiniMax | F::HunyuanV1 | F::Qwen3VlMoe | F::Qwen35Moe | F::Grok1 | F::Nllb => {
            softmax(renormalised)
        }
        F::Qwen3Moe | F::Qwen3Next => softmax(by_flag(true)),
        F::Qwen2Moe | F::Olmoe | F::FlexOlmo | F::Jamba => softmax(by_flag(false)),
        F::Dbrx => softmax(match config.value("ffn_config.moe_normalize_expert_weights") {
            Some(power) => Weighing::Norm { p: power.as_f64().unwrap_or(1.0) },
            None => Weighing::Kept,
        }),
        F::Ernie45 | F::Ernie45Vl => {
            softmax(Weighing::Renormalised { at_least: config.number("moe_norm_min").unwrap_or(1e-12), plus: 0.0 })
        }
        F::LongCat => scored(config, Score::Softmax, Weighing::Kept, None),
        F::DeepseekV2 => {
            let limited = config.text("topk_method").is_some_and(|method| method == "group_limited_greedy");
            scored(config, Score::Softmax, Weighing::Kept, groups(config, 1).filter(|_| limited))
        }
        F::DeepseekV4 => scored(config, Score::SqrtSoftplus, summed(config), groups(config, 2)),
        F::MiniMaxM2 => scored(config, Score::Sigmoid, renormalised, None),
        F::Afmoe | F::Lfm2 => scored(config, Score::Sigmoid, summed(config), None),
        F::DeepseekV3 | F::Glm4Moe | F::Dots1 | F::KimiLinear | F::MiMo | F::Bailing | F::NemotronH | F::SolarOpen => {
            scored(config, Score::Sigmoid, summed(config), groups(config, 2))
        }
        F::HunyuanV3 | F::Step35 => scored(config, Score::Sigmoid, summed(config), groups(config, 2)),
        F::Own | F::Other => {
            let named = ["scoring_func", "score_function", "moe_router_activation_func", "router_score_function"];
            let score = match named.iter().find_map(|key| config.text(key)) {
                Some(name) if name.contains("softplus") => Score::SqrtSoftplus,
                Some(name) if name.contains("sigmoid") => Score::Sigmoid,
                Some(_) => Score::Softmax,
                None if has_correction => Score::Sigmoid,
                None => Score::Softmax,
            };
            let weighing = match score {
                Score::Softmax => by_flag(true),
                Score::Sigmoid | Score::SqrtSoftplus => summed(config),
            };
            scored(config, score, weighing, groups(config, if has_correction { 2 } else { 1 }))
        }
    })
}

/// Whether the family's rule is none of those that are known.
pub(super) fn is_assumed(config: &CheckpointConfig, family: Family) -> bool {
    family == Family::Other && !config.is_empty()
}

/// What the keys of a GGUF file say by themselves.
fn told_by_gguf(config: &CheckpointConfig, family: Family) -> Option<Scoring> {
    let function = config.size("expert_gating_func")?;
    let renormalised = norm(config).unwrap_or(function == 2 && family != Family::Olmoe);
    let weighing = if renormalised { Weighing::Renormalised { at_least: 0.0, plus: TINY } } else { Weighing::Kept };
    match function {
        1 => Some(scored(config, Score::Softmax, weighing, groups(config, 1))),
        2 => Some(scored(config, Score::Sigmoid, weighing, groups(config, 2))),
        3 => Some(Scoring::ChosenSoftmax),
        4 => Some(scored(config, Score::SqrtSoftplus, weighing, groups(config, 2))),
        _ => None,
    }
}

fn scored(config: &CheckpointConfig, score: Score, weighing: Weighing, groups: Option<ExpertGroups>) -> Scoring {
    let keys = [
        "routed_scaling_factor",
        "expert_weights_scale",
        "route_scale",
        "moe_router_scaling_factor",
        "router_scaling_factor",
    ];
    let factor = keys.iter().find_map(|key| config.number(key)).filter(|factor| factor.is_finite()).unwrap_or(1.0);
    Scoring::Scored { score, weighing, groups, factor }
}

/// Whether the config wants the weights renormalised.
fn norm(config: &CheckpointConfig) -> Option<bool> {
    let keys = ["norm_topk_prob", "expert_weights_norm", "route_norm", "moe_renormalize", "norm_expert_weight"];
    keys.iter().find_map(|key| config.flag(key))
}

/// Divided by their sum, unless the config says otherwise.
fn summed(config: &CheckpointConfig) -> Weighing {
    if norm(config).unwrap_or(true) { Weighing::Renormalised { at_least: 0.0, plus: TINY } } else { Weighing::Kept }
}

/// ExpertGroups that the config names, if there is more than one.
fn groups(config: &CheckpointConfig, best: usize) -> Option<ExpertGroups> {
    let of = |keys: [&str; 3]| keys.iter().find_map(|key| config.size(key));
    let count = of(["n_group", "num_expert_group", "expert_group_count"])?;
    let kept = of(["topk_group", "num_limited_groups", "expert_group_used_count"])?;
    (count > 1 && (1..=count).contains(&kept)).then_some(ExpertGroups { count, kept, best })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn rule(config: Value, has_correction: bool) -> Option<Scoring> {
        let config = CheckpointConfig::of_json(&config);
        let family = config.model_type().map_or(Family::Other, |name| Family::named(name).0);
        scoring(&config, family, has_correction)
    }

    #[test]
    fn families_have_their_rule_and_configs_its_numbers() {
        let v3 = rule(
            json!({"model_type": "deepseek_v3", "n_group": 8, "topk_group": 4, "routed_scaling_factor": 2.5,
            "norm_topk_prob": true}),
            true,
        );
        let groups = Some(ExpertGroups { count: 8, kept: 4, best: 2 });
        let weighing = Weighing::Renormalised { at_least: 0.0, plus: TINY };
        assert_eq!(v3, Some(Scoring::Scored { score: Score::Sigmoid, weighing, groups, factor: 2.5 }));
        let v2 = rule(
            json!({"model_type": "deepseek_v2", "n_group": 8, "topk_group": 3, "routed_scaling_factor": 16.0,
            "topk_method": "group_limited_greedy"}),
            false,
        );
        let groups = Some(ExpertGroups { count: 8, kept: 3, best: 1 });
        assert_eq!(v2, Some(Scoring::Scored { score: Score::Softmax, weighing: Weighing::Kept, groups, factor: 16.0 }));
        let olmoe = rule(json!({"model_type": "olmoe", "norm_topk_prob": false}), false);
        assert!(matches!(olmoe, Some(Scoring::Scored { weighing: Weighing::Kept, .. })), "{olmoe:?}");
        assert_eq!(rule(json!({"model_type": "gpt_oss"}), false), Some(Scoring::ChosenSoftmax));
        assert_eq!(
            rule(json!({"model_type": "phimoe", "router_jitter_noise": 0.02}), false),
            Some(Scoring::SparseMixer { epsilon: 0.02 })
        );
    }

    #[test]
    fn an_unknown_family_is_read_by_its_keys_and_nothing_is_said_without_a_config() {
        let sigmoid = rule(json!({"model_type": "new", "scoring_func": "sigmoid", "norm_topk_prob": false}), false);
        assert!(
            matches!(sigmoid, Some(Scoring::Scored { score: Score::Sigmoid, weighing: Weighing::Kept, .. })),
            "{sigmoid:?}"
        );
        let biased = rule(json!({"model_type": "new"}), true);
        assert!(matches!(biased, Some(Scoring::Scored { score: Score::Sigmoid, .. })), "{biased:?}");
        assert_eq!(rule(json!({}), true), None);
    }
}
