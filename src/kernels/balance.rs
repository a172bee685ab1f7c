//! The balance loss of routing scores: how far from even a sequence's mean routing is.

use burn::backend::wgpu::CubeTensor;
use burn::tensor::Tensor;

use super::device;
use super::host;
use super::host::pool::Buffer;
use super::operation::{Block, Made, Operation, Past, Slab, apply_one};

/// Balance loss E(u) = −mean over sequences of the entropy of the sequence's mean softmax(u). Section 1.6 of the
/// language form of CompeteSMoE v2 (arXiv 2505.13380).
///
/// - `u`: `[T, N]`, T = `sequences` · positions
/// - returns `[1]`, −ln N (even) to 0
///
/// Computed as mean Σ_i (m ln(N m) − m + 1/N) − ln N, which is the same number, because then the gradient near an
/// even m is a small number rather than the difference of two large ones.
pub fn entropy_balance(u: Tensor<2>, sequences: usize) -> Tensor<1> {
    apply_one(EntropyBalance { sequences }, [u.into_dispatch()])
}

/// Input: u `[T, N]`. Output `[1]`.
#[derive(Clone, Debug)]
struct EntropyBalance {
    sequences: usize,
}

impl Operation for EntropyBalance {
    fn host(&self, inputs: &[Slab<'_>]) -> Made<Block, Buffer> {
        let (loss, kept) = host::balance::forward(inputs[0].values, inputs[0].shape[1], self.sequences);
        Made::one(Block::new([1], vec![loss]), kept)
    }

    fn host_back(&self, past: Past<'_, Slab<'_>, Buffer>, gradients: &[Slab<'_>]) -> Vec<Option<Block>> {
        let u = past.inputs[0];
        vec![Some(Block::like(
            &u,
            host::balance::backward(past.kept, u.shape[1], self.sequences, gradients[0].values[0]),
        ))]
    }

    fn device(&self, inputs: &[CubeTensor]) -> Made<CubeTensor, CubeTensor> {
        let (output, kept) = device::balance::forward(&inputs[0], self.sequences);
        Made::one(output, kept)
    }

    fn device_back(&self, past: Past<'_, CubeTensor, CubeTensor>, gradients: &[CubeTensor]) -> Vec<Option<CubeTensor>> {
        vec![Some(device::balance::backward(&past.inputs[0], past.kept, &gradients[0], self.sequences))]
    }
}
