//! The competition as one operation: every expert answers every token, the k with the highest neural response win, and their
//! answers are mixed.

use burn::backend::wgpu::CubeTensor;
use burn::tensor::Tensor;

use super::device;
use super::experts::ExpertWeights;
use super::host;
use super::host::pool::Buffer;
use super::operation::{Forward, HostTensor, HostView, Operation, SavedTensors, apply, apply_one, without_gradient};
use crate::domain::config::{Activation, Response, Sharing};

/// How a competition is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rules {
    /// Winners a token, 1 to N.
    pub k: usize,
    /// How the neural response is measured.
    pub response: Response,
    /// How the winners share.
    pub sharing: Sharing,
    /// Half response, half router logit: s = ½·response + ½·z (`combine_gate` of version 1).
    pub gated: bool,
}

/// What a competition comes to.
#[derive(Clone, Debug)]
pub struct Contest {
    /// Σ over winners of weight · answer: `[T, D]`
    pub output: Tensor<2>,
    /// s: affinity, `[T, N]`.
    pub affinity: Tensor<2>,
    /// Σ over ordered pairs of different winners of the cosine of their answers, ÷ k²: `[T]`; 0 for k = 1.
    pub diversity: Tensor<1>,
    /// The k winners as ones, `top_k_mask(s, k)`: `[T, N]`, not tracked.
    pub winners: Tensor<2>,
}

/// Holds a competition. Differentiable in `x`, the experts' weights and (if gated) the logits `z` `[T, N]`.
///
/// The weights carry gradient: an expert gains weight by a stronger response (`docs/algorithm.md` 1.8). Where the winners' responses
/// sum to nothing (|Σ| < 1e-6), `Ratio` shares evenly, without gradient.
pub fn contest(experts: &ExpertWeights, x: Tensor<2>, z: &Tensor<2>, rules: Rules) -> Contest {
    let op = ContestOp { rules, activation: experts.activation };
    let (keys, values) = (experts.keys.clone().into_dispatch(), experts.values.clone().into_dispatch());
    // Logits that do not count are no part of the graph.
    let z = if rules.gated { z.clone() } else { z.clone().inner() };
    let (x, z) = (x.into_dispatch(), z.into_dispatch());
    let results = match experts.biases.clone() {
        None => apply(op, [x, keys, values, z]),
        Some((a, c)) => apply(op, [x, keys, values, z, a.into_dispatch(), c.into_dispatch()]),
    };
    let [output, affinity, diversity, winners] = results.try_into().expect("a bout has four results");
    Contest {
        output: Tensor::from_dispatch(output),
        affinity: Tensor::from_dispatch(affinity),
        diversity: Tensor::from_dispatch(diversity),
        winners: without_gradient(Tensor::from_dispatch(winners)),
    }
}

/// The affinity alone, `[T, N]`, not tracked: nothing of the size of all answers is kept. For looking, not for training.
pub fn affinity(experts: &ExpertWeights, x: Tensor<2>, z: &Tensor<2>, rules: Rules) -> Tensor<2> {
    let op = Scores(ContestOp { rules, activation: experts.activation });
    let constant = |t: Tensor<3>| t.inner().into_dispatch();
    let (keys, values) = (constant(experts.keys.clone()), constant(experts.values.clone()));
    let (x, z) = (x.inner().into_dispatch(), z.clone().inner().into_dispatch());
    match experts.biases.clone() {
        None => apply_one(op, [x, keys, values, z]),
        Some((a, c)) => apply_one(op, [x, keys, values, z, a.inner().into_dispatch(), c.inner().into_dispatch()]),
    }
}

/// Inputs as for [`ContestOp`]. Output: affinity `[T, N]`.
#[derive(Clone, Debug)]
struct Scores(ContestOp);

impl Operation for Scores {
    const NAME: &'static str = "affinity";

