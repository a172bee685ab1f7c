//! RMS norm and unit vectors: rows divided by their root mean square or by their length.

use burn::backend::wgpu::CubeTensor;
use burn::tensor::Tensor;

use super::device;
use super::host;
use super::host::pool::Buffer;
use super::operation::{Forward, HostTensor, HostView, Operation, SavedTensors, apply, apply_one};

/// Added to the mean square, so that a row of zeros stays one.
const EPSILON: f32 = 1e-5;

/// x ÷ √(mean x² + 1e-5) · gain over the last axis (arXiv 1910.07467).
///
/// - `x`: `[T, D]`; `gain`: `[D]`
pub fn rms_norm(x: Tensor<2>, gain: Tensor<1>) -> Tensor<2> {
    apply_one(RmsNorm, [x.into_dispatch(), gain.into_dispatch()])
}

/// x + `added`, and the same normalised: `[T, D]` each. One pass over memory each way where an addition and
/// [`rms_norm`] take two.
///
/// - `x`, `added`: `[T, D]`; `gain`: `[D]`
pub fn add_and_norm(x: Tensor<2>, added: Tensor<2>, gain: Tensor<1>) -> (Tensor<2>, Tensor<2>) {
    let results = apply(AddAndNorm, [x.into_dispatch(), added.into_dispatch(), gain.into_dispatch()]);
    let [sum, normed] = results.try_into().expect("the sum and its norm");
    (Tensor::from_dispatch(sum), Tensor::from_dispatch(normed))
}

/// Inputs: x `[T, D]`, gain `[D]`. Output `[T, D]`. Keeps the inverse root of each row, `[T]`.
#[derive(Clone, Debug)]
struct RmsNorm;

impl Operation for RmsNorm {
    const NAME: &'static str = "norm";

    fn host(&self, inputs: &[HostView<'_>]) -> Forward<HostTensor, Buffer> {
        let (x, gain) = (inputs[0], inputs[1].values);
        let made = host::norm::forward(x.values, None, gain, EPSILON);
        Forward::one(HostTensor::like(&x, made.y), vec![made.inverse])
    }

    fn host_back(
        &self,
        past: SavedTensors<'_, HostView<'_>, Buffer>,
        gradients: &[HostView<'_>],
    ) -> Vec<Option<HostTensor>> {
        let (x, gain) = (past.inputs[0], past.inputs[1]);
        let (dx, dgain) = host::norm::backward(x.values, gain.values, &past.kept[0], gradients[0].values, None);
        vec![Some(HostTensor::like(&x, dx)), Some(HostTensor::like(&gain, dgain))]
    }

    fn device(&self, inputs: &[CubeTensor]) -> Forward<CubeTensor, CubeTensor> {
        let made = device::norm::forward(&inputs[0], None, &inputs[1], EPSILON);
        Forward::one(made.y, vec![made.inverse])
    }

    fn device_back(
        &self,
        past: SavedTensors<'_, CubeTensor, CubeTensor>,
        gradients: &[CubeTensor],
    ) -> Vec<Option<CubeTensor>> {
        let (x, gain) = (&past.inputs[0], &past.inputs[1]);
        let (x, gain) = device::norm::backward(x, gain, &past.kept[0], &gradients[0], None);
        vec![Some(x), Some(gain)]
    }
}

/// Inputs: x, added `[T, D]`, gain `[D]`. Results: the sum and the norm of it, `[T, D]` each. Keeps the inverse root of
/// each row, `[T]`.
#[derive(Clone, Debug)]
struct AddAndNorm;

impl Operation for AddAndNorm {
    const NAME: &'static str = "sum and norm";

    const TRACKED: usize = 2;

    const ALIKE: Option<(usize, usize)> = Some((1, 0));

    const READS_OUTPUTS: &'static [usize] = &[0];

    const UNREAD_INPUTS: usize = 2;

    fn host(&self, inputs: &[HostView<'_>]) -> Forward<HostTensor, Buffer> {
        let (x, added, gain) = (inputs[0], inputs[1].values, inputs[2].values);
        let made = host::norm::forward(x.values, Some(added), gain, EPSILON);
        let sum = made.sum.expect("something was added");
        Forward { outputs: vec![HostTensor::like(&x, sum), HostTensor::like(&x, made.y)], kept: vec![made.inverse] }
    }

    fn host_back(
        &self,
        past: SavedTensors<'_, HostView<'_>, Buffer>,
        gradients: &[HostView<'_>],
    ) -> Vec<Option<HostTensor>> {
        let (sum, gain) = (past.outputs[0], past.inputs[0]);
        let [direct, g] = [gradients[0].values, gradients[1].values];
        let (dx, dgain) = host::norm::backward(sum.values, gain.values, &past.kept[0], g, Some(direct));
        vec![Some(HostTensor::like(&sum, dx)), None, Some(HostTensor::like(&gain, dgain))]
    }

    fn device(&self, inputs: &[CubeTensor]) -> Forward<CubeTensor, CubeTensor> {
        let made = device::norm::forward(&inputs[0], Some(&inputs[1]), &inputs[2], EPSILON);
        let sum = made.sum.expect("something was added");
        Forward { outputs: vec![sum, made.y], kept: vec![made.inverse] }
    }

    fn device_back(
        &self,
        past: SavedTensors<'_, CubeTensor, CubeTensor>,
        gradients: &[CubeTensor],
    ) -> Vec<Option<CubeTensor>> {
        let (sum, gain) = (&past.outputs[0], &past.inputs[0]);
        let (x, gain) = device::norm::backward(sum, gain, &past.kept[0], &gradients[1], Some(&gradients[0]));
        vec![Some(x), None, Some(gain)]
    }
}

/// x ÷ max(‖x‖₂, 1e-12) over the last axis; a zero vector stays zero and has gradient zero.
pub(crate) fn unit_length<const R: usize>(x: Tensor<R>) -> Tensor<R> {
    // The clamp is on the square, so that the root is never taken at 0, where its slope is infinite.
    let length = x.clone().square().sum_dim(R - 1).clamp_min(1e-24).sqrt();
    x / length
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Device;

    #[test]
    fn unit_length_is_one_and_zero_stays_zero_with_finite_gradient() {
        let x = Tensor::<2>::from_data([[3.0, 4.0], [0.0, 0.0]], &Device::flex()).autodiff().require_grad();
        let u = unit_length(x.clone());
        let grads = x.grad(&u.clone().sum().backward()).unwrap().into_data().try_to_vec::<f32>().unwrap();
        assert_eq!(u.inner().into_data().try_to_vec::<f32>().unwrap(), [0.6, 0.8, 0.0, 0.0]);
        assert!(grads.iter().all(|g| g.is_finite()), "{grads:?}");
    }

    #[test]
    fn rms_norm_by_hand() {
        let device = Device::flex();
        let x = Tensor::<2>::from_data([[1.0, 7.0]], &device);
        let y = rms_norm(x, Tensor::from_floats([1.0, 2.0], &device)).into_data().try_to_vec::<f32>().unwrap();
        assert!((y[0] - 0.2).abs() < 1e-6 && (y[1] - 2.8).abs() < 1e-5, "{y:?}");
    }
}
