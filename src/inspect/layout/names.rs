//! Names of tensors: which layer one belongs to, and whether it is a router, an expert's projection, a shared expert or a bias.

/// What a tensor is to the mixture of its layer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Router,
    /// The router of a second kind of tokens (pictures), whose experts are numbered behind those of the first (ERNIE-4.5-VL).
    SecondRouter,
    RouterBias,
    /// Added to the scores when experts are chosen.
    Correction,
    Expert(Part),
    Shared(Part),
    SharedGate,
    /// A bias that may be that of the whole block; the block's name decides.
    Bias,
    /// Stands before or behind all experts, in a narrower space.
    Latent,
}

/// A projection of an expert.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part {
    pub projection: Projection,
    pub is_bias: bool,
    /// The expert's number, where each has a tensor of its own.
    pub expert: Option<usize>,
    /// Whether its numbers are packed in a way that is not read (GPTQ, AWQ and such).
    pub is_packed: bool,
}

/// Which projection.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Projection {
    Gate,
    Up,
    Down,
    /// Gate and up in one tensor.
    GateUp,
}

/// Where a tensor stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Spot<'a> {
    /// All before the layer's number: `model.layers`.
    pub stack: &'a str,
    pub layer: usize,
    /// All behind it.
    pub tail: &'a str,
    /// Whether it belongs to the layer's attention.
    pub in_attention: bool,
}

/// Splits a name at its layer's number; `None` outside the layers.
pub(super) fn spot(name: &str) -> Option<Spot<'_>> {
    let mut from = 0;
    let mut before = "";
    for piece in name.split('.') {
        let to = from + piece.len();
        let word = before.rsplit('/').next().unwrap_or(before);
        let counts_layers = word == "h"
            || word == "blk"
            || ["layer", "layers", "block", "blocks"].iter().any(|end| word.ends_with(end));
        if counts_layers && let Some(layer) = number(piece) {
            let tail = name.get(to + 1..)?;
            let first = tail.split('.').next().unwrap_or(tail);
            return Some(Spot {
                stack: name.get(..from.checked_sub(1)?)?,
                layer,
                tail,
                in_attention: first.contains("attn") || first.contains("attention"),
            });
        }
        (before, from) = (piece, to + 1);
    }
    None
}

/// A number without a sign or leading zeros.
fn number(text: &str) -> Option<usize> {
    let plain = !text.is_empty() && text.len() < 8 && text.bytes().all(|byte| byte.is_ascii_digit());
    (plain && (text.len() == 1 || !text.starts_with('0'))).then(|| text.parse().ok())?
}

/// An expert's number: `7` or `expert_7`.
fn expert_number(piece: &str) -> Option<usize> {
    number(piece.strip_prefix("expert_").unwrap_or(piece))
}

/// Ends of names of what belongs to another tensor: scales, zeros and orders of packed numbers.
const BESIDE: [&str; 20] = [
    "weight_scale_inv",
    "weight_scale",
    "weight_scale_2",
    "weight_zero_point",
    "weight_shape",
    "weight_g_idx",
    "scale",
    "scale_inv",
    "input_scale",
    "activation_scale",
    "scales",
    "qzeros",
    "zeros",
    "g_idx",
    "absmax",
    "nested_absmax",
    "quant_map",
    "nested_quant_map",
    "bitsandbytes__nf4",
    "bitsandbytes__fp4",
];

/// Names of correction biases.
const CORRECTIONS: [&str; 6] =
    ["e_score_correction_bias", "expert_bias", "router_bias", "correction_bias", "exp_probs_b", "routing_bias"];

