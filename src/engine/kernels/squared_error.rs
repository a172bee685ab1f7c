//! Squared error with a weight for each position: the loss of tasks whose targets are real numbers.

use burn::backend::wgpu::CubeTensor;
use burn::tensor::Tensor;

use super::device;
use super::host;
use super::host::pool::Buffer;
use super::operation::{Forward, HostTensor, HostView, Operation, SavedTensors, apply_one, without_gradient};

/// Mean squared error over the positions by their weights: Σ weight · error ÷ Σ weight, where a position's error is the mean
/// of (output − target)² over its W numbers.
///
/// - `outputs`: `[T, W]`
/// - `targets`: `[T, W]`, carry no gradient
/// - `weights`: `[T]`, 0 or more, carries no gradient. A position of weight 0 is not scored: its target may be anything and
///   its outputs get no gradient. If none is scored, the mean is 0.
/// - returns `[1]`
pub fn squared_error(outputs: Tensor<2>, targets: Tensor<2>, weights: Tensor<1>) -> Tensor<1> {
    let (targets, weights) = (without_gradient(targets), without_gradient(weights));
    apply_one(SquaredError, [outputs.into_dispatch(), targets.into_dispatch(), weights.into_dispatch()])
}

/// Inputs: outputs `[T, W]`, targets `[T, W]`, weights `[T]`. Output `[1]`.
#[derive(Clone, Debug)]
struct SquaredError;

impl Operation for SquaredError {
    const NAME: &'static str = "squared error";

    fn host(&self, inputs: &[HostView<'_>]) -> Forward<HostTensor, Buffer> {
        let [outputs, targets, weights] = [inputs[0], inputs[1], inputs[2]];
        let loss = host::squared_error::forward(outputs.values, targets.values, weights.values, outputs.shape[1]);
        Forward::bare(HostTensor::new([1], vec![loss]))
    }

    fn host_back(
        &self,
        past: SavedTensors<'_, HostView<'_>, Buffer>,
        gradients: &[HostView<'_>],
    ) -> Vec<Option<HostTensor>> {
        let [outputs, targets, weights] = [past.inputs[0], past.inputs[1], past.inputs[2]];
        let (width, g) = (outputs.shape[1], gradients[0].values[0]);
        let made = host::squared_error::backward(outputs.values, targets.values, weights.values, width, g);
        vec![Some(HostTensor::like(&outputs, made)), None, None]
    }

    fn device(&self, inputs: &[CubeTensor]) -> Forward<CubeTensor, CubeTensor> {
        let (output, kept) = device::squared_error::forward(&inputs[0], &inputs[1], &inputs[2]);
        Forward::one(output, kept)
    }

    fn device_back(
        &self,
        past: SavedTensors<'_, CubeTensor, CubeTensor>,
        gradients: &[CubeTensor],
    ) -> Vec<Option<CubeTensor>> {
        let [outputs, targets, weights] = [&past.inputs[0], &past.inputs[1], &past.inputs[2]];
        let made = device::squared_error::backward(outputs, targets, weights, past.kept, &gradients[0]);
        vec![Some(made), None, None]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Device;

    #[test]
    fn two_positions_by_hand() {
        let device = Device::flex();
        // Errors (1² + 3²) ÷ 2 = 5 and (2² + 0²) ÷ 2 = 2.
        let outputs = Tensor::<2>::from_data([[1.0, 2.0], [0.0, 4.0]], &device);
        let targets = Tensor::<2>::from_data([[0.0, -1.0], [2.0, 4.0]], &device);
        let loss = |weights: [f32; 2]| -> f32 {
            let weights = Tensor::<1>::from_floats(weights, &device);
            squared_error(outputs.clone(), targets.clone(), weights).into_scalar()
        };
        assert_eq!([loss([1.0, 1.0]), loss([3.0, 1.0]), loss([0.0, 5.0]), loss([0.0, 0.0])], [3.5, 4.25, 2.0, 0.0]);
    }

    #[test]
    fn what_is_not_scored_may_be_anything() {
        let device = Device::flex();
        let outputs = Tensor::<2>::from_data([[1.0], [f32::NAN], [3.0]], &device).autodiff().require_grad();
        let targets = Tensor::<2>::from_data([[0.0], [0.0], [f32::INFINITY]], &device);
        let weights = Tensor::<1>::from_floats([2.0, 0.0, 0.0], &device);
        let loss = squared_error(outputs.clone(), targets, weights);
        assert_eq!(loss.clone().inner().into_scalar::<f32>(), 1.0);
        let gradient = outputs.grad_remove(&mut loss.backward()).unwrap();
        assert_eq!(gradient.into_data().try_to_vec::<f32>().unwrap(), [2.0, 0.0, 0.0]);
    }
}
