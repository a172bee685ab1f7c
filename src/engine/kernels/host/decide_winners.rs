//! Decides the winners of one token's competition: which experts win, with which weight, how similar they are; forward and backward.

use super::response::SHORTEST;
use super::simd_math::{dot, exp, largest};
use crate::domain::config::Sharing;
use crate::engine::kernels::Rules;
use crate::engine::kernels::top_k::select;

/// Below this the sum of the winners' responses counts as nothing, and they share evenly.
const NOTHING: f32 = 1e-6;

/// A winner.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Share {
    /// Who.
    pub expert: usize,
    /// Combining weight.
    pub weight: f32,
    /// 1 ÷ length of its answer; 0 where it has no direction.
    pub inverse: f32,
    /// Its unit answer times the sum of the winners' unit answers.
    pub along: f32,
    /// Squared length of its unit answer: 1, or 0 for an answer of zeros.
    pub unit: f32,
}

/// Decides one token after another, with the same scratch memory.
#[derive(Debug)]
pub(crate) struct WinnerDecider {
    rules: Rules,
    slots: Vec<usize>,
    winners: Vec<Share>,
    /// Sum of the winners' unit answers: `[D]`
    sum: Vec<f32>,
    /// Σ of the winners' responses.
    total: f32,
}

impl WinnerDecider {
    /// For layers of `experts` experts and `width` wide answers.
    pub fn new(rules: Rules, experts: usize, width: usize) -> Self {
        let k = rules.k.min(experts);
        let (slots, winners) = (Vec::with_capacity(experts), Vec::with_capacity(k));
        Self { rules, slots, winners, sum: vec![0.0; width], total: 0.0 }
    }

    /// Finds the winners among `scores` `[N]` (ties to the lower slot, NaN last), their weights and likeness.
    #[inline(always)]
    pub(crate) fn decide<'a>(&mut self, scores: &[f32], answer: impl Fn(usize) -> &'a [f32]) {
        select(scores, self.rules.k, &mut self.slots);
        self.winners.clear();
        self.total = self.slots.iter().map(|&slot| scores[slot]).sum();
        let most = match self.rules.sharing {
            Sharing::Softmax => largest(scores),
            Sharing::Ratio => 0.0,
        };
        for &expert in &self.slots {
            let weight = match self.rules.sharing {
                Sharing::Softmax => exp(scores[expert] - most),
                Sharing::Ratio if self.total.abs() < NOTHING => 1.0 / self.slots.len() as f32,
                Sharing::Ratio => scores[expert] / self.total,
            };
            self.winners.push(Share { expert, weight, inverse: 0.0, along: 0.0, unit: 0.0 });
        }
        if self.rules.sharing == Sharing::Softmax {
            let all: f32 = self.winners.iter().map(|share| share.weight).sum();
            self.winners.iter_mut().for_each(|share| share.weight /= all);
        }
        if self.winners.len() > 1 {
            self.sum.fill(0.0);
            for share in &mut self.winners {
                let answer = answer(share.expert);
                let square = dot(answer, answer);
                let length = square.sqrt();
                share.inverse = if length < SHORTEST { 0.0 } else { 1.0 / length };
                share.unit = square * share.inverse * share.inverse;
                self.sum.iter_mut().zip(answer).for_each(|(sum, &a)| *sum += a * share.inverse);
            }
            for share in &mut self.winners {
                share.along = dot(answer(share.expert), &self.sum) * share.inverse;
            }
        }
    }

    /// The winners, in the order of their slots.
    pub fn winners(&self) -> &[Share] {
        &self.winners
    }

    /// Sum of the winners' unit answers: `[D]`; zeros if there is one winner.
    pub fn sum(&self) -> &[f32] {
        &self.sum
    }

    /// Σ over ordered pairs of winners of the cosine of their answers, ÷ k²; exactly 0 for one winner.
    pub fn diversity(&self) -> f32 {
        if self.winners.len() < 2 {
            return 0.0;
        }
        let pairs: f32 = self.winners.iter().map(|share| share.along - share.unit).sum();
        pairs / (self.rules.k * self.rules.k) as f32
    }

    /// Adds to `scores` `[N]` what reaches the winners' responses through their weights, from the gradient of y.
    #[inline(always)]
    pub fn back<'a>(&self, g_y: &[f32], answer: impl Fn(usize) -> &'a [f32], scores: &mut [f32]) {
        let even = self.rules.sharing == Sharing::Ratio && self.total.abs() < NOTHING;
        if self.winners.len() < 2 || even {
            return;
        }
        // Gradient of each weight is g_y·a_i. One winner's weight is 1 whatever it says.
        let mean: f32 = self.winners.iter().map(|share| share.weight * dot(g_y, answer(share.expert))).sum();
        for share in &self.winners {
            let own = dot(g_y, answer(share.expert)) - mean;
            scores[share.expert] += match self.rules.sharing {
                Sharing::Ratio => own / self.total,
                Sharing::Softmax => share.weight * own,
            };
        }
    }
}
