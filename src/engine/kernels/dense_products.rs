//! The first product of a competition by itself, all tokens with the first matrix of every expert: to be timed against Burn's own batched
//! product of the same matrices. Training makes it within [`super::contest`].

use burn::backend::wgpu::CubeTensor;
use burn::tensor::Tensor;

use super::device;
use super::host;
use super::host::pool::Buffer;
use super::operation::{Forward, HostTensor, HostView, Operation, SavedTensors, apply_one};

/// Every expert's hidden neurons before their activation, `[N, T, H]`, of x `[T, D]` and keys `[N, D, H]`; not tracked.
pub(crate) fn dense_products(x: Tensor<2>, keys: Tensor<3>) -> Tensor<3> {
    let ([tokens, _], [experts, _, hidden]) = (x.dims(), keys.dims());
    let made: Tensor<2> = apply_one(DenseProducts, [x.inner().into_dispatch(), keys.inner().into_dispatch()]);
    made.reshape([experts, tokens, hidden])
}

/// The same by the batched product that Burn has for everybody.
pub(crate) fn stock_products(x: Tensor<2>, keys: Tensor<3>) -> Tensor<3> {
    x.inner().unsqueeze_dim::<3>(0).matmul(keys.inner())
}

/// Inputs: x `[T, D]`, keys `[N, D, H]`. Output `[N·T, H]`.
#[derive(Clone, Debug)]
struct DenseProducts;

impl Operation for DenseProducts {
    const NAME: &'static str = "dense products";

    fn host(&self, inputs: &[HostView<'_>]) -> Forward<HostTensor, Buffer> {
        let (x, keys) = (inputs[0], inputs[1]);
        let [n, d, h] = keys.shape[..] else { unreachable!("experts, height and width") };
        Forward::bare(HostTensor::new([n * x.shape[0], h], host::contest::products(x.values, keys.values, [n, d, h])))
    }

    fn host_back(&self, past: SavedTensors<'_, HostView<'_>, Buffer>, _: &[HostView<'_>]) -> Vec<Option<HostTensor>> {
        vec![None; past.inputs.len()]
    }

    fn device(&self, inputs: &[CubeTensor]) -> Forward<CubeTensor, CubeTensor> {
        Forward::bare(device::contest::products(&inputs[0], &inputs[1]))
    }

    fn device_back(&self, past: SavedTensors<'_, CubeTensor, CubeTensor>, _: &[CubeTensor]) -> Vec<Option<CubeTensor>> {
        vec![None; past.inputs.len()]
    }
}

#[cfg(test)]
mod tests {
    use burn::tensor::Device;

    use super::*;
    use crate::engine::device::fixture;

    /// The largest difference of the two products, at a size that fills no tile.
    fn apart(device: &Device) -> f32 {
        let (tokens, experts, width, hidden) = (37, 3, 21, 45);
        let numbers = |len: usize, by: f32| -> Vec<f32> { (0..len).map(|i| (i as f32 * by).sin()).collect() };
        let x = Tensor::<1>::from_floats(numbers(tokens * width, 0.7).as_slice(), device).reshape([tokens, width]);
        let keys = Tensor::<1>::from_floats(numbers(experts * width * hidden, 0.3).as_slice(), device);
        let keys = keys.reshape([experts, width, hidden]);
        let (ours, stock) = (dense_products(x.clone(), keys.clone()), stock_products(x, keys));
        assert_eq!(ours.dims(), [experts, tokens, hidden]);
        assert_eq!(stock.dims(), ours.dims());
        let most = stock.clone().abs().max().into_scalar::<f32>();
        assert!(most > 1.0, "{most}");
        (ours - stock).abs().max().into_scalar::<f32>()
    }

    #[test]
    fn our_dense_products_are_those_of_burn_on_the_cpu() {
        let apart = apart(&Device::flex());
        assert!(apart < 1e-5, "{apart}");
    }

    #[test]
    fn our_dense_products_are_those_of_burn_on_the_graphics_adapter() {
        let Some(place) = fixture::graphics("dense_products") else { return };
        let apart = apart(&place.device);
        assert!(apart < 1e-4, "{apart}");
    }
}