    fn host(&self, inputs: &[HostView<'_>]) -> Forward<HostTensor, Buffer> {
        let experts = self.0.experts(inputs);
        let (scores, _) = host::affinity::affinity(&experts, inputs[0].values, inputs[3].values, self.0.rules, None);
        Forward::bare(HostTensor::like(&inputs[3], scores))
    }

    fn host_back(&self, past: SavedTensors<'_, HostView<'_>, Buffer>, _: &[HostView<'_>]) -> Vec<Option<HostTensor>> {
        vec![None; past.inputs.len()]
    }

    fn device(&self, inputs: &[CubeTensor]) -> Forward<CubeTensor, CubeTensor> {
        let [x, keys, values, z, biases @ ..] = inputs else { unreachable!("four inputs or six") };
        let biases = biases.first().zip(biases.get(1));
        let ContestOp { rules, activation } = self.0;
        Forward::bare(device::contest::affinity(x, keys, values, biases, z, rules, activation))
    }

    fn device_back(&self, past: SavedTensors<'_, CubeTensor, CubeTensor>, _: &[CubeTensor]) -> Vec<Option<CubeTensor>> {
        vec![None; past.inputs.len()]
    }
}

/// Inputs: x `[T, D]`, keys `[N, D, H]`, values `[N, H, D]`, z `[T, N]` and, if there are biases, `[N, H]` and `[N, D]`.
/// Results: output `[T, D]`, affinity `[T, N]`, diversity `[T]`; the winners `[T, N]` are a fact.
#[derive(Clone, Debug)]
struct ContestOp {
    rules: Rules,
    activation: Activation,
}

impl ContestOp {
    fn experts<'a>(&self, inputs: &[HostView<'a>]) -> host::expert::ExpertViews<'a> {
        host::expert::ExpertViews::of(inputs[1], inputs[2], inputs.get(4).zip(inputs.get(5)), self.activation)
    }
}

impl Operation for ContestOp {
    const NAME: &'static str = "competition";

    const TRACKED: usize = 3;

    const READS_OUTPUTS: &'static [usize] = &[1];

    fn host(&self, inputs: &[HostView<'_>]) -> Forward<HostTensor, Buffer> {
        let (x, z) = (inputs[0], inputs[3]);
        let (made, kept) = host::contest::forward(&self.experts(inputs), x.values, z.values, self.rules);
        let outputs = vec![
            HostTensor::like(&x, made.output),
            HostTensor::like(&z, made.affinity),
            HostTensor::new([x.shape[0]], made.diversity),
            HostTensor::like(&z, made.winners),
        ];
        Forward { outputs, kept }
    }

    fn host_back(
        &self,
        past: SavedTensors<'_, HostView<'_>, Buffer>,
        gradients: &[HostView<'_>],
    ) -> Vec<Option<HostTensor>> {
        let (inputs, experts) = (past.inputs, self.experts(past.inputs));
        let (x, affinity) = (inputs[0].values, past.outputs[0].values);
        let of = [gradients[0].values, gradients[1].values, gradients[2].values];
        let made = host::contest_gradients::backward(&experts, x, affinity, self.rules, past.kept, of);
        let mut parts = vec![
            Some(HostTensor::like(&inputs[0], made.x)),
            Some(HostTensor::like(&inputs[1], made.keys)),
            Some(HostTensor::like(&inputs[2], made.values)),
            made.z.map(|z| HostTensor::like(&inputs[3], z)),
        ];
        if let Some((a, c)) = made.biases {
            parts.extend([Some(HostTensor::like(&inputs[4], a)), Some(HostTensor::like(&inputs[5], c))]);
        }
        parts
    }

    fn device(&self, inputs: &[CubeTensor]) -> Forward<CubeTensor, CubeTensor> {
        let [x, keys, values, z, biases @ ..] = inputs else { unreachable!("four inputs or six") };
        let biases = biases.first().zip(biases.get(1));
        let (outputs, kept) = device::contest::forward(x, keys, values, biases, z, self.rules, self.activation);
        Forward { outputs: outputs.into(), kept }
    }

    fn device_back(
        &self,
        past: SavedTensors<'_, CubeTensor, CubeTensor>,
        gradients: &[CubeTensor],
    ) -> Vec<Option<CubeTensor>> {
        let [x, keys, values, _, biases @ ..] = past.inputs else { unreachable!("four inputs or six") };
        let [output, affinity, diversity] = gradients else { unreachable!("three results carry gradient") };
        let biases = biases.first().zip(biases.get(1));
        let (rules, of) = (self.rules, [output, affinity, diversity]);
        let made = device::contest::backward(x, keys, values, biases, rules, self.activation, past.kept, of);
        let mut parts = vec![Some(made.x), Some(made.keys), Some(made.values), made.z];
        parts.extend(made.biases.into_iter().flat_map(|(a, c)| [Some(a), Some(c)]));
        parts
    }
}
