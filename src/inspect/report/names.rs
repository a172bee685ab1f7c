//! Names of a layout in the report of an inspection: what the tensors of a mixture are called behind its block.

use serde::Serialize;

use crate::inspect::layout::{BiasPlace, MatrixPlace, MixturePlan, Slice};

/// Names of the tensors of a mixture behind its block's; `{L}` is the layer, `{e}` the expert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LayoutNames {
    pub(super) block: String,
    router: Option<String>,
    router_bias: Option<String>,
    correction: Option<String>,
    pub(super) kind: &'static str,
    interleaved: bool,
    gate: Option<String>,
    up: Option<String>,
    gate_up: Option<String>,
    down: String,
    gate_bias: Option<String>,
    up_bias: Option<String>,
    gate_up_bias: Option<String>,
    down_bias: Option<String>,
    shared: Option<String>,
    shared_gate: Option<String>,
    block_bias: Option<String>,
}

impl LayoutNames {
    pub(super) fn of(mixture: &MixturePlan) -> Self {
        let within = |name: &str| name.strip_prefix(mixture.block()).unwrap_or(name).to_owned();
        let (places, router) = (mixture.places(), mixture.router_place());
        let number = format!(".{}.", mixture.layer());
        let block = mixture.block().replacen(&number, ".{L}.", 1);
        let is_fused = places.up.slice != Slice::Whole;
        let name = |place: &MatrixPlace| within(&place.name);
        let [gate_bias, up_bias, down_bias] = &places.biases;
        let bias = |place: &Option<BiasPlace>| place.as_ref().map(|place| within(&place.name));
        let kind = match (places.up.is_each, is_fused, places.up.is_transposed != places.down.is_transposed) {
            (true, false, _) => "each",
            (true, true, _) => "each_fused",
            (false, _, true) => "flat",
            (false, true, false) if places.up.is_transposed => "fused_io",
            (false, true, false) => "fused_oi",
            (false, false, false) if places.up.is_transposed => "io",
            (false, false, false) => "oi",
        };
        Self {
            block,
            router: router.map(|router| within(&router.name)),
            router_bias: router.and_then(|router| router.bias.as_deref()).map(within),
            correction: mixture.correction_place().map(|place| within(&place.name)),
            kind,
            interleaved: matches!(places.up.slice, Slice::Even | Slice::Odd),
            gate: places.gate.as_ref().filter(|_| !is_fused).map(name),
            up: (!is_fused).then(|| name(&places.up)),
            gate_up: is_fused.then(|| name(&places.up)),
            down: name(&places.down),
            gate_bias: bias(gate_bias).filter(|_| !is_fused),
            up_bias: bias(up_bias).filter(|_| !is_fused),
            gate_up_bias: bias(up_bias).filter(|_| is_fused),
            down_bias: bias(down_bias),
            shared: mixture.shared_place().map(|shared| name(&shared.places.down)),
            shared_gate: mixture.shared_place().and_then(|shared| shared.gate.as_deref()).map(within),
            block_bias: mixture.block_bias_name().map(within),
        }
    }
}
