//! Balance loss and z-loss of a router step: a sequence's mean routing is to be even, and logits not too large.

use burn::backend::wgpu::CubeTensor;
use burn::tensor::Tensor;

use super::device;
use super::host;
use super::host::pool::Buffer;
use super::operation::{Forward, HostTensor, HostView, Operation, SavedTensors, apply, without_gradient};

/// Which losses a router step has, and how much they weigh.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Balancing {
    /// Sequences B in the T tokens.
    pub sequences: usize,
    /// Whether the balance is Switch's, of softmax and first choices; else it is E, the negative entropy.
    pub by_choice: bool,
    /// Weight of the balance.
    pub balance: f64,
    /// Weight of the z-loss.
    pub z: f64,
}

/// A loss and what it adds to the total.
#[derive(Clone, Debug)]
pub struct Weighed {
    /// By its weight, perhaps with others: `[1]`
    pub weighed: Tensor<1>,
    /// The loss, `[1]`; nobody takes its gradient.
    pub plain: Tensor<1>,
}

/// The balance of routing scores `u` `[T, N]`, T = `sequences` · positions; `weighed` has the z-loss with it.
///
/// - E(u) = −mean over sequences of the entropy of the sequence's mean softmax(u): −ln N (even) to 0. `docs/algorithm.md` 1.6,
///   language form of CompeteSMoE v2 (arXiv 2505.13380)
/// - Switch: N · mean over sequences of Σ_i f_i p̄_i, f the share of first choices (of p, not tracked), p̄ the mean of
///   p = softmax(u). 1 is even (arXiv 2101.03961)
/// - z-loss: mean over tokens of (ln Σ eᵘ)²
///
/// E is computed as mean Σ_i (m ln(N m) − m + 1/N) − ln N, which is the same number, because then the gradient near an
/// even m is a small number rather than the difference of two large ones.
pub fn router_losses(u: Tensor<2>, balancing: Balancing) -> Weighed {
    let [weighed, plain] = apply(Losses(balancing), [u.into_dispatch()]).try_into().expect("two results");
    Weighed { weighed: Tensor::from_dispatch(weighed), plain: without_gradient(Tensor::from_dispatch(plain)) }
}

/// E(u) by itself, `[1]`, with its gradient; see [`router_losses`].
#[allow(
    dead_code,
    reason = "the loss alone, for the golden files and the tests of the kernels that compute all losses at once"
)]
pub fn entropy_balance(u: Tensor<2>, sequences: usize) -> Tensor<1> {
    router_losses(u, Balancing { sequences, by_choice: false, balance: 1.0, z: 0.0 }).weighed
}

/// Input: u `[T, N]`. Results, `[1]` each: balance and z-loss by their weights, and, a fact, the balance.
#[derive(Clone, Debug)]
struct Losses(Balancing);

impl Operation for Losses {
    const NAME: &'static str = "router losses";

    fn host(&self, inputs: &[HostView<'_>]) -> Forward<HostTensor, Buffer> {
        let (losses, kept) = host::balance::forward(inputs[0].values, inputs[0].shape[1], &self.0);
        Forward { outputs: losses.map(|loss| HostTensor::new([1], vec![loss])).into(), kept }
    }

    fn host_back(
        &self,
        past: SavedTensors<'_, HostView<'_>, Buffer>,
        gradients: &[HostView<'_>],
    ) -> Vec<Option<HostTensor>> {
        let (u, g) = (past.inputs[0], gradients[0].values[0]);
        vec![Some(HostTensor::like(&u, host::balance::backward(past.kept, u.shape[1], &self.0, g)))]
    }

    fn device(&self, inputs: &[CubeTensor]) -> Forward<CubeTensor, CubeTensor> {
        let (outputs, kept) = device::balance::forward(&inputs[0], &self.0);
        Forward { outputs: outputs.into(), kept }
    }

    fn device_back(
        &self,
        past: SavedTensors<'_, CubeTensor, CubeTensor>,
        gradients: &[CubeTensor],
    ) -> Vec<Option<CubeTensor>> {
        vec![Some(device::balance::backward(&past.inputs[0], past.kept, &gradients[0], &self.0))]
    }
}
