//! Softmax over all experts of a row, or over the marked ones.

use burn::backend::wgpu::CubeTensor;
use burn::tensor::Tensor;

use super::device;
use super::host;
use super::host::pool::Buffer;
use super::operation::{Forward, HostTensor, HostView, Operation, SavedTensors, apply_one};

/// Softmax over each row: `[T, N]` to `[T, N]`.
pub fn softmax(scores: Tensor<2>) -> Tensor<2> {
    apply_one(Softmax, [scores.into_dispatch()])
}

/// Softmax over the marked entries of each row; 0 elsewhere. Rows without a mark are all 0.
///
/// - `scores`: `[T, N]`; `mask`: `[T, N]` of 0 and 1, a constant
pub fn masked_softmax(scores: Tensor<2>, mask: &Tensor<2>) -> Tensor<2> {
    apply_one(Softmax, [scores.into_dispatch(), mask.clone().into_dispatch()])
}

/// Inputs: scores `[T, N]` and, if not all entries count, mask `[T, N]`. Output `[T, N]`.
#[derive(Clone, Debug)]
struct Softmax;

impl Operation for Softmax {
    const NAME: &'static str = "softmax";

    const READS_OUTPUTS: &'static [usize] = &[0];

    fn host(&self, inputs: &[HostView<'_>]) -> Forward<HostTensor, Buffer> {
        let (scores, mask) = (inputs[0], inputs.get(1).map(|mask| mask.values));
        Forward::bare(HostTensor::like(&scores, host::softmax::forward(scores.values, mask, scores.shape[1])))
    }

    fn host_back(
        &self,
        past: SavedTensors<'_, HostView<'_>, Buffer>,
        gradients: &[HostView<'_>],
    ) -> Vec<Option<HostTensor>> {
        let p = past.outputs[0];
        vec![Some(HostTensor::like(&p, host::softmax::backward(p.values, gradients[0].values, p.shape[1]))), None]
    }

    fn device(&self, inputs: &[CubeTensor]) -> Forward<CubeTensor, CubeTensor> {
        Forward::bare(device::softmax::forward(&inputs[0], inputs.get(1)))
    }

    fn device_back(
        &self,
        past: SavedTensors<'_, CubeTensor, CubeTensor>,
        gradients: &[CubeTensor],
    ) -> Vec<Option<CubeTensor>> {
        vec![Some(device::softmax::backward(&past.outputs[0], &gradients[0])), None]
    }
}
