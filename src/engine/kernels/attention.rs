//! Causal attention with rotary positions, from queries, keys and values to their mixture.

use burn::backend::wgpu::CubeTensor;
use burn::tensor::Tensor;

use super::device;
use super::host;
use super::host::attention::Sizes;
use super::host::pool::Buffer;
use super::operation::{Forward, HostTensor, HostView, Operation, SavedTensors, apply_one};

/// Causal multi-head attention; queries and keys are turned by their positions (arXiv 2104.09864).
///
/// - `qkv`: `[T, 3D]`, queries, keys and values side by side, each head after head; T = `sequences` · positions
/// - `rotary`: `[2, S, D/heads/2]`, cosines and sines of at least as many positions; a constant
/// - returns `[T, D]`
pub fn causal_attention(qkv: Tensor<2>, rotary: &Tensor<3>, sequences: usize, heads: usize) -> Tensor<2> {
    apply_one(Attention { sequences, heads }, [qkv.into_dispatch(), rotary.clone().into_dispatch()])
}

/// Inputs: qkv `[T, 3D]`, rotary `[2, S, head/2]`. Output `[T, D]`.
#[derive(Clone, Debug)]
struct Attention {
    sequences: usize,
    heads: usize,
}

impl Attention {
    fn sizes(&self, qkv: &HostView<'_>) -> Sizes {
        let positions = qkv.shape[0] / self.sequences;
        Sizes { positions, heads: self.heads, head: qkv.shape[1] / 3 / self.heads }
    }
}

impl Operation for Attention {
    const NAME: &'static str = "attention";

    const READS_OUTPUTS: &'static [usize] = &[0];

    fn host(&self, inputs: &[HostView<'_>]) -> Forward<HostTensor, Buffer> {
        let (qkv, rotary) = (inputs[0], inputs[1]);
        let (out, lse) = host::attention::forward(qkv.values, rotary.values, self.sizes(&qkv));
        Forward::one(HostTensor::new([qkv.shape[0], qkv.shape[1] / 3], out), vec![lse])
    }

    fn host_back(
        &self,
        past: SavedTensors<'_, HostView<'_>, Buffer>,
        gradients: &[HostView<'_>],
    ) -> Vec<Option<HostTensor>> {
        let (qkv, rotary) = (past.inputs[0], past.inputs[1].values);
        let (out, lse) = (past.outputs[0].values, &past.kept[0]);
        let made = host::attention::backward(qkv.values, rotary, self.sizes(&qkv), out, lse, gradients[0].values);
        vec![Some(HostTensor::like(&qkv, made)), None]
    }

    fn device(&self, inputs: &[CubeTensor]) -> Forward<CubeTensor, CubeTensor> {
        let (output, kept) = device::attention::forward(&inputs[0], &inputs[1], self.sequences, self.heads);
        Forward::one(output, kept)
    }

    fn device_back(
        &self,
        past: SavedTensors<'_, CubeTensor, CubeTensor>,
        gradients: &[CubeTensor],
    ) -> Vec<Option<CubeTensor>> {
        let (qkv, rotary) = (&past.inputs[0], &past.inputs[1]);
        let (out, kept) = (&past.outputs[0], past.kept);
        let made = device::attention::backward(qkv, rotary, out, kept, &gradients[0], self.sequences, self.heads);
        vec![Some(made), None]
    }
}
