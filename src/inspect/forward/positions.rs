//! RoPE as configs write it: `rope_parameters`, or `rope_theta` with `rope_scaling`; keys of GGUF.

use serde_json::Value;

use super::fault::ForwardError;
use super::rope::{RopeSettings, Stretch, Yarn, magnitude};
use crate::inspect::config::CheckpointConfig;
use crate::inspect::layout::Family;

/// What the config says; `head` numbers of a head could be turned.
pub(super) fn rope(config: &CheckpointConfig, family: Family, head: usize) -> Result<RopeSettings, ForwardError> {
    let read = Reading { config };
    let theta =
        read.number("rope_theta").or(config.number("attn_config.rope_theta")).or(config.number("rope.freq_base"));
    let theta = theta.filter(|theta| *theta > 1.0 && theta.is_finite()).unwrap_or(usual_theta(family));
    Ok(RopeSettings {
        theta,
        width: turned(&read, family, head),
        interleaved: match family {
            Family::DeepseekV2 | Family::Llama4 | Family::Ernie45 => true,
            Family::DeepseekV3 => config.flag("rope_interleave").unwrap_or(true),
            _ => false,
        },
        stretch: stretch(&read, head)?,
    })
}

/// What DeepSeek multiplies its products by where YaRN stretches: the square of a magnitude. 1 elsewhere.
pub(super) fn latent_sharpness(config: &CheckpointConfig, is_latent: bool) -> f64 {
    let read = Reading { config };
    let stretched = read.kind().is_some_and(|kind| kind != "default");
    let all = read.number("mscale_all_dim").filter(|all| *all != 0.0);
    match (all, read.number("factor")) {
        (Some(all), Some(factor)) if is_latent && stretched => magnitude(factor, all).powi(2),
        _ => 1.0,
    }
}

/// The values that say how positions are told, wherever they stand.
struct Reading<'a> {
    config: &'a CheckpointConfig,
}

impl Reading<'_> {
    fn value(&self, key: &str) -> Option<&Value> {
        let within = |object: &str| {
            let value = self.config.value(object)?.as_object()?.get(key)?;
            (!value.is_null()).then_some(value)
        };
        within("rope_parameters").or_else(|| within("rope_scaling")).or_else(|| self.config.value(key))
    }

    fn number(&self, key: &str) -> Option<f64> {
        self.value(key)?.as_f64().filter(|value| value.is_finite())
    }

    fn kind(&self) -> Option<&str> {
        // Not the `type` of anything else than the scaling.
        let old = || self.config.value("rope_scaling")?.as_object()?.get("type")?.as_str();
        self.value("rope_type").and_then(Value::as_str).or_else(old).or(self.config.text("rope.scaling.type"))
    }

    fn list(&self, key: &str) -> Vec<f64> {
        self.value(key).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_f64).collect()
    }
}

/// θ of families whose configs may leave it out.
fn usual_theta(family: Family) -> f64 {
    match family {
        Family::Mixtral | Family::PhiMoe => 1e6,
        Family::FlexOlmo | Family::Ernie45 | Family::Llama4 => 5e5,
        Family::MiniMaxM2 => 5e6,
        Family::GptOss => 1.5e5,
        _ => 1e4,
    }
}

/// How many numbers of a head are turned: an even number, at most all.
fn turned(read: &Reading<'_>, family: Family, head: usize) -> usize {
    let whole = read.config.size("rotary_dim").or(read.config.size("rope.dimension_count"));
    let share = read.number("partial_rotary_factor").unwrap_or(if family == Family::Glm4Moe { 0.5 } else { 1.0 });
    let width = whole.unwrap_or((head as f64 * share.clamp(0.0, 1.0)) as usize).min(head);
    width - width % 2
}

fn stretch(read: &Reading<'_>, head: usize) -> Result<Stretch, ForwardError> {
    let Some(kind) = read.kind() else { return Ok(Stretch::None) };
    let positive = |key: &'static str, what: &'static str| {
        read.number(key).filter(|value| *value > 0.0).ok_or(ForwardError::Unsaid { what, key })
    };
    let factor = || positive("factor", "how far RoPE is stretched");
    let longest = read.config.number("max_position_embeddings");
    let trained = || {
        let told = read.number("original_max_position_embeddings").or(longest).filter(|tokens| *tokens > 1.0);
        told.ok_or(ForwardError::Unsaid {
            what: "how long the texts were that it was first trained on",
            key: "original_max_position_embeddings",
        })
    };
    Ok(match kind {
        "default" | "mrope" | "none" => Stretch::None,
        "linear" => Stretch::Linear { factor: factor()? },
        "dynamic" => match read.number("alpha").filter(|alpha| *alpha > 0.0) {
            Some(alpha) => Stretch::Alpha { alpha },
            None => {
                let trained = longest.filter(|tokens| *tokens > 1.0);
                let unsaid = ForwardError::Unsaid { what: "its longest text", key: "max_position_embeddings" };
                Stretch::Dynamic { factor: factor()?, trained: trained.ok_or(unsaid)? }
            }
        },
        "llama3" => Stretch::Llama3 {
            factor: factor()?,
            low: positive("low_freq_factor", "from where RoPE is stretched")?,
            high: positive("high_freq_factor", "up to where RoPE is stretched")?,
            trained: trained()?,
        },
        "yarn" => {
            let trained = trained()?;
            let factor = read.number("factor").or(longest.map(|longest| longest / trained)).unwrap_or(1.0);
            let strength = match (read.number("mscale"), read.number("mscale_all_dim")) {
                (Some(m), Some(all)) if m != 0.0 && all != 0.0 => magnitude(factor, m) / magnitude(factor, all),
                _ => magnitude(factor, 1.0),
            };
            let or = |key: &str, usual: f64| read.number(key).filter(|value| *value > 0.0).unwrap_or(usual);
            Stretch::Yarn(Yarn {
                factor,
                trained,
                fast_slow: (or("beta_fast", 32.0), or("beta_slow", 1.0)),
                truncate: read.value("truncate").and_then(Value::as_bool).unwrap_or(true),
                magnitude: read.number("attention_factor").unwrap_or(strength),
            })
        }
        "longrope" | "su" => long(read, trained()?, longest, head)?,
        other => {
            return Err(ForwardError::Unknown {
                key: "rope_type",
                found: other.to_owned(),
                expected: "default, linear, dynamic, llama3, yarn or longrope",
            });
        }
    })
}

