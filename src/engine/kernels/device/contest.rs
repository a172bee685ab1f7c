//! The competition step's work on a graphics device: 3 launches forward, 5 backward.
//!
//! The answers of all experts to all tokens are kept for the backward pass, with what enters the activation; the
//! gradient of the input adds up over experts within its product, so that nothing else of that size is made twice.

use burn::backend::wgpu::CubeTensor;

use super::experts::{ExpertRows, Factor, Then, gradient, product};
use super::grouping::MOST_EXPERTS;
use super::{Biases, Kept, code};
use crate::domain::config::{Activation, Response, Sharing};
use crate::engine::kernels::Rules;
use crate::engine::kernels::launch::{Shader, blank, groups_for, sizes, wgsl};

const JUDGE: Shader =
    Shader { name: "contest", text: wgsl!("contest", "order", "sigmoid"), group: [256, 1, 1], bindings: 8 };

const GRADIENT: Shader = Shader {
    name: "contest_gradient",
    text: wgsl!("contest_gradient", "order", "sigmoid"),
    group: [256, 1, 1],
    bindings: 8,
};

pub(super) const SHADERS: [Shader; 2] = [JUDGE, GRADIENT];

/// Numbers of the largest tensor [`affinity`] makes on its way: 16 MiB.
const PART: usize = 4 << 20;

/// Gradients of what a competition was held from.
#[derive(Clone, Debug)]
pub(crate) struct ContestGradients {
    /// `[T, D]`
    pub x: CubeTensor,
    /// `[N, D, H]`
    pub keys: CubeTensor,
    /// `[N, H, D]`
    pub values: CubeTensor,
    /// Of the router logits, `[T, N]`, if gated.
    pub z: Option<CubeTensor>,
    /// `[N, H]` and `[N, D]`, if there are biases.
    pub biases: Option<(CubeTensor, CubeTensor)>,
}

/// The sizes that forward and backward begin with.
fn numbers(tokens: usize, experts: usize, width: usize, rules: Rules) -> [u32; 7] {
    let response = match rules.response {
        Response::MeanSoftplus => 0,
        Response::Norm => 1,
        Response::MeanRelu => 2,
        Response::MeanSilu => 3,
        Response::MeanSigmoid => 4,
    };
    let sharing = match rules.sharing {
        Sharing::Ratio => 0,
        Sharing::Softmax => 1,
    };
    let [tokens, experts, width, k] = [tokens, experts, width, rules.k].map(|size| size as u32);
    [tokens, experts, width, k, response, sharing, u32::from(rules.gated)]
}

/// What every expert's first matrix, `keys` `[N, D, H]`, makes of every token, x `[T, D]`: `[N·T, H]`.
pub fn products(x: &CubeTensor, keys: &CubeTensor) -> CubeTensor {
    let rows = ExpertRows::Dense { tokens: sizes(x)[0], first: 0, experts: sizes(keys)[0] };
    product(rows, Factor { values: x, gathered: true, act: 0 }, keys, false, Then::Nothing)
}

/// What enters the activations `[R, H]`, and the answers `[R, D]`.
fn answer(
    rows: ExpertRows<'_>,
    x: &CubeTensor,
    keys: &CubeTensor,
    values: &CubeTensor,
    biases: Biases<'_>,
    activation: Activation,
) -> (CubeTensor, CubeTensor) {
    let inner = biases.map_or(Then::Nothing, |(bias, _)| Then::Bias(bias));
    let outer = biases.map_or(Then::Nothing, |(_, bias)| Then::Bias(bias));
    let hidden = product(rows, Factor { values: x, gathered: true, act: 0 }, keys, false, inner);
    let acted = Factor { values: &hidden, gathered: false, act: code(activation) };
    let answers = product(rows, acted, values, false, outer);
    (hidden, answers)
}

/// Every expert answers every token, the k with the highest neural response win; see [`crate::engine::kernels::contest`].
///
/// - `x`: `[T, D]`; `keys`: `[N, D, H]`; `values`: `[N, H, D]`; `z`: `[T, N]`
/// - returns output `[T, D]`, affinity `[T, N]`, diversity `[T]` and winners `[T, N]`
pub fn forward(
    x: &CubeTensor,
    keys: &CubeTensor,
    values: &CubeTensor,
    biases: Biases<'_>,
    z: &CubeTensor,
    rules: Rules,
    activation: Activation,
) -> ([CubeTensor; 4], Kept) {
    let [tokens, width] = sizes(x)[..] else { unreachable!("tokens of a width") };
    let experts = sizes(keys)[0];
    assert!(experts <= MOST_EXPERTS, "{experts} experts; the shaders know at most {MOST_EXPERTS}");
    let rows = ExpertRows::Dense { tokens, first: 0, experts };
    let (hidden, answers) = answer(rows, x, keys, values, biases, activation);
    let (output, affinity) = (blank(x, &[tokens, width]), blank(x, &[tokens, experts]));
    let (diversity, winners) = (blank(x, &[tokens]), blank(x, &[tokens, experts]));
    let seen = blank(x, &[tokens, width + 2 * experts]);
    let numbers = [&numbers(tokens, experts, width, rules)[..], &[0, 0]].concat();
    let buffers = [&answers, z, &output, &affinity, &diversity, &winners, &seen];
    JUDGE.launch(&buffers, &numbers, groups_for(tokens, 1));
    ([output, affinity, diversity, winners], vec![hidden, answers, seen])
}

