//! The losses of a competition on a graphics device: two launches forward, one backward.

use burn::backend::wgpu::CubeTensor;

use super::Kept;
use super::grouping::MOST_EXPERTS;
use super::softmax::ROWS;
use crate::engine::kernels::launch::{Shader, bits, blank, groups_for, sizes, wgsl};
use crate::engine::kernels::{AffinityBalanceSource, CompetitionLossWeights};

const LOSSES: Shader = Shader {
    name: "competition_losses",
    text: wgsl!("competition_losses", "order", "rows"),
    group: [64, 1, 1],
    bindings: 8,
};

const TOTALS: Shader =
    Shader { name: "competition_totals", text: wgsl!("competition_totals"), group: [256, 1, 1], bindings: 7 };

const GRADIENT: Shader = Shader {
    name: "competition_losses_gradient",
    text: wgsl!("competition_losses_gradient", "rows"),
    group: [64, 1, 1],
    bindings: 7,
};

pub(super) const SHADERS: [Shader; 3] = [LOSSES, TOTALS, GRADIENT];

/// Positions of a sequence that one group adds up.
const STRETCH: usize = 64;

fn code(balance_source: AffinityBalanceSource) -> u32 {
    match balance_source {
        AffinityBalanceSource::OfProbabilities => 0,
        AffinityBalanceSource::OfScores => 1,
        AffinityBalanceSource::OfFirstChoices => 2,
    }
}

/// The losses by their weights, and each by itself: distillation, affinity balance, diversity; `[1]` each.
///
/// - inputs: z, affinity `[T, N]`, diversity `[T]`, winners, picks `[T, N]`
/// - keeps q, the distillation's gradient and what the balance is taken of, `[T, 3N]`, and the balance's slopes `[B, N]`
pub fn forward(tokens: [&CubeTensor; 5], loss_weights: &CompetitionLossWeights) -> ([CubeTensor; 4], Kept) {
    let [z, affinity, diversity, winners, picks] = tokens;
    let [tokens, experts] = sizes(z)[..] else { unreachable!("tokens and experts") };
    assert!(experts <= MOST_EXPERTS, "{experts} experts; the shaders know at most {MOST_EXPERTS}");
    let sequences = loss_weights.sequences;
    let positions = tokens / sequences;
    let stretches = positions.div_ceil(STRETCH);
    let columns =
        if loss_weights.balance_source == AffinityBalanceSource::OfFirstChoices { 2 * experts } else { experts };
    let (kept, parts) = (blank(z, &[tokens, 3 * experts]), blank(z, &[sequences * stretches, columns + 2]));
    let [b, s, n, c] = [sequences as u32, positions as u32, experts as u32, stretches as u32];
    let [all, at_winners, at_picks, divergence] = loss_weights.of_distillation(tokens, experts).map(bits);
    let balance = code(loss_weights.balance_source);
    let numbers = [b, s, n, c, STRETCH as u32, balance, all, at_winners, at_picks, divergence];
    let buffers = [z, affinity, diversity, winners, picks, &kept, &parts];
    LOSSES.launch(&buffers, &numbers, groups_for(sequences * stretches, 1));

    let slopes = blank(z, &[sequences, experts]);
    let losses = std::array::from_fn(|_| blank(z, &[1]));
    let [auxiliary, router, balance_source, likeness] = &losses;
    let [of_router, of_balance, of_diversity] =
        [loss_weights.router, loss_weights.affinity_balance, loss_weights.diversity].map(bits);
    let (each, even) = (bits(loss_weights.of_diversity(tokens)), bits((experts as f64).ln()));
    let numbers = [b, s, n, c, balance, of_router, of_balance, of_diversity, each, even];
    TOTALS.launch(&[&parts, &slopes, auxiliary, router, balance_source, likeness], &numbers, [1, 1, 1]);
    (losses, vec![kept, slopes])
}

/// Gradients of z `[T, N]`, affinity `[T, N]` and diversity `[T]` from that of the weighed sum, `g` `[1]`.
pub fn backward(
    z: &CubeTensor,
    kept: &[CubeTensor],
    g: &CubeTensor,
    loss_weights: &CompetitionLossWeights,
) -> [CubeTensor; 3] {
    let [kept, slopes] = kept else { unreachable!("two tensors were kept") };
    let [tokens, experts] = sizes(z)[..] else { unreachable!("tokens and experts") };
    let (dz, daffinity) = (blank(z, &[tokens, experts]), blank(z, &[tokens, experts]));
    let ddiversity = blank(z, &[tokens]);
    let numbers = [
        tokens as u32,
        (tokens / loss_weights.sequences) as u32,
        experts as u32,
        code(loss_weights.balance_source),
        bits(loss_weights.router),
        bits(loss_weights.affinity_balance / tokens as f64),
        bits(loss_weights.diversity * loss_weights.of_diversity(tokens)),
    ];
    let buffers = [kept, slopes, g, &dz, &daffinity, &ddiversity];
    GRADIENT.launch(&buffers, &numbers, groups_for(tokens.div_ceil(ROWS), 1));
    [dz, daffinity, ddiversity]
}
