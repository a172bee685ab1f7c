//! The router's choice in one: the k largest logits, and the softmax over them as shares.

use burn::backend::wgpu::CubeTensor;
use burn::tensor::Tensor;

use super::host::pool::Buffer;
use super::operation::{Forward, HostTensor, HostView, Operation, SavedTensors, apply, without_gradient};
use super::top_k::mask_on_host;
use super::{device, host};

/// Who is chosen, and how they share.
#[derive(Clone, Debug)]
pub struct ChosenExperts {
    /// Softmax over the chosen logits, 0 elsewhere: `[T, N]`
    pub shares: Tensor<2>,
    /// The k largest logits as ones, not tracked: `[T, N]`
    pub picks: Tensor<2>,
}

/// `top_k_mask(z, k)` and `masked_softmax(z, picks)` at once; `z` is `[T, N]`.
pub fn choose(z: Tensor<2>, k: usize) -> ChosenExperts {
    let [shares, picks] = apply(Choose { k }, [z.into_dispatch()]).try_into().expect("shares and picks");
    ChosenExperts { shares: Tensor::from_dispatch(shares), picks: without_gradient(Tensor::from_dispatch(picks)) }
}

/// Input: z `[T, N]`. Results: shares `[T, N]`; the picks `[T, N]` are a fact.
#[derive(Clone, Debug)]
struct Choose {
    k: usize,
}

impl Operation for Choose {
    const NAME: &'static str = "choice";

    const READS_OUTPUTS: &'static [usize] = &[0];

    fn host(&self, inputs: &[HostView<'_>]) -> Forward<HostTensor, Buffer> {
        let (z, experts) = (inputs[0], inputs[0].shape[1]);
        let mut picks = vec![0.0; z.values.len()];
        mask_on_host(z.values, experts, self.k, &mut picks);
        let shares = host::softmax::forward(z.values, Some(&picks), experts);
        Forward { outputs: vec![HostTensor::like(&z, shares), HostTensor::like(&z, picks)], kept: vec![] }
    }

    fn host_back(
        &self,
        past: SavedTensors<'_, HostView<'_>, Buffer>,
        gradients: &[HostView<'_>],
    ) -> Vec<Option<HostTensor>> {
        let shares = past.outputs[0];
        let made = host::softmax::backward(shares.values, gradients[0].values, shares.shape[1]);
        vec![Some(HostTensor::like(&shares, made))]
    }

    fn device(&self, inputs: &[CubeTensor]) -> Forward<CubeTensor, CubeTensor> {
        Forward { outputs: device::softmax::choose(&inputs[0], self.k).into(), kept: vec![] }
    }

    fn device_back(
        &self,
        past: SavedTensors<'_, CubeTensor, CubeTensor>,
        gradients: &[CubeTensor],
    ) -> Vec<Option<CubeTensor>> {
        vec![Some(device::softmax::backward(&past.outputs[0], &gradients[0]))]
    }
}
