//! A linear map of tokens, without bias.

use burn::backend::wgpu::CubeTensor;
use burn::tensor::Tensor;

use super::host;
use super::host::linear::Lie;
use super::host::pool::Buffer;
use super::operation::{Block, Made, Operation, Past, Slab, apply, on_host};

/// x·W: `[T, I]` and `[I, O]` to `[T, O]`.
pub fn linear(x: Tensor<2>, weight: Tensor<2>) -> Tensor<2> {
    if !on_host(&x) {
        return x.matmul(weight);
    }
    apply(Linear { lie: Lie::InOut }, [x.into_dispatch(), weight.into_dispatch()])
}

/// x·Wᵀ: `[T, I]` and `[O, I]` to `[T, O]`.
pub fn linear_by_rows(x: Tensor<2>, weight: Tensor<2>) -> Tensor<2> {
    if !on_host(&x) {
        return x.matmul(weight.transpose());
    }
    apply(Linear { lie: Lie::OutIn }, [x.into_dispatch(), weight.into_dispatch()])
}

/// Inputs: x `[T, I]`, weight. Output `[T, O]`.
#[derive(Clone, Debug)]
struct Linear {
    lie: Lie,
}

impl Linear {
    /// I and O.
    fn sizes(&self, weight: &Slab<'_>) -> (usize, usize) {
        match self.lie {
            Lie::InOut => (weight.shape[0], weight.shape[1]),
            Lie::OutIn => (weight.shape[1], weight.shape[0]),
        }
    }
}

impl Operation for Linear {
    fn host(&self, inputs: &[Slab<'_>]) -> Made<Block, Buffer> {
        let (x, weight) = (inputs[0], inputs[1]);
        let (i, o) = self.sizes(&weight);
        Made::bare(Block::new([x.shape[0], o], host::linear::forward(x.values, weight.values, i, o, self.lie)))
    }

    fn host_back(&self, past: Past<'_, Slab<'_>, Buffer>, gradient: &[f32]) -> Vec<Option<Block>> {
        let (x, weight) = (past.inputs[0], past.inputs[1]);
        let (i, o) = self.sizes(&weight);
        let (dx, dw) = host::linear::backward(x.values, weight.values, gradient, i, o, self.lie);
        vec![Some(Block::like(&x, dx)), Some(Block::like(&weight, dw))]
    }

    fn device(&self, _inputs: &[CubeTensor]) -> Made<CubeTensor, CubeTensor> {
        unreachable!("composed of stock operations on a graphics device")
    }

    fn device_back(&self, _past: Past<'_, CubeTensor, CubeTensor>, _gradient: CubeTensor) -> Vec<Option<CubeTensor>> {
        unreachable!("composed of stock operations on a graphics device")
    }
}
