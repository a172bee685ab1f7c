//! The balance loss of routing scores: how far from even a sequence's mean routing is.

use burn::backend::wgpu::CubeTensor;
use burn::tensor::Tensor;

use super::device;
use super::host;
use super::host::pool::Buffer;
use super::operation::{Block, Made, Operation, Past, Slab, apply, without_gradient};

/// A loss and what it adds to the total.
#[derive(Clone, Debug)]
pub struct Weighed {
    /// Loss times weight, `[1]`.
    pub weighed: Tensor<1>,
    /// The loss, `[1]`; nobody takes its gradient.
    pub plain: Tensor<1>,
}

impl Weighed {
    /// `plain` `[1]` by its weight.
    pub fn of(plain: Tensor<1>, weight: f64) -> Self {
        Self { weighed: plain.clone() * weight, plain }
    }
}

/// Balance loss E(u) = −mean over sequences of the entropy of the sequence's mean softmax(u), and the same times `weight`.
/// Section 1.6 of the language form of CompeteSMoE v2 (arXiv 2505.13380).
///
/// - `u`: `[T, N]`, T = `sequences` · positions
/// - E is −ln N (even) to 0
///
/// Computed as mean Σ_i (m ln(N m) − m + 1/N) − ln N, which is the same number, because then the gradient near an
/// even m is a small number rather than the difference of two large ones.
pub fn weighed_balance(u: Tensor<2>, sequences: usize, weight: f64) -> Weighed {
    let results = apply(EntropyBalance { sequences, weight: weight as f32 }, [u.into_dispatch()]);
    let [weighed, plain] = results.try_into().expect("the loss weighed and plain");
    Weighed { weighed: Tensor::from_dispatch(weighed), plain: without_gradient(Tensor::from_dispatch(plain)) }
}

/// The balance loss by itself, `[1]`, with its gradient.
pub fn entropy_balance(u: Tensor<2>, sequences: usize) -> Tensor<1> {
    weighed_balance(u, sequences, 1.0).weighed
}

/// Input: u `[T, N]`. Results: the weighed loss `[1]` and, a fact, the loss `[1]`.
#[derive(Clone, Debug)]
struct EntropyBalance {
    sequences: usize,
    weight: f32,
}

impl Operation for EntropyBalance {
    fn host(&self, inputs: &[Slab<'_>]) -> Made<Block, Buffer> {
        let (loss, kept) = host::balance::forward(inputs[0].values, inputs[0].shape[1], self.sequences);
        let outputs = [loss * self.weight, loss].map(|loss| Block::new([1], vec![loss]));
        Made { outputs: outputs.into(), kept }
    }

    fn host_back(&self, past: Past<'_, Slab<'_>, Buffer>, gradients: &[Slab<'_>]) -> Vec<Option<Block>> {
        let (u, g) = (past.inputs[0], gradients[0].values[0] * self.weight);
        vec![Some(Block::like(&u, host::balance::backward(past.kept, u.shape[1], self.sequences, g)))]
    }

    fn device(&self, inputs: &[CubeTensor]) -> Made<CubeTensor, CubeTensor> {
        let (outputs, kept) = device::balance::forward(&inputs[0], self.sequences, self.weight);
        Made { outputs: outputs.into(), kept }
    }

    fn device_back(&self, past: Past<'_, CubeTensor, CubeTensor>, gradients: &[CubeTensor]) -> Vec<Option<CubeTensor>> {
        let u = &past.inputs[0];
        vec![Some(device::balance::backward(u, past.kept, &gradients[0], self.sequences, self.weight))]
    }
}
