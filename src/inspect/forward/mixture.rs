//! A mixture of experts answering a text: router, picks, the experts that some token needs or all of them, shared expert, biases.

use std::ops::ControlFlow;

use rayon::prelude::*;

use super::architecture::expert_formula;
use super::expert::Formula;
use super::fault::ForwardError;
use super::linear::{times_turned, transposed, vector};
use super::routing::{Pick, route, sigmoid, softplus};
use crate::inspect::layout::MixturePlan;
use crate::inspect::model::{ExpertRows, MatrixRows, Model};
use crate::inspect::scoring::Scoring;

/// What a mixture made of a text.
#[derive(Clone, Debug)]
pub struct MixtureAnswer {
    /// `[T, E]` of the router, its bias included, a correction bias not.
    pub logits: Vec<f32>,
    /// Of every token, by falling weight.
    pub picks: Vec<Vec<Pick>>,
    /// Of all experts, if all of them answered.
    pub responses: Option<Responses>,
    /// `[T, H]` of the routed experts alone.
    pub routed: Vec<f32>,
    /// `[T, H]` of everything.
    pub output: Vec<f32>,
}

/// How strongly every expert answers every token.
#[derive(Clone, Debug, PartialEq)]
pub struct Responses {
    /// `[T, E]` mean softplus of the answer over its width (CompeteSMoE, arXiv:2505.13380).
    pub softplus: Vec<f32>,
    /// `[T, E]` length of the answer (arXiv:2402.02526).
    pub norm: Vec<f32>,
}

/// Bytes of experts that are held at once, if there are several.
const HELD: usize = 256 << 20;

/// Answers a text.
///
/// - `input`: `[T, H]` what enters the mixture
/// - `compete`: whether every expert answers every token
/// - `progress`: is told how many of how many experts have answered; may stop it all
///
/// # Errors
/// [`ForwardError`], also if `progress` stops it.
pub fn answer_mixture(
    model: &Model,
    plan: &MixturePlan,
    input: &[f32],
    compete: bool,
    progress: &mut dyn FnMut(usize, usize) -> ControlFlow<()>,
) -> Result<MixtureAnswer, ForwardError> {
    let key = || plan.key().to_owned();
    let scoring = *plan.scoring().ok_or_else(|| ForwardError::NoRule { key: key() })?;
    let k = plan.top_k().filter(|k| *k > 0).ok_or_else(|| ForwardError::NoTopK { key: key() })?;
    let formula = expert_formula(model.config(), model.layout().family())?;
    let (hidden, experts) = (plan.hidden(), plan.experts());
    let tokens = input.len().checked_div(hidden).unwrap_or(0);

    let router = model.router(plan)?.ok_or_else(|| ForwardError::NoRule { key: key() })?;
    let rows = router.rows.rows();
    if router.rows.columns() != hidden || hidden == 0 {
        let (name, found) = (format!("{}router", plan.block()), vec![rows, router.rows.columns()]);
        return Err(ForwardError::Shape { name, found, expected: format!("[experts, {hidden}]") });
    }
    let turned = transposed(input, tokens, hidden);
    let logits = times_turned(&MatrixRows::held(router.rows), 0..rows, router.bias.as_deref(), &turned, tokens)?;
    let logits = transposed(&logits, rows, tokens);
    let picks = route(&scoring, &logits, rows, router.correction_bias.as_deref(), k);

    // By expert: which tokens it answers, and with what weight.
    let mut needs: Vec<Vec<(usize, f32)>> = vec![Vec::new(); experts];
    for (token, picks) in picks.iter().enumerate() {
        for pick in picks {
            if let Some(needs) = needs.get_mut(pick.expert) {
                needs.push((token, pick.weight));
            }
        }
    }
    let wanted: Vec<usize> = (0..experts).filter(|&expert| compete || !needs[expert].is_empty()).collect();
    let bytes = 4 * usize::try_from(plan.expert_parameters()).unwrap_or(usize::MAX / 4);
    let at_once = (HELD / bytes.max(1)).clamp(1, 4 * rayon::current_num_threads());
    let mut routed = vec![0.0; tokens * hidden];
    let mut responses =
        compete.then(|| Responses { softplus: vec![0.0; tokens * experts], norm: vec![0.0; tokens * experts] });
    for (done, some) in wanted.chunks(at_once).enumerate() {
        if progress(done * at_once, wanted.len()).is_break() {
            return Err(ForwardError::Stopped);
        }
        let answers: Vec<Answered> = some
            .par_iter()
            .map(|&expert| {
                let weights = ExpertRows::of(model, plan.places(), expert)?;
                let all = compete.then_some(&turned[..]);
                Answered::of(&weights, formula, &scoring, input, &needs[expert], all)
            })
            .collect::<Result<_, ForwardError>>()?;
        for (&expert, answered) in some.iter().zip(&answers) {
            for (answer, &(token, weight)) in answered.answers.chunks_exact(hidden).zip(&needs[expert]) {
                let weight = if scoring == Scoring::InputSigmoid { 1.0 } else { weight };
                let sum = &mut routed[token * hidden..][..hidden];
                sum.iter_mut().zip(answer).for_each(|(sum, y)| *sum += weight * y);
            }
            if let Some(all) = &mut responses {
                for (token, &(softplus, norm)) in answered.responses.iter().enumerate() {
                    all.softplus[token * experts + expert] = softplus;
                    all.norm[token * experts + expert] = norm;
                }
            }
        }
    }
    let bias = model.block_bias(plan)?;
    let mut output = routed.clone();
    add_to_rows(&mut output, bias.as_deref());
    if let Some(shared) = plan.shared_place() {
        let gate = shared.gate.as_deref().map(|name| vector(model, name, hidden)).transpose()?;
        let answer = answer(&ExpertRows::of(model, &shared.places, 0)?, formula, &turned, tokens)?;
        for (token, (sum, y)) in output.chunks_exact_mut(hidden).zip(answer.chunks_exact(hidden)).enumerate() {
            let gate = gate.as_ref().map_or(1.0, |gate| {
                let x = &input[token * hidden..][..hidden];
                sigmoid(x.iter().zip(gate).map(|(x, g)| f64::from(*x) * f64::from(*g)).sum()) as f32
            });
            sum.iter_mut().zip(y).for_each(|(sum, y)| *sum += gate * y);
        }
    }
    Ok(MixtureAnswer { logits, picks, responses, routed, output })
}

