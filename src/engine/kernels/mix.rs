//! Mixture of a router step: each token goes to its k experts and comes back as the weighted sum of their answers.

use burn::backend::wgpu::CubeTensor;
use burn::tensor::Tensor;

use super::device;
use super::experts::ExpertWeights;
use super::host;
use super::host::group::Groups;
use super::host::pool::Buffer;
use super::operation::{Forward, HostTensor, HostView, Operation, SavedTensors, apply_one};
use crate::domain::config::Activation;

/// Σ over the picked experts of weight · g_i(x), drop-free: every token reaches all its k experts.
///
/// - `x`: `[T, D]`
/// - `weights`: `[T, N]`, read where picked; differentiable there
/// - `picks`: `[T, N]` of zeros and exactly `k` ones a row; a constant
/// - returns `[T, D]`
pub fn mix(experts: &ExpertWeights, x: Tensor<2>, weights: Tensor<2>, picks: &Tensor<2>, k: usize) -> Tensor<2> {
    let k = k.min(experts.keys.dims()[0]);
    let op = Mix { k, activation: experts.activation };
    let (keys, values) = (experts.keys.clone().into_dispatch(), experts.values.clone().into_dispatch());
    let (x, weights, picks) = (x.into_dispatch(), weights.into_dispatch(), picks.clone().into_dispatch());
    match experts.biases.clone() {
        None => apply_one(op, [x, keys, values, weights, picks]),
        Some((a, c)) => apply_one(op, [x, keys, values, weights, picks, a.into_dispatch(), c.into_dispatch()]),
    }
}

/// Inputs: x `[T, D]`, keys `[N, D, H]`, values `[N, H, D]`, weights `[T, N]`, picks `[T, N]` and, if there are biases,
/// those of the hidden neurons `[N, H]` and of the answer `[N, D]`. Output `[T, D]`.
#[derive(Clone, Debug)]
struct Mix {
    k: usize,
    activation: Activation,
}

impl Mix {
    fn experts<'a>(&self, inputs: &[HostView<'a>]) -> host::expert::ExpertViews<'a> {
        host::expert::ExpertViews::of(inputs[1], inputs[2], inputs.get(5).zip(inputs.get(6)), self.activation)
    }
}

impl Operation for Mix {
    const NAME: &'static str = "chosen experts";

    fn host(&self, inputs: &[HostView<'_>]) -> Forward<HostTensor, Buffer> {
        let experts = self.experts(inputs);
        let groups = Groups::of(inputs[4].values, experts.experts, self.k);
        let (y, kept) = host::mix::forward(&experts, inputs[0].values, inputs[3].values, &groups);
        Forward::one(HostTensor::like(&inputs[0], y), kept)
    }

    fn host_back(
        &self,
        past: SavedTensors<'_, HostView<'_>, Buffer>,
        gradients: &[HostView<'_>],
    ) -> Vec<Option<HostTensor>> {
        let inputs = past.inputs;
        let experts = self.experts(inputs);
        let groups = Groups::of(inputs[4].values, experts.experts, self.k);
        let (x, weights) = (inputs[0].values, inputs[3].values);
        let made = host::mix::backward(&experts, x, weights, &groups, past.kept, gradients[0].values);
        let mut parts = vec![
            Some(HostTensor::like(&inputs[0], made.x)),
            Some(HostTensor::like(&inputs[1], made.keys)),
            Some(HostTensor::like(&inputs[2], made.values)),
            Some(HostTensor::like(&inputs[3], made.weights)),
            None,
        ];
        if let Some((a, c)) = made.biases {
            parts.extend([Some(HostTensor::like(&inputs[5], a)), Some(HostTensor::like(&inputs[6], c))]);
        }
        parts
    }

    fn device(&self, inputs: &[CubeTensor]) -> Forward<CubeTensor, CubeTensor> {
        let [x, keys, values, weights, picks, biases @ ..] = inputs else { unreachable!("five inputs or seven") };
        let biases = biases.first().zip(biases.get(1));
        let (output, kept) = device::mix::forward(x, keys, values, biases, weights, picks, self.k, self.activation);
        Forward::one(output, kept)
    }

    fn device_back(
        &self,
        past: SavedTensors<'_, CubeTensor, CubeTensor>,
        gradients: &[CubeTensor],
    ) -> Vec<Option<CubeTensor>> {
        let [x, keys, values, weights, picks, biases @ ..] = past.inputs else { unreachable!("five inputs or seven") };
        let biases = biases.first().zip(biases.get(1));
        let (k, kept) = (self.k, past.kept);
        let made =
            device::mix::backward(x, keys, values, biases, weights, picks, k, self.activation, kept, &gradients[0]);
        let mut parts = vec![Some(made.x), Some(made.keys), Some(made.values), Some(made.weights), None];
        parts.extend(made.biases.into_iter().flat_map(|(a, c)| [Some(a), Some(c)]));
        parts
    }
}
