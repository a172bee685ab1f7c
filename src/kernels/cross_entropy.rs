//! Next-byte cross-entropy.

use burn::backend::wgpu::CubeTensor;
use burn::tensor::{Int, Tensor};

use super::device;
use super::host;
use super::host::pool::Buffer;
use super::operation::{Block, Made, Operation, Past, Slab, apply_one};

/// Mean of −ln softmax(logits)\[target\] over the tokens, in nats.
///
/// - `logits`: `[T, V]`
/// - `targets`: `[T]`, each below V
/// - returns `[1]`
pub fn cross_entropy(logits: Tensor<2>, targets: Tensor<1, Int>) -> Tensor<1> {
    apply_one(CrossEntropy, [logits.into_dispatch(), targets.inner().float().into_dispatch()])
}

/// Inputs: logits `[T, V]`, targets `[T]` as whole numbers in f32. Output `[1]`.
#[derive(Clone, Debug)]
struct CrossEntropy;

impl Operation for CrossEntropy {
    fn host(&self, inputs: &[Slab<'_>]) -> Made<Block, Buffer> {
        let (logits, targets) = (inputs[0], inputs[1]);
        let (loss, lse) = host::cross_entropy::forward(logits.values, targets.values, logits.shape[1]);
        Made::one(Block::new([1], vec![loss]), vec![lse])
    }

    fn host_back(&self, past: Past<'_, Slab<'_>, Buffer>, gradients: &[Slab<'_>]) -> Vec<Option<Block>> {
        let (logits, targets) = (past.inputs[0], past.inputs[1].values);
        let lse = &past.kept[0];
        let made = host::cross_entropy::backward(logits.values, targets, logits.shape[1], lse, gradients[0].values[0]);
        vec![Some(Block::like(&logits, made)), None]
    }

    fn device(&self, inputs: &[CubeTensor]) -> Made<CubeTensor, CubeTensor> {
        let (output, kept) = device::cross_entropy::forward(&inputs[0], &inputs[1]);
        Made::one(output, kept)
    }

    fn device_back(&self, past: Past<'_, CubeTensor, CubeTensor>, gradients: &[CubeTensor]) -> Vec<Option<CubeTensor>> {
        let (logits, targets) = (&past.inputs[0], &past.inputs[1]);
        vec![Some(device::cross_entropy::backward(logits, targets, past.kept, &gradients[0])), None]
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
        let loss: f32 = cross_entropy(logits, targets).into_scalar();
        assert!((f64::from(loss) + (0.75f64.ln() + 0.25f64.ln()) / 2.0).abs() < 1e-6);
    }
}
