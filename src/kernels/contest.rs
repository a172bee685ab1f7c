//! The competition step's work: every expert answers every token, the k loudest win and share it.

use burn::backend::wgpu::CubeTensor;
use burn::tensor::{Tensor, activation::sigmoid};

use super::device;
use super::experts::ExpertWeights;
use super::host;
use super::host::pool::Buffer;
use super::operation::{Block, Made, Operation, Past, Slab, apply};
use super::softplus;
use crate::config::{Activation, Response, Sharing};

/// How a competition is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Winners a token, 1 to N.
    pub k: usize,
    /// How loudness is measured.
    pub response: Response,
    /// How the winners share.
    pub sharing: Sharing,
    /// Half response, half router logit: s = ½·response + ½·z (`combine_gate` of version 1).
    pub gated: bool,
}

/// What a competition comes to.
#[derive(Clone, Debug)]
pub struct Contest {
    /// s: affinity, `[T, N]`. The winners are `top_k_mask(s, k)`.
    pub affinity: Tensor<2>,
    /// Σ over winners of weight · answer: `[T, D]`
    pub output: Tensor<2>,
    /// Σ over ordered pairs of different winners of the cosine of their answers, ÷ k²: `[T]`; 0 for k = 1.
    pub diversity: Tensor<1>,
}

/// Holds a competition. Differentiable in `x`, the experts' weights and (if gated) the logits `z` `[T, N]`.
///
/// The weights carry gradient: an expert gains weight by answering louder (section 1.8). Where the winners' responses
/// sum to nothing (|Σ| < 1e-6), `Ratio` shares evenly, without gradient.
pub fn contest(experts: &ExpertWeights, x: Tensor<2>, z: &Tensor<2>, rules: Rules) -> Contest {
    let ([tokens, width], [_, n]) = (x.dims(), z.dims());
    let op = Bout { rules, activation: experts.activation };
    let (keys, values) = (experts.keys.clone().into_dispatch(), experts.values.clone().into_dispatch());
    let (x, z) = (x.into_dispatch(), z.clone().into_dispatch());
    let packed: Tensor<2> = match experts.biases.clone() {
        None => apply(op, [x, keys, values, z]),
        Some((a, c)) => apply(op, [x, keys, values, z, a.into_dispatch(), c.into_dispatch()]),
    };
    Contest {
        affinity: packed.clone().slice_dim(1, 0..n),
        output: packed.clone().slice_dim(1, n..n + width),
        diversity: packed.slice_dim(1, n + width..n + width + 1).reshape([tokens]),
    }
}

/// Inputs: x `[T, D]`, keys `[N, D, H]`, values `[N, H, D]`, z `[T, N]` and, if there are biases, `[N, H]` and `[N, D]`.
/// Output `[T, N + D + 1]`: affinity, output, diversity.
#[derive(Clone, Debug)]
struct Bout {
    rules: Rules,
    activation: Activation,
}

impl Bout {
    fn experts<'a>(&self, inputs: &[Slab<'a>]) -> host::expert::Weights<'a> {
        host::expert::Weights::of(inputs[1], inputs[2], inputs.get(4).zip(inputs.get(5)), self.activation)
    }
}

impl Operation for Bout {
    fn host(&self, inputs: &[Slab<'_>]) -> Made<Block, Buffer> {
        let experts = self.experts(inputs);
        let (out, kept) = host::contest::forward(&experts, inputs[0].values, inputs[3].values, self.rules);
        let row = host::contest::packed(experts.experts, experts.width);
        Made { output: Block::new([out.len() / row, row], out), kept }
    }

    fn host_back(&self, past: Past<'_, Slab<'_>, Buffer>, gradient: &[f32]) -> Vec<Option<Block>> {
        let (inputs, experts) = (past.inputs, self.experts(past.inputs));
        let (x, out) = (inputs[0].values, past.output.values);
        let made = host::contest::backward(&experts, x, out, self.rules, past.kept, gradient);
        let mut parts = vec![
            Some(Block::like(&inputs[0], made.x)),
            Some(Block::like(&inputs[1], made.keys)),
            Some(Block::like(&inputs[2], made.values)),
            Some(Block::like(&inputs[3], made.z)),
        ];
        if let Some((a, c)) = made.biases {
            parts.extend([Some(Block::like(&inputs[4], a)), Some(Block::like(&inputs[5], c))]);
        }
        parts
    }

    fn device(&self, inputs: &[CubeTensor]) -> Made<CubeTensor, CubeTensor> {
        let [x, keys, values, z, biases @ ..] = inputs else { unreachable!("four inputs or six") };
        let biases = biases.first().zip(biases.get(1));
        let (output, kept) = device::contest::forward(x, keys, values, biases, z, self.rules, self.activation);
        Made { output, kept }
    }

    fn device_back(&self, past: Past<'_, CubeTensor, CubeTensor>, gradient: CubeTensor) -> Vec<Option<CubeTensor>> {
        let [x, keys, values, z, biases @ ..] = past.inputs else { unreachable!("four inputs or six") };
        let biases = biases.first().zip(biases.get(1));
        let (rules, kept) = (self.rules, past.kept);
        let made = device::contest::backward(x, keys, values, biases, z, rules, self.activation, kept, &gradient);
        let mut parts = vec![Some(made.x), Some(made.keys), Some(made.values), Some(made.z)];
        parts.extend(made.biases.into_iter().flat_map(|(a, c)| [Some(a), Some(c)]));
        parts
    }
}

/// The response of every answer: `[N, T, D]` to `[T, N]`.
pub fn respond(response: Response, answers: Tensor<3>) -> Tensor<2> {
    let loudness = match response {
        Response::MeanSoftplus => softplus(answers).mean_dim(2),
        // The clamp keeps the slope of the root finite where an answer is zero.
        Response::Norm => answers.square().sum_dim(2).clamp_min(1e-24).sqrt(),
        Response::MeanRelu => answers.clamp_min(0.0).mean_dim(2),
        Response::MeanSilu => (answers.clone() * sigmoid(answers)).mean_dim(2),
        Response::MeanSigmoid => sigmoid(answers).mean_dim(2),
    };
    loudness.squeeze_dim::<2>(2).transpose()
}
