//! All losses of a competition step of version 2 at once: distillation, affinity balance and diversity, and their sum.

use burn::backend::wgpu::CubeTensor;
use burn::tensor::Tensor;

use super::device;
use super::host;
use super::host::pool::Buffer;
use super::operation::{Forward, HostTensor, HostView, Operation, SavedTensors, apply, without_gradient};
use crate::domain::config::Distillation;

/// What the affinity balance is taken of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AffinityBalanceSource {
    /// E(q), which takes the softmax of q once more; as published.
    OfProbabilities,
    /// E(s)
    OfScores,
    /// Switch balance of q by first choices.
    OfFirstChoices,
}

/// Which losses a competition step has, and how much they weigh.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct CompetitionLossWeights {
    /// Winners a token, and picks.
    pub k: usize,
    /// Sequences B in the T tokens.
    pub sequences: usize,
    /// Which distillation loss.
    pub distillation: Distillation,
    /// θ
    pub theta: f64,
    /// What the affinity balance is taken of.
    pub balance_source: AffinityBalanceSource,
    /// Whether the cosines are divided by the k(k − 1) pairs, not by k².
    pub by_pairs: bool,
    /// Weight of the distillation loss.
    pub router: f64,
    /// Weight of the affinity balance.
    pub affinity_balance: f64,
    /// Weight of the diversity loss.
    pub diversity: f64,
}

impl CompetitionLossWeights {
    /// Weights of (p − q)² at every entry, at winners and at picks, and of q ln(q ÷ p), for `tokens` tokens of
    /// `experts` experts.
    pub(super) fn of_distillation(&self, tokens: usize, experts: usize) -> [f64; 4] {
        let (all, marked) = (1.0 / (tokens * experts) as f64, 1.0 / (tokens * self.k.min(experts)) as f64);
        match self.distillation {
            Distillation::Plain => [all, 0.0, 0.0, 0.0],
            Distillation::InTopK => [0.0, marked, 0.0, 0.0],
            Distillation::Hybrid => [all, self.theta * marked, 0.0, 0.0],
            Distillation::ThreeWay => [all, self.theta * marked, self.theta * marked, 0.0],
            Distillation::Divergence => [0.0, 0.0, 0.0, 1.0 / tokens as f64],
        }
    }

    /// What the sum of the tokens' diversities is multiplied by.
    pub(super) fn of_diversity(&self, tokens: usize) -> f64 {
        let k = self.k as f64;
        let factor = if self.by_pairs && self.k > 1 { k / (k - 1.0) } else { 1.0 };
        factor / tokens as f64
    }
}

/// The losses, `[1]` each.
#[derive(Clone, Debug)]
pub struct CompetitionLosses {
    /// The others by their weights.
    pub auxiliary: Tensor<1>,
    /// Distillation loss, not tracked.
    pub router: Tensor<1>,
    /// Affinity balance, not tracked.
    pub affinity_balance: Tensor<1>,
    /// Diversity loss, not tracked.
    pub diversity: Tensor<1>,
}

/// The losses of a competition (`docs/algorithm.md` 1.5 to 1.7 and 2); term by term they are the functions of
/// `src/model/losses.rs`.
///
/// Differentiable in `z`, which feels the distillation alone, and in `affinity` and `diversity`, which do not feel it.
///
/// - `z`, `affinity`: `[T, N]`; `diversity`: `[T]`
/// - `winners`, `picks`: `[T, N]` of 0 and 1 with k ones a row, constants
pub fn competition_losses(
    z: Tensor<2>,
    affinity: Tensor<2>,
    diversity: Tensor<1>,
    winners: &Tensor<2>,
    picks: &Tensor<2>,
    loss_weights: CompetitionLossWeights,
) -> CompetitionLosses {
    let tracked = [z.into_dispatch(), affinity.into_dispatch(), diversity.into_dispatch()];
    let [z, affinity, diversity] = tracked;
    let (winners, picks) = (winners.clone().into_dispatch(), picks.clone().into_dispatch());
    let results = apply(Losses(loss_weights), [z, affinity, diversity, winners, picks]);
    let [auxiliary, router, affinity_balance, diversity] = results.try_into().expect("four losses");
    let fact = |term| without_gradient(Tensor::from_dispatch(term));
    CompetitionLosses {
        auxiliary: Tensor::from_dispatch(auxiliary),
        router: fact(router),
        affinity_balance: fact(affinity_balance),
        diversity: fact(diversity),
    }
}

/// Inputs: z `[T, N]`, affinity `[T, N]`, diversity `[T]`, winners `[T, N]`, picks `[T, N]`. Results, `[1]` each: the
/// weighed sum, and as facts the three losses.
#[derive(Clone, Debug)]
struct Losses(CompetitionLossWeights);

impl Operation for Losses {
    const NAME: &'static str = "competition losses";

    fn host(&self, inputs: &[HostView<'_>]) -> Forward<HostTensor, Buffer> {
        let experts = inputs[0].shape[1];
        let [z, affinity, diversity, winners, picks] = std::array::from_fn(|i| inputs[i].values);
        let tokens = host::competition_losses::Tokens { z, affinity, diversity, winners, picks };
        let (losses, kept) = host::competition_losses::forward(tokens, experts, &self.0);
        Forward { outputs: losses.map(|loss| HostTensor::new([1], vec![loss])).into(), kept }
    }

    fn host_back(
        &self,
        past: SavedTensors<'_, HostView<'_>, Buffer>,
        gradients: &[HostView<'_>],
    ) -> Vec<Option<HostTensor>> {
        let (z, affinity, diversity) = (past.inputs[0], past.inputs[1], past.inputs[2]);
        let g = gradients[0].values[0];
        let made = host::competition_losses::backward(past.kept, z.shape[1], &self.0, g);
        let [of_z, of_affinity, of_diversity] = made;
        vec![
            Some(HostTensor::like(&z, of_z)),
            Some(HostTensor::like(&affinity, of_affinity)),
            Some(HostTensor::like(&diversity, of_diversity)),
            None,
            None,
        ]
    }

    fn device(&self, inputs: &[CubeTensor]) -> Forward<CubeTensor, CubeTensor> {
        let [z, affinity, diversity, winners, picks] = inputs else { unreachable!("five inputs") };
        let tokens = [z, affinity, diversity, winners, picks];
        let (outputs, kept) = device::competition_losses::forward(tokens, &self.0);
        Forward { outputs: outputs.into(), kept }
    }

    fn device_back(
        &self,
        past: SavedTensors<'_, CubeTensor, CubeTensor>,
        gradients: &[CubeTensor],
    ) -> Vec<Option<CubeTensor>> {
        let [z, affinity, diversity] =
            device::competition_losses::backward(&past.inputs[0], past.kept, &gradients[0], &self.0);
        vec![Some(z), Some(affinity), Some(diversity), None, None]
    }
}