/// The gradients, from those of output, affinity and diversity.
#[expect(clippy::too_many_arguments, reason = "the inputs of one operation")]
pub fn backward(
    x: &CubeTensor,
    keys: &CubeTensor,
    values: &CubeTensor,
    biases: Biases<'_>,
    rules: Rules,
    activation: Activation,
    kept: &[CubeTensor],
    [g_output, g_affinity, g_diversity]: [&CubeTensor; 3],
) -> ContestGradients {
    let [hidden, answers, seen] = kept else { unreachable!("three tensors were kept") };
    let [tokens, width] = sizes(x)[..] else { unreachable!("tokens of a width") };
    let experts = sizes(keys)[0];
    let rows = ExpertRows::Dense { tokens, first: 0, experts };
    let danswers = blank(answers, &sizes(answers));
    let z = if rules.gated { blank(x, &[tokens, experts]) } else { blank(x, &[1]) };
    let numbers = numbers(tokens, experts, width, rules);
    let buffers = [answers, g_output, g_affinity, g_diversity, seen, &danswers, &z];
    GRADIENT.launch(&buffers, &numbers, groups_for(tokens, 1));
    let act = code(activation);
    let plain = |values, act| Factor { values, gathered: false, act };
    let dhidden = product(rows, plain(&danswers, 0), values, true, Then::Slope(act, hidden));
    let (dvalues, outer) = gradient(rows, plain(hidden, act), plain(&danswers, 0), biases.is_some());
    let gathered = Factor { values: x, gathered: true, act: 0 };
    let (dkeys, inner) = gradient(rows, gathered, plain(&dhidden, 0), biases.is_some());
    let x = product(rows, plain(&dhidden, 0), keys, true, Then::Sum);
    let z = rules.gated.then_some(z);
    ContestGradients { x, keys: dkeys, values: dvalues, z, biases: inner.zip(outer) }
}

/// The affinity alone, `[T, N]`, a part of the tokens after the other: for probes. 3 launches a part.
///
/// The router's logits `z` `[T, N]` count only if the rules are gated.
pub fn affinity(
    x: &CubeTensor,
    keys: &CubeTensor,
    values: &CubeTensor,
    biases: Biases<'_>,
    z: &CubeTensor,
    rules: Rules,
    activation: Activation,
) -> CubeTensor {
    let [tokens, width] = sizes(x)[..] else { unreachable!("tokens of a width") };
    let [experts, _, hidden] = sizes(keys)[..] else { unreachable!("experts, width and hidden width") };
    assert!(experts <= MOST_EXPERTS, "{experts} experts; the shaders know at most {MOST_EXPERTS}");
    let part = (PART / (experts * width.max(hidden))).clamp(1, tokens.max(1));
    parts(x, keys, values, biases, z, rules, activation, part)
}

/// The same with `part` tokens at a time.
#[expect(clippy::too_many_arguments, reason = "the inputs of one operation")]
pub(super) fn parts(
    x: &CubeTensor,
    keys: &CubeTensor,
    values: &CubeTensor,
    biases: Biases<'_>,
    z: &CubeTensor,
    rules: Rules,
    activation: Activation,
    part: usize,
) -> CubeTensor {
    let [tokens, width] = sizes(x)[..] else { unreachable!("tokens of a width") };
    let experts = sizes(keys)[0];
    let out = blank(x, &[tokens, experts]);
    let [a, b, c, d] = std::array::from_fn(|_| blank(x, &[1]));
    for first in (0..tokens).step_by(part) {
        let part = part.min(tokens - first);
        let rows = ExpertRows::Dense { tokens: part, first, experts };
        let (_, answers) = answer(rows, x, keys, values, biases, activation);
        let numbers = [&numbers(part, experts, width, rules)[..], &[1, first as u32]].concat();
        JUDGE.launch(&[&answers, z, &a, &out, &b, &c, &d], &numbers, groups_for(part, 1));
    }
    out
}