/// What one expert made.
struct Answered {
    /// `[tokens that need it, H]`.
    answers: Vec<f32>,
    /// `[T]` mean softplus and length, if it answered all.
    responses: Vec<(f32, f32)>,
}

impl Answered {
    /// - `all`: every token, `[H, T]`, if it answers all
    fn of(
        weights: &ExpertRows<'_>,
        formula: Formula,
        scoring: &Scoring,
        input: &[f32],
        needs: &[(usize, f32)],
        all: Option<&[f32]>,
    ) -> Result<Self, ForwardError> {
        let hidden = weights.up.columns();
        let scales = *scoring == Scoring::InputSigmoid;
        let own = || {
            let mut own = Vec::with_capacity(needs.len() * hidden);
            for &(token, weight) in needs {
                let weight = if scales { weight } else { 1.0 };
                own.extend(input[token * hidden..][..hidden].iter().map(|x| x * weight));
            }
            answer(weights, formula, &transposed(&own, needs.len(), hidden), needs.len())
        };
        let Some(all) = all else { return Ok(Self { answers: own()?, responses: Vec::new() }) };
        let all = answer(weights, formula, all, input.len() / hidden)?;
        let responses = all.chunks_exact(hidden).map(response).collect();
        // What competes is the answer to the token itself; what is added may be the answer to a scaled one.
        let answers = match scales {
            true => own()?,
            false => needs.iter().flat_map(|&(token, _)| &all[token * hidden..][..hidden]).copied().collect(),
        };
        Ok(Self { answers, responses })
    }
}

/// Mean softplus and length of an answer.
fn response(answer: &[f32]) -> (f32, f32) {
    let sum: f64 = answer.iter().map(|&y| softplus(f64::from(y))).sum();
    let square: f64 = answer.iter().map(|&y| f64::from(y) * f64::from(y)).sum();
    ((sum / answer.len() as f64) as f32, square.sqrt() as f32)
}

/// An expert's answer to n tokens `[H, n]`, `[n, H]`.
fn answer(weights: &ExpertRows<'_>, formula: Formula, turned: &[f32], tokens: usize) -> Result<Vec<f32>, ForwardError> {
    let [of_gate, of_up, of_down] = weights.biases.each_ref().map(Option::as_deref);
    let times = |rows: &MatrixRows<'_>, bias, x: &[f32]| times_turned(rows, 0..rows.rows(), bias, x, tokens);
    let gate = weights.gate.as_ref().map(|gate| times(gate, of_gate, turned)).transpose()?;
    let mut up = times(&weights.up, of_up, turned)?;
    formula.apply(gate.as_deref(), &mut up);
    let down = times(&weights.down, of_down, &up)?;
    Ok(transposed(&down, weights.down.rows(), tokens))
}

fn add_to_rows(rows: &mut [f32], bias: Option<&[f32]>) {
    if let Some(bias) = bias.filter(|bias| !bias.is_empty()) {
        for row in rows.chunks_exact_mut(bias.len()) {
            row.iter_mut().zip(bias).for_each(|(y, b)| *y += b);
        }
    }
}
