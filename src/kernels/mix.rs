//! The router step's work: each token goes to its k experts and comes back as their weighted sum.

use burn::tensor::Tensor;

use super::experts::ExpertWeights;

/// Σ over the picked experts of weight · g_i(x), drop-free: every token reaches all its k experts.
///
/// - `x`: `[T, D]`
/// - `weights`: `[T, N]`, read where picked; differentiable there
/// - `picks`: `[T, N]` of zeros and exactly `k` ones a row; a constant
/// - returns `[T, D]`
pub fn mix(experts: &ExpertWeights, x: Tensor<2>, weights: Tensor<2>, picks: &Tensor<2>, k: usize) -> Tensor<2> {
    debug_assert!(k >= 1);
    let picks = if weights.is_autodiff() { picks.clone().autodiff() } else { picks.clone() };
    let weights = (weights * picks).transpose().unsqueeze_dim::<3>(2); // [N, T, 1]
    (experts.answers(x) * weights).sum_dim(0).squeeze_dim(0)
}