fn long(read: &Reading<'_>, trained: f64, longest: Option<f64>, head: usize) -> Result<Stretch, ForwardError> {
    let (short, long) = (read.list("short_factor"), read.list("long_factor"));
    for list in [&short, &long] {
        if list.len() > head || list.is_empty() || list.iter().any(|factor| *factor <= 0.0) {
            return Err(ForwardError::Sizes {
                what: format!("LongRoPE has {} factors for heads of {head} numbers", list.len()),
            });
        }
    }
    let factor = read.number("factor").or(longest.map(|longest| longest / trained)).unwrap_or(1.0);
    let grown = if factor <= 1.0 { 1.0 } else { (1.0 + factor.ln() / trained.ln()).sqrt() };
    let usual = read.number("attention_factor").unwrap_or(grown);
    let magnitude = (read.number("short_mscale").unwrap_or(usual), read.number("long_mscale").unwrap_or(usual));
    Ok(Stretch::Long { short, long, trained, magnitude })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(config: Value, family: Family) -> RopeSettings {
        rope(&CheckpointConfig::of_json(&config), family, 64).unwrap()
    }

    #[test]
    fn old_and_new_keys_say_the_same() {
        let old = of(
            json!({"rope_theta": 150_000.0, "rope_scaling": {"type": "yarn", "factor": 32.0, "beta_fast": 32.0,
            "beta_slow": 1.0, "original_max_position_embeddings": 4096, "truncate": false}}),
            Family::GptOss,
        );
        let new = of(
            json!({"rope_parameters": {"rope_type": "yarn", "rope_theta": 150_000.0, "factor": 32.0,
            "beta_fast": 32.0, "beta_slow": 1.0, "original_max_position_embeddings": 4096, "truncate": false}}),
            Family::GptOss,
        );
        assert_eq!(old, new);
        let Stretch::Yarn(yarn) = old.stretch else { panic!("{old:?}") };
        assert!((yarn.magnitude - (0.1 * 32f64.ln() + 1.0)).abs() < 1e-12 && !yarn.truncate);
        let plain = of(json!({"rope_theta": 1e4, "rope_scaling": null}), Family::Olmoe);
        assert_eq!((plain.stretch, plain.width, plain.interleaved), (Stretch::None, 64, false));
    }

    #[test]
    fn parts_of_a_head_and_families_that_leave_out_what_is_usual() {
        assert_eq!(of(json!({"partial_rotary_factor": 0.25}), Family::Olmoe).width, 16);
        assert_eq!(of(json!({}), Family::Glm4Moe).width, 32);
        assert_eq!(of(json!({"rotary_dim": 48}), Family::MiniMaxM2).width, 48);
        assert_eq!((of(json!({}), Family::Mixtral).theta, of(json!({}), Family::Llama4).interleaved), (1e6, true));
        assert!(!of(json!({"rope_interleave": false}), Family::DeepseekV3).interleaved);
    }

    #[test]
    fn deepseek_sharpens_by_the_square() {
        let config = json!({"rope_scaling": {"type": "yarn", "factor": 40.0, "mscale": 1.0, "mscale_all_dim": 1.0,
            "original_max_position_embeddings": 4096}});
        let config = CheckpointConfig::of_json(&config);
        assert!((latent_sharpness(&config, true) - (0.1 * 40f64.ln() + 1.0).powi(2)).abs() < 1e-12);
        assert_eq!(latent_sharpness(&config, false), 1.0);
        let Stretch::Yarn(yarn) = rope(&config, Family::DeepseekV3, 64).unwrap().stretch else { panic!("no YaRN") };
        assert_eq!(yarn.magnitude, 1.0);
    }

    #[test]
    fn what_is_not_known_is_said() {
        let fault =
            |config: Value| rope(&CheckpointConfig::of_json(&config), Family::Olmoe, 64).unwrap_err().to_string();
        let found = fault(json!({"rope_scaling": {"type": "spiral"}}));
        assert!(found.contains("“spiral”") && found.contains("longrope"), "{found}");
        assert!(fault(json!({"rope_scaling": {"type": "linear"}})).contains("factor"));
        assert!(
            fault(json!({"rope_scaling": {"type": "longrope", "short_factor": [], "long_factor": []},
            "max_position_embeddings": 9}))
            .contains("0 factors")
        );
    }
}