/// What a tensor of `rank` axes is by its name behind the layer's number.
pub(super) fn role(tail: &str, rank: usize) -> Option<Role> {
    let pieces: Vec<&str> = tail.split('.').collect();
    // T5's blocks count their sub-layers.
    let pieces = match pieces.as_slice() {
        ["layer", sub, rest @ ..] if number(sub).is_some() => rest,
        all => all,
    };
    let (last, front) = pieces.split_last()?;
    if BESIDE.contains(last) || last.ends_with("_scales") || last.ends_with("_scale") || last.ends_with("_scale_inv") {
        return None;
    }
    if CORRECTIONS.contains(last) || (*last == "bias" && front.last().is_some_and(|piece| CORRECTIONS.contains(piece)))
    {
        return Some(Role::Correction);
    }
    let (path, ending) = match *last {
        "weight" => (front.to_vec(), Ending::Weight),
        "weight_1" => {
            return (of_path(front, Ending::Weight, rank) == Some(Role::Router)).then_some(Role::SecondRouter);
        }
        "qweight" | "weight_packed" => (front.to_vec(), Ending::Packed),
        "bias" => (front.to_vec(), Ending::Bias),
        other => {
            let bias = other.strip_suffix("_bias").map(|bare| (bare, Ending::Bias));
            let weight = other.strip_suffix("_weight").map(|bare| (bare, Ending::Weight));
            let (bare, ending) = bias.or(weight).unwrap_or((other, Ending::Weight));
            let mut path = front.to_vec();
            path.push(bare);
            (path, ending)
        }
    };
    of_path(&path, ending, rank)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Ending {
    Weight,
    Packed,
    Bias,
}

/// The same without the ending of the name.
fn of_path(path: &[&str], ending: Ending, rank: usize) -> Option<Role> {
    let is_bias = ending == Ending::Bias;
    let Some(last) = path.last() else { return is_bias.then_some(Role::Bias) };
    let part = |projection, expert| Part { projection, is_bias, expert, is_packed: ending == Ending::Packed };
    if path.iter().any(|piece| piece.ends_with("latent_proj") || piece.ends_with("_expert_proj")) {
        return Some(Role::Latent);
    }
    let is_shared = |piece: &&str| piece.starts_with("shared_") || piece.starts_with("share_") || *piece == "shared";
    if path.iter().any(is_shared) || last.ends_with("_shexp") {
        let gate = is_shared(last) && last.ends_with("_gate") || *last == "ffn_gate_inp_shexp";
        if gate {
            return (!is_bias).then_some(Role::SharedGate);
        }
        let numbered = path.iter().any(|piece| expert_number(piece).is_some());
        return projection(last.trim_end_matches("_shexp")).filter(|_| !numbered).map(|p| Role::Shared(part(p, None)));
    }
    if let Some(at) = path.iter().rposition(|piece| expert_number(piece).is_some()) {
        let expert = expert_number(path[at]);
        // Behind the number, or before it: `experts.3.w1`, `ffn_gate.3`, `experts.gate_up_projs.3`.
        let of_experts = |piece: &&str| piece.contains("expert") || *piece == "moe" || piece.starts_with("ffn_");
        if !path[..=at].iter().any(of_experts) {
            return None;
        }
        let name = if at + 1 < path.len() { last } else { path.get(at.checked_sub(1)?)? };
        return projection(name).map(|p| Role::Expert(part(p, expert)));
    }
    let within_experts = path.contains(&"experts");
    let stacked = rank == 3 || (rank == 2 && (is_bias || within_experts)) || last.ends_with("_exps");
    if stacked && let Some(p) = projection(last.trim_end_matches("_exps")) {
        return Some(Role::Expert(part(p, None)));
    }
    let parent = path.len().checked_sub(2).and_then(|at| path.get(at)).copied().unwrap_or("");
    let inside = ["wg", "layer", "classifier", "linear", "gate", "proj", "embeddings"];
    let is_router = ["router", "gate", "ffn_gate_inp"].contains(last)
        || (["router", "gate"].contains(&parent) && inside.contains(last));
    match (is_router, is_bias, rank) {
        (true, false, 2) => Some(Role::Router),
        (true, true, 1) => Some(Role::RouterBias),
        (false, true, 1) => Some(Role::Bias),
        _ => None,
    }
}

/// The projection of a name.
fn projection(name: &str) -> Option<Projection> {
    Some(match name {
        "gate_proj" | "gate_projs" | "w1" | "linear" | "gate" | "wi_0" | "ffn_gate" => Projection::Gate,
        "up_proj" | "up_projs" | "w3" | "linear_v" | "v1" | "up" | "wi_1" | "wi" | "fc1" | "ffn_up" | "keys"
        | "hidden" => Projection::Up,
        "down_proj" | "down_projs" | "w2" | "linear_1" | "down" | "wo" | "fc2" | "ffn_down" | "output_linear"
        | "mlp2" | "values" | "answer" => Projection::Down,
        "gate_up_proj" | "gate_up_projs" | "gate_and_up_proj" | "input_linear" | "mlp1" | "w13" | "ffn_gate_up"
        | "gate_up" => Projection::GateUp,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expert(projection: Projection, expert: Option<usize>) -> Role {
        Role::Expert(Part { projection, is_bias: false, expert, is_packed: false })
    }

    fn of(name: &str, rank: usize) -> Option<(usize, Role)> {
        let spot = spot(name)?;
        Some((spot.layer, role(spot.tail, rank)?))
    }

    #[test]
    fn routers_of_every_family_are_known_by_name() {
        for name in [
            "model.layers.3.block_sparse_moe.gate.weight",
            "model.layers.3.mlp.gate.wg.weight",
            "model.layers.3.mlp.router.gate.weight",
            "model.layers.3.mlp.router.linear.weight",
            "block.3.mlp.gate.weight",
            "transformer.blocks.3.ffn.router.layer.weight",
            "transformer.decoder_layer.3.router",
            "encoder.block.3.layer.1.mlp.router.classifier.weight",
            "backbone.layers.3.mixer.gate.weight",
            "blk.3.ffn_gate_inp.weight",
            "layers.3.gate.weight",
            "model/blocks.3.router.weight",
        ] {
            assert_eq!(of(name, 2), Some((3, Role::Router)), "{name}");
        }
        for name in ["model.layers.3.mlp.gate_proj.weight", "model.layers.3.self_attn.q_proj.weight", "lm_head.weight"]
        {
            assert_eq!(of(name, 2), None, "{name}");
        }
        assert_eq!(of("model.layers.3.mlp.router.bias", 1), Some((3, Role::RouterBias)));
        assert_eq!(of("model.layers.3.mlp.gate.weight_1", 2), Some((3, Role::SecondRouter)));
        assert_eq!(of("model.layers.3.mlp.experts.0.up_proj.weight_1", 2), None);
        for name in [
            "model.layers.3.mlp.gate.e_score_correction_bias",
            "model.layers.3.mlp.moe_statics.e_score_correction_bias",
            "model.layers.3.mlp.gate.expert_bias",
            "model.layers.3.moe.router_bias",
            "blk.3.exp_probs_b.bias",
        ] {
            assert_eq!(of(name, 1), Some((3, Role::Correction)), "{name}");
        }
    }

    #[test]
    fn experts_of_every_layout_are_known_by_name() {
        use Projection::{Down, Gate, GateUp, Up};
        for (name, rank, projection, number) in [
            ("model.layers.1.block_sparse_moe.experts.10.w1.weight", 2, Gate, Some(10)),
            ("model.layers.1.mlp.experts.7.down_proj.weight", 2, Down, Some(7)),
            ("decoder.block.1.layer.2.mlp.experts.expert_3.wi.weight", 2, Up, Some(3)),
            ("transformer.decoder_layer.1.moe.5.linear_1.weight", 2, Down, Some(5)),
            ("blk.1.ffn_up.12.weight", 2, Up, Some(12)),
            ("model.layers.1.mlp.experts.gate_up_projs.4.weight", 2, GateUp, Some(4)),
            ("model.layers.1.mlp.experts.gate_up_proj", 3, GateUp, None),
            ("model.layers.1.block_sparse_moe.input_linear.weight", 3, GateUp, None),
            ("transformer.blocks.1.ffn.experts.mlp.v1", 2, Up, None),
            ("model.layers.1.moe.gate_proj.weight", 3, Gate, None),
            ("block.1.mlp.mlp1_weight", 3, GateUp, None),
            ("blk.1.ffn_down_exps.weight", 3, Down, None),
        ] {
            assert_eq!(of(name, rank), Some((1, expert(projection, number))), "{name}");
        }
        for name in ["model.layers.1.mlp.experts.0.w1.weight_scale_inv", "model.layers.1.mlp.experts.down_proj_scales"]
        {
            assert_eq!(of(name, 2), None, "{name}");
        }
        assert_eq!(
            of("model.layers.1.shared_mlp.input_linear.weight", 2).map(|found| matches!(found.1, Role::Shared(_))),
            Some(true)
        );
        assert_eq!(of("model.layers.1.mlp.shared_expert_gate.weight", 2), Some((1, Role::SharedGate)));
        assert_eq!(of("model.layers.1.mlp.bias", 1), Some((1, Role::Bias)));
    }

    #[test]
    fn layers_are_found_in_every_stack() {
        let at = |name| spot(name).map(|spot| (spot.stack.to_owned(), spot.layer, spot.in_attention));
        assert_eq!(at("model.layers.12.self_attention.experts.bias"), Some(("model.layers".into(), 12, true)));
        assert_eq!(at("model.mtp_block.0.mlp.gate.weight"), Some(("model.mtp_block".into(), 0, false)));
        assert_eq!(at("blk.0.ffn_norm.weight"), Some(("blk".into(), 0, false)));
        for none in [
            "model.norm.weight",
            "layers.x.y",
            "model.layers.",
            "",
            "...",
            "model.layers.99999999999999999999.w",
            "layers.3",
        ] {
            assert_eq!(at(none), None, "{none}");
        }
    }
}
