//! Products of rows with the weights of their expert, and the gradients of those weights: what mix and contest share.

use burn::backend::wgpu::CubeTensor;

use super::grouping::{GroupingOffsets, TILE};
use crate::engine::kernels::launch::{Shader, blank, sizes, wgsl};

const PRODUCT: Shader =
    Shader { name: "expert_product", text: wgsl!("expert_product", "activation"), group: [16, 16, 1], bindings: 7 };

const GRADIENT: Shader =
    Shader { name: "expert_gradient", text: wgsl!("expert_gradient", "activation"), group: [16, 16, 1], bindings: 6 };

pub(super) const SHADERS: [Shader; 2] = [PRODUCT, GRADIENT];

/// Which rows belong to which expert.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ExpertRows<'a> {
    /// By a plan: each token has a row at each of its k experts.
    Planned(&'a CubeTensor, GroupingOffsets),
    /// Every token at every expert: row = expert · `tokens` + token, token 0 being token `first` of what is gathered.
    Dense {
        /// Tokens T.
        tokens: usize,
        /// First of them.
        first: usize,
        /// Experts N.
        experts: usize,
    },
}

impl ExpertRows<'_> {
    /// Number of rows R.
    pub fn count(&self) -> usize {
        match self {
            Self::Planned(_, places) => places.rows,
            Self::Dense { tokens, experts, .. } => tokens * experts,
        }
    }

    fn experts(&self) -> usize {
        match self {
            Self::Planned(_, places) => places.experts,
            Self::Dense { experts, .. } => *experts,
        }
    }

    /// Tokens of a dense launch, 0 for a planned one.
    fn dense(&self) -> usize {
        match self {
            Self::Planned(..) => 0,
            Self::Dense { tokens, .. } => *tokens,
        }
    }

    fn first(&self) -> usize {
        match self {
            Self::Planned(..) => 0,
            Self::Dense { first, .. } => *first,
        }
    }

    fn tiles(&self) -> usize {
        match self {
            Self::Planned(_, places) => places.tiles,
            Self::Dense { tokens, experts, .. } => tokens.div_ceil(TILE) * experts,
        }
    }

    /// Where tiles, tokens and weights of rows stand in the plan.
    fn places(&self) -> [u32; 3] {
        match self {
            Self::Planned(_, places) => [places.tile(), places.token_of_row(), places.weight_of_row()],
            Self::Dense { .. } => [0; 3],
        }
    }

    fn plan<'a>(&'a self, nothing: &'a CubeTensor) -> &'a CubeTensor {
        match self {
            Self::Planned(plan, _) => plan,
            Self::Dense { .. } => nothing,
        }
    }
}

/// The rows that are multiplied.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Factor<'a> {
    /// `[R, K]`, or `[T, K]` if gathered.
    pub values: &'a CubeTensor,
    /// Whether a row takes its token's numbers.
    pub gathered: bool,
    /// Activation on reading: 0 none, 1 relu, 2 gelu.
    pub act: u32,
}

/// What follows a product, row by row.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Then<'a> {
    /// Nothing.
    Nothing,
    /// The expert's bias `[N, C]` is added.
    Bias(&'a CubeTensor),
    /// Times the slope of an activation (1 relu, 2 gelu) at `[R, C]`, and the row's weight where rows are planned.
    Slope(u32, &'a CubeTensor),
    /// Rows of all experts are added up, token by token; dense only.
    Sum,
}

/// Floating-point operations of `rows` rows against matrices of these sizes.
fn flop(rows: usize, height: usize, width: usize) -> u64 {
    [height, width].iter().fold(2 * rows as u64, |flop, &side| flop.saturating_mul(side as u64))
}

/// out[row] = a[row] · B[expert of row], and what follows. One launch, or more where it is large.
///
/// - `b`: `[N, K, C]`, or `[N, C, K]` if `transposed`
/// - returns `[R, C]`; `[T, C]` for [`Then::Sum`]
pub fn product(rows: ExpertRows<'_>, a: Factor<'_>, b: &CubeTensor, transposed: bool, then: Then<'_>) -> CubeTensor {
    let [_, height, width] = sizes(b)[..] else { unreachable!("experts, height and width") };
    let (depth, columns) = if transposed { (width, height) } else { (height, width) };
    let nothing = blank(b, &[1]);
    let (mut bias, mut before) = (&nothing, &nothing);
    let mut flags = u32::from(a.gathered) | u32::from(transposed) << 1 | a.act << 8;
    match then {
        Then::Nothing => {}
        Then::Bias(values) => (bias, flags) = (values, flags | 4),
        Then::Slope(kind, values) => {
            before = values;
            flags |= kind << 10 | if rows.dense() == 0 { 8 } else { 0 };
        }
        Then::Sum => flags |= 16,
    }
    let summed = matches!(then, Then::Sum);
    let (count, tiles) =
        if summed { (rows.dense(), rows.dense().div_ceil(TILE)) } else { (rows.count(), rows.tiles()) };
    let out = blank(b, &[count, columns]);
    let [tile, token, weight] = rows.places();
    let numbers = [
        count as u32,
        depth as u32,
        columns as u32,
        rows.experts() as u32,
        rows.dense() as u32,
        flags,
        tiles as u32,
        tile,
        token,
        weight,
        rows.first() as u32,
    ];
    let groups = tiles * columns.div_ceil(TILE);
    let flop = flop(rows.count(), depth, columns);
    PRODUCT.launch_in_parts(&[a.values, b, bias, before, rows.plan(&nothing), &out], &numbers, groups, flop);
    out
}

/// Gradient of each expert's matrix, Σ over its rows of a[row]ᵀ · b[row], and of its bias, Σ b[row]. One launch, or more where it is large.
///
/// - `b`: `[R, Q]`, or, if gathered, `[T, Q]`: then its rows are scaled by their weights where rows are planned
/// - returns `[N, P, Q]` and, if `biased`, `[N, Q]`
pub fn gradient(rows: ExpertRows<'_>, a: Factor<'_>, b: Factor<'_>, biased: bool) -> (CubeTensor, Option<CubeTensor>) {
    let width_of = |factor: &Factor<'_>| *sizes(factor.values).last().expect("rows of a width");
    let (height, width, experts) = (width_of(&a), width_of(&b), rows.experts());
    let nothing = blank(a.values, &[1]);
    let out = blank(a.values, &[experts, height, width]);
    let bias = biased.then(|| blank(a.values, &[experts, width]));
    let scaled = b.gathered && rows.dense() == 0;
    let flags = u32::from(a.gathered)
        | u32::from(b.gathered) << 1
        | u32::from(scaled) << 2
        | u32::from(biased) << 3
        | a.act << 8;
    let [_, token, weight] = rows.places();
    let numbers =
        [rows.count() as u32, height as u32, width as u32, experts as u32, rows.dense() as u32, flags, token, weight];
    let groups = experts * height.div_ceil(TILE) * width.div_ceil(TILE);
    let unused = blank(a.values, &[1]);
    let buffers = [a.values, b.values, rows.plan(&nothing), &out, bias.as_ref().unwrap_or(&unused)];
    GRADIENT.launch_in_parts(&buffers, &numbers, groups, flop(rows.count(), height, width));
    (out, bias)
}
