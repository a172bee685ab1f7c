//! Neural responses on slices: one number from the D numbers of an answer, and the slope of it.

use super::simd_math::{dot, sigmoid, softplus, sum_of};
use crate::domain::config::Response;

/// An answer shorter than this has no direction: it is like no other, its norm has slope 0, and nothing pulls at its
/// direction. The shaders of a competition go by the same number.
pub(crate) const SHORTEST: f32 = 1e-12;

/// Neural response of `answer` `[D]`.
#[inline(always)]
pub fn neural_response(response: Response, answer: &[f32]) -> f32 {
    let d = answer.len();
    match response {
        Response::MeanSoftplus => sum_of(answer, softplus) / d as f32,
        Response::Norm => dot(answer, answer).sqrt(),
        Response::MeanRelu => sum_of(answer, |a| if a < 0.0 { 0.0 } else { a }) / d as f32,
        Response::MeanSilu => sum_of(answer, |a| a * sigmoid(a)) / d as f32,
        Response::MeanSigmoid => sum_of(answer, sigmoid) / d as f32,
    }
}

/// Writes `gradient` times the slope of the neural response into `into` `[D]`. The norm has slope 0 at an answer
/// shorter than [`SHORTEST`].
#[inline(always)]
pub fn slope(response: Response, answer: &[f32], gradient: f32, into: &mut [f32]) {
    let share = gradient / answer.len() as f32;
    match response {
        Response::MeanSoftplus => each(answer, into, |a| share * sigmoid(a)),
        Response::Norm => {
            let length = dot(answer, answer).sqrt();
            let scale = if length < SHORTEST { 0.0 } else { gradient / length };
            each(answer, into, |a| scale * a);
        }
        Response::MeanRelu => each(answer, into, |a| if a > 0.0 { share } else { 0.0 }),
        Response::MeanSilu => each(answer, into, |a| {
            let s = sigmoid(a);
            share * (s + a * s * (1.0 - s))
        }),
        Response::MeanSigmoid => each(answer, into, |a| {
            let s = sigmoid(a);
            share * s * (1.0 - s)
        }),
    }
}

/// f of each number. A loop, not an iterator's method: that is not always compiled for the processor of its caller.
#[inline(always)]
fn each(answer: &[f32], into: &mut [f32], f: impl Fn(f32) -> f32) {
    for (into, &a) in into.iter_mut().zip(answer) {
        *into = f(a);
    }
}
