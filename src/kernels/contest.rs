//! The competition step's work: every expert answers every token, the k loudest win and share it.

use burn::tensor::{Tensor, activation::sigmoid};

use super::experts::ExpertWeights;
use super::{masked_softmax, softplus, top_k_mask, unit_length};
use crate::config::{Response, Sharing};

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
    let answers = experts.answers(x);
    let [_, tokens, _] = answers.dims();
    let mut affinity = respond(rules.response, answers.clone());
    if rules.gated {
        affinity = (affinity + z.clone()) * 0.5;
    }
    let winners = top_k_mask(&affinity, rules.k);
    let constant = if answers.is_autodiff() { winners.clone().autodiff() } else { winners.clone() };
    let weights = match rules.sharing {
        Sharing::Ratio => {
            let kept = affinity.clone() * constant.clone();
            kept.clone() / kept.sum_dim(1)
        }
        Sharing::Softmax => masked_softmax(affinity.clone(), &winners),
    };
    let output = (answers.clone() * weights.transpose().unsqueeze_dim::<3>(2)).sum_dim(0).squeeze_dim(0);
    let units = unit_length(answers) * constant.transpose().unsqueeze_dim::<3>(2); // [N, T, D]
    let of_sum = units.clone().sum_dim(0).square().sum_dim(2);
    let of_each = units.square().sum_dim(0).sum_dim(2);
    let diversity = (of_sum - of_each).reshape([tokens]) / (rules.k * rules.k) as f64;
    Contest { affinity, output, diversity }
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
