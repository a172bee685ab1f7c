//! A linear map of tokens, without bias. On a graphics device the stock product is as good as one of our own.

use burn::backend::Cube;
use burn::backend::ops::FloatTensorOps;
use burn::backend::wgpu::CubeTensor;
use burn::tensor::Tensor;

use super::host;
use super::host::linear::WeightLayout;
use super::host::pool::Buffer;
use super::operation::{Forward, HostTensor, HostView, Operation, SavedTensors, apply_one};

/// x·W: `[T, I]` and `[I, O]` to `[T, O]`.
pub fn linear(x: Tensor<2>, weight: Tensor<2>) -> Tensor<2> {
    apply_one(Linear { lie: WeightLayout::InOut }, [x.into_dispatch(), weight.into_dispatch()])
}

/// x·Wᵀ: `[T, I]` and `[O, I]` to `[T, O]`.
pub fn linear_by_rows(x: Tensor<2>, weight: Tensor<2>) -> Tensor<2> {
    apply_one(Linear { lie: WeightLayout::OutIn }, [x.into_dispatch(), weight.into_dispatch()])
}

/// Inputs: x `[T, I]`, weight. Output `[T, O]`.
#[derive(Clone, Debug)]
struct Linear {
    lie: WeightLayout,
}

impl Linear {
    /// I and O.
    fn sizes(&self, weight: &HostView<'_>) -> (usize, usize) {
        match self.lie {
            WeightLayout::InOut => (weight.shape[0], weight.shape[1]),
            WeightLayout::OutIn => (weight.shape[1], weight.shape[0]),
        }
    }

    /// The weight as `[I, O]`, a view.
    fn in_out(&self, weight: CubeTensor) -> CubeTensor {
        match self.lie {
            WeightLayout::InOut => weight,
            WeightLayout::OutIn => Cube::float_swap_dims(weight, 0, 1),
        }
    }
}

impl Operation for Linear {
    const NAME: &'static str = "linear map";

    fn host(&self, inputs: &[HostView<'_>]) -> Forward<HostTensor, Buffer> {
        let (x, weight) = (inputs[0], inputs[1]);
        let (i, o) = self.sizes(&weight);
        Forward::bare(HostTensor::new([x.shape[0], o], host::linear::forward(x.values, weight.values, i, o, self.lie)))
    }

    fn host_back(
        &self,
        past: SavedTensors<'_, HostView<'_>, Buffer>,
        gradients: &[HostView<'_>],
    ) -> Vec<Option<HostTensor>> {
        let (x, weight) = (past.inputs[0], past.inputs[1]);
        let (i, o) = self.sizes(&weight);
        let (dx, dw) = host::linear::backward(x.values, weight.values, gradients[0].values, i, o, self.lie);
        vec![Some(HostTensor::like(&x, dx)), Some(HostTensor::like(&weight, dw))]
    }

    fn device(&self, inputs: &[CubeTensor]) -> Forward<CubeTensor, CubeTensor> {
        Forward::bare(Cube::float_matmul(inputs[0].clone(), self.in_out(inputs[1].clone())))
    }

    fn device_back(
        &self,
        past: SavedTensors<'_, CubeTensor, CubeTensor>,
        gradients: &[CubeTensor],
    ) -> Vec<Option<CubeTensor>> {
        let (x, weight) = (past.inputs[0].clone(), past.inputs[1].clone());
        let dx = Cube::float_matmul(gradients[0].clone(), Cube::float_swap_dims(self.in_out(weight), 0, 1));
        let dw = match self.lie {
            WeightLayout::InOut => Cube::float_matmul(Cube::float_swap_dims(x, 0, 1), gradients[0].clone()),
            WeightLayout::OutIn => Cube::float_matmul(Cube::float_swap_dims(gradients[0].clone(), 0, 1), x),
        };
        vec![Some(dx), Some(dw)]
    }
}
