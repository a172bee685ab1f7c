//! The auxiliary losses of one layer, each with the gradients the paper's code gives it and no others.

use burn::tensor::Tensor;

use crate::config::{AffinityBalance, Distillation, Knobs};

/// How much each auxiliary loss weighs, and in which form.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LossWeights {
    /// α
    pub router: f64,
    /// θ
    pub theta: f64,
    /// Which distillation loss.
    pub distillation: Distillation,
    /// β
    pub balance: f64,
    /// β_c of the affinity balance, taken half.
    pub affinity_balance: f64,
    /// β_c of the diversity loss, taken half.
    pub diversity: f64,
    /// What the affinity balance is computed from.
    pub affinity_form: AffinityBalance,
}

impl LossWeights {
    /// The weights in force.
    pub fn of(knobs: &Knobs, affinity_form: AffinityBalance) -> Self {
        Self {
            router: knobs.router_weight,
            theta: knobs.theta,
            distillation: knobs.distillation,
            balance: knobs.balance_weight,
            affinity_balance: knobs.affinity_balance_weight,
            diversity: knobs.diversity_weight,
            affinity_form,
        }
    }
}

/// Distillation (router) loss: pulls the router's softmax p towards the competition's q. Section 1.5.
///
/// - `p`, `q`: `[T, N]`; q is taken as a constant
/// - `winners`, `picks`: `[T, N]` of 0 and 1 with k ones a row
/// - returns `[1]`: plain = mean (p − q)²; hybrid = plain + θ·mean over winners; in top-k = mean over winners;
///   three-way = hybrid + θ·mean over the router's picks
pub fn distillation(
    p: Tensor<2>,
    q: &Tensor<2>,
    winners: &Tensor<2>,
    picks: &Tensor<2>,
    form: Distillation,
    theta: f64,
) -> Tensor<1> {
    let constant = |t: &Tensor<2>| t.clone().inner().autodiff();
    let tracked = p.is_autodiff();
    let (q, winners, picks) = if tracked {
        (constant(q), constant(winners), constant(picks))
    } else {
        (q.clone(), winners.clone(), picks.clone())
    };
    let squared = (p - q).square();
    let over = |mask: Tensor<2>| {
        let marked = mask.clone().sum();
        (squared.clone() * mask).sum() / marked
    };
    match form {
        Distillation::Plain => squared.mean(),
        Distillation::InTopK => over(winners),
        Distillation::Hybrid => squared.clone().mean() + over(winners) * theta,
        Distillation::ThreeWay => squared.clone().mean() + (over(winners) + over(picks)) * theta,
    }
}

/// z-loss: mean over tokens of (ln Σ eᶻ)², for `z` `[T, N]`. Known to the published code, not part of its loss.
pub fn z_loss(z: Tensor<2>) -> Tensor<1> {
    let largest = z.clone().inner().max_dim(1);
    let largest = if z.is_autodiff() { largest.autodiff() } else { largest };
    let lse = (z - largest.clone()).exp().sum_dim(1).log() + largest;
    lse.square().mean()
}

/// Switch balance: N · mean over sequences of Σ_i f_i p̄_i, f the share of first choices (not tracked), p̄ the mean
/// probability. 1 is even. Known to the published language code, not part of its loss (arXiv 2101.03961).
///
/// - `p`: `[T, N]`; `first`: `[T, N]`, one one a row; T = `sequences` · positions
pub fn switch_balance(p: Tensor<2>, first: &Tensor<2>, sequences: usize) -> Tensor<1> {
    let [tokens, experts] = p.dims();
    let shape = [sequences, tokens / sequences, experts];
    let first = if p.is_autodiff() { first.clone().autodiff() } else { first.clone() };
    let share = first.reshape(shape).mean_dim(1);
    let mean = p.reshape(shape).mean_dim(1);
    (share * mean).sum() * (experts as f64 / sequences as f64)
}
