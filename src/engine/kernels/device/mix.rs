//! The router step's work on a graphics device: 6 launches forward, 6 backward, at a cost of k experts a token.

use burn::backend::wgpu::CubeTensor;

use super::experts::{ExpertRows, Factor, Then, gradient, product};
use super::grouping::{GroupingOffsets, group};
use super::{Biases, Kept, code};
use crate::domain::config::Activation;
use crate::engine::kernels::launch::{Shader, blank, groups_for, sizes, wgsl};

const COMBINE: Shader = Shader { name: "combine", text: wgsl!("combine"), group: [256, 1, 1], bindings: 4 };

const SHARES: Shader = Shader { name: "share_gradient", text: wgsl!("share_gradient"), group: [64, 1, 1], bindings: 5 };

pub(super) const SHADERS: [Shader; 2] = [COMBINE, SHARES];

/// Gradients of what a mixture was made from.
#[derive(Clone, Debug)]
pub(crate) struct MixGradients {
    /// `[T, D]`
    pub x: CubeTensor,
    /// `[N, D, H]`
    pub keys: CubeTensor,
    /// `[N, H, D]`
    pub values: CubeTensor,
    /// `[T, N]`, 0 where not picked.
    pub weights: CubeTensor,
    /// `[N, H]` and `[N, D]`, if there are biases.
    pub biases: Option<(CubeTensor, CubeTensor)>,
}

/// y[t] = Σ over the picked experts of weight · g_i(x[t]).
///
/// - `x`: `[T, D]`; `keys`: `[N, D, H]`; `values`: `[N, H, D]`; `weights`, `picks`: `[T, N]`, k picks a row
/// - returns `[T, D]`; keeps the plan, what enters the activation `[R, H]` and the answers `[R, D]`
#[expect(clippy::too_many_arguments, reason = "the inputs of one operation")]
pub fn forward(
    x: &CubeTensor,
    keys: &CubeTensor,
    values: &CubeTensor,
    biases: Biases<'_>,
    weights: &CubeTensor,
    picks: &CubeTensor,
    k: usize,
    activation: Activation,
) -> (CubeTensor, Kept) {
    let [tokens, experts] = sizes(picks)[..] else { unreachable!("tokens and experts") };
    let plan = group(picks, weights, k);
    let places = GroupingOffsets::new(tokens, experts, k);
    let rows = ExpertRows::Planned(&plan, places);
    let inner = biases.map_or(Then::Nothing, |(bias, _)| Then::Bias(bias));
    let outer = biases.map_or(Then::Nothing, |(_, bias)| Then::Bias(bias));
    let x = Factor { values: x, gathered: true, act: 0 };
    let hidden = product(rows, x, keys, false, inner);
    let acted = Factor { values: &hidden, gathered: false, act: code(activation) };
    let answers = product(rows, acted, values, false, outer);
    let y = combine(&answers, &plan, places, true);
    (y, vec![plan, hidden, answers])
}

/// The gradients, from that of y, `g` `[T, D]`. The weights are in the plan that was kept.
#[expect(clippy::too_many_arguments, reason = "the inputs of one operation")]
pub fn backward(
    x: &CubeTensor,
    keys: &CubeTensor,
    values: &CubeTensor,
    biases: Biases<'_>,
    _weights: &CubeTensor,
    picks: &CubeTensor,
    k: usize,
    activation: Activation,
    kept: &[CubeTensor],
    g: &CubeTensor,
) -> MixGradients {
    let [plan, hidden, answers] = kept else { unreachable!("the plan, hidden neurons and answers") };
    let [tokens, experts] = sizes(picks)[..] else { unreachable!("tokens and experts") };
    let places = GroupingOffsets::new(tokens, experts, k);
    let rows = ExpertRows::Planned(plan, places);
    let weights = share_gradient(answers, g, plan, places);
    let act = code(activation);
    let gathered = |values| Factor { values, gathered: true, act: 0 };
    let plain = |values, act| Factor { values, gathered: false, act };
    let dhidden = product(rows, gathered(g), values, true, Then::Slope(act, hidden));
    let (dvalues, outer) = gradient(rows, plain(hidden, act), gathered(g), biases.is_some());
    let (dkeys, inner) = gradient(rows, gathered(x), plain(&dhidden, 0), biases.is_some());
    let dx = product(rows, plain(&dhidden, 0), keys, true, Then::Nothing);
    let x = combine(&dx, plan, places, false);
    MixGradients { x, keys: dkeys, values: dvalues, weights, biases: inner.zip(outer) }
}

/// Σ over a token's rows, weighed or not: `[R, D]` to `[T, D]`.
fn combine(rows: &CubeTensor, plan: &CubeTensor, places: GroupingOffsets, weighed: bool) -> CubeTensor {
    let width = sizes(rows)[1];
    let y = blank(rows, &[places.tokens, width]);
    let numbers = [
        places.tokens as u32,
        width as u32,
        (places.rows / places.tokens.max(1)) as u32,
        places.rows as u32,
        u32::from(weighed),
        places.weight_of_row(),
        places.row_of_slot(),
    ];
    COMBINE.launch(&[rows, plan, &y], &numbers, groups_for(places.tokens * width, COMBINE.group[0]));
    y
}

/// Gradient of the weights, `[T, N]`.
fn share_gradient(answers: &CubeTensor, g: &CubeTensor, plan: &CubeTensor, places: GroupingOffsets) -> CubeTensor {
    let dw = blank(g, &[places.tokens, places.experts]);
    let numbers = [
        places.tokens as u32,
        sizes(g)[1] as u32,
        places.experts as u32,
        (places.rows / places.tokens.max(1)) as u32,
        places.rows as u32,
        places.row_of_slot(),
        places.expert_of_slot(),
    ];
    SHARES.launch(&[answers, g, plan, &dw], &numbers, groups_for(places.tokens, 1));
    dw
}
