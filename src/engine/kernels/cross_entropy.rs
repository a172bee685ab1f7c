//! Cross-entropy with a weight for each position.

use burn::backend::wgpu::CubeTensor;
use burn::tensor::{Int, Tensor};

use super::device;
use super::host;
use super::host::pool::Buffer;
use super::operation::{Forward, HostTensor, HostView, Operation, SavedTensors, apply_one, without_gradient};

/// Mean of −ln softmax(logits)\[target\] over the tokens by their weights, in nats: Σ weight · loss ÷ Σ weight.
///
/// - `logits`: `[T, V]`
/// - `targets`: `[T]`, each below V
/// - `weights`: `[T]`, 0 or more, carries no gradient. A token of weight 0 is not scored: its target may be anything and its
///   logits get no gradient. If none is scored, the mean is 0.
/// - returns `[1]`; NaN if a scored token's target is below 0 or not below V, and its gradient is NaN there
pub fn cross_entropy(logits: Tensor<2>, targets: Tensor<1, Int>, weights: Tensor<1>) -> Tensor<1> {
    let (targets, weights) = (targets.inner().float(), without_gradient(weights));
    apply_one(CrossEntropy, [logits.into_dispatch(), targets.into_dispatch(), weights.into_dispatch()])
}

/// Inputs: logits `[T, V]`, targets `[T]` as whole numbers in f32, weights `[T]`. Output `[1]`.
#[derive(Clone, Debug)]
struct CrossEntropy;

impl Operation for CrossEntropy {
    const NAME: &'static str = "cross-entropy";

    fn host(&self, inputs: &[HostView<'_>]) -> Forward<HostTensor, Buffer> {
        let [logits, targets, weights] = [inputs[0], inputs[1], inputs[2]];
        let (loss, lse) = host::cross_entropy::forward(logits.values, targets.values, weights.values, logits.shape[1]);
        Forward::one(HostTensor::new([1], vec![loss]), vec![lse])
    }

    fn host_back(
        &self,
        past: SavedTensors<'_, HostView<'_>, Buffer>,
        gradients: &[HostView<'_>],
    ) -> Vec<Option<HostTensor>> {
        let [logits, targets, weights] = [past.inputs[0], past.inputs[1], past.inputs[2]];
        let (lse, g) = (&past.kept[0], gradients[0].values[0]);
        let made =
            host::cross_entropy::backward(logits.values, targets.values, weights.values, logits.shape[1], lse, g);
        vec![Some(HostTensor::like(&logits, made)), None, None]
    }

    fn device(&self, inputs: &[CubeTensor]) -> Forward<CubeTensor, CubeTensor> {
        let (output, kept) = device::cross_entropy::forward(&inputs[0], &inputs[1], &inputs[2]);
        Forward::one(output, kept)
    }

    fn device_back(
        &self,
        past: SavedTensors<'_, CubeTensor, CubeTensor>,
        gradients: &[CubeTensor],
    ) -> Vec<Option<CubeTensor>> {
        let [logits, targets, weights] = [&past.inputs[0], &past.inputs[1], &past.inputs[2]];
        let made = device::cross_entropy::backward(logits, targets, weights, past.kept, &gradients[0]);
        vec![Some(made), None, None]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::Device;

    #[test]
    fn two_tokens_by_hand() {
        let device = Device::flex();
        // softmax([0, ln 3]) = [1/4, 3/4]: −(ln(3/4) + ln(1/4)) / 2.
        let logits = Tensor::<2>::from_data([[0.0, 3f32.ln()], [0.0, 3f32.ln()]], &device);
        let targets = Tensor::<1, Int>::from_data([1, 0], &device);
        let loss = |weights: [f32; 2]| -> f32 {
            let weights = Tensor::<1>::from_floats(weights, &device);
            cross_entropy(logits.clone(), targets.clone(), weights).into_scalar()
        };
        assert!((f64::from(loss([1.0, 1.0])) + (0.75f64.ln() + 0.25f64.ln()) / 2.0).abs() < 1e-6);
        assert!((f64::from(loss([3.0, 1.0])) + (3.0 * 0.75f64.ln() + 0.25f64.ln()) / 4.0).abs() < 1e-6);
        assert!((f64::from(loss([0.0, 5.0])) + 0.25f64.ln()).abs() < 1e-6);
        assert_eq!(loss([0.0, 0.0]), 0.0);
    }
}
